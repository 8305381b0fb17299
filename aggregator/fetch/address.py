"""An address as it stands in a request: scheme, host in ASCII, port, target.

What an unusual address means is httpx's word, asked where one is met: that library takes a tenth of a pass without
news to import, and nearly all addresses are plain, so that nothing in them is to be decided, encoded or refused.
"""

from __future__ import annotations

import re
import socket
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlsplit

# A name or four numbers in lower case, a port in digits, a target without a fragment that is written out.
_PLAIN = re.compile(r"(https?)://([a-z0-9.-]{1,253})(?::([0-9]{1,5}))?((?:[/?][!\"$-~]*)?)")
_USUAL_PORTS = {"http": 80, "https": 443}
_LONGEST = 2**16  # characters, as httpx has it


class Address(NamedTuple):
    """Parts of an address as bytes of a request; `port` None is the scheme's own, `place` stands behind `Host`."""

    scheme: bytes
    host: bytes
    port: int | None
    place: bytes
    target: bytes


@lru_cache(maxsize=4096)
def parts_of(url: str) -> Address:
    """The parts of an address; raises ValueError for what cannot be asked."""
    found = _PLAIN.fullmatch(url)
    if found is None or len(url) > _LONGEST or not _is_plain_host(found[2]):
        return _as_httpx_reads(url)
    scheme, host, target = found[1], found[2], found[4]
    port = None if found[3] is None or int(found[3]) == _USUAL_PORTS[scheme] else int(found[3])
    place = host if port is None else f"{host}:{port}"
    target = target if target.startswith("/") else f"/{target}"
    return Address(scheme.encode(), host.encode(), port, place.encode(), target.encode())


def _is_plain_host(host: str) -> bool:
    """A name, which is left as it is; numbers must be an address in its usual form."""
    if host[-1].isalpha():
        return True
    try:
        return socket.inet_ntop(socket.AF_INET, socket.inet_pton(socket.AF_INET, host)) == host
    except OSError:
        return False


def _as_httpx_reads(url: str) -> Address:
    from aggregator.fetch import unusual  # noqa: PLC0415 (30 ms, for few addresses)

    return Address(*unusual.parts_of(url), _target(url))


def _target(url: str) -> bytes:
    """Path and query exactly as written; only what cannot stand in a request line is percent-encoded."""
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query or url.endswith("?") else "")
    return visible(target).encode("ascii")


def visible(text: str) -> str:
    """Only what can stand in a request line or a header; the rest is percent-encoded."""
    return "".join(c if "!" <= c <= "~" else "".join(f"%{b:02X}" for b in c.encode("utf-8", "replace")) for c in text)
