"""report.html: order, safety, offline, and what a screen reader needs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import pytest
from report import reports

from thecal.records import (
    PATIENT,
    AlignedStudy,
    Finding,
    Hole,
    Identity,
    NotAssessed,
    ProtocolCheck,
    Provenance,
    Reading,
    Report,
    Study,
)
from thecal.report import html

VOID = {"meta", "img", "rect", "br", "hr", "input", "link"}
HOSTILE = '<script>alert("x")</script>&\'{{7*7}}'


def emergency() -> Report:
    found = Finding("cauda_equina_syndrome", PATIENT, "stated", {"absent": 0.0, "present": 1.0})
    return reports.report(reading=replace(reports.reading(), findings=(*reports.reading().findings, found)))


def nothing() -> Report:
    return reports.report(
        identity=Identity(), aligned=AlignedStudy(Study(()), None), protocol=ProtocolCheck(), reading=Reading("r"),
        differentials=(), holes=(), comparison=None, figures=(), provenance=Provenance("0.1.0", "2026-03-04"),
    )  # fmt: skip


def hostile() -> Report:
    made = reports.study()
    first = made.series[0]
    series = replace(first, acquisition=replace(first.acquisition, series_description=HOSTILE), key="acq-<b>")
    study = replace(made, series=(series, *made.series[1:]), context={"onset": HOSTILE})
    gap = NotAssessed("oedema", PATIENT, HOSTILE)
    figures = (replace(reports.figures()[0], caption=HOSTILE),)
    return reports.report(
        identity=Identity(patient_name=HOSTILE, patient_id=HOSTILE, study_description=HOSTILE),
        aligned=reports.aligned(study), reading=replace(reports.reading(), not_assessed=(gap,)),
        holes=(Hole("draw", HOSTILE, HOSTILE),), figures=figures,
    )  # fmt: skip


PAGES = {"worked": reports.report, "emergency": emergency, "nothing": nothing, "hostile": hostile}


class Outline(HTMLParser):
    """Tags in order, with attributes; fails on a tag that does not close where it should."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self._open: list[str] = []
        self.feed(page)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def all(self, name: str) -> Iterator[dict[str, str | None]]:
        return (attrs for tag, attrs in self.tags if tag == name)


def page_of(report: Report) -> str:
    return html.render(report).decode()


@pytest.fixture(params=PAGES, scope="module")
def outline(request: pytest.FixtureRequest) -> Outline:
    return Outline(page_of(PAGES[request.param]()))


def test_a_page_is_balanced_has_one_heading_and_names_its_language(outline: Outline) -> None:
    assert len(list(outline.all("h1"))) == 1
    assert next(outline.all("html"))["lang"] == "en"
    assert len(list(outline.all("main"))) == 1


def test_every_image_has_a_text_and_every_table_heads_its_columns(outline: Outline) -> None:
    assert all(attrs.get("alt") for attrs in outline.all("img"))
    assert all(attrs.get("scope") in ("col", "row") for attrs in outline.all("th"))


def test_no_two_elements_share_an_id_and_every_link_within_the_page_leads_somewhere(outline: Outline) -> None:
    ids = [attrs["id"] for _, attrs in outline.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    links = {attrs["href"] or "" for attrs in outline.all("a")}
    assert {link[1:] for link in links if link.startswith("#")} <= set(ids)
    named = {name for _, attrs in outline.tags for name in (attrs.get("aria-labelledby") or "").split()}
    assert named <= set(ids)


def test_headings_do_not_skip_a_rank(outline: Outline) -> None:
    ranks = [int(tag[1]) for tag, _ in outline.tags if re.fullmatch(r"h[1-6]", tag)]
    assert ranks[0] == 1
    assert all(later <= before + 1 for before, later in pairwise(ranks))


def test_nothing_is_fetched_and_nothing_runs(outline: Outline) -> None:
    for tag, attrs in outline.tags:
        assert tag not in ("script", "iframe", "object", "embed", "link", "base", "form")
        assert not [name for name in attrs if name.startswith("on")]
        for name in ("src", "srcset", "poster", "action", "data"):
            assert (attrs.get(name) or "data:").startswith("data:")
    style = "".join(outline.text)
    assert "url(" not in style
    assert "@import" not in style


def test_unread_output_looks_unread_and_is_no_medical_device_once(outline: Outline) -> None:
    words = " ".join(outline.text)
    assert "Research, not approved" in words
    assert words.count("not a medical device") == 1


def test_an_emergency_stands_before_anything_else() -> None:
    page = page_of(emergency())
    body = page[page.index("<body>") :]
    alarm = body.index('role="alert"')
    assert all(body.index(mark) > alarm for mark in ("<h1", 'class="running"', 'id="impression"', "<img"))
    assert "does not exclude" not in body[: body.index('id="impression"')]


def test_without_an_emergency_it_is_said_that_no_flag_excludes_none() -> None:
    page = page_of(reports.report())
    assert 'role="alert"' not in page
    assert page.index("No emergency was flagged. That does not exclude one") < page.index('id="impression"')


def test_sections_stand_in_the_agreed_order() -> None:
    page = page_of(reports.report())
    order = [
        "impression", "overview", "findings", "differential", "outlook", "comparison", "technique", "not-assessed",
        "next-imaging", "holes", "methods", "articles",
    ]  # fmt: skip
    places = [page.index(f'<section id="{name}"') for name in order]
    assert places == sorted(places)


def test_markup_in_a_header_value_is_shown_and_not_obeyed() -> None:
    page = page_of(hostile())
    assert "<script" not in page
    assert "acq-<b>" not in page
    assert "acq-&lt;b&gt;" in page
    assert page.count("&lt;script&gt;") >= 7
    assert "49" not in "".join(re.findall(r"&lt;/script&gt;.{0,40}", page))


def test_measured_and_corrected_findings_stand_apart() -> None:
    page = page_of(reports.report())
    corrected = page[page.index("<caption>Corrected by the reader") : page.index("<caption>Measured")]
    assert "Margins" in corrected
    assert "was possibly ill-defined, by A. Reader, 2026-03-05: sharp on axial images" in corrected
    assert "T1 signal" not in corrected


def test_low_confidence_is_marked() -> None:
    page = page_of(reports.report())
    row = re.search(r'<tr class="low">.*?</tr>', page, re.DOTALL)
    assert row is not None
    assert "low confidence" in row.group()


def test_the_counts_behind_a_weight_stand_in_a_fold_with_their_source() -> None:
    page = page_of(reports.report())
    fold = page[page.index("Why Spinal ependymoma") :]
    assert re.search(r'13 of 47 <a class="cite" href="#source-kobayashi2018">\[\d\]</a>', fold)
    assert "3.7 times as likely" in fold
    assert "Cap sign in spinal ependymoma" in fold[fold.index('id="source-kobayashi2018"') :]


def test_an_approved_report_no_longer_looks_unread() -> None:
    page = page_of(reports.report(status="approved"))
    assert "Research, not approved" not in page
    assert "Approved" in page


@pytest.mark.parametrize("page", PAGES)
def test_the_same_report_gives_the_same_page(page: str) -> None:
    assert html.render(PAGES[page]()) == html.render(PAGES[page]())


def test_an_older_report_without_newer_words_is_still_rendered() -> None:
    made = reports.report()
    fewer = {key: text for key, text in made.words.items() if not key.startswith(("document.", "section."))}
    assert html.render(replace(made, words=fewer)) == html.render(made)


def test_lesions_that_lack_the_same_signs_stand_together() -> None:
    assert "lesions 1, 2: Restricted diffusion" in page_of(reports.report())


def test_on_paper_every_page_bears_the_mark() -> None:
    assert re.search(r"\.running\{display:table-header-group", html._text("print.css"))
    assert re.search(r"\.sheet\{display:table", html._text("print.css"))
    assert "content:element(head)" in html._text("paper.css")
    assert re.search(r"\.running\{position:running\(head\)", html._text("paper.css"))


def test_an_emergency_stays_in_sight_while_the_page_scrolls() -> None:
    page = page_of(emergency())
    running = page[page.index('class="running"') : page.index('class="content"')]
    assert 'href="#emergency"' in running
    assert re.search(r"\.running\{position:sticky", html._text("html.css"))


def test_alerts_are_never_folded() -> None:
    page = page_of(reports.report())
    alert = page.index("A known cancer makes metastasis likelier")
    assert page.rfind("<details", 0, alert) == page.rfind("</details", 0, alert) == -1
    assert alert < page.index('id="impression"')


def test_why_the_first_and_not_the_second_is_told_from_both_sides() -> None:
    page = page_of(reports.report())
    told = page[page.index("Why spinal ependymoma and not pilocytic astrocytoma") :]
    assert told.index("Cap sign: present") < told.index("Speaks for pilocytic astrocytoma")


def test_what_would_change_the_order_stands_under_its_own_heading() -> None:
    page = page_of(reports.report())
    turns = page[page.index("What would change the order") :]
    assert turns.index("Syrinx present (now 9\u202f% likely) would put Haemangioblastoma first") < turns.index("</ul>")


def test_each_statement_of_the_outlook_is_shown_with_its_source_and_its_signs() -> None:
    page = page_of(reports.report())
    outlook = page[page.index('<section id="outlook"') : page.index('<section id="comparison"')]
    assert "Gross total resection in published series" in outlook
    assert "88 of 102 of published operations" in outlook
    assert 'href="#source-klekamp2015"' in outlook
    assert "a sharp margin on MRI suggests a plane" in outlook


def test_on_paper_nothing_is_folded_and_every_sign_of_every_lesion_is_there() -> None:
    paper = html.page(reports.report(), paper=True)
    assert "<details" not in paper
    appendix = paper[paper.index('id="appendix"') :]
    for finding in reports.reading().of(reports.UID):
        assert f'<th scope="row">{reports.name_of(finding.code)}</th>' in appendix
    assert "13 of 47" in appendix


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize(
    ("ink", "ground"),
    [
        ("ink", "paper"), ("ink", "ground"), ("soft", "paper"), ("soft", "ground"), ("accent", "paper"), ("accent", "ground"),
        ("paper", "alarm"), ("alarm", "alarm-wash"), ("warn", "warn-wash"), ("good", "good-wash"), ("soft", "warn-wash"),
        ("ink", "wash"), ("soft", "wash"), ("accent", "wash"), ("ink", "for-wash"), ("ink", "for-deep"), ("ink", "against-wash"),
        ("ink", "against-deep"), ("warn", "ground"), ("paper", "accent"),
    ],
)  # fmt: skip
def test_text_stands_out_from_its_ground_as_wcag_aa_asks(ink: str, ground: str) -> None:
    style: dict[str, Any] = dict(re.findall(r"--([\w-]+):(#[0-9a-f]{6})\b", _full(html._text("html.css"))))
    light, dark = sorted((_luminance(style[ink]), _luminance(style[ground])), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def _full(style: str) -> str:
    return re.sub(r"#([0-9a-f])([0-9a-f])([0-9a-f])\b", r"#\1\1\2\2\3\3", style)
