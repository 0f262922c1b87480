"""An article as plain text for a terminal."""

from __future__ import annotations

from textwrap import fill

from thecal.atlas.page import Page, Paragraph, Row, Run
from thecal.records import Source

WIDTH = 100


def render(page: Page) -> str:
    """Title and state, sections, counts, related articles and numbered references."""
    parts = [_head(page)]
    for part in page.parts:
        title = part.title.upper() if part.level == 1 else part.title
        parts.append("\n".join([title, *(_paragraph(one) for one in part.paragraphs)]))
    parts += [_counts(page)] if page.evidence else []
    if page.related:
        parts.append("\n".join(["RELATED", *(f"  {title} (thecal atlas show {code})" for code, title in page.related)]))
    parts.append("\n".join(["REFERENCES", *(f"{n:>4}. {say(one)}" for n, one in enumerate(page.references, 1))]))
    return "\n\n".join(parts) + "\n"


def say(source: Source) -> str:
    """A publication on one line: authors, title, journal, year, and where it is found."""
    place = f"doi:{source.doi}" if source.doi else f"PMID {source.pmid}" if source.pmid else source.url or ""
    words = [source.authors, source.title, source.journal, str(source.year or ""), place]
    return ". ".join(word.rstrip(".") for word in words if word) + "."


def state(page: Page) -> str:
    """Which revision this is and who has reviewed it."""
    last = page.article.revisions[-1]
    reviewed = f"reviewed by {page.article.reviewed_by}" if page.article.reviewed_by else "unreviewed"
    return f"{page.article.identifier}, revision {last.number} of {last.date}, {reviewed}"


def _head(page: Page) -> str:
    lines = [page.article.title, "=" * len(page.article.title), state(page)]
    if page.article.synonyms:
        lines.append(fill(f"Also: {'; '.join(page.article.synonyms)}", WIDTH, subsequent_indent="  "))
    return "\n".join(lines)


def _paragraph(paragraph: Paragraph) -> str:
    text = "".join(_run(run) for run in paragraph.runs).strip()
    indent = "- " if paragraph.item else ""
    return fill(text, WIDTH, initial_indent=indent, subsequent_indent=" " * len(indent), break_long_words=False)


def _run(run: Run) -> str:
    return f" [{', '.join(map(str, run.cites))}]" if run.cites else run.text


def _counts(page: Page) -> str:
    lines = [f"{'PUBLISHED COUNTS':<52}patients   series  references"]
    return "\n".join([*lines, *(_line(row, page.article.about == "sign") for row in page.evidence)])


def _line(row: Row, gamut: bool) -> str:
    what = f"{row.state.replace('_', ' ')}: {row.name}" if gamut else f"{row.finding.replace('_', ' ')}: {row.state}"
    cites = ", ".join(map(str, row.cites))
    return f"  {what[:49].replace('_', ' '):<50}{row.positive:>4}/{row.total:<6}{row.series:>6}  [{cites}]"
