"""Bytes of a document -> its text, whatever label it carries.

Order of belief: byte-order mark, the charset of the Content-Type (RFC 7303 section 3.2), the XML declaration,
UTF-8, and then what the bytes look like. A label that the bytes refute is not believed. Labels mean what
browsers take them for (WHATWG Encoding Standard): iso-8859-1 is windows-1252, gb2312 is gb18030.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from itertools import islice
from typing import Final

_SAMPLE: Final = 1 << 16

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# The first character of a document without a mark is ASCII: where the zero bytes stand tells the encoding.
_WIDE: Final = (
    (re.compile(rb"[^\0]\0\0\0"), "utf-32-le"),
    (re.compile(rb"\0\0\0[^\0]"), "utf-32-be"),
    (re.compile(rb"[^\0]\0[^\0]\0"), "utf-16-le"),
    (re.compile(rb"\0[^\0]\0[^\0]"), "utf-16-be"),
)
_MEANT: Final = {
    "iso8859-1": "windows-1252",
    "latin-1": "windows-1252",
    "iso8859-9": "windows-1254",
    "iso8859-11": "windows-874",
    "tis-620": "windows-874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
}
_NAMES: Final = {
    "ascii": "us-ascii",
    "cp932": "shift_jis",
    "cp949": "euc-kr",
    "big5hkscs": "big5",
    "windows-874": "tis-620",
    "utf-16-le": "utf-16le",
    "utf-16-be": "utf-16be",
    "utf-32-le": "utf-32le",
    "utf-32-be": "utf-32be",
}
_REFUSED: Final = re.compile(
    r"idna|punycode|undefined|unicode.escape|mbcs|oem|charmap|palmos|base64|utf.?(?:7|16|32)\b", re.IGNORECASE
)

_DECLARATION = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']\s*([A-Za-z0-9._:-]{1,40})""")
_CHARSET = re.compile(r"""charset\s*=\s*["']?([A-Za-z0-9._:-]{1,40})""", re.IGNORECASE)
_LONE_BYTES = re.compile("[\udc80-\udcff]+")
# "é" that was taken for two Western characters, and the "â€" that quotation marks and dashes become
_TWICE_IN_UTF8 = re.compile(b"\xc3(?:[\x82-\x85]\xc2[\x80-\xbf]|\xa2\xe2\x82\xac)")
_WESTERN_RUN = re.compile("[\x80-\xff€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]+")
_WESTERN_AS_LATIN: Final = {
    ord(character): byte for byte in range(0x80, 0xA0) if (character := bytes([byte]).decode("windows-1252", "ignore"))
}
_WESTERN_BYTES: Final = codecs.charmap_build(
    "".join(bytes([byte]).decode("windows-1252", "ignore") or chr(byte) for byte in range(256))
)
# U+0085 is a line break; the five bytes that windows-1252 leaves out become its mark for them.
_C1 = re.compile("[\x80-\x84\x86-\x9f]")
_C1_IN_UTF8 = re.compile(b"\xc2[\x80-\x84\x86-\x9f]")

# What a guess may be: the bytes that ordinary text in it is made of (kana, common Han or Hangul, small letters),
# and which share of the bytes above ASCII they must have. The first that fits is taken.
_GUESSES: Final = (
    ("euc_jp", re.compile(rb"[\xa4\xa5][\xa1-\xfe]"), 0.25),
    ("cp932", re.compile(rb"[\x82\x83][\x40-\xf1]"), 0.25),
    ("cp949", re.compile(rb"[\xb0-\xc8][\xa1-\xfe]"), 0.85),
    ("big5hkscs", re.compile(rb"[\xa4-\xc6][\x40-\x7e\xa1-\xfe]"), 0.85),
    ("gb18030", re.compile(rb"[\xb0-\xd7][\xa1-\xfe]"), 0.75),
    ("windows-1255", re.compile(rb"(?<![\xc0-\xdf])[\xe0-\xfa]{2,}(?![\xfb-\xff])"), 0.95),
    ("windows-1251", re.compile(rb"[\xc0-\xff][\xe0-\xff]{2,}"), 0.7),
    ("koi8-r", re.compile(rb"[\xc0-\xff][\xc0-\xdf]{2,}"), 0.7),
)
_HIGH = re.compile(rb"[\x80-\xff]+")
_NOT_ASCII_RUN = re.compile(r"[^\x00-\x7f]+")  # found quickly, unlike the Western characters among them
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")


@dataclass(frozen=True, slots=True)
class Decoded:
    """The text without its mark; `faithful` is False when a label was wrong or bytes had to be replaced; `utf8` holds
    the bytes of a text that begins with "<", where they are at hand."""

    text: str
    encoding: str
    faithful: bool
    utf8: bytes | None = None


def decode(body: bytes, content_type: str | None = None) -> Decoded:
    """Decode `body`; never fails. C1 control characters become the windows-1252 characters that were meant."""
    decoded = _as_said(body, content_type) or _by_mark(body) or _by_label(body, content_type) or _by_looks(body)
    if decoded.text.isascii():
        return decoded
    text, utf8 = decoded.text, decoded.utf8
    if b"\xc3" in body and _TWICE_IN_UTF8.search(body):
        text, utf8 = _once(text)
    if decoded.encoding != "utf-8" or text is not decoded.text or _has_controls(body):
        text, utf8 = _without_controls(text, utf8)
    if text == decoded.text:
        return decoded
    return Decoded(text, decoded.encoding, False, utf8)


def _has_controls(utf8: bytes) -> bool:
    """Looking for one byte is quicker by far than looking for a pattern, and that in bytes than in text."""
    return b"\xc2" in utf8 and _C1_IN_UTF8.search(utf8) is not None


def _without_controls(text: str, utf8: bytes | None) -> tuple[str, bytes | None]:
    """C1 control characters as what windows-1252 has in their places."""
    if utf8 is None:
        return _C1.sub(lambda found: _western(found[0].encode("latin-1")), text), None
    if not _has_controls(utf8):
        return text, utf8
    utf8 = _C1_IN_UTF8.sub(lambda found: _western(found[0][1:]).encode(), utf8)
    return utf8.decode(), utf8


def _as_said(body: bytes, content_type: str | None) -> Decoded | None:
    """What nearly all documents are: UTF-8 without a mark, and nothing says otherwise."""
    if body[:1] != b"<" or body[1:2] == b"\0" or any(label.lower() != "utf-8" for label in _labels(body, content_type)):
        return None
    text = _strict(body, "utf-8")
    return None if text is None else Decoded(text, "utf-8", True, body)


def _once(text: str) -> tuple[str, bytes | None]:
    """A document that was encoded as UTF-8 twice: nine of ten runs of its Western characters are UTF-8 again.

    With the bytes of the text, where they are at hand.
    """
    sample = text[:_SAMPLE]
    if len(list(islice(_NOT_ASCII_RUN.finditer(sample), 3))) == 3 and (whole := _all_again(text)) is not None:
        return whole
    runs = [run for piece in sample.split("<") if not piece.isascii() for run in _WESTERN_RUN.findall(piece)]
    if sum(_again(run) != run for run in runs) < 0.9 * len(runs) or len(runs) < 3:
        return text, None
    pieces = text.split("<")  # most are ASCII, which shows at once
    mended = [one if one.isascii() else _WESTERN_RUN.sub(lambda run: _again(run[0]), one) for one in pieces]
    return "<".join(mended), None


def _all_again(text: str) -> tuple[str, bytes | None] | None:
    """The text decoded once more, in two passes over all of it; None unless every character that is not ASCII goes."""
    try:
        utf8 = codecs.charmap_encode(text, "strict", _WESTERN_BYTES)[0]
        return utf8.decode("utf-8"), utf8 if utf8[:1] == b"<" else None
    except UnicodeError:
        return None


def _again(run: str) -> str:
    try:
        return run.translate(_WESTERN_AS_LATIN).encode("latin-1").decode("utf-8")
    except UnicodeError:
        return run


def _by_mark(body: bytes) -> Decoded | None:
    for mark, encoding in _BOMS:
        if body.startswith(mark):
            if encoding == "utf-8":
                return _utf8(body[len(mark) :])
            text = body[len(mark) :].decode(encoding, "replace")
            return Decoded(text, _name(encoding), "\ufffd" not in text)
    for pattern, encoding in _WIDE:
        if pattern.match(body):
            text = body.decode(encoding, "replace")
            return Decoded(text, _name(encoding), "\ufffd" not in text)
    return None


def _by_label(body: bytes, content_type: str | None) -> Decoded | None:
    labels = _labels(body, content_type)
    utf8 = _strict(body, "utf-8")
    for position, label in enumerate([*labels, "utf-8"]):
        encoding = _codec(label)
        if encoding is None:
            continue
        if encoding.startswith(("windows-125", "iso8859")) and utf8 is not None and not body.isascii():
            return Decoded(utf8, "utf-8", False)  # such text is hardly ever valid UTF-8 by chance
        text = utf8 if encoding == "utf-8" else _strict(body, encoding)
        if text is not None:
            return Decoded(text, _name(encoding), position == 0)
    return None


def _labels(body: bytes, content_type: str | None) -> list[str]:
    header = _CHARSET.search(content_type or "")
    declaration = _DECLARATION.match(body)
    labels = [header[1]] if header else []
    return [*labels, declaration[1].decode("ascii")] if declaration else labels


def _by_looks(body: bytes) -> Decoded:
    """No label holds: UTF-8 with stray bytes in it, an encoding that makes ordinary text of it, or Western."""
    sample = body[:_SAMPLE]
    text = sample.decode("utf-8", "surrogateescape")
    stray = sum(len(run) for run in _LONE_BYTES.findall(text))
    if len(_NOT_ASCII.findall(text)) > 3 * stray:
        return _utf8(body)
    encoding = _guess(sample)
    decoded = _western(body) if encoding == "windows-1252" else body.decode(encoding, "replace")
    return Decoded(decoded, _name(encoding), False)


def _guess(sample: bytes) -> str:
    high = sum(len(run) for run in _HIGH.findall(sample))
    for encoding, ordinary, share in _GUESSES:
        fitting = sum(len(run) for run in ordinary.findall(sample))
        errors = sample.decode(encoding, "replace").count("\ufffd")
        if fitting >= share * high and errors <= high // 50:
            return encoding
    return "windows-1252"


def _utf8(body: bytes) -> Decoded:
    """UTF-8 in which stray bytes are taken for windows-1252, as browsers' users have come to expect."""
    if (text := _strict(body, "utf-8")) is not None:
        return Decoded(text, "utf-8", True, body if body[:1] == b"<" else None)
    text = body.decode("utf-8", "surrogateescape")
    mended = _LONE_BYTES.sub(lambda match: _western(match[0].encode("utf-8", "surrogateescape")), text)
    return Decoded(mended, "utf-8", False)


def _western(body: bytes) -> str:
    return body.decode("windows-1252", "replace")


def _strict(body: bytes, encoding: str) -> str | None:
    try:
        # The five bytes that windows-1252 leaves out are control characters in iso-8859-1: they go away.
        return body.decode(encoding, "ignore" if encoding == "windows-1252" else "strict")
    except (UnicodeError, ValueError):
        return None


def _codec(label: str) -> str | None:
    """The Python codec for a label; None for one that is unknown, no text or wide (that, the bytes tell)."""
    if _REFUSED.search(label):
        return None
    try:
        info = codecs.lookup(label)
    except (LookupError, ValueError):
        return None
    if not info._is_text_encoding:  # noqa: SLF001
        return None
    name = info.name.lower()
    if name.startswith("cp125"):
        return f"windows-{name[2:]}"
    return _MEANT.get(name, name)


def _name(encoding: str) -> str:
    """The name that IANA registers, in lower case."""
    return _NAMES.get(encoding, encoding)
