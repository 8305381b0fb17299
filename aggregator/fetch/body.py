"""Bounded decoding: a response's raw bytes, whatever their coding, within a limit (RFC 9110, section 8.4)."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

from aggregator.errors import FetchError

LIMIT = 32 * 2**20


def decoded(chunks: Iterable[bytes], coding: str, limit: int = LIMIT) -> bytes:
    """The whole decoded body; raises FetchError (`limit`) past `limit` bytes, (`body`) when it is cut or broken.

    `coding` is the Content-Encoding header. gzip and deflate (zlib or raw) are undone, several in a row too;
    what is labelled gzip but is not is taken as it is, as browsers do.
    """
    stream: Iterator[bytes] = iter(chunks)
    for name in reversed([c.strip().lower() for c in coding.split(",") if c.strip()]):
        if name in ("gzip", "x-gzip", "deflate"):
            stream = _inflated(stream, limit)
        elif name != "identity":
            raise FetchError("body", f"the answer is in a coding that was not asked for ({name[:40]})")
    out = bytearray()
    for chunk in stream:
        out += chunk
        if len(out) > limit:
            raise FetchError("limit", f"the answer is larger than {limit // 2**20} MiB")
    return bytes(out)


def _inflated(chunks: Iterator[bytes], limit: int) -> Iterator[bytes]:
    """Undo gzip or deflate in pieces of at most 64 KiB, so that a bomb is seen before it has burst."""
    head = b""
    for chunk in chunks:
        head += chunk
        if len(head) >= 2:
            break
    if not head:
        return
    window = _window(head)
    if window is None:
        yield head
        yield from chunks
        return
    yield from _members(head, chunks, window)


def _window(head: bytes) -> int | None:
    """The zlib window bits for what these first bytes are: gzip, zlib, or None for neither."""
    if head[:2] == b"\x1f\x8b":
        return 31
    if head[0] & 0x0F == 8 and int.from_bytes(head[:2].ljust(2, b"\0"), "big") % 31 == 0:
        return 15
    return None if head[:1] in b"<{[ \t\r\n\xef\xfe\xff" else -15


def _members(head: bytes, chunks: Iterator[bytes], window: int) -> Iterator[bytes]:
    machine = zlib.decompressobj(window)
    data = head
    try:
        while True:
            while data:
                yield machine.decompress(data, 65536)
                data = machine.unconsumed_tail
                if machine.eof:
                    data = machine.unused_data
                    if data[:2] != b"\x1f\x8b":  # junk after the end is ignored, a further member is read
                        return
                    machine = zlib.decompressobj(window)
            data = next(chunks, b"")
            if not data:
                break
    except zlib.error as error:
        raise FetchError("body", f"the compressed answer is broken ({str(error)[:60]})") from error
    if not machine.eof:
        raise FetchError("body", "the compressed answer was cut short")
