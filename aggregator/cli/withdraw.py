"""`aggregator hide` and `aggregator forget`: what is never shown again, and what was never to be kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from aggregator.cli.options import Settings, common, publish_soon, reading, settings
from aggregator.cli.words import count, safe

if TYPE_CHECKING:
    from datetime import datetime

    from aggregator.records import StoredEntry
    from aggregator.store.sqlite import Store

Change = Callable[["Store", "set[int]", "datetime"], None]


@click.command()
@click.argument("urls", nargs=-1, required=True, metavar="URL...")
@click.option("--undo", is_flag=True, help="Show it again.")
@common
def hide(urls: tuple[str, ...], undo: bool) -> None:
    """Never show an entry (its link or id) again: in no feed, page, search or digest to come, from no source."""

    def change(store: Store, groups: set[int], now: datetime) -> None:
        if undo:
            store.withdrawn.unhide(groups)
        else:
            store.withdrawn.hide(groups, now)

    _withdraw(urls, settings(), "hide", change, "shown again" if undo else "hidden")


@click.command()
@click.argument("urls", nargs=-1, required=True, metavar="URL...")
@common
def forget(urls: tuple[str, ...]) -> None:
    """Let go of an entry at its publisher's wish: its texts are deleted, its copies', too, and it never returns.

    Digests that were sealed and archives of closed months keep what they said. This cannot be undone.
    """

    def change(store: Store, groups: set[int], now: datetime) -> None:
        copies = {one.key for group in groups for one in store.entries.members(group)}
        store.withdrawn.forget(groups | copies, now)

    _withdraw(urls, settings(), "forget", change, "forgotten")


def _withdraw(urls: tuple[str, ...], options: Settings, command: str, change: Change, done: str) -> None:
    """Find, change, publish; nothing is changed when one of the addresses is not known (exit code 1)."""
    with reading(options) as (_config, store, clock):
        found = {url: _found(url, store) for url in urls}
        unknown = [url for url, those in found.items() if not those]
        if unknown:
            for url in unknown:
                click.echo(f"no entry is known under {safe(url)}", err=True)
            click.get_current_context().exit(1)
        with store.transaction(durable=True):
            change(store, {one.group for those in found.values() for one in those}, clock())
            store.set_meta("publish_asked", "yes")
    titles = {one.entry.title: one for those in found.values() for one in those}
    for title in titles:
        click.echo(f"{done}: {safe(title)}")
    copies = sum(map(len, found.values())) - len(titles)
    if copies > 0:
        options.say(f"with {count(copies, 'copy', 'copies')}")
    publish_soon(options, command)


def _found(url: str, store: Store) -> list[StoredEntry]:
    from aggregator.urls import canonical

    return store.entries.find(url, canonical(url))
