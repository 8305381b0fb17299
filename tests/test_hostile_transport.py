"""Section T of the list of hostile input: whatever a server does to bytes, headers, time and TLS has one clear end.

Each case is a poll over a real socket: it gives the honest entries, or one line that says what is wrong.
"""

from __future__ import annotations

import gzip
import resource
import socket
import ssl
import time
import zlib
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trustme

from aggregator.fetch.client import Client, Tls, Trust, user_agent
from aggregator.fetch.guard import NEXT_ADDRESS_AFTER, dial
from aggregator.fetch.turns import Turns
from aggregator.pipeline import Polled, poll_source
from aggregator.records import Source, SourceState
from tests.certificates import BEGINS_ON, EXPIRED_ON, Authority
from tests.makers import POOL
from tests.watch import watching
from tests.web import Answer, Raw, Scripted, Web, rss
from tests.world import World

TLS = Trust()
NOW = datetime(2026, 3, 14, 8, tzinfo=UTC)
FEED = rss(3)
ENTRIES = "three entries"
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
LENGTH = b"Content-Length: %d\r\n\r\n" % len(FEED)


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as made:
        yield made


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority(trustme.CA())


def ours(url: str) -> Source:
    return Source(url, allow_private=True)


def poll(source: Source, seconds: float = 20.0, tls: Tls = TLS, **more: object) -> Polled:
    """One poll within bounds of memory and processor time, which opens no file and starts no program."""
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    made = Client(agent=user_agent(None), tls=tls, timeout=seconds, **more)  # type: ignore[arg-type]
    ports = {int(part) for part in source.url.split("/")[2].split(":")[-1:] if part.isdigit()}
    with closing(made), watching(allow=ports) as seen:
        result = poll_source(made, POOL, source, SourceState(1, source.url, source.url), NOW)
    assert time.process_time() - began < 4  # of the server's thread, too
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 2**10 < 256
    assert (seen.outside(), seen.started) == ([], [])
    return result


def end(result: Polled) -> str:
    """What came of it: the kind of the failure, or the entries."""
    if result.error is None:
        assert len(result.entries) == 3
        return ENTRIES
    words = str(result.error)
    assert words.isprintable()
    assert 10 < len(words) < 200
    return result.error.kind


def case(number: int, answer: Scripted, expected: str) -> object:
    return pytest.param(answer, expected, marks=pytest.mark.hostile(f"T{number:02}"))


def coded(body: bytes, coding: str) -> Answer:
    return Answer(200, body, {"Content-Encoding": coding})


def deflated(body: bytes, window: int) -> bytes:
    machine = zlib.compressobj(1, zlib.DEFLATED, window)
    return machine.compress(body) + machine.flush()


def packed(times: int, body: bytes) -> bytes:
    for _ in range(times):
        body = gzip.compress(body, 1)
    return body


def flipped(body: bytes, place: int) -> bytes:
    broken = bytearray(body)
    broken[place] ^= 1
    return bytes(broken)


# --- bodies ----------------------------------------------------------------------------------------------------

ZEROS = b"\0" * (40 * 2**20)  # more than a feed may have
BOMB = packed(1, ZEROS)
GZIPPED = gzip.compress(FEED)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        case(1, coded(BOMB, "gzip"), "limit"),
        case(1, coded(BOMB, "identity"), "limit"),
        case(2, coded(zlib.compress(ZEROS, 1), "deflate"), "limit"),
        case(2, coded(deflated(ZEROS, -15), "deflate"), "limit"),
        case(3, coded(b"\xcf\xff\xff\x7f\xf8\x27\x00\xe2\xb1\x40\x20\xf7\xff\x7f\x02", "br"), "body"),
        case(4, coded(b"\x28\xb5\x2f\xfd\xa4\0\0\0\4\x55\0\0\x10\0\0\1\0\xfb\xff\x39\xc0\2", "zstd"), "body"),
        case(4, coded(GZIPPED, "gzip, zstd"), "body"),
        case(5, coded(packed(1, BOMB), "gzip, gzip"), "limit"),
        case(6, coded(packed(4, BOMB), "gzip, gzip, gzip, gzip, gzip"), "limit"),
        case(6, coded(packed(6, FEED), ", ".join(["gzip"] * 6)), "body"),
        case(7, coded(GZIPPED[:-1], "gzip"), "body"),
        case(7, coded(GZIPPED[: len(GZIPPED) // 2], "gzip"), "body"),
        case(7, coded(zlib.compress(FEED)[:-3], "deflate"), "body"),
        case(8, Answer(200, FEED, chunked=True, last_chunk=False, then="close"), "body"),
        case(8, Raw(CHUNKED + b"%x\r\n" % (len(FEED) + 1) + FEED), "body"),
        case(9, Answer(200, FEED, length=len(FEED) + 1, then="close"), "body"),
        case(11, coded(FEED, "gzip"), ENTRIES),
        case(11, coded(FEED, "deflate"), ENTRIES),
        case(11, coded(GZIPPED, "deflate"), ENTRIES),
        case(11, coded(GZIPPED, "identity"), ENTRIES),
        case(11, coded(FEED, "br"), "body"),
        case(12, coded(flipped(GZIPPED, -6), "gzip"), "body"),
        case(12, coded(flipped(zlib.compress(FEED), -1), "deflate"), "body"),
        case(13, coded(GZIPPED + b"\0" * 1000, "gzip"), ENTRIES),
        case(13, coded(GZIPPED + b"<!-- cached -->", "gzip"), ENTRIES),
        case(14, Answer(200, b""), "not_feed"),
        case(14, coded(b"", "gzip"), "not_feed"),
        case(14, Answer(200, b"", chunked=True), "not_feed"),
        case(15, Raw(OK + b"\r\n" + b" " * 2**20, again=True), "limit"),
        case(15, Raw(CHUNKED + b"10000\r\n" + b" " * 2**16 + b"\r\n" + b"1\r\nx\r\n" * 2**18, again=True), "limit"),
        case(27, Answer(200, FEED, length=len(FEED) + 9, then="reset"), "body"),
        case(27, Answer(200, FEED, chunked=True, last_chunk=False, then="reset"), "body"),
        case(34, Raw(CHUNKED + b"f" * 30 + b"\r\nx\r\n0\r\n\r\n"), "body"),
        case(34, Raw(CHUNKED + b"ffffffffffffffff\r\n" + FEED), "body"),
        case(34, Raw(CHUNKED + b"-1\r\nx\r\n0\r\n\r\n"), "body"),
        case(34, Raw(CHUNKED + b"0x10\r\n" + FEED + b"\r\n0\r\n\r\n"), "body"),
        case(34, Raw(CHUNKED + b"1;" + b"e" * 300_000, again=True), "limit"),
        case(34, Raw(CHUNKED + b"%x;a=b\r\n" % len(FEED) + FEED + b"\r\n0\r\nTrailer: x\r\n\r\n"), ENTRIES),
        case(34, Raw(CHUNKED + b"%x\r\n" % len(FEED) + FEED + b"\r\n0\r\n" + b"T: x\r\n" * 50_000), "limit"),
        case(34, Raw(CHUNKED + b"%x\r\n" % len(FEED) + FEED + b"\r\n"), "body"),
    ],
)
def test_a_hostile_body(web: Web, answer: Scripted, expected: str) -> None:
    assert end(poll(ours(web.on("/feed", answer)))) == expected


@pytest.mark.hostile("T10")
@pytest.mark.parametrize("more", [b"<!-- more -->", OK + b"Content-Length: 5\r\n\r\nfalse", b"\0" * 100_000])
def test_what_is_longer_than_promised_is_cut_and_is_no_answer_to_the_next_request(web: Web, more: bytes) -> None:
    first = ours(web.on("/feed", Raw(OK + LENGTH + FEED + more, "keep")))
    second = ours(web.on("/next", Answer(200, FEED)))
    with closing(Client(agent=user_agent(None), tls=TLS, timeout=20)) as made:
        for source in (first, second):
            assert end(poll_source(made, POOL, source, SourceState(1, source.url, source.url), NOW)) == ENTRIES


# --- heads -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        case(18, Raw(OK + b"Big: " + b"x" * 100_000 + b"\r\n" + LENGTH + FEED), "limit"),
        case(18, Raw(OK + b"Big: " + b"x" * 100_000, again=True), "limit"),
        case(19, Raw(OK + b"".join(b"H%d: %d\r\n" % (n, n) for n in range(3000)) + LENGTH + FEED), "limit"),
        case(19, Raw(OK + b"A:b\r\n" * 3000 + LENGTH + FEED), "limit"),
        case(19, Raw(OK + b"A:b\r\n" * 300 + LENGTH + FEED), ENTRIES),
        case(20, Raw(OK + b"Two words: x\r\n" + LENGTH + FEED), "body"),
        case(20, Raw(OK + b"Space : x\r\n" + LENGTH + FEED), "body"),
        case(20, Raw(OK + b": x\r\n" + LENGTH + FEED), "body"),
        case(21, Raw(OK + b"Long: one\r\n  two\r\n\tthree\r\n" + LENGTH + FEED), ENTRIES),
        case(21, Raw(OK + b" Begins: folded\r\n" + LENGTH + FEED), "body"),
        case(22, Raw(OK + b"Nul: a\0b\r\n" + LENGTH + FEED), "body"),
        case(22, Raw(OK + b"N\0l: ab\r\n" + LENGTH + FEED), "body"),
        case(23, Raw(OK + b"Content-Length: 5\r\n" + LENGTH + FEED), "body"),
        case(23, Raw(OK + b"Content-Length: 5, 6\r\n\r\n" + FEED), "body"),
        case(23, Raw(OK + b"Content-Length: -5\r\n\r\n" + FEED), "body"),
        case(23, Raw(OK + b"Content-Length: +5\r\n\r\n" + FEED), "body"),
        case(24, Raw(FEED), "body"),
        case(24, Raw(b"\r\n" + FEED), "body"),
        case(24, Raw(b"HTTP/0.9 200 OK\r\n" + LENGTH + FEED), ENTRIES),
        case(24, Raw(b"HTTP/2 200 OK\r\n" + LENGTH + FEED), "body"),
        case(25, Raw(b"HTTP/1.1 200\r\n" + LENGTH + FEED), ENTRIES),
        case(25, Raw(b"HTTP/1.1 200 \r\n" + LENGTH + FEED), ENTRIES),
        case(26, Raw(b"HTTP/1.1 100 Go on\r\n\r\n" * 1000, again=True), "limit"),
        case(26, Raw(b"HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n" * 1000, again=True), "limit"),
        case(26, Raw(b"HTTP/1.1 100 Go on\r\n\r\n" * 9 + OK + LENGTH + FEED), ENTRIES),
        case(26, Raw(b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n" + FEED), "body"),
    ],
)
def test_a_hostile_head(web: Web, answer: Scripted, expected: str) -> None:
    assert end(poll(ours(web.on("/feed", answer)))) == expected


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        case(16, Answer(200, FEED, drip=0.02), "timeout"),
        case(16, Answer(200, FEED, chunked=True, drip=0.02), "timeout"),
        case(16, coded(GZIPPED, "gzip"), ENTRIES),
        case(17, Answer(200, FEED, drip=0.02, drip_head=True), "timeout"),
        case(17, Answer(301, b"", {"Location": "/feed"}, drip=0.02, drip_head=True), "timeout"),
        case(17, Raw(OK, "keep"), "timeout"),
    ],
)
def test_a_server_that_drips(web: Web, answer: Scripted, expected: str) -> None:
    assert end(poll(ours(web.on("/feed", answer)), seconds=0.5)) == expected


# --- TLS -------------------------------------------------------------------------------------------------------


def over_tls(context: ssl.SSLContext, tls: Tls, seconds: float = 20.0) -> str:
    with Web(context) as web:
        web.on("/feed", Answer(200, FEED))
        result = poll(ours(web.url("/feed", host="localhost")), seconds, tls)
        assert end(result) == ("tls" if web.asked == [] else ENTRIES)
        return str(result.error) if result.error else ENTRIES


@pytest.mark.fault(41)
def test_a_good_certificate_is_good(authority: Authority) -> None:
    assert over_tls(authority.server("localhost"), authority.trusting) == ENTRIES


@pytest.mark.fault(41)
@pytest.mark.hostile("T28")
def test_a_self_signed_certificate(authority: Authority, tmp_path: Path) -> None:
    assert over_tls(authority.self_signed(tmp_path), authority.trusting) == "self-signed certificate"
    stranger = Authority(trustme.CA()).server("localhost")
    assert "unknown authority (SSL_CERT_FILE can name one to trust)" in over_tls(stranger, authority.trusting)


@pytest.mark.fault(41)
@pytest.mark.hostile("T29")
def test_an_expired_certificate(authority: Authority) -> None:
    expired = authority.server("localhost", not_after=EXPIRED_ON)
    assert over_tls(expired, authority.trusting) == "certificate expired on 2026-02-01"
    early = authority.server("localhost", not_before=BEGINS_ON, not_after=BEGINS_ON.replace(year=2099))
    assert "not valid yet (it begins on 2098-01-01), or this machine's clock is wrong" in over_tls(
        early, authority.trusting
    )


@pytest.mark.fault(41)
@pytest.mark.hostile("T30")
@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("other.example",), "certificate is for other.example, not for this host"),
        (("192.0.2.1",), "certificate is for 192.0.2.1, not for this host"),
        (("*.a.example", "b.example", "c.example"), "certificate is for *.a.example, b.example and 1 more, not for"),
    ],
)
def test_a_certificate_for_another_host(authority: Authority, names: tuple[str, ...], words: str) -> None:
    assert words in over_tls(authority.server(*names), authority.trusting)


@pytest.mark.hostile("T31")
def test_a_handshake_that_stalls() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert end(poll(ours(f"https://localhost:{silent.getsockname()[1]}/"), seconds=0.4)) == "timeout"


@pytest.mark.fault(41)
@pytest.mark.hostile("T32")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_server_that_speaks_old_tls_only(authority: Authority) -> None:
    for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
        old = authority.server("localhost")
        old.set_ciphers("ALL:@SECLEVEL=0")
        old.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        old.maximum_version = version
        assert "versions of TLS that are not safe" in over_tls(old, authority.trusting)


@pytest.mark.hostile("T33")
def test_a_server_that_does_not_know_the_name(authority: Authority) -> None:
    picky = authority.server("localhost")
    picky.sni_callback = lambda *_: ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
    assert "does not know this host name" in over_tls(picky, authority.trusting)
    asked: list[str] = []
    open_minded = authority.server("localhost")
    open_minded.sni_callback = lambda _, name, __: asked.append(name)
    assert over_tls(open_minded, authority.trusting) == ENTRIES
    assert asked == ["localhost"]


# --- redirects, addresses --------------------------------------------------------------------------------------


@pytest.mark.hostile("T35")
@pytest.mark.parametrize(
    "answer",
    [
        Answer(301, b"", {"Location": "/feed"}),
        Answer(301, b"x" * 2**20, {"Location": "/feed"}),
        Answer(302, b"", {"Location": "/feed?" + "x" * 7000}),
        Answer(302, b"", {"Location": "/feed?" + "x" * 20_000}),
        Answer(301, BOMB, {"Location": "/feed", "Content-Encoding": "gzip"}),
    ],
)
def test_a_redirect_bomb(web: Web, answer: Answer) -> None:
    web.on("/feed?" + "x" * 7000, answer)
    assert end(poll(ours(web.on("/feed", answer)))) == "redirect"
    assert len(web.asked) <= 6


@pytest.mark.fault(40)
@pytest.mark.hostile("T36")
def test_a_black_hole_on_ipv6_costs_two_seconds_whatever_the_number_of_its_addresses(web: Web) -> None:
    tried: list[tuple[str, float]] = []

    def through(address: str, port: int, timeout: float) -> socket.socket:
        tried.append((address, timeout))
        if ":" in address:
            raise TimeoutError
        return dial("127.0.0.1", port, timeout)

    def names(host: str, port: int, timeout: float) -> list[str]:
        return [f"2606:4700::{n}" for n in range(1, 20)] + ["8.8.8.8", "8.8.4.4"]

    web.on("/feed", Answer(200, FEED))
    source = Source(f"http://blog.example:{web.port}/feed")
    assert end(poll(source, resolver=names, dial=through, turns=Turns(0.0))) == ENTRIES
    assert [address for address, _ in tried] == ["2606:4700::1", "8.8.8.8"]
    assert tried[0][1] <= NEXT_ADDRESS_AFTER


# --- the whole program -----------------------------------------------------------------------------------------


@pytest.mark.fault(37)
@pytest.mark.hostile("T01", "T18", "T28")
def test_twenty_good_feeds_are_delivered_beside_hostile_servers(
    world: World, web: Web, authority: Authority, tmp_path: Path
) -> None:
    good = [world.blog(f"Good {number}", f"News {number}") for number in range(20)]
    hostile = {
        "/bomb": coded(BOMB, "gzip"),
        "/cut": Answer(200, FEED, length=len(FEED) + 1, then="close"),
        "/head": Raw(OK + b"X: \x1b]52;c;aGk=\x07\x1b[2J\r\n" + b"A:b\r\n" * 3000 + LENGTH + FEED),
        "/status": Raw(b"HTTP/1.1 200 \x1b[31mOK\r\n\x1b[2J: hunter2\r\n\r\n" + FEED),
        "/coding": coded(FEED, "br\x1b[2J"),
        "/loop": Answer(302, b"", {"Location": "/loop?token=hunter2"}),
        "/scheme": Answer(302, b"", {"Location": "evil\x1b[2J:hunter2"}),
    }
    web.on("/loop?token=hunter2", hostile["/loop"])
    with Web(authority.self_signed(tmp_path)) as unsafe:
        urls = [blog.url for blog in good] + [web.on(path, answer) for path, answer in hostile.items()]
        urls += [unsafe.on("/feed?key=hunter2", Answer(200, FEED))]
        lines = [f"  - '{url}'" for url in urls]
        text = "\n".join(["timezone: UTC", "defaults: {allow_private: true}", "sources:", *lines, ""])
        (world.folder / "feeds.yaml").write_text(text)
        with watching(allow=range(1, 65536)) as seen:
            result = world.poll()
            told = world.said + world.run("status") + world.said + str(result)
    assert sorted(world.titles()) == sorted(f"News {number}" for number in range(20))
    assert len(result["failed"]) == len(hostile) + 1
    assert (seen.outside(world.folder), seen.started) == ([], [])
    assert "hunter2" not in told
    assert all(line.isprintable() for line in told.splitlines())
