"""Routes: files on their way in."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Request, Response
from fastapi.concurrency import run_in_threadpool

from thecal.archive import uploads
from thecal.records import CallWrong
from thecal.server.forms import NewUpload, Upload
from thecal.server.room import InRoom

router = APIRouter(prefix="/api/uploads", tags=["uploads"])


@router.post("", status_code=201)
def begin(form: NewUpload, room: InRoom) -> Upload:
    """Begins an upload."""
    return Upload(upload=uploads.begin(room.archive, form.name, form.bytes), offset=0)


@router.api_route("/{upload_id}", methods=["GET", "HEAD"])
def look(upload_id: str, room: InRoom, response: Response) -> Upload:
    """How much arrived; also in the header Upload-Offset."""
    offset = uploads.offset(room.archive, upload_id)
    response.headers["Upload-Offset"] = str(offset)
    return Upload(upload=upload_id, offset=offset)


@router.patch("/{upload_id}")
async def append(
    upload_id: str, request: Request, room: InRoom, upload_offset: Annotated[int, Header(ge=0)], response: Response
) -> Upload:
    """Appends bytes at Upload-Offset; what arrived is on disk before the answer, also when the line breaks midway."""
    row = await run_in_threadpool(uploads.find, room.archive, upload_id)
    if row.study_id is not None:
        raise CallWrong("upload", expected="one that is not complete", found="one that belongs to a study")
    room_left = row.bytes - upload_offset
    with uploads.appending(room.archive, upload_id, upload_offset) as file:
        async for chunk in request.stream():
            room_left -= len(chunk)
            if room_left < 0:
                raise CallWrong("upload: body", expected=f"{row.bytes} bytes in all", found="more")
            await run_in_threadpool(file.write, chunk)
    offset = uploads.offset(room.archive, upload_id)
    response.headers["Upload-Offset"] = str(offset)
    return Upload(upload=upload_id, offset=offset)


@router.delete("/{upload_id}", status_code=204)
def discard(upload_id: str, room: InRoom) -> None:
    """Gives up an upload."""
    uploads.discard(room.archive, upload_id)
