"""Counts become probabilities: what a lesion may be, how sure that is, and why. Pure; touches no disk and no voxels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from thecal.differential.casebook import check_case, rank_case, run_batch, to_case, to_line
from thecal.differential.explanation import compare
from thecal.differential.model import Model, lay_out
from thecal.differential.pooling import pool, pool_text
from thecal.differential.questions import expect, forecast, turns
from thecal.differential.ranking import observe, rank, rank_reading, weigh_case
from thecal.records import Vocabulary

__all__ = [
    "Model", "check_case", "compare", "expect", "forecast", "lay_out", "observe", "pool", "pool_text", "prepare", "rank",
    "rank_case", "rank_reading", "run_batch", "to_case", "to_line", "turns", "weigh_case",
]  # fmt: skip


def prepare(text: Mapping[str, Any], vocabulary: Vocabulary, base_rates: str = "clinical") -> Model:
    """Everything a case is weighed with, from the knowledge's text; base_rates is clinical, published or uniform."""
    rates = pool_text(text, vocabulary)
    return lay_out(rates, text["differential"], vocabulary, base_rates, text["judgement"], text.get("outcomes"))
