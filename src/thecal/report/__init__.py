"""The report of a study: composed from the records, rendered in each format."""

from types import ModuleType

from thecal.records import Report
from thecal.report import (
    comparison_json,
    data,
    differential_json,
    figures,
    findings_json,
    html,
    pdf,
    text,
    text_ascii,
    words,
)
from thecal.report.composition import compose

FORMATS: tuple[ModuleType, ...] = (html, pdf, data, findings_json, differential_json, text, text_ascii)
WITH_EARLIER: tuple[ModuleType, ...] = (comparison_json,)

__all__ = ["FORMATS", "WITH_EARLIER", "compose", "figures", "formats_of", "words"]


def formats_of(report: Report) -> tuple[ModuleType, ...]:
    """The formats a report is written in; the comparison only where there is an earlier study."""
    return FORMATS if report.comparison is None else (*FORMATS, *WITH_EARLIER)
