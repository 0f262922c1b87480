"""Routes: the worklist."""

from __future__ import annotations

import secrets

from fastapi import APIRouter

from thecal.archive import jobs, studies
from thecal.archive.corrections import refuse_locked
from thecal.records import KnowledgeInvalid
from thecal.server import forms
from thecal.server.room import InRoom, line_of

router = APIRouter(prefix="/api", tags=["studies"])


@router.get("/studies")
def search(room: InRoom, search: str = "", state: str = "") -> forms.Studies:
    """The worklist, newest first: studies that hold all the words, in a state."""
    return forms.Studies(studies=[line_of(row) for row in studies.search(room.archive, search, state)])


@router.post("/studies", status_code=201)
def add(form: forms.NewStudy, room: InRoom) -> forms.Made:
    """Makes a study of complete uploads, and has it read."""
    from thecal import findings

    findings.state(form.context, room.knowledge.vocabulary)
    row = studies.add(
        room.archive, title=form.title, upload_ids=form.uploads, context=form.context, blind=form.blind
    )  # fmt: skip
    room.foreman.wake()
    return forms.Made(study=row.id)


@router.post("/demos", status_code=201)
def add_demo(form: forms.NewDemo, room: InRoom) -> forms.Made:
    """Simulates a study of an entity, and has it read. It is marked as simulated."""
    from thecal.simulation import PROTOCOLS, entity_codes

    for where, given, known in (("entity", form.entity, entity_codes()), ("protocol", form.protocol, tuple(PROTOCOLS))):
        if given not in known:
            raise KnowledgeInvalid(f"demo: {where}", expected=f"one of {', '.join(known)}", found=given)
    seed = secrets.randbelow(10_000) if form.seed is None else form.seed
    demo = {"demo": form.entity, "seed": seed, "protocol": form.protocol}
    name = "Healthy spine" if form.entity == "healthy" else room.knowledge.vocabulary.name(form.entity)
    title = f"Simulated patient {seed}" if form.blind else f"{name}, simulated"
    row = studies.add(room.archive, title=title, demo=demo, blind=form.blind)
    room.foreman.wake()
    return forms.Made(study=row.id)


@router.get("/entities")
def list_entities(room: InRoom) -> list[forms.EntityName]:
    """What can be simulated."""
    from thecal.simulation import entity_codes

    words = room.knowledge.vocabulary
    known = {**words.entities, **words.parents}
    told = [forms.EntityName(code="healthy", name="Healthy spine", group=None)]
    told += [forms.EntityName(code=code, name=words.name(code), group=known[code].group if code in known else None)
             for code in entity_codes() if code != "healthy"]  # fmt: skip
    return told


@router.get("/studies/{study_id}")
def find(study_id: str, room: InRoom) -> forms.Study:
    """A line of the worklist."""
    return line_of(studies.find(room.archive, study_id))


@router.delete("/studies/{study_id}", status_code=204)
def remove(study_id: str, room: InRoom) -> None:
    """Deletes a study with everything that belongs to it; an approved one stays."""
    refuse_locked(studies.find(room.archive, study_id))
    room.opened.close(study_id)
    studies.remove(room.archive, study_id)


@router.post("/studies/{study_id}/retry")
def retry(study_id: str, room: InRoom) -> forms.Study:
    """Reads a study that needed attention once more."""
    jobs.retry(room.archive, study_id)
    room.foreman.wake()
    return line_of(studies.find(room.archive, study_id))
