"""How the store compresses what it keeps (entries, bodies, pages, digests): zstd, and zlib as older versions wrote it.

What is short is kept as it is: packing an entry without texts would take longer than all else about it, for a fifth of
its bytes. What was packed once is read for ever: its first bytes tell which of the three it is.
"""

from __future__ import annotations

import sys
import zlib

from aggregator.errors import StoreError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

LEVEL = 1
"""How hard zstd tries: level 3 takes a third longer and saves 2 to 7 %."""

_HOW: dict[int, int] = {zstd.CompressionParameter.compression_level: LEVEL, zstd.CompressionParameter.checksum_flag: 1}
_ZSTD = b"\x28\xb5\x2f\xfd"  # RFC 8878, 3.1.1; zlib begins with 0x78 (RFC 1950)
_PLAIN = b"\0"
"""Before what is kept as it is, and the CRC-32 of that in four bytes."""

_SHORT = 512
_MOST = 1 << 28
"""Bytes unpacked: several times what a document may have. A damaged length must not ask for all memory."""


class Damaged(StoreError):  # noqa: N818 (a reaction of its own: the whole file is looked at)
    """Bytes in the store that are not as they were written."""


def compress(data: bytes) -> bytes:
    """Bytes as the store keeps them, with a checksum. From any thread."""
    if len(data) < _SHORT:
        return _PLAIN + zlib.crc32(data).to_bytes(4, "little") + data
    return zstd.ZstdCompressor(options=_HOW).compress(data, zstd.ZstdCompressor.FLUSH_FRAME)


def decompress(data: bytes) -> bytes:
    """The inverse of compress, also of what older versions wrote; raises Damaged. From any thread."""
    if data[:1] == _PLAIN:
        return _checked(data)
    try:
        if data[:4] != _ZSTD:
            return zlib.decompress(data)
        machine = zstd.ZstdDecompressor()
        whole = machine.decompress(data, _MOST)
    except (zstd.ZstdError, zlib.error) as error:
        raise _damaged(error) from error
    if not machine.eof:
        raise _damaged("its end is missing, or its length is wrong")
    return whole


def _checked(data: bytes) -> bytes:
    plain = data[5:]
    if zlib.crc32(plain).to_bytes(4, "little") != data[1:5]:
        raise _damaged("its checksum is of other bytes")
    return plain


def _damaged(why: object) -> Damaged:
    return Damaged(f"store: a packed row in it is damaged ({why}); restore a backup")
