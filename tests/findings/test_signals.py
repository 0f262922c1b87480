"""Signal relative to normal cord is recovered whatever the coil, the gain and the sequence."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import phantoms
import pytest
from findings import spines
from phantoms import Blob, Spine

from thecal.records import Reading


def _reading(t2: float, t1: float, spine: Spine | None = None, *, gain: float = 1.0) -> Reading:
    shaded = spine or Spine(coil_bias=1.2)
    blob = Blob(8, (0, 0, 0), (5, 4, 12), {"T2w": t2, "T1w": t1}, within="cord")
    shaded = spines.with_blobs(shaded, blob)
    images = [phantoms.series(shaded, role, noise=0.03, gain=gain, seed=n) for n, role in enumerate(("T2w", "T1w"))]  # type: ignore[arg-type]
    placed = phantoms.aligned(*images)
    return spines.read(placed, spines.truth(shaded, placed))


@pytest.mark.parametrize(
    ("t2", "t1", "t2_state", "t1_state"),
    [
        (1.8, 0.75, "hyperintense", "hypointense"), (1.0, 1.0, "isointense", "isointense"),
        (0.6, 1.4, "hypointense", "hyperintense"),
    ],
)  # fmt: skip
def test_ratio_and_state_are_recovered_under_a_shaded_coil(t2: float, t1: float, t2_state: str, t1_state: str) -> None:
    reading = _reading(t2, t1)
    for code, ratio, state in (("t2_signal", t2, t2_state), ("t1_signal", t1, t1_state)):
        finding = spines.seen(reading, code)
        assert finding.state == state
        assert spines.value(finding) == pytest.approx(ratio, rel=0.05)


def test_the_receiver_gain_is_nothing() -> None:
    plain, loud = _reading(1.8, 0.75), _reading(1.8, 0.75, gain=7.0)
    for code in ("t1_signal", "t2_signal"):
        assert spines.value(spines.seen(loud, code)) == pytest.approx(spines.value(spines.seen(plain, code)), rel=0.01)


def test_a_ratio_on_the_border_is_left_open() -> None:
    finding = spines.seen(_reading(1.20, 1.0), "t2_signal")
    assert finding.probabilities is not None
    assert max(finding.probabilities.values()) < 0.8


def test_a_lesion_half_dark_half_bright_is_mixed() -> None:
    spine = spines.with_blobs(
        spines.WIDE, Blob(1, (0, 0, 0), (7, 6, 16), {"T2w": 0.5, "T1w": 0.6}, within="cord"),
        Blob(1, (0, 0, 9), (7, 6, 8), {"T2w": 1.9, "T1w": 1.5}, within="cord"),
    )  # fmt: skip
    reading = spines.reading_of(spine, ("T2w", "T1w"))
    assert spines.seen(reading, "t2_signal").state == "mixed"
    assert spines.seen(reading, "t1_signal").state == "mixed"


def test_cysts_and_oedema_do_not_speak_for_the_solid_part() -> None:
    assert spines.value(spines.seen(spines.case("cysts"), "t2_signal")) == pytest.approx(1.6, rel=0.05)
    assert spines.value(spines.seen(spines.case("mural_nodule"), "t1_signal")) == pytest.approx(0.9, rel=0.08)


def test_without_normal_cord_in_view_csf_stands_in_and_is_less_sure() -> None:
    filled = spines.with_blobs(Spine(), Blob(8, (0, 0, 0), (30, 30, 300), {"T2w": 1.8, "T1w": 0.8}, within="cord"))
    reading = spines.reading_of(filled, ("T2w", "T1w"))
    finding = spines.seen(reading, "t2_signal")
    assert finding.state == "hyperintense"
    assert "CSF" in finding.method
    assert finding.measurement is not None
    assert (finding.measurement.sd or 0) > 0.2


def test_without_cord_nothing_is_said() -> None:
    placed = spines.study(spines.INSIDE, ("T2w",))
    bare = spines.without(spines.truth(spines.INSIDE, placed), 1)
    assert spines.gap(spines.read(placed, bare), "t2_signal") == "the spinal cord was not drawn"


def test_fat_suppressed_t2w_stands_in_and_says_so() -> None:
    blob = replace(spines.CORE, ratio={"T2w_fs": 1.7})
    finding = spines.seen(spines.reading_of(spines.with_blobs(Spine(), blob), ("T2w_fs",)), "t2_signal")
    assert finding.state == "hyperintense"
    assert "fat-suppressed" in finding.method


def test_a_noisier_image_makes_the_ratio_less_sure() -> None:
    sds = []
    for noise in (0.02, 0.3):
        placed = spines.study(spines.INSIDE, ("T2w",), noise=noise)
        finding = spines.seen(spines.read(placed, spines.truth(spines.INSIDE, placed)), "t2_signal")
        assert finding.measurement is not None
        sds.append(finding.measurement.sd or np.nan)
    assert sds[1] > sds[0]
