"""The guide's page tells every sign: each has its section, its picture with a caption, and sources that exist."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from thecal import knowledge
from thecal.findings import MODULES
from thecal.findings.stated import PERSON

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "signs.md").read_text("utf-8")
MEASURED = tuple(module.CODE for module in MODULES)
MOST_BYTES = 4_000_000
# A source's key holds a digit or stands in the knowledge: other brackets are of pictures.
_CITED = re.compile(r"(?<!!)\[([a-z0-9_]+(?:, [a-z0-9_]+)*)\](?!\()")


@pytest.mark.parametrize("code", MEASURED)
def test_each_sign_has_its_section_with_all_five_parts_and_a_picture(code: str) -> None:
    section = re.search(rf"^### [^\n]*\(`{code}`\)\n(.*?)(?=^##)", PAGE + "\n## ", re.MULTILINE | re.DOTALL)
    assert section is not None
    for part in ("Measured", "From", "Not assessed", "Fails"):
        assert f"- **{part}:** " in section[1]
    assert re.search(rf"!\[[^\]]+\]\(figures/signs/{code}\.webp\)\n\*Simulated [^\n]+\*\n", section[1]), "a caption"
    assert (DOCS / "figures" / "signs" / f"{code}.webp").read_bytes()[8:12] == b"WEBP"


def test_what_is_not_measured_is_told_and_nothing_else() -> None:
    table = PAGE.partition("## Not measured by this version")[2]
    told = {code for row in re.findall(r"^\| (`[^|]*) \|", table, re.MULTILINE) for code in re.findall(r"`(\w+)`", row)}
    assert told == set(knowledge.load().vocabulary.findings) - set(MEASURED) - set(PERSON)


def test_sources_exist_and_captions_are_those_of_the_pictures() -> None:
    cited = {key for found in _CITED.findall(PAGE) for key in found.split(", ")}
    assert cited
    assert cited <= set(knowledge.load().sources)
    captions = json.loads((DOCS / "figures" / "signs" / "captions.json").read_text("utf-8"))
    for code in MEASURED:
        assert captions[code].replace("*", "\\*") in PAGE


def test_the_pictures_are_small() -> None:
    assert sum(file.stat().st_size for file in (DOCS / "figures" / "signs").iterdir()) <= MOST_BYTES
