"""What the terminal says of a pass, a digest, a file that changed. Strangers' text is made harmless before."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

if TYPE_CHECKING:
    from aggregator.records import Config
    from aggregator.report import Failure, Move, Pass
    from aggregator.store.digests import Sealed
    from aggregator.store.sqlite import Store

TEXTS = {"full": "full text", "excerpt": "excerpts", "titles": "titles only", "none": "nothing"}


def safe(text: str) -> str:
    """Text for a terminal or a log: no control characters, no line breaks, no direction overrides."""
    return text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)


def clock_time(moment: datetime, config: Config, today: date) -> str:
    """11:04, or with its date when that is another day than today."""
    local = moment.astimezone(config.timezone)
    return f"{local:%H:%M}" if local.date() == today else f"{local:%a %d %b %H:%M}"


def count(number: int, one: str, many: str | None = None) -> str:
    """1 source, 1,200 sources."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def pass_lines(done: Pass, config: Config, store: Store, *, first: bool) -> Iterator[str]:
    """What a pass brought, then a line for each source that failed."""
    if done.offline:
        yield f"Offline: none of {count(done.polled, 'source')} could be reached; next try in a minute, nothing lost."
        yield from [f"  {safe(done.notify)}"] if done.notify else []
        return
    read = done.polled - len(done.failed)
    tally = store.sources.tally()
    if first:
        news = tally.get("news", 0) + tally.get("folded", 0)
        yield (
            f"{read} of {count(done.polled, 'source')} read · {count(sum(tally.values()), 'entry', 'entries')}: "
            f"{news} of the last week are news, {tally.get('backlog', 0)} older ones kept for search"
        )
    elif not done.polled:
        yield f"{count(done.new, 'entry', 'entries')} new, brought by workers or hubs"
    else:
        older = f"; {count(done.backlog, 'older entry', 'older entries')} kept for search" if done.backlog else ""
        yield (
            f"{read} of {count(done.polled, 'source')} read · {max(0, done.new - done.backlog)} new, "
            f"{done.updated} updated, {done.not_modified + done.unchanged} unchanged{older}"
        )
    yield from (failure_line(failure, config, done.finished_at) for failure in done.failed)
    yield from (move_line(move, config) for move in done.moved)
    yield from (f"  {safe(line)}" for line in (done.hub, done.notify) if line)


def failure_line(failure: Failure, config: Config, now: datetime) -> str:
    """A source, what went wrong, and what comes next or where to mend it."""
    name = safe(urlsplit(failure.source.url).netloc if failure.source.title is None else failure.title)
    at = f"{config.path.name}:{failure.source.line} · " if failure.source.line else ""  # lists of others have no line
    what_next = "not asked again"
    if failure.retry_at:
        what_next = f"next try {clock_time(failure.retry_at, config, now.astimezone(config.timezone).date())}"
    return f"  {name:<24}  {safe(failure.error)} · {at}{what_next}"


def move_line(move: Move, config: Config) -> str:
    """A source that answers at another address for good, and the line to edit; of a private one no address."""
    from aggregator.urls import without_secrets

    name = safe(urlsplit(move.source.url).netloc if move.source.title is None else move.title)
    to = "a new address" if move.source.private else safe(without_secrets(move.to))
    seen = f"{count(move.sightings, 'sighting')} since {move.since.astimezone(config.timezone):%d %B}"
    return f"  moved: {name} now answers at {to} ({seen}); {config.path.name}:{move.source.line}"


def link_line(link: str, served: str, file: str, *, for_all: bool) -> str | None:
    """Where feeds and pages name an address at which nobody finds them: which one, and the key to set."""
    if not link.startswith("http://127.0.0.1") or (link == served and not for_all):
        return None
    if for_all:
        return f"Feeds and pages name {link}, this computer alone; for others set `link:` in {file} to its address"
    return f"Feeds and pages name {link}, which is not served here; set `link:` in {file} to {served}"


def minutes(seconds: int) -> str:
    """A reading time: "7 minutes"."""
    return count(max(1, round(seconds / 60)), "minute")


def digest_line(sealed: Sealed, link: str, *, first: bool) -> str:
    """A digest is there, and where."""
    name = "Your first digest" if first else f"Digest of {sealed.day:%d %B}"
    name += f" ({sealed.series})" if sealed.series else ""
    return f"{name:<19} {link}   {minutes(sealed.reading_time_s) if sealed.shown else 'no news'}"


def styled(line: str) -> str:
    """Failures are dimmed where a terminal shows it."""
    return click.style(line, dim=True) if line.startswith("  ") else line
