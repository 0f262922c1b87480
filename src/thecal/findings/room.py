"""Every sign of a study asked for in turn: the reading."""

from __future__ import annotations

from collections.abc import Collection
from types import ModuleType

from thecal.findings import (
    axial_position,
    axial_territory,
    axis,
    bone_destruction,
    bone_remodelling,
    calcification,
    canal_position,
    canal_room,
    canal_stenosis,
    cap_sign,
    cavities,
    compartment,
    cord_change,
    cord_compression,
    cord_expansion,
    dark,
    dural_base,
    dysraphism,
    enhancement,
    enhancement_pattern,
    exophytic,
    fat_signal,
    flow_void_site,
    flow_voids,
    foraminal_extension,
    haemorrhage,
    haemosiderin_ring,
    length_segments,
    leptomeningeal_pattern,
    leptomeningeal_site,
    lesion_count,
    level,
    levels,
    margins,
    nerve_root_clumping,
    nerve_root_enhancement,
    nerve_root_thickening,
    oedema,
    polar_cyst,
    restricted_diffusion,
    rim_flame_sign,
    roots,
    second_compartment,
    siderosis_or_subarachnoid_blood,
    syrinx,
    t1_signal,
    t2_length_segments,
    t2_signal,
    target_sign,
    tumoral_cyst,
    uptake,
    vertebral_lesion,
    views,
    within_cord,
)
from thecal.findings.needs import missing
from thecal.findings.stated import PERSON
from thecal.records import PATIENT, AlignedStudy, Finding, Hole, Lesion, NotAssessed, Reading, Segmentation, Vocabulary

MODULES: tuple[ModuleType, ...] = (
    compartment, second_compartment, level, lesion_count, length_segments, t2_length_segments, axial_position, canal_position,
    leptomeningeal_pattern, cord_compression, cord_expansion, margins, t1_signal, t2_signal, tumoral_cyst, polar_cyst, syrinx,
    oedema, enhancement, enhancement_pattern, rim_flame_sign, haemorrhage, cap_sign, haemosiderin_ring, target_sign, fat_signal,
    calcification, restricted_diffusion, flow_voids, flow_void_site, axial_territory, exophytic,
    dural_base, foraminal_extension, bone_remodelling, bone_destruction, leptomeningeal_site, nerve_root_thickening,
    nerve_root_clumping, nerve_root_enhancement, siderosis_or_subarachnoid_blood, canal_stenosis,
    vertebral_lesion, dysraphism,
)  # fmt: skip
# Signs of the patient rather than of one lesion, among those that no module measures yet.
OF_THE_PATIENT = ("pachymeningeal_enhancement", "brain_lesion", "hydrocephalus")
NO_METHOD = "not measured by this version"
FAILED = "its measurement failed"


def measure(
    aligned: AlignedStudy,
    segmentation: Segmentation,
    vocabulary: Vocabulary,
    *,
    reading_id: str,
    subjects: Collection[str] | None = None,
    before: Reading | None = None,
) -> tuple[Reading, tuple[Hole, ...]]:
    """Everything seen in a study, sign by sign, and what was not assessed and why.

    A module that breaks down leaves a hole and its sign not assessed. Signs of a lesion are asked for each lesion; without
    one they are not assessed, of the patient. Imaging signs of the vocabulary that no module measures are not assessed.
    subjects are those to be measured (all, when None); the signs of others stay as they are in `before`, where they are there.
    """
    known = _known(before, subjects)
    findings: list[Finding] = []
    gaps: list[NotAssessed] = []
    holes: list[Hole] = []
    try:
        for module in MODULES:
            for lesion in _subjects(module.SUBJECT, segmentation):
                subject = lesion.tracking_uid if lesion else PATIENT
                outcome = known.get((module.CODE, subject)) or _ask(module, aligned, segmentation, lesion, holes)
                if isinstance(outcome, Finding):
                    findings.append(outcome)
                else:
                    gaps.append(outcome)
    finally:
        for kept in (
            views,
            axis,
            levels,
            uptake,
            cord_change,
            within_cord,
            cavities,
            dark,
            flow_voids,
            roots,
            canal_room,
        ):
            kept.forget()
    gaps.extend(_unmeasured(segmentation, vocabulary))
    return Reading(reading_id, None, segmentation.lesions, tuple(findings), tuple(gaps)), tuple(holes)


def _known(before: Reading | None, subjects: Collection[str] | None) -> dict[tuple[str, str], Finding | NotAssessed]:
    """What an earlier reading says of those who are not to be measured; what failed is tried again."""
    if before is None or subjects is None:
        return {}
    gaps = [gap for gap in before.not_assessed if gap.reason != FAILED]
    said: list[Finding | NotAssessed] = [*before.findings, *gaps]
    return {(one.code, one.subject): one for one in said if one.subject not in subjects}


def _subjects(subject: str, segmentation: Segmentation) -> tuple[Lesion | None, ...]:
    return segmentation.lesions if subject == "lesion" and segmentation.lesions else (None,)


def _ask(
    module: ModuleType, aligned: AlignedStudy, segmentation: Segmentation, lesion: Lesion | None, holes: list[Hole]
) -> Finding | NotAssessed:
    about = lesion.tracking_uid if lesion else PATIENT
    if module.SUBJECT == "lesion" and lesion is None:
        return NotAssessed(module.CODE, about, "no lesion was called")
    try:
        reason = missing(module.NEEDS, aligned, segmentation, lesion)
        if reason:
            return NotAssessed(module.CODE, about, reason)
        outcome: Finding | NotAssessed = module.measure(aligned, segmentation, lesion)
        return outcome
    except Exception as error:  # noqa: BLE001  one sign may fail in any way; the others stand, and the hole is named
        holes.append(Hole(f"measure {module.CODE}", f"{type(error).__name__}: {error}", f"the sign {module.CODE}"))
        return NotAssessed(module.CODE, about, FAILED)


def _unmeasured(segmentation: Segmentation, vocabulary: Vocabulary) -> list[NotAssessed]:
    measured = {module.CODE for module in MODULES}
    gaps = []
    for code in vocabulary.findings:
        if code in measured or code in PERSON:
            continue
        if code in OF_THE_PATIENT or not segmentation.lesions:
            gaps.append(NotAssessed(code, PATIENT, NO_METHOD))
        else:
            gaps.extend(NotAssessed(code, lesion.tracking_uid, NO_METHOD) for lesion in segmentation.lesions)
    return gaps
