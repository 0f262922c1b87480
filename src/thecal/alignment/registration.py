"""Rigid matching of two images of one spine by mutual information, with a measure of how far the match can be trusted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thecal.records import Grid, Volume
from thecal.records.geometry import covers, isotropic, resample, transform_points, voxel_to_mm

SEED = 20
# In-plane voxel size of the two passes, in mm.
PASSES_MM = (3.0, 1.5)
# The spine runs through the middle of the field: what lies farther from its long axis than this says little of it.
BAND_ACROSS_MM, BAND_DEPTH_MM = 34.0, 50.0
STARTS_MM = (0.0, 9.0, -9.0)
# Samples and steps of a pass: the catch, the match itself, and the halves that check it.
CATCH, FULL, CHECK = (5_000, 30), (16_000, 60), (8_000, 30)
BINS = 32
# Motion beyond this between two series of one sitting is not believed.
MOST_MM, MOST_DEGREES = 15.0, 8.0

Matrix = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Match:
    """How a moving image sits against a fixed one.

    to_fixed carries the moving image's mm to the fixed's. information is what the images tell of each other once matched, in
    nats, and gain the share of it that the motion added. shift_mm says how far the motion moves the spine (root mean square);
    rest_mm what the two halves of the spine, matched each on its own, would still move; stay_mm what they would move from
    where the headers put it.
    """

    to_fixed: Matrix
    information: float
    gain: float
    shift_mm: float
    degrees: float
    rest_mm: float
    stay_mm: float


def match(fixed: Volume, moving: Volume) -> Match | None:
    """Rigid motion of the moving image onto the fixed one; None where too little of the spine is in both.

    Mattes mutual information over the spine band, coarse to fine, one thread and a fixed seed. The match is tried again on
    the upper and the lower half alone, from starts pushed apart; what these disagree by is the measured residual.
    Source: mattes2003
    """
    band = spine_band(fixed.grid, moving.grid)
    if np.count_nonzero(band.voxels) < 500:
        return None
    coarse, fine = ((shrink(fixed, size), shrink(moving, size)) for size in PASSES_MM)
    whole = _part(fine[0], band)
    best = _register(whole, fine[1], _catch(_part(coarse[0], band), coarse[1]), FULL)
    halves = _halve(band)
    starts = _pushed(best, 1.5), _pushed(best, -1.5)
    alone = [_register(_part(fine[0], half), fine[1], start, CHECK) for start, half in zip(starts, halves, strict=True)]
    points = [_points(half) for half in halves]
    everywhere = np.concatenate(points)
    before, after = (_information(whole, fine[1], pose) for pose in (np.eye(4), best))
    return Match(
        np.asarray(np.linalg.inv(best)), after, (after - before) / max(after, 1e-9), _apart(best, np.eye(4), everywhere),
        degrees_of(best), _rms([_apart(one, best, at) for one, at in zip(alone, points, strict=True)]),
        _rms([_apart(one, np.eye(4), at) for one, at in zip(alone, points, strict=True)]),
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Part:
    """A fixed image cut to what is matched of it, which of its voxels that is, and the middle of these in mm."""

    image: Volume
    mask: Volume
    centre: Matrix


def _part(fixed: Volume, band: Volume) -> _Part:
    on_fixed = resample(band, fixed.grid, order=0).voxels
    inside = np.argwhere(on_fixed)
    low, high = inside.min(axis=0), inside.max(axis=0) + 1
    cut = tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    affine = fixed.affine.copy()
    affine[:3, 3] = voxel_to_mm(fixed, low)
    centre = voxel_to_mm(fixed, inside.mean(axis=0))
    return _Part(Volume(fixed.voxels[cut], affine), Volume(on_fixed[cut], affine), centre)


def _catch(fixed: _Part, moving: Volume) -> Matrix:
    """The coarse match: from where the headers put it, and from starts up and down the spine, whose vertebrae look alike.

    Another start is believed only where it ends with clearly more mutual information.
    """
    best, most = np.eye(4), 0.0
    for start in STARTS_MM:
        pose = np.eye(4)
        pose[2, 3] = start
        pose = _register(fixed, moving, pose, CATCH)
        information = _information(fixed, moving, pose)
        if information > most * 1.05:
            best, most = pose, information
    return best


def degrees_of(matrix: Matrix) -> float:
    """Angle of a rigid motion."""
    return float(np.degrees(np.arccos(np.clip((np.trace(matrix[:3, :3]) - 1) / 2, -1, 1))))


def spine_band(fixed: Grid, moving: Grid) -> Volume:
    """Where both images show the middle of the fixed image's field, the band in which the spine runs (2 mm voxels, 1 or 0).

    Axes run right, front, head; the band is the field's full height.
    """
    fine = isotropic(fixed, 2.0)
    seen = covers(fixed, fine) & covers(moving, fine)
    place = voxel_to_mm(fine, np.stack(np.meshgrid(*(np.arange(n) for n in fine.shape), indexing="ij"), axis=-1))
    away = np.abs(place - fixed.centre_mm)
    seen &= (away[..., 0] <= BAND_ACROSS_MM) & (away[..., 1] <= BAND_DEPTH_MM)
    return Volume(seen.astype(np.uint8), fine.affine)


def shrink(volume: Volume, size_mm: float) -> Volume:
    """The image with neighbouring voxels averaged along each axis, as many as fit into size_mm; the place stays."""
    counts = [
        max(1, min(int(size_mm / step + 0.3), n)) for step, n in zip(volume.spacing_mm, volume.shape, strict=True)
    ]
    shape = [n // count for n, count in zip(volume.shape, counts, strict=True)]
    cut = volume.voxels[tuple(slice(0, n * count) for n, count in zip(shape, counts, strict=True))]
    mean = np.nan_to_num(cut.astype(np.float32)).reshape(
        shape[0], counts[0], shape[1], counts[1], shape[2], counts[2]
    ).mean(axis=(1, 3, 5))  # fmt: skip
    affine = volume.affine @ np.diag([*counts, 1.0])
    affine[:3, 3] = voxel_to_mm(volume, (np.array(counts) - 1) / 2)
    return Volume(mean, affine)


def _halve(band: Volume) -> tuple[Volume, Volume]:
    counts = band.voxels.sum(axis=(0, 1)).cumsum()
    cut = int(np.searchsorted(counts, counts[-1] / 2))
    upper, lower = band.voxels.copy(), band.voxels.copy()
    upper[:, :, :cut] = 0
    lower[:, :, cut:] = 0
    return Volume(upper, band.affine), Volume(lower, band.affine)


def _points(band: Volume) -> Matrix:
    places = voxel_to_mm(band, np.argwhere(band.voxels)[::7])
    centre = places.mean(axis=0)
    near = np.hypot(*(places - centre)[:, :2].T) < 20
    return np.asarray(places[near])


def _pushed(pose: Matrix, by_mm: float) -> Matrix:
    push = np.eye(4)
    push[:3, 3] = by_mm * np.array([0.5, 0.6, 0.6])
    return push @ pose


def _apart(one: Matrix, other: Matrix, points: Matrix) -> float:
    return _rms(np.linalg.norm(transform_points(one, points) - transform_points(other, points), axis=-1))


def _rms(values: Any) -> float:
    return float(np.sqrt(np.mean(np.square(values))))


def _image(volume: Volume) -> Any:
    """The volume as an ITK image whose physical space is RAS mm."""
    import SimpleITK as sitk  # noqa: N813

    axes = volume.affine[:3, :3] / volume.spacing_mm
    if not np.allclose(axes.T @ axes, np.eye(3), atol=1e-3):
        volume = resample(volume, isotropic(volume.grid, float(np.sort(volume.spacing_mm)[1])))
        axes = np.eye(3)
    image = sitk.GetImageFromArray(np.ascontiguousarray(volume.voxels.transpose(2, 1, 0)))
    image.SetSpacing([float(step) for step in volume.spacing_mm])
    image.SetOrigin([float(x) for x in volume.affine[:3, 3]])
    image.SetDirection([float(x) for x in axes.ravel()])
    return image


def _method(fixed: _Part, samples: int, sitk: Any) -> Any:
    inside = int(np.count_nonzero(fixed.mask.voxels))
    method = sitk.ImageRegistrationMethod()
    method.SetMetricAsMattesMutualInformation(BINS)
    method.SetInterpolator(sitk.sitkLinear)
    method.SetMetricFixedMask(sitk.Cast(_image(fixed.mask) > 0, sitk.sitkUInt8))
    method.SetMetricUseFixedImageGradientFilter(False)
    method.SetMetricUseMovingImageGradientFilter(False)
    if inside > samples:
        # ITK draws over the whole image and keeps what falls inside the mask.
        method.SetMetricSamplingStrategy(method.RANDOM)
        method.SetMetricSamplingPercentage(min(1.0, samples / inside), SEED)
    return method


@contextmanager
def _one_thread(sitk: Any) -> Iterator[None]:
    """One thread for the metric too, which takes its number from ITK's default: sums in one order, reruns bit for bit."""
    before = sitk.ProcessObject.GetGlobalDefaultNumberOfThreads()
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    try:
        yield
    finally:
        sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(before)


def _register(fixed: _Part, moving: Volume, start: Matrix, effort: tuple[int, int]) -> Matrix:
    """The rigid motion (fixed mm to moving mm) with the most mutual information near a start."""
    import SimpleITK as sitk  # noqa: N813

    method = _method(fixed, effort[0], sitk)
    transform = sitk.Euler3DTransform()
    centre = fixed.centre
    transform.SetCenter([float(x) for x in centre])
    transform.SetMatrix([float(x) for x in start[:3, :3].ravel()], 1e-6)
    transform.SetTranslation([float(x) for x in start[:3, 3] + start[:3, :3] @ centre - centre])
    method.SetOptimizerAsRegularStepGradientDescent(
        learningRate=1.0,
        minStep=0.01,
        numberOfIterations=effort[1],
        relaxationFactor=0.6,
        gradientMagnitudeTolerance=1e-6,
    )
    method.SetOptimizerScalesFromPhysicalShift()
    method.SetInitialTransform(transform, inPlace=True)
    try:
        with _one_thread(sitk):
            method.Execute(_image(fixed.image), _image(moving))
    except RuntimeError:
        return start
    found = np.eye(4)
    found[:3, :3] = np.array(transform.GetMatrix()).reshape(3, 3)
    found[:3, 3] = np.array(transform.GetTranslation()) + centre - found[:3, :3] @ centre
    return found


def _information(fixed: _Part, moving: Volume, pose: Matrix) -> float:
    """Mutual information, in nats, over the spine band in one pose, less what chance alone would show."""
    there = resample(moving, fixed.image.grid, pose, fill=np.nan).voxels
    use = (fixed.mask.voxels > 0) & np.isfinite(there)
    if np.count_nonzero(use) < 500:
        return 0.0
    counts, _, _ = np.histogram2d(_clipped(fixed.image.voxels[use]), _clipped(there[use]), bins=BINS)
    joint = counts / counts.sum()
    apart = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0, keepdims=True)
    seen = joint > 0
    shown = float((joint[seen] * np.log(joint[seen] / apart[seen])).sum())
    return max(shown - (BINS - 1) ** 2 / (2 * float(np.count_nonzero(use))), 0.0)


def _clipped(values: NDArray[Any]) -> NDArray[Any]:
    low, high = np.percentile(values, [0.5, 99.5])
    return np.asarray(np.clip(values, low, high))
