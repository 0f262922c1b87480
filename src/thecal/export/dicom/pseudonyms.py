"""New names for old: UIDs and patients under a key, so that what belonged together still does and nobody can go back.

The same key gives the same names from run to run; whoever has only the names cannot find the key or what it replaced.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass

# The standard's own UIDs (classes, syntaxes, well-known frames of reference) name no instance and stay.
_STANDARD = "1.2.840.10008."
_DOTTED = re.compile(r"\d+(\.\d+)+")


@dataclass(frozen=True)
class Pseudonyms:
    """New names under a secret key."""

    key: bytes

    def uid(self, old: str) -> str:
        """A new UID for an old one; one of the standard's stays, what is no UID becomes one."""
        if old.startswith(_STANDARD) and _DOTTED.fullmatch(old):
            return old
        return f"2.25.{int.from_bytes(self._digest('uid', old)[:16], 'big')}"

    def patient(self, patient_id: str) -> str:
        """A new name and number for a patient."""
        return f"ANON-{self._digest('patient', patient_id).hex()[:10].upper()}"

    def _digest(self, kind: str, old: str) -> bytes:
        return hmac.new(self.key, f"{kind}/{old}".encode(), hashlib.sha256).digest()
