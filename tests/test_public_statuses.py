"""status.* from a real store: what each source brought, our outages, the mistake in the file."""

from __future__ import annotations

import json

from aggregator.polling import survey
from aggregator.public import statuses
from tests.makers import DAY, HOUR, NOW, ONE, TWO, Desk, entry, source


def made(desk: Desk) -> dict[str, bytes]:
    rows = survey.health(desk.config, desk.store, desk.view(), desk.now)
    return statuses.status_files(desk.config, desk.store, rows, desk.now)


def test_the_page_tells_of_each_source_what_the_store_knows() -> None:
    desk = Desk(source(ONE, title="The Desk"), TWO)
    desk.bring(ONE, *(entry(f"g{n}", published=NOW - n * DAY) for n in range(3)))
    desk.bring(ONE, entry("before", published=NOW - 40 * DAY), standing="backlog")
    page = made(desk)["status.html"].decode()
    assert "3 in the feed, 1 from before it was added" in page
    assert "4 entries in 53 weeks, at most 3 in one; the last week: 3" in page
    assert [row["entries"] for row in json.loads(made(desk)["status.json"])["sources"]] == [4, 0]


def test_the_page_tells_of_our_outages_and_of_a_broken_file() -> None:
    desk = Desk(ONE)
    with desk.store.transaction():
        desk.store.set_meta("offline_since", f"{NOW - HOUR:%Y-%m-%dT%H:%M:%SZ}")
        desk.store.set_meta("outages", '[["2026-03-01T00:00:00Z", "2026-03-01T05:00:00Z"]]')
        desk.store.set_meta("config_error", "feeds.yaml:3:1: what is this?")
    page = made(desk)["status.html"].decode()
    for words in ("When this machine was offline", "5 hours", "until now", "feeds.yaml:3:1: what is this?"):
        assert words in page
    assert json.loads(made(desk)["status.json"])["offline"] is True
