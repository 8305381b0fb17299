"""Bounded decoding: a response's raw bytes, whatever their coding, within a limit (RFC 9110, section 8.4)."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from itertools import chain

from aggregator.errors import FetchError

LIMIT = 32 * 2**20
MOST_LAYERS = 5
MOST_MEMBERS = 1000  # a gzip file may be several in a row (RFC 1952, section 2.2); thousands of tiny ones are an attack
MOST_PIECES = 30_000  # chunks of a byte each cost a second of processor time for every 30 KB
_PIECE = 2**16
_JUDGED = 512  # so many bytes tell raw deflate from a document that is mislabelled
_GZIP = b"\x1f\x8b"


def decoded(chunks: Iterable[bytes], coding: str, limit: int = LIMIT) -> bytes:
    """The whole decoded body; raises FetchError (`limit`) past `limit` bytes, (`body`) when it is cut or broken.

    `coding` is the Content-Encoding header. gzip and deflate (zlib or raw) are undone, several in a row too;
    what is labelled so but is not is taken as it is, as browsers do. The limit holds before and after each layer.
    """
    stream = _bounded(_unbroken(chunks), limit)
    names = [name.strip().lower() for name in coding.split(",") if name.strip()]
    if len(names) > MOST_LAYERS:
        raise FetchError("body", f"the answer is coded {len(names)} times over")
    for name in reversed(names):
        if name in ("gzip", "x-gzip", "deflate"):
            stream = _bounded(_inflated(stream, name), limit)
        elif name != "identity":
            raise FetchError("body", f"the answer is in a coding that was not asked for ({name[:40]})")
    return b"".join(stream)


def _unbroken(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """A connection that breaks within a body is that answer's fault, not the network's."""
    try:
        for number, chunk in enumerate(chunks):
            if number == MOST_PIECES:
                raise FetchError("limit", f"the answer comes in more than {MOST_PIECES:,} pieces")
            yield chunk
    except TimeoutError:
        raise
    except OSError as error:
        raise FetchError("body", "the answer was cut short (the connection broke)") from error


def _bounded(chunks: Iterable[bytes], limit: int) -> Iterator[bytes]:
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > limit:
            raise FetchError("limit", f"the answer is larger than {_size(limit)}")
        yield chunk


def _size(limit: int) -> str:
    return f"{limit // 2**20} MiB" if limit >= 2**20 else f"{limit // 2**10} KiB"


def _inflated(chunks: Iterator[bytes], name: str) -> Iterator[bytes]:
    """Undo one coding in pieces of at most 64 KiB, so that a bomb is seen before it has burst."""
    head = bytearray()
    for chunk in chunks:
        head += chunk
        if len(head) >= _JUDGED:
            break
    stream = chain((bytes(head),), chunks)
    window = _window(bytes(head[:_JUDGED]), name)
    return stream if window is None else _members(stream, window)


def _window(head: bytes, name: str) -> int | None:
    """The zlib window bits for what these first bytes are: gzip, zlib (RFC 1950), raw deflate, or None for neither."""
    if head.startswith(_GZIP):
        return 31
    if len(head) >= 2 and head[0] & 0x8F == 8 and int.from_bytes(head[:2], "big") % 31 == 0:
        return 15
    if name != "deflate" or not head:
        return None
    try:
        zlib.decompressobj(-15).decompress(head, _PIECE)
    except zlib.error:
        return None
    return -15


def _members(chunks: Iterator[bytes], window: int) -> Iterator[bytes]:
    """Inflate one stream, or the gzip members that follow one another; other bytes after an end are ignored."""
    machine: zlib._Decompress | None = zlib.decompressobj(window)
    members, data = 1, b""
    try:
        for chunk in chunks:
            data += chunk
            full = False  # a piece that is full may have more behind it, though no input is left
            while data or full:
                if machine is None:
                    if len(data) < len(_GZIP):
                        break  # the next chunk tells what begins here
                    if not data.startswith(_GZIP):
                        return
                    if members == MOST_MEMBERS:
                        raise FetchError("limit", f"the answer is compressed in more than {MOST_MEMBERS} parts")
                    machine, members = zlib.decompressobj(window), members + 1
                piece = machine.decompress(data, _PIECE)
                full = len(piece) == _PIECE
                data = machine.unconsumed_tail
                if machine.eof:
                    data, machine, full = machine.unused_data, None, False
                yield piece
    except zlib.error as error:
        raise FetchError("body", f"the compressed answer is broken ({str(error)[:60]})") from error
    if machine is not None:
        raise FetchError("body", "the compressed answer was cut short")
