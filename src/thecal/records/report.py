"""What is handed on: the report, its comparison with an earlier reading, and where it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from thecal.records.ranking import Alert, Differential
from thecal.records.reading import Measurement, Place, Reading
from thecal.records.study import Identity, Plane, ProtocolCheck, Region, Role, RoleBasis, Unread, Value

Status = Literal["preliminary", "approved", "amended"]


@dataclass(frozen=True)
class Match:
    """One lesion then and now: new, vanished, or a pair with its change."""

    kind: Literal["new", "vanished", "pair"]
    earlier_uid: str | None
    tracking_uid: str | None
    change: Measurement | None = None
    repeatability: Measurement | None = None


@dataclass(frozen=True)
class Comparison:
    """How the lesions changed since an earlier reading of the same patient."""

    earlier_reading_id: str
    earlier_acquired_on: str | None
    matches: tuple[Match, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Hole:
    """A stage that failed: which, why, and what is therefore missing from the report."""

    stage: str
    why: str
    missing: str


@dataclass(frozen=True)
class Provenance:
    """What made the report: versions, digests and the time each stage took, in seconds."""

    version: str
    made_at: str
    inputs: Mapping[str, str] = field(default_factory=dict)
    knowledge_digest: str = ""
    segmenters: Mapping[str, str] = field(default_factory=dict)
    libraries: Mapping[str, str] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class SeriesLine:
    """One line of the technique section: what a series is and how it was acquired, without its voxels."""

    key: str
    role: Role
    role_confidence: float
    role_basis: RoleBasis
    plane: Plane
    shape: tuple[int, int, int] | None
    spacing_mm: tuple[float, float, float] | None
    regions: tuple[Region, ...]
    fat_suppressed: bool | None
    description: str | None
    residual_mm: float | None
    refined: bool
    digest: str = ""


@dataclass(frozen=True)
class Figure:
    """A key image: PNG bytes as base64, what it shows, and the place it is centred on."""

    name: str
    caption: str
    png_base64: str
    where: Place | None = None


@dataclass(frozen=True)
class Report:
    """The report of one study, as data: every format is rendered from this and adds no fact.

    emergencies come before everything; impression is in sentences, most important first; next_imaging says what to acquire
    and why; holes name the stages that failed. edited holds a reader's own words by section (`findings`, `impression` …), which
    stand in place of ours; approved_by says who signed, and how that is known.
    """

    identity: Identity
    status: Status
    acquired_on: str | None
    study_instance_uid: str | None
    context: Mapping[str, Value]
    emergencies: tuple[Alert, ...]
    impression: tuple[str, ...]
    series: tuple[SeriesLine, ...]
    unread: tuple[Unread, ...]
    protocol: ProtocolCheck
    reading: Reading
    differentials: tuple[Differential, ...]
    next_imaging: tuple[str, ...]
    comparison: Comparison | None
    holes: tuple[Hole, ...]
    figures: tuple[Figure, ...]
    provenance: Provenance
    words: Mapping[str, str] = field(default_factory=dict)
    edited: Mapping[str, str] = field(default_factory=dict)
    approved_by: str = ""
