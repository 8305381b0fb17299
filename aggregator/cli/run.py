"""`aggregator run`: the main job, until stopped."""

from __future__ import annotations

import errno
import os
import signal
import socket
import threading
import time
import traceback
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import quote

import click

from aggregator.cli.door import Door, as_addresses, as_path
from aggregator.cli.options import Settings, common, settings, writing
from aggregator.cli.voice import Voice
from aggregator.cli.words import link_line
from aggregator.errors import AggregatorError, StoreBroken
from aggregator.serving.supervisor import Supervisor

_BUG = "a bug: this tick ended early, the next one starts anew"
_HOUR = 3600.0
_ALL = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 (served on every address; the one to open here)
_STALLED = 600.0  # seconds without any progress, after which no sign of life is given any more

if TYPE_CHECKING:
    from aggregator.app import App
    from aggregator.report import Progress


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to serve on.")
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65535), help="The port to serve on.")
@click.option("--no-serve", is_flag=True, help="Poll and publish only; `public/` is served by something else.")
@click.option(
    "--base-path", default="", metavar="PATH", callback=as_path, help="Serve below this path, such as /feeds."
)
@click.option(
    "--trust-proxy",
    multiple=True,
    metavar="ADDRESS",
    callback=as_addresses,
    help="Believe the X-Forwarded-For and X-Forwarded-Proto of this proxy; an address or a network.",
)
@click.option("--access-log", is_flag=True, help="A line for each request.")
@common
def run(host: str, port: int, no_serve: bool, base_path: str, trust_proxy: tuple[str, ...], access_log: bool) -> None:
    """Poll on schedule, publish, seal the digest at its time, serve `public/`, until stopped."""
    options, door, ending = settings(), Door(base_path, trust_proxy, access_log), _Ending()
    anew = -_HOUR
    while not ending.by_signal:
        try:
            with writing(options, "run") as app:
                listening = None if no_serve else _listen(host, port)
                port = listening.getsockname()[1] if listening else port
                _Runner(app, options, listening, door, ending).run()
        except StoreBroken:  # what the next start would do is done at once; a disk that goes on breaking it is not
            if time.monotonic() - anew < _HOUR:
                raise
            anew = time.monotonic()
            ending.clear()


class _Ending(threading.Event):
    """Set when what runs shall end; by a signal for good."""

    by_signal = False

    def told(self, *_: object) -> None:
        """The program was told to end."""
        self.by_signal = True
        self.set()


def _listen(host: str, port: int) -> socket.socket:
    from aggregator.serving.serve import bind

    try:
        return bind(host, port)
    except OSError as error:
        raise AggregatorError(f"cannot serve on {host}:{port}: {error.strerror}{_way_out(error, port)}") from error


def _way_out(error: OSError, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"; try --port {port + 1}" if port < 65535 else ""
    if error.errno == errno.EACCES:
        return "; only root may serve on it; try --port 8080"
    return "; --host is an address of this machine: 127.0.0.1 for itself alone, 0.0.0.0 for its network, too"


def _address(listening: socket.socket, base: str) -> str:
    """Where a browser on this machine finds what is served."""
    host, port = listening.getsockname()[:2]
    host = _ALL.get(host, host)
    return f"http://{f'[{host}]' if ':' in host else host}:{port}{quote(base)}/"


class _Runner:
    """The running program: a scheduler in the background, the server in front, one `Voice` on the terminal."""

    def __init__(
        self, app: App, options: Settings, listening: socket.socket | None, door: Door, ending: _Ending
    ) -> None:
        from aggregator.service import Service

        self._app, self._door, self._started = app, door, time.time()
        self._options = options
        self._socket = listening
        self._address = _address(listening, door.base) if listening else app.config.link
        self._voice = Voice(app, options, self._address)
        self._service = Service(app, options.load, self._voice.tell, self._advance, hears=listening is not None)
        self._ended = ending
        self._broken: StoreBroken | None = None
        self._ticking, self._abandoned = threading.Lock(), False
        self._supervisor = Supervisor(os.environ, os.getpid())
        self._moved = time.monotonic()

    def run(self) -> None:
        from aggregator.scheduler import Scheduler
        from aggregator.service import TICK

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ended.told)
        signal.signal(signal.SIGHUP, lambda *_: threading.Thread(target=self._look_again, daemon=True).start())
        self._app.prepare()
        self._voice.begin()
        self._options.say(f"Serving {self._address}" if self._socket else f"Writing {self._app.config.output}")
        if self._socket and (line := self._about_link(self._socket)):
            self._options.say(line)
        if self._app.config.callback and not self._socket:
            self._options.say("`callback` has no effect with --no-serve: hubs cannot call, everything is polled")
        scheduler = Scheduler()
        scheduler.every(TICK, self._tick, "tick")
        if self._supervisor.watchdog:
            scheduler.every(self._supervisor.watchdog / 2, self._sign_of_life, "watchdog")
        scheduler.start()
        self._supervisor.ready(f"serving {self._address}" if self._socket else "running")
        try:
            self._serve()
        finally:
            if self._broken is None:
                self._supervisor.stopping()
            self._app.stop.set()
            scheduler.stop()
            self._abandoned = not self._ticking.acquire(timeout=4)  # a pass ends when told; a seal is done anew
        if self._broken is not None:
            raise self._broken

    def _about_link(self, listening: socket.socket) -> str | None:
        config, for_all = self._app.config, listening.getsockname()[0] in _ALL
        return link_line(config.link, self._address, config.path.name, for_all=for_all)

    def _serve(self) -> None:
        """Serve until told to stop; without serving, wait."""
        if self._socket is None:
            self._ended.wait()
            return
        from aggregator.serving.serve import Site, server

        web = server(
            Site(
                self._app.config.output,
                self._voice.front,
                lambda: not self._service.measured.is_stale(self._app.clock()),
                self._hub,
                metrics=self._metrics,
                base=self._door.base,
                seen=self._options.say if self._door.tells else None,
                desk=self._service.desk,
            ),
            self._door.trusted,
        )

        def end_with_us() -> None:
            self._ended.wait()
            web.should_exit = True

        threading.Thread(target=end_with_us, daemon=True).start()
        web.run(sockets=[self._socket])

    def _metrics(self, answers: Mapping[int, int]) -> str:
        from aggregator.serving import metrics

        return metrics.text(self._service.measured, answers, self._app.clock(), metrics.of_process(self._started))

    def _hub(self) -> tuple[str, str] | None:
        """The hub and the address of the outputs, as the file in force has them."""
        config = self._app.config
        return (config.hub, config.link) if config.hub else None

    def _sign_of_life(self) -> None:
        """While things move on: a tick that hangs is ended by the service manager, which starts us anew."""
        if time.monotonic() - self._moved < _STALLED:
            self._supervisor.alive()

    def _tick(self) -> None:
        if self._ended.is_set():
            return
        with self._ticking:
            self._moved = time.monotonic()
            try:
                self._app.store.check_place()
                self._service.tick()
            except Exception as error:
                self._voice.end_bar()
                if not self._abandoned:
                    self._heed(error)

    def _heed(self, error: Exception) -> None:
        """What ended a tick: the last good output stays and the next tick tries again, unless the store broke."""
        self._broken = self._app.store.broken_by(error)
        if self._broken is not None:
            self._ended.set()
        elif isinstance(error, AggregatorError):
            self._options.say(str(error), level="error", event="error")
        else:
            trace = traceback.format_exc()
            self._options.say(_BUG if self._options.log == "json" else f"{_BUG}\n{trace}", level="error", trace=trace)

    def _look_again(self) -> None:
        """SIGHUP: the file is read at once, or as soon as the pass that is under way has ended."""
        self._service.look_again()
        self._tick()

    def _advance(self, progress: Progress) -> None:
        self._moved = time.monotonic()
        self._voice.advance(progress)
