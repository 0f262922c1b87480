"""Which vertebra is which: names for the discs of a column, or the probability of each region where names would be guessed.

Every numbering is weighed by the heights of the levels (up to a common scale), by where discs end at C2, by the ends of the
cord, and by the region that the acquisition's own words name. A numbering is told only when it is clearly the likeliest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product

import numpy as np

from thecal.records import Region
from thecal.segmentation.codes import LEVEL_NAMES
from thecal.segmentation.column import Column
from thecal.segmentation.frame import Floats
from thecal.segmentation.outline import Tube

# Disc-to-disc height of each level in mm, adults; judged from anatomy texts, only ratios between neighbours count.
HEIGHT_MM = dict(zip(LEVEL_NAMES[2:24], (
    17.0, 17.0, 16.5, 16.5, 18.0,
    20.0, 21.0, 21.5, 22.0, 22.5, 23.0, 23.5, 24.5, 25.0, 26.5, 28.0, 30.0,
    32.5, 34.0, 35.0, 35.5, 35.0,
), strict=True))  # fmt: skip
SCALE_SD, HEIGHT_SD = 0.10, 0.09
# The cord ends at the lower third of L1 on average, T12 to L3 in nearly all. Source: saifuddin1998
TIP_LEVEL, TIP_SD = LEVEL_NAMES.index("L1") + 0.8, 0.9
# How often the drawn end of the cord is not its tip but where a tumour or poor contrast lost it (judged), and what any level then
# is worth beside the best one.
LOST = 0.3
ANYWHERE = float(np.sqrt(2 * np.pi)) * TIP_SD / len(HEIGHT_MM)
# Log-probability that a disc was overlooked, that edges of dens and atlas or of the sacrum pass for discs, that words name
# another region, that cord lies below L2.
MISSED, ATLAS, SACRAL, WRONG_WORDS, MISPLACED_CORD = -2.0, -0.3, -2.0, -3.0, -1.5
CLEARLY = 0.85
LEAST_DISCS = 3
LEAST_EVIDENCE = 0.15
MOST_DROPPED, MOST_SACRAL = 4, 2
LAST = LEVEL_NAMES.index("L5")
FIRST = LEVEL_NAMES.index("C2")


@dataclass(frozen=True, eq=False)
class Naming:
    """How a column is numbered: for each disc the level above it (index in LEVEL_NAMES), −1 where it is none that has a name.

    probability of that numbering; region the probability of each region; why_not what keeps it from being told.
    """

    levels: tuple[int, ...]
    probability: float
    region: dict[str, float] = field(default_factory=dict)
    why_not: str = ""

    @property
    def told(self) -> bool:
        """Whether the levels may be named."""
        return not self.why_not


def name(column: Column, cord: Tube, sac: Tube, regions: Sequence[Region]) -> Naming:
    """The likeliest numbering of a column's discs. regions are those that the acquisition's words name; may be empty."""
    count = len(column.discs)
    if count < LEAST_DISCS or float(column.evidence.mean()) < LEAST_EVIDENCE:
        return Naming((), 0.0, from_words(regions), "too few discs stand out in front of the canal")
    numberings = list(_numberings(count))
    scores = np.array([_score(column, levels, cord, sac, regions) for levels in numberings])
    weight = np.exp(scores - scores.max())
    weight /= weight.sum()
    best = int(weight.argmax())
    share: dict[str, float] = {}
    for levels, part in zip(numberings, weight, strict=True):
        for region, mass in _regions(levels).items():
            share[region] = share.get(region, 0.0) + float(part) * mass
    why = "" if weight[best] >= CLEARLY else _doubt(numberings[best], float(weight[best]))
    return Naming(numberings[best], float(weight[best]), share, why)


def _doubt(levels: tuple[int, ...], probability: float) -> str:
    lowest = LEVEL_NAMES[max(levels)]
    return (f"no anchor fixes the numbering; the likeliest (lowest disc below {lowest}) has a probability of only "
            f"{probability:.2f}")  # fmt: skip


def from_words(regions: Sequence[Region]) -> dict[str, float]:
    """Equal shares of the regions that the acquisition's words name."""
    return {region: 1 / len(regions) for region in regions} if regions else {}


def _numberings(count: int) -> list[tuple[int, ...]]:
    """All numberings of discs from foot to head, one by one upwards.

    Edges above C2 (dens, atlas) may pass for discs, and so may the remnants of discs in the sacrum.
    """
    out = []
    for below, above in product(range(MOST_SACRAL + 1), range(MOST_DROPPED + 1)):
        kept = count - below - above
        if kept < LEAST_DISCS:
            continue
        lowest = range(FIRST + kept - 1, LAST + 1)
        if above:
            lowest = lowest[:1]
        if below:
            lowest = lowest[-1:] if LAST in lowest else lowest[:0]
        out += [((-1,) * below + tuple(range(first, first - kept, -1)) + (-1,) * above) for first in lowest]
    return out


def _score(column: Column, levels: tuple[int, ...], cord: Tube, sac: Tube, regions: Sequence[Region]) -> float:
    at = np.array(levels) >= 0
    discs, named_levels = column.discs[at], tuple(level for level in levels if level >= 0)
    score = _heights(discs, named_levels) + (ATLAS if levels[-1] < 0 else 0.0) + (SACRAL if levels[0] < 0 else 0.0)
    score += _unexplained(len(levels) - len(named_levels))
    score += _ends(column, discs, named_levels)
    score += _cord_ends(column, discs, named_levels, cord, sac)
    if regions:
        named = sum(_region_of(level) in regions for level in named_levels) / len(named_levels)
        score += WRONG_WORDS * (1 - named)
    return score


def _unexplained(count: int) -> float:
    """What a numbering forgoes by leaving edges without a height to explain: their heights' typical log-likelihood."""
    return -count * (0.5 + float(np.log(HEIGHT_SD)))


def _heights(discs: Floats, levels: tuple[int, ...]) -> float:
    """Log-likelihood of the heights between discs, whatever the person's size."""
    ratio = np.log(np.diff(discs) / np.array([HEIGHT_MM[LEVEL_NAMES[level]] for level in levels[:-1]]))
    count = len(ratio)
    total = SCALE_SD**2 * count + HEIGHT_SD**2
    spread = (ratio**2).sum() - SCALE_SD**2 * ratio.sum() ** 2 / total
    return float(-0.5 * spread / HEIGHT_SD**2 - 0.5 * np.log(total) - (count - 1) * np.log(HEIGHT_SD))


def _ends(column: Column, discs: Floats, levels: tuple[int, ...]) -> float:
    """Discs that ought to be there above the uppermost and below the lowest, were they not the last."""
    above, below = len(column.z) - discs[-1], discs[0]
    score = 0.0
    if levels[-1] > FIRST:
        due = HEIGHT_MM[LEVEL_NAMES[levels[-1]]] * 1.1
        score += MISSED * min(3, int(above / due))
    if levels[0] < LAST:
        due = HEIGHT_MM[LEVEL_NAMES[levels[0] + 1]] * 1.1
        score += MISSED * min(3, int(below / due))
    return score


def _cord_ends(column: Column, discs: Floats, levels: tuple[int, ...], cord: Tube, sac: Tube) -> float:
    """Cord lies above L2; a tip that is seen lies near L1; sac without cord lies below it."""
    at = np.arange(len(column.z), dtype=np.float64)
    level = np.interp(at, discs, np.array(levels, dtype=np.float64) + 1)
    pitch = float(np.diff(discs).mean())
    level = np.where(at < discs[0], levels[0] + 1 + (discs[0] - at) / pitch, level)
    if not len(cord):
        return _unless_lost(MISPLACED_CORD * 4 * float((level < TIP_LEVEL - 1).mean())) if len(sac) else 0.0
    tip = float(np.interp(cord.z[0], column.z, level))
    if len(sac) and cord.z[0] - sac.z[0] > 25:
        return _unless_lost(-0.5 * ((tip - TIP_LEVEL) / TIP_SD) ** 2)
    return _unless_lost(-0.5 * (max(0.0, tip - TIP_LEVEL) / TIP_SD) ** 2)


def _unless_lost(score: float) -> float:
    """What the cord's end says, allowing for a cord that was lost on the way."""
    return float(np.log((1 - LOST) * np.exp(score) + LOST * ANYWHERE))


def _region_of(level: int) -> Region:
    name = LEVEL_NAMES[level]
    regions: dict[str, Region] = {"C": "cervical", "T": "thoracic", "L": "lumbar", "S": "sacral"}
    return regions[name[0]]


def _regions(levels: tuple[int, ...]) -> dict[str, float]:
    kept = [level for level in levels if level >= 0]
    out: dict[str, float] = {}
    for level in kept:
        out[_region_of(level)] = out.get(_region_of(level), 0.0) + 1 / len(kept)
    return out
