"""The examination and the lesions as places: ImagingStudy and BodyStructure."""

from __future__ import annotations

from collections.abc import Sequence

from thecal.export.fhir.elements import Json, Naming, compact, concept, date, narrative
from thecal.export.fhir.persons import accession
from thecal.records import Lesion, Report, Series, Study

DCM = "http://dicom.nema.org/resources/ontology/DCM"
SOP_CLASS = "urn:ietf:rfc:3986"
MODALITIES = {"ct": "CT", "ct_myelogram": "CT", "radiograph": "DX"}


def imaging_study(report: Report, study: Study, naming: Naming) -> Json:
    """The examination: its identifiers, series and images as DICOM names them; series without a DICOM UID are only counted."""
    listed = [_series(series) for series in study.series if series.series_instance_uid]
    uid = report.study_instance_uid
    modalities = sorted({_modality(series) for series in study.series})
    return compact({
        "resourceType": "ImagingStudy",
        "text": narrative(f"{len(study.series)} series, {', '.join(modalities) or 'no modality stated'}"),
        "identifier": [*([_uid(uid)] if uid else []), *accession(report.identity)],
        "status": "available",
        "modality": [{"system": DCM, "code": code} for code in modalities],
        "subject": naming.reference("patient"),
        "started": date(report.acquired_on),
        "numberOfSeries": len(study.series),
        "numberOfInstances": sum(len(set(series.sop_instance_uids)) for series in study.series) or None,
        "description": report.identity.study_description,
        "series": listed,
    })  # fmt: skip


def _uid(uid: str) -> Json:
    return {"use": "official", "system": "urn:dicom:uid", "value": f"urn:oid:{uid}"}


def _modality(series: Series) -> str:
    return series.acquisition.modality or MODALITIES.get(series.role, "MR")


def _series(series: Series) -> Json:
    classes = {image.sop_instance_uid: image.sop_class_uid for image in series.source_images}
    return compact({
        "uid": series.series_instance_uid,
        "number": series.acquisition.series_number,
        "modality": {"system": DCM, "code": _modality(series)},
        "description": series.acquisition.series_description or series.key,
        "numberOfInstances": len(set(series.sop_instance_uids)) or None,
        "instance": [
            {"uid": uid, "sopClass": {"system": SOP_CLASS, "code": f"urn:oid:{kind}"}} for uid, kind in classes.items()
        ],
    })  # fmt: skip


def likely_compartment(lesion: Lesion) -> str | None:
    """The compartment a lesion most probably lies in."""
    return max(sorted(lesion.compartment), key=lesion.compartment.__getitem__) if lesion.compartment else None


def site(lesion: Lesion, naming: Naming) -> Json:
    """Where a lesion lies: its compartment, with its levels in words."""
    compartment = likely_compartment(lesion)
    told = naming.concept("sites", compartment or "spine")
    levels = _levels(lesion.levels)
    return {**told, "text": f"{told['text']}, {levels}"} if levels else told


def _levels(levels: Sequence[str]) -> str:
    return levels[0] if len(levels) == 1 else f"{levels[0]} to {levels[-1]}" if levels else ""


def body_structure(lesion: Lesion, naming: Naming) -> Json:
    """A lesion as a place that is followed over time under its tracking UID."""
    text = f"Lesion {lesion.instance}: {site(lesion, naming)['text']}"
    return compact({
        "resourceType": "BodyStructure",
        "text": narrative(text),
        "identifier": [_uid(lesion.tracking_uid)],
        "morphology": concept("lesion", "Lesion"),
        "location": naming.concept("sites", likely_compartment(lesion) or "spine"),
        "locationQualifier": [naming.concept("sites", level) for level in lesion.levels],
        "description": text,
        "patient": naming.reference("patient"),
    })  # fmt: skip
