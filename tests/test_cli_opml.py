"""`import` and `export`: from any reader into feeds.yaml and back, byte-keeping and without a request."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from aggregator.parse.opml import read_opml
from aggregator.sources.config import load
from tests.world import Blog, World

SAMPLES = Path(__file__).parent / "samples" / "opml"
FILE = "# mine\ntimezone: UTC\nsources:\n  - https://dan.example/feed # Dan\n\n# the end\n"
ANN, CAT = "https://ann.example/feed?a=1&b=2", "https://cat.example/atom.xml"


@pytest.fixture
def feeds(world: World) -> Path:
    path = world.folder / "feeds.yaml"
    path.write_text(FILE, encoding="utf-8")
    return path


def test_folders_become_tags_and_the_rest_of_the_file_stays(world: World, feeds: Path) -> None:
    told = world.run("import", str(SAMPLES / "feedly.opml"), "--tag", "new")
    added = (
        f"  - url: {CAT}\n    title: Cat\n    tags: [Work, AI, new]\n"
        f"  - url: {ANN}\n    title: Ann & Bob\n    tags: [Work, new]\n"
    )
    assert feeds.read_text() == FILE.replace("# Dan\n", f"# Dan\n{added}")
    assert told == "feeds.yaml: 2 sources added, 0 left out\n"


@pytest.mark.parametrize("name", ["netnewswire", "feedly", "miniflux", "freshrss"])
def test_import_then_export_then_import_is_the_same(world: World, feeds: Path, name: str) -> None:
    world.run("import", str(SAMPLES / f"{name}.opml"))
    before = [(one.url, one.title, one.tags) for one in load(feeds).sources]
    exported = world.run("export")
    feeds.write_text("sources: []\n")
    (world.folder / "out.opml").write_text(exported)
    world.run("import", str(world.folder / "out.opml"))
    after = [(one.url, one.title, one.tags) for one in load(feeds).sources]
    assert sorted(before[1:]) == sorted(one for one in after if "dan" not in one[0])
    assert {one.url for one in read_opml(exported.encode()).feeds} == {one[0] for one in before}


def test_what_stands_there_is_left_out_with_its_line(world: World, feeds: Path) -> None:
    world.run("import", str(SAMPLES / "feedly.opml"))
    text = feeds.read_text()
    assert world.run("import", str(SAMPLES / "miniflux.opml")) == "feeds.yaml: 0 sources added, 2 left out\n"
    assert "left out: Cat: stands here already (feeds.yaml:5)" in world.said
    assert feeds.read_text() == text


def test_wrong_lines_are_said_and_the_good_ones_added(world: World, feeds: Path) -> None:
    rows = [
        ("Good", "https://good.example/feed"), ("Feed", "feed://feed.example/rss"), ("Ftp", "ftp://ftp.example/x"),
        ("Secret", "https://a:b@c.example/"), ("Twice", "http://www.good.example/feed/"), ("Script", "javascript:x"),
    ]  # fmt: skip
    body = "".join(f"<outline text='{name}' xmlUrl='{url}'/>" for name, url in rows)
    (world.folder / "in.opml").write_text(f"<opml><body>{body}</body></opml>")
    assert world.run("import", str(world.folder / "in.opml")) == "feeds.yaml: 2 sources added, 4 left out\n"
    assert [one.url for one in load(feeds).sources][1:] == ["https://good.example/feed", "http://feed.example/rss"]
    for said in ("Ftp: ", "Secret: a password", "Twice: stands here already (twice in this list)", "Script: "):
        assert said in world.said


def test_a_dry_run_shows_the_lines(world: World, feeds: Path) -> None:
    assert f"+  - url: {CAT}" in world.run("import", str(SAMPLES / "feedly.opml"), "--dry-run")
    assert feeds.read_text() == FILE


@pytest.mark.parametrize(("content", "code"), [(b"no list", 1), (None, 2)])
def test_what_is_no_list_touches_nothing(world: World, feeds: Path, content: bytes | None, code: int) -> None:
    path = world.folder / "in.opml"
    if content is not None:
        path.write_bytes(content)
    world.run("import", str(path), code=code)
    assert ("in.opml: this is not OPML" if content else "in.opml: cannot be read") in world.said
    assert feeds.read_text() == FILE


def test_a_list_from_stdin(world: World, feeds: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stdin = io.TextIOWrapper(io.BytesIO((SAMPLES / "feedly.opml").read_bytes()))
    monkeypatch.setattr(sys, "stdin", stdin)
    assert world.run("import", "-") == "feeds.yaml: 2 sources added, 0 left out\n"


@pytest.mark.parametrize("many", [1_000, pytest.param(10_000, marks=pytest.mark.slow)])
def test_a_long_list_is_imported_at_once(world: World, feeds: Path, many: int) -> None:
    rows = "".join(f"<outline text='S{n}' xmlUrl='https://s{n}.example/feed'/>" for n in range(many))
    (world.folder / "in.opml").write_text(f"<opml><body><outline text='Many'>{rows}</outline></body></opml>")
    assert world.run("import", str(world.folder / "in.opml")) == f"feeds.yaml: {many:,} sources added, 0 left out\n"
    assert feeds.read_text().count("    tags: [Many]\n") == many


def test_export_leaves_private_sources_out_unless_asked(world: World, feeds: Path) -> None:
    feeds.write_text(FILE.replace("- https://dan.example/feed # Dan", f"- {ANN}\n  - {{url: {CAT}, private: true}}"))
    assert CAT not in world.run("export")
    assert "1 private source left out" in world.said
    assert CAT in world.run("export", "--private")


def test_export_knows_titles_and_sites_once_polled(world: World) -> None:
    blog = world.blog("Blog", "one")
    world.write()
    path = world.folder / "feeds.yaml"
    path.write_text(path.read_text().replace('    title: "Blog"\n', ""))
    assert f'text="{blog.url}"' in world.run("export")
    world.poll()
    assert 'text="Blog" title="Blog" type="rss"' in world.run("export")
    assert 'htmlUrl="https://blog.example/"' in world.said + world.run("export")


def test_a_list_that_is_kept_in_the_store_is_replaced_and_let_go_of(world: World) -> None:
    mine, one, two = world.blog("Mine", "a"), world.blog("One", "b"), world.blog("Two", "c")
    before = world.write([mine]).read_bytes()
    path = world.folder / "big.opml"

    def imported(*blogs: Blog) -> str:
        rows = "".join(f"<outline text='{blog.name}' xmlUrl='{blog.url}'/>" for blog in blogs)
        path.write_text(f"<opml version='2.0'><body><outline text='Work'>{rows}</outline></body></opml>")
        return world.run("import", "--store", str(path), "--tag", "big").strip()

    assert imported(one, two) == "big.opml: 2 sources kept in the store, 2 added, 0 removed"
    assert (world.folder / "feeds.yaml").read_bytes() == before
    world.poll()
    assert set(world.titles()) == {"a", "b", "c"}
    assert (world.public("tags") / "big" / "atom.xml").is_file()
    assert "imported list big.opml: 2 sources" in world.run("status")
    assert imported(two).endswith("1 source kept in the store, 0 added, 1 removed")
    assert imported().endswith("0 sources kept in the store, 0 added, 1 removed")
    world.run("publish")
    assert world.titles() == ["a"]
