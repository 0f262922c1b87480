"""A canal that is wider at the lesion than above and below it has given way."""

from __future__ import annotations

import numpy as np
import pytest
from findings import asked, spines
from numpy.typing import NDArray
from phantoms import Blob, Spine

from thecal.findings import bone_remodelling
from thecal.records import Segmentation

SPINE = spines.with_blobs(Spine(), Blob(1, (0, 6.5, 0), (5, 3, 9), spines.NODULE, within="csf"))


def _widened(factor: float, maps: Segmentation) -> Segmentation:
    """The epidural space around the sac, its outline times a factor within 14 mm of the lesion's middle."""

    def paint(codes: NDArray[np.int16], local: asked.Local) -> NDArray[np.int16]:
        scale = np.where(np.abs(local[..., 2]) < 14, 1.2 * factor, 1.2)
        codes[asked.within(local, SPINE.sac_radii, scale) & (codes != 1) & (codes != 2)] = asked.EPIDURAL
        return codes

    return asked.redrawn(SPINE, maps, paint)


@pytest.mark.parametrize(("factor", "state"), [(1.0, "absent"), (1.05, "absent"), (1.3, "present")])
def test_the_ratio_of_areas_is_recovered(factor: float, state: str) -> None:
    finding = asked.seen(bone_remodelling, SPINE, ("T2w",), change=lambda maps: _widened(factor, maps))
    assert finding.state == state
    assert spines.value(finding) == pytest.approx(factor**2, rel=0.06)
    assert finding.method.startswith("area of the canal")


def test_without_the_epidural_space_the_sac_stands_for_the_canal_and_is_less_sure() -> None:
    plain = asked.seen(bone_remodelling, SPINE, ("T2w",))
    drawn = asked.seen(bone_remodelling, SPINE, ("T2w",), change=lambda maps: _widened(1.0, maps))
    assert plain.state == "absent"
    assert plain.method.startswith("area of the thecal sac")
    assert plain.measurement is not None
    assert drawn.measurement is not None
    assert (plain.measurement.sd or 0) > (drawn.measurement.sd or 0)


def test_a_lesion_that_fills_the_field_leaves_nothing_to_compare_with() -> None:
    long = spines.with_blobs(Spine(), Blob(1, (0, 6.5, 0), (5, 3, 80), spines.NODULE, within="csf"))
    assert asked.gap(bone_remodelling, long, ("T2w",)) == "no canal above or below the lesion to compare with"


def test_without_the_sac_it_is_not_assessed() -> None:
    why = asked.gap(bone_remodelling, SPINE, ("T2w",), change=lambda maps: spines.without(maps, 2))
    assert why == "the thecal sac was not drawn"
