"""An article's text: fixed sections of sentences, each with the sources it rests on.

A sentence ends with the keys of its sources, `… [sun2003, kobayashi2018].`, or holds a placeholder whose figures and keys
come from the published counts: `{{counts cap_sign present}}`, of another entity `{{counts meningioma dural_base present}}`,
or the mean ages `{{ages}}`. `[[code|words]]` points to another article.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from thecal.records import Article, KnowledgeInvalid

SECTIONS = (
    "Summary", "Terminology", "Epidemiology", "Clinical presentation", "Pathology", "Radiographic features",
    "Treatment and prognosis", "Differential",
)  # fmt: skip
SIGN_SECTIONS = ("Summary", "Terminology", "Pathology", "Radiographic features", "Differential")
MODALITIES = ("Radiographs", "CT", "Myelography", "MRI", "Angiography", "Nuclear medicine", "Ultrasound")

PLACEHOLDER = re.compile(r"\{\{(counts|ages)((?: [a-z0-9_]+)*)\}\}")
LINK = re.compile(r"\[\[([a-z0-9_]+)\|([^\]]+)\]\]")
_SENTENCE_END = re.compile(r"(?<=[\]}]\.)\s+")
_CITED = re.compile(r"(?P<text>.*?)(?: \[(?P<keys>[A-Za-z0-9_.-]+(?:, [A-Za-z0-9_.-]+)*)\])?\.", re.DOTALL)
_ITEM = re.compile(r"(?:^|\n)(?=- )")
_RUN_ON = re.compile(r"[a-z)%]\. [A-Z]")


@dataclass(frozen=True)
class Sentence:
    """What is said, and the keys of the sources that say it."""

    text: str
    sources: tuple[str, ...]

    @property
    def rests_on_something(self) -> bool:
        """True where the sentence names a source or takes its figures from the counts."""
        return bool(self.sources or PLACEHOLDER.search(self.text))


@dataclass(frozen=True)
class Block:
    """A paragraph, or an item of a list."""

    item: bool
    sentences: tuple[Sentence, ...]


@dataclass(frozen=True)
class Section:
    """A titled part of an article; radiographic features are parted by modality."""

    title: str
    blocks: tuple[Block, ...]
    parts: tuple[Section, ...] = ()


def parse(article: Article) -> tuple[Section, ...]:
    """The sections of an article in their order.

    Raises KnowledgeInvalid when a sentence rests on nothing or stands outside a section.
    """
    return tuple(_section(article.code, title, text) for title, text in _headed(article.code, article.body))


def sentences(sections: tuple[Section, ...]) -> Iterator[tuple[str, Sentence]]:
    """Every sentence with the title of its section."""
    for section in sections:
        for block in section.blocks:
            yield from ((section.title, sentence) for sentence in block.sentences)
        for title, sentence in sentences(section.parts):
            yield f"{section.title}, {title}", sentence


def _section(code: str, title: str, text: str) -> Section:
    before, *parts = f"\n{text}".split("\n### ")
    named = (part.partition("\n") for part in parts)
    return Section(
        title, _blocks(code, before), tuple(Section(name.strip(), _blocks(code, told)) for name, _, told in named)
    )


def _headed(code: str, text: str) -> list[tuple[str, str]]:
    before, *pieces = f"\n{text}".split("\n## ")
    if before.strip():
        raise _invalid(code, "a section title first", before.strip())
    return [(title.strip(), told) for title, _, told in (piece.partition("\n") for piece in pieces)]


def _blocks(code: str, text: str) -> tuple[Block, ...]:
    chunks = (chunk for part in text.split("\n\n") for chunk in _ITEM.split(part.strip()) if chunk.strip())
    return tuple(
        Block(chunk.startswith("- "), _sentences(code, " ".join(chunk.removeprefix("- ").split()))) for chunk in chunks
    )


def _sentences(code: str, text: str) -> tuple[Sentence, ...]:
    return tuple(_sentence(code, piece) for piece in _SENTENCE_END.split(text))


def _sentence(code: str, text: str) -> Sentence:
    told = _CITED.fullmatch(text)
    if told is None:
        raise _invalid(code, "a sentence that ends with its sources and a full stop", text)
    keys = tuple(told["keys"].split(", ")) if told["keys"] else ()
    sentence = Sentence(told["text"], keys)
    if not sentence.rests_on_something or _RUN_ON.search(sentence.text):
        raise _invalid(code, "each sentence to end with its sources", text)
    return sentence


def _invalid(code: str, expected: str, found: str) -> KnowledgeInvalid:
    return KnowledgeInvalid(f"articles/{code}.md", expected=expected, found=repr(found[:120]))
