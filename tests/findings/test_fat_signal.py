"""Fat is bright on T1w and gives way to fat suppression; without suppression it is not told from blood."""

from __future__ import annotations

from dataclasses import replace

import phantoms
from findings import darkness, spines

CODE = "fat_signal"


def test_a_bright_part_that_inversion_darkens_is_probably_fat() -> None:
    finding = spines.seen(darkness.case("fat"), CODE)
    assert finding.state == "present"
    assert finding.probabilities is not None
    assert finding.probabilities["present"] < 0.8
    assert "inversion" in finding.method


def test_suppressed_after_contrast_it_is_surely_fat() -> None:
    spine = darkness.BLOODY["fat"]
    blobs = tuple(replace(one, ratio={**one.ratio, "T1w_ce": 0.1}) if one.code == 2 else one for one in spine.blobs)
    images = [phantoms.series(replace(spine, blobs=blobs), role, seed=n) for n, role in enumerate(spines.FULL)]  # type: ignore[arg-type]
    post = images[2]
    assert post.volume is not None
    suppressed = post.volume.voxels.copy()
    suppressed[images[1].volume.voxels > 800] = 40.0  # type: ignore[union-attr]
    images[2] = replace(post, volume=replace(post.volume, voxels=suppressed), fat_suppressed=True)
    placed = phantoms.aligned(*images)
    finding = spines.seen(spines.read(placed, phantoms.truth(spine, placed)), CODE)
    assert finding.probabilities is not None
    assert finding.probabilities["present"] > 0.9


def test_without_a_bright_part_there_is_no_fat() -> None:
    assert spines.seen(darkness.case("plain"), CODE).state == "absent"


def test_bright_without_suppression_is_not_assessed() -> None:
    assert "no fat-suppressed image" in spines.gap(darkness.case("fat", spines.FULL), CODE)
