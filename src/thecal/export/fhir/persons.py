"""Who and what took part: the patient, the software, and where the report comes from."""

from __future__ import annotations

from collections.abc import Iterable

from thecal.export.fhir.elements import Json, Naming, compact, date, narrative
from thecal.records import Identity, Provenance, Report

PARTICIPANT = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
IDENTIFIER_TYPE = "http://terminology.hl7.org/CodeSystem/v2-0203"
GENDERS = {"F": "female", "M": "male", "O": "other"}
PREFIXES = ("family", "given", "middle", "prefix", "suffix")


def patient(identity: Identity) -> Json:
    """The patient as the source study states them; an unnamed one where it states nobody."""
    name = _name(identity.patient_name)
    told = (name.get("text"), identity.patient_id)
    return compact({
        "resourceType": "Patient",
        "text": narrative(", ".join(filter(None, told)) or "Patient not named in the source images"),
        "identifier": [_identifier("MR", identity.patient_id, identity.issuer_of_patient_id)] if identity.patient_id else [],
        "name": [name] if name else [],
        "gender": GENDERS.get(identity.patient_sex or "", "unknown"),
        "birthDate": date(identity.patient_birth_date),
    })  # fmt: skip


def _identifier(kind: str, value: str, issuer: str | None = None) -> Json:
    told: Json = {"type": {"coding": [{"system": IDENTIFIER_TYPE, "code": kind}]}, "value": value}
    return {**told, "assigner": {"display": issuer}} if issuer else told


def accession(identity: Identity) -> list[Json]:
    """The accession number as an identifier, where there is one."""
    return [_identifier("ACSN", identity.accession_number)] if identity.accession_number else []


def _name(told: str | None) -> Json:
    """A DICOM person name (family^given^middle^prefix^suffix) as a FHIR name."""
    parts = dict(zip(PREFIXES, (told or "").split("=")[0].split("^"), strict=False))
    given = [part for key in ("given", "middle") for part in parts.get(key, "").split()]
    name = compact({
        "family": parts.get("family", "").strip(),
        "given": given,
        "prefix": parts.get("prefix", "").split(),
        "suffix": parts.get("suffix", "").split(),
    })  # fmt: skip
    text = " ".join(filter(None, (*name.get("prefix", ()), *given, name.get("family"), *name.get("suffix", ()))))
    return {"text": text, **name} if text else {}


def device(made: Provenance) -> Json:
    """The software that made the report, with its version and those of its segmenters."""
    segmenters = ", ".join(sorted(made.segmenters)) or "none"
    return {
        "resourceType": "Device",
        "text": narrative(f"thecal {made.version}, research software, not a medical device; segmenters: {segmenters}"),
        "deviceName": [{"name": "thecal", "type": "user-friendly-name"}],
        "version": [{"value": made.version}],
        "note": [{"text": "Research software, not a medical device."}],
    }


def provenance(report: Report, naming: Naming, targets: Iterable[str]) -> Json:
    """Where the resources come from: the images, the software, and the readers who corrected it."""
    readers = sorted({change.by for change in report.reading.changes if change.by})
    made = report.provenance
    digests = [
        {
            "role": "source",
            "what": {"identifier": {"system": "urn:ietf:rfc:3986", "value": f"urn:sha256:{digest}"}, "display": key},
        }
        for key, digest in sorted(made.inputs.items())
    ]
    return {
        "resourceType": "Provenance",
        "text": narrative(f"Made by thecal {made.version} at {made.made_at} from {len(digests)} series"),
        "target": [{"reference": target} for target in targets],
        "recorded": made.made_at,
        "agent": [
            {"type": _participant("assembler", "Assembler"), "who": naming.reference("device")},
            *({"type": _participant("author", "Author"), "who": {"display": reader}} for reader in readers),
        ],
        "entity": [{"role": "source", "what": naming.reference("study")}, *digests],
    }


def _participant(code: str, display: str) -> Json:
    return {"coding": [{"system": PARTICIPANT, "code": code, "display": display}]}
