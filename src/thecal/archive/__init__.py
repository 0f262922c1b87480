"""The archive: studies, what was read in them, who changed what, drafts and approvals; a database and a folder beside it."""

from thecal.archive.database import Archive, open_archive

__all__ = ["Archive", "open_archive"]
