"""The doctor: this machine, the store, the outputs; sources asked anew; the cure as a diff and as bytes."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aggregator.errors import ConfigError
from aggregator.fetch.client import Trust, Wire
from aggregator.hubs.callback import PROBE, REACHED
from aggregator.records import Config
from aggregator.sources.config import load
from aggregator.store.sqlite import open_store
from aggregator.upkeep.doctor import Check, called, cure, machine, stored
from aggregator.upkeep.proposals import Proposal
from tests.makers import config
from tests.web import Answer, Web
from tests.world import World

NOW = datetime(2026, 3, 14, 7, 0, tzinfo=UTC)


def named(checks: list[Check]) -> dict[str, Check]:
    return {check.name: check for check in checks}


def here(folder: Path) -> Config:
    return config(folder=folder, store=str(folder / "data" / "aggregator.db"))


def test_a_sound_machine_has_nothing_to_do(tmp_path: Path) -> None:
    checks = named(list(machine(here(tmp_path), NOW)))
    assert list(checks) == ["store folder", "output folder", "disk", "clock", "TLS", "expat"]
    assert all(check.ok for name, check in checks.items() if name not in ("expat", "disk"))
    assert checks["store folder"].told.endswith("will be made")


def test_a_clock_before_the_program_was_made(tmp_path: Path) -> None:
    assert named(list(machine(here(tmp_path), datetime(1970, 1, 1, tzinfo=UTC))))["clock"].todo


def test_a_file_where_a_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("in the way")
    check = named(list(machine(here(tmp_path), NOW)))["store folder"]
    assert not check.ok
    assert "is no folder" in check.told


def test_certificates_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    empty = tmp_path / "none.pem"
    empty.write_text("")
    monkeypatch.setenv("SSL_CERT_FILE", str(empty))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "nowhere"))
    assert not named(list(machine(here(tmp_path), NOW)))["TLS"].ok


def test_store_pass_and_outputs(world: World) -> None:
    world.blog("One", "a")
    path = world.write()
    world.poll()
    known = load(path)
    store = open_store(Path(known.store))
    assert all(check.ok for check in stored(known, store, world.now))
    later = named(list(stored(known, store, world.now + timedelta(days=3))))
    assert later["last pass"].todo == "start `aggregator run`, or look at the log of cron"
    earlier = named(list(stored(known, store, world.now - timedelta(days=3))))
    assert earlier["last pass"].todo == "set the clock of this machine"
    world.public("atom.xml").unlink()
    assert named(list(stored(known, store, world.now)))["outputs"].todo == "run `aggregator publish`"
    store.close()


@pytest.mark.fault(47)
def test_no_source_has_answered_for_days(world: World) -> None:
    """Passes end, and yet nothing comes: that is told, and status names each source's failure."""
    blog = world.blog("One", "a")
    world.blog("Two", "b").broken = lambda handler: handler.send_error(500)
    world.write()
    world.poll()
    blog.broken = lambda handler: handler.send_error(500)
    for _ in range(4):
        world.now += timedelta(days=1)
        world.poll("--force")
    told = world.run("doctor", "--offline", code=1)
    assert "no source answered since 2026-03-14 07:00 UTC" in told
    assert "its server fails (500)" in world.run("status")


@pytest.mark.parametrize("share", [0.02, 0.5], ids=["its schema", "its rows"])
def test_a_damaged_store_is_told_and_nothing_else_of_it(world: World, share: float) -> None:
    world.blog("One", *(f"entry {n}" for n in range(40)))
    path = world.write()
    world.poll()
    file = Path(load(path).store)
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    data = bytearray(file.read_bytes())
    place = int(len(data) * share) // 4096 * 4096 + 100
    data[place : place + 4096 * 3] = b"\xff" * 4096 * 3
    file.write_bytes(data)
    told = world.run("doctor", "--offline", code=1)
    assert "to do  store" in told
    assert "restore a backup" in told


def test_the_cure_is_a_diff_and_keeps_every_other_byte(tmp_path: Path) -> None:
    text = (
        "# my sources\nsources:\n  - https://a.example/feed   # Anna\n\n"
        "  - url: http://b.example/feed\n    title: 'B'  # quoted\n  # about C\n  - https://c.example/feed\n"
    )
    (tmp_path / "feeds.yaml").write_text(text)
    known = load(tmp_path / "feeds.yaml")
    one, two, three = known.sources
    plan = cure(
        known,
        [
            Proposal("gone", one, "410", remove=True),
            Proposal("moved", two, "301", {"url": "https://b.example/new"}),
            Proposal("broken", three, "404", advice="look"),
        ],
    )
    assert "-  - url: http://b.example/feed\n+  - url: https://b.example/new\n" in plan.diff
    plan.apply()
    after = (tmp_path / "feeds.yaml").read_text()
    assert [source.url for source in load(known.path).sources] == ["https://b.example/new", "https://c.example/feed"]
    kept = [line for line in text.splitlines() if "a.example" not in line and "b.example" not in line]
    assert [line for line in kept if line] == [
        line for line in after.splitlines() if line and "b.example/new" not in line
    ]


def test_a_cure_that_would_break_the_file_touches_nothing(tmp_path: Path) -> None:
    (tmp_path / "feeds.yaml").write_text("- https://a.example/feed\n- https://b.example/feed\n")
    known = load(tmp_path / "feeds.yaml")
    before = known.path.read_bytes()
    twice = cure(known, [Proposal("moved", known.sources[0], "301", {"url": "https://b.example/feed"})])
    with pytest.raises(ConfigError, match="stands on line"):
        twice.apply()
    stale = replace(cure(known, [Proposal("gone", known.sources[0], "410", remove=True)]), before=b"- x\n")
    with pytest.raises(ConfigError, match="saved by somebody else"):
        stale.apply()
    assert known.path.read_bytes() == before


def test_a_callback_that_hubs_can_reach_and_one_that_they_cannot(tmp_path: Path) -> None:
    wire = Wire("tester", Trust(), timeout=20)
    assert list(called(here(tmp_path), wire)) == []
    with Web() as web:
        web.on(f"/push/{PROBE}", Answer(200, REACHED.encode()))
        (well,) = called(replace(here(tmp_path), callback=web.url("/push/")), wire)
        (wrong,) = called(replace(here(tmp_path), callback=web.url("/other/")), wire)
    (away,) = called(replace(here(tmp_path), callback=web.url("/push/")), wire)
    assert (well.ok, wrong.ok, away.ok) == (True, False, False)
    assert wrong.told.endswith("answers 404, and not as this program does")
    assert "let your web server pass this path on" in (away.todo or "")
