"""The differential on cases drawn from its own tables: consistency with itself, coverage of its intervals; never accuracy.

Run through `benchmarks/differential.py --self` and `--hidden`.
"""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import numpy as np

from thecal.differential import lay_out, prepare, weigh_cases
from thecal.differential.pooling import Pooled
from thecal.differential.weighing import prior
from thecal.differential.worlds import SIGNS, cover, draw_case
from thecal.knowledge import load

KNOWLEDGE = load()


def plain_text() -> dict[str, Any]:
    """The knowledge's text, but with the signs at the weight the tables give them, so that exact inference is what it does."""
    settings = copy.deepcopy(dict(KNOWLEDGE.text["differential"]))
    settings["calibration"]["weight_of_signs"] = 1.0
    return {**KNOWLEDGE.text, "differential": settings}


def judge_self(count: int = 2000) -> None:
    """How often the truth is first, stated against seen, and the coverage of the intervals."""
    text = plain_text()
    model, rng = prepare(text, KNOWLEDGE.vocabulary, "clinical"), np.random.default_rng(5)
    base = prior({}, model)
    drawn = [draw_case(model, rng, base) for _ in range(count)]
    probability = weigh_cases([case for _, case in drawn], model).probability
    hits = probability.argmax(axis=0) == [row for row, _ in drawn]
    print(f"{count} cases of {SIGNS} findings drawn from the model's own tables (self-consistency, not accuracy):")
    print(
        f"  first is the truth in {hits.mean():.3f}; the exact posterior promises {probability.max(axis=0).mean():.3f}"
    )
    for name, own in (("the pooled rates", False), ("the true rates", True)):
        inside = [cover(text, KNOWLEDGE.vocabulary, world, 60, own) for world in range(60)]
        told = np.concatenate(inside)
        spread = np.std([one.mean() for one in inside]) / np.sqrt(len(inside))
        print(
            f"  90 % intervals hold {told.mean():.3f} ± {spread:.3f} of the true posteriors: rates, studies and base "
            f"rates redrawn {len(inside)} times, cases drawn from {name}"
        )


def hide_each() -> None:
    """How well none_of_these tells cases of an entity that is taken out of the list from cases of the others."""
    text = plain_text()
    model = prepare(text, KNOWLEDGE.vocabulary, "clinical")
    rng, base = np.random.default_rng(9), prior({}, model)
    base[-1] = 0
    base = base**0.3 * (base > 0)
    hidden: list[float] = []
    others: list[float] = []
    for row in range(len(base) - 1):
        kept = base.copy()
        kept[row] = 0
        only = np.zeros(len(base))
        only[row] = 1
        less = lay_out(_without(model.pooled, row), text["differential"])
        for share, into in ((only, hidden), (kept / kept.sum(), others)):
            cases = [draw_case(model, rng, share)[1] for _ in range(20)]
            into += weigh_cases(cases, less).probability[-1].tolist()
    seen, unseen = np.array(hidden), np.array(others)
    area = np.mean(seen[:, None] > unseen) + 0.5 * np.mean(seen[:, None] == unseen)
    print(
        f"none_of_these, each entity hidden in turn: AUC {area:.3f} ({len(seen)} hidden cases against as many others)"
    )


def _without(pooled: Pooled, row: int) -> Pooled:
    """The rates of all entities but one."""
    gone, names = pooled.entities[row], tuple(np.delete(pooled.entities, row).tolist())
    cells = {
        code: replace(
            cell,
            mean=np.delete(cell.mean, row, 0),
            strength=np.delete(cell.strength, row),
            counted=np.delete(cell.counted, row),
            within=None if cell.within is None else np.delete(cell.within, row, 0),
        )
        for code, cell in pooled.cells.items()
    }
    shares = {
        key: {code: share for code, share in one.items() if code != gone} for key, one in pooled.base_rates.items()
    }
    return replace(pooled, entities=names, cells=cells, base_rates=shares)
