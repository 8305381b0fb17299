from __future__ import annotations

import uuid

from aggregator.store.recovered import RECOVERED
from aggregator.store.rows import packed
from tests.contract import each_store, pytest_generate_tests  # noqa: F401 (each test runs over every store)
from tests.makers import DAY, HOUR, NOW, ONE, Desk, entry


def test_a_recovered_entry_is_recognised_by_its_id_and_keeps_its_dates() -> None:
    desk = Desk(ONE)
    name = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'{ONE}{chr(10)}g')}"
    told = entry(name, title="As it was told")
    with desk.store.transaction():
        unknown = desk.store.recovered.source("urn:nobody", "", NOW)
        key = desk.store.recovered.add(name, unknown, told, NOW - DAY, NOW - DAY, NOW - HOUR)
        assert desk.store.recovered.add(name, unknown, told, NOW, NOW, NOW) == 0
        assert desk.store.recovered.source("urn:nobody", "", NOW) == unknown
        assert not desk.store.recovered.is_any
        desk.store.set_meta(RECOVERED, "now")
        assert desk.store.recovered.is_any
        state = desk.store.sources.states()[ONE]
        desk.store.recovered.recognise(state, [entry("other"), entry("g")])
        full = entry("g", title="As it was told", text="In full.")
        desk.store.entries.update(key, full, packed(full), NOW)
    (stored,) = desk.all()
    assert (stored.id, stored.source_key, stored.entry.guid, stored.entry.text) == (name, state.key, "g", "In full.")
    assert (stored.changed_at, stored.accepted_at, stored.published) == (NOW - DAY, NOW - HOUR, NOW - DAY)
    with desk.store.transaction():
        edited = entry("g", title="Edited")
        desk.store.entries.update(key, edited, packed(edited), NOW)
    assert desk.all()[0].changed_at == NOW


def test_a_hidden_one_leaves_its_tombstone_and_is_in_no_digest() -> None:
    desk = Desk(ONE)
    desk.bring(ONE, entry("a"))
    sealed = desk.seal()
    assert sealed
    newest = desk.store.digests.newest("")
    assert newest
    with desk.store.transaction():
        key = desk.store.recovered.add("urn:uuid:1", 1, entry("urn:uuid:1"), NOW, NOW, NOW)
        desk.store.recovered.hide(key, NOW, NOW, [("", newest.key)])
        other = desk.store.recovered.add("urn:uuid:2", 1, entry("urn:uuid:2"), NOW - DAY, NOW - DAY, NOW)
        desk.store.recovered.owned_until("", newest.key, NOW)
    assert [one.id for one in desk.store.withdrawn.tombstones(NOW - DAY)] == ["urn:uuid:1"]
    assert desk.store.entries.get([key])[0].hidden
    assert list(desk.store.entries.unsealed("")) == []
    assert desk.store.recovered.key("urn:uuid:2") == other
    assert desk.store.recovered.key("urn:uuid:3") is None
