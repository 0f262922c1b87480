"""From assessed findings to a ranked differential."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from thecal.differential.alerts import raise_alerts
from thecal.differential.explanation import fits_nothing, shares, tell, weigh
from thecal.differential.intervals import COVERS, draw_posteriors, ninety
from thecal.differential.model import NONE, Model
from thecal.differential.outlook import look_beyond
from thecal.differential.questions import Turn, ask, expect, forecast, turns
from thecal.differential.structure import Array
from thecal.differential.weighing import Case, Number, log_likelihoods, posterior, prior, trust_in_signs
from thecal.records import PATIENT, Candidate, Differential, Finding, Reading

EXPLAINED = 5
"""How many of the first entities are explained."""


@dataclass(frozen=True, eq=False)
class Weighed:
    """A case weighed: base rates, the sum of its signs and the probabilities, by entity."""

    log_prior: Array
    parts: dict[str, Array]
    probability: Array


def weigh_case(case: Case, model: Model) -> Weighed:
    """The probabilities of every entity for one case, without intervals or explanation."""
    log_prior = np.log(np.maximum(prior(case, model), 1e-300))
    parts = log_likelihoods(case, model)
    return Weighed(log_prior, parts, posterior(log_prior, _sum(parts, model), model))


def _sum(parts: dict[str, Array], model: Model) -> Array:
    summed: Array = np.sum(list(parts.values()), axis=0) if parts else np.zeros(len(model.entities))
    return summed


def rank(case: Case, model: Model, subject: str = PATIENT, proven: str | None = None) -> Differential:
    """The ranked entities of one case, with 90 % intervals, reasons, questions and alerts."""
    weighed = weigh_case(case, model)
    probability = weighed.probability
    likelihood = _sum(weighed.parts, model)
    draws = draw_posteriors(case, weighed.log_prior, likelihood, model)
    bounds = ninety(draws, probability)
    added = shares(case, model, weighed.parts)
    weights = weigh(added, weighed.log_prior + trust_in_signs(model) * likelihood, model)
    ahead = forecast(case, model)
    joint = expect(probability, ahead)
    order = np.argsort(-probability, kind="stable")
    candidates = tuple(
        Candidate(model.entities[row], share, (low, high))
        for row, share, (low, high) in zip(
            order.tolist(), probability[order].tolist(), bounds[order].tolist(), strict=True
        )
    )
    first = [candidate.entity for candidate in candidates if candidate.entity != NONE][:EXPLAINED]
    return Differential(
        subject=subject,
        candidates=candidates,
        parents=sum_parents(probability, model),
        prior=dict(zip(model.entities, np.exp(weighed.log_prior).tolist(), strict=True)),
        evidence=tell(case, weights, first, model),
        unused=_unused(case, weights),
        ask_next=ask(case, joint, ahead, model),
        alerts=raise_alerts(case, probability, weights, model),
        notes=_notes(case, probability, turns(case, joint, ahead, model, int(probability[:-1].argmax())), model),
        outlook=look_beyond(case, probability, ahead, model, proven),
    )


def sum_parents(probability: Array, model: Model) -> dict[str, float]:
    """The probability of every entity that has children: its own and theirs."""
    return {code: float(probability[list(rows)].sum()) for code, rows in model.members.items()}


def _unused(case: Case, weights: dict[str, Array]) -> tuple[str, ...]:
    idle = [code for code in case if code not in weights or float(np.abs(weights[code]).max()) < 0.02]
    return tuple(sorted(idle))


def _notes(case: Case, probability: Array, turning: tuple[Turn, ...], model: Model) -> tuple[str, ...]:
    notes = [
        f"{code.replace('_', ' ')} fits none of the leading entities" for code in fits_nothing(case, probability, model)
    ]
    for turn in turning[:3]:
        notes.append(
            f"{turn.finding.replace('_', ' ')} {turn.state.replace('_', ' ')} (now {turn.probability:.0%} likely) "
            f"would put {model.vocabulary.name(turn.first)} first"
        )
    notes.append(f"base rates: {model.kind}; intervals cover {COVERS}; judgement is a language model's, unreviewed")
    return tuple(notes)


def observe(findings: Iterable[Finding], model: Model) -> Case:
    """Findings as a case: what each says of its states, divided by the states' base rate where it is soft."""
    case: dict[str, Array | Number] = {}
    for finding in findings:
        if finding.value is not None and finding.code in model.densities:
            case[finding.code] = Number(finding.value, finding.value_sd or 0.0)
        elif finding.probabilities is not None and finding.code in model.nodes:
            case[finding.code] = soft(finding.code, finding.probabilities, model)
    return case


def soft(code: str, probabilities: Mapping[str, float], model: Model) -> Array:
    """Likelihood by state from probabilities by state: q / b, b the mean rate the probabilities were made at; largest 1."""
    node = model.nodes[code]
    told: Array = np.array([float(probabilities.get(state, 0.0)) for state in node.states])
    if np.count_nonzero(told) == 1:
        hard: Array = (told > 0).astype(float)
        return hard
    likelihood = told / np.maximum(node.plain[:-1].mean(axis=0), 1e-3)
    scaled: Array = likelihood / likelihood.max()
    return scaled


def rank_reading(reading: Reading, model: Model) -> tuple[Differential, ...]:
    """The patient's differential (with the index lesion's signs), then each lesion's.

    Empty, with the reason, without a lesion or a leptomeningeal pattern.
    """
    patient = reading.of(PATIENT)
    index = reading.index_lesion()
    if index is None and not _leptomeningeal(patient):
        reason = "No lesion and no leptomeningeal pattern was called; a normal spine gets no list of tumours."
        return (Differential(PATIENT, reason=reason),)
    own = reading.of(index.tracking_uid) if index else ()
    proven = next((finding.state for finding in patient if finding.code == "proven_diagnosis"), None)
    told = [rank(observe((*patient, *own), model), model, PATIENT, proven)]
    for lesion in reading.lesions:
        told.append(
            rank(observe((*patient, *reading.of(lesion.tracking_uid)), model), model, lesion.tracking_uid, proven)
        )
    return tuple(told)


def _leptomeningeal(findings: Iterable[Finding]) -> bool:
    return any(
        finding.code == "leptomeningeal_pattern"
        and finding.probabilities
        and finding.probabilities.get("none", 0.0) < 0.5
        for finding in findings
    )
