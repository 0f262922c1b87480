"""A worked study for the report's tests: an enhancing lesion in the neck, a second below it, everything a report may hold."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from thecal.records import (
    PATIENT,
    Acquisition,
    Alert,
    AlignedStudy,
    Article,
    Candidate,
    Change,
    Comparison,
    Differential,
    Entity,
    Evidence,
    Figure,
    Finding,
    Hole,
    Identity,
    Issue,
    LabelMap,
    Lesion,
    Match,
    Measurement,
    NotAssessed,
    Outlook,
    Place,
    Plane,
    ProtocolCheck,
    Provenance,
    Question,
    Reading,
    Region,
    Report,
    Role,
    Rule,
    Segmentation,
    Series,
    Source,
    Study,
    Term,
    Unread,
    Vocabulary,
    Volume,
)
from thecal.report import compose, words
from thecal.report.wording import Wording

UID, OTHER_UID = "2.25.11", "2.25.12"
SAG_T2, SAG_T1, SAG_CE, AX_T2 = "acq-sag_T2w", "acq-sag_T1w", "acq-sag_ce-gadolinium_T1w", "acq-ax_T2w"
WHOLE: tuple[Region, ...] = ("cervical", "thoracic", "lumbar", "sacral")
IDENTITY = Identity("Muster^Erika", "SIM-1", "19810203", "F", "ACC-7", "2.25.1", "20260304", "MR whole spine")
# A 2 x 2 picture, for reports whose pictures are not looked at.
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAAAAABX3VL4AAAADklEQVR4nGNwaGBocAAABIYBgeFspBgAAAAASUVORK5CYII="
SAGITTAL = np.array([[3.3, 0, 0, -18], [0, -0.9, 0.02, 47], [0, 0.02, 0.9, 330], [0, 0, 0, 1.0]])
AXIAL = np.array([[-0.7, 0, 0, 21], [0, -0.7, 0.1, 22], [0, 0.02, 4.0, 365], [0, 0, 0, 1.0]])
CENTRE = np.array([0.4, 0.6, 402.0])

VOCABULARY = Vocabulary(
    findings={
        "length_segments": Term("length_segments", "number", unit="vertebral segments"),
        "age_years": Term("age_years", "number", unit="year"),
    },
    entities={
        code: Entity(code, name)
        for code, name in {
            "ependymoma": "Spinal ependymoma",
            "pilocytic_astrocytoma": "Pilocytic astrocytoma",
            "haemangioblastoma": "Haemangioblastoma",
            "meningioma": "Meningioma",
            "schwannoma": "Schwannoma",
            "multiple_sclerosis": "Multiple sclerosis plaque",
        }.items()
    },
    parents={"astrocytoma": Entity("astrocytoma", "Spinal astrocytoma")},
)
SOURCES = {
    "kobayashi2018": Source(
        "kobayashi2018", "Cap sign in spinal ependymoma", "Kobayashi et al.", "J Example", 2018, "10.1000/example"
    ),
    "klekamp2015": Source("klekamp2015", "Spinal ependymomas", "Klekamp", "J Other", 2015),
}
ARTICLES = {"ependymoma": Article("ependymoma", "Spinal ependymoma", "…")}
RULES = (
    Rule(
        "contrast_missing", "leptomeningeal_disease", "error", {"always": True}, {"series": {"role": "T1w_ce"}},
        "No T1 after contrast.", "Sagittal fat-suppressed T1 of the whole spine after contrast", "lerhun2023",
    ),
    Rule(
        "susceptibility", "intramedullary_tumour", "info", {"always": True}, {"series": {"role": "T2starw"}},
        "No T2* series.", "T2* series through the lesion", "judged",
    ),
)  # fmt: skip


def _volume(affine: Any, shape: tuple[int, int, int], brightness: float, seed: int) -> Volume:
    """Cord, fluid and muscle on a grid; the cord runs along z, the lesion is a bright spindle in it."""
    index = np.moveaxis(np.indices(shape), 0, -1)
    x, y, z = np.moveaxis(index @ np.asarray(affine)[:3, :3].T + np.asarray(affine)[:3, 3], -1, 0)
    bend = 3 * np.sin((z - 400) / 35)
    out = np.hypot(x / 6.5, (y - bend) / 4.5)
    values = np.where(out < 1, 430, np.where(np.hypot(x / 11, (y - bend) / 8.5) < 1, 820, 260 + 60 * np.sin(z / 8)))
    values = np.where(_lesion(x, y - bend, z), brightness, values)
    noise = np.random.default_rng(seed).normal(0, 18, shape)
    return Volume((values + noise).clip(0).astype(np.int16), affine)


def _lesion(x: Any, y: Any, z: Any) -> Any:
    return (x / 5) ** 2 + (y / 3.8) ** 2 + ((z - CENTRE[2]) / 17) ** 2 < 1


def _labels(volume: Volume, key: str) -> tuple[LabelMap, LabelMap]:
    index = np.moveaxis(np.indices(volume.shape), 0, -1)
    x, y, z = np.moveaxis(index @ volume.affine[:3, :3].T + volume.affine[:3, 3], -1, 0)
    bend = 3 * np.sin((z - 400) / 35)
    sac = np.hypot(x / 11, (y - bend) / 8.5) < 1
    cord = np.hypot(x / 6.5, (y - bend) / 4.5) < 1
    anatomy = np.where(cord, 1, np.where(sac, 2, 0)).astype(np.int16)
    lesion = np.where(_lesion(x, y - bend, z), 1, 0).astype(np.int16)
    names = {1: "spinal cord", 2: "thecal sac"}
    return (
        LabelMap(Volume(anatomy, volume.affine), names, key, "classic"),
        LabelMap(Volume(lesion, volume.affine), {1: "enhancing tumour"}, key, "classic"),
    )


def _series(key: str, role: Role, plane: Plane, brightness: float, *, fat: bool | None = False) -> Series:
    affine, shape = (AXIAL, (61, 59, 23)) if plane == "axial" else (SAGITTAL, (11, 107, 151))
    acquisition = Acquisition(modality="MR", series_description=f"{role} {plane}", slice_thickness_mm=3.0)
    return Series(
        key, role, 0.95, "header", plane, _volume(affine, shape, brightness, len(key)), acquisition,
        fat_suppressed=fat, regions=WHOLE, slice_axis=2 if plane == "axial" else 0,
    )  # fmt: skip


def study() -> Study:
    return Study(
        series=(
            _series(SAG_T2, "T2w", "sagittal", 700),
            _series(SAG_T1, "T1w", "sagittal", 380),
            _series(SAG_CE, "T1w_ce", "sagittal", 1100, fat=True),
            _series(AX_T2, "T2w", "axial", 700),
        ),
        unread=(Unread("series 9", "a mosaic: its slices lie in one picture"),),
        context={"age_years": 45.0, "sex": "female", "radicular_pain": "present"},
        acquired_on="2026-03-04",
        study_instance_uid="2.25.1",
    )


def aligned(made: Study | None = None) -> AlignedStudy:
    made = made or study()
    keys = [series.key for series in made.images()]
    return AlignedStudy(
        made, None, {key: np.eye(4) for key in keys}, dict.fromkeys(keys, 0.4), {key: key == AX_T2 for key in keys}
    )


def segmentation(made: Study | None = None) -> Segmentation:
    pairs = {s.key: _labels(s.volume, s.key) for s in (made or study()).images() if s.volume is not None}
    return Segmentation(
        anatomy={key: pair[0] for key, pair in pairs.items()},
        lesion={key: pair[1] for key, pair in pairs.items()},
        lesions=lesions(),
    )


def lesions() -> tuple[Lesion, ...]:
    place = Place(SAG_CE, *map(float, CENTRE))
    return (
        Lesion(
            UID, 1, 0.93, {"intramedullary": 0.95, "intradural_extramedullary": 0.04, "extradural": 0.01}, place, 1353.0,
            (1,), (SAG_T2, SAG_CE, AX_T2), ("C4", "C5", "C6"),
        ),
        Lesion(
            OTHER_UID, 2, 0.44, {"intramedullary": 0.1, "intradural_extramedullary": 0.78, "extradural": 0.12},
            Place(SAG_T2, 5.0, -3.0, 350.0), 210.0, (8,), (SAG_T2,), ("T2",),
        ),
    )  # fmt: skip


def measured(code: str, subject: str, **probabilities: float) -> Finding:
    place = Place(SAG_CE, *map(float, CENTRE))
    return Finding(code, subject, "measured", probabilities, where=place, method="signal against normal cord")


def reading() -> Reading:
    before = measured("margins", UID, well_defined=0.45, ill_defined=0.55)
    after = replace(before, basis="corrected", probabilities={"well_defined": 1.0, "ill_defined": 0.0})
    found = (
        Finding("sex", PATIENT, "stated", {"female": 1.0, "male": 0.0}),
        Finding("age_years", PATIENT, "stated", value=45.0),
        Finding("radicular_pain", PATIENT, "stated", {"absent": 0.0, "present": 1.0}),
        measured("lesion_count", PATIENT, single=0.2, multiple=0.8),
        measured("leptomeningeal_pattern", PATIENT, none=0.93, nodular=0.05, diffuse=0.01, mixed=0.01),
        Finding(
            "length_segments", UID, "measured", value=2.5, value_sd=0.3, measurement=Measurement(34.0, "mm", 3.0),
            where=Place(SAG_CE, *map(float, CENTRE)), method="along the cord",
        ),
        measured("t1_signal", UID, hypointense=0.04, isointense=0.94, hyperintense=0.02),
        measured("t2_signal", UID, isointense=0.03, hyperintense=0.97),
        measured("enhancement", UID, absent=0.01, mild=0.06, marked=0.93),
        measured("enhancement_pattern", UID, homogeneous=0.91, heterogeneous=0.09),
        measured("cord_expansion", UID, absent=0.05, present=0.95),
        measured("cap_sign", UID, absent=0.25, present=0.75),
        measured("syrinx", UID, absent=0.91, present=0.09),
        after,
        measured("t2_signal", OTHER_UID, isointense=0.4, hyperintense=0.6),
    )  # fmt: skip
    gaps = (
        NotAssessed("enhancement", OTHER_UID, "no series after contrast shows it"),
        NotAssessed("cord_compression", PATIENT, "no axial T2 at the level"),
        NotAssessed("restricted_diffusion", UID, "no diffusion-weighted series"),
        NotAssessed("restricted_diffusion", OTHER_UID, "no diffusion-weighted series"),
    )
    change = Change(f"{UID}/margins", before, after, "A. Reader", "2026-03-05T08:00:00+00:00", "sharp on axial images")
    return Reading("reading-2", "reading-1", lesions(), found, gaps, (change,))


def differential(subject: str = PATIENT) -> Differential:
    candidates = (
        Candidate("ependymoma", 0.71, (0.58, 0.82)),
        Candidate("pilocytic_astrocytoma", 0.14, (0.07, 0.26)),
        Candidate("haemangioblastoma", 0.07, (0.03, 0.12)),
        Candidate("multiple_sclerosis", 0.04, (0.01, 0.08)),
        Candidate("meningioma", 0.015, (0.0, 0.03)),
        Candidate("schwannoma", 0.005, (0.0, 0.02)),
        Candidate("none_of_these", 0.02, (0.01, 0.05)),
    )
    evidence = (
        Evidence("cap_sign", "present", "ependymoma", 1.3, ((13, 47, "kobayashi2018"),), 0.2),
        Evidence("enhancement_pattern", "homogeneous", "ependymoma", 0.6, (), 0.6),
        Evidence("cap_sign", "present", "pilocytic_astrocytoma", -0.9, (), -0.9),
    )
    return Differential(
        subject, candidates, {"astrocytoma": 0.14}, {"ependymoma": 0.2}, evidence, ("radicular_pain",),
        (Question("haemorrhage", 0.31, "T2* or susceptibility-weighted series"), Question("age_years", 0.02, "ask")),
        (Alert("metastasis", "A known cancer makes metastasis likelier than the images alone tell.", 3),),
        notes=("syrinx present (now 9% likely) would put Haemangioblastoma first", "base rates: clinical"),
        outlook=(
            Outlook(
                "resection",
                "Spinal ependymoma: gross total resection in 88 of 102 of published operations. Not this patient's probability.",
                None, ((88, 102, "klekamp2015"),),
                ("margins well defined: a sharp margin on MRI suggests a plane (judgement)",),
            ),
        ),
    )  # fmt: skip


def protocol() -> ProtocolCheck:
    return ProtocolCheck(
        (
            Issue("leptomeningeal_disease/contrast_dose", "warning", "The gadolinium dose is not stated."),
            Issue("intramedullary_tumour/susceptibility", "info", "No T2* series."),
            Issue("every/low_signal", "warning", "Low signal against noise.", SAG_T1),
        ),
        {"leptomeningeal_disease": "limited", "intramedullary_tumour": "yes", "cystic_lesion": "no"},
        ("contrast dose per kilogram",),
    )


def provenance() -> Provenance:
    return Provenance(
        "0.1.0", "2026-03-04T10:00:00+00:00", {SAG_T2: "ab" * 32}, "c0ffee" * 10, {"classic": ""}, {"numpy": "2.4.6"},
        {"align": 1.5, "segment": 6.25},
    )  # fmt: skip


def comparison() -> Comparison:
    pair = Match("pair", "2.25.90", UID, Measurement(12.0, "%"), Measurement(15.0, "%"))
    return Comparison(
        "reading-0", "2025-09-01", (pair, Match("new", None, OTHER_UID), Match("vanished", "2.25.91", None))
    )


def figures() -> tuple[Figure, ...]:
    place = Place(SAG_CE, *map(float, CENTRE))
    return (
        Figure("overview-1", "Sagittal T2. Numbers are lesions.", PIXEL, place),
        Figure("lesion-1-sagittal", "Lesion 1, sagittal T1 after contrast.", PIXEL, place),
        Figure("lesion-1-axial", "Lesion 1, axial T2.", PIXEL, place),
    )


def report(**changes: Any) -> Report:
    """The report of the worked study, with any argument of `compose` changed."""
    told: dict[str, Any] = {
        "identity": IDENTITY, "aligned": aligned(), "protocol": protocol(), "reading": reading(),
        "differentials": (differential(), differential(UID)), "holes": (Hole("draw", "no space left", "the key images"),),
        "comparison": comparison(), "figures": figures(), "vocabulary": VOCABULARY, "sources": SOURCES, "rules": RULES,
        "articles": ARTICLES, "provenance": provenance(),
    }  # fmt: skip
    return compose(**{**told, **changes})


def name_of(code: str) -> str:
    """A finding's name as a table heads it."""
    return Wording(words.read()).finding(code)


def without_contrast(made: Study | None = None) -> Study:
    made = made or study()
    return replace(made, series=tuple(series for series in made.series if series.role != "T1w_ce"))
