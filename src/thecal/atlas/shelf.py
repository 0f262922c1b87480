"""The articles with what they draw on: published counts, words and sources."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

from rapidfuzz import fuzz, process, utils

from thecal.atlas import evidence
from thecal.records import Article, CallWrong, EvidenceCount, Source, Vocabulary

NAMES_OFFERED = 3
_NAMED = ("finding", "state", "n", "of", "source", "note")


class Known(Protocol):
    """What a shelf draws on of the knowledge that is loaded."""

    @property
    def text(self) -> Mapping[str, Any]: ...
    @property
    def articles(self) -> Mapping[str, Article]: ...
    @property
    def evidence(self) -> tuple[EvidenceCount, ...]: ...
    @property
    def numbers(self) -> Mapping[str, Any]: ...
    @property
    def statements(self) -> Mapping[str, Any]: ...
    @property
    def vocabulary(self) -> Vocabulary: ...
    @property
    def sources(self) -> Mapping[str, Source]: ...


@dataclass(frozen=True)
class Shelf:
    """Every article by code, with the counts, the published means, the vocabulary and the sources it is rendered from.

    numbers and statements hold, by entity, rows of published means and of what was said without a count, as the evidence
    files have them; graded holds the counts' rows with their grades and reasons.
    """

    articles: Mapping[str, Article]
    counts: Iterable[EvidenceCount]
    numbers: Mapping[str, Iterable[Mapping[str, Any]]]
    statements: Mapping[str, Iterable[Mapping[str, Any]]]
    vocabulary: Vocabulary
    sources: Mapping[str, Source]
    graded: Mapping[str, Iterable[Mapping[str, Any]]] = field(default_factory=dict)

    @classmethod
    def of(cls, known: Known) -> Shelf:
        """The shelf of what is known."""
        graded = {entity: told.get("counts", ()) for entity, told in known.text["evidence"].items()}
        return cls(
            known.articles, known.evidence, known.numbers, known.statements, known.vocabulary, known.sources, graded
        )

    @cached_property
    def grades(self) -> Mapping[EvidenceCount, Mapping[str, Any]]:
        """Each count with its row as the evidence files have it: its grades and their reasons."""
        rows = {
            (entity, *(row.get(name, "") for name in _NAMED)): row
            for entity, told in self.graded.items()
            for row in told
        }  # fmt: skip
        found = {one: rows.get((one.entity, *(getattr(one, name) for name in _NAMED))) for one in self.counts}
        return {one: row for one, row in found.items() if row is not None}

    @cached_property
    def shares(self) -> Mapping[tuple[str, str, str], evidence.Share]:
        """How often each state of a sign was counted in each entity."""
        return evidence.shares(self.counts, {one: str(row.get("why", "")) for one, row in self.grades.items()})

    @cached_property
    def names(self) -> Mapping[str, tuple[str, ...]]:
        """The names each article is known by: its code, identifier and title, its synonyms, and those of the vocabulary."""
        return {code: self._names_of(article) for code, article in self.articles.items()}

    def find(self, word: str) -> Article:
        """The article with this code, identifier, title or synonym.

        Raises CallWrong with the nearest titles when there is none.
        """
        wanted = utils.default_process(word)
        for code, names in self.names.items():
            if wanted in {utils.default_process(name) for name in names}:
                return self.articles[code]
        named = {(code, name): name for code, names in self.names.items() for name in names}
        near = process.extract(word, named, scorer=fuzz.ratio, processor=utils.default_process, limit=len(named))
        codes = list(dict.fromkeys(code for _, _, (code, _) in near))[:NAMES_OFFERED]
        offered = "; ".join(f"{self.articles[code].title} ({code})" for code in codes)
        raise CallWrong("atlas", expected="the name of an article", found=repr(word), remedy=f"Nearest: {offered}.")

    def children(self, code: str) -> tuple[str, ...]:
        """The codes whose counts an article on code shows: itself and, of a parent, its children."""
        return (code, *self.vocabulary.children(code))

    def _names_of(self, article: Article) -> tuple[str, ...]:
        known = self.vocabulary.entities.get(article.code) or self.vocabulary.parents.get(article.code)
        words = (article.code.replace("_", " "), article.identifier, article.title, *article.synonyms)
        return tuple(dict.fromkeys((*words, *((known.name, *known.synonyms) if known else ()))))
