"""Handmade digests: made-up sources, titles and sentences, and one of everything that a digest can hold."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from aggregator.records import (
    Counts,
    Digest,
    DigestEntry,
    FailedSource,
    LensCount,
    LensTrend,
    More,
    NotShown,
    RisingTerm,
    SilentSource,
    Story,
)


def entry(number: int, title: str, source: str, language: str | None = "en", **fields: object) -> DigestEntry:
    """An entry with the id, link and time that its number gives it."""
    made = DigestEntry(
        id=f"urn:uuid:00000000-0000-5000-8000-{number:012d}",
        link=f"https://example.org/{number}",
        title=title,
        source=source,
        published=datetime(2026, 3, 13, 8, number % 60, tzinfo=UTC),
        language=language,
    )
    return replace(made, **fields)  # type: ignore[arg-type]


BAKERY = entry(1, "The bakery that trains its own robot minders", "Shop Floor Weekly",
               also_in=(("Provincial Labour Digest", "https://labour.example/1"), ("Notes on Work", None)))  # fmt: skip
BAKERY_TWO = entry(2, "Robot minding is now a trade in three towns", "The Second Shift")
PILOT = entry(3, "What a four-day pilot taught a town hall", "Notes on Work")
GERMAN = entry(4, "Lehrlinge lernen jetzt auch das Prüfen von Maschinen", "Werkbank heute", "de")
ARABIC = entry(5, "مهن جديدة في الموانئ الصغيرة", "مرفأ العمل", "ar")
NO_LINK = entry(6, "A note without an address", "Notes on Work", link=None)
CAPPED = tuple(entry(20 + n, f"Staffing bulletin number {n}", "Bulletin of Everything") for n in range(1, 4))
FOLDED = NotShown(BAKERY.id, "https://labour.example/1", "The bakery that trains its own minders",
                  "Provincial Labour Digest", f"duplicate of {BAKERY.id}")  # fmt: skip


def trend(name: str, numbers: str, *entries: DigestEntry) -> LensTrend:
    """A lens over the days up to 14 March, a digit a day."""
    first = date(2026, 3, 14) - timedelta(days=len(numbers) - 1)
    return LensTrend(name, tuple((first + timedelta(days=n), int(number)) for n, number in enumerate(numbers)), entries)


FULL = Digest(
    series="",
    title="Future of Work",
    date=date(2026, 3, 14),
    timezone="Europe/Berlin",
    covers_from=datetime(2026, 3, 13, 6, 0, tzinfo=UTC),
    covers_to=datetime(2026, 3, 14, 6, 0, tzinfo=UTC),
    counts=Counts(received=15, shown=7, folded=1, filtered=1, over_cap=3, backlog=2, quarantined=1),
    leads=(
        Story(
            title=BAKERY.title,
            topic="New roles & skills",
            reason="3 sources · New roles & skills · your interest: remote",
            summary=("The bakery asked its night shift what the machines get wrong.", "They wrote the manual."),
            entries=(BAKERY, BAKERY_TWO),
            language="en",
            lead=True,
        ),
    ),
    sections=(
        ("Hours & places", (
            Story(PILOT.title, "Hours & places", "Hours & places", ("Fewer meetings, the same queue.",), (PILOT,)),
        )),
        ("", (
            Story(GERMAN.title, "", "rare source", ("Drei Monate dauert der Kurs.",), (GERMAN,), "de"),
            Story(ARABIC.title, "", "", (), (ARABIC,), "ar"),
        )),
    ),
    also=(NO_LINK, entry(7, "Minutes of a quiet meeting", "Bulletin of Everything")),
    more=(More("Bulletin of Everything", "https://bulletin.example/", CAPPED),),
    not_shown=(
        FOLDED,
        NotShown("urn:uuid:f1", "https://ads.example/1", "Join our free webinar", "Vendor Voice",
                 "rule drop: title ~ \"webinar\" (feeds.yaml:14)"),
        *(NotShown(one.id, one.link, one.title, one.source, "over at_most 1") for one in CAPPED),
        NotShown("urn:uuid:f2", None, "Archive page 41", "Old Gazette", "quarantined: 41 old entries at once"),
    ),
    lenses=(LensCount("alarm", (PILOT,)), LensCount("opportunity", (BAKERY, BAKERY_TWO, GERMAN))),
    looked_at=9,
    failed=(FailedSource("https://broken.example/feed", "Broken Almanac", "HTTP 503 for two days"),),
    silent=(SilentSource("Quiet Quarterly", "silent for 400 days, its rhythm is every 3 months"),),
    reading_time_s=412,
    also_reading_time_s=58,
    previous=date(2026, 3, 13),
    sources=("Shop Floor Weekly", "The Second Shift", "Notes on Work"),
    trends=(trend("alarm", "001002101000210010300110020101", PILOT, GERMAN),
            trend("opportunity", "010120013100221003110241002213", BAKERY, BAKERY_TWO)),
    rising=(
        RisingTerm("robot minders", (BAKERY, BAKERY_TWO, PILOT), 3, before=1),
        RisingTerm("Lehrlinge", (GERMAN, PILOT, ARABIC), 4),
    ),
)  # fmt: skip

FIRST = replace(FULL, covers_from=None, previous=None)

EMPTY = replace(
    FULL, counts=Counts(), leads=(), sections=(), also=(), more=(), not_shown=(), lenses=(), failed=(), silent=(),
    reading_time_s=0, also_reading_time_s=0, trends=(), rising=(),
)  # fmt: skip
