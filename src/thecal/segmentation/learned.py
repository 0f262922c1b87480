"""Cord and sac by edges, and by a trained network where edges lost the cord; lesions are then found as without learning."""

from __future__ import annotations

from dataclasses import replace

from thecal.records import PATIENT, AlignedStudy, NotAssessed, Segmentation, Series
from thecal.segmentation import classic, network
from thecal.segmentation.departures import seek
from thecal.segmentation.drawing import Drawing, draw
from thecal.segmentation.filling import fill
from thecal.segmentation.frame import Floats

NAME = "learned"


def segment(aligned: AlignedStudy, given: Segmentation | None = None) -> Segmentation:
    """Label maps, probabilities and lesions; without the network's library, what can be drawn without it, and that said."""
    try:
        net = network.load(network.ANATOMY)
    except ImportError as error:
        made = classic.segment(aligned, given)
        return replace(
            made, not_told=(*made.not_told, NotAssessed(NAME, PATIENT, f"the network could not run ({error})"))
        )

    def hand(series: Series, along: Floats | None) -> Drawing:
        return fill(draw(series, along), net, along)

    by = classic.By(NAME, network.digest())
    drawings = classic.draw_all(aligned, hand)
    return classic.assemble(aligned, drawings, classic.canal_of(aligned, drawings), by, seek, given)
