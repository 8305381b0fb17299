"""`aggregator import FILE.opml`, `aggregator export`: the list of sources from and to any other reader."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aggregator.cli.options import Settings, common, reading, reading_pool, settings, writing
from aggregator.cli.progress import Bar
from aggregator.cli.rewrite import configuration, content, dry_run_option, finish, rewritten
from aggregator.cli.words import count, safe
from aggregator.errors import ConfigError, ParseError, StoreError

if TYPE_CHECKING:
    from aggregator.parse.opml import Subscription, Subscriptions
    from aggregator.records import Config, SourceState

_MOST_BYTES = 32 * 2**20
_MOST_TOLD = 20
_MOST_LINES = 20_000  # sources in one import to feeds.yaml


@click.command("import")
@click.argument("file", metavar="FILE.opml")
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="Give each this tag, too; may be repeated.")
@click.option("--store", "into_store", is_flag=True, help="Keep the list in the store, not in feeds.yaml: thousands.")
@dry_run_option
@common
def import_(file: str, tags: tuple[str, ...], into_store: bool, dry_run: bool) -> None:
    """Add the feeds of an OPML list (`-`: from stdin) to feeds.yaml; its folders become tags. No request is made.

    With --store the list stays out of feeds.yaml: it is kept in the store under the name of its file. Imported again
    under that name it is replaced; an empty one is let go of.
    """
    from aggregator.sources.edit import Add

    options = settings()
    path, before = options.config, content(options.config)
    config, _ = configuration(path, before)
    found = _listed(file, options)
    if into_store:
        _tell_left_out(found.left_out, options)
        _keep(file, found.feeds, tags, options, dry_run=dry_run)
        return
    lines, left_out = _new_lines(found.feeds, config, tags)
    if len(lines) > _MOST_LINES:
        raise ConfigError(f"{file}: {len(lines):,} sources are more than a file for people; keep them with --store")
    told = [*left_out, *found.left_out]
    _tell_left_out(told, options)
    if lines:
        after, _ = rewritten(path, before, [Add(tuple(lines))])
        finish(path, before, after, dry_run=dry_run)
    if not dry_run:
        click.echo(f"{path.name}: {count(len(lines), 'source')} added, {len(told):,} left out")


def _listed(file: str, options: Settings) -> Subscriptions:
    """What a list holds. It is the user's own: it may be long, and take its time."""
    from aggregator.parse.opml import read_opml
    from aggregator.polling.reading_lists import SHORT, patient

    data = _read(file)
    with (
        Bar(options, None if len(data) >= SHORT else 0, f"Reading {safe(file)}"),
        reading_pool() as pool,
        patient(pool, len(data)) as reader,
    ):
        try:
            return reader.run(read_opml, data)
        except ParseError as error:
            raise ParseError(error.kind, f"{file}: {error}") from error


def _tell_left_out(told: Sequence[str], options: Settings) -> None:
    for line in told[:_MOST_TOLD]:
        options.say(f"  left out: {safe(line)}")
    if len(told) > _MOST_TOLD:
        options.say(f"  left out: {len(told) - _MOST_TOLD:,} more")


def _keep(file: str, feeds: Sequence[Subscription], tags: tuple[str, ...], options: Settings, *, dry_run: bool) -> None:
    """Keep a list in the store, and have it followed by whoever writes."""
    from aggregator.errors import AlreadyRunning
    from aggregator.polling.reading_lists import fit, keep

    name = "stdin" if file == "-" else Path(file).name
    with Bar(options, len(feeds), "Looking at the feeds") as bar:
        kept = fit(replace(one, tags=(*one.tags, *tags)) for one in bar.over(feeds))
    if dry_run:
        click.echo(f"{name}: {count(len(kept), 'source')} would be kept in the store")
        return
    options.say(f"{name}: {count(len(kept), 'source')} read")
    try:
        with writing(options, "import") as app, Bar(options, None, f"Following {count(len(kept), 'source')}"):
            keep(app.store, name, kept)
            added, removed = app.follow(options.load())
            after = f"{added:,} added, {removed:,} removed"
    except AlreadyRunning as error:
        with reading(options) as (_, store, _):
            keep(store, name, kept)
        options.say(f"{error}: it follows them within seconds")
        after = "in place of what it held"
    click.echo(f"{name}: {count(len(kept), 'source')} kept in the store, {after}")


def _read(file: str) -> bytes:
    try:
        with click.open_file(file, "rb") as stream:
            data: bytes = stream.read(_MOST_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror}") from error
    if len(data) > _MOST_BYTES:
        raise ConfigError(f"{file}: larger than {_MOST_BYTES >> 20} MiB; is it the right file?")
    return data


def _new_lines(
    feeds: Iterable[Subscription], config: Config, tags: tuple[str, ...]
) -> tuple[list[dict[str, object]], list[str]]:
    """The sources to add as feeds.yaml has them, and why the others are left out."""
    from aggregator.sources import values
    from aggregator.urls import canonical

    places = {canonical(source.url): f"{config.path.name}:{source.line}" for source in config.sources}
    lines: list[dict[str, object]] = []
    left_out: list[str] = []
    for feed in feeds:
        url = f"http{feed.url[4:]}" if feed.url.startswith("feed://") else feed.url.removeprefix("feed:")
        try:
            values.url(url)
        except ValueError as error:
            left_out.append(f"{feed.title or feed.url}: {error}")
            continue
        key = canonical(url)
        if key in places:
            left_out.append(f"{feed.title or url}: stands here already ({places[key]})")
            continue
        places[key] = "twice in this list"
        lines.append({"url": url} | ({"title": feed.title} if feed.title else {}) | _tags([*feed.tags, *tags]))
    return lines, left_out


def _tags(names: list[str]) -> dict[str, object]:
    """Tags must name a folder: one without a letter or digit is none."""
    fit = list(dict.fromkeys(name for name in names if any(sign.isalnum() for sign in name)))
    return {"tags": fit} if fit else {}


@click.command()
@click.option("--private", "with_private", is_flag=True, help="With the sources that are private.")
@click.option("--entries", is_flag=True, help="Instead every entry ever read, a JSON object a line.")
@common
def export(with_private: bool, entries: bool) -> None:
    """Write the sources as OPML to stdout: a folder for each first tag, all tags as categories."""
    from aggregator.records import Attribution
    from aggregator.render.opml import opml

    options = settings()
    if entries:
        with reading(options) as (_, store, _):
            for one in store.export.entries():
                click.echo(json.dumps(one, ensure_ascii=False))
        return
    config, states = options.load(), dict(_states(options.load()))
    shown = [source for source in config.sources if with_private or not source.private]
    rows = []
    for source in shown:
        state = states.get(source.url)
        title = source.title or (state.feed_title if state else None) or source.url
        rows.append((Attribution(title, state.feed_link if state else None, source.url), source.tags))
    click.echo(opml(config.title, rows).decode(), nl=False)
    if len(shown) < len(config.sources):
        options.say(f"{count(len(config.sources) - len(shown), 'private source')} left out; --private includes them")


def _states(config: Config) -> Iterator[tuple[str, SourceState]]:
    """What an existing store knows of the sources."""
    from aggregator.store.opening import open_store

    try:
        store = open_store(config.store, create=False)
    except StoreError:
        return
    try:
        yield from store.sources.states().items()
    finally:
        store.close()
