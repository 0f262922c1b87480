"""A reader's corrections applied: findings set by hand, lesions drawn anew, vertebrae named. Pure; nothing is measured here."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree

from thecal.records import (
    PATIENT,
    AlignedStudy,
    CallWrong,
    Change,
    Compartment,
    Drawn,
    Edit,
    Finding,
    Grid,
    LabelMap,
    Lesion,
    Named,
    NotAssessed,
    Place,
    Reading,
    Segmentation,
    Volume,
)
from thecal.records.geometry import mm_to_voxel, resample, transform_points, voxel_to_mm

BY_HAND = "by hand"
NOTE = "corrected by hand"
# Tissues beside a lesion that are not its own volume: oedema, polar cyst, syrinx.
BESIDE = (3, 11, 12)
CORD, SAC = 1, 2
# A lesion this near to what was drawn is looked at anew: its surroundings may be others now.
NEAR_MM = 15.0
BODIES = {
    **{f"C{n}": 10 + n for n in range(1, 8)}, **{f"T{n}": 20 + n for n in range(1, 14)},
    **{f"L{n}": 40 + n for n in range(1, 7)}, "S1": 50,
}  # fmt: skip
# The disc below each vertebra; that of the last lumbar one is 100, that of the last thoracic one 91.
DISCS = {
    **{f"C{n}": 61 + n for n in range(2, 7)}, "C7": 71, **{f"T{n}": 71 + n for n in range(1, 13)}, "T13": 91,
    **{f"L{n}": 91 + n for n in range(1, 6)}, "L6": 100,
}  # fmt: skip
Labels = NDArray[np.int16]


# --- findings -------------------------------------------------------------------------------------------------------


def correct(reading: Reading, changes: Sequence[Change], reading_id: str) -> Reading:
    """A new reading in which a reader's corrections of findings hold, in their order; without any, the reading itself."""
    if not changes:
        return reading
    findings = {(finding.code, finding.subject): finding for finding in reading.findings}
    gaps = {(gap.code, gap.subject): gap for gap in reading.not_assessed}
    subjects = {PATIENT, *(lesion.tracking_uid for lesion in reading.lesions)}
    for change in changes:
        subject, code = change.target.rsplit("/", 1)
        if change.of_maps or subject not in subjects:  # a lesion that was erased since takes its signs with it
            continue
        findings.pop((code, subject), None)
        gaps.pop((code, subject), None)
        if isinstance(change.after, Finding):
            findings[code, subject] = change.after
        elif isinstance(change.after, NotAssessed):
            gaps[code, subject] = change.after
    return Reading(
        reading_id, reading.reading_id, reading.lesions, tuple(findings.values()), tuple(gaps.values()), tuple(changes)
    )


# --- maps -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Maps:
    """The lesion map and the lesions' numbers in the reference grid, as they may be drawn on: copies."""

    tissue: Labels
    instance: Labels


def maps_of(segmentation: Segmentation, grid: Grid) -> Maps:
    """Copies of the composed maps; empty ones where nothing was composed."""
    maps = (segmentation.composed_lesion, segmentation.composed_instances)
    tissue, instance = (
        np.zeros(grid.shape, np.int16) if one is None else np.array(one.volume.voxels, np.int16) for one in maps
    )
    return Maps(tissue, instance)


def indices(runs: Iterable[tuple[int, int]], size: int) -> NDArray[np.intp]:
    """The voxels of runs (start, length), as places in the grid's Fortran order; CallWrong where they leave the grid."""
    table = np.array(list(runs), dtype=np.int64).reshape(-1, 2)
    if len(table) and (table.min() < 0 or int((table[:, 0] + table[:, 1]).max()) > size):
        raise CallWrong("edit: runs", expected=f"voxels of the reference grid (0 to {size - 1})", found="others")
    if not len(table):
        return np.zeros(0, np.intp)
    steps = np.ones(int(table[:, 1].sum()), np.intp)
    ends = np.cumsum(table[:, 1])
    steps[0] = table[0, 0]
    steps[ends[:-1]] = table[1:, 0] - (table[:-1, 0] + table[:-1, 1] - 1)
    return np.cumsum(steps)


def runs_of(places: NDArray[np.intp]) -> tuple[tuple[int, int], ...]:
    """Sorted places in Fortran order as runs (start, length)."""
    if not len(places):
        return ()
    breaks = np.flatnonzero(np.diff(places) != 1)
    starts = np.concatenate([places[:1], places[breaks + 1]])
    ends = np.concatenate([places[breaks], places[-1:]])
    return tuple(zip(starts.tolist(), (ends - starts + 1).tolist(), strict=True))


def opposite(segmentation: Segmentation, grid: Grid, drawn: Drawn) -> Drawn:
    """What would have to be drawn to take a drawing back: the voxels it touches, as they are before it."""
    maps = maps_of(segmentation, grid)
    tissue, instance = maps.tissue.ravel(order="F"), maps.instance.ravel(order="F")
    touched = np.unique(
        np.concatenate([indices(edit.runs, tissue.size) for edit in drawn.edits] or [np.zeros(0, np.intp)])
    )
    pairs = np.stack([tissue[touched], instance[touched]], axis=1)
    edits = []
    for code, number in np.unique(pairs, axis=0).tolist():
        mine = touched[(pairs[:, 0] == code) & (pairs[:, 1] == number)]
        edits.append(Edit(int(code), int(number), runs_of(mine)))
    return Drawn(tuple(edits))


def effective(changes: Sequence[Change]) -> tuple[Change, ...]:
    """The corrections of maps that hold: what was taken back at once is gone without a trace, with what took it back."""
    held: list[tuple[int, Change]] = []
    for number, change in enumerate(changes, start=1):
        undoes = change.after.undoes if isinstance(change.after, Drawn) else None
        if held and undoes == held[-1][0]:
            held.pop()
        elif change.of_maps:
            held.append((number, change))
    return tuple(change for _, change in held)


@dataclass(frozen=True, eq=False)
class Redrawn:
    """A segmentation as a reader left it, and every lesion that ever bore a number, so that one that comes back is the same."""

    segmentation: Segmentation
    former: Mapping[int, Lesion]


def as_measured(segmentation: Segmentation) -> Redrawn:
    """A segmentation before anything was drawn."""
    return Redrawn(segmentation, {lesion.instance: lesion for lesion in segmentation.lesions})


def redraw(before: Redrawn, aligned: AlignedStudy, change: Change) -> Redrawn:
    """What one drawing or naming makes of a segmentation; lesions follow their map.

    Voxels of the reference grid are carried to each series' own map. A lesion that lost its last voxel is gone; a number that
    never had any is a new lesion. The place in cord and sac gives its compartment. Raises CallWrong where there is no
    reference grid, or no labelled vertebra to be named.
    """
    if aligned.reference is None:
        raise CallWrong(
            "correction", expected="a study with a reference grid", found="none", remedy="Nothing to draw on."
        )
    if isinstance(change.after, Drawn):
        made = _draw(before, aligned, aligned.reference, change.after, change.at)
    else:
        assert isinstance(change.after, Named)
        made = _name(before.segmentation, aligned, change.after)
    return Redrawn(made, {**before.former, **{lesion.instance: lesion for lesion in made.lesions}})


def touched(before: Segmentation, after: Segmentation) -> frozenset[str] | None:
    """The lesions that drawing changed, or beside which it changed something; None where more than lesions did, as levels."""
    if after.composed_anatomy is not before.composed_anatomy:
        return None
    numbers = {lesion.instance for lesion in after.lesions if lesion not in before.lesions}
    made = after.composed_instances
    if made is not None and after is not before:
        grid = made.volume.grid
        old, new = maps_of(before, grid), maps_of(after, grid)
        changed = np.argwhere((old.tissue != new.tissue) | (old.instance != new.instance))
        if len(changed):
            reach = np.ceil(NEAR_MM / grid.spacing_mm).astype(int)
            low, high = np.maximum(changed.min(axis=0) - reach, 0), changed.max(axis=0) + reach + 1
            near = new.instance[tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))]
            numbers |= {int(number) for number in np.unique(near)}
    return frozenset(lesion.tracking_uid for lesion in after.lesions if lesion.instance in numbers)


def _draw(before: Redrawn, aligned: AlignedStudy, grid: Grid, drawn: Drawn, at: str) -> Segmentation:
    segmentation = before.segmentation
    maps = maps_of(segmentation, grid)
    flat_tissue, flat_instance = maps.tissue.ravel(order="F"), maps.instance.ravel(order="F")
    changed = np.zeros(flat_tissue.shape, bool)
    touched: set[int] = set()
    for edit in drawn.edits:
        places = indices(edit.runs, flat_tissue.size)
        touched |= {int(n) for n in np.unique(flat_instance[places])} | {edit.instance}
        code, number = (edit.code, edit.instance) if edit.code and edit.instance else (0, 0)
        changed[places] |= (flat_tissue[places] != code) | (flat_instance[places] != number)
        flat_tissue[places], flat_instance[places] = code, number
    shape = grid.shape
    tissue, instance = (one.reshape(shape, order="F") for one in (flat_tissue, flat_instance))
    where = changed.reshape(shape, order="F")
    if not where.any():
        return segmentation
    maps = Maps(tissue, instance)
    corrected = replace(
        segmentation,
        composed_lesion=_as_map(segmentation.composed_lesion, tissue, grid, segmentation.composed_lesion),
        composed_instances=_as_map(segmentation.composed_instances, instance, grid, segmentation.composed_lesion),
        lesion={
            key: _carried(label, tissue, where, grid, aligned, key) for key, label in segmentation.lesion.items()
        },
    )  # fmt: skip
    return replace(corrected, lesions=_lesions(corrected, before.former, aligned, grid, maps, touched - {0}, at))


def _as_map(old: LabelMap | None, voxels: Labels, grid: Grid, like: LabelMap | None) -> LabelMap:
    volume = Volume(voxels, grid.affine)
    if old is None:
        return LabelMap(volume, {} if like is None else like.names, None, BY_HAND, notes=(NOTE,))
    return replace(old, volume=volume, notes=tuple(dict.fromkeys((*old.notes, NOTE))))


def _carried(
    label: LabelMap, tissue: Labels, where: NDArray[np.bool_], grid: Grid, aligned: AlignedStudy, key: str
) -> LabelMap:
    """A series' own map with the changed voxels of the reference carried onto it."""
    to_reference = np.asarray(aligned.to_reference.get(key, np.eye(4)))
    own = label.volume.grid
    found = ndimage.find_objects(where.astype(np.uint8))[0]
    corners = np.array(np.meshgrid(*[(part.start - 1, part.stop) for part in found])).reshape(3, -1).T
    there = mm_to_voxel(own, transform_points(np.linalg.inv(to_reference), voxel_to_mm(grid, corners)))
    low = np.clip(np.floor(there.min(axis=0)), 0, own.shape).astype(int)
    high = np.clip(np.ceil(there.max(axis=0)) + 1, 0, own.shape).astype(int)
    if np.any(high <= low):
        return label
    box = tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    affine = own.affine.copy()
    affine[:3, 3] = voxel_to_mm(own, low)
    shape = high - low
    part = Grid((int(shape[0]), int(shape[1]), int(shape[2])), affine)
    new = resample(Volume(tissue, grid.affine), part, to_reference, order=0).voxels
    hit = resample(Volume(where.astype(np.uint8), grid.affine), part, to_reference, order=0).voxels > 0
    voxels = np.array(label.volume.voxels)
    voxels[box] = np.where(hit, new, voxels[box])
    return replace(
        label, volume=Volume(voxels, own.affine), notes=tuple(dict.fromkeys((*label.notes, NOTE)))
    )  # fmt: skip


# --- lesions --------------------------------------------------------------------------------------------------------


def _lesions(
    segmentation: Segmentation, known: Mapping[int, Lesion], aligned: AlignedStudy, grid: Grid, maps: Maps, touched: set[int],
    at: str,
) -> tuple[Lesion, ...]:  # fmt: skip
    kept = [lesion for lesion in segmentation.lesions if lesion.instance not in touched]
    boxes = ndimage.find_objects(maps.instance)
    for number in sorted(touched):
        box = boxes[number - 1] if number <= len(boxes) else None
        if box is not None:
            kept.append(_lesion(known.get(number), number, segmentation, aligned, grid, maps, box, at))
    return tuple(sorted(kept, key=lambda lesion: lesion.instance))


def _lesion(
    old: Lesion | None, number: int, segmentation: Segmentation, aligned: AlignedStudy, grid: Grid, maps: Maps,
    box: tuple[slice, ...], at: str,
) -> Lesion:  # fmt: skip
    """A lesion as it is drawn now; what only images tell (where it was seen) stays as it was."""
    mine = maps.instance[box] == number
    tissue = maps.tissue[box][mine]
    index = np.argwhere(mine) + np.array([part.start for part in box])
    own = ~np.isin(tissue, BESIDE)
    body = index[own] if own.any() else index
    points = voxel_to_mm(grid, body)
    middle = points[np.linalg.norm(points - points.mean(axis=0), axis=1).argmin()]
    key = _shown_on(old, aligned, middle)
    where = transform_points(np.linalg.inv(aligned.to_reference.get(key, np.eye(4))), middle)
    return Lesion(
        tracking_uid=_uid(number, at) if old is None else old.tracking_uid,
        instance=number,
        confidence=1.0,
        compartment=_compartment(segmentation.composed_anatomy, body) or (old.compartment if old else {}),
        where=Place(key, *(round(float(x), 3) for x in where)),
        volume_mm3=round(len(body) * grid.voxel_volume_mm3, 3),
        tissues=tuple(int(code) for code in np.unique(tissue)),
        series_keys=(key,) if old is None else old.series_keys,
        levels=_levels(segmentation.composed_anatomy, grid, index),
    )


def _shown_on(old: Lesion | None, aligned: AlignedStudy, middle: NDArray[np.float64]) -> str:
    """The series on which a place is pointed at: as before, else the best that shows it."""
    if old is not None:
        return old.where.series_key
    for series in aligned.pick(("T1w_ce", "T2w", "T2w_fs", "T1w", "T2starw")) or aligned.study.images():
        assert series.volume is not None
        back = np.linalg.inv(aligned.to_reference.get(series.key, np.eye(4)))
        index = mm_to_voxel(series.volume, transform_points(back, middle))
        if np.all(index > -1) and np.all(index < np.array(series.volume.shape)):
            return series.key
    return aligned.study.images()[0].key


def _uid(number: int, at: str) -> str:
    return f"2.25.{int(hashlib.sha256(repr((number, at)).encode()).hexdigest()[:31], 16)}"


def _compartment(anatomy: LabelMap | None, body: NDArray[np.intp]) -> dict[Compartment, float]:
    """Share of a lesion in cord, in sac and beyond, with some doubt for the outlines' own error; empty without outlines."""
    if anatomy is None or not np.isin(anatomy.volume.voxels, (CORD, SAC)).any():
        return {}
    codes = anatomy.volume.voxels[tuple(body.T)]
    cord, sac = float((codes == CORD).mean()), float((codes == SAC).mean())
    shares = np.array([cord, sac, 1 - cord - sac]) ** 2 + 0.02
    names: tuple[Compartment, Compartment, Compartment] = ("intramedullary", "intradural_extramedullary", "extradural")
    return {name: float(share) for name, share in zip(names, shares / shares.sum(), strict=True)}


def _levels(anatomy: LabelMap | None, grid: Grid, index: NDArray[np.intp]) -> tuple[str, ...]:
    """The levels of the vertebrae nearest to a lesion's voxels, from head to foot; empty without labelled vertebrae."""
    if anatomy is None:
        return ()
    voxels = anatomy.volume.voxels
    place = np.argwhere((voxels >= 11) & (voxels <= 50))
    if not len(place):
        return ()
    place = place[:: max(1, len(place) // 20_000)]
    lesion = index[:: max(1, len(index) // 2_000)]
    _, nearest = cKDTree(voxel_to_mm(grid, place)).query(voxel_to_mm(grid, lesion))
    hit = {int(code) for code in voxels[tuple(place[nearest].T)]}
    return tuple(name for name, code in BODIES.items() if code in hit)


# --- levels ---------------------------------------------------------------------------------------------------------


def _name(segmentation: Segmentation, aligned: AlignedStudy, named: Named) -> Segmentation:
    """Every vertebra and disc renamed so that the one nearest to a place bears the name it was given."""
    anatomy = segmentation.composed_anatomy
    assert aligned.reference is not None
    steps = None if anatomy is None else _steps(anatomy, named)
    if anatomy is None or steps is None:
        raise CallWrong(
            "levels", expected="a study on which vertebrae were labelled", found="none",
            remedy="The levels of this study can be told only by a series that shows more of the spine.",
        )  # fmt: skip
    table = _table(steps)
    composed = _renamed(anatomy, table)
    corrected = replace(
        segmentation,
        composed_anatomy=composed,
        anatomy={key: _renamed(label, table) for key, label in segmentation.anatomy.items()},
        not_told=tuple(gap for gap in segmentation.not_told if gap.code != "levels"),
    )
    maps = maps_of(segmentation, aligned.reference)
    lesions = []
    for lesion in segmentation.lesions:
        index = np.argwhere(maps.instance == lesion.instance)
        told = _levels(composed, aligned.reference, index) if len(index) else ()
        lesions.append(replace(lesion, levels=told))
    return replace(corrected, lesions=tuple(lesions))


def _steps(anatomy: LabelMap, named: Named) -> tuple[list[str], int] | None:
    """The order of vertebrae in this spine, and by how many they are to move towards the feet; None without a label."""
    voxels = anatomy.volume.voxels
    place = np.argwhere((voxels >= 11) & (voxels <= 50))
    if not len(place):
        return None
    away = np.linalg.norm(voxel_to_mm(anatomy.volume, place) - np.array(named.place), axis=1)
    code = int(voxels[tuple(place[away.argmin()])])
    present = {int(one) for one in np.unique(voxels[tuple(place.T)])}
    order = [
        name for name, own in BODIES.items()
        if name not in ("T13", "L6") or own in present or name == named.name
    ]  # fmt: skip
    found = next(name for name, own in BODIES.items() if own == code)
    return order, order.index(named.name) - order.index(found)


def _table(steps: tuple[list[str], int]) -> Labels:
    """New code by old code; what would lie beyond the atlas or the sacrum is no longer named."""
    order, by = steps
    table = np.arange(256, dtype=np.int16)
    for codes in (BODIES, _discs(order)):
        for old, code in codes.items():
            if old not in order:
                continue
            to = order.index(old) + by
            table[code] = codes.get(order[to], 0) if 0 <= to < len(order) else 0
    return table


def _discs(order: Sequence[str]) -> dict[str, int]:
    """The disc below each vertebra of this spine."""
    discs: dict[str, int] = dict(DISCS)
    discs["T12"] = 83 if "T13" in order else 91
    discs["L5"] = 96 if "L6" in order else 100
    return discs


def _renamed(label: LabelMap, table: Labels) -> LabelMap:
    voxels = table[np.clip(label.volume.voxels, 0, 255)]
    names: dict[int, str] = dict(label.names)
    names.update(
        {code: f"vertebra {name}" for name, code in BODIES.items() if code not in names and (voxels == code).any()}
    )
    notes: Any = tuple(dict.fromkeys((*label.notes, "levels named by hand")))
    return replace(label, volume=Volume(voxels, label.volume.affine), names=names, notes=notes)
