from __future__ import annotations

from typing import Any

import pytest
from ingest.role_rows import accuracy, read_rows

from thecal.ingest.roles import judge

SPIN: dict[str, Any] = {"Modality": "MR", "ScanningSequence": ("SE",)}
T1: dict[str, Any] = {**SPIN, "EchoTime": 10.0, "RepetitionTime": 600.0}
T2: dict[str, Any] = {**SPIN, "EchoTime": 100.0, "RepetitionTime": 3500.0}


@pytest.mark.parametrize("rows", ["development", "held_back"])
def test_nine_roles_in_ten_are_told_rightly(rows: str) -> None:
    # Set before anything was measured: with fewer, a study of six series would go wrong more often than not.
    role, fat = accuracy(read_rows(rows))
    assert role >= 0.9
    assert fat >= 0.9


@pytest.mark.parametrize(
    ("tags", "role"),
    [
        (T1, "T1w"),
        (T2, "T2w"),
        ({**T2, "ScanOptions": ("FS",)}, "T2w_fs"),
        ({**SPIN, "EchoTime": 40.0, "RepetitionTime": 4000.0, "InversionTime": 160.0}, "T2w_fs"),
        ({**SPIN, "EchoTime": 60.0, "RepetitionTime": 4000.0, "InversionTime": 220.0}, "T2w_fs"),
        ({**SPIN, "EchoTime": 100.0, "RepetitionTime": 9000.0, "InversionTime": 2500.0}, "other"),
        ({**SPIN, "EchoTime": 12.0, "RepetitionTime": 2000.0, "InversionTime": 860.0}, "T1w"),
        ({**SPIN, "EchoTime": 15.0, "RepetitionTime": 3000.0}, "other"),
        ({"ScanningSequence": ("GR",), "EchoTime": 18.0, "RepetitionTime": 500.0, "FlipAngle": 30.0}, "T2starw"),
        ({"ScanningSequence": ("GR",), "EchoTime": 3.0, "RepetitionTime": 7.0, "InversionTime": 900.0}, "T1w"),
        ({"ScanningSequence": ("GR",), "SequenceVariant": ("SS",), "EchoTime": 2.0, "RepetitionTime": 4.0}, "other"),
        (
            {"ScanningSequence": ("EP", "SE"), "DiffusionBValue": 800.0, "EchoTime": 80.0, "RepetitionTime": 4000.0},
            "dwi",
        ),
        ({"ImageType": ("DERIVED", "PRIMARY", "DIFFUSION", "ADC")}, "ADC"),
        ({"ImageType": ("DERIVED", "PRIMARY", "DIFFUSION", "FA")}, "other"),
        ({"AcquisitionContrast": "STIR"}, "T2w_fs"),
        ({"Modality": "CT"}, "ct"),
        ({"Modality": "CT", "ContrastBolusRoute": "Intrathecal route"}, "ct_myelogram"),
        ({"Modality": "DX"}, "radiograph"),
    ],
)
def test_a_header_without_words_is_enough(tags: dict[str, Any], role: str) -> None:
    kind = judge(tags)
    assert kind.role == role
    assert kind.basis == "header"


def test_silence_is_other_and_says_so() -> None:
    kind = judge({})
    assert (kind.role, kind.basis) == ("other", "none")
    assert kind.confidence < 0.3


def test_words_alone_name_the_role_less_surely_than_header_and_words_that_agree() -> None:
    words = judge({"SeriesDescription": "t2_tse_sag"})
    both = judge({**T2, "SeriesDescription": "t2_tse_sag"})
    assert words.basis == "description"
    assert both.basis == "header"
    assert words.confidence < both.confidence


def test_a_measured_weighting_outweighs_words_that_contradict_it_and_loses_confidence() -> None:
    kind = judge({**T2, "SeriesDescription": "t1_tse_sag"})
    assert (kind.role, kind.basis) == ("T2w", "header")
    assert kind.confidence == 0.6


def test_what_an_image_is_for_stands_in_its_words_whatever_its_weighting() -> None:
    assert judge({**T1, "SeriesDescription": "localizer"}).role == "localizer"
    assert judge({**T1, "SeriesDescription": "T1 SUB"}).role == "other"


@pytest.mark.parametrize("agent", ["none", "NO", " No ", "NONE GIVEN"[:4], "0", "ohne", "n/a", "-"])
def test_an_agent_field_that_says_none_is_no_contrast(agent: str) -> None:
    assert judge({**T1, "ContrastBolusAgent": agent}).role == "T1w"


@pytest.mark.parametrize("agent", ["GADOVIST", "Dotarem 15 ml", "Gd-DTPA", "Yes"])
def test_an_agent_in_the_header_makes_t1_with_contrast(agent: str) -> None:
    kind = judge({**T1, "ContrastBolusAgent": agent})
    assert (kind.role, kind.basis) == ("T1w_ce", "header")


def test_an_agent_never_makes_a_t2_a_t1() -> None:
    assert judge({**T2, "ContrastBolusAgent": "GADOVIST", "SeriesDescription": "T2 POST"}).role == "T2w"


def test_a_bolus_that_started_after_the_images_is_no_contrast_in_them() -> None:
    later = {"ContrastBolusAgent": "GADOVIST", "ContrastBolusStartTime": "101500", "AcquisitionTime": "100000"}
    assert judge({**T1, **later}).role == "T1w"
    assert judge({**T1, **later, "AcquisitionTime": "102500"}).role == "T1w_ce"


def test_an_agent_that_was_not_administered_is_no_contrast() -> None:
    assert judge({**T1, "ContrastBolusAgent": "GADOVIST", "ContrastBolusAgentAdministered": "NO"}).role == "T1w"


@pytest.mark.parametrize(
    "words", ["T1 POST", "t1_tse_sag +C", "T1 Gd", "t1 mit KM", "T1 SAG APRES INJECTION", "T1 con contraste", "T1 造影"]
)
def test_contrast_in_words_makes_t1_with_contrast(words: str) -> None:
    kind = judge({**T1, "SeriesDescription": words})
    assert (kind.role, kind.basis) == ("T1w_ce", "description")


@pytest.mark.parametrize(
    "words",
    ["T1 pre", "T1 ohne KM", "T1 sans gado", "T1 sin contraste", "T1 without contrast", "T1 nativ", "T1 post-op"],
)
def test_the_absence_of_contrast_in_words_outweighs_the_header(words: str) -> None:
    agent = {} if "op" in words else {"ContrastBolusAgent": "GADOVIST"}
    assert judge({**T1, **agent, "SeriesDescription": words}).role == "T1w"


def test_fat_suppression_is_true_false_or_not_stated() -> None:
    assert judge({**T1, "SeriesDescription": "T1 FS"}).fat_suppressed is True
    assert judge({**T1, "ScanOptions": ("PFP",)}).fat_suppressed is False
    assert judge({**T1, "SeriesDescription": "T1"}).fat_suppressed is None
    assert judge({**T1, "ScanOptions": ("PFP",), "SeriesDescription": "t1 dixon"}).fat_suppressed is None


def test_vertebral_levels_are_no_weighting() -> None:
    assert judge({"Modality": "MR", "SeriesDescription": "axial T1-T5"}).role == "other"
    assert judge({"Modality": "MR", "SeriesDescription": "t2 tra T1-T5"}).role == "T2w"


def test_the_protocols_name_is_asked_where_the_description_is_silent() -> None:
    assert judge({"SeriesDescription": "sag", "ProtocolName": "T2 STIR"}).role == "T2w_fs"
