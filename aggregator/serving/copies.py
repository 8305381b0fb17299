"""The published files as they are served: bytes, packed bytes and headers, made once a version, in bounded memory."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import os
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import BinaryIO

from aggregator.render import delta

Headers = tuple[tuple[bytes, bytes], ...]
TYPES = {
    ".xml": "application/xml; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".md": "text/markdown; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".epub": "application/epub+zip",
    ".opml": "text/x-opml; charset=utf-8",
}
ATOM = "application/atom+xml; charset=utf-8"
RSS = "application/rss+xml; charset=utf-8"
_NAMED = {"rss.xml": RSS, "feed.json": "application/feed+json; charset=utf-8"}
MAX_AGE = 300  # seconds that a reader may keep a file: about the gap between two publications
MOST_BYTES = 64 * 2**20  # of all files together, plain and packed
_SHORT = 2**10  # below this gzip gains nothing
# The pages have one script and one style sheet of their own and load nothing else; the script asks for files of ours.
SECURITY = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; "
    "img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def content_type(path: Path) -> str:
    """The media type of a published file by its name."""
    if path.name.endswith("atom.xml"):
        return ATOM
    return _NAMED.get(path.name) or TYPES.get(path.suffix, "application/octet-stream")


@dataclass(frozen=True, slots=True)
class OnDisk:
    """A version of a file that is too large to be held: each answer reads it from the disk."""

    path: Path
    version: tuple[int, ...]

    def opened(self) -> BinaryIO | None:
        """The file; None where another version has taken its place."""
        with contextlib.suppress(OSError):
            stream = self.path.open("rb")
            if _version(os.fstat(stream.fileno())) == self.version:
                return stream
            stream.close()
        return None


@dataclass(frozen=True, slots=True)
class File:
    """A published file: its bytes plain and packed, one strong ETag for each coding, its time, its media type.

    A large one stays `on_disk`: its `plain` is empty, it is not packed, and has so many bytes.
    """

    plain: bytes
    packed: bytes | None
    digest: str
    modified: datetime
    kind: str = "application/octet-stream"
    on_disk: OnDisk | None = None
    size: int = 0

    def etag(self, *, packed: bool) -> str:
        """The strong ETag of one coding (RFC 9110, section 8.8.3)."""
        return f'"{self.digest}{"-gzip" if packed else ""}"'

    @property
    def weight(self) -> int:
        """Bytes of memory that it takes."""
        return len(self.plain) + len(self.packed or b"")


@dataclass(frozen=True, slots=True)
class Ready:
    """A file with the headers of its answers, by coding: `whole[packed]` of a 200, `same[packed]` of a 304."""

    file: File
    whole: tuple[Headers, Headers]
    same: tuple[Headers, Headers]


@dataclass(frozen=True, slots=True)
class _Copy:
    """What is kept: a file, the address under which it was found, and what tells this version from every other."""

    ready: Ready
    path: Path
    version: tuple[int, ...]


class Copies:
    """The files of a folder by name; those not asked for longest are let go of beyond `most` bytes, and of one that is
    larger than that only its headers are held.

    `known` costs one look at the file and never waits for a disk or for packing; `read` does. Any thread may ask.
    """

    def __init__(self, root: Path, most: int = MOST_BYTES) -> None:
        self._root = root
        self._most = most
        self._kept: dict[str, _Copy] = {}
        self._weight = 0
        self._lock = threading.Lock()  # for moments, while `_kept` changes
        self._reading = threading.Lock()  # while a file is read and packed

    @property
    def weight(self) -> int:
        """Bytes kept."""
        return self._weight

    def known(self, name: str) -> Ready | None:
        """The file if this very version is in memory."""
        copy = self._kept.get(name)
        if copy is None:
            return None
        try:
            return self._touched(name, copy) if _version(copy.path.stat()) == copy.version else None
        except OSError:
            return None

    def read(self, name: str) -> Ready | None:
        """The file as it stands, read and packed once however many ask; None for what is not a plain file of ours."""
        if inside(self._root, name) is None:
            return None
        with self._reading:
            found = self.known(name)
            if found is not None:
                return found
            try:
                copy = _load(self._root / name, self._most)
            except OSError:  # it went away in this very moment, or may not be read
                return None
            self._keep(name, copy)
        return copy.ready

    def _touched(self, name: str, copy: _Copy) -> Ready:
        """Move to the end of the line: what stands first there goes first."""
        with self._lock:
            if self._kept.get(name) is copy:
                self._kept[name] = self._kept.pop(name)
        return copy.ready

    def _keep(self, name: str, copy: _Copy) -> None:
        with self._lock:
            old, weight = self._kept.pop(name, None), copy.ready.file.weight
            self._weight -= old.ready.file.weight if old else 0
            self._kept[name] = copy
            self._weight += weight
            while self._weight > self._most:
                self._weight -= self._kept.pop(next(iter(self._kept))).ready.file.weight


def inside(root: Path, name: str) -> Path | None:
    """The file of that name in the folder; None for what is not a plain file there, or hidden."""
    if "\0" in name or any(part.startswith(".") for part in name.split("/")):
        return None
    try:
        path = (root / name).resolve()
        return path if path.is_file() and path.is_relative_to(root.resolve()) else None
    except (OSError, ValueError):
        return None


def _version(stat: os.stat_result) -> tuple[int, ...]:
    """What differs between any two versions of a file, whether it was replaced or written over."""
    return (stat.st_dev, stat.st_ino, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_size)


def _load(path: Path, most: int) -> _Copy:
    """Read and pack; a file of more than `most` bytes is only looked through for its ETag. Raises OSError."""
    with path.open("rb") as stream:
        stat = os.fstat(stream.fileno())
        version, is_large = _version(stat), stat.st_size > most
        data = b"" if is_large else stream.read()
        digest = (hashlib.file_digest(stream, "sha256") if is_large else hashlib.sha256(data)).hexdigest()[:32]
    packed = gzip.compress(data, 6, mtime=0) if len(data) > _SHORT and path.suffix in TYPES else None
    modified = datetime.fromtimestamp(stat.st_mtime_ns // 10**9, UTC)
    on_disk, size = OnDisk(path, version) if is_large else None, stat.st_size if is_large else len(data)
    return _Copy(ready(File(data, packed, digest, modified, content_type(path), on_disk, size)), path, version)


def ready(file: File) -> Ready:
    """A file with its headers made."""
    return Ready(file, (_whole(file, packed=False), _whole(file, packed=True)), (_same(file, False), _same(file, True)))


def _same(file: File, packed: bool) -> Headers:
    """What a 304 must carry of what a 200 would have (RFC 9110, section 15.4.5), and what keeps a page safe."""
    return raw(
        SECURITY
        | {
            "ETag": file.etag(packed=packed),
            "Last-Modified": format_datetime(file.modified, usegmt=True),
            "Cache-Control": f"max-age={MAX_AGE}",
            "Vary": "Accept-Encoding",
        }
    )


def _whole(file: File, *, packed: bool) -> Headers:
    size = len(file.packed) if packed and file.packed else file.size
    coding = raw({"Content-Encoding": "gzip"}) if packed else ()
    told = raw({"Content-Type": file.kind, "Content-Length": str(size)})
    return (*_same(file, packed), *told, *coding)


def raw(headers: dict[str, str]) -> Headers:
    """Headers as ASGI wants them."""
    return tuple((name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items())


class Versions:
    """What the feeds were when clients that ask for deltas (`A-IM: feed`, RFC 3229) had them; the oldest is dropped."""

    def __init__(self, most: int = 1024) -> None:
        self._most = most
        self._marks: dict[tuple[str, str], bytes] = {}
        self._lock = threading.Lock()

    def since(self, name: str, file: File, tags: Iterable[str]) -> tuple[str, bytes] | None:
        """The ETag of an older version that the client has, and what is new since; this version is remembered."""
        with self._lock:
            if (name, file.digest) not in self._marks:
                self._marks[name, file.digest] = delta.marks(file.plain)
            while len(self._marks) > self._most:
                del self._marks[next(iter(self._marks))]
            known = ((tag, self._marks.get((name, tag.strip('"').removesuffix("-gzip")))) for tag in tags)
            tag, older = next((pair for pair in known if pair[1] is not None), ("", None))
        new = delta.since(file.plain, older) if older is not None else None
        return (tag, new) if new is not None else None


def is_unchanged(file: File, tags: Sequence[str], since: datetime | None) -> bool:
    """If-None-Match wins over If-Modified-Since (RFC 9110, section 13.2.2); either coding's tag will do."""
    if tags:
        return bool({"*", file.etag(packed=True), file.etag(packed=False)}.intersection(tags))
    return since is not None and file.modified <= since
