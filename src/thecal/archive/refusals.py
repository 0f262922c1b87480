"""Why the archive does not do what it was asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from thecal.records import CallWrong


class NotThere(CallWrong):
    """Nothing bears that name here."""


class Conflict(CallWrong):
    """Someone saved in between: theirs is what stands now."""

    def __init__(
        self, where: str, *, expected: str, found: str, remedy: str = "", theirs: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(where, expected=expected, found=found, remedy=remedy)
        self.theirs = dict(theirs or {})


class Locked(CallWrong):
    """The report was approved, or is not to be seen yet."""
