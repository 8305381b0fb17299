"""HTTP/1.1 over the guarded network: httpcore's connections, without httpx's client and messages.

That client keeps cookies, logs addresses with their secrets, follows redirects with the wrong headers and decodes
without a bound; its messages cost a fifth of a request and are read once. A lane asks one host after the other, so that
it keeps one connection over a stream that the guard has made, and needs httpcore's pool of them for proxies only.
"""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Callable, Iterator, Mapping
from itertools import chain

import httpcore

from aggregator.errors import FetchError
from aggregator.fetch.address import parts_of
from aggregator.fetch.credentials import login, without_user
from aggregator.fetch.guard import Guard

MOST_HEADERS = 2**16  # bytes of all headers of an answer
MOST_FIELDS = 500  # headers of an answer
MOST_HEAD = 2 * MOST_HEADERS  # bytes that are read before its body, interim answers included
_KEPT_FOR = 20.0  # seconds that an idle connection may serve again
_MOST_UNUSED = 2**16  # bytes of a body nobody needs, read so that the connection can serve again


class Transport:
    """The connection of a lane, straight to its host or through one proxy; `tls` makes the context when asked."""

    def __init__(self, guard: Guard, tls: Callable[[], ssl.SSLContext], proxy: str | None = None) -> None:
        self._guard, self._tls = guard, tls
        self._kept: httpcore.HTTP11Connection | None = None
        self._proxied = None if proxy is None else _through(proxy, guard, tls())

    def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """The head of the answer; its body is still to be read, and the answer to be closed.

        A GET is sent once more if the idle connection it went over was just being closed (RFC 9112, section 9.3.1).
        """
        parts = parts_of(url)
        request = httpcore.Request(
            method,
            httpcore.URL(scheme=parts.scheme, host=parts.host, port=parts.port, target=parts.target),
            content=body or (),
            extensions={"timeout": {}},
        )
        request.headers = _raw(headers, parts.place, len(body))  # bytes already: it need not look at each
        made = self._guard.made
        self._guard.head_allowance = MOST_HEAD
        try:
            return self._sent(request)
        except (httpcore.RemoteProtocolError, ConnectionError):
            if self._guard.made != made or method != "GET":
                raise
            self._guard.head_allowance = MOST_HEAD
            return self._sent(request)
        finally:
            self._guard.head_allowance = None

    def _sent(self, request: httpcore.Request) -> Answer:
        """One exchange; never with endless headers."""
        wire = self._proxied or self._connection(request.url.origin)
        answer = wire.handle_request(request)
        if len(answer.headers) > MOST_FIELDS or sum(map(len, chain.from_iterable(answer.headers))) > MOST_HEADERS:
            answer.close()
            raise FetchError("limit", f"its headers are more than {MOST_FIELDS}, or larger than 64 KiB")
        return Answer(answer, self._kept)

    def _connection(self, origin: httpcore.Origin) -> httpcore.HTTP11Connection:
        """The one that is kept, if it leads there and still stands; else a new one in its place."""
        kept = self._kept
        if kept is None or not (kept.can_handle_request(origin) and kept.is_available()) or kept.has_expired():
            self.close()
            kept = self._kept = httpcore.HTTP11Connection(origin, self._stream(origin), keepalive_expiry=_KEPT_FOR)
        return kept

    def _stream(self, origin: httpcore.Origin) -> httpcore.NetworkStream:
        host = origin.host.decode("ascii")
        if origin.scheme == b"http":
            return self._guard.connect_tcp(host, origin.port)
        tls = self._tls()
        return self._guard.connect_tcp(host, origin.port).start_tls(tls, host)

    def close(self) -> None:
        """Close the idle connection."""
        if self._kept is not None:
            self._kept.close()
            self._kept = None
        if self._proxied is not None:
            self._proxied.close()


class Answer:
    """The head of an answer, and its body as it comes over the wire."""

    def __init__(self, answer: httpcore.Response, kept: httpcore.HTTP11Connection | None) -> None:
        self._answer, self._kept = answer, kept
        self.status = answer.status

    @property
    def headers(self) -> dict[str, str]:
        """Headers as text, a character a byte: their coding is nobody's promise (RFC 9110, section 5.5)."""
        found: dict[str, str] = {}
        for raw, value in self._answer.headers:
            name, text = raw.decode("latin-1").lower(), value.decode("latin-1")
            found[name] = f"{found[name]}, {text}" if name in found else text
        return found

    def chunks(self) -> Iterator[bytes]:
        """The body, undecoded."""
        return iter(self._answer.iter_stream())

    def read_away(self) -> None:
        """Read a short body nobody needs, so that the connection can serve again. What goes wrong is no matter."""
        left = _MOST_UNUSED
        with contextlib.suppress(OSError, FetchError, httpcore.ProtocolError):
            chunks = self.chunks()
            while left > 0:
                left -= len(next(chunks, b"")) or left

    def close(self) -> None:
        """End the exchange; a connection on which more came than the answer must not answer the next request."""
        self._answer.close()
        if self._kept is not None and self._kept._h11_state.trailing_data[0]:  # noqa: SLF001 (it tells nobody)
            self._kept.close()


def _through(proxy: str, guard: Guard, tls: ssl.SSLContext) -> httpcore.HTTPProxy:
    """What asks a proxy, for one exchange."""
    # http2 is off, here and in client.tls_context: a poll is one request, and its frames are one more thing to attack
    return httpcore.HTTPProxy(
        without_user(proxy),
        proxy_auth=login(proxy),
        proxy_ssl_context=tls if proxy.lower().startswith("https:") else None,
        ssl_context=tls,
        network_backend=guard,
        max_connections=2,
        max_keepalive_connections=0,  # what comes after an answer must not be taken for the next one
        http2=False,
    )


def _raw(headers: Mapping[str, str], host: bytes, size: int) -> list[tuple[bytes, bytes]]:
    """Headers as bytes, each name once, the last wins, never a cookie; what came over the wire goes back as it was."""
    rows = {"host": (b"Host", host)} | ({"content-length": (b"Content-Length", b"%d" % size)} if size else {})
    for name, value in headers.items():
        coding = "ascii" if value.isascii() else "latin-1" if max(value) < "\u0100" else "utf-8"
        rows[name.lower()] = (name.encode("ascii"), value.encode(coding))
    rows.pop("cookie", None)
    return list(rows.values())
