"""What stands in `public/`, read back: all that is left of what was announced when the store is lost.

Only our own files are read, as the program wrote them; what cannot be read is left out. Their markup is sanitized
again, because others may have written to that folder.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aggregator.records import FORGOTTEN, Enclosure, Entry, Tombstone
from aggregator.store.rows import pack_entry, unpack_entry
from aggregator.urls import canonical

if TYPE_CHECKING:
    from lxml import etree

_ATOM = "{http://www.w3.org/2005/Atom}"
_DELETED = "{http://purl.org/atompub/tombstones/1.0}deleted-entry"
_COMMENT = "{http://purl.org/atompub/tombstones/1.0}comment"
_ARCHIVES = "????-??.atom.xml"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_CREDIT = "<p><small>From "
_NOT_TOLD = ("duplicate", "quarantined")  # stands under the id of its group; was only counted


@dataclass(frozen=True, slots=True)
class Told:
    """An entry as it was published: `id` in the merged feed, its source's address (None: private), title and site.

    `entry.guid` is the id again, for the publisher's is not told; the entry is held as the store keeps it, for all that
    ever was published may be here. `month` is that of its archive, (year, month); `changed` is `updated` in the feed;
    `place` counts from the top of its document.
    """

    id: str
    packed: bytes
    published: datetime
    changed: datetime
    source_url: str | None = None
    source_title: str = ""
    source_site: str | None = None
    month: tuple[int, int] | None = None
    place: int = 0

    @property
    def entry(self) -> Entry:
        """What it says."""
        return unpack_entry(self.packed)


@dataclass(frozen=True, slots=True)
class Issue:
    """A digest as it was published: its day, what it covers, the bytes of its files, the ids of its entries.

    `lines` are the entries that it names, as far as it tells of them.
    """

    day: date
    covers_from: datetime | None
    covers_to: datetime
    shown: int
    reading_time_s: int
    files: dict[str, bytes]
    lines: tuple[Told, ...]


# --- the merged feed -----------------------------------------------------------------------------------------


def has_feed(root: Path) -> bool:
    """Whether a merged feed was published here, or an archive of it."""
    return (root / "atom.xml").is_file() or any((root / "archive").glob(_ARCHIVES))


def merged_feed(root: Path) -> list[Told]:
    """Every entry of the archives and the merged feed, each once, by month; what an archive holds is fuller."""
    found: dict[str, Told] = {}
    for path in (*sorted((root / "archive").glob(_ARCHIVES)), root / "atom.xml"):
        month = _month(path.name)
        for place, element in enumerate(_elements(path, f"{_ATOM}entry")):
            told = _told(element, month, place)
            if told is not None and (told.id not in found or month is not None):
                found[told.id] = told
    return list(found.values())


def stories(root: Path) -> Iterator[tuple[str, ...]]:
    """The addresses of entries that are one story: of each that links to others of its story, and of these."""
    for path in (*sorted((root / "archive").glob(_ARCHIVES)), root / "atom.xml"):
        for element in _elements(path, f"{_ATOM}entry"):
            links = [(each.get("rel"), each.get("href", "")) for each in element.iterchildren(f"{_ATOM}link")]
            if related := [href for rel, href in links if rel == "related"]:
                yield (*(href for rel, href in links if rel == "alternate"), *related)


def shown(root: Path) -> frozenset[str]:
    """The ids in the merged feed; none where the document is not whole, for then it says nothing of what is missing."""
    from lxml import etree  # noqa: PLC0415 (10 ms, for who has lost a store)

    try:
        document = etree.parse(root / "atom.xml", etree.XMLParser(resolve_entities=False, no_network=True))
    except (OSError, etree.XMLSyntaxError):
        return frozenset()
    return frozenset(_text(element, "id") for element in document.getroot().iterchildren(f"{_ATOM}entry"))


def withdrawn(root: Path) -> dict[str, Tombstone]:
    """The tombstones in the merged feed (RFC 6721) by id."""
    rows = (
        (each.get("ref", ""), _moment(each.get("when")), each.findtext(_COMMENT) == FORGOTTEN)
        for each in _elements(root / "atom.xml", _DELETED)
    )
    return {name: Tombstone(name, when, forgotten) for name, when, forgotten in rows if name and when}


def _elements(path: Path, tag: str) -> Iterator[etree._Element]:
    """The children of a document's root, of which one is held at a time; of a file that is cut those that are whole."""
    from lxml import etree  # noqa: PLC0415 (as above)

    try:
        with path.open("rb") as file:
            found = etree.iterparse(
                file, tag=tag, resolve_entities=False, no_network=True, recover=True, huge_tree=True
            )
            for _, element in found:
                root = element.getparent()
                if root is None or root.getparent() is not None:
                    continue
                yield element
                element.clear()
                while element.getprevious() is not None:
                    del root[0]
    except (OSError, etree.XMLSyntaxError):
        return


def _month(name: str) -> tuple[int, int] | None:
    year, _, rest = name.partition("-")
    return (int(year), int(rest[:2])) if year.isdigit() and rest[:2].isdigit() and 1 <= int(rest[:2]) <= 12 else None


def _told(element: etree._Element, month: tuple[int, int] | None, place: int) -> Told | None:
    name, published = _text(element, "id"), _moment(_text(element, "published"))
    if not name.startswith("urn:uuid:") or published is None:
        return None
    source = element.find(f"{_ATOM}source")
    title = "" if source is None else _text(source, "title")
    return Told(
        id=name,
        packed=pack_entry(_entry(element, name, title, published)),
        published=published,
        changed=_moment(_text(element, "updated")) or published,
        source_url=None if source is None else _link(source, "self"),
        source_title=title,
        source_site=None if source is None else _link(source, "alternate"),
        month=month,
        place=place,
    )


def _entry(element: etree._Element, name: str, source_title: str, published: datetime) -> Entry:
    from aggregator.html import safe_html, text_of  # noqa: PLC0415 (every start asks whether there is something to read)

    link, author = _link(element, "alternate"), _text(element.find(f"{_ATOM}author"), "name")
    content = safe_html(_text(element, "content").rpartition(_CREDIT)[0])  # the line that names the source is ours
    return Entry(
        guid=name,
        canonical_url=canonical(link) if link else None,
        link=link,
        title=_text(element, "title"),
        summary="",
        content=content,
        text=text_of(content) or _text(element, "summary"),
        author=None if author == source_title else author or None,
        published=published,
        language=element.get(_LANG),
        categories=tuple(each.get("term", "") for each in element.iterchildren(f"{_ATOM}category")),
        enclosures=tuple(
            Enclosure(each.get("href", ""), each.get("type"), _number(each.get("length")))
            for each in element.iterchildren(f"{_ATOM}link")
            if each.get("rel") == "enclosure"
        ),
    )


def _text(parent: etree._Element | None, name: str) -> str:
    return "" if parent is None else (parent.findtext(f"{_ATOM}{name}") or "").strip()


def _link(parent: etree._Element, rel: str) -> str | None:
    return next((each.get("href") for each in parent.iterchildren(f"{_ATOM}link") if each.get("rel") == rel), None)


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdigit() else None


def _moment(text: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment and moment.tzinfo else None


# --- digests -------------------------------------------------------------------------------------------------


def days(folder: Path) -> list[date]:
    """The dates of the digests that stand in a folder, oldest first."""
    found = []
    for path in sorted(folder.glob("????-??-??.json")):
        try:
            found.append(date.fromisoformat(path.name.removesuffix(".json")))
        except ValueError:
            continue
    return found


def issues(folder: Path) -> list[Issue]:
    """The digests of a series, oldest first; one that cannot be read is left out."""
    entries = {_link(each, "alternate"): _told_of(each) for each in _elements(folder / "atom.xml", f"{_ATOM}entry")}
    by_day = {str(link).rpartition("/")[2].removesuffix(".html"): told for link, told in entries.items()}
    found = (_issue(folder, day, by_day.get(day.isoformat(), {})) for day in days(folder))
    return [issue for issue in found if issue is not None]


def _told_of(element: etree._Element) -> dict[str, str]:
    """How the feed of digests tells of one."""
    return {
        "title": _text(element, "title"),
        "excerpt": _text(element, "summary"),
        "content": _text(element, "content"),
    }


def _issue(folder: Path, day: date, told: Mapping[str, str]) -> Issue | None:
    try:
        kinds = ["html", "md", "txt", "json"] + ["epub"] * (folder / f"{day}.epub").is_file()
        files = {kind: (folder / f"{day}.{kind}").read_bytes() for kind in kinds}
        data = json.loads(files["json"])
        covers_to = _moment(data["covers"]["to"])
        if covers_to is None or data["date"] != day.isoformat():
            return None
        title = told.get("title") or day.isoformat()
        entry = {"title": title, "excerpt": told.get("excerpt", ""), "content": told.get("content", "")}
        return Issue(
            day,
            _moment(data["covers"]["from"]),
            covers_to,
            int(data["shown"]),
            int(data["reading_time_s"]),
            files | {"entry": json.dumps(entry, ensure_ascii=False).encode("utf-8", "replace")},
            tuple(_lines(data, covers_to)),
        )
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return None


def _lines(data: Mapping[str, Any], covers_to: datetime) -> Iterator[Told]:
    rows = [row for story in data["stories"] for row in story["entries"]] + data["also"]
    rows += [row for row in data["not_shown"] if not str(row["why"]).startswith(_NOT_TOLD)]
    for row in rows:
        published = _moment(row.get("published")) or covers_to
        link, title = row["link"], str(row["title"])
        entry = Entry(row["id"], canonical(link) if link else None, link, title, "", "", title, published=published)
        yield Told(row["id"], pack_entry(entry), published, published, None, str(row["source"]))
