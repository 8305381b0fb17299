from __future__ import annotations

import json
from pathlib import Path

from aggregator.store.sqlite import open_store
from tests.stores import SCHEMAS, made


def test_every_entry_with_all_that_is_known_of_it(tmp_path: Path) -> None:
    store = open_store(made(SCHEMAS[-1], tmp_path / "aggregator.db"))
    rows = {one["guid"]: one for one in store.export.entries()}
    store.close()
    assert list(rows) == ["a", "b", "ä", "c", "old", "copy", "new", "flood"]
    first = rows["a"]
    assert json.loads(json.dumps(first)) == {
        "id": first["id"],
        "shown_as": first["id"],
        "source": {"url": "https://one.example.org/feed", "title": None},
        "published": "2026-03-13T07:00:00Z",  # never later than first seen
        "changed_at": first["changed_at"],
        "first_seen": "2026-03-13T07:00:00Z",
        "accepted_at": "2026-03-13T07:00:00Z",
        "standing": "news",
        "hidden": False,
        "digests": [{"series": "", "date": "2026-03-13"}],
        "publisher": {"published": "2026-03-14T06:00:00Z", "updated": None},
        "guid": "a",
        "canonical_url": first["canonical_url"],
        "link": "https://blog.example.org/posts/a",
        "title": "Title of a",
        "summary": "",
        "content": "<p>What a has to tell is told here in more than eight words.</p>",
        "text": "What a has to tell is told here in more than eight words.",
        **dict.fromkeys(("author", "language", "comments", "image", "duration")),
        "categories": [],
        "enclosures": [],
    }
    assert (rows["copy"]["shown_as"], rows["copy"]["standing"]) == (first["id"], "folded")
    assert rows["old"]["standing"] == "backlog"
    assert (rows["flood"]["standing"], rows["flood"]["accepted_at"], rows["flood"]["digests"]) == ("held", None, [])
