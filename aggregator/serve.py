"""`public/` over HTTP: right types, strong ETags, 304, HEAD, gzip; nothing outside the folder, no listing."""

from __future__ import annotations

import gzip
import hashlib
import socket
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from aggregator.publish.websub import TOPICS
from aggregator.render import delta

TYPES = {
    ".xml": "application/xml; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".md": "text/markdown; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".opml": "text/x-opml; charset=utf-8",
}
_ATOM = "application/atom+xml; charset=utf-8"
_RSS = "application/rss+xml; charset=utf-8"
_SHOWN_AS_SOURCE = {_ATOM, _RSS}  # by browsers, while with the type of XML they use its style sheet
_NAMED = {"rss.xml": _RSS, "feed.json": "application/feed+json; charset=utf-8"}
_SECURITY = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
MAX_AGE = 300  # seconds that a reader may keep a file: about the gap between two publications
_IN_A_HEADER = "!#$%&'()*+,/:;=?@[]~"  # what is legal in a URI (RFC 3986) stays as it is
_SHORT = 2**10  # below this gzip gains nothing


@dataclass(frozen=True, slots=True)
class File:
    """A published file: its bytes plain and packed, one strong ETag for each coding, its time."""

    plain: bytes
    packed: bytes | None
    digest: str
    modified: datetime

    def etag(self, *, packed: bool) -> str:
        """The strong ETag of one coding (RFC 9110, section 8.8.3)."""
        return f'"{self.digest}{"-gzip" if packed else ""}"'


class Versions:
    """What the feeds were when clients that ask for deltas (`A-IM: feed`, RFC 3229) had them; the oldest is dropped."""

    def __init__(self, most: int = 1024) -> None:
        self._most = most
        self._marks: dict[tuple[Path, str], bytes] = {}
        self._lock = threading.Lock()

    def since(self, path: Path, file: File, tags: Iterable[str]) -> tuple[str, bytes] | None:
        """The ETag of an older version that the client has, and what is new since; this version is remembered."""
        with self._lock:
            if (path, file.digest) not in self._marks:
                self._marks[path, file.digest] = delta.marks(file.plain)
            while len(self._marks) > self._most:
                del self._marks[next(iter(self._marks))]
            known = ((tag, self._marks.get((path, tag.strip('"').removesuffix("-gzip")))) for tag in tags)
            tag, older = next((pair for pair in known if pair[1] is not None), ("", None))
        new = delta.since(file.plain, older) if older is not None else None
        return (tag, new) if new is not None else None


@lru_cache(maxsize=64)
def _load(path: Path, mtime_ns: int, size: int) -> File:
    data = path.read_bytes()
    packed = gzip.compress(data, 6, mtime=0) if len(data) > _SHORT and path.suffix in TYPES else None
    modified = datetime.fromtimestamp(mtime_ns // 10**9, UTC)
    return File(data, packed, hashlib.sha256(data).hexdigest()[:32], modified)


def site(
    root: Path,
    front: Callable[[], bytes | None],
    healthy: Callable[[], bool],
    hub: Callable[[], tuple[str, str] | None] = lambda: None,
) -> Starlette:
    """The web application over `root`. `front` gives a page for `/` while there is no other yet.

    `hub` gives the WebSub hub and the address under which readers find the root, for the Link headers of the merged
    feed (W3C WebSub, section 4).
    """

    versions = Versions()

    def answer(request: Request) -> Response:
        name = str(request.scope["path"]).lstrip("/")
        if not name or name == "index.html":
            waiting = front()
            if waiting is not None:
                return Response(waiting, 200, {**_SECURITY, "Cache-Control": "no-store"}, TYPES[".html"])
        path = _inside(root, name + "index.html" if not name or name.endswith("/") else name)
        try:
            if path is None:
                return _missing(root, front() is not None)
            links = _links(path, hub()) if path.parent == root.resolve() else {}
            return _file(request, path, current(path), links, versions)
        except OSError:  # it went away in this very moment, or may not be read
            return _missing(root, front() is not None)

    def health(_: Request) -> Response:
        return Response(
            "ok\n" if healthy() else "nothing succeeded lately\n",
            200 if healthy() else 503,
            {"Cache-Control": "no-store"},
            TYPES[".txt"],
        )

    return Starlette(
        routes=[
            Route("/healthz", health, methods=["GET", "HEAD"]),
            Route("/{path:path}", answer, methods=["GET", "HEAD"]),
        ]
    )


def current(path: Path) -> File:
    """The file as it stands, read and packed once a version."""
    stat = path.stat()
    return _load(path, stat.st_mtime_ns, stat.st_size)


def _inside(root: Path, name: str) -> Path | None:
    """The file of that name in the folder; None for what is not a plain file there, or hidden."""
    if "\0" in name or any(part.startswith(".") for part in name.split("/")):
        return None
    try:
        path = (root / name).resolve()
        return path if path.is_file() and path.is_relative_to(root.resolve()) else None
    except OSError:
        return None


def _missing(root: Path, waiting: bool) -> Response:
    """404 with a page; 503 for what will be there after the first pass, so that a reader asks again."""
    if waiting:
        return Response(
            "Not there yet: the sources are being read for the first time.\n",
            503,
            {**_SECURITY, "Retry-After": "5"},
            TYPES[".txt"],
        )
    page = _inside(root, "404.html")
    body = page.read_bytes() if page else b"Not found\n"
    return Response(body, 404, _SECURITY, TYPES[".html" if page else ".txt"])


def content_type(path: Path) -> str:
    """The media type of a published file by its name."""
    if path.name.endswith("atom.xml"):
        return _ATOM
    return _NAMED.get(path.name) or TYPES.get(path.suffix, "application/octet-stream")


def _links(path: Path, hub: tuple[str, str] | None) -> dict[str, str]:
    """What a subscriber asks of a topic's headers: its hub and its own address (RFC 8288)."""
    if hub is None or path.name not in TOPICS:
        return {}
    hub_url, self_url = (quote(url, safe=_IN_A_HEADER) for url in (hub[0], hub[1] + path.name))
    return {"Link": f'<{hub_url}>; rel="hub", <{self_url}>; rel="self"'}


def _file(request: Request, path: Path, file: File, more: Mapping[str, str], versions: Versions) -> Response:
    packed = file.packed is not None and _takes("gzip", request.headers.get("accept-encoding", ""), else_by="*")
    headers = {
        **_SECURITY,
        **more,
        "ETag": file.etag(packed=packed),
        "Last-Modified": format_datetime(file.modified, usegmt=True),
        "Cache-Control": f"max-age={MAX_AGE}",
        "Vary": "Accept-Encoding",
    }
    if _unchanged(request, file):
        return Response(status_code=304, headers=headers)
    if path.suffix == ".xml" and _takes("feed", request.headers.get("a-im", "")):
        found = versions.since(path, file, _tags(request))
        if found is not None:
            return _delta(*found, headers | {"ETag": file.etag(packed=False)}, content_type(path))
    body = file.plain
    if packed and file.packed is not None:
        body, headers["Content-Encoding"] = file.packed, "gzip"
    kind = content_type(path)
    if kind in _SHOWN_AS_SOURCE and request.headers.get("sec-fetch-dest") == "document":
        kind = TYPES[".xml"]
        headers |= {"Vary": "Accept-Encoding, Sec-Fetch-Dest", "Cache-Control": f"private, max-age={MAX_AGE}"}
    return Response(body, 200, headers, kind)


def _delta(base: str, new: bytes, headers: Mapping[str, str], kind: str) -> Response:
    """226 (RFC 3229): only what is new since the version `base`; a cache that does not know of it must not keep it."""
    told = {"IM": "feed", "Delta-Base": base, "Cache-Control": "no-store, im", "Vary": "A-IM, If-None-Match"}
    return Response(new, 226, {**headers, **told}, kind)


def _takes(wanted: str, accepted: str, else_by: str | None = None) -> bool:
    """Whether a list with weights allows something by name, or else by a wildcard (RFC 9110, section 12.4.2)."""
    weights = {}
    for part in accepted.lower().split(","):
        name, _, weight = part.partition(";")
        weights[name.strip()] = weight.replace(" ", "")
    return weights.get(wanted, weights.get(else_by or wanted, "q=0")) not in ("q=0", "q=0.0", "q=0.00", "q=0.000")


def _unchanged(request: Request, file: File) -> bool:
    """If-None-Match wins over If-Modified-Since (RFC 9110, section 13.2.2); either coding's tag will do."""
    tags = set(_tags(request))
    if tags:
        return bool(tags & {"*", file.etag(packed=True), file.etag(packed=False)})
    try:
        return file.modified <= parsedate_to_datetime(request.headers.get("if-modified-since", ""))
    except (ValueError, TypeError):
        return False


def _tags(request: Request) -> list[str]:
    """The tags of If-None-Match, in their order, weak ones as if strong."""
    wanted = request.headers.getlist("if-none-match")
    return [tag.strip().removeprefix("W/") for tag in ",".join(wanted).split(",")] if wanted else []


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; raises OSError when the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
        sock.listen(128)
    except OSError:
        sock.close()
        raise
    return sock


def server(app: Starlette) -> uvicorn.Server:
    """A server that ends within a second of being told."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            lifespan="off",
            ws="none",
            timeout_graceful_shutdown=1,
            server_header=False,
        )
    )
