"""The archives of the merged feed, a file a month (RFC 5005, section 4): closed months stand, the open one grows."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from operator import itemgetter

from aggregator.batched import batched
from aggregator.entries.view import View
from aggregator.public.members import NEVER, Place, as_feed, place_of, related, standing
from aggregator.publish.pieces import Data, Opened, Piece, Spool
from aggregator.records import Config, StoredEntry
from aggregator.render.archive import Growth, led_back, moved_to, previous
from aggregator.render.feed import atom_entry, atom_parts
from aggregator.render.merged import Once, shown_entry
from aggregator.store.sqlite import Store

ARCHIVE_OPEN = "archive_open"
STYLE = "../feed.css"
LOOKS_BACK = 240  # months
_HEAD = 4096  # bytes, which hold the links of a document
_PAGE = 200  # groups that are read together


@dataclass(frozen=True, slots=True)
class Grown:
    """An archive as it stands, to be changed where entries were: `keys` changed, `accepted` was the last then."""

    document: Piece
    keys: frozenset[int]
    accepted: int


def newest_archive(config: Config, store: Store) -> str | None:
    """The address of the archive of the open month."""
    last = store.entries.last_accepted_at()
    return archive_url(config, last.date().replace(day=1)) if last else None


def archive_name(month: date) -> str:
    """The file of a month's archive; the name tells the month in order."""
    return f"archive/{month:%Y-%m}.atom.xml"


def archive_url(config: Config, month: date) -> str:
    """Where readers find it."""
    return f"{config.link}{archive_name(month)}"


def open_archive(files: Iterable[str]) -> str | None:
    """The name of the archive of the open month among the files of a publication."""
    return max((name for name in files if name.startswith("archive/")), default=None)


def archives(
    config: Config,
    store: Store,
    view: View,
    stands: Callable[[str], bool],
    grown: Mapping[str, Grown],
    *,
    shown: Iterable[Place] = (),
    once: Once | None = None,
) -> Iterator[tuple[str, Data]]:
    """Entries by the month of their acceptance, in full; a closed month is written once.

    Of those in the merged feed, `shown`, many are made already: `once` has them.

    A month is closed when a later one was published: what came in its last hours, and was accepted by a pass that
    did not live to publish it, is still written (`archive_open` in the store is the month that was open last).
    """
    last_open, places, once = store.meta(ARCHIVE_OPEN), {place.group: place for place in shown}, once or Once()
    months = list(_months(store.entries.first_accepted_at(), store.entries.last_accepted_at()))
    for number, month in enumerate(months):
        name, is_open = archive_name(month), number == len(months) - 1
        is_closed = last_open is None or name < last_open
        if not is_open and is_closed and stands(name):
            continue
        earlier = months[number - 1] if number else _standing_before(month, stands)
        before = archive_url(config, earlier) if earlier else None
        known = grown.get(name) if is_open else None
        yield (
            name,
            (known and _changed(known, config, month, store, view))
            or _made(config, month, before, store, view, known=places, once=once),
        )


def mended(config: Config, store: Store) -> dict[str, Data]:
    """The archives that stand and whose links lead astray, with the right ones; their entries keep their bytes.

    To where the site was before `link` in feeds.yaml changed, or back to an archive that is gone, of a time that the
    store does not know: then to the newest older one there is. Whoever walks them would else be led to the old site,
    or to no end.
    """
    there = sorted((config.output / "archive").glob("????-??.atom.xml"))
    first, last = store.entries.first_accepted_at(), store.entries.last_accepted_at()
    known = {f"archive/{path.name}" for path in there}.union(map(archive_name, _months(first, last)))
    found: dict[str, Data] = {}
    for path in there:
        with contextlib.suppress(OSError):
            file = Opened.at(path)
            name, head = f"archive/{path.name}", b"".join(file.piece(0, _HEAD).blocks())
            right = moved_to(head, config.link) or head
            if (before := previous(right)) and before not in known:
                right = led_back(right, max((one for one in known if one < name), default=None))
            if right != head:
                found[name] = (right, file.piece(len(head)))
    return found


def _months(first: datetime | None, last: datetime | None) -> Iterator[date]:
    """The months (UTC) from the first acceptance to the newest, which is the open one, whatever is hidden now."""
    if first is None or last is None:
        return
    month, newest = first.date().replace(day=1), last.date().replace(day=1)
    while month <= newest:
        yield month
        month = (month + timedelta(days=32)).replace(day=1)


def _standing_before(month: date, stands: Callable[[str], bool]) -> date | None:
    """The newest older month whose archive is there, of a store that was lost and could not read it back."""
    for _ in range(LOOKS_BACK):
        month = (month - timedelta(days=1)).replace(day=1)
        if stands(archive_name(month)):
            return month
    return None


def _span(month: date) -> tuple[datetime, datetime]:
    start = datetime(month.year, month.month, 1, tzinfo=UTC)
    return start, (start + timedelta(days=32)).replace(day=1)


def _spool(config: Config) -> Spool:
    """Where the entries of an archive in the making are put: a month of many sources is too much to be held."""
    return Spool((config.output / archive_name(NEVER)).parent)


def _made(
    config: Config,
    month: date,
    before: str | None,
    store: Store,
    view: View,
    *,
    known: Mapping[int, Place],
    once: Once,
) -> Data:
    """The archive, made of one entry after the other and then put in order."""
    spool, updated = _spool(config), NEVER
    written: list[tuple[datetime, int, Piece]] = []
    for place in standing(store.days.accepted_keys(*_span(month)), known, store, view):
        written.append((place.entry.published, place.accepted, spool.put(once.fleeting(place.entry, atom_entry))))
        updated = max(updated, place.changed_at)
    written.sort(key=itemgetter(0, 1), reverse=True)
    feed = as_feed(config, store.meta("feed_id") or "", [], archive_url(config, month))
    current = f"{config.link}atom.xml"
    feed = replace(feed, updated=updated, hub=None, style=STYLE, current_url=current, prev_archive=before)
    return atom_parts(feed, (fragment for _, _, fragment in written))


def _changed(known: Grown, config: Config, month: date, store: Store, view: View) -> Data | None:
    """The archive with what is new and what was edited; None where its order may differ, and it is to be made anew."""
    growth, spool = Growth[Piece](), _spool(config)
    changed = store.touched.groups(known.keys)
    mates = (store.stories.mates(page) for page in batched(sorted(changed), _PAGE))  # which link to what changed
    for page in batched(sorted(changed.union(*(those for some in mates for those in some.values()))), _PAGE):
        groups = store.entries.by_groups(page)
        links = related(groups, store, view)
        for key, group in groups.items():
            _note(growth, group, place_of(group, links.get(key, ()), view), known, month, spool)
    try:
        parts = growth.of(known.document.blocks())
    except OSError:  # the disk does not give back what stands
        return None
    if parts is None:
        return None
    return tuple(known.document.part(one) if isinstance(one, slice) else one for one in parts)


def _note(
    growth: Growth[Piece], group: Sequence[StoredEntry], place: Place | None, known: Grown, month: date, spool: Spool
) -> None:
    """What becomes of one group in the archive of a month."""
    start, end = _span(month)
    if place is None or not start <= place.accepted_at < end:
        if group:
            growth.leave_out(group[0].id)
        return
    fragment = spool.put(atom_entry(shown_entry(place.entry, "")))
    if place.accepted > known.accepted:
        growth.add(place.entry, place.accepted, place.changed_at, fragment)
    else:
        growth.exchange(place.entry, place.changed_at, fragment, alone=len(group) == 1)
