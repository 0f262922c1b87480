"""What a published count is a count of: its unit, and what narrows or blurs it, in words.

Both are read from the row's note and from the reasons of its grades, so that a count of plaques is not told as one of
patients, and a subtype does not stand for the whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_UNITS = (
    (r"\bper plaque\b|\bof plaques\b", "plaques"),
    (r"\bper tumour\b", "tumours"),
    (r"\bper metastasis\b", "metastases"),
    (r"\bper lesion\b|\bof lesions\b|(^|; )\d+ (cervical )?lesions\b", "lesions"),
    (r"\bof attacks\b", "attacks"),
    (r"\ball myelitis episodes\b|\b\d+ episodes\b|; episodes$", "episodes"),
    (r"(^|; )\d+ operations in\b|; first operations\b", "operations"),
    (r"\blevel assignments\b", "level assignments"),
    (r"(^|; )\d+ sites in\b", "sites"),
    (r"\bunit is (MRI )?study\b|^(cervical|thoracic|lumbar), unenhanced study\b", "MRI studies"),
    (r"\bbrain scans\b", "brain scans"),
    (r"\bthe unit is an episode, lesion, level or study\b", "episodes, lesions or studies"),
    (r"\bcollected published cases\b", "published cases"),
)
_REWORDED = (
    (r"^of the \d+ whose level has a code, (\d+) in all$", r"\1 in all"),
    (r" left out of the states$", " left out"),
    (r"^from ratio ", "from a ratio of "),
    (r"^counts derived from M:F ([\d.]+) and n$", r"from a ratio of men to women of \1"),
    (r"^selected: ", ""),
    (r"(, )?\bn ?(=\d+( adults)?|not given)", ""),
    (r"^denominator is all(?! \w+ )", "of all"),
    (r"^denominator is ", "of "),
    (r"^\d+ % of \d+ patients$|^[\d.]+ ?% of (attacks|lesions|plaques)( enhanced)?$", ""),
    (r"^[\d.]+ ?%,? ?", ""),
    (r"^of [a-z ]+? ((any )?abnormal)", r"\1"),
    (r"^per (tumour|patient), ", ""),
    (r", per patient, [\d.]+ ?%$", ""),
    (r" both involved in \d+$", " both involved"),
    (r"^of \d+ patients with cord lesions", "those with cord lesions"),
    (r"^unit is (MRI )?study(, not patient)?:? ?,?", ""),
    (r"^a floor(, not a yield)?$", "at least"),
    (r",? (a floor|lower bound for hyperintensity)(, not a yield)?$", ", at least"),
    (r" stands? for the (finding|spine)$", ""),
    (r" as (stated|reported)( in abstract)?$", ""),
    (r"^one more ", "besides one "),
    (r"^as cited in \w+$", "as cited by a later review"),
    (r"^no significant expansion.*; ", ""),
    (r"\b(coded|mapped to) (\w+)", r"counted as \2"),
)
_IDLE = re.compile(
    r"turned into a count|^derived|^conflicts with|^do not use|^also under|^complement(;|$)|\(no code\)|^denominator|^high$|"
    r"^all (enhanced|central)$|^one scan normal$|^\d+ (of \d+ )?enhanced$|^\d+ enhancing$|^abscess$|^haematoma$|^a ceiling|"
    r"^lower bound|^the source prints|^\d+ (operations|sites) in|^\d+ level assignments|^(single|normal|stated|had T2 change)$|"
    r"^rim enhancement$|^wide cord|^no dural tail$|^seen on CT$|shares? not given$|^per patient$|^sd is between"
)
_IDLE_REASON = re.compile(
    r"^(S[16]\b|F1\b)|regions (mapped|shared)|turned into|derived from|other levels not told|same fault|mapped to the code|"
    r"three patients or fewer|number of patients not told|collected published cases|names of patterns mapped|"
    r"pattern by words|degree by words|named among|the unit is|per (plaque|lesion|tumour|metastasis)|exclusive|"
    r"as listed|denominator|mapped to central or eccentric|rest taken as|mapped or complement|strong, slight mapped|"
    r"enlargements mapped|T2\* stands"
)
_WHOLE = {
    "one subtype, stage or site of the entity": "one subtype, stage or site",
    "chosen by a feature or severe form": "selected patients",
    "pattern counted over all patients, not over those that enhanced": "of all, enhancing or not",
    "another site or mixed diseases": "other sites or diseases among them",
    "another site": "another site",
}
_VAGUE = {told for told in _WHOLE.values() if told != "of all, enhancing or not"}
_AGED = re.compile(r"children|adolescent|aged|p(a)?ediatric|young")


def unit(note: str, why: str) -> str:
    """The noun of a count: patients, unless its note or its grades say that something else was counted."""
    for pattern, noun in _UNITS:
        if re.search(pattern, note) or re.search(pattern, why):
            return noun
    return "patients"


def asides(state: str, note: str, why: str) -> tuple[str, ...]:
    """What narrows or blurs a count, in the words of its note and, where that is silent, of its grades."""
    said = [told for piece in note.split("; ") if (told := _aside(piece.strip(), state))]
    for reason in filter(None, why.split("; ")):
        told = _reason(reason)
        vague = told in _VAGUE and said
        aged = told == "one age band" and _AGED.search(" ".join(said))
        if told and not (vague or aged) and not _shares_a_word(told, said):
            said.append(told)
    return tuple(dict.fromkeys(said))


def _aside(piece: str, state: str) -> str:
    if not piece or _IDLE.search(piece):
        return ""
    coded = re.search(r"\b(?:coded|mapped to) (\w+)", piece)
    if coded and coded[1] not in (state, "central" if state == "eccentric" else state):
        return ""
    for pattern, new in _REWORDED:
        piece = re.sub(pattern, new, piece).strip(" ,")
    return piece.replace("_", " ").replace("%", " %").replace("  %", " %")


def _reason(reason: str) -> str:
    if _IDLE_REASON.search(reason):
        return ""
    text = reason.partition(": ")[2] or ""
    text = re.sub(
        r" stands? for the (finding|epidural lesion|centre|cord)$|^a scan without sign, |, stands for no .*$", "", text
    )
    return _WHOLE.get(text, text).replace("_", " ")


def _shares_a_word(told: str, said: Iterable[str]) -> bool:
    words = set(re.findall(r"\w{4,}", told.lower()))
    return any(words & set(re.findall(r"\w{4,}", one.lower())) for one in said)
