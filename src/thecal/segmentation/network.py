"""Cord, sac and discs drawn by a network that was trained on simulated spines alone, on any contrast and any slices.

It looks for the canal at 2 mm over the whole field, then draws at 1 mm along it; probabilities return to the series' own voxels
as means over each. The boundary lies where a voxel is half filled: at the outer edge of white matter, and at the outer edge of
CSF. A series it is not sure of is drawn without learning instead, and the series says so. Levels and lesions are read from the
drawings as after any other hand.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from thecal.records import AlignedStudy, NotAssessed, Segmentation, Series, Volume
from thecal.records.geometry import average_into, resample
from thecal.segmentation.assembly import assemble
from thecal.segmentation.centreline import Centreline
from thecal.segmentation.classic import draw_all
from thecal.segmentation.drawing import FIELD_MM, NO_TUBE, Drawing, Hand, Shares, draw
from thecal.segmentation.frame import Floats, Frame, Image, flaw_of, frame_of
from thecal.segmentation.outline import CORD_RADII, OUTLINE_STEP_MM, levels_along, tube_of
from thecal.segmentation.sac import SAC_RADII
from thecal.segmentation.windows import CORD, DISC, SAC, Fine, Net, all_over, along, on_lattice, predict

NAME = "network"
WEIGHTS = "anatomy.onnx"
FINDER_MM, DRAW_MM = 2.0, 1.0
# A canal shorter than this is no canal; a cord whose voxels are less sure than this on average is left to the other hand.
LEAST_HEIGHT_MM = 12.0
LEAST_CERTAINTY = 0.75
MOST_THREADS = 8
# Edges are believed where they and the network draw the same thing, told by Dice.
ALIKE = 0.6


def segment(aligned: AlignedStudy, given: Segmentation | None = None) -> Segmentation:
    """Every series drawn on by the network where it is sure, without learning elsewhere, and put together."""
    doubts: list[NotAssessed] = []
    try:
        net = load()
    except (ImportError, FileNotFoundError) as error:
        doubts.append(NotAssessed(NAME, "patient", f"the trained network could not run ({error})"))
        return _told(assemble(aligned, draw_all(aligned), given), doubts)

    def hand(series: Series, guide: Floats | None) -> Drawing:
        seen = outline(series, net)
        if isinstance(seen, str):
            doubts.append(NotAssessed(NAME, series.key, f"{seen}; drawn without learning"))
            return draw(series, guide)
        traced = draw(series, _line_of(seen))
        return _with_discs(traced, seen) if _agree(traced, seen) else seen

    return _told(assemble(aligned, draw_all(aligned, hand), given), doubts)


def _line_of(drawing: Drawing) -> Floats:
    """Points along a drawing's line, RAS mm of its series, with 1 where the cord is there."""
    line = drawing.line
    points = drawing.frame.to_world(np.stack([line.x, line.y, line.z], axis=1))
    return np.column_stack([points, line.cord.astype(float)])


def _agree(traced: Drawing, seen: Drawing) -> bool:
    """Whether edges and network drew the same canal, or the same cord where edges drew no canal."""
    pair = ("canal_share", "canal_share") if len(traced.sac) else ("cord_share", "cord_share")
    one, other = (drawing.frame.back(getattr(drawing, name)).voxels > 0.5
                  for drawing, name in zip((traced, seen), pair, strict=True))  # fmt: skip
    size = int(one.sum() + other.sum())
    return bool(len(traced.cord) or len(traced.sac)) and 2 * int((one & other).sum()) > ALIKE * size


def _with_discs(traced: Drawing, seen: Drawing) -> Drawing:
    assert seen.disc is not None
    return replace(traced, disc=resample(seen.frame.here(seen.disc), traced.frame.grid).voxels)


def _told(made: Segmentation, doubts: list[NotAssessed]) -> Segmentation:
    return replace(made, not_told=(*made.not_told, *doubts))


@cache
def load() -> Net:
    """The network, from image to probabilities; FileNotFoundError without weights, ImportError without onnxruntime."""
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


def outline(series: Series, net: Net) -> Drawing | str:
    """Cord, canal and discs of one series, or why the network did not draw them."""
    assert series.volume is not None
    frame = frame_of(series.volume)
    if flaw := flaw_of(frame):
        return flaw
    coarse = on_lattice(frame.voxels, frame.affine, frame.spacing, FINDER_MM)
    found = predict(net, coarse.voxels, all_over(coarse.voxels.shape), (CORD, SAC))
    canal = _main_part(found.sum(axis=0))
    height = FINDER_MM * int(canal.any(axis=(0, 1)).sum())
    if height < LEAST_HEIGHT_MM:
        return f"the network finds a canal over {height:.0f} mm only"
    fine = on_lattice(frame.voxels, frame.affine, frame.spacing, DRAW_MM)
    parts = predict(net, fine.voxels, along(canal, FINDER_MM / DRAW_MM, fine.voxels.shape), (CORD, SAC, DISC))
    inside = ndimage.binary_dilation(_main_part(parts[0] + parts[1]), iterations=3)
    cord, whole = parts[0] * inside, (parts[0] + parts[1]) * inside
    certainty = float(cord[cord > 0.5].mean()) if (cord > 0.5).any() else float(whole[whole > 0.5].mean())
    if certainty < LEAST_CERTAINTY:
        return f"the network is not sure of the canal (mean probability {certainty:.2f})"
    return _drawing(series, frame, fine, Shares(cord, whole), parts[2])


def _main_part(probability: Image) -> NDArray[np.bool_]:
    """The largest connected part where the probability passes one half."""
    inside = probability > 0.5
    labels, count = ndimage.label(inside)
    if count < 2:
        return inside
    sizes = ndimage.sum_labels(inside, labels, range(1, count + 1))
    return np.asarray(labels == 1 + int(np.argmax(sizes)))


def _drawing(series: Series, frame: Frame, fine: Fine, drawn: Shares, disc: Image) -> Drawing | str:
    """What the network drew at 1 mm, on the part of the series' own voxels that holds it."""
    whole_cord, whole_canal, whole_disc = (average_into(Volume(part.astype(np.float32), fine.affine), frame.grid).voxels
                                           for part in (drawn.cord, drawn.canal, disc))  # fmt: skip
    where = np.argwhere(whole_canal > 0.5)
    if not len(where):
        return "the canal is narrower than a voxel"
    x, y = (where[:, axis] * frame.spacing[axis] for axis in (0, 1))
    part = frame.near(x, y, FIELD_MM)
    i, j = part.origin
    here = (slice(i, i + part.shape[0]), slice(j, j + part.shape[1]))
    own = [np.ascontiguousarray(one[here], np.float32) for one in (whole_cord, whole_canal, whole_disc)]
    shares = Shares(own[0], own[1])
    step = float(max(frame.spacing[2], OUTLINE_STEP_MM))
    sac = tube_of(shares.canal, part.spacing, step, SAC_RADII)
    cord = tube_of(shares.cord, part.spacing, step, CORD_RADII)
    if not len(sac):
        return "the canal is narrower than a voxel"
    csf = _csf_side(part.voxels, shares)
    is_cord = np.array([cord.at(float(z)) is not None for z in sac.z])
    line = Centreline(sac.x, sac.y, sac.z, is_cord, sac.confidence, csf, float(sac.confidence.sum() * sac.step_mm))
    levels = levels_along(part, cord, csf) if len(cord) else None
    why = "" if len(cord) else "no cord is seen in the canal; this may be the field below the conus"
    # Diffusion shows no wall of the sac worth drawing.
    sac = NO_TUBE if series.role == "dwi" else sac
    return Drawing(series, part, line, cord, sac, levels, False, why, Hand(NAME, digest()), shares, own[2])


def _csf_side(voxels: Image, shares: Shares) -> int:
    """1 where CSF is brighter than the cord, −1 where it is darker."""
    cord, csf = voxels[shares.cord > 0.7], voxels[(shares.canal > 0.7) & (shares.cord < 0.2)]
    if not len(cord) or not len(csf):
        return 1
    return 1 if float(np.median(csf)) >= float(np.median(cord)) else -1
