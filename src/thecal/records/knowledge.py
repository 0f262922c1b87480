"""The words and rules that knowledge loads: Vocabulary, Rule, Article, Source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from thecal.records.study import Severity


@dataclass(frozen=True)
class Term:
    """A finding's code, the states or unit it may have, and its definition in a note."""

    code: str
    kind: Literal["state", "number", "entity"]
    states: tuple[str, ...] = ()
    unit: str | None = None
    note: str = ""


@dataclass(frozen=True)
class Entity:
    """What a lesion may be: its code, the group it belongs to, its name and its parent."""

    code: str
    name: str
    group: str | None = None
    parent: str | None = None
    synonyms: tuple[str, ...] = ()


@dataclass(frozen=True)
class Vocabulary:
    """The words a reading is said in: findings with their states, and entities with their groups and parents."""

    findings: Mapping[str, Term]
    entities: Mapping[str, Entity]
    parents: Mapping[str, Entity]
    reserved: tuple[str, ...] = ("no_lesion", "none_of_these")

    def children(self, code: str) -> tuple[str, ...]:
        """The entities whose parent is code."""
        return tuple(entity.code for entity in self.entities.values() if entity.parent == code)

    def name(self, code: str) -> str:
        """The name a report prints for an entity or parent."""
        known = self.entities.get(code) or self.parents.get(code)
        return known.name if known else code.replace("_", " ").capitalize()


@dataclass(frozen=True)
class Source:
    """A publication that facts and figures come from."""

    key: str
    title: str
    authors: str = ""
    journal: str = ""
    year: int | None = None
    doi: str | None = None
    pmid: str | None = None
    url: str | None = None
    note: str = ""


@dataclass(frozen=True)
class Rule:
    """A requirement on the examination: whom it applies to, what must hold, and what is said when it does not.

    applies and must are conditions as data, read by `protocol`.
    """

    code: str
    question: str
    severity: Severity
    applies: Mapping[str, Any]
    must: Mapping[str, Any]
    message: str
    acquire: str = ""
    source: str | None = None


@dataclass(frozen=True)
class Revision:
    """A dated state of an article, and what changed in it."""

    number: int
    date: str
    what: str


@dataclass(frozen=True)
class Article:
    """A reference article on an entity, a parent, a sign or a related disease.

    identifier never changes and is never given twice; code names the article's file and its place in the vocabulary.
    reviewed_by is empty until a named clinician has read the article: it is then unreviewed.
    """

    code: str
    title: str
    body: str
    tags: tuple[str, ...] = ()
    synonyms: tuple[str, ...] = ()
    see_also: tuple[str, ...] = ()
    identifier: str = ""
    about: Literal["entity", "parent", "sign", "related"] = "entity"
    revisions: tuple[Revision, ...] = ()
    reviewed_by: str = ""
