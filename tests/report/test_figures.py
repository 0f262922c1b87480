"""Key images: which are drawn, on which series, oriented as a radiologist reads them."""

from __future__ import annotations

import base64
import io
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image
from report import reports

from thecal.records import AlignedStudy, Figure, Lesion, Place, Reading, Segmentation, Series, Study, Volume
from thecal.report.figures import choose, draw
from thecal.report.planes import cut, frame_through

DRAWN = {figure.name: figure for figure in draw(reports.aligned(), reports.segmentation(), reports.reading())}


def pixels(figure: Figure) -> Any:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(figure.png_base64))).convert("RGB"))


def test_each_lesion_has_a_sagittal_and_an_axial_image_beside_an_overview() -> None:
    assert list(DRAWN) == [
        "overview-1", "lesion-1-sagittal", "lesion-1-axial", "lesion-2-sagittal", "lesion-2-axial",
    ]  # fmt: skip


def test_a_healthy_study_has_an_overview_with_cord_and_sac() -> None:
    bare = replace(reports.segmentation(), lesion={}, lesions=())
    (only,) = draw(reports.aligned(), bare, Reading("r"))
    assert only.name == "overview-1"
    assert "Green: cord" in only.caption
    assert "Orange" not in only.caption


def test_a_study_without_images_has_no_figures() -> None:
    assert draw(AlignedStudy(Study(()), None), Segmentation(), Reading("r")) == ()


def test_an_enhancing_lesion_is_shown_after_contrast_and_in_the_plane_it_was_acquired_in() -> None:
    enhancing = reports.lesions()[0]
    sagittal, axial = (choose(enhancing, view, reports.aligned()) for view in ("sagittal", "axial"))
    assert sagittal is not None
    assert axial is not None
    assert (sagittal.key, axial.key) == (reports.SAG_CE, reports.AX_T2)


def test_a_cut_across_the_acquired_slices_says_so() -> None:
    assert "reformatted" in DRAWN["lesion-2-axial"].caption
    assert "reformatted" not in DRAWN["lesion-1-axial"].caption


def test_the_outline_lies_on_the_lesion() -> None:
    drawn = pixels(DRAWN["lesion-1-sagittal"]).astype(int)
    orange = (drawn[:, :, 0] > 200) & (drawn[:, :, 2] < 120) & (drawn[:, :, 1] < 190)
    rows, columns = np.nonzero(orange)
    height, width = orange.shape
    assert orange.sum() > 50
    assert abs(rows.mean() / height - 0.5) < 0.1
    assert abs(columns.mean() / width - 0.5) < 0.1


def asymmetric() -> Series:
    """A block that is bright to the patient's right, dimmer to the front, dimmest to the head; oblique, axes turned."""
    shape = (29, 41, 31)
    affine = np.array([[0.1, -1.1, 0, 22], [-1.0, -0.1, 0.05, 15], [0.05, 0, 1.2, -18], [0, 0, 0, 1.0]])
    index = np.moveaxis(np.indices(shape), 0, -1)
    place = index @ affine[:3, :3].T + affine[:3, 3] - (np.array([14, 20, 15]) @ affine[:3, :3].T + affine[:3, 3])
    x, y, z = np.moveaxis(place, -1, 0)
    values = 100 + 400 * (x > 8) + 200 * (y > 6) + 100 * (z > 7)
    return Series("x", "T2w", 1, "caller", "volumetric", Volume(values.astype(np.int16), affine))


@pytest.mark.parametrize(("view", "left", "top"), [("sagittal", "A", "H"), ("axial", "R", "A")])
def test_the_picture_is_oriented_as_a_radiologist_reads_it(view: Any, left: str, top: str) -> None:
    series = asymmetric()
    assert series.volume is not None
    centre = series.volume.affine[:3, :3] @ np.array([14, 20, 15]) + series.volume.affine[:3, 3]
    frame = frame_through(series, centre, view, (26.0, 26.0), 52)
    picture = cut(series.volume, frame)
    letters = frame.letters()
    assert (letters[0], letters[2]) == (left, top)
    rows, columns = picture.shape
    middle = slice(rows // 3, 2 * rows // 3)
    assert picture[middle, : columns // 5].mean() > picture[middle, -columns // 5 :].mean() + 80
    assert (
        picture[: rows // 5, columns // 3 : 2 * columns // 3].mean()
        > picture[-rows // 5 :, columns // 3 : 2 * columns // 3].mean() + 40
    )


@pytest.mark.parametrize("turn", [(0, 1, 2), (2, 0, 1), (1, 2, 0)])
@pytest.mark.parametrize("flip", [(1, 1, 1), (-1, 1, -1)])
def test_the_order_and_direction_of_the_axes_change_nothing(turn: tuple[int, ...], flip: tuple[int, ...]) -> None:
    series = asymmetric()
    assert series.volume is not None
    volume = series.volume
    voxels = np.transpose(volume.voxels, turn)[tuple(slice(None, None, step) for step in flip)]
    affine = volume.affine.copy()
    affine[:3, :3] = volume.affine[:3, list(turn)] * np.array(flip)
    corner = np.zeros(3)
    for axis, (source, step) in enumerate(zip(turn, flip, strict=True)):
        corner[source] = 0 if step > 0 else voxels.shape[axis] - 1
    affine[:3, 3] = volume.affine[:3, :3] @ corner + volume.affine[:3, 3]
    turned = replace(series, volume=Volume(voxels, affine))
    centre = volume.affine[:3, :3] @ np.array([14, 20, 15]) + volume.affine[:3, 3]
    for view in ("sagittal", "axial"):
        frames = [frame_through(one, centre, view, (26.0, 26.0), 40) for one in (series, turned)]
        first, second = (
            cut(one.volume, frame) for one, frame in zip((series, turned), frames, strict=True) if one.volume
        )
        np.testing.assert_allclose(first, second, atol=1)


def test_a_sagittal_slice_is_shown_as_it_was_acquired() -> None:
    series = reports.study().series[0]
    assert series.volume is not None
    frame = frame_through(series, reports.CENTRE, "sagittal", (500.0, 500.0), 400)
    picture = cut(series.volume, frame, order=0)
    index = round((0.4 + 18) / 3.3)
    assert set(np.unique(picture)) <= {0, *np.unique(series.volume.voxels[index]).tolist()}


def test_a_lesion_outside_every_image_is_not_drawn() -> None:
    lost = Lesion("2.25.9", 1, 0.9, {}, Place(reports.SAG_T2, 0.0, 0.0, -900.0), 100.0)
    assert {f.name for f in draw(reports.aligned(), Segmentation(), Reading("r", lesions=(lost,)))} == {"overview-1"}


def test_only_the_six_largest_lesions_are_drawn() -> None:
    one = reports.lesions()[0]
    many = tuple(replace(one, tracking_uid=f"2.25.{n}", instance=n, volume_mm3=100.0 + n) for n in range(1, 9))
    names = [figure.name for figure in draw(reports.aligned(), reports.segmentation(), Reading("r", lesions=many))]
    assert "lesion-3-axial" in names
    assert "lesion-2-axial" not in names
