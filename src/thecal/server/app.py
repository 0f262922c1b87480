"""The application: routes, security, the page."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from thecal import __version__
from thecal.archive import open_archive
from thecal.knowledge import Knowledge, load
from thecal.server import atlas, events, page, readings, reports, studies, uploads
from thecal.server.answers import LOG, answer_errors
from thecal.server.examples import Maker
from thecal.server.jobs import Foreman
from thecal.server.opened import Opened
from thecal.server.room import Room
from thecal.server.security import Guard, Keys, names_of


class Application:
    """The guarded application: what a server runs, and what a test talks to."""

    def __init__(
        self,
        folder: Path,
        keys: Keys,
        names: Iterable[str] = names_of(8642),
        static: Path | None = None,
        knowledge: Knowledge | None = None,
    ) -> None:
        archive = open_archive(folder)
        archive.tidy()
        knowledge = knowledge or load()
        self.room = Room(archive, knowledge, Opened(archive, knowledge), Foreman(archive))
        self.inner = _build(self.room, static or page.FOLDER)
        self.inner.state.book = atlas.Book(knowledge, Maker(archive.folder / "examples"))
        self.guard = Guard(self.inner, keys, names)

    def warm(self) -> None:
        """Makes what a reader would otherwise wait for: what the first study needs, then every article."""
        self.room.opened.warm()
        self.inner.state.book.warm()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request. What breaks is answered as our own fault and logged by its kind alone, never by its words."""
        try:
            await self.guard(scope, receive, send)
        except Exception as error:
            if scope["type"] != "http":
                raise
            trace = error.__traceback__
            while trace is not None and trace.tb_next is not None:
                trace = trace.tb_next
            where = "" if trace is None else f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
            LOG.error("%s at %s", type(error).__name__, where)


def _build(room: Room, static: Path) -> FastAPI:
    app = FastAPI(title="thecal", version=__version__, lifespan=_lifespan, docs_url=None, redoc_url=None,
                  openapi_url="/api/openapi.json")  # fmt: skip
    app.state.room = room
    app.state.static = static
    answer_errors(app)
    for part in (uploads, studies, events, readings, reports, atlas, page):
        app.include_router(part.router)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    room: Room = app.state.room
    logging.getLogger("thecal").setLevel(logging.INFO)
    room.foreman.start()
    yield
    room.foreman.stop()
