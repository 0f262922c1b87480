"""An article as an HTML fragment for the reading room and for reports."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from thecal.atlas import citation, plain
from thecal.atlas.page import Page


def render(page: Page, base: str = "") -> str:
    """One <article> element; links to other articles start with base."""
    return _template().render(
        page=page,
        state=plain.state(page),
        gamut=page.article.about == "sign",
        address=lambda code: citation.address(code, base),
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("thecal.atlas", "."), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters["say"] = plain.say
    environment.filters["words"] = lambda code: code.replace("_", " ")
    return environment.get_template("article.html.j2")
