"""Every article that is shipped: its sections, its sources, its links, and that none is missing."""

from __future__ import annotations

from collections import Counter

import pytest
from atlas.books import shipped

from thecal.atlas import body, compose

STILL_TO_BE_WRITTEN: tuple[str, ...] = ()
SIGNS_AT_LEAST = 25
MACHINE_WRITTEN = ("droracle.ai",)
CODES = sorted(shipped().articles)


@pytest.mark.parametrize("code", CODES)
def test_every_citation_figure_and_link_of_an_article_resolves(code: str) -> None:
    page = compose(shipped().articles[code], shipped())
    assert page.references


@pytest.mark.parametrize("code", CODES)
def test_an_article_has_the_fixed_sections_and_known_modalities(code: str) -> None:
    article = shipped().articles[code]
    sections = body.parse(article)
    assert tuple(one.title for one in sections) == (body.SIGN_SECTIONS if article.about == "sign" else body.SECTIONS)
    assert all(one.blocks or one.parts for one in sections)
    modalities = [part.title for one in sections for part in one.parts]
    assert modalities == [name for name in body.MODALITIES if name in modalities]
    assert all(part.blocks for one in sections for part in one.parts)


def test_every_factual_sentence_rests_on_a_source_or_on_the_counts() -> None:
    for article in shipped().articles.values():
        assert all(sentence.rests_on_something for _, sentence in body.sentences(body.parse(article)))


def test_every_entity_and_parent_has_its_article_or_is_named_as_missing() -> None:
    vocabulary = shipped().vocabulary
    wanted = {*vocabulary.entities, *vocabulary.parents}
    assert tuple(sorted(wanted - set(CODES))) == STILL_TO_BE_WRITTEN
    assert "leptomeningeal_metastases_brain" in CODES


def test_an_article_is_about_what_its_code_says() -> None:
    vocabulary = shipped().vocabulary
    for code, article in shipped().articles.items():
        known = {"entity": vocabulary.entities, "parent": vocabulary.parents, "sign": vocabulary.findings}
        assert article.about == "related" or code in known[article.about]
    assert sum(article.about == "sign" for article in shipped().articles.values()) >= SIGNS_AT_LEAST


def test_identifiers_are_stable_in_form_and_given_once() -> None:
    given = Counter(article.identifier for article in shipped().articles.values())
    assert set(given.values()) == {1}
    assert all(len(one) == 6 and one.startswith("TA") and one[2:].isdigit() for one in given)


def test_no_two_articles_share_a_title_or_a_synonym() -> None:
    names = Counter(
        name.casefold() for one in shipped().articles.values() for name in {one.title, *one.synonyms}
    )  # fmt: skip
    assert [name for name, times in names.items() if times > 1] == []


def test_nobody_has_reviewed_an_article_and_each_says_so() -> None:
    assert {one.reviewed_by for one in shipped().articles.values()} == {""}


def test_revisions_count_up_from_one() -> None:
    for article in shipped().articles.values():
        assert [one.number for one in article.revisions] == list(range(1, len(article.revisions) + 1))


def test_figures_that_the_evidence_holds_are_not_typed() -> None:
    """A sentence of an entity with 'n of m' and one source must not repeat a row of the evidence that weighs in."""
    repeated = []
    for article in shipped().articles.values():
        for _, sentence in body.sentences(body.parse(article)):
            rows = [
                row
                for row in shipped().counts
                if row.entity == article.code and row.source in sentence.sources and row.weight > 0
            ]
            repeated += [(article.code, sentence.text) for row in rows if f"{row.n} of {row.of} " in sentence.text]
    assert repeated == []


def test_no_sentence_rests_on_a_page_that_a_machine_wrote() -> None:
    for article in shipped().articles.values():
        cited = {key for _, sentence in body.sentences(body.parse(article)) for key in sentence.sources}
        assert not [key for key in cited if any(site in (shipped().sources[key].url or "") for site in MACHINE_WRITTEN)]
