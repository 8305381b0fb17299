"""Progress of what takes long: one bar on a terminal, plain lines elsewhere; the only door to rich's live display."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, TypeVar

from aggregator.cli.words import safe

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress

    from aggregator.cli.options import Settings
    from aggregator.report import Progress
T = TypeVar("T")
_OFTEN = 500  # steps between two that are drawn


class Bar:
    """A context that shows how many of `total` sources are read, or how far `what` has come; None: nobody knows."""

    def __init__(self, options: Settings, total: int | None, what: str = "", *, first: bool = False) -> None:
        self._options = options
        self._total = total
        usual = f"Reading your {total} sources for the first time" if first else f"Reading {total} sources"
        self._label = what or usual
        self._rich: RichProgress | None = None

    def __enter__(self) -> Bar:
        if self._options.is_terminal and self._total != 0:
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

            self._rich = Progress(
                TextColumn("{task.description}", markup=False),
                BarColumn(),
                *((MofNCompleteColumn(),) if self._total else ()),
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

    def over(self, those: Iterable[T]) -> Iterator[T]:
        """The same, with a step for each."""
        for done, one in enumerate(those):
            if self._rich is not None and done % _OFTEN == 0:
                self._rich.update(self._task, completed=done)
            yield one

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._rich is not None:
            self._rich.stop()
