"""report.html: one file for a person, read offline, on paper, on a desk and on a phone."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

from markupsafe import Markup

from thecal.records import Report
from thecal.report import lesions, outlook, rankings, sections, spine_map, views
from thecal.report.wording import wording_of

FILE = "report.html"


def render(report: Report) -> bytes:
    """The report as one HTML page: style and images within it, nothing fetched, no script."""
    return page(report).encode()


def page(report: Report, *, paper: bool = False) -> str:
    """The page as text; on paper nothing is folded, and what the screen folds away stands in an appendix."""
    wording = wording_of(report)
    style = _text("html.css") + _text("paper.css" if paper else "print.css")
    laid: str = _template().render(
        report=report, view=views, lesion_view=lesions, ranked=rankings, outlook=outlook, spine_map=spine_map,
        wording=wording, say=wording.say, paper=paper, style=Markup(style), edited=sections.headings(report),
    )  # fmt: skip
    return "\n".join(line.rstrip() for line in laid.splitlines() if line.strip()) + "\n"


@cache
def _template() -> Any:
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(_text("html.jinja"))


def _text(name: str) -> str:
    return resources.files("thecal.report").joinpath(name).read_text(encoding="utf-8")
