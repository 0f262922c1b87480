"""One study from its files to a result, with the log of what ran: shared by every door that reads whole studies."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from thecal import pipeline, results
from thecal.knowledge import load
from thecal.pipeline import BaseRates, Event, Result
from thecal.records import Identity, Report, Study
from thecal.records.form import to_data
from thecal.segmentation import DEFAULT

Log = list[dict[str, Any]]


def read(
    ingest: Callable[[], tuple[Study, Identity]],
    *,
    earlier: Report | None = None,
    segmenters: Sequence[str] = DEFAULT,
    base_rates: BaseRates = "clinical",
    language: str = "en",
    progress: Callable[[Event], None] = lambda _: None,
) -> tuple[Result, Log]:
    """What ingest hands over, read through all stages; progress hears of each, and the log keeps time and memory."""
    log: Log = []

    def note(event: Event) -> None:
        told = {key: value for key, value in vars(event).items() if value not in ("", 0.0)}
        log.append({"at": datetime.now(UTC).isoformat(), **told, "peak_memory_mib": peak_memory_mib()})
        progress(event)

    note(Event("read", "began"))
    start = time.perf_counter()
    study, identity = ingest()
    results.make_ready(study)
    note(Event("read", "ended", round(time.perf_counter() - start, 3)))
    result = pipeline.read(
        study,
        identity,
        load(),
        earlier=earlier,
        segmenters=segmenters,
        base_rates=base_rates,
        language=language,
        note=note,
    )
    log.append({"at": datetime.now(UTC).isoformat(), "provenance": to_data(result.report.provenance)})
    return result, log


def peak_memory_mib() -> int:
    """The most memory this process has held so far."""
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / 1024 if sys.platform == "linux" else peak / 1024**2)
