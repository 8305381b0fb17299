from __future__ import annotations

from dataclasses import replace

import pytest

from aggregator.entries.view import View
from aggregator.records import Enclosure, Republish, Rule, Source, StoredEntry
from tests.makers import HOUR, NOW, ONE, TWO, config, entry, source, state, stored, words

SECRET = "https://user.example.org/feed?token=s3cret"


def view(*sources: Source, **fields: object) -> View:
    lines = sources or (source(ONE), source(TWO))
    states = [
        state(key, line.url, feed_title=f"Feed {key}", feed_link=f"https://site{key}.example.org/", feed_id=f"id:{key}")
        for key, line in enumerate(lines, 1)
    ]
    return View(config(*lines, **fields), states, NOW)


RICH = entry("rich", content=f"<p>{words(100)}</p>", summary="<p>short</p>", text=words(100), categories=("work",),
             enclosures=(Enclosure("https://e.example/a.mp3"),), image="https://e.example/a.png", author="Jo"
             )  # fmt: skip


@pytest.mark.parametrize(
    ("republish", "private", "shows"),
    [
        ("full", False, {"content", "summary", "excerpt", "enclosures", "image"}),
        ("excerpt", False, {"excerpt"}),
        ("link", False, set()),
        ("full", True, set()),
    ],
)
def test_no_more_than_may_be_republished(republish: Republish, private: bool, shows: set[str]) -> None:
    made = view(source(ONE, republish=republish, private=private)).merged([stored(one=RICH)])
    assert made is not None
    assert {name for name in ("content", "summary", "excerpt", "enclosures", "image") if getattr(made, name)} == shows
    assert (made.title, made.link) == (RICH.title, RICH.link)
    assert (made.author, made.categories) == ((None, ()) if private else ("Jo", ("work",)))


def test_a_summary_stands_for_content_that_is_missing() -> None:
    made = view().merged([stored(one=replace(RICH, content=""))])
    assert made is not None
    assert made.content == "<p>short</p>"


def test_a_private_source_is_named_by_its_title_alone() -> None:
    looking = view(source(SECRET, private=True), source(TWO))
    assert looking.attribution(1).title == "Feed 1"
    assert (looking.attribution(1).site, looking.attribution(1).feed_url) == (None, None)
    assert not [part for part in ("s3cret", "user.example") if part in repr(looking.merged([stored()]))]
    nameless = View(config(source(SECRET, private=True)), [state(1, SECRET)], NOW)
    assert "user.example" not in nameless.title(1)


@pytest.mark.parametrize(
    ("line", "feed_title", "title"),
    [
        (source("https://www.blog.example.org/feed", title="Mine"), "Theirs", "Mine"),
        (source("https://www.blog.example.org/feed"), "Theirs", "Theirs"),
        (source("https://www.blog.example.org/feed"), None, "blog.example.org"),
    ],
)
def test_the_name_of_a_source(line: Source, feed_title: str | None, title: str) -> None:
    assert View(config(line), [state(1, line.url, feed_title=feed_title)], NOW).title(1) == title


def test_an_unknown_source_id_falls_back_to_its_address() -> None:
    assert View(config(ONE), [state(1)], NOW).attribution(1).id == ONE


def test_what_is_hidden_says_why() -> None:
    rule = Rule("drop", 'title ~ "sponsored"')
    looking = view(source(ONE, filters=(rule,)), source(TWO))
    assert looking.hidden_by(stored(one=entry("a", title="A sponsored post"))) == f"rule {rule.text}"
    assert looking.hidden_by(stored(2)) is None
    assert (looking.hidden_by(stored(source_key=9)) or "").startswith("rule")


@pytest.mark.parametrize(
    ("standing", "shown"), [("news", True), ("folded", True), ("backlog", False), ("held", False), ("dropped", False)]
)
def test_only_news_is_shown(standing: str, shown: bool) -> None:
    assert view().is_shown(stored(standing=standing)) is shown


def group(*members: tuple[int, str, str]) -> list[StoredEntry]:
    """(source, standing, title): the copies of one article in order of acceptance."""
    return [stored(n, entry(f"g{n}", title=title), source_key=key, standing=standing, group=1, id="urn:uuid:1")
            for n, (key, standing, title) in enumerate(members, 1)]  # fmt: skip


@pytest.mark.parametrize(
    ("members", "shown", "copies"),
    [
        (((1, "news", "a"), (2, "folded", "b")), "a", ["Feed 2"]),
        (((1, "news", "sponsored"), (2, "folded", "b")), "b", ["Feed 1"]),
        (((1, "backlog", "a"), (2, "news", "b")), "b", ["Feed 1"]),
        (((9, "news", "a"), (2, "folded", "b")), "b", []),
        (((1, "news", "a"), (2, "folded", "b"), (2, "folded", "c")), "a", ["Feed 2"]),
        (((1, "news", "sponsored"), (2, "folded", "sponsored")), None, []),
        (((1, "held", "a"),), None, []),
    ],
)
def test_the_first_copy_that_is_shown_stands_for_the_group(
    members: tuple[tuple[int, str, str], ...], shown: str | None, copies: list[str]
) -> None:
    made = view(filters=(Rule("drop", 'title ~ "sponsored"'),)).merged(group(*members))
    assert (made.title if made else None) == shown
    assert ([copy.source.title for copy in made.copies] if made else []) == copies
    assert made is None or made.id == "urn:uuid:1"


def test_tags_are_the_users_of_the_source_and_of_rules() -> None:
    looking = view(source(ONE, tags=("letters",)), filters=(Rule("tag", 'any has "minister"', "policy"),))
    made = looking.merged([stored(one=entry("a", title="The minister speaks", categories=("theirs",)))])
    assert made is not None
    assert (made.tags, made.categories) == (("letters", "policy"), ("theirs",))


def test_rules_see_what_the_entry_is_now() -> None:
    looking = view(filters=(Rule("drop", 'title ~ "old"'),))
    one = stored(one=entry("a", title="old"))
    assert not looking.is_shown(one)
    assert looking.is_shown(replace(one, entry=entry("a", title="new"), changed_at=one.changed_at + HOUR))


def test_an_age_rule_knows_the_hour() -> None:
    old = stored(published=NOW - 40 * 24 * HOUR)
    assert not view(filters=(Rule("drop", "age > 30d"),)).is_shown(old)
    assert view(filters=(Rule("drop", "age > 50d"),)).is_shown(old)
