"""Why the archive does not do what it was asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from thecal.records import CallWrong


class NotThere(CallWrong):
    """Nothing bears that name here."""


class Refused(CallWrong):
    """What was asked for cannot be done as things stand: theirs is what stands, yours what was sent."""

    def __init__(
        self, where: str, *, expected: str, found: str, remedy: str = "", theirs: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(where, expected=expected, found=found, remedy=remedy)
        self.theirs = dict(theirs or {})
        self.yours: Any = None


class Conflict(Refused):
    """Someone saved in between: theirs is what stands now."""


class Locked(Refused):
    """The report was approved, or is not to be seen yet."""
