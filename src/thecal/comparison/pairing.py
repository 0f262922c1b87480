"""Lesions then and now, paired by the spinal levels they span.

Two examinations share no coordinates: the patient lay differently. Named levels are what both have in common; where either
reading could not name them, nothing is called new or vanished.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from thecal.records import CallWrong, Comparison, Identity, Lesion, Match, Measurement, Reading, Report

IDENTIFIERS = ("patient_id", "patient_birth_date", "patient_name")


def refuse_other_patient(identity: Identity, earlier: Identity) -> None:
    """Raises CallWrong when an identifier that both examinations state differs; the message names no patient."""
    for name in IDENTIFIERS:
        now, then = getattr(identity, name), getattr(earlier, name)
        if now and then and now != then:
            words = name.replace("_", " ")
            raise CallWrong(
                "--prior", expected="an earlier study of the same patient", found=f"another {words}",
                remedy="Name the folder of this patient's earlier result.",
            )  # fmt: skip


def compare(reading: Reading, identity: Identity, earlier: Report) -> Comparison:
    """Which lesions are new, gone or the same, and how the volume of each pair changed, in per cent.

    A pair spans at least one common level and most probably lies in the same compartment. Repeatability is not known to this
    version, so no change is called growth or response.
    """
    notes = (
        [] if identity.patient_id and earlier.identity.patient_id else ["Not both studies state who the patient is."]
    )
    before, after = earlier.reading.lesions, reading.lesions
    if not all(lesion.levels for lesion in (*before, *after)):
        notes.append("The spinal levels could not be named in both studies: lesions were not paired.")
        return Comparison(earlier.reading.reading_id, earlier.acquired_on, (), " ".join(notes))
    return Comparison(earlier.reading.reading_id, earlier.acquired_on, tuple(_matches(before, after)), " ".join(notes))


def _matches(before: tuple[Lesion, ...], after: tuple[Lesion, ...]) -> Iterator[Match]:
    free_before, free_after = list(before), list(after)
    for then, now in sorted(product(before, after), key=lambda pair: -_shared_levels(*pair)):
        if (
            then in free_before
            and now in free_after
            and _shared_levels(then, now)
            and _compartment(then) == _compartment(now)
        ):
            free_before.remove(then)
            free_after.remove(now)
            change = Measurement(100 * (now.volume_mm3 - then.volume_mm3) / then.volume_mm3, "%")
            yield Match("pair", then.tracking_uid, now.tracking_uid, change)
    yield from (Match("vanished", lesion.tracking_uid, None) for lesion in free_before)
    yield from (Match("new", None, lesion.tracking_uid) for lesion in free_after)


def _shared_levels(then: Lesion, now: Lesion) -> float:
    """Share of levels in common (Jaccard index)."""
    one, other = set(then.levels), set(now.levels)
    return len(one & other) / len(one | other)


def _compartment(lesion: Lesion) -> str:
    return max(sorted(lesion.compartment), key=lambda name: lesion.compartment[name])
