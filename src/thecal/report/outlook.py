"""Beyond the name, as a reader sees it: likely primary, aggressiveness, resection in published series, EANO–ESMO type."""

from __future__ import annotations

from dataclasses import dataclass

from thecal.records import PATIENT, Outlook, Report
from thecal.report.wording import Wording, capital

ORDER = ("follow_up", "eano_esmo", "primary", "aggressiveness", "resection")


@dataclass(frozen=True)
class OutlookView:
    """The statements of one kind, each with its counts, and the reasons they share."""

    code: str
    heading: str
    statements: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    reasons: tuple[str, ...]


def outlooks(report: Report, wording: Wording) -> tuple[OutlookView, ...]:
    """What is told beyond the name of the patient's disease, by kind; a reason is told once."""
    patient = next((one for one in report.differentials if one.subject == PATIENT), None)
    kinds: dict[str, list[Outlook]] = {}
    for one in patient.outlook if patient else ():
        kinds.setdefault(one.code, []).append(one)
    ordered = sorted(kinds, key=lambda code: ORDER.index(code) if code in ORDER else len(ORDER))
    return tuple(_view(code, kinds[code], wording) for code in ordered)


def _view(code: str, told: list[Outlook], wording: Wording) -> OutlookView:
    reasons = dict.fromkeys(capital(wording.heard(reason)).rstrip(".") + "." for one in told for reason in one.reasons)
    statements = tuple(
        (
            wording.heard(one.statement),
            tuple((wording.say("differential.count", n=n, of=of), key) for n, of, key in one.counts),
        )
        for one in told
    )
    heading = wording.words.get(f"outlook.{code}") or capital(code.replace("_", " "))
    return OutlookView(code, heading, statements, tuple(reasons))
