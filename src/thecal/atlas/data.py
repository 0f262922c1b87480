"""An article, the index of all, the gamuts and the comparison of two, as plain data for a page that draws them itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from thecal.atlas import evidence, plain, wording
from thecal.atlas.body import LINK, PLACEHOLDER
from thecal.atlas.page import Part, Run, compose
from thecal.atlas.shelf import Shelf
from thecal.records import EvidenceCount, Source

Plain = dict[str, Any]
Words = Mapping[str, str]
_WORD = re.compile(r"[a-z0-9]{3,}")
_ABSENT = ("absent", "none")


def index(shelf: Shelf, words: Words) -> Plain:
    """What a search needs: the names, tags and words of every article, and every gamut."""
    return {
        "articles": [_entry(code, shelf) for code in sorted(shelf.articles)],
        "gamuts": [_gamut(finding, state, shelf, words) for finding, state in _gamuts(shelf)],
    }


def article(code: str, shelf: Shelf, words: Words) -> Plain:
    """An article with its sections, citations, counts series by series, related articles and revisions."""
    page = compose(shelf.articles[code], shelf)
    numbers = {source.key: number for number, source in enumerate(page.references, 1)}
    told = page.article
    return {
        "code": code, "identifier": told.identifier, "title": told.title, "about": told.about,
        "synonyms": list(told.synonyms), "tags": list(told.tags), "definition": page.definition,
        "reviewed_by": told.reviewed_by, "state": plain.state(page),
        "revisions": [{"number": one.number, "date": one.date, "what": one.what} for one in told.revisions],
        "parts": [_part(part) for part in page.parts],
        "evidence": [_row(shelf.shares[row.entity, row.finding, row.state], numbers, shelf, words) for row in page.evidence],
        "mentions": [
            {"entity": one.entity, "name": one.name, "state": one.state, "state_name": _state(told.code, one.state, words),
             "said": one.said, "cites": list(one.cites)}
            for one in page.mentions
        ],
        "related": [_link(one, shelf) for one, _ in page.related],
        "family": _family(code, shelf),
        "example": _example(code, shelf),
        "references": [_reference(source) for source in page.references],
    }  # fmt: skip


def comparison(first: str, second: str, shelf: Shelf, words: Words) -> Plain:
    """Every sign counted in either of two entities, both side by side; what tells them apart most surely comes first."""
    sides = (_all_shares(first, shelf), _all_shares(second, shelf))
    keys = sorted(_telling({*sides[0], *sides[1]}), key=lambda key: _order(key, shelf))
    sources = _sources(share for side in sides for share in side.values())
    numbers = {key: number for number, key in enumerate(sources, 1)}
    rows = [
        {**named(finding, state, words), "gap": _gap(*(side.get((finding, state)) for side in sides)),
         "cells": [_cell(side.get((finding, state)), numbers) for side in sides]}
        for finding, state in keys
    ]  # fmt: skip
    rows.sort(key=lambda row: -float(str(row["gap"])))
    return {
        "sides": [_link(code, shelf) for code in (first, second)],
        "rows": rows,
        "references": [_reference(shelf.sources[key]) for key in sources],
    }


def _entry(code: str, shelf: Shelf) -> Plain:
    one = shelf.articles[code]
    summary = one.body.partition("## Summary\n")[2].partition(" [")[0]
    lead = "" if PLACEHOLDER.search(summary) else LINK.sub(r"\2", summary).strip() + "."
    text = set(_WORD.findall(PLACEHOLDER.sub("", LINK.sub(r"\2", re.sub(r" \[[^\[\]]*\]\.", ".", one.body))).lower()))
    return {
        "code": code, "identifier": one.identifier, "title": one.title, "about": one.about, "lead": lead,
        "names": list(shelf.names[code]), "tags": list(one.tags), "words": " ".join(sorted(text)),
    }  # fmt: skip


def _gamuts(shelf: Shelf) -> list[tuple[str, str]]:
    """Every state of a sign with an article that was counted or described in some entity."""
    signs = (one.code for one in shelf.articles.values() if one.about == "sign")
    told = {(finding, state) for _, finding, state in shelf.shares}
    told |= {(row["finding"], row.get("state", "")) for rows in shelf.statements.values() for row in rows}
    states = ((code, state) for code in sorted(signs) for state in shelf.vocabulary.findings[code].states)
    return [pair for pair in states if pair in told and pair[1] not in _ABSENT]


def _gamut(finding: str, state: str, shelf: Shelf, words: Words) -> Plain:
    counted = evidence.gamut(shelf.shares, finding, state)
    described = evidence.remarks(shelf.statements, shelf.shares, finding, state)
    return {
        **named(finding, state, words),
        "counted": [{**_named(one.entity, shelf), "positive": one.positive, "total": one.total} for one in counted],
        "described": [_named(one.entity, shelf) for one in described],
    }  # fmt: skip


def _part(part: Part) -> Plain:
    blocks = [{"item": one.item, "runs": [_run(run) for run in one.runs]} for one in part.paragraphs]
    return {"title": part.title, "level": part.level, "blocks": blocks}


def _run(run: Run) -> Plain:
    if run.cites:
        return {"cites": list(run.cites)}
    return {"text": run.text, "link": run.link} if run.link else {"text": run.text}


def _row(share: evidence.Share, numbers: Mapping[str, int], shelf: Shelf, words: Words) -> Plain:
    return {
        "entity": share.entity, "name": shelf.vocabulary.name(share.entity), "finding": share.finding,
        "finding_name": _finding(share.finding, words), "state": share.state,
        "state_name": _state(share.finding, share.state, words), **(_cell(share, numbers, shelf) or {}),
    }  # fmt: skip


def _cell(share: evidence.Share | None, numbers: Mapping[str, int], shelf: Shelf | None = None) -> Plain | None:
    if share is None:
        return None
    return {
        "positive": share.positive, "total": share.total, "rate": share.rate, "interval": list(share.interval),
        "weight": max(row.weight for row in share.rows), "series": [_series(row, share, numbers, shelf) for row in share.rows],
    }  # fmt: skip


def _series(row: EvidenceCount, share: evidence.Share, numbers: Mapping[str, int], shelf: Shelf | None) -> Plain:
    why = share.why(row)
    graded = shelf.grades.get(row, {}) if shelf else {}
    return {
        "cite": numbers[row.source], "n": row.n, "of": row.of, "unit": wording.unit(row.note, why), "where": row.where,
        "asides": list(wording.asides(row.state, row.note, why)), "weight": row.weight, "why": why,
        "selection": graded.get("grade_selection", ""), "fit": graded.get("grade_fit", ""),
    }  # fmt: skip


def _reference(source: Source) -> Plain:
    return {
        "key": source.key, "title": source.title, "authors": _shown(source.authors), "journal": _shown(source.journal),
        "year": source.year, "doi": source.doi, "pmid": source.pmid, "url": source.url, "note": source.note,
    }  # fmt: skip


def _shown(text: str) -> str:
    return "" if "not shown" in text[:20] else text


def _family(code: str, shelf: Shelf) -> Plain:
    known = shelf.vocabulary.entities.get(code)
    parent = known.parent if known and known.parent in shelf.articles else None
    children = [_link(one, shelf) for one in shelf.vocabulary.children(code) if one in shelf.articles]
    return {"parent": _link(parent, shelf) if parent else None, "children": children}


def _example(code: str, shelf: Shelf) -> list[str]:
    """The entities whose simulated images show the article: itself, or a parent's children; none for a sign."""
    return [one for one in shelf.children(code) if one in shelf.vocabulary.entities]


def _link(code: str, shelf: Shelf) -> Plain:
    one = shelf.articles[code]
    return {"code": code, "title": one.title, "about": one.about}


def _named(entity: str, shelf: Shelf) -> Plain:
    return {"entity": entity, "name": shelf.vocabulary.name(entity)}


def _all_shares(code: str, shelf: Shelf) -> Mapping[tuple[str, str], evidence.Share]:
    """What was counted in an entity, or in a parent and its children together."""
    codes = shelf.children(code)
    grouped: dict[tuple[str, str], list[EvidenceCount]] = {}
    whys: dict[EvidenceCount, str] = {}
    for (entity, finding, state), share in shelf.shares.items():
        if entity in codes:
            grouped.setdefault((finding, state), []).extend(share.rows)
            whys |= share.whys
    return {key: evidence.Share(code, *key, tuple(rows), whys) for key, rows in grouped.items()}


def _telling(keys: set[tuple[str, str]]) -> list[tuple[str, str]]:
    """The states without the absence of a sign whose presence was counted too: it says nothing more."""
    present = {finding for finding, state in keys if state == "present"}
    return [key for key in keys if key[1] != "absent" or key[0] not in present]


def _order(key: tuple[str, str], shelf: Shelf) -> tuple[int, int]:
    findings = list(shelf.vocabulary.findings)
    term = shelf.vocabulary.findings.get(key[0])
    place = term.states.index(key[1]) if term and key[1] in term.states else 0
    return (findings.index(key[0]) if key[0] in findings else len(findings), place)


def _gap(first: evidence.Share | None, second: evidence.Share | None) -> float:
    """How far two shares lie apart: 1 and more where their intervals do not meet; below 0 where only one was counted."""
    if first is None or second is None:
        return -1.0
    (low, high), (other_low, other_high) = first.interval, second.interval
    apart = max(other_low - high, low - other_high)
    return (1.0 if apart > 0 else 0.0) + abs(first.rate - second.rate)


def _sources(shares: Iterable[evidence.Share]) -> list[str]:
    return list(dict.fromkeys(row.source for share in shares for row in share.rows))


def named(finding: str, state: str, words: Words) -> Plain:
    """A sign's state with the names it is shown by."""
    return {
        "finding": finding, "state": state, "finding_name": _finding(finding, words), "state_name": _state(finding, state, words),
    }  # fmt: skip


def _finding(code: str, words: Words) -> str:
    return words.get(f"finding.{code}") or code.replace("_", " ").capitalize()


def _state(finding: str, state: str, words: Words) -> str:
    return words.get(f"state.{finding}.{state}") or words.get(f"state.{state}") or state.replace("_", " ")


__all__ = ["article", "comparison", "index", "named"]
