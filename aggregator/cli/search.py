"""`aggregator search WORDS`: full-text search over all that is stored, beside whatever else runs."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from aggregator.cli.options import common, named_sources, reading, settings
from aggregator.cli.words import count, safe
from aggregator.errors import ConfigError

if TYPE_CHECKING:
    from aggregator.entries.view import View
    from aggregator.records import Config
    from aggregator.search import Found, Pieces


@click.command()
@click.argument("words", nargs=-1, required=True)
@click.option("--newest", is_flag=True, help="Newest first instead of best first.")
@click.option("--source", metavar="SOURCE", help="Only this source: address, host, title, or a part of it.")
@click.option("--tag", help="Only entries with this tag of yours.")
@click.option("--since", metavar="DATE", help="Published on this day or later, such as 2026-03-01.")
@click.option("--until", metavar="DATE", help="Published on this day or earlier.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(min=1), help="At most so many.")
@click.option("--all", "everything", is_flag=True, help="Also what is hidden, quarantined or of a removed source.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@common
def search(words: tuple[str, ...], as_json: bool, **chosen: Any) -> None:
    """Find entries that have all WORDS, backlog included. Case and accents do not matter.

    "two words" (in quotes of its own) stand together, reskill* begins a word, -word must not be there (after --),
    and OR stands between alternatives. Exit code 1 when nothing is found.
    """
    from aggregator.entries.view import View
    from aggregator.search import Wanted
    from aggregator.search import search as look
    from aggregator.store.search import EVER

    options = settings()
    with reading(options) as (config, store, clock):
        states = store.sources.states()
        view = View(config, states.values(), clock())
        sources = None
        if chosen["source"]:
            titles = {url: view.title(state.key) for url, state in states.items()}
            named = named_sources(config, (chosen["source"],), titles)
            sources = frozenset(state.key for url, state in states.items() if url in named)
        since, until = _day(chosen["since"], config), _day(chosen["until"], config, whole=True)
        kept = {name: chosen[name] for name in ("tag", "newest", "everything", "limit")}
        wanted = Wanted(" ".join(words), sources, since=since or EVER[0], until=until or EVER[1], **kept)
        results, store_is_behind = look(wanted, store, view), bool(store.bodies.unread(1))
        found = results.found
    if as_json:
        rows = [_row(one, view) for one in found]
        click.echo(json.dumps({"words": wanted.words, "entries": rows}, ensure_ascii=False, indent=2))
    else:
        for one in found:
            click.echo(_lines(one, view, config))
        more = "; `--limit` shows more" if len(found) == wanted.limit else ""
        if results.is_cut:
            more += "; so many have these words that only the newest were ranked: `--since` and `--until` narrow"
        if store_is_behind:
            more += "; the backlog of new sources is found by its titles until it is read, in the next passes"
        met = f"{count(len(found), 'entry', 'entries')}{more}"
        options.say(met if found else f"nothing found for {safe(wanted.words)}{more}")
    click.get_current_context().exit(0 if found else 1)


def _day(text: str | None, config: Config, *, whole: bool = False) -> datetime | None:
    """The beginning of a local day, or of the next one when the `whole` day is meant; an instant as it is."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"{text}: not a date; write it like 2026-03-01") from None
    local = moment if moment.tzinfo else moment.replace(tzinfo=config.timezone)
    return (local + timedelta(days=whole and len(text) == len("2026-03-01"))).astimezone(UTC)


def _row(found: Found, view: View) -> dict[str, Any]:
    stored = found.stored
    return {
        "id": stored.id,
        "link": stored.entry.link,
        "title": stored.entry.title,
        "source": view.title(stored.source_key),
        "published": stored.published.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "tags": list(view.tags(stored)),
        "snippet": _text(found.snippet),
        "marks": [piece for piece, is_hit in (*found.title, *found.snippet) if is_hit],
        "hidden": found.hidden,
    }


def _lines(found: Found, view: View, config: Config) -> str:
    stored = found.stored
    day = f"{stored.published.astimezone(config.timezone):%Y-%m-%d}"
    where = f"{safe(view.title(stored.source_key))} · {safe(stored.entry.link or stored.id)}"
    hidden = [f"            ({safe(found.hidden)})"] if found.hidden else []
    said = [f"            {_shown(found.snippet)}"] if found.snippet else []
    return "\n".join((f"{day}  {_shown(found.title)}", f"            {where}", *hidden, *said))


def _text(pieces: Pieces) -> str:
    return "".join(piece for piece, _ in pieces)


def _shown(pieces: Pieces) -> str:
    return "".join(click.style(safe(piece), bold=True, fg="yellow") if hit else safe(piece) for piece, hit in pieces)
