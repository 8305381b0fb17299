"""The main job on recorded input: a replay of real blogs in every format, with a clock and fault personas.

Needs `AGGREGATOR_CORPUS`, the folder that holds `fow/replay.py`; its texts stay there.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.corpus import ROOT as CORPUS
from tests.corpus import needs_corpus
from tests.world import World, digest_titles

pytestmark = needs_corpus


class Replay(World):
    """The replay as the world's web."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._process = subprocess.Popen(
            [sys.executable, str(CORPUS / "fow" / "replay.py"), "--port", str(self.port)], stdout=subprocess.PIPE
        )
        assert self._process.stdout is not None
        self._process.stdout.readline()

    def close(self) -> None:
        super().close()
        self._process.kill()
        self._process.communicate()

    def get(self, path: str, data: bytes | None = None) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", data=data, timeout=10) as answer:
            return str(answer.read().decode())

    def at(self, moment: datetime) -> None:
        """Move both clocks."""
        self.now = moment
        self.get(f"/_clock?at={moment:%Y-%m-%dT%H:%MZ}", data=b"")

    def log(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.get("/_log").splitlines()]

    def configure(self, *faults: str) -> None:
        more = "".join(f"  - http://127.0.0.1:{self.port}/_faults/{fault}/feed\n" for fault in faults)
        (self.folder / "feeds.yaml").write_text("timezone: UTC\n" + self.get("/sources.yaml") + more, encoding="utf-8")


@pytest.fixture
def replay(tmp_path: Path) -> Iterator[Replay]:
    made = Replay(tmp_path)
    yield made
    made.close()


def _at(day: int, hour: int = 7) -> datetime:
    return datetime(2026, 3, day, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "received", "news", "backlog"),
    [
        (_at(14), 179, 60, 119),
        pytest.param(_at(20), 316, 112, 204, marks=pytest.mark.slow),
    ],
)
def test_a_first_poll_receives_every_entry_once(
    replay: Replay, moment: datetime, received: int, news: int, backlog: int
) -> None:
    replay.at(moment)
    replay.configure()
    done = replay.poll()
    assert (done["polled"], done["new"], done["failed"]) == (53, received, [])
    replay.run("digest")
    digest = replay.digest(moment.date().isoformat())
    assert (digest["received"], digest["backlog"]) == (received, backlog)
    assert digest["shown"] + digest["folded"] + digest["over_cap"] == news
    assert len(replay.titles()) == news - digest["folded"]


@pytest.mark.slow
def test_polling_again_is_conditional_and_stores_nothing(replay: Replay) -> None:
    replay.at(_at(14))
    replay.configure()
    replay.poll()
    asked = len(replay.log())
    assert replay.poll()["polled"] == 0
    replay.now += timedelta(hours=1)
    later = replay.poll()
    assert (later["polled"], later["not_modified"], later["new"]) == (53, 53, 0)
    assert all(
        "If-None-Match" in line["headers"] for line in replay.log()[asked + 1 :] if line["path"].endswith("/feed")
    )
    forced = replay.poll("--force")
    assert (forced["polled"], forced["not_modified"], forced["new"]) == (53, 53, 0)


@pytest.mark.slow
def test_moving_the_clock_brings_just_what_is_new_and_each_entry_is_in_one_digest(replay: Replay) -> None:
    shown: list[str] = []
    for day in range(13, 19):
        replay.at(_at(day))
        replay.configure()
        replay.poll()
        replay.run("digest")
        digest = replay.digest(f"2026-03-{day}")
        assert digest["received"] == sum(
            digest[name] for name in ("shown", "folded", "filtered", "over_cap", "backlog", "quarantined")
        )
        told = digest_titles(digest) + [line["title"] for line in digest["not_shown"]]
        assert len(told) == digest["received"] - digest["backlog"]
        shown += [entry["id"] for story in digest["stories"] for entry in story["entries"]] + [
            e["id"] for e in digest["also"]
        ]
    assert len(shown) == len(set(shown))
    assert 378 <= digest["reading_time_s"] <= 462


@pytest.mark.slow
def test_with_every_fault_in_the_list_all_the_others_are_delivered(replay: Replay) -> None:
    replay.at(_at(14))
    replay.configure(
        "404",
        "410",
        "429",
        "500",
        "html-instead",
        "truncated",
        "redirect-loop",
        "empty",
        "gzip-bomb",
        "not-modified-always",
    )
    done = replay.poll()
    assert (done["polled"], done["new"]) == (63, 179)
    words = [failure["error"] for failure in done["failed"]]
    assert len(words) == 10
    assert all("\n" not in error and len(error) < 120 for error in words)
    for expected in (
        "not found (404)",
        "gone (410)",
        "it asks us to slow down (429)",
        "its server fails (500)",
        "an HTML page, not a feed",
        "the answer was cut short",
        "redirects more than 5 times",
        "empty document",
        "the answer is larger than 32 MiB",
    ):
        assert any(error.startswith(expected) for error in words), expected


@pytest.mark.slow
def test_one_request_a_host_at_a_time_and_none_besides_the_feeds(replay: Replay) -> None:
    replay.at(_at(14))
    replay.configure()
    began = time.monotonic()
    replay.poll()
    assert time.monotonic() - began < 30
    asked = [line for line in replay.log() if line["headers"].get("User-Agent", "").startswith("fow-aggregator/")]
    assert len(asked) == 53
    assert {line["method"] for line in asked} == {"GET"}
    assert not any({"Cookie", "Referer"} & line["headers"].keys() for line in asked)
