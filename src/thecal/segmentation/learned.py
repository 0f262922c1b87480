"""Cord and sac by edges, by a network where edges lost the cord; lesions by a network that sees all sequences together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from thecal.records import PATIENT, AlignedStudy, NotAssessed, Segmentation, Series
from thecal.segmentation import classic, network, recognition, tissues
from thecal.segmentation.drawing import Drawing, draw
from thecal.segmentation.filling import fill, mend
from thecal.segmentation.frame import Floats

NAME = "learned"


def segment(aligned: AlignedStudy, given: Segmentation | None = None) -> Segmentation:
    """Label maps, probabilities and lesions; without the networks' library, what can be drawn without it, and that said."""
    try:
        anatomy, lesions = network.load(network.ANATOMY), network.load(network.LESIONS)
    except ImportError as error:
        made = classic.segment(aligned, given)
        return replace(
            made, not_told=(*made.not_told, NotAssessed(NAME, PATIENT, f"the networks could not run ({error})"))
        )

    def hand(series: Series, along: Floats | None) -> Drawing:
        return fill(draw(series, along), anatomy, along)

    drawings = classic.draw_all(aligned, hand)
    seen = _look(aligned, drawings, lesions)
    if seen is not None:
        drawings = [_mended(aligned, one, seen) for one in drawings]
    by = classic.By(NAME, network.digest())
    return classic.assemble(
        aligned, drawings, classic.canal_of(aligned, drawings), by, partial(recognition.seek, seen), given
    )


def _look(aligned: AlignedStudy, drawings: Sequence[Drawing], net: network.Net) -> tissues.Tissues | None:
    """The tissues along the canal that was drawn; None where none was, or no sequence can be used."""
    canal = classic.canal_of(aligned, drawings)
    return None if canal is None else tissues.look(aligned, canal[1].grid, canal[1].canal > 0.5, net)


def _mended(aligned: AlignedStudy, drawing: Drawing, seen: tissues.Tissues) -> Drawing:
    carry = aligned.to_reference[drawing.key]
    return mend(drawing, seen.onto(drawing.frame.grid, tissues.INSIDE_CORD, carry))
