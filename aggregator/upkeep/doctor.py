"""What is wrong with this installation and with the sources, and the cure: checks, proposals, one edit of feeds.yaml.

Asked over the network are only sources that fail (their site's page, for a better feed) and those with an http
address (does its https bring the same?), politely, each host in turn.
"""

from __future__ import annotations

import contextlib
import difflib
import os
import pyexpat
import shutil
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aggregator.discovery.online import feed_named_in
from aggregator.entries.recognition import share_known
from aggregator.errors import FetchError
from aggregator.fetch.client import Request, Wire, host_in_request
from aggregator.hubs.callback import PROBE, REACHED
from aggregator.parse.pool import Pool
from aggregator.pipeline import Polled
from aggregator.polling.lanes import in_lanes
from aggregator.polling.rhythm import silence
from aggregator.polling.survey import WHOLE_PAST
from aggregator.records import Config, Source, SourceState
from aggregator.sources.config import read
from aggregator.sources.edit import Change, Edit, Remove, edited
from aggregator.sources.save import save
from aggregator.store.sqlite import Store
from aggregator.upkeep.proposals import Proposal, Record, proposals

LEAST_FREE = 500 * 2**20
LEAST_EXPAT = (2, 4, 1)  # the first that bounds what entities multiply to; time is bounded by our own workers
STALE = timedelta(days=2)
SAME = 0.5  # so much of another address's entries must be known to be the same feed
_NEWEST = 30
_OLDEST_CLOCK = datetime(2025, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: its name, what was found, and what to do where it is not well."""

    name: str
    told: str
    todo: str | None = None

    @property
    def ok(self) -> bool:
        """Nothing to do."""
        return self.todo is None


# --- this machine --------------------------------------------------------------------------------------------


def machine(config: Config, now: datetime) -> Iterator[Check]:
    """Disk, folders, clock, TLS, expat: what can be seen without the store."""
    store = config.output if "://" in config.store else Path(config.store)
    folders = {"output folder": config.output} if "://" in config.store else {"store folder": store.parent}
    for name, folder in (folders | {"output folder": config.output}).items():
        there = next(parent for parent in (folder, *folder.parents) if parent.exists())
        yield _writable(name, folder, there)
    yield _disk(store)
    early = now < _OLDEST_CLOCK
    yield Check("clock", f"{now:%Y-%m-%d %H:%M} UTC", "set the clock of this machine" if early else None)
    yield _certificates()
    version = ".".join(map(str, pyexpat.version_info))
    old = pyexpat.version_info < LEAST_EXPAT
    yield Check(
        "expat", version, f"bring it to {'.'.join(map(str, LEAST_EXPAT))} or later with Python" if old else None
    )


def _writable(name: str, folder: Path, there: Path) -> Check:
    if not there.is_dir():
        return Check(name, f"{there} is no folder", f"move {there} away, or name another folder in feeds.yaml")
    if not os.access(there, os.W_OK | os.X_OK):
        return Check(name, f"{there} may not be written", f"give your user the right to write to {there}")
    return Check(name, f"{folder} can be written" if there == folder else f"{folder} will be made")


def _disk(store: Path) -> Check:
    there = next(parent for parent in store.parents if parent.exists())
    free = shutil.disk_usage(there).free
    needed = max(LEAST_FREE, store.stat().st_size if store.exists() else 0)  # a copy for a backup
    todo = None if free >= needed else f"make room: {needed // 2**20:,} MB should be free"
    return Check("disk", f"{free // 2**20:,} MB free", todo)


def _certificates() -> Check:
    paths = ssl.get_default_verify_paths()
    try:
        known = ssl.create_default_context().cert_store_stats()["x509_ca"]
    except (OSError, ssl.SSLError) as error:
        return Check("TLS", f"the certificates cannot be read: {error}", "look at SSL_CERT_FILE, if it is set")
    folder = Path(paths.capath) if paths.capath else None
    if known or (folder and folder.is_dir() and any(folder.iterdir())):
        return Check("TLS", f"{known or 'a folder of'} certificates, {ssl.OPENSSL_VERSION}")
    return Check("TLS", "no certificates are known", "install ca-certificates, or set SSL_CERT_FILE")


def stored(config: Config, store: Store, now: datetime) -> Iterator[Check]:
    """The store's integrity, the last pass, and whether the outputs are as new as it."""
    broken = store.damage()
    todo = f"stop what runs, and restore a backup of {store.name}" if broken else None
    yield Check("store", f"{store.name}: {broken or store.well}", todo)
    if broken:
        return
    last = store.meta("last_pass_at")
    if last is None:
        yield Check("last pass", "none has ended yet", "run `aggregator poll`")
        return
    ended = datetime.fromisoformat(last)
    yield _last_pass(ended, store, now)
    yield _outputs(config, ended)


def _last_pass(ended: datetime, store: Store, now: datetime) -> Check:
    told = f"{ended:%Y-%m-%d %H:%M} UTC"
    if ended - now > timedelta(minutes=10):
        return Check("last pass", f"{told}, which is in the future", "set the clock of this machine")
    answered = max((s.success_at for s in store.sources.states().values() if s.success_at), default=None)
    if now - ended > STALE:
        return Check("last pass", told, "start `aggregator run`, or look at the log of cron")
    if answered is None or now - answered > STALE:
        since = f"since {answered:%Y-%m-%d %H:%M} UTC" if answered else "ever"
        return Check("last pass", f"no source answered {since}", "see `aggregator status`; is the network up?")
    return Check("last pass", told)


def called(config: Config, wire: Wire) -> Iterator[Check]:
    """Whether hubs could reach `run` at `callback`: asked from here, which is not always what they see."""
    if config.callback is None:
        return
    way = "start `aggregator run`, and let your web server pass this path on to it as it is"
    try:
        with contextlib.closing(wire.client()) as client:
            url = config.callback + PROBE
            answer = client.ask(Request(url, accept="text/plain", permitted=host_in_request(url)))
    except FetchError as error:
        yield Check("callback", f"{config.callback}: {error}", way)
        return
    is_ours = answer.status == 200 and answer.body.decode("utf-8", "replace") == REACHED
    told = "reaches this program" if is_ours else f"answers {answer.status}, and not as this program does"
    yield Check("callback", f"{config.callback} {told}", None if is_ours else way)


def _outputs(config: Config, ended: datetime) -> Check:
    missing = [name for name in ("atom.xml", "index.html", "status.json") if not (config.output / name).is_file()]
    if missing:
        return Check("outputs", f"{', '.join(missing)} missing in {config.output}", "run `aggregator publish`")
    written = datetime.fromtimestamp((config.output / "status.json").stat().st_mtime, UTC)
    told = f"{config.output}, written {written:%Y-%m-%d %H:%M} UTC"
    stale = ended - written > timedelta(hours=1)
    return Check("outputs", told, "run `aggregator publish`" if stale else None)


# --- the sources ---------------------------------------------------------------------------------------------


def examine(
    config: Config, store: Store, wire: Wire | None, pool: Pool, clock: Callable[[], datetime]
) -> list[Proposal]:
    """Proposals for every source that the store knows; without `wire` nothing is asked over the network."""
    now, states = clock(), store.sources.states()
    records = [_record(source, states[source.url], store, now) for source in config.sources if source.url in states]
    if wire is None:
        return proposals(records, {}, ())
    probe = _Probe(store, wire, pool, clock)
    return proposals(records, probe.better(records), probe.https(records))


def _record(source: Source, state: SourceState, store: Store, now: datetime) -> Record:
    known = sorted(store.entries.known(state.key), key=lambda one: one.published, reverse=True)[:_NEWEST]
    articles = {one.canonical_url: one.published for one in known if one.canonical_url}
    heard = state.success_at or now  # what it wrote since it was last read, nobody here knows
    quiet = silence(heard, [one.published for one in known])
    return Record(source, state, articles, quiet and silence(heard, store.entries.rhythm(state.key, WHOLE_PAST)))


class _Probe:
    """Asks other addresses, and compares what they bring with what is known of a source."""

    def __init__(self, store: Store, wire: Wire, pool: Pool, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._wire = wire
        self._pool = pool
        self._clock = clock

    def https(self, records: Sequence[Record]) -> list[str]:
        """The public http addresses whose https brings the same entries."""
        asked = [
            (record, f"https://{record.source.url.partition('://')[2]}")
            for record in records
            if record.source.url.startswith("http://") and not record.source.allow_private and not record.state.failures
            and not record.source.paused
        ]  # fmt: skip
        return [record.source.url for record, polled in self._asked(asked) if self._is_same(record, polled)]

    def better(self, records: Sequence[Record]) -> dict[str, str]:
        """For broken sources the first feed of their site that works: what their own answer named, or their page does.

        A feed takes the place of a source only if it brings entries that are known from it, or none are known.
        """
        broken = [r for r in records if r.state.failures and not r.state.gone and not r.source.paused]
        named = [(record, feed_named_in(record.state.error)) for record in broken]
        pages = self._asked([(record, _home(record)) for record, url in named if url is None])
        named += [(record, feed_named_in(polled.error)) for record, polled in pages]
        candidates = [(record, url) for record, url in named if url and url != record.source.url]
        return {
            record.source.url: polled.source.url
            for record, polled in self._asked(candidates)
            if polled.error is None and (not record.articles or self._is_same(record, polled))
        }

    def _asked(self, wanted: Sequence[tuple[Record, str]]) -> list[tuple[Record, Polled]]:
        """Each address once, with the source's own permissions and nothing else of it: no headers, no password."""
        by_address = {url: record for record, url in wanted}
        work = [
            (
                Source(url, allow_private=record.source.allow_private, proxy=record.source.proxy),
                SourceState(0, url, url),
            )
            for url, record in by_address.items()
        ]
        came = in_lanes(work, self._wire, self._pool, self._clock, threading.Event())
        return [(by_address[polled.source.url], polled) for polled in came if polled is not None]

    def _is_same(self, record: Record, polled: Polled) -> bool:
        if polled.error is not None or not polled.entries:
            return False
        return share_known(polled.entries, self._store.entries.known(record.state.key)) >= SAME


def _stranger(url: str, source: Source) -> Source:
    """Another address, with what the user permits for the source and none of its secrets."""
    return Source(url, allow_private=source.allow_private, proxy=source.proxy)


def _home(record: Record) -> str:
    """The page of the source's site: what its feed named, else the root of its host."""
    if record.state.feed_link and record.state.feed_link.startswith(("http://", "https://")):
        return record.state.feed_link
    scheme, _, rest = record.source.url.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}/"


# --- the cure ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Cure:
    """feeds.yaml before and after the proposed edits."""

    path: Path
    before: bytes
    after: bytes

    @property
    def diff(self) -> str:
        """The unified diff; empty where nothing changes."""
        old, new = (data.decode("utf-8", "replace").splitlines(keepends=True) for data in (self.before, self.after))
        name = self.path.name
        lines = difflib.unified_diff(old, new, f"a/{name}", f"b/{name}")
        return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)

    def apply(self) -> None:
        """Write the file; raises ConfigError, nothing touched, when it would not be valid or was saved meanwhile."""
        read(self.after, self.path, environ=os.environ)
        save(self.path, self.before, self.after)


def cure(config: Config, found: Sequence[Proposal]) -> Cure:
    """All edits at once. Raises ConfigError where one cannot be made without touching more than is meant."""
    before = config.path.read_bytes()
    edits: list[Edit] = [
        Remove(one.source.url) if one.remove else Change(one.source.url, one.keys) for one in found if one.has_edit
    ]
    return Cure(config.path, before, edited(before, edits, config.path.name) if edits else before)
