"""From a measured number and its uncertainty to how probable each state is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

# No measurement makes a state certain: this share is spread evenly over all of them.
DOUBT = 0.02
# A logistic curve with this factor lies within 0.01 of the normal distribution function.
LOGISTIC = 1.702


def above(value: float, threshold: float, sd: float) -> float:
    """How probable it is that the true value, measured with that standard deviation, exceeds the threshold."""
    return float(1 / (1 + np.exp(-np.clip(LOGISTIC * (value - threshold) / max(sd, 1e-6), -60, 60))))


def ordered(states: Sequence[str], value: float, cuts: Sequence[float], sds: Sequence[float]) -> dict[str, float]:
    """Probabilities of states that follow each other along a scale, parted by cuts, each cut with its own uncertainty."""
    beyond = [1.0, *(above(value, cut, sd) for cut, sd in zip(cuts, sds, strict=True)), 0.0]
    beyond = list(np.minimum.accumulate(beyond))
    return weighed({state: beyond[n] - beyond[n + 1] for n, state in enumerate(states)})


def yes_no(present: float) -> dict[str, float]:
    """The probabilities of absent and present."""
    return weighed({"absent": 1 - present, "present": present})


def weighed(scores: Mapping[str, float]) -> dict[str, float]:
    """Scores from 0 up as probabilities that sum to 1 and leave room for doubt."""
    values: NDArray[np.float64] = np.maximum(np.array(list(scores.values()), dtype=np.float64), 0)
    total = float(values.sum())
    shares = values / total if total > 0 else np.full(len(values), 1 / len(values))
    shares = (1 - DOUBT) * shares + DOUBT / len(shares)
    return {state: float(share) for state, share in zip(scores, shares / shares.sum(), strict=True)}
