import pytest
from atlas.books import article

from thecal.atlas import body
from thecal.records import KnowledgeInvalid


def parsed(text: str) -> tuple[body.Section, ...]:
    return body.parse(article("tumour", text))


def test_sections_hold_sentences_with_their_sources() -> None:
    (section,) = parsed("## Summary\nOne thing [a2001]. Another,\non two lines [a2001, b2002].\n")
    assert section.title == "Summary"
    assert [(one.text, one.sources) for one in section.blocks[0].sentences] == [
        ("One thing", ("a2001",)),
        ("Another, on two lines", ("a2001", "b2002")),
    ]


def test_modalities_are_parts_of_their_section_and_lists_are_items() -> None:
    (section,) = parsed(
        "## Radiographic features\n### CT\nDense [a2001].\n\n### MRI\n- T1: dark [a2001].\n- T2: bright [a2001]."
    )
    assert [part.title for part in section.parts] == ["CT", "MRI"]
    assert [block.item for block in section.parts[1].blocks] == [True, True]
    assert [title for title, _ in body.sentences((section,))] == [
        "Radiographic features, CT", "Radiographic features, MRI", "Radiographic features, MRI",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "## Summary\nNothing behind this.",
        "## Summary\nNothing behind this. Only behind that [a2001].",
        "## Summary\nNo full stop [a2001]",
        "## Summary\nFigures end {{counts halo present}} of it. A sentence without [a2001].",
        "Before any section [a2001].\n## Summary\nA thing [a2001].",
    ],
)
def test_a_sentence_without_a_source_or_a_section_is_refused(text: str) -> None:
    with pytest.raises(KnowledgeInvalid, match=r"articles/tumour\.md"):
        parsed(text)


def test_a_figure_from_the_counts_is_a_source_of_its_own() -> None:
    (section,) = parsed("## Summary\nSeen in {{counts halo present}}.")
    assert section.blocks[0].sentences[0].rests_on_something
