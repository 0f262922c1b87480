"""The rules as text: schema, codes, sources."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from protocol.studies import PROTOCOLS, rule_files, rules

from thecal.protocol.facts import NAMES

FILES = rule_files()
SCHEMA = json.loads((PROTOCOLS.parent / "schema" / "protocol.schema.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", FILES)
def test_a_rule_file_fits_its_schema(name: str) -> None:
    problems = [error.message for error in Draft202012Validator(SCHEMA).iter_errors(FILES[name])]
    assert problems == []


def test_the_schema_refuses_a_rule_without_a_source() -> None:
    whole = FILES["image_quality.yaml"]["rules"][0]
    told = {"title": "Example", "rules": [{name: value for name, value in whole.items() if name != "source"}]}
    assert list(Draft202012Validator(SCHEMA).iter_errors(told))


def test_the_schema_and_the_language_know_the_same_facts() -> None:
    assert sorted(SCHEMA["$defs"]["facts"]["properties"]) == sorted(NAMES)


def test_no_rule_stands_twice() -> None:
    codes = [(rule.question, rule.code) for rule in rules()]
    assert len(codes) == len(set(codes))


def test_every_source_cited_is_listed() -> None:
    known: dict[str, Any] = yaml.safe_load((PROTOCOLS.parent / "sources.yaml").read_text(encoding="utf-8"))
    listed = {*known, *(key for told in FILES.values() for key in told.get("sources", {})), "judged"}
    assert {rule.source for rule in rules()} <= listed


def test_every_missing_sequence_says_what_to_acquire() -> None:
    silent = {rule.code for rule in rules() if rule.severity == "error" and not rule.acquire}
    assert silent == set()
