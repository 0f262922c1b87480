"""Findings: each sign measured on the images, with a state, a place and a reason; or not assessed, and why.

A module per sign, named as its code: CODE, NEEDS (what it must have, in the words of `needs`), SUBJECT (lesion or patient) and
measure(aligned, segmentation, lesion).
"""

from thecal.findings.calibration import calibrate, load_cards
from thecal.findings.room import MODULES, measure
from thecal.findings.stated import state

__all__ = ["MODULES", "calibrate", "load_cards", "measure", "state"]
