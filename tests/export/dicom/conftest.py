"""One study and its objects, made once."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from export.dicom import studies

from thecal.export import dicom
from thecal.knowledge import load

Study = tuple[studies.Made, Mapping[str, bytes]]


@pytest.fixture(scope="session")
def classic(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """A study of single slices, and the bytes of its objects by name."""
    return _written(studies.make(tmp_path_factory.mktemp("classic")))


@pytest.fixture(scope="session")
def enhanced(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """A study of one multi-frame object, and the bytes of its objects by name."""
    return _written(studies.make(tmp_path_factory.mktemp("enhanced"), kind="enhanced"))


def _written(made: studies.Made) -> Study:
    return made, dicom.write(made.report, made.aligned, made.segmented, load().codes, b"%PDF-1.7\n%%EOF").files
