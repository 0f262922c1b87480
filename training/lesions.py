"""What the lesion network learns: the tissue of every voxel of a study, from whatever sequences it has, in one set of slices.

What no acquired sequence can show does not count against the network.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SLOTS = ("T1w", "T1w_ce", "T2w", "T2w_fs", "T2starw")
PRESENT = {"T1w": 0.9, "T1w_ce": 0.85, "T2w": 0.85, "T2w_fs": 0.4, "T2starw": 0.25}
CLASSES = (
    "background", "cord", "sac", "enhancing in cord", "solid in cord", "oedema", "fluid in cord", "haemorrhage", "cord change",
    "enhancing beside cord", "solid beside cord", "fluid beside cord", "coating", "extradural",
)  # fmt: skip
C = {name: number for number, name in enumerate(CLASSES)}
CORD, SAC = 1, 2
# Class by the code of a lesion's tissue (0 to 12), in the cord and beside it.
IN_CORD = ("background", "enhancing in cord", "solid in cord", "oedema", "fluid in cord", "haemorrhage", "coating", "cord change",
           "solid in cord", "fluid in cord", "extradural", "fluid in cord", "fluid in cord")  # fmt: skip
BESIDE = ("background", "enhancing beside cord", "solid beside cord", "background", "fluid beside cord", "haemorrhage", "coating",
          "background", "solid beside cord", "fluid beside cord", "extradural", "background", "background")  # fmt: skip
# What the network is shown: the sequences, and what contrast added where it was seen before and after.
INPUTS = (*SLOTS, "gain")
Codes = NDArray[np.uint8]


def classes_of(anatomy: Codes, lesion: Codes) -> Codes:
    """The class of every voxel, from the codes of its anatomy and of its lesion."""
    within, beside = (np.array([C[name] for name in row], np.uint8) for row in (IN_CORD, BESIDE))
    ill = np.where(anatomy == CORD, within[lesion], beside[lesion])
    return np.where(ill > 0, ill, np.where((anatomy == CORD) | (anatomy == SAC), anatomy, 0)).astype(np.uint8)


def shown(classes: Codes, present: dict[str, bool]) -> tuple[Codes, NDArray[np.bool_]]:
    """Classes as far as the sequences can tell them, and where they count.

    Without a T1w after contrast, tumour is tumour whether it enhances or not, and coating can't be seen; without T2, oedema
    and cord change can't.
    """
    told, counts = classes.copy(), np.ones(classes.shape, bool)
    if not present["T1w_ce"]:
        told[told == C["enhancing in cord"]] = C["solid in cord"]
        told[told == C["enhancing beside cord"]] = C["solid beside cord"]
        counts &= told != C["coating"]
    if not (present["T2w"] or present["T2w_fs"]):
        counts &= ~np.isin(told, (C["oedema"], C["cord change"]))
    return told, counts
