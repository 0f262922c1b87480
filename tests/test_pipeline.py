"""What a correction leaves to be measured anew, and that the outcome is the same as measuring everything."""

from __future__ import annotations

from typing import Any

import numpy as np
import phantoms
import pytest
from findings.spines import study
from phantoms import Blob, Spine

import thecal.findings as room
from thecal import corrections, knowledge, pipeline, segmentation
from thecal.records import Change, Drawn, Edit, Identity, Lesion, Reading
from thecal.records.geometry import voxel_to_mm

SPINE = Spine(
    blobs=(
        Blob(1, (0, 0, 24), (4, 4, 8), {"T2w": 1.8, "T1w": 0.8, "T1w_ce": 1.8}, within="cord"),
        Blob(1, (0, 7, -26), (4, 3, 7), {"T2w": 1.0, "T1w": 1.0, "T1w_ce": 2.2}, instance=2, within="csf"),
    )
)
ALIGNED = study(SPINE)
TRUTH = phantoms.truth(SPINE, ALIGNED)
UPPER, LOWER = "2.25.1", "2.25.2"


def erased(share: float, at: str) -> Change:
    """The upper part of the upper lesion rubbed out."""
    made = TRUTH.composed_instances
    assert made is not None
    index = np.argwhere(made.volume.voxels == 1)
    height = voxel_to_mm(made.volume.grid, index)[:, 2]
    places = np.ravel_multi_index(
        tuple(index[height > np.quantile(height, share)].T), made.volume.shape, order="F"
    )  # fmt: skip
    return Change("map/lesion", None, Drawn((Edit(0, 0, corrections.runs_of(np.sort(places))),)), "A. Reader", at)


def read(changes: tuple[Change, ...], memory: dict[str, Any]) -> Reading:
    return pipeline.read(
        ALIGNED.study, Identity(), knowledge.load(), changes=changes, memory=memory, draw=False
    ).report.reading  # fmt: skip


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The lesions of which the signal on T2w was measured, in their order."""
    seen: list[str] = []
    module: Any = next(one for one in room.MODULES if one.CODE == "t2_signal")
    measure = module.measure

    def note(aligned: Any, drawn: Any, lesion: Lesion) -> Any:
        seen.append(lesion.tracking_uid)
        return measure(aligned, drawn, lesion)

    monkeypatch.setattr(module, "measure", note)
    monkeypatch.setattr(segmentation, "segment", lambda *_, **__: TRUTH)
    return seen


def test_a_stroke_on_one_lesion_measures_that_lesion_and_tells_the_same_as_measuring_all(asked: list[str]) -> None:
    memory: dict[str, Any] = {}
    read((), memory)
    assert asked == [UPPER, LOWER]
    first, second = erased(0.8, "t1"), erased(0.6, "t2")
    read((first,), memory)
    after = read((first, second), memory)
    assert asked == [UPPER, LOWER, UPPER, UPPER]
    whole = read((first, second), {})
    assert [(one.code, one.subject) for one in after.findings] == [(one.code, one.subject) for one in whole.findings]
    assert after.not_assessed == whole.not_assessed
    for mine, all_of_it in zip(after.findings, whole.findings, strict=True):
        if mine.subject != LOWER:
            assert mine == all_of_it
        assert mine.state == all_of_it.state
        assert mine.probabilities == pytest.approx(all_of_it.probabilities, abs=0.02)
        if mine.value is not None:
            assert mine.value == pytest.approx(all_of_it.value, rel=0.02)


def test_what_failed_is_tried_again_and_keeps_its_hole(asked: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    module: Any = next(one for one in room.MODULES if one.CODE == "t1_signal")

    def break_down(*_: object) -> None:
        raise ZeroDivisionError("no cord")

    monkeypatch.setattr(module, "measure", break_down)
    memory: dict[str, Any] = {}
    for changes in ((), (erased(0.8, "t1"),)):
        made = pipeline.read(
            ALIGNED.study, Identity(), knowledge.load(), changes=changes, memory=memory, draw=False
        )  # fmt: skip
        assert len([one for one in made.report.holes if one.stage == "measure t1_signal"]) == 2
    assert asked == [UPPER, LOWER, UPPER]
