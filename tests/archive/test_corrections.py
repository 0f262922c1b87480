"""Readers' corrections, kept."""

from pathlib import Path

import pytest
from archive.archives import a_study, an_archive, commit

from thecal.archive import Archive, corrections, drafts, studies
from thecal.archive.refusals import Conflict, Locked
from thecal.records import Change, Drawn, Edit, Finding, Named, NotAssessed

AFTER = Finding("margins", "patient", "corrected", {"well_defined": 1.0})


def change(after: Finding | NotAssessed | Drawn | Named | None = AFTER, target: str = "patient/margins") -> Change:
    return Change(target, None, after, "A. Reader", "2026-03-05T08:00:00+00:00", "sharp")


def read_study(tmp_path: Path) -> tuple[Archive, str]:
    archive = an_archive(tmp_path)
    row = a_study(archive)
    commit(archive, row.id)
    return archive, row.id


@pytest.mark.parametrize(
    "after",
    [AFTER, NotAssessed("margins", "patient", "motion"), None, Drawn((Edit(1, 2, ((0, 3), (7, 1))),), undoes=4),
     Named((1.0, 2.0, 3.0), "T7")],
)  # fmt: skip
def test_each_kind_of_change_comes_back_as_it_was_made(
    tmp_path: Path, after: Finding | NotAssessed | Drawn | Named | None
) -> None:
    archive, study = read_study(tmp_path)
    assert corrections.add(archive, study, 0, [change(after)]) == 1
    assert corrections.of(archive, study) == (change(after),)


def test_changes_are_counted_on(tmp_path: Path) -> None:
    archive, study = read_study(tmp_path)
    assert corrections.add(archive, study, 0, [change(), change(None)]) == 2
    assert corrections.add(archive, study, 2, [change()]) == 3
    assert studies.find(archive, study).version == 3


def test_a_change_made_on_an_older_state_is_refused_with_what_stands_now(tmp_path: Path) -> None:
    archive, study = read_study(tmp_path)
    corrections.add(archive, study, 0, [change()])
    with pytest.raises(Conflict) as refused:
        corrections.add(archive, study, 0, [change(None)])
    theirs = refused.value.theirs
    assert (theirs["version"], theirs["by"], theirs["changes"][0]["target"]) == (1, "A. Reader", "patient/margins")
    assert len(corrections.of(archive, study)) == 1


def test_nothing_is_changed_once_the_report_is_approved(tmp_path: Path) -> None:
    archive, study = read_study(tmp_path)
    drafts.approve(archive, study, name="Dr A", by="a", version=0, draft_version=0, folder="approved-1")
    with pytest.raises(Locked):
        corrections.add(archive, study, 0, [change()])
