"""A result is written whole or not at all, and nothing else in the folder is touched."""

import os
import resource
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import nibabel
import numpy as np
import pytest
from examples import OBLIQUE, volume

from thecal import results
from thecal.records import CallWrong, LabelMap, ReportUnwritable, Volume


def put(folder: Path, **entries: str) -> None:
    with results.staged(folder) as partial:
        for name, text in entries.items():
            (partial / name.replace("_", ".")).write_text(text)


def names(folder: Path) -> set[str]:
    return {entry.name for entry in folder.iterdir()}


def test_a_new_result_replaces_the_old_one_and_its_leftovers(tmp_path: Path) -> None:
    put(tmp_path / "out", report_html="old", comparison_json="old")
    put(tmp_path / "out", report_html="new")
    assert (tmp_path / "out" / "report.html").read_text() == "new"
    assert names(tmp_path / "out") == {"report.html"}


def test_files_that_are_not_ours_stay(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    put(tmp_path, report_html="new")
    assert names(tmp_path) == {"notes.txt", "report.html"}
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_a_failure_while_writing_leaves_the_old_result(tmp_path: Path) -> None:
    put(tmp_path / "out", report_html="old")
    with pytest.raises(ReportUnwritable, match="No space left"), results.staged(tmp_path / "out") as partial:
        (partial / "report.html").write_text("new")
        raise OSError(28, "No space left on device")
    assert (tmp_path / "out" / "report.html").read_text() == "old"
    assert names(tmp_path / "out") == {"report.html"}


def test_a_failure_while_entries_change_places_puts_them_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / "out", findings_json="old", report_html="old")
    move = results._move
    monkeypatch.setattr(
        results, "_move", lambda a, b: _refuse() if b == tmp_path / "out" / "report.html" else move(a, b)
    )
    with pytest.raises(ReportUnwritable):
        put(tmp_path / "out", findings_json="new", report_html="new")
    assert {(tmp_path / "out" / name).read_text() for name in ("findings.json", "report.html")} == {"old"}


def _refuse() -> tuple[Path, Path]:
    raise OSError(5, "Input/output error")


def test_ctrl_c_while_writing_leaves_no_trace(tmp_path: Path, heard_interrupt: None) -> None:
    with pytest.raises(KeyboardInterrupt), results.staged(tmp_path / "out"):
        os.kill(os.getpid(), signal.SIGINT)
    assert not (tmp_path / "out").exists()


@pytest.fixture
def small_disk() -> Iterator[None]:
    """No file may grow beyond 4 kB, as on a disk that is full."""
    before, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, handler)


def test_a_full_disk_is_told_and_the_old_result_stays(tmp_path: Path, small_disk: None) -> None:
    put(tmp_path / "out", report_html="old")
    with pytest.raises(ReportUnwritable, match="Nothing was changed"):
        put(tmp_path / "out", report_html="new" * 5000)
    assert (tmp_path / "out" / "report.html").read_text() == "old"


def test_a_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(ReportUnwritable, match="a folder that can be written"):
        put(tmp_path / "out", report_html="new")


def test_a_written_image_comes_back_to_the_voxel_and_the_millimetre(tmp_path: Path) -> None:
    results.write_nifti(volume(1), tmp_path / "a.nii.gz")
    results.write_nifti(volume(1), tmp_path / "b.nii.gz")
    back = nibabel.load(tmp_path / "a.nii.gz")
    np.testing.assert_array_equal(np.asarray(back.dataobj), volume(1).voxels)
    np.testing.assert_allclose(back.affine, OBLIQUE, atol=1e-4)
    assert (tmp_path / "a.nii.gz").read_bytes() == (tmp_path / "b.nii.gz").read_bytes()


def test_a_label_map_is_int16_with_a_sidecar(tmp_path: Path) -> None:
    label = LabelMap(
        Volume(np.ones((3, 4, 5), np.uint8), OBLIQUE), {1: "spinal cord"}, "T2w", "classic", "", ("the whole canal",)
    )
    results.write_label_map(label, tmp_path / "anatomy.nii.gz")
    assert nibabel.load(tmp_path / "anatomy.nii.gz").get_data_dtype() == np.int16
    assert '"the whole canal"' in (tmp_path / "anatomy.json").read_text()


def test_an_earlier_result_that_is_none_is_a_wrong_call(tmp_path: Path) -> None:
    with pytest.raises(CallWrong, match=r"no report\.json"):
        results.read_earlier(tmp_path)


def test_an_image_that_lies_on_the_reference_grid_stays_as_it_is_and_others_come_onto_it() -> None:
    there = volume(1)
    assert results._placed(there, there.grid, np.eye(4)) is there
    shift = np.eye(4)
    shift[:3, 3] = there.affine[:3, 1]  # one voxel along the second axis
    moved = results._placed(there, there.grid, shift)
    assert moved.voxels.dtype == there.voxels.dtype
    np.testing.assert_array_equal(moved.voxels[:, 1:], there.voxels[:, :-1])
    halves = replace(there, voxels=there.voxels / np.float32(2))
    assert results._placed(halves, there.grid, shift).voxels.dtype == np.float32
