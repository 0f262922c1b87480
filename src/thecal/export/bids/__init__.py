"""A reading as part of a BIDS derivatives data set, for research."""

from thecal.export.bids.dataset import Content, Participant, dataset

__all__ = ["Content", "Participant", "dataset"]
