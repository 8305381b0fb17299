from __future__ import annotations

import os
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args

import pytest

from aggregator.records import Source, SourceHealth, State
from aggregator.report import Failure, Pass
from aggregator.serving.metrics import Measured, of_process, text

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)
FAILED = Failure(Source("https://secret.example/feed"), "Secret", "refused (403)", None)
BUSY = Pass(NOON, NOON, polled=10, not_modified=5, unchanged=2, new=4, updated=1, failed=[FAILED])
ROW = SourceHealth("https://one.example/feed", "One", "ok", NOON, NOON, "", 0, None, 7, None)
SAMPLE = re.compile(
    r'([a-z_]+)(?:\{([a-z]+="(?:[^"\\\n]|\\["\\n])*"(?:,[a-z]+="(?:[^"\\\n]|\\["\\n])*")*)\})? (-?[0-9.e+]+)'
)


def samples(measured: Measured, now: datetime = NOON, answers: dict[int, int] | None = None) -> dict[str, float]:
    """The text read as Prometheus reads it: each line a comment or a sample, each metric declared once, before it."""
    found: dict[str, float] = {}
    declared: list[str] = []
    for line in text(measured, answers or {}, now, of_process(1.5)).splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert kind == ("counter" if name.endswith("_total") else "gauge")
            assert name not in declared
            declared.append(name)
        elif not line.startswith("# HELP "):
            match = SAMPLE.fullmatch(line)
            assert match, line
            assert match[1] == declared[-1]
            assert line.rpartition(" ")[0] not in found
            found[line.rpartition(" ")[0]] = float(match[3])
    return found


def test_what_was_done_is_counted_over_passes() -> None:
    measured = Measured().after(BUSY, 2.5).after(replace(BUSY, failed=[]), 0.5)
    told = samples(measured)
    assert told["aggregator_passes_total"] == 2
    assert told["aggregator_pass_seconds_total"] == 3
    assert {outcome: told[f'aggregator_polls_total{{outcome="{outcome}"}}'] for outcome in measured.polls} == {
        "changed": 2 + 3,
        "unchanged": 4,
        "not_modified": 10,
        "failed": 1,
    }
    assert told["aggregator_entries_accepted_total"] == 8
    assert told["aggregator_entries_updated_total"] == 2
    assert told["aggregator_last_pass_timestamp_seconds"] == NOON.timestamp()


def test_how_things_stand() -> None:
    failing = replace(ROW, state="failing", last_success_at=NOON - timedelta(days=3), entries=2)
    measured = Measured(sealed=(("", NOON - timedelta(hours=5)), ("weekly", NOON - timedelta(days=2))))
    told = samples(measured.standing([ROW, failing, replace(ROW, state="new", last_success_at=None, entries=0)]))
    states = {state: told[f'aggregator_sources{{state="{state}"}}'] for state in get_args(State)}
    assert states == {**dict.fromkeys(get_args(State), 0), "ok": 1, "failing": 1, "new": 1}
    assert told["aggregator_entries"] == 9
    assert told["aggregator_last_success_timestamp_seconds"] == NOON.timestamp()
    assert told['aggregator_digest_age_seconds{series="main"}'] == 5 * 3600
    assert told['aggregator_digest_age_seconds{series="weekly"}'] == 2 * 86400


def test_what_is_not_known_is_left_out_not_zero() -> None:
    told = "\n".join(samples(Measured()))
    for name in ("aggregator_sources", "aggregator_entries ", "aggregator_last", "aggregator_digest"):
        assert name not in told
    assert 'aggregator_polls_total{outcome="failed"}' in told


def test_an_outage_shows_and_is_no_success() -> None:
    online = Measured().after(BUSY, 1)
    away = online.after(replace(BUSY, offline=True, finished_at=NOON + timedelta(days=3)), 1)
    assert [samples(one)["aggregator_offline"] for one in (online, away)] == [0, 1]
    assert away.last_pass == NOON


@pytest.mark.parametrize(
    ("last", "stale"), [(None, False), (timedelta(days=2), False), (timedelta(days=2, seconds=1), True)]
)
def test_two_days_without_success_are_unhealthy(last: timedelta | None, stale: bool) -> None:
    assert Measured(last_pass=NOON - last if last else None).is_stale(NOON) is stale


def test_labels_are_few_whatever_the_sources_are_called() -> None:
    """Nothing that a stranger writes becomes a label; what the user writes is escaped."""
    rows = [replace(ROW, title=f"Source {number}", url=f"https://{number}.example/") for number in range(500)]
    measured = Measured(sealed=(('we"ek\\ly\n', NOON),)).after(replace(BUSY, failed=[FAILED] * 3), 1).standing(rows)
    told = samples(measured, answers={200: 3, 304: 10})
    assert len(told) < 40
    assert "example" not in "".join(told)
    assert 'aggregator_digest_age_seconds{series="we\\"ek\\\\ly\\n"}' in told
    assert told['aggregator_http_answers_total{status="304"}'] == 10


def test_the_process_is_measured() -> None:
    told = samples(Measured())
    assert told["process_cpu_seconds_total"] > 0
    assert told["process_start_time_seconds"] == 1.5
    if Path("/proc/self/statm").exists():
        assert told["process_resident_memory_bytes"] > 10 * 2**20
        before = told["process_open_fds"]
        with Path(os.devnull).open():
            assert samples(Measured())["process_open_fds"] == before + 1


def test_without_proc_there_is_less(tmp_path: Path) -> None:
    assert of_process(1.0, tmp_path).keys() == {"process_cpu_seconds_total", "process_start_time_seconds"}
