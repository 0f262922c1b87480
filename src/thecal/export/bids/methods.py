"""How the reading was made, in sentences with citations, and the citations as BibTeX.

Only what was done is told, with the versions that did it, and only publications are cited that were used.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from thecal.records import Report, Source

LIBRARIES = {"numpy": "harris2020", "scipy": "virtanen2020", "SimpleITK": "lowekamp2013"}
LAYOUT = "gorgolewski2016"
REGISTRATION = "mattes2003"
WEB = ("web", "web page", "standard", "implementation guide", "profile")
# What a finding's module rests on beside its own definition.
FINDINGS = {"cord_expansion": "valosek2024", "level": "saifuddin1998"}


def text(report: Report, sources: Mapping[str, Source]) -> str:
    """The methods as Markdown paragraphs; [@key] names an entry of the bibliography."""
    return "\n\n".join(paragraph for paragraph in _paragraphs(report, sources) if paragraph) + "\n"


def bibliography(report: Report, sources: Mapping[str, Source]) -> str:
    """The cited publications as BibTeX, in the order of their keys."""
    keys = sorted(set(re.findall(r"@([A-Za-z0-9_.-]+)", text(report, sources))))
    return "\n".join(_entry(sources[key]) for key in keys)


def _paragraphs(report: Report, sources: Mapping[str, Source]) -> Iterator[str]:
    made = report.provenance
    yield f"Images were read with thecal {made.version} ({made.made_at}), research software that is not a medical device."
    yield _images(report, sources)
    drawn = ", ".join(
        f"{name}{f' (weights {digest[:12]})' if digest else ''}" for name, digest in sorted(made.segmenters.items())
    )
    if drawn:
        yield f"Cord, thecal sac, vertebrae and lesions were drawn on each series in its own grid by the segmenter {drawn}."
    yield _findings(report, sources)
    yield _ranking(report, sources)
    cited = {name: _cite(sources, LIBRARIES.get(name, "")) for name in sorted(made.libraries)}
    versions = ", ".join(f"{name} {made.libraries[name]}{told}" for name, told in cited.items())
    yield f"It ran on {versions}. Files are laid out as BIDS derivatives{_cite(sources, LAYOUT)}." if versions else ""


def _images(report: Report, sources: Mapping[str, Source]) -> str:
    count = len(report.series)
    told = (
        f"The examination has {count} series: {', '.join(line.key for line in report.series)}."
        if count
        else "No series was read."
    )
    moved = sum(line.refined for line in report.series)
    if moved:
        told += (
            f" {moved} of them {'was' if moved == 1 else 'were'} placed by rigid registration that maximises mutual information"
            f"{_cite(sources, REGISTRATION)}, the others by their headers."
        )
    return told


def _findings(report: Report, sources: Mapping[str, Source]) -> str:
    measured = [finding for finding in report.reading.findings if finding.basis == "measured"]
    rests = sorted({FINDINGS[finding.code] for finding in measured if finding.code in FINDINGS})
    gaps = len(report.reading.not_assessed)
    told = f"{len(measured)} findings were measured and {gaps} were not assessed, each with its reason"
    corrected = len(report.reading.changes)
    by_hand = f"; {corrected} {'was' if corrected == 1 else 'were'} corrected by a reader" if corrected else ""
    return f"{told}{by_hand}{_cite(sources, *rests)}."


def _ranking(report: Report, sources: Mapping[str, Source]) -> str:
    ranked = [one for one in report.differentials if one.candidates]
    if not ranked:
        return "No differential diagnosis was ranked."
    counts = {key for one in ranked for evidence in one.evidence for _, _, key in evidence.counts}
    told = (
        "Entities were ranked by Bayes' rule from published counts and declared judgement, with 90 % intervals "
        f"from joint draws (state of the evidence {report.provenance.knowledge_digest[:12]})"
    )
    return f"{told}{_cite(sources, *sorted(counts))}."


def _cite(sources: Mapping[str, Source], *keys: str) -> str:
    known = [f"@{key}" for key in keys if key in sources]
    return f" [{'; '.join(known)}]" if known else ""


def _entry(source: Source) -> str:
    """A publication as BibTeX; what is not known of it is left out."""
    journal = "" if source.journal in WEB or _unknown(source.journal) else source.journal
    fields = {
        "title": f"{{{_escape(source.title)}}}",
        "author": "" if _unknown(source.authors) else _authors(source.authors),
        "journal": _escape(journal),
        "year": str(source.year or ""),
        "doi": source.doi or "",
        "url": source.url or "",
    }
    lines = [f"  {name} = {{{value}}}" for name, value in fields.items() if value]
    return f"@{'article' if journal else 'misc'}{{{source.key},\n" + ",\n".join(lines) + "\n}\n"


def _unknown(value: str) -> bool:
    return "not shown" in value or not value


def _authors(told: str) -> str:
    """Names as BibTeX wants them: joined by `and`, the rest of them as `others`."""
    first, others, _ = told.partition("et al")
    names = [_escape(name.strip()) for name in re.split(r"[,;]", first) if name.strip()]
    return " and ".join([*names, *(["others"] if others else [])])


def _escape(value: str) -> str:
    return re.sub(r"(?<!\\)([&%#_])", r"\\\1", value)
