from dataclasses import replace

from atlas.books import shipped

from thecal.atlas import address, bibtex, ris

ARTICLE = shipped().articles["ependymoma"]


def test_the_address_stands_below_a_reading_room() -> None:
    assert address("ependymoma") == "/atlas/ependymoma"
    assert address("ependymoma", "https://example.org/") == "https://example.org/atlas/ependymoma"


def test_bibtex_names_title_identifier_revision_and_review() -> None:
    told = bibtex(ARTICLE, "1.2.3")
    assert told.startswith("@misc{thecal_ependymoma,\n")
    assert told.count("{") == told.count("}")
    last = ARTICLE.revisions[-1]
    assert f"note = {{{ARTICLE.identifier}, revision {last.number} of {last.date}, unreviewed}}" in told
    assert "url" not in told
    assert "url = {https://example.org/atlas/ependymoma}" in bibtex(ARTICLE, "1.2.3", "https://example.org")


def test_ris_has_one_tag_a_line_and_ends() -> None:
    lines = ris(ARTICLE, "1.2.3", "https://example.org").splitlines()
    assert lines[0] == "TY  - ENCYC"
    assert lines[-1] == "ER  - "
    assert all(line[2:6] == "  - " for line in lines)
    assert "UR  - https://example.org/atlas/ependymoma" in lines


def test_a_review_is_named() -> None:
    assert "reviewed by Dr A" in bibtex(replace(ARTICLE, reviewed_by="Dr A"), "1.2.3")
