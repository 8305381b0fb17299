"""`public/` follows the store: what is written after a pass, and what is left alone."""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import shutil
import sqlite3
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from aggregator.public.publication import Publication
from tests.makers import DAY, ONE, TWO, Desk, entry
from tests.world import World

HOUR = timedelta(hours=1)
NOTHING = ["status.html", "status.json"]


def test_a_pass_without_news_writes_the_state_of_the_sources_alone(world: World) -> None:
    blog = world.blog("One", "a")
    world.write()
    assert "atom.xml" in world.poll()["published"]
    world.now += HOUR
    assert world.poll()["published"] == NOTHING
    world.post(blog, "b")
    world.now += HOUR
    assert {"atom.xml", "rss.xml", "feed.json", "index.html"} <= set(world.poll()["published"])


def test_a_tag_that_is_gone_takes_its_feed_along(world: World) -> None:
    world.blog("One", "a")
    world.settings = "filters: [{tag: fresh, when: 'title = a'}]"
    world.write()
    world.poll()
    assert world.public("tags/fresh/atom.xml").is_file()
    world.settings = ""
    world.write()
    world.run("publish")
    assert not world.public("tags/fresh").exists()


def test_of_very_many_sources_the_state_rests_for_a_while_and_a_sealed_day_ends_with_it() -> None:
    with TemporaryDirectory() as folder:
        desk = Desk(ONE, TWO, folder=Path(folder))
        desk.bring(ONE, entry("a"))
        publication = Publication(desk.store, lambda: desk.now, very_many=1)
        publication.is_patient = True
        publication.publish(desk.config, desk.view())
        while publication.publish_status(desk.config, desk.view()):
            """It rests for twenty times as long as it takes, which is not long here."""
        desk.now += DAY
        desk.seal()
        assert "status.html" in (publication.publish(desk.config, desk.view()))


def test_other_topics_make_another_page_of_the_year(world: World) -> None:
    world.blog("One", "Robots")
    world.write()
    world.poll()
    assert "Machines" not in world.public("trends.html").read_text()
    world.settings = "topics: {Machines: [robot*]}"
    world.write()
    world.run("publish")
    assert "Machines" in world.public("trends.html").read_text()


def _published(world: World) -> dict[str, bytes]:
    """Every file but status.*"""
    folder = world.folder / "public"
    files = (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("status."))
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(files)}


@pytest.mark.parametrize("name", ["atom.xml", "archive/2026-03.atom.xml", "index.html"])
@pytest.mark.parametrize("harm", ["lost", "other"])
def test_a_file_that_is_not_as_it_was_written_is_written_again(world: World, name: str, harm: str) -> None:
    world.blog("One", "a")
    world.write()
    world.poll()
    before = _published(world)
    world.public(name).unlink() if harm == "lost" else world.public(name).write_bytes(b"other")
    world.now += HOUR
    assert name in world.poll()["published"]
    assert _published(world) == before


def test_a_template_of_the_users_that_changed_is_seen_by_the_next_pass(world: World) -> None:
    world.blog("One", "a")
    folder = world.folder / "templates"
    folder.mkdir()
    (folder / "style.css").write_text("a {}", encoding="utf-8")
    world.write()
    world.poll()
    world.now += HOUR
    assert world.poll()["published"] == NOTHING
    (folder / "style.css").write_text("b {}", encoding="utf-8")
    os.utime(folder / "style.css", (1, 1))
    world.now += HOUR
    assert "style.css" in world.poll()["published"]


def test_what_is_kept_compiled_beside_a_template_is_no_reason_to_render(world: World) -> None:
    """Also in the program's own folder, where each process may add to it."""
    world.blog("One", "a")
    folder = world.folder / "templates"
    folder.mkdir()
    world.write()
    world.poll()
    before = _remembered(world)
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "page.cache").touch()
    world.now += HOUR
    world.poll()
    assert _remembered(world) == before
    (folder / "style.css").touch()
    world.now += HOUR
    world.poll()
    assert _remembered(world) != before


def _remembered(world: World) -> Any:
    """The sign of what was published."""
    with contextlib.closing(sqlite3.connect(world.folder / "data" / "aggregator.db")) as store:
        return json.loads(*store.execute("SELECT value FROM meta WHERE name = 'published'").fetchone())["sign"]


@pytest.mark.parametrize("seed", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in range(1, 16))])
def test_what_grew_pass_by_pass_is_what_would_be_written_at_once(world: World, seed: int) -> None:
    """Whatever happens between passes, in any order: the same bytes as from a process that knows of no publication."""
    chance = random.Random(seed)
    for name in ("One", "Two", "Three"):
        world.blog(name, f"{name} begins", f"{name} went before", ages=(1, 90))
    world.settings = RULES[0]
    world.write()
    world.poll()
    for step in range(9):
        world.now += timedelta(minutes=61)
        what = chance.choice(HAPPENINGS)
        what(world, chance, step)
        world.poll("--force")
        assert _published(world) == _published(_as_if_never_published(world)), (step, what.__name__)


def _as_if_never_published(world: World) -> World:
    """The same store and folder elsewhere, written again by a process that remembers nothing."""
    other = World(world.folder / "other")
    shutil.rmtree(other.folder, ignore_errors=True)
    shutil.copytree(world.folder, other.folder)
    with contextlib.closing(sqlite3.connect(other.folder / "data" / "aggregator.db")) as store:
        assert store.execute("DELETE FROM meta WHERE name = 'published'").rowcount == 1
        store.commit()
    other.now = world.now
    other.run("publish")
    shutil.copy2(world.public("trends.html"), other.public("trends.html"))  # made once a day, without the last hours
    return other


RULES = (
    "filters: []",
    'title: Another name\nfilters:\n  - tag: fresh\n    when: title has "news"',
    'filters:\n  - drop: title has "copied"\n  - tag: aged\n    when: age > 1d',
)


def _news(world: World, chance: random.Random, step: int) -> None:
    for blog in chance.sample(world.blogs, 2):
        world.post(blog, f"{blog.name} news {step}")  # at one instant: their order is that of acceptance


def _late(world: World, chance: random.Random, step: int) -> None:
    world.post(chance.choice(world.blogs), f"Late {step}").at -= timedelta(days=chance.choice((2, 20)))


def _edited(world: World, chance: random.Random, step: int) -> None:
    chance.choice(chance.choice(world.blogs).posts).text = f"Written anew in step {step}, in a few more words."


def _copied(world: World, chance: random.Random, step: int) -> None:
    for blog in chance.sample(world.blogs, 2):
        world.post(blog, f"Copied {step}", text="The same long text stands in both places, word by word. " * 20)


def _told_together(world: World, chance: random.Random, step: int) -> None:
    """Reports of one event, and the digest that finds them together."""
    for blog in chance.sample(world.blogs, 2):
        world.post(
            blog, f"{blog.name} hears: Kestrel cuts 20% of its staff in Ostrava"
        ).link = f"https://{blog.name}.example/{step}"
    world.now += timedelta(days=1)
    world.poll()
    world.run("digest", code=None)


def _signed(world: World, chance: random.Random, step: int) -> None:
    """A blog puts the same line under what it writes; once that is known no excerpt tells it, on no day."""
    blog = chance.choice(world.blogs)
    for number in range(5):
        text = f"<p>Lamp {number} of step {step} is told here.</p><p>A letter of {blog.name}, written on Sundays.</p>"
        world.post(blog, f"{blog.name} lights lamp {step} {number}", text=text)


def _taken_back(world: World, chance: random.Random, step: int) -> None:
    blog = chance.choice(world.blogs)
    del blog.posts[-1:]


def _hidden(world: World, chance: random.Random, step: int) -> None:
    _withdraw(world, chance, "hide")


def _shown_again(world: World, chance: random.Random, step: int) -> None:
    _withdraw(world, chance, "hide", "--undo")


def _forgotten(world: World, chance: random.Random, step: int) -> None:
    _withdraw(world, chance, "forget")


def _withdraw(world: World, chance: random.Random, *command: str) -> None:
    archives = b"".join(path.read_bytes() for path in sorted((world.folder / "public" / "archive").iterdir()))
    names = sorted(set(re.findall(rb"    <id>(urn:uuid:[^<]+)</id>\n    <title", archives)))
    if names:
        world.run(command[0], chance.choice(names).decode(), *command[1:], code=None)


def _other_rules(world: World, chance: random.Random, step: int) -> None:
    world.settings = chance.choice(RULES)
    world.write()


def _fewer_or_more_sources(world: World, chance: random.Random, step: int) -> None:
    world.write(chance.sample(world.blogs, chance.choice((2, 3))))


def _tomorrow(world: World, chance: random.Random, step: int) -> None:
    world.now += timedelta(days=chance.choice((1, 1, 16)))


def _digest(world: World, chance: random.Random, step: int) -> None:
    world.run("digest", code=None)


def _lost(world: World, chance: random.Random, step: int) -> None:
    world.public(chance.choice(sorted(_published(world)))).unlink()


def _changed_by_hand(world: World, chance: random.Random, step: int) -> None:
    """But for what is written once: it stays as it is."""
    files = [name for name in sorted(_published(world)) if not name.startswith(("day/", "archive/", "digest/2"))]
    world.public(chance.choice(files)).write_bytes(b"by hand")


def _nothing(world: World, chance: random.Random, step: int) -> None:
    """A pass without news."""


HAPPENINGS = (
    _news, _news, _late, _edited, _copied, _signed, _signed, _taken_back, _hidden, _shown_again, _forgotten,
    _other_rules, _fewer_or_more_sources, _tomorrow, _digest, _told_together, _told_together, _lost,
    _changed_by_hand, _nothing,
)  # fmt: skip
