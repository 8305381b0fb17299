"""What all three forms of the merged feed show alike: every value as it is written, whatever strangers sent."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime
from functools import cache, lru_cache
from html import escape
from typing import TypeVar, cast

from aggregator.html import excerpt, is_printable, text_of_safe
from aggregator.records import Attribution, Copy, Enclosure, MergedEntry, MergedFeed, Related

UNKNOWN_TYPE = "application/octet-stream"

_UNTITLED = "Untitled"
_ABSTRACT_WORDS = 60
_TITLE_FROM_TEXT = 80  # characters of an untitled entry's text that stand as its title
_SOURCES = 1024  # of which it is known how they are written: an entry follows others of its source

# XML 1.0 section 2.2 allows these; the C1 controls (except NEL) it allows and discourages, nobody means them.
# Told by what is in it: the set of all others takes 5 ms to compile.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,8}")
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,127}/[A-Za-z0-9!#$&^_.+-]{1,127}")
# A table of our own: the one of `mimetypes` reads the machine's files, and bytes would differ between machines.
_TYPE_BY_SUFFIX = {
    "mp3": "audio/mpeg", "m4a": "audio/mp4", "ogg": "audio/ogg", "opus": "audio/ogg", "wav": "audio/wav",
    "mp4": "video/mp4", "m4v": "video/mp4", "webm": "video/webm", "mov": "video/quicktime",
    "jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png", "gif": "image/gif", "webp": "image/webp",
    "pdf": "application/pdf", "epub": "application/epub+zip",
}  # fmt: skip

_T = TypeVar("_T")


class Once:
    """What one publication has made of its entries, so that no document makes it again; for one title of feed."""

    def __init__(self) -> None:
        self._shown: dict[int, tuple[MergedEntry, MergedEntry]] = {}
        self._written: dict[int, tuple[MergedEntry, bytes]] = {}

    def shown(self, entry: MergedEntry, feed_title: str) -> MergedEntry:
        """The entry as it is written; the same record gives the same one again."""
        if entry.source is None:  # it is named after its feed
            return shown_entry(entry, feed_title)
        if id(entry) not in self._shown:
            self._shown[id(entry)] = entry, shown_entry(entry, feed_title)
        return self._shown[id(entry)][1]

    def written(self, entry: MergedEntry, write: Callable[[MergedEntry], bytes]) -> bytes:
        """What `write`, always the same one, makes of an entry that `shown` returned."""
        if id(entry) not in self._written:
            self._written[id(entry)] = entry, write(entry)  # kept beside it, so that no other takes its `id`
        return self._written[id(entry)][1]

    def fleeting(self, entry: MergedEntry, write: Callable[[MergedEntry], bytes]) -> bytes:
        """The same of an entry that `shown` may have met, or not: then nothing of it is kept."""
        if id(entry) in self._shown:
            return self.written(self._shown[id(entry)][1], write)
        return write(shown_entry(entry, ""))


def shown(feed: MergedFeed, once: Once | None = None) -> MergedFeed:
    """The feed with every value as it is written in all forms.

    Text is legal XML; titles and authors are never empty (RFC 4287 wants both); URLs of strangers are http(s) or
    gone; `content` ends with the line that names the source; `excerpt` is there only beside a content, as plain
    text: of the publisher's own summary where there is one; `summary` is empty; `categories` are the
    tags, then the publisher's, each once.
    """
    once = once or Once()
    head = legal(replace(feed, entries=()))
    entries = tuple(once.shown(entry, head.title) for entry in feed.entries)
    return replace(head, title=_line(head.title) or _UNTITLED, entries=entries)


def shown_entry(entry: MergedEntry, feed_title: str) -> MergedEntry:
    """An entry as all forms write it (see `shown`). One of the feed's own (a digest) has no source, and no credit."""
    entry = entry if is_printable(_all_text(entry)) else legal(entry)
    named = _shown_source(entry.source) if entry.source else None
    source = named and Attribution(named.title, named.site, named.feed_url, named.id, named.updated or entry.updated)
    copies = tuple(Copy(_shown_source(copy.source), _web(copy.link)) for copy in entry.copies)
    content = entry.content.strip()
    summary = entry.summary.strip()
    return MergedEntry(
        id=entry.id,
        title=_line(entry.title) or _line(entry.excerpt)[:_TITLE_FROM_TEXT].strip() or _UNTITLED,
        link=_web(entry.link),
        source=source,
        published=entry.published,
        updated=entry.updated,
        author=_line(entry.author or "") or (source.title if source else _line(feed_title)) or _UNTITLED,
        summary="",
        content=(content or summary or _paragraphs(entry.excerpt)) + (_credit(source, copies) if source else ""),
        excerpt=_line(_abstract(entry, content, summary)) if content else "",
        language=_language(entry.language),
        tags=entry.tags,
        categories=_each_once(entry.tags + entry.categories),
        enclosures=tuple(map(_shown_enclosure, filter(_is_on_the_web, entry.enclosures))),
        image=_web(entry.image),
        copies=copies,
        related=tuple(filter(None, map(_shown_related, entry.related))),
    )


def _all_text(entry: MergedEntry) -> str:
    """All that strangers wrote in an entry, to be looked at once; what is not legal is rare."""
    texts = [entry.id, entry.title, entry.link, entry.author, entry.summary, entry.content, entry.excerpt]
    texts += [entry.language, entry.image, *entry.tags, *entry.categories]
    for copy in entry.copies:
        texts += [copy.link, *_texts_of(copy.source)]
    for other in entry.related:
        texts += [other.id, other.title, other.link, other.source]
    for one in entry.enclosures:
        texts += [one.url, one.type]
    return "".join(filter(None, (*texts, *(_texts_of(entry.source) if entry.source else ()))))


def _texts_of(source: Attribution) -> tuple[str | None, ...]:
    return source.title, source.site, source.feed_url, source.id


def _abstract(entry: MergedEntry, content: str, summary: str) -> str:
    """A few plain words for lists: those of the publisher's own summary, else the first ones."""
    own = excerpt(text_of_safe(summary), _ABSTRACT_WORDS) if summary not in {"", content} else ""
    return own or entry.excerpt


@lru_cache(maxsize=_SOURCES)
def _shown_source(source: Attribution) -> Attribution:
    """A private source (no feed_url) is named by its title and id alone: its site may tell a secret as well."""
    title = _line(source.title) or _UNTITLED
    if source.feed_url is None:
        return Attribution(title, id=source.id, updated=source.updated)
    return replace(source, title=title, site=_web(source.site), id=source.id or source.feed_url)


def _shown_related(one: Related) -> Related | None:
    """None where it has no address."""
    link = _web(one.link)
    return replace(one, title=_line(one.title) or _UNTITLED, link=link, source=_line(one.source)) if link else None


def _credit(source: Attribution, copies: tuple[Copy, ...]) -> str:
    """The visible line that names the sources, for readers that do not show atom:source."""
    also = ", ".join(_anchor(copy.source.title, copy.link) for copy in copies)
    return f"<p><small>From {_anchor(source.title, source.site)}{'. Also at: ' if also else ''}{also}</small></p>"


@lru_cache(maxsize=_SOURCES)
def _anchor(text: str, url: str | None) -> str:
    return f'<a href="{escape(url)}">{escape(text)}</a>' if url else escape(text)


def _paragraphs(text: str) -> str:
    return "".join(f"<p>{escape(part)}</p>" for part in map(_line, text.split("\n\n")) if part)


def legal(value: _T) -> _T:
    """The value without characters that XML cannot carry, records and tuples all the way down.

    One of them would otherwise make lxml refuse the whole feed, and a lone surrogate cannot be encoded at all.
    """
    if isinstance(value, str):
        return cast("_T", value if is_printable(value) else _ILLEGAL.sub("", value))
    if isinstance(value, tuple):
        return cast("_T", tuple(map(legal, value)))
    if is_dataclass(value) and not isinstance(value, type):
        given = ((name, old) for name in _names(type(value)) if (old := getattr(value, name)))
        changed = {name: new for name, old in given if (new := legal(old)) != old}
        return cast("_T", replace(value, **changed)) if changed else value
    return value


@cache
def _names(record: type) -> tuple[str, ...]:
    """The fields of a record that can hold text."""
    return tuple(field.name for field in fields(record) if field.type not in ("datetime", "datetime | None"))


def _line(text: str) -> str:
    return " ".join(text.split())


def _web(url: str | None) -> str | None:
    """The URL if a reader may be sent there: never `javascript:` or `data:`, whoever wrote it."""
    url = (url or "").strip()
    return url if url.lower().startswith(("http://", "https://")) else None


def _is_on_the_web(enclosure: Enclosure) -> bool:
    return _web(enclosure.url) is not None


def _shown_enclosure(enclosure: Enclosure) -> Enclosure:
    given = (enclosure.type or "").partition(";")[0].strip().lower()
    suffix = enclosure.url.partition("?")[0].rpartition(".")[2].lower()
    media_type = given if _MEDIA_TYPE.fullmatch(given) else _TYPE_BY_SUFFIX.get(suffix)
    length = enclosure.length if enclosure.length and enclosure.length > 0 else None
    return Enclosure(enclosure.url.strip(), media_type, length)


def _language(tag: str | None) -> str | None:
    """A language tag in the shape of BCP 47, or None: `xml:lang` with anything else is an error."""
    tag = (tag or "").strip().replace("_", "-")
    return tag if _LANGUAGE.fullmatch(tag) else None


def _each_once(terms: Iterable[str]) -> tuple[str, ...]:
    once: dict[str, str] = {}
    for term in filter(None, map(_line, terms)):
        once.setdefault(term.casefold(), term)
    return tuple(once.values())


def second(moment: datetime) -> datetime:
    """The moment in UTC to the second, as every time in the outputs."""
    return moment.astimezone(UTC).replace(microsecond=0)


def stamp(moment: datetime) -> str:
    """The moment as `2026-03-14T07:00:00Z`."""
    return f"{moment.astimezone(UTC).isoformat(timespec='seconds')[:19]}Z"
