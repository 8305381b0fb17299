"""What `run` does between ticks: reload, passes, seals, the wait for the network."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from aggregator import service
from aggregator.app import App
from aggregator.service import REST, DigestSealed, Event, FileBroken, FileChanged, PassBegan, PassEnded, Service
from aggregator.sources.config import load
from aggregator.store.sqlite import Store, open_store
from tests.makers import POOL
from tests.world import World


class Running:
    """A service over the world's blogs, ticking when the test says so."""

    def __init__(self, world: World) -> None:
        self.world = world
        config = load(world.write())
        self.store: Store = open_store(world.folder / "data" / "aggregator.db")
        self.app = App(config, self.store, self._clock, pool=POOL, timeout=2)
        self.app.follow(config)
        self.events: list[Event] = []
        self.service = Service(self.app, lambda: load(config.path), self.events.append, lambda _: None)

    def _clock(self) -> datetime:
        return self.world.now

    def tick(self, later: timedelta = timedelta(0)) -> list[str]:
        """The names of the events of one tick."""
        self.world.now += later
        self.events.clear()
        self.service.tick()
        return [type(event).__name__ for event in self.events]


@pytest.fixture
def running(world: World) -> Iterator[Running]:
    world.blog("One", "a", "b")
    made = Running(world)
    yield made
    made.store.close()


def test_the_first_tick_reads_publishes_and_seals_the_first_digest(running: Running) -> None:
    assert running.tick() == ["PassBegan", "PassEnded", "DigestSealed"]
    began, ended, sealed = running.events
    assert isinstance(began, PassBegan)
    assert began.first
    assert began.total == 1
    assert isinstance(ended, PassEnded)
    assert ended.done.new == 2
    assert isinstance(sealed, DigestSealed)
    assert sealed.first
    assert running.world.public("digest/latest.html").is_file()
    assert running.tick() == []


@pytest.mark.fault(2)
def test_what_was_recorded_and_not_published_is_at_the_next_start_without_a_request(running: Running) -> None:
    running.service.tick()
    world = running.world
    before = world.public("atom.xml").read_bytes()
    asked = [len(blog.requests) for blog in world.blogs]
    world.public("atom.xml").write_bytes(b"what stood there before the kill")
    config = load(running.app.config.path)
    started = App(config, running.store, lambda: world.now, pool=POOL, timeout=2)
    Service(started, lambda: config, running.events.append, lambda _: None).tick()
    assert world.public("atom.xml").read_bytes() == before
    assert [len(blog.requests) for blog in world.blogs] == asked


@pytest.mark.fault(16)
def test_the_morning_polls_then_seals(running: Running) -> None:
    """The laptop opens at 08:10 after two days: what is due is polled, then one digest says what it covers."""
    running.tick()
    running.world.now += timedelta(days=2, hours=1, minutes=10)
    running.world.post(running.world.blogs[0], "overnight")
    assert running.tick() == ["PassBegan", "PassEnded", "DigestSealed"]
    digest = running.world.digest("2026-03-16")
    assert [story["title"] for story in digest["stories"]] == ["overnight"]
    assert digest["covers"] == {"from": "2026-03-14T07:00:00Z", "to": "2026-03-16T08:10:00Z"}


def test_the_hour_before_the_digest_sees_every_source_polled(running: Running) -> None:
    """A source that rests longer than its `every` is asked once more before the digest, so that it is never stale."""
    running.tick()
    source = running.app.store.sources.states()[running.world.blogs[0].url]
    with running.store.transaction():
        running.store.sources.save(replace(source, next_poll_at=running.world.now + timedelta(days=3)))
    assert running.tick(timedelta(hours=12)) == []
    minutes = [running.tick(timedelta(minutes=1)) for _ in range(11 * 60 + 59)]
    assert [names for names in minutes if names] == [["PassBegan", "PassEnded"]]
    assert all(names == [] for names in minutes[: 11 * 60 - 1])


def test_passes_stand_apart_but_not_for_what_is_wanted(world: World) -> None:
    for name in ("One", "Two", "Three"):
        world.blog(name, name.lower())
    made, rest = Running(world), REST
    made.tick()
    with made.store.transaction():
        for key in (2, 3):
            late = made.world.now - timedelta(minutes=1)
            made.store.sources.save(replace(made.store.sources.state(key), next_poll_at=late))
    assert [made.tick(rest / 3), made.tick(rest / 3)] == [[], []]
    assert made.tick(rest / 2)[0] == "PassBegan"
    assert made.events[0].total == 2  # type: ignore[union-attr]
    with made.store.transaction():
        made.store.sources.mark_due([1], made.world.now - timedelta(minutes=1))
    assert made.tick(rest / 3)[0] == "PassBegan"
    made.store.close()


def test_a_saved_file_is_in_force_at_the_next_tick(running: Running) -> None:
    running.tick()
    running.world.blog("Two", "c")
    running.world.write()
    names = running.tick()
    assert names[0] == "FileChanged"
    assert "PassEnded" in names
    changed = running.events[0]
    assert isinstance(changed, FileChanged)
    assert (changed.added, changed.removed) == (1, 0)
    assert set(running.world.titles()) == {"a", "b", "c"}


@pytest.mark.fault(12)
def test_a_broken_file_leaves_the_last_good_one_in_force(running: Running) -> None:
    running.tick()
    path = running.world.folder / "feeds.yaml"
    good = path.read_text()
    path.write_text(good.replace("sources:", "sorces:"))
    assert running.tick() == ["FileBroken"]
    broken = running.events[0]
    assert isinstance(broken, FileBroken)
    assert "sorces" in str(broken.error)
    page = running.world.folder / "public" / "status.html"
    assert "sorces" in page.read_text()
    assert running.tick(timedelta(hours=3)) == ["PassBegan", "PassEnded"]
    assert "sorces" in page.read_text()
    path.write_text(good + "\n")
    assert running.tick()[0] == "FileChanged"
    assert "sorces" not in page.read_text()


def test_a_source_in_https_whose_certificates_cannot_be_read_is_a_broken_file(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    running.tick()
    path = running.world.folder / "feeds.yaml"
    (running.world.folder / "ca.pem").write_text("nothing", "utf-8")
    monkeypatch.setenv("SSL_CERT_FILE", str(running.world.folder / "ca.pem"))
    path.write_text(path.read_text() + "  - https://127.0.0.1:9/feed\n")
    assert running.tick() == ["FileBroken"]
    assert running.tick(timedelta(hours=3)) == ["PassBegan", "PassEnded"]
    monkeypatch.delenv("SSL_CERT_FILE")
    path.write_text(path.read_text() + "\n")
    assert running.tick()[0] == "FileChanged"


@pytest.mark.fault(38)
def test_offline_is_said_once_and_tried_with_one_source_a_minute(world: World) -> None:
    for name in ("One", "Two", "Three"):
        world.blog(name, name.lower())
    running = Running(world)
    running.tick()
    world.unplug()
    assert running.tick(timedelta(hours=3)) == ["PassBegan", "PassEnded"]
    assert running.app.is_offline
    assert running.tick(timedelta(minutes=1)) == []
    running.service._probed -= service.PROBE_GAP
    assert running.tick() == ["PassBegan"]
    running.store.close()


def test_a_digest_that_is_due_waits_a_while_for_the_network_then_is_sealed(world: World) -> None:
    for name in ("One", "Two", "Three"):
        world.blog(name, name.lower())
    running = Running(world)
    running.tick()
    world.unplug()
    assert running.tick(timedelta(days=1)) == ["PassBegan", "PassEnded"]
    assert running.service._due_since is not None
    running.service._due_since -= service.WAIT_FOR_NETWORK
    assert running.tick() == ["DigestSealed"]
    running.store.close()


def test_another_output_waits_for_a_restart(running: Running) -> None:
    running.tick()
    running.world.settings = "output: elsewhere"
    running.world.write()
    assert running.tick() == ["FileChanged"]
    changed = running.events[0]
    assert isinstance(changed, FileChanged)
    assert changed.needs_restart
    assert not (running.world.folder / "elsewhere").exists()


@pytest.mark.fault(36)
def test_a_source_that_leaves_and_returns_while_it_runs_announces_nothing_again(running: Running) -> None:
    two = running.world.blog("Two", "c")
    running.world.write()
    running.tick()
    before = running.world.public("atom.xml").read_bytes()
    running.world.write([running.world.blogs[0]])
    assert running.tick()[0] == "FileChanged"
    assert set(running.world.titles()) == {"a", "b"}
    running.world.write([running.world.blogs[0], two])
    running.tick(timedelta(hours=3))
    assert running.world.public("atom.xml").read_bytes() == before
    assert running.store.sources.tally()["news"] == 3


def test_changed_settings_apply_at_the_next_tick(running: Running) -> None:
    running.tick()
    running.world.settings = (
        "title: Another title\ncontact: https://ann.example/\ndigest: {at: '09:30'}\nfilters: [{drop: title = b}]"
    )
    path = running.world.write()
    path.write_text(path.read_text().replace("timezone: UTC", "timezone: Asia/Tokyo"))
    running.tick()
    assert json.loads(running.world.public("feed.json").read_bytes())["title"] == "Another title"
    assert running.world.titles() == ["a"]
    assert (str(running.app.config.timezone), str(running.app.config.digest.at)) == ("Asia/Tokyo", "09:30:00")
    running.tick(timedelta(hours=3))  # sources that were all asked at once are kept apart by up to an hour and more
    assert "(+https://ann.example/)" in running.world.blogs[0].requests[-1]["User-Agent"]


def test_a_file_that_is_gone_changes_nothing_and_looking_again_reads_it_anew(running: Running) -> None:
    running.tick()
    path = running.world.folder / "feeds.yaml"
    text = path.read_text()
    path.unlink()
    assert running.tick() == ["FileBroken"]
    assert running.tick() == []
    path.write_text(text)
    assert running.tick() == ["FileChanged"]
    running.service.look_again()
    assert running.tick() == ["FileChanged"]


def test_what_is_measured_follows_passes_and_seals_and_outlives_the_process(running: Running) -> None:
    assert running.service.measured.states is None
    running.tick()
    measured = running.service.measured
    assert (measured.passes, measured.polls["changed"], measured.new, measured.entries) == (1, 1, 2, 2)
    assert measured.states == {"ok": 1}
    assert measured.sealed == (("", running.world.now),)
    assert measured.last_pass == measured.last_success == running.world.now
    again = Service(running.app, lambda: running.app.config, running.events.append, lambda _: None)
    assert again.measured.passes == 0
    assert (again.measured.last_pass, again.measured.sealed) == (measured.last_pass, measured.sealed)
    again.tick()
    assert (again.measured.passes, again.measured.states) == (0, {"ok": 1})
    assert again.measured.is_stale(running.world.now + timedelta(days=3))
