"""What can go wrong, and how it is said.

ThecalError
├─ CallWrong            the call itself does not fit (exit 2)
├─ StudyUnreadable      an input cannot be read, or is not what the command needs (exit 3)
├─ SegmenterFailed      a segmenter, its card or its weights broke down (the stage is named in the report, exit 4)
├─ KnowledgeInvalid     a text file of the knowledge, or a case in its words, breaks its rules (exit 3)
└─ ReportUnwritable     a result could not be written; what stood there before still stands (exit 3)

A flaw of the study is no error: it is an Issue or a NotAssessed, and stands in the report.
"""

from __future__ import annotations


class ThecalError(Exception):
    """A failure told so that the reader can act on it: where, what was expected, what was found, what to do."""

    exit_code = 1

    def __init__(self, where: str, *, expected: str, found: str, remedy: str = "") -> None:
        self.where = where
        self.expected = expected
        self.found = found
        self.remedy = remedy
        super().__init__(where, expected, found, remedy)

    def __str__(self) -> str:
        sentence = f"{self.where}: expected {self.expected}, found {self.found}."
        return f"{sentence} {self.remedy}" if self.remedy else sentence


class CallWrong(ThecalError):
    """The call names something that does not exist or leaves out what it needs."""

    exit_code = 2


class StudyUnreadable(ThecalError):
    """The images cannot be read, or are not what the command needs."""

    exit_code = 3


class SegmenterFailed(ThecalError):
    """A segmenter could not do its work; the rest of the report stands."""

    exit_code = 4


class KnowledgeInvalid(ThecalError):
    """A knowledge file, or a case told in its words, breaks the rules of its schema."""

    exit_code = 3


class ReportUnwritable(ThecalError):
    """A result could not be written; an older result in its place is untouched."""

    exit_code = 3
