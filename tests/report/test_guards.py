"""Must-show: no path leads to a negative statement on leptomeningeal disease, or to a list of tumours without a lesion."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from report import reports

from thecal.records import (
    PATIENT,
    Change,
    Differential,
    Finding,
    Hole,
    NotAssessed,
    ProtocolCheck,
    Provenance,
    Reading,
    Region,
    Report,
    Study,
)
from thecal.report import FORMATS, words
from thecal.report.guards import SPINE, why_open
from thecal.report.wording import Wording

# Any sentence that denies: "no leptomeningeal …", "leptomeningeal pattern: none", "without leptomeningeal …".
DENIAL = re.compile(
    r"\b(no|without|absent|negative for)\s+(\w+\s+){0,2}leptomening"
    r"|leptomeningeal[^.\n]{0,40}(:|\bis|\bare)\s*(none|absent|excluded)\b",
    re.IGNORECASE,
)


def everything_said(report: Report) -> str:
    """All formats' text; the words themselves left out, which hold every sentence there could be."""
    bare = replace(report, words={})
    told = [form.render(report).decode() for form in FORMATS if form.FILE in ("report.html", "report.txt")]
    told += [form.render(bare).decode() for form in FORMATS if form.FILE.endswith(".json")]
    return re.sub(r"<[^>]+>", " ", " ".join(told))


def denies(report: Report) -> bool:
    findings = json.loads(next(form for form in FORMATS if form.FILE == "findings.json").render(report))
    lesions = [finding for lesion in findings["lesions"] for finding in lesion["findings"]]
    negative = any(
        (one["finding"], one.get("state")) in {("leptomeningeal_pattern", "none"), ("nerve_root_enhancement", "absent")}
        for one in (*findings["patient"], *lesions)
    )
    return negative or DENIAL.search(everything_said(report)) is not None


def enhanced_over(*regions: Region) -> Study:
    made = reports.study()
    series = tuple(replace(one, regions=regions) if one.role == "T1w_ce" else one for one in made.series)
    return replace(made, series=series)


def unfit() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every kind of study that cannot exclude leptomeningeal disease, with whatever the protocol check says of it."""
    adequate = {"aligned": reports.aligned()}
    bare = {"aligned": reports.aligned(reports.without_contrast())}
    yield "unenhanced", bare
    yield "unenhanced, and a check that says yes", {**bare, "protocol": _check("yes")}
    for left_out in SPINE:
        part = enhanced_over(*(region for region in SPINE if region != left_out))
        yield f"{left_out} not covered", {"aligned": reports.aligned(part), "protocol": _check("yes")}
    yield "coverage unknown", {"aligned": reports.aligned(enhanced_over()), "protocol": _check("yes")}
    yield "not answerable", {**adequate, "protocol": _check("no")}
    yield "not checked", {**adequate, "protocol": ProtocolCheck()}
    yield "no series", {"aligned": reports.aligned(Study(()))}


def _check(answer: Any) -> ProtocolCheck:
    return ProtocolCheck(answerable={"leptomeningeal_disease": answer})


def denials() -> Iterator[tuple[str, Reading]]:
    """Every way a negative could come into a reading."""
    made = reports.reading()
    rest = replace(made, findings=tuple(one for one in made.findings if one.code != "leptomeningeal_pattern"))
    none = reports.measured("leptomeningeal_pattern", PATIENT, none=1.0)
    soft = reports.measured("leptomeningeal_pattern", PATIENT, none=0.55, nodular=0.45)
    roots = reports.measured("nerve_root_enhancement", PATIENT, absent=0.97, ventral=0.03)
    stated = Finding("leptomeningeal_pattern", PATIENT, "stated", {"none": 1.0})
    corrected = replace(stated, basis="corrected")
    change = Change(f"{PATIENT}/leptomeningeal_pattern", soft, corrected, "A. Reader", "2026-03-05T08:00:00+00:00")
    of_lesion = replace(none, subject=reports.UID)
    for name, finding in {
        "measured": none,
        "soft": soft,
        "roots": roots,
        "stated": stated,
        "of a lesion": of_lesion,
    }.items():
        yield name, replace(rest, findings=(*rest.findings, finding))
    yield "corrected", replace(rest, findings=(*rest.findings, corrected), changes=(change,))
    yield "silence", rest
    yield "no lesion at all", Reading("bare", findings=(none,))
    yield "nothing at all", Reading("bare")
    gap = NotAssessed("leptomeningeal_pattern", PATIENT, "no post-contrast T1w")
    passing = NotAssessed(
        "leptomeningeal_pattern", PATIENT, "no leptomeningeal enhancement seen, but not covered: lumbar"
    )
    yield "a reason that denies in passing", replace(rest, not_assessed=(*rest.not_assessed, passing))
    yield "not assessed", replace(rest, not_assessed=(*rest.not_assessed, gap))


@pytest.mark.parametrize(("_reading", "reading"), tuple(denials()))
@pytest.mark.parametrize(("_study", "told"), tuple(unfit()))
def test_an_unenhanced_or_partly_covered_study_never_denies_leptomeningeal_disease(
    _study: str, told: dict[str, Any], _reading: str, reading: Reading
) -> None:
    made = reports.report(reading=reading, **told)
    assert not denies(made)
    assert any("not excluded" in line for line in made.impression)


@pytest.mark.parametrize(("_reading", "reading"), [one for one in denials() if "passing" not in one[0]])
def test_a_negative_is_stated_where_the_examination_bears_it_so_that_the_search_above_can_fail(
    _reading: str, reading: Reading
) -> None:
    made = reports.report(reading=reading, protocol=_check("limited"))
    assert denies(made) is any(
        finding.state in ("none", "absent") and finding.code in ("leptomeningeal_pattern", "nerve_root_enhancement")
        for finding in reading.findings
    )


def test_a_withheld_negative_stands_as_not_assessed_with_its_reason() -> None:
    made = reports.report(aligned=reports.aligned(reports.without_contrast()))
    told = made.reading.find("leptomeningeal_pattern", PATIENT)
    assert isinstance(told, NotAssessed)
    assert "no series after contrast" in told.reason


def test_a_pattern_that_was_seen_is_reported_on_any_study() -> None:
    seen = reports.measured("leptomeningeal_pattern", PATIENT, none=0.1, nodular=0.8, diffuse=0.1)
    made = reports.report(
        reading=Reading("r", findings=(seen,)), aligned=reports.aligned(enhanced_over("lumbar")), protocol=_check("no")
    )
    assert any("Leptomeningeal enhancement, nodular" in line for line in made.impression)
    assert made.differentials[0].candidates


def test_the_absence_of_a_lesion_is_no_statement_on_the_leptomeninges() -> None:
    made = reports.report(reading=Reading("r"), aligned=reports.aligned(reports.without_contrast()))
    assert any("not a finding of a normal spine" in line for line in made.impression)
    assert any("not excluded" in line for line in made.impression)


@pytest.mark.parametrize("extra", [(), (reports.measured("leptomeningeal_pattern", PATIENT, none=0.9, nodular=0.1),)])
@pytest.mark.parametrize("holes", [(), (Hole("segment", "broke", "lesions"),), (Hole("rank", "broke", "a ranking"),)])
@pytest.mark.parametrize(
    "given", [(), (reports.differential(),), (reports.differential(), reports.differential(reports.UID))]
)
def test_without_a_called_lesion_there_is_no_list_of_tumours(
    given: tuple[Differential, ...], holes: tuple[Hole, ...], extra: tuple[Finding, ...]
) -> None:
    stated = reports.reading().of(PATIENT)[:3]
    made = reports.report(
        reading=Reading("r", findings=(*stated, *extra)), differentials=given, holes=holes, figures=()
    )
    told = json.loads(next(form for form in FORMATS if form.FILE == "differential.json").render(made))
    assert told["ranking"] == []
    assert told["reason"]
    assert told["lesions"] == []
    assert "ependymoma" not in everything_said(made).lower()
    spoken = {key: text for key, text in made.words.items() if not key.startswith("state.")}
    assert "ependymoma" not in json.dumps(spoken).lower()


def test_the_reason_for_an_empty_ranking_denies_nothing_whoever_wrote_it() -> None:
    given = (Differential(PATIENT, reason="no lesion and no leptomeningeal pattern"),)
    bare = reports.aligned(reports.without_contrast())
    assert not denies(reports.report(reading=Reading("r"), differentials=given, aligned=bare))


@pytest.mark.parametrize(
    ("holes", "reason"),
    [
        ((), "nothing was called"),
        ((Hole("segment", "broke", "lesions"),), "lesions were not looked for"),
        ((Hole("rank", "broke", "a ranking"),), "the ranking failed"),
    ],
)
def test_the_reason_for_an_empty_ranking_is_the_true_one(holes: tuple[Hole, ...], reason: str) -> None:
    made = reports.report(reading=Reading("r"), differentials=(), holes=holes)
    assert reason in (made.differentials[0].reason or "")


def test_a_ranking_of_a_lesion_that_is_not_in_the_reading_is_withheld() -> None:
    made = reports.report(differentials=(reports.differential("2.25.999"),))
    assert all(not one.candidates for one in made.differentials)


def test_with_a_called_lesion_the_ranking_stands_and_sums_to_one() -> None:
    told = json.loads(next(form for form in FORMATS if form.FILE == "differential.json").render(reports.report()))
    assert sum(one["probability"] for one in told["ranking"]) == pytest.approx(1)
    assert "reason" not in told


def test_nobody_searched_is_not_nothing_found() -> None:
    bare = Provenance("0.1.0", "2026-03-04T10:00:00+00:00")
    made = reports.report(reading=Reading("r"), provenance=bare, holes=())
    assert not any("No lesion was called" in line for line in made.impression)


def test_the_reason_names_what_is_missing() -> None:
    wording = Wording(words.read())
    lines = reports.report(aligned=reports.aligned(enhanced_over("cervical", "thoracic", "lumbar"))).series
    assert "sacral" in (why_open(_check("yes"), lines, wording) or "")
