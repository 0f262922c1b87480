from __future__ import annotations

from typing import Any

from differential.models import case_of, knowledge, model

from thecal.differential import rank
from thecal.records import Outlook


def outlook(findings: dict[str, Any], proven: str | None = None) -> dict[str, Outlook]:
    return {one.code: one for one in rank(case_of(findings), model(), proven=proven).outlook}


COATED = {
    "compartment": "intradural_extramedullary",
    "leptomeningeal_pattern": "diffuse",
    "lesion_count": "multiple",
    "age_years": 60,
}


def test_sugar_coating_without_a_known_primary_names_the_likely_ones() -> None:
    told = outlook(COATED)
    assert told["primary"].value is not None
    assert told["primary"].counts
    assert all(n <= of and source in knowledge().sources for n, of, source in told["primary"].counts)
    assert "primary" not in outlook({**COATED, "known_primary": "solid_cancer", "known_primary_site": "breast"})


def test_a_history_without_a_primary_leaves_the_hidden_primary_the_entitys_own_sites() -> None:
    told = outlook({**COATED, "known_primary": "none", "csf_malignant_cells": "present"})["primary"]
    site = told.statement.split("primaries are ")[1].split(" ")[0]
    assert told.value is not None
    assert told.value > 1.5 / len(model().nodes["known_primary_site"].states)
    assert site in ("breast", "lung", "melanoma", "lymphoma", "leukaemia", "medulloblastoma")


def test_a_known_cns_primary_without_a_site_names_cns_tumours() -> None:
    told = outlook({**COATED, "known_primary": "cns_tumour"})["primary"].statement
    assert not any(site in told for site in ("breast", "lung", "prostate"))


def test_a_proven_leptomeningeal_disease_keeps_its_type_and_primaries_whatever_the_signs_say() -> None:
    odd = {
        "compartment": "intramedullary",
        "leptomeningeal_pattern": "diffuse",
        "axial_position": "central",
        "age_years": 60,
    }
    told = outlook(odd, proven="leptomeningeal_metastases")
    assert told["eano_esmo"].statement.startswith("If leptomeningeal metastases (100%): EANO-ESMO type A")
    assert told["primary"].statement.startswith("If it is a metastasis (100%)")
    assert "primary" not in outlook(odd, proven="ependymoma")


def test_a_proven_parent_has_the_resection_rates_of_its_children() -> None:
    told = outlook({"compartment": "intramedullary"}, proven="astrocytoma")
    assert told["resection"].counts


def test_the_eano_esmo_type_follows_the_pattern_and_says_what_is_missing() -> None:
    told = outlook(COATED)["eano_esmo"]
    assert "type A " in told.statement
    assert any("brain MRI and CSF cytology" in reason for reason in told.reasons)
    nodular = outlook(
        {**COATED, "leptomeningeal_pattern": "nodular", "brain_lesion": "present", "csf_malignant_cells": "present"}
    )
    assert "type B " in nodular["eano_esmo"].statement
    assert not any("needs" in reason for reason in nodular["eano_esmo"].reasons)


def test_an_invisible_disease_is_type_d_split_by_hydrocephalus() -> None:
    hidden = {
        "known_primary": "solid_cancer",
        "csf_malignant_cells": "present",
        "leptomeningeal_pattern": "none",
        "hydrocephalus": "present",
        "compartment": "intradural_extramedullary",
    }
    assert "type D (hydrocephalus)" in outlook(hidden)["eano_esmo"].statement


def test_a_published_resection_rate_has_its_counts_and_never_speaks_of_the_patient() -> None:
    told = outlook({"compartment": "intramedullary", "axial_position": "central", "cap_sign": "present", "haemorrhage": "present",
                    "cleavage_plane": "visible", "age_years": 42})["resection"]  # fmt: skip
    assert told.counts
    assert all(source in knowledge().sources for _, _, source in told.counts)
    assert "Not this patient's probability" in told.statement
    assert any("cleavage plane" in reason for reason in told.reasons)


def test_a_proven_diagnosis_makes_it_a_follow_up() -> None:
    told = outlook(
        {"compartment": "intramedullary", "prior_spine_surgery": "present", "age_years": 42}, proven="ependymoma"
    )["follow_up"]
    assert any("residual" in reason for reason in told.reasons)
    assert any("second entity" in reason for reason in told.reasons)
    assert "follow_up" not in outlook({"compartment": "intramedullary"})


def test_aggressiveness_names_its_signs() -> None:
    told = outlook(
        {"compartment": "intramedullary", "onset": "subacute", "margins": "ill_defined", "enhancement_pattern": "ring"}
    )["aggressiveness"]
    assert told.value is not None
    assert 0 < told.value < 1
    assert len(told.reasons) == 3
