"""Descriptions freed of everything but words that speak of imaging.

A list of what may stay can be read and judged; a list of what must go is never complete.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources

_LONGEST_NUMBER = 3


@cache
def imaging_words() -> frozenset[str]:
    """The words that may stay, in lower case."""
    return frozenset(resources.files("thecal.export.dicom").joinpath("imaging_words.txt").read_text("utf-8").split())


def clean(text: str) -> str:
    """The words of a description that speak of imaging, in their order; numbers of up to three digits stay."""
    words = re.split(r"[^0-9A-Za-z]+", text)
    kept = [
        word for word in words if word.lower() in imaging_words() or (word.isdigit() and len(word) <= _LONGEST_NUMBER)
    ]
    return " ".join(kept)
