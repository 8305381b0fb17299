"""What a running service asks again and again may not take longer because the store has grown."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from aggregator.search import Wanted, search
from aggregator.store.sqlite import SqliteStore
from benchmarks.growth import desk, fill, publication_of, settle

# tables that grow with the years, by the names that statements give them
_GROWING = r"SCAN (e|entries|lead|d|search_docs|l|ledger|m|marks|a|appeared|articles|counted_days)\b(?! USING)"


@pytest.fixture(scope="module")
def statements() -> list[tuple[str, str]]:
    """Each statement of a tick, of a publication after one new entry and of two searches, with SQLite's plan of it.

    Not of what is inserted: its plans name tables that are looked at only while a reference is broken.
    """
    with desk(3) as (app, now):
        store = app.store
        assert isinstance(store, SqliteStore)
        fill(app, 40, timedelta(hours=1))
        settle(app)
        said = set[str]()
        store._connection.set_trace_callback(said.add)
        app.due()
        publication_of(app, now, 1)
        for newest in (True, False):
            assert search(Wanted("work", newest=newest), store, app.view()).found
        store._connection.set_trace_callback(None)
        return [(one, _plan(store, one)) for one in sorted(said) if re.match("SELECT|UPDATE|DELETE|WITH", one)]


def _plan(store: SqliteStore, statement: str) -> str:
    return "; ".join(row[3] for row in store._connection.execute(f"EXPLAIN QUERY PLAN {statement}"))


def test_nothing_looks_at_all_entries(statements: list[tuple[str, str]]) -> None:
    assert len(statements) > 40
    assert [(one, plan) for one, plan in statements if re.search(_GROWING, plan)] == []


def test_nothing_is_sorted_to_take_the_first(statements: list[tuple[str, str]]) -> None:
    firsts = [(one, plan) for one, plan in statements if "FROM entries" in one and one.endswith("LIMIT 1")]
    assert firsts
    assert [(one, plan) for one, plan in firsts if "TEMP B-TREE" in plan] == []
