"""What was done and how things stand, as Prometheus reads it (text exposition format 0.0.4).

Numbers are values: `Measured` is made anew after each pass by the thread that has the store, and read by the one that
serves. Labels are a few words that are known beforehand, and the names of digest series; never a source or an address.
"""

from __future__ import annotations

import os
import platform
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import get_args

from aggregator import __version__
from aggregator.records import SourceHealth, State
from aggregator.report import Pass

OUTCOMES = ("changed", "unchanged", "not_modified", "failed")
STALE_AFTER = timedelta(days=2)
_NOTHING: Mapping[str, int] = dict.fromkeys(OUTCOMES, 0)


@dataclass(frozen=True, slots=True)
class Measured:
    """Counts since the start of this process, and how things stood after its last pass.

    `polls` has the number of polls by outcome; `states` that of sources by state and `entries` what is stored of them,
    both None before the first pass of this process; `sealed` when each series had its newest digest; `last_pass` the
    end of the last pass that had a network, of an earlier process too; `last_success` when a source last answered.
    """

    passes: int = 0
    seconds: float = 0.0
    polls: Mapping[str, int] = field(default_factory=lambda: _NOTHING)
    new: int = 0
    updated: int = 0
    states: Mapping[State, int] | None = None
    entries: int | None = None
    sealed: tuple[tuple[str, datetime], ...] = ()
    last_pass: datetime | None = None
    last_success: datetime | None = None
    offline: bool = False

    def after(self, done: Pass, seconds: float) -> Measured:
        """With one more pass, which took so many seconds."""
        failed = len(done.failed)
        answered = done.not_modified + done.unchanged + failed
        told = {
            "changed": done.polled - answered,
            "unchanged": done.unchanged,
            "not_modified": done.not_modified,
            "failed": failed,
        }
        return replace(
            self,
            passes=self.passes + 1,
            seconds=self.seconds + seconds,
            polls={outcome: self.polls[outcome] + told[outcome] for outcome in OUTCOMES},
            new=self.new + done.new,
            updated=self.updated + done.updated,
            last_pass=self.last_pass if done.offline else done.finished_at,
            offline=done.offline,
        )

    def standing(self, rows: Iterable[SourceHealth]) -> Measured:
        """With the sources as they are now."""
        those = list(rows)
        return replace(
            self,
            states=Counter(row.state for row in those),
            entries=sum(row.entries for row in those),
            last_success=max((row.last_success_at for row in those if row.last_success_at), default=None),
        )

    def is_stale(self, now: datetime) -> bool:
        """Whether nothing has succeeded for two days though it was tried."""
        return self.last_pass is not None and now - self.last_pass > STALE_AFTER


@dataclass(frozen=True, slots=True)
class _Metric:
    """A metric of any number of samples; a sample is its labels and its value."""

    name: str
    kind: str
    help: str
    samples: tuple[tuple[Mapping[str, str], float], ...]

    def lines(self) -> Iterator[str]:
        if self.samples:
            yield f"# HELP {self.name} {self.help}"
            yield f"# TYPE {self.name} {self.kind}"
        for labels, value in self.samples:
            told = ",".join(f'{name}="{_escaped(text)}"' for name, text in labels.items())
            yield f"{self.name}{{{told}}} {_number(value)}" if told else f"{self.name} {_number(value)}"


def text(measured: Measured, answers: Mapping[int, int], now: datetime, process: Mapping[str, float]) -> str:
    """All metrics; `answers` are those of the web server by status, `process` its own numbers by name."""
    those = (*_work(measured), *_standing(measured, now), _answers(answers), *_process(process))
    return "".join(f"{line}\n" for metric in those for line in metric.lines())


def _one(name: str, kind: str, words: str, value: float | None, labels: Mapping[str, str] | None = None) -> _Metric:
    """A metric of one sample; of none where the value is not known."""
    return _Metric(name, kind, words, () if value is None else ((labels or {}, value),))


def _by(name: str, kind: str, words: str, label: str, values: Iterable[tuple[str, float]]) -> _Metric:
    return _Metric(name, kind, words, tuple(({label: text}, value) for text, value in values))


def _work(of: Measured) -> Iterator[_Metric]:
    """What this process did."""
    build = {"version": __version__, "python": platform.python_version()}
    yield _one("aggregator_build_info", "gauge", "The version that runs.", 1, build)
    yield _one("aggregator_passes_total", "counter", "Passes that ended.", of.passes)
    yield _one("aggregator_pass_seconds_total", "counter", "Seconds spent in passes.", of.seconds)
    yield _by("aggregator_polls_total", "counter", "Polls of sources.", "outcome", of.polls.items())
    yield _one("aggregator_entries_accepted_total", "counter", "Entries that came, copies and backlog too.", of.new)
    yield _one("aggregator_entries_updated_total", "counter", "Known entries that were edited.", of.updated)


def _standing(of: Measured, now: datetime) -> Iterator[_Metric]:
    """How things stand."""
    states = of.states
    rows = [(state, states.get(state, 0)) for state in get_args(State)] if states is not None else []
    yield _by("aggregator_sources", "gauge", "Sources by state.", "state", rows)
    yield _one("aggregator_entries", "gauge", "Entries stored of the configured sources.", of.entries)
    ages = [(series or "main", (now - at).total_seconds()) for series, at in of.sealed]
    yield _by("aggregator_digest_age_seconds", "gauge", "Since the newest digest was sealed.", "series", ages)
    yield _one("aggregator_offline", "gauge", "1 while this machine has no network.", of.offline)
    yield _one("aggregator_last_pass_timestamp_seconds", "gauge", "End of the last pass online.", _unix(of.last_pass))
    words = "When a source last answered as it should."
    yield _one("aggregator_last_success_timestamp_seconds", "gauge", words, _unix(of.last_success))


def _answers(answers: Mapping[int, int]) -> _Metric:
    rows = [(str(status), count) for status, count in sorted(answers.items())]
    return _by("aggregator_http_answers_total", "counter", "Answers of the web server.", "status", rows)


_PROCESS = {  # names that all exporters share
    "process_cpu_seconds_total": ("counter", "Seconds of CPU time, without the processes that parse."),
    "process_resident_memory_bytes": ("gauge", "Resident memory, without the processes that parse."),
    "process_open_fds": ("gauge", "Open file descriptors."),
    "process_start_time_seconds": ("gauge", "When the process began, in Unix time."),
}


def _process(known: Mapping[str, float]) -> Iterator[_Metric]:
    for name, (kind, words) in _PROCESS.items():
        yield _one(name, kind, words, known.get(name))


def of_process(started: float, proc: Path = Path("/proc/self")) -> dict[str, float]:
    """This process's numbers by name; `started` is its Unix time. Memory and files only where there is a `/proc`."""
    known = {"process_cpu_seconds_total": time.process_time(), "process_start_time_seconds": started}
    with suppress(OSError, ValueError, IndexError):
        pages = int((proc / "statm").read_text().split()[1])
        known["process_resident_memory_bytes"] = pages * os.sysconf("SC_PAGE_SIZE")
        known["process_open_fds"] = sum(1 for _ in (proc / "fd").iterdir())
    return known


def _unix(moment: datetime | None) -> float | None:
    return moment.timestamp() if moment is not None else None


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(float(value))


def _escaped(label: str) -> str:
    return label.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
