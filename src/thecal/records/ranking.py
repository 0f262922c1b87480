"""What it may be: counts, rates, candidates with intervals, and the evidence for each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Sign = Literal["for", "against"]


@dataclass(frozen=True)
class EvidenceCount:
    """A published count: in n of `of` patients of an entity a finding had a state, says the source.

    weight (0 to 1) is what its grades for selection and for fit to the code let it weigh.
    """

    entity: str
    finding: str
    state: str
    n: int
    of: int
    source: str
    where: str = ""
    weight: float = 1.0
    note: str = ""


@dataclass(frozen=True)
class Rate:
    """How often a finding has each state in an entity.

    mean sums to 1 over states; strength is the number of patients it is worth; counted is the share of the strength that
    published counts carry (the rest is declared judgement). given names the finding it depends on, if any; within then holds the
    rates in each state of given in which this finding exists (no cap sign without haemorrhage).
    """

    entity: str
    finding: str
    mean: Mapping[str, float]
    strength: float
    counted: float
    counts: tuple[EvidenceCount, ...] = ()
    given: str | None = None
    within: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


@dataclass(frozen=True)
class NumberRate:
    """How a number (age, length) is distributed in an entity: a mixture of normals, log-normal where log is set.

    components are (weight, mean, sd), in the number's unit or its natural logarithm.
    """

    entity: str
    finding: str
    components: tuple[tuple[float, float, float], ...]
    strength: float
    log: bool = False
    sources: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rates:
    """What is known of every entity: its base rates and how often each sign is seen in it."""

    states: tuple[Rate, ...]
    numbers: tuple[NumberRate, ...]
    base_rates: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    digest: str = ""


@dataclass(frozen=True)
class Evidence:
    """What one finding says for or against one entity: the log likelihood ratio against the other entities, and its counts."""

    finding: str
    state: str
    entity: str
    weight: float
    counts: tuple[tuple[int, int, str], ...] = ()
    judged: float = 0.0


@dataclass(frozen=True)
class Candidate:
    """An entity with its probability and 90 % interval."""

    entity: str
    probability: float
    interval: tuple[float, float]


@dataclass(frozen=True)
class Question:
    """A finding that would help if it were known: expected information in bits, and what acquires it."""

    finding: str
    expected_information_bits: float
    how: str


@dataclass(frozen=True)
class Alert:
    """Something that must not wait or be overlooked, with its reason; most urgent first."""

    code: str
    message: str
    urgency: int
    entity: str | None = None


@dataclass(frozen=True)
class Outlook:
    """A statement beyond the name, with what it rests on: the likely primary, aggressiveness, resection in published series,
    the EANO-ESMO type, a follow-up.

    code says which; value is its probability or share where it has one; counts are (n, of, source).
    """

    code: str
    statement: str
    value: float | None = None
    counts: tuple[tuple[int, int, str], ...] = ()
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Differential:
    """The entities that may explain a lesion or a patient, ranked, with the reasons.

    candidates hold every leaf entity and none_of_these and sum to 1; empty with a reason where nothing was called.
    parents are sums of their children. unused lists findings that were known and moved nothing.
    """

    subject: str
    candidates: tuple[Candidate, ...] = ()
    parents: Mapping[str, float] = field(default_factory=dict)
    prior: Mapping[str, float] = field(default_factory=dict)
    evidence: tuple[Evidence, ...] = ()
    unused: tuple[str, ...] = ()
    ask_next: tuple[Question, ...] = ()
    alerts: tuple[Alert, ...] = ()
    reason: str | None = None
    notes: tuple[str, ...] = ()
    outlook: tuple[Outlook, ...] = ()
