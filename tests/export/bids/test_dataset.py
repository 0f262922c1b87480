"""A reading as BIDS derivatives: names in order, three outcomes in the tables, and a validator that finds no error."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
from report import reports

from thecal import results
from thecal.export import bids
from thecal.export.bids import names, tables
from thecal.knowledge import Knowledge, load
from thecal.pipeline import Result
from thecal.records import CallWrong, Report, Segmentation, Source, Volume

WHO = bids.Participant("01")


@cache
def knowledge() -> Knowledge:
    return load()


def segmentation() -> Segmentation:
    """The worked study's maps, a probability of each series' cord, and maps composed over the study."""
    made = reports.segmentation()
    chance = {
        key: {"cord": replace(label.volume, voxels=label.volume.voxels / 2.0)} for key, label in made.anatomy.items()
    }
    whole = {"composed_anatomy": made.anatomy, "composed_lesion": made.lesion, "composed_instances": made.lesion}
    composed = {name: replace(maps[reports.SAG_T2], source_key=None) for name, maps in whole.items()}
    return replace(made, probability=chance, **composed)  # type: ignore[arg-type]


def files(
    report: Report | None = None, who: bids.Participant = WHO, earlier: Mapping[str, bytes] | None = None
) -> dict[str, Any]:
    sources = {**knowledge().sources, **reports.SOURCES}
    return bids.dataset(report or reports.report(), segmentation(), who, knowledge().vocabulary, sources, earlier)


def rows(content: bytes) -> list[dict[str, str]]:
    return tables.read(content)


def result(report: Report | None = None) -> Result:
    return Result(reports.study(), reports.aligned(), segmentation(), report or reports.report())


def test_entities_stand_in_the_order_of_bids() -> None:
    told = {"desc": "T2w", "chunk": "2", "sub": "01", "acq": "sag", "seg": "lesion", "ce": "gadolinium"}
    assert names.file_name(told, "dseg") == "sub-01_acq-sag_ce-gadolinium_chunk-2_seg-lesion_desc-T2w_dseg"


def test_a_series_key_comes_apart_into_its_entities() -> None:
    assert names.entities_of("chunk-2_acq-sag_ce-gadolinium_T1w") == (
        {"chunk": "2", "acq": "sag", "ce": "gadolinium"}, "T1w",
    )  # fmt: skip


@pytest.mark.parametrize("label", ["", "sub-", "a b", "ä", "01_02"])
def test_a_label_that_bids_refuses_is_a_wrong_call(label: str) -> None:
    with pytest.raises(CallWrong, match="letters and digits"):
        bids.Participant(label)


def test_a_label_may_come_with_its_prefix() -> None:
    assert bids.Participant("sub-01", "ses-b").folder == "sub-01/ses-b"


def test_every_series_has_its_maps_in_its_own_grid() -> None:
    made = files()
    for key, label in segmentation().lesion.items():
        entities, suffix = names.entities_of(key)
        name = names.file_name({**entities, "sub": "01", "seg": "lesion", "desc": suffix}, "dseg")
        volume = made[f"sub-01/anat/{name}.nii.gz"]
        assert isinstance(volume, Volume)
        assert volume.grid.same_as(label.volume.grid)
        np.testing.assert_array_equal(volume.voxels, label.volume.voxels)
        assert json.loads(made[f"sub-01/anat/{name}.json"])["SourceSeries"] == key


def test_labels_are_named_beside_their_map() -> None:
    made = files()
    named = {row["index"]: row["name"] for row in rows(made["sub-01/anat/sub-01_space-study_seg-lesion_dseg.tsv"])}
    assert named == {"1": "enhancing tumour"}


def test_probabilities_stay_fractions() -> None:
    made = files()
    volume = made["sub-01/anat/sub-01_acq-sag_label-cord_desc-T2w_probseg.nii.gz"]
    assert volume.voxels.dtype == np.float32
    assert (volume.voxels.min(), volume.voxels.max()) == (0.0, 1.0)


def test_a_case_keeps_not_assessed_apart_from_absent_and_from_unsaid() -> None:
    (case,) = rows(files()["phenotype/findings.tsv"])
    assert case["participant_id"] == "sub-01"
    assert (case["cap_sign"], case["syrinx"], case["restricted_diffusion"]) == ("present", "absent", "not_assessed")
    assert (case["length_segments"], case["age_years"], case["hydrocephalus"]) == ("2.5", "45", "n/a")


def test_the_dictionary_defines_every_column() -> None:
    made = files()
    told = json.loads(made["phenotype/findings.json"])
    header = made["phenotype/findings.tsv"].decode().splitlines()[0].split("\t")
    assert set(header) <= set(told)
    assert "not_assessed" in told["cap_sign"]["Levels"]
    assert told["length_segments"]["Units"] == "vertebral segments"
    long = made["findings_long.tsv"].decode().splitlines()[0].split("\t")
    assert set(long) == set(json.loads(made["findings_long.json"]))


def test_the_long_table_has_a_row_for_everything_said_and_every_gap_with_its_reason() -> None:
    told = rows(files()["findings_long.tsv"])
    reading = reports.reading()
    assert len(told) == len(reading.findings) + len(reading.not_assessed)
    gap = next(row for row in told if row["finding"] == "cord_compression")
    assert (gap["state"], gap["not_assessed"]) == ("n/a", "no axial T2 at the level")
    second = [row for row in told if row["lesion"] == "2"]
    assert {row["tracking_uid"] for row in second} == {reports.OTHER_UID}
    assert next(row for row in told if row["finding"] == "margins")["basis"] == "corrected"


def test_other_participants_keep_their_rows_and_ones_own_are_replaced() -> None:
    first = files()
    earlier = {name: first[name] for name in WHO.tables}
    both = files(who=bids.Participant("02"), earlier=earlier)
    again = files(who=bids.Participant("02"), earlier={name: both[name] for name in WHO.tables})
    assert again["findings_long.tsv"] == both["findings_long.tsv"]
    assert [row["participant_id"] for row in rows(again["participants.tsv"])] == ["sub-01", "sub-02"]
    assert both["findings_long.tsv"].startswith(first["findings_long.tsv"])


def test_the_data_set_names_no_patient(tmp_path: Path) -> None:
    results.write_bids(result(), tmp_path / "bids", "01", None)
    texts = [
        path.read_text() for path in (tmp_path / "bids").rglob("*") if path.suffix in (".json", ".tsv", ".md", ".bib")
    ]
    identity = reports.IDENTITY
    for told in (identity.patient_id, identity.accession_number, identity.patient_birth_date, "Muster", "2.25.1\t"):
        assert told
        assert not any(told in text for text in texts), told


def test_the_validator_of_bids_finds_no_error(tmp_path: Path) -> None:
    root = tmp_path / "bids"
    results.write_bids(result(), root, "01", None)
    results.write_bids(result(), root, "02", "a")
    results.write_bids(result(), root, "02", "b")
    assert sorted(path.name for path in (root / "sub-02").iterdir()) == ["ses-a", "ses-b"]
    assert nibabel.load(next(root.rglob("*dseg.nii.gz"))).header["qform_code"] == 1
    ran = subprocess.run(
        [Path(sys.executable).with_name("bids-validator-deno"), root, "--format", "json"],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    issues = json.loads(ran.stdout)["issues"]["issues"]
    assert [one for one in issues if one["severity"] == "error"] == []
    # Authors are for whoever publishes to name; a top-level Description of a table would be taken for a column.
    assert {one.get("subCode") or one["code"] for one in issues} <= {"Description", "TOO_FEW_AUTHORS"}


def test_a_session_written_again_leaves_the_other_as_it_was(tmp_path: Path) -> None:
    root = tmp_path / "bids"
    results.write_bids(result(), root, "01", "a")
    results.write_bids(result(), root, "01", "b")
    before = {path: path.read_bytes() for path in (root / "sub-01" / "ses-a").rglob("*") if path.is_file()}
    results.write_bids(result(reports.report(status="amended")), root, "01", "b")
    assert {path: path.read_bytes() for path in before} == before


def test_a_folder_of_something_else_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "dataset_description.json").write_text('{"Name": "mine", "BIDSVersion": "1.8.0"}')
    with pytest.raises(CallWrong, match="--bids"):
        results.write_bids(result(), tmp_path, "01", None)
    assert [path.name for path in tmp_path.iterdir()] == ["dataset_description.json"]


def test_the_methods_cite_what_was_used_and_nothing_else() -> None:
    made = files()
    text, bib = made["methods.md"].decode(), made["methods.bib"].decode()
    assert "thecal 0.1.0" in text
    assert "numpy 2.4.6 [@harris2020]" in text
    assert "rigid registration" in text  # the worked study's axial series was moved by its images
    assert "[@mattes2003]" in text
    assert "virtanen2020" not in text + bib
    for key in ("kobayashi2018", "harris2020", "gorgolewski2016", "mattes2003", "valosek2024"):
        assert f"{{{key}," in bib
    assert bib.count("@article{") + bib.count("@misc{") == 5


def test_without_registration_or_ranking_neither_is_told() -> None:
    still = replace(reports.aligned(), refined={})
    text = files(reports.report(aligned=still, differentials=()))["methods.md"].decode()
    assert "registration" not in text
    assert "No differential diagnosis was ranked" in text


def test_bibtex_leaves_out_what_is_not_known() -> None:
    told = {"kobayashi2018": Source("kobayashi2018", "T & U", "authors not shown", "not shown in excerpt")}
    made = bids.dataset(reports.report(), segmentation(), WHO, knowledge().vocabulary, told)
    assert made["methods.bib"] == b"@misc{kobayashi2018,\n  title = {{T \\& U}}\n}\n"
