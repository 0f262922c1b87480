import pytest
from atlas.books import shipped, small

from thecal.records import CallWrong


@pytest.mark.parametrize("word", ["tumour", "Tumour", "TUMOR", "Old-name", "TA0006"])
def test_an_article_is_found_by_code_identifier_title_and_synonym(word: str) -> None:
    assert small().find(word).code == "tumour"


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("intradural extramedullary metastatic disease", "leptomeningeal_metastases"),
        ("disseminated spinal leptomeningeal metastases", "leptomeningeal_metastases"),
        ("sugar coating", "leptomeningeal_pattern"),
        ("hemangioblastoma", "haemangioblastoma"),
        ("drop metastases", "leptomeningeal_metastases_cns"),
        ("dumbbell tumor", "foraminal_extension"),
    ],
)
def test_alternate_names_find_their_article(word: str, code: str) -> None:
    assert shipped().find(word).code == code


def test_what_is_not_there_names_the_nearest_titles() -> None:
    with pytest.raises(CallWrong, match="Nearest: Spinal ependymoma"):
        shipped().find("ependimoma")
