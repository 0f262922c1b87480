"""Which patient and examination an object belongs to, and what made it: the same for every object of one reading."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydicom.dataset import Dataset
from pydicom.uid import UID

from thecal.records import Identity, Report

# Whoever opens the study on a workstation reads these words first.
MARK = "RESEARCH thecal"
MAKER = "thecal"
# Above the numbers scanners give; the objects of one reading count up from here.
FIRST_SERIES_NUMBER = 9100
_SEXES = ("M", "F", "O")
_LONGEST_DESCRIPTION = 64
_TIME = re.compile(r"(\d\d){1,3}((?<=\d{6})\.\d{1,6})?")


@dataclass(frozen=True)
class Origin:
    """The examination an object is written for: who, which study, when the reading was made, and by which version.

    seed tells one writing from another: UIDs follow from it, so the same report always gives the same objects.
    """

    identity: Identity
    study_instance_uid: str
    made_at: datetime
    version: str
    seed: str

    def uid(self, *parts: object) -> UID:
        """A UID under 2.25 (a UUID's own root) that depends on the reading and the parts alone."""
        text = "/".join((self.study_instance_uid, self.seed, *(str(part) for part in parts)))
        return UID(f"2.25.{int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], 'big')}")

    def header(self) -> Dataset:
        """The patient and the study, as the source images state them."""
        who, data = self.identity, Dataset()
        data.SpecificCharacterSet = "ISO_IR 192"
        data.PatientName, data.PatientID = who.patient_name or "", who.patient_id or ""
        if who.issuer_of_patient_id:
            data.IssuerOfPatientID = who.issuer_of_patient_id
        data.PatientBirthDate = (who.patient_birth_date or "").replace("-", "")
        data.PatientSex = who.patient_sex if who.patient_sex in _SEXES else ""
        data.StudyInstanceUID, data.StudyID = self.study_instance_uid, who.study_id or ""
        data.StudyDate, data.StudyTime = (who.study_date or "").replace("-", ""), _time(who.study_time)
        data.AccessionNumber = who.accession_number or ""
        data.ReferringPhysicianName = who.referring_physician_name or ""
        if who.study_description:
            data.StudyDescription = who.study_description
        return data

    def made(self, description: str, number: int) -> dict[str, Any]:
        """What highdicom asks of every object beside its content: series, instance, equipment and time."""
        return {
            "series_instance_uid": self.uid("series", description),
            "series_number": FIRST_SERIES_NUMBER + number,
            "sop_instance_uid": self.uid("instance", description),
            "instance_number": 1,
            "manufacturer": MAKER,
            "series_description": describe(description),
            "content_date": self.made_at.date(),
            "content_time": self.made_at.time(),
            "series_date": self.made_at.date(),
            "series_time": self.made_at.time(),
            "manufacturer_model_name": MAKER,
            "software_versions": self.version,
            "device_serial_number": "0",
        }

    def stamp(self, data: Any) -> Any:
        """The object with the reading's time as the time it was made, so that the same report gives the same bytes."""
        data.InstanceCreationDate = self.made_at.strftime("%Y%m%d")
        data.InstanceCreationTime = self.made_at.strftime("%H%M%S.%f")
        for equipment in data.get("ContributingEquipmentSequence", ()):
            equipment.ContributionDateTime = self.made_at.strftime("%Y%m%d%H%M%S.%f")
        for item in (*data.get("DimensionOrganizationSequence", ()), *data.get("DimensionIndexSequence", ())):
            item.DimensionOrganizationUID = self.uid("dimensions", data.SOPInstanceUID)
        return data


def origin_of(report: Report) -> Origin | None:
    """The origin of a report's objects; None for a study without a study instance UID, to which no object can belong."""
    study = report.study_instance_uid or report.identity.study_instance_uid
    if not study:
        return None
    made_at = report.provenance.made_at
    seed = "/".join((report.reading.reading_id, report.status, made_at))
    return Origin(report.identity, study, datetime.fromisoformat(made_at).astimezone(), report.provenance.version, seed)


def _time(stated: str | None) -> str:
    """A time of day as DICOM writes it; old files set colons, and what is no time was not stated."""
    found = _TIME.match((stated or "").replace(":", ""))
    return found[0] if found else ""


def describe(words: str) -> str:
    """A series description, which begins with the mark and fits DICOM's 64 characters."""
    return f"{MARK} {words}"[:_LONGEST_DESCRIPTION]
