"""An article's permanent address, and how to cite it in BibTeX and RIS."""

from __future__ import annotations

from thecal.records import Article


def address(code: str, base: str = "") -> str:
    """Where the article stands for good, below the address of a reading room."""
    return f"{base.rstrip('/')}/atlas/{code}"


def bibtex(article: Article, version: str, base: str = "") -> str:
    """A BibTeX entry that names revision and review state; base is the address of the reading room that shows it, if any."""
    last = article.revisions[-1]
    fields = {
        "title": f"{{{article.title}}}",
        "howpublished": f"thecal reference atlas, version {version}",
        "year": last.date[:4],
        "note": f"{article.identifier}, revision {last.number} of {last.date}, {_review(article)}",
    }
    if base:
        fields["url"] = address(article.code, base)
    lines = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items())
    return f"@misc{{thecal_{article.code},\n{lines}\n}}\n"


def ris(article: Article, version: str, base: str = "") -> str:
    """A RIS record that names revision and review state; base is the address of the reading room that shows it, if any."""
    last = article.revisions[-1]
    fields = [
        ("TY", "ENCYC"),
        ("ID", article.identifier),
        ("TI", article.title),
        ("T2", f"thecal reference atlas, version {version}"),
        ("PY", last.date[:4]),
        ("DA", last.date.replace("-", "/")),
        ("ET", f"revision {last.number}"),
        ("N1", _review(article)),
        *((("UR", address(article.code, base)),) if base else ()),
        ("ER", ""),
    ]
    return "".join(f"{tag}  - {value}\n" for tag, value in fields)


def _review(article: Article) -> str:
    return f"reviewed by {article.reviewed_by}" if article.reviewed_by else "unreviewed"
