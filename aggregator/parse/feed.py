"""The door of the parse room: bytes -> ParsedFeed, by the lane that suits them.

JSON goes to `jsonfeed`, XML that is well-formed or nearly so to `express`, everything else to `tolerant`.
"""

from __future__ import annotations

import re
import zlib
from html import escape
from typing import Final

from aggregator.errors import ParseError
from aggregator.parse import express, jsonfeed, large, tolerant, xml
from aggregator.parse.encoding import Decoded, decode
from aggregator.records import ParsedFeed

BIG: Final = 4 << 20
MOST_ENTRIES_OF_BIG: Final = 1_000
MOST_ENTRIES: Final = 5_000
LARGEST: Final = 32 << 20

_END = re.compile(r"</(?:[\w.-]{1,40}:)?(?:rss|feed|rdf|channel)\s*>", re.IGNORECASE)
_USUAL_ENDS: Final = tuple(f"</{name}>{space}" for name in ("rss", "feed", "rdf:RDF") for space in ("", "\n"))
_TAIL = 4096  # caches write comments after the end
_XML_BASE = re.compile(r"b(?<=xml:b)ase")  # found by its rarest letter, for nearly no document has it
_PAGE = re.compile(r"<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)


def parse(body: bytes, *, url: str | None = None, content_type: str | None = None) -> ParsedFeed:
    """Read a feed of any format.

    `url` is where the body came from: relative links are resolved against it. `content_type` is the header as it
    came. Of a body over 4 MiB the newest 1,000 entries are kept, of a smaller one 5,000; `left_out` counts the
    others. Raises ParseError (`html`, `not_feed` or `limit`) and nothing else, whatever the bytes are.
    """
    body = _unpacked(body)
    decoded = decode(body, content_type)
    text = decoded.text.lstrip("\ufeff \t\r\n")
    if not text:
        raise ParseError("not_feed", "empty document")
    most = MOST_ENTRIES_OF_BIG if len(body) > BIG else MOST_ENTRIES
    is_json = text[0] in "{["
    feed = jsonfeed.read(text, url, most) if is_json else _read_xml(decoded, url, most)
    cut = not is_json and not text.endswith(_USUAL_ENDS) and not _END.search(text[-_TAIL:])
    return feed._replace(
        encoding=decoded.encoding,
        wellformed=feed.wellformed and decoded.faithful,
        reason=feed.reason if decoded.faithful else f"{feed.reason}; its label or some of its bytes were wrong",
        cut=cut,
        half_entry=cut and _is_inside_an_entry(text),
    )


def identified(feed: ParsedFeed, url: str | None) -> ParsedFeed:
    """The feed as it is shown on its own: one that names no page is known by its address, one without a title by
    its link. What is published does without: an address may hold a token."""
    link = feed.link or feed.self_link or url
    return feed._replace(link=link, title=feed.title or (escape(link, quote=False) if link else None))


def _unpacked(body: bytes) -> bytes:
    """A document that is kept and served as a gzip file (RFC 1952); what turns out to be none stays as it is."""
    if not body.startswith(b"\x1f\x8b"):
        return body
    stream = zlib.decompressobj(31)
    try:
        unpacked = stream.decompress(body, LARGEST)
    except zlib.error:
        return body
    if stream.unconsumed_tail:
        raise ParseError("limit", f"a gzip file of more than {LARGEST >> 20} MiB")
    return unpacked or body


def _is_inside_an_entry(text: str) -> bool:
    """Whether a document that ends too early ends in the middle of its last entry."""
    return max(text.rfind("<item"), text.rfind("<entry")) > max(text.rfind("</item"), text.rfind("</entry"))


def _read_xml(decoded: Decoded, url: str | None, most: int) -> ParsedFeed:
    text = decoded.text.lstrip("\ufeff")
    document, left_out = _document(text, decoded.utf8, most)
    root = document.root
    if root is not None and express.is_feed(root):
        feed = express.read(root, url, most, scoped=_XML_BASE.search(document.text) is not None)
        reason = "well-formed XML" if document.wellformed else "XML that could be mended"
        return feed._replace(wellformed=document.wellformed, reason=reason, left_out=feed.left_out + left_out)
    name = xml.local_name(root) if root is not None else ""
    if name == "html" or _PAGE.match(text.lstrip()[:200]):
        raise ParseError("html", "an HTML page, not a feed")
    try:
        reason = "XML that could not be mended" if root is None else f"<{name[:40]}> is no root of RSS, RDF or Atom"
        feed = tolerant.read(document.text, url, most)
        return feed._replace(reason=reason, left_out=feed.left_out + left_out)
    except ParseError as error:
        if error.kind != "not_feed":
            raise
        if not name and _PAGE.search(text[:10_000]):
            raise ParseError("html", "an HTML page, not a feed") from None
        raise ParseError("not_feed", f"not a feed: an XML document <{name[:40]}>" if name else str(error)) from None


def _document(text: str, utf8: bytes | None, most: int) -> tuple[xml.Document, int]:
    """The document, and how many of its entries were left out: of a large one whose tags do not match, those after
    its first 4 Mi characters.
    """
    if len(text) <= BIG // 2:
        return xml.read(text, utf8), 0
    document, left_out = large.read(text, utf8, most)
    if document.root is None and (beginning := tolerant.beginning(document.text)):
        return xml.rebalanced(beginning[0]), beginning[1]
    return document, left_out
