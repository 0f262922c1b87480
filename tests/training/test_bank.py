"""A bank's blocks: the simulator's own anatomy, kept and read back as it was made, its arches parted from its bodies."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from thecal.simulation.protocols import find_protocol
from training import bank

# The bank's third block is a diseased cord at 3 T, its second a tumour.
NUMBER = 2


@pytest.fixture(scope="module")
def block() -> bank.Block:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bank, "CELLS", (100, 110, 90))
        patch.setitem(
            __import__("thecal.simulation.protocols", fromlist=["x"]).PROTOCOLS, "standard", find_protocol("tiny")
        )
        return bank.make(NUMBER)


def test_a_block_holds_cord_bodies_arches_and_its_lesion(block: bank.Block) -> None:
    assert block.tissue.shape == block.anatomy.shape == block.lesion.shape == (100, 110, 90)
    assert block.entity != "healthy"
    assert (block.anatomy == bank.ARCH).any()
    assert ((block.anatomy > 10) & (block.anatomy < 50)).any()
    assert (block.lesion > 0).any()
    assert block.tissue.max() < len(block.palette.names)


def test_arches_lie_behind_bodies(block: bank.Block) -> None:
    bodies = np.argwhere((block.anatomy > 10) & (block.anatomy < 50))
    arches = np.argwhere(block.anatomy == bank.ARCH)
    assert arches[:, 1].mean() < bodies[:, 1].mean() - 15


def test_what_is_kept_is_read_back(block: bank.Block, tmp_path: Path) -> None:
    block.save(tmp_path / "00002.npz")
    again = bank.load(tmp_path / "00002.npz")
    assert [path.name for path in tmp_path.iterdir()] == ["00002.npz"]
    for name in ("tissue", "anatomy", "lesion"):
        assert np.array_equal(getattr(again, name), getattr(block, name))
    assert again.palette.names == block.palette.names
    assert again.palette.tissues == block.palette.tissues
    assert (again.entity, again.palette.field_t) == (block.entity, block.palette.field_t)
