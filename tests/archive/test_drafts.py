"""Drafts, approval, addenda, blind readings, and the cases of an article."""

from pathlib import Path

import pytest
from archive.archives import a_study, an_archive, commit
from sqlalchemy import select

from thecal.archive import Archive, cases, drafts, studies
from thecal.archive.models import ImageRow
from thecal.archive.refusals import Conflict, Locked
from thecal.records import CallWrong


def read_study(tmp_path: Path) -> tuple[Archive, str]:
    archive = an_archive(tmp_path)
    row = a_study(archive)
    commit(archive, row.id)
    return archive, row.id


def test_every_saved_state_of_a_draft_is_kept(tmp_path: Path) -> None:
    archive, study = read_study(tmp_path)
    assert drafts.save(archive, study, 0, {"impression": "first"}, [], "a") == 1
    assert drafts.save(archive, study, 1, {"impression": "second"}, [], "a") == 2
    assert [row.sections["impression"] for row in drafts.versions(archive, study)] == ["first", "second"]


def test_a_draft_saved_on_an_older_state_is_refused_with_theirs(tmp_path: Path) -> None:
    archive, study = read_study(tmp_path)
    drafts.save(archive, study, 0, {"impression": "theirs"}, [], "b")
    with pytest.raises(Conflict) as refused:
        drafts.save(archive, study, 0, {"impression": "mine"}, [], "a")
    assert refused.value.theirs["sections"] == {"impression": "theirs"}
    assert refused.value.theirs["version"] == 1


def test_an_approved_report_is_locked_and_may_be_added_to(tmp_path: Path) -> None:
    archive, study = read_study(tmp_path)
    with pytest.raises(Conflict):
        drafts.add_to(archive, study, "too early", "a")
    drafts.save(archive, study, 0, {"impression": "mine"}, [], "a")
    drafts.approve(archive, study, name="Dr A", by="a", version=0, draft_version=1, folder="approved-1")
    assert studies.find(archive, study).state == "approved"
    with pytest.raises(Locked):
        drafts.save(archive, study, 1, {}, [], "a")
    with pytest.raises(Locked):
        drafts.approve(archive, study, name="Dr B", by="b", version=0, draft_version=1, folder="approved-2")
    drafts.add_to(archive, study, "later", "a")
    assert [row.text for row in drafts.addenda(archive, study)] == ["later"]


def test_what_changed_since_it_was_read_is_not_approved(tmp_path: Path) -> None:
    archive, study = read_study(tmp_path)
    drafts.save(archive, study, 0, {"impression": "changed"}, [], "b")
    with pytest.raises(Conflict):
        drafts.approve(archive, study, name="Dr A", by="a", version=0, draft_version=0, folder="approved-1")
    assert drafts.approval(archive, study) is None


def test_nobody_is_no_name_and_what_was_not_read_is_not_approved(tmp_path: Path) -> None:
    archive = an_archive(tmp_path)
    row = a_study(archive)
    with pytest.raises(CallWrong):
        drafts.approve(archive, row.id, name=" ", by="a", version=0, draft_version=0, folder="x")
    with pytest.raises(Locked):
        drafts.approve(archive, row.id, name="Dr A", by="a", version=0, draft_version=0, folder="x")


def test_a_blind_study_is_shown_once_the_reader_has_committed(tmp_path: Path) -> None:
    archive, study = read_study(tmp_path)
    drafts.begin_blind(archive, study)
    with pytest.raises(Locked):
        drafts.refuse_blind(studies.find(archive, study))
    drafts.commit_blind(archive, study, {"margins": "well_defined"}, ["ependymoma"], "a")
    drafts.refuse_blind(studies.find(archive, study))
    assert [row.entities for row in drafts.blind(archive, study)] == [["ependymoma"]]


def test_the_order_of_cases_is_kept_and_a_conflict_shows_theirs(tmp_path: Path) -> None:
    archive = an_archive(tmp_path)
    assert cases.of(archive, "ependymoma") == (0, [])
    assert cases.save(archive, "ependymoma", 0, [{"study": "b"}, {"study": "a"}], "a") == 1
    assert cases.of(archive, "ependymoma") == (1, [{"study": "b"}, {"study": "a"}])
    with pytest.raises(Conflict) as refused:
        cases.save(archive, "ependymoma", 0, [], "b")
    assert refused.value.theirs["cases"] == [{"study": "b"}, {"study": "a"}]


def test_of_every_article_the_last_list_of_cases_is_told(tmp_path: Path) -> None:
    archive = an_archive(tmp_path)
    assert cases.every(archive) == {}
    for article, version, told in (("lipoma", 0, ["a", "b"]), ("cap_sign", 0, ["c"]), ("lipoma", 1, ["b", "a"])):
        cases.save(archive, article, version, told, "a")
    assert cases.every(archive) == {"lipoma": ["b", "a"], "cap_sign": ["c"]}


def test_an_image_is_kept_once_however_often_it_is_saved(tmp_path: Path) -> None:
    archive, study = read_study(tmp_path)
    image, other = ({"png": f"data:image/png;base64,{name}", "caption": name} for name in ("one", "two"))
    drafts.save(archive, study, 0, {}, [image], "a")
    drafts.save(archive, study, 1, {"impression": "more"}, [image, {**image, "caption": "again"}], "a")
    drafts.save(archive, study, 2, {}, [other, image], "a")
    assert [list(one.key_images) for one in drafts.versions(archive, study)] == [
        [image], [image, {**image, "caption": "again"}], [other, image],
    ]  # fmt: skip
    with archive.reading() as session:
        assert len(list(session.scalars(select(ImageRow)))) == 2
    studies.remove(archive, study)
    with archive.reading() as session:
        assert not list(session.scalars(select(ImageRow)))
