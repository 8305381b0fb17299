"""One polite, bounded, guarded GET."""

from __future__ import annotations

import sys

# httpx imports its command line, and with it rich and pygments, where they are installed: a quarter of a poll's start.
if "httpx" not in sys.modules:
    sys.modules["httpx._main"] = None  # type: ignore[assignment]  # "there is none", which it is prepared for
    import httpx

    del httpx, sys.modules["httpx._main"]
