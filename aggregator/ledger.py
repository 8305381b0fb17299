"""The digest ledger: when a digest is due, what it is called, where it stands. `sealing.py` makes it."""

from __future__ import annotations

import json
import uuid
from datetime import date, datetime, timedelta
from itertools import count

from aggregator.records import Config, MergedEntry, Series
from aggregator.store.digests import Sealed
from aggregator.store.sqlite import Store


def due(config: Config, series: Series, store: Store, now: datetime) -> date | None:
    """The local date of the digest that is due now, or None.

    A digest carries the date of the morning it is read; it is due at `at` when that date has none, so no date gets
    two whatever clocks and zones do. A series without any digest is due as soon as one pass has ended.
    """
    if store.meta("last_pass_at") is None:
        return None
    local = now.astimezone(config.timezone)
    today = local.date()
    if store.digests.newest(series.name) is None:
        return today
    ripe = local.time().replace(tzinfo=None) >= series.at and today.weekday() in series.days
    return today if ripe and store.digests.on(series.name, today) is None else None


def next_due(config: Config, series: Series, store: Store, now: datetime) -> datetime:
    """When the next digest of a series will be due, local time, if it is not due now.

    Days to come may have a digest already, when the clock was set back.
    """
    local = now.astimezone(config.timezone)
    days = (local.date() + timedelta(days=number) for number in count())
    moments = (datetime.combine(day, series.at, config.timezone) for day in days if day.weekday() in series.days)
    return next(m for m in moments if m > local and store.digests.on(series.name, m.date()) is None)


def ripens(config: Config, series: Series, store: Store, now: datetime) -> datetime | None:
    """The moment `at` of the digest that is due, else of the next; None for the very first, which waits for no hour."""
    day = due(config, series, store, now)
    if day is None:
        return next_due(config, series, store, now)
    if store.digests.newest(series.name) is None:
        return None
    return datetime.combine(day, series.at, config.timezone)


def entry_id(store: Store, series: str, day: date) -> str:
    """The id of a digest in the feed of digests: made of the feed's own id, so it never changes."""
    name = f"{store.meta('feed_id')}/digest/{series}/{day}"
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, name)}"


def folder(series: str) -> str:
    """Where the files of a series stand, relative to the output folder."""
    return f"digest/{series}/" if series else "digest/"


def address(config: Config, series: str, day: date) -> str:
    """Where readers find the page of a digest."""
    return f"{config.link}{folder(series)}{day}.html"


def as_entry(sealed: Sealed, store: Store, config: Config) -> MergedEntry:
    """A sealed digest as one entry of the feed of digests."""
    kept = json.loads(store.digests.file(sealed.key, "entry") or b"{}")
    link = address(config, sealed.series, sealed.day)
    return MergedEntry(
        id=entry_id(store, sealed.series, sealed.day),
        link=link,
        source=None,
        published=sealed.covers_to,
        updated=sealed.covers_to,
        language="en",
        **kept,
    )
