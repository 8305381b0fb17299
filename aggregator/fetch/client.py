"""One polite GET: conditional, bounded in time and size, redirects followed by hand, credentials kept at home.

Sync on purpose: in threads it costs about two thirds of the processor time of the async client
(docs/design-notes.md). One Client serves one lane, that is one host's sources in turn.
"""

from __future__ import annotations

import contextlib
import ipaddress
import os
import re
import ssl
import time
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import httpcore
import httpx

from aggregator import __version__
from aggregator.cadence import retry_after
from aggregator.errors import FetchError
from aggregator.fetch.body import decoded
from aggregator.fetch.failures import translated
from aggregator.fetch.guard import Dial, Guard, Resolver, dial, is_public, look_up
from aggregator.fetch.turns import Turns
from aggregator.records import Redirect, Response, Source, SourceState
from aggregator.urls import absolute, host_of

ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, "
    "application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, */*;q=0.1"
)
MAX_REDIRECTS = 5
MOST_HEADERS = 2**16  # bytes of all headers of an answer
_MOST_HEAD = 2**18  # bytes of everything before its body, interim answers included
_MOST_UNUSED = 2**16  # bytes of a body nobody needs, read so that the connection can serve again
_USER = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*://)[^/?#\\]*@")
_MOVED = {301, 302, 303, 307, 308}


def user_agent(contact: str | None) -> str:
    """`fow-aggregator/VERSION (+CONTACT)`, the same for every request; only what can stand in a header."""
    return f"fow-aggregator/{__version__}" + (f" (+{_visible(contact)})" if contact else "")


def public_link(link: str) -> str | None:
    """The link if strangers can follow it: a host name with a dot, or a public address."""
    host = urlsplit(link).hostname or ""
    try:
        return link if is_public(ipaddress.ip_address(host)) else None
    except ValueError:
        return link if "." in host and not host.endswith((".local", ".localhost", ".internal", ".lan")) else None


def tls_context() -> ssl.SSLContext:
    """One context for all lanes (40 ms to build); SSL_CERT_FILE and SSL_CERT_DIR are honoured."""
    return httpx.create_ssl_context(trust_env=True)


class Client:
    """GETs for one lane; not for use by two threads at once. `timeout` is for the whole exchange, in seconds."""

    def __init__(
        self,
        *,
        agent: str,
        tls: ssl.SSLContext,
        timeout: float = 30.0,
        resolver: Resolver = look_up,
        dial: Dial = dial,
        turns: Turns | None = None,
    ) -> None:
        self._guard = Guard(resolver, dial)
        self._turns = turns or Turns()
        self._tls = tls
        self._timeout = timeout
        self._headers = {"User-Agent": agent, "Accept": ACCEPT, "Accept-Encoding": "gzip, deflate"}
        self._direct = _Transport(self._pool(None))

    def close(self) -> None:
        """Close the idle connections."""
        self._direct.close()

    def poll(self, source: Source, state: SourceState, start: str | None = None) -> Response:
        """GET a source's feed, conditional when the store has validators for the address that answers.

        `start` is where to ask if not at the source's own address. Raises FetchError when no complete answer came;
        any status that did come is a value. A redirect that asks to wait (Retry-After) is followed only after the
        wait, that is when the poll before this one failed.
        """
        self._guard.deadline = time.monotonic() + self._timeout
        with translated(source.url):
            permitted = httpx.URL(source.url).raw_host.decode() if source.allow_private else None
            if permitted != self._guard.permitted:
                self._direct.close()  # a connection that one source was permitted is not for another
            self._guard.permitted = permitted
            with self._through(source.proxy) as wire:
                return self._follow(wire, source, state, _without_user(start or source.url))

    def _follow(self, wire: _Transport, source: Source, state: SourceState, url: str) -> Response:
        hops: list[Redirect] = []
        own = dict(source.headers) | _authorization(source)
        while True:
            home = _origin(url) == _origin(source.url)
            headers = (own if home else {}) | _conditions(state, url)
            with self._turn(url, spaced=not source.allow_private):
                response = self._get(wire, url, headers, tuple(hops))
            asks_to_wait = not state.failures and retry_after(response.headers, datetime.now(UTC))
            if response.status not in _MOVED or asks_to_wait:
                return response
            url = _target(response)
            hops.append(Redirect(response.status, url))
            if len(hops) > MAX_REDIRECTS:
                raise FetchError("redirect", f"redirects more than {MAX_REDIRECTS} times")

    @contextlib.contextmanager
    def _turn(self, url: str, *, spaced: bool) -> Iterator[None]:
        """Hold the turn at an address's host; the time that was waited for it is not the exchange's."""
        host = host_of(url)
        with self._turns.at(host, spaced=spaced) as waited:
            self._guard.deadline += waited
            try:
                yield
            finally:
                self._turns.sent(host, self._guard.sent_at)

    def _get(self, wire: _Transport, url: str, headers: Mapping[str, str], hops: tuple[Redirect, ...]) -> Response:
        request = httpx.Request(
            "GET", url, headers=_raw({**self._headers, **headers}), extensions={"target": _target_bytes(url)}
        )
        response = self._sent(wire, request)
        try:
            found = _plain(response.headers.raw)
            used = response.status_code == 200
            body = decoded(response.iter_raw(), found.get("content-encoding", "")) if used else _unused(response)
        finally:
            response.close()
        return Response(url, response.status_code, found, body, hops)

    def _sent(self, wire: _Transport, request: httpx.Request) -> httpx.Response:
        """Send it; once more if the idle connection it went over was just being closed (RFC 9112, section 9.3.1)."""
        made = self._guard.made
        self._guard.head_allowance = _MOST_HEAD
        try:
            return wire.handle_request(request)
        except (httpcore.RemoteProtocolError, ConnectionError):
            if self._guard.made != made:
                raise
            self._guard.head_allowance = _MOST_HEAD
            return wire.handle_request(request)
        finally:
            self._guard.head_allowance = None

    def _pool(self, proxy: str | None) -> httpcore.ConnectionPool:
        # http2 is off: a poll is one request, and its frames are one more thing to attack
        settings: dict[str, Any] = {
            "ssl_context": self._tls,
            "network_backend": self._guard,
            "max_connections": 2,
            "max_keepalive_connections": 1,
            "keepalive_expiry": 20.0,
            "http2": False,
        }
        return httpcore.HTTPProxy(proxy, **settings) if proxy else httpcore.ConnectionPool(**settings)

    @contextlib.contextmanager
    def _through(self, proxy: str | None) -> Iterator[_Transport]:
        if proxy is None:
            yield self._direct
            return
        self._guard.permitted = urlsplit(proxy).hostname  # the user named it
        with _Transport(self._pool(proxy)) as wire:
            yield wire


class _Transport(httpx.BaseTransport):
    """httpx over our guarded pool, without its client: that keeps cookies, logs secrets, looks where redirects lead."""

    def __init__(self, pool: httpcore.ConnectionPool) -> None:
        self._pool = pool

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.extensions["target"],
        )
        headers = [(name, value) for name, value in request.headers.raw if name.lower() != b"cookie"]
        answer = self._pool.handle_request(
            httpcore.Request(request.method, url, headers=headers, extensions={"timeout": {}})
        )
        if sum(len(name) + len(value) for name, value in answer.headers) > MOST_HEADERS:
            answer.close()
            raise FetchError("limit", f"its headers are larger than {MOST_HEADERS // 2**10} KiB")
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer))

    def close(self) -> None:
        self._pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._answer.iter_stream())

    def close(self) -> None:
        self._answer.close()


def _target_bytes(url: str) -> bytes:
    """Path and query exactly as written; only what cannot stand in a request line is percent-encoded."""
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query or url.endswith("?") else "")
    return _visible(target).encode("ascii")


def _visible(text: str) -> str:
    return "".join(c if "!" <= c <= "~" else "".join(f"%{b:02X}" for b in c.encode("utf-8", "replace")) for c in text)


def _without_user(url: str) -> str:
    """The address as it is asked: without user, password and fragment."""
    return _USER.sub(r"\1", url.partition("#")[0])


def _raw(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    """Headers as bytes, each name once, the last wins; what came over the wire goes back as the same bytes."""
    rows = {}
    for name, value in headers.items():
        coding = "latin-1" if max(value, default="") < "\u0100" else "utf-8"
        rows[name.lower()] = (name.encode("ascii"), value.encode(coding))
    return list(rows.values())


def _plain(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Headers as text, a character a byte: their coding is nobody's promise (RFC 9110, section 5.5)."""
    found: dict[str, list[str]] = {}
    for name, value in raw:
        found.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
    return {name: ", ".join(values) for name, values in found.items()}


def _unused(response: httpx.Response) -> bytes:
    """Read a short body away, so that the connection can serve again. Whatever goes wrong, the status has come."""
    left = _MOST_UNUSED
    with contextlib.suppress(OSError, FetchError, httpcore.ProtocolError):
        chunks = response.iter_raw()
        while left > 0:
            left -= len(next(chunks, b"")) or left
    return b""


def _origin(url: str) -> tuple[str, str]:
    return urlsplit(url).scheme.lower(), host_of(url)


def _conditions(state: SourceState, url: str) -> dict[str, str]:
    """If-None-Match and If-Modified-Since, byte for byte, only for the address that gave them (RFC 9110, 13.1)."""
    if state.validators_url != url:
        return {}
    pairs = (("If-None-Match", state.etag), ("If-Modified-Since", state.last_modified))
    return {name: value for name, value in pairs if value is not None}


def _authorization(source: Source) -> dict[str, str]:
    """Basic credentials from `env:NAME` or `file:PATH` (FetchError `auth` if not there), else from the address."""
    if source.auth is None:
        user, at, _ = urlsplit(source.url).netloc.rpartition("@")
        return _basic(unquote(user)) if at else {}
    kind, _, where = source.auth.partition(":")
    try:
        secret = os.environ[where] if kind == "env" else Path(where).expanduser().read_text(encoding="utf-8").strip()
    except (KeyError, OSError, UnicodeDecodeError):
        raise FetchError("auth", f"its credentials are not to be had from {source.auth}") from None
    return _basic(secret)


def _basic(secret: str) -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(secret.encode("utf-8", "replace")).decode("ascii")}


def _target(response: Response) -> str:
    """Where a redirect leads; raises FetchError for what must not be followed."""
    location = response.headers.get("location", "").encode("latin-1").decode("utf-8", "replace")
    url = absolute(response.url, location) if location else None
    if not url:
        raise FetchError("redirect", f"redirects ({response.status}) to nowhere")
    if urlsplit(url).scheme.lower() not in ("http", "https"):
        raise FetchError("redirect", f"redirects to {urlsplit(url).scheme[:20]}:, which is not followed")
    return _without_user(url)
