"""One polite request: bounded in time and size, redirects followed by hand, secrets kept at home.

`Client.poll` is the conditional GET of a feed; `Client.ask` is any other request of this program, under the same
guard. Sync on purpose: in threads it costs about two thirds of the processor time of the async client
(docs/design-notes.md). One Client serves one lane, that is one host's sources in turn.
"""

from __future__ import annotations

import contextlib
import os
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache
from urllib.parse import urlsplit

from aggregator import __version__
from aggregator.errors import ConfigError, FetchError
from aggregator.fetch.address import parts_of, visible
from aggregator.fetch.body import LIMIT, decoded
from aggregator.fetch.credentials import own_headers, without_user
from aggregator.fetch.failures import translated
from aggregator.fetch.firsts import Firsts
from aggregator.fetch.guard import Dial, Guard, dial, is_public_name, refuse_by_name
from aggregator.fetch.names import Resolver, look_up
from aggregator.fetch.transport import Transport
from aggregator.fetch.turns import Turns
from aggregator.polling.cadence import retry_after
from aggregator.records import Config, Redirect, Response, Source, SourceState
from aggregator.urls import absolute, host_of

ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, "
    "application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, */*;q=0.1"
)
MAX_REDIRECTS = 5
_MOVED = {301, 302, 303, 307, 308}
_WITH_BODY = {200, 226}
_KEEP_METHOD = {307, 308}

Tls = Callable[[], ssl.SSLContext]


@dataclass(frozen=True, slots=True)
class Request:
    """One request and what it may cost.

    `headers` go to the origin (scheme, host, port) of `url` and to no other. A `body` is a form. `permitted` is the
    one host name that may be on a private network, see `permitted_host`. `limit` is in bytes, decoded. At most
    `redirects` are followed, with a `body` only 307 and 308; one that asks to wait (Retry-After) is followed only if
    `impatient`.
    """

    url: str
    method: str = "GET"
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    accept: str = ACCEPT
    permitted: str | None = None
    proxy: str | None = None
    limit: int = LIMIT
    redirects: int = MAX_REDIRECTS
    impatient: bool = False


def tls_context() -> ssl.SSLContext:
    """SSL_CERT_FILE and SSL_CERT_DIR are honoured, else certifi's list; raises ConfigError if they hold nothing."""
    import certifi  # noqa: PLC0415 (10 ms, for who asks over TLS)

    file = os.environ.get("SSL_CERT_FILE") or None
    folder = None if file else os.environ.get("SSL_CERT_DIR") or None
    try:
        context = ssl.create_default_context(cafile=file or (None if folder else certifi.where()), capath=folder)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"SSL_CERT_FILE: {file or folder} holds no certificates that can be read") from error
    context.set_alpn_protocols(["http/1.1"])
    return context


class Trust:
    """Whose certificates are believed: one TLS context for all lanes, made (40 ms) when a connection needs it."""

    def __init__(self, make: Callable[[], ssl.SSLContext] = tls_context) -> None:
        self._make = make
        self._made: ssl.SSLContext | None = None
        self._lock = threading.Lock()

    def __call__(self) -> ssl.SSLContext:
        """The context; raises ConfigError as `tls_context` does."""
        with self._lock:
            self._made = self._made or self._make()
            return self._made


@dataclass(frozen=True, slots=True)
class Wire:
    """How to reach the web: what we say we are, TLS, the time one exchange may take (seconds), names, turns."""

    agent: str
    tls: Tls = field(default_factory=Trust)
    timeout: float = 30.0
    resolver: Resolver = look_up
    dial: Dial = dial
    turns: Turns = field(default_factory=Turns)
    firsts: Firsts = field(default_factory=lambda: Firsts(None))

    def following(self, config: Config) -> Wire:
        """The same wire under the name that a configuration gives us; raises ConfigError as `tls_context` does.

        Certificates that sources of its file need are read now, so that a mistake is told before anything is asked.
        """
        if any(source.line and source.url.startswith("https:") for source in config.sources):
            self.tls()
        return replace(self, agent=agent_of(config))

    def client(self, *, once: bool = False) -> Client:
        """A client for one lane, to be closed; `once`: for a lane of a single source."""
        return Client(self.agent, self.tls, self.timeout, self.resolver, self.dial, self.turns, once=once)


def user_agent(contact: str | None) -> str:
    """`fow-aggregator/VERSION (+CONTACT)`, the same for every request; only what can stand in a header."""
    return f"fow-aggregator/{__version__}" + (f" (+{visible(contact)})" if contact else "")


def agent_of(config: Config) -> str:
    """How we name ourselves for this configuration: with its contact, else with its link if strangers can follow it."""
    return user_agent(config.contact or public_link(config.link))


def public_link(link: str) -> str | None:
    """The link if strangers can follow it: a host name with a dot, or a public address."""
    return link if is_public_name(urlsplit(link).hostname or "") else None


def permitted_host(source: Source) -> str | None:
    """The host name that `allow_private: true` permits: the source's own, as it stands in a request."""
    return host_in_request(source.url) if source.allow_private else None


@lru_cache(maxsize=4096)
def host_in_request(url: str) -> str:
    """A host name as it stands in a request: lower-case, ASCII; raises FetchError (`redirect`) where there is none."""
    with translated(url):
        return parts_of(url).host.decode("ascii")


class Client:
    """Requests of one lane, by one thread; `timeout` is for an exchange, in seconds; `once`: a single one is asked."""

    def __init__(
        self,
        agent: str,
        tls: Tls,
        timeout: float = 30.0,
        resolver: Resolver = look_up,
        dial: Dial = dial,
        turns: Turns | None = None,
        *,
        once: bool = False,
    ) -> None:
        self._guard = Guard(resolver, dial)
        self._turns = turns or Turns()
        self._tls = tls
        self._timeout = timeout
        self._agent = agent
        self._once = once
        self._direct = Transport(self._guard, tls)

    def close(self) -> None:
        """Close the idle connections."""
        self._direct.close()

    def poll(self, source: Source, state: SourceState, start: str | None = None) -> Response:
        """GET a source's feed, conditional when the store has validators for the address that answers.

        `start` is where to ask if not at the source's own address. Raises FetchError when no complete answer came;
        any status that did come is a value. A redirect that asks to wait (Retry-After) is followed only after the
        wait, that is when the poll before this one failed.
        """
        with translated(source.url):
            url, permitted = without_user(start or source.url), permitted_host(source)
            request = Request(url, permitted=permitted, proxy=source.proxy, impatient=state.failures > 0)
            own = own_headers(source)
            return self._ask(request, lambda url: {**_at_home(own, source.url, url), **_conditions(state, url)})

    def ask(self, request: Request) -> Response:
        """Any other request: a page, a hub. The body is there for a status of 200 only.

        Raises FetchError when no complete answer came; any status that did come is a value.
        """
        with translated(request.url):
            return self._ask(request, lambda url: _at_home(request.headers, request.url, url))

    def _ask(self, request: Request, headers_for: Callable[[str], Mapping[str, str]]) -> Response:
        """Follow the redirects under one deadline; `headers_for` says what goes to which address."""
        self._guard.deadline = time.monotonic() + self._timeout
        url, hops, wire = without_user(request.url), list[Redirect](), self._through(request)
        try:
            while True:
                response = self._in_turn(wire, request, url, headers_for(url), tuple(hops))
                if not _leads_on(response, request):
                    return response
                url = _target(response, request)
                hops.append(Redirect(response.status, url))
                if len(hops) > request.redirects:
                    raise FetchError("redirect", f"redirects more than {request.redirects} times")
        finally:
            if wire is not self._direct:
                wire.close()

    def _in_turn(
        self, wire: Transport, request: Request, url: str, own: Mapping[str, str], hops: tuple[Redirect, ...]
    ) -> Response:
        """One exchange in the turn of an address's host; the time that was waited for it is not the exchange's."""
        host, spaced = host_of(url), request.proxy is not None or host_in_request(url) != request.permitted
        if url.startswith("https:"):
            self._tls()  # where it has to be made it is made before the turn, from whose start the distance counts
        with self._turns.at(host, spaced=spaced) as waited:
            self._guard.deadline += waited
            try:
                return self._exchange(wire, request, url, own, hops)
            finally:
                self._turns.sent(host, self._guard.sent_at)

    def _exchange(
        self, wire: Transport, request: Request, url: str, own: Mapping[str, str], hops: tuple[Redirect, ...]
    ) -> Response:
        if request.proxy is not None:
            refuse_by_name(host_in_request(url), request.permitted)
        usual = {"User-Agent": self._agent, "Accept": request.accept, "Accept-Encoding": "gzip, deflate"}
        if request.body:
            usual["Content-Type"] = "application/x-www-form-urlencoded"
        response = wire.send(request.method, url, {**usual, **own}, request.body)
        with contextlib.closing(response):
            headers, body = response.headers, b""
            if response.status in _WITH_BODY:
                body = decoded(response.chunks(), headers.get("content-encoding", ""), request.limit)
            elif not (self._once and response.status == 304):  # no body, and nobody to keep the connection for
                response.read_away()
        return Response(url, response.status, headers, body, hops)

    def _through(self, request: Request) -> Transport:
        """The connections for a request: the lane's own, or new ones through its proxy, to be closed."""
        self._guard.behind_proxy = request.proxy is not None
        if request.proxy is None:
            if request.permitted != self._guard.permitted:
                self._direct.close()  # a connection that one source was permitted is not for another
            self._guard.permitted = request.permitted
            return self._direct
        # the proxy stands in feeds.yaml beside `allow_private`: that permits it as it permits the source's host
        self._guard.permitted = None if request.permitted is None else host_in_request(request.proxy)
        return Transport(self._guard, self._tls, request.proxy)


def _at_home(headers: Mapping[str, str], home: str, url: str) -> Mapping[str, str]:
    """Headers that go to the origin of one address and to no other."""
    return headers if headers and _origin(url) == _origin(home) else {}


def _origin(url: str) -> tuple[str, str]:
    return urlsplit(url).scheme.lower(), host_of(url)


def _conditions(state: SourceState, url: str) -> dict[str, str]:
    """If-None-Match and If-Modified-Since, byte for byte, only for the address that gave them (RFC 9110, 13.1).

    With an ETag the new entries alone are welcome, too (`A-IM: feed`, RFC 3229 with the feed manipulation).
    """
    if state.validators_url != url:
        return {}
    delta = None if state.etag is None else "feed"
    pairs = (("If-None-Match", state.etag), ("If-Modified-Since", state.last_modified), ("A-IM", delta))
    return {name: value for name, value in pairs if value is not None}


def _leads_on(response: Response, request: Request) -> bool:
    """Whether the answer is a redirect that is followed now."""
    if response.status not in (_KEEP_METHOD if request.method != "GET" else _MOVED):
        return False
    return request.impatient or not retry_after(response.headers, datetime.now(UTC))


def _target(response: Response, request: Request) -> str:
    """Where a redirect leads; raises FetchError for what must not be followed."""
    location = response.headers.get("location", "").encode("latin-1").decode("utf-8", "replace")
    url = absolute(response.url, location) if location else None
    if not url:
        raise FetchError("redirect", f"redirects ({response.status}) to nowhere")
    scheme = urlsplit(url).scheme.lower()
    if scheme not in ("http", "https"):
        raise FetchError("redirect", f"redirects to {scheme[:20]}:, which is not followed")
    if request.body and scheme == "http" and urlsplit(response.url).scheme.lower() == "https":
        raise FetchError("redirect", "redirects from https to http, where nothing is sent to")
    return without_user(url)
