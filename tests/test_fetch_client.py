from __future__ import annotations

import contextlib
import logging
import shutil
import socket
import ssl
import subprocess
import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from aggregator import __version__
from aggregator.errors import ConfigError, FetchError
from aggregator.fetch.client import ACCEPT, MAX_REDIRECTS, Client, Request, Trust, Wire, public_link, user_agent
from aggregator.records import Redirect, Response, Source, SourceState
from tests.makers import config
from tests.web import Answer, Raw, Web, rss
from tests.web import Request as WebRequest

FEED = rss(3)
AGENT = user_agent("https://example.org/me")
TLS = Trust()


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as made:
        yield made


@pytest.fixture
def client() -> Iterator[Client]:
    made = Client(agent=AGENT, tls=TLS, timeout=1.0)
    yield made
    made.close()


def ours(url: str, **more: object) -> Source:
    return replace(Source(url, allow_private=True), **more)  # type: ignore[arg-type]


def state_of(url: str, etag: str | None = None, modified: str | None = None, **more: object) -> SourceState:
    state = SourceState(1, url, url, etag, modified, url if etag is not None or modified is not None else None)
    return replace(state, **more)  # type: ignore[arg-type]


def get(client: Client, url: str, state: SourceState | None = None, **more: object) -> Response:
    return client.poll(ours(url, **more), state or state_of(url))


def failure(client: Client, url: str, **more: object) -> FetchError:
    with pytest.raises(FetchError) as caught:
        get(client, url, None, **more)
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) < 300
    return caught.value


# --- what we send --------------------------------------------------------------------------------------------


@pytest.mark.polite("D01", "D02", "D03", "D06", "D07")
def test_the_request_says_what_it_must_and_nothing_else(web: Web, client: Client) -> None:
    url = web.on("/feed", Answer(200, FEED, {"Set-Cookie": "a=1; Path=/", "Link": "</favicon.ico>; rel=icon"}))
    for _ in range(2):
        assert get(client, url).body == FEED
    for request in web.asked:
        assert request.method == "GET"
        assert request.headers == {
            "host": f"127.0.0.1:{web.port}",
            "user-agent": AGENT,
            "accept": ACCEPT,
            "accept-encoding": "gzip, deflate",
        }
        assert len(request.lines) == 4
    assert web.targets() == ["/feed", "/feed"]  # one request each: no HEAD, no icon


@pytest.mark.polite("D01")
@pytest.mark.parametrize(
    ("contact", "agent"),
    [
        ("https://example.org/me", f"fow-aggregator/{__version__} (+https://example.org/me)"),
        (None, f"fow-aggregator/{__version__}"),
        ("", f"fow-aggregator/{__version__}"),
        (
            "https://b\u00fccher.example/\r\nX: y",
            f"fow-aggregator/{__version__} (+https://b%C3%BCcher.example/%0D%0AX:%20y)",
        ),
    ],
)
def test_the_user_agent(contact: str | None, agent: str) -> None:
    assert user_agent(contact) == agent


@pytest.mark.parametrize(
    ("link", "public"),
    [
        ("https://example.org/feeds/", True),
        ("https://8.8.8.8/", True),
        ("http://127.0.0.1:8080/", False),
        ("http://localhost:8080/", False),
        ("http://192.168.1.5/", False),
        ("http://box.local/", False),
        ("http://box/", False),
        ("http://[::1]/", False),
        ("http://[2606:4700::1111]/", True),
        ("", False),
    ],
)
def test_only_a_link_that_strangers_can_follow_is_public(link: str, public: bool) -> None:
    assert public_link(link) == (link if public else None)


@pytest.mark.polite("D04")
@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/Feed", "/Feed"),
        ("/feed/", "/feed/"),
        ("/feed?", "/feed?"),
        ("/feed?A=b&c", "/feed?A=b&c"),
        ("/%7Ea%2Fb%c3%a4", "/%7Ea%2Fb%c3%a4"),
        ("/~a;p=1,2'()*!$@:|{}", "/~a;p=1,2'()*!$@:|{}"),
        ("//double//slash", "//double//slash"),
        ("/a/../b/./c", "/a/../b/./c"),
        ("/feed#top", "/feed"),
        ("/feed?#top", "/feed?"),
        ("/feed?q=#top?", "/feed?q="),
        ("", "/"),
        ("?q=1", "/?q=1"),
        ("/ä ö", "/%C3%A4%20%C3%B6"),
        ("/100%", "/100%"),
        ("/?url=http://x.example/?a=b", "/?url=http://x.example/?a=b"),
    ],
)
def test_every_byte_of_the_address_is_kept(web: Web, client: Client, path: str, target: str) -> None:
    get(client, web.url("") + path)
    assert web.targets() == [target]


ODD_TAGS = [
    '"5f3-61a-gzip"',
    'W/"x"',
    "abc",
    '""',
    '"a,b"',
    '"' + "e" * 1024 + '"',
    '"caf\u00e9"',
    '"\u00c3\u00a9\u0080\u00ff"',
    '"with space"',
    "'single'",
    '"unclosed',
    '"back\\slash"',
    "W/",
    '"tab\tin"',
]


@pytest.mark.polite("A03")
@pytest.mark.parametrize("tag", ODD_TAGS)
def test_an_etag_comes_back_byte_for_byte(web: Web, client: Client, tag: str) -> None:
    url = web.on("/feed", Answer(200, FEED, {"ETag": tag}), Answer(304))
    first = get(client, url)
    assert first.headers["etag"] == tag
    assert get(client, url, state_of(url, first.headers["etag"])).status == 304
    assert f"if-none-match: {tag}\r\n".encode("latin-1") in web.asked[1].raw.replace(b"If-None-Match", b"if-none-match")
    assert "if-modified-since" not in web.asked[1].headers


@pytest.mark.polite("A03")
@pytest.mark.parametrize(
    "modified",
    [
        "Tue, 02 Jan 2024 03:04:05 GMT",
        "2024-01-02 03:04:05",
        "tue, 02 jan 2024 03:04:05 gmt",
        "Wed, 01 Jan 2098 00:00:00 GMT",
        "yesterday",
    ],
)
def test_a_last_modified_comes_back_byte_for_byte(web: Web, client: Client, modified: str) -> None:
    url = web.on("/feed", Answer(304))
    get(client, url, state_of(url, None, modified))
    assert web.asked[0].headers["if-modified-since"] == modified
    assert "if-none-match" not in web.asked[0].headers
    get(client, url, state_of(url, '"1"', modified))
    assert (web.asked[1].headers["if-none-match"], web.asked[1].headers["if-modified-since"]) == ('"1"', modified)


def test_validators_go_only_where_they_came_from(web: Web, client: Client) -> None:
    new = web.on("/new", Answer(304))
    old = web.on("/old", Answer(302, headers={"Location": "/new"}))
    get(client, old, state_of(old, '"1"', validators_url=new))
    assert "if-none-match" not in web.asked[0].headers
    assert web.asked[1].headers["if-none-match"] == '"1"'
    get(client, old, state_of(old, '"1"', validators_url=old))
    assert web.asked[2].headers["if-none-match"] == '"1"'
    assert "if-none-match" not in web.asked[3].headers


@pytest.mark.polite("D02")
def test_configured_headers_are_sent_once_and_never_a_cookie(web: Web, client: Client) -> None:
    url = web.on("/feed", Answer(200, FEED))
    mine = (("X-Token", "s\u00e9cret"), ("accept", "text/xml"), ("Cookie", "a=b"), ("X-Far", "\u4e2d"))
    get(client, url, headers=mine)
    sent = web.asked[0]
    assert (sent.headers["x-token"], sent.headers["accept"]) == ("s\u00e9cret", "text/xml")
    assert sent.headers["x-far"].encode("latin-1").decode() == "\u4e2d"
    assert [name.lower() for name, _ in sent.lines].count("accept") == 1
    assert "cookie" not in sent.headers


def test_credentials_are_sent_and_carried_no_further(web: Web, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    url = web.on("/feed", Answer(200, FEED))
    secret = "Basic " + b64encode(b"me:p\xc3\xa4ss").decode()
    monkeypatch.setenv("FEED_SECRET", "me:p\u00e4ss")
    for source in (ours(url, auth="env:FEED_SECRET"), ours(url.replace("//", "//me:p%C3%A4ss@"))):
        answer = client.poll(source, state_of(url))
        assert web.asked[-1].headers["authorization"] == secret
        assert answer.url == url
    assert failure(client, url, auth="env:NO_SUCH_SECRET").kind == "auth"
    assert len(web.asked) == 2


# --- redirects -----------------------------------------------------------------------------------------------


@pytest.mark.polite("C02", "C05")
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("/b", "/b"),
        ("b", "/a/b"),
        ("?q=1", "/a/feed?q=1"),
        ("//127.0.0.1:{port}/b", "/b"),
        ("HTTP://127.0.0.1:{port}/B%7e?", "/B%7e?"),
        ("http://127.0.0.1:{port}/b#frag", "/b"),
        ("/a b", "/a%20b"),
        ("/\u00fc", "/%EF%BF%BD"),
        ("/\u00c3\u00bc", "/%C3%BC"),
        (" /b ", "/b"),
        ("../b", "/b"),
    ],
)
def test_redirects_are_followed(web: Web, client: Client, status: int, location: str, target: str) -> None:
    url = web.on("/a/feed", Answer(status, b"moved", {"Location": location.replace("{port}", str(web.port))}))
    web.on(target, Answer(200, FEED))
    answer = get(client, url)
    assert web.targets() == ["/a/feed", target]
    assert (answer.body, answer.url, answer.redirects) == (FEED, web.url(target), (Redirect(status, web.url(target)),))
    assert "referer" not in web.asked[1].headers


@pytest.mark.fault(43)
@pytest.mark.polite("C04", "C06")
@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ({}, "to nowhere"),
        ({"Location": ""}, "to nowhere"),
        ({"Location": "http://127.0.0.1:99999/"}, "to nowhere"),
        ({"Location": "http://["}, "to nowhere"),
        ({"Location": "http://"}, "to nowhere"),
        ({"Location": "file:///etc/passwd"}, "to file:"),
        ({"Location": "ftp://example.org/"}, "to ftp:"),
        ({"Location": "javascript:alert(1)"}, "to javascript:"),
        ({"Location": "data:text/xml,<rss/>"}, "to data:"),
        ({"Location": "gopher://example.org"}, "to gopher:"),
        ({"Location": "feed:https://x.example/"}, "to feed:"),
        ({"Location": "/a/feed"}, "more than 5 times"),
        ({"Location": "x" * 9000}, "to nowhere"),
    ],
)
def test_what_leads_nowhere_is_one_error(web: Web, client: Client, headers: dict[str, str], words: str) -> None:
    url = web.on("/a/feed", Answer(301, b"", headers))
    error = failure(client, url)
    assert (error.kind, words in str(error)) == ("redirect", True)
    assert len(web.asked) <= 1 + MAX_REDIRECTS


@pytest.mark.fault(43)
@pytest.mark.polite("C04")
def test_five_redirects_are_followed_and_a_sixth_is_not(web: Web, client: Client) -> None:
    for n in range(6):
        web.on(f"/{n}", Answer(302, b"", {"Location": f"/{n + 1}"}))
    web.on("/6", Answer(200, FEED))
    assert get(client, web.url("/1")).redirects[-1] == Redirect(302, web.url("/6"))
    web.asked.clear()
    assert failure(client, web.url("/0")).kind == "redirect"
    assert len(web.asked) == 6


@pytest.mark.polite("C07")
def test_secrets_stay_with_their_own_origin(client: Client) -> None:
    with Web() as home, Web() as away:
        away.on("/feed", Answer(302, b"", {"Location": home.url("/back")}))
        home.on("/feed", Answer(302, b"", {"Location": "/near"}))
        home.on("/near", Answer(302, b"", {"Location": f"http://eve:pw@127.0.0.1:{away.port}/feed"}))
        home.on("/back", Answer(200, FEED))
        url = home.url("/feed").replace("//", "//me:pw@")
        client.poll(ours(url, headers=(("X-Token", "t"),)), state_of(url))
        secrets = [("authorization" in one.headers, "x-token" in one.headers) for one in home.asked + away.asked]
    assert secrets == [(True, True), (True, True), (True, True), (False, False)]


def test_a_permission_does_not_follow_a_redirect_away(web: Web, client: Client) -> None:
    web.on("/feed", Answer(302, b"", {"Location": web.url("/in", host="localhost")}))
    web.on("/in", Answer(200, FEED))
    error = failure(client, web.url("/feed"))
    assert (error.kind, len(web.asked)) == ("refused", 1)
    error = failure(client, web.url("/feed"), allow_private=False)
    assert (error.kind, len(web.asked)) == ("refused", 1)


def test_a_permission_is_not_for_the_next_source_over_the_same_connection(web: Web, client: Client) -> None:
    url = web.on("/feed", Answer(200, FEED))
    assert get(client, url).status == 200
    assert failure(client, url, allow_private=False).kind == "refused"
    assert get(client, url).status == 200
    assert len(web.asked) == 2


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "127.0.0.1"])
def test_a_permission_knows_its_host_in_any_spelling(web: Web, client: Client, host: str) -> None:
    web.on("/feed", Answer(200, FEED))
    assert get(client, web.url("/feed", host=host)).status == 200


@pytest.mark.parametrize("host", ["b\u00fccher.example", "xn--bcher-kva.example", "B\u00dcCHER.example"])
def test_a_permission_knows_an_international_host(web: Web, host: str) -> None:
    names: list[str] = []

    def resolve(name: str, port: int, timeout: float) -> list[str]:
        names.append(name)
        return ["127.0.0.1"]

    web.on("/feed", Answer(200, FEED))
    client = Client(agent=AGENT, tls=TLS, timeout=1, resolver=resolve)
    assert get(client, web.url("/feed", host=host)).status == 200
    assert names == ["xn--bcher-kva.example"]
    assert web.asked[0].headers["host"] == f"xn--bcher-kva.example:{web.port}"
    client.close()


def test_a_redirect_that_asks_to_wait_is_followed_only_after_the_wait(web: Web, client: Client) -> None:
    url = web.on("/feed", Answer(302, b"", {"Location": "/new", "Retry-After": "3600"}))
    web.on("/new", Answer(200, FEED))
    first = get(client, url)
    assert (first.status, first.headers["retry-after"], web.targets()) == (302, "3600", ["/feed"])
    assert get(client, url, state_of(url, failures=1)).body == FEED
    web.on("/feed", Answer(302, b"", {"Location": "/new", "Retry-After": "0"}))
    assert get(client, url).body == FEED


def test_a_remembered_move_is_asked_without_the_old_address(web: Web, client: Client) -> None:
    new = web.on("/new", Answer(200, FEED))
    answer = client.poll(ours(web.url("/old")), state_of(web.url("/old"), '"1"', validators_url=new), new + "#x")
    assert (answer.url, answer.redirects, web.targets()) == (new, (), ["/new"])
    assert web.asked[0].headers["if-none-match"] == '"1"'


# --- what comes back -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [204, 206, 226, 304, 400, 401, 403, 404, 410, 413, 418, 429, 451, 500, 503, 599])
def test_every_status_is_a_value(web: Web, client: Client, status: int) -> None:
    url = web.on("/feed", Answer(status, b"words", {"Retry-After": "7", "ETag": '"1"'}))
    answer = get(client, url)
    assert (answer.status, answer.headers["retry-after"], answer.headers["etag"]) == (status, "7", '"1"')
    assert len(web.asked) == 1


def test_headers_are_lower_case_and_joined(web: Web, client: Client) -> None:
    url = web.on("/feed", Raw(b"HTTP/1.1 200 OK\r\nLINK: <a>\r\nLink: <b>\r\nX-One:  y \r\nContent-Length: 1\r\n\r\nx"))
    assert get(client, url).headers == {"link": "<a>, <b>", "x-one": "y", "content-length": "1"}


@pytest.mark.parametrize(
    "answer",
    [
        Raw(b"HTTP/1.1 200\r\nContent-Length: 1\r\n\r\nx"),  # no reason phrase
        Raw(b"HTTP/1.0 200 OK\r\n\r\nx"),  # ends with the connection
        Raw(
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n"
            b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"
        ),
        Raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;name=value\r\nx\r\n0\r\nTrailer: y\r\n\r\n"),
        Answer(200, b"x", chunked=True),
        Answer(200, b"x", length=-1, then="close"),
    ],
)
def test_odd_but_whole_answers_are_read(web: Web, client: Client, answer: Raw | Answer) -> None:
    assert get(client, web.on("/feed", answer)).body == b"x"


@pytest.mark.fault(42)
@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(200, FEED, length=len(FEED) + 5, then="close"), "body"),
        (Answer(200, FEED, chunked=True, last_chunk=False, then="close"), "body"),
        (Answer(200, FEED, length=len(FEED) + 5, then="reset"), "body"),
        (Answer(200, FEED, {"Content-Encoding": "br"}), "body"),
        (Answer(200, b"\x1f\x8b\x08" + FEED, {"Content-Encoding": "gzip"}), "body"),
        (Raw(b""), "body"),
        (Raw(b"<rss/>"), "body"),
        (Raw(b"SSH-2.0-server\r\n"), "body"),
        (Raw(b"HTTP/2 200 OK\r\n\r\n"), "body"),
        (Raw(b"HTTP/1.1 2000 OK\r\n\r\n"), "body"),
        (Raw(b"HTTP/1.1 200 OK\r\nBroken header\r\n\r\n"), "body"),
        (Raw(b"HTTP/1.1 200 OK\r\nA: \0\r\n\r\n"), "body"),
        (Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxy"), "body"),
        (Raw(b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"), "body"),
        (Raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\nx\r\n0\r\n\r\n"), "body"),
        (Raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"f" * 30 + b"\r\nx\r\n0\r\n\r\n"), "body"),
        (Raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;" + b"e" * 300_000), "limit"),
        (Raw(b"\x15\x03\x01\x00\x02\x02\x16"), "body"),
        (Raw(b"HTTP/1.1 200 OK\r\nBig: " + b"x" * 100_000 + b"\r\nContent-Length: 0\r\n\r\n"), "limit"),
        (Raw(b"HTTP/1.1 200 OK\r\n" + b"".join(b"H%d: %020d\r\n" % (n, n) for n in range(3000)) + b"\r\n"), "limit"),
        (Raw(b"HTTP/1.1 200 OK\r\nBig: " + b"x" * 2_000_000), "limit"),
        (Raw(b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 20_000, again=True), "limit"),
        (Raw(b"HTTP/1.1 100 Go on\r\n\r\n" * 1000, again=True), "limit"),
    ],
)
def test_what_is_no_whole_answer_is_one_error(web: Web, answer: Raw | Answer, kind: str) -> None:
    with closing(Client(agent=AGENT, tls=TLS, timeout=20)) as client:
        began = time.process_time()
        error = failure(client, web.on("/feed", answer))
        assert time.process_time() - began < 5, "what it sends is looked at once"
    assert error.kind == kind, str(error)
    assert str(error).isprintable()


def test_an_endless_body_ends_at_the_limit(web: Web) -> None:
    client = Client(agent=AGENT, tls=TLS, timeout=20)
    endless = Raw(b"HTTP/1.1 200 OK\r\n\r\n" + b" " * 2**20, again=True)
    error = failure(client, web.on("/feed", endless))
    assert (error.kind, str(error)) == ("limit", "the answer is larger than 32 MiB")
    client.close()


@pytest.mark.fault(37)
@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, FEED, drip=0.02),
        Answer(200, FEED, drip=0.02, drip_head=True),
        Answer(200, FEED, wait=5),
        Answer(200, FEED, length=len(FEED) + 9),
        Answer(200, FEED, chunked=True, last_chunk=False),
        Raw(b"HTTP/1.1 200 OK\r\n", "keep"),
    ],
)
def test_slow_answers_end_at_the_deadline(web: Web, answer: Answer | Raw) -> None:
    client = Client(agent=AGENT, tls=TLS, timeout=0.4)
    began = time.monotonic()
    error = failure(client, web.on("/feed", answer))
    assert error.kind == "timeout"
    assert 0.3 < time.monotonic() - began < 2
    assert get(client, web.on("/good", Answer(200, FEED))).body == FEED  # the client is as good as new
    client.close()


def test_the_deadline_is_one_for_all_redirects(web: Web) -> None:
    client = Client(agent=AGENT, tls=TLS, timeout=0.5)
    began = time.monotonic()
    assert failure(client, web.on("/feed", Answer(302, b"", {"Location": "/feed"}, wait=0.2))).kind == "timeout"
    assert time.monotonic() - began < 1.1
    client.close()


@pytest.mark.parametrize(
    "answer",
    [
        Answer(429, b"x" * 10, {"Retry-After": "60"}, length=50, then="close"),
        Answer(429, b"x" * 10, {"Retry-After": "60", "Content-Encoding": "gzip"}),
        Answer(429, b"x" * 300_000, {"Retry-After": "60"}),
        Answer(429, b"x" * 100, {"Retry-After": "60"}, drip=0.02),
        Answer(429, b"x", {"Retry-After": "60"}, length=5, then="reset"),
    ],
)
def test_a_broken_error_page_does_not_hide_the_status(web: Web, answer: Answer) -> None:
    client = Client(agent=AGENT, tls=TLS, timeout=0.4)
    got = get(client, web.on("/feed", answer))
    assert (got.status, got.headers["retry-after"], got.body) == (429, "60", b"")
    client.close()


def test_refused_reset_and_unknown_hosts_are_told_apart(web: Web, client: Client) -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        assert failure(client, f"http://127.0.0.1:{sock.getsockname()[1]}/").kind == "connect"
    reset = failure(client, web.on("/feed", Raw(b"", "reset")))
    assert (reset.kind, str(reset)) == ("connect", "the connection broke (Connection reset by peer)")
    odd = failure(client, "http://" + "a" * 70 + ".example/")
    assert odd.kind in {"dns", "redirect"}


def test_an_address_that_cannot_be_asked_is_an_error_without_its_secrets(client: Client) -> None:
    for url in (
        "http://me:hunter2@[::1/feed",
        "http://me:hunter2@a\u2100b/feed?token=hunter2",
        "http://1.2.3.999/?key=hunter2",
    ):
        error = failure(client, url)
        assert "hunter2" not in str(error)


def test_nothing_secret_is_logged(web: Web, client: Client, caplog: pytest.LogCaptureFixture) -> None:
    web.on("/feed?token=hunter2", Answer(200, FEED))
    with caplog.at_level(logging.INFO):
        get(client, web.url("/feed?token=hunter2").replace("//", "//me:hunter2@"))
    assert "hunter2" not in caplog.text


# --- connections ---------------------------------------------------------------------------------------------


def test_one_connection_serves_a_lane(web: Web, client: Client) -> None:
    web.on("/ok", Answer(200, FEED, chunked=True))
    web.on("/same", Answer(304))
    web.on("/gone", Answer(404, b"nothing here"))
    web.on("/moved", Answer(301, b"there", {"Location": "/ok"}))
    for path in ("/ok", "/same", "/gone", "/moved", "/same"):
        get(client, web.url(path), state_of(web.url(path), '"1"'))
    assert {request.connection for request in web.asked} == {1}


def test_a_source_that_is_asked_alone_leaves_no_connection_behind_its_304(web: Web) -> None:
    web.on("/moved", Answer(301, b"there", {"Location": "/same"}))
    same = web.on("/same", Answer(304, b"", {"ETag": '"2"'}))
    with closing(Client(agent=AGENT, tls=TLS, timeout=1.0, once=True)) as alone:
        for _ in range(2):
            answer = get(alone, web.url("/moved"), state_of(same, '"1"'))
            assert (answer.status, answer.headers["etag"], answer.body) == (304, '"2"', b"")
    assert [request.connection for request in web.asked] == [1, 1, 2, 2]


def test_an_idle_connection_that_was_closed_is_not_used(web: Web, client: Client) -> None:
    url = web.on("/feed", Answer(200, FEED, then="close"))
    assert [get(client, url).status for _ in range(3)] == [200, 200, 200]
    assert web.connections == 3


@pytest.mark.parametrize("then", ["close", "reset"])
def test_a_connection_closed_in_the_moment_of_asking_is_opened_once_more(web: Web, client: Client, then: str) -> None:
    def once_only(request: WebRequest) -> Answer | Raw:
        first = sum(other.connection == request.connection for other in web.asked) == 1
        return Answer(200, FEED) if first else Raw(b"", then)

    url = web.on("/feed", once_only)
    assert [get(client, url).body for _ in range(2)] == [FEED, FEED]
    assert [request.connection for request in web.asked] == [1, 1, 2]


def test_a_fresh_connection_that_breaks_is_not_tried_again(web: Web, client: Client) -> None:
    failure(client, web.on("/feed", Raw(b"")))
    assert len(web.asked) == 1


def test_a_proxy_is_used_when_it_is_named(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    with Web() as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url())
        monkeypatch.setenv("ALL_PROXY", proxy.url())
        with Web() as direct:
            get(client, direct.on("/feed", Answer(200, FEED)))
            assert (len(direct.asked), len(proxy.asked)) == (1, 0)
        proxy.on("http://blog.example/feed", Answer(200, FEED))
        answer = client.poll(ours("http://blog.example/feed", proxy=proxy.url()), state_of("x"))
        assert (answer.body, proxy.targets()) == (FEED, ["http://blog.example/feed"])


# --- TLS -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate and its key for localhost, signed by itself."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")
    path = tmp_path_factory.mktemp("tls") / "localhost.pem"
    subprocess.run(
        [
            openssl,
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=localhost",
            "-addext",
            "subjectAltName=DNS:localhost",
            "-keyout",
            path,
            "-out",
            f"{path}.crt",
        ],
        check=True,
        capture_output=True,
    )
    path.write_bytes(path.read_bytes() + Path(f"{path}.crt").read_bytes())
    return path


@pytest.fixture
def safe_web(certificate: Path) -> Iterator[Web]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with Web(context) as made:
        yield made


@pytest.fixture
def trusting(certificate: Path) -> Iterator[Client]:
    context = ssl.create_default_context(cafile=f"{certificate}.crt")
    made = Client(agent=AGENT, tls=lambda: context, timeout=2)
    yield made
    made.close()


def test_https_is_kept_alive_too(safe_web: Web, trusting: Client) -> None:
    safe_web.on("/feed", Answer(200, FEED))
    url = safe_web.url("/feed", host="localhost")
    assert [get(trusting, url).body for _ in range(3)] == [FEED] * 3
    assert safe_web.connections == 1


def test_a_certificate_must_be_known_and_for_this_host(safe_web: Web, trusting: Client, client: Client) -> None:
    safe_web.on("/feed", Answer(200, FEED))
    stranger = failure(client, safe_web.url("/feed", host="localhost"))
    assert (stranger.kind, str(stranger)) == ("tls", "self-signed certificate")
    wrong_host = failure(trusting, safe_web.url("/feed"))
    assert (wrong_host.kind, str(wrong_host)) == ("tls", "certificate is for localhost, not for this host")
    assert safe_web.asked == []


def test_a_server_that_speaks_no_tls_and_one_that_stalls(client: Client) -> None:
    with socket.create_server(("127.0.0.1", 0)) as plain:

        def greet() -> None:
            with plain.accept()[0] as sock:
                sock.sendall(b"220 mail.example ESMTP\r\n")
                sock.recv(1000)

        threading.Thread(target=greet, daemon=True).start()
        assert failure(client, f"https://127.0.0.1:{plain.getsockname()[1]}/feed").kind == "tls"
    impatient = Client(agent=AGENT, tls=TLS, timeout=0.4)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began = time.monotonic()
        assert failure(impatient, f"https://127.0.0.1:{silent.getsockname()[1]}/feed").kind == "timeout"
        assert time.monotonic() - began < 2
    impatient.close()


def test_secrets_never_go_from_https_to_http(safe_web: Web, web: Web, trusting: Client) -> None:
    safe_web.on("/feed", Answer(302, b"", {"Location": web.url("/feed", host="localhost")}))
    web.on("/feed", Answer(200, FEED))
    get(trusting, safe_web.url("/feed", host="localhost").replace("//", "//me:pw@"), headers=(("X-Token", "t"),))
    assert {"authorization", "x-token"} <= safe_web.asked[0].headers.keys()
    assert not {"authorization", "x-token"} & web.asked[0].headers.keys()


def test_two_clients_in_two_threads_share_the_context(safe_web: Web, certificate: Path) -> None:
    context = ssl.create_default_context(cafile=f"{certificate}.crt")
    safe_web.on("/feed", Answer(200, FEED))
    url, got = safe_web.url("/feed", host="localhost"), []

    def ask() -> None:
        client = Client(agent=AGENT, tls=lambda: context, timeout=2)
        got.append(get(client, url).status)
        client.close()

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == [200] * 8


# --- any other request ---------------------------------------------------------------------------------------


def hub(url: str, **more: object) -> Request:
    return replace(
        Request(url, "POST", b"hub.mode=subscribe", {"X-Token": "t"}, permitted="127.0.0.1"),
        **more,  # type: ignore[arg-type]
    )


def test_any_part_of_the_program_can_ask_under_the_same_guard(web: Web, client: Client) -> None:
    url = web.on("/hub", Answer(202, b"later"))
    answer = client.ask(hub(url.replace("//", "//me:pw@"), accept="text/html"))
    sent = web.asked[0]
    assert (answer.status, answer.body, answer.url, sent.method) == (202, b"", url, "POST")
    assert sent.headers["content-length"] == "18"
    assert (sent.headers["accept"], sent.headers["x-token"]) == ("text/html", "t")
    with pytest.raises(FetchError, match="private network"):
        client.ask(hub(url, permitted=None))
    with pytest.raises(FetchError, match="private network"):
        client.ask(hub(web.url("/hub", host="localhost")))
    assert len(web.asked) == 1


@pytest.mark.parametrize(("status", "followed"), [(301, 0), (302, 0), (303, 0), (307, 1), (308, 1)])
def test_what_is_sent_goes_on_only_where_a_redirect_keeps_the_method(
    web: Web, client: Client, status: int, followed: int
) -> None:
    url = web.on("/hub", Answer(status, b"", {"Location": "/there"}))
    web.on("/there", Answer(202))
    answer = client.ask(hub(url))
    assert (answer.status, len(answer.redirects)) == ((202, 1) if followed else (status, 0))
    assert [(one.method, one.headers["content-length"]) for one in web.asked] == [("POST", "18")] * (1 + followed)
    assert client.ask(hub(url, method="GET", body=b"")).url == web.url("/there")
    with pytest.raises(FetchError, match="more than 0 times"):
        client.ask(hub(url, method="GET", body=b"", redirects=0))


def test_a_request_has_its_own_limit(web: Web, client: Client) -> None:
    url = web.on("/page", Answer(200, b"x" * 5000))
    assert client.ask(Request(url, permitted="127.0.0.1", limit=5000)).body == b"x" * 5000
    with pytest.raises(FetchError, match="larger than 4 KiB"):
        client.ask(Request(url, permitted="127.0.0.1", limit=4096))


def test_what_is_sent_is_never_sent_twice(web: Web, client: Client) -> None:
    def once_only(request: WebRequest) -> Answer | Raw:
        first = sum(other.connection == request.connection for other in web.asked) == 1
        return Answer(202) if first else Raw(b"")

    url = web.on("/hub", once_only)
    client.ask(hub(url))
    with pytest.raises(FetchError):
        client.ask(hub(url))
    assert len(web.asked) == 2


def test_what_is_sent_never_goes_from_https_to_http(safe_web: Web, web: Web, trusting: Client) -> None:
    url = safe_web.url("/hub", host="localhost")
    safe_web.on("/hub", Answer(307, b"", {"Location": web.url("/hub", host="localhost")}))
    with pytest.raises(FetchError, match="from https to http"):
        trusting.ask(hub(url, permitted="localhost"))
    assert web.asked == []


def test_a_context_is_made_when_a_connection_needs_it_and_once(web: Web, safe_web: Web, certificate: Path) -> None:
    made: list[ssl.SSLContext] = []

    def make() -> ssl.SSLContext:
        made.append(ssl.create_default_context(cafile=f"{certificate}.crt"))
        return made[-1]

    client = Client(agent=AGENT, tls=Trust(make), timeout=20)
    get(client, web.on("/feed", Answer(200, FEED)))
    assert made == []
    safe_web.on("/feed", Answer(200, FEED, then="close"))
    for _ in range(2):
        assert get(client, safe_web.url("/feed", host="localhost")).status == 200
    assert len(made) == 1
    client.close()


def test_certificates_that_hold_nothing_are_told_before_a_source_in_https_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ca.pem").write_text("nothing", "utf-8")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    wire = Wire("test")
    wire.following(config("http://blog.example/feed", Source("https://of-a-reading-list.example/feed")))
    with pytest.raises(ConfigError, match=r"SSL_CERT_FILE: .*ca\.pem holds no certificates"):
        wire.following(config(Source("https://blog.example/feed", line=3)))


def test_certificates_that_hold_nothing_fail_what_leads_to_https_alone(
    web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "missing.pem"))
    with contextlib.closing(Client(agent=AGENT, tls=Trust(), timeout=20)) as client:
        web.on("/old", Answer(302, b"", {"Location": "https://127.0.0.1:9/feed"}))
        with pytest.raises(FetchError, match=r"SSL_CERT_FILE: .*missing\.pem holds no certificates") as failure:
            get(client, web.url("/old"))
        assert failure.value.kind == "trust"
        assert get(client, web.on("/feed", Answer(200, FEED))).status == 200
