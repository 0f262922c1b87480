"""The built page: its files, and index.html for every address that the page itself understands."""

from __future__ import annotations

import mimetypes
from functools import lru_cache
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, HTMLResponse
from starlette.responses import Response

from thecal.server.answers import refusal

FOLDER = Path(__file__).parent / "static"
# Files up to this are read once and answered from memory, without a thread for each.
SMALL_BYTES = 200_000
KEPT = "public, max-age=31536000, immutable"
NOT_BUILT = """<!doctype html><html lang="en"><meta charset="utf-8"><title>thecal</title>
<h1>The page is not built</h1>
<p>The server runs, but its page is not there. In a copy of the source: <code>scripts/_setup</code> builds it
(it needs the npm registry), or run <code>npm ci</code> and <code>npm run build</code> in <code>web/</code>.
A released wheel brings the page along.</p></html>"""

router = APIRouter(include_in_schema=False)


@router.get("/{path:path}", response_model=None)
async def show(path: str, request: Request) -> Response:
    """A file of the page; index.html for an address of the page's own; in words how to build it where it is not there."""
    folder: Path = request.app.state.static
    if path.startswith("api/") or path == "api":
        return refusal(404, f"/{path}", "an address of this server", "none of that name")
    file = (folder / path).resolve()
    if path and file.is_file() and file.is_relative_to(folder.resolve()):
        return _sent(file, KEPT if "assets" in Path(path).parts else "no-cache")
    if "." in path.rsplit("/", 1)[-1]:
        return refusal(404, f"/{path}", "a file of the page", "none of that name")
    index = folder / "index.html"
    return _sent(index, "no-cache") if index.is_file() else HTMLResponse(NOT_BUILT, 200)


def _sent(file: Path, kept: str) -> Response:
    told = file.stat()
    if told.st_size > SMALL_BYTES:
        return FileResponse(file, headers={"Cache-Control": kept})
    kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    return Response(_read(file, told.st_mtime_ns, told.st_size), media_type=kind, headers={"Cache-Control": kept})


@lru_cache(maxsize=100)
def _read(file: Path, _changed: int, _bytes: int) -> bytes:
    return file.read_bytes()
