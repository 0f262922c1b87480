"""Every error as one JSON form: where, what was expected, what was found, what to do; never a trace."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from thecal.archive.refusals import Conflict, Locked, NotThere, Refused
from thecal.records import CallWrong, ReportUnwritable, ThecalError

LOG = logging.getLogger("thecal.server")
NO_ROOM = 28  # ENOSPC


def status_of(error: ThecalError) -> int:
    """The HTTP status that fits an error."""
    kinds: tuple[tuple[type[ThecalError], int], ...] = (
        (NotThere, 404), (Conflict, 409), (Locked, 423), (CallWrong, 400), (ReportUnwritable, 507),
    )  # fmt: skip
    return next((status for kind, status in kinds if isinstance(error, kind)), 422)


def refusal(status: int, where: str, expected: str, found: str, remedy: str = "", **more: Any) -> JSONResponse:
    """A refusal as the page expects it."""
    told = {"where": where, "expected": expected, "found": found, "remedy": remedy}
    return JSONResponse({"error": told, **more}, status)


@contextlib.contextmanager
def with_yours(form: BaseModel) -> Iterator[None]:
    """Sends back what was sent when it is refused, so that both can be shown side by side."""
    try:
        yield
    except Refused as error:
        error.yours = form.model_dump(mode="json")
        raise


def answer_errors(app: FastAPI) -> None:
    """Makes the application answer every error in that form."""

    @app.exception_handler(ThecalError)
    async def _told(_: Request, error: ThecalError) -> JSONResponse:
        more = {"theirs": error.theirs, "yours": error.yours} if isinstance(error, Refused) else {}
        return refusal(status_of(error), error.where, error.expected, error.found, error.remedy, **more)

    @app.exception_handler(RequestValidationError)
    async def _form(_: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        return refusal(422, place, str(first["msg"]), repr(first.get("input"))[:80])

    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> JSONResponse:
        return refusal(error.status_code, request.url.path, "an address of this server", str(error.detail))

    @app.exception_handler(OSError)
    async def _disk(_: Request, error: OSError) -> JSONResponse:
        LOG.error("disk: %s", error.strerror)
        status = 507 if error.errno == NO_ROOM else 500
        return refusal(status, "data folder", "a disk that takes what is written", error.strerror or "an error of the disk",
                       "Free space, then try again; nothing that was saved is lost.")  # fmt: skip

    @app.exception_handler(Exception)
    async def _fault(request: Request, error: Exception) -> JSONResponse:
        LOG.error(
            "%s %s failed: %s", request.method, request.scope.get("route", request.url.path), type(error).__name__
        )
        return refusal(500, "thecal", "no fault of thecal itself", type(error).__name__, "Try again, and report it.")
