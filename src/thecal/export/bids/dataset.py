"""The files that a reading adds to a BIDS derivatives data set, each with its content.

One participant's examination a call. Label maps of each series lie in that series' own grid (`seg-anatomy`, `seg-lesion`; desc
names the kind of image), probabilities beside them, and the maps composed over the examination in `space-study`. A case is a row
under phenotype/ with a dictionary; every finding of every lesion stands in findings_long.tsv, for which BIDS has no place.

Source: gorgolewski2016; BIDS specification 1.10
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from thecal.export.bids import methods, names, tables
from thecal.records import LabelMap, Report, Segmentation, Source, Vocabulary, Volume

Content = bytes | Volume
BIDS_VERSION = "1.10.0"
STUDY_SPACE = "the examination's common grid, in scanner coordinates (RAS, mm), to which each series is placed rigidly"


@dataclass(frozen=True)
class Participant:
    """Whose files they are: the participant's label and, where there are several examinations, the session's."""

    label: str
    session: str | None = None
    entities: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        told = {"sub": names.label_of(self.label, "sub")}
        told |= {"ses": names.label_of(self.session, "ses")} if self.session else {}
        object.__setattr__(self, "entities", told)

    @property
    def folder(self) -> str:
        """The folder of the participant, or of the session within it."""
        return "/".join(f"{key}-{value}" for key, value in self.entities.items())

    @property
    def cases(self) -> str:
        """The table of cases this one is a row of; a session has its own, since a table holds a participant once."""
        return f"phenotype/findings_ses-{self.entities['ses']}" if self.session else "phenotype/findings"

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables that hold rows of several participants."""
        return ("participants.tsv", "findings_long.tsv", f"{self.cases}.tsv")


def dataset(
    report: Report,
    segmentation: Segmentation,
    who: Participant,
    vocabulary: Vocabulary,
    sources: Mapping[str, Source],
    earlier: Mapping[str, bytes] | None = None,
) -> dict[str, Content]:
    """Every file by its path within the data set; volumes are to be written as NIfTI.

    earlier are the shared tables as they stand; this participant's rows (of this session) in them are replaced.
    """
    earlier = earlier or {}
    subject = f"sub-{who.entities['sub']}"
    session = f"ses-{who.entities['ses']}" if "ses" in who.entities else None
    files: dict[str, Content] = {
        "dataset_description.json": _json(_description(report)),
        "README.md": README.encode(),
        ".bidsignore": b"methods.md\nmethods.bib\nfindings_long.*\n",
        "methods.md": methods.text(report, sources).encode(),
        "methods.bib": methods.bibliography(report, sources).encode(),
        "participants.json": tables.participant_dictionary(),
        "findings_long.json": tables.finding_dictionary(vocabulary),
        f"{who.cases}.json": tables.case_dictionary(vocabulary, report.provenance.version),
    }
    people = [tables.participant_row(report, subject)]
    shared: dict[str, tuple[tuple[str, ...], list[dict[str, Any]], str | None]] = {
        "participants.tsv": (tuple(tables.PARTICIPANT_COLUMNS), people, None),
        "findings_long.tsv": (tuple(tables.FINDING_COLUMNS), list(tables.findings(report, subject, session)), session),
        f"{who.cases}.tsv": (tables.case_columns(vocabulary), [tables.case_row(report, subject, vocabulary)], None),
    }
    for name, (columns, rows, only) in shared.items():
        files[name] = _merged(earlier.get(name, b""), columns, rows, subject, only)
    return files | dict(_images(segmentation, who))


def _merged(
    earlier: bytes, columns: tuple[str, ...], rows: list[dict[str, Any]], subject: str, session: str | None
) -> bytes:
    """The table with this participant's rows (of this session) new and all others as they were, in the participants' order."""
    kept: list[dict[str, Any]] = [
        {key: None if value == tables.NONE else value for key, value in row.items()}
        for row in tables.read(earlier)
        if row["participant_id"] != subject or (session is not None and row.get("session_id") != session)
    ]
    everyone = sorted([*kept, *rows], key=lambda row: (row["participant_id"], row.get("session_id") or ""))
    return tables.table(columns, everyone)


def _description(report: Report) -> dict[str, Any]:
    made = report.provenance
    return {
        "Name": "thecal: spinal MRI read for tumours inside the dura",
        "BIDSVersion": BIDS_VERSION,
        "DatasetType": "derivative",
        "License": "to be chosen by whoever publishes it",
        "GeneratedBy": [
            {"Name": "thecal", "Version": made.version, "Description": "Research software, not a medical device"}
        ],
        "HowToAcknowledge": "Cite the publications in methods.bib",
    }


def _images(segmentation: Segmentation, who: Participant) -> Iterator[tuple[str, Content]]:
    composed = {"composed_anatomy": "anatomy", "composed_lesion": "lesion", "composed_instances": "instances"}
    for name, kind in composed.items():
        label = getattr(segmentation, name)
        if label is not None:
            yield from _label_map(label, {"space": "study", "seg": kind}, who, {"SpatialReference": STUDY_SPACE})
    for kind, maps in (("anatomy", segmentation.anatomy), ("lesion", segmentation.lesion)):
        for key, label in maps.items():
            entities, suffix = names.entities_of(key)
            yield from _label_map(label, {**entities, "seg": kind, "desc": suffix}, who, _native(key))
    for key, structures in segmentation.probability.items():
        entities, suffix = names.entities_of(key)
        for structure, volume in structures.items():
            stem = _stem({**entities, "label": structure.replace("_", ""), "desc": suffix}, "probseg", who)
            yield f"{stem}.nii.gz", Volume(volume.voxels.astype(np.float32), volume.affine)
            yield (
                f"{stem}.json",
                _json({"Description": f"Probability of {structure}, 0 to 1", "Manual": False, **_native(key)}),
            )


def _native(key: str) -> dict[str, str]:
    return {"SourceSeries": key, "SpatialReference": f"the grid of series {key}"}


def _label_map(
    label: LabelMap, entities: dict[str, str], who: Participant, told: Mapping[str, Any]
) -> Iterator[tuple[str, Content]]:
    """A label map with its sidecar, and the table that names its labels."""
    stem = _stem(entities, "dseg", who)
    yield f"{stem}.nii.gz", Volume(label.volume.voxels.astype(np.int16), label.volume.affine)
    sidecar = {
        "Description": f"Labels drawn by {label.segmenter}; the table beside names them",
        "Manual": False,
        "Segmenter": label.segmenter,
        "WeightsDigest": label.weights_digest or tables.NONE,
        "Notes": list(label.notes),
        **told,
    }
    yield f"{stem}.json", _json(sidecar)
    rows = ({"index": index, "name": name} for index, name in sorted(label.names.items()))
    yield f"{stem}.tsv", tables.table(("index", "name"), rows)


def _stem(entities: dict[str, str], suffix: str, who: Participant) -> str:
    return f"{who.folder}/anat/{names.file_name({**entities, **who.entities}, suffix)}"


def _json(told: Mapping[str, Any]) -> bytes:
    return (json.dumps(told, ensure_ascii=False, indent=1) + "\n").encode()


README = """# Spinal MRI read by thecal

Label maps (`*_dseg.nii.gz`, with the names of their labels beside them) and probabilities (`*_probseg.nii.gz`) of each series in
its own grid, and label maps composed over each examination (`space-study`).

`phenotype/findings.tsv` has a row for each participant: their findings with those of the largest lesion; `findings.json` beside
it says what each column means. `findings_long.tsv` has every finding of every lesion, with its probability, place and method.
A finding that was not assessed is neither present nor absent; the long table says why.

`methods.md` tells how the last participant added was read and what was used; `methods.bib` holds the citations.

Made by research software that is not a medical device. No physician has approved what stands here.
"""
