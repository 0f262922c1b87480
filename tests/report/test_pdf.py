"""report.pdf: what it says, what it carries, and what happens without the library that sets it."""

from __future__ import annotations

import builtins
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from report import reports

from thecal.records import Report, ReportUnwritable
from thecal.report import lesions, pdf, words
from thecal.report.wording import Wording

needs_poppler = pytest.mark.skipif(shutil.which("pdftotext") is None, reason="poppler-utils is not installed")


@pytest.fixture(scope="module")
def made() -> bytes:
    return pdf.render(reports.report())


def pages_of(content: bytes, folder: Path) -> list[str]:
    """The words of each page, spaces and line breaks as one space, words divided at a line's end put together."""
    path = folder / "report.pdf"
    path.write_bytes(content)
    told = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, check=True, text=True).stdout
    return [_plain(page) for page in told.split("\f") if page.strip()]


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("\u202f", " "))


@needs_poppler
def test_a_pdf_is_tagged_titled_and_carries_its_typeface(made: bytes, tmp_path: Path) -> None:
    path = tmp_path / "report.pdf"
    path.write_bytes(made)
    told = subprocess.run(["pdfinfo", str(path)], capture_output=True, check=True, text=True).stdout
    assert re.search(r"Tagged:\s+yes", told)
    assert re.search(r"Title:\s+\S", told)
    fonts = subprocess.run(["pdffonts", str(path)], capture_output=True, check=True, text=True).stdout.splitlines()[2:]
    assert fonts
    assert all(line.split()[-5:-2] == ["yes", "yes", "yes"] for line in fonts)


def test_the_same_report_gives_the_same_bytes(made: bytes) -> None:
    assert pdf.render(reports.report()) == made


@needs_poppler
def test_the_impression_stands_on_the_first_page_and_the_mark_on_every_one(made: bytes, tmp_path: Path) -> None:
    pages = pages_of(made, tmp_path)
    report = reports.report()
    for line in report.impression:
        assert _plain(line) in pages[0]
    assert all("Research, not approved" in page for page in pages)
    assert all(re.search(rf"{number} ?/ ?{len(pages)}", page) for number, page in enumerate(pages, start=1))


@needs_poppler
def test_an_approved_pdf_no_longer_bears_the_mark(tmp_path: Path) -> None:
    approved: Report = reports.report(status="approved")
    assert not any("Research, not approved" in page for page in pages_of(pdf.render(approved), tmp_path))


@needs_poppler
def test_each_lesion_and_every_sign_of_the_page_stands_in_the_pdf(made: bytes, tmp_path: Path) -> None:
    told = " ".join(pages_of(made, tmp_path))
    shown = lesions.lesions(reports.report(), Wording(words.read()))
    assert len(shown) == 2
    for lesion in shown:
        assert lesion.heading in told
        assert all(row.sign.split()[0] in told for row in (*lesion.measured, *lesion.corrected))


@needs_poppler
def test_letter_is_letter_and_still_has_the_impression_on_its_first_page(tmp_path: Path) -> None:
    content = pdf.render(reports.report(), "Letter")
    pages = pages_of(content, tmp_path)
    assert all(_plain(line) in pages[0] for line in reports.report().impression)
    told = subprocess.run(["pdfinfo", str(tmp_path / "report.pdf")], capture_output=True, check=True, text=True).stdout
    assert "(letter)" in told


def test_without_pango_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = builtins.__import__

    def without(name: str, globals: Mapping[str, Any] | None = None, *rest: Any, **more: Any) -> Any:
        if name.split(".")[0] == "weasyprint":
            raise OSError("cannot load library 'libpango-1.0-0'")
        return kept(name, globals, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ReportUnwritable, match="sudo apt-get install libpango"):
        pdf.render(reports.report())
