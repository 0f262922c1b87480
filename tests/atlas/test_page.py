import pytest
from atlas.books import article, small

from thecal.atlas import compose
from thecal.atlas.page import Page
from thecal.records import KnowledgeInvalid


def page(code: str) -> Page:
    shelf = small()
    return compose(shelf.articles[code], shelf)


def said(told: Page) -> str:
    return "".join(
        run.text or str(list(run.cites)) for part in told.parts for one in part.paragraphs for run in one.runs
    )


def test_figures_come_from_the_counts_and_citations_are_numbered_as_they_appear() -> None:
    told = page("tumour")
    assert said(told).startswith("A halo is common: 3 of 10 and 1 of 2 patients[1, 2]. Patients are 41 years old[1]. ")
    assert [source.key for source in told.references] == ["a2001", "b2002"]


def test_a_changed_count_changes_the_sentence() -> None:
    shelf = small(counts=small().counts[:1])  # type: ignore[index]
    assert "3 of 10 patients" in said(compose(shelf.articles["tumour"], shelf))


def test_a_sentence_of_ages_says_where_one_of_them_is_a_median() -> None:
    told = article("tumour", "## Summary\nMean age was {{ages}}.")
    mean, median = ({"finding": "age_years", "mean": age, "n": 10, "source": "a2001"} for age in (41.0, 30.0))
    assert said(compose(told, small(numbers={"tumour": (mean, median)}))).startswith("Mean age was 41 and 30 years")
    numbers = {"tumour": (mean, {**median, "note": "median"})}
    assert said(compose(told, small(numbers=numbers))).startswith("Mean or median age was 41 and 30 (median) years")


def test_an_entity_shows_its_counts_and_a_sign_where_it_was_counted_and_where_only_described() -> None:
    (row,) = page("tumour").evidence
    assert (row.finding, row.state, row.positive, row.total, row.series) == ("halo", "present", 4, 12, 2)
    sign = page("halo")
    assert [row.entity for row in sign.evidence] == ["tumour"]
    assert [(one.name, one.said, one.cites) for one in sign.mentions] == [("Cyst", "4 %", (2,))]
    assert sign.definition == "In a reading: absent, present (a dark ring)."


def test_links_carry_their_article_and_related_articles_their_titles() -> None:
    told = page("tumour")
    assert [run.link for run in told.parts[0].paragraphs[0].runs if run.link] == ["halo"]
    assert told.related == (("halo", "Halo"),)


@pytest.mark.parametrize(
    "sentence",
    ["A thing [unknown].", "See [[nowhere|there]] [a2001].", "In {{counts halo absent}}.", "Aged {{ages cyst}}."],
)
def test_what_does_not_resolve_is_refused(sentence: str) -> None:
    told = article("tumour", f"## Summary\n{sentence}")
    with pytest.raises(KnowledgeInvalid, match=r"articles/tumour\.md"):
        compose(told, small())


def test_a_related_article_that_is_not_there_is_refused() -> None:
    told = article("tumour", "## Summary\nA thing [a2001].", see_also=("nowhere",))
    with pytest.raises(KnowledgeInvalid, match="nowhere"):
        compose(told, small())
