"""Beyond the name: likely primary, signs of aggressiveness, resection in published series, EANO-ESMO type, follow-up.

Each statement says what it rests on. None is the patient's own prognosis.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from thecal.differential.explanation import state_of
from thecal.differential.model import Model
from thecal.differential.structure import Array
from thecal.differential.weighing import Case, Number
from thecal.records import Outlook

METASTASES = ("leptomeningeal_metastases_cns", "leptomeningeal_metastases_solid", "leptomeningeal_haematological")
AT_LEAST = 0.05


def look_beyond(
    case: Case, probability: Array, rates: Array, model: Model, proven: str | None = None
) -> tuple[Outlook, ...]:
    """Every statement beyond the name that the case allows; rates are those of all findings given what was assessed."""
    settled = _settle(probability, model, proven)
    told = (
        _primary(case, settled, rates, model),
        _aggressiveness(case, settled, model),
        *_resection(case, settled, model, proven),
        _eano_esmo(case, settled, model),
        _follow_up(case, probability, model, proven),
    )
    return tuple(statement for statement in told if statement is not None)


def _settle(probability: Array, model: Model, proven: str | None) -> Array:
    """The probabilities with a proven diagnosis taken as certain; its children share it as the signs would have it."""
    if proven is None:
        return probability
    rows = list(model.rows(proven))
    settled = np.zeros(len(probability))
    settled[rows] = np.maximum(probability[rows], 1e-12)
    settled /= settled.sum()
    return settled


def sites_of_primary(rates: Array, model: Model) -> Array:
    """The site of the primary in every entity, if there is one: entities × sites.

    rates are those of all findings given what was assessed, entities × columns.
    A history of no known primary speaks of what is known, so a hidden primary has the site it would have without that history.
    """
    node = model.nodes["known_primary_site"]
    outer, table = model.nodes["known_primary"], node.table
    none = outer.states.index("none")
    kinds, usual = np.array(rates[:, model.columns["known_primary"]], float), outer.plain.copy()
    kinds[:, none], usual[:, none] = 0.0, 0.0
    kinds = np.where(kinds.sum(axis=1, keepdims=True) > 1e-9, kinds, usual)
    kinds /= kinds.sum(axis=1, keepdims=True)
    sites: Array = (kinds[:, :, None] * table).sum(axis=1)
    sites /= sites.sum(axis=1, keepdims=True)
    return sites


def _primary(case: Case, probability: Array, rates: Array, model: Model) -> Outlook | None:
    """The likely primary site, weighed over the kinds of metastasis, where none is known and metastases are in question."""
    entities = (
        *METASTASES,
        "intramedullary_metastasis",
        "vertebral_metastasis_epidural",
        "epidural_lymphoma_or_myeloma",
    )
    rows = [model.index(entity) for entity in entities]
    share = float(probability[rows].sum())
    if share < AT_LEAST or "known_primary_site" in case:
        return None
    likely = (probability[rows] / share) @ sites_of_primary(rates, model)[rows]
    names = model.nodes["known_primary_site"].states
    first = [(names[place], float(likely[place])) for place in np.argsort(-likely, kind="stable")[:4]]
    listed = ", ".join(f"{name.replace('_', ' ')} {chance:.0%}" for name, chance in first)
    return Outlook(
        "primary",
        f"If it is a metastasis ({share:.0%}), the likeliest primaries are {listed}.",
        float(first[0][1]),
        _counts_of_site([model.entities[row] for row in rows if probability[row] > 0], first[0][0], model),
        ("sites of published series where counted, else declared judgement",),
    )


def _counts_of_site(entities: list[str], site: str, model: Model) -> tuple[tuple[int, int, str], ...]:
    """The published counts of one primary site in the kinds of metastasis, each series once."""
    rows = (row for entity in entities for row in model.counts.get((entity, "known_primary_site", site), ()))
    return tuple(dict.fromkeys(rows))


def _aggressiveness(case: Case, probability: Array, model: Model) -> Outlook | None:
    """The share of the ranking that lies with aggressive entities, and the assessed signs that go with aggressiveness."""
    if not len(model.aggressive):
        return None
    share = float(probability @ model.aggressive / (1 - probability[-1]))
    signs = []
    for rule in model.outcomes.get("aggressive_signs", ()):
        if rule["finding"] in case and state_of(rule["finding"], case, model) in rule["states"]:
            signs.append(f"{rule['finding'].replace('_', ' ')}: {rule['why']}")
    return Outlook(
        "aggressiveness",
        f"{share:.0%} of the probability lies with high-grade or malignant disease.",
        share,
        reasons=tuple(signs),
    )


def _resection(case: Case, probability: Array, model: Model, proven: str | None) -> tuple[Outlook, ...]:
    """Published rates of gross total resection for the leading entities, with the signs that bear on it."""
    order = np.argsort(-probability[:-1], kind="stable")[:3].tolist()
    likely = [model.entities[row] for row in order if probability[row] >= AT_LEAST]
    leading = [proven, *(model.entities[row] for row in model.rows(proven))] if proven else likely
    signs = tuple(
        f"{rule['finding'].replace('_', ' ')} {state_of(rule['finding'], case, model).replace('_', ' ')}: {rule['why']}"
        for rule in model.outcomes.get("resection_signs", ())
        if rule["finding"] in case and _holds(rule, case, model)
    )
    told = []
    for entity in dict.fromkeys(leading):
        rows = [row for row in model.outcomes.get("gross_total_resection", ()) if row["entity"] == entity]
        if rows:
            listed = "; ".join(f"{row['n']} of {row['of']}" for row in rows)
            told.append(
                Outlook(
                    "resection",
                    f"{model.vocabulary.name(entity)}: gross total resection in {listed} of published operations. "
                    "Not this patient's probability.",
                    None,
                    tuple((row["n"], row["of"], row["source"]) for row in rows),
                    signs,
                )
            )
    return tuple(told)


def _holds(rule: Mapping[str, object], case: Case, model: Model) -> bool:
    told = case[str(rule["finding"])]
    if isinstance(told, Number):
        return told.value >= float(str(rule["at_least"])) if "at_least" in rule else True
    states = rule.get("states")
    return not isinstance(states, list) or state_of(str(rule["finding"]), case, model) in states


def _eano_esmo(case: Case, probability: Array, model: Model) -> Outlook | None:
    """The EANO-ESMO type of the spine's part: A linear, B nodular, C both, D none visible.

    D is split by hydrocephalus. Complete only with brain MRI and CSF. Source: lerhun2023
    """
    share = float(probability[[model.index(entity) for entity in METASTASES]].sum())
    if share < AT_LEAST or "leptomeningeal_pattern" not in case:
        return None
    pattern = state_of("leptomeningeal_pattern", case, model)
    letter = {"diffuse": "A", "nodular": "B", "mixed": "C", "none": "D"}[pattern]
    reasons = []
    if letter == "D":
        water = state_of("hydrocephalus", case, model) if "hydrocephalus" in case else None
        letter += {"present": " (hydrocephalus)", "absent": " (normal)", None: ""}[water]
        reasons += (
            [] if water else ["hydrocephalus not assessed: D (hydrocephalus) and D (normal) cannot be told apart"]
        )
        reasons.append(str(model.outcomes.get("eano_esmo", {}).get("without_visible_disease", "")))
    missing = [
        name
        for code, name in (("brain_lesion", "brain MRI"), ("csf_malignant_cells", "CSF cytology"))
        if code not in case
    ]
    if missing:
        reasons.append(f"the full type needs {' and '.join(missing)}")
    return Outlook(
        "eano_esmo", f"If leptomeningeal metastases ({share:.0%}): EANO-ESMO type {letter} of the spine's part.", None,
        reasons=tuple(reason for reason in reasons if reason),
    )  # fmt: skip


def _follow_up(case: Case, probability: Array, model: Model, proven: str | None) -> Outlook | None:
    """With a proven diagnosis: whether the picture still is that entity, changed by treatment, or a second one."""
    if proven is None:
        return None
    rows = list(model.rows(proven))
    fit = float(probability[rows].sum())
    after = [
        code
        for code in ("prior_spine_surgery", "prior_radiation", "steroids_before_mri")
        if code in case and state_of(code, case, model) == "present"
    ]
    reasons = [f"{code.replace('_', ' ')}: residual, recurrence and treatment change look alike" for code in after]
    other = int(np.argmax(np.where(np.isin(np.arange(len(probability)), rows), 0, probability)))
    reasons.append(
        f"best alternative as a second entity: {model.vocabulary.name(model.entities[other])} {probability[other]:.0%}"
    )
    kind = (
        "residual or recurrent disease, or treatment change"
        if fit >= 0.1
        else "a picture unusual for it: treatment change or a second entity"
    )
    return Outlook(
        "follow_up",
        f"Proven {model.vocabulary.name(proven)}; without that knowledge the signs give it {fit:.0%}: {kind}.",
        fit,
        reasons=tuple(reasons),
    )
