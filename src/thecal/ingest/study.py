"""The door: whatever was given, as one Study and, beside it, who it is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from os import PathLike
from pathlib import Path
from typing import get_args

from thecal.ingest.composition import compose
from thecal.ingest.dicom import read_dicom
from thecal.ingest.found import Findings, Found
from thecal.ingest.limits import Limits
from thecal.ingest.nifti import read_folder, read_nifti
from thecal.ingest.persons import identity_of
from thecal.ingest.sources import Source, collect
from thecal.records import CallWrong, Identity, Role, Study, StudyUnreadable
from thecal.records.study import Value

PathLikes = str | PathLike[str] | Sequence[str | PathLike[str]]


def read(
    paths: PathLikes = (),
    *,
    given: Mapping[Role, Sequence[str | PathLike[str]]] | None = None,
    roles: Mapping[str, Role] | None = None,
    context: Mapping[str, Value] | None = None,
    study_instance_uid: str | None = None,
    limits: Limits | None = None,
) -> tuple[Study, Identity]:
    """Reads a study: DICOM or NIfTI files, folders of any depth, zip archives, a BIDS subject folder.

    given names NIfTI files by role. roles overrules what a series is taken for, by its key, its description, its number, its UID
    or its file's name. context overrules age and sex of the header and adds what else is known. study_instance_uid picks one
    examination.

    Raises StudyUnreadable when no image can be read, when the images are of more than one patient or examination, or when a file
    that was named is not an image; CallWrong for a role that does not exist or a series that is not there.
    """
    listed = [paths] if isinstance(paths, (str, PathLike)) else list(paths)
    named = {role: [Path(path) for path in several] for role, several in (given or {}).items()}
    _check_roles([*named, *(roles or {}).values()])
    limits = limits or Limits()
    out = Findings()
    with ExitStack() as closing:
        found = collect([Path(path) for path in listed], limits, closing)
        for unread in found.unread:
            out.skip(unread.what, unread.why)
        dicom = [source for source in found.sources if not source.is_nifti]
        read_dicom(dicom, limits, study_instance_uid, out)
        read_folder([source for source in found.sources if source.is_nifti], found.given_names, limits, out)
        for role, files in named.items():
            out.images.extend(_read_named(path, role, limits) for path in files)
    if not out.images:
        raise _nothing(out)
    return compose(out, roles or {}, context or {}), identity_of(out.personal)


def _read_named(path: Path, role: Role, limits: Limits) -> Found:
    if not path.is_file():
        raise StudyUnreadable(
            f"ingest: {path.name}", expected="a NIfTI file", found="no such file", remedy="Check the path."
        )
    return read_nifti(Source(path.name, path.stat().st_size, path=path), role, limits)


def _check_roles(wanted: Sequence[str]) -> None:
    known = get_args(Role)
    for role in wanted:
        if role not in known:
            raise CallWrong("ingest: role", expected=f"one of {', '.join(known)}", found=str(role))


def _nothing(out: Findings) -> StudyUnreadable:
    told = "; ".join(f"{unread.what}: {unread.why}" for unread in out.unread[:3]) or "no files"
    more = f" and {len(out.unread) - 3} more" if len(out.unread) > 3 else ""
    return StudyUnreadable(
        "ingest: input", expected="at least one image of the patient (DICOM or NIfTI)", found=told + more,
        remedy="Give the folder that holds the examination's images.",
    )  # fmt: skip
