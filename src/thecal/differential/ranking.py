"""From assessed findings to a ranked differential."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from thecal.differential.alerts import raise_alerts
from thecal.differential.explanation import LEAST, Signs, fits_nothing, gather_signs, tell
from thecal.differential.intervals import COVERS, draw_posteriors, ninety, prior_draws, state_draws
from thecal.differential.model import NONE, Model
from thecal.differential.outlook import look_beyond
from thecal.differential.questions import Outcomes, Turn, ask, foresee, turns
from thecal.differential.reliance import Reliance, find_reliance, influence
from thecal.differential.structure import Array
from thecal.differential.trees import Downward, idle, send_down
from thecal.differential.weighing import Case, Number, Weighed, weigh_cases
from thecal.records import PATIENT, Candidate, Differential, Finding, Reading

EXPLAINED = 5
"""How many of the first entities are explained."""


def get_ready(model: Model) -> Model:
    """The model with all made that cases share, so that the first case waits no longer than the next."""
    idle(model)
    prior_draws(model)
    for code in model.nodes:
        state_draws(code, model)
        influence(code, model)
    _ = model.counts, model.paths, model.counted, model.seen
    return model


def rank(case: Case, model: Model, subject: str = PATIENT, proven: str | None = None) -> Differential:
    """The ranked entities of one case, with 90 % intervals, reasons, questions and alerts."""
    return rank_all((case,), model, (subject,), (proven,))[0]


def rank_all(
    cases: Sequence[Case], model: Model, subjects: Sequence[str], proven: Sequence[str | None]
) -> list[Differential]:
    """Many cases ranked side by side, each as `rank` would."""
    weighed = weigh_cases(cases, model)
    down = send_down(weighed.sheet, weighed.up, model)
    bounds = ninety(draw_posteriors(cases, weighed, down, model), weighed.probability.T)
    outcomes = foresee(weighed.probability, down, model)
    signs = gather_signs(cases, weighed, down, model)
    rests = find_reliance(cases, weighed, down, model)
    return [
        _tell_case(
            Told(case, weighed, down, bounds, outcomes, rests[place], place),
            signs[place],
            model,
            subjects[place],
            proven[place],
        )
        for place, case in enumerate(cases)
    ]


@dataclass(frozen=True, eq=False)
class Told:
    """One of the cases that were weighed side by side."""

    case: Case
    weighed: Weighed
    down: Downward
    bounds: Array
    outcomes: Outcomes
    rests: Reliance | None
    place: int


def _tell_case(told: Told, signs: Signs, model: Model, subject: str, proven: str | None) -> Differential:
    case, place = told.case, told.place
    probability = np.ascontiguousarray(told.weighed.probability[:, place])
    candidates = _candidates(probability, told.bounds[place], model)
    first = [candidate.entity for candidate in candidates[: EXPLAINED + 1] if candidate.entity != NONE][:EXPLAINED]
    prior = np.exp(told.weighed.log_prior[:, place])
    ahead = told.outcomes
    turning = turns(case, ahead.chance[:, place], ahead.first[:, place], model, int(probability[:-1].argmax()))
    return Differential(
        subject=subject,
        candidates=candidates,
        parents=sum_parents(probability, model),
        prior=dict(zip(model.entities, prior.tolist(), strict=True)),
        evidence=tell(case, signs, first, model),
        unused=_unused(case, signs),
        ask_next=ask(case, ahead.bits[:, place], model),
        alerts=raise_alerts(case, probability, signs, model),
        notes=_notes(signs, probability, turning, told.rests, model),
        outlook=look_beyond(case, probability, told.down.rates[:, :, place], model, proven),
    )


def _candidates(probability: Array, bounds: Array, model: Model) -> tuple[Candidate, ...]:
    order = np.argsort(-probability, kind="stable")
    names = [model.entities[row] for row in order.tolist()]
    return tuple(map(Candidate, names, probability[order].tolist(), map(tuple, bounds[order].tolist())))


def sum_parents(probability: Array, model: Model) -> dict[str, float]:
    """The probability of every entity that has children: its own and theirs."""
    shares = probability.tolist()
    return {code: sum(shares[row] for row in rows) for code, rows in model.members.items()}


def _unused(case: Case, signs: Signs) -> tuple[str, ...]:
    strong = np.abs(signs.weights).max(axis=0, initial=0.0) >= LEAST
    used = {code for code, is_strong in zip(signs.codes, strong.tolist(), strict=True) if is_strong}
    return tuple(sorted(case.keys() - used))


def _notes(
    signs: Signs, probability: Array, turning: tuple[Turn, ...], rests: Reliance | None, model: Model
) -> tuple[str, ...]:
    notes = [f"{code.replace('_', ' ')} fits none of the leading entities" for code in fits_nothing(signs, probability)]
    for turn in turning[:3]:
        notes.append(
            f"{turn.finding.replace('_', ' ')} {turn.state.replace('_', ' ')} (now {turn.probability:.0%} likely) "
            f"would put {model.vocabulary.name(turn.first)} first"
        )
    if rests:
        notes.append(
            f"much rests on {rests.source}: without it {model.vocabulary.name(rests.entity)} would stand at about "
            f"{rests.without:.0%} instead of {rests.probability:.0%}"
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
    cases = [observe((*patient, *own), model)]
    cases += [observe((*patient, *reading.of(lesion.tracking_uid)), model) for lesion in reading.lesions]
    subjects = [PATIENT, *(lesion.tracking_uid for lesion in reading.lesions)]
    return tuple(rank_all(cases, model, subjects, [proven] * len(cases)))


def _leptomeningeal(findings: Iterable[Finding]) -> bool:
    return any(
        finding.code == "leptomeningeal_pattern"
        and finding.probabilities
        and finding.probabilities.get("none", 0.0) < 0.5
        for finding in findings
    )
