"""`remove`, `pause`, `resume`, `set`: the file after them byte for byte; a mistake touches nothing."""

from __future__ import annotations

import pytest

from tests.world import World

FILE = """\
# my blogs
timezone: UTC
sources:
  - https://ann.example/feed   # Ann
  # Bob writes on Fridays
  - url: https://bob.example/feed
    title: Bob at work
    every: 6h

  - "https://cat.example/feed"
"""


@pytest.fixture
def feeds(world: World) -> World:
    (world.folder / "feeds.yaml").write_text(FILE, encoding="utf-8")
    return world


def text(world: World) -> str:
    return (world.folder / "feeds.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("command", "old", "new", "said"),
    [
        (["remove", "bob"],
         FILE[FILE.index("  # Bob") : FILE.index("\n  - \"")], "", "removed Bob at work (https://bob.example/feed)"),
        (["remove", "ANN.example"], "  - https://ann.example/feed   # Ann\n", "", "removed https://ann.example/feed"),
        (["pause", "ann"],
         "- https://ann.example/feed   # Ann\n", "- url: https://ann.example/feed   # Ann\n    paused: true\n",
         "feeds.yaml:4: https://ann.example/feed is paused"),
        (["set", "at work", "every=1d", "tags=ai, work"],
         "every: 6h\n", "every: 1d\n    tags: [ai, work]\n", "feeds.yaml:6: Bob at work: changed"),
        (["set", "bob", "title="], "    title: Bob at work\n", "", "changed"),
        (["set", "cat", "at_most=2"],
         '- "https://cat.example/feed"\n', '- url: "https://cat.example/feed"\n    at_most: 2\n', "changed"),
        (["set", "bob", "title=Bob: at work"], "title: Bob at work", 'title: "Bob: at work"', "changed"),
        (["set", "bob", "headers={Accept-Language: de}"],
         "every: 6h\n", "every: 6h\n    headers: {Accept-Language: de}\n", "changed"),
        (["set", "bob", "every=6h"], "", "", "says so already"),
        (["resume", "bob"], "", "", "is not paused already"),
    ],
)  # fmt: skip
def test_one_source_changes_and_nothing_else(feeds: World, command: list[str], old: str, new: str, said: str) -> None:
    feeds.run(*command)
    assert text(feeds) == FILE.replace(old, new, 1)
    assert said in feeds.said


def test_pause_and_resume_leave_the_file_as_it_was(feeds: World) -> None:
    for name in ("ann", "bob", "cat"):
        feeds.run("pause", name)
        assert text(feeds) != FILE
        feeds.run("resume", name)
        assert text(feeds) == FILE


def test_where_the_defaults_pause_everything_a_source_says_otherwise(feeds: World) -> None:
    (feeds.folder / "feeds.yaml").write_text(f"defaults: {{paused: true}}\n{FILE}")
    feeds.run("resume", "bob")
    assert text(feeds).endswith('    every: 6h\n    paused: false\n\n  - "https://cat.example/feed"\n')


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["set", "bob", "evry=1h"], "unknown key `evry`; did you mean `every`?"),
        (["set", "bob", "every=soon", "at_most=many"], "every"),
        (["set", "bob", "every=soon", "at_most=many"], "must be a whole number"),
        (["set", "bob", "every=1m"], "must be 10m or more"),
        (["set", "bob", "paused=yes"], "did you mean true?"),
        (["set", "bob", "url=https://ann.example/feed/"], "stands on line 4 already"),
        (["set", "bob", "url="], "aggregator remove"),
        (["set", "bob", "auth=ann:secret"], "secrets do not stand in this file"),
        (["set", "bob", "tags"], "write KEY=VALUE"),
        (["set", "bob"], "Missing argument"),
        (["set", "dora", "every=1h"], "no source is called `dora`"),
        (["pause", "example"], "could be any of these 3 sources"),
        (["remove", "dora"], "no source is called `dora`"),
    ],
)
def test_every_mistake_is_told_and_nothing_touched(feeds: World, command: list[str], said: str) -> None:
    feeds.run(*command, code=2)
    assert said in feeds.said
    assert text(feeds) == FILE


def test_the_only_source_stays(feeds: World) -> None:
    (feeds.folder / "feeds.yaml").write_text("- https://ann.example/feed\n")
    feeds.run("remove", "ann", code=2)
    assert "is the only source" in feeds.said
    assert text(feeds) == "- https://ann.example/feed\n"


def test_a_dry_run_shows_the_difference_and_changes_nothing(feeds: World) -> None:
    told = feeds.run("set", "bob", "every=1d", "--dry-run")
    assert told == (
        "--- a/feeds.yaml\n+++ b/feeds.yaml\n@@ -5,6 +5,6 @@\n   # Bob writes on Fridays\n"
        "   - url: https://bob.example/feed\n     title: Bob at work\n-    every: 6h\n+    every: 1d\n \n"
        '   - "https://cat.example/feed"\n'
    )
    assert text(feeds) == FILE


def test_a_broken_file_is_told_with_its_places_and_not_edited(feeds: World) -> None:
    (feeds.folder / "feeds.yaml").write_text(FILE.replace("timezone", "timezome"))
    feeds.run("pause", "bob", code=2)
    assert "feeds.yaml:2:1: unknown key `timezome`" in feeds.said
