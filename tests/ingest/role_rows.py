"""Rows of header values and descriptions with the role that a radiologist gave them, as Tags."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from thecal.ingest import roles
from thecal.ingest.tags import Tags

ROWS = Path(__file__).with_name("roles")
_TEXTS = {
    "modality": "Modality", "manufacturer": "Manufacturer", "series_description": "SeriesDescription",
    "protocol_name": "ProtocolName", "sequence_name": "SequenceName", "pulse_sequence_name": "PulseSequenceName",
    "mr_acquisition_type": "MRAcquisitionType", "contrast_bolus_agent": "ContrastBolusAgent",
    "body_part_examined": "BodyPartExamined",
}  # fmt: skip
_LISTS = {
    "scanning_sequence": "ScanningSequence", "sequence_variant": "SequenceVariant", "scan_options": "ScanOptions",
    "image_type": "ImageType",
}  # fmt: skip
# Columns in seconds stand in milliseconds in a header.
_NUMBERS = {
    "echo_time_s": ("EchoTime", 1000), "repetition_time_s": ("RepetitionTime", 1000), "inversion_time_s": ("InversionTime", 1000),
    "flip_angle_deg": ("FlipAngle", 1), "echo_train_length": ("EchoTrainLength", 1), "diffusion_b_value": ("DiffusionBValue", 1),
    "magnetic_field_strength_t": ("MagneticFieldStrength", 1),
}  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One row: what a header states, and what it is."""

    row_id: str
    tags: Tags
    role: str
    fat_suppressed: bool | None


def read_rows(name: str) -> list[Row]:
    """The rows of `development` or `held_back`."""
    with (ROWS / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return [_row(line) for line in csv.DictReader(stream)]


def _row(line: dict[str, str]) -> Row:
    tags: dict[str, Any] = {word: line[column] for column, word in _TEXTS.items() if line[column]}
    tags |= {
        word: tuple(part for part in line[column].split("\\") if part)
        for column, word in _LISTS.items()
        if line[column]
    }
    tags |= {word: float(line[column]) * scale for column, (word, scale) in _NUMBERS.items() if line[column]}
    fat = {"yes": True, "no": False}.get(line["fat_suppressed"])
    return Row(line["row_id"], tags, line["role"], fat)


def accuracy(rows: list[Row]) -> tuple[float, float]:
    """Share of rows with the right role, and of rows that state fat suppression with the right statement."""
    kinds = [roles.judge(row.tags) for row in rows]
    right = [kind.role == row.role for row, kind in zip(rows, kinds, strict=True)]
    stated = [(row, kind) for row, kind in zip(rows, kinds, strict=True) if row.fat_suppressed is not None]
    fat = [kind.fat_suppressed is row.fat_suppressed for row, kind in stated]
    return sum(right) / len(right), sum(fat) / len(fat)
