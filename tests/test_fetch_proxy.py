"""Proxies as users have them: plain or over TLS, with a password, for feeds of both kinds."""

from __future__ import annotations

import socket
import ssl
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing, suppress

import pytest
import trustme

from aggregator.errors import FetchError
from aggregator.fetch.client import Client, user_agent
from aggregator.records import Response, Source, SourceState
from tests.certificates import EXPIRED_ON, Authority
from tests.web import Answer, Raw, Web, rss

FEED = rss(3)
LOGIN = "Basic " + b64encode(b"me:hunt@er2").decode()


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority(trustme.CA())


class Proxy:
    """A proxy for CONNECT (RFC 9110, section 9.3.6) that leads to one port of this machine; `heads` is what it read."""

    def __init__(self, to: int, tls: ssl.SSLContext | None = None, answer: bytes = b"HTTP/1.1 200 OK\r\n\r\n") -> None:
        self.heads: list[str] = []
        self._to, self._tls, self._answer = to, tls, answer
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]

    def __enter__(self) -> Proxy:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                sock = self._server.accept()[0]
                threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _over_tls(self, sock: socket.socket) -> socket.socket:
        return self._tls.wrap_socket(sock, server_side=True) if self._tls else sock

    def _serve(self, sock: socket.socket) -> None:
        with suppress(OSError), sock, self._over_tls(sock) as near:
            head = b""
            while b"\r\n\r\n" not in head:
                head += near.recv(4096)
            self.heads.append(head.decode("latin-1"))
            near.sendall(self._answer)
            with socket.create_connection(("127.0.0.1", self._to)) as far:
                back = threading.Thread(target=_carry, args=(far, near), daemon=True)
                back.start()
                _carry(near, far)
                with suppress(OSError):
                    far.shutdown(socket.SHUT_RDWR)
                back.join()


def _carry(here: socket.socket, there: socket.socket) -> None:
    with suppress(OSError):
        while data := here.recv(65536):
            there.sendall(data)


@pytest.fixture
def feed(authority: Authority) -> Iterator[Web]:
    with Web(authority.server("blog.example")) as made:
        made.on("/feed", Answer(200, FEED))
        made.on("/away", Answer(302, b"", {"Location": f"https://other.example:{made.port}/feed"}))
        yield made


def through(proxy: str, url: str, authority: Authority, seconds: float = 20.0) -> Response:
    made = Client(agent=user_agent(None), tls=authority.trusting, timeout=seconds)
    with closing(made):
        return made.poll(Source(url, proxy=proxy, allow_private=True), SourceState(1, url, url))


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_tunnel_with_a_password(feed: Web, authority: Authority, scheme: str) -> None:
    tls = authority.server("127.0.0.1") if scheme == "https" else None
    with Proxy(feed.port, tls) as proxy:
        url = f"https://blog.example:{feed.port}/feed"
        answer = through(f"{scheme}://me:hunt%40er2@127.0.0.1:{proxy.port}", url, authority)
    assert (answer.status, answer.body) == (200, FEED)
    assert proxy.heads[0].startswith(f"CONNECT blog.example:{feed.port} HTTP/1.1\r\n")
    assert f"Proxy-Authorization: {LOGIN}" in proxy.heads[0]
    assert "proxy-authorization" not in feed.asked[0].headers  # the proxy's secret is the proxy's
    assert "cookie" not in feed.asked[0].headers


def test_what_comes_after_an_answer_in_a_tunnel_is_not_the_next_one(feed: Web, authority: Authority) -> None:
    more = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfalse"
    feed.on("/moved", Raw(b"HTTP/1.1 302 Found\r\nLocation: /feed\r\nContent-Length: 0\r\n\r\n" + more, then="keep"))
    with Proxy(feed.port) as proxy:
        url = f"https://blog.example:{feed.port}/moved"
        assert through(f"http://127.0.0.1:{proxy.port}", url, authority).body == FEED
    assert [request.target for request in feed.asked] == ["/moved", "/feed"]


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_certificate_is_checked_behind_a_proxy_too(feed: Web, authority: Authority, scheme: str) -> None:
    tls = authority.server("127.0.0.1") if scheme == "https" else None
    with Proxy(feed.port, tls) as proxy, pytest.raises(FetchError) as caught:
        through(f"{scheme}://127.0.0.1:{proxy.port}", f"https://blog.example:{feed.port}/away", authority)
    assert (caught.value.kind, str(caught.value)) == ("tls", "certificate is for blog.example, not for this host")


def test_a_proxy_shows_a_certificate_of_its_own(feed: Web, authority: Authority) -> None:
    expired = authority.server("127.0.0.1", not_after=EXPIRED_ON)
    with Proxy(feed.port, expired) as proxy, pytest.raises(FetchError, match="certificate expired on 2026-02-01"):
        through(f"https://127.0.0.1:{proxy.port}", f"https://blog.example:{feed.port}/feed", authority)
    assert (proxy.heads, feed.asked) == ([], [])


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (b"HTTP/1.1 407 hunter2 \x1b[2J\r\n\r\n", "auth", "the proxy wants a password (407)"),
        (b"HTTP/1.1 403 no\r\n\r\n", "connect", "the proxy makes no connection (403)"),
        (b"SSH-2.0\r\n\r\n", "body", "not an HTTP answer (illegal status line)"),
    ],
)
def test_a_proxy_that_refuses(feed: Web, authority: Authority, answer: bytes, kind: str, words: str) -> None:
    with Proxy(feed.port, answer=answer) as proxy, pytest.raises(FetchError) as caught:
        through(f"http://me:hunter2@127.0.0.1:{proxy.port}", f"https://blog.example:{feed.port}/feed", authority)
    assert (caught.value.kind, str(caught.value)) == (kind, words)


def test_a_proxy_that_is_not_there(authority: Authority) -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        proxy = f"http://me:hunter2@127.0.0.1:{sock.getsockname()[1]}"
        with pytest.raises(FetchError) as caught:
            through(proxy, "https://blog.example/feed", authority)
    assert str(caught.value) == "the proxy 127.0.0.1 refused the connection"


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_tunnel_that_stalls_ends_at_the_deadline(authority: Authority, scheme: str) -> None:
    tls = authority.server("127.0.0.1") if scheme == "https" else None
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        Proxy(silent.getsockname()[1], tls) as proxy,
        pytest.raises(FetchError) as caught,
    ):
        through(f"{scheme}://127.0.0.1:{proxy.port}", "https://blog.example/feed", authority, 0.5)
    assert caught.value.kind == "timeout"


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_plain_feed_is_asked_of_the_proxy_itself(authority: Authority, scheme: str) -> None:
    with Web(authority.server("127.0.0.1") if scheme == "https" else None) as proxy:
        proxy.on("http://blog.example/feed", Answer(200, FEED))
        place = proxy.url("").replace("//", "//me:hunt%40er2@")
        assert through(place, "http://blog.example/feed", authority).body == FEED
        assert proxy.asked[0].headers["proxy-authorization"] == LOGIN
        assert proxy.asked[0].headers["host"] == "blog.example"
