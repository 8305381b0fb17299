"""`aggregator explain URL`: the whole path of one entry."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from aggregator.cli.options import common, reading, settings
from aggregator.cli.words import count, safe

if TYPE_CHECKING:
    from aggregator.entries.view import View
    from aggregator.records import Config, StoredEntry
    from aggregator.store.sqlite import Store

_NOT_READ = {
    True: "not read yet: the backlog of many new sources is read in the next passes",
    False: "not read: its source left before it was, or the document cannot be read any more",
}
_STANDING = {
    "news": "news",
    "backlog": "backlog: it was there before the source was added; in search, in no feed or digest",
    "folded": "folded: another source had the same text",
    "held": "held in quarantine; `aggregator quarantine` releases or drops it",
    "dropped": "dropped from quarantine by hand",
    "forgotten": "forgotten at its publisher's wish; digests sealed and months closed before keep what they said",
}


@click.command()
@click.argument("url")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@common
def explain(url: str, as_json: bool) -> None:
    """Tell the path of one entry (its link, id or guid): seen, from where, folded, hidden, in which digest."""
    from aggregator.entries.view import View
    from aggregator.urls import canonical

    with reading(settings()) as (config, store, clock):
        view = View(config, store.sources.states().values(), clock())
        found = [_facts(one, config, store, view) for one in store.entries.find(url, canonical(url))]
    if as_json:
        click.echo(json.dumps({"url": url, "entries": found}, ensure_ascii=False, indent=2, default=_time))
    elif found:
        click.echo("\n\n".join("\n".join(_lines(one, config)) for one in found))
    else:
        click.echo(f"no entry is known under {safe(url)}", err=True)
    click.get_current_context().exit(0 if found else 1)


# --- what is known -------------------------------------------------------------------------------------------


def _facts(stored: StoredEntry, config: Config, store: Store, view: View) -> dict[str, Any]:
    """The path as values; times are aware datetimes."""
    from aggregator.hubs.websub import in_words

    entry, source = stored.entry, view.source(stored.source_key)
    members = store.entries.members(stored.group)
    shown = view.representative(members)
    verdict = view.verdict(stored) if source and stored.standing != "forgotten" else None
    is_read = stored.key not in {one.key for one in store.entries.known(stored.source_key) if one.is_outline}
    return {
        "id": stored.id,
        "link": entry.link,
        "title": entry.title,
        "guid": entry.guid,
        "canonical_url": entry.canonical_url,
        "source": view.title(stored.source_key),
        "push": in_words(store.subscriptions.of(stored.source_key), view.now),
        "published": stored.published,
        "dated_by": "publisher" if entry.published else "first sight",
        "first_seen": stored.first_seen,
        "accepted": stored.accepted_at,
        "changed": stored.changed_at,
        "standing": stored.standing,
        "held_why": store.sources.state(stored.source_key).held_why if stored.standing == "held" else None,
        "group": [_copy(stored, one, store, view) for one in members if one.key != stored.key],
        "story": _story(stored, store, view),
        "in_merged_feed": shown is not None and stored.standing in ("news", "folded"),
        "shown_as": view.title(shown.source_key) if shown else None,
        "hidden": view.hidden_by(stored),
        "rules": [_rule(rule, config) for rule in verdict.matched] if verdict else [],
        "tags": list(verdict.tags) if verdict else [],
        "is_read": is_read,
        "is_read_later": not is_read and store.bodies.is_unread(stored.source_key) and source is not None,
        "boilerplate": _boilerplate(stored, store) if is_read else [],
        "left_out": _left_out(stored, store),
        "full_text": _full_text(stored, store, view),
        "digests": [_digest(stored, series.name, store) for series in config.every_series],
        "archive": f"archive/{stored.accepted_at:%Y-%m}.atom.xml" if stored.accepted_at and shown else None,
    }


def _copy(stored: StoredEntry, other: StoredEntry, store: Store, view: View) -> dict[str, Any]:
    from aggregator.entries.duplicates import why_copy

    return {
        "source": view.title(other.source_key),
        "link": other.entry.link,
        "standing": other.standing,
        "leads": other.key == other.group,
        "why": why_copy(stored.entry, other.entry),
    }


def _story(stored: StoredEntry, store: Store, view: View) -> list[dict[str, Any]]:
    """The entries that digests told with this one as one story, as the view shows them."""
    mates = store.stories.mates([stored.group]).get(stored.group, [])
    shown = (view.representative(group) for group in store.entries.by_groups(mates).values())
    return [{"source": view.title(one.source_key), "title": one.entry.title, "id": one.id} for one in shown if one]


def _rule(rule: Any, config: Config) -> dict[str, Any]:
    return {"rule": rule.text, "at": f"{config.path.name}:{rule.line}"}


def _digest(stored: StoredEntry, series: str, store: Store) -> dict[str, Any]:
    owner = store.digests.owner(series, stored.key)
    return {"series": series, "date": owner.day.isoformat() if owner else None}


def _boilerplate(stored: StoredEntry, store: Store) -> list[str]:
    """The lines that were taken off, as far as the newest raw document that is kept still has the entry."""
    from aggregator.entries.normalize import removed_lines
    from aggregator.errors import ParseError
    from aggregator.parse.feed import parse

    body, state = store.bodies.newest(stored.source_key), store.sources.state(stored.source_key)
    with contextlib.suppress(ParseError):
        if body is not None:
            url = body.url or state.url
            feed = parse(body.data, url=url, content_type=body.content_type)
            return removed_lines(feed, url, stored.entry, stored.first_seen)
    return []


def _full_text(stored: StoredEntry, store: Store, view: View) -> dict[str, Any] | None:
    """What became of fetching the entry's page; None where nobody asked for it."""
    page = store.articles.get(stored.key)
    if page is None:
        return {"at": None, "words": 0, "why": None} if view.full_text(stored.source_key) else None
    return {"at": page.at, "words": page.words, "why": page.why, "next_try_at": page.next_try_at}


def _left_out(stored: StoredEntry, store: Store) -> list[dict[str, Any]]:
    """What its source says again and again around its entries: in no summary, wherever else the text stands."""
    return [{"text": one.text, "entries": one.seen, "of": one.of} for one in store.texts.left_out(stored)]


# --- in words ------------------------------------------------------------------------------------------------


def _lines(facts: dict[str, Any], config: Config) -> Iterator[str]:
    def local(moment: datetime | None) -> str:
        return f"{moment.astimezone(config.timezone):%Y-%m-%d %H:%M}" if moment else "never"

    yield safe(facts["title"])
    yield f"  link        {safe(facts['link'] or 'none')}"
    yield f"  id          {facts['id']}"
    yield f"  guid        {safe(facts['guid'])}"
    yield f"  source      {safe(facts['source'])}"
    if facts["push"]:
        yield f"  push        {safe(facts['push'])}"
    has_date = facts["dated_by"] == "publisher" or facts["standing"] == "forgotten"
    undated = "" if has_date else " (when first seen: it has no sane date)"
    yield f"  published   {local(facts['published'])}{undated}"
    yield f"  first seen  {local(facts['first_seen'])}"
    yield f"  accepted    {local(facts['accepted'])}"
    yield f"  changed     {local(facts['changed'])}"
    yield f"  standing    {_STANDING[facts['standing']]}"
    if not facts["is_read"]:
        yield f"  text        {_NOT_READ[facts['is_read_later']]}"
    if facts["held_why"]:
        yield f"  doubted     {safe(facts['held_why'])}"
    for copy in facts["group"]:
        lead = ", which gives the id" if copy["leads"] else ""
        yield f"  same text   {safe(copy['source'])}: {safe(copy['link'] or '')} ({copy['why']}{lead})"
    yield from (f"  one story   {safe(one['source'])}: {safe(one['title'])}" for one in facts["story"])
    yield f"  hidden      {safe(_why_hidden(facts))}"
    yield from (f"  met         {safe(rule['rule'])} ({rule['at']})" for rule in facts["rules"])
    if facts["boilerplate"]:
        lines = facts["boilerplate"]
        yield f"  taken off   {count(len(lines), 'line')}: {safe(' / '.join(lines))[:300]}"
    if facts["full_text"]:
        yield f"  full text   {safe(_page_words(facts['full_text'], local))}"
    for one in facts["left_out"]:
        often = f"in {one['entries']} of the last {count(one['of'], 'entry', 'entries')}"
        yield f"  left out    of summaries: {safe(one['text'])[:200]} ({often})"
    yield f"  feed        {_where_shown(facts)}"
    for digest in facts["digests"]:
        name = f"digest {digest['series']}".strip()
        counted = ", counted as backlog" if digest["date"] and facts["standing"] == "backlog" else ""
        yield f"  {name:<11} {digest['date'] or 'not yet'}{counted}"


def _page_words(page: dict[str, Any], local: Callable[[datetime | None], str]) -> str:
    if page["at"] is None:
        return "not fetched: its page is fetched in the first two days, while it is news"
    if page["why"] is None:
        return f"fetched {local(page['at'])}, {count(page['words'], 'word')}"
    again = f"; next try {local(page['next_try_at'])}" if page["next_try_at"] else ""
    return f"not fetched {local(page['at'])}: {page['why']}{again}"


def _why_hidden(facts: dict[str, Any]) -> str:
    if facts["hidden"] is None:
        return "by no rule"
    at = next((rule["at"] for rule in facts["rules"] if facts["hidden"] == f"rule {rule['rule']}"), None)
    return f"{facts['hidden']} ({at})" if at else str(facts["hidden"])


def _where_shown(facts: dict[str, Any]) -> str:
    if not facts["in_merged_feed"]:
        return "not in the merged feed"
    return f"in the merged feed as of {safe(facts['shown_as'])}, and in {facts['archive']}"


def _time(value: Any) -> str:
    return f"{value:%Y-%m-%dT%H:%M:%SZ}"
