"""Routes: one study, read; its images and label maps; and what a reader corrects in it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from fastapi import APIRouter, Request
from starlette.responses import FileResponse, Response

from thecal.archive import corrections as archived
from thecal.archive import drafts, studies
from thecal.archive.clock import now
from thecal.archive.models import StudyRow
from thecal.archive.refusals import Conflict, Locked, NotThere
from thecal.records import (
    PATIENT,
    CallWrong,
    Change,
    Drawn,
    Edit,
    Finding,
    LabelMap,
    Named,
    NotAssessed,
    Segmentation,
    Vocabulary,
)
from thecal.records.form import to_data
from thecal.server import forms, worker
from thecal.server.answers import with_yours
from thecal.server.room import InRoom, Room, reader

if TYPE_CHECKING:
    from thecal.pipeline import Result

FOR_EVER = "private, max-age=31536000, immutable"
ASK_AGAIN = "private, no-cache"
MAPS = {"anatomy": "composed_anatomy", "lesion": "composed_lesion", "instances": "composed_instances"}

router = APIRouter(prefix="/api", tags=["reading"])


def seen(room: Room, study_id: str) -> StudyRow:
    """A study that was read and may be seen."""
    row = studies.find(room.archive, study_id)
    if row.folder is None:
        raise Locked("study", expected="a study that was read", found=f"one that is {row.state}", remedy=row.why or "")
    drafts.refuse_blind(row)
    return row


@router.get("/studies/{study_id}/reading")
def read(study_id: str, room: InRoom) -> forms.ReadingForm:
    """The study as it is read now."""
    row = studies.find(room.archive, study_id)
    if row.blind and row.folder is not None:
        raise _blind(room.opened.read(row))
    row = seen(room, study_id)
    changes = archived.of(room.archive, study_id)
    result = room.opened.read(row, changes)
    committed = drafts.blind(room.archive, study_id)
    grid = result.aligned.reference
    return forms.ReadingForm(
        version=len(changes),
        report={key: value for key, value in to_data(result.report).items() if key not in ("words", "figures")},
        words={**_entity_names(room.knowledge.vocabulary), **result.report.words},
        changes=numbered(changes),
        series=_series(result),
        labels=label_digests(result.segmentation),
        reference=None if grid is None else forms.GridForm(shape=grid.shape, affine=grid.affine.tolist()),
        simulated=row.simulated,
        state=_state(row),
        blind=_committed(committed[-1]) if committed else None,
    )


def _blind(result: Result) -> Locked:
    """The refusal of a study that is read blind first, with the images that are to be read."""
    grid = result.aligned.reference
    return Locked(
        "reading", expected="your own findings and list first", found="a study that is read blind first",
        remedy="Commit your findings; thecal's reading is shown then.",
        theirs={
            "series": [one.model_dump(mode="json") for one in _series(result)],
            "reference": None if grid is None else {"shape": list(grid.shape), "affine": grid.affine.tolist()},
            "words": dict(result.report.words),
        },
    )  # fmt: skip


def _state(row: StudyRow) -> Any:
    return row.state


def _committed(row: Any) -> forms.Committed:
    return forms.Committed(by=row.by, at=row.at, findings=row.findings, list=row.entities)


def _entity_names(words: Vocabulary) -> dict[str, str]:
    return {f"entity.{code}": words.name(code) for code in (*words.entities, *words.parents, *words.reserved)}


def numbered(changes: Sequence[Change]) -> list[forms.NumberedChange]:
    """The corrections with their numbers; what was drawn is told by its size alone."""
    told = []
    for number, change in enumerate(changes, start=1):
        data = {key: _short(value) if change.of_maps else value for key, value in to_data(change).items()}
        told.append(forms.NumberedChange(number=number, **data))
    return told


def _short(value: Any) -> Any:
    """What was drawn without its runs."""
    if not isinstance(value, dict) or "edits" not in value:
        return value
    edits = [
        {"code": edit["code"], "instance": edit["instance"], "voxels": sum(length for _, length in edit["runs"])}
        for edit in value["edits"]
    ]
    return {"edits": edits}


def _series(result: Result) -> list[forms.SeriesOnScreen]:
    lines = []
    for series in result.aligned.study.images():
        assert series.volume is not None
        carry = result.aligned.to_reference.get(series.key)
        spacing = [round(float(step), 4) for step in series.volume.spacing_mm]
        lines.append(
            forms.SeriesOnScreen(
                key=series.key, role=series.role, plane=series.plane, contrast=series.role == "T1w_ce",
                description=series.acquisition.series_description, shape=series.volume.shape,
                spacing=(spacing[0], spacing[1], spacing[2]), digest=series.volume.digest,
                to_reference=None if carry is None else np.asarray(carry).ravel().tolist(),
            )
        )  # fmt: skip
    return lines


def label_digests(made: Segmentation) -> dict[str, str]:
    """The digest of each composed label map."""
    maps: dict[str, LabelMap | None] = {name: getattr(made, composed) for name, composed in MAPS.items()}
    return {name: label.volume.digest for name, label in maps.items() if label is not None}


# --- images ---------------------------------------------------------------------------------------------------------


@router.get("/studies/{study_id}/series/{key}.nii.gz", response_class=FileResponse)
def series_file(study_id: str, key: str, room: InRoom, request: Request, v: str = "") -> Response:
    """A series in its own grid."""
    return _image(room, study_id, "native", key, request, v)


@router.get("/studies/{study_id}/aligned/{key}.nii.gz", response_class=FileResponse)
def aligned_file(study_id: str, key: str, room: InRoom, request: Request, v: str = "") -> Response:
    """A series in the reference grid."""
    return _image(room, study_id, "aligned", key, request, v)


def _image(room: Room, study_id: str, kind: str, key: str, request: Request, asked: str) -> Response:
    """Images may be seen while the reading may not: they are what is read blind."""
    row = studies.find(room.archive, study_id)
    folder = room.archive.study_folder(row.id) / (row.folder or "none") / kind
    path = folder / f"{key}.nii.gz"
    if "/" in key or not path.is_file():
        raise NotThere("series", expected="a series of the study", found=key)
    tag = f'"{row.folder}-{kind}-{path.stat().st_size:x}"'
    return _unchanged(request, tag, asked) or FileResponse(
        path, media_type="application/gzip", headers=_cached(tag, asked)
    )


def _cached(tag: str, asked: str) -> dict[str, str]:
    return {"ETag": tag, "Cache-Control": FOR_EVER if asked else ASK_AGAIN}


def _unchanged(request: Request, tag: str, asked: str) -> Response | None:
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=_cached(tag, asked))
    return None


@router.get("/studies/{study_id}/labels/{name}.nii.gz", response_class=Response)
def labels_file(study_id: str, name: str, room: InRoom, request: Request, v: str = "") -> Response:
    """A composed label map in the reference grid, as it is now."""
    from thecal import results

    row = seen(room, study_id)
    if name not in MAPS:
        raise NotThere("labels", expected=f"one of {', '.join(MAPS)}", found=name)
    label: LabelMap | None = getattr(room.opened.read(row).segmentation, MAPS[name])
    if label is None:
        raise NotThere("labels", expected=f"a map of {name}", found="none: it was not drawn")
    tag = f'"{label.volume.digest}"'
    return _unchanged(request, tag, v) or Response(
        results.nifti_of(label.volume), media_type="application/gzip", headers=_cached(tag, v)
    )


# --- corrections ----------------------------------------------------------------------------------------------------


@router.post("/studies/{study_id}/changes")
def change(study_id: str, form: forms.OneChange, room: InRoom) -> forms.Saved:
    """Sets a finding by hand, or takes that back."""
    row = seen(room, study_id)
    held = archived.of(room.archive, study_id)
    with with_yours(form):
        return _save(room, row, form.base_version, held, _change_of(form, room, row, held))


@router.post("/studies/{study_id}/whatif")
def try_out(study_id: str, form: forms.WhatIf, room: InRoom) -> forms.Differentials:
    """The differentials as they would be; nothing is kept."""
    start = time.perf_counter()
    row = seen(room, study_id)
    held = archived.of(room.archive, study_id)
    tried = tuple(_change_of(one, room, row, held) for one in form.changes)
    report = room.opened.read(row, (*held, *tried)).report
    return forms.Differentials(differentials=[to_data(one) for one in report.differentials], ms=_ms(start))


def _change_of(form: forms.NewChange, room: Room, row: StudyRow, held: Sequence[Change]) -> Change:
    """A correction as a record; CallWrong for a code, a subject or a state that does not exist."""
    subject, _, code = form.target.rpartition("/")
    present = room.opened.read(row, held).report.reading
    known = {PATIENT, *(lesion.tracking_uid for lesion in present.lesions)}
    if subject not in known or code not in room.knowledge.vocabulary.findings:
        raise CallWrong("change: target", expected="<patient or a lesion's UID>/<code of a finding>", found=form.target)
    after: Finding | NotAssessed | None
    if form.after is None:
        measured = room.opened.read(row, [one for one in held if one.of_maps]).report.reading
        after = measured.find(code, subject)
    else:
        after = _after(form.after, code, subject, room.knowledge.vocabulary)
    return Change(form.target, present.find(code, subject), after, reader(), now(), form.why)


def _after(form: forms.After, code: str, subject: str, words: Vocabulary) -> Finding | NotAssessed:
    from thecal import findings

    given = form.model_dump(exclude_none=True)
    if len(given) != 1:
        raise CallWrong(
            "change: after", expected="one of state, probabilities, value, not_assessed", found=str(len(given))
        )
    if form.not_assessed is not None:
        return NotAssessed(code, subject, form.not_assessed or "set by the reader")
    [told] = given.values()
    [finding] = findings.state({code: told}, words)
    return replace(finding, subject=subject, basis="corrected", method="set by the reader")


def _save(room: Room, row: StudyRow, base: int, held: Sequence[Change], made: Change) -> forms.Saved:
    """Applies a correction, keeps it, and tells what it moved. What cannot be applied is not kept."""
    start = time.perf_counter()
    if base != len(held):
        archived.add(room.archive, row.id, base, [made])  # refuses, and says what was saved in between
    result = room.opened.read(row, (*held, made))
    shown = worker.ranked_of(result.report, room.knowledge)
    version = archived.add(room.archive, row.id, base, [made], shown)
    return forms.Saved(
        version=version,
        labels=label_digests(result.segmentation),
        reading=moved(result, (*held, made), start),
    )


def moved(result: Result, changes: Sequence[Change], start: float) -> forms.Moved:
    """What a correction moves, as it is now."""
    report = result.report
    return forms.Moved(
        lesions=[to_data(one) for one in report.reading.lesions],
        findings=[to_data(one) for one in report.reading.findings],
        not_assessed=[to_data(one) for one in report.reading.not_assessed],
        differentials=[to_data(one) for one in report.differentials],
        changes=numbered(changes),
        impression=list(report.impression),
        emergencies=[to_data(one) for one in report.emergencies],
        ms=_ms(start),
    )


def _ms(start: float) -> float:
    return round((time.perf_counter() - start) * 1000, 1)


@router.post("/studies/{study_id}/strokes")
def draw(study_id: str, form: forms.Strokes, room: InRoom) -> forms.Saved:
    """Draws on the lesion map, or takes back what was drawn."""
    from thecal.corrections import opposite

    row = seen(room, study_id)
    held = archived.of(room.archive, study_id)
    result = room.opened.read(row, held)
    if result.aligned.reference is None:
        raise CallWrong("strokes", expected="a study with a reference grid", found="none")
    drawn = _undone(form.undo, held) if form.undo is not None else _drawn(form)
    before = opposite(result.segmentation, result.aligned.reference, drawn)
    with with_yours(form):
        return _save(room, row, form.base_version, held, Change("map/lesion", before, drawn, reader(), now(), form.why))


def _drawn(form: forms.Strokes) -> Drawn:
    if not any(edit.runs for edit in form.edits):
        raise CallWrong("strokes: edits", expected="voxels that were drawn on, or a change to undo", found="neither")
    return Drawn(tuple(Edit(edit.code, edit.instance, tuple(edit.runs)) for edit in form.edits))


def _undone(number: int, held: Sequence[Change]) -> Drawn:
    before = held[number - 1].before if 0 < number <= len(held) else None
    if not isinstance(before, Drawn):
        raise CallWrong("strokes: undo", expected="the number of something that was drawn", found=str(number))
    return replace(before, undoes=number)


@router.post("/studies/{study_id}/levels")
def name_level(study_id: str, form: forms.NewLevels, room: InRoom) -> forms.Saved:
    """Names one vertebra; all others follow."""
    row = seen(room, study_id)
    held = archived.of(room.archive, study_id)
    named = Named(form.vertebra_at, form.name)
    with with_yours(form):
        return _save(room, row, form.base_version, held, Change("map/anatomy", None, named, reader(), now(), form.why))


@router.post("/studies/{study_id}/click")
def propose(study_id: str, form: forms.Click, room: InRoom) -> forms.Proposed:
    """A mask around a place that was clicked; nothing is kept."""
    from thecal.server.proposals import grown

    start = time.perf_counter()
    row = seen(room, study_id)
    runs = grown(room.opened.read(row), form)
    return forms.Proposed(runs=list(runs), voxels=sum(length for _, length in runs), ms=_ms(start))


@router.post("/studies/{study_id}/fill")
def fill(study_id: str, form: forms.Fill, room: InRoom) -> forms.Proposed:
    """What lies between two drawn slices of a lesion; nothing is kept."""
    from thecal.server.proposals import filled

    start = time.perf_counter()
    row = seen(room, study_id)
    runs = filled(room.opened.read(row), form)
    return forms.Proposed(runs=list(runs), voxels=sum(length for _, length in runs), ms=_ms(start))


@router.post("/studies/{study_id}/blind")
def read_blind(study_id: str, form: forms.Blind, room: InRoom) -> Mapping[str, Any]:
    """Begins a blind reading, or keeps what the reader saw; thecal's reading is shown afterwards."""
    row = studies.find(room.archive, study_id)
    if form.begin:
        drafts.begin_blind(room.archive, study_id)
    elif not row.blind:
        raise Conflict("blind reading", expected="a study that is read blind first", found="one that was seen")
    else:
        drafts.commit_blind(room.archive, study_id, form.findings, form.list, form.by or reader())
    return {"blind": form.begin}


@router.get("/vocabulary")
def vocabulary(room: InRoom) -> list[forms.TermForm]:
    """Every finding that can be set by hand, with its names and states."""
    from thecal import report
    from thecal.findings.room import MODULES, OF_THE_PATIENT
    from thecal.findings.stated import PERSON

    words = room.knowledge.vocabulary
    language = report.words.read("en")
    of_patient = {*PERSON, *OF_THE_PATIENT, *(module.CODE for module in MODULES if module.SUBJECT == "patient")}
    told = []
    for code, term in words.findings.items():
        states = (*words.entities, *words.parents) if term.kind == "entity" else term.states
        names = [forms.StateName(code=one, name=_name(one, term.kind, words, language)) for one in states]
        told.append(
            forms.TermForm(
                code=code, name=language.get(f"finding.{code}", code.replace("_", " ").capitalize()),
                kind="states" if term.kind == "state" else term.kind, states=names, unit=term.unit, note=term.note,
                subject="patient" if code in of_patient else "lesion",
            )
        )  # fmt: skip
    return told


def _name(state: str, kind: str, words: Vocabulary, language: Mapping[str, str]) -> str:
    return words.name(state) if kind == "entity" else language.get(f"state.{state}", state.replace("_", " "))
