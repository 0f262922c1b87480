"""Segmentation: where the cord, the sac, the vertebrae and the lesions are, with probabilities, series by series."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module, metadata

from thecal.records import AlignedStudy, CallWrong, Segmentation
from thecal.segmentation import external

# The segmenters that come with thecal; others enter by the entry point group thecal.segmenters.
SEGMENTERS = ("learned", "classic")
DEFAULT = ("learned",)
Segmenter = Callable[[AlignedStudy, Segmentation | None], Segmentation]


def segmenter(name: str) -> Segmenter:
    """The segmenter of that name: of this room, a tool that is installed, or from an installed package."""
    if name in SEGMENTERS:
        own: Segmenter = import_module(f"thecal.segmentation.{name}").segment
        return own
    if (tool := external.tool(name)) is not None:
        return partial(external.segment, tool)
    for entry in metadata.entry_points(group="thecal.segmenters"):
        if entry.name == name:
            other: Segmenter = entry.load().segment
            return other
    raise CallWrong("segmenter", expected=f"one of {', '.join((*SEGMENTERS, *external.KINDS))}", found=name)


def segment(aligned: AlignedStudy, *, segmenters: Sequence[str] = DEFAULT) -> Segmentation:
    """Segments a study, each segmenter in turn seeing what those before it found."""
    known: Segmentation | None = None
    for name in segmenters:
        known = segmenter(name)(aligned, known)
    return known if known is not None else Segmentation()


__all__ = ["DEFAULT", "SEGMENTERS", "segment", "segmenter"]
