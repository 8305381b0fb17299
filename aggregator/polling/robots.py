"""robots.txt: which paths a host lets us ask for (RFC 9309). Feeds are asked for by name; this is for their pages.

`urllib.robotparser` takes the first rule that fits and knows no wildcards; RFC 9309, 2.2.2 and 2.2.3, wants the
longest and has `*` and `$`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote, urlsplit

PRODUCT = "fow-aggregator"
"""The token by which groups name us: that of the User-Agent (2.2.1)."""
MOST_READ = 500 * 1024  # bytes: 2.5 asks for at least so many
_MOST_RULES = 5000
_TOKEN = re.compile(r"[a-zA-Z_-]+")
_ESCAPE = re.compile(r"%([0-9a-fA-F]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")

Rule = tuple[str, bool]  # a path pattern as written in one spelling, and whether it allows


def allows(robots: bytes, url: str) -> bool:
    """Whether the bytes of a host's robots.txt let us ask for an address of that host."""
    parts = urlsplit(url)
    path = _spelled((parts.path or "/") + (f"?{parts.query}" if parts.query else ""))
    if path == "/robots.txt":
        return True
    fitting = [(len(pattern), allowed) for pattern, allowed in _ours(robots) if _fits(pattern, path)]
    return max(fitting, default=(0, True))[1]  # the longest; of two alike the one that allows


def _ours(robots: bytes) -> list[Rule]:
    """The rules of all groups that name us, else of those for everybody."""
    named: list[Rule] = []
    general: list[Rule] = []
    is_named = False
    for agents, rules in _groups(robots):
        if PRODUCT in agents:
            is_named = True
            named += rules
        elif "*" in agents:
            general += rules
    return named if is_named else general


def _groups(robots: bytes) -> Iterator[tuple[set[str], list[Rule]]]:
    """Agents in lower case with the rules below them; other lines, empty rules and unknown words are passed over."""
    agents: set[str] = set()
    rules: list[Rule] = []
    in_rules = False
    for key, value in _lines(robots):
        if key == "user-agent":
            if in_rules:
                yield agents, rules
                agents, rules, in_rules = set(), [], False
            token = _TOKEN.match(value)
            agents.add("*" if value == "*" else token[0].lower() if token else "")
        elif key in ("allow", "disallow"):
            in_rules = True
            if value and len(rules) < _MOST_RULES:
                rules.append((_spelled(value), key == "allow"))
    yield agents, rules


def _lines(robots: bytes) -> Iterator[tuple[str, str]]:
    for line in robots[:MOST_READ].decode("utf-8-sig", "replace").splitlines():
        key, colon, value = line.partition("#")[0].partition(":")
        if colon:
            yield key.strip().lower(), value.strip()


def _fits(pattern: str, path: str) -> bool:
    """Whether a path begins as a pattern says: `*` is anything, `$` at its end the end. Linear for each star."""
    is_whole = pattern.endswith("$")
    first, *others = (pattern[:-1] if is_whole else pattern).split("*")
    if not path.startswith(first):
        return False
    at = len(first)
    if not others:
        return not is_whole or at == len(path)
    last = others.pop() if is_whole else ""
    for part in others:
        found = path.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return len(path) - len(last) >= at and path.endswith(last)


def _spelled(path: str) -> str:
    """One spelling for a path: other octets than ASCII escaped, escapes in capitals, none that need not be (2.2.2)."""
    return _ESCAPE.sub(_escape, quote(path, safe="%/?#[]@!$&'()*+,;=:-._~"))


def _escape(found: re.Match[str]) -> str:
    char = chr(int(found[1], 16))
    return char if char in _UNRESERVED else found[0].upper()
