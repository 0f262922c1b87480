"""The report's languages: the same keys, the same gaps, and what other rooms say found again in each."""

from __future__ import annotations

import string
from collections.abc import Iterator
from importlib import resources
from typing import Any

import pytest
import yaml
from report import reports

from thecal.report import heard, html, text, words
from thecal.report.wording import Wording

OTHERS = tuple(language for language in words.LANGUAGES if language != "en")
KNOWLEDGE = resources.files("thecal.knowledge")
# Words that a language may share with English.
SHARED = {"%", "°", "mm³", "mm²", ""}


def gaps(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


def of(key: str, data: Any) -> Iterator[str]:
    """Every text under a key, wherever it stands."""
    if isinstance(data, dict):
        for name, value in data.items():
            if name == key:
                yield from of_values(value)
            else:
                yield from of(key, value)
    elif isinstance(data, list):
        for value in data:
            yield from of(key, value)


def of_values(value: Any) -> Iterator[str]:
    yield from (value.values() if isinstance(value, dict) else [value])


def spoken() -> list[str]:
    """What the rules, the alerts, the questions and the outcomes say."""
    texts = [path.read_text(encoding="utf-8") for path in KNOWLEDGE.joinpath("protocols").iterdir()]
    texts += [KNOWLEDGE.joinpath(name).read_text(encoding="utf-8") for name in ("differential.yaml", "outcomes.yaml")]
    loaded = [yaml.safe_load(one) for one in texts]
    return sorted({told for key in ("message", "acquire", "what", "why") for one in loaded for told in of(key, one)})


@pytest.mark.parametrize("language", OTHERS)
def test_a_language_has_the_keys_of_english_and_names_every_entity(language: str) -> None:
    vocabulary = yaml.safe_load(KNOWLEDGE.joinpath("vocabulary.yaml").read_text(encoding="utf-8"))
    entities = {f"entity.{code}" for code in (*vocabulary["entities"], *vocabulary["parents"], *vocabulary["reserved"])}
    assert set(words.read(language)) == set(words.read("en")) | entities


@pytest.mark.parametrize("language", OTHERS)
def test_each_sentence_has_the_same_gaps(language: str) -> None:
    other = words.read(language)
    assert {key for key, told in words.read("en").items() if gaps(told) != gaps(other[key])} == set()
    assert {one["en"] for one in heard.book() if gaps(one["en"]) != gaps(one[language])} == set()


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_every_finding_and_state_of_the_vocabulary_has_a_name(language: str) -> None:
    vocabulary = yaml.safe_load(KNOWLEDGE.joinpath("vocabulary.yaml").read_text(encoding="utf-8"))
    told = words.read(language)
    assert {f"finding.{code}" for code in vocabulary["findings"]} <= set(told)
    states = {f"state.{state}" for term in vocabulary["findings"].values() for state in term.get("states", ())}
    assert states <= set(told)
    assert all(told[key].strip() or told[key] in SHARED for key in told)


@pytest.mark.parametrize("language", OTHERS)
def test_what_the_rules_and_the_ranking_say_is_in_the_book(language: str) -> None:
    assert [told for told in spoken() if not heard.known(told, language)] == []


@pytest.mark.parametrize(
    ("english", "german"),
    [
        ("no post-contrast T1w", "fehlt: T1 nach Kontrastmittel"),
        ("T2w or fat-suppressed T2w or STIR does not cover the lesion",
         "T2, fettunterdrückte T2 oder STIR erfasst die Läsion nicht"),
        ("nerve root thickening absent (now 80% likely) would put Haemangioblastoma first",
         "Nervenwurzelverdickung – nicht nachweisbar (derzeit zu 80\u202f% wahrscheinlich) – würde an die erste Stelle setzen: "
         "Hämangioblastom"),
        ("Lymphoma: steroids can hide it; take tissue or fluid first where the patient allows it. Probability 2.6%.",
         "Lymphom: Steroide können es verbergen; Gewebe oder Liquor zuerst gewinnen, wo der Zustand es erlaubt. "
         "Wahrscheinlichkeit 2,6\u202f%."),
        ("margins ill defined: an ill-defined margin on MRI suggests infiltration (judgement)",
         "Begrenzung unscharf: ein unscharfer Rand in der MRT spricht für Infiltration (Einschätzung)"),
    ],
)  # fmt: skip
def test_a_sentence_of_another_room_is_said_in_german_with_its_names(english: str, german: str) -> None:
    wording = Wording({**words.read("de"), "named.Haemangioblastoma": "Hämangioblastom"})
    assert wording.heard(english) == german


def test_in_english_too_a_sign_is_called_by_its_name() -> None:
    wording = Wording(words.read("en"))
    assert wording.heard("csf malignant cells absent (now 78% likely) would put Meningioma first") == (
        "malignant cells in the CSF absent (now 78\u202f% likely) would put Meningioma first"
    )
    assert wording.heard("no post-contrast T1w") == "no post-contrast T1w"


def test_a_sentence_that_is_not_in_the_book_is_shown_as_it_came() -> None:
    assert Wording(words.read("de")).heard("something new was seen") == "something new was seen"


def test_a_report_in_german_is_german_in_every_format_for_people() -> None:
    made = reports.report(words=words.read("de"))
    page, plain = html.render(made).decode(), text.render(made).decode()
    assert '<html lang="de">' in page
    assert "Intramedulläre Läsion in Höhe C4–C6, 34 mm (2,5 Segmente), T1" in page
    for told in (page, plain):
        assert "Forschung, nicht freigegeben" in told
        assert "spinales Ependymom 71" in told
        assert "Most likely" not in told
        assert "Not assessed" not in told
    assert 'lang="de"' in html.page(made, paper=True)


def test_nobody_denies_leptomeningeal_disease_in_german_without_contrast() -> None:
    bare = reports.aligned(reports.without_contrast())
    told = text.render(reports.report(words=words.read("de"), aligned=bare)).decode()
    assert "leptomeningeale Erkrankung ist nicht ausgeschlossen" in " ".join(told.split())
    assert "keine leptomeningeale" not in told.lower()
