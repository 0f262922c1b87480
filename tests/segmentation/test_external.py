"""An installed segmenter behind the same door: a stand-in command is put on the PATH, as the real one would be."""

import json
import stat
import sys
from pathlib import Path

import numpy as np
import phantoms
import pytest

from thecal.records import AlignedStudy, CallWrong
from thecal.segmentation import segment, segmenter

DRAWS = """#!{python}
import sys, nibabel, numpy
given = dict(zip(sys.argv, sys.argv[1:]))
image = nibabel.load({image})
labels = numpy.zeros(image.shape, numpy.uint8)
labels[tuple(slice(n // 2 - 1, n // 2 + 2) for n in image.shape)] = {label}
nibabel.save(nibabel.Nifti1Image(labels, {affine}), {out})
"""


def put(folder: Path, name: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command of that name, found first."""
    command = folder / name
    command.write_text(text)
    command.chmod(command.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(folder), prepend=":")


@pytest.fixture
def study() -> AlignedStudy:
    return phantoms.aligned(phantoms.series(phantoms.Spine(), "T2w", key="only"))


def test_what_the_tool_draws_stands_and_the_rest_is_filled_in(
    study: AlignedStudy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = DRAWS.format(python=sys.executable, image="given['-i']", label=1, affine="image.affine", out="given['-o']")
    put(tmp_path, "sct_deepseg", text, monkeypatch)
    made = segment(study, segmenters=("sct", "classic"))
    key = study.study.images()[0].key
    assert made.anatomy[key].segmenter == "sct"
    assert int((np.asarray(made.anatomy[key].volume.voxels) == 1).sum()) == 27
    assert key in made.lesion


def test_a_map_in_another_grid_is_not_taken(
    study: AlignedStudy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = DRAWS.format(
        python=sys.executable, image="given['-i']", label=1, affine="2 * image.affine", out="given['-o']"
    )
    put(tmp_path, "sct_deepseg", text, monkeypatch)
    made = segment(study, segmenters=("sct",))
    assert not made.anatomy
    assert "grid" in made.not_told[0].reason


def test_a_tool_that_fails_is_told_in_its_own_last_words(
    study: AlignedStudy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, "totalspineseg", "#!/bin/sh\necho out of memory >&2\nexit 9\n", monkeypatch)
    made = segment(study, segmenters=("totalspineseg", "classic"))
    assert any("ended with 9" in gap.reason and "out of memory" in gap.reason for gap in made.not_told)
    assert made.anatomy[study.study.images()[0].key].segmenter == "classic"


def test_labels_of_an_nnunet_are_read_by_their_names(
    study: AlignedStudy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = tmp_path / "model"
    model.mkdir()
    (model / "dataset.json").write_text(json.dumps({"labels": {"background": 0, "Spinal_Cord": 1, "tumor": 2}}))
    text = DRAWS.format(
        python=sys.executable, image="given['-i'] + '/image_0000.nii.gz'", label=2, affine="image.affine",
        out="given['-o'] + '/image.nii.gz'",
    )  # fmt: skip
    put(tmp_path, "nnUNetv2_predict_from_modelfolder", text, monkeypatch)
    made = segment(study, segmenters=(f"nnunet={model}",))
    key = study.study.images()[0].key
    assert int((np.asarray(made.lesion[key].volume.voxels) == 8).sum()) == 27
    (model / "dataset.json").write_text(json.dumps({"labels": {"liver": 1}}))
    with pytest.raises(CallWrong, match="liver"):
        segment(study, segmenters=(f"nnunet={model}",))


@pytest.mark.parametrize(("name", "told"), [("sct", "sct_deepseg"), ("nnunet", "dataset.json"), ("magic", "one of")])
def test_what_cannot_be_run_is_refused_before_anything_is_read(
    name: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(CallWrong, match=told):
        segmenter(name)
