"""The small parts that FHIR resources share: references, concepts, quantities, dates and the text for people."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

Json = dict[str, Any]
VOCABULARY = "urn:uuid:c42b8241-227d-5544-beb7-42fa981478f7"
UCUM = "http://unitsofmeasure.org"
OBSERVATION_CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
DATA_ABSENT_REASON = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
# UCUM writes units it has no symbol for in braces, which may hold no blank.
UCUM_CODES = {"year": "a", "day": "d", "hour": "h", "vertebral segments": "{vertebral_segments}"}


@dataclass(frozen=True)
class Naming:
    """What resources are called: identifiers made from the reading, names in the report's words, codes of other terminologies.

    root makes identifiers of one reading differ from those of another, and the same reading keep its own.
    """

    root: uuid.UUID
    words: Mapping[str, str]
    codes: Mapping[str, Any]

    def full_url(self, *parts: str) -> str:
        """The address of a resource within the bundle."""
        return uuid.uuid5(self.root, "/".join(parts)).urn

    def reference(self, *parts: str) -> Json:
        """A reference to a resource of the bundle."""
        return {"reference": self.full_url(*parts)}

    def name(self, kind: str, code: str) -> str:
        """The name of a code in the report's words; the code itself, with blanks, where it has none."""
        return self.words.get(f"{kind}.{code}", code.replace("_", " "))

    def concept(self, kind: str, code: str) -> Json:
        """A finding, entity, measure or site as a concept: our word first, then what means the same elsewhere."""
        text = self.name({"findings": "finding", "entities": "entity", "sites": "state"}.get(kind, kind), code)
        told = self.codes.get(kind, {}).get(code, ())
        return concept(code, text, self._codings(told))

    def state(self, finding: str, state: str) -> Json:
        """A state of a finding as a concept."""
        text = self.words.get(f"state.{finding}.{state}") or self.name("state", state)
        states = self.codes.get("states", {})
        told = states.get(finding, {}).get(state) or states.get("any", {}).get(state, ())
        return concept(state, text, self._codings(told))

    def _codings(self, told: Iterable[Mapping[str, Any]]) -> list[Json]:
        """Codings of the rows that mean the same: a broader or narrower code beside ours would change what is said."""
        systems = self.codes.get("systems", {})
        return [
            {"system": systems[row["system"]]["uri"], "code": row["code"], "display": row["display"]}
            for row in told
            if row["relation"] == "same"
        ]


def concept(code: str, text: str, others: Sequence[Json] = ()) -> Json:
    """A concept of our vocabulary with its translations."""
    return {"coding": [{"system": VOCABULARY, "code": code, "display": text}, *others], "text": text}


def coded(system: str, code: str, display: str) -> Json:
    """A concept of a published code system."""
    return {"coding": [{"system": system, "code": code, "display": display}], "text": display}


def quantity(value: float, unit: str) -> Json:
    """A number with its UCUM unit, rounded to six digits: no measurement here bears more."""
    return {"value": float(f"{value:.6g}"), "unit": unit, "system": UCUM, "code": UCUM_CODES.get(unit, unit)}


def narrative(text: str) -> Json:
    """The text of a resource for people."""
    return {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{escape(text)}</div>'}


def date(told: str | None) -> str | None:
    """A date as FHIR writes it, from DICOM's YYYYMMDD or an ISO date; None where there is none to read."""
    digits = (told or "").replace("-", "")[:8]
    return f"{digits[:4]}-{digits[4:6]}-{digits[6:]}" if len(digits) == 8 and digits.isdigit() else None


def plain(value: Any) -> Any:
    """The same data with plain blanks: FHIR's strings allow no other kind (narrow, no-break)."""
    if isinstance(value, str):
        return value.replace("\u202f", " ").replace("\u00a0", " ")
    if isinstance(value, Mapping):
        return {key: plain(part) for key, part in value.items()}
    return [plain(part) for part in value] if isinstance(value, list) else value


def compact(resource: Mapping[str, Any]) -> Json:
    """A resource without the elements that have no value: FHIR allows no empty ones."""
    return {key: value for key, value in resource.items() if value not in (None, "", [], {})}
