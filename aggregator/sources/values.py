"""The kinds of values in feeds.yaml: each a function from what YAML gave to what the program uses.

Every function raises ValueError with a sentence for the person who wrote the file: what is wrong, what was meant.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from datetime import time, timedelta
from urllib.parse import urlsplit

from aggregator.entries.durations import parse_duration
from aggregator.entries.words import compile_words, split_patterns
from aggregator.urls import without_secrets

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAY_GROUPS = {"daily": DAYS, "weekdays": DAYS[:5], "weekend": DAYS[5:]}
_LONGEST_URL = 4_096
_CLOCK = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])", re.ASCII)
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE | re.ASCII)
_AUTH = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*|file:\S.*", re.ASCII)
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", re.ASCII)
_SERIES_NAME = re.compile(r"[^\W_][\w-]{0,49}")
_SLIP = re.compile(r"(url|href|link)(:?)\s*(https?://\S+)", re.IGNORECASE)
_CURLY = frozenset("\u201c\u201d\u201e\u2018\u2019\u201a\u00ab\u00bb")
_USER = re.compile(r"(?:(?<=//)|^)[^/?#\s]*@")
_UNSAFE_HOST = re.compile(r"[\s<>\"{}|\\^`%@,;!?*()']")


def kind_of(value: object) -> str:
    """What a value is, in the words of the documentation."""
    if isinstance(value, bool):
        return str(value).lower()
    names = {str: "text", int: "a number", float: "a number", list: "a list", dict: "a map", type(None): "nothing"}
    return names.get(type(value), "something else")


def text(value: object) -> str:
    """One line of text; a number stands for its digits, line breaks for spaces."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        hint = "; put it in quotes" if isinstance(value, bool) else ""
        raise ValueError(f"must be text, and here it is {kind_of(value)}{hint}")  # noqa: TRY004 (pydantic's protocol)
    line = " ".join(str(value).split())
    if not line:
        raise ValueError("must not be empty")
    return line


def notify(value: object) -> str | None:
    """An address, or a command with its arguments as a shell would cut them; None for nothing."""
    line = text_or_none(value)
    if line is None:
        return None
    if "://" in line.partition(" ")[0]:
        url(line)
        return line
    return command(line)


def command(value: object) -> str | None:
    """A command with its arguments as a shell would cut them; None for nothing."""
    line = text_or_none(value)
    if line is None:
        return None
    if "://" in line.partition(" ")[0]:
        raise ValueError("must be a command, and here it is an address")
    try:
        shlex.split(line)
    except ValueError as error:
        raise ValueError(f"this is no command ({str(error).lower()}); write the quotes in pairs") from None
    return line


def duration(value: object) -> timedelta:
    """`90s`, `15m`, `1h`, `1d`, `2w`."""
    return parse_duration(text(value))


def reading_time(value: object) -> timedelta | None:
    """A duration of at least a minute, or None for `all`."""
    if text(value).lower() == "all":
        return None
    try:
        length = duration(value)
    except ValueError as error:
        raise ValueError(f"{error}; or `all`") from None
    if length < timedelta(minutes=1):
        raise ValueError("must be at least 1m, or `all`")
    return length


def clock(value: object) -> time:
    """`"07:00"`, local time of day."""
    found = _CLOCK.fullmatch(text(value))
    if not found:
        raise ValueError(f'`{text(value)[:40]}` is not a time of day; write hours and minutes, such as "07:00"')
    return time(int(found[1]), int(found[2]))


def url(value: object) -> str:
    """An http or https address with a host, as written."""
    address = text(value)
    _check_form(address)
    parts = urlsplit(address)
    if "@" in parts.netloc:
        raise ValueError("a password does not belong into the address; use `auth: env:NAME` or `auth: file:PATH`")
    return address


def proxy(value: object) -> str:
    """An http or https address of a proxy, which may hold a name and password; or `none`."""
    address = text(value)
    if address.lower() == "none":
        return ""
    _check_form(address)
    return address


def _check_form(address: str) -> None:
    """Raises ValueError that tells what is wrong, without the user, password and tokens of the address."""
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


def home(value: object) -> str:
    """The address under which the output is found, with a slash at its end."""
    return url(value).rstrip("/") + "/"


def url_or_none(value: object) -> str | None:
    """An address, or None for `none`."""
    return None if text(value).lower() == "none" else url(value)


def home_or_none(value: object) -> str | None:
    """Such an address, or None for `none`."""
    return None if text(value).lower() == "none" else home(value)


def text_or_none(value: object) -> str | None:
    """A line of text, or None for `none`."""
    return None if text(value).lower() == "none" else text(value)


def auth(value: object) -> str:
    """`env:NAME` or `file:PATH`."""
    written = text(value)
    if not _AUTH.fullmatch(written):
        raise ValueError("secrets do not stand in this file; write `env:NAME` or `file:PATH`, which hold user:password")
    return written


def address(value: object) -> str:
    """A mail address."""
    written = text(value)
    if not re.fullmatch(r"[^\s@<>,;]+@[^\s@<>,;]+", written):
        raise ValueError(f"`{written[:80]}` is not a mail address; write it as ann@example.org")
    return written


def header_name(value: object) -> str:
    """The name of an HTTP header (RFC 9110, section 5.1), but those that carry credentials."""
    name = text(value)
    if not _HEADER_NAME.fullmatch(name):
        raise ValueError(f"`{name[:40]}` cannot be the name of a header")
    if name.lower() in ("authorization", "proxy-authorization"):
        raise ValueError(f"`{name}` holds a secret; use `auth: env:NAME` or `auth: file:PATH`")
    return name


def header_value(value: object) -> str:
    """The value of an HTTP header: printable, on one line."""
    written = text(value)
    if not (written.isprintable() and written.isascii()):
        raise ValueError("the value of a header holds ASCII letters, digits and signs only")
    return written


def tag(value: object) -> str:
    """A tag: its letters and digits name a folder."""
    name = text(value)
    if not any(sign.isalnum() for sign in name):
        raise ValueError(f"`{name[:40]}` cannot be a tag: it holds no letter or digit")
    return name


def tags(value: object) -> tuple[str, ...]:
    """A list of tags, or one text with commas."""
    return tuple(dict.fromkeys(tag(item) for item in _items(value, "tags")))


def pattern(value: object) -> str:
    """One word, phrase or stem*."""
    written = compile_words([text(value)]).patterns
    if len(written) != 1:
        raise ValueError(f"`{text(value)[:40]}` must be one word or phrase, without a comma")
    return written[0]


def patterns(value: object) -> tuple[str, ...]:
    """A list of words, phrases and stems*, or one text with commas."""
    return compile_words([text(item) for item in _items(value, "words")]).patterns


def _items(value: object, what: str) -> list[object]:
    if isinstance(value, str):
        return list(split_patterns(value))
    if not isinstance(value, list):
        raise ValueError(f"must be a list of {what}, and here it is {kind_of(value)}")  # noqa: TRY004 (pydantic's protocol)
    return value


def condition(value: object) -> str:
    """The condition of a rule, as written."""
    if not isinstance(value, str):
        raise ValueError(f'must be a condition such as `title has "sponsored"`, and here it is {kind_of(value)}')  # noqa: TRY004 (pydantic's protocol)
    from aggregator.entries.conditions import parse_condition  # noqa: PLC0415 (who has no rules waits for no patterns)

    parse_condition(value)
    return value


def days(value: object) -> tuple[int, ...]:
    """Days of the week, Monday 0: a list of `mon` to `sun`, or `weekdays`, `weekend`, `daily`."""
    names: set[str] = set()
    for item in _items(value, "days"):
        word = text(item).lower()
        group = _DAY_GROUPS.get(word) or [name[:3] for name in _DAY_NAMES if word in (name, name[:3])]
        if not group:
            raise ValueError(f"`{word[:40]}` is not a day; write mon, tue, wed, thu, fri, sat, sun or weekdays")
        names.update(group)
    if not names:
        raise ValueError("names no day; write mon, tue, wed, thu, fri, sat, sun or weekdays")
    return tuple(index for index, day in enumerate(DAYS) if day in names)


def series_name(value: object) -> str:
    """The name of a digest series, which is that of a folder too."""
    name = text(value)
    if not _SERIES_NAME.fullmatch(name):
        raise ValueError(f"`{name[:40]}` cannot name a folder; use letters, digits, - and _, at most 50")
    return name


def close_to(word: str, known: Iterable[str]) -> str | None:
    """The one of `known` that `word` was probably meant to be."""
    from difflib import get_close_matches  # noqa: PLC0415 (most files hold no mistake)

    return next(iter(get_close_matches(word[:60].lower(), list(known), 1, 0.6)), None)
