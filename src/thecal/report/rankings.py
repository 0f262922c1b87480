"""What a report's rankings look like to a reader: the likeliest entities, why, why not the next one, and what would change it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from thecal.records import PATIENT, Alert, Differential, Evidence, Report
from thecal.report import emergencies, heard
from thecal.report.wording import Wording, capital, listed, percent, percents

Pairs = tuple[tuple[str, str], ...]
SHOWN_SHARE, SHOWN_LEAST, SHOWN_MOST = 0.9, 3, 8
SHOWN_OF_LESION = 5
SIGNS_SHOWN = 5
# A sign that changes the odds by less than a tenth is not told above the fold (judged).
LEAST_WEIGHT = math.log(1.1)
# From these factors on a cell of the table of signs is tinted once or twice (judged).
TINTS = (1.5, 4.0)
TURN = "{finding} {state} (now {share} likely) would put {entity} first"
UNEXPLAINED = "{finding} fits none of the leading entities"


@dataclass(frozen=True)
class CandidateView:
    """One entity: its probability, interval and base rate as numbers for the plot and as words."""

    entity: str
    name: str
    probability: float
    low: float
    high: float
    base: float | None
    told: str
    interval: str
    article: bool


@dataclass(frozen=True)
class SignView:
    """What one sign says for or against an entity: the ratio, and the published counts behind it."""

    sign: str
    ratio: str
    told: str
    supports: bool
    weight: float
    counts: tuple[tuple[str, str], ...] = ()
    judged: str = ""


@dataclass(frozen=True)
class WhyView:
    """What speaks for and against an entity, heaviest first."""

    entity: str
    name: str
    spoken: str
    signs: tuple[SignView, ...]

    @property
    def supports(self) -> tuple[SignView, ...]:
        """The heaviest signs that speak for it."""
        return tuple(sign for sign in self.signs if sign.supports and sign.weight >= LEAST_WEIGHT)[:SIGNS_SHOWN]

    @property
    def counted(self) -> tuple[SignView, ...]:
        """The signs with published counts behind them."""
        return tuple(sign for sign in self.signs if sign.counts)

    @property
    def opposes(self) -> tuple[SignView, ...]:
        """The heaviest signs that speak against it."""
        return tuple(sign for sign in self.signs if not sign.supports and sign.weight >= LEAST_WEIGHT)[:SIGNS_SHOWN]


@dataclass(frozen=True)
class ContrastView:
    """Why the first entity and not the second: the signs that favour each over the other."""

    heading: str
    first: str
    second: str
    for_first: tuple[SignView, ...]
    for_second: tuple[SignView, ...]


@dataclass(frozen=True)
class TableView:
    """What each sign says of each of the leading entities: ratios, tinted by weight."""

    entities: tuple[str, ...]
    rows: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]


@dataclass(frozen=True)
class DifferentialView:
    """The ranking of the patient or of one lesion, the first few and the rest."""

    anchor: str
    heading: str
    reason: str | None
    shown: tuple[CandidateView, ...] = ()
    rest: tuple[CandidateView, ...] = ()
    rest_told: str = ""
    parents: Pairs = ()
    whys: tuple[WhyView, ...] = ()
    contrast: ContrastView | None = None
    turns: tuple[str, ...] = ()
    table: TableView | None = None
    unused: str = ""
    notes: tuple[str, ...] = ()


def differentials(report: Report, wording: Wording) -> tuple[DifferentialView, ...]:
    """The patient's ranking first, then those of the lesions."""
    instances = {lesion.tracking_uid: lesion.instance for lesion in report.reading.lesions}
    ordered = sorted(report.differentials, key=lambda one: (one.subject != PATIENT, instances.get(one.subject, 0)))
    shown = [one for one in ordered if one.subject == PATIENT or one.subject in instances]
    views = [_differential(one, instances.get(one.subject), wording) for one in shown]
    return tuple(views[:1] + [_beside(view, views[0], wording) for view in views[1:]])


def _beside(view: DifferentialView, first: DifferentialView, wording: Wording) -> DifferentialView:
    """A lesion's ranking beside the patient's: what was said there already is not said again."""
    if view.shown and _all(view) == _all(first):
        return DifferentialView(view.anchor, view.heading, wording.say("differential.same_as_patient"))
    return replace(view, notes=tuple(note for note in view.notes if note not in first.notes))


def _all(view: DifferentialView) -> tuple[CandidateView, ...]:
    return (*view.shown, *view.rest)


def alerts(report: Report, wording: Wording) -> tuple[str, ...]:
    """What must not be overlooked beside the emergencies: each alert once, most urgent first."""
    once: dict[str, Alert] = {}
    for alert in (alert for one in report.differentials for alert in one.alerts):
        once.setdefault(alert.code, alert)
    others = [alert for alert in once.values() if alert.code not in emergencies.CODES]
    return tuple(wording.heard(alert.message) for alert in sorted(others, key=lambda alert: alert.urgency))


def articles(report: Report, wording: Wording) -> tuple[tuple[str, str, str], ...]:
    """The articles on the entities shown: code, title, and how to open it."""
    shown = dict.fromkeys(
        candidate.entity for view in differentials(report, wording) for candidate in view.shown if candidate.article
    )
    return tuple((code, report.words[f"article.{code}"], wording.say("articles.open", code=code)) for code in shown)


def numbered_sources(report: Report) -> Mapping[str, int]:
    """The number under which each cited publication stands in the list of sources."""
    keys = [key.removeprefix("source.") for key in report.words if key.startswith("source.")]
    return {key: place for place, key in enumerate(keys, start=1)}


def _differential(differential: Differential, instance: int | None, wording: Wording) -> DifferentialView:
    anchor = "differential-patient" if instance is None else f"differential-lesion-{instance}"
    heading = (
        wording.say("differential.patient")
        if instance is None
        else wording.say("differential.lesion", instance=instance)
    )
    views = _candidates(differential, wording)
    if not views:
        reason = wording.heard(differential.reason or "").rstrip(".")
        return DifferentialView(anchor, heading, wording.say("differential.none", reason=reason))
    count = _shown(views, SHOWN_MOST if instance is None else SHOWN_OF_LESION)
    rest = tuple(views[count:])
    together = percent(math.fsum(view.probability for view in rest))
    named = [view for view in views[:count] if view.entity != "none_of_these"]
    whys = tuple(_why(view.entity, differential.evidence, wording) for view in named)
    parents = sorted(differential.parents.items(), key=lambda item: -item[1])
    return DifferentialView(
        anchor,
        heading,
        None,
        shown=tuple(views[:count]),
        rest=rest,
        rest_told=wording.say("differential.other", count=len(rest), probability=together) if rest else "",
        parents=tuple((wording.name("entity", code), percent(p)) for code, p in parents if p >= 0.01),
        whys=tuple(why for why in whys if why.signs),
        contrast=_contrast(differential, named, wording),
        turns=tuple(map(capital, _notes(differential, wording, TURN))),
        table=_table(differential.evidence, named, wording),
        unused=listed(wording.name("finding", code) for code in differential.unused),
        notes=tuple(map(capital, _notes(differential, wording, UNEXPLAINED, None))),
    )


def _notes(differential: Differential, wording: Wording, *kinds: str | None) -> list[str]:
    """The notes of some kinds, in the language; None is any other kind."""
    told = []
    for note in differential.notes:
        kind = next((kind for kind in (TURN, UNEXPLAINED) if heard.fits(kind, note)), None)
        if kind in kinds:
            told.append(wording.heard(note))
    return told


def _candidates(differential: Differential, wording: Wording) -> list[CandidateView]:
    return [
        CandidateView(
            one.entity, capital(wording.name("entity", one.entity)), one.probability, *one.interval,
            differential.prior.get(one.entity), percent(one.probability), percents(one.interval),
            f"article.{one.entity}" in wording.words,
        )
        for one in sorted(differential.candidates, key=lambda one: (-one.probability, one.entity))
    ]  # fmt: skip


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
    name = wording.name("entity", entity)
    signs = tuple(_sign(one, one.weight, wording) for one in mine)
    return WhyView(entity, capital(name), wording.within(name), signs)


def _sign(one: Evidence, weight: float, wording: Wording) -> SignView:
    counts = tuple((wording.say("differential.count", n=n, of=of), key) for n, of, key in one.counts)
    told = wording.say(f"differential.{'for' if weight >= 0 else 'against'}", ratio=_factor(weight, wording))
    share = one.judged / one.weight if one.weight else 0.0
    judged = wording.say("differential.judged", share=percent(share)) if share >= 0.005 else ""
    return SignView(_name(one, wording), _ratio(weight, wording), told, weight >= 0, abs(weight), counts, judged)


def _name(one: Evidence, wording: Wording) -> str:
    try:
        value = float(one.state)
    except ValueError:
        return f"{wording.finding(one.finding)}: {wording.state_name(one.finding, one.state)}"
    unit = wording.unit(wording.words.get(f"unit_of.{one.finding}"))
    return f"{wording.finding(one.finding)}: {wording.number(value)} {unit}".strip()


def _factor(weight: float, wording: Wording) -> str:
    return wording.number(math.exp(min(abs(weight), 20.0)))


def _ratio(weight: float, wording: Wording) -> str:
    return f"{'×' if weight >= 0 else '÷'} {_factor(weight, wording)}"


def _contrast(differential: Differential, named: Sequence[CandidateView], wording: Wording) -> ContrastView | None:
    """Why the first and not the second: each sign's share in the odds between the two."""
    if len(named) < 2:
        return None
    first, second = named[:2]
    spoken = [wording.within(wording.name("entity", view.entity)) for view in (first, second)]
    weights = between(differential.evidence, first, second)
    told = {(one.finding, one.state): one for one in differential.evidence}
    signs = [
        _sign(replace(told[key], counts=()), weight, wording)
        for key, weight in sorted(weights.items(), key=lambda item: -abs(item[1]))
        if abs(weight) >= LEAST_WEIGHT
    ]
    if not signs:
        return None
    return ContrastView(
        wording.say("differential.contrast", first=spoken[0], second=spoken[1]),
        spoken[0],
        spoken[1],
        tuple(sign for sign in signs if sign.supports)[:SIGNS_SHOWN],
        tuple(replace(sign, ratio=sign.ratio.replace("÷", "×")) for sign in signs if not sign.supports)[:SIGNS_SHOWN],
    )


def between(evidence: Iterable[Evidence], first: CandidateView, second: CandidateView) -> dict[tuple[str, str], float]:
    """How far each sign moves the log odds of the first entity against the second.

    A sign's weight is what it adds to an entity's log odds against all others; taking it away again from both entities
    gives their odds without it.
    """
    weights: dict[tuple[str, str], dict[str, float]] = {}
    for one in evidence:
        if one.entity in (first.entity, second.entity):
            weights.setdefault((one.finding, one.state), {})[one.entity] = one.weight

    def moved(view: CandidateView, told: Mapping[str, float]) -> float:
        odds = _logit(view.probability)
        return _log_share(odds) - _log_share(odds - told.get(view.entity, 0.0))

    return {sign: moved(first, told) - moved(second, told) for sign, told in weights.items()}


def _logit(probability: float) -> float:
    kept = min(max(probability, 1e-12), 1 - 1e-12)
    return math.log(kept / (1 - kept))


def _log_share(odds: float) -> float:
    return -math.log1p(math.exp(-odds))


def _table(evidence: Sequence[Evidence], named: Sequence[CandidateView], wording: Wording) -> TableView | None:
    """Each sign against each leading entity; the sign that weighs most for any of them first."""
    spoken = {one.entity for one in evidence}
    columns = [view for view in named if view.entity in spoken]
    weights: dict[tuple[str, str], dict[str, Evidence]] = {}
    for one in evidence:
        weights.setdefault((one.finding, one.state), {})[one.entity] = one
    if not columns:
        return None
    ordered = sorted(weights.values(), key=lambda row: -max(abs(one.weight) for one in row.values()))
    rows = tuple(
        (_name(next(iter(row.values())), wording), tuple(_cell(row.get(view.entity), wording) for view in columns))
        for row in ordered
    )
    return TableView(tuple(view.name for view in columns), rows)


def _cell(one: Evidence | None, wording: Wording) -> tuple[str, str]:
    """The ratio, and how it is tinted."""
    if one is None:
        return "·", ""
    judged = "°" if one.judged and one.judged == one.weight else ""
    strength = sum(math.exp(abs(one.weight)) >= least for least in TINTS)
    side = "for" if one.weight >= 0 else "against"
    return _ratio(one.weight, wording) + judged, f"{side}-{strength}" if strength else ""
