"""A large file in its pieces, of which one is in memory at a time: on disk as they are made, or of a file that stands.

A month of ten thousand sources is an archive of 250 MB; what it takes to make one, to let it grow and to compare it
must not depend on that.
"""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO, RawIOBase
from pathlib import Path
from weakref import finalize

from aggregator.errors import PublishError

BLOCK = 2**16  # bytes that are read at once: larger ones are asked of the system anew each time
HELD = 8 * 2**20  # bytes of a file in the making that wait in memory: the archives of most stay below


@dataclass(frozen=True, slots=True)
class Piece:
    """So many bytes of a file that is open as long as one of its pieces is held; `len` and `blocks` are its content."""

    file: Opened
    start: int
    size: int

    def __len__(self) -> int:
        return self.size

    def part(self, which: slice) -> Piece:
        """A part of it (a slice with a beginning and an end)."""
        return Piece(self.file, self.start + which.start, which.stop - which.start)

    def blocks(self) -> Iterator[bytes]:
        """The bytes, a block at a time. Raises OSError, also where the file has become shorter."""
        end = self.start + self.size
        for at in range(self.start, end, BLOCK):
            yield self.file.read(at, min(BLOCK, end - at))


Data = bytes | tuple[bytes | Piece, ...]
"""What a file holds; a large one in its pieces."""


def blocks(data: Data) -> Iterator[bytes]:
    """What a file holds, in order, a block at a time. Raises OSError."""
    for part in data if isinstance(data, tuple) else (data,):
        yield from part.blocks() if isinstance(part, Piece) else (part,)


def size(data: Data) -> int:
    """How many bytes that is."""
    return sum(map(len, data)) if isinstance(data, tuple) else len(data)


class Opened:
    """A file that is read in pieces; one that takes its name meanwhile is another file. Closed with its last piece."""

    def __init__(self, file: BytesIO | RawIOBase) -> None:
        self._hold(file)

    @classmethod
    def at(cls, path: Path) -> Opened:
        """The file of that name, as it is now. Raises OSError."""
        return cls(path.open("rb", buffering=0))

    def _hold(self, file: BytesIO | RawIOBase) -> None:
        self._file, self._close = file, finalize(self, file.close)

    def read(self, start: int, size: int) -> bytes:
        """So many bytes from there on. Raises OSError where they are not all there."""
        self._file.seek(start)
        found = self._file.read(size)
        if found is None or len(found) < size:
            raise OSError(errno.EIO, "a file was cut while it was read")
        return found

    def piece(self, start: int = 0, most: int | None = None) -> Piece:
        """What is there from `start` on, at most so many bytes."""
        there = max(0, self._file.seek(0, os.SEEK_END) - start)
        return Piece(self, start, there if most is None else min(most, there))


class Spool(Opened):
    """A file in the making that goes to disk once it is large: into `folder`, without a name, so that whatever ends
    the program leaves nothing of it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(BytesIO())
        self._folder, self._size, self._in_memory = folder, 0, True

    def put(self, data: bytes) -> Piece:
        """Add to it. Raises PublishError: a full disk, a folder that cannot be written."""
        piece = Piece(self, self._size, len(data))
        try:
            if self._in_memory and self._size + len(data) > HELD:
                self._move_to_disk()
            self._file.seek(self._size)
            _write(self._file, data)
        except OSError as error:
            told = f"publish: cannot write to {self._folder}: {error.strerror}; the last good version stays"
            raise PublishError(told) from error
        self._size += len(data)
        return piece

    def _move_to_disk(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        held, close = self.read(0, self._size), self._close
        self._hold(tempfile.TemporaryFile(dir=self._folder, buffering=0))  # noqa: SIM115 (closed with its last piece)
        close()
        _write(self._file, held)
        self._in_memory = False


def _write(file: BytesIO | RawIOBase, data: bytes) -> None:
    """All of it: a disk that is nearly full may take a part first."""
    left = memoryview(data)
    while left:
        left = left[file.write(left) or 0 :]
