"""A pass over many sources: lanes of threads, one for each host, so that no host is asked twice at once."""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from types import MappingProxyType

from aggregator.fetch.client import Wire
from aggregator.fetch.turns import Turns
from aggregator.parse.pool import Pool
from aggregator.pipeline import Polled, overtaxed, poll_source
from aggregator.polling.due import hosts_of
from aggregator.polling.memory import where_to_ask
from aggregator.records import Source, SourceState
from aggregator.urls import host_of

LANES = 50  # at once, at most
FIRST_LANES = 6
LOOK = 0.01  # seconds between two looks at whether more lanes would find time to compute
BUSY = 0.75  # of the seconds between them that this process computed: then they would not
LULL = 0.25  # seconds without a result that the caller is told of
AHEAD = 16  # documents that may wait for the caller: a third of a megabyte each; lanes ahead of it wait, too
LIGHT = 200  # results without one that may
_NONE: Mapping[int, bytes] = MappingProxyType({})


def in_lanes(
    work: Iterable[tuple[Source, SourceState]],
    wire: Wire,
    pool: Pool,
    clock: Callable[[], datetime],
    stop: threading.Event,
    most: float | None = None,
    *,
    signs: Mapping[int, bytes] = _NONE,
    outlines: bool = False,
) -> Iterator[Polled | None]:
    """Poll all sources, a lane a host, as many at once as a Crew opens; yields as results come, in no order.

    Yields None after each LULL in which none comes, so that the caller's other work does not wait for a slow source.

    Within a lane one request is in flight, and starts are SPACING apart unless the source is our own machine's.
    Ends at once when `stop` is set, and after `most` seconds; what was not asked by then stays due. `signs` are those
    of the documents before, by source key: what they know is not read, nor with `outlines` new sources' backlog.
    """
    halt, end = threading.Event(), None if most is None else time.monotonic() + most
    lanes: dict[str, list[tuple[Source, SourceState]]] = {}
    for source, state in work:
        lanes.setdefault(host_of(where_to_ask(source, state)), []).append((source, state))
    todo: queue.SimpleQueue[list[tuple[Source, SourceState]]] = queue.SimpleQueue()
    done = Done(halt)
    for lane in sorted(lanes.values(), key=len, reverse=True):
        todo.put(lane)
    serve = partial(_lane, todo, done, wire, pool, clock, signs=signs, outlines=outlines, halt=halt, shut=set())
    crew = Crew(serve, len(lanes), time.monotonic(), time.process_time())
    quiet_since = time.monotonic()
    try:
        while crew.at_work and not stop.is_set() and (end is None or time.monotonic() < end):
            crew.look(time.monotonic(), time.process_time())
            try:
                result = done.get(crew.patience)
            except queue.Empty:
                if time.monotonic() - quiet_since >= LULL:
                    yield None
                    quiet_since = time.monotonic()
                continue
            if result is None:
                crew.at_work -= 1
            elif isinstance(result, BaseException):
                raise result
            else:
                yield result
            quiet_since = time.monotonic()
    finally:
        halt.set()
        pool.rest()


class Crew:
    """The threads of the lanes: a few at first, and more while those at work leave the processor time.

    Where hosts answer at once a further thread only takes the interpreter from the others; where answers take their
    time, all lanes are open after a few looks. Times are in seconds: `now` that went by, `computed` by this process.
    """

    def __init__(self, serve: Callable[[], None], most: int, now: float, computed: float) -> None:
        self._serve, self._most, self._opened, self.at_work = serve, min(LANES, most), 0, 0
        self._open(FIRST_LANES, now, computed)

    @property
    def patience(self) -> float:
        """How long to wait for a result before the next look."""
        return LULL if self._opened == self._most else LOOK

    def look(self, now: float, computed: float) -> None:
        """Open as many lanes again, if there was time to compute since the last look."""
        passed = now - self._looked_at
        if self._opened < self._most and passed >= LOOK:
            is_busy = computed - self._computed >= BUSY * passed
            self._open(0 if is_busy else self._opened, now, computed)

    def _open(self, more: int, now: float, computed: float) -> None:
        self._looked_at, self._computed = now, computed
        for number in range(self._opened, min(self._opened + more, self._most)):
            threading.Thread(target=self._serve, daemon=True, name=f"lane-{number}").start()
            self._opened += 1
            self.at_work += 1


class Done:
    """What lanes hand over to the caller: so many documents at once, and so many results that weigh little."""

    def __init__(self, halt: threading.Event) -> None:
        self._those: queue.SimpleQueue[Polled | BaseException | None] = queue.SimpleQueue()
        self._room = {True: threading.Semaphore(AHEAD), False: threading.Semaphore(LIGHT)}
        self._halt = halt

    def put(self, result: Polled | BaseException | None) -> None:
        """Give a result to the caller, as soon as it has room; a pass that was ended takes none any more."""
        while not self._halt.is_set():
            if self._room[_has_document(result)].acquire(timeout=LULL):
                self._those.put(result)
                return

    def get(self, seconds: float) -> Polled | BaseException | None:
        """The next result; raises queue.Empty when none comes in time."""
        result = self._those.get(timeout=seconds)
        self._room[_has_document(result)].release()
        return result


def _has_document(result: Polled | BaseException | None) -> bool:
    return isinstance(result, Polled) and result.response is not None and bool(result.response.body)


def _lane(
    todo: queue.SimpleQueue[list[tuple[Source, SourceState]]],
    done: Done,
    wire: Wire,
    pool: Pool,
    clock: Callable[[], datetime],
    *,
    signs: Mapping[int, bytes],
    outlines: bool,
    halt: threading.Event,
    shut: set[str],
) -> None:
    """Serve hosts until none is left, their sources one after the other; a bug ends the pass, loudly.

    Hosts that say 429 are `shut` for the pass; what is left of them stays due.
    """
    try:
        while not halt.is_set():
            try:
                lane = todo.get_nowait()
            except queue.Empty:
                break
            with contextlib.closing(wire.client(once=len(lane) == 1)) as client:
                for source, state in lane:
                    if not shut & hosts_of(source, state) and _its_turn(source, state, wire.turns, halt):
                        began = time.monotonic()
                        before = signs.get(state.key, b"")
                        asked = client, pool, source, state, clock(), wire.firsts
                        polled = poll_source(*asked, signs=before, outlines=outlines)
                        polled = replace(polled, seconds=time.monotonic() - began)
                        shut.update(overtaxed(polled))
                        done.put(polled)
    except BaseException as error:  # handed to the thread that waits
        done.put(error)
    finally:
        done.put(None)


def _its_turn(source: Source, state: SourceState, turns: Turns, halt: threading.Event) -> bool:
    """Wait until its host may be asked, here where the wait can be ended; False when it was."""
    seconds = 0.0 if source.is_ours else turns.wait_for(host_of(where_to_ask(source, state)))
    return not (halt.wait(seconds) if seconds else halt.is_set())  # all lanes share its lock
