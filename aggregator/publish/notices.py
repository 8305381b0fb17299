"""What `notify` tells: that a source broke, that nothing succeeds any more, and that it is well again; once each.

One failure is no news. A source is told of when it has failed for a day, and at once when it is gone or held. What is
known to be wrong, since when, and whether it was told is remembered in the store.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from aggregator.fetch.client import Wire
from aggregator.fetch.post import post_body
from aggregator.publish.notify import Notice, notify
from aggregator.records import Config, SourceHealth
from aggregator.render.words import moment, one_line
from aggregator.store.rows import to_text
from aggregator.store.sqlite import Store

PATIENCE = timedelta(days=1)  # so long a source may fail, or nothing succeed, before it is told
REST = timedelta(hours=1)  # after a failure to tell
ALL = ""  # in place of a source's address: nothing succeeds
_MEMORY, _REST_UNTIL = "notify_told", "notify_rest_until"
_LONGEST = 300  # characters of a line
_AT_ONCE = ("gone", "quarantined")


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with one source, or with ALL; `told` is the state that was told, empty for none."""

    since: datetime
    told: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """Something to tell: `state` is failing, gone, quarantined, nothing_succeeds or well; `row` None is for all."""

    state: str
    since: datetime
    row: SourceHealth | None = None


def tell(
    store: Store,
    config: Config,
    health: Callable[[], Sequence[SourceHealth]],
    wire: Wire,
    now: datetime,
    *,
    offline: bool,
) -> str | None:
    """After a pass: tell what is to be told, and remember it; one line when that could not be done.

    What could not be told is told an hour later if it still holds. A kill between telling and remembering tells twice.
    """
    if not config.notify:
        _remember(store, {_MEMORY: ""})
        return None
    known = _read(store.meta(_MEMORY))
    rows = dict(zip((source.url for source in config.sources), health(), strict=True))
    events, after = compare(rows, known, now, offline=offline)
    rest = store.meta(_REST_UNTIL)
    if events and rest and now < datetime.fromisoformat(rest) <= now + REST:  # a clock that was set back ends the rest
        events, after = [], _untold(known, after)
    post = partial(post_body, agent=wire.agent, tls=wire.tls, resolver=wire.resolver)
    trouble = notify(config.notify, _notice(events, config, now), post, config.path.parent) if events else None
    if trouble is None:
        _remember(store, {_MEMORY: _written(after)} | ({_REST_UNTIL: ""} if events else {}))
        return None
    _remember(store, {_MEMORY: _written(_untold(known, after)), _REST_UNTIL: to_text(now + REST)})
    return one_line(f"notify: {trouble}; tried again in an hour")[:_LONGEST]


def compare(
    rows: Mapping[str, SourceHealth], known: Mapping[str, Trouble], now: datetime, *, offline: bool
) -> tuple[list[Event], dict[str, Trouble]]:
    """What is to be told now, and what is to be known after; `rows` and `known` by the address of the source."""
    asked = [row for row in rows.values() if row.state not in ("paused", "gone")]
    down = offline or (bool(asked) and all(row.state == "failing" for row in asked))
    events, after = list[Event](), dict[str, Trouble]()
    states = {ALL: "nothing_succeeds" if down else "ok"} | {url: row.state for url, row in rows.items()}
    for url, state in states.items():
        before, row = known.get(url), rows.get(url)
        if state not in ("failing", "nothing_succeeds", *_AT_ONCE):
            if before and before.told and state != "paused":
                events.append(Event("well", before.since, row))
            continue
        since = min(before.since, now) if before else now
        told = before.told if before else ""
        waits = state not in _AT_ONCE and (now - since < PATIENCE or (down and url != ALL))
        if told != state and not waits:
            events.append(Event(state, since, row))
            told = state
        after[url] = Trouble(since, told)
    return events, after


def _untold(known: Mapping[str, Trouble], after: Mapping[str, Trouble]) -> dict[str, Trouble]:
    """What is known when nothing was told: what began stays known, what ended is told of later."""
    told = {url: one for url, one in known.items() if one.told}
    return told | {url: Trouble(one.since, told[url].told if url in told else "") for url, one in after.items()}


def _notice(events: Iterable[Event], config: Config, now: datetime) -> Notice:
    lines = [_line(event, config, now) for event in events]
    facts = [
        {
            "event": event.state,
            "source": event.row and event.row.title,
            "url": event.row and event.row.url,
            "error": event.row and event.row.error,
            "since": to_text(event.since),
        }
        for event in events
    ]
    return Notice("aggregator: " + "\n".join(lines), {"title": config.title, "at": to_text(now), "events": facts})


def _line(event: Event, config: Config, now: datetime) -> str:
    since = moment(event.since, config.timezone, now.astimezone(config.timezone).year)
    name, error = (event.row.title, event.row.error or "") if event.row else ("", "")
    if event.row is None:
        return "sources can be read again" if event.state == "well" else f"no source could be read since {since}"
    held = (event.row.held if event.row else None) or "entries held"
    said = {
        "well": "is well again",
        "gone": "is gone (410) and not asked any more",
        "quarantined": f"brought what is doubted ({held}); see `aggregator quarantine`",
    }
    return one_line(f"{name} {said.get(event.state) or f'has failed since {since}: {error}'}")[:_LONGEST]


def _remember(store: Store, names: Mapping[str, str]) -> None:
    changed = {name: value for name, value in names.items() if (store.meta(name) or "") != value}
    if changed:
        with store.transaction():
            for name, value in changed.items():
                store.set_meta(name, value)


def _read(written: str | None) -> dict[str, Trouble]:
    return {url: Trouble(datetime.fromisoformat(at), told) for url, (at, told) in json.loads(written or "{}").items()}


def _written(troubles: Mapping[str, Trouble]) -> str:
    return json.dumps({url: (to_text(one.since), one.told) for url, one in troubles.items()}) if troubles else ""
