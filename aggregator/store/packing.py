"""How the store compresses what it keeps (entries, bodies, pages, digests): zstd, and zlib as older versions wrote it.

What was packed once is read for ever: its first bytes tell which of the two it is.
"""

from __future__ import annotations

import zlib

from aggregator.errors import StoreError

LEVEL = 1
"""How hard zstd tries: level 3 takes a third longer and saves 2 to 7 %."""

_ZSTD = b"\x28\xb5\x2f\xfd"  # RFC 8878, 3.1.1; zlib begins with 0x78 (RFC 1950)
_MOST = 1 << 28
"""Bytes unpacked: several times what a document may have. A damaged length must not ask for all memory."""


class Damaged(StoreError):  # noqa: N818 (a reaction of its own: the whole file is looked at)
    """Bytes in the store that are not as they were written."""


def compress(data: bytes) -> bytes:
    """Bytes as the store keeps them, with a checksum."""
    import zstandard  # noqa: PLC0415 (who packs and unpacks nothing does not wait for it)

    # One for each call, here and below: two threads must not use the same one at a time.
    return zstandard.ZstdCompressor(level=LEVEL, write_checksum=True).compress(data)


def decompress(data: bytes) -> bytes:
    """The inverse of compress, also of what older versions wrote; raises Damaged."""
    return _of_zstd(data) if data[:4] == _ZSTD else _of_zlib(data)


def _of_zstd(data: bytes) -> bytes:
    import zstandard  # noqa: PLC0415

    try:
        if zstandard.frame_content_size(data) > _MOST:
            raise _damaged("its length is wrong")
        return zstandard.ZstdDecompressor().decompress(data)
    except zstandard.ZstdError as error:
        raise _damaged(error) from error


def _of_zlib(data: bytes) -> bytes:
    try:
        return zlib.decompress(data)
    except zlib.error as error:
        raise _damaged(error) from error


def _damaged(why: object) -> Damaged:
    return Damaged(f"store: a packed row in it is damaged ({why}); restore a backup")
