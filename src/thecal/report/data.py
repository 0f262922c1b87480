"""report.json: everything in the report, as data."""

from __future__ import annotations

import json

from thecal.records import Report
from thecal.records.form import to_data

FILE = "report.json"


def render(report: Report) -> bytes:
    """The report's own JSON form; its schema is that of the Report record."""
    return (json.dumps(to_data(report), ensure_ascii=False, indent=1) + "\n").encode()
