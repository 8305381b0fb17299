"""JSON with an indent, several times faster than the standard library, which has no C code for it."""

from __future__ import annotations

from json import JSONEncoder
from json.encoder import encode_basestring as _text

_PLAIN = JSONEncoder(ensure_ascii=False).encode


def indented(value: object, indent: int) -> str:
    """What `json.dumps(value, ensure_ascii=False, indent=indent)` gives; the keys of objects are strings."""
    return _written(value, "\n", " " * indent)


def _written(value: object, line: str, indent: str) -> str:
    """A value after what `line` begins. Strings come first, for most values are, and are written where they stand."""
    if isinstance(value, str):
        return _text(value)
    if value is None or type(value) is int:
        return "null" if value is None else str(value)
    inner = line + indent
    if isinstance(value, dict) and value:
        pairs = [
            f"{_text(name)}: {_text(one) if isinstance(one, str) else _written(one, inner, indent)}"
            for name, one in value.items()
        ]
        return f"{{{inner}{f',{inner}'.join(pairs)}{line}}}"
    if isinstance(value, list | tuple) and value:
        return f"[{inner}{f',{inner}'.join([_written(one, inner, indent) for one in value])}{line}]"
    return _PLAIN(value)
