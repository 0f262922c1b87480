"""Whose images, and of which examination: one patient and one study, or a refusal that says how to choose.

Nothing here ever names a patient.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from thecal.ingest.tags import Tags
from thecal.records import StudyUnreadable


def choose_study(files: Sequence[Tags], wanted: str | None) -> str | None:
    """The study instance UID to read; None where no file states one.

    Raises StudyUnreadable when the wanted study is not there, or when nothing was wanted and the files are of more than one
    patient or examination, or when one examination bears the marks of two patients.
    """
    studies = sorted(
        {str(tags.get("StudyInstanceUID", "")) for tags in files}, key=lambda uid: (_date(files, uid), uid)
    )
    if wanted is not None and wanted not in studies:
        raise _refuse(f"the study {wanted}", f"{len(studies)} others", studies)
    if wanted is None and len(studies) > 1:
        patients = len({_patient(tags) for tags in files})
        found = f"{patients} patients" if patients > 1 else f"{len(studies)} examinations of one patient"
        raise _refuse("one examination of one patient", found, studies)
    study = wanted if wanted is not None else studies[0] if studies else ""
    patients = len({mark for tags in files if tags.get("StudyInstanceUID", "") == study and (mark := _patient(tags))})
    if patients > 1:
        raise _refuse("one examination of one patient", f"{patients} patients in one examination", [])
    return study or None


def _patient(tags: Tags) -> Hashable:
    """What tells one patient from another; empty where the files do not say."""
    if "PatientID" in tags:
        return tags["PatientID"], tags.get("IssuerOfPatientID", "")
    name = str(tags.get("PatientName", "")).strip("^ ").casefold()
    return (name, tags.get("PatientBirthDate", "")) if name else ()


def _date(files: Sequence[Tags], study: str) -> str:
    return min(str(tags.get("StudyDate", "")) for tags in files if tags.get("StudyInstanceUID", "") == study)


def _refuse(expected: str, found: str, studies: Sequence[str]) -> StudyUnreadable:
    listed = ", ".join(uid or "(one without a UID)" for uid in studies[:8])
    remedy = (
        f"Give one of them alone, or choose by study instance UID (--study UID), oldest first: {listed}."
        if studies
        else "Separate them."
    )
    return StudyUnreadable("ingest: input", expected=expected, found=found, remedy=remedy)
