"""Make the pictures of the README: a made-up year of made-up blogs, the real pages, a real browser (Debian's chromium).

.venv/bin/python docs/pictures/make.py
"""

from __future__ import annotations

import functools
import random
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from zoneinfo import ZoneInfo

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent.parent))

from aggregator.public import outputs, statuses
from aggregator.records import Source, SourceState, WordList
from aggregator.render import digest
from tests.makers import Desk, entry
from tests.samples.digests import FULL

NOW = datetime(2026, 3, 14, 7, 30, tzinfo=UTC)
SIZE = (1120, 1300)
# name, tag, days between entries, the share of each of SUBJECTS
BLOGS = (
    ("Notes on Work", "essays", 4, (3, 2, 2, 1)),
    ("Shop Floor Weekly", "trades", 7, (2, 3, 1, 1)),
    ("The Second Shift", "care", 5, (1, 1, 4, 2)),
    ("Provincial Labour Digest", "policy", 2, (1, 1, 2, 4)),
    ("Werkbank heute", "trades", 6, (3, 2, 1, 1)),
    ("Harbour Trades", "trades", 9, (2, 2, 1, 2)),
    ("The Night Bus", "essays", 12, (1, 1, 4, 1)),
    ("Bulletin of Everything", "policy", 1, (2, 3, 2, 2)),
)
SUBJECTS = (
    (("apprentices", "a new trade", "reskilling", "credentials"), "What {0} {1} about {2}"),
    (("robot minders", "automation", "the copilot", "agents"), "How {2} came to {0}, and who {1} it"),
    (("shorter weeks", "remote desks", "night hours", "commuting"), "{2}: {0} {1}, and counts"),
    (("a new wage floor", "the gig law", "strikes", "layoffs"), "{0} {1} with {2}"),
)
WHO = ("a bakery", "three town halls", "a tram depot", "the nurses", "a shipyard", "the archive", "two schools")
DID = ("learned", "tried", "measured", "settled", "asked", "counted")
WHY = ("Nobody had planned it. The first weeks were slow, and then the lists on the wall grew shorter.",
       "We asked eleven people who were there. Nine of them would do it again, and say why.",
       "The numbers are small, and that is the point: this is one place, told from beginning to end.",
       "It began with a broken machine and ended with a new job title that nobody likes yet.")  # fmt: skip
TOPICS = (
    WordList("New roles & skills", ("apprentice*", "trade", "reskill*", "credential*")),
    WordList("AI at work", ("robot*", "automat*", "copilot", "agents")),
    WordList("Hours & places", ("weeks", "remote", "hours", "commut*")),
    WordList("Rights & pay", ("wage", "law", "strike*", "layoff*")),
)
LENSES = (
    WordList("alarm", ("layoff*", "strike*", "broken")),
    WordList("opportunity", ("new trade", "reskill*", "apprentice*", "new job*")),
)


def main() -> None:
    """Write digest.png, river.png, status.png and trends.png beside this file."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "public"
        for name, data in pages().items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(data)
        server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=root))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_address[1]}/"
        for name, page in (("digest", "digest/page.html"), ("river", "index.html"), ("status", "status.html"),
                           ("trends", "trends.html")):  # fmt: skip
            shoot(address + page, HERE / f"{name}.png", Path(folder) / "profile")
        server.shutdown()


class Quiet(SimpleHTTPRequestHandler):
    """Serves the pages without a word."""

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


def pages() -> dict[str, bytes]:
    """A year of the made-up blogs as they would be published, and the made-up digest."""
    sources = [Source(f"https://{address(name)}/feed", title=name, tags=(tag,)) for name, tag, _, _ in BLOGS]
    zone = ZoneInfo("Europe/Berlin")
    desk = Desk(*sources, now=NOW - timedelta(days=365), topics=TOPICS, lenses=LENSES, timezone=zone)
    for at, url, number, title, text in year():
        if at - desk.now > timedelta(hours=12):
            desk.accept()
        desk.now = at + timedelta(minutes=20)
        link = f"{url.removesuffix('feed')}{number}"
        desk.record(url, entry(f"{number}", title=title, text=text, link=link, published=at))
    desk.now = NOW
    desk.accept()
    desk.seal()
    with desk.store.transaction():
        for place, state in enumerate(desk.store.sources.states().values()):
            desk.store.sources.save(troubled(state, place))
    files = desk.files()
    rows = outputs.health(desk.config, desk.store, desk.view(), desk.now)
    files |= statuses.status_files(desk.config, desk.store, rows, desk.now)
    # the script reads the clock of the made-up world, or the pages would say how old they are
    files["river.js"] = f"Date.now = () => {int(NOW.timestamp() * 1000)};\n".encode() + files["river.js"]
    site = digest.Site("Future of Work", "http://127.0.0.1:8080/", ZoneInfo(FULL.timezone))
    return files | {"digest/page.html": digest.html(FULL, site=site)}


def year() -> Iterator[tuple[datetime, str, int, str, str]]:
    """The entries of all blogs in order of time: when, whose feed, a number, title and text."""
    dice, found = random.Random(14), []
    for name, _, gap, shares in BLOGS:
        at = NOW - timedelta(days=364)
        while (at := at + timedelta(days=dice.expovariate(1 / gap), hours=dice.uniform(0, 3))) < NOW:
            late = (at - NOW) / timedelta(days=365) + 1  # the machines come up in the course of the year
            weights = [share * (0.5 + 2 * late if n == 1 else 1.0) for n, share in enumerate(shares)]
            words, form = dice.choices(SUBJECTS, weights)[0]
            title = form.format(dice.choice(WHO), dice.choice(DID), dice.choice(words))
            found.append((at, f"https://{address(name)}/feed", title[0].upper() + title[1:], dice.choice(WHY)))
    for number, (at, url, title, text) in enumerate(sorted(found)):
        yield at, url, number, title, text


def troubled(state: SourceState, place: int) -> SourceState:
    """What the last poll left of a source: most are well."""
    well = replace(state, success_at=NOW - timedelta(minutes=7 * place + 4), polled_at=NOW, reason="every 2 h",
                   next_poll_at=NOW + timedelta(minutes=23 + 11 * place))  # fmt: skip
    if place == 4:
        return replace(well, moved_to="https://werkbank.example/neu/feed", reason="it has moved")
    if place == 5:
        return replace(well, failures=6, error="its server fails (503)", reason="failed 6 times in a row, waiting 8 h",
                       success_at=NOW - timedelta(days=3))  # fmt: skip
    return well


def address(name: str) -> str:
    """The made-up host of a made-up blog."""
    return f"{name.lower().replace(' ', '-')}.example"


def shoot(page: str, picture: Path, profile: Path) -> None:
    """A picture of a page as a browser shows it, at the hour of the made-up world."""
    quiet = ("--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync", "--hide-scrollbars", "--no-sandbox")  # fmt: skip
    subprocess.run(
        ["chromium", "--headless=new", *quiet, f"--user-data-dir={profile}", f"--window-size={SIZE[0]},{SIZE[1]}",
         f"--screenshot={picture}", "--virtual-time-budget=3000", page],
        check=True,
        capture_output=True,
    )  # fmt: skip


if __name__ == "__main__":
    main()
