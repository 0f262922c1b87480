"""Counts become probabilities: what a lesion may be, how sure that is, and why. Pure; touches no disk and no voxels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from thecal.differential.casebook import check_case, rank_case, run_batch, to_case, to_line
from thecal.differential.explanation import compare, gather_signs
from thecal.differential.model import Model, lay_out
from thecal.differential.pooling import pool, pool_knowledge, pool_text
from thecal.differential.questions import foresee, turns
from thecal.differential.ranking import get_ready, observe, rank, rank_all, rank_reading
from thecal.differential.weighing import weigh_cases
from thecal.records import Vocabulary

__all__ = [
    "Model", "check_case", "compare", "foresee", "gather_signs", "lay_out", "observe", "pool", "pool_knowledge", "pool_text",
    "prepare", "rank", "rank_all", "rank_case", "rank_reading", "run_batch", "to_case", "to_line", "turns", "weigh_cases",
]  # fmt: skip


def prepare(text: Mapping[str, Any], vocabulary: Vocabulary, base_rates: str = "clinical") -> Model:
    """Everything that cases are weighed with, from the knowledge's text; base_rates is clinical, published or uniform."""
    pooled = pool_knowledge(text, vocabulary)
    return get_ready(lay_out(pooled, text["differential"], base_rates, text["judgement"], text.get("outcomes")))
