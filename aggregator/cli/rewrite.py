"""What the commands that edit feeds.yaml share: the edit checked as a whole, shown or saved; nothing half done."""

from __future__ import annotations

import difflib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aggregator.errors import ConfigError, StoreError

if TYPE_CHECKING:
    from aggregator.records import Config, Source
    from aggregator.sources.edit import Edit

_SAMPLE = "https://sample.invalid/"
dry_run_option = click.option("--dry-run", is_flag=True, help="Show what would change, as a diff, and change nothing.")


def content(path: Path) -> bytes:
    """The bytes of the file; raises ConfigError, as a load of it would."""
    try:
        return path.read_bytes()
    except OSError as error:
        hint = "; `aggregator init` writes a starter one" if isinstance(error, FileNotFoundError) else ""
        raise ConfigError(f"{path}: cannot be read: {error.strerror}{hint}") from error


def configuration(path: Path, before: bytes) -> tuple[Config, Source]:
    """The configuration as it is (without a source yet, too), and a source as its defaults make one.

    Raises ConfigError with every mistake of the file, or where no edit of its list could be sure of itself.
    """
    from dataclasses import replace

    from aggregator.sources.config import read
    from aggregator.sources.edit import Add, edited

    try:
        config = read(edited(before, [Add(({"url": _SAMPLE},))], path.name), path, environ=os.environ)
    except ConfigError:
        read(before, path, environ=os.environ)  # the mistakes that are in the file itself
        raise ConfigError(f"{path.name}: the list of sources cannot be edited safely; add a line by hand") from None
    return replace(config, sources=config.sources[:-1]), config.sources[-1]


def rewritten(path: Path, before: bytes, edits: Sequence[Edit]) -> tuple[bytes, Config]:
    """The file after the edits, and what it means then. Raises ConfigError with every mistake that they would make."""
    from aggregator.sources.config import read
    from aggregator.sources.edit import edited

    after = edited(before, edits, path.name)
    try:
        return after, read(after, path, environ=os.environ)
    except ConfigError as error:
        said = dict.fromkeys(one if isinstance(one, str) else one.message for one in error.problems)
        raise ConfigError(*(f"{path.name} stays as it is: {line}" for line in said)) from error


def finish(path: Path, before: bytes, after: bytes, *, dry_run: bool) -> None:
    """Save the file, or show the difference."""
    from aggregator.sources.save import save

    if dry_run:
        click.echo(diff(before, after, path.name), nl=False)
    else:
        save(path, before, after)


def diff(before: bytes, after: bytes, name: str) -> str:
    """What changes in the file, as a unified diff; empty where nothing does."""
    old, new = (data.decode("utf-8-sig").splitlines() for data in (before, after))
    rows = difflib.unified_diff(old, new, f"a/{name}", f"b/{name}", lineterm="")
    return "".join(f"{row}\n" for row in rows)


def titles(config: Config) -> dict[str, str]:
    """What the sources are called, as far as the file or an existing store knows."""
    from aggregator.store.opening import open_store

    named = {source.url: source.title for source in config.sources if source.title}
    try:
        store = open_store(config.store, create=False)
    except StoreError:
        return named
    try:
        states = store.sources.states()
    finally:
        store.close()
    return {url: state.feed_title for url, state in states.items() if state.feed_title} | named


def one_source(config: Config, word: str) -> tuple[Source, str]:
    """The source that SOURCE means, and what it is called; raises ConfigError with the candidates."""
    from aggregator.cli.options import named_sources

    names = titles(config)
    (url,) = named_sources(config, (word,), names)
    source = next(source for source in config.sources if source.url == url)
    return source, names.get(url, url)
