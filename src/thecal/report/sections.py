"""The sections of a report that a reader may put into words of their own."""

from __future__ import annotations

from thecal.records import Report
from thecal.report import text
from thecal.report.wording import wording_of

NAMES = (
    "emergency", "clinical", "comparison", "technique", "findings", "not_assessed", "impression", "differential", "outlook",
    "next_imaging",
)  # fmt: skip


def told(report: Report) -> dict[str, str]:
    """What thecal itself says in each section, a statement a line."""
    blocks = text.blocks(report, wording_of(report))
    return {name: "\n".join(lines).replace("\u202f", " ") for name, _, lines in blocks if name in NAMES}


def headings(report: Report) -> list[tuple[str, list[str]]]:
    """Heading and paragraphs of each section that a reader put into their own words."""
    shown = [(name, heading) for name, heading, _ in text.blocks(report, wording_of(report)) if name in report.edited]
    return [(heading, [line for line in report.edited[name].splitlines() if line.strip()]) for name, heading in shown]
