"""Identifiers of simulated studies and their parts."""

from __future__ import annotations

import hashlib


def make_uid(*parts: object) -> str:
    """A UID under 2.25 (a UUID's own root) that depends on the parts alone."""
    digest = hashlib.sha256("/".join(str(part) for part in parts).encode()).digest()
    return f"2.25.{int.from_bytes(digest[:16], 'big')}"
