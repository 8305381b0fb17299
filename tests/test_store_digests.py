from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from aggregator.store.digests import Sealed
from tests.contract import REFUSED, each_store, pytest_generate_tests  # noqa: F401 (each test runs over every store)
from tests.makers import DAY, NOW, ONE, Desk, entry

FILES = {"html": "<p>Größe</p>".encode(), "md": b"", "json": bytes(range(256)), "entry": b"x" * 100_000}


def sealed(day: int, series: str = "", **fields: object) -> Sealed:
    covers = NOW + (day - 14) * DAY
    return Sealed(0, series, date(2026, 3, day), covers - DAY, covers, 3, 420)


def desk(entries: int = 4) -> Desk:
    made = Desk(ONE)
    made.bring(ONE, *(entry(f"g{n}") for n in range(entries)))
    return made


def test_files_come_back_byte_for_byte() -> None:
    store = desk().store
    with store.transaction(durable=True):
        store.digests.seal(sealed(14), [1, 2], FILES, NOW)
    found = store.digests.on("", date(2026, 3, 14))
    assert found is not None
    assert {kind: store.digests.file(found.key, kind) for kind in FILES} == FILES
    assert store.digests.file(found.key, "pdf") is None
    assert found == Sealed(found.key, "", date(2026, 3, 14), NOW - DAY, NOW, 3, 420)


def test_an_entry_has_one_digest_in_a_series() -> None:
    store = desk().store
    with store.transaction():
        store.digests.seal(sealed(14), [1, 2], FILES, NOW)
        store.digests.seal(sealed(14, "weekly"), [1, 2], FILES, NOW)
    with pytest.raises(REFUSED):
        store.digests.seal(sealed(15), [2, 3], FILES, NOW)


def test_a_refused_seal_leaves_nothing() -> None:
    store = desk().store
    with store.transaction():
        store.digests.seal(sealed(14), [1, 2], FILES, NOW)
    with pytest.raises(Exception, match=r"(?i)unique"), store.transaction(durable=True):
        store.digests.seal(sealed(15), [3, 2], FILES, NOW)
    assert [one.day.day for one in store.digests.all("")] == [14]
    assert store.digests.owner("", 3) is None


@pytest.mark.parametrize(("series", "refused"), [("", True), ("weekly", False)])
def test_a_date_has_one_digest_in_a_series(series: str, refused: bool) -> None:
    store = desk().store
    store.digests.seal(sealed(14), [1], FILES, NOW)
    if refused:
        with pytest.raises(REFUSED):
            store.digests.seal(sealed(14, series), [2], FILES, NOW)
    else:
        store.digests.seal(sealed(14, series), [2], FILES, NOW)


def test_an_entry_that_is_not_there_cannot_be_owned() -> None:
    store = desk().store
    with pytest.raises(REFUSED):
        store.digests.seal(sealed(14), [99], FILES, NOW)


def test_finding_digests() -> None:
    store = desk().store
    assert (store.digests.newest(""), store.digests.all(""), store.digests.before("", date(2026, 3, 14))) == (
        None,
        [],
        None,
    )
    for day, key in ((16, 1), (14, 2), (15, 3)):  # sealed by clocks that went back
        store.digests.seal(sealed(day), [key], {}, NOW)
    assert [one.day.day for one in store.digests.all("")] == [14, 15, 16]
    newest, before = store.digests.newest(""), store.digests.before("", date(2026, 3, 16))
    assert newest is not None
    assert before is not None
    assert (newest.day.day, newest.covers_to, before.day.day) == (16, NOW + 2 * DAY, 15)
    owner = store.digests.owner("", 2)
    assert owner is not None
    assert owner.day.day == 14
    assert store.digests.owner("weekly", 2) is None
    assert store.digests.on("", date(2026, 3, 13)) is None


def test_the_newest_is_the_one_that_covers_most() -> None:
    store = desk().store
    late = Sealed(0, "", date(2026, 3, 13), None, NOW + timedelta(hours=1), 0, 0)
    store.digests.seal(sealed(14), [1], {}, NOW)
    store.digests.seal(late, [2], {}, NOW)
    newest = store.digests.newest("")
    assert newest is not None
    assert (newest.day.day, newest.covers_from) == (13, None)


def test_what_digests_told_with_their_dates() -> None:
    desk = Desk(ONE)
    for name in ("a", "b", "c"):
        desk.bring(ONE, entry(name), entry(f"old {name}"), standing="news" if name != "b" else "backlog")
        desk.seal()
        desk.now += DAY
    first = NOW.date()
    told = desk.store.digests.told("", first, most=10)
    keys = {name: desk.titled(f"Title of {name}").key for name in ("old c", "c", "old a", "a")}
    assert told == [(first + age * DAY, keys[name]) for age, name in ((2, "old c"), (2, "c"), (0, "old a"), (0, "a"))]
    assert desk.store.digests.told("", first + DAY, most=1) == [(first + 2 * DAY, keys["old c"])]
    assert desk.store.digests.told("weekly", first, most=10) == []


def test_entries_are_read_in_the_order_that_is_asked_without_what_no_digest_tells() -> None:
    store = desk(450).store
    keys = [450, 1, *range(2, 450)]
    read = list(store.digests.read(keys, len_of))
    assert [one.key for one in read] == keys
    (whole,) = store.entries.get([450])
    slim = replace(whole.entry, summary="", content=len_of(whole.entry.content))
    assert read[0] == replace(whole, entry=slim) != whole
    assert list(store.digests.read([], len_of)) == []


def len_of(content: str) -> str:
    return f"{len(content)}"
