"""thecal reads an MRI study of the spine for tumours inside the dura and writes a report to be edited and signed.

The verbs of the house and the records that flow between them; each is imported when it is first used.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0.dev0"

_VERBS = {
    "read_files": ("thecal.ingest", "read"),
    "check": ("thecal.protocol", "check"),
    "align": ("thecal.alignment", "align"),
    "segment": ("thecal.segmentation", "segment"),
    "measure": ("thecal.findings", "measure"),
    "pool": ("thecal.differential", "pool"),
    "rank": ("thecal.differential", "rank"),
    "compose": ("thecal.report", "compose"),
    "simulate": ("thecal.simulation", "simulate"),
    "load_knowledge": ("thecal.knowledge", "load"),
    "read": ("thecal.pipeline", "read"),
}
__all__ = [
    "AlignedStudy", "Change", "Comparison", "Differential", "Finding", "Identity", "LabelMap", "Lesion", "NotAssessed",
    "ProtocolCheck", "Rates", "Reading", "Report", "Segmentation", "Series", "Study", "ThecalError", "Volume",
    "align", "check", "compose", "load_knowledge", "measure", "pool", "rank", "read", "read_files", "segment", "simulate",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name in _VERBS:
        module, verb = _VERBS[name]
        return getattr(import_module(module), verb)
    if name in __all__:
        return getattr(import_module("thecal.records"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
