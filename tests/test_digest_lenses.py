from __future__ import annotations

import pytest

from aggregator.digest.lenses import Interests, Lists, haystack
from aggregator.records import Entry, WordList
from tests.makers import entry, words

LISTS = Lists([WordList("alarm", ("layoff*", "job loss*")), WordList("opportunity", ("new job*", "reskill*"))])


@pytest.mark.parametrize(
    ("one", "found"),
    [
        (entry("a", title="Layoffs at the bakery"), ("alarm",)),
        (entry("a", title="Re-open", text="After the job losses came new jobs."), ("alarm", "opportunity")),
        (entry("a", title="Nothing of the kind"), ()),
        (entry("a", categories=("Reskilling",)), ("opportunity",)),
        (entry("a", text=f"{words(119)} layoffs"), ("alarm",)),
        (entry("a", text=f"{words(120)} layoffs"), ()),  # only the beginning tells what it is about
        (entry("a", title="Great new", text="Job fair."), ()),  # no phrase across title and text
        (entry("a", title="LAYOFF"), ("alarm",)),
    ],
)
def test_which_lists_have_a_word_in_an_entry(one: Entry, found: tuple[str, ...]) -> None:
    text = haystack(one)
    assert LISTS.all(text) == found
    assert LISTS.first(text) == (found[0] if found else None)


def test_tags_count_where_they_are_given() -> None:
    assert LISTS.first(haystack(entry("a"), tags=("layoffs",))) == "alarm"


def test_the_first_match_wins_in_the_users_order() -> None:
    swapped = Lists([WordList("opportunity", ("work",)), WordList("alarm", ("work",))])
    assert swapped.first(haystack(entry("a", title="work"))) == "opportunity"


def test_interests_in_the_users_order_with_their_weights() -> None:
    interests = Interests([("remote", 2.0), ("layoff*", 0.5), ("four-day week", 3.0)])
    found = interests.found(haystack(entry("a", title="The four day week, and layoffs")))
    assert found == (("layoff*", 0.5), ("four-day week", 3.0))
    assert Interests([]).found(haystack(entry("a"))) == ()
