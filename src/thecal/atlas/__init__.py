"""The reference atlas: articles on entities, parents and signs, rendered with the counts the differential rests on."""

from thecal.atlas import html, plain
from thecal.atlas.citation import address, bibtex, ris
from thecal.atlas.page import Page, compose
from thecal.atlas.search import Hit, Index
from thecal.atlas.shelf import Shelf

__all__ = ["Hit", "Index", "Page", "Shelf", "address", "bibtex", "compose", "html", "plain", "ris"]
