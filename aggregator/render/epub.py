"""The digest as a book for e-readers: EPUB 3 (W3C, "EPUB 3.3"), one chapter, no script, nothing from elsewhere.

The bytes depend on the digest alone: members are stored as they are and carry one fixed date, so that no version of
a compressor and no clock has a part in them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from lxml import etree

from aggregator.errors import PublishError
from aggregator.records import Digest
from aggregator.render import issue
from aggregator.render.merged import legal, stamp
from aggregator.render.site import Site, rendered, static, web_link
from aggregator.render.words import covers, long_date
from aggregator.urls import absolute

MEDIA_TYPE = "application/epub+zip"
_CONTAINER = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container" version="1.0"><rootfiles>'
    '<rootfile full-path="EPUB/book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>\n'
)
_NO_DATE = (1980, 1, 1, 0, 0, 0)  # the earliest that ZIP can say
_CREATED_ON_UNIX = 3


@dataclass(frozen=True, slots=True)
class Place:
    """A line of the table of contents; `inner` are the stories of a section."""

    anchor: str
    title: str
    inner: tuple[Place, ...] = ()


def epub(digest: Digest, *, id: str, site: Site) -> bytes:
    """The file `digest/YYYY-MM-DD.epub`; `id` is that of the digest in the feed of digests.

    Raises PublishError if a template of the user's makes no well-formed XML.
    """
    digest = legal(digest)
    title = " ".join(f"{digest.title} {digest.series}".split()) + f", {long_date(digest.date)}"
    values = {
        "digest": digest,
        "id": id,
        "title": title,
        "places": tuple(_places(digest)),
        "modified": stamp(digest.covers_to),
        "way": _way,
        **_chapter(digest),
    }
    files = {"META-INF/container.xml": _CONTAINER.encode()}
    for name, template in (
        ("book.opf", "book.opf"), ("nav.xhtml", "book_nav.xhtml"), ("digest.xhtml", "book.xhtml"),
        ("toc.ncx", "book.ncx"),
    ):  # fmt: skip
        files[f"EPUB/{name}"] = _well_formed(rendered(template, site.templates, **values), template)
    return _zipped(files | {"EPUB/book.css": static("book.css", site.templates)})


def _chapter(digest: Digest) -> dict[str, object]:
    numbers = {id(story): f"story-{number}" for number, story in enumerate(digest.stories, 1)}
    return {
        "anchor": lambda story: numbers[id(story)],
        "covers": covers(digest),
        **issue.told(digest),
    }


def _places(digest: Digest) -> Iterator[Place]:
    """The table of contents, in reading order: lead stories, sections with theirs, what stands below the line."""
    stories = [Place(f"story-{number}", story.title or "Untitled") for number, story in enumerate(digest.stories, 1)]
    if not stories:
        yield Place("today", issue.THE_END)
    yield from stories[: len(digest.leads)]
    taken = len(digest.leads)
    for number, (name, told) in enumerate([section for section in digest.sections if section[1]], 1):
        yield Place(f"topic-{number}", issue.heading(name), tuple(stories[taken : taken + len(told)]))
        taken += len(told)
    if issue.rest(digest):
        yield Place("rest", "Everything else")
    if digest.lenses:
        yield Place("balance", "The balance")
    yield Place("account", "The account")


def _way(link: str | None) -> str | None:
    """The link as ASCII (RFC 3986), which is what checkers of books ask for; None where there is none to follow."""
    good = web_link(link)
    return absolute(None, good) if good else None


def _well_formed(text: str, template: str) -> bytes:
    """The document, which begins with its declaration."""
    data = text.strip().encode("utf-8", "replace") + b"\n"
    try:
        etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True))
    except etree.XMLSyntaxError as error:
        raise PublishError(
            f"publish: templates/{template}: no well-formed XML: {error.msg}; the last good output stays"
        ) from error
    return data


def _zipped(files: dict[str, bytes]) -> bytes:
    """The members as an OCF container (EPUB 3.3, section 4.2): the media type first, and bare."""
    out = BytesIO()
    with ZipFile(out, "w", ZIP_STORED) as archive:
        for name, data in {"mimetype": MEDIA_TYPE.encode(), **files}.items():
            member = ZipInfo(name, _NO_DATE)
            member.create_system = _CREATED_ON_UNIX
            member.external_attr = 0o100644 << 16
            archive.writestr(member, data)
    return out.getvalue()
