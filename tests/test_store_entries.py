from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from aggregator.entries.identity import content_hash
from aggregator.records import Entry, Standing
from aggregator.store.rows import packed
from tests.contract import each_store, pytest_generate_tests  # noqa: F401 (each test runs over every store)
from tests.makers import DAY, HOUR, NOW, ONE, TWO, Desk, entry


def titles(found: list[object]) -> list[str]:
    return [one.entry.title for one in found]  # type: ignore[attr-defined]


def waiting(desk: Desk) -> list[str]:
    return [one.title for one in desk.store.entries.waiting()]


def edit(desk: Desk, one: Entry, now: datetime) -> None:
    key = desk.all()[0].key
    with desk.store.transaction():
        desk.store.entries.update(key, one, packed(one), now)


# --- recording ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("guid", ["https://one.example.org/?p=1", "tag:x", "é"])
def test_the_id_is_made_of_the_first_address_and_the_guid(guid: str) -> None:
    desk = Desk(ONE)
    desk.record(ONE, entry(guid))
    expected = uuid.uuid5(uuid.NAMESPACE_URL, f"{ONE}\n{guid}")
    assert desk.all()[0].id == f"urn:uuid:{expected}"


def test_what_one_database_does_not_hold_is_in_none() -> None:
    desk, odd = Desk(ONE), "a\0b\ud800c"
    desk.record(ONE, entry(odd, title=odd))
    desk.record(ONE, entry("told"))
    edit(desk, entry(odd, title=f"{odd} again"), NOW)
    with desk.store.transaction():
        desk.store.sources.save(replace(desk.store.sources.states()[ONE], error=odd))
        desk.store.set_meta("told", odd)
    (known, _) = desk.store.entries.known(1)
    assert (known.guid, known.title) == ("ab?c", "ab?c again")
    assert [one.key for one in desk.store.entries.find(odd, odd)] == [known.key]
    assert desk.store.sources.states()[ONE].error == desk.store.meta("told") == "ab?c"


def test_the_id_is_the_same_after_the_address_changed_and_after_the_store_was_lost() -> None:
    desk, other = Desk(ONE), Desk(ONE)
    with desk.store.transaction():
        desk.store.sources.save(replace(desk.store.sources.states()[ONE], moved_to=TWO))
    desk.change(sources=(replace(desk.config.sources[0], url=TWO),))
    desk.record(TWO, entry("a"))
    other.record(ONE, entry("a"))
    assert desk.all()[0].id == other.all()[0].id


def test_a_guid_that_was_given_up_may_come_again() -> None:
    desk = Desk(ONE)
    desk.record(ONE, entry("old"))
    edit(desk, replace(entry("old"), guid="new"), NOW)
    desk.record(ONE, entry("old", title="Another"))
    desk.record(ONE, entry("third"))
    assert len({one.id for one in desk.all()}) == 3


@pytest.mark.parametrize(
    ("published", "updated", "shown", "changed"),
    [
        (NOW - DAY, None, NOW - DAY, NOW - DAY),
        (NOW - DAY, NOW - HOUR, NOW - DAY, NOW - HOUR),
        (NOW + HOUR, None, NOW, NOW),
        (NOW - DAY, NOW + HOUR, NOW - DAY, NOW),
        (NOW - DAY, NOW - 2 * DAY, NOW - DAY, NOW - DAY),
        (None, None, NOW, NOW),
    ],
)
def test_the_dates_that_are_shown(
    published: datetime | None, updated: datetime | None, shown: datetime, changed: datetime
) -> None:
    desk = Desk(ONE)
    desk.record(ONE, entry("a", published=published, updated=updated))
    one = desk.all()[0]
    assert (one.published, one.changed_at, one.first_seen, one.entry.published) == (shown, changed, NOW, published)


def test_an_edit_in_place() -> None:
    desk = Desk(ONE)
    desk.bring(ONE, entry("a"))
    before = desk.all()[0]
    edited = entry("b", title="Edited", published=NOW + DAY)
    edit(desk, edited, NOW + HOUR)
    assert desk.all() == [replace(before, entry=edited, changed_at=NOW + HOUR)]
    known = desk.store.entries.known(1)[0]
    assert (known.guid, known.canonical_url, known.title, known.hash) == (
        "b",
        edited.canonical_url,
        "Edited",
        content_hash(edited),
    )


def test_a_new_link_or_guid_alone_is_no_change_for_readers() -> None:
    desk = Desk(ONE)
    desk.record(ONE, entry("a"))
    before = desk.all()[0].changed_at
    edit(desk, replace(entry("a"), guid="b", link="https://new.example.net/a"), NOW + HOUR)
    assert desk.all()[0].changed_at == before
    assert desk.all()[0].entry.link == "https://new.example.net/a"


def test_a_text_that_flaps_changes_three_times_a_day() -> None:
    desk = Desk(ONE)
    desk.record(ONE, entry("a"))
    moments = set()
    for hour in range(96):  # from 07:00 on: the first day has 17 hours
        edit(desk, entry("a", text=f"{hour} comments"), NOW + hour * HOUR)
        moments.add(desk.all()[0].changed_at)
    assert len(moments) == 5 * 3
    assert desk.all()[0].entry.text == "91 comments"


# --- acceptance ---------------------------------------------------------------------------------------------


def test_waiting_stands_in_the_order_of_feeds_yaml_then_of_the_document() -> None:
    desk = Desk(ONE, TWO)
    desk.record(TWO, entry("c"), entry("d"))
    desk.record(ONE, entry("b1"), entry("a1"), standing="backlog")
    desk.record(ONE, entry("held"), standing="held")
    desk.record(ONE, entry("dropped"), standing="dropped")
    assert waiting(desk) == [
        "Title of b1",
        "Title of a1",
        "Title of c",
        "Title of d",
    ]
    desk.accept()
    assert not waiting(desk)
    assert desk.store.entries.last_accepted() == 4


def test_what_waits_of_a_removed_source_comes_last() -> None:
    desk = Desk(ONE, TWO)
    desk.record(ONE, entry("a"))
    desk.record(TWO, entry("b"))
    desk.change(sources=desk.config.sources[1:])
    assert waiting(desk) == ["Title of b", "Title of a"]


def test_groups_have_the_id_of_their_lead() -> None:
    desk = Desk(ONE, TWO)
    desk.record(ONE, entry("a"))
    desk.record(TWO, entry("b"))
    with desk.store.transaction():
        desk.store.entries.accept([(1, "news", 1), (2, "folded", 1)], NOW)
    lead, copy = desk.all()
    assert lead.id == copy.id
    assert desk.store.entries.members(1) == [lead, copy]
    assert desk.store.entries.find(lead.id, None) == [lead]
    assert desk.store.entries.get([2]) == [copy]


def test_the_best_shared_marks_first() -> None:
    desk = Desk(ONE)
    desk.bring(ONE, *(entry(f"g{n}", text="") for n in range(4)))
    desk.record(ONE, entry("waiting"))
    with desk.store.transaction():
        for key, own in ((1, (-7,)), (2, (-7, 8, 9)), (3, (8, 9)), (4, (8,)), (5, (-7, 8, 9))):
            desk.store.entries.set_marks(key, own)
            desk.store.entries.set_marks(key, own)
    found = desk.store.entries.by_marks((-7, 8, 9))
    assert [one.key for one in found] == [2, 3, 1]  # of 4 the text shares one mark only: chance
    assert desk.store.entries.by_marks(()) == []
    assert [one.key for one in desk.store.entries.by_marks((-7, 8, 9), most=2)] == [2]  # 5 is not accepted


def test_of_equally_good_candidates_the_order_of_acceptance_decides_not_which_came_first() -> None:
    desk = Desk(ONE, TWO)
    desk.record(TWO, entry("b"))
    desk.record(ONE, entry("a"))
    desk.accept()
    with desk.store.transaction():
        for key in (1, 2):
            desk.store.entries.set_marks(key, (7, 8))
    assert [(one.source_key, one.key) for one in desk.store.entries.by_marks((7, 8))] == [
        (desk.key(TWO), 1),
        (desk.key(ONE), 2),
    ]


def test_marks_that_a_source_shares_with_itself_take_places_and_are_not_read() -> None:
    desk = Desk(ONE, TWO)
    desk.bring(ONE, entry("a"), entry("b"))
    desk.bring(TWO, entry("c"))
    with desk.store.transaction():
        for key, own in ((1, (7, 8, 9)), (2, (7, 8)), (3, (8, 9))):
            desk.store.entries.set_marks(key, own)
    by_marks = desk.store.entries.by_marks
    assert [one.key for one in by_marks((7, 8, 9), not_of=desk.key(ONE))] == [3]
    assert by_marks((7, 8, 9), most=1, not_of=desk.key(ONE)) == []


def test_by_address_only_what_is_accepted() -> None:
    desk = Desk(ONE, TWO)
    same = {"canonical_url": "https://e.example/a"}
    desk.bring(ONE, entry("a", **same))
    desk.record(TWO, entry("b", **same))
    (accepted,) = desk.store.entries.get([1])
    assert list(desk.store.entries.by_url("https://e.example/a")) == [(desk.key(ONE), accepted.accepted, 1)]
    assert titles(desk.store.entries.find("b", "https://e.example/a")) == ["Title of a", "Title of b"]
    assert desk.store.entries.find("nothing", None) == []


@pytest.mark.parametrize("page", [1, 2, 3, 100])
def test_the_newest_accepted_in_pages(page: int) -> None:
    desk = Desk(ONE)
    desk.bring(ONE, *(entry(f"n{n}", link=None) for n in range(7)))
    desk.bring(ONE, entry("old", link=None), standing="backlog")
    desk.bring(ONE, entry("held", link=None), standing="held")
    newest = desk.store.entries.newest_accepted(page=page)
    assert [one.accepted for one in newest] == [7, 6, 5, 4, 3, 2, 1]
    assert [one.accepted for one in desk.store.entries.newest_accepted(before=3, page=page)] == [2, 1]


def test_what_was_accepted_in_a_month() -> None:
    desk = Desk(ONE, now=datetime(2026, 2, 28, 23, 59, 59, tzinfo=UTC))
    march = datetime(2026, 3, 1, tzinfo=UTC)
    assert (desk.store.entries.first_accepted_at(), desk.store.entries.last_accepted_at()) == (None, None)
    desk.bring(ONE, entry("a"))
    desk.now = march
    desk.bring(ONE, entry("b"))
    desk.bring(ONE, entry("old"), standing="backlog")
    assert titles(list(desk.store.days.accepted(march - 28 * DAY, march))) == ["Title of a"]
    assert titles(list(desk.store.days.accepted(march, march + 31 * DAY))) == ["Title of b"]
    assert desk.store.entries.first_accepted_at() == march - timedelta(seconds=1)
    assert desk.store.entries.last_accepted_at() == march


def test_the_last_acceptance_is_that_of_the_order_not_of_the_clock() -> None:
    desk = Desk(ONE, now=NOW + 3650 * DAY)
    desk.bring(ONE, entry("of a wrong clock"))
    desk.now = NOW
    desk.bring(ONE, entry("a"))
    assert desk.store.entries.last_accepted_at() == NOW


# --- the ledger's and the quarantine's questions ------------------------------------------------------------


def test_what_no_digest_owns_yet() -> None:
    desk = Desk(ONE)
    desk.bring(ONE, entry("a"), entry("b"))
    desk.bring(ONE, entry("old"), standing="backlog")
    desk.record(ONE, entry("waiting"))
    unsealed = desk.store.entries.unsealed("")
    assert [standing for _, standing in unsealed] == ["news", "news", "backlog"]
    assert titles(desk.store.entries.get(key for key, _ in unsealed)) == ["Title of a", "Title of b", "Title of old"]
    desk.seal()
    assert desk.store.entries.unsealed("") == []
    assert waiting(desk) == ["Title of waiting"]  # sealing accepts nothing by itself
    assert len(list(desk.store.entries.unsealed("weekly"))) == 3


@pytest.mark.parametrize(("standing", "left"), [("news", 1), ("dropped", 1)])
def test_held_is_released_or_dropped(standing: Standing, left: int) -> None:
    desk = Desk(ONE)
    desk.bring(ONE, entry("a"), entry("b"), standing="held")
    desk.now = NOW + DAY
    first, _ = desk.store.entries.held()
    with desk.store.transaction():
        assert desk.store.entries.set_held([first.key], standing, desk.now) == 1
        assert desk.store.entries.set_held([first.key], standing, desk.now) == 0  # it is held no more
    assert len(desk.store.entries.held()) == left
    assert desk.all()[0].first_seen == (desk.now if standing == "news" else NOW)
    assert len(desk.store.entries.held(dropped=True)) == (1 if standing == "news" else 2)
    assert len(desk.accept()) == (standing == "news")


def test_held_since() -> None:
    desk = Desk(ONE)
    desk.record(ONE, entry("a"), standing="held")
    assert len(desk.store.entries.held(NOW - HOUR)) == 1
    assert desk.store.entries.held(NOW) == []


def test_counts_and_rhythm() -> None:
    desk = Desk(ONE, TWO)
    desk.bring(ONE, *(entry(f"g{n}", published=NOW - n * DAY) for n in range(3)))
    desk.bring(TWO, entry("held"), standing="held")
    assert desk.store.sources.standings() == {1: {"news": 3}, 2: {"held": 1}}
    assert desk.store.sources.tally() == {"news": 3, "held": 1}
    assert desk.store.entries.rhythm(1) == [NOW, NOW - DAY, NOW - 2 * DAY]
    assert desk.store.entries.rhythm(1, 1) == [NOW]


def test_news_by_publication_whatever_was_accepted_when() -> None:
    desk = Desk(ONE)
    ages = {"new": timedelta(0), "week": 7 * DAY, "old": 8 * DAY}
    desk.bring(ONE, *(entry(name, published=NOW - age) for name, age in ages.items()))
    desk.bring(ONE, entry("backlog", published=NOW - HOUR), standing="backlog")
    desk.record(ONE, entry("waiting", published=NOW - HOUR))
    found = desk.store.entries.published_between(NOW - 8 * DAY, NOW)
    assert [one.entry.guid for one in found] == ["new", "week"], "the start is left out, the end is in"
