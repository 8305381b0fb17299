"""What is new in a feed since an older version of it: RFC 3229 with the instance manipulation `feed`.

A version is remembered by marks, eight bytes for each entry as it is written, so that an edited entry is new.
"""

from __future__ import annotations

from hashlib import blake2b

from lxml import etree

_ENTRY = "{http://www.w3.org/2005/Atom}entry"
_SIZE = 8


def marks(document: bytes) -> bytes:
    """What is remembered of a version (Atom or RSS 2.0): the marks of its entries; nothing of what is no XML."""
    return b"".join(_mark(entry) for entry in _entries(_parsed(document)))


def since(document: bytes, older: bytes) -> bytes | None:
    """The document without the entries whose marks are in `older`; None when that saves nothing.

    Everything else stays: what says who the feed is, its links, its tombstones.
    """
    known = {older[at : at + _SIZE] for at in range(0, len(older), _SIZE)}
    root = _parsed(document)
    seen = [entry for entry in _entries(root) if _mark(entry) in known]
    for entry in seen:
        parent = entry.getparent()
        if parent is not None:
            parent.remove(entry)
    return etree.tostring(root.getroottree(), encoding="UTF-8", xml_declaration=True) if seen else None


def _parsed(document: bytes) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
    try:
        return etree.fromstring(document, parser)
    except etree.XMLSyntaxError:  # not a file of ours: it has no entries
        return etree.Element("nothing")


def _entries(root: etree._Element) -> list[etree._Element]:
    return root.findall(_ENTRY) or root.findall("channel/item")


def _mark(entry: etree._Element) -> bytes:
    return blake2b(etree.tostring(entry, method="c14n", exclusive=True, with_tail=False), digest_size=_SIZE).digest()
