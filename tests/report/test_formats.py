"""Each format of one report against its golden file, and the shapes that were agreed for them."""

from __future__ import annotations

import json
import pkgutil
import re
from pathlib import Path

import pytest
from golden_files import GOLDEN, assert_golden
from jsonschema import Draft202012Validator
from report import reports

import thecal.report
from thecal.records import PATIENT, Report
from thecal.records.form import from_data, schema
from thecal.report import FORMATS, WITH_EARLIER, formats_of, words

ALL = (*FORMATS, *WITH_EARLIER)
# A PDF's bytes change with the library that writes it: it has tests of its own.
GOLDEN_FORMS = tuple(form for form in ALL if form is not thecal.report.pdf)
NAMES = [form.FILE for form in GOLDEN_FORMS]


@pytest.mark.parametrize("form", GOLDEN_FORMS, ids=NAMES)
def test_a_format_is_as_its_golden_file_has_it(form: object) -> None:
    content: bytes = form.render(reports.report())  # type: ignore[attr-defined]
    assert_golden(content, GOLDEN / "report" / form.FILE)  # type: ignore[attr-defined]


def test_the_formats_are_the_modules_that_render() -> None:
    rendering = set()
    for info in pkgutil.iter_modules(thecal.report.__path__):
        module = __import__(f"thecal.report.{info.name}", fromlist=["render"])
        if hasattr(module, "render") and hasattr(module, "FILE"):
            rendering.add(module)
    assert rendering == set(ALL)


def test_report_json_fits_its_schema_and_comes_back() -> None:
    told = json.loads(thecal.report.data.render(reports.report()))
    assert not list(Draft202012Validator(schema(Report)).iter_errors(told))
    assert from_data(Report, told) == reports.report()


def test_findings_json_has_the_agreed_shape() -> None:
    told = json.loads(thecal.report.findings_json.render(reports.report()))
    assert set(told) == {"patient", "lesions"}
    assert [lesion["instance"] for lesion in told["lesions"]] == [1, 2]
    by_code = {one["finding"]: one for one in told["lesions"][0]["findings"]}
    assert by_code["length_segments"]["measurement"] == {"value": 34.0, "unit": "mm", "sd": 3.0}
    assert by_code["cap_sign"]["state"] == "present"
    assert by_code["cap_sign"]["where"] == pytest.approx([0.4, 0.6, 402.0])
    assert by_code["cap_sign"]["series"] == reports.SAG_CE
    assert by_code["margins"]["basis"] == "corrected"
    assert by_code["restricted_diffusion"] == {
        "finding": "restricted_diffusion", "not_assessed": "no diffusion-weighted series",
    }  # fmt: skip


def test_every_finding_of_the_reading_stands_in_findings_json_once() -> None:
    reading = reports.reading()
    told = json.loads(thecal.report.findings_json.render(reports.report()))
    listed = [(PATIENT, one["finding"]) for one in told["patient"]]
    listed += [(lesion["tracking_uid"], one["finding"]) for lesion in told["lesions"] for one in lesion["findings"]]
    seen = [(one.subject, one.code) for one in reading.findings]
    assert sorted(listed) == sorted([*seen, *((one.subject, one.code) for one in reading.not_assessed)])


def test_differential_json_has_the_agreed_shape() -> None:
    told = json.loads(thecal.report.differential_json.render(reports.report()))
    assert set(told) == {"ranking", "lesions", "evidence", "ask_next", "alerts"}
    assert told["ranking"][0] == {"entity": "ependymoma", "probability": 0.71, "interval": [0.58, 0.82]}
    assert set(told["lesions"][0]) == {"instance", "tracking_uid", "ranking"}
    assert told["evidence"][0] == {
        "finding": "cap_sign", "state": "present", "entity": "ependymoma", "weight": 1.3, "counts": [[13, 47, "kobayashi2018"]],
    }  # fmt: skip
    assert set(told["ask_next"][0]) == {"finding", "expected_information_bits", "how"}


def test_the_comparison_is_written_only_with_an_earlier_study() -> None:
    assert formats_of(reports.report()) == ALL
    assert formats_of(reports.report(comparison=None)) == FORMATS


def test_comparison_json_names_new_vanished_and_changed_lesions() -> None:
    told = json.loads(thecal.report.comparison_json.render(reports.report()))
    assert [(one["kind"], one["instance"]) for one in told["matches"]] == [("pair", 1), ("new", 2), ("vanished", None)]
    assert told["matches"][0]["change"] == {"value": 12.0, "unit": "%"}
    assert told["matches"][0]["repeatability"] == {"value": 15.0, "unit": "%"}
    assert told["earlier"] == {"reading_id": "reading-0", "acquired_on": "2025-09-01"}


def _together(told: str) -> str:
    return " ".join(told.split())


def test_plain_text_has_short_lines_and_marks_itself_unread() -> None:
    told = thecal.report.text.render(reports.report()).decode()
    assert all(len(line) <= thecal.report.text.WIDTH for line in told.splitlines())
    assert all(_together(line) in _together(told) for line in reports.report().impression)
    assert "RESEARCH, NOT APPROVED" in told
    assert told.rstrip().endswith("Research, not approved")
    assert "<" not in told.replace("< 1", "")


def test_plain_text_follows_the_order_of_dictation() -> None:
    told = thecal.report.text.render(reports.report()).decode()
    order = ("CLINICAL INFORMATION", "COMPARISON", "TECHNIQUE", "FINDINGS", "IMPRESSION", "WHAT IT MAY BE", "METHODS")
    places = [told.index(f"\n{heading}") for heading in order]
    assert places == sorted(places)


def test_plain_text_in_ascii_says_the_same() -> None:
    plain = thecal.report.text_ascii.render(reports.report()).decode("ascii")
    assert "34 mm (2.5 segments)" in _together(plain)
    assert "C4-C6" in plain
    assert "?" not in plain


def test_every_word_a_template_asks_for_is_there() -> None:
    room = Path(thecal.report.__file__).parent
    text = "".join(path.read_text(encoding="utf-8") for path in (*room.glob("*.py"), *room.glob("*.jinja")))
    asked = set(re.findall(r'say\(\s*"([a-z_]+\.[a-z_0-9]+)"', text))
    assert asked
    assert asked <= set(words.read())
