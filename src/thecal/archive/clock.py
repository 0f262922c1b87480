"""When something happened, as the archive writes it, and what new things are called."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime


def now() -> str:
    """This moment in UTC, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def new_id() -> str:
    """A name that tells nothing and was never given before."""
    return secrets.token_hex(8)
