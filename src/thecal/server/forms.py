"""What the reading room's page and its server say to each other, as forms that are checked.

Records (Report, Finding, Differential, Change …) go as their JSON form in `records/schema/`; here stands what is said around
them.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

State = Literal["queued", "reading", "ready", "attention", "approved"]
Record = dict[str, Any]
Voxel = tuple[int, int, int]
Run = tuple[Annotated[int, Field(ge=0)], Annotated[int, Field(ge=1)]]
Names = list[str]
Words = Annotated[str, Field(max_length=20_000)]


class Form(BaseModel):
    """A form with exactly its own fields."""

    model_config = ConfigDict(extra="forbid")


class Fault(Form):
    """Why something was not done: where, what was expected, what was found, what to do."""

    where: str
    expected: str
    found: str
    remedy: str = ""


class Refusal(Form):
    """The answer to a wrong call. After a conflict, yours is what was sent and theirs what stands now."""

    error: Fault
    yours: Any = None
    theirs: Any = None


# --- uploads and studies --------------------------------------------------------------------------------------------


class NewUpload(Form):
    """A file that is to come; name may hold the folders it stands in."""

    name: Annotated[str, Field(max_length=1000)]
    bytes: int


class Upload(Form):
    """How much of a file is on disk."""

    upload: str
    offset: int


class NewStudy(Form):
    """Complete uploads that make one study. blind: the reader commits findings before seeing thecal's."""

    uploads: Annotated[list[str], Field(min_length=1, max_length=50_000)]
    title: Annotated[str, Field(max_length=300)] = ""
    context: dict[str, Any] = {}
    blind: bool = False


class NewDemo(Form):
    """A simulated study of an entity, or of a healthy spine."""

    entity: str
    seed: Annotated[int, Field(ge=0, le=2**31)] | None = None
    protocol: Annotated[str, Field(max_length=40)] = "standard"
    blind: bool = False


class Made(Form):
    """The study that was made."""

    study: str


class First(Form):
    """The most probable entity of a study's differential."""

    entity: str
    name: str
    probability: float
    interval: tuple[float, float]


class Patient(Form):
    """Who a study is of, as far as its header tells."""

    name: str | None = None
    id: str | None = None
    sex: str | None = None
    age: float | None = None


class Study(Form):
    """A line of the worklist."""

    id: str
    title: str
    state: State
    stage: str | None = None
    stage_number: int | None = None
    stages: int | None = None
    why: str | None = None
    simulated: bool
    blind: bool = False
    added_at: str
    acquired_on: str | None = None
    patient: Patient | None = None
    lesions: int | None = None
    first: First | None = None
    version: int


class Studies(Form):
    """The worklist, newest first."""

    studies: list[Study]


class EntityName(Form):
    """An entity that can be simulated."""

    code: str
    name: str
    group: str | None


# --- one study, read ------------------------------------------------------------------------------------------------


class SeriesOnScreen(Form):
    """A series of the study; to_reference takes its mm to the reference's: 4 × 4, row by row (None where it is not placed)."""

    key: str
    role: str
    plane: str
    contrast: bool
    description: str | None
    shape: tuple[int, int, int]
    spacing: tuple[float, float, float]
    digest: str
    to_reference: list[float] | None


class GridForm(Form):
    """The reference grid: voxels along i, j, k, and the 4 × 4 affine to RAS mm."""

    shape: tuple[int, int, int]
    affine: list[list[float]]


class NumberedChange(Form):
    """A correction with its number; before and after are JSON forms of records."""

    number: int
    by: str
    at: str
    why: str
    target: str
    before: Record | None
    after: Record | None


class Committed(Form):
    """What a reader committed before seeing thecal's reading."""

    by: str
    at: str
    findings: dict[str, Any]
    list: Names


class ReadingForm(Form):
    """A study as it is read now.

    report is the record Report without its figures and its words; words are the display names
    (`finding.<code>`, `state.<state>`, `entity.<code>`, `role.<role>` …). labels tells the digest of each label map: anatomy,
    lesion, instances. blind is what the reader committed before seeing this.
    """

    version: int
    report: Record
    words: dict[str, str]
    changes: list[NumberedChange]
    series: list[SeriesOnScreen]
    labels: dict[str, str]
    reference: GridForm | None
    simulated: bool
    state: State
    blind: Committed | None


class Moved(Form):
    """What a correction moves, all of it as it is now; ms is the time the server took."""

    lesions: list[Record]
    findings: list[Record]
    not_assessed: list[Record]
    differentials: list[Record]
    changes: list[NumberedChange]
    impression: list[str]
    emergencies: list[Record]
    ms: float


class Saved(Form):
    """The version after a correction, what it moved, and the digest of each label map."""

    version: int
    labels: dict[str, str]
    reading: Moved


class After(Form):
    """What a finding is to be: one of a state, probabilities by state, a number, or not assessed and why."""

    state: str | None = None
    probabilities: dict[str, float] | None = None
    value: float | None = None
    not_assessed: Annotated[str, Field(max_length=500)] | None = None


class NewChange(Form):
    """A finding set by hand: target is `<subject>/<code>`; after None takes a correction back to what was measured."""

    target: Annotated[str, Field(max_length=300)]
    after: After | None = None
    why: Words = ""


class OneChange(NewChange):
    """A finding set by hand on a state of the reading."""

    base_version: int


class WhatIf(Form):
    """Corrections to be tried; nothing is kept."""

    changes: Annotated[list[NewChange], Field(max_length=100)]


class Differentials(Form):
    """The differentials, by subject."""

    differentials: list[Record]
    ms: float


class EditForm(Form):
    """Voxels of the reference grid, as runs (start, length) in Fortran order, given to a tissue of a lesion (0: to none)."""

    code: Annotated[int, Field(ge=0, le=12)]
    instance: Annotated[int, Field(ge=0, le=200)]
    runs: Annotated[list[Run], Field(max_length=400_000)]


class Strokes(Form):
    """What was painted on a state of the reading; or undo, the number of the change to be taken back."""

    base_version: int
    map: Literal["lesion"] = "lesion"
    edits: list[EditForm] = []
    undo: int | None = None
    why: Words = ""


class Click(Form):
    """Where to look for a structure, in voxels of the reference grid; add and refuse steer it."""

    at: Voxel
    add: Annotated[list[Voxel], Field(max_length=200)] = []
    refuse: Annotated[list[Voxel], Field(max_length=200)] = []
    series: str | None = None


class Fill(Form):
    """Two slices of the lesion map between which a lesion is to be filled in; axis is a voxel axis of the reference."""

    between: tuple[int, int]
    axis: Literal[0, 1, 2]
    code: Annotated[int, Field(ge=1, le=12)]
    instance: Annotated[int, Field(ge=1, le=200)]


class Proposed(Form):
    """A proposed mask; nothing is kept."""

    runs: list[tuple[int, int]]
    voxels: int
    ms: float


class NewLevels(Form):
    """The name of the vertebra at a place, in RAS mm of the reference."""

    base_version: int
    vertebra_at: tuple[float, float, float]
    name: Annotated[str, Field(pattern=r"^(C[1-7]|T([1-9]|1[0-3])|L[1-6]|S1)$")]
    why: Words = ""


class Blind(Form):
    """Before seeing thecal's reading: begin, or what the reader saw and thought."""

    begin: bool = False
    findings: dict[str, Any] = {}
    list: Annotated[Names, Field(max_length=100)] = []
    by: Annotated[str, Field(max_length=200)] = ""


# --- report ---------------------------------------------------------------------------------------------------------


class KeyImage(Form):
    """A picture taken from the view: a PNG as data URL, and what it shows."""

    png: Annotated[str, Field(pattern=r"^data:image/png;base64,", max_length=8_000_000)]
    caption: Annotated[str, Field(max_length=1000)] = ""


class NewDraft(Form):
    """A draft written on a state of it: sections by name, and key images."""

    base_version: int
    sections: dict[str, Annotated[str, Field(max_length=100_000)]]
    key_images: Annotated[list[KeyImage], Field(max_length=40)] = []


class Draft(Form):
    """A draft as it stands. suggested is what thecal would write in each section, from the reading as it is now.

    locked once approved; approved says by whom and when.
    """

    version: int
    by: str | None
    at: str | None
    sections: dict[str, str]
    key_images: list[KeyImage]
    suggested: dict[str, str]
    reading_version: int
    locked: bool
    approved: dict[str, Any] | None
    addenda: list[dict[str, Any]]


class DraftSaved(Form):
    """The version of the draft that was saved."""

    version: int


class Approval(Form):
    """Who approves, and which state: version of the reading (as in Study), draft_version of the draft."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    version: int
    draft_version: int | None = None


class NewAddendum(Form):
    """What is added to an approved report."""

    text: Words
    by: Annotated[str, Field(max_length=200)] = ""


class Addendum(Form):
    """What was added to an approved report."""

    at: str
    by: str
    text: str


class Versions(Form):
    """Every saved state of the draft, the approval and what was added."""

    drafts: list[dict[str, Any]]
    approved: dict[str, Any] | None
    addenda: list[Addendum]


class StateName(Form):
    """A state of a finding and its name."""

    code: str
    name: str


class TermForm(Form):
    """A finding that can be set by hand. subject: whether it is said of a lesion or of the patient."""

    code: str
    name: str
    kind: Literal["states", "number", "entity"]
    states: list[StateName]
    unit: str | None
    note: str
    subject: Literal["lesion", "patient"]
