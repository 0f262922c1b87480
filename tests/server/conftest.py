"""A data folder with one study that was read, made once; each test works on its own copy."""

from pathlib import Path

import pytest
from server import rooms
from server.rooms import Room


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A data folder with one study, and the study's id."""
    folder = tmp_path_factory.mktemp("archive") / "data"
    return folder, rooms.make_data(folder)


@pytest.fixture
def room(data: tuple[Path, str], tmp_path: Path) -> Room:
    """A reading room over a copy of the data."""
    return rooms.enter(rooms.copy(data[0], tmp_path / "data"), data[1])


@pytest.fixture
def empty(tmp_path: Path) -> Room:
    """A reading room without a study."""
    return rooms.enter(tmp_path / "data")
