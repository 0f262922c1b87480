"""The comparison as tables for people and as data for programs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from thecal.evaluation.agreement import Agreement, Share, Spread
from thecal.evaluation.overlap import ANY, Detection, Overlap

NONE = "–"


@dataclass(frozen=True)
class Scored:
    """One pair of label maps: the case, which map, its overlaps and, for lesions, their detection."""

    case: str
    kind: str
    overlaps: tuple[Overlap, ...]
    detection: Detection | None = None


def as_data(maps: Sequence[Scored], states: Sequence[Agreement], numbers: Sequence[Spread]) -> dict[str, Any]:
    """Everything as plain data."""
    return {
        "maps": [
            {
                "case": one.case,
                "map": one.kind,
                "labels": [_overlap(overlap) for overlap in one.overlaps],
                **({"lesions": vars(one.detection)} if one.detection else {}),
            }
            for one in maps
        ],
        "findings": [_agreement(one) for one in states],
        "numbers": [_spread(one) for one in numbers],
    }


def _overlap(one: Overlap) -> dict[str, Any]:
    return {**vars(one), "difference_mm3": one.difference_mm3}


def _agreement(one: Agreement) -> dict[str, Any]:
    table: dict[str, dict[str, int]] = {}
    for (ours, theirs), count in sorted(one.table.items()):
        table.setdefault(ours, {})[theirs] = count
    return {
        "finding": one.code, "both": one.both, "agreed": one.agreed, "kappa": one.kappa,
        "sensitivity": _share(one.sensitivity), "specificity": _share(one.specificity),
        "not_assessed": {"ours": one.ours_open, "theirs": one.theirs_open, "both": one.both_open},
        "table_ours_by_theirs": table,
    }  # fmt: skip


def _share(one: Share | None) -> dict[str, Any] | None:
    return None if one is None else {"n": one.n, "of": one.of, "value": one.value, "interval": one.interval}


def _spread(one: Spread) -> dict[str, Any]:
    return {
        "finding": one.code, "unit": one.unit, "both": len(one.differences), "mean_difference": one.mean,
        "limits_of_agreement": one.limits, "not_assessed": {"ours": one.ours_open, "theirs": one.theirs_open},
    }  # fmt: skip


def as_text(maps: Sequence[Scored], states: Sequence[Agreement], numbers: Sequence[Spread]) -> str:
    """Everything as tables under headings; theirs is the reference."""
    parts = [*_maps(maps), *_over_cases(maps), *_states(states), *_numbers(numbers)]
    return "\n\n".join(parts) + "\n" if parts else "Nothing that both sides hold was found.\n"


def _maps(maps: Sequence[Scored]) -> Iterator[str]:
    for one in maps:
        rows = [
            (overlap.name, _number(overlap.dice, 3), _number(overlap.hd95_mm, 1), _number(overlap.ours_mm3, 0),
             _number(overlap.theirs_mm3, 0), _number(overlap.difference_mm3, 0, sign=True))
            for overlap in one.overlaps
        ]  # fmt: skip
        told = f"{one.case}: {one.kind}"
        if one.detection is not None:
            found = one.detection
            told += f" (lesions found {found.found} of {found.theirs}, {found.false} without counterpart)"
        yield _table(told, ("label", "Dice", "HD95 mm", "ours mm³", "theirs mm³", "difference"), rows)


def _over_cases(maps: Sequence[Scored]) -> Iterator[str]:
    """Medians over the cases, where there are several."""
    kinds = dict.fromkeys(one.kind for one in maps)
    for kind in kinds:
        those = [one for one in maps if one.kind == kind]
        if len({one.case for one in those}) < 2:
            continue
        every: dict[tuple[int, str], list[Overlap]] = {}
        for one in those:
            for overlap in one.overlaps:
                every.setdefault((overlap.label, overlap.name), []).append(overlap)
        rows = [
            (name, str(len(found)), _median(one.dice for one in found), _median((one.hd95_mm for one in found), 1))
            for (label, name), found in sorted(every.items(), key=lambda pair: (pair[0][0] != ANY, pair[0][0]))
        ]
        yield _table(f"All cases: {kind}, medians", ("label", "cases", "Dice", "HD95 mm"), rows)


def _median(values: Iterable[float | None], digits: int = 3) -> str:
    known = [value for value in values if value is not None]
    return _number(median(known), digits) if known else NONE


def _states(states: Sequence[Agreement]) -> Iterator[str]:
    if not states:
        return
    rows = [
        (one.code, str(one.both), str(one.agreed), _number(one.kappa, 2), _told(one.sensitivity), _told(one.specificity),
         str(one.ours_open), str(one.theirs_open), str(one.both_open))
        for one in states
    ]  # fmt: skip
    head = ("finding", "both", "agree", "kappa", "sensitivity", "specificity", "open: ours", "theirs", "both")
    yield _table("Findings (theirs is the reference; open: not assessed, or nothing said)", head, rows)
    apart = [f"{one.code}: {_disagreements(one)}" for one in states if one.agreed < one.both]
    if apart:
        yield "\n".join(("Where they differ, ours / theirs × cases", *apart))


def _disagreements(one: Agreement) -> str:
    return ", ".join(f"{ours} / {theirs} × {n}" for (ours, theirs), n in sorted(one.table.items()) if ours != theirs)


def _told(share: Share | None) -> str:
    if share is None or share.value is None or share.interval is None:
        return NONE
    low, high = share.interval
    return f"{share.n}/{share.of} ({low:.2f}–{high:.2f})"


def _numbers(numbers: Sequence[Spread]) -> Iterator[str]:
    if not numbers:
        return
    rows = [
        (one.code, one.unit, str(len(one.differences)), _number(one.mean, 2, sign=True),
         f"{one.limits[0]:+.2f} to {one.limits[1]:+.2f}" if one.limits else NONE, str(one.ours_open), str(one.theirs_open))
        for one in numbers
    ]  # fmt: skip
    head = ("number", "unit", "both", "mean difference", "limits of agreement", "open: ours", "theirs")
    yield _table("Numbers, ours less theirs", head, rows)


def _number(value: float | None, digits: int, *, sign: bool = False) -> str:
    return NONE if value is None else f"{value:{'+' if sign else ''}.{digits}f}"


def _table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns set apart by blanks, the first to the left, the others to the right."""
    widths = [max(len(row[k]) for row in (head, *rows)) for k in range(len(head))]
    lines = [
        "  ".join(
            cell.ljust(width) if k == 0 else cell.rjust(width)
            for k, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in (head, *rows)
    ]
    return "\n".join((title, *(line.rstrip() for line in lines)))
