"""Who the patient is, kept apart from the study; and what of it the reading needs: age, sex, the day."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from thecal.ingest.tags import Tags
from thecal.records import Identity
from thecal.records.study import Value

_SEXES = {"F": "female", "M": "male"}
_UNITS = {"D": 365.25, "W": 365.25 / 7, "M": 12.0, "Y": 1.0}


def identity_of(tags: Tags) -> Identity:
    """Who the patient is, as the header states it."""
    return Identity(
        patient_name=tags.get("PatientName"),
        patient_id=tags.get("PatientID"),
        patient_birth_date=iso_date(tags.get("PatientBirthDate")),
        patient_sex=tags.get("PatientSex"),
        accession_number=tags.get("AccessionNumber"),
        study_instance_uid=tags.get("StudyInstanceUID"),
        study_date=iso_date(tags.get("StudyDate")),
        study_description=tags.get("StudyDescription"),
        issuer_of_patient_id=tags.get("IssuerOfPatientID"),
        study_time=tags.get("StudyTime"),
        study_id=tags.get("StudyID"),
        referring_physician_name=tags.get("ReferringPhysicianName"),
    )


def context_of(tags: Tags, acquired_on: str | None) -> dict[str, Value]:
    """Age and sex in the vocabulary's codes, where the header states them."""
    context: dict[str, Value] = {}
    if (age := _age_years(tags, acquired_on)) is not None:
        context["age_years"] = age
    if sex := _SEXES.get(str(tags.get("PatientSex", "")).upper()):
        context["sex"] = sex
    return context


def acquired_on(several: Sequence[Tags]) -> str | None:
    """The first day on which an image was acquired, as an ISO date; else the study's date."""
    for words in (("AcquisitionDate", "AcquisitionDateTime"), ("StudyDate", "SeriesDate")):
        days = [day for tags in several for word in words if (day := iso_date(tags.get(word)))]
        if days:
            return min(days)
    return None


def iso_date(value: object) -> str | None:
    """A DICOM date, or the date of a DICOM time stamp, as YYYY-MM-DD; None for anything else."""
    digits = re.match(r"(\d{4})[.-]?(\d\d)[.-]?(\d\d)", str(value or ""))
    try:
        return date(*(int(part) for part in digits.groups())).isoformat() if digits else None
    except ValueError:
        return None


def _age_years(tags: Tags, day: str | None) -> float | None:
    """The stated age, else the years from birth to acquisition; whole years from the second birthday on."""
    stated = re.fullmatch(r"(\d{1,3})([DWMY])", str(tags.get("PatientAge", "")).upper())
    born = iso_date(tags.get("PatientBirthDate"))
    if stated and int(stated[1]) > 0:
        years = int(stated[1]) / _UNITS[stated[2]]
    elif born and day and day >= born:
        birth, then = date.fromisoformat(born), date.fromisoformat(day)
        birthdays = then.year - birth.year - ((then.month, then.day) < (birth.month, birth.day))
        years = birthdays if birthdays >= 2 else (then - birth).days / 365.2425
    else:
        return None
    return float(int(years)) if years >= 2 else round(years, 2)
