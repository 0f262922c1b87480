"""The map of the spine: lesions at their levels, and what was imaged."""

from __future__ import annotations

import base64
from dataclasses import replace
from xml.etree import ElementTree

from report import reports

from thecal.records import Report
from thecal.report import words
from thecal.report.spine_map import LEVELS, describe, draw_map, marks, span_of
from thecal.report.wording import Wording

WORDING = Wording(words.read())


def drawing(report: Report) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(base64.b64decode(draw_map(report, WORDING))).iter())


def texts(report: Report) -> list[str]:
    return [one.text or "" for one in drawing(report) if one.tag.endswith("text")]


def test_levels_are_placed_from_names_and_unknown_ones_are_not() -> None:
    lesion = reports.lesions()[0]
    assert span_of(lesion) == (LEVELS.index("C4"), LEVELS.index("C6"))
    assert span_of(replace(lesion, levels=())) is None


def test_each_lesion_is_numbered_on_the_map() -> None:
    assert {"1", "2"} <= set(texts(reports.report()))


def test_a_lesion_without_a_named_level_spans_its_region_and_is_said_to_be_somewhere_in_it() -> None:
    unnamed = replace(reports.lesions()[0], levels=())
    level = reports.measured("level", reports.UID, cervical=0.2, thoracic=0.8)
    reading = replace(reports.reading(), lesions=(unnamed,), findings=(level,))
    (mark,) = marks(reading)
    assert (LEVELS[mark.span[0]], LEVELS[mark.span[1]], mark.named) == ("T1", "T12", False)
    assert "1 somewhere within T1–T12" in describe(reports.report(reading=reading), WORDING)


def test_a_lesion_without_any_level_is_named_as_not_drawn() -> None:
    unnamed = replace(reports.lesions()[0], levels=())
    reading = replace(reports.reading(), lesions=(unnamed,), findings=())
    assert marks(reading) == ()
    assert "not drawn: lesion 1" in describe(reports.report(reading=reading), WORDING)


def test_levels_that_were_not_imaged_are_drawn_open() -> None:
    made = reports.study()
    short = replace(made, series=tuple(replace(one, regions=("cervical",)) for one in made.series))
    open_boxes = [
        [one for one in drawing(reports.report(aligned=reports.aligned(study))) if one.get("stroke-dasharray") == "2 2"]
        for study in (made, short)
    ]
    assert [len(boxes) for boxes in open_boxes] == [0, 9]
    assert "T1 C+ covers cervical." in describe(reports.report(aligned=reports.aligned(short)), WORDING)


def test_badges_of_lesions_at_one_level_do_not_lie_on_each_other() -> None:
    one = reports.lesions()[0]
    many = tuple(replace(one, tracking_uid=f"2.25.{n}", instance=n) for n in range(1, 7))
    circles = [
        float(item.get("cy", 0))
        for item in drawing(reports.report(reading=replace(reports.reading(), lesions=many)))
        if item.tag.endswith("circle")
    ]
    assert all(later - before >= 16 for before, later in zip(sorted(circles), sorted(circles)[1:], strict=False))
