"""A sac narrowed from front to back is stenosed; beside a lesion it is the lesion's doing."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import phantoms
import pytest
from findings import asked, spines
from numpy.typing import NDArray
from phantoms import Blob, Spine

from thecal.findings import canal_stenosis
from thecal.records import Segmentation


def _narrowed(spine: Spine, at_mm: float, share: float) -> Callable[[Segmentation], Segmentation]:
    """The sac cut down to a share of its depth within 4 mm of a height, the cord with it."""

    def paint(codes: NDArray[np.int16], local: asked.Local) -> NDArray[np.int16]:
        band = np.abs(local[..., 2] - at_mm) < 4
        flat = asked.within(local, (spine.sac_radii[0], share * spine.sac_radii[1]))
        codes[band & (codes <= 2) & ~flat] = 0
        return codes

    return lambda maps: asked.redrawn(spine, maps, paint)


@pytest.mark.parametrize(("share", "state"), [(1.0, "absent"), (0.85, "absent"), (0.5, "present")])
def test_the_depth_that_is_left_is_measured(share: float, state: str) -> None:
    spine = Spine(bend_mm=0.0)
    finding = asked.seen(canal_stenosis, spine, ("T2w",), instance=None, change=_narrowed(spine, 11.0, share))
    assert finding.state == state
    assert spines.value(finding) == pytest.approx(share, abs=0.08)
    if state == "present":
        assert finding.where is not None
        assert finding.where.z == pytest.approx(11, abs=5)
        assert "T" in finding.method, "the level is named"


def test_what_a_lesion_narrows_is_not_stenosis() -> None:
    spine = spines.with_blobs(Spine(), Blob(10, (0, -9, 11), (8, 5, 8), spines.NODULE))
    finding = asked.seen(canal_stenosis, spine, ("T2w",), instance=None, change=_narrowed(spine, 11.0, 0.5))
    assert finding.state == "absent"


def test_a_lesion_along_all_of_the_canal_leaves_none_to_judge() -> None:
    spine = spines.with_blobs(Spine(), Blob(1, (0, 6.5, 0), (5, 3, 400), spines.NODULE, within="csf"))
    assert "takes up all of the canal" in asked.gap(canal_stenosis, spine, ("T2w",), instance=None)


def test_too_little_of_the_sac_is_not_assessed() -> None:
    short = phantoms.grid((37, 25, 29), (1.5, 2.0, 1.2))
    assert asked.gap(canal_stenosis, Spine(), ("T2w",), grids={"T2w": short}, instance=None).startswith(
        "less than 60 mm"
    )


def test_without_levels_or_sac_it_is_not_assessed() -> None:
    for codes, why in (
        (range(11, 101), "fewer than two vertebrae are labelled"),
        ((2,), "the thecal sac was not drawn"),
    ):
        bare = asked.gap(
            canal_stenosis,
            Spine(),
            ("T2w",),
            instance=None,
            change=lambda maps, c=codes: spines.without(maps, *c),  # type: ignore[misc]
        )
        assert bare == why
