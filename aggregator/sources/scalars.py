"""A value as YAML text: as plain as it can be, so that every reader of YAML 1.1 and 1.2 takes it for what it is."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

# Words and numbers that some reader of YAML takes for something else than text.
_WORDS = frozenset(["true", "false", "null", "yes", "no", "on", "off", "y", "n", "~", ".inf", ".nan"])
_NUMBERISH = re.compile(r"[-+.0-9][-+.:_0-9eETZ]*|0[xob][0-9a-fA-F_]+", re.ASCII)
_LONGEST_PLAIN = 1_000


def as_yaml(value: object, *, inside: bool = False, quote: str = "") -> str:
    """`value` on one line; lists and maps in brackets.

    `inside` says that it will stand inside brackets; `quote` (`'` or `"`) is what the file puts around texts, if it
    does. Raises TypeError for what YAML has no form for.
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, str):
        return text_as_yaml(value, inside=inside, quote=quote)
    if isinstance(value, Mapping):
        pairs = (f"{text_as_yaml(str(key), inside=True)}: {as_yaml(v, inside=True)}" for key, v in value.items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(as_yaml(one, inside=True) for one in value) + "]"
    raise TypeError(f"no YAML for {type(value).__name__}")


def text_as_yaml(text: str, *, inside: bool = False, quote: str = "") -> str:
    """A text: plain where that is safe and no `quote` is asked for, else in quotes."""
    if not quote and _is_plain(text, inside):
        return text
    if quote != "'" and "\\" not in text and '"' not in text and text.isprintable():
        return f'"{text}"'
    if text.isprintable() and (quote == "'" or "'" not in text):
        return "'" + text.replace("'", "''") + "'"
    return '"' + "".join(_escaped(sign) for sign in text) + '"'


def _escaped(sign: str) -> str:
    if sign.isprintable() and sign not in '"\\':
        return sign
    return json.dumps(sign)[1:-1] if ord(sign) < 0x10000 else f"\\U{ord(sign):08x}"


def _is_plain(text: str, inside: bool) -> bool:
    if not text or len(text) > _LONGEST_PLAIN or not text.isprintable() or text != text.strip():
        return False
    if not (text[0].isalnum() or text[0] in "/_(+.") or text.lower() in _WORDS or _NUMBERISH.fullmatch(text):
        return False
    if ": " in text or " #" in text or text.endswith(":"):
        return False
    return not (inside and any(sign in text for sign in ",[]{}"))
