from __future__ import annotations

from differential.models import case_of, model

from thecal.differential import rank


def codes(findings: dict[str, object]) -> list[str]:
    return [alert.code for alert in rank(case_of(dict(findings)), model()).alerts]


def test_an_epidural_abscess_stays_in_sight_until_something_speaks_against_it() -> None:
    assert "epidural_abscess" in codes({"compartment": "extradural"})
    against = {
        "compartment": "intramedullary",
        "onset": "chronic",
        "infection_signs": "absent",
        "cord_expansion": "present",
    }
    assert "epidural_abscess" not in codes(dict(against))


def test_nothing_assessed_means_nothing_is_hidden() -> None:
    rules = model().settings["alerts"]["entities"]
    assert set(codes({})) == {rule["code"] for rule in rules}


def test_cord_compression_is_an_alert_of_its_own_and_comes_first() -> None:
    assert codes({"cord_compression": "deformed", "compartment": "extradural"})[0] == "cord_compression"


def test_the_most_urgent_stand_first() -> None:
    alerts = rank(
        case_of({"onset": "acute", "compartment": "extradural", "infection_signs": "present"}), model()
    ).alerts
    urgency = [alert.urgency for alert in alerts]
    assert urgency == sorted(urgency)
    assert all(alert.message for alert in alerts)
