"""Factual sentences of the atlas drawn at random for an independent reader, and what the reader found.

    python benchmarks/atlas_reading.py draw OUT.csv [--seed N] [--size 60]
    python benchmarks/atlas_reading.py score benchmarks/atlas_reading.csv

Every sentence has the same chance. The reader opens the source and fills in `verdict` (supported, partly, not supported,
unreadable) and `reason`. Sentences whose figures are rendered from the counts are drawn too, as they are shown.

atlas_reading.csv holds three readings (`reader` A, B and C), each of 60 sentences of its own; where a sentence was mended
after its verdict, `mended` says so. The verdicts stay as they were given. Between the readings articles were mended.

atlas_reading.csv holds three readings (`reader` A, B and C), each of 60 sentences of its own; where a sentence was mended
after its verdict, `mended` says so. The verdicts stay as they were given. Between the readings articles were mended.
"""

from __future__ import annotations

import argparse
import csv
import random
from collections import Counter
from pathlib import Path

from thecal.atlas import Page, Shelf, compose, plain
from thecal.atlas.page import Part
from thecal.knowledge import load

COLUMNS = ("number", "article", "revision", "section", "sentence", "keys", "sources", "verdict", "reason")


def main() -> None:
    """Draws the sentences, or counts the verdicts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    acts = parser.add_subparsers(dest="act", required=True)
    drawing = acts.add_parser("draw", help="draw sentences into a table to be filled in")
    drawing.add_argument("table", type=Path)
    drawing.add_argument("--seed", type=int, default=8)
    drawing.add_argument("--size", type=int, default=60)
    acts.add_parser("score", help="count the verdicts of a table that was filled in").add_argument("table", type=Path)
    given = parser.parse_args()
    if given.act == "draw":
        draw(given.table, given.seed, given.size)
    else:
        score(given.table)


def draw(table: Path, seed: int, size: int) -> None:
    """Writes sentences drawn with a seed, with their sources in full."""
    known = load()
    shelf = Shelf.of(known)
    rows = [row for _, article in sorted(known.articles.items()) for row in sentences(compose(article, shelf))]
    drawn = sorted(random.Random(seed).sample(range(len(rows)), size))
    with table.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(COLUMNS)
        out.writerows([number, *rows[place], "", ""] for number, place in enumerate(drawn, 1))
    print(f"{size} of {len(rows)} sentences of {len(known.articles)} articles, seed {seed}: {table}")


def score(table: Path) -> None:
    """Prints each reader's verdicts and shares supported: of all sentences, and of those whose source could be read."""
    verdicts: dict[str, Counter[str]] = {}
    with table.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            verdicts.setdefault(row.get("reader", ""), Counter())[row["verdict"]] += 1
    for reader, given in verdicts.items():
        total, read, supported = given.total(), given.total() - given["unreadable"], given["supported"]
        told = ", ".join(f"{verdict or 'not read yet'} {number}" for verdict, number in given.most_common())
        shares = f"{supported / total:.2f} of all {total}, {supported / max(read, 1):.2f} of {read} read"
        print(f"{reader} {told}; supported: {shares}".lstrip())


def sentences(page: Page) -> list[list[str]]:
    """A row for each sentence of a page as it is shown."""
    rows, section = [], ""
    for part in page.parts:
        section = part.title if part.level == 1 else section
        place = section if part.level == 1 else f"{section}, {part.title}"
        rows += [
            [page.article.code, str(page.article.revisions[-1].number), place, *told] for told in _told(part, page)
        ]
    return rows


def _told(part: Part, page: Page) -> list[list[str]]:
    rows = []
    for paragraph in part.paragraphs:
        words = ""
        for run in paragraph.runs:
            if run.cites:
                cited = [page.references[number - 1] for number in run.cites]
                keys, full = "; ".join(one.key for one in cited), "\n".join(map(plain.say, cited))
                rows.append([words.strip().removeprefix(". ") + ".", keys, full])
                words = ""
            else:
                words += run.text
    return rows


if __name__ == "__main__":
    main()
