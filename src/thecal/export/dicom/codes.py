"""Coded words of DICOM objects: labels, findings and units in SNOMED CT, DICOM, NCIt, UCUM and thecal's own scheme.

Every code of another scheme stands in PS3.16 or, for the syrinx, in the checked table of codes (a test looks each up); where none
fits, thecal's own scheme is used, so that nothing is called what it is not.

Source: DICOM PS3.16 (CID 7150 categories, CID 7153 nervous system, CID 7159 lesions, CID 7603 vertebrae, CID 7604 discs,
CID 240 present and absent, CID 3703 not evaluated)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SCHEME, SCHEME_NAME = "99THECAL", "thecal vocabulary of findings"
LONGEST_MEANING = 64


@dataclass(frozen=True)
class Coded:
    """A code, the scheme it belongs to, its meaning in words, and the codes of other schemes that mean the same."""

    value: str
    scheme: str
    meaning: str
    same: tuple[Coded, ...] = ()


@dataclass(frozen=True)
class Structure:
    """What a segment is: its label, category and type, where it lies, and the colour it is drawn in (RGB)."""

    label: str
    category: Coded
    kind: Coded
    colour: tuple[int, int, int]
    region: Coded | None = None


def own(value: str, meaning: str, known: Sequence[Mapping[str, Any]] = ()) -> Coded:
    """A word of thecal's own scheme; known are its rows in the table of codes, of which those count that mean the same."""
    same = (Coded(row["code"], row["system"], shorten(row["display"])) for row in known if row["relation"] == "same")
    return Coded(value, SCHEME, shorten(meaning), tuple(same))


def shorten(meaning: str) -> str:
    """A meaning as long as DICOM allows; counted in bytes, as some readers do."""
    if len(meaning.encode()) <= LONGEST_MEANING:
        return meaning
    return meaning.encode()[: LONGEST_MEANING - 3].decode(errors="ignore") + "..."


def _sct(value: str, meaning: str) -> Coded:
    return Coded(value, "SCT", meaning)


ANATOMICAL = _sct("91723000", "Anatomical Structure")
ABNORMAL = _sct("49755003", "Morphologically Abnormal Structure")
BODY_SUBSTANCE = _sct("91720002", "Body Substance")
SPINE, CORD = _sct("421060004", "Spine"), _sct("2748008", "Spinal cord")
SUBARACHNOID, CANAL = _sct("35951006", "Subarachnoid space"), _sct("61853006", "Vertebral Canal")
MENINGES = _sct("1231004", "Meninges")
CSF_PATHWAY = _sct("280401006", "Spinal cerebrospinal fluid pathway")
LESION, CYST, OEDEMA = _sct("52988006", "Lesion"), _sct("367643001", "Cyst"), _sct("79654002", "Edema")
NEOPLASM, HAEMORRHAGE = _sct("108369006", "Neoplasm"), _sct("50960005", "Hemorrhage")
ENHANCING = Coded("C113842", "NCIt", "Enhancing Lesion")
NOT_ENHANCING = Coded("C81175", "NCIt", "Non-Enhancing Lesion")
PRESENT, ABSENT = _sct("52101004", "Present"), _sct("272519000", "Absent")
NOT_EVALUATED = _sct("373121007", "Not Evaluated")
VOLUME = _sct("118565006", "Volume")
COMMENT = Coded("121106", "DCM", "Comment")

_VERTEBRAE = {
    11: ("C1", "14806007"), 12: ("C2", "39976000"), 13: ("C3", "113205007"), 14: ("C4", "5329002"), 15: ("C5", "36978003"),
    16: ("C6", "36054005"), 17: ("C7", "87391001"), 21: ("T1", "64864005"), 22: ("T2", "53733008"), 23: ("T3", "1626008"),
    24: ("T4", "73071006"), 25: ("T5", "56401006"), 26: ("T6", "45296009"), 27: ("T7", "62487009"), 28: ("T8", "11068009"),
    29: ("T9", "82687006"), 30: ("T10", "7610001"), 31: ("T11", "12989004"), 32: ("T12", "23215003"), 41: ("L1", "66794005"),
    42: ("L2", "14293000"), 43: ("L3", "36470004"), 44: ("L4", "11994002"), 45: ("L5", "49668003"),
}  # fmt: skip
_DISCS = {
    63: ("C2/C3", "1078209008"), 64: ("C3/C4", "58820006"), 65: ("C4/C5", "49400002"), 66: ("C5/C6", "73959003"),
    67: ("C6/C7", "75095006"), 71: ("C7/T1", "37414007"), 72: ("T1/T2", "40908007"), 73: ("T2/T3", "6004007"),
    74: ("T3/T4", "2620004"), 75: ("T4/T5", "82965004"), 76: ("T5/T6", "72692000"), 77: ("T6/T7", "74401007"),
    78: ("T7/T8", "28693002"), 79: ("T8/T9", "9188009"), 80: ("T9/T10", "113209001"), 81: ("T10/T11", "34959001"),
    82: ("T11/T12", "1537001"), 91: ("T12/L1", "76206002"), 92: ("L1/L2", "80064006"), 93: ("L2/L3", "67459009"),
    94: ("L3/L4", "62551000"), 95: ("L4/L5", "84020006"), 100: ("L5/S1", "715056000"),
}  # fmt: skip
_BONES, _PLATES, _OWN_COLOUR = ((214, 197, 160), (181, 162, 124)), (120, 158, 196), (150, 150, 150)


def _anatomy() -> dict[int, Structure]:
    found = {
        1: Structure("spinal cord", ANATOMICAL, CORD, (76, 175, 80)),
        2: Structure("thecal sac less the cord", ANATOMICAL, CSF_PATHWAY, (240, 220, 90)),
        3: Structure(
            "epidural space", ANATOMICAL, own("epidural_space", "Spinal epidural space"), (205, 150, 120), CANAL
        ),
        33: Structure("vertebra T13", ANATOMICAL, own("vertebra_T13", "T13 vertebra"), _BONES[0], SPINE),
        46: Structure("vertebra L6", ANATOMICAL, own("vertebra_L6", "L6 vertebra"), _BONES[1], SPINE),
        50: Structure("sacrum", ANATOMICAL, _sct("54735007", "Sacrum"), _BONES[0]),
        83: Structure("disc T12-T13", ANATOMICAL, own("disc_T12_T13", "T12/T13 disc"), _PLATES, SPINE),
        96: Structure("disc L5-L6", ANATOMICAL, own("disc_L5_L6", "L5/L6 disc"), _PLATES, SPINE),
    }
    for number, (name, code) in _VERTEBRAE.items():
        found[number] = Structure(f"vertebra {name}", ANATOMICAL, _sct(code, f"{name} vertebra"), _BONES[number % 2])
    for number, (name, code) in _DISCS.items():
        found[number] = Structure(f"disc {name.replace('/', '-')}", ANATOMICAL, _sct(code, f"{name} disc"), _PLATES)
    return found


# By the numbers of the label maps.
ANATOMY: Mapping[int, Structure] = _anatomy()
TISSUES: Mapping[int, Structure] = {
    1: Structure("enhancing tumour", ABNORMAL, ENHANCING, (255, 140, 0)),
    2: Structure("solid tumour without enhancement", ABNORMAL, NOT_ENHANCING, (230, 90, 20)),
    3: Structure("oedema", ABNORMAL, OEDEMA, (120, 190, 255), CORD),
    4: Structure("tumoral cyst", ABNORMAL, CYST, (70, 110, 230)),
    5: Structure("haemorrhage or haemosiderin", ABNORMAL, HAEMORRHAGE, (150, 20, 30)),
    6: Structure("leptomeningeal enhancement", ABNORMAL, ENHANCING, (255, 80, 160), MENINGES),
    7: Structure("cord T2 change that is itself the lesion", ABNORMAL, LESION, (190, 130, 230), CORD),
    8: Structure("tumour, enhancement not assessed", ABNORMAL, NEOPLASM, (245, 170, 60)),
    9: Structure("extramedullary cyst", ABNORMAL, CYST, (60, 170, 200), SUBARACHNOID),
    10: Structure("extradural or bone lesion", ABNORMAL, LESION, (170, 120, 70), SPINE),
    11: Structure("polar cyst", ABNORMAL, own("polar_cyst", "Polar cyst"), (90, 140, 250), CORD),
    12: Structure("syrinx", ABNORMAL, _sct("75797008", "Syrinx"), (40, 90, 190), CORD),
}
COMPARTMENTS: Mapping[str, Coded] = {
    "intramedullary": CORD, "intradural_extramedullary": SUBARACHNOID, "extradural": CANAL,
}  # fmt: skip
INSTANCE_COLOURS = ((255, 60, 60), (60, 220, 120), (80, 120, 255), (250, 220, 60), (220, 90, 240), (70, 220, 230))
VERTEBRAE: Mapping[str, Coded] = {name: _sct(code, f"{name} vertebra") for name, code in _VERTEBRAE.values()}


def structure(number: int, known: Mapping[int, Structure], name: str) -> Structure:
    """What a label's number stands for; one that is not in the table keeps its name, in thecal's own scheme."""
    unknown = Structure(name[:LONGEST_MEANING], ANATOMICAL, own(f"label_{number}", name), _OWN_COLOUR)
    return known.get(number, unknown)


def state(code: str, name: str, known: Sequence[Mapping[str, Any]] = ()) -> Coded:
    """A finding's state: SNOMED CT for present and absent, thecal's own word for any other, with the codes that mean the same."""
    return {"present": PRESENT, "absent": ABSENT}.get(code) or own(code, name, known)


def unit(ucum: str) -> Coded:
    """A UCUM unit; what stands in braces is a note and holds no spaces."""
    written = ucum.replace(" ", "_")
    return Coded(written, "UCUM", {"1": "no units"}.get(written, written))


# The units of the vocabulary in UCUM.
UCUM = {"year": "a", "hour": "h", "day": "d", "vertebral segments": "{vertebral_segment}"}
