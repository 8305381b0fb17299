"""What an address means that is not plain: names that are not ASCII, capitals, brackets; the one door of httpx."""

from __future__ import annotations

import sys

# httpx imports its command line, and with it rich and pygments, where they are installed: a quarter of a poll's start.
if "httpx" not in sys.modules:
    sys.modules["httpx._main"] = None  # type: ignore[assignment]  # "there is none", which it is prepared for
    import httpx

    del sys.modules["httpx._main"]
else:
    import httpx


def parts_of(url: str) -> tuple[bytes, bytes, int | None, bytes]:
    """Scheme, host (lower-case, ASCII by IDNA), port, what stands behind `Host`; raises ValueError."""
    try:
        read = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise ValueError(str(error)) from error
    return read.raw_scheme, read.raw_host, read.port, read.netloc
