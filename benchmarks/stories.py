"""How well entries are put together into stories: on ECB+ (Cybulska and Vossen 2014) and on a replay of real days.

    AGGREGATOR_CORPUS=FOLDER python benchmarks/stories.py

Exit code 0 if F1 on ECB+ is at least 0.87 and no false story is told of the replay, 1 if not.

ECB+ has 982 news articles on 86 events, two of each kind, so that every event has a hard negative. B-cubed: Bagga
and Baldwin, "Algorithms for scoring coreference chains", 1998. The replay is told day by day, as digests are made:
today's entries with each other, and with those of the 14 days before.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aggregator.entries.stories import Earlier, group
from aggregator.entries.terms import Vocabulary
from aggregator.html import text_of
from aggregator.records import Entry, StoredEntry
from aggregator.urls import canonical

ASKED = 0.87
FIRST_DIGEST = datetime(2025, 12, 1, 7, tzinfo=UTC)
NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)


def articles() -> tuple[list[StoredEntry], dict[int, str]]:
    """Every article as an entry of a source of its own, and the event of each."""
    path = Path(os.environ["AGGREGATOR_CORPUS"]) / "corpus" / "datasets" / "ecbplus" / "ecbplus.jsonl"
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    entries = []
    for key, line in enumerate(lines, 1):
        text = " ".join(line["sentences"])
        entry = Entry(line["id"], None, None, line["title"], "", "", text, language="en")
        entries.append(StoredEntry(key, line["id"], key, entry, "news", NOON, NOON, NOON, key, NOON, key))
    return entries, {key: line["cluster"] for key, line in enumerate(lines, 1)}


def b_cubed(stories: Sequence[Sequence[int]], event: dict[int, str]) -> tuple[float, float, float]:
    """Precision, recall and their harmonic mean, over entries."""
    sizes: dict[str, int] = {}
    for name in event.values():
        sizes[name] = sizes.get(name, 0) + 1
    precision = recall = 0.0
    for story in stories:
        for key in story:
            same = sum(event[other] == event[key] for other in story)
            precision += same / len(story)
            recall += same / sizes[event[key]]
    precision, recall = precision / len(event), recall / len(event)
    return precision, recall, 2 * precision * recall / (precision + recall)


def replayed(folder: Path) -> tuple[list[StoredEntry], dict[str, int]]:
    """The recorded entries of `fow/items.jsonl` in order of publication, and their keys by link."""
    lines = [json.loads(line) for line in (folder / "items.jsonl").read_text(encoding="utf-8").splitlines()]
    sources = {name: number for number, name in enumerate(sorted({line["site"] for line in lines}), 1)}
    found = []
    for key, line in enumerate(sorted(lines, key=lambda line: (line["published"], line["url"])), 1):
        url, when = line["url"], datetime.fromisoformat(line["published"])
        text = text_of(line["html"])
        entry = Entry(url, canonical(url), url, line["title"], "", line["html"], text, language=line["lang"])
        found.append(StoredEntry(key, url, sources[line["site"]], entry, "news", when, when, when, key, when, key))
    return found, {one.entry.guid: one.key for one in found}


def told(entries: Sequence[StoredEntry]) -> list[set[int]]:
    """The stories of several entries of each day's digest, those of the digests before among them, as keys."""
    day, linked = timedelta(days=1), []
    end, last = FIRST_DIGEST, max(one.published for one in entries)
    while end < last + day:
        today = [one for one in entries if end - day < one.published <= end]
        before = [one for one in entries if end - 15 * day < one.published <= end - day]
        vocabulary = Vocabulary([*before, *today])
        earlier = Earlier(before, vocabulary)
        linked += [{one.key for one in (*s, *earlier.continued(s))} for s in group(today, vocabulary)]
        end += day
    return [story for story in linked if len(story) > 1]


def on_the_replay(folder: Path) -> tuple[list[str], list[str], list[str]]:
    """The labelled stories that are found, those that are missed, and what else is told as one story, in words."""
    entries, key_of = replayed(folder)
    labels = json.loads((folder / "duplicates.json").read_text(encoding="utf-8"))
    copies = {max(key_of[pair["a"]], key_of[pair["b"]]) for pair in labels["duplicates"]}
    stories = {one["story"]: {key_of[url] for url in one["urls"]} for one in labels["stories"]}
    several = told([one for one in entries if one.key not in copies])
    found = [name for name, keys in stories.items() if any(story <= keys for story in several)]
    title = {one.key: one.entry.title for one in entries}
    false = [story for story in several if not any(story <= keys for keys in stories.values())]
    return (
        found,
        [name for name in stories if name not in found],
        [" | ".join(title[k] for k in sorted(f)) for f in false],
    )


def main() -> int:
    """Print what was found, and the seconds; the exit code."""
    entries, event = articles()
    start = time.perf_counter()
    stories = group(entries, Vocabulary(entries))
    seconds = time.perf_counter() - start
    precision, recall, f1 = b_cubed([[stored.key for stored in story] for story in stories], event)
    print(f"{len(entries)} articles, {len(set(event.values()))} events, {len(stories)} stories in {seconds:.2f} s")
    print(f"B-cubed precision {precision:.3f} recall {recall:.3f} F1 {f1:.3f}")
    found, missed, false = on_the_replay(Path(os.environ["AGGREGATOR_CORPUS"]) / "fow")
    print(f"replay: {len(found)} of {len(found + missed)} labelled stories, {len(false)} false")
    print(*(f"  missed: {name}" for name in missed), *(f"  false: {titles}" for titles in false), sep="\n")
    return int(f1 < ASKED or bool(false))


if __name__ == "__main__":
    sys.exit(main())
