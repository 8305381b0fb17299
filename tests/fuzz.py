"""Looks for bytes that do harm, guided by the lines they reach (atheris, which is libFuzzer for Python).

    python -m tests.fuzz feed --seconds 600          # one door
    python -m tests.fuzz --seconds 60                # each of them in turn
    python -m tests.fuzz --seconds 60 --keep         # and keep, as samples, the shortest inputs that reached new lines

What crashes, hangs (5 s for one input) or lets something through is written to `crash-*` or `timeout-*` in the folder
`--found`, and the exit code is not 0. It begins with the samples of `tests/samples` and with what was kept before in
`tests/samples/fuzz`, all of it made up here; no feed of other people's.
"""

from __future__ import annotations

import argparse
import gzip
import json
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

SAMPLES = Path(__file__).parent / "samples"
KEPT = SAMPLES / "fuzz"
MOST_KEPT = 120
HANG = 5
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n"
_WORDS = (
    b"Sat, 14 Mar 2026 07:00:00 GMT",
    b"2026-03-14T07:00:00.123+05:30",
    b"14. M\xc3\xa4rz 2026 7:00 PM CET",
    b'-layoffs "career path" reskill* OR AI\xe6\x9c\xaa\xe6\x9d\xa5\nA career path',
)
SEEDS: dict[str, list[Path | bytes]] = {
    "markup": [
        b"<p>One <b>bold</b> <a href='/x?utm_source=y'>link</a><img src=x onerror=y srcset='a 1x'><!-- c -->",
        b"<table><tr><td><svg><style><![CDATA[</style><math><mtext><template>&lt;script&gt;&#x1b;",
    ],
    "url": [
        b"https://blog.example/2026/\nhttps://user:pw@WWW.Blog.Example:443/a/../b%2F/index.html?utm_source=x&b=2&a=1#top",
        b"http:/\\\\b\xc3\xbccher.example/\n//[::1]:80/?token=x;key=y#a=b",
    ],
    "filters": [
        b'title has "remote work" and not (tag == ai or age > 30d)',
        b"content ~ '(?i)re[a-z]+' or author != \"Ann\" and any has hir*",
    ],
    "words": [*_WORDS],
    "body": [b"\0" + gzip.compress(b"words " * 40), b"\1" + zlib.compress(b"words " * 40), b"\2" + gzip.compress(b"")],
    "head": [
        _HEAD + b'Content-Length: 5\r\nETag: W/"a"\r\n\r\n<rss>',
        _HEAD + b"Transfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n\r\n5;a=b\r\n<rss>\r\n0\r\nX: y\r\n\r\n",
        b"HTTP/1.1 103 Early\r\nLink: </a>\r\n\r\nHTTP/1.0 301 Moved\r\nLocation: /other?a=b\r\nRetry-After: 9\r\n\r\n",
    ],
    "feed": [*(SAMPLES / "feeds").iterdir()],
    "broken": [SAMPLES / "feeds" / name for name in ("broken.rss", "old.rss", "science.rdf", "western.rss")],
    "page": [SAMPLES / "feeds" / "page.html"],
    "opml": [*(SAMPLES / "opml").iterdir()],
    "config": [SAMPLES / "config" / "wrong.yaml", SAMPLES.parent.parent / "feeds.yaml"],
    "edit": [SAMPLES.parent.parent / "feeds.yaml"],
}

# What is instrumented tells of each line that it is reached, and takes twice its time.
INSTRUMENTED = {"broken": ["aggregator.parse.tolerant", "feedparser"], "head": ["aggregator", "h11", "httpcore"]}

# Words that chance would hardly find: `feed` and `broken` are given these to put in.
WORDS = (
    "<rss version='2.0'>", "<channel>", "<item>", "</item>", "<guid isPermaLink='false'>", "<pubDate>", "<link>",
    "<description>", "<content:encoded>", "<dc:creator>", "<dc:date>", "<media:group>", "<media:content url='",
    "<enclosure url='",
    "<feed xmlns='http://www.w3.org/2005/Atom'>", "<entry>", "</entry>", "<id>", "<updated>", "<title type='html'>",
    "<content type='xhtml'>", "<div xmlns='http://www.w3.org/1999/xhtml'>", "<link rel='alternate' href='", "<source>",
    "<rdf:RDF xmlns='http://purl.org/rss/1.0/'>", "<Channel HREF='", "<!DOCTYPE rss [<!ENTITY a 'b'>]>", "&a;",
    "<![CDATA[", "]]>", "&lt;p&gt;", "&amp;amp;", "&#x1b;", "&#0;", "&nbsp;", "<?xml version='1.0' encoding='utf-16'?>",
    "encoding='undefined'", "xml:base='//x/'", "xml:lang='de'", "xmlns:itunes='http://www.itunes.com/dtds/podcast-1.0.dtd'",
    '{"version":"https://jsonfeed.org/version/1.1","items":[', '"content_html":"', '"date_published":"', '"id":1e400',
)  # fmt: skip


def kept(target: str) -> list[bytes]:
    """The inputs that are kept for a target; in its file a character is a byte."""
    path = KEPT / f"{target}.json"
    return [text.encode("latin-1") for text in json.loads(path.read_text("utf-8"))] if path.is_file() else []


def keep(target: str, inputs: list[bytes]) -> None:
    """Keep these."""
    KEPT.mkdir(exist_ok=True)
    (KEPT / f"{target}.json").write_text(
        json.dumps([data.decode("latin-1") for data in inputs], indent=0) + "\n", "utf-8"
    )


def look(target: str, seconds: int, found: Path, *, keeping: bool) -> int:
    """Look for so long; the exit code of libFuzzer, 0 for nothing found."""
    with tempfile.TemporaryDirectory() as folder:
        seeds, grown = (Path(folder) / name for name in ("seeds", "grown"))
        for one in (seeds, grown):
            one.mkdir()
        for number, one in enumerate([*kept(target), *SEEDS.get(target, [])]):
            (seeds / str(number)).write_bytes(one if isinstance(one, bytes) else one.read_bytes())
        options = [f"-max_total_time={seconds}", f"-artifact_prefix={found}/", "-print_final_stats=1"]
        if target in ("feed", "broken"):
            words = Path(folder) / "words"
            words.write_text("".join(f"{json.dumps(word)}\n" for word in WORDS), "ascii")
            options.append(f"-dict={words}")
        code = _libfuzzer(target, *options, str(grown), str(seeds))
        if keeping and code == 0:
            found_now = [path.read_bytes() for path in grown.iterdir()]  # each reached what none before it had
            keep(target, sorted({*kept(target), *found_now}, key=lambda data: (len(data), data))[:MOST_KEPT])
        return code


def _libfuzzer(target: str, *options: str) -> int:
    command = [sys.executable, "-c", f"from tests.fuzz import inside; inside({target!r})"]
    usual = [f"-timeout={HANG}", "-rss_limit_mb=2048", "-max_len=4096", "-verbosity=0"]
    return subprocess.run([*command, *usual, *options], cwd=SAMPLES.parent.parent, check=False).returncode


def inside(target: str) -> None:
    """The fuzzer's own process: lines of the package tell when they are reached. Does not return."""
    import atheris

    with atheris.instrument_imports(include=INSTRUMENTED.get(target, ["aggregator"])):
        from tests.fuzzed import TARGETS
    atheris.Setup(["fuzz", *sys.argv[1:]], TARGETS[target])
    atheris.Fuzz()


def main() -> int:
    """The command line."""
    given = argparse.ArgumentParser(prog="python -m tests.fuzz", description="Looks for bytes that do harm.")
    given.add_argument("target", nargs="?")
    given.add_argument("--seconds", type=int, default=60, help="for each target")
    given.add_argument("--found", type=Path, default=Path(tempfile.gettempdir()), help="where findings are written")
    given.add_argument("--keep", action="store_true", help="keep what reaches new lines as samples")
    said = given.parse_args()
    from tests.fuzzed import TARGETS

    codes = [
        look(target, said.seconds, said.found, keeping=said.keep) for target in TARGETS if said.target in (None, target)
    ]
    return max(codes)


if __name__ == "__main__":
    sys.exit(main())
