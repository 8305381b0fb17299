"""`aggregator search`: full-text search over what is stored, through the views."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest

from tests.world import World


def library(world: World) -> None:
    one = world.blog("One", "Bread and work", "Tea time", "Old bread", ages=(1, 30, 24 * 40))
    one.posts[1].text = "The bakers talk about remote work at the <b>Café</b> and pay for it."
    world.blog("Two", "A sponsored loaf of bread", ages=(2,))
    world.settings = "filters: [{drop: title has sponsored}, {tag: food, when: any has bread}]"
    world.write()
    world.poll()


def titles(world: World, *arguments: str, code: int = 0) -> list[str]:
    data = json.loads(world.run("search", "--json", *arguments, code=code))
    return [one["title"] for one in data["entries"]]


def test_it_finds_by_words_source_tag_and_date_backlog_included(world: World) -> None:
    library(world)
    assert titles(world, "bread", "--newest") == ["Bread and work", "Old bread"]
    assert titles(world, "cafe", "BAKERS") == ["Tea time"]
    assert titles(world, "bread", "--newest", "--all") == ["Bread and work", "A sponsored loaf of bread", "Old bread"]
    assert titles(world, "work", "--tag", "Food") == ["Bread and work"]
    assert titles(world, "told", "--tag", "none", code=1) == []
    assert titles(world, "bread", "--source", "one", "--limit", "1", "--newest") == ["Bread and work"]
    assert titles(world, "bread", "--source", "two", code=1) == []
    assert titles(world, "bread", "--until", "2026-03-01") == ["Old bread"]
    assert titles(world, "work", "--since", "2026-03-14", "--until", "2026-03-14") == ["Bread and work"]
    assert titles(world, "work", "--until", "2026-03-13") == ["Tea time"]


def test_what_a_person_sees(world: World) -> None:
    library(world)
    told = world.run("search", "remote", "work").splitlines()
    assert told == [
        "2026-03-13  Tea time",
        "            One · https://one.example/tea-time",
        "            The bakers talk about remote work at the Café and pay for it.",
    ]
    assert world.said == "1 entry\n"
    assert world.run("search", "nowhere", code=1) == ""
    assert world.said == "nothing found for nowhere\n"
    world.run("search", "bread", "--since", "yesterday", code=2)
    assert world.said == "yesterday: not a date; write it like 2026-03-01\n"


def test_it_is_said_where_backlog_is_not_read_yet(world: World) -> None:
    """As a first pass over many sources leaves it."""
    library(world)
    with closing(sqlite3.connect(next((world.folder / "data").glob("*.db")))) as store, store:
        store.execute("UPDATE entries SET hash = '' WHERE standing = 'backlog'")
        store.execute("INSERT INTO unread SELECT source, day FROM bodies WHERE source = 1")
        store.execute("DELETE FROM signs")
    later = "; the backlog of new sources is found by its titles until it is read, in the next passes"
    world.run("search", "remote", "work")
    assert world.said == f"1 entry{later}\n"
    world.run("search", "nowhere", code=1)
    assert world.said == f"nothing found for nowhere{later}\n"
    assert "  text        not read yet: " in world.run("explain", "https://one.example/old-bread")
    assert "  text        not read yet: " not in world.run("explain", "https://one.example/tea-time")
    world.run("poll")
    assert world.said == "Nothing is due. `--force` asks all the same. Read the older entries of 1 new source.\n"
    world.run("search", "remote", "work")
    assert world.said == "1 entry\n"
    assert "  text  " not in world.run("explain", "https://one.example/old-bread")
    with closing(sqlite3.connect(next((world.folder / "data").glob("*.db")))) as store, store:
        store.execute("UPDATE entries SET hash = '' WHERE standing = 'backlog'")
    assert "  text        not read: its source left" in world.run("explain", "https://one.example/old-bread")


@pytest.mark.parametrize("words", ['"', "a AND", "NOT", "x:y", "^", "*", "(", "-", "NEAR(", "';--", "\x00"])
def test_nothing_that_is_typed_is_an_error(world: World, words: str) -> None:
    world.blog("One", "Bread")
    world.write()
    world.poll()
    world.run("search", "--", words, code=1)


def test_an_article_from_two_sources_is_found_once(world: World) -> None:
    for name in ("One", "Two"):
        world.blog(name, "Bread").posts[0].link = "https://one.example/bread"
    world.write()
    world.poll()
    assert titles(world, "bread") == ["Bread"]


def test_a_removed_source_is_not_found_and_returns(world: World) -> None:
    one, two = world.blog("One", "Bread one"), world.blog("Two", "Bread two")
    world.write()
    world.poll()
    world.write([one])
    world.run("publish")
    assert titles(world, "bread") == ["Bread one"]
    world.write([one, two])
    world.run("publish")
    assert sorted(titles(world, "bread")) == ["Bread one", "Bread two"]


def test_an_edited_entry_is_found_as_it_is_now(world: World) -> None:
    blog = world.blog("One", "Bread")
    world.write()
    world.poll()
    blog.posts[0].text = "It was about rolls all the time."
    world.now += timedelta(hours=2)
    assert world.poll()["updated"] == 1
    assert titles(world, "rolls") == ["Bread"]
    world.run("search", "second", "sentence", code=1)


def test_json_names_what_was_found(world: World) -> None:
    library(world)
    data: dict[str, Any] = json.loads(world.run("search", "--json", "--all", "loaf"))
    assert data["words"] == "loaf"
    (one,) = data["entries"]
    assert one["id"].startswith("urn:uuid:")
    assert one | {"id": ""} == {
        "id": "",
        "link": "https://two.example/a-sponsored-loaf-of-bread",
        "title": "A sponsored loaf of bread",
        "source": "Two",
        "published": "2026-03-14T05:00:00Z",
        "tags": [],
        "snippet": "A sponsored loaf of bread is told here. It has a second sentence about Two.",
        "marks": ["loaf", "loaf"],
        "hidden": "rule drop: title has sponsored",
    }
