"""The built page: its files, and index.html for every address that the page itself understands."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, HTMLResponse
from starlette.responses import Response

from thecal.server.answers import refusal

FOLDER = Path(__file__).parent / "static"
KEPT = "public, max-age=31536000, immutable"
NOT_BUILT = """<!doctype html><html lang="en"><meta charset="utf-8"><title>thecal</title>
<h1>The page is not built</h1>
<p>The server runs, but its page is not there. In a copy of the source: <code>scripts/_setup</code> builds it
(it needs the npm registry), or run <code>npm ci</code> and <code>npm run build</code> in <code>web/</code>.
A released wheel brings the page along.</p></html>"""

router = APIRouter(include_in_schema=False)


@router.get("/{path:path}", response_model=None)
def show(path: str, request: Request) -> Response:
    """A file of the page; index.html for an address of the page's own; in words how to build it where it is not there."""
    folder: Path = request.app.state.static
    if path.startswith("api/") or path == "api":
        return refusal(404, f"/{path}", "an address of this server", "none of that name")
    file = (folder / path).resolve()
    if path and file.is_file() and file.is_relative_to(folder.resolve()):
        hashed = "assets" in Path(path).parts
        return FileResponse(file, headers={"Cache-Control": KEPT if hashed else "no-cache"})
    if "." in path.rsplit("/", 1)[-1]:
        return refusal(404, f"/{path}", "a file of the page", "none of that name")
    index = folder / "index.html"
    if index.is_file():
        return FileResponse(index, headers={"Cache-Control": "no-cache"})
    return HTMLResponse(NOT_BUILT, 200)
