"""Each sign on a simulated image with its place drawn: python benchmarks/sign_figures.py STORE OUT [--page docs/signs.md].

A sign is shown on the first study in which the truth has it and thecal measures it so on the truth's outlines: the develop
studies of findings_store in their order, then studies simulated with the sign, seed by seed. Nothing is chosen by its looks.
OUT gets a WebP for each sign and captions.json; --page writes each caption beneath its picture in the guide.
"""

from __future__ import annotations

import argparse
import base64
import io
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import findings_store  # type: ignore[import-not-found,unused-ignore]
import numpy as np
from findings_store import DEVELOP, ENTITIES, Stored, studies, true_segmentation  # type: ignore[import-not-found,unused-ignore]

from thecal.alignment import headers_only
from thecal.findings import axis, needs, room, views
from thecal.findings.calibration import QUIET
from thecal.knowledge import load
from thecal.records import CallWrong, Finding, Lesion, NotAssessed, Place, Segmentation, Series
from thecal.report import canvas, planes
from thecal.report.canvas import Canvas
from thecal.simulation import simulate

PIXELS, QUALITY = 420, 72
# Entities tried, seeds tried of each, when a sign is simulated on purpose.
MOST_ENTITIES, SEEDS = 3, (1, 2)
OUTLINES = (("anatomy", (1, 2), canvas.YELLOW), ("anatomy", (1,), canvas.GREEN),
            ("lesion", (3, 11, 12), canvas.BLUE), ("lesion", (1, 2, 4, 5, 6, 7, 8, 9, 10), canvas.ORANGE))  # fmt: skip
WIDE_SIGNS = frozenset({"length_segments", "t2_length_segments", "lesion_count", "canal_stenosis", "vertebral_lesion", "level",
                        "leptomeningeal_pattern", "leptomeningeal_site", "siderosis_or_subarachnoid_blood", "syrinx",
                        "nerve_root_thickening", "nerve_root_enhancement", "nerve_root_clumping", "oedema", "flow_voids",
                        "flow_void_site"})  # fmt: skip


@dataclass(frozen=True, eq=False)
class Shown:
    """A sign as it was measured on a study, and what to draw of it."""

    finding: Finding
    study: Stored
    drawn: Segmentation


def main() -> None:
    """Draws what is not drawn yet."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("store", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--page", type=Path, help="the guide's page whose captions are written anew")
    parser.add_argument("--signs", nargs="+", help="draws only these, anew")
    call = parser.parse_args()
    call.out.mkdir(parents=True, exist_ok=True)
    file = call.out / "captions.json"
    captions: dict[str, str] = json.loads(file.read_text("utf-8")) if file.exists() else {}
    wanted = [module for module in room.MODULES if module.CODE in (call.signs or set(codes()) - set(captions))]
    for shown in first_shown(call.store, wanted):
        code = shown.finding.code
        (call.out / f"{code}.webp").write_bytes(picture(shown))
        captions[code] = caption(shown)
        file.write_text(json.dumps(dict(sorted(captions.items())), ensure_ascii=False, indent=1) + "\n", "utf-8")
        print(code, captions[code], flush=True)
    print("not shown:", ", ".join(sorted(set(codes()) - set(captions))) or "none")
    if call.page:
        call.page.write_text(with_captions(call.page.read_text("utf-8"), captions), "utf-8")


def codes() -> list[str]:
    """The signs that thecal measures."""
    return [module.CODE for module in room.MODULES]


def first_shown(store: Path, wanted: Sequence[ModuleType]) -> Iterator[Shown]:
    """Each sign on the first study that shows it as measured."""
    left = list(wanted)
    for study in studies(store, ENTITIES, DEVELOP, 1):
        for shown in shown_in(study, left):
            left = [module for module in left if shown.finding.code != module.CODE]
            yield shown
        if not left:
            return
    for module in left:
        for study in made_for(module.CODE):
            found = next(iter(shown_in(study, [module])), None)
            if found is not None:
                yield found
                break


def shown_in(study: Stored, modules: Sequence[ModuleType]) -> Iterator[Shown]:
    """The signs that a study has and thecal measures so on the truth's outlines, of its largest lesion or of the patient."""
    asked = [one for one in modules if one.CODE in study.findings and one.CODE not in study.not_shown
             and study.findings[one.CODE] not in QUIET]  # fmt: skip
    if not asked:
        return
    drawn = true_segmentation(study)
    largest = max(drawn.lesions, key=lambda one: one.volume_mm3, default=None)
    for module in asked:
        said = _said(module, study, drawn, largest if module.SUBJECT == "lesion" else None)
        right = (
            isinstance(said, Finding) and said.where is not None and said.state in (None, study.findings[module.CODE])
        )
        if isinstance(said, Finding) and right:
            yield Shown(said, study, drawn)
    for kept in (views, axis):
        kept.forget()


def _said(module: ModuleType, study: Stored, drawn: Segmentation, lesion: Lesion | None) -> Finding | NotAssessed:
    if module.SUBJECT == "lesion" and lesion is None:
        return NotAssessed(module.CODE, "patient", "no lesion")
    why = needs.missing(module.NEEDS, study.aligned, drawn, lesion)
    said: Finding | NotAssessed = (
        NotAssessed(module.CODE, "patient", why) if why else module.measure(study.aligned, drawn, lesion)
    )
    return said


def made_for(code: str) -> Iterator[Stored]:
    """Studies simulated with a sign in each of its states, of the entities that show it most, with every kind of series."""
    vocabulary, rates = load().vocabulary, findings_store._rates()
    for state in [one for one in vocabulary.findings[code].states if one not in QUIET]:
        often = {rate.entity: rate.mean.get(state, 0.0) for rate in rates.states if rate.finding == code}
        for entity in sorted(often, key=lambda name: (-often[name], name))[:MOST_ENTITIES]:
            for seed in SEEDS:
                try:
                    made = simulate(entity, seed, protocol="everything", signs={code: state}, rates=rates)
                except CallWrong:
                    continue
                yield Stored(entity, seed, "first", "everything", headers_only(made.study), made.by_series, made.instances,
                             made.findings, made.truth.not_shown, made.context, "")  # fmt: skip


def picture(shown: Shown) -> bytes:
    """The slice through the sign's place, with outlines, an arrow at the place and the number; WebP."""
    from PIL import Image

    assert shown.finding.where is not None
    series, point = _slice(shown)
    assert series.volume is not None
    view: planes.View = "axial" if series.plane == "axial" else "sagittal"
    tall = 150.0 if shown.finding.code in WIDE_SIGNS else 90.0
    frame = planes.frame_through(series, point, view, (70.0, 70.0) if view == "axial" else (tall, tall), PIXELS)
    colours = canvas.shade(planes.cut(series.volume, frame))
    for kind, wanted, colour in OUTLINES:
        label = getattr(shown.drawn, kind).get(series.key)
        share = None if label is None else planes.cut(label.volume, frame, codes=wanted)
        if share is not None and share.max() > 0.5:
            colours = canvas.outline(colours, share, colour, 1.1)
    drawn = Canvas(colours, frame)
    drawn.arrow(frame.pixel_of(point), 30.0)
    drawn.letters()
    drawn.scale_bar()
    # The typeface has no raised digits.
    drawn.text(said(shown.finding).replace("³", "3").replace("²", "2"), (8, 14), 15, "lm")
    drawn.text(f"{series.role}", (frame.size[0] - 8, frame.size[1] - 12), 12, "rm")
    held = io.BytesIO()
    Image.open(io.BytesIO(base64.b64decode(drawn.png()))).convert("RGB").save(held, "WEBP", quality=QUALITY, method=6)
    return held.getvalue()


def _slice(shown: Shown) -> tuple[Series, np.ndarray[tuple[int, ...], np.dtype[np.float64]]]:
    place: Place | None = shown.finding.where
    assert place is not None
    return shown.study.aligned.study.find(place.series_key), np.array([place.x, place.y, place.z])


def said(finding: Finding) -> str:
    """`present · 24 %`: the state, and the number behind it."""
    state = finding.state.replace("_", " ") if finding.state else f"{finding.value:.1f} segments"
    number = finding.measurement
    if number is None:
        return state
    unit = {"1": "", "mm3": "mm³", "mm2": "mm²", "deg": "°"}.get(number.unit, number.unit.strip("{}"))
    return (
        f"{state} · {number.value:.3g} {unit}".strip()
        if number.value < 1000
        else f"{state} · {number.value:.0f} {unit}"
    )


def caption(shown: Shown) -> str:
    """What was measured on which simulated study, and how."""
    finding, study = shown.finding, shown.study
    chance = "" if finding.probabilities is None else f", probability {max(finding.probabilities.values()):.2f}"
    return (
        f"Simulated {study.entity.replace('_', ' ')} (seed {study.seed}, protocol {study.protocol}): {said(finding)}{chance}; "
        f"{finding.method}."
    )


def with_captions(page: str, captions: dict[str, str]) -> str:
    """The page with each picture's caption in italics on the line after it."""
    for code, text in captions.items():
        found = re.compile(rf"(!\[[^\]]*\]\([^)]*/{code}\.webp\))\n(?:\*[^\n]*\*\n)?")
        plain = text.replace("*", "\\*")
        page = found.sub(lambda match, told=plain: f"{match.group(1)}\n*{told}*\n", page)  # type: ignore[misc]
    return page


if __name__ == "__main__":
    findings_store.quiet()
    main()
