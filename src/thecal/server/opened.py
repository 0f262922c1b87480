"""Studies that are open: kept in memory, as many as fit, so that a correction answers at once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from thecal.archive import Archive, corrections, studies
from thecal.archive.models import StudyRow
from thecal.archive.refusals import Locked
from thecal.knowledge import Knowledge
from thecal.records import Change, Identity, Segmentation, Study
from thecal.server import kept

if TYPE_CHECKING:
    from thecal.pipeline import Result

MOST_BYTES = 2 * 1024**3
# Of what corrections made of a study, so many stages are kept; the oldest go first.
MOST_MADE, MOST_DRAWN = 60, 6


@dataclass(eq=False)
class OpenStudy:
    """A study with its memory; one request at a time works on it."""

    folder: str
    study: Study
    identity: Identity
    memory: dict[str, Any]
    first: frozenset[str]
    lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def bytes(self) -> int:
        """How much memory its voxels may take, all of them looked at."""
        from thecal.corrections import Redrawn

        held = [series.volume.voxels.nbytes for series in self.study.images() if series.volume is not None]
        states = [made.segmentation for made in self.memory.values() if isinstance(made, Redrawn)]
        maps = [made for made in self.memory.values() if isinstance(made, Segmentation)] + states
        return sum(held) + sum(_bytes_of(made) for made in maps)

    def forget_old(self) -> None:
        """Lets go of what the oldest corrections made."""
        made = [key for key in self.memory if key not in self.first and not key.startswith("rates:")]
        drawn = [key for key in made if key.startswith("redraw:")]
        for key in {*made[: max(0, len(made) - MOST_MADE)], *drawn[: max(0, len(drawn) - MOST_DRAWN)]}:
            del self.memory[key]


def _bytes_of(made: Segmentation) -> int:
    labels = (*made.anatomy.values(), *made.lesion.values(), made.composed_anatomy, made.composed_lesion)
    return sum(label.volume.voxels.nbytes for label in labels if label is not None)


class Opened:
    """The open studies, the one used last at the end."""

    def __init__(self, archive: Archive, knowledge: Knowledge, most_bytes: int = MOST_BYTES) -> None:
        self.archive = archive
        self.knowledge = knowledge
        self.most_bytes = most_bytes
        self._open: OrderedDict[str, OpenStudy] = OrderedDict()
        self._lock = threading.Lock()
        self._rates: dict[str, Any] = {}  # the same for every study: what the knowledge says

    def get(self, row: StudyRow) -> OpenStudy:
        """A study, opened from disk when it is not in memory. Locked when it was not read yet."""
        if row.folder is None:
            raise Locked("study", expected="a study that was read", found=f"one that is {row.state}")
        with self._lock:
            known = self._open.get(row.id)
            if known is not None and known.folder == row.folder:
                self._open.move_to_end(row.id)
                return known
        study, identity, memory = kept.load(self.archive.study_folder(row.id) / row.folder)
        made = OpenStudy(row.folder, study, identity, memory, frozenset(memory))
        with self._lock:
            known = self._open.get(row.id)
            if known is not None and known.folder == row.folder:
                return known
            self._open[row.id] = made
            while len(self._open) > 1 and sum(one.bytes for one in self._open.values()) > self.most_bytes:
                self._open.popitem(last=False)
        return made

    def close(self, study_id: str) -> None:
        """Lets go of a study."""
        with self._lock:
            self._open.pop(study_id, None)

    def read(self, row: StudyRow, changes: Sequence[Change] | None = None, *, draw: bool = False) -> Result:
        """The study as it is read with all its corrections, or with those given."""
        from thecal import pipeline

        held = corrections.of(self.archive, row.id) if changes is None else changes
        one = self.get(row)
        with one.lock:
            one.memory.update(self._rates)
            result = pipeline.read(
                one.study, one.identity, self.knowledge, changes=held, memory=one.memory, draw=draw
            )  # fmt: skip
            self._rates = {key: made for key, made in one.memory.items() if key.startswith("rates:")}
            one.forget_old()
        return result

    def warm(self) -> None:
        """Loads what the first opened study and its first correction need, so that their reader need not wait for it."""
        from thecal import alignment, findings, pipeline, protocol, report, segmentation  # noqa: F401
        from thecal.records import Reading

        memory: dict[str, Any] = {}
        pipeline.rank(Reading("none"), self.knowledge, "clinical", memory)
        report.words.read("en")
        self._rates = {**memory, **self._rates}

    def row(self, study_id: str) -> StudyRow:
        """The study's row."""
        return studies.find(self.archive, study_id)
