"""Cord and sac of one series, drawn and told with what could not be drawn."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from thecal.records import Role, Series, Volume
from thecal.segmentation.centreline import Centreline, find
from thecal.segmentation.codes import CORD, SAC
from thecal.segmentation.frame import Floats, Frame, Image, flaw_of, frame_of
from thecal.segmentation.outline import RAYS, Levels, Tube, bridged, coverage, draw_cord, trusted
from thecal.segmentation.sac import draw_sac

# Roles an outline can be read from, and how CSF lies to cord there (+1 brighter, −1 darker), with a weight for each guess.
CSF_GUESSES: dict[Role, tuple[tuple[int, float], ...]] = {
    "T2w": ((1, 1.0),),
    "T2w_fs": ((1, 1.0),),
    "T2starw": ((1, 1.0),),
    "ADC": ((1, 1.0),),
    "ct_myelogram": ((1, 1.0),),
    "T1w": ((-1, 1.1), (1, 1.0)),
    "T1w_ce": ((-1, 1.1), (1, 1.0)),
    "dwi": ((-1, 1.3), (1, 1.0)),
    "other": ((1, 1.0), (-1, 1.0)),
}
# Cross-sections below this confidence are not drawn; a line with less evidence per slice than LEAST_EVIDENCE is no canal.
LEAST_CONFIDENCE = 0.35
SURE_CONFIDENCE, LONGEST_BRIDGE_MM = 0.7, 30.0
LEAST_EVIDENCE = 0.25
PLAIN_EVIDENCE = 0.45
LEAST_HEIGHT_MM = 12.0
# Outlines and lesions are looked for this near the line.
FIELD_MM = 32.0
LEAST_SLICES = 4
_NONE = np.zeros(0)
NO_TUBE = Tube(_NONE, _NONE, _NONE, np.zeros((0, RAYS)), _NONE, np.zeros((0, RAYS)))


@dataclass(frozen=True, eq=False)
class Drawing:
    """What was drawn on one series, in its frame. why_not says why there is no cord, or nothing at all.

    sac encloses the cord; canal_only means that the dura could not be told from the canal's wall.
    """

    series: Series
    frame: Frame
    line: Centreline
    cord: Tube
    sac: Tube
    levels: Levels | None
    canal_only: bool
    why_not: str = ""

    @property
    def key(self) -> str:
        """The series' key."""
        return self.series.key

    @property
    def drawn(self) -> bool:
        """Whether anything was drawn."""
        return bool(len(self.cord) or len(self.sac))

    @cached_property
    def cord_share(self) -> Image:
        """Probability of cord per voxel of the frame."""
        return coverage(self.cord, self.frame)

    @cached_property
    def canal_share(self) -> Image:
        """Probability of being inside the sac, cord included."""
        return np.asarray(np.maximum(coverage(self.sac, self.frame), self.cord_share), dtype=np.float32)

    @cached_property
    def told(self) -> Image:
        """1 on slices where sac or cord was drawn, 0 elsewhere."""
        out = np.zeros(self.frame.shape, dtype=np.float32)
        for k in range(out.shape[2]):
            z = k * self.frame.spacing[2]
            out[:, :, k] = self.sac.at(z) is not None or self.cord.at(z) is not None
        return out

    @cached_property
    def told_cord(self) -> Image:
        """1 where it was told whether there is cord: not where it was lost, above the lowest cross-section that was drawn."""
        out = np.zeros_like(self.told)
        for k in range(out.shape[2] if len(self.cord) else 0):
            z = k * self.frame.spacing[2]
            if z < self.cord.z[0] or self.cord.at(z) is not None:
                out[:, :, k] = self.told[:, :, k]
        return out

    def anatomy(self) -> Volume:
        """Label map of cord and sac on the series' own grid."""
        labels = np.zeros(self.frame.shape, dtype=np.int16)
        labels[self.canal_share > 0.5] = SAC
        labels[self.cord_share > 0.5] = CORD
        return self.frame.back(labels)


def draw(series: Series, guide: Floats | None = None) -> Drawing:
    """Cord and sac of a series. guide: points (n, 4) of a line found elsewhere, RAS mm of this series and 1 for cord."""
    assert series.volume is not None
    frame = frame_of(series.volume)
    guesses = CSF_GUESSES.get(series.role, ())
    flaw = flaw_of(frame) if guesses else f"outlines are not read from a series of role {series.role}"
    if flaw:
        return _nothing(series, frame, flaw)
    leading = line_in(frame, guide)
    tried: list[tuple[float, Drawing]] = []
    for csf, weight in guesses:
        one = _draw_as(series, frame, csf, leading)
        tried.append((weight * _merit(one), one))
        if _plain(one):
            break
    return max(tried, key=lambda pair: pair[0])[1]


def _plain(drawing: Drawing) -> bool:
    """Whether the cord stands out so well that no other guess of the contrast need be tried."""
    clear = len(drawing.cord) and float(drawing.cord.confidence.mean()) >= SURE_CONFIDENCE
    return bool(clear) and drawing.line.quality >= PLAIN_EVIDENCE


def _merit(drawing: Drawing) -> float:
    confident = float(drawing.cord.confidence.mean()) if len(drawing.cord) else 0.2
    return max(drawing.line.worth, 0.0) * confident


def _nothing(series: Series, frame: Frame, why: str) -> Drawing:
    none = np.zeros(0)
    line = Centreline(none, none, none, np.zeros(0, dtype=bool), none, 1, 0.0)
    return Drawing(series, frame, line, NO_TUBE, NO_TUBE, None, False, why)


def line_in(frame: Frame, guide: Floats | None) -> Centreline | None:
    """A line found elsewhere (n, 4: RAS mm of this series and 1 for cord) in a frame; None where there is none."""
    if guide is None or len(guide) < 2:
        return None
    points = frame.from_world(guide[:, :3])
    order = np.argsort(points[:, 2])
    x, y, z = points[order].T
    return Centreline(x, y, z, guide[order, 3] > 0.5, np.zeros(len(z)), 1, 0.0)


def _draw_as(series: Series, frame: Frame, csf: int, guide: Centreline | None) -> Drawing:
    line = find(frame, csf, guide)
    if len(line):
        part = frame.near(line.x, line.y, FIELD_MM)
        line, frame = line.moved(-frame.offset_to(part)), part
    tall = len(line) and float(line.z[-1] - line.z[0])
    slices = tall / frame.spacing[2] + 1 if len(line) else 0
    if not len(line) or line.quality < LEAST_EVIDENCE:
        return _nothing(series, frame, "no canal stands out on this series")
    if slices < LEAST_SLICES or tall < LEAST_HEIGHT_MM:
        return _nothing(series, frame, f"the canal is seen over {tall:.0f} mm only, too little to follow it")
    tube, levels = draw_cord(frame, line)
    is_cord = np.interp(tube.z, line.z, line.cord.astype(float)) >= 0.5
    cord = trusted(bridged(tube.part(is_cord), SURE_CONFIDENCE, LONGEST_BRIDGE_MM), LEAST_CONFIDENCE)
    why = "" if len(cord) else _no_cord(bool(is_cord.any()))
    diffusion = series.role == "dwi"
    sac = NO_TUBE if diffusion else _trusted_sac(draw_sac(frame, line, cord if len(cord) else None), cord)
    if not len(sac) and not len(cord):
        return replace(_nothing(series, frame, "no edge of cord or sac is clear enough"), line=line)
    return Drawing(series, frame, line, cord, sac, levels, csf < 0, why)


def _no_cord(looked_for: bool) -> str:
    if looked_for:
        return "the edge between cord and CSF is not clear enough"
    return "no cord is seen in the canal; this may be the field below the conus"


def _trusted_sac(sac: Tube, cord: Tube) -> Tube:
    """The sac where its wall is seen, and wherever the cord was drawn within it."""
    return trusted(replace(sac, confidence=np.where(cord.covers(sac.z), 1.0, sac.confidence)), LEAST_CONFIDENCE)
