"""What is stated of the person, as findings."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Mapping
from typing import Any

from thecal.records import PATIENT, Finding, KnowledgeInvalid, Term, Vocabulary

# Findings of the person and of the history: told, not measured.
PERSON = (
    "age_years", "sex", "onset", "time_to_nadir_hours", "setting", "proven_diagnosis", "known_primary", "known_primary_site",
    "syndrome", "infection_signs", "prior_radiation", "prior_spine_surgery", "immunosuppression", "steroids_before_mri",
    "anticoagulation", "trauma", "mri_contraindicated", "days_since_lumbar_puncture", "radicular_pain", "weakness",
    "gait_disturbance", "sphincter_disturbance", "cauda_equina_syndrome", "meningism", "demyelination_history",
    "csf_malignant_cells", "csf_inflammatory",
)  # fmt: skip
# Numbers must lie in these bounds; others from 0 up.
BOUNDS = {"age_years": (0.0, 120.0), "length_segments": (0.0, 30.0), "t2_length_segments": (0.0, 30.0)}


def state(context: Mapping[str, Any], vocabulary: Vocabulary) -> tuple[Finding, ...]:
    """What was told of the person as findings, basis stated: a state, a number, or probabilities by state.

    Raises KnowledgeInvalid for a code, state or number that the vocabulary does not have, naming the nearest that it has.
    """
    return tuple(_one(code, value, vocabulary) for code, value in context.items())


def _one(code: str, value: Any, vocabulary: Vocabulary) -> Finding:
    if code not in vocabulary.findings:
        raise KnowledgeInvalid(f"finding {code}", expected=_nearest(code, vocabulary.findings), found="an unknown code")
    term = vocabulary.findings[code]
    method = "as stated"
    if term.kind == "number":
        return Finding(code, PATIENT, "stated", value=_number(code, value), method=method)
    known = (*vocabulary.entities, *vocabulary.parents) if term.kind == "entity" else term.states
    return Finding(code, PATIENT, "stated", _states(term, value, known), method=method)


def _number(code: str, value: Any) -> float:
    low, high = BOUNDS.get(code, (0.0, math.inf))
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if isinstance(value, bool) or not (math.isfinite(number) and low <= number <= high):
        expected = f"a number from {low:g}" + (f" to {high:g}" if math.isfinite(high) else " up")
        raise KnowledgeInvalid(f"finding {code}", expected=expected, found=repr(value))
    return number


def _states(term: Term, value: Any, known: Iterable[str]) -> dict[str, float]:
    states = tuple(known)
    told = value if isinstance(value, Mapping) else {value: 1.0}
    for one in told:
        if one not in states:
            raise KnowledgeInvalid(f"finding {term.code}", expected=_nearest(str(one), states), found=repr(one))
    shares = [told[one] for one in told]
    numbers = all(isinstance(p, int | float) and not isinstance(p, bool) and 0 <= p <= 1 for p in shares)
    if not numbers or abs(sum(shares) - 1) > 1e-3:
        raise KnowledgeInvalid(
            f"finding {term.code}", expected="probabilities from 0 to 1 that sum to 1", found=repr(value)
        )
    total = sum(shares)
    return {str(one): float(p) / total for one, p in told.items()}


def _nearest(word: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, list(known), n=3, cutoff=0.3) or sorted(known)[:8]
    return "one of " + ", ".join(near)
