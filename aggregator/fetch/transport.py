"""HTTP/1.1 over the guarded network: httpx's messages and httpcore's connections, without httpx's client.

That client keeps cookies, logs addresses with their secrets, follows redirects with the wrong headers and decodes
without a bound.
"""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import httpcore
import httpx

from aggregator.errors import FetchError
from aggregator.fetch.credentials import login, without_user
from aggregator.fetch.guard import Guard

MOST_HEADERS = 2**16  # bytes of all headers of an answer
MOST_FIELDS = 500  # headers of an answer
MOST_HEAD = 2 * MOST_HEADERS  # bytes that are read before its body, interim answers included
_MOST_UNUSED = 2**16  # bytes of a body nobody needs, read so that the connection can serve again


class Transport(httpx.BaseTransport):
    """A small pool of connections: straight to the hosts, or through one proxy."""

    def __init__(self, guard: Guard, tls: ssl.SSLContext, proxy: str | None = None) -> None:
        self._guard = guard
        self._pool = _pool(guard, tls, proxy)

    def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> httpx.Response:
        """The head of the answer; its body is still to be read, and the answer to be closed.

        A GET is sent once more if the idle connection it went over was just being closed (RFC 9112, section 9.3.1).
        """
        extensions = {"target": _target_bytes(url)}
        request = httpx.Request(method, url, headers=_raw(headers), content=body or None, extensions=extensions)
        made = self._guard.made
        self._guard.head_allowance = MOST_HEAD
        try:
            return self.handle_request(request)
        except (httpcore.RemoteProtocolError, ConnectionError):
            if self._guard.made != made or method != "GET":
                raise
            self._guard.head_allowance = MOST_HEAD
            return self.handle_request(request)
        finally:
            self._guard.head_allowance = None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """One exchange, as httpx defines a transport; never with a cookie, never with endless headers."""
        url = httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.extensions["target"],
        )
        headers = [(name, value) for name, value in request.headers.raw if name.lower() != b"cookie"]
        answer = self._pool.handle_request(
            httpcore.Request(request.method, url, headers=headers, content=request.content, extensions={"timeout": {}})
        )
        if len(answer.headers) > MOST_FIELDS or sum(len(n) + len(v) for n, v in answer.headers) > MOST_HEADERS:
            answer.close()
            raise FetchError("limit", f"its headers are more than {MOST_FIELDS}, or larger than 64 KiB")
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer, self._pool))

    def close(self) -> None:
        """Close the idle connections."""
        self._pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, answer: httpcore.Response, pool: httpcore.ConnectionPool) -> None:
        self._answer = answer
        self._pool = pool

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._answer.iter_stream())

    def close(self) -> None:
        """End the exchange; a connection on which more came than the answer must not answer the next request."""
        self._answer.close()
        for connection in self._pool.connections:
            machine = getattr(getattr(connection, "_connection", None), "_h11_state", None)
            if machine is not None and machine.trailing_data[0]:
                connection.close()


def _pool(guard: Guard, tls: ssl.SSLContext, proxy: str | None) -> httpcore.ConnectionPool:
    # http2 is off: a poll is one request, and its frames are one more thing to attack
    settings: dict[str, Any] = {
        "ssl_context": tls,
        "network_backend": guard,
        "max_connections": 2,
        "max_keepalive_connections": 1,
        "keepalive_expiry": 20.0,
        "http2": False,
    }
    if proxy is None:
        return httpcore.ConnectionPool(**settings)
    if proxy.lower().startswith("https:"):
        settings["proxy_ssl_context"] = tls
    return httpcore.HTTPProxy(without_user(proxy), proxy_auth=login(proxy), **settings)


def visible(text: str) -> str:
    """Only what can stand in a request line or a header; the rest is percent-encoded."""
    return "".join(c if "!" <= c <= "~" else "".join(f"%{b:02X}" for b in c.encode("utf-8", "replace")) for c in text)


def headers_of(response: httpx.Response) -> dict[str, str]:
    """Headers as text, a character a byte: their coding is nobody's promise (RFC 9110, section 5.5)."""
    found: dict[str, list[str]] = {}
    for name, value in response.headers.raw:
        found.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
    return {name: ", ".join(values) for name, values in found.items()}


def read_away(response: httpx.Response) -> None:
    """Read a short body nobody needs, so that the connection can serve again. Whatever goes wrong, its status came."""
    left = _MOST_UNUSED
    with contextlib.suppress(OSError, FetchError, httpcore.ProtocolError):
        chunks = response.iter_raw()
        while left > 0:
            left -= len(next(chunks, b"")) or left


def _target_bytes(url: str) -> bytes:
    """Path and query exactly as written; only what cannot stand in a request line is percent-encoded."""
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query or url.endswith("?") else "")
    return visible(target).encode("ascii")


def _raw(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    """Headers as bytes, each name once, the last wins; what came over the wire goes back as the same bytes."""
    rows = {}
    for name, value in headers.items():
        coding = "latin-1" if max(value, default="") < "\u0100" else "utf-8"
        rows[name.lower()] = (name.encode("ascii"), value.encode(coding))
    return list(rows.values())
