"""What `check --filters` tells: each rule of feeds.yaml, and what it met and hid in the last 30 days."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from aggregator.cli.options import Settings, reading
from aggregator.cli.words import count, safe

if TYPE_CHECKING:
    from aggregator.entries.view import View
    from aggregator.records import Config, StoredEntry

_DAYS = 30
_MOST_TITLES = 20


def ruled(options: Settings) -> list[dict[str, Any]]:
    """What each rule did to what was accepted in the last 30 days, in the order of the file."""
    from aggregator.entries.effects import effects
    from aggregator.entries.view import View
    from aggregator.polling.survey import followed

    with reading(options) as (whole, store, clock):
        states, now = store.sources.states(), clock()
        view = View(followed(whole, states), states.values(), now)
        entries = store.days.accepted(now - timedelta(days=_DAYS), now + timedelta(seconds=1))
        return [
            {
                "line": one.rule.line,
                "rule": one.rule.text,
                "source": None if one.source is None else view.title(one.source),
                "met": one.met,
                "hid": len(one.hid),
                "entries": [_entry(stored, view) for stored in one.hid],
            }
            for one in effects(entries, view)
        ]


def _entry(stored: StoredEntry, view: View) -> dict[str, Any]:
    return {
        "id": stored.id,
        "link": stored.entry.link,
        "title": stored.entry.title,
        "source": view.title(stored.source_key),
        "published": stored.published.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def rule_lines(rule: dict[str, Any], config: Config) -> Iterator[str]:
    """A rule and what it did in words, then the titles that it hid."""
    did = f"hid {count(rule['hid'], 'entry', 'entries')}" if rule["rule"].startswith("drop") else "hides nothing"
    of = f" (of {safe(rule['source'])})" if rule["source"] else ""
    met = count(rule["met"], "entry", "entries")
    yield f"{config.path.name}:{rule['line']}: {safe(rule['rule'])}{of}: met {met} in {_DAYS} days, {did}"
    for entry in rule["entries"][:_MOST_TITLES]:
        yield f"    {entry['published'][:10]}  {safe(entry['title'])}  ({safe(entry['source'])})"
    if len(rule["entries"]) > _MOST_TITLES:
        yield f"    and {len(rule['entries']) - _MOST_TITLES} more; `--json` has all"
