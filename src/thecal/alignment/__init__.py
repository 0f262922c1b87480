"""Alignment: every series of a study placed in one space, headers first, then refined where that clearly helps."""

from thecal.alignment.placement import align, headers_only

__all__ = ["align", "headers_only"]
