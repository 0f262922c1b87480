"""What a report's rankings look like to a reader: the likeliest entities, the rest, and why."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from thecal.records import PATIENT, Alert, Differential, Evidence, Report
from thecal.report import emergencies
from thecal.report.wording import Wording, listed, number, percent, percents

Pairs = tuple[tuple[str, str], ...]
SHOWN_SHARE, SHOWN_LEAST, SHOWN_MOST = 0.9, 3, 8
SHOWN_OF_LESION = 5


@dataclass(frozen=True)
class CandidateView:
    """One entity: its probability and interval as numbers for the plot and as words."""

    entity: str
    name: str
    probability: float
    low: float
    high: float
    told: str
    interval: str
    article: bool


@dataclass(frozen=True)
class WhyView:
    """What speaks for and against an entity: sign, state, ratio, and the counts with their sources."""

    name: str
    rows: tuple[tuple[str, str, bool, tuple[tuple[str, str, str], ...], str], ...]


@dataclass(frozen=True)
class DifferentialView:
    """The ranking of the patient or of one lesion, the first few and the rest."""

    anchor: str
    heading: str
    reason: str | None
    shown: tuple[CandidateView, ...]
    rest: tuple[CandidateView, ...]
    rest_told: str
    parents: Pairs
    whys: tuple[WhyView, ...]
    unused: str
    notes: tuple[str, ...]


def differentials(report: Report, wording: Wording) -> tuple[DifferentialView, ...]:
    """The patient's ranking first, then those of the lesions."""
    instances = {lesion.tracking_uid: lesion.instance for lesion in report.reading.lesions}
    ordered = sorted(report.differentials, key=lambda one: (one.subject != PATIENT, instances.get(one.subject, 0)))
    shown = [one for one in ordered if one.subject == PATIENT or one.subject in instances]
    views = [_differential(one, instances.get(one.subject), wording) for one in shown]
    return tuple(views[:1] + [_beside(view, views[0], wording) for view in views[1:]])


def _beside(view: DifferentialView, first: DifferentialView, wording: Wording) -> DifferentialView:
    """A lesion's ranking beside the patient's: what was said there already is not said again."""
    if view.shown and (view.shown, view.rest) == (first.shown, first.rest):
        same = wording.say("differential.same_as_patient")
        return replace(view, reason=same, shown=(), rest=(), whys=(), parents=(), unused="", notes=())
    return replace(view, notes=tuple(note for note in view.notes if note not in first.notes))


def alerts(report: Report) -> tuple[str, ...]:
    """What must not be overlooked beside the emergencies: each alert once, most urgent first."""
    once: dict[str, Alert] = {}
    for alert in (alert for one in report.differentials for alert in one.alerts):
        once.setdefault(alert.code, alert)
    others = [alert for alert in once.values() if alert.code not in emergencies.CODES]
    return tuple(alert.message for alert in sorted(others, key=lambda alert: alert.urgency))


def articles(report: Report, wording: Wording) -> tuple[tuple[str, str, str], ...]:
    """The articles on the entities shown: code, title, and how to open it."""
    shown = dict.fromkeys(
        candidate.entity for view in differentials(report, wording) for candidate in view.shown if candidate.article
    )
    return tuple((code, report.words[f"article.{code}"], wording.say("articles.open", code=code)) for code in shown)


def _differential(differential: Differential, instance: int | None, wording: Wording) -> DifferentialView:
    views = [
        CandidateView(
            one.entity, wording.name("entity", one.entity), one.probability, *one.interval,
            percent(one.probability), percents(one.interval), f"article.{one.entity}" in wording.words,
        )
        for one in sorted(differential.candidates, key=lambda one: (-one.probability, one.entity))
    ]  # fmt: skip
    count = _shown(views, SHOWN_MOST if instance is None else SHOWN_OF_LESION)
    rest = tuple(views[count:])
    together = percent(math.fsum(view.probability for view in rest))
    whys = [_why(view.entity, differential.evidence, wording) for view in views[:count]]
    heading = (
        wording.say("differential.patient")
        if instance is None
        else wording.say("differential.lesion", instance=instance)
    )
    parents = sorted(differential.parents.items(), key=lambda item: -item[1])
    return DifferentialView(
        anchor="differential-patient" if instance is None else f"differential-lesion-{instance}",
        heading=heading,
        reason=None if views else wording.say("differential.none", reason=differential.reason or ""),
        shown=tuple(views[:count]),
        rest=rest,
        rest_told=wording.say("differential.other", count=len(rest), probability=together) if rest else "",
        parents=tuple((wording.name("entity", code), percent(p)) for code, p in parents if p >= 0.01),
        whys=tuple(why for why in whys if why.rows),
        unused=listed(wording.name("finding", code) for code in differential.unused),
        notes=differential.notes,
    )


def _shown(views: Sequence[CandidateView], most: int) -> int:
    """How many entities stand above the fold: nine tenths of the probability, three at least."""
    total = 0.0
    for count, view in enumerate(views, start=1):
        total += view.probability
        if count >= most or (count >= SHOWN_LEAST and total >= SHOWN_SHARE):
            return count
    return len(views)


def _why(entity: str, evidence: Sequence[Evidence], wording: Wording) -> WhyView:
    mine = sorted((one for one in evidence if one.entity == entity), key=lambda one: -abs(one.weight))
    return WhyView(wording.name("entity", entity), tuple(_evidence(one, wording) for one in mine))


def _evidence(one: Evidence, wording: Wording) -> tuple[str, str, bool, tuple[tuple[str, str, str], ...], str]:
    counts = tuple(
        (wording.say("differential.count", n=n, of=of), key, wording.words.get(f"title.{key}", key))
        for n, of, key in one.counts
    )
    sign = f"{wording.finding(one.finding)}: {wording.name('state', one.state)}"
    ratio = number(math.exp(min(abs(one.weight), 20.0)))
    told = wording.say("differential.for" if one.weight >= 0 else "differential.against", ratio=ratio)
    share = one.judged / one.weight if one.weight else 0.0
    judged = wording.say("differential.judged", share=percent(share)) if share >= 0.005 else ""
    return sign, told, one.weight >= 0, counts, judged
