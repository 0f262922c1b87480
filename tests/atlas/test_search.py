import pytest
from atlas.books import index, shipped

STEPS_AT_MOST = 20_000
NAMES_AT_MOST = 2_000


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("ependymoma", "ependymoma"),
        ("ependimoma", "ependymoma"),
        ("hemangioblastoma", "haemangioblastoma"),
        ("intradural extramedullary metastatic disease", "leptomeningeal_metastases"),
        ("disseminated spinal leptomeningeal metastases", "leptomeningeal_metastases"),
        ("intradural extramedullary metastases", "leptomeningeal_metastases"),
        ("drop mets", "leptomeningeal_metastases_cns"),
        ("sugar coatng", "leptomeningeal_pattern"),
        ("hemosiderin cap", "cap_sign"),
        ("owl eyes", "axial_territory"),
        ("edema", "oedema"),
        ("TA0001", "ependymoma"),
    ],
)
def test_names_old_names_other_spellings_and_slips_find_their_article_first(words: str, code: str) -> None:
    assert index().search(words)[0].code == code


def test_the_text_is_searched_too() -> None:
    found = [hit.code for hit in index().search("von hippel-lindau")]
    assert "haemangioblastoma" in found


@pytest.mark.parametrize("words", ["", "   ", '"', "a OR (b", "-- drop table", "*", "NEAR(x)", "é" * 500])
def test_any_words_are_only_words(words: str) -> None:
    assert isinstance(index().search(words), tuple)


def test_as_many_are_told_as_asked_for_and_each_once() -> None:
    found = [hit.code for hit in index().search("tumour", limit=5)]
    assert len(found) == len(set(found)) == 5


def test_a_search_costs_few_steps() -> None:
    """Counts the steps of the full-text index, and the names compared."""
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    index().text.set_progress_handler(count, 1)
    index().search("enhancement of the cauda equina in cancer")
    index().text.set_progress_handler(None, 1)
    assert steps <= STEPS_AT_MOST
    assert len(index().names) <= NAMES_AT_MOST


def test_every_article_is_found_by_its_own_title() -> None:
    for code, article in shipped().articles.items():
        assert index().search(article.title, limit=3)[0].code == code
