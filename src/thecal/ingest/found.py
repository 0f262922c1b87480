"""An image as it was found, before it has a role and a name."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from thecal.ingest.tags import Tags
from thecal.records import Issue, Role, SourceImage, Unread, Volume


@dataclass(frozen=True, eq=False)
class Found:
    """One image of the input: its values (None where it is only listed), what its header states, and what was wrong with it.

    kind is `planes`, `radiograph`, `mrs` or `topogram`; words are what else describes it (a file's name); aliases are what the
    caller may call it by; given is the role the caller gave the file; order is when it was acquired, as text that sorts.
    """

    kind: str
    tags: Tags
    volume: Volume | None = None
    slice_axis: int | None = None
    sop_instance_uids: tuple[str, ...] = ()
    issues: tuple[Issue, ...] = ()
    words: str = ""
    aliases: tuple[str, ...] = ()
    given: Role | None = None
    order: str = ""
    source_images: tuple[SourceImage, ...] = ()


@dataclass
class Findings:
    """Everything that came out of the input so far."""

    images: list[Found] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    personal: Tags = field(default_factory=dict)
    skipped: Counter[tuple[str, str]] = field(default_factory=Counter)

    def skip(self, what: str, why: str) -> None:
        """Notes a file or an image that is left unread; many of one series with one reason are told as one."""
        self.skipped[what, why] += 1

    @property
    def unread(self) -> tuple[Unread, ...]:
        """What was left unread and why, in alphabetical order."""
        counted = (
            (what if count == 1 else f"{what}, {count} files", why) for (what, why), count in self.skipped.items()
        )
        return tuple(Unread(what, why) for what, why in sorted(counted))
