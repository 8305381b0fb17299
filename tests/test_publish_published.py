from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from aggregator.publish import published
from aggregator.publish.files import published_id, write_all
from aggregator.records import Tombstone
from tests.makers import DAY, NOW, ONE, Desk, entry


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The outputs of two days: one told, one waiting, one by a hostile hand."""
    desk = Desk(ONE, now=NOW - DAY)
    desk.bring(ONE, entry("a", author="Ann", categories=("Work",)), entry("b", content="<p>b</p>", text="b"))
    desk.seal()
    desk.now = NOW
    desk.bring(ONE, entry("c"))
    write_all(tmp_path, desk.files())
    return tmp_path


def test_every_entry_comes_back_with_what_was_told(root: Path) -> None:
    found = {told.entry.title: told for told in published.merged_feed(root)}
    assert set(found) == {"Title of a", "Title of b", "Title of c"}
    first = found["Title of a"]
    assert (first.id, first.month, first.source_url) == (first.entry.guid, (2026, 3), ONE)
    assert (first.entry.author, first.entry.categories) == ("Ann", ("Work",))
    assert first.entry.link == "https://blog.example.org/posts/a"
    assert first.entry.content == "<p>What a has to tell is told here in more than eight words.</p>"
    assert first.entry.text == "What a has to tell is told here in more than eight words."
    assert published.shown(root) == {told.id for told in found.values()}


def test_a_feed_that_is_cut_gives_its_whole_entries_and_no_list_of_what_is_shown(root: Path) -> None:
    for path in (root / "archive").iterdir():
        path.unlink()
    data = (root / "atom.xml").read_bytes()
    (root / "atom.xml").write_bytes(data[: data.rindex(b"<published>")])
    assert len(published.merged_feed(root)) == 2
    assert published.shown(root) == frozenset()


def test_markup_that_others_wrote_there_is_made_safe(root: Path) -> None:
    path = next((root / "archive").iterdir())
    path.write_bytes(path.read_bytes().replace(b"&lt;p&gt;", b"&lt;script&gt;alert(1)&lt;/script&gt;&lt;p&gt;"))
    assert all("script" not in told.entry.content for told in published.merged_feed(root))


def test_a_digest_comes_back_with_its_bytes(root: Path) -> None:
    (issue,) = published.issues(root / "digest")
    assert (issue.day, issue.covers_from, issue.covers_to) == (date(2026, 3, 13), None, NOW - DAY)
    assert issue.files["html"] == (root / "digest" / "2026-03-13.html").read_bytes()
    assert set(issue.files) == {"html", "md", "txt", "json", "entry"}
    assert sorted(line.entry.title for line in issue.lines) == ["Title of a", "Title of b"]
    assert b"Title of a" in issue.files["entry"]
    (root / "digest" / "2026-03-13.md").unlink()
    assert published.issues(root / "digest") == []


def test_the_feeds_id_is_also_in_its_archives(root: Path) -> None:
    name = published_id(root)
    assert name == "urn:uuid:00000000-0000-5000-8000-000000000001"
    (root / "atom.xml").unlink()
    assert published_id(root) == name
    assert published_id(root / "nowhere") is None


def test_tombstones(root: Path) -> None:
    text = (root / "atom.xml").read_text(encoding="utf-8")
    gone = '<d:deleted-entry xmlns:d="http://purl.org/atompub/tombstones/1.0" ref="urn:uuid:1" when="{}"/>'
    (root / "atom.xml").write_text(text.replace("<entry", gone.format("2026-03-14T07:00:00Z") + "<entry", 1))
    assert published.withdrawn(root) == {"urn:uuid:1": Tombstone("urn:uuid:1", datetime(2026, 3, 14, 7, tzinfo=UTC))}
