"""What can be wrong with a YAML file before its content is: its bytes and its punctuation, said in plain words."""

from __future__ import annotations

import re

from aggregator.errors import ConfigError, Problem

MAX_BYTES = 10 * 1024 * 1024

Place = tuple[int, int]
"""Line and column, from 1."""

_BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_CONFLICT = re.compile(r"^(?:<{7}|>{7}|\|{7})(?= |\r?$)", re.MULTILINE)
_MIDDLE = re.compile(r"^={7}(?=\r?$)", re.MULTILINE)
_INVISIBLE = re.compile("[\x85\u2028\u2029]")
_OTHER_KINDS = (
    (
        re.compile(r"\s*(?:<\?xml[^>]*>\s*)?<opml\b", re.IGNORECASE),
        "this is an OPML file; `aggregator import FILE` reads it",
    ),
    (
        re.compile(r"\s*<(?:!doctype html|html|head|body)\b", re.IGNORECASE),
        "this is a web page, not the file of your sources",
    ),
    (re.compile(r"\s*<(?:\?xml|rss|feed)\b", re.IGNORECASE), "this is XML, not the file of your sources"),
)
_TAG_DIRECTIVE = re.compile(r"^%TAG\b", re.MULTILINE)
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_TAB_INDENT = re.compile(r" *\t")

_MISFIT = (
    "this does not fit what stands before it; check the indentation, and that a value which begins with a quote, "
    "[ or { ends where that is closed, or stands in quotes as a whole"
)
# What the parser says (in either of its two builds) -> where it is better said to be, and what was meant.
_MEANINGS = (
    ("tab character", "at", "a tab stands where YAML wants spaces"),
    ("mapping values are not allowed", "at",
     "a second `: ` on this line, or a line that is indented too far; put a value that holds `: ` in quotes"),
    ("sequence entries are not allowed", "at", "a list begins on a line of its own: put `- ` on the next line"),
    ("found unexpected end of stream", "began", "this quote is never closed; is the file half saved?"),
    ("unexpected document indicator", "began", "this quote is never closed; is the file half saved?"),
    ("',' or ']'", "began", "this `[` is never closed, or a comma is missing inside it; is the file half saved?"),
    ("',' or '}'", "began", "this `{` is never closed, or a comma is missing inside it; is the file half saved?"),
    ("could not find expected ':'", "began", "a `key: value` was expected on this line; is the colon missing?"),
    ("alphabetic or numeric", "began", "a text that begins with `*` or `&` must stand in quotes"),
    ("unknown escape", "at",
     "in double quotes a backslash begins an escape, and YAML does not know this one; use single quotes instead"),
    ("comment or line break", "at", "after `|` or `>` the text begins on the next line"),
    ("chomping or indentation", "at", "after `|` or `>` the text begins on the next line"),
    ("node content", "at", "a value was expected here"),
    ("document start", "at", "this does not belong to what stands above; check the indentation"),
    ("'-' indicator", "at", "this is not in line with the list above; check the indentation, or begin it with `- `"),
    ("expected key", "at", _MISFIT),
    ("block end", "at", _MISFIT),
)  # fmt: skip


def decode(data: bytes, file: str) -> str:
    """The text of a YAML file, without byte order mark.

    Raises ConfigError where it is too large, not UTF-8, damaged, or holds an unresolved merge.
    """
    if len(data) > MAX_BYTES:
        raise ConfigError(Problem(file, 0, 0, f"larger than {MAX_BYTES // 1024 // 1024} MB; is it the right file?"))
    if data.startswith(_UTF16):
        raise ConfigError(Problem(file, 0, 0, "this file is UTF-16; save it as UTF-8"))
    try:
        text = data.removeprefix(_BOM).decode()
    except UnicodeDecodeError as error:
        raise ConfigError(_not_utf8(error, file)) from None
    if found := _UNPRINTABLE.search(text):
        what = "NUL byte" if found[0] == "\0" else f"control character (U+{ord(found[0]):04X})"
        raise ConfigError(_at(text, found.start(), file, f"a {what} stands here: the file is damaged or half saved"))
    if found := _CONFLICT.search(text):
        raise ConfigError(_at(text, found.start(), file, f"`{found[0]}`: a merge was not resolved here; keep one side"))
    if found := _INVISIBLE.search(text):
        said = f"an invisible line break (U+{ord(found[0]):04X}) stands here; write a space"
        raise ConfigError(_at(text, found.start(), file, said))
    for form, said in _OTHER_KINDS:
        if form.match(text):
            raise ConfigError(Problem(file, 1, 1, said))
    if found := _TAG_DIRECTIVE.search(text):
        raise ConfigError(_at(text, found.start(), file, "tags (`%TAG`) are not read"))
    return text


def explain(said: str, places: tuple[Place, Place], text: str, file: str, quote: tuple[Place, int] | None) -> Problem:
    """What the parser `said`, as a Problem; `places` are where it stumbled and where the spoilt part begins.

    `quote` is the last text in quotes before that, where it goes over several lines: its beginning, its last line.
    """
    at, began = places
    lines = text.splitlines()
    line = lines[at[0] - 1] if at[0] <= len(lines) else ""
    if _TAB_INDENT.match(line):
        return Problem(file, at[0], line.index("\t") + 1, "a tab indents this line; YAML wants spaces")
    if found := _MIDDLE.search(text):
        return _at(text, found.start(), file, f"`{found[0]}`: a merge was not resolved here; keep one side")
    if quote and quote[1] == at[0]:
        said = f"this quote ends only on line {at[0]}; is its end missing on line {quote[0][0]}?"
        return Problem(file, *quote[0], said)
    return Problem(file, *_meaning(said, at, began, line, at_end=at[0] > len(lines)))


def _meaning(said: str, at: Place, began: Place, line: str, *, at_end: bool) -> tuple[int, int, str]:
    """Line, column and words for what the parser said."""
    if at_end and "node content" in said:
        return (*at, "the file ends where a value was expected; is it half saved?")
    if "cannot start any token" in said:
        return (*at, f'a value cannot begin with "{line[at[1] - 1 : at[1]]}"; put it in quotes')
    for fragment, where, meaning in _MEANINGS:
        if fragment in said:
            return (*(at if where == "at" else began), meaning)
    return (*at, f"this is not YAML: {said}")


def _not_utf8(error: UnicodeDecodeError, file: str) -> Problem:
    before = error.object[: error.start].decode()
    byte = error.object[error.start]
    guess = bytes([byte]).decode("cp1252", "replace")
    message = f"this byte (0x{byte:02X}, `{guess}` in Windows-1252) is not UTF-8; save the file as UTF-8"
    return _at(before, len(before), file, message)


def _at(text: str, index: int, file: str, message: str) -> Problem:
    start = text.rfind("\n", 0, index) + 1
    return Problem(file, text.count("\n", 0, index) + 1, index - start + 1, message)
