"""What waits for idle time: letting go of what is kept for a while only, and filling the search index."""

from __future__ import annotations

import time
from datetime import datetime

from aggregator.polling.cadence import DAY
from aggregator.store.rows import to_text
from aggregator.store.sqlite import Store

INDEX_FOR = 1.0  # seconds: what waits longer is searched beside the index, only slower


def tidy(store: Store, now: datetime) -> None:
    """Once a day let go of what is kept for a while only."""
    last = store.meta("tidied_at")
    if last is None or abs(now - datetime.fromisoformat(last)) >= DAY:
        store.tidy(now)
        with store.transaction():
            store.set_meta("tidied_at", to_text(now) or "")


def index(store: Store, seconds: float = INDEX_FOR) -> int:
    """Fill the search index for so long, in short transactions; how many entries were indexed."""
    end, total = time.monotonic() + seconds, 0
    while store.search.is_behind:
        with store.transaction():
            total += store.search.fill()
        if time.monotonic() > end:
            break
    return total
