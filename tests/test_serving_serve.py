from __future__ import annotations

import asyncio
import gzip
import http.client
import os
import shutil
import socket
import subprocess
import threading
import time
import zlib
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import pytest

from aggregator.publish.files import write_all
from aggregator.serving.copies import MAX_AGE, Copies, Ready, content_type
from aggregator.serving.serve import Site, bind, server

LONG = b"<p>A long text that is worth packing.</p>" * 100
FILES = {
    "index.html": b"<h1>Future of Work</h1>",
    "atom.xml": LONG,
    "rss.xml": b"<rss/>",
    "feed.json": b"{}",
    "404.html": b"<h1>Not here</h1>",
    "digest/index.html": b"calendar",
    "digest/2026-03-14.md": b"# Digest",
    "tags/new-work/atom.xml": b"<feed/>",
    "style.css": b"p{}",
    ".secret": b"no",
    "data/.hidden/x.html": b"no",
    "tags/\u5de5\u4f5c/atom.xml": b"<feed/>",
    "a?b.html": b"odd",
}


@dataclass
class Running:
    """The site at work, and what it is told while it waits for the first pass."""

    root: Path
    port: int
    site: Site = field(init=False)
    front: bytes | None = None
    healthy: bool = True
    hub: tuple[str, str] | None = None

    def ask(self, path: str = "/atom.xml", method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in headers.items():
            for one in value.split("\n"):
                connection.putheader(name.replace("_", "-"), one)
        connection.endheaders()
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, body


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("site") / "public"
    write_all(root, FILES)
    (root.parent / "outside.html").write_bytes(b"outside")
    (root / "out.html").symlink_to(root.parent / "outside.html")
    (root / "up").symlink_to(root.parent)
    (root / "inner.html").symlink_to(root / "index.html")
    os.utime(root / "atom.xml", (1_773_471_600, 1_773_471_600))  # 2026-03-14T07:00:00Z
    return root


@pytest.fixture(scope="module")
def serving(folder: Path) -> Iterator[Running]:
    sock = bind("127.0.0.1", 0)
    running = Running(folder, sock.getsockname()[1])
    running.site = Site(
        folder,
        lambda: running.front,
        lambda: running.healthy,
        lambda: running.hub,
        metrics=lambda answers: repr(dict(answers)),
    )
    web = server(running.site)
    thread = threading.Thread(target=web.run, kwargs={"sockets": [sock]})
    thread.start()
    yield running
    began = time.monotonic()
    web.should_exit = True
    thread.join()
    assert time.monotonic() - began < 2
    sock.close()


@pytest.fixture
def running(serving: Running) -> Running:
    serving.front, serving.healthy, serving.hub = None, True, None
    return serving


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("atom.xml", "application/atom+xml; charset=utf-8"),
        ("rss.xml", "application/rss+xml; charset=utf-8"),
        ("feed.json", "application/feed+json; charset=utf-8"),
        ("archive/2026-03.atom.xml", "application/atom+xml; charset=utf-8"),
        ("tags/new-work/atom.xml", "application/atom+xml; charset=utf-8"),
        ("digest/atom.xml", "application/atom+xml; charset=utf-8"),
        ("digest/2026-03-14.epub", "application/epub+zip"),
        ("sources.opml", "text/x-opml; charset=utf-8"),
        ("index.html", "text/html; charset=utf-8"),
        ("day/2026-03-14.html", "text/html; charset=utf-8"),
        ("digest/2026-03-14.md", "text/markdown; charset=utf-8"),
        ("digest/2026-03-14.txt", "text/plain; charset=utf-8"),
        ("digest/2026-03-14.json", "application/json; charset=utf-8"),
        ("status.json", "application/json; charset=utf-8"),
        ("search.json", "application/json; charset=utf-8"),
        ("style.css", "text/css; charset=utf-8"),
        ("favicon.svg", "image/svg+xml"),
        ("unknown.bin", "application/octet-stream"),
        ("none", "application/octet-stream"),
    ],
)
def test_every_kind_of_file_has_its_type(name: str, kind: str) -> None:
    assert content_type(Path(name)) == kind


@pytest.mark.polite("E08")
@pytest.mark.polite("E07")
def test_a_file_is_served_with_all_it_needs(running: Running) -> None:
    status, headers, body = running.ask()
    assert (status, body) == (200, LONG)
    assert headers["content-type"] == "application/atom+xml; charset=utf-8"
    assert headers["content-length"] == str(len(LONG))
    assert headers["last-modified"] == "Sat, 14 Mar 2026 07:00:00 GMT"
    assert headers["cache-control"] == f"max-age={MAX_AGE}"
    assert headers["vary"] == "Accept-Encoding"
    assert headers["etag"].startswith('"')
    assert "server" not in headers
    assert "content-encoding" not in headers


@pytest.mark.parametrize("path", ["/atom.xml", "/", "/no-such-page"])
def test_no_page_may_run_or_load_what_is_not_ours(running: Running, path: str) -> None:
    headers = running.ask(path)[1]
    assert headers["content-security-policy"].startswith("default-src 'none'; ")
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.polite("E12")
@pytest.mark.parametrize(
    ("accepted", "packed"),
    [
        ("gzip", True),
        ("deflate, gzip;q=0.5, br", True),
        ("GZIP", True),
        ("*", True),
        ("*;q=0, gzip", True),
        ("gzip;q=0", False),
        ("gzip; q=0.0, *", False),
        ("*;q=0", False),
        ("br, deflate", False),
        ("", False),
        ("identity", False),
        (",;q=", False),
    ],
)
def test_gzip_for_those_who_take_it(running: Running, accepted: str, packed: bool) -> None:
    plain_tag = running.ask()[1]["etag"]
    _, headers, body = running.ask(accept_encoding=accepted)
    assert (headers.get("content-encoding") == "gzip") is packed
    assert (gzip.decompress(body) if packed else body) == LONG
    assert (headers["etag"] != plain_tag) is packed  # a strong tag is one of bytes
    assert headers["vary"] == "Accept-Encoding"


def test_a_short_file_is_not_packed(running: Running) -> None:
    assert "content-encoding" not in running.ask("/rss.xml", accept_encoding="gzip")[1]


@pytest.mark.polite("E07")
def test_head_says_the_same_without_a_body(running: Running) -> None:
    for path, extra in (("/atom.xml", {}), ("/atom.xml", {"accept_encoding": "gzip"}), ("/none", {})):
        status, headers, _ = running.ask(path, **extra)
        head_status, head_headers, head_body = running.ask(path, "HEAD", **extra)
        assert (head_status, head_body) == (status, b"")
        assert {**head_headers, "date": ""} == {**headers, "date": ""}


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "get"])
@pytest.mark.parametrize("path", ["/atom.xml", "/none", "/healthz", "/metrics", "/"])
def test_nothing_can_be_changed(running: Running, method: str, path: str) -> None:
    status, headers, _ = running.ask(path, method)
    assert (status, headers["allow"]) == (405, "GET, HEAD")


@pytest.mark.polite("E07")
@pytest.mark.parametrize(
    ("condition", "status"),
    [
        ("{tag}", 304),
        ('"other", {tag}', 304),
        ('"other",{gzip}', 304),
        ("*", 304),
        ("W/{tag}", 304),
        ('"other"\n{tag}', 304),
        ('"other"', 200),
        ('W/"other"', 200),
        ("", 200),
        ("garbage, \x80", 200),
    ],
)
def test_if_none_match(running: Running, condition: str, status: int) -> None:
    tags = {"tag": running.ask()[1]["etag"], "gzip": running.ask(accept_encoding="gzip")[1]["etag"]}
    got, headers, body = running.ask(if_none_match=condition.format(**tags))
    assert (got, headers["etag"]) == (status, tags["tag"])
    if status == 304:
        assert body == b""
        assert {"vary", "cache-control", "last-modified"} <= headers.keys()
        assert not {"content-type", "content-encoding", "content-length"} & headers.keys()


@pytest.mark.polite("E07")
@pytest.mark.parametrize(
    ("since", "status"),
    [
        ("Sat, 14 Mar 2026 07:00:00 GMT", 304),
        ("Sat, 14 Mar 2026 08:00:00 GMT", 304),
        ("Sat, 14 Mar 2026 06:59:59 GMT", 200),
        ("yesterday", 200),
        ("", 200),
        ("Sat, 14 Mar 2026 09:00:00 -0000", 200),
    ],
)
def test_if_modified_since(running: Running, since: str, status: int) -> None:
    assert running.ask(if_modified_since=since)[0] == status


@pytest.mark.polite("E07")
def test_if_none_match_wins_over_if_modified_since(running: Running) -> None:
    later = "Sun, 15 Mar 2026 07:00:00 GMT"
    assert running.ask(if_none_match='"other"', if_modified_since=later)[0] == 200
    tag = running.ask()[1]["etag"]
    assert running.ask(if_none_match=tag, if_modified_since="Fri, 13 Mar 2026 07:00:00 GMT")[0] == 304


@pytest.mark.websub("F20")
@pytest.mark.parametrize("name", ["atom.xml", "rss.xml", "feed.json"])
def test_the_merged_feed_names_hub_and_itself_in_its_headers(running: Running, name: str) -> None:
    assert "link" not in running.ask(f"/{name}")[1]
    running.hub = ("https://hub.example.org/h\xfcb>?a=1", "https://reader.example.net/feeds/")
    expected = (
        f'<https://hub.example.org/h%C3%BCb%3E?a=1>; rel="hub", <https://reader.example.net/feeds/{name}>; rel="self"'
    )
    tag = running.ask(f"/{name}")[1]["etag"]
    for method, extra in (("GET", {}), ("HEAD", {}), ("GET", {"if_none_match": tag})):
        assert running.ask(f"/{name}", method, **extra)[1]["link"] == expected
    for other in ("/index.html", "/tags/new-work/atom.xml", "/digest/2026-03-14.md"):
        assert "link" not in running.ask(other)[1]


@pytest.mark.parametrize("name", ["atom.xml", "rss.xml", "tags/new-work/atom.xml"])
def test_a_person_who_opens_a_feed_gets_it_as_xml_which_browsers_style(running: Running, name: str) -> None:
    status, headers, body = running.ask(f"/{name}", sec_fetch_dest="document")
    assert (status, body) == (200, FILES[name])
    assert headers["content-type"] == "application/xml; charset=utf-8"
    assert (headers["vary"], headers["cache-control"]) == (
        "Accept-Encoding, Sec-Fetch-Dest",
        f"private, max-age={MAX_AGE}",
    )
    assert running.ask(f"/{name}", sec_fetch_dest="empty")[1]["content-type"] == content_type(Path(name))


# --- only what is new (RFC 3229) -------------------------------------------------------------------------------


def feed_of(*names: str) -> bytes:
    """An Atom document with an entry for each name."""
    entries = "".join(f"<entry><id>urn:{name}</id><title>{name}</title></entry>" for name in names)
    return f"<feed xmlns='http://www.w3.org/2005/Atom'><id>urn:feed</id>{entries}</feed>".encode()


@pytest.mark.polite("E11")
def test_a_client_that_asks_gets_only_what_is_new_since_the_version_it_has(running: Running) -> None:
    path = "/delta/atom.xml"
    write_all(running.root, {path[1:]: feed_of("b", "a")})
    status, headers, _ = running.ask(path, a_im="feed")
    first = headers["etag"]
    assert (status, "im" in headers) == (200, False)
    assert running.ask(path, a_im="feed", if_none_match=first)[0] == 304

    write_all(running.root, {path[1:]: feed_of("c", "b", "a")})
    status, headers, body = running.ask(
        path, a_im="gzip, feed", if_none_match=f'"other", {first}', accept_encoding="gzip"
    )
    assert (status, headers["im"], headers["delta-base"]) == (226, "feed", first)
    assert headers["cache-control"] == "no-store, im"
    assert headers["content-type"] == "application/atom+xml; charset=utf-8"
    assert "content-encoding" not in headers
    assert b"<title>c</title>" in body
    assert b"<title>a</title>" not in body
    assert headers["etag"] == running.ask(path)[1]["etag"]  # the tag of the whole: with it the next delta is asked
    assert running.ask(path, a_im="feed", if_none_match=headers["etag"])[0] == 304
    assert running.ask(path, "HEAD", a_im="feed", if_none_match=first)[0] == 226


@pytest.mark.polite("E11")
@pytest.mark.parametrize(
    "extra",
    [
        {"if_none_match": "{first}"},
        {"a_im": "feed"},
        {"a_im": "feed;q=0", "if_none_match": "{first}"},
        {"a_im": "vcdiff, diffe", "if_none_match": "{first}"},
        {"a_im": "feed", "if_none_match": '"a version nobody knows"'},
        {"a_im": "feed", "if_modified_since": "Sat, 14 Mar 2020 07:00:00 GMT"},
    ],
)
def test_everybody_else_gets_the_whole(running: Running, extra: dict[str, str]) -> None:
    path = "/whole/atom.xml"
    write_all(running.root, {path[1:]: feed_of("b", "a")})
    first = running.ask(path, a_im="feed")[1]["etag"]
    whole = feed_of("c", "b", "a")
    write_all(running.root, {path[1:]: whole})
    status, headers, body = running.ask(
        path, **{name: value.replace("{first}", first) for name, value in extra.items()}
    )
    assert (status, body, "im" in headers) == (200, whole, False)


def test_a_delta_of_what_is_no_feed_is_the_whole(running: Running) -> None:
    for path in ("/index.html", "/feed.json", "/atom.xml"):
        assert running.ask(path, a_im="feed", if_none_match='"x"')[0] == 200


def test_a_file_that_is_replaced_is_served_anew(running: Running) -> None:
    for text in (b"one", b"two"):
        write_all(running.root, {"changing.txt": text})
        assert running.ask("/changing.txt")[2] == text
    (running.root / "changing.txt").unlink()
    assert running.ask("/changing.txt")[0] == 404


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/", b"<h1>Future of Work</h1>"),
        ("/index.html", b"<h1>Future of Work</h1>"),
        ("/digest/", b"calendar"),
        ("/digest/2026-03-14.md", b"# Digest"),
        ("/tags/%E5%B7%A5%E4%BD%9C/atom.xml", b"<feed/>"),
        ("/rss.xml?from=reader", b"<rss/>"),
        ("//rss.xml", b"<rss/>"),
        ("/a%3Fb.html", b"odd"),
        ("/inner.html", b"<h1>Future of Work</h1>"),
    ],
)
def test_what_is_there_is_found(running: Running, path: str, body: bytes) -> None:
    assert running.ask(path)[::2] == (200, body)


@pytest.mark.parametrize(
    "path",
    [
        "/none.html",
        "/tags/",
        "/../outside.html",
        "/%2e%2e/outside.html",
        "/digest/../../outside.html",
        "/..%2foutside.html",
        "/%2e%2e%2foutside.html",
        "//../outside.html",
        "/out.html",
        "/up/outside.html",
        "/up/",
        "/.secret",
        "/%2esecret",
        "/data/.hidden/x.html",
        "/atom.xml%00.html",
        "/%00",
        "/atom.xml/",
        "/atom.xml/x",
        "//etc/passwd",
        "/%2fetc%2fpasswd",
        "/\\..\\outside.html",
        "/" + "a" * 5000,
        "/%ff%fe",
        "/atom.xml%3Fx",
        "/rss.xml%23x",
        "/healthz/x",
        "/C:/x",
        "/~root",
    ],
)
def test_what_is_not_there_or_not_ours_is_a_404_page(running: Running, path: str) -> None:
    status, headers, body = running.ask(path)
    assert (status, body, headers["content-type"]) == (404, b"<h1>Not here</h1>", "text/html; charset=utf-8")


@pytest.mark.parametrize(
    ("path", "to"),
    [
        ("/digest", "./digest/"),
        ("//digest", "./digest/"),
        ("/digest?day=1", "./digest/"),
        ("//evil.example/../digest", None),
        ("/tags", None),
        ("/up", None),
    ],
)
def test_a_folder_with_an_index_is_one_slash_away(running: Running, path: str, to: str | None) -> None:
    """The way is given relatively, so it holds under any path of any proxy and can lead to no other host."""
    status, headers, _ = running.ask(path)
    assert (status, headers.get("location")) == ((301, to) if to else (404, None))


def test_a_client_of_http_1_0_gets_the_file_and_the_end(running: Running) -> None:
    for keep in ("", "Connection: keep-alive\r\n"):
        with socket.create_connection(("127.0.0.1", running.port), timeout=60) as client:
            client.sendall(f"GET /atom.xml HTTP/1.0\r\n{keep}\r\n".encode())
            answer = b"".join(iter(lambda: client.recv(65536), b""))
        head, _, body = answer.partition(b"\r\n\r\n")
        assert head.split()[1] == b"200"
        assert b"transfer-encoding" not in head.lower()
        assert body == LONG


def test_a_large_file_arrives_whole_at_a_slow_reader(running: Running) -> None:
    """It is handed over in pieces, each when the one before is on its way."""
    for size in (2**18, 2**18 + 1, 2**19, 3 * 2**20 + 7):
        large = os.urandom(size)
        write_all(running.root, {"large.bin": large})
        assert running.ask("/large.bin")[2] == large


async def answered(site: Site, ready: Ready) -> bytes:
    """The body of an answer with a version of large.xml that was found before."""
    sent = []

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message.get("body", b""))

    await site._file("large.xml", ready, {"method": "GET", "headers": []}, send)
    return b"".join(sent)


def test_a_file_that_is_too_large_to_be_held_is_read_from_the_disk(running: Running) -> None:
    """An archive of many sources: not packed, no deltas, and the same conditions as any other."""
    large, newer = os.urandom(2**20 + 7), b"short"
    write_all(running.root, {"large.xml": large})
    held, running.site._copies = running.site._copies, Copies(running.root, most=2**20)
    try:
        status, headers, body = running.ask("/large.xml", Accept_Encoding="gzip", A_IM="feed")
        assert (status, body) == (200, large)
        assert headers["content-length"] == str(len(large))
        assert "content-encoding" not in headers
        assert running.ask("/large.xml", "HEAD") == (200, headers | {"date": ANY}, b"")
        assert running.ask("/large.xml", If_None_Match=headers["etag"])[0] == 304
        before = running.site._copies.known("large.xml")
        assert before is not None
        write_all(running.root, {"large.xml": newer})  # in the very moment between a look at it and its answer
        assert asyncio.run(answered(running.site, before)) == newer
        (running.root / "large.xml").unlink()
        assert asyncio.run(answered(running.site, before)) == b""
    finally:
        running.site._copies = held


def test_the_host_header_decides_nothing(running: Running) -> None:
    for host in ("evil.example/atom.xml?", "evil.example/..", ""):
        connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=5)
        connection.putrequest("GET", "/rss.xml", skip_host=True)
        connection.putheader("Host", host)
        connection.endheaders()
        answer = connection.getresponse()
        assert answer.status in {200, 400}
        assert answer.status == 400 or answer.read() == b"<rss/>"
        connection.close()


def test_during_the_first_pass_a_page_tells_of_it_and_readers_are_asked_to_come_back(running: Running) -> None:
    running.front = b"<h1>Reading 3 of 50</h1>"
    for path in ("/", "/index.html"):
        status, headers, body = running.ask(path)
        assert (status, headers["cache-control"], body) == (200, "no-store", running.front)
    assert running.ask("/style.css")[0] == 200
    status, headers, _ = running.ask("/digest/latest.html")
    assert (status, headers["retry-after"]) == (503, "5")
    assert running.ask("/../outside.html")[0] == 503


def test_health(running: Running) -> None:
    assert running.ask("/healthz")[::2] == (200, b"ok\n")
    running.healthy = False
    status, headers, _ = running.ask("/healthz", "HEAD")
    assert (status, headers["cache-control"]) == (503, "no-store")


def test_metrics_count_the_answers(running: Running) -> None:
    before = running.ask("/metrics")
    assert before[1]["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert before[1]["cache-control"] == "no-store"
    running.ask("/atom.xml", if_none_match="*")
    running.ask("/no-such-page")
    counts = [dict(eval(running.ask("/metrics")[2])) for _ in range(2)]
    assert counts[0][304] >= 1
    assert counts[0][404] >= 1
    assert counts[1][200] == counts[0][200] + 1


@contextmanager
def standing(app: Site, root: Path, trusted: tuple[str, ...] = ()) -> Iterator[Running]:
    """A site of its own for one test."""
    sock = bind("127.0.0.1", 0)
    web = server(app, trusted)
    thread = threading.Thread(target=web.run, kwargs={"sockets": [sock]})
    thread.start()
    yield Running(root, sock.getsockname()[1])
    web.should_exit = True
    thread.join()
    sock.close()


def test_without_a_404_page_there_are_words(tmp_path: Path) -> None:
    with standing(Site(tmp_path / "nothing yet", lambda: None, lambda: True), tmp_path) as bare:
        assert bare.ask("/")[::2] == (404, b"Not found\n")


def test_under_a_base_path_everything_but_health_and_metrics_moves(folder: Path) -> None:
    app = Site(folder, lambda: None, lambda: True, metrics=lambda _: "measures", base="/feeds")
    with standing(app, folder) as based:
        assert based.ask("/feeds/")[::2] == (200, b"<h1>Future of Work</h1>")
        assert based.ask("/feeds/rss.xml")[2] == b"<rss/>"
        assert based.ask("/feeds/digest/")[2] == b"calendar"
        assert based.ask("/feeds")[:2][1]["location"] == "./feeds/"
        assert based.ask("/feeds/digest")[1]["location"] == "./digest/"
        for path in ("/", "/rss.xml", "/feedsrss.xml", "/feedsx/rss.xml", "/feeds/../rss.xml", "/feeds/metrics"):
            assert based.ask(path)[0] == 404, path
        assert based.ask("/healthz")[2] == b"ok\n"
        assert based.ask("/metrics")[2] == b"measures"


@pytest.mark.parametrize(
    ("trusted", "seen"), [((), "127.0.0.1"), (("127.0.0.1",), "203.0.113.9"), (("10.0.0.0/8",), "127.0.0.1")]
)
def test_a_forwarded_address_is_believed_from_trusted_proxies_only(
    folder: Path, trusted: tuple[str, ...], seen: str
) -> None:
    lines: list[str] = []
    app = Site(folder, lambda: None, lambda: True, seen=lines.append)
    with standing(app, folder, trusted) as behind:
        behind.ask("/rss.xml?q=1", x_forwarded_for="203.0.113.9", x_forwarded_proto="https")
        behind.ask("/a%0Ab%20c", x_forwarded_for="203.0.113.9")
    assert lines == [f"{seen} GET /rss.xml 200", f"{seen} GET /a%0Ab%20c 404"]


def test_a_port_that_is_taken_is_an_error() -> None:
    with bind("127.0.0.1", 0) as first, pytest.raises(OSError, match="in use"):
        bind("127.0.0.1", first.getsockname()[1])


@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6")
def test_ipv6_addresses_are_served_too() -> None:
    try:
        with bind("::1", 0) as sock:
            assert sock.family == socket.AF_INET6
    except OSError as error:
        pytest.skip(f"no IPv6 here: {error}")


def corner(picture: bytes) -> tuple[int, ...]:
    """The red, green and blue of a PNG's first pixel, which every filter leaves as it is."""
    assert picture[25] in (2, 6)  # RGB or RGBA, eight bits each
    chunks, at = b"", 8
    while at < len(picture):
        length = int.from_bytes(picture[at : at + 4], "big")
        chunks += picture[at + 8 : at + 8 + length] if picture[at + 4 : at + 8] == b"IDAT" else b""
        at += length + 12
    return tuple(zlib.decompressobj().decompress(chunks, 4)[1:])


@pytest.mark.browser
@pytest.mark.skipif(shutil.which("chromium") is None, reason="chromium is not installed")
def test_a_browser_uses_the_style_sheet(running: Running, tmp_path: Path) -> None:
    """Without it Chromium shows a feed's source on white."""
    style = b"@namespace atom url('http://www.w3.org/2005/Atom'); atom|feed { background: #fcfbf8 }"
    sheet = b'<?xml-stylesheet type="text/css" href="paper.css"?>'
    write_all(running.root, {"paper.css": style, "paper.atom.xml": sheet + feed_of("a")})
    picture = tmp_path / "picture.png"
    command = [
        *("chromium", "--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'home'}"),
        *("--window-size=300,200", f"--screenshot={picture}", f"http://127.0.0.1:{running.port}/paper.atom.xml"),
    ]
    subprocess.run(command, capture_output=True, timeout=100, check=True)
    assert corner(picture.read_bytes()) == (0xFC, 0xFB, 0xF8)
