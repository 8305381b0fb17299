"""One polite GET: conditional, bounded in time and size, redirects followed by hand, credentials kept at home.

Sync on purpose: in threads it costs about two thirds of the processor time of the async client
(docs/design-notes.md). One Client serves one lane, that is one host's sources in turn.
"""

from __future__ import annotations

import contextlib
import ipaddress
import os
import socket
import ssl
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpcore
import httpx

from aggregator import __version__
from aggregator.errors import FetchError
from aggregator.fetch.body import decoded
from aggregator.fetch.guard import Guard, Resolver, is_public, look_up
from aggregator.records import Redirect, Response, Source, SourceState
from aggregator.urls import absolute, host_of, without_secrets

ACCEPT = ("application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, "
          "application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, */*;q=0.1")
MAX_REDIRECTS = 5
_MOVED = {301, 302, 303, 307, 308}


def user_agent(contact: str | None) -> str:
    """`fow-aggregator/VERSION (+CONTACT)`, the same for every request."""
    return f"fow-aggregator/{__version__}" + (f" (+{contact})" if contact else "")


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

    def __init__(self, *, agent: str, tls: ssl.SSLContext, timeout: float = 30.0, resolver: Resolver = look_up) -> None:
        self._guard = Guard(resolver)
        self._tls = tls
        self._timeout = timeout
        self._headers = {"User-Agent": agent, "Accept": ACCEPT, "Accept-Encoding": "gzip, deflate"}
        self._direct = _client(_Transport(self._pool(None)))

    def close(self) -> None:
        """Close the idle connections."""
        self._direct.close()

    def poll(self, source: Source, state: SourceState) -> Response:
        """GET a source's feed, conditional when the store has validators for the address that answers.

        Raises FetchError when no complete answer came; any status that did come is a value.
        """
        self._guard.deadline = time.monotonic() + self._timeout
        self._guard.permitted = urlsplit(source.url).hostname if source.allow_private else None
        with self._through(source.proxy) as client, _translated(source.url):
            return self._follow(client, source, state)

    def _follow(self, client: httpx.Client, source: Source, state: SourceState) -> Response:
        url, hops = source.url.partition("#")[0], list[Redirect]()
        own = dict(source.headers) | _authorization(source)
        while True:
            home = _origin(url) == _origin(source.url)
            extra = (own if home else {}) | _conditions(state, url)
            response = self._get(client, url, self._headers | extra, tuple(hops))
            if response.status not in _MOVED:
                return response
            url = _target(response)
            hops.append(Redirect(response.status, url))
            if len(hops) > MAX_REDIRECTS:
                raise FetchError("redirect", f"redirects more than {MAX_REDIRECTS} times")

    def _get(self, client: httpx.Client, url: str, headers: Mapping[str, str], hops: tuple[Redirect, ...]) -> Response:
        request = client.build_request("GET", url, headers=dict(headers), extensions={"target": _target_bytes(url)})
        response = client.send(request, stream=True)
        try:
            found = {name.lower(): value for name, value in response.headers.items()}
            unread = response.status_code in _MOVED or response.status_code == 304
            body = b"" if unread else decoded(response.iter_raw(), found.get("content-encoding", ""))
        finally:
            response.close()
        return Response(url, response.status_code, found, body, hops)

    def _pool(self, proxy: str | None) -> httpcore.ConnectionPool:
        # http2 is off: a poll is one request, and its frames are one more thing to attack
        settings: dict[str, Any] = {"ssl_context": self._tls, "network_backend": self._guard, "max_connections": 2,
                                    "max_keepalive_connections": 1, "keepalive_expiry": 20.0, "http2": False}
        return httpcore.HTTPProxy(proxy, **settings) if proxy else httpcore.ConnectionPool(**settings)

    @contextlib.contextmanager
    def _through(self, proxy: str | None) -> Iterator[httpx.Client]:
        if proxy is None:
            yield self._direct
            return
        self._guard.permitted = urlsplit(proxy).hostname  # the user named it
        with _client(_Transport(self._pool(proxy))) as client:
            yield client


def _client(transport: httpx.BaseTransport) -> httpx.Client:
    return httpx.Client(transport=transport, trust_env=False, follow_redirects=False, headers={}, timeout=None)  # noqa: S113


class _Transport(httpx.BaseTransport):
    """httpx over our guarded pool; cookies are neither kept nor sent."""

    def __init__(self, pool: httpcore.ConnectionPool) -> None:
        self._pool = pool

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = httpcore.URL(scheme=request.url.raw_scheme, host=request.url.raw_host, port=request.url.port,
                           target=request.extensions["target"])
        headers = [(k, v) for k, v in request.headers.raw if k.lower() not in (b"cookie", b"connection")]
        answer = self._pool.handle_request(httpcore.Request(
            request.method, url, headers=headers, extensions={"timeout": {}}))
        kept = [(k, v) for k, v in answer.headers if k.lower() != b"set-cookie"]
        return httpx.Response(answer.status, headers=kept, stream=_Body(answer))

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
    return "".join(c if "!" <= c <= "~" else "".join(f"%{b:02X}" for b in c.encode()) for c in target).encode("ascii")


def _origin(url: str) -> tuple[str, str]:
    return urlsplit(url).scheme.lower(), host_of(url)


def _conditions(state: SourceState, url: str) -> dict[str, str]:
    """If-None-Match and If-Modified-Since, byte for byte, only for the address that gave them (RFC 9110, 13.1)."""
    if state.validators_url != url:
        return {}
    pairs = (("If-None-Match", state.etag), ("If-Modified-Since", state.last_modified))
    return {name: value for name, value in pairs if value is not None}


def _authorization(source: Source) -> dict[str, str]:
    """Basic credentials from `env:NAME` or `file:PATH`; raises FetchError (`auth`) when they are not there."""
    if source.auth is None:
        return {}
    kind, _, where = source.auth.partition(":")
    try:
        secret = os.environ[where] if kind == "env" else Path(where).expanduser().read_text(encoding="utf-8").strip()
    except (KeyError, OSError, UnicodeDecodeError):
        raise FetchError("auth", f"its credentials are not to be had from {source.auth}") from None
    return {"Authorization": "Basic " + b64encode(secret.encode()).decode("ascii")}


def _target(response: Response) -> str:
    """Where a redirect leads; raises FetchError for what must not be followed."""
    location = response.headers.get("location", "")
    url = absolute(response.url, location) if location else None
    if not url:
        raise FetchError("redirect", f"redirects ({response.status}) to nowhere")
    if urlsplit(url).scheme.lower() not in ("http", "https"):
        raise FetchError("redirect", f"redirects to {urlsplit(url).scheme[:20]}:, which is not followed")
    return url.partition("#")[0]


@contextlib.contextmanager
def _translated(url: str) -> Iterator[None]:
    """Everything the network can raise becomes a FetchError with one plain sentence."""
    try:
        yield
    except (TimeoutError, httpcore.TimeoutException, httpx.TimeoutException) as error:
        raise FetchError("timeout", "no complete answer within the time allowed") from error
    except ssl.SSLError as error:
        raise FetchError("tls", _tls_words(error)) from error
    except (socket.gaierror, UnicodeError) as error:
        raise FetchError("dns", f"{host_of(url)}: no such host (DNS)") from error
    except OSError as error:
        raise FetchError("connect", f"the connection broke ({error.strerror or type(error).__name__})") from error
    except (httpcore.RemoteProtocolError, httpcore.ReadError, httpx.TransportError) as error:
        cut = "closed connection" in str(error) or "disconnected" in str(error)
        raise FetchError("body", "the answer was cut short" if cut else f"not an HTTP answer ({_short(error)})") from error
    except (httpcore.ConnectError, httpcore.NetworkError, httpcore.ProxyError) as error:
        raise FetchError("connect", f"no connection ({_short(error)})") from error
    except (httpx.InvalidURL, httpcore.UnsupportedProtocol, httpcore.LocalProtocolError, ValueError) as error:
        raise FetchError("redirect", f"not an address that can be asked: {without_secrets(url)}") from error


def _tls_words(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not valid ({error.verify_message})"
    return f"no secure connection ({error.reason or 'TLS'})"


def _short(error: Exception) -> str:
    words = " ".join(str(error).split())
    return "".join(c for c in words if c.isprintable())[:80] or type(error).__name__
