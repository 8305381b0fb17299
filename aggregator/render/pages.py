"""The static pages beside the digest: river, days, calendar, and those with one thing to say."""

from __future__ import annotations

from calendar import Calendar
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import groupby
from urllib.parse import urlsplit

from aggregator.records import LocalDate, MergedEntry, MergedFeed
from aggregator.render.site import Site, page, static
from aggregator.render.words import WEEKDAYS, count, long_date

Issue = tuple[LocalDate, int, int]
"""One digest in the calendar: its date, its reading time in minutes, its entries shown."""

RIVER_LENGTH = 200
IN_FULL = 400  # entries of a page that have their excerpts; of a larger day each is a line or two


# --- river and days ------------------------------------------------------------------------------------------


def river(
    feed: MergedFeed,
    *,
    site: Site,
    digest: LocalDate | None = None,
    tags: Mapping[str, str] | None = None,
    pages: Collection[LocalDate] = (),
) -> bytes:
    """The page `index.html`: the newest 200 entries by day of the site's zone, newest first.

    `digest` is the date of the newest digest, if there is one; `tags` maps a tag to its folder under `tags/`; `pages`
    are the days that have a page of their own.
    """
    newest_first = sorted(feed.entries, key=_when, reverse=True)
    entries, left_out = newest_first[:RIVER_LENGTH], max(0, len(newest_first) - RIVER_LENGTH)
    older = max((on for on in pages if not entries or on < _local(entries[-1], site)), default=None)
    values = {"digest": digest, "left_out": left_out, "pages": pages, "previous": older, "heading": None}
    return _river(feed, entries, site, "", folders=tags or {}, **values)


def day(
    feed: MergedFeed,
    on: LocalDate,
    *,
    site: Site,
    previous: LocalDate | None = None,
    following: LocalDate | None = None,
    tags: Mapping[str, str] | None = None,
) -> bytes:
    """The page `day/YYYY-MM-DD.html`: the entries of `feed` published on one day, with links to its neighbours."""
    entries = sorted((one for one in feed.entries if _local(one, site) == on), key=_when, reverse=True)
    values = {"previous": previous, "following": following, "heading": long_date(on)}
    return _river(feed, entries, site, "../", folders=tags or {}, **values)


def _river(feed: MergedFeed, entries: Sequence[MergedEntry], site: Site, root: str, **values: object) -> bytes:
    days = [(on, list(those)) for on, those in groupby(entries, key=lambda one: _local(one, site))]
    missing: dict[str, object] = {"digest": None, "left_out": 0, "pages": (), "previous": None, "following": None}
    known = {**missing, "feed": feed, "days": days, "shown": len(entries), "copies": _copies, **values}
    newest = max((entry.published for entry in entries), default=None)
    return page("river.html", site, root, in_full=len(entries) <= IN_FULL, newest=newest, **known)


def _when(entry: MergedEntry) -> datetime:
    return entry.published


def _local(entry: MergedEntry, site: Site) -> LocalDate:
    return entry.published.astimezone(site.timezone).date()


def _copies(entry: MergedEntry) -> list[tuple[str, str | None]]:
    return [(copy.source.title, copy.link) for copy in entry.copies]


# --- calendar ------------------------------------------------------------------------------------------------


def calendar(
    title: str, issues: Sequence[Issue], *, site: Site, series: str = "", every_series: Sequence[str] = ()
) -> bytes:
    """The page `digest/index.html` (`digest/NAME/index.html` for a named series): months, the newest first.

    It leads to the calendars of `every_series` but its own.
    """
    newest_first = sorted(issues, reverse=True)
    by_month = groupby(newest_first, key=lambda issue: issue[0].replace(day=1))
    months = [(first, list(_weeks(first, list(those)))) for first, those in by_month]
    root = "../../" if series else "../"
    others = [
        (name or "daily", f"{root}digest/{name}/index.html" if name else f"{root}digest/index.html")
        for name in every_series
        if name != series
    ]
    values = {"title": title, "issues": newest_first, "months": months, "weekdays": WEEKDAYS, "others": others}
    return page("calendar.html", site, root, told=_told, short=_short, **values)


def _weeks(first: date, issues: Sequence[Issue]) -> Iterator[list[tuple[date | None, Issue | None]]]:
    """The weeks of a month, Monday first; a day of a neighbouring month is None."""
    by_date = {issue[0]: issue for issue in issues}
    for week in Calendar().monthdatescalendar(first.year, first.month):
        yield [(on, by_date.get(on)) if on.month == first.month else (None, None) for on in week]


def _told(issue: Issue) -> str:
    _, minutes, shown = issue
    return f"{count(minutes, 'minute', 'minutes')}, {count(shown, 'entry', 'entries')}" if shown else "no news"


def _short(issue: Issue) -> str:
    return f"{issue[1]} min" if issue[2] else "quiet"


def latest(digest_page: bytes) -> bytes:
    """The page `digest/latest.html`: the newest digest's own bytes, whose links hold in the same folder."""
    return digest_page


# --- pages with one thing to say -----------------------------------------------------------------------------


def progress(done: int, total: int, read: Sequence[str], *, site: Site) -> bytes:
    """What `/` shows during the very first pass, fresh each second; `read` are titles, the newest last."""
    lines = (
        "As soon as all are read, the first digest is written: the last seven days, in the minutes you gave it.",
        "This page then turns into the river of all entries by itself.",
        "A source that is slow or broken does not hold up the others.",
    )
    heading = f"Reading your {count(total, 'source', 'sources')} for the first time"
    return _message(site, "", heading, lines, refresh=1, done=done, total=total, read=tuple(reversed(read[-3:])))


def offline(*, site: Site) -> bytes:
    """What `/` shows while nothing was read yet because the network is away."""
    lines = (
        "None of your sources could be reached, which is more likely your connection than all of them.",
        "Nothing is held against any source, and this page turns into the river by itself.",
    )
    return _message(site, "", "You seem to be offline; trying again every minute", lines, refresh=10)


def not_found(*, site: Site, root: str | None = None) -> bytes:
    """The page `404.html`, which stands in for any address, so its links are from the host's root.

    `root` is where the site begins on its host: by default the path of `site.link`.
    """
    start = root if root is not None else urlsplit(site.link).path.rstrip("/") + "/"
    return _message(site, start, "There is no such page", ("What you are looking for may be here:",), home=True)


def _message(site: Site, root: str, heading: str, lines: Sequence[str], **values: object) -> bytes:
    missing: dict[str, object] = {"refresh": None, "done": 0, "total": 0, "read": (), "home": False}
    return page("message.html", site, root, **{**missing, "heading": heading, "lines": lines, **values})


def style(site: Site | None = None) -> bytes:
    """The file `style.css`, the user's own if the site has one."""
    return static("style.css", site.templates if site else None)


def feed_style(site: Site | None = None) -> bytes:
    """The file `feed.css`, which makes the feeds readable in a browser, the user's own if the site has one."""
    return static("feed.css", site.templates if site else None)


def script(site: Site | None = None) -> bytes:
    """The file `river.js`, the one script of the pages, the user's own if the site has one."""
    return static("river.js", site.templates if site else None)


def favicon(site: Site | None = None) -> bytes:
    """The file `favicon.svg`, the user's own if the site has one."""
    return static("favicon.svg", site.templates if site else None)
