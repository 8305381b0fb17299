"""What `publish --replay` tells: what this version of the program reads otherwise in what is kept."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, is_dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from aggregator.cli.options import Settings, reading, reading_pool, writing
from aggregator.cli.words import count, safe

if TYPE_CHECKING:
    from aggregator.polling.reread import Difference, Replayed
    from aggregator.records import Config, Source, SourceState
    from aggregator.store.sqlite import Store

_MOST = 300  # characters of a value that are shown, from just before the first that differs
_BEFORE = 20
_MOST_ENTRIES = 20


def replay(options: Settings, *, apply: bool, as_json: bool) -> None:
    """Read what is kept again: say what differs, and with `apply` store and publish it."""
    from aggregator.polling import reread

    if apply:
        with writing(options, "publish") as app:
            read = [
                reread.replay(state, app.store, app.pool, app.clock(), apply=True)
                for _, state in _sources(app.config, app.store)
            ]
            app.accept()
            published = app.publish(everything=True)
            _tell(options, app.config, read, published, as_json=as_json)
        return
    with reading(options) as (config, store, clock), reading_pool() as pool:
        read = [reread.replay(state, store, pool, clock(), apply=False) for _, state in _sources(config, store)]
        _tell(options, config, read, None, as_json=as_json)


def _sources(config: Config, store: Store) -> Iterator[tuple[Source, SourceState]]:
    """The configured sources that the store knows, in the order of the file."""
    states = store.sources.states()
    return ((source, states[source.url]) for source in config.sources if source.url in states)


def _tell(
    options: Settings, config: Config, read: list[Replayed], published: list[str] | None, *, as_json: bool
) -> None:
    names = {source.url: source for source in config.sources}
    if as_json:
        rows = [_row(one, names.get(one.state.url)) for one in read]
        result = {"applied": published is not None, "sources": rows, "published": published or []}
        click.echo(json.dumps(result, ensure_ascii=False, indent=2).encode("utf-8", "replace"))
        return
    differing = [one for one in read if one.changed or one.found]
    for line in _table(differing, names) if differing else ():
        click.echo(line)
    for one in differing if options.verbose else ():
        for line in _entries(one, names.get(one.state.url)):
            click.echo(line)
    click.echo(_sum(read, applied=published is not None))


def _sum(read: list[Replayed], *, applied: bool) -> str:
    """The outcome in a sentence, and what to do next."""
    bodies, unreadable = sum(one.bodies for one in read), sum(one.unreadable for one in read)
    changed, found = sum(len(one.changed) for one in read), sum(len(one.found) for one in read)
    told = f"read {count(bodies, 'kept document')} of {count(len(read), 'source')} again"
    if unreadable:
        told += f" ({unreadable} cannot be read any more; what was read of them stays)"
    if not changed and not found:
        return f"{told}: nothing differs from what is stored"
    differs = f"{count(changed, 'entry', 'entries')} changed, {found} more found"
    if applied:
        return f"{told}: {differs}; ids and sealed digests stay"
    return f"{told}: {differs}; nothing was written, `aggregator publish --replay --apply` does it"


def _table(read: list[Replayed], names: dict[str, Source]) -> Iterator[str]:
    rows: list[tuple[str, ...]] = [("SOURCE", "DOCUMENTS", "ENTRIES", "CHANGED", "MORE", "FIELDS")]
    for one in read:
        told = Counter(name for difference in one.changed for name, _, _ in difference.fields)
        which = ", ".join(f"{name} {number}" for name, number in told.most_common())
        sums = (one.bodies, one.entries, len(one.changed), len(one.found))
        rows.append((_name(one, names.get(one.state.url)), *map(str, sums), which))
    widths = [max(len(row[place]) for row in rows) for place in range(5)]
    for name, *numbers, which in rows:
        right = "  ".join(number.rjust(width) for number, width in zip(numbers, widths[1:], strict=True))
        yield f"{name.ljust(widths[0])}  {right}  {which}".rstrip()


def _entries(one: Replayed, source: Source | None) -> Iterator[str]:
    """The first entries of a source that differ, field by field."""
    yield ""
    yield _name(one, source)
    for difference in one.changed[:_MOST_ENTRIES]:
        yield f"  {safe(difference.title)}  {safe(difference.link or '')}".rstrip()
        for name, before, after in _shown(difference):
            yield f"    {name}: {safe(str(before))!r} -> {safe(str(after))!r}"
    for entry in one.found[:_MOST_ENTRIES]:
        yield f"  more: {safe(entry.title)}  {safe(entry.link or '')}".rstrip()
    left = max(len(one.changed) - _MOST_ENTRIES, 0) + max(len(one.found) - _MOST_ENTRIES, 0)
    if left:
        yield f"  and {left} more; `--json` has all"


def _row(one: Replayed, source: Source | None) -> dict[str, Any]:
    changed = [
        {
            "id": difference.id,
            "link": difference.link,
            "title": difference.title,
            "fields": {name: {"before": before, "after": after} for name, before, after in _shown(difference)},
        }
        for difference in one.changed
    ]
    return {
        "url": None if source is None or source.private else source.url,
        "title": _name(one, source),
        "documents": one.bodies,
        "unreadable": one.unreadable,
        "entries": one.entries,
        "changed": changed,
        "found": [{"link": entry.link, "title": entry.title} for entry in one.found],
    }


def _name(one: Replayed, source: Source | None) -> str:
    """The source by its title; a private one is never named by its address."""
    address = "a private source" if source is None or source.private else source.url
    return safe((source and source.title) or one.state.feed_title or address)


def _shown(difference: Difference) -> Iterator[tuple[str, object, object]]:
    """The fields that differ, long texts cut to where they do."""
    for name, before, after in difference.fields:
        old, new = _plain(before), _plain(after)
        if isinstance(old, str) and isinstance(new, str):
            same = next((n for n, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
            start = max(same - _BEFORE, 0)
            old, new = _cut(old, start), _cut(new, start)
        yield name, old, new


def _cut(text: str, start: int) -> str:
    cut = text[start : start + _MOST]
    return ("…" if start else "") + cut + ("…" if start + _MOST < len(text) else "")


def _plain(value: object) -> Any:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, tuple):
        return [asdict(one) if is_dataclass(one) and not isinstance(one, type) else one for one in value]
    return value
