"""Emergencies: what must be told before anything else."""

from __future__ import annotations

from thecal.records import PATIENT, Alert, Finding, Reading
from thecal.report.wording import Wording, percent

CODES = ("cauda_equina_syndrome", "cord_compression")
DEFORMED = ("deformed", "deformed_with_t2_change")
# The cord is called deformed when both deformed states together are at least as probable as not.
THRESHOLD = 0.5


def emergencies_of(reading: Reading, wording: Wording) -> tuple[Alert, ...]:
    """Cauda equina syndrome that is present, and a cord that is deformed, most urgent first."""
    alerts = [_cauda_equina(finding, wording) for finding in reading.findings if _present(finding)]
    pressed = [finding for finding in reading.findings if deformed(finding) >= THRESHOLD]
    pressed.sort(key=deformed, reverse=True)
    return (*alerts, *(_compression(finding, reading, wording) for finding in pressed))


def deformed(finding: Finding) -> float:
    """Probability that the cord is deformed, with or without T2 change; 0 for other findings."""
    if finding.code != "cord_compression" or finding.probabilities is None:
        return 0.0
    return sum(finding.probabilities.get(state, 0.0) for state in DEFORMED)


def _present(finding: Finding) -> bool:
    return finding.code == "cauda_equina_syndrome" and (finding.probabilities or {}).get("present", 0.0) >= THRESHOLD


def _cauda_equina(finding: Finding, wording: Wording) -> Alert:
    basis = wording.say(f"emergency.basis_{finding.basis}")
    return Alert(finding.code, wording.say("emergency.cauda_equina_syndrome", basis=basis), 1)


def _compression(finding: Finding, reading: Reading, wording: Wording) -> Alert:
    instance = next((lesion.instance for lesion in reading.lesions if lesion.tracking_uid == finding.subject), None)
    where = (
        "" if finding.subject == PATIENT or instance is None else wording.say("emergency.at_lesion", instance=instance)
    )
    probabilities = finding.probabilities or {}
    state = max(DEFORMED, key=lambda one: probabilities.get(one, 0.0))
    told = wording.say(
        "emergency.cord_compression",
        where=where,
        state=wording.name("state", state),
        probability=percent(deformed(finding)),
    )
    return Alert(finding.code, told, 2)
