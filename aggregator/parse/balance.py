"""Tags that do not match -> tags that do: for documents that were cut off or pasted together carelessly."""

from __future__ import annotations

import re
from typing import Final

DEEPEST: Final = 256

_TOKEN = re.compile(
    r"(?P<cdata><!\[CDATA\[.*?(?:(?P<done>\]\]>)|\Z))|<!--.*?(?:-->|\Z)|<\?.*?(?:\?>|\Z)"
    r"|</(?P<end>[A-Za-z_][\w:.-]*)[^<>]*>"
    r"|<(?P<start>[A-Za-z_][\w:.-]*)(?:[^<>\"'/]|\"[^\"<]*\"|'[^'<]*'|/(?!>))*(?P<empty>/?)>",
    re.DOTALL,
)
_ENTRIES: Final = frozenset({"item", "entry"})


def balanced(text: str) -> str | None:
    """The text with its missing end tags put in and its stray ones left out; None when it nests too deeply.

    An end tag closes everything that was opened since its start tag; an entry ends where the next one begins.
    """
    pieces: list[str] = []
    still_open: list[str] = []
    position = 0
    for token in _TOKEN.finditer(text):
        pieces.append(text[position : token.start()])
        position = token.end()
        if token["end"]:
            pieces += _close(still_open, token["end"])
        elif token["start"]:
            name = token["start"]
            if name in _ENTRIES:
                pieces += _close(still_open, name)
            if not token["empty"]:
                still_open.append(name)
            if len(still_open) > DEEPEST:
                return None
            pieces.append(token[0])
        elif token["cdata"]:
            pieces.append(token[0] if token["done"] else f"{token[0]}]]>")
    pieces.append(text[position:].partition("<")[0])
    pieces += [f"</{name}>" for name in reversed(still_open)]
    return "".join(pieces)


def _close(still_open: list[str], name: str) -> list[str]:
    """The end tags down to that of `name`; none when it is not open."""
    if name not in still_open:
        return []
    closing = []
    while still_open:
        closing.append(still_open.pop())
        if closing[-1] == name:
            break
    return [f"</{one}>" for one in closing]
