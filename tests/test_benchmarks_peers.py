"""`benchmarks/peers.py`: what is measured beside us is a whole pass, and what is not here is said."""

from __future__ import annotations

import subprocess
import sys
from argparse import Namespace
from functools import partial
from pathlib import Path

import pytest

from benchmarks import miniflux, programs
from benchmarks.peers import OURS, PEERS, laid_out, one_entry_more, present, run, table, web
from benchmarks.poll import NOW, address, document, spent
from benchmarks.programs import Program


def _numbers(wall: float, cpu: float) -> dict[str, float]:
    return {"wall": wall, "cpu": cpu, "mib": 50.0, "entries": 10}


def test_a_peer_that_is_not_here_is_left_out_in_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("MINIFLUX", str(tmp_path / "gone"))
    assert present([OURS, "newsboat", "sfeed", "rss2email", "miniflux"]) == [OURS]
    said = capsys.readouterr().err.splitlines()
    assert [line.partition(" ")[0] for line in said] == ["newsboat", "sfeed", "rss2email", "miniflux"]
    assert "no `sfeed_update` in the PATH" in said[1]
    assert "go build" in said[3]


def test_ratios_are_of_the_same_run_and_their_median_is_told() -> None:
    runs = [
        {"cold": {OURS: _numbers(10 * slow, 20 * slow), "newsboat": _numbers(20 * slow, 10 * slow)}}
        for slow in (1.0, 3.0, 2.0)
    ]
    lines = list(table(runs))
    assert lines[3] == "| newsboat | 40.0 | 20.0 | 50 | 10 | 0.50 | 2.00 |"
    alone = [{"cold": {"newsboat": _numbers(2, 1)}}]
    assert list(table(alone))[2] == "| newsboat | 2.0 | 1.0 | 50 | 10 |  |  |"


def test_documents_of_a_folder_are_served_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "feeds").mkdir()
    (tmp_path / "www").mkdir()
    (tmp_path / "feeds" / "b.json").write_bytes(b"{}")
    (tmp_path / "feeds" / "a.atom").write_bytes(b"<feed/>")
    assert laid_out(Namespace(folder=tmp_path / "feeds", feeds=9), tmp_path / "www") == 2
    assert [(tmp_path / "www" / f"{number}.xml").read_bytes() for number in (0, 1)] == [b"<feed/>", b"{}"]


def test_what_a_server_computes_meanwhile_is_counted(tmp_path: Path) -> None:
    busy = "import time\nwhile time.process_time() < 0.1: pass\nprint(flush=True)\ninput()"
    with subprocess.Popen([sys.executable, "-c", busy], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        server.stdout.readline()
        assert spent(server.pid) - spent(None) >= 0.08
        server.communicate(b"\n")


def test_a_feed_that_fails_does_not_end_the_run_but_is_written_down(tmp_path: Path) -> None:
    asked: list[str] = []
    program = Program(["sh", "-c", 'echo "$0"; exit 3'], lambda: 0, ["again"], due=lambda: asked.append("due"))
    assert (program.poll(tmp_path / "log", first=True)["wall"] or 0) >= 0
    assert not asked
    program.poll(tmp_path / "log", first=False)
    assert asked == ["due"]
    assert (tmp_path / "log").read_text().splitlines() == ["sh", "code 3", "again", "code 3"]


def test_a_peer_is_set_up_for_every_feed(tmp_path: Path) -> None:
    urls = [address(number, 80) for number in range(3)]
    for name in ("newsboat", "sfeed", "rss2email"):
        (tmp_path / name).mkdir()
        getattr(programs, name)(tmp_path / name, urls, 7)
    written = {name: (tmp_path / name / file).read_text() for name, file in
               (("newsboat", "urls"), ("sfeed", "sfeedrc"), ("rss2email", "cfg"))}  # fmt: skip
    assert all(text.count(url) == 1 for text in written.values() for url in urls)
    assert "maxjobs=7" in written["sfeed"]


@pytest.mark.slow
def test_every_program_that_is_here_holds_every_entry(tmp_path: Path) -> None:
    feeds = laid_out(Namespace(folder=None, feeds=11), tmp_path)
    entries = sum(document(number).count(b"<item>") for number in range(feeds))
    with web(tmp_path, 0, None, None) as port:
        urls = [address(number, port) for number in range(feeds)]
        names = present([OURS, *PEERS])
        found = run(names, urls, NOW.isoformat(), partial(one_entry_more, tmp_path, feeds))
    held = {phase: {name: numbers["entries"] for name, numbers in found[phase].items()} for phase in found}
    assert held["cold"] == held["warm"] == dict.fromkeys(names, entries)
    assert held["tenth"] == dict.fromkeys(names, entries + 2)


@pytest.mark.slow
@pytest.mark.skipif(miniflux.missing() is not None, reason=str(miniflux.missing()))
def test_what_postgresql_does_for_miniflux_counts(tmp_path: Path) -> None:
    feeds = laid_out(Namespace(folder=None, feeds=3), tmp_path)
    with web(tmp_path, 0, None, None) as port:
        found = run(["miniflux"], [address(number, port) for number in range(feeds)], NOW.isoformat(), None)
    assert found["cold"]["miniflux"]["entries"] == sum(document(number).count(b"<item>") for number in range(feeds))
    assert (found["cold"]["miniflux"]["mib"] or 0) > 0
