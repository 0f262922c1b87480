"""A resumable store of simulated studies with their truth, and what each reading of one said, sign by sign.

A study is simulated and aligned once and kept whole in STORE/<entity>-<seed>.pickle.gz; a digest of the simulator stands in it.
"""

from __future__ import annotations

import gzip
import hashlib
import pickle
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

import thecal.simulation
from thecal.alignment import align
from thecal.differential import pool_text
from thecal.knowledge import load
from thecal.records import AlignedStudy, LabelMap, Lesion, Place, Rates, Segmentation, Volume
from thecal.records.geometry import voxel_to_mm
from thecal.simulation import simulate

# One study each by default: together they show nearly every state of every sign.
ENTITIES = (
    "ependymoma", "meningioma", "multiple_sclerosis", "schwannoma", "leptomeningeal_metastases_solid", "pilocytic_astrocytoma",
    "haemangioblastoma", "cavernous_malformation", "high_grade_astrocytoma", "nmosd", "myxopapillary_ependymoma",
    "vertebral_metastasis_epidural", "intramedullary_metastasis", "ganglioglioma", "leptomeningeal_metastases_cns", "lipoma",
    "arachnoid_cyst", "neurofibroma", "dermoid_or_epidermoid", "cord_infarct", "compressive_myelopathy",
    "leptomeningeal_haematological", "nontumoral_syrinx", "transverse_myelitis", "intramedullary_abscess", "paraganglioma",
    "inflammatory_polyradiculopathy", "melanocytic_tumour", "diffuse_leptomeningeal_glioneuronal_tumour", "dural_av_fistula",
    "epidural_lymphoma_or_myeloma", "disc_sequestration", "neurosarcoidosis", "solitary_fibrous_tumour", "healthy",
)  # fmt: skip
# Seeds to look at and mend with, to calibrate on, and to judge by: never the same study.
DEVELOP, HOLD_OUT = 6000, 7000
PROTOCOLS = ("both_planes", "sagittal_only", "both_planes", "standard")
SPINE_WIDE = ("leptomeningeal_metastases_solid", "leptomeningeal_metastases_cns", "leptomeningeal_haematological",
              "inflammatory_polyradiculopathy", "diffuse_leptomeningeal_glioneuronal_tumour", "healthy")  # fmt: skip
# What a lesion is, as against what it does to the cord around it.
AROUND = (3, 11, 12)


@dataclass(frozen=True, eq=False)
class Stored:
    """A simulated study as it is read, with its truth.

    masks are the true label maps (anatomy, lesion) by series; findings the signs painted, not_shown those that no series of
    this study shows; simulator the digest of the code that made it.
    """

    entity: str
    seed: int
    generator: str
    protocol: str
    aligned: AlignedStudy
    masks: Mapping[str, tuple[LabelMap, LabelMap]]
    instances: LabelMap
    findings: Mapping[str, str | float]
    not_shown: Mapping[str, str]
    context: Mapping[str, str | float]
    simulator: str


def studies(store: Path, entities: Sequence[str], first: int, count: int) -> Iterator[Stored]:
    """The studies asked for, one of each entity before the second of any; made where they are not there yet."""
    store.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        for entity in entities:
            yield keep(store, entity, first + number)


def keep(store: Path, entity: str, seed: int) -> Stored:
    """One study, from the store or made for it."""
    file = store / f"{entity}-{seed}.pickle.gz"
    if file.exists():
        with gzip.open(file, "rb") as stream:
            kept: Stored = pickle.load(stream)
            return kept
    made = make(entity, seed)
    scratch = file.with_suffix(".part")
    with gzip.open(scratch, "wb", compresslevel=1) as stream:
        pickle.dump(made, stream)
    scratch.rename(file)
    return made


def make(entity: str, seed: int) -> Stored:
    """A study simulated with the differential's own rates; generator, protocol and field strength turn with the seed."""
    turn = seed + int(hashlib.sha256(entity.encode()).hexdigest(), 16)
    generator = ("first", "second")[turn % 2]
    protocol = "whole" if entity in SPINE_WIDE and turn // 2 % 2 else PROTOCOLS[turn // 2 % 4]
    phantom = simulate(
        entity, seed, field_t=(3.0, 1.5)[turn // 3 % 2], protocol=protocol, rates=_rates(), generator=generator
    )
    return Stored(entity, seed, generator, protocol, align(phantom.study), phantom.by_series, phantom.instances,
                  phantom.findings, phantom.truth.not_shown, phantom.context, simulator_digest())  # fmt: skip


@cache
def _rates() -> Rates:
    knowledge = load()
    return pool_text(knowledge.text, knowledge.vocabulary)


@cache
def simulator_digest() -> str:
    """Digest of the simulator's files."""
    folder = Path(thecal.simulation.__file__).parent
    files = sorted(path for path in folder.iterdir() if path.suffix in (".py", ".yaml"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:16]


def true_segmentation(study: Stored) -> Segmentation:
    """The truth's label maps as a segmentation: a drawing without a fault, with its lesions in cranio-caudal order."""
    first = study.instances.source_key or ""
    carry = np.asarray(study.aligned.to_reference.get(first, np.eye(4)))

    def composed(labels: LabelMap) -> LabelMap:
        return LabelMap(
            Volume(labels.volume.voxels, carry @ labels.volume.affine), labels.names, None, labels.segmenter
        )

    anatomy, lesion = (composed(labels) for labels in study.masks[first])
    return Segmentation(
        {key: one for key, (one, _) in study.masks.items()}, {key: one for key, (_, one) in study.masks.items()},
        composed_anatomy=anatomy, composed_lesion=lesion, composed_instances=composed(study.instances),
        lesions=true_lesions(study, first),
    )  # fmt: skip


def true_lesions(study: Stored, key: str) -> tuple[Lesion, ...]:
    """The lesions painted in the first series; without a word on their compartment, which is to be measured."""
    codes, number = study.masks[key][1].volume, study.instances.volume.voxels
    found = []
    for instance in np.unique(number[codes.voxels > 0]):
        if instance == 0:
            continue
        mine = (number == instance) & (codes.voxels > 0)
        core = mine & ~np.isin(codes.voxels, AROUND)
        points = voxel_to_mm(codes.grid, np.argwhere(core if core.any() else mine))
        middle = points[int(np.argmin(np.linalg.norm(points - points.mean(axis=0), axis=1)))]
        held = core if core.any() else mine
        volume = float(np.count_nonzero(held)) * codes.grid.voxel_volume_mm3
        tissues = tuple(int(code) for code in np.unique(codes.voxels[mine]))
        found.append(Lesion(f"lesion-{int(instance)}", int(instance), 1.0, {}, Place(key, *map(float, middle)), volume, tissues,
                            tuple(study.masks)))  # fmt: skip
    return tuple(found)


def quiet() -> None:
    """Registration on one thread, as these benchmarks run beside other work."""
    import SimpleITK

    SimpleITK.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
