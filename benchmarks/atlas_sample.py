"""Sixty factual sentences of the atlas drawn at random, with their sources, for an independent reader to check.

    python benchmarks/atlas_sample.py benchmarks/atlas_sample.csv [--seed N] [--size 60]

Every sentence has the same chance. The reader opens the source and fills in `verdict` (supported, partly, not supported,
source not found) and `remark`. Sentences whose figures are rendered from the counts are drawn too, as they are shown.
"""

from __future__ import annotations

import argparse
import csv
import random
from pathlib import Path

from thecal.atlas import Page, Shelf, compose, plain
from thecal.atlas.page import Part
from thecal.knowledge import load

COLUMNS = ("number", "article", "revision", "section", "sentence", "keys", "sources", "verdict", "remark")


def main() -> None:
    """Draws the sentences and writes the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=8)
    parser.add_argument("--size", type=int, default=60)
    given = parser.parse_args()
    known = load()
    shelf = Shelf(known.articles, known.evidence, known.numbers, known.statements, known.vocabulary, known.sources)
    rows = [row for _, article in sorted(known.articles.items()) for row in sentences(compose(article, shelf))]
    drawn = sorted(random.Random(given.seed).sample(range(len(rows)), given.size))
    with given.out.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(COLUMNS)
        table.writerows([number, *rows[place], "", ""] for number, place in enumerate(drawn, 1))
    print(f"{given.size} of {len(rows)} sentences of {len(known.articles)} articles: {given.out}")


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
