"""What flows through thecal: frozen records, geometry, errors, and their one JSON form."""

from thecal.records.errors import (
    CallWrong,
    KnowledgeInvalid,
    ReportUnwritable,
    SegmenterFailed,
    StudyUnreadable,
    ThecalError,
)
from thecal.records.knowledge import Article, Entity, Revision, Rule, Source, Term, Vocabulary
from thecal.records.ranking import (
    Alert,
    Candidate,
    Differential,
    Evidence,
    EvidenceCount,
    NumberRate,
    Outlook,
    Question,
    Rate,
    Rates,
)
from thecal.records.reading import (
    PATIENT,
    Change,
    Compartment,
    Drawn,
    Edit,
    Finding,
    Lesion,
    Measurement,
    Named,
    NotAssessed,
    Place,
    Reading,
    Segmentation,
)
from thecal.records.report import Comparison, Figure, Hole, Match, Provenance, Report, SeriesLine
from thecal.records.study import (
    Acquisition,
    AlignedStudy,
    Identity,
    Issue,
    Plane,
    ProtocolCheck,
    Region,
    Role,
    Series,
    SourceImage,
    Study,
    Unread,
)
from thecal.records.volume import Grid, LabelMap, Volume

__all__ = [
    "PATIENT", "Acquisition", "Alert", "AlignedStudy", "Article", "CallWrong", "Candidate", "Change", "Comparison",
    "Compartment", "Differential", "Drawn", "Edit", "Entity", "Evidence", "EvidenceCount", "Figure", "Finding", "Grid", "Hole",
    "Identity", "Issue", "KnowledgeInvalid", "LabelMap", "Lesion", "Match", "Measurement", "Named", "NotAssessed", "NumberRate",
    "Outlook", "Place", "Plane",
    "ProtocolCheck", "Provenance", "Question", "Rate", "Rates", "Reading", "Region", "Report", "ReportUnwritable", "Revision",
    "Role", "Rule", "Segmentation", "SegmenterFailed", "Series", "SeriesLine", "Source", "SourceImage", "Study",
    "StudyUnreadable", "Term", "ThecalError", "Unread", "Vocabulary", "Volume",
]  # fmt: skip
