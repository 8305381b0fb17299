"""References in a document made absolute, alone and inside HTML, against xml:base or the feed's address.

Sources: RFC 3986 section 5, XML Base sections 3 and 4.
"""

from __future__ import annotations

import re
from html import escape, unescape
from typing import Final
from urllib.parse import urljoin, urlsplit

from aggregator.parse.xml import Element

XML_BASE: Final = "{http://www.w3.org/XML/1998/namespace}base"

_TAG = re.compile(r"<[A-Za-z][^<>]*>")
_REFERENCE = re.compile(
    r"""(\s(?:href|src|cite|poster|longdesc|background|action|data)\s*=\s*)(["'])([^"'<>]*)\2""", re.IGNORECASE
)
# Found by its equals sign, for nearly all of a page is something else.
_RELATIVE = re.compile(
    r"""=(?:(?<=\s=)|(?<=href=)|(?<=src=)|(?<=cite=)|(?<=poster=)|(?<=longdesc=)|(?<=background=)|(?<=action=)"""
    r"""|(?<=data=))\s*["'](?!https?://)""",
    re.IGNORECASE,
)
_ABSOLUTE = re.compile(r"https?://[A-Za-z0-9.-]{1,255}(?::\d{1,5})?(?:[/?#][!-~]*)?")
# A path without dots, for which there is nothing to be worked out.
_ROOTED = re.compile(r"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+/?(?:\?[A-Za-z0-9._~=&-]+)?")
_SITE = re.compile(r"https?://[a-z0-9.-]{1,255}(?::\d{1,5})?(?=[/?#]|\Z)")
_BREAKS = re.compile(r"[\r\n\t]+")


class Bases:
    """Resolves references: against xml:base where there is one (XML Base section 4), else against the feed's.

    `scoped` says that there may be one somewhere; `inside` an element, what is above it is looked at once only.
    """

    __slots__ = ("_default", "_element", "_own", "scoped")

    def __init__(self, default: str | None, *, scoped: bool) -> None:
        self.scoped = scoped
        self._default = default
        self._element: Element | None = None
        self._own: str | None = None

    def inside(self, element: Element) -> Bases:
        """The same for what stands in `element`."""
        if not self.scoped:
            return self
        inner = Bases(self._default, scoped=True)
        inner._own, inner._element = self.own(element), element
        return inner

    def own(self, element: Element) -> str | None:
        """The base that xml:base attributes give an element; None without one."""
        if not self.scoped:
            return None
        chain: list[str] = []
        node: Element | None = element
        while node is not None and node is not self._element:
            if base := node.get(XML_BASE):
                chain.append(base)
            node = node.getparent()
        if not chain:
            return self._own
        own = self._own or self._default
        for reference in reversed(chain):
            own = resolve(own, reference)
        return own

    def url(self, element: Element, reference: str | None) -> str | None:
        """A reference that stands in an element, made absolute; an empty one means the xml:base itself."""
        if reference and _ABSOLUTE.fullmatch(reference):
            return reference
        if not self.scoped and reference:
            return resolve(self._default, reference)
        if reference == "":
            return self.own(element)
        return resolve(self.own(element) or self._default, reference)


def resolve(base: str | None, reference: str | None) -> str | None:
    """RFC 3986 section 5; None for what is no URL. White space within is what line wrapping left."""
    reference = (reference or "").strip()
    if _ABSOLUTE.fullmatch(reference):
        return reference
    if base and _ROOTED.fullmatch(reference) and (site := _SITE.match(base)):
        return site[0] + reference
    reference = _BREAKS.sub("", reference)
    if not reference:
        return None
    try:
        urlsplit(reference)
        return urljoin(base, reference) if base else reference
    except ValueError:
        return None


def is_permalink(guid: str | None) -> bool:
    """Whether a guid can be the address of a page: a web address, or a path on the feed's site."""
    return is_web(guid) or (guid or "").startswith("/")


def document_base(url: str | None, site: str | None) -> str | None:
    """What relative references of a feed are relative to: its address (RFC 3986 section 5.1.3).

    A feed that a proxy serves from another host is relative to its site.
    """
    if not is_web(site):
        return url
    return url if url and _host(url) == _host(site) else site


def _host(url: str | None) -> str:
    return (url or "").lower().partition("://")[2].partition("/")[0].removeprefix("www.")


def resolve_all(base: str, html: str) -> str:
    """HTML with the references in its tags made absolute."""
    if not _RELATIVE.search(html):
        return html
    return _TAG.sub(lambda tag: _REFERENCE.sub(lambda found: _absolute(base, found), tag[0]), html)


def _absolute(base: str, found: re.Match[str]) -> str:
    mark = found[2]
    if is_web(found[3]):
        return found[0]
    url = resolve(base, unescape(found[3]))
    return f"{found[1]}{mark}{escape(url).replace('&#x27;', '&#39;')}{mark}" if url else found[0]


def is_web(url: str | None) -> bool:
    """An absolute http or https URL."""
    return bool(url) and str(url)[:8].lower().startswith(("http://", "https://"))
