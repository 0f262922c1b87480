"""The one place that knows the order: a study flows through the stages and comes out as a report.

A stage that fails leaves a named hole; what follows goes on with what there is. Each stage's output is kept in the reader's
memory under the digest of its inputs, so that a correction reruns only what depends on it.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import platform
import time
import traceback
from collections.abc import Callable, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any, Literal, TypeVar

from thecal import __version__
from thecal.corrections import as_measured, correct, effective, redraw, touched
from thecal.knowledge import Knowledge
from thecal.records import (
    PATIENT,
    AlignedStudy,
    Change,
    Comparison,
    Differential,
    Figure,
    Finding,
    Hole,
    Identity,
    ProtocolCheck,
    Provenance,
    Reading,
    Report,
    Segmentation,
    Study,
)
from thecal.records.form import to_data

T = TypeVar("T")
BaseRates = Literal["clinical", "published", "uniform"]
Memory = MutableMapping[str, Any]
STAGES = ("check", "align", "segment", "measure", "rank", "compose")
LIBRARIES = ("numpy", "scipy", "pydicom", "nibabel", "SimpleITK")


@dataclass(frozen=True)
class Event:
    """What happened in a run: a stage began, ended or failed. detail is for the log, why for a person."""

    stage: str
    what: Literal["began", "ended", "failed"]
    seconds: float = 0.0
    why: str = ""
    detail: str = ""


@dataclass(frozen=True, eq=False)
class Result:
    """Everything a run made: what a door shows, writes or hands to the next run."""

    study: Study
    aligned: AlignedStudy
    segmentation: Segmentation
    report: Report

    @property
    def complete(self) -> bool:
        """Whether every stage did its work."""
        return not self.report.holes


@dataclass
class _Run:
    """One pass through the stages: its holes, times and memory."""

    note: Callable[[Event], None]
    memory: Memory
    holes: list[Hole] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)

    def stage(self, name: str, inputs: Sequence[str], work: Callable[[], T], otherwise: T, missing: str) -> T:
        """The output of a stage: remembered, made now, or `otherwise` with a named hole when it fails."""
        key = f"{name}:{digest(*inputs)}"
        if key in self.memory:
            kept = self.memory[key]
            if isinstance(kept, Hole):  # what broke down once on the same inputs is not tried again
                self.holes.append(kept)
                return otherwise
            known: T = kept
            return known
        start = time.perf_counter()
        self.note(Event(name, "began"))
        try:
            made = work()
        except Exception as error:  # noqa: BLE001  a stage may fail in any way; the report keeps the rest and names the hole
            hole = Hole(name, f"{type(error).__name__}: {error}", missing)
            self.holes.append(hole)
            self.memory[key] = hole
            self.note(Event(name, "failed", time.perf_counter() - start, str(error), traceback.format_exc()))
            return otherwise
        self.seconds[name] = round(time.perf_counter() - start, 3)
        self.note(Event(name, "ended", self.seconds[name]))
        self.memory[key] = made
        return made


def digest(*parts: Any) -> str:
    """SHA-256 of the JSON form of its parts."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def read(
    study: Study,
    identity: Identity,
    knowledge: Knowledge,
    *,
    changes: Sequence[Change] = (),
    earlier: Report | None = None,
    segmenters: Sequence[str] = ("learned",),
    base_rates: BaseRates = "clinical",
    language: str = "en",
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    note: Callable[[Event], None] = lambda _: None,
    memory: Memory | None = None,
    draw: bool = True,
) -> Result:
    """Reads a study: is it fit, where is what, what is seen, what may it be, and the report.

    changes are a reader's corrections, applied in their order; earlier is the report of an earlier study of the same patient.
    language is that of the report. memory, kept between calls, makes a call with new changes rerun only what depends on them.
    draw False leaves the key images out, which take longer than all else that follows a correction.
    Raises CallWrong where what a reader drew or named does not fit the study.
    """
    from thecal import alignment, findings, protocol, segmentation
    from thecal.comparison import refuse_other_patient

    if earlier is not None:
        refuse_other_patient(identity, earlier.identity)
    run = _Run(note, {} if memory is None else memory)
    images = digest([(s.key, s.role, s.plane, s.volume.digest) for s in study.series if s.volume is not None])
    told = digest(to_data(replace(study, series=())), [(s.key, s.role, to_data(s.acquisition)) for s in study.series])

    checked = run.stage(
        "check", [images, told, knowledge.digest],
        lambda: protocol.check(study, knowledge.rules), ProtocolCheck(), "whether the examination suffices",
    )  # fmt: skip
    aligned = run.stage(
        "align", [images, told],
        lambda: alignment.align(study), alignment.headers_only(study), "the refinement of how the series lie to each other",
    )  # fmt: skip
    segmented = run.stage(
        "segment", [images, told, *segmenters],
        lambda: segmentation.segment(aligned, segmenters=segmenters), Segmentation(), "where structures and lesions lie",
    )  # fmt: skip
    first, of_maps = segmented, effective(changes)
    states = _states([images, told, *segmenters], of_maps)
    segmented = _corrected(run, first, aligned, of_maps, states)
    reading_id = digest(images, told, *segmenters, *states[-1])
    nothing_measured: tuple[Reading, tuple[Hole, ...]] = (Reading(reading_id), ())
    unranked: tuple[Differential, ...] = ()
    whole = [images, told, knowledge.digest, *segmenters]
    before, anew = _measured_before(run, first, segmented, states, whole)
    measured, broken = run.stage(
        "measure", [*whole, *states[-1]],
        lambda: findings.measure(
            aligned, segmented, knowledge.vocabulary, reading_id=reading_id, subjects=anew, before=before
        ),
        nothing_measured, "every sign of the images",
    )  # fmt: skip
    run.holes.extend(broken)
    measured = findings.calibrate(measured, segmented, findings.load_cards())
    stated = findings.state(study.context, knowledge.vocabulary)
    reading = correct(with_stated(measured, stated), changes, digest(reading_id, [to_data(one) for one in changes]))
    differentials = run.stage(
        "rank", [digest(to_data(reading)), knowledge.digest, base_rates],
        lambda: rank(reading, knowledge, base_rates, run.memory), unranked, "what it may be",
    )  # fmt: skip
    made = (checked, reading, differentials)
    report = _compose(run, knowledge, identity, aligned, segmented, *made, earlier, language, clock(), draw)
    return Result(study, aligned, segmented, report)


def _states(inputs: Sequence[str], of_maps: Sequence[Change]) -> list[list[str]]:
    """What names the maps after none, one, two … of a reader's corrections of them; nothing names them before any."""
    data = [to_data(change) for change in of_maps]
    return [[digest(*inputs, data[:count])] if count else [] for count in range(len(of_maps) + 1)]


def _corrected(
    run: _Run, first: Segmentation, aligned: AlignedStudy, of_maps: Sequence[Change], states: Sequence[Sequence[str]]
) -> Segmentation:
    """The segmentation with a reader's corrections of maps; going on from the last state in memory."""
    keys = [f"redraw:{name}" for names in states[1:] for name in names]
    start = max((count for count, key in enumerate(keys, 1) if key in run.memory), default=0)
    state = run.memory[keys[start - 1]] if start else as_measured(first)
    for change, key in zip(of_maps[start:], keys[start:], strict=True):
        state = redraw(state, aligned, change)
        run.memory[key] = state
    made: Segmentation = state.segmentation
    return made


def _measured_before(
    run: _Run, first: Segmentation, now: Segmentation, states: Sequence[Sequence[str]], inputs: Sequence[str]
) -> tuple[Reading | None, frozenset[str] | None]:
    """The reading of the last state that is in memory, and whom drawing since then leaves to be measured; all, without one."""
    for names in reversed(states[:-1]):
        made = run.memory.get(f"measure:{digest(*inputs, *names)}")
        state = run.memory.get(f"redraw:{names[0]}") if names else as_measured(first)
        if isinstance(made, tuple) and state is not None:
            anew = touched(state.segmentation, now)
            return made[0], None if anew is None else anew | {PATIENT}
    return None, None


def with_stated(reading: Reading, stated: Sequence[Finding]) -> Reading:
    """The reading with what was told of the person; what was told stands before what was measured."""
    told = {(finding.code, finding.subject) for finding in stated}
    kept = tuple(finding for finding in reading.findings if (finding.code, finding.subject) not in told)
    silent = tuple(gap for gap in reading.not_assessed if (gap.code, gap.subject) not in told)
    return replace(reading, findings=(*stated, *kept), not_assessed=silent)


def rank(reading: Reading, knowledge: Knowledge, base_rates: BaseRates, memory: Memory) -> tuple[Differential, ...]:
    """The differential of the patient and of each lesion."""
    from thecal import differential

    key = f"rates:{knowledge.digest}:{base_rates}"
    if key not in memory:
        memory[key] = differential.prepare(knowledge.text, knowledge.vocabulary, base_rates)
    return differential.rank_reading(reading, memory[key])


def _compose(
    run: _Run,
    knowledge: Knowledge,
    identity: Identity,
    aligned: AlignedStudy,
    segmented: Segmentation,
    checked: ProtocolCheck,
    reading: Reading,
    differentials: tuple[Differential, ...],
    earlier: Report | None,
    language: str,
    now: datetime,
    draw: bool,
) -> Report:
    from thecal import report
    from thecal.comparison import compare

    comparison: Comparison | None = None
    if earlier is not None:
        comparison = run.stage(
            "compare", [digest(to_data(reading)), earlier.reading.reading_id],
            lambda: compare(reading, identity, earlier), None, "how lesions changed",
        )  # fmt: skip
    words = report.words.read(language)
    undrawn: tuple[Figure, ...] = ()
    if draw:
        figures = run.stage(
            "draw", [reading.reading_id, language],
            lambda: report.figures.draw(aligned, segmented, reading, words=words), undrawn, "the key images",
        )  # fmt: skip
    else:
        figures = undrawn
    return report.compose(
        identity=identity, aligned=aligned, protocol=checked, reading=reading, differentials=differentials,
        holes=tuple(run.holes), comparison=comparison, figures=figures, vocabulary=knowledge.vocabulary,
        rules=knowledge.rules, sources=knowledge.sources, articles=knowledge.articles, words=words,
        provenance=_provenance(run, knowledge, segmented, aligned, now),
    )  # fmt: skip


@cache
def _version(name: str) -> str:
    return importlib.metadata.version(name)


def _provenance(
    run: _Run, knowledge: Knowledge, segmented: Segmentation, aligned: AlignedStudy, now: datetime
) -> Provenance:
    drawn = (*segmented.anatomy.values(), *segmented.lesion.values())
    return Provenance(
        version=__version__,
        made_at=now.isoformat(timespec="seconds"),
        inputs={series.key: series.volume.digest for series in aligned.study.images() if series.volume is not None},
        knowledge_digest=knowledge.digest,
        segmenters={label.segmenter: label.weights_digest for label in drawn},
        libraries={name: _version(name) for name in LIBRARIES} | {"python": platform.python_version()},
        seconds=dict(run.seconds),
    )
