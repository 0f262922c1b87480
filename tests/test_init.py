"""What `import thecal` offers, and what the quick commands leave unloaded."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import thecal

HEAVY = (
    "SimpleITK",
    "highdicom",
    "onnxruntime",
    "matplotlib",
    "fastapi",
    "uvicorn",
    "sqlalchemy",
    "alembic",
    "dask",
    "scipy.stats",
    "nibabel",
    "pydicom",
)


def test_the_package_offers_the_verbs_and_the_records() -> None:
    verbs = {name for name in thecal.__all__ if name.islower()}
    assert verbs == {
        "align", "check", "compose", "load_knowledge", "measure", "pool", "rank", "read", "read_files", "segment", "simulate",
    }  # fmt: skip
    assert set(thecal.__all__) - verbs == {
        "AlignedStudy", "Change", "Comparison", "Differential", "Finding", "Identity", "LabelMap", "Lesion", "NotAssessed",
        "ProtocolCheck", "Rates", "Reading", "Report", "Segmentation", "Series", "Study", "ThecalError", "Volume",
    }  # fmt: skip


@pytest.mark.parametrize("name", thecal.__all__)
def test_each_name_is_there_when_it_is_asked_for(name: str) -> None:
    assert getattr(thecal, name) is not None


def test_a_name_it_does_not_offer_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'diagnose'"):
        import_module("thecal").diagnose  # noqa: B018


def loaded_by(code: str) -> set[str]:
    told = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print('\\nLOADED', *sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(told.stdout.split("LOADED", 1)[1].split())


def test_help_loads_no_library_of_weight() -> None:
    loaded = loaded_by("from thecal import cli\ntry: cli.main(['--help'])\nexcept SystemExit: pass")
    assert not loaded & {*HEAVY, "numpy", "scipy", "pydantic", "rich", "yaml"}


def test_ranking_a_case_loads_no_image_library(tmp_path: Path) -> None:
    case = tmp_path / "case.json"
    case.write_text('{"id": "a", "findings": {"compartment": "intramedullary"}}')
    loaded = loaded_by(f"from thecal import cli; assert cli.main(['differential', {str(case)!r}]) == 0")
    assert not loaded & set(HEAVY)
