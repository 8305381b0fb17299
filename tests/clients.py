"""Real readers, driven as their users drive them, against a URL on this machine.

Each `by_...` function subscribes `home` to `url` at its first call and fetches again at later ones; it returns all
that the reader then holds. Where the reader is not installed, the test is skipped with the reason.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

import feedparser
import pytest

from aggregator.serving.serve import Site, server

_TIMEOUT = 60  # seconds for one run of a reader


class Seen(NamedTuple):
    """One entry as a reader shows it; `link` is "" where it knows none."""

    id: str
    title: str
    link: str


@dataclass
class Served:
    """What the server answers: `files` maps a path to its content type and body, and may change between fetches.

    `asked` has the paths of all requests, in order.
    """

    base: str
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)


@contextmanager
def published(root: Path, sock: socket.socket) -> Iterator[None]:
    """The program's own server over a folder, as `aggregator run` serves it, for as long as the block lasts."""
    web = server(Site(root, lambda: None, lambda: True))
    thread = threading.Thread(target=web.run, kwargs={"sockets": [sock]})
    thread.start()
    try:
        yield
    finally:
        web.should_exit = True
        thread.join()
        sock.close()


@contextmanager
def served() -> Iterator[Served]:
    """A web server on a free loopback port for as long as the block lasts."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            own.asked.append(self.path)
            media_type, body = own.files.get(self.path, ("", b""))
            self.send_response(200 if media_type else 404)
            self.send_header("Content-Type", media_type or "text/plain")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        own = Served(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield own
        finally:
            server.shutdown()
            thread.join()


def by_feedparser(url: str, home: Path) -> list[Seen]:
    """What feedparser parses; it keeps nothing, and a document that is not well-formed fails the test."""
    parsed = feedparser.parse(url)
    assert not parsed.bozo, parsed.bozo_exception
    return [Seen(entry.id, entry.title, entry.get("link") or "") for entry in parsed.entries]


def by_newsboat(url: str, home: Path) -> list[Seen]:
    """What stands in newsboat's cache after `reload`, newest first."""
    urls, config, cache = home / "urls", home / "config", home / "cache.db"
    urls.write_text(f"{url}\n")
    config.write_text("")
    _run([_program("newsboat"), "-u", str(urls), "-C", str(config), "-c", str(cache), "-x", "reload"], home)
    with closing(sqlite3.connect(cache)) as store:
        rows = store.execute("SELECT guid, title, url FROM rss_item WHERE deleted = 0 ORDER BY pubDate DESC, id DESC")
        return [Seen(*row) for row in rows]


def by_sfeed(url: str, home: Path) -> list[Seen]:
    """What sfeed_update keeps, which pipes the document through sfeed and merges by id, link and title."""
    _program("sfeed")
    _program("curl")
    config, feeds = home / "sfeedrc", home / "feeds"
    feeds.mkdir(exist_ok=True)
    config.write_text(f"sfeedpath='{feeds}'\nfeeds() {{ feed merged '{url}'; }}\n")
    _run([_program("sfeed_update"), str(config)], home)
    rows = [line.split("\t") for line in (feeds / "merged").read_text(encoding="utf-8").splitlines()]
    return [Seen(row[5], row[1], row[2]) for row in rows]


def by_reader(url: str, home: Path) -> list[Seen]:
    """What the library `reader` holds after `update_feed`, most recent first."""
    library = pytest.importorskip("reader")
    try:
        with closing(library.make_reader(str(home / "reader.db"))) as reader:
            reader.add_feed(url, exist_ok=True)
            reader.update_feed(url)  # update_feeds() would leave out a feed that was fetched within the hour
            failure = reader.get_feed(url).last_exception
            assert failure is None, failure
            return [Seen(entry.id, entry.title, entry.link or "") for entry in reader.get_entries()]
    except ModuleNotFoundError as missing:
        pytest.skip(f"reader cannot run here: {missing}")


_LIFEREA = """
liferea -p -w hidden --debug-update --debug-db &
gdbus wait --session --timeout 50 org.gnome.feed.Reader
gdbus call --session -d org.gnome.feed.Reader -o /org/gnome/feed/Reader -m org.gnome.feed.Reader.Refresh
read -r told
kill $!
"""
_LIFEREA_FEEDS = """<opml version="1.0"><head><title>Feeds</title></head><body>
<outline text="merged" title="merged" type="{kind}" xmlUrl="{url}" id="merged" updateInterval="-1"/></body></opml>"""


def by_liferea(url: str, home: Path) -> list[Seen]:
    """What stands in liferea's store after a refresh, newest first: the real program on a screen that nobody sees."""
    places = {"HOME": str(home), "GSETTINGS_BACKEND": "keyfile", "NO_AT_BRIDGE": "1", "LC_ALL": "C.UTF-8"}
    places |= {f"XDG_{name}_HOME": str(home / name) for name in ("CONFIG", "DATA", "CACHE")}
    for name, text in {
        "CONFIG/liferea/feedlist.opml": _LIFEREA_FEEDS.format(url=url, kind="rss" if "rss" in url else "atom"),
        "CONFIG/glib-2.0/settings/keyfile": "[org/gnome/liferea]\nmaxitemcount=5000\n",
    }.items():
        if not (home / name).exists():
            (home / name).parent.mkdir(parents=True, exist_ok=True)
            (home / name).write_text(text)
    _program("liferea")
    command = [_program("xvfb-run"), "-a", _program("dbus-run-session"), "--", "sh", "-c", _LIFEREA]
    with subprocess.Popen(
        command,
        env=os.environ | places,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        merged = False
        for line in running.stdout:  # until the entries are merged, and the store has them
            merged = merged or "new items, cache limit" in line
            if merged and "updating node info merged" in line:
                break
        running.stdin.write("enough\n")
        running.stdin.close()
        running.stdout.read()
    with closing(sqlite3.connect(home / "DATA" / "liferea" / "liferea.db")) as store:
        rows = store.execute("SELECT source_id, title, source FROM items ORDER BY item_id DESC")
        return [Seen(row[0], row[1], row[2] or "") for row in rows]


_JAVASCRIPT = {
    "rss-parser": """
        const Parser = require('rss-parser');
        new Parser().parseURL(process.argv[1]).then(feed => console.log(JSON.stringify(
            feed.items.map(one => [one.id || one.guid, one.title, one.link || '']))));""",
    "feedsmith": """
        const {parseFeed} = require('feedsmith');
        const link = one => one.url || (one.links ? (one.links.find(l => l.rel == 'alternate') || {}).href : one.link);
        fetch(process.argv[1]).then(got => got.text()).then(text => {
            const {feed} = parseFeed(text);
            console.log(JSON.stringify((feed.entries || feed.items).map(one =>
                [one.id || one.guid.value, one.title.value || one.title, link(one) || '']))); });""",
}


def by_rss_parser(url: str, home: Path) -> list[Seen]:
    """What the JavaScript library rss-parser makes of it; it keeps nothing."""
    return _by_javascript("rss-parser", url)


def by_feedsmith(url: str, home: Path) -> list[Seen]:
    """What the JavaScript library feedsmith makes of it; it keeps nothing, and reads JSON Feed too."""
    return _by_javascript("feedsmith", url)


def _by_javascript(library: str, url: str) -> list[Seen]:
    """`NODE_PATH` names the folder `node_modules` that has the library."""
    node = _program("node")
    done = subprocess.run(
        [node, "-e", _JAVASCRIPT[library], url], capture_output=True, text=True, timeout=_TIMEOUT, check=False
    )
    if f"Cannot find module '{library}'" in done.stderr:
        pytest.skip(f"NODE_PATH names no folder with the JavaScript library {library}")
    assert done.returncode == 0, done.stderr
    return [Seen(*row) for row in json.loads(done.stdout)]


def w3c_findings(url: str) -> list[str]:
    """The errors and warnings that the W3C feed validator has for the document at `url`, a line each.

    `FEEDVALIDATOR` names its checkout, `FEEDVALIDATOR_PYTHON` an interpreter that has html5lib (default: this one).
    """
    checkout = os.environ.get("FEEDVALIDATOR")
    if not checkout:
        pytest.skip("FEEDVALIDATOR names no checkout of the W3C feed validator")
    source = Path(checkout) / "src"
    python = os.environ.get("FEEDVALIDATOR_PYTHON", sys.executable)
    done = subprocess.run(
        [python, "demo.py", url, "AA"], cwd=source, capture_output=True, text=True, timeout=_TIMEOUT, check=False
    )
    if "No module named 'html5lib'" in done.stderr:
        pytest.skip("the W3C feed validator needs html5lib: set FEEDVALIDATOR_PYTHON")
    assert not done.stderr, done.stderr
    findings = done.stdout.splitlines()[1:]  # the first line says what is being validated
    return [] if findings == ["No errors or warnings"] else findings


def _program(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"{name} is not installed")
    return path


def _run(command: list[str], home: Path) -> None:
    """Run a reader whose home is a folder of its own, in UTF-8 and past any proxy."""
    places = {"HOME": str(home), "XDG_CONFIG_HOME": str(home), "XDG_DATA_HOME": str(home)}
    environment = os.environ | places | {"LC_ALL": "C.UTF-8", "no_proxy": "127.0.0.1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=_TIMEOUT, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
