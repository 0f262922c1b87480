"""What the network is shown of a study and what becomes of its answer; a stand-in answers by brightness."""

from __future__ import annotations

import numpy as np
import phantoms
from segmentation.spines import AXIAL, SAGITTAL

from thecal.records import AlignedStudy, Grid, Role
from thecal.segmentation import tissues
from thecal.segmentation.frame import Image
from thecal.segmentation.tissues import CLASSES, CORD, GAIN, INPUTS, SAC, SIDES_MM, SLOTS, look

SPINE = phantoms.Spine()


def study_of(*kinds: tuple[Role, Grid]) -> AlignedStudy:
    return phantoms.aligned(*(phantoms.series(SPINE, role, grid, key=f"{number}-{role}", seed=number)
                              for number, (role, grid) in enumerate(kinds)))  # fmt: skip


def canal() -> tuple[Grid, np.ndarray]:
    truth = phantoms.truth(SPINE, study_of(("T2w", SAGITTAL))).anatomy["0-T2w"].volume
    return truth.grid, np.isin(truth.voxels, (1, 2))


class Shown:
    """A net that keeps what it was shown, and takes what is bright on T2w for sac and the rest for cord."""

    def __init__(self) -> None:
        self.images: list[Image] = []

    def __call__(self, image: Image) -> Image:
        self.images.append(image)
        share = np.full((len(CLASSES), *image.shape[1:]), 0.001, np.float32)
        bright = image[SLOTS.index("T2w")] > 1
        share[SAC][bright], share[CORD][~bright] = 0.988, 0.988
        return share


def test_sequences_stand_in_their_slots_and_missing_ones_leave_theirs_empty() -> None:
    net = Shown()
    assert look(study_of(("T2w", SAGITTAL), ("T1w_ce", SAGITTAL)), *canal(), net) is not None
    assert net.images
    for image in net.images:
        assert image.shape == (len(INPUTS), *SIDES_MM)
        assert {slot for number, slot in enumerate(INPUTS) if image[number].any()} == {"T2w", "T1w_ce"}


def test_what_contrast_added_is_shown_where_it_was_seen_before_and_after() -> None:
    net = Shown()
    look(study_of(("T1w", SAGITTAL), ("T1w_ce", SAGITTAL), ("T2w", AXIAL), ("T1w_ce", AXIAL)), *canal(), net)
    before, after = SLOTS.index("T1w"), SLOTS.index("T1w_ce")
    for image in net.images:
        assert bool(image[GAIN].any()) == bool(image[before].any())
        both = (image[before] != 0) & (image[after] != 0)
        assert np.allclose(image[GAIN][both], (image[after] - image[before])[both])


def test_planes_are_looked_at_one_by_one() -> None:
    net = Shown()
    look(study_of(("T2w", SAGITTAL), ("T1w", AXIAL), ("T2w", AXIAL)), *canal(), net)
    told = {tuple(bool(slot.any()) for slot in image[: len(SLOTS)]) for image in net.images}
    assert told == {(False, False, True, False, False), (True, False, True, False, False)}


def test_csf_is_found_where_it_lies_and_shares_are_whole_where_anything_was_seen() -> None:
    study, (grid, within) = study_of(("T2w", SAGITTAL)), canal()
    seen = look(study, grid, within, Shown())
    assert seen is not None
    assert np.allclose(seen.shares.sum(axis=0)[seen.seen], 1, atol=1e-4)
    assert not seen.shares[:, ~seen.seen].any()
    truth = phantoms.truth(SPINE, study).anatomy["0-T2w"].volume
    csf = seen.onto(truth.grid, (SAC,))
    assert csf[truth.voxels == 2].mean() > csf[truth.voxels == 1].mean() + 0.4


def test_nothing_is_told_where_no_sequence_is_known() -> None:
    assert look(study_of(("ADC", SAGITTAL)), *canal(), Shown()) is None


def test_two_planes_that_disagree_meet_in_between() -> None:
    answers = iter([0.9, 0.1])

    def net(image: Image) -> Image:
        share = np.zeros((len(CLASSES), *image.shape[1:]), np.float32)
        share[CORD] = next(answers)
        share[SAC] = 1 - share[CORD]
        return share

    short = phantoms.grid((53, 61, 15), (1.4, 0.9, 3.3), "PSR")
    study, (grid, within) = study_of(("T2w", short), ("T2w", AXIAL)), canal()
    seen = look(study, grid, within & (np.abs(np.arange(within.shape[1]) - 30) < 12)[None, :, None], net)
    assert seen is not None
    both = seen.shares[CORD][seen.seen]
    assert np.isclose(both, 0.5, atol=0.01).any()
    assert tissues.FLOOR < both.min() < 0.2
