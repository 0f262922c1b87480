"""Finding: cyst that caps a pole of a tumour."""

from __future__ import annotations

from thecal.findings.cavities import judge
from thecal.findings.views import POLAR_CYST
from thecal.records import AlignedStudy, Finding, Lesion, NotAssessed, Segmentation

CODE = "polar_cyst"
NEEDS = ("lesion", "T2w|T2w_fs", "cord", "sac")
SUBJECT = "lesion"


def measure(aligned: AlignedStudy, segmentation: Segmentation, lesion: Lesion | None) -> Finding | NotAssessed:
    """Whether fluid in the cord caps the upper or lower pole of the tumour.

    Fluid is nearly as bright as CSF on T2w and, where there is T1w, dark there and without uptake. Kinds are told apart by
    where the fluid lies and by what was drawn. Not assessed without lesion-free cord and CSF to compare with.
    """
    assert lesion is not None
    return judge(CODE, POLAR_CYST, aligned, segmentation, lesion)
