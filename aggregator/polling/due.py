"""Which sources are asked now, and what is planned for each: from what is known, pure.

A source is due by its own cadence (cadence.py); a host that said 429 rests, and one that has said it is asked only so
often from then on, one source at a time; of two lines that lead to one address one is asked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from aggregator.polling import cadence
from aggregator.polling.cadence import in_words
from aggregator.polling.memory import where_to_ask
from aggregator.records import Source, SourceState
from aggregator.urls import host_of, without_secrets

Work = list[tuple[Source, SourceState]]
PORTION = 20  # sources of one host in one pass of `run`: a host with hundreds must not hold up all others
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Hosts:
    """What is known of hosts: until when they rest, and the pace that their 429s have taught."""

    resting: Mapping[str, datetime] = field(default_factory=dict)
    paces: Mapping[str, timedelta] = field(default_factory=dict)

    def rest(self, source: Source, state: SourceState) -> datetime:
        """Until when a source's hosts rest: the one that is asked and the one that answered last."""
        if not self.resting:
            return _NEVER
        return max(self.resting.get(host, _NEVER) for host in hosts_of(source, state))


def hosts_of(source: Source, state: SourceState) -> set[str]:
    """The hosts that a poll of this source meets: where it asks, and who answered the last time."""
    return {host_of(where_to_ask(source, state)), host_of(state.answered_by or source.url)}


def due(
    sources: Sequence[Source],
    states: Mapping[str, SourceState],
    hosts: Hosts,
    now: datetime,
    *,
    one_shot: bool = False,
    force: bool = False,
    named: frozenset[str] = frozenset(),
) -> Work:
    """The sources to ask now, in the order of feeds.yaml. `named` (URLs) restricts, un-pauses and revives.

    `states` may leave out sources that are planned for later, unless these are to be asked too.
    A pass of `run` takes at most PORTION sources of a host, those that wait longest; the rest is due at the next tick.
    """
    lines = frozenset(source.url for source in sources)
    chosen = [
        (source, state)
        for source in sources
        if (state := states.get(source.url))
        and (source.url in named if named else not source.paused and not state.gone and not twin(source, state, lines))
        and hosts.rest(source, state) <= now
        and (_forced(state, now) if force else _due(source, state, now, one_shot))
    ]
    return _portioned(chosen, hosts, len(chosen) if one_shot else PORTION)


def due_before_digest(
    sources: Sequence[Source],
    states: Mapping[str, SourceState],
    hosts: Hosts,
    now: datetime,
    at: datetime,
    *,
    one_shot: bool = False,
) -> Work:
    """In the hour before the digest of `at`: what was not polled within its `every` and may be, once.

    `run` spreads them over that hour, so that the quiet ones are not all asked at its beginning.
    """
    chosen = [
        (source, state)
        for source in sources
        if (state := states[source.url])
        and not (source.paused or state.gone or state.failures or twin(source, state, states))
        and state.polled_at is not None
        and state.polled_at < at - cadence.HOUR <= now - (cadence.NO_TIME if one_shot else _lead(state))
        and now - state.polled_at >= source.every
        and hosts.rest(source, state) <= now
        and cadence.is_due(now, None, state.not_before, cadence.NO_TIME)
        and cadence.is_open(now, state.hints)
    ]
    return _portioned(chosen, hosts, len(chosen) if one_shot else PORTION)


def twin(source: Source, state: SourceState, lines: Container[str]) -> str | None:
    """The address of another line that this source has moved to for good: that one is polled, this one is not."""
    there = where_to_ask(source, state)
    return there if there != source.url and there in lines else None


def planned(
    source: Source, state: SourceState, states: Mapping[str, SourceState], hosts: Hosts, now: datetime
) -> tuple[datetime | None, str]:
    """When a source is polled next, None for never, and why: what `status` prints; of a private one no address."""
    if source.paused:
        return None, "paused"
    if state.gone:
        return None, "gone for good (410 twice, a day apart); not asked again"
    if there := twin(source, state, states):
        to = "an address" if source.private else f"{without_secrets(there)}, an address"
        return None, f"moved to {to} that has a line of its own, which is polled; remove line {source.line}"
    rest = hosts.rest(source, state)
    at, moved = state.next_poll_at, _moved(source, state)
    if rest > now and rest > (at or now):
        paces = [hosts.paces[host] for host in hosts_of(source, state) if host in hosts.paces]
        words = f"one request every {in_words(max(paces))}" if paces else "it said 429"
        return rest, f"{state.reason}, then its host's turn ({words}){moved}"
    return at, state.reason + moved


def _moved(source: Source, state: SourceState) -> str:
    """A move that is certain, as a proposal to the user, who owns the file."""
    there = where_to_ask(source, state)
    if there == source.url:
        return ""
    to = "its new address" if source.private else without_secrets(there)
    return f"; it has moved for good: line {source.line} should say {to}"


def _due(source: Source, state: SourceState, now: datetime, one_shot: bool) -> bool:
    slack = cadence.one_shot_slack(source.every) if one_shot else cadence.NO_TIME
    return cadence.is_open(now, state.hints) and cadence.is_due(now, state.next_poll_at, state.not_before, slack)


def _forced(state: SourceState, now: datetime) -> bool:
    """By hand everything may be asked but a publisher that said when to come back (Retry-After)."""
    return not (state.failures and state.not_before and state.not_before > now)


def _lead(state: SourceState) -> timedelta:
    """A source's own moment in the first 50 minutes of the hour before a digest, the same every day."""
    return timedelta(minutes=50) * cadence.share_of(f"before the digest {state.first_url}")


def _portioned(work: Work, hosts: Hosts, most: int) -> Work:
    """At most so many of each host, one of a host with a pace; those that wait longest come first."""
    if len(work) <= most and not hosts.paces:
        return work
    taken: Counter[str] = Counter()
    kept: set[str] = set()
    for source, state in sorted(work, key=lambda pair: pair[1].next_poll_at or _NEVER):
        those = hosts_of(source, state)
        if all(taken[host] < (1 if host in hosts.paces else most) for host in those):
            taken.update(those)
            kept.add(source.url)
    return [(source, state) for source, state in work if source.url in kept]


def united(*works: Iterable[tuple[Source, SourceState]]) -> Work:
    """Several such lists as one, each source once."""
    return list({source.url: (source, state) for work in works for source, state in work}.values())
