"""What an image without header or words may be, by the look of it: the last resort, and never sure."""

from __future__ import annotations

import numpy as np

from thecal.records import Role, Volume

# Tissue is what is brighter than this share of the brightest.
_TISSUE = 0.08
# The darker quarter of tissue is mostly muscle. Beside fat or CSF, the brightest, its T2 of 30 to 40 ms leaves it below a sixth
# on a T2-weighted spin echo, its T1 of about 1 s above a fifth on a T1-weighted one. Between the two nothing is said.
_T2_MUSCLE, _T1_MUSCLE = 0.17, 0.22
# Air in Hounsfield units.
_AIR_HU = -700.0


def judge_by_look(volume: Volume) -> tuple[Role, float]:
    """CT by values only Hounsfield units have; T2-like or T1-like by how dark muscle is; `other` where neither is clear.

    T2*-weighted, proton-density and diffusion-weighted images may look like T1: that is why a T1 by its look is the less sure.
    """
    values = volume.voxels[:: max(1, volume.shape[0] // 96), :: max(1, volume.shape[1] // 96), :].astype(np.float32)
    if float(np.percentile(values, 1)) < _AIR_HU:
        return "ct", 0.8
    top = float(np.percentile(values, 99.5))
    tissue = values[values > _TISSUE * top]
    if top <= 0 or tissue.size < 1000:
        return "other", 0.2
    muscle = float(np.percentile(tissue, 25)) / top
    if muscle < _T2_MUSCLE:
        return "T2w", 0.55
    return ("T1w", 0.4) if muscle > _T1_MUSCLE else ("other", 0.2)
