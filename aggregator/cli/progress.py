"""Progress of a pass: one bar on a terminal, plain lines elsewhere; the only door to rich's live display."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING

from aggregator.cli.words import safe

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress

    from aggregator.cli.options import Settings
    from aggregator.report import Progress


class Bar:
    """A context that shows how many of `total` sources are read."""

    def __init__(self, options: Settings, total: int, *, first: bool) -> None:
        self._options = options
        self._total = total
        self._label = f"Reading your {total} sources for the first time" if first else f"Reading {total} sources"
        self._rich: RichProgress | None = None

    def __enter__(self) -> Bar:
        if self._options.is_terminal and self._total:
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

            self._rich = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("[dim]{task.fields[last]}"),
                console=Console(stderr=True),
                transient=True,
            )
            self._task = self._rich.add_task(self._label, total=self._total, last="")
            self._rich.start()
        return self

    def advance(self, progress: Progress) -> None:
        """A source was read."""
        if self._rich is not None:
            from rich.markup import escape

            self._rich.update(self._task, completed=progress.done, last=escape(safe(progress.title)[:40]))
        else:
            self._options.say_source(progress)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._rich is not None:
            self._rich.stop()
