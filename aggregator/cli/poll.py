"""`aggregator poll`: one pass over what is due, then publish, then exit."""

from __future__ import annotations

import gc
import json
from typing import TYPE_CHECKING, Any

import click

from aggregator.cli.options import Settings, common, named_sources, settings, writing

if TYPE_CHECKING:
    from aggregator.app import App
    from aggregator.records import Config
    from aggregator.report import Pass
    from aggregator.store.lock import Holder

_SELDOM = 10_000, 20, 20  # few cycles are left: looking for them each 700 objects was a twentieth of a quiet pass


@click.command()
@click.argument("sources", nargs=-1, metavar="[SOURCE]...")
@click.option(
    "--force", is_flag=True, help="Ask what is not due, too; still conditionally, never against a Retry-After."
)
@click.option("--json", "as_json", is_flag=True, help="Say what happened as JSON.")
@common
def poll(sources: tuple[str, ...], force: bool, as_json: bool) -> None:
    """Poll once what is due, publish, exit: for cron and CI."""
    from aggregator.store.opening import holder

    gc.set_threshold(*_SELDOM)
    options = settings()
    config = options.load()
    who = holder(config.store)
    if who is not None and who.command == "run":
        _ask(config, options, sources, who)
        return
    with writing(options, "poll", config) as app:
        from aggregator.cli.progress import Bar
        from aggregator.cli.words import count, pass_lines

        for line in _read_lists(app, options) if app.config.reading_lists else ():
            options.say(line)
        named = named_sources(app.config, sources, _titles(app) if sources else {})
        work = app.due(one_shot=True, force=force, named=named)
        first = app.store.meta("last_pass_at") is None
        unread = [] if work or named else app.store.bodies.unread()
        with Bar(options, len(work), first=first) as bar:
            done = app.run_pass(work, bar.advance)
        if not (work or named) and app.is_behind:
            with Bar(options, None, "Reading what is older") as bar:
                done.published += [name for names in bar.over(app.catch_up()) for name in names]
        if as_json:
            for trouble in (done.hub, done.notify):
                if trouble:
                    options.say(trouble)
            click.echo(json.dumps(as_data(done), ensure_ascii=False, indent=2))
            return
        if not work:
            older = f" Read the older entries of {count(len(unread), 'new source')}." if unread else ""
            options.say(f"{'Not due yet' if named else 'Nothing is due'}. `--force` asks all the same.{older}")
        for line in pass_lines(done, app.config, app.store, first=first) if work else ():
            options.say(line)


def _titles(app: App) -> dict[str, str]:
    """The name of each source by its address."""
    view, states = app.view(), app.store.sources.states()
    view.know(states.values())
    return {source.url: view.title(states[source.url].key) for source in app.config.sources}


def _read_lists(app: App, options: Settings) -> list[str]:
    from aggregator.cli.progress import Bar
    from aggregator.service import read_lists

    with Bar(options, None, "Reading lists of others"):
        return read_lists(app)


def _ask(config: Config, options: Settings, sources: tuple[str, ...], who: Holder) -> None:
    """Beside a running `run`: mark the sources due; it polls them at its next tick."""
    from aggregator.store.opening import open_store

    named = named_sources(config, sources, {})
    store = open_store(config.store)
    try:
        keys = [state.key for url, state in store.sources.states().items() if not named or url in named]
        with store.transaction():
            store.sources.mark_due(keys, options.clock(config)())
    finally:
        store.close()
    click.echo(f"asked the running aggregator ({who.whose})")


def as_data(done: Pass) -> dict[str, Any]:
    """`poll --json` as the contract has it."""
    from aggregator.store.rows import to_text
    from aggregator.urls import without_secrets

    return {
        "started_at": to_text(done.started_at),
        "finished_at": to_text(done.finished_at),
        "polled": done.polled,
        "not_modified": done.not_modified,
        "unchanged": done.unchanged,
        "new": done.new,
        "updated": done.updated,
        "failed": [
            {"url": without_secrets(f.source.url), "title": f.title, "error": f.error, "retry_at": to_text(f.retry_at)}
            for f in done.failed
        ],
        "offline": done.offline,
        "published": done.published,
    }
