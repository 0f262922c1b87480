"""Images as found become the series of a Study: each judged, compared with its neighbours, named, and freed of who it shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from thecal.ingest.found import Findings, Found
from thecal.ingest.keys import Named, name_all, overlap
from thecal.ingest.looks import judge_by_look
from thecal.ingest.persons import acquired_on, context_of
from thecal.ingest.regions import box_mm, regions_of
from thecal.ingest.roles import Kind, judge
from thecal.ingest.tags import acquisition
from thecal.records import CallWrong, Issue, Plane, Role, Series, Study, Volume
from thecal.records.geometry import plane_of, to_ras
from thecal.records.study import Value

_LISTED: Mapping[str, Role] = {"radiograph": "radiograph", "mrs": "mrs", "topogram": "localizer"}
_SAME_FIELD = 0.6
# How sure a T1 is whose header names an agent that may have been entered ahead of the injection.
_UNSURE = 0.6


def compose(out: Findings, wanted: Mapping[str, Role], context: Mapping[str, Value]) -> Study:
    """One Study of everything found; wanted overrules roles, context what the header says of the person.

    Raises CallWrong when wanted names a series that is not there.
    """
    images = _drop_copies(sorted(map(_settle, out.images), key=_order), out.issues)
    kinds = _compare(images, [_judge(image) for image in images])
    kinds = _overrule(images, kinds, wanted)
    keys = name_all([_named(image, kind) for image, kind in zip(images, kinds, strict=True)])
    triples = sorted(zip(keys, images, kinds, strict=True), key=lambda triple: triple[0])
    day = acquired_on([image.tags for image in images])
    doubts = [issue for key, image, kind in triples for issue in _issues(key, image, kind)]
    return Study(
        series=tuple(_series(key, image, kind) for key, image, kind in triples),
        unread=out.unread,
        issues=(*out.issues, *doubts),
        context={**context_of(out.personal, day), **context},
        acquired_on=day,
        study_instance_uid=out.personal.get("StudyInstanceUID"),
    )


def _settle(image: Found) -> Found:
    """The image with its place rounded to what any format holds, so that one image has one place whatever file it came in.

    NIfTI keeps places in single precision, DICOM in 16 characters. In RAS order, so that the order of axes does not matter, steps
    are rounded to 1e-5 and the origin to 1e-4 mm: no voxel moves by more than a few micrometres.
    """
    if image.volume is None:
        return image
    native = image.volume.affine
    ras = to_ras(image.volume).affine
    turn = np.round(np.linalg.inv(ras) @ native)
    rounded = np.round(ras, 5)
    rounded[:3, 3] = np.round(rounded[:3, 3], 4)
    return replace(image, volume=Volume(image.volume.voxels, rounded @ turn))


def _order(image: Found) -> tuple[str, float, str]:
    """By time of acquisition where it is known, then by number, then by content: never by file name."""
    digest = image.volume.digest if image.volume is not None else "".join(image.sop_instance_uids)
    return image.order, image.tags.get("SeriesNumber", 0.0), digest


def _drop_copies(images: Sequence[Found], issues: list[Issue]) -> list[Found]:
    kept: dict[str, Found] = {}
    for index, image in enumerate(images):
        digest = image.volume.digest if image.volume is not None else f"listed {index}"
        if digest not in kept:
            kept[digest] = image
        elif image.given != kept[digest].given and image.given and kept[digest].given:
            found = f"{kept[digest].given} and {image.given}"
            raise CallWrong("ingest: one image given twice", expected="one role for an image", found=found)
        else:
            message = "An image was found twice (same values, same place) and is read once."
            issues.append(Issue("duplicate_images", "info", message))
            kept[digest] = image if image.given else kept[digest]
    return list(kept.values())


def _judge(image: Found) -> Kind:
    if image.kind in _LISTED:
        return Kind(_LISTED[image.kind], 1.0, "header")
    kind = judge(image.tags, image.words)
    if kind.basis == "none" and image.volume is not None and image.tags.get("Modality", "MR") == "MR":
        role, confidence = judge_by_look(image.volume)
        kind = replace(kind, role=role, confidence=confidence, basis="image" if role != "other" else "none")
    return _told(kind, image.given) if image.given else kind


def _told(kind: Kind, role: Role) -> Kind:
    fat = {"T2w_fs": True, "T2w": False}.get(role, kind.fat_suppressed)
    return replace(kind, role=role, confidence=1.0, basis="caller", fat_suppressed=fat)


def _plane(image: Found) -> Plane:
    if image.volume is not None:
        return plane_of(image.volume.grid, image.slice_axis)
    views: Mapping[str, Plane] = {"AP": "coronal", "PA": "coronal", "LL": "sagittal", "RL": "sagittal"}
    return views.get(str(image.tags.get("ViewPosition", "")), "oblique")


def _compare(images: Sequence[Found], kinds: Sequence[Kind]) -> list[Kind]:
    """T1 whose header alone names an agent, weighed against the other T1 of the same field of view.

    Scanners keep the agent from series to series. Such a T1 was taken before contrast if a later one says contrast in its
    description; it is all the surer with contrast if it follows one without; it is unsure if a later one rests on the header too.
    """
    pairs = list(zip(images, kinds, strict=True))
    compared = []
    for image, kind in pairs:
        if kind.role == "T1w_ce" and kind.basis == "header":
            peers = [
                (other, its) for other, its in pairs if its.role in ("T1w", "T1w_ce") and _same_field(image, other)
            ]
            later = [its for other, its in peers if _follows(other, image)]
            if any(its.role == "T1w_ce" and its.basis == "description" for its in later):
                kind = replace(kind, role="T1w", confidence=_UNSURE)
            elif any(its.role == "T1w" for other, its in peers if _follows(image, other)):
                kind = replace(kind, confidence=0.95)
            elif any(its.role == "T1w_ce" for its in later):
                kind = replace(kind, confidence=_UNSURE)
        compared.append(kind)
    return compared


def _follows(one: Found, other: Found) -> bool:
    """Whether one was acquired after the other; unknown times follow nothing."""
    return bool(one.order.strip() and other.order.strip() and one.order > other.order)


def _same_field(one: Found, other: Found) -> bool:
    if one is other or one.volume is None or other.volume is None or _plane(one) != _plane(other):
        return False
    return overlap(box_mm(one.volume), box_mm(other.volume)) > _SAME_FIELD


def _overrule(images: Sequence[Found], kinds: list[Kind], wanted: Mapping[str, Role]) -> list[Kind]:
    keys = name_all([_named(image, kind) for image, kind in zip(images, kinds, strict=True)])
    names = [
        {key.casefold(), *(alias.casefold() for alias in image.aliases)}
        for key, image in zip(keys, images, strict=True)
    ]
    result = list(kinds)
    for name, role in wanted.items():
        hits = [index for index, known in enumerate(names) if name.casefold() in known]
        if not hits:
            raise CallWrong("ingest: role", expected=f"a series of the study ({', '.join(sorted(keys))})", found=name)
        for index in hits:
            result[index] = _told(result[index], role)
    return result


def _named(image: Found, kind: Kind) -> Named:
    order = " ".join(str(part) for part in _order(image))
    return Named(kind.role, _plane(image), bool(kind.fat_suppressed), image.volume, order)


def _series(key: str, image: Found, kind: Kind) -> Series:
    return Series(
        key=key,
        role=kind.role,
        role_confidence=kind.confidence,
        role_basis=kind.basis,
        plane=_plane(image),
        volume=image.volume,
        acquisition=acquisition(image.tags),
        fat_suppressed=kind.fat_suppressed,
        regions=regions_of(image.tags, image.words, image.volume),
        slice_axis=image.slice_axis,
        frame_of_reference_uid=image.tags.get("FrameOfReferenceUID"),
        series_instance_uid=image.tags.get("SeriesInstanceUID"),
        sop_instance_uids=image.sop_instance_uids,
        source_images=image.source_images,
    )


def _issues(key: str, image: Found, kind: Kind) -> list[Issue]:
    issues = [replace(issue, series_key=key) for issue in image.issues]
    if kind.contrast_basis == "header" and kind.contrast and kind.confidence == _UNSURE:
        before = (
            "it is taken as acquired before contrast"
            if kind.role == "T1w"
            else "it may have been acquired before contrast"
        )
        message = f"The header names a contrast agent, and so does a later series of the same field: {before}."
        issues.append(Issue("contrast_unclear", "warning", message, key))
    if kind.basis in ("image", "none") and image.volume is not None:
        message = f"Neither header nor description says what kind of image this is; taken as {kind.role}."
        issues.append(Issue("role_unsure", "warning", message, key))
    return issues
