"""Which pages of days, and that of the year, still show what the store holds, so that they are not made again.

A page is made of the entries of its day, of the words that their sources repeat (left out of excerpts), and of what
stands around them: its neighbours, the folders of tags. The first two are asked of the store, the last is its frame.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime, time, timedelta, tzinfo

from aggregator.entries.view import View
from aggregator.records import LocalDate
from aggregator.store.sqlite import Store

Frame = tuple[str, bool]
"""What a page was made under beside its entries, and whether it shows excerpts of them."""


class Paged:
    """The pages of days as the last publication left them, by date (`before`), and what changed since: entries by
    key. `now` is what this publication leaves."""

    def __init__(self, before: Mapping[str, Frame], changed: Collection[int]) -> None:
        self.now: dict[str, Frame] = {}
        self._before, self._changed = before, changed

    def current(self, store: Store, zone: tzinfo) -> dict[LocalDate, Frame]:
        """The pages that would be the same again under their frames."""
        if not self._before:
            return {}
        known = {date.fromisoformat(on): (frame, tells) for on, (frame, tells) in self._before.items()}
        sources, moments = store.days.touched(self._changed)
        touched = {moment.astimezone(zone).date() for moment in moments}
        left = {on: frame for on, frame in known.items() if on not in touched}
        told = {on: store.days.sources(*span(on, zone)) & sources for on, (_, tells) in left.items() if tells}
        others = store.texts.relearned(frozenset[int]().union(*told.values()))
        return {on: frame for on, frame in left.items() if not told.get(on, frozenset()) & others}

    def keep(self, on: LocalDate, frame: Frame) -> None:
        """The page of a day stands now, made under this frame."""
        self.now[on.isoformat()] = frame


def span(on: LocalDate, zone: tzinfo) -> tuple[datetime, datetime]:
    """The beginning of a local day and that of the next."""
    return datetime.combine(on, time(), zone), datetime.combine(on + timedelta(days=1), time(), zone)


def year_as_of(store: Store, view: View) -> str | None:
    """What `trends.html` is made for: the newest day with news, and what was withdrawn lately; None without news."""
    newest = store.entries.last_accepted_at()
    if newest is None:
        return None
    today = newest.astimezone(view.config.timezone).date()
    return f"{today} {len(store.days.withdrawn(view.midnight - timedelta(days=30)))}"
