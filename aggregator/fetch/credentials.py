"""Secrets on their way to the one host they are meant for: from the environment, a file or an address.

They go into headers, never into an address, a message or a log.
"""

from __future__ import annotations

import os
import re
from base64 import b64encode
from pathlib import Path
from urllib.parse import unquote, urlsplit

from aggregator.errors import FetchError
from aggregator.records import Source

_USER = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*://)[^/?#\\]*@")


def own_headers(source: Source) -> dict[str, str]:
    """What is sent to a source's own origin and to no other: its `headers`, and Authorization (RFC 7617).

    user:password come from `auth`, `env:NAME` or `file:PATH` (FetchError `auth` if they are not there), else from
    the address.
    """
    return dict(source.headers) | _authorization(source)


def without_user(url: str) -> str:
    """The address as it is asked: without user, password and fragment."""
    plain = url.partition("#")[0]
    return _USER.sub(r"\1", plain) if "@" in plain else plain


def login(url: str) -> tuple[bytes, bytes] | None:
    """User and password that stand in an address, percent-decoded."""
    if "@" not in url:
        return None
    user, at, _ = urlsplit(url).netloc.rpartition("@")
    name, _, password = user.partition(":")
    return (unquote(name).encode(), unquote(password).encode()) if at else None


def _authorization(source: Source) -> dict[str, str]:
    if source.auth is not None:
        return _basic(_secret(source.auth).encode())
    found = login(source.url)
    return _basic(b":".join(found)) if found else {}


def _secret(where: str) -> str:
    kind, _, name = where.partition(":")
    try:
        secret = os.environ[name] if kind == "env" else Path(name).expanduser().read_text(encoding="utf-8")
    except (KeyError, OSError, UnicodeDecodeError):
        raise FetchError("auth", f"its credentials are not to be had from {where}") from None
    if ":" not in secret:
        raise FetchError("auth", f"{where} holds no user:password")
    return secret.strip()


def _basic(secret: bytes) -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(secret).decode("ascii")}
