from __future__ import annotations

from pathlib import Path

import pytest
from export.dicom import studies

from thecal.export.dicom import document


@pytest.mark.parametrize("pdf", [b"%PDF-1.7 even", b"%PDF-1.7 odd\n!"])
def test_the_pdf_comes_out_as_it_went_in(tmp_path: Path, pdf: bytes) -> None:
    data = document.build(pdf, studies.make(tmp_path).origin, 3, approved=False)
    assert data.EncapsulatedDocument[: data.EncapsulatedDocumentLength] == pdf
    assert len(data.EncapsulatedDocument) % 2 == 0


def test_the_title_says_whether_a_reader_approved_it(tmp_path: Path) -> None:
    origin = studies.make(tmp_path).origin
    assert "not approved" in document.build(b"%PDF", origin, 3, approved=False).DocumentTitle
    assert "not approved" not in document.build(b"%PDF", origin, 3, approved=True).DocumentTitle
