"""An article as plain text for a terminal."""

from __future__ import annotations

from textwrap import fill

from thecal.atlas.page import Page, Paragraph, Row, Run
from thecal.records import Article, Source

WIDTH = 100


def render(page: Page) -> str:
    """Title and state, sections, counts, related articles and numbered references."""
    parts = [_head(page)]
    for part in page.parts:
        title = part.title.upper() if part.level == 1 else part.title
        parts.append("\n".join([title, *(_paragraph(one) for one in part.paragraphs)]))
    parts += [_counts(page)] if page.evidence else []
    parts += [_mentions(page)] if page.mentions else []
    if page.related:
        parts.append("\n".join(["RELATED", *(f"  {title} (thecal atlas show {code})" for code, title in page.related)]))
    parts.append("\n".join(["REFERENCES", *(f"{n:>4}. {say(one)}" for n, one in enumerate(page.references, 1))]))
    return "\n\n".join(parts) + "\n"


def say(source: Source) -> str:
    """A publication on one line: authors, title, journal, year, and where it is found."""
    place = f"doi:{source.doi}" if source.doi else f"PMID {source.pmid}" if source.pmid else source.url or ""
    words = [source.authors, source.title, source.journal, str(source.year or ""), place]
    return ". ".join(word.rstrip(".") for word in words if word and "not shown" not in word[:17]) + "."


def cite(article: Article, version: str, base: str = "") -> str:
    """The article as a line of a list of references."""
    last = article.revisions[-1]
    reviewed = f"reviewed by {article.reviewed_by}" if article.reviewed_by else "unreviewed"
    where = f" {base}/atlas/{article.code}" if base else ""
    return (
        f"{article.title}. thecal reference atlas, version {version}; {article.identifier}, "
        f"revision {last.number} of {last.date}, {reviewed}.{where}\n"
    )


def state(page: Page) -> str:
    """Which revision this is and who has reviewed it."""
    last = page.article.revisions[-1]
    reviewed = f"reviewed by {page.article.reviewed_by}" if page.article.reviewed_by else "unreviewed"
    return f"{page.article.identifier}, revision {last.number} of {last.date}, {reviewed}"


def _head(page: Page) -> str:
    lines = [page.article.title, "=" * len(page.article.title), state(page)]
    if page.article.synonyms:
        lines.append(fill(f"Also: {'; '.join(page.article.synonyms)}", WIDTH, subsequent_indent="  "))
    if page.definition:
        lines.append(fill(page.definition, WIDTH, subsequent_indent="  "))
    return "\n".join(lines)


def _paragraph(paragraph: Paragraph) -> str:
    text = "".join(_run(run) for run in paragraph.runs).strip()
    indent = "- " if paragraph.item else ""
    return fill(text, WIDTH, initial_indent=indent, subsequent_indent=" " * len(indent), break_long_words=False)


def _run(run: Run) -> str:
    return f" [{', '.join(map(str, run.cites))}]" if run.cites else run.text


def _counts(page: Page) -> str:
    lines = [_line(row, page) for row in page.evidence]
    return "\n".join(["PUBLISHED COUNTS (with the state, of all looked at; series)", *lines])


def _mentions(page: Page) -> str:
    lines = []
    for one in page.mentions:
        said = f" ({one.said})" if one.said else ""
        text = f"{one.state.replace('_', ' ')}: {one.name}{said} [{', '.join(map(str, one.cites))}]"
        lines.append(fill(text, WIDTH, initial_indent="  ", subsequent_indent="    "))
    return "\n".join(["DESCRIBED, NOT COUNTED", *lines])


def _line(row: Row, page: Page) -> str:
    state, finding = row.state.replace("_", " "), row.finding.replace("_", " ")
    if page.article.about == "sign":
        what = f"{state}: {row.name}"
    else:
        of = f" ({row.name})" if row.entity != page.article.code else ""
        what = f"{finding}: {state}{of}"
    figures = f"  {row.positive:>4} of {row.total:<5}{row.series:>3}  "
    text = f"{what} [{', '.join(map(str, row.cites))}]"
    return fill(text, WIDTH, initial_indent=figures, subsequent_indent=" " * len(figures))
