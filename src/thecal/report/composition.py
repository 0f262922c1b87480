"""The report composed from the records: what is said, in which order, and what may not be said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from thecal.records import (
    PATIENT,
    AlignedStudy,
    Article,
    Comparison,
    Differential,
    Figure,
    Finding,
    Hole,
    Identity,
    ProtocolCheck,
    Provenance,
    Reading,
    Report,
    Rule,
    Series,
    SeriesLine,
    Source,
    Vocabulary,
)
from thecal.records.report import Status
from thecal.report import emergencies, guards, sentences
from thecal.report import words as languages
from thecal.report.wording import Wording, capital, listed, percent

LESIONS_IN_IMPRESSION = 5
QUESTIONS_ASKED = 3
_URGENCY = {"error": 0, "warning": 1, "info": 2}


def compose(
    *,
    identity: Identity,
    aligned: AlignedStudy,
    protocol: ProtocolCheck,
    reading: Reading,
    differentials: Sequence[Differential],
    vocabulary: Vocabulary,
    provenance: Provenance,
    holes: Sequence[Hole] = (),
    comparison: Comparison | None = None,
    figures: Sequence[Figure] = (),
    sources: Mapping[str, Source] | None = None,
    rules: Sequence[Rule] = (),
    articles: Mapping[str, Article] | None = None,
    words: Mapping[str, str] | None = None,
    status: Status = "preliminary",
) -> Report:
    """The report of one study. It says what the records say; nothing is measured, ranked or added here.

    Withheld are a negative statement on leptomeningeal disease that the examination cannot bear, and a ranking without a
    called lesion or leptomeningeal pattern. rules tell what to acquire for each issue; words are the language's, English
    by default.
    """
    language = words or languages.read()
    wording = Wording(language)
    study = aligned.study
    lines = tuple(series_line(series, aligned) for series in study.series)
    why_open = guards.why_open(protocol, lines, wording)
    reading = guards.withhold_denials(reading, why_open, wording)
    why_empty = wording.say(f"differential.{_why_empty(holes, provenance, reading)}")
    ranked = _with_patient(tuple(_allowed(one, reading, why_empty, wording) for one in differentials), why_empty)
    names = _names(ranked, reading, vocabulary, sources or {}, articles or {}, rules, protocol, wording)
    wording = Wording({**language, **names})
    urgent = emergencies.emergencies_of(reading, wording)
    return Report(
        identity=identity,
        status=status,
        acquired_on=study.acquired_on,
        study_instance_uid=study.study_instance_uid,
        context=study.context,
        emergencies=urgent,
        impression=tuple(_impression(reading, ranked, holes, comparison, provenance, why_open, wording)),
        series=lines,
        unread=study.unread,
        protocol=protocol,
        reading=reading,
        differentials=ranked,
        next_imaging=_next_imaging(protocol, rules, ranked, wording),
        comparison=comparison,
        holes=tuple(holes),
        figures=tuple(figures),
        provenance=provenance,
        words=wording.words,
    )


def series_line(series: Series, aligned: AlignedStudy) -> SeriesLine:
    """What a series is and how it was acquired, without its voxels."""
    volume = series.volume
    spacing = None if volume is None else tuple(round(float(step), 3) for step in volume.spacing_mm)
    return SeriesLine(
        key=series.key,
        role=series.role,
        role_confidence=series.role_confidence,
        role_basis=series.role_basis,
        plane=series.plane,
        shape=None if volume is None else volume.shape,
        spacing_mm=None if spacing is None else (spacing[0], spacing[1], spacing[2]),
        regions=series.regions,
        fat_suppressed=series.fat_suppressed,
        description=series.acquisition.series_description,
        residual_mm=aligned.residual_mm.get(series.key),
        refined=bool(aligned.refined.get(series.key, False)),
        digest="" if volume is None else volume.digest,
    )


def _allowed(differential: Differential, reading: Reading, why_empty: str, wording: Wording) -> Differential:
    """The differential, emptied where nothing was called that it could be about, or its lesion is not in the reading."""
    called = bool(reading.lesions) or guards.leptomeningeal_pattern(reading) is not None
    known = differential.subject == PATIENT or any(one.tracking_uid == differential.subject for one in reading.lesions)
    if called and known and (differential.candidates or differential.reason):
        return differential
    reason = why_empty if known else wording.say("differential.unknown_subject")
    alerts = tuple(alert for alert in differential.alerts if alert.entity is None)
    return Differential(differential.subject, reason=reason, alerts=alerts)


def _with_patient(differentials: tuple[Differential, ...], why_empty: str) -> tuple[Differential, ...]:
    """The differentials, with an empty one that says why where the patient has none."""
    if any(one.subject == PATIENT for one in differentials):
        return differentials
    return (Differential(PATIENT, reason=why_empty), *differentials)


def _why_empty(holes: Sequence[Hole], provenance: Provenance, reading: Reading) -> str:
    """Which words say why there is no ranking: it failed, nobody searched, or nothing was called."""
    failed = {hole.stage for hole in holes}
    if "rank" in failed:
        return "failed"
    if reading.lesions:
        return "not_ranked"
    return "no_lesion" if provenance.segmenters and "segment" not in failed else "not_searched"


def _impression(
    reading: Reading,
    differentials: Sequence[Differential],
    holes: Sequence[Hole],
    comparison: Comparison | None,
    provenance: Provenance,
    why_open: str | None,
    wording: Wording,
) -> Iterable[str]:
    yield from _on_lesions(reading, holes, provenance, wording)
    patient = next((one for one in differentials if one.subject == PATIENT), None)
    if patient is not None and (told := sentences.candidates_sentence(patient, wording)):
        yield told
    yield from _on_leptomeninges(reading, why_open, wording)
    proven = reading.find("proven_diagnosis", PATIENT)
    if isinstance(proven, Finding) and proven.state is not None:
        yield wording.say("impression.follow_up", name=wording.name("entity", proven.state))
    if comparison is not None and comparison.matches:
        date = comparison.earlier_acquired_on or wording.say("comparison.unknown_date")
        changes = sentences.comparison_lines(comparison, reading, wording)
        yield wording.say("impression.compared", date=date, lines="; ".join(changes))
    for hole in holes:
        yield wording.say("impression.hole", stage=wording.stage(hole.stage), missing=wording.heard(hole.missing))


def _on_lesions(reading: Reading, holes: Sequence[Hole], provenance: Provenance, wording: Wording) -> Iterable[str]:
    index = reading.index_lesion()
    ordered = sorted(reading.lesions, key=lambda lesion: (lesion is not index, lesion.instance))
    for lesion in ordered[:LESIONS_IN_IMPRESSION]:
        yield sentences.numbered(lesion, reading, wording)
    if len(ordered) > LESIONS_IN_IMPRESSION:
        yield wording.say("impression.more_lesions", count=len(ordered) - LESIONS_IN_IMPRESSION)
    if ordered:
        return
    measured = any(finding.basis != "stated" for finding in reading.findings)
    if any(hole.stage == "segment" for hole in holes):
        yield wording.say("impression.search_failed")
    elif provenance.segmenters:
        names = listed(sorted(provenance.segmenters))
        yield wording.say("impression.no_lesion", segmenters=names)
    else:
        yield wording.say("impression.not_searched" if measured else "impression.nothing")


def _on_leptomeninges(reading: Reading, why_open: str | None, wording: Wording) -> Iterable[str]:
    if (pattern := guards.leptomeningeal_pattern(reading)) is not None:
        assert pattern.probabilities is not None
        site = reading.find("leptomeningeal_site", pattern.subject)
        where = site.state if isinstance(site, Finding) else None
        yield wording.say(
            "impression.lm_present", pattern=wording.state_name("leptomeningeal_pattern", pattern.state or ""),
            site=f" {wording.state_name('leptomeningeal_site', where)}" if where else "",
            probability=percent(1 - pattern.probabilities.get("none", 0.0)),
        )  # fmt: skip
    elif why_open is not None:
        yield wording.say("impression.lm_open", why=why_open)
    elif isinstance(denied := reading.find("leptomeningeal_pattern", PATIENT), Finding) and denied.probabilities:
        regions = listed(wording.name("region", region) for region in guards.SPINE)
        probability = percent(denied.probabilities.get("none", 0.0))
        yield wording.say("impression.lm_denied", regions=regions, probability=probability)


def _next_imaging(
    protocol: ProtocolCheck, rules: Sequence[Rule], differentials: Sequence[Differential], wording: Wording
) -> tuple[str, ...]:
    """What to acquire: first what a question cannot be answered without, then what would tell most, then the rest."""
    by_code = {f"{rule.question}/{rule.code}": rule for rule in rules}
    wanted: dict[str, list[Rule]] = {}
    for issue in sorted(protocol.issues, key=lambda issue: _URGENCY[issue.severity]):
        rule = by_code.get(issue.code)
        if rule is not None and rule.acquire:
            wanted.setdefault(rule.acquire, []).append(rule)
    lines = [(_URGENCY[found[0].severity], _acquire(acquire, found, wording)) for acquire, found in wanted.items()]
    urgent = [line for urgency, line in lines if urgency == 0]
    return tuple(dict.fromkeys((*urgent, *_ask_next(differentials, wording), *(line for rank, line in lines if rank))))


def _acquire(acquire: str, rules: Iterable[Rule], wording: Wording) -> str:
    questions = dict.fromkeys(wording.name("question", rule.question) for rule in rules)
    return wording.say(
        "next_imaging.line", acquire=capital(wording.heard(acquire)), questions=listed(map(wording.within, questions))
    )


def _ask_next(differentials: Sequence[Differential], wording: Wording) -> Iterable[str]:
    patient = next((one for one in differentials if one.subject == PATIENT and one.candidates), None)
    asked = sorted(patient.ask_next if patient else (), key=lambda question: -question.expected_information_bits)
    for question in asked[:QUESTIONS_ASKED]:
        name = wording.name("finding", question.finding)
        bits = wording.decimal(f"{question.expected_information_bits:.2f}")
        yield wording.say(
            "next_imaging.ask", how=capital(wording.heard(question.how)), finding=wording.within(name), bits=bits
        )


def _names(
    differentials: Sequence[Differential],
    reading: Reading,
    vocabulary: Vocabulary,
    sources: Mapping[str, Source],
    articles: Mapping[str, Article],
    rules: Sequence[Rule],
    protocol: ProtocolCheck,
    wording: Wording,
) -> dict[str, str]:
    """The names a renderer needs beside the language's words: entities spoken of, units, cited sources and articles."""
    spoken = {candidate.entity for one in differentials for candidate in one.candidates}
    spoken |= {parent for one in differentials for parent in one.parents}
    proven = reading.find("proven_diagnosis", PATIENT)
    spoken |= {proven.state} if isinstance(proven, Finding) and proven.state else set()
    known = {*vocabulary.entities, *vocabulary.parents}
    failed = {issue.code for issue in protocol.issues}
    cited = {key for one in differentials for evidence in one.evidence for _, _, key in evidence.counts}
    cited |= {key for one in differentials for outlook in one.outlook for _, _, key in outlook.counts}
    cited |= {rule.source for rule in rules if rule.source and f"{rule.question}/{rule.code}" in failed}
    return {
        **{
            f"entity.{code}": wording.words.get(f"entity.{code}", vocabulary.name(code))
            for code in sorted(spoken & known)
        },
        **_spoken_in_english(vocabulary, wording),
        **{f"unit_of.{code}": term.unit for code, term in vocabulary.findings.items() if term.unit},
        **{f"source.{key}": cite(sources[key]) for key in sorted(cited & set(sources))},
        **{f"title.{key}": title(sources[key]) for key in sorted(cited & set(sources))},
        **{f"article.{code}": articles[code].title for code in sorted(spoken & set(articles))},
    }


def _spoken_in_english(vocabulary: Vocabulary, wording: Wording) -> dict[str, str]:
    """The language's name of each entity under its English one, by which other rooms speak of it."""
    if wording.language == "en":
        return {}
    known = {**vocabulary.entities, **vocabulary.parents}
    return {
        f"named.{entity.name.replace('.', ' ')}": wording.words.get(f"entity.{code}", entity.name)
        for code, entity in known.items()
    }


def cite(source: Source) -> str:
    """A publication in one line: authors, title, journal, year, DOI."""
    parts = (
        source.authors,
        source.title,
        source.journal,
        str(source.year or ""),
        f"doi:{source.doi}" if source.doi else "",
    )
    return ". ".join(part.rstrip(".") for part in parts if part) + "."


def title(source: Source) -> str:
    """A publication's title and year."""
    return f"{source.title.rstrip('.')}, {source.year}" if source.year else source.title.rstrip(".")
