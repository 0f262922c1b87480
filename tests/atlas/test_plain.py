from atlas.books import shipped, small

from thecal.atlas import compose, plain


def rendered(code: str) -> str:
    shelf = small()
    return plain.render(compose(shelf.articles[code], shelf))


def test_the_head_names_identifier_revision_and_that_nobody_has_reviewed_it() -> None:
    assert rendered("tumour").splitlines()[:4] == [
        "Tumour", "======", "TA0006, revision 1 of 2026-11-24, unreviewed", "Also: tumor; old name",
    ]  # fmt: skip


def test_counts_descriptions_and_references_follow_the_text() -> None:
    told = rendered("halo")
    assert (
        "PUBLISHED COUNTS (with the state, of all looked at; series)\n     4 of 12     2  present: Tumour [1, 2]"
        in told
    )
    assert "DESCRIBED, NOT COUNTED\n  present: Cyst (4 %) [2]" in told
    assert "   1. First. On halos. J. 2001. doi:10.1/x.\n   2. On mimics. J. 2002.\n" in told


def test_no_line_of_a_shipped_article_is_wider_than_the_page_but_for_addresses_and_titles() -> None:
    shelf = shipped()
    text, _, _ = plain.render(compose(shelf.articles["ependymoma"], shelf)).partition("RELATED")
    assert max(map(len, text.splitlines())) <= plain.WIDTH
