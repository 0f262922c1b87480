"""Who may speak to the server: a browser on this machine that came by the printed address, on this server's own pages.

A one-time token in the printed address becomes a cookie that other sites' pages cannot send; Host and Origin must be this
server's own, so that no name that was made to point here (DNS rebinding) is answered.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from thecal.records import CallWrong
from thecal.server.answers import refusal

COOKIE = "thecal"
COOKIE_DAYS = 365
SAFE = ("GET", "HEAD", "OPTIONS")
POLICY = "; ".join((
    "default-src 'none'", "script-src 'self' 'wasm-unsafe-eval'", "worker-src 'self' blob:", "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:", "connect-src 'self' blob: data:", "font-src 'self' data:", "manifest-src 'self'",
    "frame-src 'self'", "base-uri 'none'", "form-action 'self'", "frame-ancestors 'self'",
))  # fmt: skip
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def refuse_open_host(host: str) -> None:
    """Raises CallWrong for an address that other machines could reach."""
    try:
        loopback = host == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise CallWrong(
            "serve: --host", expected="an address of this machine alone (127.0.0.1, ::1 or localhost)", found=host,
            remedy="Other machines cannot be let in before there is sign-in.",
        )  # fmt: skip


def names_of(port: int) -> tuple[str, ...]:
    """What a browser on this machine calls the server."""
    return tuple(f"{host}:{port}" for host in ("127.0.0.1", "localhost", "[::1]"))


@dataclass
class Keys:
    """The one-time token of this start, and the cookie's secret, which outlives restarts so that open pages go on."""

    secret: str
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    reusable: bool = False
    used: bool = False

    def spend(self, token: str) -> bool:
        """Whether a token opens the door; it does so once."""
        fits = hmac.compare_digest(token.encode(), self.token.encode()) and (self.reusable or not self.used)
        self.used = self.used or fits
        return fits

    def fits(self, cookie: str) -> bool:
        """Whether a cookie is this server's own."""
        return hmac.compare_digest(cookie.encode(), self.secret.encode())


def read_keys(folder: Path) -> Keys:
    """The keys of a data folder; THECAL_TOKEN names a token that opens the door more than once, for tests."""
    path = folder / "secret"
    if not path.is_file():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(32))
    secret = hashlib.sha256(path.read_bytes()).hexdigest()
    fixed = os.environ.get("THECAL_TOKEN")
    return Keys(secret, token=fixed, reusable=True) if fixed else Keys(secret)


class Guard:
    """Stands before the application and lets through what fits."""

    def __init__(self, app: ASGIApp, keys: Keys, names: Iterable[str]) -> None:
        self.app = app
        self.keys = keys
        self.names = frozenset(names)
        self.origins = frozenset(f"http://{name}" for name in self.names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request, or hands it on."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self.app(scope, receive, send)
            return
        refused = self._refused(scope)
        if refused is not None:
            await refused(scope, receive, _with_headers(send))
            return
        await self.app(scope, receive, _with_headers(send))

    def _refused(self, scope: Scope) -> Response | None:
        headers, method, path = Headers(scope=scope), scope["method"], scope["path"]
        if headers.get("host", "") not in self.names:
            return refusal(400, "request: Host", f"one of {', '.join(sorted(self.names))}", "another name")
        origin = headers.get("origin")
        if (method not in SAFE and origin is None) or (origin is not None and origin not in self.origins):
            return refusal(403, "request: Origin", "a page of this server", origin or "none")
        if (answer := self._came_by_address(scope)) is not None:
            return answer
        if path.startswith("/api") and not self.keys.fits(_cookie(headers)):
            remedy = "Open the address that thecal serve printed, or start thecal serve again for a new one."
            return refusal(401, "request: cookie", "the cookie of this server", "none that fits", remedy)
        return None

    def _came_by_address(self, scope: Scope) -> Response | None:
        """The way in by the printed address: sets the cookie and takes the token out of sight."""
        if scope["method"] != "GET" or scope["path"].startswith("/api"):
            return None
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        token = dict(query).get("token")
        if token is None:
            return None
        rest = urlencode([pair for pair in query if pair[0] != "token"])
        path = "/" + scope["path"].lstrip("/")
        answer = RedirectResponse(f"{path}?{rest}" if rest else path, 303, headers={"Cache-Control": "no-store"})
        if self.keys.spend(token):
            answer.set_cookie(COOKIE, self.keys.secret, COOKIE_DAYS * 86400, httponly=True, samesite="strict", path="/")
        return answer


def _cookie(headers: Headers) -> str:
    try:
        jar: SimpleCookie = SimpleCookie(headers.get("cookie", ""))
    except CookieError:
        return ""
    return jar[COOKIE].value if COOKIE in jar else ""


def _with_headers(send: Send) -> Send:
    async def told(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.setdefault("Content-Security-Policy", POLICY)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return told
