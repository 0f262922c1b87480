"""What the words of a description say: the kind of image, fat suppression, contrast, numbers, and parts of the spine."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from thecal.records import Region, Role

# Vertebral levels as a range ("C5-C7", "Th1-L2"): their T1 and T2 are not weightings.
_LEVELS = re.compile(
    r"(?<![a-z0-9])(c|th?|d|l|s)(\d{1,2})\s*(?:-|–|to|bis|a|until|/)\s*(c|th?|d|l|s|)(\d{1,2})(?![a-z0-9])"
)
_TIMES = re.compile(r"(?<![\d/.])(\d{3,5})/(\d{1,3})(?:/(\d{2,4}))?(?![\d/.])")
_LEVEL_REGIONS: Mapping[str, Region] = {
    "c": "cervical", "t": "thoracic", "th": "thoracic", "d": "thoracic", "l": "lumbar", "s": "sacral",
}  # fmt: skip
_SPINE: tuple[Region, ...] = ("brain", "craniocervical", "cervical", "thoracic", "lumbar", "sacral")


@dataclass(frozen=True)
class Said:
    """What words say about an image; None where they are silent.

    purpose is a role that holds whatever the weighting; preparation one that holds on a T2 weighting; weighting one that contrast
    and fat suppression refine; times_ms are repetition, echo and inversion time written into the text; dixon that water and fat
    were told apart.
    """

    purpose: Role | None = None
    preparation: Role | None = None
    weighting: Role | None = None
    fat_suppressed: bool | None = None
    contrast: bool | None = None
    times_ms: tuple[float, ...] = ()
    myelogram: bool = False
    dixon: bool = False


@cache
def _table() -> Any:
    """The table of words with every list of entries as one compiled pattern; read as texts, so that `no` stays a word."""
    return _compiled(yaml.load((files("thecal.ingest") / "words.yaml").read_text("utf-8"), yaml.BaseLoader))


def _compiled(node: Any) -> Any:
    if isinstance(node, Mapping):
        return {key: value if key == "role" else _compiled(value) for key, value in node.items()}
    if isinstance(node, str):
        return re.compile(_pattern(node))
    if all(isinstance(entry, str) for entry in node):
        return re.compile("|".join(_pattern(entry) for entry in node))
    return [_compiled(entry) for entry in node]


def _pattern(entry: str) -> str:
    if len(entry) > 1 and entry[0] == entry[-1] == "/":
        return entry[1:-1]
    body = re.escape(entry).replace(r"\*", "[a-z]*").replace(r"\ ", "[ -]?")
    return rf"(?<![a-z]){body}(?![a-z])"


def plain(*texts: str | None) -> str:
    """Texts in one line of lower case, without accents, underscores as spaces."""
    joined = "  ".join(text for text in texts if text)
    bare = "".join(mark for mark in unicodedata.normalize("NFKD", joined.lower()) if not unicodedata.combining(mark))
    # A Cyrillic T before its number looks like the Latin one and means the same.
    return re.sub(r"[_\s]+", " ", re.sub(r"т(?=\d)", "t", bare)).strip()


@cache
def read_words(description: str) -> Said:
    """What a plain description says."""
    weighted = _LEVELS.sub(lambda match: match[0] if _is_weighting(match) else " ", description)
    table = _table()
    times = _TIMES.search(description)
    return Said(
        purpose=_first(table["purposes"], weighted),
        preparation=_first(table["preparations"], weighted),
        weighting=_first(table["weightings"], weighted),
        fat_suppressed=True if table["fat_suppressed"]["yes"].search(weighted) else None,
        contrast=_contrast(weighted),
        times_ms=tuple(float(part) for part in times.groups() if part) if times else (),
        myelogram=bool(table["ct_myelogram"].search(description)),
        dixon=bool(table["dixon"].search(description)),
    )


def _contrast(description: str) -> bool | None:
    table = _table()["contrast"]
    if table["no"].search(description):
        return False
    return True if table["yes"].search(description) else None


def _is_weighting(match: re.Match[str]) -> bool:
    """`T1/T2` and `T2-T1` name weightings, not levels."""
    letters, numbers = (match[1], match[3]), (match[2], match[4])
    return letters[0] == "t" and letters[1] in ("t", "") and {*numbers} <= {"1", "2"}


def _first(entries: list[dict[str, Any]], description: str) -> Role | None:
    for entry in entries:
        if entry["words"].search(description) and not ("unless" in entry and entry["unless"].search(description)):
            role: Role = entry["role"]
            return role
    return None


def read_sequence(name: str) -> Role | None:
    """The kind of image that a vendor's sequence name alone decides."""
    return _first(_table()["sequences"], name)


def states_agent(agent: str | None) -> bool:
    """Whether a contrast-agent field names an agent rather than its absence."""
    return agent is not None and not _table()["no_agent"].fullmatch(plain(agent))


@cache
def read_regions(description: str) -> tuple[Region, ...]:
    """The parts named, head to foot; a range of levels covers the parts between. Whole-spine words are not read here."""
    named = {region for region, pattern in _table()["regions"].items() if pattern.search(description)}
    for match in _LEVELS.finditer(description):
        if not _is_weighting(match):
            ends = sorted(_SPINE.index(_LEVEL_REGIONS[letter or match[1]]) for letter in (match[1], match[3]))
            named.update(_SPINE[ends[0] : ends[1] + 1])
    return tuple(region for region in _SPINE if region in named)


def says_whole_spine(description: str) -> bool:
    """Whether the words speak of the whole spine."""
    return bool(_table()["whole_spine"].search(description))
