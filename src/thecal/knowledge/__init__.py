"""What is known, as text: words, protocol rules, published counts, declared judgement, articles, sources."""

from thecal.knowledge.loader import Knowledge, load

__all__ = ["Knowledge", "load"]
