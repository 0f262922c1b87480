"""The command line: one function a command, thin over the stages."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from thecal import __version__
from thecal.options import CONTEXT_OPTIONS, ROLE_OPTIONS, parser

if TYPE_CHECKING:
    from rich.console import Console

    from thecal.knowledge import Knowledge
    from thecal.pipeline import Event, Result
    from thecal.records import Hole, Identity, Report, Study

DONE, OUR_FAULT, CALL_WRONG, UNREADABLE, IN_PART, INTERRUPTED = 0, 1, 2, 3, 4, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command and returns its exit code; an error is told in a line or two."""
    parsed = parser(COMMANDS).parse_args(arguments)
    from thecal.records import ThecalError

    try:
        code: int = parsed.run(parsed)
    except ThecalError as error:
        if parsed.debug:
            raise
        print(f"thecal: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("thecal: stopped. Nothing was written; an older result stands as it was.", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except Exception as error:
        if parsed.debug:
            raise
        print(
            f"thecal: a fault of thecal itself: {type(error).__name__}: {error}. Run again with --debug and report it.",
            file=sys.stderr,
        )
        return OUR_FAULT
    return code


# --- commands -------------------------------------------------------------------------------------------------------


def read(call: argparse.Namespace) -> int:
    """Reads a study and leaves the report and all that belongs to it in a folder."""
    from thecal import results
    from thecal.pipeline import Event

    folder = Path(call.output)
    earlier = results.read_earlier(Path(call.prior)) if call.prior else None
    bids = Path(call.bids) if getattr(call, "bids", None) else None
    if bids is not None:
        results.refuse_bids(bids, call.participant, call.session)
    progress = _progress(call.quiet)
    result, log = _read(call, progress, earlier)
    start = time.perf_counter()
    unwritten = results.write(result, folder, log)
    progress(Event("write", "ended", time.perf_counter() - start))
    if bids is not None:
        results.write_bids(result, bids, call.participant or _participant(call, result), call.session)
    return _tell_end((*result.report.holes, *unwritten), folder, call.quiet)


def _participant(call: argparse.Namespace, result: Result) -> str:
    """The label of a BIDS subject folder that was read, else one made from the images: it tells nothing of the person."""
    parts = [part for path in call.input for part in Path(path).resolve().parts if part.startswith("sub-")]
    return parts[-1] if parts else result.report.reading.reading_id[:8]


def segment(call: argparse.Namespace) -> int:
    """Draws cord, sac, vertebrae and lesions of one image, in its own grid."""
    from thecal import alignment, results, segmentation

    segmenters = _segmenters(call)
    study, _ = _ingest(call, ())
    key = _key_of_image(study, Path(call.image))
    made = segmentation.segment(alignment.align(study), segmenters=segmenters)
    results.write_labels(made, key, Path(call.output))
    if not call.quiet:
        print(f"Label maps: {call.output}")
    return DONE


def protocol(call: argparse.Namespace) -> int:
    """Says what was acquired, what is missing for which question, and why it matters."""
    from thecal import protocol as room
    from thecal.knowledge import load

    study, _ = _ingest(call, call.input)
    rules = load().rules
    print(room.describe(study, room.check(study, rules), rules))
    return DONE


def differential(call: argparse.Namespace) -> int:
    """Ranks the entities that may explain coded findings."""
    from thecal import differential as room
    from thecal.knowledge import load

    knowledge = load()
    model = room.prepare(knowledge.text, knowledge.vocabulary, call.base_rates)
    path = Path(call.cases)
    lines, faults = room.run_batch(_text_of(path), path.suffix, model, form=call.format)
    for fault in faults:
        print(f"thecal: {path.name}: {fault}", file=sys.stderr)
    if lines:
        _put("".join(f"{line}\n" for line in lines), call.output)
    if not faults:
        return DONE
    return IN_PART if lines else UNREADABLE


def phantom(call: argparse.Namespace) -> int:
    """Simulates a study and leaves it with its truth in a folder."""
    folder = Path(call.output)
    signs = _pairs(call.with_sign, "--with")
    made = _simulate(call.entity, call.seed, call.field, call.protocol, signs, call.generator)
    _write_phantom(made, folder, call.format)
    print(f"Simulated study: {folder}")
    return DONE


def deidentify(call: argparse.Namespace) -> int:
    """Copies the images of a DICOM study without who they show (PS3.15 Basic Profile, Clean Descriptors, Clean Pixel Data)."""
    import secrets

    from thecal import results
    from thecal.export.dicom import release

    key = Path(call.key).read_bytes() if call.key else secrets.token_bytes(32)
    account = results.write_released([Path(path) for path in call.input], Path(call.output), key)
    for why, count in sorted(account.withheld.items()):
        print(f"thecal: withheld {count} files: {why}.", file=sys.stderr)
    for name, why in sorted(account.warned.items()):
        print(f"thecal: {name}: {why}.", file=sys.stderr)
    if not call.quiet:
        print(f"De-identified images: {account.written} files in {call.output}. {release.FACES}")
    return DONE if set(account.withheld) <= {release.NO_IMAGE} else IN_PART


def atlas(call: argparse.Namespace) -> int:
    """Shows, finds or cites the reference articles on entities and signs."""
    from thecal import atlas as room
    from thecal.knowledge import load

    known = load()
    shelf = room.Shelf.of(known)
    words = " ".join(call.words)
    if call.act == "search":
        hits = room.Index(shelf).search(words, call.limit) or (room.Hit(shelf.find(words).code, "", "", 0.0),)
        print("\n".join(f"{hit.code:<44}{hit.title}" for hit in hits))
        return DONE
    article = shelf.find(words)
    if call.act == "cite":
        print((room.ris if call.format == "ris" else room.bibtex)(article, __version__), end="")
    else:
        print((room.html if call.format == "html" else room.plain).render(room.compose(article, shelf)), end="")
    return DONE


def evaluate(call: argparse.Namespace) -> int:
    """Compares someone's label maps or findings with ours: Dice, HD95, volumes and tables of agreement."""
    from thecal import evaluate as door

    options = door.Options(tuple(call.labels or ()), tuple(call.their_labels or ()), call.lesion)
    outcome = door.evaluate(Path(call.ours), Path(call.theirs), options)
    for fault in outcome.faults:
        print(f"thecal: {fault}", file=sys.stderr)
    if not outcome.empty:
        text = outcome.text if call.format == "table" else json.dumps(outcome.data, ensure_ascii=False, indent=1) + "\n"
        _put(text, call.output)
    if not outcome.faults:
        return DONE
    return UNREADABLE if outcome.empty else IN_PART


def cohort(call: argparse.Namespace) -> int:
    """Reads every examination of a BIDS data set, or puts what was read into tables (a BIDS App)."""
    from thecal import cohort as door

    data, out = Path(call.data), Path(call.out)
    every = door.jobs(data, out, call.participant_label, call.session_label)
    console = _console(call.quiet)
    if call.level == "group":
        rows = door.group(every, out)
        unread = [row for row in rows if not row["state"].startswith("read")]
        console.print(f"Tables of {len(rows) - len(unread)} examinations: {out / 'group'}")
        return IN_PART if unread else DONE
    asked = door.Asked(call.base_rates, call.language)
    part = door.shard(every, call.shard)
    todo = [job for job in part if not door.is_done(job, asked)]
    console.print(f"{len(todo)} examinations to read, {len(part) - len(todo)} read before")

    def tell(row: door.Row) -> None:
        console.print(f"{row['name']}: {row['state']}{': ' + row['why'] if row['why'] else ''}")

    ended = door.read_all(todo, asked, tell, call.n_workers, call.scheduler)
    bad = [row for row in ended if row["state"] != "read"]
    for row in bad:
        print(f"thecal: {row['name']} {row['state']}: {row['why']}", file=sys.stderr)
    return IN_PART if bad else DONE


def demo(call: argparse.Namespace) -> int:
    """Simulates a patient, reads the study and writes the report."""
    folder = Path(call.output)
    console = _console(call.quiet)
    console.print("simulate  a patient with a spinal ependymoma (no real patient)")
    _write_phantom(_simulate("ependymoma", call.seed, 3.0, "standard", {}), folder / "study", "dicom")
    study = folder / "study"
    call.input, call.context, call.finding = [str(study / "dicom")], str(study / "context.json"), []
    call.prior, call.base_rates = None, "clinical"
    return read(call)


def serve(call: argparse.Namespace) -> int:
    """Opens the reading room in a browser: worklist, images, correcting, report and atlas, on this machine alone."""
    from importlib.util import find_spec

    from thecal.records import CallWrong

    if any(find_spec(name) is None for name in ("fastapi", "uvicorn", "sqlalchemy", "alembic")):
        raise CallWrong(
            "serve", expected="the libraries of thecal[server]", found="not all of them",
            remedy="Install them: pip install 'thecal[server]'.",
        )  # fmt: skip
    from thecal.server.service import serve as run

    run(call.host, call.port, call.data, lambda line: print(line, flush=True))
    return DONE


# --- what the commands share ----------------------------------------------------------------------------------------


def _read(
    call: argparse.Namespace, progress: Callable[[Event], None], earlier: Report | None
) -> tuple[Result, list[dict[str, Any]]]:
    from thecal import run
    from thecal.knowledge import load

    context = _context(call, load())
    return run.read(
        lambda: _ingest(call, call.input, context),
        earlier=earlier, segmenters=_segmenters(call), base_rates=call.base_rates, language=call.language, progress=progress,
    )  # fmt: skip


def _segmenters(call: argparse.Namespace) -> tuple[str, ...]:
    """An installed segmenter, where one is asked for, and after it thecal's own."""
    from thecal.segmentation import DEFAULT, segmenter

    chosen = getattr(call, "segmenter", None)
    if chosen:
        segmenter(chosen)  # refused before images are read
    return (chosen, *DEFAULT) if chosen else DEFAULT


def _ingest(
    call: argparse.Namespace, paths: Sequence[str], context: Mapping[str, Any] | None = None
) -> tuple[Study, Identity]:
    from thecal import ingest
    from thecal.records import CallWrong

    options = {role: getattr(call, name.replace("-", "_"), None) or [] for name, role in ROLE_OPTIONS.items()}
    given: Any = {role: [Path(path) for path in named] for role, named in options.items() if named}
    if getattr(call, "image", None):
        paths = [call.image]
    if not paths and not given:
        raise CallWrong(
            "call", expected="a folder, a zip or NIfTI files", found="no input",
            remedy="Example: thecal read study/ -o result, or thecal read --t2 t2.nii.gz -o result",
        )  # fmt: skip
    roles: Any = _pairs(getattr(call, "role", []), "--role")
    return ingest.read(
        [Path(path) for path in paths],
        given=given,
        roles=roles,
        context=context or {},
        study_instance_uid=getattr(call, "study", None),
    )


def _context(call: argparse.Namespace, knowledge: Knowledge) -> dict[str, Any]:
    """What was told of the person, from a file and from options; options win."""
    from thecal import findings
    from thecal.records import CallWrong, KnowledgeInvalid

    told: dict[str, Any] = {}
    if call.context:
        path = Path(call.context)
        try:
            loaded = json.loads(_text_of(path))
        except ValueError as error:
            raise KnowledgeInvalid(path.name, expected="JSON", found=str(error)) from error
        if not isinstance(loaded, dict):
            raise KnowledgeInvalid(path.name, expected="an object of findings", found=type(loaded).__name__)
        told.update(loaded.get("findings", loaded))
    told.update(_pairs(call.finding, "--finding"))
    for option, (code, _) in CONTEXT_OPTIONS.items():
        value = getattr(call, option.replace("-", "_"), None)
        if value is not None:
            told[code] = value
    numbers = {code for code, term in knowledge.vocabulary.findings.items() if term.kind == "number"}
    for code in numbers & told.keys():
        try:
            told[code] = float(told[code])
        except (TypeError, ValueError) as error:
            raise CallWrong(code, expected="a number", found=repr(told[code])) from error
    findings.state(told, knowledge.vocabulary)
    return told


def _pairs(given: Sequence[str], option: str) -> dict[str, str]:
    from thecal.records import CallWrong

    pairs = {}
    for text in given or ():
        name, equals, value = text.rpartition("=")
        if not (name and equals and value):
            raise CallWrong(option, expected="NAME=VALUE", found=repr(text))
        pairs[name] = value
    return pairs


def _text_of(path: Path) -> str:
    from thecal.records import StudyUnreadable

    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "bytes that are not UTF-8 text"
        raise StudyUnreadable(str(path), expected="a readable text file", found=why) from error


def _put(text: str, output: str | None) -> None:
    from thecal.records import ReportUnwritable

    if output is None:
        sys.stdout.write(text)
        return
    target = Path(output)
    partial = target.with_name(f".{target.name}.partial")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(target)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise ReportUnwritable(output, expected="a file that can be written", found=str(error.strerror)) from error


def _key_of_image(study: Study, path: Path) -> str:
    """The series that holds the image's own voxels."""
    import nibabel
    import numpy as np

    affine = nibabel.load(path).affine
    for series in study.images():
        if series.volume is not None and np.allclose(series.volume.affine, affine, atol=1e-3):
            return series.key
    return study.images()[0].key


def _simulate(
    entity: str, seed: int, field: float, name: str, signs: Mapping[str, str], generator: str = "first"
) -> Any:
    """A phantom whose signs are drawn as often as the knowledge says."""
    from thecal import simulation
    from thecal.differential import pool_text
    from thecal.knowledge import load

    knowledge = load()
    return simulation.simulate(
        entity, seed, vocabulary=knowledge.vocabulary, rates=pool_text(knowledge.text, knowledge.vocabulary), field_t=field,
        protocol=name, signs=signs, generator=generator,
    )  # fmt: skip


def _write_phantom(made: Any, folder: Path, form: Any) -> None:
    from thecal import results, simulation

    with results.staged(folder, ("images", "dicom", "truth", "context.json")) as partial:
        simulation.write_phantom(made, partial, format=form)


def _console(quiet: bool) -> Console:
    from rich.console import Console

    return Console(stderr=True, quiet=quiet, highlight=False, soft_wrap=True)


def _progress(quiet: bool) -> Callable[[Event], None]:
    """A line a stage on the terminal: what it did and how long it took."""
    console = _console(quiet)

    def show(event: Event) -> None:
        if event.what == "ended":
            console.print(f"{event.stage:<9} {event.seconds:6.1f} s")
        elif event.what == "failed":
            console.print(f"{event.stage:<9} failed: {event.why}", style="red")

    return show


def _tell_end(holes: Sequence[Hole], folder: Path, quiet: bool) -> int:
    for hole in holes:
        print(f"thecal: {hole.stage} failed: {hole.why}. Missing in the report: {hole.missing}.", file=sys.stderr)
    if not quiet:
        print(f"Report: {folder / 'report.html'}")
    return IN_PART if holes else DONE


COMMANDS = {run.__name__: run for run in (
    read, segment, protocol, differential, phantom, deidentify, atlas, evaluate, cohort, serve, demo,
)}  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
