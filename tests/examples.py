"""A worked example of every record: two stations, two T2w series, two lesions, a correction, an earlier study."""

from __future__ import annotations

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
    Evidence,
    EvidenceCount,
    Figure,
    Finding,
    Grid,
    Hole,
    Identity,
    Issue,
    LabelMap,
    Lesion,
    Match,
    Measurement,
    NotAssessed,
    NumberRate,
    Place,
    ProtocolCheck,
    Provenance,
    Question,
    Rate,
    Rates,
    Reading,
    Report,
    Revision,
    Segmentation,
    Series,
    SeriesLine,
    Study,
    Unread,
    Volume,
)

OBLIQUE = np.array([[0.0, 0.1, 3.3, -20.0], [0.8, 0.05, 0.2, -60.0], [-0.05, 0.79, 0.1, 400.0], [0.0, 0.0, 0.0, 1.0]])
SHAPE = (37, 53, 29)
UPPER, LOWER, SECOND = "chunk-1_acq-sag_T2w", "chunk-2_acq-sag_T2w", "acq-ax_T2w"
FIRST_UID, SECOND_UID = "2.25.11", "2.25.12"
IDENTITY = Identity("Simulated^Patient", "SIM-1", "19810203", "F", "ACC-7", "2.25.1", "2026-03-04", "MR spine")


def volume(seed: int, shift_mm: float = 0.0) -> Volume:
    """Noise on an oblique grid of unequal sides, moved along the body by shift_mm."""
    affine = OBLIQUE.copy()
    affine[2, 3] += shift_mm
    values = np.random.default_rng(seed).integers(0, 900, SHAPE)
    return Volume(values.astype(np.int16), affine)


def series(key: str, seed: int, shift_mm: float = 0.0) -> Series:
    """A T2w series with the header values a scanner states."""
    acquisition = Acquisition(
        modality="MR", echo_time_s=0.1, repetition_time_s=3.2, scanning_sequence=("SE",), series_number=seed
    )
    return Series(
        key,
        "T2w",
        0.97,
        "header",
        "sagittal",
        volume(seed, shift_mm),
        acquisition,
        False,
        ("cervical", "thoracic"),
        2,
        "2.25.5",
        f"2.25.10{seed}",
        (f"2.25.10{seed}.1",),
    )


def study() -> Study:
    """Two stations of a sagittal T2w, a second T2w, something unread and something amiss."""
    return Study(
        series=(series(UPPER, 1), series(LOWER, 2, -280.0), series(SECOND, 3)),
        unread=(Unread("series 9", "a mosaic: its slices are not in one grid"),),
        issues=(Issue("slices_missing", "warning", "2 of 29 slices are missing", UPPER),),
        context={"age_years": 45.0, "sex": "female"},
        acquired_on="2026-03-04",
        study_instance_uid="2.25.1",
    )


def aligned() -> AlignedStudy:
    """The study placed in one space, one series moved by registration."""
    made = study()
    moved = np.eye(4)
    moved[0, 3] = 1.25
    places = {UPPER: np.eye(4), LOWER: np.eye(4), SECOND: moved}
    return AlignedStudy(
        made,
        Grid(SHAPE, OBLIQUE),
        places,
        {UPPER: 0.0, LOWER: None, SECOND: 0.4},
        {UPPER: False, LOWER: False, SECOND: True},
    )


def segmentation() -> Segmentation:
    """A cord, two lesions, and levels that could not be told."""
    label = LabelMap(
        Volume(np.ones(SHAPE, np.int16), OBLIQUE), {1: "spinal cord"}, UPPER, "classic", "", ("the whole canal",)
    )
    probability = Volume(np.full(SHAPE, 0.5, np.float32), OBLIQUE)
    return Segmentation(
        anatomy={UPPER: label},
        lesion={UPPER: label},
        probability={UPPER: {"cord": probability}},
        composed_anatomy=label,
        composed_lesion=label,
        composed_instances=label,
        lesions=lesions(),
        region={UPPER: {"cervical": 0.8, "thoracic": 0.2}},
        not_told=(NotAssessed("level", PATIENT, "no landmark names the levels"),),
        lesion_threshold=0.5,
    )


def lesions() -> tuple[Lesion, ...]:
    """One lesion in the cord and one beside it."""
    return (
        Lesion(
            FIRST_UID,
            1,
            0.93,
            {"intramedullary": 0.95, "intradural_extramedullary": 0.04, "extradural": 0.01},
            Place(UPPER, 1.0, -20.5, 402.0),
            2310.0,
            (1, 11),
            (UPPER, SECOND),
            ("C4", "C5"),
        ),
        Lesion(
            SECOND_UID,
            2,
            0.71,
            {"intramedullary": 0.1, "intradural_extramedullary": 0.8, "extradural": 0.1},
            Place(LOWER, -4.0, -31.0, 140.0),
            410.0,
            (8,),
            (LOWER,),
        ),
    )


def reading() -> Reading:
    """Measured, stated and corrected findings, and one that was not assessed."""
    place = Place(UPPER, 1.0, -20.5, 402.0)
    before = Finding(
        "margins", FIRST_UID, "measured", {"well_defined": 0.45, "ill_defined": 0.55}, where=place, method="edge width"
    )
    after = Finding("margins", FIRST_UID, "corrected", {"well_defined": 1.0, "ill_defined": 0.0}, where=place)
    return Reading(
        "reading-2",
        "reading-1",
        lesions(),
        (
            Finding("sex", PATIENT, "stated", {"female": 1.0, "male": 0.0}),
            Finding("age_years", PATIENT, "stated", value=45.0),
            Finding(
                "length_segments",
                FIRST_UID,
                "measured",
                value=2.5,
                value_sd=0.3,
                measurement=Measurement(34.0, "mm", 3.0),
                where=place,
            ),
            Finding(
                "cap_sign",
                FIRST_UID,
                "measured",
                {"absent": 0.2, "present": 0.8},
                where=place,
                method="dark rim at the pole",
            ),
            after,
        ),
        (NotAssessed("enhancement", FIRST_UID, "no post-contrast T1w"),),
        (
            Change(
                f"{FIRST_UID}/margins",
                before,
                after,
                "A. Reader",
                "2026-03-05T08:00:00+00:00",
                "sharp on the axial images",
            ),
        ),
    )


def rates() -> Rates:
    """A counted and judged rate, and the age of an entity."""
    count = EvidenceCount("ependymoma", "cap_sign", "present", 13, 47, "kobayashi2018", "abstract", 1.0)
    return Rates(
        (Rate("ependymoma", "cap_sign", {"absent": 0.7, "present": 0.3}, 40.0, 0.7, (count,), given="haemorrhage"),),
        (NumberRate("ependymoma", "age_years", ((1.0, 42.0, 14.0),), 30.0, False, ("kobayashi2018",)),),
        {"ependymoma": {"adult": 0.1}},
        "d1",
    )


def differential(subject: str = PATIENT) -> Differential:
    """Two candidates and none_of_these, with the reasons."""
    return Differential(
        subject,
        (
            Candidate("ependymoma", 0.71, (0.58, 0.82)),
            Candidate("pilocytic_astrocytoma", 0.24, (0.12, 0.36)),
            Candidate("none_of_these", 0.05, (0.02, 0.1)),
        ),
        {"astrocytoma": 0.24},
        {"ependymoma": 0.1, "pilocytic_astrocytoma": 0.05, "none_of_these": 0.03},
        (Evidence("cap_sign", "present", "ependymoma", 1.3, ((13, 47, "kobayashi2018"),), 0.2),),
        ("immunosuppression",),
        (Question("haemorrhage", 0.31, "T2* or SWI"),),
        (Alert("cord_compression", "The cord is deformed.", 1),),
    )


def report() -> Report:
    """A preliminary report with everything a report may hold."""
    lines = (
        SeriesLine(
            UPPER,
            "T2w",
            0.97,
            "header",
            "sagittal",
            SHAPE,
            (0.8, 0.8, 3.3),
            ("cervical",),
            False,
            "T2 TSE SAG",
            0.0,
            False,
            "ab",
        ),
    )
    pair = Match("pair", "2.25.90", FIRST_UID, Measurement(12.0, "%"), Measurement(15.0, "%"))
    return Report(
        IDENTITY,
        "preliminary",
        "2026-03-04",
        "2.25.1",
        study().context,
        (Alert("cord_compression", "The cord is deformed.", 1),),
        ("Two lesions.",),
        lines,
        study().unread,
        ProtocolCheck(study().issues, {"leptomeningeal_disease": "no"}, ("contrast dose",)),
        reading(),
        (differential(), differential(FIRST_UID)),
        ("T1w after contrast",),
        Comparison("reading-0", "2025-09-01", (pair, Match("new", None, SECOND_UID)), ""),
        (Hole("draw", "no space", "the key images"),),
        (Figure("lesion-1", "Lesion 1", "iVBORw0KGgo=", Place(UPPER, 1.0, -20.5, 402.0)),),
        Provenance(
            "0.1.0", "2026-03-04T10:00:00+00:00", {UPPER: "ab"}, "kd", {"classic": ""}, {"numpy": "2.4"}, {"align": 1.5}
        ),
    )


def article() -> Article:
    return Article(
        "cap_sign", "Cap sign", "## Summary\nA dark cap [sun2003].\n", ("haemorrhage",), ("haemosiderin cap",),
        ("ependymoma",), "TA0001", "sign", (Revision(1, "2026-03-04", "First version"),),
    )  # fmt: skip


EXAMPLES = {
    "article": article,
    "study": study,
    "aligned_study": aligned,
    "segmentation": segmentation,
    "reading": reading,
    "rates": rates,
    "differential": differential,
    "report": report,
}
