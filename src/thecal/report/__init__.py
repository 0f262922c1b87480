"""The report of a study: composed from the records, rendered in each format."""

from types import ModuleType

from thecal.report import data, differential_json, figures, findings_json, html, text
from thecal.report.composition import compose

FORMATS: tuple[ModuleType, ...] = (html, data, findings_json, differential_json, text)

__all__ = ["FORMATS", "compose", "figures"]
