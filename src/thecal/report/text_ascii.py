"""report.ascii.txt: the plain text in ASCII, for dictation systems that know no other characters."""

from __future__ import annotations

import unicodedata

from thecal.records import Report
from thecal.report import text

FILE = "report.ascii.txt"
_SPELT = str.maketrans({
    "ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss", "×": "x", "÷": "/", "±": "+/-",
    "–": "-", "—": "-", "−": "-", "·": ";", "…": "...", "µ": "u", "°": " deg", "²": "2", "³": "3", "≥": ">=", "≤": "<=",
    "‘": "'", "’": "'", "“": '"', "”": '"', "„": '"', "ø": "o", "Ø": "O", "æ": "ae", "Æ": "Ae", "å": "a", "ł": "l",
})  # fmt: skip


def render(report: Report) -> bytes:
    """The plain text with every other character spelt in ASCII; one that has no spelling is a question mark."""
    told = unicodedata.normalize("NFC", text.render(report).decode()).translate(_SPELT)
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", told) if not unicodedata.combining(letter))
    return plain.encode("ascii", "replace")
