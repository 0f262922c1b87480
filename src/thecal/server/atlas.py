"""The atlas in the reading room: articles, what a search needs, comparison, gamuts, cases under an article, example images."""

from __future__ import annotations

import contextlib
import hashlib
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request
from fastapi.responses import FileResponse, JSONResponse, PlainTextResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from thecal import __version__
from thecal.archive import cases
from thecal.archive.refusals import NotThere
from thecal.atlas import Shelf, bibtex, data, plain, ris
from thecal.knowledge import Knowledge
from thecal.records import Article, CallWrong, KnowledgeInvalid
from thecal.report import words as read_words
from thecal.server.examples import Maker
from thecal.server.room import InRoom, reader

KEPT = "private, max-age=31536000, immutable"
ASKED_AGAIN = "private, no-cache"
OFFLINE_BYTES = 600_000
# Between two articles that nobody asked for yet, whoever asks for something has the turn.
WARM_PAUSE_S = 0.02
CITED_AS = ("bib", "ris", "txt")

router = APIRouter(prefix="/api/atlas", tags=["atlas"])


@dataclass
class Book:
    """The articles as the page reads them, each made once; digest names this state of text and program."""

    knowledge: Knowledge
    examples: Maker
    _made: dict[str, bytes] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @cached_property
    def shelf(self) -> Shelf:
        """The articles with what they draw on."""
        return Shelf.of(self.knowledge)

    @cached_property
    def words(self) -> dict[str, str]:
        """The names of findings and states as reports have them."""
        return dict(read_words.read())

    @cached_property
    def digest(self) -> str:
        """Names the state: what was kept under another one is old."""
        return hashlib.sha256(f"{self.knowledge.digest} {__version__}".encode()).hexdigest()[:16]

    def kept(self, name: str, make: Callable[[], Any]) -> bytes:
        """The JSON of a part, made at the first call."""
        with self._lock:
            if name not in self._made:
                self._made[name] = json.dumps(make(), ensure_ascii=False, separators=(",", ":")).encode()
            return self._made[name]

    def find(self, name: str) -> Article:
        """An article by code or identifier."""
        articles = self.shelf.articles
        found = articles.get(name) or next((one for one in articles.values() if one.identifier == name), None)
        if found is None:
            raise NotThere("atlas", expected="the code or identifier of an article", found=name[:80],
                           remedy="Search for it: every name it has leads to it.")  # fmt: skip
        return found

    def index(self) -> bytes:
        """What a search needs."""
        return self.kept("index", lambda: {"digest": self.digest, **data.index(self.shelf, self.words)})

    def article(self, code: str) -> bytes:
        """An article as the page shows it."""
        return self.kept(f"article/{code}", lambda: data.article(code, self.shelf, self.words))

    def warm(self) -> None:
        """Makes the index and every article before they are asked for; what cannot be made is told to who asks for it."""
        self.index()
        for code in self.shelf.articles:
            with contextlib.suppress(KnowledgeInvalid):
                self.article(code)
            time.sleep(WARM_PAUSE_S)


def _book(request: Request) -> Book:
    book: Book = request.app.state.book
    return book


InBook = Annotated[Book, Depends(_book)]


class Case(BaseModel):
    """A case under an article: a study of this archive, or a simulated example of an entity."""

    model_config = ConfigDict(extra="forbid")
    kind: Literal["study", "example"]
    title: Annotated[str, Field(max_length=300)] = ""
    study: Annotated[str, Field(max_length=80)] | None = None
    entity: Annotated[str, Field(max_length=80)] | None = None
    seed: Annotated[int, Field(ge=0, le=2**31)] | None = None


class CaseList(BaseModel):
    """The cases of an article in their order; version is that of the order it was made from."""

    model_config = ConfigDict(extra="forbid")
    version: Annotated[int, Field(ge=0)]
    cases: Annotated[list[Case], Field(max_length=500)]


def _json(book: Book, body: bytes, request: Request) -> Response:
    headers = {
        "Cache-Control": KEPT if request.query_params.get("v") == book.digest else ASKED_AGAIN,
        "ETag": f'"{book.digest}"',
    }
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)


@router.get("/index")
def show_index(request: Request, book: InBook) -> Response:
    """Names, tags and words of every article, the gamuts, and the digest of this state."""
    return _json(book, book.index(), request)


@router.get("/articles/{name}")
def show_article(name: str, request: Request, book: InBook) -> Response:
    """An article by its code or identifier."""
    return _json(book, book.article(book.find(name).code), request)


@router.get("/all")
def show_all(request: Request, book: InBook) -> Response:
    """Every article at once, for reading without the server."""
    parts = (f"{json.dumps(code)}:".encode() + book.article(code) for code in sorted(book.shelf.articles))
    return _json(book, b"{" + b",".join(parts) + b"}", request)


@router.get("/articles/{name}/cite.{form}")
def cite(name: str, form: str, request: Request, book: InBook) -> Response:
    """The article as a citation: BibTeX, RIS or a line of text, with its permanent address here."""
    article = book.find(name)
    base = str(request.base_url).rstrip("/")
    if form not in CITED_AS:
        raise CallWrong("atlas: cite", expected=f"one of {', '.join(CITED_AS)}", found=form[:20])
    texts = {"bib": bibtex, "ris": ris, "txt": plain.cite}
    types = {"bib": "application/x-bibtex", "ris": "application/x-research-info-systems", "txt": "text/plain"}
    named = {"Content-Disposition": f'attachment; filename="thecal-{article.code}.{form}"'} if form != "txt" else {}
    return PlainTextResponse(texts[form](article, __version__, base), media_type=types[form], headers=named)


@router.get("/compare")
def compare(a: str, b: str, request: Request, book: InBook) -> Response:
    """Two entities side by side: every sign counted in either, what tells them apart first."""
    codes = [book.find(name).code for name in (a, b)]
    known = {*book.shelf.vocabulary.entities, *book.shelf.vocabulary.parents}
    if not known.issuperset(codes) or codes[0] == codes[1]:
        raise CallWrong("atlas: compare", expected="two different entities", found=f"{a[:40]} and {b[:40]}",
                        remedy="Signs and one and the same entity cannot be compared.")  # fmt: skip
    made = book.kept(f"compare/{'/'.join(codes)}", lambda: data.comparison(codes[0], codes[1], book.shelf, book.words))
    return _json(book, made, request)


@router.get("/articles/{name}/cases")
def show_cases(name: str, room: InRoom, book: InBook) -> CaseList:
    """The cases under an article, in their order."""
    version, kept = cases.of(room.archive, book.find(name).code)
    return CaseList(version=version, cases=[Case.model_validate(one) for one in kept])


@router.put("/articles/{name}/cases")
def save_cases(name: str, given: CaseList, room: InRoom, book: InBook) -> dict[str, int]:
    """Saves the cases in this order; a conflict tells the order that was saved in between."""
    for one in given.cases:
        _check(one, book)
    told = [one.model_dump(exclude_none=True) for one in given.cases]
    return {"version": cases.save(room.archive, book.find(name).code, given.version, told, reader())}


@router.get("/cases")
def list_cases(room: InRoom, book: InBook) -> list[dict[str, Any]]:
    """The articles that have cases, with the cases in their order."""
    known = book.shelf.articles
    found = sorted(cases.every(room.archive).items())
    return [{"code": code, "title": known[code].title, "cases": kept} for code, kept in found if kept and code in known]


def _check(case: Case, book: Book) -> None:
    whole = (
        case.study if case.kind == "study" else case.entity in book.shelf.vocabulary.entities and case.seed is not None
    )
    if not whole:
        raise CallWrong(
            "atlas: case", expected="a study's id, or a known entity and a seed", found=repr(case.model_dump())[:120]
        )


@router.get("/examples/{entity}")
def show_example(entity: str, book: InBook, seed: Annotated[int, Field(ge=0, le=2**31)] = 0) -> JSONResponse:
    """A simulated example: its series when it is there, else that it is being made; then ask again."""
    _known(entity, book)
    told = book.examples.look(entity, seed)
    return JSONResponse(_named(told, book), headers={"Cache-Control": "no-store"})


@router.get("/examples/{entity}/{seed}/{key}.webp")
def show_picture(entity: str, seed: int, key: str, book: InBook) -> Response:
    """All slices of a series in one picture."""
    _known(entity, book)
    plainly = "/" not in key and not key.startswith(".")
    file = book.examples.picture(entity, seed, key) if plainly else None
    if file is None:
        raise NotThere("atlas: example", expected="a series of a made example", found=key[:80])
    return FileResponse(file, media_type="image/webp", headers={"Cache-Control": ASKED_AGAIN})


def _known(entity: str, book: Book) -> None:
    if entity not in book.shelf.vocabulary.entities:
        raise NotThere("atlas: example", expected="an entity", found=entity[:80])


def _named(told: dict[str, Any], book: Book) -> dict[str, Any]:
    signs = [data.named(one["finding"], one["state"], book.words) for one in told.get("signs", ())]
    return {**told, "signs": signs} if "signs" in told else told


@router.get("/offline")
def list_page(request: Request, book: InBook) -> dict[str, Any]:
    """The files of the page that reading without the server needs, and a digest of them."""
    folder: Path = request.app.state.static
    files = sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and path.stat().st_size <= OFFLINE_BYTES and path.suffix in (".js", ".css", ".svg", ".woff2")
    )
    index = folder / "index.html"
    text = index.read_bytes() if index.is_file() else b""
    digest = hashlib.sha256("\n".join(files).encode() + text).hexdigest()[:16]
    return {"digest": digest, "articles": book.digest, "files": ["/", *(f"/{file}" for file in files)]}
