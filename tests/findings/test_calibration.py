"""What a measured state has meant corrects its probabilities, and another segmenter's outlines widen them."""

from __future__ import annotations

import pytest
from findings import spines

from thecal import findings
from thecal.findings.calibration import GENERAL, Card, calibrate, calibrated, correct, load_cards, meaning
from thecal.records import Finding, Reading

STATES = ("absent", "present")
CARD = Card(
    "syrinx", "simulation", "abc", "digest", ("first", "second"), 40, {"absent": 0.8, "present": 0.2},
    {"absent": {"absent": 30.0, "present": 1.0}, "present": {"absent": 5.0, "present": 4.0}},
)  # fmt: skip
OWN = {("simulation", "abc")}


def _finding(present: float) -> Finding:
    return Finding("syrinx", "2.25.1", "measured", {"absent": 1 - present, "present": present}, method="m")


def test_a_state_that_was_often_wrong_is_believed_less() -> None:
    told = correct({"absent": 0.01, "present": 0.99}, CARD)
    assert 0.4 < told["present"] < 0.7
    assert sum(told.values()) == pytest.approx(1)


def test_a_state_that_was_never_seen_is_taken_nearly_at_its_word() -> None:
    bare = Card("syrinx", "simulation", "abc", "digest", (), 0, {}, {})
    assert meaning("present", STATES, bare)["present"] == pytest.approx(0.95)


def test_a_state_that_was_never_true_is_not_ruled_out_by_studies_that_lack_it() -> None:
    lacking = Card("syrinx", "simulation", "abc", "digest", (), 40, {"absent": 1.0}, {"absent": {"absent": 40.0}})
    assert meaning("absent", STATES, lacking)["present"] == pytest.approx(0.05)


def test_a_state_that_was_always_a_false_alarm_is_believed_less() -> None:
    lacking = Card("syrinx", "simulation", "abc", "digest", (), 40, {"absent": 1.0}, {"present": {"absent": 10.0}})
    assert meaning("present", STATES, lacking)["present"] < 0.5


def test_a_finding_without_a_card_is_widened_by_what_all_signs_showed() -> None:
    drawn = spines.truth(spines.INSIDE, spines.study(spines.INSIDE, ("T2w",)))
    by = next(iter(drawn.lesion.values()))
    trust = {"quiet": 0.9, "loud": 0.6}
    general = Card(GENERAL, by.segmenter, by.weights_digest, "digest", (), 40, {}, {}, trust=trust)
    raw = Reading("r", findings=(_finding(1.0), _finding(0.0)))
    seen, unseen = calibrate(raw, drawn, {GENERAL: general}).findings
    assert seen.probabilities is not None
    assert unseen.probabilities is not None
    assert seen.probabilities["present"] == pytest.approx(0.6)
    assert unseen.probabilities["present"] == pytest.approx(0.1)
    assert "of all signs" in seen.method


def test_other_outlines_widen_and_the_method_says_so() -> None:
    own, other = (calibrated(_finding(0.02), CARD, drawn) for drawn in (OWN, {("classic", "")}))
    assert own.probabilities is not None
    assert other.probabilities is not None
    assert own.probabilities["present"] < other.probabilities["present"] < 0.3
    assert "widened" in other.method
    assert "widened" not in own.method


def test_another_digest_of_the_weights_is_another_segmenter() -> None:
    assert "widened" in calibrated(_finding(0.9), CARD, {("simulation", "abd")}).method


def test_numbers_keep_their_value_and_get_their_error() -> None:
    card = Card("length_segments", "simulation", "abc", "digest", (), 40, {}, {}, sd_factor=2.0)
    told = calibrated(Finding("length_segments", "2.25.1", "measured", value=3.0, value_sd=0.2), card, OWN)
    assert told.value == 3.0
    assert told.value_sd == pytest.approx(0.4)


def test_what_was_stated_or_corrected_stays_as_it_is() -> None:
    stated = Finding("syrinx", "2.25.1", "corrected", {"absent": 0.0, "present": 1.0})
    reading = Reading("r", findings=(stated, _finding(0.9)))
    placed = spines.study(spines.INSIDE, ("T2w",))
    told = calibrate(reading, spines.truth(spines.INSIDE, placed), {"syrinx": CARD})
    assert told.findings[0] == stated
    assert told.findings[1] != reading.findings[1]


def test_each_card_is_of_a_measured_finding_and_names_what_it_was_made_with() -> None:
    states = {code: set(term.states) for code, term in spines.VOCABULARY.findings.items()}
    assert GENERAL in load_cards()
    for code, card in load_cards().items():
        assert card.segmenter
        assert card.simulator
        assert card.studies > 0
        if code != GENERAL:
            assert code in {module.CODE for module in findings.MODULES}
            assert set(card.base) | set(card.counts) <= states[code]
            assert card.before is not None
            assert card.after is not None
