"""The page of the sources: each one's state in words, its rhythm, what it brought; what needs attention first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from aggregator.records import Brought, LocalDate, Outage, SourceHealth
from aggregator.render.charts import sparkline
from aggregator.render.json import indented
from aggregator.render.site import Site, page
from aggregator.render.words import count, utc

IN_FULL = 300  # sources that have a block of their own; where more are well each of them is a line of a table
LISTED = 5_000  # lines of that table; whoever looks for one among more asks `status`
OUTAGES = 5
STUBBORN = 3  # failures in a row that waiting alone may not mend

# What needs attention first; health.state knows how a source comes to one of them.
_URGENCY = ("gone", "quarantined", "failing", "moved", "silent", "new", "ok", "paused")
_ATTENTION = frozenset(_URGENCY[:5])
_STATES = {
    "gone": "gone for good",
    "quarantined": "held, waits for you",
    "failing": "failing",
    "moved": "moved",
    "silent": "silent",
    "new": "new",
    "ok": "fine",
    "paused": "paused by you",
}
_ADVICE = {
    "gone": "take its line out of feeds.yaml, or put its new address there",
    "quarantined": "see what was held with aggregator quarantine, then release or drop it",
    "moved": "put its new address into feeds.yaml",
    "silent": "visit its site; it may have moved or rest",
}


def status(
    rows: Sequence[SourceHealth],
    *,
    checked_at: datetime,
    offline: bool,
    site: Site,
    brought: Callable[[SourceHealth], Brought] = lambda _: Brought(),
    outages: Sequence[Outage] = (),
    wrong: str | None = None,
) -> bytes:
    """The page `status.html`: each source's state in words as of `checked_at`, what needs attention first.

    `brought` says of one of `rows` what it has contributed; `outages` are our own, oldest first; `wrong` is what is
    wrong in feeds.yaml, of which an older version is in force.
    """
    urgent_first = sorted(rows, key=lambda row: (_URGENCY.index(row.state), -row.failures, row.title.casefold()))
    attention = [row for row in urgent_first if row.state in _ATTENTION]
    fine = [row for row in urgent_first if row.state not in _ATTENTION]
    many = attention[IN_FULL:] + (fine if len(fine) > IN_FULL else [])
    values = {
        "attention": attention[:IN_FULL],
        "fine": fine if len(fine) <= IN_FULL else [],
        "many": many[:LISTED],
        "unlisted": len(many) - len(many[:LISTED]),
        "checked_at": checked_at,
        "offline": offline,
        "outages": list(reversed(outages))[:OUTAGES],
        "wrong": (wrong or "").splitlines(),
        "brought": brought,
    }
    words = {"state": _state, "advice": _advice, "summary": _summary(rows, attention), "contributed": _contributed}
    return page("status.html", site, "", rhythm=sparkline, **words, **values)


def _contributed(brought: Brought) -> str:
    """What a source has brought, in words: `32 in the feed, 4 also elsewhere, 10 older`."""
    parts = [f"{brought.news:,} in the feed"]
    if brought.folded:
        parts.append(f"{count(brought.folded, 'copy', 'copies')} of what others had first")
    if brought.backlog:
        parts.append(f"{brought.backlog:,} from before it was added")
    return ", ".join(parts)


def _summary(rows: Sequence[SourceHealth], attention: Sequence[SourceHealth]) -> str:
    sources = count(len(rows), "source", "sources")
    return f"{sources}, {len(attention)} worth a look" if attention else f"{sources}, all well"


def _state(row: SourceHealth) -> str:
    times = "" if row.failures < 2 else f", {row.failures} times in a row"
    return _STATES[row.state] + (times if row.state == "failing" else "")


def _advice(row: SourceHealth) -> str | None:
    if row.state == "failing":
        return "aggregator doctor looks for its new address" if row.failures >= STUBBORN else None
    advice = _ADVICE.get(row.state)
    if row.state == "quarantined" and row.held:
        return f"{row.held}; {advice}"
    return f"{row.silence}; {advice}" if row.state == "silent" and row.silence else advice


def status_json(rows: Sequence[SourceHealth], *, last_digest: LocalDate | None, offline: bool) -> bytes:
    """The file `status.json`, the same as `status --json`; sources in the given order, times in UTC."""
    document = {
        "sources": [_row(row) for row in rows],
        "last_digest": None if last_digest is None else last_digest.isoformat(),
        "offline": offline,
    }
    return (indented(document, 2) + "\n").encode("utf-8", "replace")


def _row(row: SourceHealth) -> dict[str, object]:
    return {
        "url": row.url,
        "title": row.title,
        "state": row.state,
        "last_success_at": utc(row.last_success_at),
        "next_poll_at": utc(row.next_poll_at),
        "reason": row.reason,
        "failures": row.failures,
        "error": row.error,
        "entries": row.entries,
        "typical_gap_s": row.typical_gap_s,
    }
