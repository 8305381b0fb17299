"""`aggregator worker`: one of many that poll for one PostgreSQL store."""

from __future__ import annotations

import threading
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import click

from aggregator.cli.options import common, reading_pool, settings
from aggregator.cli.words import count

if TYPE_CHECKING:
    from aggregator.workers.shards import Done


@click.command()
@click.option("--concurrency", default=4, show_default=True, type=click.IntRange(1, 64), help="Shards polled at once.")
@click.option(
    "--lease",
    default=300,
    show_default=True,
    type=click.IntRange(min=10),
    help="Seconds after which another worker polls what this one had taken when it died.",
)
@common
def worker(concurrency: int, lease: int) -> None:
    """Poll for a store in PostgreSQL, beside other workers; `aggregator run` publishes what they bring."""
    from aggregator.errors import StoreError
    from aggregator.fetch.client import Trust, Wire, agent_of
    from aggregator.polling.network import Network
    from aggregator.workers.shards import Tools

    if find_spec("procrastinate") is None:
        raise StoreError("worker: this needs one more package: pip install 'fow-aggregator[workers]'")
    from aggregator.workers.hands import SharedTurns
    from aggregator.workers.sessions import Sessions
    from aggregator.workers.worker import Sheet, Worker

    options = settings()
    config = options.load()

    def told(shard: int, done: Done) -> None:
        if done.polled or done.lost or done.offline:
            away = "; no network, tried again in a minute" if done.offline else ""
            polled = f"{count(done.polled, 'source')} polled, {done.failed:,} failed"
            facts: dict[str, Any] = {"polled": done.polled, "failed": done.failed, "new": done.new, "lost": done.lost}
            line = f"shard {shard}: {polled}, {count(done.new, 'entry', 'entries')} new{away}"
            options.say(line, event="shard", shard=shard, **facts)

    with reading_pool() as pool:
        sessions = Sessions(config.store)
        turns = SharedTurns(sessions.claims)
        tools = Tools(
            Wire(agent_of(config), Trust(), turns=turns),
            turns,
            pool,
            options.clock(config),
            threading.Event(),
            Network(),
            threading.Lock(),
            lease=float(lease),
            margin=lease / 5,
        )
        Worker(Sheet(options.load, config), tools, sessions, concurrency, options.say, told).run()
