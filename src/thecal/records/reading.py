"""What was seen: lesions, findings, corrections; and the maps it was measured on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from thecal.records.volume import LabelMap, Volume

Compartment = Literal["intramedullary", "intradural_extramedullary", "extradural"]
Basis = Literal["measured", "stated", "corrected"]
PATIENT = "patient"


@dataclass(frozen=True)
class Place:
    """A point of the patient, x, y, z in mm of a named series, so that it can be shown on the image."""

    series_key: str
    x: float
    y: float
    z: float


@dataclass(frozen=True)
class Measurement:
    """A measured number with its UCUM unit and, where known, its standard deviation."""

    value: float
    unit: str
    sd: float | None = None


@dataclass(frozen=True)
class Lesion:
    """One lesion: what is followed over time under one tracking UID.

    instance is its cranio-caudal display number, from 1; confidence (0 to 1) that there is a lesion at all;
    compartment the probability of each; where its centre; series_keys the series it was seen on.
    levels names the vertebral levels it spans, empty when they could not be told. volume_mm3 is the lesion's own, without
    oedema, polar cysts and syrinx beside it.
    """

    tracking_uid: str
    instance: int
    confidence: float
    compartment: Mapping[Compartment, float]
    where: Place
    volume_mm3: float
    tissues: tuple[int, ...] = ()
    series_keys: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()


@dataclass(frozen=True)
class NotAssessed:
    """A finding that was not looked at or could not be, and why. It is neither present nor absent."""

    code: str
    subject: str
    reason: str


@dataclass(frozen=True)
class Finding:
    """What was seen of one sign: a state with its probabilities, or a number.

    subject is "patient" or a lesion's tracking UID. Exactly one of probabilities (by state, summing to 1) and value
    (with value_sd) is set. measurement is the number behind a state, place where to look, method how it was measured.
    """

    code: str
    subject: str
    basis: Basis
    probabilities: Mapping[str, float] | None = None
    value: float | None = None
    value_sd: float | None = None
    measurement: Measurement | None = None
    where: Place | None = None
    method: str = ""

    def __post_init__(self) -> None:
        if (self.probabilities is None) == (self.value is None):
            raise ValueError(f"{self.code}: a finding has probabilities or a value, one of them")
        if self.probabilities is not None and abs(sum(self.probabilities.values()) - 1) > 1e-6:
            raise ValueError(f"{self.code}: the probabilities sum to {sum(self.probabilities.values()):.4f}, not 1")

    @property
    def state(self) -> str | None:
        """The most probable state, the one that is shown; None for a number."""
        if self.probabilities is None:
            return None
        return max(sorted(self.probabilities), key=self.probabilities.__getitem__)


@dataclass(frozen=True, eq=False)
class Segmentation:
    """Where the structures are: label maps per series in its own grid, composed maps, and the lesions.

    probability holds, per series, a map from 0 to 1 for each named structure (`cord`, `lesion` …).
    composed_* lie in the study's reference grid. region gives per series the probability that the image shows each
    spinal region, where levels could not be named. not_told says what could not be drawn and why.
    """

    anatomy: Mapping[str, LabelMap] = field(default_factory=dict)
    lesion: Mapping[str, LabelMap] = field(default_factory=dict)
    probability: Mapping[str, Mapping[str, Volume]] = field(default_factory=dict)
    composed_anatomy: LabelMap | None = None
    composed_lesion: LabelMap | None = None
    composed_instances: LabelMap | None = None
    lesions: tuple[Lesion, ...] = ()
    region: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    not_told: tuple[NotAssessed, ...] = ()
    lesion_threshold: float | None = None


@dataclass(frozen=True)
class Edit:
    """Voxels of the reference grid given to a tissue (a code of the lesion map) of a lesion (its instance); 0 and 0 to none.

    runs are (start, length), counted through the grid with i fastest, as the voxels stand in a NIfTI file.
    """

    code: int
    instance: int
    runs: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Drawn:
    """What a reader drew on the lesion map, in the order it was drawn; undoes numbers the change (from 1) that it takes back."""

    edits: tuple[Edit, ...]
    undoes: int | None = None


@dataclass(frozen=True)
class Named:
    """A vertebra named by a reader: the one nearest to a place, x, y, z in mm of the reference, is called name."""

    place: tuple[float, float, float]
    name: str


@dataclass(frozen=True)
class Change:
    """A reader's correction, kept with who made it, when and why.

    target is a finding's code with its subject (`patient/sex`, `<tracking_uid>/margins`), `map/lesion` for what was Drawn, or
    `map/anatomy` for a vertebra that was Named; before and after hold its JSON form, None where nothing stood or nothing is to
    stand.
    """

    target: str
    before: Finding | NotAssessed | Drawn | Named | None
    after: Finding | NotAssessed | Drawn | Named | None
    by: str
    at: str
    why: str = ""

    @property
    def of_maps(self) -> bool:
        """Whether it corrects a map, and not a finding."""
        return isinstance(self.after, Drawn | Named)


@dataclass(frozen=True)
class Reading:
    """All that was seen in a study, and what was not assessed. A correction makes a new reading; parent_id names the old."""

    reading_id: str
    parent_id: str | None = None
    lesions: tuple[Lesion, ...] = ()
    findings: tuple[Finding, ...] = ()
    not_assessed: tuple[NotAssessed, ...] = ()
    changes: tuple[Change, ...] = ()

    def of(self, subject: str) -> tuple[Finding, ...]:
        """The findings of the patient or of one lesion."""
        return tuple(finding for finding in self.findings if finding.subject == subject)

    def find(self, code: str, subject: str) -> Finding | NotAssessed | None:
        """What is known of one sign of one subject; None when nothing was said of it."""
        everything: tuple[Finding | NotAssessed, ...] = (*self.findings, *self.not_assessed)
        for finding in everything:
            if finding.code == code and finding.subject == subject:
                return finding
        return None

    def index_lesion(self) -> Lesion | None:
        """The lesion that speaks for the patient: the largest; None without a lesion."""
        return max(self.lesions, key=lambda lesion: (lesion.volume_mm3, -lesion.instance), default=None)
