"""report.pdf: the report on paper, with the same content as the page; fonts within it, tagged for screen readers."""

from __future__ import annotations

import logging
from importlib import resources
from typing import Any

from thecal.records import Report, ReportUnwritable
from thecal.report import html

FILE = "report.pdf"
# Tagged and titled as PDF/UA-1 (ISO 14289-1) asks.
VARIANT = "pdf/ua-1"
FONTS = {400: "ThecalSans-Regular.ttf", 600: "ThecalSans-SemiBold.ttf"}


def render(report: Report, size: str = "A4") -> bytes:
    """The report as a PDF, on A4 or Letter: the mark of an unread report on every page, page x of y.

    The same report gives the same bytes. Raises ReportUnwritable where the library that sets the text (pango) is missing.
    """
    weasyprint = load()
    from weasyprint.text.fonts import FontConfiguration

    fetch = weasyprint.urls.URLFetcher(allowed_protocols=("data", "file"))
    fonts = FontConfiguration()
    style = weasyprint.CSS(string=f"{_faces()}\n@page{{size:{size}}}", font_config=fonts, url_fetcher=fetch)
    page = weasyprint.HTML(string=html.page(report, paper=True), url_fetcher=fetch)
    made: bytes = page.write_pdf(
        stylesheets=[style],
        font_config=fonts,
        pdf_variant=VARIANT,
        pdf_identifier=report.reading.reading_id.encode()[:16],
    )
    return made


def load() -> Any:
    """The library that makes PDF; ReportUnwritable where it or pango is missing, with what to install."""
    try:
        import weasyprint
    except (ImportError, OSError) as error:
        raise ReportUnwritable(
            FILE, expected="WeasyPrint and the library pango", found=str(error).splitlines()[0],
            remedy="On Debian or Ubuntu: sudo apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0",
        ) from error  # fmt: skip
    logging.getLogger("weasyprint").setLevel(logging.ERROR)
    return weasyprint


def _faces() -> str:
    """The typeface that the package brings with it, as CSS, so that a page looks alike on every machine."""
    folder = resources.files("thecal.report").joinpath("fonts")
    return "\n".join(
        f'@font-face{{font-family:"Thecal Sans";font-weight:{weight};src:url("file://{folder.joinpath(name)}")}}'
        for weight, name in FONTS.items()
    )
