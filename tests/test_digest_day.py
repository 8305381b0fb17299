"""What becomes of each entry of a day, from a real store: everything received is accounted for, nobody is left out."""

from __future__ import annotations

from datetime import timedelta

import pytest

from aggregator.records import Digest, Rule, Series
from tests.makers import DAY, ONE, THREE, TWO, Desk, balanced, entry, shown, source, words


def lines(digest: Digest) -> dict[str, str]:
    """Title -> why it is not shown."""
    return {line.title: line.why for line in digest.not_shown}


def test_a_day_with_one_of_each() -> None:
    desk = Desk(source(ONE, at_most=2), TWO, filters=(Rule("drop", 'title ~ "sponsored"'),))
    text = words(100)
    desk.record(
        ONE, *(entry(f"a{n}", text=words(50 + n, n)) for n in range(3)), entry("x", title="The copied", text=text)
    )
    desk.record(ONE, entry("h1"), entry("h2"), standing="held")
    desk.record(TWO, entry("y", title="The copied", text=text), entry("s", title="A sponsored one"))
    desk.record(TWO, entry("old"), standing="backlog")
    desk.accept()
    digest = desk.compose()
    counts = digest.counts
    assert (counts.received, counts.shown, counts.folded, counts.filtered, counts.over_cap, counts.backlog,
            counts.quarantined) == (9, 2, 1, 1, 2, 1, 2)  # fmt: skip
    assert balanced(digest)
    whys = [" ".join(line.why.split()[:2]) for line in digest.not_shown]
    assert sorted(whys) == ["duplicate of", "over at_most", "over at_most", "quarantined: it", "quarantined: it",
                            "rule drop:"]  # fmt: skip
    folded = next(line for line in digest.not_shown if line.why.startswith("duplicate"))
    assert folded.why == f"duplicate of {folded.id}" == f"duplicate of {desk.titled('The copied').id}"
    assert folded.source == "two.example.org"


# --- fairness ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("read_in", [timedelta(0), timedelta(minutes=1), timedelta(minutes=7), None])
def test_every_source_with_news_is_there_and_none_over_its_cap(read_in: timedelta | None) -> None:
    desk = Desk(source(ONE, at_most=3), TWO, source(THREE, at_most=0))
    desk.record(ONE, *(entry(f"a{n}", text=words(300, n)) for n in range(40)))
    desk.record(TWO, entry("b", text="Only a line."))
    desk.record(THREE, entry("c"))
    desk.accept()
    digest = desk.compose(Series(read_in=read_in))
    sources = [each.source for story in digest.stories for each in story.entries] + [
        each.source for each in digest.also
    ]
    assert {name: sources.count(name) for name in set(sources)} == {"one.example.org": 3, "two.example.org": 1}
    assert [(more.source, len(more.entries)) for more in digest.more] == [
        ("one.example.org", 37),
        ("three.example.org", 1),
    ]
    assert balanced(digest)
    everywhere = shown(digest) + [each.title for more in digest.more for each in more.entries]
    assert sorted(everywhere) == sorted(one.entry.title for one in desk.all())


def test_the_best_of_a_source_are_within_its_cap() -> None:
    desk = Desk(source(ONE, at_most=1), interests=(("pilot", 5.0),))
    desk.bring(ONE, entry("a"), entry("b", title="The pilot"), entry("c"))
    assert shown(desk.compose()) == ["The pilot"]


# --- copies --------------------------------------------------------------------------------------------------


def test_a_copy_on_a_later_day_is_folded_there() -> None:
    desk = Desk(ONE, TWO)
    desk.bring(ONE, entry("a", title="The manual", text=words(100)))
    desk.seal()
    desk.now += DAY
    desk.bring(TWO, entry("b", title="The manual", text=words(100)))
    digest = desk.compose()
    assert (digest.counts.received, digest.counts.folded, shown(digest)) == (1, 1, [])
    assert lines(digest) == {"The manual": f"duplicate of {desk.all()[0].id}"}


def test_a_copy_of_what_no_digest_showed_is_shown() -> None:
    desk = Desk(source(ONE, filters=(Rule("drop", 'any has "manual"'),)), TWO)
    desk.bring(ONE, entry("a", title="The manual", text=words(100)))
    desk.seal()
    desk.now += DAY
    desk.bring(TWO, entry("b", title="The manual", text=words(100)))
    assert shown(desk.compose()) == ["The manual"]


def test_a_series_by_tags_shows_the_copy_that_has_one() -> None:
    desk = Desk(ONE, source(TWO, tags=("policy",)))
    policy = Series("policy", tags=("policy",))
    desk.bring(ONE, entry("a", title="The manual", text=words(100)), entry("c"))
    first = desk.compose(policy)
    assert (shown(first), first.counts.filtered, balanced(first)) == ([], 2, True)
    assert all(why.startswith("rule") for why in lines(first).values())
    desk.seal(policy)
    desk.now += DAY
    desk.bring(TWO, entry("b", title="The manual", text=words(100)))
    assert shown(desk.compose(policy)) == ["The manual"]


def test_entries_of_a_removed_source_are_accounted_for() -> None:
    desk = Desk(ONE, TWO)
    desk.bring(ONE, entry("a"))
    desk.change(sources=(source(TWO),))
    digest = desk.compose()
    assert balanced(digest)
    assert lines(digest) == {"Title of a": "rule: its source is not in feeds.yaml now"}
