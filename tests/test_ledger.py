"""The digest ledger on a real store: when a digest is due, and that each accepted entry is in exactly one."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator import ledger, sealing
from aggregator.digest.threads import ENOUGH
from aggregator.errors import StoreError
from aggregator.records import Rule, Series, WordList
from tests.makers import DAY, HOUR, NOW, ONE, THREE, TWO, Desk, entry, source, words

BERLIN = ZoneInfo("Europe/Berlin")


def at(clock: str, **fields: Any) -> Series:
    return Series(at=time.fromisoformat(clock), **fields)


def moment(text: str, zone: str = "UTC") -> datetime:
    """A local time as UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def days_of(desk: Desk, series: str = "") -> list[date]:
    return [sealed.day for sealed in desk.store.digests.all(series)]


def ticks(desk: Desk, until: datetime, step: timedelta = timedelta(minutes=10)) -> list[tuple[date, datetime]]:
    """The digests sealed from now to then: (its date, when)."""
    out = []
    while desk.now < until:
        if sealed := desk.seal():
            out.append((sealed.day, desk.now))
        desk.now += step
    return out


# --- when -----------------------------------------------------------------------------------------------------


@pytest.mark.fault(14)
@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("Europe/Berlin", "2026-03-29"), ("Europe/Berlin", "2026-10-25"),
        ("America/New_York", "2026-03-08"), ("America/New_York", "2026-11-01"),
        ("Australia/Sydney", "2026-10-04"), ("Australia/Sydney", "2026-04-05"),
        ("Australia/Lord_Howe", "2026-10-04"), ("Australia/Lord_Howe", "2026-04-05"),  # half an hour
        ("America/Santiago", "2026-09-06"), ("America/Santiago", "2026-04-05"),  # at midnight
        ("Asia/Kolkata", "2026-03-29"), ("Asia/Kolkata", "2026-10-25"),  # never
    ],
)  # fmt: skip
@pytest.mark.parametrize("clock", ["01:30", "02:30", "00:10"])
def test_on_days_of_a_time_change_each_local_date_has_one_digest(zone: str, day: str, clock: str) -> None:
    start = moment(day, zone) - 2 * DAY
    desk = Desk(ONE, now=start, timezone=ZoneInfo(zone), digest=at(clock))
    desk.seal()
    sealed = ticks(desk, start + 5 * DAY)
    first = start.astimezone(ZoneInfo(zone)).date()
    assert days_of(desk) == [first + n * DAY for n in range(len(sealed) + 1)]
    assert len(sealed) in (4, 5)
    for on, when in sealed:
        local = when.astimezone(ZoneInfo(zone))
        late = datetime.combine(local, local.time()) - datetime.combine(on, time.fromisoformat(clock))
        assert timedelta(0) <= late <= timedelta(minutes=60), "at its time, or when the gap ends"


def test_the_first_issue_is_due_when_one_pass_has_ended() -> None:
    desk = Desk(ONE, now=moment("2026-03-14T03:00"))
    with desk.store.transaction():
        desk.store._connection.execute("DELETE FROM meta WHERE name = 'last_pass_at'")
    assert desk.seal() is None
    with desk.store.transaction():
        desk.store.set_meta("last_pass_at", "2026-03-14T03:00:00Z")
    first = desk.seal()
    assert first is not None
    assert (first.day, first.covers_from) == (date(2026, 3, 14), None)
    assert desk.seal() is None
    assert ticks(desk, moment("2026-03-16T00:00")) == [(date(2026, 3, 15), moment("2026-03-15T07:00"))]


@pytest.mark.fault(16)
@pytest.mark.parametrize(
    ("wake", "day"),
    [("2026-03-18T09:20", 18), ("2026-03-18T07:00", 18), ("2026-03-18T06:50", 18), ("2026-03-18T23:50", 18)],
)
def test_after_days_asleep_one_digest_with_todays_date(wake: str, day: int) -> None:
    desk = Desk(ONE, now=moment("2026-03-14T07:00"))
    desk.seal()
    desk.bring(ONE, entry("a"))
    desk.now = moment(wake)
    sealed = ticks(desk, moment("2026-03-19T00:00"))
    assert [on for on, _ in sealed] == [date(2026, 3, day)]
    newest = desk.store.digests.newest("")
    assert newest is not None
    assert newest.covers_from == moment("2026-03-14T07:00")


def test_a_series_on_weekdays() -> None:
    desk = Desk(ONE, now=moment("2026-03-13T07:00"), digest=at("07:00", days=(0, 1, 2, 3, 4)))  # a Friday
    sealed = ticks(desk, moment("2026-03-18T12:00"))
    assert [on.day for on, _ in sealed] == [13, 16, 17, 18]
    assert ledger.next_due(desk.config, desk.config.digest, desk.store, desk.now) == moment("2026-03-19T07:00")


@pytest.mark.fault(15)
def test_another_zone_gives_no_date_twice() -> None:
    desk = Desk(ONE, now=moment("2026-03-14T07:00", "Asia/Tokyo"), timezone=ZoneInfo("Asia/Tokyo"))
    assert desk.seal()
    desk.change(timezone=ZoneInfo("America/Los_Angeles"))  # where it is the 13th
    sealed = ticks(desk, desk.now + 3 * DAY)
    assert [on.day for on, _ in sealed] == [13, 15, 16]
    desk.change(timezone=ZoneInfo("Pacific/Auckland"))
    ticks(desk, desk.now + 3 * DAY)
    assert max(Counter(days_of(desk)).values()) == 1


@pytest.mark.fault(13)
@pytest.mark.parametrize("back", [2 * HOUR, 3 * DAY, 19 * DAY, 40 * DAY, 3650 * DAY])
def test_a_clock_set_back_loses_and_repeats_nothing(back: timedelta) -> None:
    desk = Desk(ONE)
    desk.bring(ONE, entry("a"))
    desk.seal()
    for n in range(20):
        desk.now += DAY
        desk.bring(ONE, entry(f"a{n}"))
        desk.seal()
    desk.now -= back
    desk.bring(ONE, entry("b"))
    assert ledger.next_due(desk.config, desk.config.digest, desk.store, desk.now) > desk.now
    ticks(desk, desk.now + 25 * DAY, HOUR)
    assert max(Counter(days_of(desk)).values()) == 1
    assert list(desk.store.entries.unsealed("")) == []
    rows = desk.store.digests.all("")
    assert all(one.covers_from is None or one.covers_from <= one.covers_to for one in rows)
    for one in rows:
        previous = desk.store.digests.before("", one.day)
        assert previous is None or previous.day < one.day


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-03-14T06:00", "2026-03-14T07:00"),
        ("2026-03-14T08:00", "2026-03-15T07:00"),
        ("2026-03-28T20:00", "2026-03-29T07:00"),
    ],
)
def test_when_the_next_one_is(now: str, due: str) -> None:
    desk = Desk(ONE, now=moment(now, "Europe/Berlin"), timezone=BERLIN)
    found = ledger.next_due(desk.config, desk.config.digest, desk.store, desk.now)
    assert (found, found.tzinfo) == (moment(due, "Europe/Berlin"), BERLIN)


def test_series_are_independent() -> None:
    weekly = Series("weekly", at=time(18, 0), days=(6,))
    desk = Desk(ONE, digests=(weekly,))
    desk.bring(ONE, entry("a"))
    assert desk.seal()
    assert desk.seal(weekly)
    desk.now = moment("2026-03-15T18:00")
    assert desk.seal(weekly)
    assert days_of(desk, "weekly") == [date(2026, 3, 14), date(2026, 3, 15)]
    assert days_of(desk) == [date(2026, 3, 14)]


# --- sealing -------------------------------------------------------------------------------------------------


def test_a_sealed_digest_is_never_written_again() -> None:
    desk = Desk(ONE)
    desk.bring(ONE, entry("a"))
    sealed = desk.seal()
    assert sealed is not None
    kept = desk.store.digests.on("", sealed.day)
    assert kept is not None
    before = {kind: desk.store.digests.file(kept.key, kind) for kind in ("html", "md", "txt", "json", "entry")}
    assert all(before.values())
    desk.change(title="Another title", filters=(Rule("drop", 'title ~ "Title"'),))
    desk.bring(ONE, entry("b"))
    desk.now += DAY
    assert desk.seal()
    assert {kind: desk.store.digests.file(kept.key, kind) for kind in before} == before


@pytest.mark.parametrize(
    ("said", "told", "note"),
    [
        (b"Three <b>things</b>\n\nmatter.", ("Three <b>things</b>", "matter."), None),
        (b"", (), None),
        ("./say: ended with code 1", (), "introduction: ./say: ended with code 1; the digest goes without"),
        (b"x" * 2001, (), "introduction: ./say: said more than 2,000 characters; the digest goes without"),
    ],
)
def test_what_a_command_says_begins_the_digest_and_its_failure_changes_nothing(
    said: bytes | str, told: tuple[str, ...], note: str | None
) -> None:
    desk, plain = Desk(ONE), Desk(ONE)
    asked: list[tuple[str, Any]] = []

    def run(command: str, given: bytes) -> bytes | str:
        asked.append((command, json.loads(given)))
        return said

    for one in (desk, plain):
        one.bring(ONE, entry("a"))
    plain.seal()
    series = Series(introduction="./say --all")
    sealed = sealing.seal(series, desk.now.date(), desk.store, replace(desk.pen(), run=run), desk.now)
    files, others = ({name: data for name, data in one.files().items() if "2026" in name} for one in (desk, plain))
    told_in_json = json.loads(files["digest/2026-03-14.json"])
    assert asked == [("./say --all", json.loads(others["digest/2026-03-14.json"]))]
    assert (sealed.note, tuple(told_in_json.pop("introduction", ()))) == (note, told)
    assert told_in_json == asked[0][1]
    if not told:
        assert files == others
        return
    for kind in ("html", "md", "txt"):
        text = files[f"digest/2026-03-14.{kind}"].decode()
        assert text.index("matter.") < text.index("Title of a" if "Title of a" in text else "a")  # before the stories
    assert b"matter." in (desk.store.digests.file(desk.store.digests.all("")[0].key, "entry") or b"")
    assert "Three &lt;b&gt;things&lt;/b&gt;" in files["digest/2026-03-14.html"].decode()


def test_a_seal_that_fails_leaves_all_to_the_next() -> None:
    desk = Desk(ONE)
    desk.seal()
    desk.bring(ONE, entry("a"))
    with pytest.raises(StoreError, match="UNIQUE"):
        sealing.seal(desk.config.digest, NOW.date(), desk.store, desk.pen(), desk.now)
    assert len(list(desk.store.entries.unsealed(""))) == 1
    desk.now += DAY
    desk.seal()
    assert document(desk, date(2026, 3, 15))["received"] == 1


def document(desk: Desk, day: date, series: str = "") -> dict[str, Any]:
    sealed = desk.store.digests.on(series, day)
    assert sealed is not None
    found: dict[str, Any] = json.loads(desk.store.digests.file(sealed.key, "json") or b"")
    return found


def test_what_it_covers_and_the_one_before() -> None:
    desk = Desk(ONE)
    desk.seal()
    desk.now += 3 * DAY
    desk.seal()
    assert document(desk, date(2026, 3, 14))["covers"] == {"from": None, "to": "2026-03-14T07:00:00Z"}
    assert document(desk, date(2026, 3, 17))["covers"] == {"from": "2026-03-14T07:00:00Z", "to": "2026-03-17T07:00:00Z"}
    assert b"2026-03-14.html" in (desk.store.digests.file(2, "html") or b"")


def test_a_digest_looks_back_over_what_others_own() -> None:
    lens = WordList("alarm", ("layoff*",))
    desk = Desk(ONE, TWO, THREE, lenses=(lens,), now=NOW - 20 * DAY)
    for number in range(21):
        desk.now = NOW - (20 - number) * DAY
        title = f"Layoffs {words(2, seed=number)}" if number % 4 == 0 else words(3, seed=number)
        text = words(9, seed=100 + number) if number < 14 else f"Apprentices {words(8, seed=100 + number)}"
        desk.bring(
            (ONE, TWO, THREE)[number % 3], entry(f"g{number}", title=title, text=text, published=desk.now - HOUR)
        )
        desk.seal()
    desk.now += HOUR
    made = desk.compose()
    assert made.counts.received == 0
    (alarm,) = made.trends
    assert [(day.isoformat()[5:], number) for day, number in alarm.days if number] == [
        ("02-22", 1), ("02-26", 1), ("03-02", 1), ("03-06", 1), ("03-10", 1), ("03-14", 1),
    ]  # fmt: skip
    (rising,) = made.rising
    assert (rising.term, len(rising.entries), rising.number, rising.before) == ("Apprentices", 7, 7, 0)
    assert {one.source for one in rising.entries} == {"one.example.org", "two.example.org", "three.example.org"}
    assert made.reading_time_s == made.also_reading_time_s == 0
    desk.change(filters=(Rule("drop", 'title ~ "Layoffs"'),))
    assert desk.compose().trends[0].total == 0, "rules are views here too"


@pytest.mark.parametrize(
    ("covers", "offline"),
    [(None, 4 * DAY + 3 * HOUR), (5 * DAY, 2 * DAY + 3 * HOUR), (2 * DAY, 3 * HOUR)],  # a first one looks back a week
)
def test_a_digest_knows_how_long_we_were_offline(covers: timedelta | None, offline: timedelta) -> None:
    desk = Desk(ONE)
    if covers:
        desk.now = NOW - covers
        desk.seal()
        desk.now = NOW
    outages = [[f"{NOW - 8 * DAY:%Y-%m-%dT%H:%M:%SZ}", f"{NOW - 3 * DAY:%Y-%m-%dT%H:%M:%SZ}"]]
    with desk.store.transaction():
        desk.store.set_meta("outages", json.dumps(outages))
        desk.store.set_meta("offline_since", f"{NOW - 3 * HOUR:%Y-%m-%dT%H:%M:%SZ}")
    assert desk.compose().offline == offline


def test_held_entries_are_counted_once_and_received_anew_when_released() -> None:
    desk = Desk(ONE)
    desk.bring(ONE, entry("a"), entry("b"), standing="held")
    desk.now += HOUR
    desk.seal()
    counted = document(desk, date(2026, 3, 14))
    assert (counted["received"], counted["quarantined"]) == (2, 2)
    desk.now += DAY
    desk.seal()
    assert document(desk, date(2026, 3, 15))["received"] == 0
    with desk.store.transaction():
        desk.store.entries.set_held([one.key for one in desk.store.entries.held()], "news", desk.now)
    desk.accept()
    desk.now += DAY
    desk.seal()
    released = document(desk, date(2026, 3, 16))
    assert (released["received"], released["shown"]) == (2, 2)


def test_backlog_is_counted_and_owned_however_much_there_is() -> None:
    desk = Desk(ONE)
    desk.bring(ONE, entry("first"), entry("second"))
    desk.bring(ONE, *(entry(f"old {n}", text="") for n in range(ENOUGH + 5)), standing="backlog")
    desk.bring(ONE, entry("last"))
    desk.seal()
    counted = document(desk, date(2026, 3, 14))
    assert (counted["received"], counted["backlog"], counted["shown"]) == (ENOUGH + 8, ENOUGH + 5, 3)
    assert list(desk.store.entries.unsealed("")) == []


def test_the_table_of_scores_is_that_of_the_next_digest() -> None:
    desk = Desk(source(ONE, title="The Desk"), TWO)
    desk.bring(ONE, entry("a"), entry("b"))
    desk.bring(TWO, entry("c"), standing="backlog")
    table = sealing.scores(desk.config.digest, desk.store, desk.pen(), desk.now)
    assert [(one.stored.entry.title, title) for one, title in table] == [
        ("Title of a", "The Desk"),
        ("Title of b", "The Desk"),
    ]


def test_a_digest_is_an_entry_of_the_feed_of_digests() -> None:
    desk = Desk(ONE, digests=(Series("weekly"),))
    desk.bring(ONE, entry("a"))
    desk.seal()
    desk.seal(desk.config.digests[0])
    ids = set()
    for series, link in (("", "digest/2026-03-14.html"), ("weekly", "digest/weekly/2026-03-14.html")):
        sealed = desk.store.digests.all(series)[0]
        made = ledger.as_entry(sealed, desk.store, desk.config)
        assert (made.link, made.published) == (f"https://reader.example.net/{link}", NOW)
        assert "Title of a" in made.content
        ids.add(made.id)
        moved = ledger.as_entry(sealed, desk.store, replace(desk.config, link="https://elsewhere.example/"))
        assert moved.id == made.id
    assert len(ids) == 2


# --- the story of a month ------------------------------------------------------------------------------------

URLS = (ONE, TWO, THREE)
RULES = (
    (),
    (Rule("drop", 'title ~ "[02468]$"'),),
    (Rule("drop", 'any has "bakers"'), Rule("tag", "age < 2d", "fresh")),
)
_wait = st.tuples(st.just("wait"), st.integers(1, 60))
_back = st.tuples(st.just("back"), st.integers(1, 50))
_news = st.tuples(
    st.just("news"), st.integers(0, 2), st.integers(1, 4), st.sampled_from(["news", "news", "backlog", "held"])
)
_rules = st.tuples(st.just("rules"), st.integers(0, 2))
_sources = st.tuples(st.just("sources"), st.sets(st.integers(0, 2), min_size=1))
_release = st.tuples(st.just("release"), st.sampled_from(["news", "dropped"]))
_story = st.lists(st.one_of(_wait, _wait, _news, _news, _rules, _sources, _release, _back), max_size=25)


def act(desk: Desk, number: int, step: tuple[Any, ...]) -> None:
    match step:
        case "wait", hours:
            desk.now += hours * HOUR
        case "back", hours:
            desk.now -= hours * HOUR
        case "news", which, count, standing:
            if URLS[which] in desk.store.sources.states():
                # every third text is one that other sources have too
                made = (
                    entry(
                        f"{number}-{n}",
                        title=f"Story {number * n % 7}",
                        link=f"https://e.example/{which}/{number}/{n}",
                        text=words(70, number * n % 3 or 100 + which + 10 * number + n),
                    )
                    for n in range(count)
                )
                desk.bring(URLS[which], *made, standing=standing)
        case "rules", which:
            desk.change(filters=RULES[which])
        case "sources", which:
            desk.change(sources=tuple(source(URLS[n], at_most=n + 1) for n in sorted(which)))
        case "release", standing:
            with desk.store.transaction():
                desk.store.entries.set_held([one.key for one in desk.store.entries.held()], standing, desk.now)
            desk.accept()


@settings(max_examples=30, deadline=None)
@given(_story)
def test_each_accepted_entry_is_in_exactly_one_digest_and_every_digest_adds_up(story: list[tuple[Any, ...]]) -> None:
    desk = Desk(*(source(url, at_most=n + 1) for n, url in enumerate(URLS)), timezone=BERLIN)
    weekdays = Series("weekdays", at=time(18, 0), days=(0, 1, 2, 3, 4), read_in=timedelta(minutes=1))
    desk.change(digests=(weekdays,))
    for number, step in enumerate(story):
        act(desk, number, step)
        for series in desk.config.every_series:
            desk.seal(series)
    accepted = Counter(one.key for one in desk.all() if one.accepted)
    for series in desk.config.every_series:
        desk.now = ledger.next_due(desk.config, series, desk.store, desk.now).astimezone(UTC)
        assert desk.seal(series)
        rows = desk.store._connection.execute("SELECT entry FROM ledger WHERE series = ?", (series.name,))
        assert Counter(key for (key,) in rows) == accepted
        for sealed in desk.store.digests.all(series.name):
            adds_up(document(desk, sealed.day, series.name))


def adds_up(told: dict[str, Any]) -> None:
    parts = ("shown", "folded", "filtered", "over_cap", "backlog", "quarantined")
    assert told["received"] == sum(told[part] for part in parts)
    assert told["shown"] == sum(len(story["entries"]) for story in told["stories"]) + len(told["also"])
    why = Counter(line["why"].split()[0].rstrip(":") for line in told["not_shown"])
    assert why == +Counter({"duplicate": told["folded"], "rule": told["filtered"], "over": told["over_cap"],
                            "quarantined": told["quarantined"]})  # fmt: skip
    shown = [each["id"] for story in told["stories"] for each in story["entries"]] + [
        each["id"] for each in told["also"]
    ]
    assert len(shown) == len(set(shown))
