"""What a tissue is to a magnet, and how bright a sequence shows it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from thecal.records import CallWrong

FIELDS_T = (1.5, 3.0)
# How strongly a tissue disturbs the field around it, haemosiderin 1, by the tissue it was made from; judged.
DISTURBING = {"haemosiderin": 1.0, "calcification": 0.6, "fresh_blood": 0.4}


@dataclass(frozen=True)
class Tissue:
    """A tissue's relaxation times in s, proton density, diffusion in 1e-3 mm²/s, fat fraction and gadolinium in mmol/l.

    t1_s and t2_s are those of its water; its fat part has the times of fat.
    """

    t1_s: float
    t2_s: float
    t2star_s: float
    proton_density: float
    adc: float
    fat_fraction: float
    gadolinium: float


@dataclass(frozen=True)
class Sequence:
    """How an image is weighted: s for times, degrees for the flip angle; gradient echo where refocused is false.

    b_value is in s/mm².
    """

    repetition_time_s: float
    echo_time_s: float
    inversion_time_s: float | None = None
    flip_angle_deg: float = 90.0
    refocused: bool = True
    fat_suppressed: bool = False
    contrast: bool = False
    b_value: float = 0.0


@cache
def _table() -> Mapping[str, Any]:
    text = resources.files("thecal.simulation").joinpath("tissues.yaml").read_text(encoding="utf-8")
    table: Mapping[str, Any] = yaml.safe_load(text)
    return table


def load_tissues(field_t: float) -> dict[str, Tissue]:
    """Every tissue of tissues.yaml at a field of 1.5 or 3 T."""
    if field_t not in FIELDS_T:
        raise CallWrong("simulation", expected="a field of 1.5 or 3 T", found=f"{field_t:g} T")
    column = 0 if field_t == 3.0 else 1
    return {name: _tissue(row, column) for name, row in _table()["tissues"].items()}


def _tissue(row: Mapping[str, Any], column: int) -> Tissue:
    return Tissue(
        row["t1"][column] / 1000, row["t2"][column] / 1000, row["t2star"][0] / 1000, row["pd"][0], row["adc"][0],
        row["fat"][0], row["gd"][0],
    )  # fmt: skip


def gadolinium_for(enhancement: str) -> float:
    """Gadolinium in mmol/l of a lesion that enhances so (absent, mild, marked)."""
    return float(_table()["gadolinium"]["enhancement_mmol_l"][enhancement])


class Palette:
    """The tissues of one phantom by number: those of the table first, then what its lesions are made of.

    roots names for each the tissue of the table that it was made from.
    """

    def __init__(self, field_t: float) -> None:
        known = load_tissues(field_t)
        self.field_t = field_t
        self.names = list(known)
        self.roots = list(known)
        self.tissues = list(known.values())

    def __getitem__(self, name: str) -> int:
        """Number of a tissue."""
        return self.names.index(name)

    def add(self, name: str, like: str, **changes: float) -> int:
        """A new tissue like a known one, but for what changes; returns its number."""
        self.roots.append(self.roots[self.names.index(like)])
        self.names.append(name)
        self.tissues.append(replace(self.tissues[self.names.index(like)], **changes))
        return len(self.names) - 1

    def change(self, name: str, **changes: float) -> None:
        """A known tissue is otherwise in this phantom."""
        self.tissues[self[name]] = replace(self.tissues[self[name]], **changes)

    def signals(self, sequence: Sequence) -> NDArray[np.float32]:
        """Signal of every tissue under a sequence, by number."""
        fat = self.tissues[self.names.index("fat")]
        return np.array([signal(tissue, fat, sequence, self.field_t) for tissue in self.tissues], dtype=np.float32)

    def split(self, sequence: Sequence) -> NDArray[np.float32]:
        """Signal of every tissue's water (row 0) and fat (row 1) under a sequence, by number."""
        fat = self.tissues[self.names.index("fat")]
        both = [parts(tissue, fat, sequence, self.field_t) for tissue in self.tissues]
        return np.array(both, dtype=np.float32).T.copy()

    def disturbing(self) -> NDArray[np.float32]:
        """How strongly each tissue disturbs the field around it, by number."""
        return np.array([DISTURBING.get(root, 0.0) for root in self.roots], dtype=np.float32)

    def numbers(self, names: Iterable[str]) -> NDArray[np.intp]:
        """Numbers of several tissues."""
        return np.array([self[name] for name in names], dtype=np.intp)


def signal(tissue: Tissue, fat: Tissue, sequence: Sequence, field_t: float) -> float:
    """Signal of a tissue: spin echo, inversion recovery or spoiled gradient echo; water and fat add up."""
    return sum(parts(tissue, fat, sequence, field_t))


def parts(tissue: Tissue, fat: Tissue, sequence: Sequence, field_t: float) -> tuple[float, float]:
    """Signal of a tissue's water and of its fat."""
    water = _echo(tissue.t1_s, tissue.t2_s, tissue.t2star_s, tissue.gadolinium, sequence, field_t)
    oil = 0.06 if sequence.fat_suppressed else 1.0
    oil *= _echo(fat.t1_s, fat.t2_s, fat.t2star_s, fat.gadolinium, sequence, field_t)
    share = tissue.fat_fraction
    water *= float(np.exp(-sequence.b_value * tissue.adc * 1e-3))
    return tissue.proton_density * (1 - share) * water, tissue.proton_density * share * oil


def _echo(t1_s: float, t2_s: float, t2star_s: float, gadolinium: float, sequence: Sequence, field_t: float) -> float:
    if sequence.contrast and gadolinium > 0:
        rates = _table()["gadolinium"]
        t1_s = 1 / (1 / t1_s + rates["r1"][field_t] * gadolinium)
        t2_s = 1 / (1 / t2_s + rates["r2"][field_t] * gadolinium)
        t2star_s = min(t2star_s, t2_s)
    recovery = np.exp(-sequence.repetition_time_s / t1_s)
    if not sequence.refocused:
        angle = np.radians(sequence.flip_angle_deg)
        steady = np.sin(angle) * (1 - recovery) / (1 - np.cos(angle) * recovery)
        return float(steady * np.exp(-sequence.echo_time_s / t2star_s))
    if sequence.inversion_time_s is not None:
        longitudinal = abs(1 - 2 * np.exp(-sequence.inversion_time_s / t1_s) + recovery)
    else:
        longitudinal = 1 - recovery
    return float(longitudinal * np.exp(-sequence.echo_time_s / t2_s))
