from __future__ import annotations

from aggregator.entries.effects import effects
from aggregator.records import Rule
from tests.makers import ONE, TWO, Desk, entry, source

SPONSORED = Rule("drop", 'title ~ "sponsored"', line=3)
TAGGED = Rule("tag", 'any has "bread"', "food", line=4)
OWN = Rule("drop", 'title ~ "quiz"', line=9)
SHARED = Rule("drop", 'title ~ "spam"', line=2)


def test_each_rule_with_what_it_met_and_hid_in_the_order_of_the_file() -> None:
    desk = Desk(source(ONE, filters=(OWN, SHARED)), source(TWO, filters=(SHARED,)), filters=(SPONSORED, TAGGED))
    desk.bring(ONE, entry("a", title="A quiz"), entry("b", title="Sponsored bread"), entry("c", title="Bread"))
    desk.bring(TWO, entry("d", title="Another quiz"), entry("e", title="Sponsored quiz"), entry("f", title="Spam"))
    found = effects(desk.store.entries.newest_accepted(), desk.view())
    told = [(one.rule, one.source, one.met, sorted(s.entry.title for s in one.hid)) for one in found]
    assert told == [
        (SHARED, None, 1, ["Spam"]),
        (SPONSORED, None, 2, ["Sponsored bread", "Sponsored quiz"]),
        (TAGGED, None, 1, []),
        (OWN, desk.key(ONE), 1, ["A quiz"]),
    ]


def test_what_was_forgotten_or_has_no_source_is_left_out() -> None:
    desk = Desk(ONE, TWO, filters=(SPONSORED,))
    desk.bring(ONE, entry("a", title="Sponsored a"))
    desk.bring(TWO, entry("b", title="Sponsored b"))
    with desk.store.transaction():
        desk.store.withdrawn.forget([1], desk.now)
    desk.change(sources=(source(ONE),))
    assert [one.met for one in effects(desk.all(), desk.view())] == [0]
