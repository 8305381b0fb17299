"""What fuzzing aims at: every door through which strangers' bytes come in, and what must be true behind it.

A target takes bytes and raises whatever is wrong: an exception that the door does not promise, or an AssertionError
where something hostile came through. Used by `fuzz.py` (which looks for such bytes) and `test_fuzz.py` (which tries
those that are kept).
"""

from __future__ import annotations

import functools
import json
import socket
import ssl
from collections.abc import Callable
from contextlib import ExitStack, closing, suppress
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aggregator.dates import parse_date
from aggregator.discovery.discover import offers
from aggregator.entries.conditions import Facts, FilterError, parse_condition
from aggregator.entries.query import marked, parse_query
from aggregator.errors import ConfigError, FetchError, ParseError
from aggregator.fetch.body import decoded
from aggregator.fetch.client import Client, Request
from aggregator.fetch.turns import Turns
from aggregator.html import excerpt, safe_html, text_of, text_of_safe, title_text
from aggregator.parse import tolerant
from aggregator.parse.document import parse_and_normalize
from aggregator.parse.opml import read_opml
from aggregator.records import Entry
from aggregator.sources.config import read
from aggregator.sources.edit import Add, Change, Remove, edited
from aggregator.urls import MAX_URL, absolute, canonical, clean_link, host_of, is_http, public_address, without_secrets
from tests.test_html import faults

NOW = datetime(2026, 3, 14, 7, 0, tzinfo=UTC)
PAGE = "https://blog.example/2026/page"
SAMPLES = Path(__file__).parent / "samples"
_FACTS = Facts("Remote work", "Text about hiring.", "Ann", PAGE, ("AI",), "Blog", ("fow",), "en", NOW, NOW)
_HELD = 60_000
_NEW = "https://new.example/feed"

Target = Callable[[bytes], None]


def feed(data: bytes) -> None:
    """A document that should be a feed, through parsing and normalizing."""
    with suppress(ParseError, RecursionError):  # the worker says of the second that it was nested too deeply
        told, entries = parse_and_normalize(data, "https://blog.example/feed", None, NOW)
        assert told.link is None or is_http(told.link), told.link
        for entry in entries:
            _check_entry(entry)


def broken(data: bytes) -> None:
    """A document that is no XML, through the reader of what is broken alone."""
    with suppress(ParseError, RecursionError):
        found = tolerant.read(data.decode("utf-8", "replace"), "https://blog.example/feed", 1000)
        assert len(found.entries) <= 1000
        assert all(at is None or at.tzinfo is not None for one in found.entries for at in (one.published, one.updated))


def _check_entry(entry: Entry) -> None:
    for fragment in (entry.summary, entry.content):
        assert not faults(fragment), (faults(fragment), fragment)
    for line in (entry.title, entry.author or "", *entry.categories):
        assert line == " ".join(line.split()), line
        assert not _controls(line), line
    assert not _controls(entry.text.replace("\n", "")), entry.text
    links = (entry.link, entry.comments, entry.image, *(one.url for one in entry.enclosures))
    assert all(link is None or is_http(link) for link in links), links
    assert all(at is None or at.tzinfo is UTC for at in (entry.published, entry.updated))
    json.dumps(asdict(entry), default=str, ensure_ascii=False).encode()  # no lone surrogate anywhere


def _controls(text: str) -> set[str]:
    return {c for c in text if ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 or 0xD800 <= ord(c) < 0xE000}


def markup(data: bytes) -> None:
    """A fragment of HTML."""
    text = data.decode("utf-8", "surrogateescape")
    safe = safe_html(text, base=PAGE)
    assert not faults(safe), (faults(safe), safe)
    assert safe_html(safe, base=PAGE) == safe
    assert text_of_safe(safe) == text_of(safe)
    assert len(title_text(text, is_text=False).splitlines()) <= 1
    excerpt(text_of(text), 30)


def url(data: bytes) -> None:
    """An address in a feed or a page."""
    base, _, text = data.decode("utf-8", "surrogateescape").rpartition("\n")
    made, link, key = absolute(base or None, text), clean_link(text), canonical(text)
    assert made is None or (made.isascii() and " " not in made and len(made) <= MAX_URL)
    assert link is None or (is_http(link) and clean_link(link) == link and "@" not in urlsplit(link).netloc)
    assert key is None or (canonical(key) == key and link is not None)
    assert not set(host_of(text)) & set("/\\?#@ \t\n")
    without_secrets(text), public_address(text)


def config(data: bytes) -> None:
    """A feeds.yaml."""
    with suppress(ConfigError):
        found = read(data, Path("feeds.yaml"), environ={})
        assert found.sources or found.reading_lists
        assert all(is_http(source.url) for source in found.sources)


def edit(data: bytes) -> None:
    """Edits of a feeds.yaml: each is made as it is meant, or refused."""
    first = None
    with suppress(ConfigError):
        first = read(data, Path("feeds.yaml"), environ={}).sources[0].url
    for one in [Add(({"url": _NEW},)), *([Remove(first), Change(first, {"title": "Other"})] if first else [])]:
        with suppress(ConfigError):
            edited(data, [one], "feeds.yaml")


def opml(data: bytes) -> None:
    """A list of subscriptions."""
    with suppress(ParseError):
        for one in read_opml(data).feeds:
            assert one.url


def filters(data: bytes) -> None:
    """The condition of a rule."""
    text = data.decode("utf-8", "surrogateescape")
    with suppress(FilterError):
        parse_condition(text).matches(_FACTS)


def words(data: bytes) -> None:
    """Dates, and what a user types into the search."""
    text = data.decode("utf-8", "surrogateescape")
    moment = parse_date(text)
    assert moment is None or moment.tzinfo is UTC
    query, _, searched = text.partition("\n")
    assert "".join(piece for piece, _ in marked(searched, parse_query(query))) == searched


def page(data: bytes) -> None:
    """A page that may name a feed."""
    with suppress(ParseError, RecursionError):
        found = offers(data, PAGE)
        assert all(one.startswith(("http://", "https://")) for one in (*found.links, *found.in_text))


def body(data: bytes) -> None:
    """A coded body; its first byte chooses the coding."""
    coding = ("gzip", "deflate", "gzip, deflate", "br", "identity", "x-gzip,gzip")[(data[:1] or b"\0")[0] % 6]
    with suppress(FetchError):
        assert len(decoded([data[1:9], data[9:]], coding, 2**20)) <= 2**20


def head(data: bytes) -> None:
    """All that a server says on a connection; at most what a socket holds, so nobody has to stand at its other end."""
    with ExitStack() as ends:

        def dial(address: str, port: int, timeout: float) -> socket.socket:
            ours, far = socket.socketpair()
            ends.enter_context(far)
            far.sendall(data[:_HELD])
            far.shutdown(socket.SHUT_WR)
            return _Quiet(ours.family, ours.type, fileno=ours.detach())

        wire = {"resolver": lambda *_: ["93.184.215.14"], "dial": dial, "turns": Turns(0.0)}
        client = ends.enter_context(closing(Client(agent="fuzz", tls=_tls, timeout=5.0, **wire)))
        with suppress(FetchError):
            answer = client.ask(Request("http://blog.example/feed", redirects=1, limit=2**20))
            assert len(answer.body) <= 2**20
            assert not any("\n" in text or "\r" in text for pair in answer.headers.items() for text in pair)


class _Quiet(socket.socket):
    """A local socket that takes the options of a network one."""

    def setsockopt(self, *_: Any) -> None:
        """Nothing to set."""


@functools.cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


TARGETS: dict[str, Target] = {
    one.__name__: one for one in (feed, broken, markup, url, config, edit, opml, filters, words, page, body, head)
}
