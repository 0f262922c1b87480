"""An article made ready to be shown: figures filled in from the counts, citations numbered, tables and lists attached."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from thecal.atlas import body, evidence
from thecal.atlas.shelf import Shelf
from thecal.records import Article, KnowledgeInvalid, Source


@dataclass(frozen=True)
class Run:
    """A piece of running text: plain, a link to another article, or the numbers of the references it rests on."""

    text: str
    link: str | None = None
    cites: tuple[int, ...] = ()


@dataclass(frozen=True)
class Paragraph:
    """A paragraph or an item of a list, as runs."""

    item: bool
    runs: tuple[Run, ...]


@dataclass(frozen=True)
class Part:
    """A titled part of the page; level 1 is a section, level 2 a modality within it."""

    title: str
    level: int
    paragraphs: tuple[Paragraph, ...]


@dataclass(frozen=True)
class Row:
    """A line of a table of counts: of whom, which sign and state, in how many of how many, by which references."""

    entity: str
    name: str
    finding: str
    state: str
    positive: int
    total: int
    series: int
    cites: tuple[int, ...]


@dataclass(frozen=True)
class Mention:
    """A line of a gamut without figures: in whom the state of the sign was described, in which words, by which references."""

    entity: str
    name: str
    state: str
    said: str
    cites: tuple[int, ...]


@dataclass(frozen=True)
class Page:
    """All that a renderer shows of an article; definition is the vocabulary's, related names articles by code and title."""

    article: Article
    definition: str
    parts: tuple[Part, ...]
    evidence: tuple[Row, ...]
    mentions: tuple[Mention, ...]
    related: tuple[tuple[str, str], ...]
    references: tuple[Source, ...]


class _References:
    """Numbers sources in the order in which they are first cited."""

    def __init__(self, shelf: Shelf, code: str) -> None:
        self.shelf = shelf
        self.code = code
        self.numbers: dict[str, int] = {}

    def cite(self, keys: tuple[str, ...]) -> tuple[int, ...]:
        for key in keys:
            if key not in self.shelf.sources:
                raise KnowledgeInvalid(f"articles/{self.code}.md", expected="a key of sources.yaml", found=repr(key))
        return tuple(sorted(self.numbers.setdefault(key, len(self.numbers) + 1) for key in keys))

    @property
    def sources(self) -> tuple[Source, ...]:
        return tuple(self.shelf.sources[key] for key in self.numbers)


def compose(article: Article, shelf: Shelf) -> Page:
    """The page of an article.

    Raises KnowledgeInvalid when a sentence, a citation, a figure or a link does not resolve.
    """
    references = _References(shelf, article.code)
    parts = tuple(
        part
        for section in body.parse(article)
        for part in _parts(section, 1, article, shelf, references)
    )  # fmt: skip
    sign = article.about == "sign"
    rows = _gamut(article, shelf, references) if sign else _table(article, shelf, references)
    mentions = _mentions(article, shelf, references) if sign else ()
    related = tuple((code, _title(code, article, shelf)) for code in article.see_also)
    return Page(article, _definition(article, shelf), parts, rows, mentions, related, references.sources)


def _definition(article: Article, shelf: Shelf) -> str:
    """How a reading words a sign: its states and what they mean; empty for an article on something else."""
    if article.about != "sign":
        return ""
    term = shelf.vocabulary.findings[article.code]
    states = ", ".join(state.replace("_", " ") for state in term.states) or f"a number of {term.unit or 'levels'}"
    return f"In a reading: {states}" + (f" ({term.note})" if term.note else "") + "."


def _parts(
    section: body.Section, level: int, article: Article, shelf: Shelf, references: _References
) -> list[Part]:  # fmt: skip
    paragraphs = tuple(
        Paragraph(block.item, tuple(run for one in block.sentences for run in _runs(one, article, shelf, references)))
        for block in section.blocks
    )
    inner = [part for one in section.parts for part in _parts(one, level + 1, article, shelf, references)]
    return [Part(section.title, level, paragraphs), *inner]


def _runs(sentence: body.Sentence, article: Article, shelf: Shelf, references: _References) -> list[Run]:
    text, keys = _filled(sentence.text, article, shelf)
    runs, place = [], 0
    for link in body.LINK.finditer(text):
        _title(link[1], article, shelf)
        runs += [Run(text[place : link.start()]), Run(link[2], link=link[1])]
        place = link.end()
    cites = references.cite(tuple(dict.fromkeys((*sentence.sources, *keys))))
    return [*runs, Run(text[place:]), Run("", cites=cites), Run(". ")]


def _filled(text: str, article: Article, shelf: Shelf) -> tuple[str, tuple[str, ...]]:
    """The text with its placeholders replaced by published figures, and the keys those come from."""
    keys: list[str] = []
    words, place = [], 0
    heard = body.PLACEHOLDER.sub("", body.LINK.sub(r"\2", text))
    for found in body.PLACEHOLDER.finditer(text):
        said, sources = _figures(found[1], found[2].split(), heard, article, shelf)
        before = text[place : found.start()]
        if found[1] == "ages":
            before = evidence.name_ages(before, _numbers(found[2].split(), article, shelf))
        words += [before, said]
        keys += sources
        place = found.end()
    return "".join([*words, text[place:]]), tuple(keys)


def _numbers(words: list[str], article: Article, shelf: Shelf) -> Iterable[Mapping[str, Any]]:
    """The published numbers of the entity a placeholder names, else of the article's."""
    return shelf.numbers.get(words[0] if words else article.code, ())


def _figures(kind: str, words: list[str], heard: str, article: Article, shelf: Shelf) -> tuple[str, tuple[str, ...]]:
    missing = KnowledgeInvalid(
        f"articles/{article.code}.md", expected="figures that stand in the evidence", found=f"{kind} {' '.join(words)}"
    )
    if kind == "ages":
        said, sources = evidence.say_ages(_numbers(words, article, shelf))
        if not sources:
            raise missing
        return said, sources
    entity, *state = words if len(words) == 3 else [article.code, *words]
    share = shelf.shares.get((entity, *state))  # type: ignore[arg-type]
    if share is None:
        raise missing
    return evidence.say(share, heard), evidence.say_sources(share)


def _table(article: Article, shelf: Shelf, references: _References) -> tuple[Row, ...]:
    """Every counted state of the entity and, of a parent, of its children; in the vocabulary's order."""
    order = {code: place for place, code in enumerate(shelf.vocabulary.findings)}
    codes = shelf.children(article.code)
    found = [share for (entity, _, _), share in shelf.shares.items() if entity in codes]
    found.sort(key=lambda share: (order.get(share.finding, len(order)), codes.index(share.entity), -share.rate))
    return tuple(_row(share, shelf, references) for share in found)


def _gamut(article: Article, shelf: Shelf, references: _References) -> tuple[Row, ...]:
    """For each state of a sign, the entities in which it was counted, the surest first."""
    return tuple(
        _row(share, shelf, references)
        for state in _states(article, shelf)
        for share in evidence.gamut(shelf.shares, article.code, state)
    )


def _mentions(article: Article, shelf: Shelf, references: _References) -> tuple[Mention, ...]:
    """For each state of a sign, the entities in which it was described without a count."""
    return tuple(
        Mention(
            one.entity, shelf.vocabulary.name(one.entity), one.state, "; ".join(one.notes), references.cite(one.sources)
        )
        for state in _states(article, shelf)
        for one in evidence.remarks(shelf.statements, shelf.shares, article.code, state)
    )  # fmt: skip


def _states(article: Article, shelf: Shelf) -> list[str]:
    """The states of a sign that say it is there."""
    return [state for state in shelf.vocabulary.findings[article.code].states if state not in ("absent", "none")]


def _row(share: evidence.Share, shelf: Shelf, references: _References) -> Row:
    name = shelf.vocabulary.name(share.entity)
    return Row(
        share.entity, name, share.finding, share.state, share.positive, share.total, len(share.rows),
        references.cite(share.sources),
    )  # fmt: skip


def _title(code: str, article: Article, shelf: Shelf) -> str:
    if code not in shelf.articles:
        raise KnowledgeInvalid(f"articles/{article.code}.md", expected="a link to an article", found=repr(code))
    return shelf.articles[code].title
