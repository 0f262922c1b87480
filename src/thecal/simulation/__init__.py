"""Simulated spine MRI studies of any entity, with their truth; written as NIfTI or DICOM."""

from thecal.simulation.folder import write_phantom
from thecal.simulation.phantom import Phantom, simulate
from thecal.simulation.protocols import PROTOCOLS
from thecal.simulation.signs import entity_codes

__all__ = ["PROTOCOLS", "Phantom", "entity_codes", "simulate", "write_phantom"]
