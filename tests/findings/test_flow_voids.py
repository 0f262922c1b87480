"""Vessels give no signal on any image; blood does on T1w. Strands in the CSF count by their length."""

from __future__ import annotations

import phantoms
from findings import darkness, spines
from phantoms import Blob, Spine

CODE = "flow_voids"


def test_what_is_black_on_t2w_and_t1w_within_the_lesion_is_a_vessel() -> None:
    reading = darkness.case("void")
    finding = spines.seen(reading, CODE)
    assert finding.probabilities is not None
    assert finding.state == "present"
    assert spines.seen(reading, "flow_void_site").state == "intralesional"


def test_old_blood_and_plain_tumour_are_no_vessels() -> None:
    for name in ("speck", "plain"):
        assert spines.seen(darkness.case(name), CODE).state == "absent"
        assert spines.gap(darkness.case(name), "flow_void_site") == "no flow voids were seen"


def test_long_dark_strands_behind_the_cord_are_perimedullary() -> None:
    strand = Blob(0, (0, -8.0, 0), (1.8, 1.6, 33), darkness.VOID, within="csf")
    small = Blob(1, (0, 0, 0), (4, 3, 6), darkness.TUMOUR, within="cord")
    spine = spines.with_blobs(Spine(sac_radii=(13.0, 12.0)), small, strand)
    grid = phantoms.grid((71, 85, 19), (1.0, 1.2, 2.0))
    reading = spines.reading_of(spine, ("T2w", "T1w"), grids={"T2w": grid})
    assert spines.seen(reading, CODE).state == "present"
    assert spines.seen(reading, "flow_void_site").state == "perimedullary"
