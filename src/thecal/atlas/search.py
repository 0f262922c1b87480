"""Search over names and text of the articles: synonyms, alternate spellings, slips of the pen."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from rapidfuzz import fuzz, process, utils

from thecal.atlas.body import LINK, PLACEHOLDER
from thecal.atlas.shelf import Shelf

NAME_SCORE_AT_LEAST = 80
TEXT_SCORE = 60.0


@dataclass(frozen=True)
class Hit:
    """An article found: its code and title, what matched, and how well (0 to 100; a match in the text alone has 60)."""

    code: str
    title: str
    matched: str
    score: float


class Index:
    """Names in memory and the text in a full-text index; built once, asked often."""

    def __init__(self, shelf: Shelf) -> None:
        self.titles = {code: article.title for code, article in shelf.articles.items()}
        self.names = {
            (code, name): utils.default_process(name) for code, names in shelf.names.items() for name in names
        }
        self.text = sqlite3.connect(":memory:", check_same_thread=False)
        self.text.execute(
            "CREATE VIRTUAL TABLE article USING fts5(code UNINDEXED, names, text, tokenize='porter unicode61')"
        )
        self.text.executemany(
            "INSERT INTO article VALUES (?, ?, ?)",
            [
                (code, " ".join((*shelf.names[code], *article.tags)), _plain(article.body))
                for code, article in shelf.articles.items()
            ],
        )

    def search(self, words: str, limit: int = 10) -> tuple[Hit, ...]:
        """The articles that fit the words best: those with a like name first, then those whose text holds them all."""
        best: dict[str, Hit] = {}
        for hit in (*self._by_name(words), *self._by_text(words, limit)):
            if hit.code not in best or hit.score > best[hit.code].score:
                best[hit.code] = hit
        return tuple(sorted(best.values(), key=lambda hit: -hit.score)[:limit])

    def _by_name(self, words: str) -> list[Hit]:
        """Names like the words; a name that holds them all counts nearly as much as the same name."""
        found = process.extract(
            utils.default_process(words), self.names, scorer=_likeness, score_cutoff=NAME_SCORE_AT_LEAST, limit=None
        )
        return [Hit(code, self.titles[code], name, score) for _, score, (code, name) in found]

    def _by_text(self, words: str, limit: int) -> list[Hit]:
        terms = utils.default_process(words).split()
        if not terms:
            return []
        found = self.text.execute(
            "SELECT code, snippet(article, 2, '', '', '…', 12) FROM article WHERE article MATCH ? ORDER BY rank LIMIT ?",
            (" ".join(f'"{term}"*' for term in terms), limit),
        )
        return [
            Hit(code, self.titles[code], passage, TEXT_SCORE - place / limit)
            for place, (code, passage) in enumerate(found)
        ]


def _likeness(wanted: str, name: str, **_: object) -> float:
    """Likeness of two names in percent: letter by letter, or word by word where one holds the other's words."""
    whole = fuzz.ratio(wanted, name)
    held = 0.95 * fuzz.token_set_ratio(wanted, name) if len(wanted) > 3 else 0.0
    return max(whole, held)


def _plain(text: str) -> str:
    return PLACEHOLDER.sub("", LINK.sub(r"\2", text))
