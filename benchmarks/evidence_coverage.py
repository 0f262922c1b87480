"""What of the differential is counted, what is judged, and what is missing; and a random sample of rows to be read again.

python benchmarks/evidence_coverage.py -o src/thecal/knowledge/evidence/coverage.md
python benchmarks/evidence_coverage.py --sample 40 --seed 20261125 -o sample.csv
"""

from __future__ import annotations

import argparse
import csv
import io
import random
from pathlib import Path

from thecal.differential import pool_text
from thecal.knowledge import load
from thecal.records import EvidenceCount, Vocabulary

COLUMNS = (
    "row", "entity", "finding", "state", "n", "of", "source", "title", "doi", "pmid", "url", "where", "note", "claim",
    "verdict", "reason", "read_at", "date",
)  # fmt: skip
ROUNDING = 1e-9  # a share that is one minus one in floating point is no count


def page() -> str:
    """The coverage page: per entity and finding counted (share of the rate's strength), judged, or nothing."""
    knowledge = load()
    rates = {(rate.entity, rate.finding): rate for rate in pool_text(knowledge.text, knowledge.vocabulary).states}
    entities = tuple(dict.fromkeys(entity for entity, _ in rates))
    findings = tuple(dict.fromkeys(finding for _, finding in rates))
    counted = {key: rate for key, rate in rates.items() if rate.counted > ROUNDING}
    lines = [
        "# What is counted and what is judged",
        "",
        "Made by `python benchmarks/evidence_coverage.py`; not edited by hand. A percentage is the share of the rate's",
        "strength that published counts carry; the rest, and every finding under *judged*, is declared judgement elicited from",
        "a large language model and not reviewed by a clinician. *Nothing*: neither counted nor judged.",
        "",
        f"{len(entities)} entities × {len(findings)} findings = {len(rates)} rates: {len(counted)} rest in part on published",
        f"counts ({sum(rate.counted >= 0.5 for rate in counted.values())} for half or more),",
        f"{len(rates) - len(counted)} on judgement alone.",
        "",
    ]
    for entity in entities:
        own = {finding: rates[entity, finding] for finding in findings if (entity, finding) in counted}
        judged = [finding for finding in findings if (entity, finding) in rates and finding not in own]
        nothing = [finding for finding in findings if (entity, finding) not in rates]
        patients = "; ".join(f"`{finding}` {rate.counted:.0%}" for finding, rate in own.items())
        lines += [
            f"## {knowledge.vocabulary.name(entity)} (`{entity}`)",
            "",
            f"counted ({len(own)}): {patients or 'none'}",
            "",
        ]
        lines += [f"judged ({len(judged)}): {', '.join(f'`{finding}`' for finding in judged)}", ""]
        lines += [f"nothing ({len(nothing)}): {', '.join(f'`{finding}`' for finding in nothing) or 'none'}", ""]
    return "\n".join(lines)


def sample(count: int, seed: int) -> str:
    """A random sample of the rows of full weight, with room for a reader's verdict."""
    knowledge = load()
    rows = [row for row in knowledge.evidence if row.weight == 1]
    written = io.StringIO()
    table = csv.writer(written, lineterminator="\n")
    table.writerow(COLUMNS)
    for number, row in enumerate(random.Random(seed).sample(rows, count), 1):
        source = knowledge.sources[row.source]
        place = (source.doi or "", source.pmid or "", source.url or "", row.where, row.note)
        told = (number, row.entity, row.finding, row.state, row.n, row.of, row.source, source.title)
        table.writerow((*told, *place, claim(row, knowledge.vocabulary), "", "", "", ""))
    return written.getvalue()


def claim(row: EvidenceCount, vocabulary: Vocabulary) -> str:
    """What a row says, in words that its source can be held against."""
    words = row.finding.replace("_", " "), row.state.replace("_", " ")
    whom = vocabulary.name(row.entity)
    meant = vocabulary.findings[row.finding].note
    return f"{whom}: in {row.n} of {row.of} patients, {words[0]} was {words[1]}" + (f" ({meant})" if meant else "")


def main() -> None:
    """Writes the page or the sample."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--sample", type=int, help="how many rows of full weight to draw")
    parser.add_argument("--seed", type=int, default=20261125)
    call = parser.parse_args()
    call.output.write_text(sample(call.sample, call.seed) if call.sample else page(), encoding="utf-8")
    print(f"written: {call.output}")


if __name__ == "__main__":
    main()
