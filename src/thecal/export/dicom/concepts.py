"""Codes as highdicom holds them, and how thecal's own scheme is introduced in an object."""

from __future__ import annotations

from typing import Any

from thecal.export.dicom.codes import SCHEME, SCHEME_NAME, Coded


def concept(code: Coded) -> Any:
    """A code as a coded concept, with those of other schemes that mean the same as its equivalents."""
    import highdicom

    made = highdicom.sr.CodedConcept(code.value, code.scheme, code.meaning)
    if code.same:
        made.EquivalentCodeSequence = [concept(other) for other in code.same]
    return made


def own_scheme() -> Any:
    """The item that says what the private designator stands for."""
    import highdicom

    return highdicom.coding_schemes.CodingSchemeIdentificationItem(
        designator=SCHEME, name=SCHEME_NAME, responsible_organization="thecal"
    )
