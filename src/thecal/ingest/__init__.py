"""Images of any origin become a Study; who they show becomes an Identity beside it."""

from thecal.ingest.limits import Limits
from thecal.ingest.study import read

__all__ = ["Limits", "read"]
