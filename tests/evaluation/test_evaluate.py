"""thecal evaluate: what a person gets for files, folders and mistakes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest

from thecal import cli

SHAPE = (37, 53, 29)
OBLIQUE = np.array([[3.3, 0.1, 0.0, -20.0], [0.2, 0.8, 0.05, -60.0], [0.1, -0.05, 0.79, 400.0], [0.0, 0.0, 0.0, 1.0]])


def write(path: Path, label: int = 1, shift: int = 0, affine: Any = OBLIQUE, values: Any = None) -> Path:
    """A box of one label, moved along the second axis."""
    voxels = np.zeros(SHAPE, dtype=np.int16)
    voxels[10:20, 10 + shift : 20 + shift, 10:20] = label
    path.parent.mkdir(parents=True, exist_ok=True)
    nibabel.save(nibabel.Nifti1Image(voxels if values is None else values, affine), path)
    return path


def case(folder: Path, shift: int, **findings: str | float) -> Path:
    write(folder / "lesion.nii.gz", 1, shift)
    (folder / "findings.json").write_text(json.dumps({"findings": findings}))
    return folder


def run(*call: Path | str) -> int:
    return cli.main(["evaluate", *map(str, call)])


def as_json(capsys: pytest.CaptureFixture[str], *call: Path | str) -> Any:
    assert run(*call, "--format", "json") == 0
    return json.loads(capsys.readouterr().out)


def test_two_maps_are_compared_label_by_label(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = as_json(capsys, write(tmp_path / "ours.nii.gz"), write(tmp_path / "theirs.nii.gz", shift=3))
    (first, second) = told["maps"][0]["labels"]
    assert (first["name"], second["label"]) == ("any label", 1)
    assert second["dice"] == pytest.approx(0.7)
    assert second["hd95_mm"] == pytest.approx(3 * np.linalg.norm(OBLIQUE[:3, 1]))


def test_the_table_reads_as_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(write(tmp_path / "ours.nii.gz"), write(tmp_path / "theirs.nii.gz", shift=3)) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split() == ["label", "Dice", "HD95", "mm", "ours", "mm³", "theirs", "mm³", "difference"]
    assert lines[2].split()[:4] == ["any", "label", "0.700", "2.4"]


def test_one_grid_stored_in_another_order_of_voxels_is_the_same_grid(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ours = write(tmp_path / "ours.nii.gz")
    flipped = nibabel.load(ours)
    turned = nibabel.orientations.io_orientation(flipped.affine)
    turned[:, 1] *= -1
    nibabel.save(flipped.as_reoriented(turned[[2, 0, 1]]), tmp_path / "theirs.nii.gz")
    assert as_json(capsys, ours, tmp_path / "theirs.nii.gz")["maps"][0]["labels"][0]["dice"] == 1


def test_labels_of_either_side_may_be_taken_as_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ours, theirs = write(tmp_path / "ours.nii.gz", 8), write(tmp_path / "theirs.nii.gz", 1)
    told = as_json(capsys, ours, theirs, "--labels", "1", "2", "8", "--their-labels", "1")
    assert [one["dice"] for one in told["maps"][0]["labels"]] == [1]


def result(folder: Path) -> Path:
    """A result folder with maps of two series in two grids, and findings of two lesions, the second the larger."""
    labels = folder / "labels"
    write(labels / "lesion.nii.gz", shift=9, affine=OBLIQUE @ np.diag([1, 1, 2, 1]))
    write(labels / "acq-sag_T1w_desc-lesion_dseg.nii.gz", shift=5)
    write(labels / "acq-sag_T2w_desc-lesion_dseg.nii.gz", shift=3)
    lesions = [{"instance": k, "findings": [{"finding": "margins", "state": state}]} for k, state in MARGINS.items()]
    (folder / "findings.json").write_text(json.dumps({"patient": [], "lesions": lesions}))
    sizes = [{"instance": k, "volume_mm3": 100.0 * k} for k in MARGINS]
    (folder / "report.json").write_text(json.dumps({"reading": {"lesions": sizes}}))
    return folder


MARGINS = {1: "well_defined", 2: "ill_defined"}


def test_of_a_result_the_map_of_their_grid_and_series_is_taken_and_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    theirs = write(tmp_path / "theirs" / "truth" / "series" / "acq-sag_T2w_lesion.nii.gz")
    told = as_json(capsys, result(tmp_path / "ours"), theirs.parents[2])
    (one,) = told["maps"]
    assert one["map"] == "lesion, acq-sag_T2w_desc-lesion_dseg against acq-sag_T2w_lesion"
    assert one["labels"][0]["dice"] == pytest.approx(0.7)
    assert one["lesions"] == {"found": 1, "theirs": 1, "false": 0}


def test_a_mask_in_no_grid_of_ours_is_told_with_the_grids_there_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    theirs = write(tmp_path / "mask.nii.gz", affine=np.diag([1.0, 1, 1, 1]))
    assert run(result(tmp_path / "ours"), theirs) == 3
    error = capsys.readouterr().err
    assert error.count("37 × 53 × 29 voxels") == 3
    assert "Resample theirs" in error


def test_the_largest_lesion_speaks_for_a_result_unless_another_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ours, theirs = result(tmp_path / "ours"), tmp_path / "expert.json"
    theirs.write_text(json.dumps({"findings": {"margins": "ill_defined"}}))
    assert as_json(capsys, ours, theirs)["findings"][0]["agreed"] == 1
    assert as_json(capsys, ours, theirs, "--lesion", "1")["findings"][0]["agreed"] == 0


def test_folders_of_cases_are_paired_by_name_and_tabled_together(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, shift, ours, theirs in (
        ("a", 0, "present", "present"),
        ("b", 3, "absent", "present"),
        ("c", 5, "absent", "absent"),
    ):
        case(tmp_path / "ours" / name, 0, cap_sign=ours, length_segments=2.0)
        case(tmp_path / "theirs" / name, shift, cap_sign=theirs, length_segments=1.5)
    told = as_json(capsys, tmp_path / "ours", tmp_path / "theirs")
    assert [one["case"] for one in told["maps"]] == ["a", "b", "c"]
    (cap,) = told["findings"]
    assert (cap["both"], cap["agreed"], cap["sensitivity"]["n"], cap["sensitivity"]["of"]) == (3, 2, 1, 2)
    assert told["numbers"][0]["mean_difference"] == pytest.approx(0.5)
    assert run(tmp_path / "ours", tmp_path / "theirs") == 0
    out = capsys.readouterr().out
    assert "All cases: lesion" in out
    assert "absent / present × 1" in out


def test_a_case_that_does_not_fit_is_named_and_the_others_stand(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a", "b"):
        case(tmp_path / "ours" / name, 0, cap_sign="present")
        case(tmp_path / "theirs" / name, 0, cap_sign="present")
    (tmp_path / "theirs" / "b" / "findings.json").write_text('{"findings": {"cap_sgn": "present"}}')
    case(tmp_path / "ours" / "c", 0, cap_sign="present")
    assert run(tmp_path / "ours", tmp_path / "theirs", "--format", "json") == 4
    captured = capsys.readouterr()
    assert "Nearest: cap_sign" in captured.err
    assert "c: only ours has this case" in captured.err
    assert json.loads(captured.out)["findings"][0]["both"] == 1


@pytest.mark.parametrize(
    ("mistake", "code", "words"),
    [
        ("grid", 3, "Resample it"),
        ("fractions", 3, "set a threshold first"),
        ("axes", 3, "expected 3 axes, found 4"),
        ("damaged", 3, "a NIfTI label map"),
        ("missing", 2, "a file or folder that exists"),
        ("mixed", 3, "a label map or findings that both sides hold"),
    ],
)
def test_what_cannot_be_compared_is_told_in_words(
    mistake: str, code: int, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ours, theirs = write(tmp_path / "ours.nii.gz"), tmp_path / "theirs.nii.gz"
    if mistake == "grid":
        write(theirs, affine=OBLIQUE @ np.diag([1, 1, 1.5, 1]))
    elif mistake == "fractions":
        write(theirs, values=np.full(SHAPE, 0.4, dtype=np.float32))
    elif mistake == "axes":
        write(theirs, values=np.zeros((*SHAPE, 2), dtype=np.int16))
    elif mistake == "damaged":
        theirs.write_bytes(b"not a volume")
    elif mistake == "mixed":
        theirs = tmp_path / "theirs.json"
        theirs.write_text("{}")
    assert run(ours, theirs) == code
    error = capsys.readouterr().err
    assert words in error
    assert "Traceback" not in error
