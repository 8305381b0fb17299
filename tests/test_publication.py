"""`public/` follows the store: what is written after a pass, and what is left alone."""

from __future__ import annotations

from datetime import timedelta

from tests.world import World

HOUR = timedelta(hours=1)


def test_a_pass_without_news_writes_the_state_of_the_sources_alone(world: World) -> None:
    blog = world.blog("One", "a")
    world.write()
    assert "atom.xml" in world.poll()["published"]
    world.now += HOUR
    assert world.poll()["published"] == ["status.html", "status.json"]
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
