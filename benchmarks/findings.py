"""Every sign against the truth of simulated studies: python benchmarks/findings.py STORE --masks own [--hold-out].

Studies are simulated once and kept in STORE, and a row per study and sign goes into STORE/rows-<masks>.csv as it is measured; a
study is measured again when the code of the findings has changed. Develop studies may be looked at; those held out are for the
final figure alone. What was not assessed although this study shows it counts as wrong.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import findings_store  # type: ignore[import-not-found,unused-ignore]
import numpy as np
from findings_cards import FOLDER, calibration, corrected, fit, write  # type: ignore[import-not-found,unused-ignore]
from findings_store import DEVELOP, ENTITIES, HOLD_OUT, Stored, studies, true_segmentation  # type: ignore[import-not-found,unused-ignore]

import thecal.findings
from thecal.findings import measure, room
from thecal.findings.calibration import QUIET
from thecal.knowledge import load
from thecal.records import PATIENT, Finding, NotAssessed, Reading, Segmentation
from thecal.segmentation import segment

FIELDS = ("entity", "seed", "generator", "protocol", "simulator", "code_digest", "segmenter", "weights_digest", "finding",
          "truth", "not_shown", "state", "probabilities", "value", "sd", "measurement", "tolerance", "reason")  # fmt: skip
Row = dict[str, str]
# States with fewer studies are shown, but are too few to enter a balanced accuracy.
LEAST = 3
NOT_ASSESSED = "not assessed"


def main() -> None:
    """Measures what is not measured yet, and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("store", type=Path)
    parser.add_argument("--masks", choices=("truth", "own"), default="truth", help="whose outlines are measured on")
    parser.add_argument("--hold-out", action="store_true", help="the studies that are kept for the final figure")
    parser.add_argument("--count", type=int, default=1, help="studies per entity")
    parser.add_argument("--entities", nargs="+", default=list(ENTITIES))
    parser.add_argument("--findings", nargs="+", help="measures only these; quicker, and kept apart from full rows")
    parser.add_argument("--raw", action="store_true", help="as measured, before calibration")
    parser.add_argument("--fit", action="store_true", help="makes the calibration cards anew from these studies")
    parser.add_argument("--wrong", nargs="*", metavar="FINDING", help="lists the studies read wrongly (develop only)")
    call = parser.parse_args()
    if call.findings:
        room.MODULES = tuple(module for module in room.MODULES if module.CODE in call.findings)
    first = HOLD_OUT if call.hold_out else DEVELOP
    rows = list(read(call.store, call.masks, call.entities, first, call.count))
    if call.fit:
        if call.hold_out:
            raise SystemExit("cards are fitted on develop studies alone")
        first_row = rows[0]
        cards = fit(rows, first_row["segmenter"], first_row["weights_digest"], first_row["simulator"])
        print(f"{write(cards)} cards written to {FOLDER}")
    rows = rows if call.raw else corrected(rows)
    print(table(rows))
    if call.wrong is not None and not call.hold_out:
        print("\n".join(wrong(rows, call.wrong)))


def read(store: Path, masks: str, entities: Sequence[str], first: int, count: int) -> Iterator[Row]:
    """The rows of the studies asked for, measured where the file does not hold them."""
    file = store / f"rows-{masks}.csv"
    digest, kept = code_digest(), _kept(file)
    for number in range(count):
        for entity in entities:
            mine = kept.get((entity, str(first + number), digest))
            if mine is None:
                (study,) = studies(store, [entity], first + number, 1)
                mine = [{**row, "code_digest": digest} for row in rows_of(study, masks)]
                _append(file, mine)
            yield from mine


def code_digest() -> str:
    """Digest of the code that measures."""
    folder = Path(thecal.findings.__file__).parent
    files = sorted(path for path in folder.glob("*.py") if path.name != "calibration.py")
    measured = ",".join(sorted(module.CODE for module in room.MODULES)).encode()
    return hashlib.sha256(measured + b"".join(path.read_bytes() for path in files)).hexdigest()[:12]


def _kept(file: Path) -> dict[tuple[str, str, str], list[Row]]:
    kept: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    if file.exists():
        with file.open(newline="", encoding="utf-8") as stream:
            for row in csv.DictReader(stream):
                kept[row["entity"], row["seed"], row["code_digest"]].append(row)
    return kept


def _append(file: Path, rows: Sequence[Row]) -> None:
    fresh = not file.exists()
    with file.open("a", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, FIELDS)
        if fresh:
            writer.writeheader()
        writer.writerows(rows)


def rows_of(study: Stored, masks: str) -> list[Row]:
    """One row for each sign whose truth is known and that a module measures."""
    truth = true_segmentation(study)
    drawn = truth if masks == "truth" else segment(study.aligned)
    reading = _measure(study, drawn)
    lesion = reading.index_lesion()
    rows = []
    for module in room.MODULES:
        code = module.CODE
        if code not in study.findings or (module.SUBJECT == "lesion" and not truth.lesions):
            continue
        subject = PATIENT if module.SUBJECT == "patient" or lesion is None else lesion.tracking_uid
        told = reading.find(code, subject)
        assert told is not None
        maker = next(iter(drawn.lesion.values()), None) or next(iter(drawn.anatomy.values()))
        rows.append(_row(study, code, told) | {"segmenter": maker.segmenter, "weights_digest": maker.weights_digest})
    return rows


def _measure(study: Stored, drawn: Segmentation) -> Reading:
    reading, holes = measure(study.aligned, drawn, load().vocabulary, reading_id="benchmark")
    for hole in holes:
        print(f"{study.entity} {study.seed}: {hole}")
    return reading


def _row(study: Stored, code: str, told: Finding | NotAssessed) -> Row:
    row: Row = dict.fromkeys(FIELDS, "")
    row |= {"entity": study.entity, "seed": str(study.seed), "generator": study.generator, "protocol": study.protocol,
            "simulator": study.simulator, "finding": code, "truth": str(study.findings[code]),
            "not_shown": study.not_shown.get(code, "")}  # fmt: skip
    if code == "second_compartment" and study.findings.get("foraminal_extension") == "present":
        row["not_shown"] = "the truth tells a dumbbell's outer part as foraminal extension alone"
    if isinstance(told, NotAssessed):
        if code == "leptomeningeal_pattern" and row["truth"] == "none" and "not covered" in told.reason:
            row["not_shown"] = "none is said of a whole spine alone"
        return row | {"state": NOT_ASSESSED, "reason": told.reason}
    row["state"] = told.state or ""
    if told.probabilities is not None:
        row["probabilities"] = json.dumps({state: round(p, 4) for state, p in told.probabilities.items()})
    if told.value is not None:
        row |= {"value": f"{told.value:.3f}", "sd": f"{told.value_sd or 0:.3f}"}
    if told.measurement is not None:
        row["measurement"] = f"{told.measurement.value:g}"
        if told.value is not None and told.where is not None:
            volume = study.aligned.study.find(told.where.series_key).volume
            assert volume is not None
            per_segment = told.measurement.value / max(told.value, 1e-6)
            row["tolerance"] = f"{float(volume.grid.spacing_mm.max()) / max(per_segment, 1e-6):.3f}"
    return row


def table(rows: Sequence[Row]) -> str:
    """What each finding gets right, its calibration, and how often it is not assessed."""
    shown = [row for row in rows if not row["not_shown"]]
    by_finding = {code: [row for row in shown if row["finding"] == code] for code in _order(shown)}
    lines = [f"{len({(row['entity'], row['seed']) for row in rows})} studies; {len(shown)} signs shown",
             f"{'finding':26s} {'n':>4s} {'sens':>5s} {'spec':>5s} {'bal.acc':>7s} {'not ass.':>8s} {'log loss':>8s} "
             f"{'off':>5s}  states (right of all)"]  # fmt: skip
    scores = []
    for code, mine in by_finding.items():
        if mine[0]["truth"].replace(".", "").isdigit():
            lines.append(_number_line(code, mine))
            continue
        score, line = _state_line(code, mine)
        lines.append(line)
        scores += [] if score is None else [score]
    lines.append(f"mean balanced accuracy {np.mean(scores):.3f}, least {np.min(scores):.3f}, over {len(scores)} findings"
                 if scores else "too few studies")  # fmt: skip
    return "\n".join(lines)


def _order(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(row["finding"] for row in rows))


def _state_line(code: str, rows: Sequence[Row]) -> tuple[float | None, str]:
    by_state: dict[str, list[bool]] = defaultdict(list)
    for row in rows:
        by_state[row["truth"]].append(row["state"] == row["truth"])
    recall = {state: float(np.mean(hits)) for state, hits in by_state.items() if len(hits) >= LEAST}
    balanced = float(np.mean(list(recall.values()))) if len(recall) > 1 else None
    quiet = [row for row in rows if row["truth"] in QUIET]
    loud = [row for row in rows if row["truth"] not in QUIET]
    binary = bool(quiet) and bool(loud)
    sensitivity = np.mean([row["state"] not in (*QUIET, NOT_ASSESSED) for row in loud]) if binary else np.nan
    specificity = np.mean([row["state"] in QUIET for row in quiet]) if binary else np.nan
    missing = float(np.mean([row["state"] == NOT_ASSESSED for row in rows]))
    told = [(json.loads(row["probabilities"]), row["truth"]) for row in rows if row["probabilities"]]
    loss, off = calibration(told) if told else (np.nan, np.nan)
    states = ", ".join(f"{state} {sum(hits)}/{len(hits)}" for state, hits in sorted(by_state.items()))
    return balanced, (
        f"{code:26s} {len(rows):4d} {_two(sensitivity):>5s} {_two(specificity):>5s} "
        f"{_two(np.nan if balanced is None else balanced):>7s} {missing:8.2f} {_two(loss):>8s} {_two(off):>5s}  {states}"
    )


def _two(value: float | np.floating[Any]) -> str:
    return "–" if np.isnan(value) else f"{value:.2f}"


def _number_line(code: str, rows: Sequence[Row]) -> str:
    told = [
        (float(row["value"]), float(row["truth"]), float(row["tolerance"] or 0), float(row["sd"]))
        for row in rows
        if row["value"]
    ]
    missing = 1 - len(told) / len(rows)
    if not told:
        return f"{code:26s} {len(rows):4d} never assessed"
    value, truth, tolerance, sd = np.array(told).T
    close = np.abs(value - truth) <= np.maximum(tolerance, 0.1 * truth)
    inside = np.mean(np.abs(value - truth) <= 1.64 * np.maximum(sd, 1e-6))
    return (f"{code:26s} {len(rows):4d} within slice spacing or 10 %: {np.sum(close) / len(rows):.2f}; "
            f"not assessed {missing:.2f}; "
            f"median error {np.median(value - truth):+.2f} segments; 90 % intervals hold {inside:.2f}")  # fmt: skip


def wrong(rows: Sequence[Row], findings: Sequence[str]) -> Iterator[str]:
    """The studies whose sign was read wrongly, for looking at."""
    for row in rows:
        if row["not_shown"] or (findings and row["finding"] not in findings):
            continue
        number = bool(row["value"]) and abs(float(row["value"]) - float(row["truth"])) <= max(
            float(row["tolerance"] or 0), 0.1 * float(row["truth"])
        )
        if row["state"] == row["truth"] or number:
            continue
        yield (f"{row['finding']:22s} {row['entity']}-{row['seed']} ({row['generator']}, {row['protocol']}): {row['truth']} read "
               f"{row['state'] or row['value']} {row['measurement']} {row['probabilities']} {row['reason']}")  # fmt: skip


if __name__ == "__main__":
    findings_store.quiet()
    main()
