"""Studies of unequal phantoms for the protocol's tests, and the rules as they stand in the text."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import yaml

import thecal
from thecal.records import Acquisition, Plane, Region, Role, Rule, Series, Study, Volume

PROTOCOLS = Path(thecal.__file__).parent / "knowledge" / "protocols"
WHOLE: tuple[Region, ...] = ("cervical", "thoracic", "lumbar", "sacral")


def rule_files() -> dict[str, Any]:
    return {path.name: yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(PROTOCOLS.glob("*.yaml"))}


def rules() -> tuple[Rule, ...]:
    return tuple(Rule(**rule) for told in rule_files().values() for rule in told["rules"])


def body(noise: float = 8.0, slices: int = 13, seed: int = 7) -> Volume:
    """A stack of sagittal slices: an ellipse of smooth tissue in air, Rician noise; axes k, i, j of unequal length."""
    rng = np.random.default_rng(seed)
    k, i, j = np.ogrid[:slices, :118, :142]
    inside = ((i - 60) / (34 + 0.8 * k)) ** 2 + ((j - 70) / 44.0) ** 2 < 1
    texture = 300 + 60 * np.sin(i / 9 + 0.35 * k) * np.cos(j / 7 + 0.2 * k)
    clean = np.where(inside, texture, 0.0)
    parts = rng.normal(0, noise, (2, *clean.shape))
    voxels = np.sqrt((clean + parts[0]) ** 2 + parts[1] ** 2).astype(np.float32)
    affine = np.array([[3.3, 0, 0, -20], [0, -0.9, 0, 40], [0, 0, 0.9, -50], [0, 0, 0, 1]])
    return Volume(voxels, affine)


def series(role: Role, plane: Plane = "sagittal", key: str = "", **told: Any) -> Series:
    """A series whose header states a good acquisition unless told otherwise."""
    header = Acquisition(
        modality="MR", magnetic_field_strength_t=3.0, slice_thickness_mm=3.0,
        contrast_bolus_agent="gadobutrol" if role == "T1w_ce" else None,
    )  # fmt: skip
    acquisition = replace(header, **told.pop("acquisition", {}))
    whole = Series(
        key or f"acq-{plane[:3]}_{role}", role, 0.9, "header", plane, None, acquisition,
        fat_suppressed=role in ("T2w_fs", "T1w_ce"), regions=WHOLE, slice_axis=0,
    )  # fmt: skip
    return replace(whole, **told)


def full_study() -> Study:
    """All a radiologist asks for, whole spine and brain."""
    enhanced = series("T1w_ce", regions=("brain", *WHOLE))
    others = (series("T1w"), series("T2w"), series("T2w_fs"), series("T2w", "axial"), series("T2starw"), series("dwi"))
    return Study((*others, enhanced, series("T1w_ce", "axial")))


def without(study: Study, *roles: Role) -> Study:
    return replace(study, series=tuple(one for one in study.series if one.role not in roles))
