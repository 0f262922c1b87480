"""A shelf of two small articles with counts of their own, and the shelf that is shipped."""

from __future__ import annotations

from functools import cache

from thecal.atlas import Index, Shelf
from thecal.knowledge import load
from thecal.records import Article, Entity, EvidenceCount, Revision, Source, Term, Vocabulary

REVISIONS = (Revision(1, "2026-11-24", "First version"),)
ENTITY = """## Summary
A [[halo|halo]] is common: {{counts halo present}}. Patients are {{ages}} old [a2001].

## Differential
- Mimics <b>none</b> [b2002, a2001].
"""
SIGN = """## Summary
Seen in {{counts tumour halo present}} with [[tumour|tumour]].

## Radiographic features
### MRI
- T2: dark [b2002].
- T1: bright [b2002].
"""


def count(
    entity: str, n: int, of: int, source: str = "a2001", weight: float = 1.0, state: str = "present"
) -> EvidenceCount:
    """A count of the sign 'halo'."""
    return EvidenceCount(entity, "halo", state, n, of, source, "", weight)


def article(code: str, body: str, about: str = "entity", **more: object) -> Article:
    """An article in its first revision."""
    identifier = f"TA{len(code):04d}"
    return Article(code, code.title(), body, identifier=identifier, about=about, revisions=REVISIONS, **more)  # type: ignore[arg-type]


def small(**more: object) -> Shelf:
    """Two articles, of an entity and of a sign; what is given replaces a part of the shelf."""
    parts: dict[str, object] = {
        "articles": {
            "tumour": article("tumour", ENTITY, synonyms=("tumor", "old name"), see_also=("halo",)),
            "halo": article("halo", SIGN, about="sign"),
        },
        "counts": (count("tumour", 3, 10), count("tumour", 1, 2, "b2002"), count("cyst", 9, 10, "b2002", weight=0.0)),
        "numbers": {"tumour": ({"finding": "age_years", "mean": 41.0, "n": 10, "source": "a2001"},)},
        "statements": {"cyst": ({"finding": "halo", "state": "present", "source": "b2002", "note": "pct=4"},)},
        "vocabulary": Vocabulary(
            findings={"halo": Term("halo", "state", ("absent", "present"), None, "a dark ring")},
            entities={"tumour": Entity("tumour", "Tumour", None, None, ()), "cyst": Entity("cyst", "Cyst", None, None, ())},
            parents={},
            reserved=(),
        ),
        "sources": {
            "a2001": Source("a2001", title="On halos", authors="First", journal="J", year=2001, doi="10.1/x"),
            "b2002": Source("b2002", title="On mimics", authors="authors not shown", journal="J", year=2002),
        },
    }  # fmt: skip
    return Shelf(**(parts | more))  # type: ignore[arg-type]


@cache
def shipped() -> Shelf:
    """The shelf of the knowledge that is shipped."""
    return Shelf.of(load())


@cache
def index() -> Index:
    """The index of the shipped shelf."""
    return Index(shipped())
