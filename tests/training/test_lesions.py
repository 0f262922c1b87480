"""What the lesion network learns: every tissue has a class in the cord or beside it; what no sequence shows does not count."""

from __future__ import annotations

import numpy as np
import pytest

from thecal.segmentation import codes, tissues
from training.lesions import CLASSES, INPUTS, C, classes_of, shown

ALL = {"T1w": True, "T1w_ce": True, "T2w": True, "T2w_fs": True, "T2starw": True}


def test_the_package_reads_the_classes_and_slots_that_were_learned() -> None:
    assert CLASSES == tissues.CLASSES
    assert INPUTS == tissues.INPUTS


@pytest.mark.parametrize("anatomy", [1, 2, 0, 3])
def test_every_tissue_of_a_lesion_is_of_some_class_where_it_can_lie(anatomy: int) -> None:
    lesion = np.arange(13, dtype=np.uint8)
    told = classes_of(np.full(13, anatomy, np.uint8), lesion)
    only_in_cord = (codes.OEDEMA, codes.CORD_CHANGE, codes.POLAR_CYST, codes.SYRINX)
    for code in range(1, 13):
        beside = anatomy != 1 and code in only_in_cord
        assert (told[code] < 3) == beside
    assert told[0] == {1: C["cord"], 2: C["sac"]}.get(anatomy, 0)


def test_a_tumour_keeps_its_side_of_the_cord() -> None:
    told = classes_of(np.array([1, 2, 0], np.uint8), np.array([1, 1, 1], np.uint8))
    assert [CLASSES[k] for k in told] == ["enhancing in cord", "enhancing beside cord", "enhancing beside cord"]


def test_without_contrast_tumour_is_only_tumour_and_coating_does_not_count() -> None:
    names = ("enhancing in cord", "enhancing beside cord", "coating", "oedema")
    truth = np.array([C[name] for name in names], np.uint8).reshape(1, 2, 2)
    told, counts = shown(truth, {**ALL, "T1w_ce": False})
    assert [CLASSES[k] for k in told.ravel()[:2]] == ["solid in cord", "solid beside cord"]
    assert counts.ravel().tolist() == [True, True, False, True]
    _, counts = shown(truth, {**ALL, "T2w": False, "T2w_fs": False})
    assert counts.ravel().tolist() == [True, True, True, False]
