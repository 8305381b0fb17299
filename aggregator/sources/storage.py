"""What `store:` may say: a path, or a PostgreSQL address without its password."""

from __future__ import annotations

import re

from aggregator.sources.values import text

_NAMED = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]*\}", re.ASCII)
_PASSWORD = re.compile(r"://[^/@:]*:([^/@]*)@|[?&]password=([^&]*)")


def store(value: object) -> str:
    """A path, or a postgresql:// address whose password is `${NAME}`, a variable of the environment."""
    where = store_anywhere(value)
    password = _PASSWORD.search(where)
    if password and not _NAMED.fullmatch(password[1] or password[2] or ""):
        raise ValueError("secrets do not stand in this file; write postgresql://user:${NAME}@..., and set NAME")
    return where


def store_anywhere(value: object) -> str:
    """The same where secrets may stand: in the environment."""
    where = text(value)
    scheme, separator, _ = where.partition("://")
    if separator and scheme.lower() not in ("postgresql", "postgres"):
        raise ValueError(f"`{scheme}://` is not read; write a path such as data/aggregator.db, or postgresql://...")
    return where
