"""Hostile text (section L): terminal, log, file names and mail headers get one line of plain text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from email import message_from_bytes, policy
from html import escape
from pathlib import Path
from typing import Any

import pytest

from aggregator.cli.words import safe
from aggregator.parse.document import parse_and_normalize
from tests.makers import NOW
from tests.test_publish_mail import assert_safe, letter
from tests.world import World

TITLES = {
    "L01": "\x1b[31mred\x1b[2J\x1b[1;1H",
    "L02": "\x1b]8;;https://evil.example\x1b\\click\x1b]8;;\x1b\\",
    "L03": "\x1b]52;c;cm0gLXJmIC8=\x07",
    "L04": "\x9b31m\x9b6n \x90q\x9c",
    "L05": "first\r\n2026-03-14 ERROR forged\rline",
    "L06": "first\u2028second\u2029third\x85fourth\x0bfifth",
    "L07": "\u202egnp.exe\u202c \u2066inside\u2069 \u2067never ended",
    "L08": "a\u200bb\u200c\u200d\ufeffc\u2060d\U000e0041",
    "L09": "T" * 10_000_000,
    "L10": "A" + "\u0300" * 5_000 + "B" + "\u20dd" * 5_000,
    "L11": "\u05e9\u05dc\u05d5\u05dd/../\u202egpj.html",
    "L12": "../../../../tmp/pwned",
    "L13": "con",
    "L14": "a/b\\c:d",
    "L15": "nul\0nul",
    "L16": "n" * 300,
    "L17": "dot. ...",
    "L18": "=cmd|' /C calc'!A0",
}
DOCUMENTS = {
    "express": "<rss version='2.0' xmlns:dc='http://purl.org/dc/elements/1.1/'><channel><title>T@</title><link>"
    "https://one.example/@</link><item><title>t@</title><link>https://one.example/1@</link><guid>g@</guid><description>"
    "d@</description><dc:creator>a@</dc:creator><category>c@</category></item></channel></rss>",
    "tolerant": "<rss version='2.0'><channel><title>T@</title><x a=1><item><title>t@<link>https://one.example/1@</link>"
    "<guid isPermaLink=false>g@</guid><description>d@</item></channel></rss>",
    "json": '{"version": "https://jsonfeed.org/version/1.1", "title": "T@", "items": [{"id": "g@", "title": "t@", '
    '"url": "https://one.example/1@", "content_html": "<p>c@</p>", "language": "e@n", "tags": ["k@"], '
    '"authors": [{"name": "n@"}], "attachments": [{"url": "https://one.example/@.mp3", "mime_type": "a@"}]}]}',
}
CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\U000e0000-\U000e007f]")


def answer(name: str, title: str) -> Any:
    """A feed that has the title for its own, and for its entry."""
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": title, "items": [
        {"id": "1", "url": f"https://text.example/{name}", "title": title,
         "content_text": title[:5000], "date_published": NOW.isoformat()}
    ]}  # fmt: skip
    body = json.dumps(feed).encode()

    def serve(handler: Any) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "application/feed+json")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return serve


def broken(handler: Any) -> None:
    """A source that fails with strange words."""
    handler.send_response(500, "\x1b[31mFailed\x1b]0;owned\x07")
    handler.send_header("Content-Length", "0")
    handler.end_headers()


class Told:
    """What a user sees of a world of hostile titles: lines of the terminal, of the log, and names of files."""

    def __init__(self, world: World) -> None:
        for name, title in TITLES.items():
            world.blog("x").broken = answer(name, title)
        world.blog("x").broken = broken
        lines = ["timezone: UTC", "defaults: {allow_private: true}", "sources:", *(f"  - {b.url}" for b in world.blogs)]
        (world.folder / "feeds.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
        self.lines: list[str] = []
        for arguments in (
            ("--verbose", "poll"), ("--log", "json", "poll", "--force"), ("status",), ("status", "--json"), ("digest",),
            ("digest", "--print", "text"), ("digest", "--print", "markdown"), ("digest", "--why"),
            ("check", "--online"),
        ):  # fmt: skip
            out = world.run(*arguments, code=None)
            self.lines += [*out.split("\n"), *world.said.split("\n")]
        self.files = [path.relative_to(world.folder).as_posix() for path in world.folder.rglob("*") if path.is_file()]
        self.titles = [item["title"] for item in json.loads(world.public("feed.json").read_bytes())["items"]]
        self.failed = [line for line in self.lines if "500" in line]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Any:
    world = World(tmp_path_factory.mktemp("text"))
    try:
        yield Told(world)
    finally:
        world.close()


@pytest.mark.hostile(*(f"L{number:02}" for number in range(1, 12)))
def test_terminal_and_log_show_one_line_of_plain_text_each(told: Told) -> None:
    assert [line[:200] for line in told.lines if CONTROLS.search(line)] == []
    assert not any(line.startswith(("2026-03-14 ERROR", "second", "third")) for line in told.lines)
    assert max(map(len, told.lines)) < 20_000
    assert told.failed


@pytest.mark.hostile(*(f"L{number:02}" for number in range(11, 19)))
def test_no_file_is_named_by_a_stranger(told: Told) -> None:
    """Names are made of dates and of what stands in feeds.yaml; there is no table for a spreadsheet, either."""
    known = (
        r"public/[a-z0-9/-]+(?:\.atom)?\.(?:html|xml|json|md|txt|css|js|opml|svg)|data/aggregator\.db(?:[.-][a-z]+)*"
    )
    known += r"|data/first/[0-9a-f]{32}\.json"
    assert [name for name in told.files if not re.fullmatch(f"{known}|feeds.yaml|feeds.schema.json", name)] == []
    assert not [name for name in told.files if name.endswith((".csv", ".tsv"))]


@pytest.mark.parametrize("bad", ["\0", "&#0;", "&amp;#0;", "&#xD800;", "\\u0000", "\\ud800"])
@pytest.mark.parametrize("name", DOCUMENTS)
def test_nothing_that_no_database_holds_comes_out_of_a_document(name: str, bad: str) -> None:
    document = DOCUMENTS[name].replace("@", bad).encode()
    feed, entries = parse_and_normalize(document, "https://one.example/feed", None, NOW)
    assert len(entries) == 1
    assert not re.search("[\0\ud800-\udfff]", "".join(_texts((feed, entries))))


def _texts(value: Any) -> Iterator[str]:
    """Every text in a record, however deep."""
    if isinstance(value, str):
        yield value
    elif is_dataclass(value):
        yield from _texts([getattr(value, part.name) for part in fields(value)])
    elif isinstance(value, tuple | list):
        for one in value:
            yield from _texts(one)


@pytest.mark.parametrize("name", [pytest.param(name, id=name, marks=pytest.mark.hostile(name)) for name in TITLES])
def test_a_hostile_title_is_a_short_line_without_tricks(name: str, told: Told) -> None:
    assert len(told.titles) == len(TITLES)
    assert all(len(title) <= 500 and not CONTROLS.search(title) for title in told.titles)
    assert not CONTROLS.search(safe(TITLES[name][:10_000]))


@pytest.mark.parametrize(
    ("title", "field"),
    [
        pytest.param("a\r\nBcc: eve@evil.example\r\n\r\nbody", "Bcc", id="L19", marks=pytest.mark.hostile("L19")),
        pytest.param("a\0Bcc: eve@evil.example\0", "Bcc", id="L20", marks=pytest.mark.hostile("L20")),
        pytest.param("=?utf-8?q?a=0D=0ABcc:_eve@evil.example?=", "Bcc", id="L21", marks=pytest.mark.hostile("L21")),
        pytest.param("Bcc:" + "x" * 2_000 + " y" * 2_000, "Bcc", id="L22", marks=pytest.mark.hostile("L22")),
    ],
)
def test_no_title_adds_a_header_to_a_mail(title: str, field: str) -> None:
    data = letter(subject=title, name=title, text=title.encode(), html=escape(title).encode()).as_bytes()
    mail = assert_safe(data)
    assert field not in mail
    assert message_from_bytes(data, policy=policy.default)["List-Id"] == mail["List-Id"]


def test_nothing_was_written_outside(told: Told) -> None:
    assert not Path("/tmp/pwned").exists()
    assert told.files
