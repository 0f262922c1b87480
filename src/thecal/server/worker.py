"""A reader of one job: reads the study, commits it with the job's token, or says why it could not."""

from __future__ import annotations

import json
import os
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from thecal.archive import Archive, jobs, open_archive, studies, uploads
from thecal.archive.models import StudyRow
from thecal.archive.refusals import Conflict
from thecal.knowledge import Knowledge
from thecal.knowledge import load as load_knowledge
from thecal.records import PATIENT, Finding, Identity, Report, Study, ThecalError
from thecal.server import kept

if TYPE_CHECKING:
    from thecal.pipeline import Event, Result

POLITE = 5
BEATS_EVERY_S = 10.0
MEMORY_BYTES = 12 * 1024**3
STAGES = ("read", "check", "align", "segment", "measure", "rank", "compose", "write")
SEXES = {"F": "female", "M": "male", "O": "other"}
DONE, BROKE, SUPERSEDED = 0, 1, 4


def main(arguments: list[str]) -> int:
    """Reads the study of a job and commits it with its token."""
    folder, job_id, study_id, token = arguments
    archive = open_archive(Path(folder))
    job = jobs.Job(int(job_id), study_id, int(token))
    _be_modest()
    threading.Thread(target=_beat, args=(archive, job), daemon=True).start()
    try:
        _read(archive, job)
    except Conflict:
        return SUPERSEDED
    except ThecalError as error:
        return _fail(archive, job, str(error), final=True)
    except MemoryError:
        return _fail(archive, job, "Memory ran out while the study was read. Free memory, then try again.", final=False)
    except OSError as error:
        return _fail(archive, job, f"The disk refused: {error.strerror}. Free space, then try again.", final=False)
    except Exception as error:  # noqa: BLE001  the kind alone is told: a message may hold a name out of a header
        return _fail(archive, job, f"A fault of thecal itself ({type(error).__name__}). Report it.", final=False)
    return DONE


def _fail(archive: Archive, job: jobs.Job, why: str, *, final: bool) -> int:
    try:
        jobs.fail(archive, job, why, final=final)
    except Conflict:
        return SUPERSEDED
    return BROKE


def _be_modest() -> None:
    """Lower priority than what a person waits for, and a bound on memory where the system keeps one."""
    import resource

    os.nice(POLITE)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, resource.getrlimit(resource.RLIMIT_AS)[1]))


def _beat(archive: Archive, job: jobs.Job) -> None:
    while True:
        threading.Event().wait(BEATS_EVERY_S)
        try:
            jobs.beat(archive, job)
        except Conflict:
            os._exit(SUPERSEDED)


def _read(archive: Archive, job: jobs.Job) -> None:
    from thecal import pipeline
    from thecal.pipeline import Event

    row = studies.find(archive, job.study_id)
    place = archive.study_folder(job.study_id)
    place.mkdir(mode=0o700, exist_ok=True)
    log: list[dict[str, Any]] = []

    def note(event: Event) -> None:
        if event.what == "began" and event.stage in STAGES:
            jobs.tell(archive, job, event.stage, STAGES.index(event.stage) + 1, len(STAGES))
        log.append({"stage": event.stage, "what": event.what, "seconds": round(event.seconds, 3)})

    knowledge = load_knowledge()
    with tempfile.TemporaryDirectory(prefix=".partial-", dir=place, ignore_cleanup_errors=True) as name:
        partial = Path(name) / "reading"
        partial.mkdir()
        note(Event("read", "began"))
        study, identity = _images(archive, row, Path(name) / "input", knowledge)
        memory: dict[str, Any] = {}
        result = pipeline.read(study, identity, knowledge, memory=memory, note=note, draw=False)
        note(Event("write", "began"))
        _write(result, identity, memory, partial, log)
        jobs.commit(archive, job, partial, shown_of(result.report, study, identity, knowledge))


def _images(archive: Archive, row: StudyRow, folder: Path, knowledge: Knowledge) -> tuple[Study, Identity]:
    if row.source:
        return _simulated(row.source, knowledge)
    from thecal import ingest
    from thecal.server.unpacking import unpack

    folder.mkdir()
    uploads.gather(archive, row.id, folder)
    unpack(folder, ingest.Limits())
    return ingest.read([folder], context=row.context)


def _simulated(source: Mapping[str, Any], knowledge: Knowledge) -> tuple[Study, Identity]:
    """A phantom whose signs are drawn as often as the knowledge says."""
    from thecal import simulation
    from thecal.differential import pool_text

    words = knowledge.vocabulary
    made = simulation.simulate(
        source["demo"],
        source["seed"],
        vocabulary=words,
        rates=pool_text(knowledge.text, words),
        protocol=source["protocol"],
    )
    return replace(made.study, context=dict(made.context)), made.identity


def _write(result: Result, identity: Identity, memory: dict[str, Any], folder: Path, log: list[dict[str, Any]]) -> None:
    from thecal import results

    kept.save(folder, result.study, identity, memory)
    (folder / "native").mkdir()
    for series in result.study.images():
        assert series.volume is not None
        results.write_nifti(series.volume, folder / "native" / f"{series.key}.nii.gz")
    results.write_aligned(result.aligned, folder / "aligned")
    (folder / "log.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in log), encoding="utf-8")
    kept.flush(folder)


def shown_of(report: Report, study: Study, identity: Identity, knowledge: Knowledge) -> dict[str, Any]:
    """What the worklist tells of a reading."""
    age, sex = (report.reading.find(code, PATIENT) for code in ("age_years", "sex"))
    return {
        "acquired_on": study.acquired_on or identity.study_date,
        "patient": {
            "name": identity.patient_name, "id": identity.patient_id,
            "sex": sex.state if isinstance(sex, Finding) else SEXES.get(identity.patient_sex or "", identity.patient_sex),
            "age": age.value if isinstance(age, Finding) else None,
        },
        **ranked_of(report, knowledge),
    }  # fmt: skip


def ranked_of(report: Report, knowledge: Knowledge) -> dict[str, Any]:
    """How many lesions there are, and the most probable entity."""
    own = next((one for one in report.differentials if one.subject == PATIENT), None)
    first = None
    if own is not None and own.candidates:
        best = max(own.candidates, key=lambda candidate: candidate.probability)
        name = "None of these" if best.entity == "none_of_these" else knowledge.vocabulary.name(best.entity)
        first = {"entity": best.entity, "name": name, "probability": best.probability, "interval": list(best.interval)}
    return {"lesions": len(report.reading.lesions), "first": first}
