"""What `run` says: events as lines on the terminal, and the page that stands for `/` during the very first pass."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from aggregator.cli.progress import Bar
from aggregator.cli.words import clock_time, count, digest_line, pass_lines, safe, styled

if TYPE_CHECKING:
    from aggregator.app import App
    from aggregator.cli.options import Settings
    from aggregator.report import Pass, Progress
    from aggregator.service import Event


class Voice:
    """The one voice of a running program; `address` is where its outputs are found."""

    def __init__(self, app: App, options: Settings, address: str) -> None:
        self._app, self._options, self._address = app, options, address
        self._bar: Bar | None = None
        self._first: tuple[int, int, list[str]] | None = None
        self._offline = False

    def begin(self) -> None:
        """Before the first tick: with a store that has seen no pass, `/` tells of the first one."""
        if self._app.store.meta("last_pass_at") is None:
            self._first = (0, len(self._app.config.sources), [])

    def front(self) -> bytes | None:
        """The page for `/` during the very first pass."""
        from aggregator.render import pages
        from aggregator.render.site import Site

        if self._first is None or (self._app.config.output / "index.html").is_file():
            return None
        done, total, read = self._first
        if self._offline:
            return pages.offline(site=Site.of(self._app.config))
        return pages.progress(done, total, read, site=Site.of(self._app.config))

    def advance(self, progress: Progress) -> None:
        """One source of the pass was read."""
        if self._first is not None:
            self._first = (progress.done, progress.total, [*self._first[2][-5:], progress.title])
        if self._bar is not None:
            self._bar.advance(progress)
        else:
            self._options.say_source(progress)

    def end_bar(self) -> None:
        """What follows stands below the bar."""
        if self._bar is not None:
            self._bar.__exit__(None, None, None)
            self._bar = None

    def tell(self, event: Event) -> None:
        """Say what happened."""
        from aggregator import service as happened

        match event:
            case happened.PassBegan(total, first):
                if first or self._options.verbose:
                    self._bar = Bar(self._options, total, first=first).__enter__()
            case happened.PassEnded(done, first):
                self.end_bar()
                self._offline = done.offline
                self._first = self._first if done.offline else None
                if first or self._options.verbose or _is_worth_a_line(done):
                    self._lines(pass_lines(done, self._app.config, self._app.store, first=first))
            case happened.DigestSealed(sealed, first):
                if sealed.note:
                    self._options.say(safe(sealed.note), level="warning")
                self._digest(sealed.series, digest_line(sealed, self._link(sealed.series), first=first), first)
            case happened.Mailed(text) | happened.ListRead(text):
                self._options.say(safe(text))
            case happened.FileChanged(added, removed, needs_restart):
                later = "; another store or output is used after a restart" if needs_restart else ""
                self._options.say(f"{self._app.config.path.name}: {_changes(added, removed)}{later}")
            case happened.FileBroken(error, since):
                today = self._app.clock().astimezone(self._app.config.timezone).date()
                kept = f"still using the version of {clock_time(since, self._app.config, today)}"
                self._lines(iter(f"{error}; {kept}".splitlines()))

    def _lines(self, lines: Iterator[str]) -> None:
        for line in lines:
            self._options.say(styled(line) if self._options.is_terminal else line)

    def _link(self, series: str) -> str:
        from aggregator.ledger import folder

        return f"{self._address}{folder(series)}latest.html"

    def _digest(self, series: str, line: str, first: bool) -> None:
        from aggregator.ledger import next_due

        config = self._app.config
        self._options.say(line)
        if first and not series:
            now = self._app.clock()
            following = next_due(config, config.digest, self._app.store, now)
            day = (
                "tomorrow"
                if (following.date() - now.astimezone(config.timezone).date()).days == 1
                else f"{following:%A}"
            )
            self._options.say(f"{'Subscribe':<19} {self._address}atom.xml")
            self._options.say(
                f"Next digest {day} {following:%H:%M} ({config.timezone}). Edit {config.path.name} and save: "
                "it is picked up. Ctrl-C stops, nothing is lost."
            )


def _is_worth_a_line(done: Pass) -> bool:
    """Who has just added a source waits for it, also when it fails; of what goes on failing the pages tell."""
    happened = done.new or done.updated or done.offline or done.notify
    return bool(happened) or any(failure.is_first for failure in done.failed)


def _changes(added: int, removed: int) -> str:
    parts = [f"{count(added, 'source')} added (polling {'it' if added == 1 else 'them'} now)"] if added else []
    parts += [f"{count(removed, 'source')} removed"] if removed else []
    return ", ".join(parts) or "saved, in force"
