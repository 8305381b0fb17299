"""A little world of made-up blogs on real sockets, a clock that a test moves, and the program run inside it."""

from __future__ import annotations

import contextlib
import io
import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from aggregator.cli import main
from tests.makers import POOL

DAY_ONE = datetime(2026, 3, 14, 7, 0, tzinfo=UTC)


@dataclass
class Post:
    """One made-up post."""

    title: str
    at: datetime
    text: str = ""
    link: str | None = None


@dataclass
class Blog:
    """A blog on a port of its own: answers its posts up to the world's clock, or what `broken` says."""

    name: str
    kind: str = "rss"
    posts: list[Post] = field(default_factory=list)
    broken: Any = None
    url: str = ""
    site: str = ""
    requests: list[dict[str, str]] = field(default_factory=list)

    def document(self, now: datetime) -> bytes:
        posts = sorted((post for post in self.posts if post.at <= now), key=lambda post: post.at, reverse=True)
        return (_rss if self.kind == "rss" else _json)(self, posts[:10]).encode()


class World:
    """Blogs, a clock, a folder with feeds.yaml, and the command line."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now = DAY_ONE
        self.blogs: list[Blog] = []
        self.settings = ""
        self.pool = POOL
        self.said = ""
        self._servers: list[ThreadingHTTPServer] = []
        self._silent: list[socket.socket] = []

    def blog(self, name: str, *titles: str, kind: str = "rss", ages: tuple[float, ...] = ()) -> Blog:
        """A new blog whose posts are `ages` hours old (1, 2, 3 ... if not given)."""
        posts = [
            Post(
                title,
                self.now - timedelta(hours=ages[n] if n < len(ages) else n + 1),
                f"{title} is told here. It has a second sentence about {name}.",
            )
            for n, title in enumerate(titles)
        ]
        blog = Blog(name, kind, posts)
        world = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                blog.requests.append(dict(self.headers.items()))
                if callable(blog.broken):
                    blog.broken(self)
                    return
                body = blog.document(world.now)
                etag = f'"{hash(body) & 0xFFFFFFFF:x}"'
                if self.headers.get("If-None-Match") == etag:
                    self.send_response(304)
                    self.end_headers()
                    return
                self.send_response(200)
                self.send_header(
                    "Content-Type", "application/rss+xml" if blog.kind == "rss" else "application/feed+json"
                )
                self.send_header("Content-Length", str(len(body)))
                self.send_header("ETag", etag)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                """Quiet."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        self._servers.append(server)
        blog.url = f"http://127.0.0.1:{server.server_port}/feed"
        self.blogs.append(blog)
        return blog

    def post(self, blog: Blog, title: str, text: str = "") -> Post:
        """A blog writes, now."""
        made = Post(title, self.now, text or f"{title} is told here. It has a second sentence.")
        blog.posts.append(made)
        return made

    def unplug(self) -> None:
        """From now on every blog refuses connections; its port stays its own."""
        self.close()
        for server in self._servers:
            silent = socket.socket()  # bound but not listening: nobody else is given the port, and nobody answers
            silent.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            silent.bind(server.server_address)
            self._silent.append(silent)

    def close(self) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()
        while self._silent:
            self._silent.pop().close()

    def write(self, blogs: list[Blog] | None = None) -> Path:
        """feeds.yaml as it should be now."""
        lines = ["timezone: UTC", "defaults: {allow_private: true}", self.settings, "sources:"]
        lines += [f"  - url: {blog.url}\n    title: {json.dumps(blog.name)}" for blog in (blogs or self.blogs)]
        path = self.folder / "feeds.yaml"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    def run(self, *arguments: str, code: int | None = 0) -> str:
        """The program's stdout; its exit code must be `code`. Its stderr is in `said`."""
        clock = self.now.strftime("%Y-%m-%dT%H:%M:%SZ")
        out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
        ended = 0
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                main(["--config", str(self.folder / "feeds.yaml"), "--now", clock, *arguments], pool=self.pool)
            except SystemExit as end:
                ended = int(end.code or 0)
        told, self.said = (stream.buffer.getvalue().decode() for stream in (out, err))  # type: ignore[attr-defined]
        assert code is None or ended == code, f"exit {ended}\n{told}{self.said}"
        return str(told)

    def poll(self, *more: str) -> dict[str, Any]:
        """One pass, as its JSON."""
        result: dict[str, Any] = json.loads(self.run("poll", "--json", *more))
        return result

    def public(self, name: str) -> Path:
        return self.folder / "public" / name

    def titles(self) -> list[str]:
        """What the merged feed holds, in its order."""
        return [item["title"] for item in json.loads(self.public("feed.json").read_bytes())["items"]]

    def digest(self, day: str) -> dict[str, Any]:
        result: dict[str, Any] = json.loads(self.public(f"digest/{day}.json").read_bytes())
        return result


def digest_titles(digest: dict[str, Any]) -> list[str]:
    """The titles of all entries that a digest shows."""
    return [e["title"] for story in digest["stories"] for e in story["entries"]] + [e["title"] for e in digest["also"]]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


def _rss(blog: Blog, posts: list[Post]) -> str:
    items = "".join(
        f"<item><title>{escape(p.title)}</title><link>{p.link or _link(blog, p)}</link>"
        f"<guid isPermaLink='false'>{escape(blog.name)}-{escape(p.title)}</guid>"
        f"<pubDate>{format_datetime(p.at)}</pubDate><description>{escape(f'<p>{p.text}</p>')}</description></item>"
        for p in posts
    )
    site = blog.site or f"https://{_host(blog)}/"
    return (
        f'<?xml version="1.0"?><rss version="2.0"><channel><title>{escape(blog.name)}</title>'
        f"<link>{site}</link><description>made up</description>{items}</channel></rss>"
    )


def _json(blog: Blog, posts: list[Post]) -> str:
    items = [
        {
            "id": f"{blog.name}-{p.title}",
            "url": p.link or _link(blog, p),
            "title": p.title,
            "content_html": f"<p>{p.text}</p>",
            "date_published": p.at.isoformat(),
        }
        for p in posts
    ]
    return json.dumps(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": blog.name,
            "items": items,
            "home_page_url": f"https://{_host(blog)}/",
        }
    )


def _host(blog: Blog) -> str:
    return f"{''.join(c for c in blog.name.lower() if c.isalnum())}.example"


def _link(blog: Blog, post: Post) -> str:
    return f"https://{_host(blog)}/{'-'.join(post.title.lower().split())}"
