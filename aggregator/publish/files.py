"""Files as readers see them: always whole, and untouched when nothing is new."""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
from collections.abc import Collection, Mapping
from pathlib import Path

from aggregator.errors import PublishError
from aggregator.publish.pieces import Data, blocks, size


def write_all(root: Path, files: Mapping[str, Data]) -> list[str]:
    """Write what differs, each file in one step; gives the names that changed, in order.

    A name is relative to `root`. Raises PublishError; what was written before stays, and so does the last good
    version of the file that failed.
    """
    return [name for name, data in files.items() if _write(root / name, data)]


def remove_others(folder: Path, keep: Collection[Path]) -> None:
    """Take away the feeds in the folders of `folder` that nothing writes any more, and the folders left empty."""
    for path in sorted(folder.glob("*/atom.xml")):
        if path not in keep:
            with contextlib.suppress(OSError):  # one that cannot be removed is tried again next time
                path.unlink()
                path.parent.rmdir()


def published_id(root: Path) -> str | None:
    """The id of the merged feed that stands there from before the store was lost: of atom.xml, else of an archive."""
    for path in (root / "atom.xml", *sorted((root / "archive").glob("*.atom.xml"), reverse=True)):
        found = _first_id(path)
        if found.startswith("urn:uuid:"):
            return found
    return None


def _first_id(path: Path) -> str:
    """The id of a feed (Atom), which stands before its entries: no more than that is read of a large one.

    Empty where there is no such file, or none that is whole so far.
    """
    from lxml import etree  # noqa: PLC0415 (10 ms, once in the life of a store)

    name = "{http://www.w3.org/2005/Atom}id"
    try:
        with path.open("rb") as file:
            for _, element in etree.iterparse(file, tag=name, resolve_entities=False, no_network=True):
                if (parent := element.getparent()) is not None and parent.getparent() is None:
                    return element.text or ""
    except (OSError, etree.XMLSyntaxError):
        pass
    return ""


def _write(path: Path, data: Data) -> bool:
    try:
        if path.is_file() and path.stat().st_size == size(data) and _holds(path, data):
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, data)
    except OSError as error:
        raise PublishError(f"publish: cannot write {path}: {error.strerror}; the last good version stays") from error
    return True


def _holds(path: Path, data: Data) -> bool:
    with path.open("rb") as file:
        return all(file.read(len(block)) == block for block in blocks(data))


def _make_later(new: Path, old: Path) -> None:
    """Let the second of a file's time grow with each version, also within one second and when the clock went back.

    Last-Modified knows seconds only, and a reader that asks by it (curl drops the body of an answer whose
    Last-Modified is not later, whatever the ETag says) would miss the second version.
    """
    with contextlib.suppress(FileNotFoundError):
        before = int(old.lstat().st_mtime)
        if int(new.stat().st_mtime) <= before:
            os.utime(new, (before + 1, before + 1))


def _replace(path: Path, data: Data) -> None:
    """A unique temporary file in the same folder, synced, renamed over the old one; then the folder is synced."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.writelines(blocks(data))
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)
        _make_later(Path(temporary), path)
        Path(temporary).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(temporary).unlink()
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    except OSError as error:
        if error.errno != errno.EINVAL:  # a file system that cannot sync folders
            raise
    finally:
        os.close(folder)
