"""The publisher's side of WebSub (W3C Recommendation, 2018): after the files stand, the hub is told what changed.

What was told is remembered as a hash of the bytes, not as an event: a hub that was away, or a kill between writing
and telling, costs nothing, the next pass tells it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

TOPICS = ("atom.xml", "rss.xml", "feed.json")
REST = timedelta(minutes=15)  # after a failure the hub is left alone so long
_MEMORY, _REST_UNTIL = "hub_told", "hub_rest_until"

Post = Callable[[str, Sequence[Mapping[str, str]]], str | None]


@dataclass(frozen=True, slots=True)
class Told:
    """What to remember (names and values), and why the hub could not be told, in one line."""

    notes: Mapping[str, str]
    trouble: str | None = None


def tell(hub: str, link: str, root: Path, remembered: Callable[[str], str | None], post: Post, now: datetime) -> Told:
    """Tell the hub of every form of the merged feed in `root` that it was not told of in these very bytes.

    `hub.mode=publish` with the topic as `hub.url` (and as `hub.topic`, which some hubs read), a request each. `post`
    sends such forms and says what went wrong. Never raises for a hub.
    """
    rest = remembered(_REST_UNTIL)
    if rest and now < datetime.fromisoformat(rest) <= now + REST:  # a clock that was set back ends the rest
        return Told({})
    known: dict[str, str] = json.loads(remembered(_MEMORY) or "{}")
    marks = {name: _mark(hub, link, root / name) for name in TOPICS if (root / name).is_file()}
    fresh = [f"{link}{name}" for name, mark in marks.items() if known.get(name) != mark]
    if not fresh:
        return Told({})
    trouble = post(hub, [{"hub.mode": "publish", "hub.url": topic, "hub.topic": topic} for topic in fresh])
    if trouble is None:
        return Told({_MEMORY: json.dumps(marks), _REST_UNTIL: ""})
    line = f"hub {hub} was not told: {trouble}; the feed is published, the hub is told again in 15 minutes"
    return Told({_REST_UNTIL: (now + REST).strftime("%Y-%m-%dT%H:%M:%SZ")}, line)


def _mark(hub: str, link: str, path: Path) -> str:
    return hashlib.sha256(f"{hub}\n{link}\n".encode() + path.read_bytes()).hexdigest()
