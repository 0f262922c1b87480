"""Whether the examination is fit to be read, question by question."""

from thecal.protocol.adequacy import check
from thecal.protocol.wording import describe

__all__ = ["check", "describe"]
