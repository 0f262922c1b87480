"""The door of the room: segmenters by name, their cards, what flows between them."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

import thecal.segmentation
from thecal.records import AlignedStudy, CallWrong, Study
from thecal.segmentation import SEGMENTERS, segment, segmenter
from thecal.segmentation.codes import ANATOMY, LESION
from thecal.segmentation.lesions import LESION_THRESHOLD

ROOM = Path(thecal.segmentation.__file__).parent


def numbers(told: list[int | str]) -> set[int]:
    out: set[int] = set()
    for item in told:
        low, _, high = str(item).partition("-")
        out |= set(range(int(low), int(high or low) + 1))
    return out


def test_every_segmenter_has_a_card_and_every_card_a_segmenter() -> None:
    assert {path.name.removesuffix(".card.yaml") for path in ROOM.glob("*.card.yaml")} == set(SEGMENTERS)


@pytest.mark.parametrize("name", SEGMENTERS)
def test_a_card_says_what_the_segmenter_fills(name: str) -> None:
    card = yaml.safe_load((ROOM / f"{name}.card.yaml").read_text(encoding="utf-8"))
    assert card["name"] == name
    assert set(card["fills"]) <= {"anatomy", "lesions"}
    assert numbers(card["labels"]["anatomy"]) <= set(ANATOMY)
    assert numbers(card["labels"]["lesion"]) <= set(LESION)
    assert card["licence"]
    assert {"input", "digest"} <= set(card)


def test_the_card_of_classic_states_the_one_threshold() -> None:
    card = yaml.safe_load((ROOM / "classic.card.yaml").read_text(encoding="utf-8"))
    assert card["lesion_threshold"] == LESION_THRESHOLD


def test_an_unknown_segmenter_is_a_wrong_call() -> None:
    with pytest.raises(CallWrong, match="classic"):
        segmenter("nobody")


def test_without_segmenters_nothing_is_claimed() -> None:
    made = segment(AlignedStudy(Study(()), None), segmenters=())
    assert not made.anatomy
    assert made.lesion_threshold is None
