"""A cohort as a BIDS App: every examination of a data set read into a result folder of its own, then all results put into tables.

OUT_DIR/sub-…[/ses-…]/ is what `thecal read` leaves; run.json beside it says of what it was made, so that a second call reads only
what is new, changed or failed. The group level writes long tables under OUT_DIR/group/.

Source: gorgolewski2017
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from thecal import __version__
from thecal.records import CallWrong, StudyUnreadable, ThecalError

Row = dict[str, Any]
MARK = "run.json"
UNSTATED = ("", "n/a", "N/A")
SEXES = {"M": "male", "F": "female"}
TABLES: Mapping[str, Mapping[str, str]] = {
    "studies": {
        "state": "read, read in part, failed, or not read yet", "why": "what failed", "lesions": "number of lesions called",
        "entity": "first of the ranking", "probability": "its probability, 0 to 1", "low": "5 % bound", "high": "95 % bound",
    },
    "findings": {
        "subject": "patient, or a lesion's number", "finding": "code of the vocabulary", "state": "most probable state",
        "probability": "its probability, 0 to 1", "value": "a finding that is a number", "measured": "the number behind a state",
        "unit": "UCUM unit of measured", "basis": "measured, stated or corrected", "not_assessed": "why it was not assessed",
    },
    "differentials": {
        "subject": "patient, or a lesion's number", "entity": "code of the vocabulary", "probability": "0 to 1",
        "low": "5 % bound", "high": "95 % bound",
    },
}  # fmt: skip
IDENTIFIERS = {
    "participant_id": "label of the participant",
    "session_id": "label of the examination, n/a without sessions",
}


@dataclass(frozen=True)
class Asked:
    """What holds for every examination of a run."""

    base_rates: Any = "clinical"
    language: str = "en"


@dataclass(frozen=True)
class Job:
    """One examination: its labels, its images, where its result goes and what is told of the person."""

    participant: str
    session: str | None
    images: Path
    target: Path
    told: Mapping[str, str]

    @property
    def name(self) -> str:
        """Its labels, as a BIDS path."""
        return f"{self.participant}/{self.session}" if self.session else self.participant

    def digest(self, asked: Asked) -> str:
        """SHA-256 of what its result depends on: the files by name, size and time, what is told, and how it is asked."""
        files = sorted(path for path in self.images.rglob("*") if path.is_file())
        stats = [
            (path.relative_to(self.images).as_posix(), path.stat().st_size, path.stat().st_mtime_ns) for path in files
        ]
        parts = [__version__, stats, dict(self.told), asked.base_rates, asked.language]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    def mark(self) -> dict[str, Any]:
        """What its last run left word of; empty where there was none."""
        try:
            kept = json.loads((self.target / MARK).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return kept if isinstance(kept, dict) else {}


def jobs(data: Path, out: Path, participants: Sequence[str] = (), sessions: Sequence[str] = ()) -> tuple[Job, ...]:
    """The examinations of a BIDS data set, in the order of their labels, those named or all.

    Raises StudyUnreadable where the folder holds no participant, CallWrong where a named one is not there.
    """
    there = {path.name: path for path in sorted(data.glob("sub-*")) if path.is_dir()}
    if not there:
        raise StudyUnreadable(
            str(data), expected="a BIDS data set with a folder sub-… for each participant", found="none"
        )
    wanted = [f"sub-{name.removeprefix('sub-')}" for name in participants] or list(there)
    for name in wanted:
        if name not in there:
            raise CallWrong("--participant-label", expected="a participant of the data set", found=name)
    chosen = {f"ses-{name.removeprefix('ses-')}" for name in sessions}
    told = _told(data / "participants.tsv")
    found = []
    for name in sorted(set(wanted)):
        visits = [path for path in sorted(there[name].glob("ses-*")) if path.is_dir()]
        for visit in (*visits,) or (None,):
            if chosen and (visit is None or visit.name not in chosen):
                continue
            label = visit.name if visit else None
            target = out / name / label if label else out / name
            found.append(Job(name, label, visit or there[name], target, told.get(name, {})))
    return tuple(found)


def _told(table: Path) -> dict[str, dict[str, str]]:
    """What participants.tsv says of each: age and sex, and columns named by a finding's code."""
    if not table.is_file():
        return {}
    out = {}
    with table.open(encoding="utf-8-sig", newline="") as stream:
        for row in csv.DictReader(stream, delimiter="\t"):
            told = {key: value.strip() for key, value in row.items() if key and value and value.strip() not in UNSTATED}
            name = told.pop("participant_id", "")
            if "age" in told:
                told["age_years"] = told.pop("age")
            if "sex" in told:
                told["sex"] = SEXES.get(told["sex"].upper(), told["sex"].lower())
            out[name] = told
    return out


def shard(all_jobs: Sequence[Job], part: str | None) -> tuple[Job, ...]:
    """Part K of N of the jobs, so that N machines can share them; every job falls to exactly one part."""
    if part is None:
        return tuple(all_jobs)
    number, _, of = part.partition("/")
    if not (number.isdigit() and of.isdigit() and 1 <= int(number) <= int(of)):
        raise CallWrong("--shard", expected="K/N with K from 1 to N", found=part)
    return tuple(all_jobs[int(number) - 1 :: int(of)])


def is_done(job: Job, asked: Asked) -> bool:
    """Whether its result stands and was made of the same files in the same way."""
    mark = job.mark()
    return mark.get("digest") == job.digest(asked) and mark.get("state") in ("read", "read in part")


def read(job: Job, asked: Asked) -> Row:
    """Reads one examination into its folder and leaves word of how it ended; an error is that word, never an exception."""
    from thecal import results

    digest = job.digest(asked)
    try:
        why = _read(job, asked)
        mark = {"state": "read in part" if why else "read", "why": why}
    except ThecalError as error:
        mark = {"state": "failed", "why": str(error)}
    except Exception as error:  # noqa: BLE001  one examination may break in any way; the others go on
        mark = {"state": "failed", "why": f"{type(error).__name__}: {error}"}
    with results.staged(job.target, (MARK,)) as partial:
        (partial / MARK).write_text(
            json.dumps({"digest": digest, "version": __version__, **mark}, indent=1), encoding="utf-8"
        )
    return {"name": job.name, **mark}


def _read(job: Job, asked: Asked) -> str:
    """Reads one examination; says which stages failed, if any."""
    from thecal import findings, ingest, results, run
    from thecal.knowledge import load

    vocabulary = load().vocabulary
    context = {code: _typed(vocabulary, code, value) for code, value in job.told.items() if code in vocabulary.findings}
    findings.state(context, vocabulary)
    result, log = run.read(
        lambda: ingest.read([job.images], context=context), base_rates=asked.base_rates, language=asked.language
    )
    holes = (*result.report.holes, *results.write(result, job.target, log))
    return "; ".join(f"{hole.stage}: {hole.why}" for hole in holes)


def _typed(vocabulary: Any, code: str, value: str) -> str | float:
    if vocabulary.findings[code].kind != "number":
        return value
    try:
        return float(value)
    except ValueError as error:
        raise CallWrong(f"participants.tsv, {code}", expected="a number", found=value) from error


def read_all(
    todo: Sequence[Job], asked: Asked, tell: Callable[[Row], None], workers: int = 1, scheduler: str | None = None
) -> list[Row]:
    """Reads every job: one after the other, or side by side on Dask workers of this machine or of a cluster's scheduler."""
    ended = []
    for row in (
        _one_by_one(todo, asked) if workers == 1 and scheduler is None else _on_dask(todo, asked, workers, scheduler)
    ):
        tell(row)
        ended.append(row)
    return ended


def _one_by_one(todo: Sequence[Job], asked: Asked) -> Iterator[Row]:
    for job in todo:
        yield read(job, asked)


def _on_dask(todo: Sequence[Job], asked: Asked, workers: int, scheduler: str | None) -> Iterator[Row]:
    try:
        dask: Any = import_module("dask.distributed")
    except ImportError as error:
        raise CallWrong(
            "--n-workers", expected="Dask, which several workers need", found="it is not installed",
            remedy="pip install 'thecal[cluster]', or leave --n-workers and --scheduler out.",
        ) from error  # fmt: skip
    here = None if scheduler else dask.LocalCluster(
        n_workers=workers, threads_per_worker=1, host="127.0.0.1", dashboard_address=None
    )  # fmt: skip
    try:
        with dask.Client(scheduler or here) as client:
            sent = {client.submit(read, job, asked, pure=False, retries=1): job for job in todo}
            for future in dask.as_completed(sent):
                lost = {"name": sent[future].name, "state": "failed", "why": "its worker was lost, twice"}
                yield future.result() if future.status == "finished" else lost
    finally:
        if here is not None:
            here.close()


def group(all_jobs: Sequence[Job], out: Path) -> list[Row]:
    """Writes the tables of all examinations that were read; returns the rows of the table of studies."""
    from thecal import results

    rows: dict[str, list[Row]] = {name: [] for name in TABLES}
    for job in all_jobs:
        for name, row in _rows(job):
            rows[name].append({"participant_id": job.participant, "session_id": job.session or "n/a", **row})
    with results.staged(out, ("group", "dataset_description.json", ".bidsignore")) as partial:
        (partial / "group").mkdir()
        for name, columns in TABLES.items():
            every = {**IDENTIFIERS, **columns}
            _write_table(partial / "group" / f"{name}.tsv", every, rows[name])
            told = {column: {"Description": words} for column, words in every.items()}
            (partial / "group" / f"{name}.json").write_text(json.dumps(told, indent=1), encoding="utf-8")
        described = {
            "Name": "thecal readings", "BIDSVersion": "1.10.0", "DatasetType": "derivative",
            "GeneratedBy": [{"Name": "thecal", "Version": __version__}],
        }  # fmt: skip
        (partial / "dataset_description.json").write_text(json.dumps(described, indent=1), encoding="utf-8")
        (partial / ".bidsignore").write_text("sub-*/\ngroup/\n", encoding="utf-8")
    return rows["studies"]


def _rows(job: Job) -> Iterator[tuple[str, Row]]:
    """The rows that one examination adds, each with the name of its table."""
    mark = job.mark()
    state = mark.get("state", "not read yet")
    if not state.startswith("read"):
        yield "studies", {"state": state, "why": mark.get("why", "")}
        return
    seen, ranked = (
        json.loads((job.target / f"{name}.json").read_text(encoding="utf-8")) for name in ("findings", "differential")
    )
    first = ranked["ranking"][0] if ranked["ranking"] else None
    place = _placed(first) if first else {}
    yield "studies", {"state": state, "why": mark.get("why", ""), "lesions": len(seen["lesions"]), **place}
    subjects = [("patient", seen["patient"]), *((one["instance"], one["findings"]) for one in seen["lesions"])]
    for subject, findings in subjects:
        yield from (("findings", {"subject": subject, **_finding(one)}) for one in findings)
    rankings = [("patient", ranked["ranking"]), *((one["instance"], one["ranking"]) for one in ranked["lesions"])]
    for subject, ranking in rankings:
        yield from (("differentials", {"subject": subject, **_placed(one)}) for one in ranking)


def _placed(one: Mapping[str, Any]) -> Row:
    low, high = one["interval"]
    return {"entity": one["entity"], "probability": one["probability"], "low": low, "high": high}


def _finding(one: Mapping[str, Any]) -> Row:
    measured = one.get("measurement") or {}
    told = {key: one.get(key) for key in ("finding", "state", "value", "basis", "not_assessed")}
    likely = (one.get("probabilities") or {}).get(one.get("state"))
    return {**told, "probability": likely, "measured": measured.get("value"), "unit": measured.get("unit")}


def _write_table(path: Path, columns: Iterable[str], rows: Iterable[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(columns), delimiter="\t", lineterminator="\n", restval="n/a")
        writer.writeheader()
        for row in rows:
            writer.writerow({key: "n/a" if value is None or value == "" else value for key, value in row.items()})
