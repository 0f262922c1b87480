"""Cord and sac drawn by a network that was trained on simulated spines alone, on any contrast and any slices.

It looks for the canal at 2 mm over the whole field, then draws cord and sac at 1 mm along it; probabilities return to the
series' own voxels as means over each. The boundary lies where a voxel is half filled: at the outer edge of white matter, and
at the outer edge of CSF. Vertebrae, levels and lesions stay as the segmenter before it found them.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from thecal.records import PATIENT, AlignedStudy, LabelMap, NotAssessed, Role, Segmentation, Series, Volume
from thecal.records.geometry import average_into
from thecal.segmentation import codes
from thecal.segmentation.composition import Voice, compose, part_of, weight_of, window
from thecal.segmentation.frame import Frame, Image, flaw_of, frame_of
from thecal.segmentation.windows import CORD, SAC, Fine, Net, all_over, along, on_lattice, predict

NAME = "network"
WEIGHTS = "anatomy.onnx"
ROLES: tuple[Role, ...] = ("T1w", "T1w_ce", "T2w", "T2w_fs", "T2starw", "dwi", "ADC", "other")
FINDER_MM, DRAW_MM = 2.0, 1.0
# A canal shorter than this is no canal; a cord whose voxels are less sure than this on average is left to the one before.
LEAST_HEIGHT_MM = 12.0
LEAST_CERTAINTY = 0.75
MOST_THREADS = 8


@dataclass(frozen=True, eq=False)
class Outline:
    """Cord and canal (cord included) of one series: probability per voxel of its frame, where the network looked, how sure it is."""

    series: Series
    frame: Frame
    cord: Image
    canal: Image
    told: Image
    certainty: float


def segment(aligned: AlignedStudy, given: Segmentation | None = None) -> Segmentation:
    """Cord and sac of every series the network is sure of, composed over the study; all else as given.

    Without onnxruntime or weights nothing is drawn, and it says so.
    """
    known = given or Segmentation()
    try:
        net = load()
    except (ImportError, FileNotFoundError) as error:
        why = f"the trained network could not run ({error}); outlines are those of the segmenter without learning"
        return replace(known, not_told=(*known.not_told, NotAssessed("network", PATIENT, why)))
    outlines: list[Outline] = []
    doubts: list[NotAssessed] = []
    for series in aligned.study.images():
        if series.role in ROLES and series.key in aligned.to_reference:
            outline = draw(series, net)
            if isinstance(outline, str):
                doubts.append(NotAssessed("network", series.key, outline))
            else:
                outlines.append(outline)
    anatomy = {one.series.key: _drawn(one, known.anatomy.get(one.series.key)) for one in outlines}
    probability: dict[str, Mapping[str, Volume]] = dict(known.probability)
    for one in outlines:
        own = {"cord": one.frame.back(one.cord), "sac": one.frame.back(np.clip(one.canal - one.cord, 0, 1))}
        probability[one.series.key] = {**known.probability.get(one.series.key, {}), **own}
    solved = {one.series.key for one in outlines}
    told = tuple(gap for gap in known.not_told if not (gap.code == "cord" and gap.subject in solved))
    return replace(
        known, anatomy={**known.anatomy, **anatomy}, probability=probability,
        composed_anatomy=_composed(aligned, outlines, known), not_told=(*told, *doubts),
    )  # fmt: skip


@cache
def load() -> Net:
    """The network as a function from an image to probabilities; FileNotFoundError without weights, ImportError without onnxruntime."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = min(len(os.sched_getaffinity(0)), MOST_THREADS)
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # Cubes differ in size; a pattern or an arena kept for each would let memory grow.
    options.enable_mem_pattern = False
    options.enable_cpu_mem_arena = False
    session: Any = onnxruntime.InferenceSession(weights(), options, providers=["CPUExecutionProvider"])

    def net(image: Image) -> Image:
        found: Image = session.run(None, {"image": image[None, None]})[0][0]
        return found

    return net


def weights() -> bytes:
    """The stored network."""
    return resources.files("thecal.segmentation").joinpath("weights", WEIGHTS).read_bytes()


@cache
def digest() -> str:
    """SHA-256 of the stored network, which the card states."""
    return hashlib.sha256(weights()).hexdigest()


def draw(series: Series, net: Net) -> Outline | str:
    """Cord and canal of one series, or why the network did not draw them."""
    assert series.volume is not None
    frame = frame_of(series.volume)
    if flaw := flaw_of(frame):
        return flaw
    coarse = on_lattice(frame.voxels, frame.affine, frame.spacing, FINDER_MM)
    found, _ = predict(net, coarse.voxels, all_over(coarse.voxels.shape), (CORD, SAC))
    canal = _main_part(found.sum(axis=0))
    height = FINDER_MM * int(canal.any(axis=(0, 1)).sum())
    if height < LEAST_HEIGHT_MM:
        return f"the network finds a canal over {height:.0f} mm only"
    fine = on_lattice(frame.voxels, frame.affine, frame.spacing, DRAW_MM)
    shares, seen = predict(net, fine.voxels, along(canal, FINDER_MM / DRAW_MM, fine.voxels.shape), (CORD, SAC))
    return _returned(series, frame, fine, shares, seen)


def _main_part(probability: Image) -> NDArray[np.bool_]:
    """The largest connected part where the probability passes one half."""
    inside = probability > 0.5
    labels, count = ndimage.label(inside)
    if count < 2:
        return inside
    sizes = ndimage.sum_labels(inside, labels, range(1, count + 1))
    return np.asarray(labels == 1 + int(np.argmax(sizes)))


def _returned(series: Series, frame: Frame, fine: Fine, shares: Image, seen: Image) -> Outline | str:
    """Probabilities at 1 mm brought back to the series' voxels, kept to the canal's main part and its rim."""
    canal = shares.sum(axis=0)
    main = ndimage.binary_dilation(_main_part(canal), iterations=3)
    cord = shares[0] * main
    strong = cord > 0.5
    if not strong.any():
        certainty = 0.0
    else:
        certainty = float(cord[strong].mean())
    if certainty < LEAST_CERTAINTY:
        return f"the network is not sure of the cord (mean probability {certainty:.2f})"
    parts = [average_into(Volume(part.astype(np.float32), fine.affine), frame.grid).voxels
             for part in (cord, canal * main, (seen > 0).astype(np.float32))]  # fmt: skip
    return Outline(series, frame, parts[0], parts[1], (parts[2] > 0.5).astype(np.float32), certainty)


def _drawn(outline: Outline, given: LabelMap | None) -> LabelMap:
    """Cord and sac on the series' own grid; vertebrae and discs as given."""
    labels = np.zeros(outline.frame.shape, dtype=np.int16)
    labels[outline.canal > 0.5] = codes.SAC
    labels[outline.cord > 0.5] = codes.CORD
    volume = outline.frame.back(labels)
    notes = (f"the network's mean probability within the cord is {outline.certainty:.2f}",
             "the epidural space (code 3) is not drawn", "vertebrae and discs are those of the segmenter before")  # fmt: skip
    return LabelMap(_over(volume, given), codes.ANATOMY, outline.series.key, NAME, digest(), notes)


def _over(volume: Volume, given: LabelMap | None) -> Volume:
    """New cord and sac over what was given: its own cord and sac go, its vertebrae and discs stay."""
    if given is None:
        return volume
    old = given.volume.voxels
    rest = np.where(np.isin(old, (codes.CORD, codes.SAC)), 0, old)
    return Volume(np.where(volume.voxels > 0, volume.voxels, rest).astype(np.int16), volume.affine)


def _voices(aligned: AlignedStudy, outlines: list[Outline], structure: str) -> list[Voice]:
    return [
        Voice(one.frame.here(one.cord if structure == "cord" else one.canal), one.frame.here(one.told),
              aligned.to_reference[one.series.key], weight_of(one.frame.native))
        for one in outlines
    ]  # fmt: skip


def _composed(aligned: AlignedStudy, outlines: list[Outline], known: Segmentation) -> LabelMap | None:
    """Cord and sac over all series in the reference; where the network looked at none, what was given stands."""
    cord, canal = (_voices(aligned, outlines, structure) for structure in ("cord", "canal"))
    box = None if aligned.reference is None else window(aligned.reference, [*cord, *canal])
    if aligned.reference is None or box is None:
        return known.composed_anatomy
    part = part_of(aligned.reference, box)
    inner, seen = compose(part, cord)
    outer = np.maximum(compose(part, canal)[0], inner)
    drawn = np.zeros(part.shape, dtype=np.int16)
    drawn[outer > 0.5] = codes.SAC
    drawn[inner > 0.5] = codes.CORD
    old = known.composed_anatomy
    labels = np.zeros(aligned.reference.shape, np.int16) if old is None else np.array(old.volume.voxels)
    before = labels[box]
    gone = seen & np.isin(before, (codes.CORD, codes.SAC))
    labels[box] = np.where(drawn > 0, drawn, np.where(gone, 0, before))
    keys = ", ".join(one.series.key for one in outlines)
    return LabelMap(Volume(labels, aligned.reference.affine), codes.ANATOMY, None, NAME, digest(), (f"cord and sac from {keys}",))
