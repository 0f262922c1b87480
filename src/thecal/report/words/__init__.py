"""The report's words: a language's sentences and labels, by dotted key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

import yaml

LANGUAGES = ("en", "de")


@cache
def read(language: str = "en") -> Mapping[str, str]:
    """All words of a language: `impression.no_lesion` → its sentence."""
    text = resources.files(__package__).joinpath(f"{language}.yaml").read_text(encoding="utf-8")
    return MappingProxyType(dict(_flat(yaml.load(text, Loader=yaml.BaseLoader), "")))


def _flat(told: Mapping[str, Any], above: str) -> Iterator[tuple[str, str]]:
    for key, value in told.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", str(value)
