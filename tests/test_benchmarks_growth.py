from __future__ import annotations

from datetime import timedelta

from benchmarks.growth import desk, fill, settle, tick_of


def test_a_made_up_store_is_one_that_the_program_reads() -> None:
    with desk(3) as (app, _):
        fill(app, 40, timedelta(hours=1))
        settle(app)
        assert app.publish() == []
        assert app.store.sources.tally() == {"news": 40}
        assert (app.config.output / "atom.xml").read_bytes().count(b"<entry") == 40


def test_a_tick_costs_something() -> None:
    assert tick_of(2) > 0
