"""A simulated study of any entity, with its truth: draw a case, a spine and its lesions, paint them, and image them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from thecal.records import Identity, LabelMap, Rates, Series, Study, Vocabulary, Volume
from thecal.simulation import patient, protocols
from thecal.simulation.artefacts import Artefacts, draw_artefacts
from thecal.simulation.examination import Examination, Subject
from thecal.simulation.protocols import Protocol
from thecal.simulation.scanner import Slab
from thecal.simulation.signs import Case, check_words, draw_case
from thecal.simulation.spectrum import Spectrum
from thecal.simulation.spine import draw_spine
from thecal.simulation.truth import LESION_NAMES, Truth, anatomy_names, tell, told_context

SEGMENTER = "simulation"
ACQUIRED_ON = "2025-01-15"


@dataclass(frozen=True, eq=False)
class Phantom:
    """A simulated study and what is true of it.

    anatomy and lesion are the truth in the reference grid, that of the first series; by_series holds both for each series.
    findings are the signs that were painted, as code: state or number; truth tells them all, with what cannot be shown and
    why; context is what a clinic would know.
    """

    entity: str
    seed: int
    study: Study
    anatomy: LabelMap
    lesion: LabelMap
    instances: LabelMap
    by_series: Mapping[str, tuple[LabelMap, LabelMap]]
    findings: Mapping[str, str | float]
    context: Mapping[str, str | float]
    identity: Identity
    truth: Truth
    spectrum: Spectrum | None = None


def simulate(
    entity: str = "healthy",
    seed: int = 0,
    *,
    field_t: float = 3.0,
    protocol: str = "standard",
    signs: Mapping[str, str | float] | None = None,
    rates: Rates | None = None,
    vocabulary: Vocabulary | None = None,
    region: str | None = None,
    artefacts: Artefacts | None = None,
    generator: str = "first",
) -> Phantom:
    """A study of one patient with the entity (or healthy), the same for the same arguments.

    signs fixes states of findings (and age_years, sex, level, length_segments); the rest is drawn from rates where given, else
    from entities.yaml. With a vocabulary its words are checked. region (cervical, thoracic, thoracolumbar, lumbar) by default
    holds the lesion. artefacts are drawn as an ordinary study has them unless given (artefacts.NONE for none).
    generator is first or second: another way to shape and texture lesions, for cases to be judged on.
    """
    if vocabulary is not None:
        check_words(signs or {}, vocabulary)
    rng = np.random.default_rng([seed, *entity.encode()])
    plan = protocols.find_protocol(protocol)
    subject = _draw_subject(draw_case(entity, rng, signs, rates), seed, plan, rng, field_t, region, generator)
    spoiled = draw_artefacts(rng.spawn(1)[0]) if artefacts is None else artefacts
    return _examine(subject, plan, Examination(subject, plan, spoiled, rng))


def draw_subject(entity: str, seed: int, field_t: float, generator: str = "first") -> Subject:
    """A patient with the entity, painted and not imaged: the anatomy to take any number of images of."""
    rng, plan = np.random.default_rng([seed, *entity.encode()]), protocols.find_protocol("standard")
    return _draw_subject(draw_case(entity, rng, None, None), seed, plan, rng, field_t, None, generator)


def _draw_subject(
    case: Case, seed: int, plan: Protocol, rng: np.random.Generator, field_t: float, region: str | None, generator: str
) -> Subject:
    told = case.signs.get("prior_spine_surgery")
    operated = None if told is None else told == "present"
    spine = draw_spine(rng, age=case.age, female=case.female, step_mm=0.5, operated=operated)
    foci = patient.place_foci(case, spine, plan, rng)
    area = region or patient.region_of(case, foci, spine)
    centre = patient.centre_of(area, foci, spine)
    scene, foci = patient.paint(case, spine, foci, rng, plan, centre, field_t, generator)
    return Subject(case, scene, foci, seed, area, centre)


def _examine(subject: Subject, plan: Protocol, examination: Examination) -> Phantom:
    """Every series of the protocol, with the truth in each of their grids."""
    made: list[Series] = []
    truths: dict[str, tuple[LabelMap, LabelMap]] = {}
    instances: LabelMap | None = None
    spectrum: Spectrum | None = None
    enhanced = any(series.role == "T1w_ce" for series in plan.series)
    for number, series in enumerate(plan.series, start=1):
        if series.role == "mrs":
            listed, spectrum = examination.take_spectrum(number, series)
        else:
            listed, slab = examination.take(number, series)
            truths[series.key] = _truth(slab, series.key, enhanced)
            instances = instances or _labels(slab, slab.instance, {}, series.key)
        made.append(listed)
    assert instances is not None
    case, truth, context = subject.case, tell(subject.case, subject.scene, subject.foci, plan), _context(subject)
    study = Study(tuple(made), context=context, acquired_on=ACQUIRED_ON, study_instance_uid=subject.uid("study"))
    return Phantom(
        case.entity, subject.seed, study, *truths[made[0].key], instances, truths, truth.findings, context, _identity(subject),
        truth, spectrum,
    )  # fmt: skip


def _context(subject: Subject) -> dict[str, str | float]:
    context = told_context(subject.case)
    return context if subject.scene.spine.operation is None else {**context, "prior_spine_surgery": "present"}


def _identity(subject: Subject) -> Identity:
    case, seed = subject.case, subject.seed
    return Identity(
        patient_name="Simulated^Patient", patient_id=f"SIM{seed:05d}", patient_birth_date=f"{2025 - int(case.age)}-01-01",
        patient_sex="F" if case.female else "M", study_instance_uid=subject.uid("study"), study_date=ACQUIRED_ON,
        study_description=f"Simulated MRI {subject.area} spine",
    )  # fmt: skip


def _truth(slab: Slab, key: str, enhanced: bool) -> tuple[LabelMap, LabelMap]:
    lesion = slab.lesion.copy()
    if not enhanced:
        lesion[(lesion == 1) | (lesion == 2)] = 8
    return _labels(slab, slab.anatomy, anatomy_names(), key), _labels(slab, lesion, LESION_NAMES, key)


def _labels(slab: Slab, codes: NDArray[np.uint8], names: Mapping[int, str], key: str) -> LabelMap:
    return LabelMap(Volume(codes.astype(np.int16), slab.grid.affine), names, key, SEGMENTER)
