"""Cord outlines and false lesions on real volumes: Dice, 95 % Hausdorff distance, cord-area bias, beside peers and an ellipse.

Every volume of the folder is read alone, as `thecal read` would read it. Where it has a mask, the cord is compared with it on
the slices that the mask covers. A constant ellipse of 12.6 × 7.8 mm on the centreline we found stands beside: Dice alone can't
tell a method from a template. Lesions are counted at the one threshold that the segmenter uses everywhere; the volumes are
healthy except where the table says otherwise. Peers' figures were measured by others on the same volumes and are quoted.

Usage: python benchmarks/real_mri.py FOLDER [--figures DIR]
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from pathlib import Path

import nibabel as nib
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from thecal.alignment import align
from thecal.ingest import read
from thecal.records import Segmentation, Volume
from thecal.records.geometry import to_ras
from thecal.segmentation import segment
from thecal.segmentation.lesions import LESION_THRESHOLD

Mask = NDArray[np.bool_]
ELLIPSE_MM = (12.6, 7.8)


@dataclass(frozen=True)
class Case:
    """A volume of the folder, its cord mask and its painted lesion where there are any, and what peers reached on it."""

    image: str
    mask: str = ""
    peers: str = ""
    lesion: str = ""
    note: str = ""


CASES = (
    Case("t2-cspine-crop/t2.nii.gz", "t2_seg-manual-2014.nii.gz", "propseg 0.981 1.0 −1.4; deepseg 2D 0.968, 3D 0.975"),
    Case("t2-cspine-crop/t2.nii.gz", "t2_seg-manual.nii.gz", "the mask is deepseg_sc 2D's own output"),
    Case("t2-cervicothoracic-apcrop/t2.nii.gz", "t2_seg-manual_slices120-174.nii.gz",
         "propseg 0.964 1.0 −5.0; HOG+SVM, polar edge 0.974 1.0 +5.1"),
    Case("t1-cspine-crop/t1w.nii.gz", "t1w_seg-manual.nii.gz", "propseg 0.916 1.4 +17.8; polar edge 0.889 2.5 +25"),
    Case("mt-cspine-crop/mt1.nii.gz", "mt1_seg.nii.gz",
         "propseg 0.969 0.8 +0.4 (mask likely its own); polar edge 0.957 0.8 +8.4"),
    Case("mt-cspine-crop/mt0.nii.gz", "mt0_seg.nii.gz"),
    Case("mt-cspine-crop/t1w.nii.gz", "mt1_seg.nii.gz", note="MT1's mask, the patient may have moved"),
    Case("pam50-small-template/PAM50_small_t2.nii.gz", "PAM50_small_cord.nii.gz", note="an average of many people"),
    Case("t2-fake-lesion-crop/t2_fake_lesion.nii.gz", "t2_fake_lesion_sc_seg.nii.gz", lesion="t2_fake_lesion_lesion_seg.nii.gz",
         note="automatic mask, drifts off low down"),
    Case("dwi-cspine-crop/dwi_mean.nii.gz"),
    Case("mts-sub01-full/sub-01_acq-MTon_MTS.nii.gz"),
    Case("t2-lumbar-full/t2_lumbar.nii.gz"),
    Case("t2-ms-axial-full/t2.nii.gz", note="a patient with multiple sclerosis by its name"),
    Case("tptbox-t2-vertebra/sub-mri_label-6_T2w.nii.gz"),
)  # fmt: skip


def mask_of(path: Path) -> Volume:
    image = nib.load(path)
    return to_ras(Volume((np.asarray(image.dataobj) > 0.5).astype(np.uint8), np.asarray(image.affine, dtype=float)))


def dice(one: Mask, other: Mask) -> float:
    return float(2 * (one & other).sum() / max(int(one.sum() + other.sum()), 1))


def hausdorff95_mm(one: Mask, other: Mask, spacing: NDArray[np.float64]) -> float:
    """The 95th percentile of the distance between two surfaces, the larger of the two directions."""
    if not one.any() or not other.any():
        return float("nan")
    rims = [part & ~ndimage.binary_erosion(part) for part in (one, other)]
    away = [ndimage.distance_transform_edt(~rim, sampling=spacing) for rim in rims]
    return float(max(np.percentile(away[1][rims[0]], 95), np.percentile(away[0][rims[1]], 95)))


def ellipse_on(cord: Mask, spacing: NDArray[np.float64]) -> Mask:
    """The constant ellipse on each slice's centre of the cord we drew."""
    out = np.zeros_like(cord)
    x, y = (np.arange(n)[:, None] * s for n, s in zip(cord.shape[:2], spacing[:2], strict=True))
    for k in np.flatnonzero(cord.any(axis=(0, 1))):
        i, j = (places.mean() * s for places, s in zip(np.nonzero(cord[:, :, k]), spacing[:2], strict=True))
        out[:, :, k] = ((x - i) / (ELLIPSE_MM[0] / 2)) ** 2 + ((y.T - j) / (ELLIPSE_MM[1] / 2)) ** 2 <= 1
    return out


def compared(case: Case, folder: Path, made: Segmentation, key: str) -> str:
    """Dice, 95 % Hausdorff distance in mm and area bias in % of our cord, then of the ellipse, on the mask's slices."""
    truth = mask_of((folder / case.image).parent / case.mask)
    if key not in made.anatomy:
        return "no cord drawn"
    ours = to_ras(made.anatomy[key].volume).voxels == 1
    share = to_ras(made.probability[key]["cord"]).voxels
    slices = np.flatnonzero(truth.voxels.any(axis=(0, 1)))
    mask, spacing = truth.voxels[:, :, slices] > 0, truth.spacing_mm
    mine, plain = ours[:, :, slices], ellipse_on(ours, spacing)[:, :, slices]
    bias = 100 * (float(share[:, :, slices].sum()) / int(mask.sum()) - 1)
    flat = 100 * (int(plain.sum()) / int(mask.sum()) - 1)
    return (f"ours {dice(mine, mask):.3f} {hausdorff95_mm(mine, mask, spacing):4.1f} {bias:+5.1f}   "
            f"ellipse {dice(plain, mask):.3f} {hausdorff95_mm(plain, mask, spacing):4.1f} {flat:+5.1f}")  # fmt: skip


def lesions_in(case: Case, folder: Path, made: Segmentation, key: str) -> str:
    """How many lesions were called, how many of them false, and whether the painted one is among them."""
    called = len(made.lesions)
    silent = [gap.reason for gap in made.not_told if gap.code == "lesion"]
    if silent:
        return f"lesions not looked for: {silent[0]}"
    if not case.lesion:
        return f"{called} lesions called, {called} false" if called else "no lesion called"
    painted = mask_of((folder / case.image).parent / case.lesion).voxels > 0
    drawn = to_ras(made.lesion[key].volume).voxels > 0 if key in made.lesion else np.zeros_like(painted)
    found = bool((drawn & painted).any())
    word = "found" if found else "NOT found"
    return (
        f"{called} lesions called, {called - int(found)} false; painted lesion {word}, Dice {dice(drawn, painted):.2f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--figures", type=Path, help="write an overlay of each volume's outlines into this folder")
    parser.add_argument("--segmenters", nargs="+", default=["learned"], help="by name, in turn")
    call = parser.parse_args()
    print(f"Lesions count at a confidence of {LESION_THRESHOLD}, the threshold used everywhere.")
    print("Each row: Dice, 95 % Hausdorff distance in mm, cord-area bias in %.\n")
    for case in CASES:
        if not (call.folder / case.image).exists():
            continue
        study, _ = read([call.folder / case.image])
        start = time.perf_counter()
        made = segment(align(study), segmenters=call.segmenters)
        seconds = time.perf_counter() - start
        series = study.images()[0]
        told = lesions_in(case, call.folder, made, series.key)
        print(f"{case.image.split('/')[0]:26s} {series.role:6s} {seconds:4.1f} s  {told}")
        if case.mask:
            print(f"    {case.mask:34s} {compared(case, call.folder, made, series.key)}")
        for line in (f"peers: {case.peers}" if case.peers else "", case.note):
            if line:
                print(f"    {line}")
        if call.figures:
            overlay(call.figures, case, made, series.key, to_ras(series.volume) if series.volume else None)


def overlay(folder: Path, case: Case, made: Segmentation, key: str, image: Volume | None) -> None:
    """Nine axial slices and the middle sagittal one, with cord, sac and lesion outlined."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    if image is None or key not in made.anatomy:
        return
    folder.mkdir(parents=True, exist_ok=True)
    labels = to_ras(made.anatomy[key].volume).voxels
    lesion = to_ras(made.lesion[key].volume).voxels if key in made.lesion else np.zeros_like(labels)
    places = np.argwhere(np.isin(labels, (1, 2)))
    low, high = np.maximum(places.min(axis=0) - 12, 0), places.max(axis=0) + 12
    figure, axes = plt.subplots(1, 10, figsize=(30, 3.6))
    for axis, k in zip(axes, np.linspace(places[:, 2].min(), places[:, 2].max(), 9).round().astype(int), strict=False):
        part = (slice(low[0], high[0]), slice(low[1], high[1]), int(k))
        _panel(axis, image.voxels[part].T, labels[part].T, lesion[part].T, image.spacing_mm[1] / image.spacing_mm[0])
    i = int(np.median(places[:, 0]))
    _panel(axes[9], image.voxels[i].T, labels[i].T, lesion[i].T, image.spacing_mm[2] / image.spacing_mm[1])
    figure.tight_layout()
    figure.savefig(folder / f"{Path(case.image).parent.name}-{Path(case.image).name.split('.')[0]}.png", dpi=45)
    plt.close(figure)


def _panel(axis: object, image: Mask, labels: Mask, lesion: Mask, aspect: float) -> None:
    from matplotlib.axes import Axes

    assert isinstance(axis, Axes)
    axis.imshow(image, origin="lower", cmap="gray", vmax=float(np.percentile(image, 99.5)), aspect=aspect)
    canal = np.isin(labels, (1, 2))
    for shown, colour in ((labels == 1, "red"), (canal, "yellow"), (labels > 10, "deepskyblue"), (lesion > 0, "lime")):
        if shown.any() and not shown.all():
            axis.contour(shown, [0.5], colors=colour, linewidths=0.8)
    axis.axis("off")


if __name__ == "__main__":
    main()
