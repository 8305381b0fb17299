from __future__ import annotations

from datetime import timedelta

from benchmarks.growth import desk, fill
from benchmarks.search import RARE, is_soon, measured, texts


def test_frequent_words_are_in_more_entries_and_all_are_timed() -> None:
    with desk(3) as (app, _):
        fill(app, 60, timedelta(hours=1), texts(60))
        with app.store.transaction():
            app.store.search.fill()
        lines = measured(app, 60)
    shares = [float(line["share"]) for line in lines]
    assert shares[0] > 0.9 > shares[1] > shares[4]
    assert all(float(line["newest_ms"]) > 0 < float(line["ranked_ms"]) for line in lines)


def test_only_rare_words_are_promised_by_rank() -> None:
    assert is_soon({"share": 2 * RARE, "newest_ms": 1.0, "ranked_ms": 90.0})
    assert not is_soon({"share": RARE, "newest_ms": 1.0, "ranked_ms": 90.0})
    assert not is_soon({"share": 0.0, "newest_ms": 50.0, "ranked_ms": 1.0})
