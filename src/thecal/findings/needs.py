"""What a sign needs to be measured, and the words for what is missing.

A need is a role (`T1w_ce`), a choice of roles (`T2w|T2w_fs`), or a structure: `lesion`, `cord`, `sac`, `levels`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast, get_args

from thecal.findings.levels import levels_of
from thecal.findings.views import CORD, SAC, SURE_ROLE, look, usable
from thecal.records import AlignedStudy, Lesion, Role, Segmentation

ROLE_WORDS = {
    "T1w": "T1w before contrast", "T1w_ce": "post-contrast T1w", "T2w": "T2w", "T2w_fs": "fat-suppressed T2w or STIR",
    "T2starw": "T2*w", "dwi": "diffusion-weighted image", "ADC": "ADC map", "ct": "CT", "ct_myelogram": "CT myelogram",
    "radiograph": "radiograph", "mrs": "spectroscopy",
}  # fmt: skip


def missing(
    needs: tuple[str, ...], aligned: AlignedStudy, segmentation: Segmentation, lesion: Lesion | None
) -> str | None:
    """Why a sign with these needs cannot be assessed; None when everything is there."""
    for need in needs:
        if need in _STRUCTURES:
            reason = _STRUCTURES[need](aligned, segmentation, lesion)
        else:
            reason = _missing_role(need, aligned, lesion)
        if reason:
            return reason
    return None


def roles_of(need: str) -> tuple[Role, ...]:
    """The roles of a need such as `T2w|T2w_fs`."""
    parts = need.split("|")
    assert all(part in get_args(Role) for part in parts), need
    return tuple(cast("Role", part) for part in parts)


def words(need: str) -> str:
    """A need in words: `T2w or fat-suppressed T2w or STIR`."""
    return " or ".join(ROLE_WORDS.get(part, part) for part in need.split("|"))


def _missing_role(need: str, aligned: AlignedStudy, lesion: Lesion | None) -> str | None:
    roles = roles_of(need)
    held = aligned.pick(roles)
    if not held:
        return f"no {words(need)}"
    if all(one.role_confidence < SURE_ROLE for one in held):
        return f"no series is surely {words(need)}"
    if not usable(aligned, roles, lesion):
        return f"{words(need)} does not cover the lesion"
    return None


def _no_cord(aligned: AlignedStudy, segmentation: Segmentation, lesion: Lesion | None) -> str | None:
    del lesion
    return None if _drawn(CORD, aligned, segmentation) else "the spinal cord was not drawn"


def _no_sac(aligned: AlignedStudy, segmentation: Segmentation, lesion: Lesion | None) -> str | None:
    del lesion
    return None if _drawn(SAC, aligned, segmentation) else "the thecal sac was not drawn"


def _drawn(code: int, aligned: AlignedStudy, segmentation: Segmentation) -> bool:
    if segmentation.composed_anatomy is not None and (segmentation.composed_anatomy.volume.voxels == code).any():
        return True
    return any(bool((look(aligned, segmentation, key).anatomy == code).any()) for key in segmentation.anatomy)


def _no_levels(aligned: AlignedStudy, segmentation: Segmentation, lesion: Lesion | None) -> str | None:
    del lesion
    return None if levels_of(aligned, segmentation) else "fewer than two vertebrae are labelled"


def _no_lesion(aligned: AlignedStudy, segmentation: Segmentation, lesion: Lesion | None) -> str | None:
    if lesion is None:
        return "no lesion was called"
    keys = [one.key for one in aligned.study.images()]
    drawn = any(bool(look(aligned, segmentation, key).of(lesion).any()) for key in keys)
    return None if drawn else "the lesion was not drawn on any series"


_STRUCTURES: dict[str, Callable[[AlignedStudy, Segmentation, Lesion | None], str | None]] = {
    "cord": _no_cord, "sac": _no_sac, "levels": _no_levels, "lesion": _no_lesion,
}  # fmt: skip
