"""Sentences of the impression, as a radiologist writes them; each says what the records say and no more."""

from __future__ import annotations

from thecal.records import (
    Comparison,
    Differential,
    Finding,
    Lesion,
    Match,
    NotAssessed,
    Reading,
)
from thecal.report.wording import LOW, Wording, capital, listed, percent, percents

_IN_TAIL = (
    "cap_sign", "haemosiderin_ring", "haemorrhage", "tumoral_cyst", "polar_cyst", "syrinx", "oedema", "calcification",
    "dural_base", "foraminal_extension", "exophytic", "flow_voids", "restricted_diffusion", "fat_signal", "rim_flame_sign",
    "target_sign", "bone_remodelling", "bone_destruction",
)  # fmt: skip


def lesion_sentence(lesion: Lesion, reading: Reading, wording: Wording) -> str:
    """The lesion in one sentence; see _sentence."""
    return capital(_sentence(lesion, reading, wording))


def _sentence(lesion: Lesion, reading: Reading, wording: Wording) -> str:
    """`intramedullary lesion at C4–C6, 34 mm (2.5 segments), T2 hyperintense, marked homogeneous enhancement; cord expanded.`

    A state is hedged by its probability; an absent sign is named only when it was found absent, with its probability;
    enhancement that was not assessed is said to be so.
    """
    level = level_of(lesion, reading, wording)
    head = wording.say("lesion.head", compartment=compartment_of(lesion, reading, wording), level=level)
    signs = [_signal(code, lesion, reading, wording) for code in ("t1_signal", "t2_signal")]
    signs.append(_enhancement(lesion, reading, wording))
    tail = [
        _expansion(lesion, reading, wording),
        _margins(lesion, reading, wording),
        *_present_signs(lesion, reading, wording),
    ]
    sentence = wording.say(
        "lesion.sentence",
        head=head,
        size=_prefixed(", ", size_of(lesion, reading, wording)),
        signs=_prefixed(", ", listed(signs)),
        tail=_prefixed("; ", listed(tail)),
    )
    if lesion.confidence >= LOW:
        return sentence
    return f"{sentence} {wording.say('impression.low_confidence', probability=percent(lesion.confidence))}"


def numbered(lesion: Lesion, reading: Reading, wording: Wording) -> str:
    """The lesion's sentence, with its number where there are several."""
    if len(reading.lesions) < 2:
        return lesion_sentence(lesion, reading, wording)
    return wording.say("lesion.numbered", instance=lesion.instance, sentence=_sentence(lesion, reading, wording))


def level_of(lesion: Lesion, reading: Reading, wording: Wording) -> str:
    """`at C4–C6` from named vertebral levels, else the region that was told, else that it could not be told."""
    if len(lesion.levels) > 1:
        return wording.say("lesion.between", first=lesion.levels[0], last=lesion.levels[-1])
    if lesion.levels:
        return wording.say("lesion.at", level=lesion.levels[0])
    told = _finding("level", lesion, reading)
    if told is None or told.state is None:
        return wording.say("lesion.level_unknown")
    place = wording.say("lesion.in_region", level=wording.name("level", told.state))
    return wording.hedge((told.probabilities or {})[told.state]) + place


def size_of(lesion: Lesion, reading: Reading, wording: Wording) -> str:
    """`34 mm (2.5 segments)`, or the part of it that was measured."""
    length = _finding("length_segments", lesion, reading)
    if length is None or length.value is None:
        return ""
    segments = wording.say("lesion.segments", segments=wording.number(length.value))
    if length.measurement is None or length.measurement.unit != "mm":
        return segments
    return f"{wording.say('lesion.mm', mm=wording.number(length.measurement.value))} ({segments})"


def candidates_sentence(differential: Differential, wording: Wording) -> str | None:
    """`Most likely ependymoma 71 % (58–82 %), then pilocytic astrocytoma 24 % (12–36 %).`; None without a ranking."""
    ranked = sorted(differential.candidates, key=lambda candidate: -candidate.probability)[:2]
    if not ranked:
        return None
    told = [
        wording.say(
            "impression.candidate", name=wording.within(wording.name("entity", candidate.entity)),
            probability=percent(candidate.probability), interval=percents(candidate.interval),
        )
        for candidate in ranked
    ]  # fmt: skip
    first = wording.say("impression.then", first=told[0], second=told[1]) if len(told) > 1 else told[0]
    return wording.say("impression.most_likely", first=first)


def comparison_lines(comparison: Comparison, reading: Reading, wording: Wording) -> tuple[str, ...]:
    """What became of each lesion since the earlier study."""
    return tuple(_match(match, reading, wording) for match in comparison.matches)


def _match(match: Match, reading: Reading, wording: Wording) -> str:
    instance = next((lesion.instance for lesion in reading.lesions if lesion.tracking_uid == match.tracking_uid), "?")
    if match.kind != "pair":
        return wording.say(f"comparison.{match.kind}", instance=instance)
    if match.change is None:
        return wording.say("comparison.pair_unmeasured", instance=instance)
    told = {"value": f"{match.change.value:+.0f}", "unit": wording.unit(match.change.unit)}
    if match.repeatability is None:
        return wording.say("comparison.pair", instance=instance, change=wording.say("comparison.alone", **told))
    key = "within" if abs(match.change.value) <= match.repeatability.value else "beyond"
    change = wording.say(f"comparison.{key}", repeatability=wording.number(match.repeatability.value), **told)
    return wording.say("comparison.pair", instance=instance, change=change)


def compartment_of(lesion: Lesion, reading: Reading, wording: Wording, kind: str = "compartment") -> str:
    """`intramedullary`, hedged, as it stands before the word lesion or (kind `state`) alone; the finding's goes before."""
    told = _finding("compartment", lesion, reading)
    probabilities: dict[str, float] = {str(name): p for name, p in lesion.compartment.items()}
    if told is not None and told.probabilities is not None:
        probabilities = dict(told.probabilities)
    if not probabilities:
        return wording.name("compartment", "unknown")
    state = max(sorted(probabilities), key=probabilities.__getitem__)
    return wording.hedge(probabilities[state]) + wording.name(kind, state)


def _signal(code: str, lesion: Lesion, reading: Reading, wording: Wording) -> str:
    told = _finding(code, lesion, reading)
    return "" if told is None else wording.say(f"lesion.{code}", state=wording.state(told))


def _enhancement(lesion: Lesion, reading: Reading, wording: Wording) -> str:
    told = reading.find("enhancement", lesion.tracking_uid)
    if told is None:
        return ""
    if isinstance(told, NotAssessed):
        return wording.say("lesion.not_assessed", name=wording.within(wording.name("finding", "enhancement")))
    assert told.probabilities is not None
    if told.state == "absent":
        return wording.say("lesion.enhancement_absent", probability=percent(told.probabilities["absent"]))
    pattern = _finding("enhancement_pattern", lesion, reading)
    how = "" if pattern is None else wording.say("lesion.enhancement_how", pattern=wording.state(pattern))
    return wording.say("lesion.enhancement", grade=wording.state(told), pattern=how)


def _expansion(lesion: Lesion, reading: Reading, wording: Wording) -> str:
    told = _finding("cord_expansion", lesion, reading)
    if told is None or told.probabilities is None:
        return ""
    if told.state == "absent":
        return wording.say("lesion.cord_expansion_absent", probability=percent(told.probabilities["absent"]))
    return wording.say("lesion.cord_expansion_present", hedge=wording.hedge(told.probabilities["present"]))


def _margins(lesion: Lesion, reading: Reading, wording: Wording) -> str:
    told = _finding("margins", lesion, reading)
    return "" if told is None else wording.say("lesion.margins", state=wording.state(told))


def _present_signs(lesion: Lesion, reading: Reading, wording: Wording) -> list[str]:
    """Signs that were found present; grades stand before the name."""
    signs = []
    for code in _IN_TAIL:
        told = _finding(code, lesion, reading)
        if told is None or told.probabilities is None or told.state in (None, "absent"):
            continue
        name = wording.within(wording.name("finding", code))
        grade = "" if told.state == "present" else f"{wording.state_name(code, told.state)} "
        signs.append(f"{wording.hedge(told.probabilities[told.state], noun=True)}{grade}{name}")
    return signs


def _finding(code: str, lesion: Lesion, reading: Reading) -> Finding | None:
    told = reading.find(code, lesion.tracking_uid)
    return told if isinstance(told, Finding) else None


def _prefixed(prefix: str, text: str) -> str:
    return f"{prefix}{text}" if text else ""
