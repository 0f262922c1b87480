"""The numbers in the label maps and what they stand for (TotalSpineSeg's codes, with those that thecal adds)."""

from __future__ import annotations

CORD, SAC, SACRUM = 1, 2, 50

# From the head down. The disc of a level is the one below it.
LEVELS: tuple[tuple[str, int], ...] = (
    *((f"C{n}", 10 + n) for n in range(1, 8)),
    *((f"T{n}", 20 + n) for n in range(1, 13)),
    *((f"L{n}", 40 + n) for n in range(1, 6)),
    ("S1", SACRUM),
)
LEVEL_NAMES = tuple(name for name, _ in LEVELS)
DISCS: dict[str, int] = {
    **{f"C{n}": 61 + n for n in range(2, 7)},
    "C7": 71,
    **{f"T{n}": 71 + n for n in range(1, 12)},
    "T12": 91,
    **{f"L{n}": 91 + n for n in range(1, 5)},
    "L5": 100,
}


def _disc_name(level: str) -> str:
    return f"disc {level}-{LEVEL_NAMES[LEVEL_NAMES.index(level) + 1]}"


ANATOMY: dict[int, str] = {
    0: "background",
    CORD: "spinal cord",
    SAC: "thecal sac less the cord",
    **{code: f"vertebra {name}" for name, code in LEVELS if name != "S1"},
    SACRUM: "sacrum",
    **{code: _disc_name(level) for level, code in DISCS.items()},
}

ENHANCING, SOLID, OEDEMA, TUMORAL_CYST, HAEMORRHAGE, COATING = 1, 2, 3, 4, 5, 6
CORD_CHANGE, UNASSESSED, EXTRAMEDULLARY_CYST, EXTRADURAL, POLAR_CYST, SYRINX = 7, 8, 9, 10, 11, 12
LESION: dict[int, str] = {
    0: "none",
    ENHANCING: "enhancing tumour",
    SOLID: "solid tumour without enhancement",
    OEDEMA: "oedema",
    TUMORAL_CYST: "tumoral cyst",
    HAEMORRHAGE: "haemorrhage or haemosiderin",
    COATING: "leptomeningeal enhancement",
    CORD_CHANGE: "cord T2 change that is itself the lesion",
    UNASSESSED: "tumour, enhancement not assessed",
    EXTRAMEDULLARY_CYST: "extramedullary cyst",
    EXTRADURAL: "extradural or bone lesion",
    POLAR_CYST: "polar cyst",
    SYRINX: "syrinx",
}
