"""The worklist."""

from pathlib import Path

import pytest
from archive.archives import a_study, an_archive, commit

from thecal.archive import studies
from thecal.archive.refusals import NotThere
from thecal.records import CallWrong


def test_the_newest_comes_first_and_words_narrow_the_list(tmp_path: Path) -> None:
    archive = an_archive(tmp_path)
    old = studies.add(archive, title="Meningioma, simulated", demo={"demo": "meningioma", "seed": 1})
    new = studies.add(archive, title="Lipoma, simulated", demo={"demo": "lipoma", "seed": 1})
    assert [row.id for row in studies.search(archive)] == [new.id, old.id]
    assert [row.id for row in studies.search(archive, "simulated MENING")] == [old.id]
    assert studies.search(archive, "", "ready") == []


def test_every_change_of_a_study_has_a_later_tick(tmp_path: Path) -> None:
    archive = an_archive(tmp_path)
    row = a_study(archive)
    tick = studies.last_tick(archive)
    assert studies.changed_since(archive, tick) == []
    commit(archive, row.id)
    assert [(one.id, one.state) for one in studies.changed_since(archive, tick)] == [(row.id, "ready")]


def test_a_deleted_study_leaves_its_id_and_nothing_of_the_patient(tmp_path: Path) -> None:
    archive = an_archive(tmp_path)
    row = a_study(archive)
    commit(archive, row.id)
    tick = studies.last_tick(archive)
    studies.remove(archive, row.id)
    [gone] = studies.changed_since(archive, tick)
    assert (gone.id, gone.state, gone.title, gone.patient) == (row.id, "gone", "", None)
    assert studies.search(archive) == []
    assert not archive.study_folder(row.id).exists()
    assert list((archive.folder / "uploads").iterdir()) == []
    with pytest.raises(NotThere):
        studies.find(archive, row.id)


def test_a_study_is_of_uploads_or_simulated(tmp_path: Path) -> None:
    with pytest.raises(CallWrong):
        studies.add(an_archive(tmp_path))
