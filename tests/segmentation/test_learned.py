"""The network beside edges: where it is asked, what it may add, and what it leaves alone."""

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import phantoms
import pytest
import yaml

import thecal.segmentation
from thecal.records import Series
from thecal.segmentation import filling, network
from thecal.segmentation.drawing import Drawing, draw
from thecal.segmentation.frame import Image
from thecal.segmentation.outline import CORD_RADII, tube_of

ROOM = Path(thecal.segmentation.__file__).parent
SPINE = phantoms.Spine(bend_mm=0.0)


@pytest.fixture(scope="module")
def series() -> Series:
    return phantoms.series(SPINE, "T2w", key="only")


@pytest.fixture(scope="module")
def drawing(series: Series) -> Drawing:
    return draw(series)


def without_cord(drawing: Drawing, low: float, high: float) -> Drawing:
    """The drawing as if edges had lost the cord between two heights."""
    z, line = drawing.cord.z, drawing.line
    lost = replace(line, cord=line.cord & ~((line.z > low) & (line.z < high)))
    return replace(drawing, cord=drawing.cord.part((z <= low) | (z >= high)), line=lost)


def seeing(drawing: Drawing, certainty: float) -> network.Net:
    """A network that is never asked for voxels: look is replaced by what the drawing knows, at a certainty."""
    share = np.where(drawing.cord_share > 0.5, certainty, 0).astype(np.float32)

    def net(image: Image) -> Image:
        raise AssertionError("not asked")

    net.share = share  # type: ignore[attr-defined]
    return net


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filling, "look", lambda frame, line, net: net.share)


def test_the_card_names_the_weights_that_are_stored() -> None:
    card = yaml.safe_load((ROOM / "learned.card.yaml").read_text(encoding="utf-8"))
    stored = b"".join((ROOM / name).read_bytes() for name in card["weights"])
    assert hashlib.sha256(stored).hexdigest() == card["digest"] == network.digest()


@pytest.mark.usefixtures("told")
def test_a_lost_stretch_is_filled_where_the_network_is_sure(drawing: Drawing) -> None:
    middle = float(drawing.cord.z.mean())
    broken = without_cord(drawing, middle - 12, middle + 12)
    filled = filling.fill(broken, seeing(drawing, 0.9))
    assert filled.cord.at(middle) is not None
    assert broken.cord.at(middle) is None
    assert filled.line.cord.sum() > broken.line.cord.sum()


@pytest.mark.usefixtures("told")
def test_a_network_that_hesitates_adds_nothing(drawing: Drawing) -> None:
    middle = float(drawing.cord.z.mean())
    broken = without_cord(drawing, middle - 12, middle + 12)
    assert filling.fill(broken, seeing(drawing, 0.6)) is broken


@pytest.mark.usefixtures("told")
def test_edges_stay_where_they_were_seen(drawing: Drawing) -> None:
    middle = float(drawing.cord.z.mean())
    broken = without_cord(drawing, middle - 12, middle + 12)
    filled = filling.fill(broken, seeing(drawing, 0.9))
    above = float(broken.cord.z[-1])
    kept, before = filled.cord.at(above), broken.cord.at(above)
    assert kept is not None
    assert before is not None
    assert np.array_equal(kept.radius, before.radius)


def test_a_drawing_without_loss_asks_no_network(drawing: Drawing) -> None:
    whole = replace(
        drawing, line=replace(drawing.line, z=np.linspace(drawing.cord.z[0], drawing.cord.z[-1], len(drawing.line)))
    )
    assert filling.fill(whole, seeing(drawing, 0.9)) is whole


def test_the_network_finds_the_cord_of_a_phantom_it_was_not_trained_on(series: Series, drawing: Drawing) -> None:
    share = network.look(drawing.frame, drawing.line, network.load(network.ANATOMY))
    both = float(((share > 0.5) & (drawing.cord_share > 0.5)).sum())
    assert 2 * both / float((share > 0.5).sum() + (drawing.cord_share > 0.5).sum()) > 0.6


def test_a_tube_of_a_map_has_the_area_of_the_map() -> None:
    x, y, _ = np.ogrid[:40, :37, :29]
    share = (np.hypot((x - 20) * 0.5, (y - 18) * 0.5) < 5.0) * np.ones((1, 1, 29))
    tube = tube_of(share.astype(np.float32), np.array([0.5, 0.5, 1.0]), 1.0, CORD_RADII)
    assert tube.areas_mm2() == pytest.approx(np.pi * 25, rel=0.05)
    assert len(tube) == 29
