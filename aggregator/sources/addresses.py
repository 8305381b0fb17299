"""What is wrong with an address that stands in feeds.yaml, and what was probably meant: every slip has its sentence."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from aggregator.urls import without_secrets

_LONGEST_URL = 4_096
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE | re.ASCII)
_SLIP = re.compile(r"(url|href|link)(:?)\s*(https?://\S+)", re.IGNORECASE)
_CURLY = frozenset("\u201c\u201d\u201e\u2018\u2019\u201a\u00ab\u00bb")
_USER = re.compile(r"(?:(?<=//)|^)[^/?#\s]*@")
_PLAIN = re.compile(r"https?://[a-z0-9][a-z0-9.-]*(?::[0-9]{1,4})?(?:/[!-~]*)?")  # as most are: nothing to be judged
_UNSAFE_HOST = re.compile(r"[\s<>\"{}|\\^`%@,;!?*()']")


def check_form(address: str) -> None:
    """Raises ValueError that tells what is wrong, without the user, password and tokens of the address."""
    if len(address) <= _LONGEST_URL and address.count("://") == 1 and _PLAIN.fullmatch(address):
        return
    try:
        _judge(address)
    except ValueError as error:
        shown = _USER.sub("", without_secrets(address))
        reason = str(error) if shown == address else ""
    else:
        return
    if not reason:
        _judge(shown)
        reason = f"`{shown[:80]}` is not an address; is there a sign in its user or password that must be %-coded?"
    raise ValueError(reason)


def _judge(address: str) -> None:
    if len(address) > _LONGEST_URL:
        raise ValueError(f"this address is longer than {_LONGEST_URL:,} characters")
    if slip := _SLIP.fullmatch(address):
        what = f"a space is missing after `{slip[1]}:`" if slip[2] else f"the colon after `{slip[1]}` is missing"
        raise ValueError(f"{what}: `{slip[1]}: {slip[3][:200]}`")
    if address.count("://") > 1 and re.search(r"[\s,;]\s*(?:- )?https?://", address):
        raise ValueError("one line holds one address; write each on a line of its own after `- `")
    if address[:1] in _CURLY or address[-1:] in _CURLY:
        raise ValueError(f'these quotes ({address[0]} {address[-1]}) are letters to YAML; write " or none')
    if " " in address or not address.isprintable():
        raise ValueError("an address holds no spaces; is a line break or a `- ` missing?")
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError(f"`{address[:80]}` is not an address: {error}") from None
    if parts.scheme not in ("http", "https") or not address[len(parts.scheme) :].startswith("://"):
        raise ValueError(_scheme_hint(address))
    if not host or _UNSAFE_HOST.search(host):
        raise ValueError(f"`{address[:80]}` names no host; write it as https://example.org/feed")


def _scheme_hint(address: str) -> str:
    shown = address[:200]
    found = _SCHEME.match(address)
    rest = address.removeprefix(found[0]) if found and not re.match(r":\d", address[found.end() - 1 :]) else address
    if found and found[1].lower() in ("http", "https", "feed"):
        if rest.startswith(("http://", "https://")):
            return f"`{shown}` must begin with https:// or http://; did you mean `{rest[:200]}`?"
        rest = rest.lstrip("/")
    elif found and rest != address:
        return f"`{shown}` must begin with https:// or http://; `{found[0]}` is not read"
    rest = rest.lstrip("/")
    if not re.match(r"[^\s/]*(?:\.[^\s/.]|localhost\b|:\d)", rest):
        return f"`{shown}` is not an address; write it as https://example.org/feed"
    return f"`{shown}` must begin with https:// or http://; did you mean `https://{rest[:200]}`?"
