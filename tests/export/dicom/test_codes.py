from __future__ import annotations

import pytest
from pydicom.sr._concepts_dict import concepts

from thecal.export.dicom import codes
from thecal.export.dicom.codes import SCHEME, Coded
from thecal.knowledge import load
from thecal.segmentation.codes import ANATOMY, LESION

USED = {
    (one.scheme, one.value): one
    for table in (codes.ANATOMY, codes.TISSUES)
    for structure in table.values()
    for one in (structure.category, structure.kind, structure.region)
    if one is not None and one.scheme != SCHEME
} | {
    (one.scheme, one.value): one
    for one in (*vars(codes).values(), *codes.COMPARTMENTS.values(), *codes.VERTEBRAE.values())
    if isinstance(one, Coded) and one.scheme != SCHEME
}


def _checked_elsewhere() -> set[tuple[str, str]]:
    known = load().codes
    return {
        (row["system"], row["code"]) for kind in ("findings", "sites") for rows in known[kind].values() for row in rows
    }


@pytest.mark.parametrize("code", USED.values(), ids=lambda code: code.meaning)
def test_every_code_of_another_scheme_is_known_with_its_meaning(code: Coded) -> None:
    in_standard = {
        (scheme, value): meaning.casefold()
        for scheme, words in concepts.items()
        for meanings in words.values()
        for value, (meaning, _) in meanings.items()
    }
    assert (code.scheme, code.value) in in_standard or (code.scheme, code.value) in _checked_elsewhere()
    names = [
        meaning.casefold()
        for words in concepts.get(code.scheme, {}).values()
        for value, (meaning, _) in words.items()
        if value == code.value
    ]
    assert not names or code.meaning.casefold() in names


def test_every_number_of_the_label_maps_has_its_structure() -> None:
    assert set(ANATOMY) - {0} <= set(codes.ANATOMY)
    assert set(LESION) - {0} == set(codes.TISSUES)
    for table, names in ((codes.ANATOMY, ANATOMY), (codes.TISSUES, LESION)):
        assert all(table[number].label == name for number, name in names.items() if number)


def test_present_and_absent_are_said_in_snomed_and_other_states_in_our_own_words() -> None:
    assert codes.state("present", "Present") == codes.PRESENT
    assert codes.state("ring", "Ring").scheme == SCHEME


def test_only_codes_that_mean_the_same_stand_beside_our_own() -> None:
    rows = [
        {"system": "SCT", "code": "1", "display": "Much more", "relation": "broader"},
        {"system": "RADLEX", "code": "RID1", "display": "The same", "relation": "same"},
    ]
    assert codes.own("ring", "Ring", rows).same == (Coded("RID1", "RADLEX", "The same"),)


def test_a_meaning_fits_dicoms_64_bytes() -> None:
    assert len(codes.shorten("é" * 60).encode()) <= 64
    assert codes.shorten("short") == "short"


def test_a_ucum_note_holds_no_space() -> None:
    assert codes.unit("{vertebrae from C1}").value == "{vertebrae_from_C1}"
