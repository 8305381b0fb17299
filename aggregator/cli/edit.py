"""`aggregator remove`, `pause`, `resume`, `set`: one source of feeds.yaml changed in place, every other byte kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from aggregator.cli.options import common, settings
from aggregator.cli.rewrite import content, dry_run_option, finish, one_source, rewritten
from aggregator.cli.words import safe
from aggregator.errors import ConfigError

if TYPE_CHECKING:
    from aggregator.records import Source

_LISTS = ("tags",)
_TEXTS = ("url", "title", "every", "republish", "auth", "proxy")


@click.command()
@click.argument("source")
@dry_run_option
@common
def remove(source: str, dry_run: bool) -> None:
    """Take SOURCE out of feeds.yaml. What it brought stays stored and comes back with it."""
    from aggregator.sources.edit import Remove

    options = settings()
    before, config = content(options.config), options.load()
    found, name = one_source(config, source)
    if len(config.sources) == 1 and not config.reading_lists:
        raise ConfigError(f"{safe(name)} is the only source; feeds.yaml holds one at least")
    after, _ = rewritten(options.config, before, [Remove(found.url)])
    finish(options.config, before, after, dry_run=dry_run)
    if not dry_run:
        options.say(f"{options.config.name}: removed {safe(name)} ({found.url})")


@click.command()
@click.argument("source")
@dry_run_option
@common
def pause(source: str, dry_run: bool) -> None:
    """Stop polling SOURCE; what is stored stays, and so does its line."""
    _pause(source, dry_run, paused=True)


@click.command()
@click.argument("source")
@dry_run_option
@common
def resume(source: str, dry_run: bool) -> None:
    """Poll SOURCE again."""
    _pause(source, dry_run, paused=False)


def _pause(word: str, dry_run: bool, *, paused: bool) -> None:
    options = settings()
    before = content(options.config)
    found, name = one_source(options.load(), word)
    said = f"{options.config.name}:{found.line}: {safe(name)} is"
    if found.paused is paused:
        options.say(f"{said} {'paused' if paused else 'not paused'} already")
        return
    after = _with_paused(before, found, paused)
    finish(options.config, before, after, dry_run=dry_run)
    if not dry_run:
        options.say(f"{said} {'paused' if paused else 'polled again'}")


def _with_paused(before: bytes, source: Source, paused: bool) -> bytes:
    """To resume, the key goes; where `defaults:` pause everything, the source says `false` itself."""
    from aggregator.sources.edit import Change

    path = settings().config
    after, config = rewritten(path, before, [Change(source.url, {"paused": True if paused else None})])
    if next(one.paused for one in config.sources if one.url == source.url) is not paused:
        after, _ = rewritten(path, before, [Change(source.url, {"paused": False})])
    return after


@click.command("set")
@click.argument("source")
@click.argument("pairs", nargs=-1, required=True, metavar="KEY=VALUE...")
@dry_run_option
@common
def set_(source: str, pairs: tuple[str, ...], dry_run: bool) -> None:
    """Give keys of SOURCE a value: `set example tags=ai,work every=6h`. `key=` takes a key out."""
    from aggregator.sources.edit import Change

    options = settings()
    keys = dict(_pair(pair) for pair in pairs)
    before = content(options.config)
    found, name = one_source(options.load(), source)
    after, _ = rewritten(options.config, before, [Change(found.url, keys)])
    finish(options.config, before, after, dry_run=dry_run)
    if not dry_run:
        done = "changed" if after != before else "says so already"
        options.say(f"{options.config.name}:{found.line}: {safe(name)}: {done}")


def _pair(pair: str) -> tuple[str, object]:
    key, equals, written = pair.partition("=")
    key, written = key.strip(), written.strip()
    if not equals or not key:
        raise ConfigError(f"`{safe(pair)}`: write KEY=VALUE, such as tags=ai,work")
    if not written:
        if key == "url":
            raise ConfigError("`url` cannot be taken out; `aggregator remove` takes the source out")
        return key, None
    return key, _value(key, written)


def _value(key: str, written: str) -> object:
    """A value as YAML has it; a text where the key wants text, a list of what stands between commas for tags."""
    from aggregator.sources.yaml import parse

    if key in _TEXTS:
        return written
    if key in _LISTS and not written.startswith("["):
        return [part.strip() for part in written.split(",") if part.strip()]
    try:
        return parse(written.encode(), "value").data
    except ConfigError:
        return written
