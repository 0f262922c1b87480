from __future__ import annotations

import numpy as np
import phantoms
import pytest

from thecal.ingest.looks import judge_by_look
from thecal.records import Role, Volume


def look(role: Role) -> tuple[str, float]:
    """The judgement on a drawn spine of that role, its values alone."""
    drawn = phantoms.series(phantoms.Spine(), role, samples=1).volume
    assert drawn is not None
    return judge_by_look(drawn)


@pytest.mark.parametrize("role", ["T1w", "T2w"])
def test_t1_and_t2_are_told_apart_by_the_look_alone(role: Role) -> None:
    assert look(role)[0] == role


def test_a_judgement_by_look_is_never_sure() -> None:
    assert max(look("T1w")[1], look("T2w")[1]) < 0.6


def test_hounsfield_units_give_ct_away() -> None:
    values = np.full((37, 53, 29), -1000, np.int16)
    values[10:25, 15:40, 5:25] = 40
    assert judge_by_look(Volume(values, np.eye(4)))[0] == "ct"


def test_noise_and_emptiness_are_nothing() -> None:
    empty = np.zeros((37, 53, 29), np.float32)
    assert judge_by_look(Volume(empty, np.eye(4)))[0] == "other"
    assert judge_by_look(Volume(empty[:3, :3, :3], np.eye(4)))[0] == "other"
