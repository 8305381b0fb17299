"""Acceptance on a real store: who leads, what folds, and that nothing is hidden which nobody was shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import pytest

from aggregator.entries.acceptance import place
from aggregator.records import Entry, Rule, Source, StoredEntry, Waiting
from tests.makers import NOW, ONE, THREE, TWO, Desk, changed, entry, words

TEXT = words(200)


def at(host: str, title: str = "The manual", text: str = TEXT, **fields: object) -> Entry:
    """The article as it stands at one of several hosts."""
    return entry(f"{host}-{title}", title=title, text=text, link=f"https://{host}.example.org/a", **fields)


class Crowd:
    """A shelf on which so many entries of one source have one address; it counts how many were looked at."""

    def __init__(self, source: int, many: int) -> None:
        self.source, self.many, self.seen = source, many, 0

    def by_url(self, _canonical_url: str) -> Iterator[tuple[int, int, int]]:
        for number in range(1, self.many + 1):
            self.seen = number
            yield self.source, number, number

    def by_marks(self, _marks: Iterable[int], /, *, not_of: int) -> list[StoredEntry]:
        assert not_of == 1
        return []

    def members(self, group: int) -> list[StoredEntry]:
        raise AssertionError(group)

    def get(self, keys: Iterable[int]) -> list[StoredEntry]:
        raise AssertionError(keys)


@pytest.mark.parametrize(("source", "looks"), [(1, 1), (2, 2)], ids=["its own source", "another one"])
def test_an_address_of_thousands_of_entries_is_no_article_s_and_is_not_looked_through(source: int, looks: int) -> None:
    crowd = Crowd(source, 5000)
    one = Waiting(9000, 1, "https://one.example.org/show", "Episode", "news", ())
    assert place(one, crowd, lambda _: True) == ("news", 9000)
    assert crowd.seen == looks


def standings(desk: Desk) -> list[tuple[int, str]]:
    return [(one.source_key, one.standing) for one in desk.all()]


@pytest.mark.parametrize("order", [(ONE, TWO, THREE), (THREE, TWO, ONE), (TWO, THREE, ONE)])
def test_the_first_of_feeds_yaml_leads_whatever_came_first(order: tuple[str, ...]) -> None:
    desk = Desk(ONE, TWO, THREE)
    for url in order:
        desk.record(url, at(url[8:11]))
    assert [standing for _, standing in desk.accept()] == ["news", "folded", "folded"]
    lead = next(one for one in desk.all() if one.source_key == desk.key(ONE))
    assert lead.standing == "news"
    assert {one.id for one in desk.all()} == {lead.id}
    assert {one.group for one in desk.all()} == {lead.key}


def test_a_source_moved_up_leads_from_then_on_but_ids_stay() -> None:
    desk = Desk(ONE, TWO)
    desk.bring(TWO, at("two"))
    desk.change(sources=(Source(TWO), Source(ONE)))
    desk.record(ONE, at("one"), at("one", "Other", words(200, 2)))
    desk.record(TWO, at("two", "Other", words(200, 2)))
    desk.accept()
    first, _, second, lead = (desk.all()[n] for n in (0, 1, 2, 3))
    assert first.standing == "news"
    assert (lead.standing, second.standing, second.id) == ("news", "folded", lead.id)


@pytest.mark.parametrize(
    ("copy", "standing"),
    [
        (at("two"), "folded"),
        (at("two", text=changed(TEXT, 0.05)), "folded"),
        (replace(at("two", text=words(200, 5)), canonical_url="https://one.example.org/a"), "folded"),
        (at("two", text=words(200, 5)), "news"),
    ],
    ids=["same", "5 % changed", "same page", "another article"],
)
def test_a_later_copy_folds_and_the_published_entry_stays_as_it_is(copy: Entry, standing: str) -> None:
    desk = Desk(ONE, TWO)
    desk.bring(ONE, at("one"))
    before = desk.all()[0]
    assert desk.bring(TWO, copy)[0][1] == standing
    assert desk.all()[0] == before
    shown = desk.view().merged(desk.store.entries.members(before.group))
    assert shown is not None
    assert (shown.id, shown.title, shown.content, shown.updated) == (
        before.id,
        before.entry.title,
        before.entry.content,
        before.changed_at,
    )
    assert [each.link for each in shown.copies] == (["https://two.example.org/a"] if standing == "folded" else [])


def test_a_source_is_no_copy_of_itself() -> None:
    desk = Desk(ONE)
    assert desk.bring(ONE, at("one"), at("one", "Again")) == [("The manual", "news"), ("Again", "news")]


def test_entries_that_all_link_to_one_page_are_not_copies_of_each_other() -> None:
    desk = Desk(ONE, TWO, THREE)
    page = {"link": "https://show.example.org/episodes", "canonical_url": "https://show.example.org/episodes"}
    front = {"link": "https://show.example.org/", "canonical_url": "https://show.example.org"}
    desk.bring(ONE, *(replace(entry(f"a{n}", text=words(99, n)), **page) for n in range(3)))
    assert [
        s for _, s in desk.bring(TWO, *(replace(entry(f"b{n}", text=words(99, 50 + n)), **page) for n in range(2)))
    ] == ["news"] * 2
    desk.bring(ONE, replace(entry("c", text=words(99, 70)), **front))
    assert desk.bring(THREE, replace(entry("d", text=words(99, 71)), **front))[0][1] == "news"


# --- folding never hides what nobody was shown ---------------------------------------------------------------


def hidden_by_a_rule(desk: Desk) -> None:
    desk.bring(ONE, at("one", "The sponsored manual"))
    desk.change(sources=(Source(ONE, filters=(Rule("drop", 'title ~ "sponsored"'),)), Source(TWO)))


def removed(desk: Desk) -> None:
    desk.bring(ONE, at("one"))
    desk.change(sources=(Source(TWO),))


def backlog(desk: Desk) -> None:
    desk.bring(ONE, at("one"), standing="backlog")


@pytest.mark.parametrize("make", [hidden_by_a_rule, removed, backlog])
def test_a_copy_of_what_is_not_shown_is_news_under_the_groups_id(make: object) -> None:
    desk = Desk(ONE, TWO)
    make(desk)  # type: ignore[operator]
    lead = desk.all()[0]
    assert desk.bring(TWO, at("two"))[0][1] == "news"
    copy = desk.all()[1]
    assert (copy.id, copy.group) == (lead.id, lead.key)
    shown = desk.view().merged(desk.store.entries.members(lead.group))
    assert shown is not None
    assert (shown.id, shown.link) == (lead.id, "https://two.example.org/a")


def test_a_copy_of_what_is_held_is_news_and_the_held_one_folds_when_it_is_released() -> None:
    desk = Desk(ONE, TWO)
    desk.bring(ONE, at("one"), standing="held")
    assert desk.bring(TWO, at("two")) == [("The manual", "news")]
    held = desk.store.entries.held()[0]
    assert held.accepted == 0
    with desk.store.transaction():
        assert desk.store.entries.set_held([held.key], "news", NOW) == 1
    assert desk.accept() == [("The manual", "folded")]
    assert len({one.id for one in desk.all()}) == 1


def test_old_copies_of_a_first_poll_stay_backlog() -> None:
    desk = Desk(ONE, TWO)
    desk.bring(ONE, at("one"))
    desk.record(TWO, at("two"), standing="backlog")
    desk.record(TWO, at("two", "Old", words(200, 9)), standing="backlog")
    assert [standing for _, standing in desk.accept()] == ["backlog", "backlog"]
    assert [one.id == desk.all()[0].id for one in desk.all()] == [True, True, False]


def test_of_two_copies_of_which_the_first_is_hidden_the_second_is_news() -> None:
    desk = Desk(Source(ONE, filters=(Rule("drop", 'title ~ "manual"'),)), TWO, THREE)
    for url in (ONE, TWO, THREE):
        desk.record(url, at(url[8:11]))
    assert [standing for _, standing in desk.accept()] == ["news", "news", "folded"]


def test_acceptance_counts_on() -> None:
    desk = Desk(ONE)
    desk.bring(ONE, entry("a"), entry("b"))
    desk.bring(ONE, entry("c"))
    assert [one.accepted for one in desk.all()] == [1, 2, 3]
    assert desk.accept() == []
