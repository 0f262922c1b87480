from dataclasses import replace

from atlas.books import count

from thecal.atlas import evidence

PRESENT = ("tumour", "halo", "present")


def test_rows_graded_zero_are_left_out_and_series_add_up() -> None:
    known = evidence.shares(
        [count("tumour", 3, 10), count("tumour", 9, 10, "b2002"), count("tumour", 5, 5, "c2003", weight=0.0)]
    )
    assert (known[PRESENT].positive, known[PRESENT].total) == (12, 20)
    assert known[PRESENT].sources == ("a2001", "b2002")


def test_a_gamut_puts_many_patients_before_few() -> None:
    known = evidence.shares([count("rare", 1, 1), count("common", 90, 100), count("never", 0, 50)])
    assert [share.entity for share in evidence.gamut(known, "halo", "present")] == ["common", "rare"]


def test_a_few_series_are_told_each_and_many_as_a_range() -> None:
    few = evidence.shares([count("tumour", 3, 10), count("tumour", 1, 2, "b2002")])
    assert evidence.say(few[PRESENT]) == "3 of 10 and 1 of 2 patients"
    many = evidence.shares([count("tumour", n, 10, f"s{n}") for n in (1, 2, 3, 4)])
    assert evidence.say(many[PRESENT]) == "10 to 40 % in 4 series (the largest: 1 of 10 patients)"


def test_a_sentence_tells_series_of_weight_and_leaves_the_rest_to_the_table() -> None:
    mixed = evidence.shares([count("tumour", 3, 10), count("tumour", 40, 50, "b2002", weight=0.2)])
    assert evidence.say(mixed[PRESENT]) == "3 of 10 patients"
    assert evidence.say_sources(mixed[PRESENT]) == ("a2001",)
    assert mixed[PRESENT].total == 60


def test_a_count_is_told_with_its_unit_and_with_what_narrows_it() -> None:
    row = replace(count("tumour", 3, 10, weight=0.5), note="children; 30%")
    told = evidence.shares([row], {row: "S2: one age band; F2: per plaque"})
    assert evidence.say(told[PRESENT]) == "3 of 10 plaques (children)"
    assert evidence.say(told[PRESENT], "plaques in children") == "3 of 10 plaques"


def test_mean_ages_are_told_with_their_sources_and_zero_weights_left_out() -> None:
    rows = [{"finding": "age_years", "mean": age, "n": age, "source": f"s{age}"} for age in (30, 41)]
    rows += [
        {"finding": "age_years", "mean": 5, "n": 9, "source": "z", "weight": 0},
        {"finding": "t2_length_segments", "mean": 4, "source": "y"},
    ]
    assert evidence.say_ages(rows) == ("41 and 30 years", ("s41", "s30"))
    assert evidence.say_ages([])[1] == ()


def test_an_age_that_is_a_median_in_one_series_is_not_told_as_a_mean() -> None:
    rows = [{"finding": "age_years", "mean": age, "n": age, "source": f"s{age}"} for age in (30, 41)]
    median = {"finding": "age_years", "mean": 50, "source": "m", "note": "median, range 4-60"}
    assert evidence.name_ages("Mean age was ", rows) == "Mean age was "
    assert evidence.name_ages("Mean age was ", [*rows, median]) == "Mean or median age was "
    assert evidence.name_ages("In two the mean age is ", [*rows, median]) == "In two the mean or median age is "
    assert evidence.name_ages("Mean or median age was ", [median]) == "Mean or median age was "
    assert evidence.name_ages("Mean age was ", [*rows, {**median, "weight": 0}]) == "Mean age was "
    assert evidence.name_ages("Mean age was ", [{**median, "note": "", "why": "F2: a median"}]) != "Mean age was "


def test_a_range_of_ages_says_that_some_are_of_a_special_population() -> None:
    rows = [{"finding": "age_years", "mean": age, "n": age, "source": f"s{age}"} for age in (30, 41, 50, 60)]
    assert evidence.say_ages(rows)[0] == "30 to 60 years in 4 series"
    rows[0]["why"] = "S2: cauda equina only"
    assert evidence.say_ages(rows)[0] == "30 to 60 years in 4 series, some of a subgroup or selected"


def test_what_was_described_stands_apart_from_what_was_counted() -> None:
    known = evidence.shares([count("tumour", 3, 10), count("cyst", 0, 4)])
    row = {"finding": "halo", "state": "present", "source": "b2002", "note": "pct=4-9"}
    told = {
        "tumour": [row],
        "cyst": [row, {**row, "source": "a2001", "note": ""}],
        "other": [{**row, "state": "absent"}],
    }
    (remark,) = evidence.remarks(told, known, "halo", "present")
    assert (remark.entity, remark.notes, remark.sources) == ("cyst", ("4-9 %",), ("b2002", "a2001"))
