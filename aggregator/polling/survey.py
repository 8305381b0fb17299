"""How each source does: what the store knows of it, in words. Imports little, so that `status` answers at once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from aggregator.batched import batched
from aggregator.entries.gaps import HURRIED_FOR, one_in_words
from aggregator.entries.gaps import in_words as gap_words
from aggregator.entries.view import View
from aggregator.hubs.websub import in_words
from aggregator.polling.due import Hosts, planned
from aggregator.polling.health import state_of, typical_gap
from aggregator.polling.rhythm import silence
from aggregator.records import Config, Source, SourceHealth, SourceState
from aggregator.store.sqlite import Store
from aggregator.urls import host_of, public_address

_AT_ONCE = 500  # sources in one question
WHOLE_PAST = 400  # entries: a year and more of nearly every source, so that its summers are known


def health(
    config: Config, store: Store, view: View, now: datetime, states: Mapping[str, SourceState] | None = None
) -> tuple[SourceHealth, ...]:
    """Each configured source's health, in the order of feeds.yaml; `states` where they were read already."""
    states, standings = states or store.sources.states(), store.sources.standings()
    view.know(states.values())
    hosts = Hosts(store.sources.hosts(), store.sources.paces())
    subscriptions, gaps, rows = store.subscriptions.by_source(), store.gaps.newest(now - HURRIED_FOR), []
    rhythms = _rhythms(store, [state.key for state in states.values()])
    for source in config.sources:
        state = states[source.url]
        next_poll_at, reason = planned(source, state, states, hosts, now)
        push = in_words(subscriptions.get(state.key), now)
        missed = gap_words(gaps.get(state.key), config.timezone, source.every)
        published, brought = rhythms[state.key], standings.get(state.key, {})
        held = brought.get("held", 0)
        missed = missed or one_in_words(state.hints, published, source.every)
        heard = state.success_at or now  # what it wrote since it was last read, nobody here knows
        quiet = silence(heard, published) and silence(heard, store.entries.rhythm(state.key, WHOLE_PAST))
        gap = typical_gap(published)
        rows.append(
            SourceHealth(
                url=None if source.private else public_address(source.url),
                title=view.title(state.key),
                error=_error(source, state),
                state=state_of(source, state, held=held > 0, silent=quiet is not None),
                last_success_at=state.success_at,
                next_poll_at=next_poll_at,
                reason="; ".join(filter(None, (reason, push, missed))),
                failures=state.failures,
                entries=sum(brought.values()),
                typical_gap_s=int(gap.total_seconds()) if gap else None,
                site=None if source.private or not state.feed_link else public_address(state.feed_link),
                silence=quiet.words if quiet else None,
                held=_held(held, source, state),
            )
        )
    return tuple(rows)


def _rhythms(store: Store, keys: list[int]) -> dict[int, list[datetime]]:
    """When the newest entries of each source were published."""
    found: dict[int, list[datetime]] = {}
    for some in batched(keys, _AT_ONCE):
        found |= store.days.rhythms(some)
    return found


def _held(number: int, source: Source, state: SourceState) -> str | None:
    """How many entries wait in quarantine, and why; the reason names titles and hosts, so not of a private source."""
    if not number:
        return None
    told = "1 entry held" if number == 1 else f"{number:,} entries held"
    return f"{told}: {state.held_why}" if state.held_why and not source.private else told


def _error(source: Source, state: SourceState) -> str | None:
    """What is wrong in words, without secrets; of a private source without any address or host name."""
    if state.error is None or not source.private:
        return state.error and re.sub(r"https?://\S+", lambda found: public_address(found[0]), state.error)
    host = host_of(source.url).partition(":")[0]
    return re.sub(rf"https?://\S+|{re.escape(host)}", "(private)", state.error) if host else "failed"


def followed(config: Config, states: Mapping[str, SourceState]) -> Config:
    """The configuration as far as the store knows it: a line that no pass has seen yet is left out."""
    return replace(config, sources=tuple(source for source in config.sources if source.url in states))
