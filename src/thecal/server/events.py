"""What changes in the worklist, told to open pages as it happens (server-sent events)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from thecal.archive import studies
from thecal.server.room import InRoom, Room, line_of

LOOKS_EVERY_S = 0.4
ALIVE_EVERY = 30

router = APIRouter(prefix="/api", tags=["studies"])


@router.get("/events", response_class=StreamingResponse)
async def tell_changes(room: InRoom, since: int | None = None) -> StreamingResponse:
    """`study` with a line of the worklist whenever one changes, `gone` with the id of one that was deleted."""
    return StreamingResponse(
        _changes(room, since), media_type="text/event-stream", headers={"Cache-Control": "no-store"}
    )


async def _changes(room: Room, since: int | None) -> AsyncIterator[str]:
    tick = await run_in_threadpool(studies.last_tick, room.archive) if since is None else since
    yield "retry: 1000\n\n"
    looked = 0
    while not room.foreman.stopping.is_set():
        for row in await run_in_threadpool(studies.changed_since, room.archive, tick):
            tick = row.tick
            if row.state == "gone":
                yield f"event: gone\ndata: {json.dumps(row.id)}\n\n"
            else:
                yield f"event: study\ndata: {line_of(row).model_dump_json()}\n\n"
        looked += 1
        if looked % ALIVE_EVERY == 0:
            yield ": alive\n\n"
        await asyncio.sleep(LOOKS_EVERY_S)
