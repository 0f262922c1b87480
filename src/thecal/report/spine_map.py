"""A drawing of the whole spine: lesions at their levels and in their compartments, and what the examination covers."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from thecal.records import Finding, Lesion, Reading, Report, Role
from thecal.report.wording import Wording, listed

LEVELS = (
    *(f"C{n}" for n in range(1, 8)),
    *(f"T{n}" for n in range(1, 13)),
    *(f"L{n}" for n in range(1, 6)),
    "S1",
    "S2",
)
# First and last level of each region that a series may cover, or in which a lesion lies whose vertebra could not be named.
COVERED = {"cervical": ("C1", "C7"), "thoracic": ("T1", "T12"), "lumbar": ("L1", "L5"), "sacral": ("S1", "S2")}
REGIONS = {
    "craniocervical": ("C1", "C2"), "cervical": ("C1", "C7"), "thoracic": ("T1", "T12"), "conus": ("T12", "L1"),
    "cauda_equina": ("L2", "S2"),
}  # fmt: skip
TRACKS: tuple[tuple[str, tuple[Role, ...]], ...] = (
    ("T2", ("T2w", "T2w_fs")),
    ("T1", ("T1w",)),
    ("T1 C+", ("T1w_ce",)),
)
COATING = (6,)
STEP, TOP, WIDTH = 15.0, 30.0, 250
HEIGHT = TOP + STEP * len(LEVELS) + 14
BODY, CANAL, BADGE, TRACK = (34.0, 70.0), (84.0, 116.0), 146.0, 182.0
LANES = {"intramedullary": 100.0, "intradural_extramedullary": 110.5, "extradural": 122.0}
INK, SOFT = "#1c2530", "#52606d"
COLOURS = {"intramedullary": "#b3500f", "intradural_extramedullary": "#1f5c78", "extradural": "#6b4f94"}


@dataclass(frozen=True)
class Mark:
    """One lesion on the map: the levels it spans, and whether these are named or only its region is."""

    lesion: Lesion
    span: tuple[int, int]
    named: bool


def span_of(lesion: Lesion) -> tuple[int, int] | None:
    """First and last vertebral level of a lesion, counted from C1; None where no level was told."""
    found = [
        LEVELS.index(name) for level in lesion.levels for name in re.findall(r"[CTLS]\d+", level) if name in LEVELS
    ]
    return (min(found), max(found)) if found else None


def marks(reading: Reading) -> tuple[Mark, ...]:
    """The lesions that can be drawn, from head to foot; those without a named level over the region they lie in."""
    found = [_mark(lesion, reading) for lesion in reading.lesions]
    return tuple(
        sorted((one for one in found if one is not None), key=lambda one: (sum(one.span), one.lesion.instance))
    )


def _mark(lesion: Lesion, reading: Reading) -> Mark | None:
    if (span := span_of(lesion)) is not None:
        return Mark(lesion, span, True)
    told = reading.find("level", lesion.tracking_uid)
    if not isinstance(told, Finding) or told.state not in REGIONS:
        return None
    first, last = REGIONS[told.state]
    return Mark(lesion, (LEVELS.index(first), LEVELS.index(last)), False)


def describe(report: Report, wording: Wording) -> str:
    """The map in words: each lesion with its levels, those that are not drawn, and what each kind of series covers."""
    drawn = marks(report.reading)
    entries = [_entry(one, wording) for one in drawn]
    told = [wording.say("figure.map", list=listed(entries))] if entries else [wording.say("figure.map_empty")]
    shown = {one.lesion.instance for one in drawn}
    if missing := [str(lesion.instance) for lesion in report.reading.lesions if lesion.instance not in shown]:
        told.append(wording.say("figure.map_missing", list=listed(missing)))
    for name, roles in TRACKS:
        regions = listed(wording.name("region", region) for region in COVERED if _covers(report, roles, region))
        told.append(wording.say("figure.map_covered", name=name, regions=regions or wording.say("figure.map_nowhere")))
    return " ".join(told)


def _entry(one: Mark, wording: Wording) -> str:
    levels = "–".join(dict.fromkeys(LEVELS[place] for place in one.span))
    key = "map_entry" if one.named else "map_region"
    return wording.say(f"figure.{key}", instance=one.lesion.instance, levels=levels)


def draw_map(report: Report, wording: Wording) -> str:
    """The map as SVG, base64. The front of the patient is left.

    In the cord stands a lesion of the cord, beside it in the sac one outside the cord, beside the sac one outside the dura;
    dashed lesions lie somewhere in the region they span. Bars on the right say which levels which series covers.
    """
    parts = [*_spine(), *_canal()]
    badges = _spread([_middle(one.span) for one in marks(report.reading)])
    for one, at in zip(marks(report.reading), badges, strict=True):
        parts += _lesion(one, at)
    for place, (name, roles) in enumerate(TRACKS):
        parts += _track(place, name, [region for region in COVERED if _covers(report, roles, region)])
    parts.append(_text(8, 12, wording.say("figure.front"), SOFT, anchor="start"))
    parts.append(_text(TRACK - 4, 12, wording.say("figure.covered"), SOFT, anchor="start"))
    face = 'font-family="\'Thecal Sans\',system-ui,sans-serif" font-size="9"'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT:g}" {face}>{"".join(parts)}</svg>'
    return base64.b64encode(svg.encode()).decode()


def _spine() -> Iterable[str]:
    for index, name in enumerate(LEVELS):
        y = TOP + STEP * index
        yield _text(8, y + STEP * 0.68, name, SOFT, anchor="start")
        yield _box(BODY[0], y + 1.5, BODY[1] - BODY[0], STEP - 3, 3, "#eef1f4", "#9aa7b3")


def _canal() -> Iterable[str]:
    """The sac, and within it the cord, which ends at the first lumbar vertebra in most people."""
    middle, end = LANES["intramedullary"], TOP + STEP * (LEVELS.index("L1") + 0.7)
    yield _box(CANAL[0], TOP - 8, CANAL[1] - CANAL[0], STEP * (len(LEVELS) - 0.5) + 8, 14, "#e2eef4", "#78969f")
    points = (
        f"{middle - 6},{TOP - 8} {middle + 6},{TOP - 8} {middle + 6},{end - 26} {middle},{end} {middle - 6},{end - 26}"
    )
    yield f'<polygon points="{points}" fill="#d8cfba" stroke="#8c8068" stroke-width="0.8"/>'


def _lesion(one: Mark, badge: float) -> Iterable[str]:
    """The lesion over the levels it spans, and its number beside it."""
    lesion = one.lesion
    compartment = max(sorted(lesion.compartment), key=lambda name: lesion.compartment[name], default="extradural")
    colour, x = COLOURS[compartment], LANES[compartment]
    top, end = TOP + STEP * one.span[0] + 2, TOP + STEP * (one.span[1] + 1) - 2
    dashed = "" if one.named else ' stroke-dasharray="3 2.5"'
    if set(lesion.tissues) == set(COATING):
        for edge in (LANES["intramedullary"] - 7.5, LANES["intramedullary"] + 7.5):
            yield f'<path d="M{edge} {top}V{end}" stroke="{colour}" stroke-width="3"{dashed} fill="none"/>'
    elif one.named:
        yield (
            f'<ellipse cx="{x}" cy="{(top + end) / 2:g}" rx="5.5" ry="{(end - top) / 2:g}" fill="{colour}" '
            'stroke="#fff" stroke-width="1"/>'
        )
    else:
        yield f'<path d="M{x + 8} {top}h5V{end}h-5" stroke="{colour}" stroke-width="1.4"{dashed} fill="none"/>'
    yield f'<path d="M{x + 6} {_middle(one.span):g}L{BADGE - 8} {badge:g}" stroke="{colour}" stroke-width="1" fill="none"/>'
    yield f'<circle cx="{BADGE}" cy="{badge:g}" r="8" fill="{colour}"/>'
    yield _text(BADGE, badge + 3.4, str(lesion.instance), "#ffffff", weight=600)


def _track(place: int, name: str, regions: Sequence[str]) -> Iterable[str]:
    """One kind of series: a bar over the regions it covers, an open outline over those it does not."""
    x = TRACK + 24.0 * place
    yield _text(x + 5, TOP - 5, name, INK)
    for region, (first, last) in COVERED.items():
        top, end = TOP + STEP * LEVELS.index(first), TOP + STEP * (LEVELS.index(last) + 1)
        if region in regions:
            yield _box(x, top + 0.5, 10, end - top - 1, 1, "#5b8a9f", "#5b8a9f")
        else:
            yield _box(x, top + 0.5, 10, end - top - 1, 1, "none", "#b8c2cb", dashed=True)


def _covers(report: Report, roles: Sequence[Role], region: str) -> bool:
    return any(line.role in roles and region in line.regions for line in report.series)


def _middle(span: tuple[int, int]) -> float:
    return TOP + STEP * (span[0] + span[1] + 1) / 2


def _spread(wanted: Sequence[float], least: float = 18.0) -> list[float]:
    """Places as near to the wanted ones as leaves a gap between neighbours, within the drawing."""
    places: list[float] = []
    for one in wanted:
        places.append(max(one, places[-1] + least) if places else one)
    for index in range(len(places) - 1, -1, -1):
        limit = places[index + 1] - least if index + 1 < len(places) else HEIGHT - 10
        places[index] = min(places[index], limit)
    return places


def _box(
    x: float, y: float, width: float, height: float, round_: float, fill: str, line: str, *, dashed: bool = False
) -> str:
    dash = ' stroke-dasharray="2 2"' if dashed else ""
    return (
        f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="{round_:g}" fill="{fill}" stroke="{line}" '
        f'stroke-width="0.8"{dash}/>'
    )


def _text(x: float, y: float, words: str, colour: str, *, anchor: str = "middle", weight: int = 400) -> str:
    from markupsafe import escape

    return f'<text x="{x:g}" y="{y:g}" fill="{colour}" text-anchor="{anchor}" font-weight="{weight}">{escape(words)}</text>'
