"""Enhancement is the gain from before to after contrast, measured against cord, and nothing without both."""

from __future__ import annotations

from dataclasses import replace

import phantoms
import pytest
from findings import spines
from phantoms import Blob, Spine

from thecal.records import Reading


def _reading(after: float, *, gains: tuple[float, float] = (1.0, 1.0), before: float = 0.8) -> Reading:
    blob = Blob(1, (0, 0, 0), (5, 4, 12), {"T1w": before, "T1w_ce": after}, within="cord")
    spine = spines.with_blobs(Spine(coil_bias=0.8), blob)
    pair = zip(("T1w", "T1w_ce"), gains, strict=True)
    images = [phantoms.series(spine, role, noise=0.03, gain=gain, seed=n) for n, (role, gain) in enumerate(pair)]  # type: ignore[arg-type]
    placed = phantoms.aligned(*images)
    return spines.read(placed, spines.truth(spine, placed))


@pytest.mark.parametrize(("after", "state"), [(0.8, "absent"), (1.12, "mild"), (2.0, "marked")])
def test_the_known_gain_is_recovered(after: float, state: str) -> None:
    finding = spines.seen(_reading(after), "enhancement")
    assert finding.state == state
    assert spines.value(finding) == pytest.approx(100 * (after / 0.8 - 1), abs=10)


def test_receiver_gains_of_the_two_images_are_nothing() -> None:
    assert spines.value(spines.seen(_reading(1.12, gains=(1.0, 3.0)), "enhancement")) == pytest.approx(40, abs=8)


def test_a_lesion_bright_before_contrast_does_not_enhance() -> None:
    assert spines.seen(_reading(1.6, before=1.6), "enhancement").state == "absent"


def test_a_nodule_in_a_cyst_speaks_for_itself() -> None:
    assert spines.seen(spines.case("mural_nodule"), "enhancement").state == "marked"


def test_the_enhancing_patches_of_a_large_lesion_count() -> None:
    assert spines.seen(spines.case("patchy"), "enhancement").state in ("mild", "marked")


def test_a_gain_on_the_border_is_left_open() -> None:
    finding = spines.seen(_reading(0.8 * 2.0), "enhancement")
    assert finding.probabilities is not None
    assert 0.2 < finding.probabilities["marked"] < 0.8


def test_post_contrast_images_alone_say_nothing() -> None:
    assert spines.gap(spines.reading_of(spines.INSIDE, ("T2w", "T1w_ce")), "enhancement") == "no T1w before contrast"


def test_a_loose_alignment_makes_the_gain_less_sure() -> None:
    placed = spines.study(spines.INSIDE)
    loose = replace(placed, residual_mm={**placed.residual_mm, "acq-sag_T1w_ce": 2.5})
    sure, unsure = (
        spines.seen(spines.read(one, spines.truth(spines.INSIDE, placed)), "enhancement").measurement
        for one in (placed, loose)
    )
    assert sure is not None
    assert unsure is not None
    assert (unsure.sd or 0) > (sure.sd or 0)
