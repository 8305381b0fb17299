"""JSON with an indent, several times faster than the standard library, which has no C code for it."""

from __future__ import annotations

from json import JSONEncoder
from json.encoder import encode_basestring

_PLAIN = JSONEncoder(ensure_ascii=False).encode


def indented(value: object, indent: int) -> str:
    """What `json.dumps(value, ensure_ascii=False, indent=indent)` gives; the keys of objects are strings."""
    return _written(value, "\n", " " * indent)


def _written(value: object, line: str, indent: str) -> str:
    if isinstance(value, str):
        return encode_basestring(value)
    if isinstance(value, dict) and value:
        inner = line + indent
        pairs = [
            f"{inner}{encode_basestring(name)}: "
            f"{encode_basestring(one) if type(one) is str else _written(one, inner, indent)}"
            for name, one in value.items()
        ]
        return f"{{{','.join(pairs)}{line}}}"
    if isinstance(value, list | tuple) and value:
        inner = line + indent
        return f"[{','.join([inner + _written(one, inner, indent) for one in value])}{line}]"
    return _PLAIN(value)
