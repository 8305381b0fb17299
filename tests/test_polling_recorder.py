"""Polls that came together share a transaction; what must not be forgotten waits for none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from aggregator.errors import FetchError
from aggregator.pipeline import Polled, settle
from aggregator.polling.recorder import DOCUMENTS, MOST, Batch, record_all, settle_all
from aggregator.records import Changes, PollResult, Response
from aggregator.store.rows import packed
from tests.makers import HOUR, NOW, Desk, entry, parsed, source

URLS = [f"https://{n}.example.org/feed" for n in range(MOST)]


def nothing(desk: Desk, url: str, **fields: Any) -> Polled:
    state = replace(desk.store.sources.states()[url], etag='"1"', validators_url=url, success_at=NOW - HOUR)
    return Polled(source(url), state, **{"response": Response(url, 304, {})} | fields)


def document(desk: Desk, url: str, *guids: str) -> Polled:
    entries = tuple(entry(guid) for guid in guids)
    answer = Response(url, 200, {}, b"<rss/>")
    polled = Polled(source(url), desk.store.sources.states()[url], answer, parsed(), entries, body_hash="one")
    return replace(polled, packs={entry.guid: packed(entry) for entry in entries})


def recorded(desk: Desk, polls: Sequence[Polled]) -> list[PollResult]:
    results = settle_all(polls, desk.store, NOW)
    record_all(results, desk.store, NOW)
    return results


@pytest.mark.parametrize(("many", "bring"), [(MOST, nothing), (DOCUMENTS, document)])
def test_a_batch_is_recorded_when_it_is_full(many: int, bring: Any) -> None:
    desk, batch, ripe = Desk(*URLS), Batch(), list[bool]()
    for url in URLS[:many]:
        batch.add(bring(desk, url))
        ripe.append(batch.is_ripe)
    assert ripe[-1]
    assert sum(ripe) == 1 or many == MOST  # a machine that stands still for a second has more
    assert len(batch.taken()) == many
    assert batch.taken() == []
    assert not batch.is_ripe


@pytest.mark.parametrize("fields", [{"error": FetchError("http", "slow down")}, {"pushed": True}])
def test_what_failed_and_what_a_hub_brought_wait_for_none(fields: dict[str, Any]) -> None:
    desk, batch = Desk(*URLS[:2]), Batch()
    batch.add(nothing(desk, URLS[0]))
    batch.add(nothing(desk, URLS[1], **fields))
    assert batch.is_ripe


def test_nothing_waits_for_long() -> None:
    desk, batch = Desk(URLS[0]), Batch(longest=0.0)
    batch.add(nothing(desk, URLS[0]))
    assert batch.is_ripe


def test_together_they_are_recorded_as_one_after_the_other() -> None:
    """States, entries with their ids, and what is planned: in one transaction as in several."""
    told = list[object]()
    for together in (True, False):
        desk = Desk(*URLS[:4])
        polls = [nothing(desk, URLS[0]), document(desk, URLS[1], "a", "b"), document(desk, URLS[2], "a")]
        polls += [nothing(desk, URLS[3], response=None, error=FetchError("dns", "no such host"))]
        for some in [polls] if together else [[one] for one in polls]:
            recorded(desk, some)
        told.append((desk.store.sources.states(), desk.store.entries.get(range(9)), desk.store.bodies.newest(2)))
    assert told[0] == told[1]


def test_a_batch_is_settled_as_each_of_its_polls_alone() -> None:
    desk = Desk(*URLS[:2])
    polls = [document(desk, URLS[0], "a", "b"), nothing(desk, URLS[1])]
    assert settle_all(polls, desk.store, NOW) == [settle(one, desk.store, NOW) for one in polls]


@pytest.mark.parametrize("read_again", [False, True])
def test_new_and_edited_entries_are_kept_as_they_were_packed_where_they_were_read(read_again: bool) -> None:
    """What was told apart since has another guid, so that no pack is its own: it is packed here."""
    desk = Desk(URLS[0])
    old, new = entry("a"), entry("b")
    desk.bring(URLS[0], old)
    edited = replace(old, title="Another")
    packs = {one.guid: packed(one)._replace(hash=f"{one.guid} as read") for one in (edited, new)}
    result = PollResult(
        source(URLS[0]), desk.store.sources.states()[URLS[0]], "new",
        Changes(new=((new, "news"),), updated=((1, edited),)), packs={} if read_again else packs,
    )  # fmt: skip
    record_all([result], desk.store, NOW + HOUR)
    found = {one.guid: one.hash for one in desk.store.entries.known(1)}
    assert found == {one.guid: packed(one).hash if read_again else packs[one.guid].hash for one in (edited, new)}
    assert [one.entry for one in desk.store.entries.get([1, 2])] == [edited, new]
