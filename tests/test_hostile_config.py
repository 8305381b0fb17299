"""feeds.yaml as it may meet us: hostile, half saved, by another program, in the wrong place. One line a mistake, exit
2, nothing touched; the 18 cases of the list of hostile input, and what people really do to such a file."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator

import pytest

from aggregator.entries.conditions import Facts
from aggregator.entries.filters import RuleSet
from aggregator.sources.config import load
from tests.world import World

A = b"https://a.example/feed"
SOURCES = b"sources:\n  - " + A + b"\n"
COMMANDS = ("check", "poll", "run", "publish", "digest")


def told(world: World, data: bytes, *commands: str) -> list[str]:
    """What the commands say of this file, all the same; nothing but the file is there afterwards."""
    path = world.folder / "feeds.yaml"
    path.write_bytes(data)
    return refused(world, *(commands or COMMANDS))


def refused(world: World, *commands: str) -> list[str]:
    before = sorted(path.name for path in world.folder.iterdir())
    said = set()
    for command in commands or COMMANDS:
        started = time.process_time()
        assert world.run(command, code=2) == ""
        assert time.process_time() - started < 20
        said.add(world.said)
    assert sorted(path.name for path in world.folder.iterdir()) == before
    assert len(said) == 1
    assert said.copy().pop().replace("\n", "").isprintable()
    return said.pop().splitlines()


def bomb() -> bytes:
    lines = [b"a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [b"a%d: &a%d [%s]" % (n, n, b", ".join([b"*a%d" % (n - 1)] * 10)) for n in range(1, 20)]
    return b"\n".join(lines)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        pytest.param(bomb(), ["feeds.yaml:5:10: aliases repeat more than 20,000 values; write them out"],
                     id="alias bomb", marks=pytest.mark.hostile("Y01")),
        pytest.param(b"[" * 50_000, ["feeds.yaml:1:33: lists and maps stand more than 32 deep inside each other here"],
                     id="50,000 lists in each other", marks=pytest.mark.hostile("Y02")),
        pytest.param(b"{a: " * 50_000, ["feeds.yaml:1:129: lists and maps stand more than 32 deep inside each ..."],
                     id="50,000 maps in each other", marks=pytest.mark.hostile("Y02")),
        pytest.param(b"title: !!python/object/apply:os.system ['touch pwned']\n" + SOURCES,
                     ["feeds.yaml:1:8: tags (`!`) are not read; put a text that begins with `!` in quotes"],
                     id="a Python object", marks=pytest.mark.hostile("Y03")),
        pytest.param(b"title: x\n" + SOURCES + b"title: y\n",
                     ["feeds.yaml:4:1: `title` stands here twice, before this on line 1; keep one"],
                     id="a key twice", marks=pytest.mark.hostile("Y04")),
        pytest.param(b"sources:\n\t- " + A, ["feeds.yaml:2:1: a tab indents this line; YAML wants spaces"],
                     id="tabs", marks=pytest.mark.hostile("Y05")),
        pytest.param(b"title: Caf\xe9\n" + SOURCES,
                     ["feeds.yaml:1:11: this byte (0xE9, `é` in Windows-1252) is not UTF-8; save the file as UTF-8"],
                     id="Windows-1252", marks=pytest.mark.hostile("Y08")),
        pytest.param(b"", ["feeds.yaml:1:1: no sources yet: add a line `- https://example.org/feed` under `sources:`"],
                     id="empty", marks=pytest.mark.hostile("Y09")),
        pytest.param(b"defaults:\n  - every: 1h\n" + SOURCES,
                     ["feeds.yaml:2:3: `defaults`: must be a map of `key: value`, and here it is a list"],
                     id="a list in place of a map", marks=pytest.mark.hostile("Y10")),
        pytest.param(b"titel: x\nsources:\n  - url: " + A + b"\n    tag: [x]\n",
                     ["feeds.yaml:1:1: unknown key `titel`; did you mean `title`?",
                      "feeds.yaml:4:5: unknown key `tag`; did you mean `tags`?"],
                     id="unknown keys", marks=pytest.mark.hostile("Y11")),
        pytest.param(b"sources:\n  - url: " + A + b"\n    paused: NO\n",
                     ["feeds.yaml:3:13: `paused`: must be true or false, and here it is the text `NO`; did..."],
                     id="NO is text", marks=pytest.mark.hostile("Y12")),
        pytest.param(b"#" * (10 * 2**20 + 1), ["feeds.yaml: larger than 10 MB; is it the right file?"],
                     id="over 10 MB", marks=pytest.mark.hostile("Y13")),
        pytest.param(b"- [a, b, c]\n" * 200_000, ["feeds.yaml:75000:10: this file holds more than 300,000 values"],
                     id="values without end", marks=pytest.mark.hostile("Y13")),
        pytest.param(b"sources:\n  - url: " + A + b"\n    title: \"Par",
                     ["feeds.yaml:3:12: this quote is never closed; is the file half saved?"],
                     id="half saved, in a quote", marks=pytest.mark.hostile("Y17")),
        pytest.param(SOURCES + b"\0" * 512,
                     ["feeds.yaml:3:1: a NUL byte stands here: the file is damaged or half saved"],
                     id="half saved, the rest is zeros", marks=pytest.mark.hostile("Y17")),
        pytest.param(b"sources:\n  - url: " + A + b"\n    tit",
                     ["feeds.yaml:3:5: a `key: value` was expected on this line; is the colon missing?"],
                     id="half saved, in a key", marks=pytest.mark.hostile("Y17")),
        pytest.param(b"sources:\n  - url: " + A + b"\n    headers: {X-A: \n",
                     ["feeds.yaml:4:1: the file ends where a value was expected; is it half saved?"],
                     id="half saved, in a map", marks=pytest.mark.hostile("Y17")),
    ],
)  # fmt: skip
def test_a_hostile_file_is_refused_in_words_and_nothing_is_touched(world: World, data: bytes, said: list[str]) -> None:
    quick = COMMANDS if len(data) < 2**20 else COMMANDS[:1]
    found = told(world, data, *quick)
    assert len(found) == len(said), found
    for line, wanted in zip(found, said, strict=True):
        assert line == wanted or (wanted.endswith("...") and line.startswith(wanted[:-3]))


@pytest.mark.parametrize(
    ("data", "title"),
    [
        pytest.param(b"\xef\xbb\xbftitle: Work\n" + SOURCES, "Work", id="BOM", marks=pytest.mark.hostile("Y06")),
        pytest.param(b"title: Work\r\nsources:\r\n  - " + A + b"\r\n", "Work",
                     id="CRLF", marks=pytest.mark.hostile("Y07")),
        pytest.param(b"title: NO\n" + SOURCES, "NO", id="NO", marks=pytest.mark.hostile("Y12")),
    ],
)  # fmt: skip
def test_a_file_of_another_system_is_read_as_it_was_meant(world: World, data: bytes, title: str) -> None:
    (world.folder / "feeds.yaml").write_bytes(data)
    assert world.run("check") == "feeds.yaml: 1 source, valid\n"
    assert load(world.folder / "feeds.yaml").title == title


@pytest.mark.hostile("Y06", "Y07")
def test_places_count_as_an_editor_counts(world: World) -> None:
    """A byte order mark is no column, a carriage return no line, an emoji one column."""
    text = "\ufefftitle: x\r\nsources:\r\n  - {url: https://a.example/feed, title: \U0001f600, evry: 1h}\r\n"
    assert told(world, text.encode()) == ["feeds.yaml:3:45: unknown key `evry`; did you mean `every`?"]


@pytest.mark.hostile("Y12")
def test_a_time_of_day_is_no_number_of_seconds(world: World) -> None:
    (world.folder / "feeds.yaml").write_bytes(b"digest: {at: 12:30}\n" + SOURCES)
    assert load(world.folder / "feeds.yaml").digest.at.hour == 12
    (said,) = told(world, b"digest:\n  at: 750\n" + SOURCES)
    assert said == 'feeds.yaml:2:7: `at`: `750` is not a time of day; write hours and minutes, such as "07:00"'


@pytest.mark.hostile("Y14")
def test_a_link_that_leads_to_itself(world: World) -> None:
    (world.folder / "feeds.yaml").symlink_to(world.folder / "feeds.yaml")
    (said,) = refused(world)
    assert said.endswith("feeds.yaml: cannot be read: Too many levels of symbolic links")


@pytest.mark.hostile("Y15")
def test_a_pipe_is_not_waited_for(world: World) -> None:
    os.mkfifo(world.folder / "feeds.yaml")
    (said,) = refused(world)
    assert said.endswith("feeds.yaml: this is not a file that can be read")


@contextlib.contextmanager
def as_nobody() -> Iterator[None]:
    """Without the rights of root, who may read everything."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.hostile("Y16")
def test_a_file_that_may_not_be_read(world: World) -> None:
    path = world.folder / "feeds.yaml"
    path.write_bytes(SOURCES)
    for command in ("check", "poll", "--help"):  # what they import is read before the rights go
        world.run(command, *(["--help"] if command == "poll" else []))
    path.chmod(0)
    with as_nobody():
        world.run("check", code=2)
    assert world.said.endswith("feeds.yaml: cannot be read: Permission denied\n")
    assert path.stat().st_size == len(SOURCES)


@pytest.mark.hostile("Y18")
def test_a_regular_expression_that_others_choke_on_takes_no_time(world: World) -> None:
    path = world.folder / "feeds.yaml"
    path.write_bytes(b'filters:\n  - drop: title ~ "(a+)+$"\n' + SOURCES)
    assert world.run("check") == "feeds.yaml: 1 source, valid\n"
    (rule,) = load(path).filters
    started = time.process_time()
    for length in (30, 3_000, 300_000):
        assert RuleSet([rule]).judge(Facts(title="a" * length + "!")).dropped_by is None
    assert time.process_time() - started < 5


OVERLOOKED = [
    ("a marker of a merge left over", "sources:\n  - https://a.example\n=======\n  - https://b.example\n",
     ["3:1: `=======`: a merge was not resolved here; keep one side"]),
    ("a merge with three sides", "sources:\n  - https://a.example\n||||||| base\n",
     ["3:1: `|||||||`: a merge was not resolved here; keep one side"]),
    ("no space after the dash", "sources:\n  -https://a.example/feed\n",
     ["2:3: `sources`: a space is missing after the `-`: `- https://a.example/feed`"]),
    ("no colon after the key", "sources:\n  - url https://a.example/feed\n",
     ["2:5: `url`: the colon after `url` is missing: `url: https://a.example/feed`"]),
    ("no space after the colon", "sources:\n  - url:https://a.example/feed\n",
     ["2:5: `url`: a space is missing after `url:`: `url: https://a.example/feed`"]),
    ("a no-break space", "sources:\n  - url:\u00a0https://a.example/feed\n",
     ["2:5: `url`: a space is missing after `url:`: `url: https://a.example/feed`"]),
    ("two addresses on a line", "sources:\n  - https://a.example, https://b.example\n",
     ["2:5: `url`: one line holds one address; write each on a line of its own after `- `"]),
    ("curly quotes", "sources:\n  - url: “https://a.example/feed”\n",
     ["2:10: `url`: these quotes (“ ”) are letters to YAML; write \" or none"]),
    ("sources without dashes", "sources:\n  url: https://a.example/feed\n",
     [("2:3: `sources`: must be a list (lines that begin with `- `), and here it is a map; "
      "is the `- ` before `url` missing?")]),
    ("a zone's short name", "timezone: CEST\nsources: [https://a.example]\n",
     [("1:11: `timezone`: there is no time zone `CEST`; "
      "write it as the tz database does, such as Europe/Berlin, or UTC")]),
    ("an unclosed quote that another one ends", ("sources:\n  - url: https://a.example/feed\n    title: 'Work\n"
     "  - url: https://b.example/feed\n    title: Don't\n"),
     ["3:12: this quote ends only on line 5; is its end missing on line 3?"]),
    ("a title that begins with a bracket", "title: [Work] News\nsources: [https://a.example]\n",
     [("1:15: this does not fit what stands before it; check the indentation, and that a value which begins with a "
      "quote, [ or { ends where that is closed, or stands in quotes as a whole")]),
    ("an invisible line break", "title: a\u2028b\nsources: [https://a.example]\n",
     ["1:9: an invisible line break (U+2028) stands here; write a space"]),
    ("an OPML file", '<?xml version="1.0"?>\n<opml version="2.0"><body/></opml>\n',
     ["1:1: this is an OPML file; `aggregator import FILE` reads it"]),
    ("a feed", '<?xml version="1.0"?>\n<rss version="2.0"/>\n',
     ["1:1: this is XML, not the file of your sources"]),
    ("a web page", "<!DOCTYPE html>\n<html><body>Error: not found</body></html>\n",
     ["1:1: this is a web page, not the file of your sources"]),
    ("a key in capitals", "Sources:\n  - https://a.example/feed\n",
     ["1:1: unknown key `Sources`; did you mean `sources`?"]),
    ("a key of the digest at the top", "at: '07:00'\nsources: [https://a.example]\n",
     ["1:1: `at` does not stand here; it belongs to `digest:`"]),
    ("an address for every source", "defaults: {url: 'https://a.example'}\nsources: [https://a.example]\n",
     ["1:12: `url` does not stand here; it belongs to a source"]),
    ("a key of a source at the top", "every: 2h\nsources: [https://a.example]\n",
     ["1:1: `every` does not stand here; it belongs to a source or `defaults:`"]),
    ("a number that is not whole", "sources:\n  - {url: https://a.example, at_most: 1.5}\n",
     ["2:39: `at_most`: must be a whole number, and here it is 1.5"]),
    ("one mail address", "digest: {mail_to: ann@example.org}\nsources: [https://a.example]\n",
     ["1:19: `mail_to`: must be a list (lines that begin with `- `), and here it is the text `ann@example.org`"]),
    ("one feed in four spellings", ("- https://a.example/feed\n- http://a.example/feed\n- https://www.a.example/feed/\n"
     "- {url: 'https://A.example:443/feed#x'}\n"),
     ["2:3: this source stands on line 1 already: http://a.example/feed",
      "3:3: this source stands on line 1 already: https://www.a.example/feed/",
      "4:9: this source stands on line 1 already: https://A.example:443/feed#x"]),
    ("durations", ("- {url: https://a.example, every: 1 hour}\n- {url: https://b.example, every: 60}\n"
     "- {url: https://c.example, every: 5m}\n"),
     ["1:35: `every`: `1 hour` is not a duration; did you mean `1h`?",
      "2:35: `every`: `60` has no unit; write 60m for minutes, 60h for hours or 60d for days",
      "3:35: `every`: must be 10m or more, unless `allow_private: true` says that it is your own machine"]),
    ("filters", "filters:\n  - drop: titel has x\n  - drop: title ~ \"(x\"\n  - tag: y\nsources: [https://a.example]\n",
     ["2:11: `drop`: there is no field `titel`; did you mean `title`?",
      "3:19: `drop`: this regular expression cannot be read: missing ): (x",
      "4:10: `tag`: `when: CONDITION` is missing: for which entries is this tag?"]),
    ("a password", "- https://me:secret@a.example/feed\n",
     ["1:3: `url`: a password does not belong into the address; use `auth: env:NAME` or `auth: file:PATH`"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "said"), [row[1:] for row in OVERLOOKED], ids=[row[0] for row in OVERLOOKED])
def test_what_people_do_to_such_a_file_is_told_as_they_would_say_it(world: World, text: str, said: list[str]) -> None:
    assert told(world, text.encode(), "check") == [f"feeds.yaml:{line}" for line in said]
