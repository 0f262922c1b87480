"""The model as shipped, made once, and small cases."""

from __future__ import annotations

import copy
from functools import cache
from typing import Any

import numpy as np

from thecal.differential import Model, lay_out, pool_knowledge, weigh_cases
from thecal.differential.weighing import Case, Number
from thecal.knowledge import Knowledge, load

CAP_CASE: dict[str, Any] = {
    "age_years": 42, "sex": "male", "compartment": "intramedullary", "level": "cervical", "axial_position": "central",
    "haemorrhage": "present", "cap_sign": "present", "enhancement": "marked", "length_segments": 3,
}  # fmt: skip


@cache
def knowledge() -> Knowledge:
    return load()


@cache
def model(kind: str = "clinical") -> Model:
    return changed(kind)


def changed(kind: str = "clinical", without: frozenset[str] = frozenset(), **calibration: float) -> Model:
    """The model with some sources left out or with another calibration."""
    text = knowledge().text
    settings = copy.deepcopy(dict(text["differential"]))
    settings["calibration"].update(calibration)
    pooled = pool_knowledge({**text, "differential": settings}, knowledge().vocabulary, without)
    return lay_out(pooled, settings, kind, text["judgement"], text["outcomes"])


def probabilities(case: Case, told: Model) -> Any:
    """The probabilities of every entity for one case."""
    return weigh_cases([case], told).probability[:, 0]


def case_of(findings: dict[str, Any]) -> Case:
    """A case without the checks of the casebook."""
    told = model()
    case: dict[str, Any] = {}
    for code, value in findings.items():
        if code in told.densities:
            case[code] = Number(float(value))
        else:
            states = told.nodes[code].states
            case[code] = np.array([float(state == value) for state in states])
    return case
