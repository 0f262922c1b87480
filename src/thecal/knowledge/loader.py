"""Knowledge as records, loaded once from the compiled text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from thecal.records import Article, Entity, EvidenceCount, KnowledgeInvalid, Revision, Rule, Source, Term, Vocabulary

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Knowledge:
    """Everything thecal knows as text: each part becomes records when it is first asked for.

    text is the compiled text as plain data; digest names the state of the text it was made from.
    """

    text: Mapping[str, Any]

    @property
    def digest(self) -> str:
        """SHA-256 of the text files."""
        return str(self.text["digest"])

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The words of a reading: findings and their states, entities and their parents."""
        words = self.text["vocabulary"]
        return Vocabulary(
            findings={code: _term(code, told) for code, told in words["findings"].items()},
            entities={code: _entity(code, told) for code, told in words["entities"].items()},
            parents={code: _entity(code, told) for code, told in words["parents"].items()},
            reserved=tuple(words["reserved"]),
        )

    @cached_property
    def sources(self) -> Mapping[str, Source]:
        """Each publication once, by the key it is cited with."""
        return {key: _source(key, told) for key, told in self.text["sources"].items()}

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        """What the examination must hold, question by question."""
        files = sorted(self.text["protocols"].items())
        return tuple(Rule(**rule) for _, told in files for rule in told["rules"])

    @cached_property
    def evidence(self) -> tuple[EvidenceCount, ...]:
        """Published counts with their weights; rows graded zero stay, so that they can be shown."""
        return tuple(
            _count(entity, row)
            for entity, told in sorted(self.text["evidence"].items())
            for row in told.get("counts", ())
        )

    @property
    def numbers(self) -> Mapping[str, Any]:
        """Published means and spreads of ages and lengths, by entity."""
        return {entity: told.get("numbers", ()) for entity, told in self.text["evidence"].items()}

    @property
    def statements(self) -> Mapping[str, Any]:
        """What sources say of findings without counting them, by entity."""
        return {entity: told.get("statements", ()) for entity, told in self.text["evidence"].items()}

    @property
    def judgement(self) -> Mapping[str, Any]:
        """Declared judgement by entity, kept apart from what was counted."""
        judged: Mapping[str, Any] = self.text["judgement"]
        return judged

    @property
    def codes(self) -> Mapping[str, Any]:
        """The words' codes in SNOMED CT, DICOM, RadLex, NCIt and ICD-O-3, each with where it was checked."""
        told: Mapping[str, Any] = self.text["codes"]
        return told

    @property
    def base_rates(self) -> tuple[Mapping[str, str], ...]:
        """Relative frequency of each entity by setting and age band, row by row as the table has it."""
        return tuple(self.text["base_rates"])

    @cached_property
    def articles(self) -> Mapping[str, Article]:
        """The reference articles by code."""
        return {code: _article(code, told) for code, told in self.text["articles"].items()}


def load(folder: Path = FOLDER) -> Knowledge:
    """The knowledge of a folder: from its compiled JSON when that is of the text's state, else from the text itself.

    Raises KnowledgeInvalid when a text file cannot be read as what it should be.
    """
    from thecal.knowledge import text

    compiled = folder / text.COMPILED
    if compiled.is_file():
        told = json.loads(compiled.read_bytes())
        if told["digest"] == text.digest(folder):
            return Knowledge(told)
    try:
        told = text.compile_text(folder)
    except text.TextInvalid as error:
        raise KnowledgeInvalid(folder.name, expected="readable text files", found=str(error)) from error
    return Knowledge(told)


def _term(code: str, told: Mapping[str, Any]) -> Term:
    states = tuple(told.get("states", ()))
    return Term(code, told.get("kind", "state"), states, told.get("unit"), told.get("note", ""))


def _entity(code: str, told: Mapping[str, Any]) -> Entity:
    return Entity(code, told["name"], told.get("group"), told.get("parent"), tuple(told.get("synonyms", ())))


def _source(key: str, told: Mapping[str, Any]) -> Source:
    known = {name: told.get(name) for name in ("doi", "pmid", "url", "year")}
    words = {name: str(told.get(name, "")) for name in ("title", "authors", "journal", "note")}
    return Source(key, **words, **known)  # type: ignore[arg-type]


def _count(entity: str, row: Mapping[str, Any]) -> EvidenceCount:
    return EvidenceCount(
        entity, row["finding"], row["state"], row["n"], row["of"], row["source"],
        row.get("where", ""), float(row.get("weight", 1.0)), row.get("note", ""),
    )  # fmt: skip


def _article(code: str, told: Mapping[str, Any]) -> Article:
    lists = {name: tuple(told.get(name, ())) for name in ("tags", "synonyms", "see_also")}
    revisions = tuple(Revision(one["number"], one["date"], one["what"]) for one in told["revisions"])
    return Article(
        code, told["title"], told["body"], identifier=told["id"], about=told["about"], revisions=revisions,
        reviewed_by=told.get("reviewed_by", ""), **lists,
    )  # fmt: skip
