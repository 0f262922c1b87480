"""What a report may not say: no negative statement on leptomeningeal disease without enhanced images of the whole spine.

The guard is asked for every path a negative could come by: a measured, stated or corrected finding, or none at all.
Source: lerhun2023 (the protocol), jcat1990 (unenhanced studies miss it)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from thecal.records import Finding, NotAssessed, ProtocolCheck, Reading, Region, SeriesLine
from thecal.report.wording import Wording, listed

QUESTION = "leptomeningeal_disease"
SPINE: tuple[Region, ...] = ("cervical", "thoracic", "lumbar", "sacral")
# States that deny leptomeningeal disease, by finding.
DENIALS = {
    "leptomeningeal_pattern": ("none",),
    "nerve_root_enhancement": ("absent",),
}
POSITIVE = ("nodular", "diffuse", "mixed")


def why_open(protocol: ProtocolCheck, series: Sequence[SeriesLine], wording: Wording) -> str | None:
    """Why leptomeningeal disease is not excluded by this examination; None where a negative may be stated.

    Asked of the series themselves and of the protocol check; both must allow it.
    """
    enhanced = [line for line in series if line.role == "T1w_ce"]
    if not enhanced:
        return wording.say("leptomeningeal.no_contrast")
    if missing := [region for region in SPINE if not any(region in line.regions for line in enhanced)]:
        if any(not line.regions for line in enhanced):
            return wording.say("leptomeningeal.coverage_unknown")
        names = listed(wording.name("region", region) for region in missing)
        return wording.say("leptomeningeal.not_covered", regions=names)
    if QUESTION not in protocol.answerable:
        return wording.say("leptomeningeal.not_checked")
    return wording.say("leptomeningeal.protocol") if protocol.answerable[QUESTION] == "no" else None


def withhold_denials(reading: Reading, why: str | None, wording: Wording) -> Reading:
    """The reading with findings that deny leptomeningeal disease set to not assessed, where the examination cannot deny it.

    A gap that was left for another reason keeps its place and is given this one, so that no reason denies in passing
    ("nothing seen, but …").
    """
    if why is None:
        return reading
    denying = tuple(finding for finding in reading.findings if _denies(finding))
    withheld = wording.say("leptomeningeal.withheld", why=why)
    gap = wording.say("leptomeningeal.gap", why=why)
    left = (replace(one, reason=gap) if one.code in DENIALS else one for one in reading.not_assessed)
    return replace(
        reading,
        findings=tuple(finding for finding in reading.findings if finding not in denying),
        not_assessed=(*left, *(NotAssessed(finding.code, finding.subject, withheld) for finding in denying)),
    )


def leptomeningeal_pattern(reading: Reading) -> Finding | None:
    """The leptomeningeal pattern that was called, if one was; of the patient first, else of a lesion."""
    for finding in sorted(reading.findings, key=lambda found: found.subject != "patient"):
        if finding.code == "leptomeningeal_pattern" and finding.state in POSITIVE:
            return finding
    return None


def _denies(finding: Finding) -> bool:
    return finding.state in DENIALS.get(finding.code, ())
