"""Text of an XML document -> an lxml tree that cannot reach the network, the disk or a DTD.

The DOCTYPE is cut off before anything reads it, so there are no entities to expand and nothing to fetch. What
common carelessness breaks (control characters, bare ampersands, HTML entities, text around the root, tags that do
not match) is mended here; a document that is broken otherwise has no tree and is left to the tolerant reader.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from html.entities import html5
from typing import Any, Final

from lxml import etree

from aggregator.parse.balance import balanced

Element = etree._Element  # noqa: SLF001 (lxml has no public name for the type)

OPTIONS: Final[Mapping[str, Any]] = {
    "encoding": "utf-8",
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "huge_tree": False,
    "remove_comments": True,
    "remove_pis": True,
}
"""How lxml reads strangers' documents: nothing is expanded and nothing is fetched."""
_EXPANDABLE: Final = 4 << 20
_WORDS_OF_XML: Final = frozenset({"amp", "lt", "gt", "quot", "apos"})

_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]+")
_PROLOG = re.compile(r"(?:\s|<\?.*?\?>|<!--.*?-->)*", re.DOTALL)
_DOCTYPE = re.compile(r"<!DOCTYPE\b[^>\[]*(?:\[(?P<subset>.*?)\]\s*)?>", re.DOTALL | re.IGNORECASE)
_ENTITY = re.compile(r"""<!ENTITY\s+([\w.-]{1,64})\s+(?:"([^"<&%]{0,64})"|'([^'<&%]{0,64})')\s*>""")
_MENDABLE = re.compile(
    r"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)"
    r"|&(?:\#(?P<number>[0-9]{1,7}|[xX][0-9a-fA-F]{1,6});?|(?P<name>[A-Za-z][\w.-]{1,63});)?"
    r"|<(?![A-Za-z/!?_])|\]\]>",
    re.DOTALL,
)
_HUGE_VALUE = re.compile(r"""=\s?(?:"[^"<]{1000000,}"|'[^'<]{1000000,}')""")
_START = re.compile(r"<(?:\?xml\s|(?:[A-Za-z]+:)?(?:rss|feed|rdf|channel)\b)", re.IGNORECASE)
_END = re.compile(r"</(?:[A-Za-z]+:)?(?:rss|feed|rdf)\s*>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Document:
    """What was read: `root` is None when no tree could be made; `text` is safe for any other reader."""

    root: Element | None
    text: str
    wellformed: bool


def read(text: str, utf8: bytes | None = None) -> Document:
    """Read a document; never fails. `wellformed` says that nothing had to be mended or tolerated.

    `utf8` is the same as bytes, if they are at hand.
    """
    document = mended(text, utf8, _tree)
    return rebalanced(document.text) if document.root is None else document


def rebalanced(text: str) -> Document:
    """The tree of a text whose tags do not match, when they are made to."""
    whole = balanced(text)
    return Document(None if whole is None else _tree(whole.encode("utf-8", "replace"))[0], text, False)


def mended(text: str, utf8: bytes | None, tree: Callable[[bytes], tuple[Element | None, bool]]) -> Document:
    """What `tree` makes (a root, and whether nothing was wrong) of a document as it is, else of one that is mended
    character by character; its tags stay as they are.
    """
    start = text.lstrip()
    safe, entities = without_doctype(start)
    root, exact = tree(utf8 if utf8 is not None and safe is text else safe.encode("utf-8", "replace"))
    if root is not None:
        return Document(root, safe, exact and _begins_well(text, start))
    mended_text = _mend(legal(safe), entities)
    return Document(tree(mended_text.encode("utf-8", "replace"))[0], mended_text, False)


def _begins_well(text: str, start: str) -> bool:
    """Whether the white space that was taken off its `start` may be there: nothing stands before an XML declaration."""
    return len(start) == len(text) or not start.startswith("<?xml")


def legal(text: str) -> str:
    """The text without the characters that XML 1.0 section 2.2 rules out."""
    return _ILLEGAL.sub("", text)


def without_doctype(text: str) -> tuple[str, dict[str, str]]:
    """The text without its DOCTYPE, and the entities which that declares for a few plain characters."""
    prolog = _PROLOG.match(text)
    doctype = _DOCTYPE.match(text, prolog.end() if prolog else 0)
    if not doctype:
        return text, {}
    declared = _ENTITY.findall(doctype["subset"] or "") if len(text) < _EXPANDABLE else ()
    entities = {name: double or single for name, double, single in declared}
    return text[: doctype.start()] + text[doctype.end() :], entities


def _mend(text: str, entities: Mapping[str, str]) -> str:
    """Escape what cannot be markup, write entities as characters, cut off what stands around the root.

    libxml2 takes no attribute of 10 MB; none of 1 MB says anything that an entry needs.
    """
    start = _START.search(text)
    ends = list(_END.finditer(text, max(0, len(text) - 100_000)))
    body = text[start.start() if start else 0 : ends[-1].end() if ends else len(text)]
    return _MENDABLE.sub(lambda match: _mended(match, entities), _HUGE_VALUE.sub('=""', body))


def _mended(match: re.Match[str], entities: Mapping[str, str]) -> str:
    found, name, number = match[0], match["name"], match["number"]
    if found.startswith("<!") or name in _WORDS_OF_XML:
        return found
    if number:
        code = int(number[1:], 16) if number[0] in "xX" else int(number)
        return f"&#{code};" if _is_legal(code) else ""
    if name and (character := entities.get(name) or html5.get(f"{name};")):
        return escape(character, quote=False)
    return escape(found, quote=False)


def _is_legal(code: int) -> bool:
    return code in (9, 10, 13) or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or 0x10000 <= code <= 0x10FFFF


def _tree(data: bytes) -> tuple[Element | None, bool]:
    """The root and whether nothing was wrong; a prefix that is not declared is the one thing tolerated here."""
    parser = _parser()
    try:
        return etree.fromstring(data, parser), True
    except etree.XMLSyntaxError:
        if is_only_undeclared(parser.error_log):
            return etree.fromstring(data, _parser(recover=True)), False
        return None, False


def is_only_undeclared(log: etree._ListErrorLog) -> bool:
    """Whether all that a parser complained of is prefixes that are not declared.

    `log` is the parser's own: that of the exception is of the whole thread.
    """
    return {entry.domain for entry in log} == {etree.ErrorDomains.NAMESPACE}


def _parser(*, recover: bool = False) -> etree.XMLParser:
    return etree.XMLParser(recover=recover, **OPTIONS)


def local_name(element: Element) -> str:
    """The name of an element without its namespace, in lower case."""
    return str(element.tag).rpartition("}")[2].lower()
