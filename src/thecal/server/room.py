"""What every route of the server works with."""

from __future__ import annotations

import getpass
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request

from thecal.archive import Archive
from thecal.archive.models import StudyRow
from thecal.knowledge import Knowledge
from thecal.server.forms import Study

if TYPE_CHECKING:
    from thecal.server.jobs import Foreman
    from thecal.server.opened import Opened


@dataclass(frozen=True)
class Room:
    """The archive, the knowledge, the studies that are open, and who hands out the work."""

    archive: Archive
    knowledge: Knowledge
    opened: Opened
    foreman: Foreman


def _room(request: Request) -> Room:
    room: Room = request.app.state.room
    return room


InRoom = Annotated[Room, Depends(_room)]


def reader() -> str:
    """Who works here: the operating system's user, not authenticated until there are accounts."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown user"


def line_of(row: StudyRow) -> Study:
    """A study as the worklist shows it; while it is to be read blind first, nothing of what thecal thinks."""
    hidden = row.blind
    return Study.model_validate(
        {
            "id": row.id, "title": row.title, "state": row.state, "stage": row.stage, "stage_number": row.stage_number,
            "stages": row.stages, "why": row.why, "simulated": row.simulated, "blind": row.blind, "added_at": row.added_at,
            "acquired_on": row.acquired_on, "patient": row.patient, "version": row.version,
            "lesions": None if hidden else row.lesions, "first": None if hidden else row.first,
        }
    )  # fmt: skip
