"""`aggregator add URL...`: from a page that a person knows to a line in feeds.yaml."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from aggregator.cli.options import Settings, common, reading_pool, settings
from aggregator.cli.rewrite import configuration, content, dry_run_option, finish, rewritten
from aggregator.cli.words import TEXTS, count, safe
from aggregator.errors import AggregatorError, ConfigError

if TYPE_CHECKING:
    from aggregator.discovery.finding import Ask, Candidate, Found, Read
    from aggregator.records import Config, Source


@click.command()
@click.argument("urls", nargs=-1, required=True, metavar="URL...")
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="Give it this tag; may be repeated.")
@click.option("--yes", is_flag=True, help="Where there is a choice, take the first.")
@click.option("--json", "as_json", is_flag=True, help="Say what was added as JSON.")
@dry_run_option
@common
def add(urls: tuple[str, ...], tags: tuple[str, ...], yes: bool, as_json: bool, dry_run: bool) -> None:
    """Find the feed behind each URL (a home page, an article, a channel, a profile) and add it to feeds.yaml.

    All or nothing: when one URL leads to no feed, the file stays as it is.
    """
    from aggregator.discovery.finding import address, find
    from aggregator.sources.edit import Add

    options = settings()
    path, before = options.config, content(options.config)
    config, usual = configuration(path, before)
    now = options.clock(config)()
    chosen: list[Candidate] = []
    with _asking(config, usual, now) as (ask, read):
        for url in urls:
            found = find(_new(address(url), config, chosen), ask, read)
            one = _choice(url, found, now, yes=yes)
            _new(one.url, config, chosen)
            chosen.append(one)
    lines = tuple({"url": one.url, **({"tags": list(tags)} if tags else {})} for one in chosen)
    after, config = rewritten(path, before, [Add(lines)])
    finish(path, before, after, dry_run=dry_run)
    rows = [_row(one, config) for one in chosen]
    if as_json and not dry_run:
        click.echo(json.dumps({"added": rows}, ensure_ascii=False, indent=2))
    elif not dry_run:
        for row, one in zip(rows, chosen, strict=True):
            click.echo(f"{path.name}:{row['line']}: added {in_words(one, now)}")
        options.say(_what_next(config, options))


@contextmanager
def _asking(config: Config, usual: Source, now: datetime) -> Iterator[tuple[Ask, Read]]:
    """One polite GET after the other, by the same client and guard as every poll."""
    from dataclasses import replace

    from aggregator.fetch.client import Trust, Wire, agent_of
    from aggregator.fetch.firsts import Firsts
    from aggregator.pipeline import Polled, page_offers, poll_source
    from aggregator.records import SourceState

    wire = Wire(agent_of(config), Trust())
    firsts = Firsts.of(config)
    asked: dict[str, Polled] = {}
    with closing(wire.client()) as client, reading_pool() as pool:

        def ask(url: str) -> Polled:
            if url not in asked:
                unknown = SourceState(0, url, url)
                asked[url] = poll_source(client, pool, replace(usual, url=url), unknown, now, firsts)
            return asked[url]

        yield ask, lambda page: page_offers(page, pool)


def _new(url: str, config: Config, chosen: list[Candidate]) -> str:
    """The address, unless it is that of a source already. Raises ConfigError with the line where it stands."""
    from aggregator.sources import values
    from aggregator.urls import canonical

    try:
        values.url(url)
    except ValueError as error:
        raise ConfigError(f"{safe(url)}: {error}") from None
    key = canonical(url)
    for source in config.sources:
        if key and canonical(source.url) == key:
            raise ConfigError(f"{config.path.name}:{source.line}: {url} stands here already")
    if any(canonical(one.url) == key for one in chosen):
        raise ConfigError(f"{url} was named twice")
    return url


def _choice(url: str, found: Found, now: datetime, *, yes: bool) -> Candidate:
    if not found.candidates:
        raise _NoFeed(f"{safe(url)}: {found.error}; nothing was added")
    if len(found.candidates) == 1 or yes:
        return found.candidates[0]
    lines = [f"  {n}. {in_words(one, now)}" for n, one in enumerate(found.candidates, 1)]
    return found.candidates[_ask_which(url, lines)]


class _NoFeed(AggregatorError):  # noqa: N818 (it is an answer, not a fault)
    """What was asked for is not so: exit 1."""


def _ask_which(url: str, lines: list[str]) -> int:
    """The number of the feed that a person at a terminal wants; raises ConfigError where nobody can be asked."""
    listed = "\n".join(lines)
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise ConfigError(
            f"{safe(url)} offers {count(len(lines), 'feed')}; name one of them, or take the first with --yes:\n{listed}"
        )
    click.echo(f"{safe(url)} offers {count(len(lines), 'feed')}:\n{listed}", err=True)
    return int(click.prompt("Which one", type=click.IntRange(1, len(lines)), default=1, err=True)) - 1


def in_words(one: Candidate, now: datetime) -> str:
    """A feed in one line: title, address, newest entry, rhythm, full text or teasers."""
    from aggregator.polling.cadence import in_words as span

    parts = [count(one.entries, "entry", "entries")]
    if one.newest:
        age = now - one.newest
        parts.append(f"newest {span(age)} ago" if age.total_seconds() > 60 else "newest just now")
    if one.gap:
        parts.append(f"one every {span(one.gap)}")
    parts.append(TEXTS[one.fullness])
    return f"{safe(one.title) or 'without a title'}  {one.url}  ({', '.join(parts)})"


def _row(one: Candidate, config: Config) -> dict[str, Any]:
    line = next(source.line for source in config.sources if source.url == one.url)
    return {
        "url": one.url,
        "line": line,
        "title": one.title,
        "entries": one.entries,
        "newest": one.newest.strftime("%Y-%m-%dT%H:%M:%SZ") if one.newest else None,
        "typical_gap_s": int(one.gap.total_seconds()) if one.gap else None,
        "text": one.fullness,
    }


def _what_next(config: Config, options: Settings) -> str:
    from aggregator.errors import StoreError
    from aggregator.store.opening import holder

    try:
        who = holder(config.store)
    except StoreError:  # a database that does not answer now has no part in this
        who = None
    if who is not None and who.command == "run":
        return f"the running aggregator ({who.whose}) reads it now"
    return "the next poll reads it"
