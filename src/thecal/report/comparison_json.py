"""comparison.json: which lesions are new, which have vanished, which have changed, and by how much against repeatability."""

from __future__ import annotations

import json
from typing import Any

from thecal.records import Match, Measurement, Report

FILE = "comparison.json"


def render(report: Report) -> bytes:
    """`{"earlier": {"reading_id", "acquired_on"}, "matches": [{"kind", "instance", …, "change", "repeatability"}], "note"}`.

    Written only with an earlier study; without one it says that there was none.
    """
    compared = report.comparison
    if compared is None:
        told: dict[str, Any] = {"earlier": None, "matches": [], "note": ""}
    else:
        earlier = {"reading_id": compared.earlier_reading_id, "acquired_on": compared.earlier_acquired_on}
        matches = [_match(match, report) for match in compared.matches]
        told = {"earlier": earlier, "matches": matches, "note": compared.note}
    return (json.dumps(told, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode()


def _match(match: Match, report: Report) -> dict[str, Any]:
    instances = {lesion.tracking_uid: lesion.instance for lesion in report.reading.lesions}
    told: dict[str, Any] = {
        "kind": match.kind,
        "instance": instances.get(match.tracking_uid or ""),
        "tracking_uid": match.tracking_uid,
        "earlier_uid": match.earlier_uid,
    }
    for name, measured in (("change", match.change), ("repeatability", match.repeatability)):
        if measured is not None:
            told[name] = _measurement(measured)
    return told


def _measurement(measured: Measurement) -> dict[str, Any]:
    sd = {} if measured.sd is None else {"sd": measured.sd}
    return {"value": measured.value, "unit": measured.unit, **sd}
