"""Cord drawn where edges lost it: a mass blurs the edge between cord and CSF, and a trained network still knows the cord.

Edges stay wherever they were drawn. Between and beyond them the network's outline is taken, from the head down to where it is no
longer sure: below the conus it hesitates between roots and cord. A network that sees the whole study may also contradict edges
that followed something else.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import ndimage

from thecal.segmentation.centreline import Centreline
from thecal.segmentation.drawing import Drawing, line_in
from thecal.segmentation.frame import Floats, Image, Mask
from thecal.segmentation.network import Net, look
from thecal.segmentation.outline import CORD_RADII, OUTLINE_STEP_MM, Tube, joined, levels_along, tube_of

# The network's cord ends where its certainty, averaged over this height, falls below this; a section this small is none.
OVER_MM = 15.0
LEAST_CERTAINTY = 0.70
LEAST_AREA_MM2 = 12.0
# What follows below such an end counts only where it is surer and this tall.
RETURN_CERTAINTY, RETURN_MM = 0.78, 40.0


# Edges followed something else where their section is so many times larger or smaller than the network's, or lies outside it.
OTHER_SIZE = 2.5


def fill(drawing: Drawing, net: Net, along: Floats | None = None) -> Drawing:
    """The drawing with cord where it was lost. along is the line of another series, which tells where there is cord (line_in)."""
    guide = line_in(drawing.frame, along)
    if not len(drawing.line) or not _misses(drawing, guide):
        return drawing
    step = float(max(drawing.frame.spacing[2], OUTLINE_STEP_MM))
    seen = tube_of(look(drawing.frame, drawing.line, net), drawing.frame.spacing, step, CORD_RADII)
    sure = _sure(seen) if guide is None else _guided(seen, guide)
    added = seen.part(sure & ~drawing.cord.covers(seen.z))
    if not len(added):
        return drawing
    cord = joined(drawing.cord, added)
    levels = drawing.levels or levels_along(drawing.frame, cord, drawing.line.csf)
    return replace(drawing, line=_clearer(drawing.line, cord, added), cord=cord, levels=levels, why_not="")


def mend(drawing: Drawing, cord: Image) -> Drawing:
    """The drawing with cord where it was lost or mistaken; cord is its probability on the drawing's frame, from all series."""
    if not len(drawing.line):
        return drawing
    seen = tube_of(cord, drawing.frame.spacing, float(max(drawing.frame.spacing[2], OUTLINE_STEP_MM)), CORD_RADII)
    sure = seen.part(_sure(seen))
    kept = drawing.cord.part(~_mistaken(drawing.cord, sure))
    added = sure.part(~kept.covers(sure.z))
    if not len(added):
        return drawing
    tube = joined(kept, added)
    return replace(drawing, cord=tube, levels=levels_along(drawing.frame, tube, drawing.line.csf), why_not="")


def _mistaken(cord: Tube, sure: Tube) -> Mask:
    """Where edges followed something other than what the network takes for cord."""
    out = np.zeros(len(cord), dtype=bool)
    for number, area in enumerate(cord.areas_mm2()):
        cut = sure.at(float(cord.z[number]))
        if cut is not None:
            size = float(np.pi * (cut.radius**2).mean())
            away = float(np.hypot(cord.x[number] - cut.x, cord.y[number] - cut.y))
            out[number] = away > float(cut.radius.mean()) or not size / OTHER_SIZE < area < size * OTHER_SIZE
    return out


def _clearer(line: Centreline, cord: Tube, added: Tube) -> Centreline:
    """The line with cord where it was added, and as clear there as the network is sure, so that it may guide other series."""
    cuts = [added.at(float(z)) for z in line.z]
    sure = np.array([0.0 if cut is None else cut.confidence for cut in cuts])
    gained = np.maximum(sure - line.evidence, 0)
    step = float(np.median(np.diff(line.z))) if len(line) > 1 else 0.0
    return replace(
        line,
        cord=line.cord | cord.covers(line.z),
        evidence=line.evidence + gained,
        worth=line.worth + step * float(gained.sum()),
    )


def _misses(drawing: Drawing, guide: Centreline | None) -> bool:
    """Whether some of the line has no cord, where a guide that runs there has some."""
    z = drawing.line.z
    return bool((~drawing.cord.covers(z) & (_has_cord(guide, z) if guide is not None else True)).any())


def _has_cord(guide: Centreline, z: Floats) -> Mask:
    return np.asarray(np.interp(z, guide.z, guide.cord.astype(float), left=0, right=0) >= 0.5)


def _guided(seen: Tube, guide: Centreline) -> Mask:
    return _has_cord(guide, seen.z) & (seen.areas_mm2() >= LEAST_AREA_MM2)


def _sure(seen: Tube) -> Mask:
    """Heights at which the network's cord counts."""
    if not len(seen):
        return np.zeros(0, dtype=bool)
    z = np.arange(seen.z[0], seen.z[-1] + seen.step_mm / 2, seen.step_mm)
    place = np.clip(np.rint((seen.z - z[0]) / seen.step_mm).astype(int), 0, len(z) - 1)
    certainty, area = np.zeros(len(z)), np.zeros(len(z))
    certainty[place], area[place] = seen.confidence, seen.areas_mm2()
    width = max(1, round(OVER_MM / seen.step_mm))
    mean = ndimage.uniform_filter1d(certainty * (area >= LEAST_AREA_MM2), width, mode="nearest")
    runs, count = ndimage.label(mean >= LEAST_CERTAINTY)
    keep = np.zeros(len(z), dtype=bool)
    for number in range(count, 0, -1):
        run = runs == number
        sure_again = run.sum() * seen.step_mm >= RETURN_MM and mean[run].mean() >= RETURN_CERTAINTY
        if number == count or sure_again:
            keep |= run
    return np.asarray(keep[place])
