"""File names as BIDS derivatives write them: the source's entities first, in BIDS's order, then what was derived.

Source: gorgolewski2016; BIDS specification 1.10
"""

from __future__ import annotations

from thecal.records import CallWrong

ORDER = (
    "sub", "ses", "task", "acq", "ce", "rec", "dir", "run", "echo", "part", "space", "chunk", "seg", "res", "label", "desc",
)  # fmt: skip


def label_of(told: str, what: str) -> str:
    """A label BIDS accepts (letters and digits) from what was told; CallWrong when it is none."""
    label = told.removeprefix(f"{what}-")
    if not (label and label.isascii() and label.isalnum()):
        raise CallWrong(f"{what}-{told}", expected="letters and digits", found=repr(told))
    return label


def entities_of(key: str) -> tuple[dict[str, str], str]:
    """The entities of a series key, and its suffix: chunk-2_acq-sag_T2w gives chunk, acq and T2w."""
    *pairs, suffix = key.split("_")
    return dict(pair.split("-", 1) for pair in pairs if "-" in pair), suffix


def file_name(entities: dict[str, str], suffix: str) -> str:
    """A name without its extension, entities in BIDS's order."""
    known = [f"{entity}-{entities[entity]}" for entity in ORDER if entity in entities]
    return "_".join((*known, suffix))
