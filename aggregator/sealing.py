"""Sealing a digest: each accepted entry in exactly one digest of a series.

A seal is one durable transaction that gives the digest every accepted entry that no digest of its series owns, and
stores the bytes of its files. Files are copies of the stored bytes, written afterwards and again whenever asked.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cache

from aggregator.batched import batched
from aggregator.digest.compose import compose, rank
from aggregator.digest.day import Day
from aggregator.digest.introduction import paragraphs
from aggregator.digest.rank import Scored
from aggregator.digest.threads import ENOUGH, Dated
from aggregator.entries.gaps import in_words as gap_words
from aggregator.entries.stories import MOST_DAYS
from aggregator.entries.terms import links_in
from aggregator.entries.view import View
from aggregator.ledger import address, entry_id
from aggregator.polling.outages import offline_between
from aggregator.records import (
    Config,
    Digest,
    FailedSource,
    Missed,
    Series,
    SilentSource,
    SourceHealth,
    StoredEntry,
)
from aggregator.render import digest as render
from aggregator.render.site import Site
from aggregator.store.digests import Sealed
from aggregator.store.sqlite import Store

_MOST_RECENT = 2000  # entries that a digest is compared with
_PAGE = 200
FIRST_LOOKS_BACK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Pen:
    """What writing a digest needs besides the store: the view, and the health of the sources at that moment.

    `run` gives what a command of the user's says to some bytes, or in words why nothing; without it none is run.
    """

    config: Config
    view: View
    health: tuple[SourceHealth, ...]
    run: Callable[[str, bytes], bytes | str] | None = None


def write(series: Series, day: date, store: Store, pen: Pen, now: datetime) -> tuple[Digest, list[int]]:
    """Compose the digest of `day` from what its series does not own yet; with the keys of what it will own."""
    made_of, keys = _day(series, day, store, pen, now)
    return compose(made_of, pen.view), keys


def scores(series: Series, store: Store, pen: Pen, now: datetime) -> list[tuple[Scored, str]]:
    """The table behind the next digest: every candidate with its terms and its source, best first."""
    day, _ = _day(series, now.date(), store, pen, now)
    return [(one, pen.view.title(one.stored.source_key)) for one in rank(day, pen.view)]


def _day(series: Series, day: date, store: Store, pen: Pen, now: datetime) -> tuple[Day, list[int]]:
    """What the digest is made of, and the keys of all that it will own."""
    newest = store.digests.newest(series.name)
    before = store.digests.before(series.name, day)
    start = newest.covers_to if newest else None
    end = max(now, start) if start else now
    looked_at = [row for row in pen.health if row.last_success_at is not None or row.failures]
    entries, keys = _unsealed(series, store)
    telling = store.texts.of_many(entries)
    made_of = Day(
        series=series,
        date=day,
        covers_from=start,
        covers_to=end,
        entries=entries,
        further_backlog=len(keys) - len(entries),
        held=store.entries.held(start, dropped=True),
        groups=_groups(entries, store),
        was_shown=lambda stored: pen.view.is_shown(stored) and store.digests.owner(series.name, stored.key) is not None,
        failed=tuple(FailedSource(row.url, row.title, row.error or "failed") for row in pen.health if row.failures),
        silent=tuple(SilentSource(row.title, row.silence or "silent") for row in pen.health if row.state == "silent"),
        missed=tuple(_missed(store, pen, start, end)),
        sources=tuple(row.title for row in looked_at),
        previous=before.day if before else None,
        recent=_recent(series, day, store),
        news=store.entries.published_between,
        began=store.entries.first_accepted_at(),
        text=lambda stored: telling(stored, full=pen.view.full_text(stored.source_key)),
        said=telling,
        offline=offline_between(
            start or end - FIRST_LOOKS_BACK, end, since=store.meta("offline_since"), kept=store.meta("outages")
        ),
    )
    return made_of, keys


def _unsealed(series: Series, store: Store) -> tuple[list[StoredEntry], list[int]]:
    """What no digest of a series owns, without what no digest reads of it, and the keys of it all.

    Of backlog a digest reads the first entries only: the first pass over many sources brings more than fits.
    """
    waiting = store.entries.unsealed(series.name)
    told = [key for place, (key, standing) in enumerate(waiting) if standing != "backlog" or place < ENOUGH]
    return list(store.digests.read(told, links_in)), [key for key, _ in waiting]


def _recent(series: Series, day: date, store: Store) -> list[Dated]:
    """What the digests of the last 14 days told, each with the date of its digest."""
    told = store.digests.told(series.name, day - timedelta(days=MOST_DAYS), most=_MOST_RECENT)
    entries = store.digests.read((key for _, key in told), links_in)
    return [(on, stored) for (on, _), stored in zip(told, entries, strict=True)]


def _groups(entries: Sequence[StoredEntry], store: Store) -> Callable[[int], Sequence[StoredEntry]]:
    """The members of a group by its key: those of the groups of these entries are read at once."""
    known: dict[int, Sequence[StoredEntry]] = {}
    news = [stored for stored in entries if stored.standing != "backlog"]
    for some in batched(news, _PAGE):
        known |= store.entries.groups(some)
    read = cache(store.entries.members)
    return lambda group: known[group] if group in known else read(group)


def _missed(store: Store, pen: Pen, start: datetime | None, end: datetime) -> Iterator[Missed]:
    """The gaps of this time that could not be filled, of sources that are in the file."""
    for gap in store.gaps.lost(start, end):
        source = pen.view.source(gap.source_key)
        words = gap_words(gap, pen.config.timezone, source.every) if source else None
        if words:
            yield Missed(pen.view.title(gap.source_key), words)


def seal(series: Series, day: date, store: Store, pen: Pen, now: datetime) -> Sealed:
    """Seal the digest of `day` in one durable transaction: its entries, its bytes, to whom it is owed by mail, and
    which entries it tells as one story, so that they link to each other in the merged feed."""
    introduction, note = introduced(series, day, store, pen, now)
    with store.transaction(durable=True):
        digest, keys = write(series, day, store, pen, now)
        digest = replace(digest, introduction=introduction)
        sealed = Sealed(
            0, series.name, day, digest.covers_from, digest.covers_to, digest.counts.shown, digest.reading_time_s, note
        )
        mailed = _mailed(digest, pen.config) if series.mail_to else {}
        store.digests.seal(sealed, keys, files(digest, pen.config, store) | mailed, now)
        store.deliveries.owe(series.name, day, series.mail_to, now)
        for groups in digest.threads if not series.name else ():  # a further series knows a part of the news
            store.stories.tell(groups)
    return sealed


def introduced(series: Series, day: date, store: Store, pen: Pen, now: datetime) -> tuple[tuple[str, ...], str | None]:
    """What the command of the series says to the digest of `day`, and what went wrong: then the digest goes without.

    Asked before the seal begins, so that no other process waits for it.
    """
    if series.introduction is None or pen.run is None:
        return (), None
    said = pen.run(series.introduction, render.json(write(series, day, store, pen, now)[0]))
    try:
        if not isinstance(said, str):
            return paragraphs(said), None
    except ValueError as error:
        said = f"{series.introduction.split()[0]}: {error}"
    return (), f"introduction: {said}; the digest goes without"


def files(digest: Digest, config: Config, store: Store) -> dict[str, bytes]:
    """The bytes of a digest by kind: html, md, txt, json, epub if asked, and `entry` for the feed of digests."""
    site, link = Site.of(config), address(config, digest.series, digest.date)
    name = entry_id(store, digest.series, digest.date)
    entry = render.as_merged_entry(digest, id=name, link=link, site=site)
    kept = {"title": entry.title, "excerpt": entry.excerpt, "content": entry.content}
    made = {
        "html": render.html(digest, site=site),
        "md": render.markdown(digest),
        "txt": render.text(digest),
        "json": render.json(digest),
        "entry": json.dumps(kept, ensure_ascii=False).encode("utf-8", "replace"),
    }
    if digest.epub:
        from aggregator.render.epub import epub  # noqa: PLC0415 (most ask for none, and it packs archives)

        made["epub"] = epub(digest, id=name, site=site)
    return made


def _mailed(digest: Digest, config: Config) -> dict[str, bytes]:
    """The bytes of a digest as a letter."""
    from aggregator.render import mail  # noqa: PLC0415 (as above)

    return {"mail": mail.html(digest, site=Site.of(config))}
