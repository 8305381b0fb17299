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
from aggregator.sources.addresses import check_form

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAY_GROUPS = {"daily": DAYS, "weekdays": DAYS[:5], "weekend": DAYS[5:]}
_CLOCK = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])", re.ASCII)
_AUTH = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]*|file:\S.*", re.ASCII)
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", re.ASCII)
_SERIES_NAME = re.compile(r"[^\W_][\w-]{0,49}")


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
    check_form(address)
    parts = urlsplit(address)
    if "@" in parts.netloc:
        raise ValueError("a password does not belong into the address; use `auth: env:NAME` or `auth: file:PATH`")
    return address


def proxy(value: object) -> str:
    """An http or https address of a proxy, which may hold a name and password; or `none`."""
    address = text(value)
    if address.lower() == "none":
        return ""
    check_form(address)
    return address


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
    from aggregator.entries.words import compile_words  # noqa: PLC0415 (10 ms, for who has topics or interests)

    written = compile_words([text(value)]).patterns
    if len(written) != 1:
        raise ValueError(f"`{text(value)[:40]}` must be one word or phrase, without a comma")
    return written[0]


def patterns(value: object) -> tuple[str, ...]:
    """A list of words, phrases and stems*, or one text with commas."""
    from aggregator.entries.words import compile_words  # noqa: PLC0415 (as above)

    return compile_words([text(item) for item in _items(value, "words")]).patterns


def _items(value: object, what: str) -> list[object]:
    if isinstance(value, str):
        from aggregator.entries.words import split_patterns  # noqa: PLC0415 (as above)

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
