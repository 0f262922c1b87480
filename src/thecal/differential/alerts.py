"""What must not wait or be overlooked: urgent or treatable alternatives that stay in sight whatever the ranking."""

from __future__ import annotations

from thecal.differential.explanation import Signs
from thecal.differential.model import Model
from thecal.differential.structure import Array
from thecal.differential.weighing import Case, Number
from thecal.records import Alert


def raise_alerts(case: Case, probability: Array, signs: Signs, model: Model) -> tuple[Alert, ...]:
    """Alerts, most urgent first, then likeliest.

    An entity's alert stands when its probability reaches the threshold or when nothing assessed speaks against it.
    """
    rules = model.settings["alerts"]
    against = signs.weights.min(axis=1, initial=0.0) < float(rules["speaks_against"])
    raised: list[tuple[int, float, Alert]] = []
    for rule in rules["findings"]:
        chance = _chance(case, rule["finding"], rule["states"], model)
        if chance >= 0.5:
            raised.append((rule["urgency"], -chance, Alert(rule["code"], rule["message"], rule["urgency"])))
    shares = probability.tolist()
    for rule in rules["entities"]:
        rows = [model.index(entity) for entity in rule["entities"]]
        chance = sum(shares[row] for row in rows)
        if chance >= float(rules["at_least"]) or not all(against[row] for row in rows):
            first = max(rule["entities"], key=lambda entity: shares[model.index(entity)])
            message = f"{rule['message']} Probability {chance:.1%}."
            raised.append((rule["urgency"], -chance, Alert(rule["code"], message, rule["urgency"], first)))
    return tuple(alert for _, _, alert in sorted(raised, key=lambda item: (item[0], item[1], item[2].code)))


def _chance(case: Case, code: str, states: list[str], model: Model) -> float:
    told = case.get(code)
    if told is None or isinstance(told, Number):
        return 0.0
    names = model.nodes[code].states
    return float(sum(told[names.index(state)] for state in states) / told.sum())
