"""How lesions changed between two readings of the same patient."""

from thecal.comparison.pairing import compare, refuse_other_patient

__all__ = ["compare", "refuse_other_patient"]
