"""How far two readings of the same cases agree: label maps by overlap and distance, findings by tables.

The second of the two is the reference. A finding that one side did not assess is counted apart and never as absent.
"""

from thecal.evaluation.agreement import Agreement, Spread, agreements, spreads
from thecal.evaluation.cases import Case, case_of
from thecal.evaluation.overlap import ANY, Detection, Overlap, compare, detect
from thecal.evaluation.summary import Scored, as_data, as_text

__all__ = [
    "ANY", "Agreement", "Case", "Detection", "Overlap", "Scored", "Spread", "agreements", "as_data", "as_text", "case_of",
    "compare", "detect", "spreads",
]  # fmt: skip
