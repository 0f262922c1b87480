"""What stands beside a NIfTI file: BIDS entities in its name, and a JSON sidecar.

Source: BIDS specification 1.10 (file names, MRI metadata)
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from thecal.ingest import tags as t
from thecal.ingest.tags import Tags

# Label maps and other companions that are not images of the patient.
_LABELS = re.compile(
    r"(^|[_.-])(d?seg|label|labels|labeled|mask|msk|probseg|gmseg|centerline|centreline|levels?|cord|discs?|defacemask|roi)([_.-]|$)",
    re.IGNORECASE,
)
_IN_SECONDS = ("EchoTime", "RepetitionTime", "InversionTime", "RepetitionTimeExcitation")
_OTHER_NAMES = {"ContrastBolusIngredient": "ContrastBolusAgent", "RepetitionTimeExcitation": "RepetitionTime"}


def stem(path: Path | str) -> str:
    """A NIfTI file's name without its ending."""
    return re.sub(r"\.nii(\.gz)?$", "", Path(path).name, flags=re.IGNORECASE)


def is_spectrum(name: str) -> bool:
    """Whether a file's name says MR spectroscopy in BIDS words (`_svs`, `_mrsi`)."""
    return stem(name).lower().endswith(("_svs", "_mrsi"))


def is_label_map(name: str) -> bool:
    """Whether a file's name says that it holds labels drawn on an image, not an image."""
    return bool(_LABELS.search(re.sub(r"_label-[^_]+", "", stem(name))))


def entities(name: str) -> dict[str, str]:
    """The key-value pairs of a BIDS name (`sub-01_acq-sag_ce-gadolinium_T1w` has sub, acq and ce)."""
    split = (part.partition("-") for part in stem(name).split("_"))
    return {key: value for key, dash, value in split if dash}


def words(name: str) -> str:
    """What a file's name says about the image, without whom it shows."""
    parts = [part for part in stem(name).split("_") if not re.match(r"(sub|ses)-", part)]
    return " ".join("contrast" if part.lower().startswith("ce-gad") else part for part in parts)


def read_sidecar(path: Path) -> Tags:
    """The JSON beside a NIfTI file as Tags, in DICOM's units; empty where there is none that can be read."""
    sidecar = path.with_name(stem(path) + ".json")
    try:
        told = json.loads(sidecar.read_text("utf-8")) if sidecar.is_file() else {}
    except (OSError, ValueError, RecursionError):
        return {}
    return sidecar_tags(told) if isinstance(told, dict) else {}


def sidecar_tags(told: Mapping[str, Any]) -> Tags:
    """BIDS metadata as Tags; who the patient is stays behind."""
    found: dict[str, Any] = {}
    for word, value in told.items():
        kept = _OTHER_NAMES.get(word, word)
        if word in t.PERSONAL or word.endswith("UID") or value is None:
            continue
        if word in t.NUMBERS or kept in t.NUMBERS:
            plain = t.number(value)
            scaled = plain * 1000 if plain is not None and word in _IN_SECONDS else plain
            found.update({} if scaled is None else {kept: scaled})
        elif word in t.LISTS:
            listed = t.listing(re.split(r"[\\_]", value) if isinstance(value, str) else value)
            found.update({word: listed} if listed else {})
        elif kept in t.TEXTS and (plain_text := t.text(value)):
            found[kept] = plain_text
    return found
