from __future__ import annotations

import os
import time as clock
from datetime import time, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.errors import ConfigError
from aggregator.records import Config, Rule, Series, Source, WordList
from aggregator.sources.config import load, read

ROOT = Path(__file__).parent.parent
SAMPLES = ROOT / "tests/samples/config"
WRONG = (SAMPLES / "wrong.yaml").read_text("utf-8").splitlines()
HOME = Path("/home/ann/fow/feeds.yaml")
BLOG = "sources: [https://blog.example/feed]\n"


def config(text: str, **environ: str) -> Config:
    return read(text.encode(), HOME, environ={"TZ": "UTC"} | environ)


def mistakes(text: str | bytes, **environ: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read(text.encode() if isinstance(text, str) else text, HOME, environ={"TZ": "UTC"} | environ)
    return str(caught.value).split("\n")


def test_a_folder_of_templates_beside_the_file_is_seen(tmp_path: Path) -> None:
    file = tmp_path / "feeds.yaml"
    file.write_text(BLOG, encoding="utf-8")
    (tmp_path / "templates").write_text("a file is no folder", encoding="utf-8")
    assert load(file).templates is None
    (tmp_path / "templates").unlink()
    (tmp_path / "templates").mkdir()
    assert load(file).templates == tmp_path / "templates"


def test_a_list_of_addresses_is_a_file_and_all_else_has_a_default() -> None:
    found = config("- https://a.example/feed\n- url: https://b.example/feed\n")
    assert found.sources == (Source("https://a.example/feed", line=1), Source("https://b.example/feed", line=2))
    assert (found.title, found.link) == ("Future of Work", "http://127.0.0.1:8080/")
    assert (found.path, found.output) == (HOME, HOME.parent / "public")
    assert (found.store, found.timezone.key) == ("/home/ann/fow/data/aggregator.db", "UTC")
    assert found.digest == Series("", time(7, 0), timedelta(minutes=7))
    assert (found.topics, found.filters, found.hub, found.notify) == ((), (), None, None)


EVERYTHING = """\
title: Work,
  later
link: https://example.org/fow
timezone: Europe/Berlin
output: ../site
store: postgresql://db/fow
contact: ann@example.org
digest: {at: 6:30, read_in: all, mail_to: [ann@example.org], epub: true, introduction: ./say --all}
digests:
  weekly: {days: [fri], tags: policy, at: "18:00"}
topics: {Skills: [reskill*, "career path"], Pay: "wage*, salary"}
lenses: {alarm: [layoff*]}
interests: {remote: 2, layoff*: -0.5}
filters:
  - drop: title has "sponsored"
  - {tag: policy, when: any has minister}
reading_lists: [https://example.org/blogs.opml]
hub: https://hub.example/
notify: notify-send
defaults: {every: 2h, tags: [base], proxy: "http://proxy.example:3128", filters: [{keep: author = Ann}]}
sources:
  - https://a.example/feed
  - url: https://b.example/feed
    title: B
    tags: [x, y]
    every: 1d
    at_most: 1
    full_text: true
    republish: excerpt
    private: true
    allow_private: true
    paused: true
    headers: {X-Token: 1}
    auth: file:login.txt
    proxy: none
    filters:
      - {score: 2.5, when: title has x}
"""


def test_every_key_arrives_in_the_config() -> None:
    found = config(EVERYTHING)
    assert (found.title, found.link, found.timezone.key) == ("Work, later", "https://example.org/fow/", "Europe/Berlin")
    assert (found.output, found.store, found.contact) == (
        Path("/home/ann/site"),
        "postgresql://db/fow",
        "ann@example.org",
    )
    assert found.every_series == (
        Series("", time(6, 30), None, ("ann@example.org",), epub=True, introduction="./say --all"),
        Series("weekly", time(18, 0), timedelta(minutes=7), (), (4,), ("policy",)),
    )
    assert found.topics == (WordList("Skills", ("reskill*", "career path")), WordList("Pay", ("wage*", "salary")))
    assert found.lenses == (WordList("alarm", ("layoff*",)),)
    assert found.interests == (("remote", 2.0), ("layoff*", -0.5))
    assert found.filters == (
        Rule("drop", 'title has "sponsored"', line=15),
        Rule("tag", "any has minister", "policy", 16),
    )
    assert (found.reading_lists, found.hub) == (("https://example.org/blogs.opml",), "https://hub.example/")
    assert found.notify == "notify-send"


def test_a_source_replaces_what_the_defaults_say() -> None:
    first, second = config(EVERYTHING).sources
    assert first == Source(
        "https://a.example/feed",
        tags=("base",),
        every=timedelta(hours=2),
        proxy="http://proxy.example:3128",
        filters=(Rule("keep", "author = Ann", line=20),),
        line=22,
    )
    assert second == Source(
        "https://b.example/feed",
        title="B",
        tags=("x", "y"),
        every=timedelta(days=1),
        at_most=1,
        full_text=True,
        republish="excerpt",
        private=True,
        allow_private=True,
        paused=True,
        headers=(("X-Token", "1"),),
        auth="file:/home/ann/fow/login.txt",
        filters=(Rule("score", "title has x", "2.5", 37),),
        line=23,
    )


def test_a_key_without_a_value_is_as_good_as_absent() -> None:
    found = config("title:\nfilters:\n  # - drop: title has x\ndigest:\n  at:\n" + BLOG)
    assert found == config("\n\n\n\n\n" + BLOG)


def test_the_environment_wins_over_the_file() -> None:
    environ = {
        "AGGREGATOR_STORE": "/var/fow.db",
        "AGGREGATOR_OUTPUT": "out",
        "AGGREGATOR_LINK": "https://x.example",
        "AGGREGATOR_TIMEZONE": "Asia/Tokyo",
    }
    found = config(EVERYTHING, **environ)
    assert (found.store, found.output) == ("/var/fow.db", HOME.parent / "out")
    assert (found.link, found.timezone.key) == ("https://x.example/", "Asia/Tokyo")
    assert config(BLOG, AGGREGATOR_STORE="").store == "/home/ann/fow/data/aggregator.db"


def test_all_mistakes_are_told_at_once_in_file_order() -> None:
    told = mistakes((SAMPLES / "wrong.yaml").read_bytes(), AGGREGATOR_TIMEZONE="Mars")
    assert told == (SAMPLES / "wrong.txt").read_text("utf-8").splitlines()


def test_of_very_many_mistakes_the_first_are_told() -> None:
    found = mistakes("- x\n" * 1000)
    assert len(found) == 201
    assert found[-1] == "feeds.yaml: and 800 more mistakes"


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "sources:\n", "sources: []\n", "title: x\n", "[]", "--- \n"])
def test_a_file_without_sources_says_what_to_add(text: str) -> None:
    (said,) = mistakes(text)
    assert said.endswith("no sources yet: add a line `- https://example.org/feed` under `sources:`")


def test_a_reading_list_is_source_enough() -> None:
    assert config("reading_lists: [https://example.org/blogs.opml]").sources == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("hello", "feeds.yaml:1:1: this file must hold lines `- ADDRESS`, or keys such as `sources:`, and it is text"),
        ("sources: x", "feeds.yaml:1:10: `sources`: must be a list (lines that begin with `- `), and here it is..."),
        ("- 12", "feeds.yaml:1:3: a source is an address or a map with `url:`, and here it is a number"),
        ("- b.example", "feeds.yaml:1:3: `url`: `b.example` must begin with https:// or http://; did you mean..."),
        ("feeds: [https://a.example]\n" + BLOG, "feeds.yaml:1:1: unknown key `feeds`; did you mean `sources`?"),
        ("Title: x\n" + BLOG, "feeds.yaml:1:1: unknown key `Title`; did you mean `title`?"),
        ("defaults: []\n" + BLOG, "feeds.yaml:1:11: `defaults`: must be a map of `key: value`, and here it is a list"),
        ("filters: [x]\n" + BLOG, "feeds.yaml:1:11: must be a map of `key: value`, and here it is the text `x`"),
        ("digests: {a/b: {}}\n" + BLOG, "feeds.yaml:1:11: `a/b` cannot name a folder; use letters, digits..."),
        ("- &x https://a.example\n- *x\n", "feeds.yaml:2:3: this source stands on line 1 already: https://a.example"),
    ],
)  # fmt: skip
def test_one_mistake_in_one_line(text: str, said: str) -> None:
    (told,) = mistakes(text)
    assert told == said or told.startswith(said.removesuffix("..."))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("defaults: {allow_private: true, every: 1m}\n" + BLOG, 0),
        ("defaults: {allow_private: true}\nsources: [{url: https://a.example, every: 10s}]", 0),
        ("sources:\n- {url: https://a.example, every: 9m, allow_private: true}", 0),
        ("sources:\n- {url: https://a.example, every: 10m}", 0),
        ("sources:\n- {url: https://a.example, every: 9m}", 2),
        ("defaults: {every: 9m}\n" + BLOG, 1),
        ("defaults: {every: 9m}\nsources: [{url: https://a.example, every: 1h}]", 1),
        ("defaults: {every: 1m, allow_private: true}\nsources:\n- {url: https://a.example, allow_private: false}", 3),
    ],
)
def test_polling_often_is_for_ones_own_machine(text: str, line: int) -> None:
    if line:
        (said,) = mistakes(text)
        assert said.startswith(f"feeds.yaml:{line}:")
    else:
        assert config(text).sources


@pytest.mark.parametrize(
    ("second", "same"),
    [
        ("http://blog.example/feed", True),
        ("https://www.blog.example/feed/", True),
        ("https://BLOG.example/feed#top", True),
        ("https://blog.example:443/feed", True),
        ("https://blog.example/feed/comments", False),
        ("https://blog.example:8443/feed", False),
        ("https://blog.example/feed?tag=a", False),
    ],
)
def test_one_feed_stands_once(second: str, same: bool) -> None:
    text = f"- https://blog.example/feed\n- {second}\n"
    if same:
        assert mistakes(text) == [f"feeds.yaml:2:3: this source stands on line 1 already: {second}"]
    else:
        assert len(config(text).sources) == 2


def test_windows_files_and_byte_order_marks_are_fine() -> None:
    assert read(b"\xef\xbb\xbftitle: x\r\n" + BLOG.encode(), HOME, environ={}).title == "x"


def test_a_broken_file_keeps_its_one_line() -> None:
    assert mistakes(b"title: caf\xe9\n")[0].startswith("feeds.yaml:1:11: this byte (0xE9")


def test_thousands_of_sources_load_soon() -> None:
    lines = [f"  - url: https://site{n}.example/feed\n    title: Site {n}\n    tags: [a, b]\n" for n in range(3000)]
    started = clock.process_time()
    assert len(config("sources:\n" + "".join(lines)).sources) == 3000
    assert clock.process_time() - started < 2


@given(st.lists(st.sampled_from([*EVERYTHING.splitlines(), *WRONG])).map("\n".join))
def test_any_mixture_of_lines_is_a_config_or_a_config_error(text: str) -> None:
    said = "fine"
    try:
        config(text)
    except ConfigError as error:
        said = str(error)
    assert said


def test_load_reads_a_file(tmp_path: Path) -> None:
    file = tmp_path / "feeds.yaml"
    file.write_text(BLOG)
    assert load(file).path == file


def test_what_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "large").write_bytes(b"#" * (10 * 1024 * 1024 + 1))
    said = {}
    for name in ("missing", "folder", "loop", "pipe", "large", "missing/deeper", "nul\0"):
        with pytest.raises(ConfigError) as caught:
            load(tmp_path / name)
        said[name] = str(caught.value).replace(f"{tmp_path}/", "").replace("\0", "")
    assert said == {
        "missing": "missing: there is no such file; `aggregator init` writes a starter one",
        "folder": "folder: this is a folder; name the file in it",
        "loop": "loop: cannot be read: Too many levels of symbolic links",
        "pipe": "pipe: this is not a file that can be read",
        "large": "large: larger than 10 MB; is it the right file?",
        "missing/deeper": "missing/deeper: there is no such file; `aggregator init` writes a starter one",
        "nul\0": "nul: cannot be read: embedded null byte",
    }


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "feeds.yaml").write_text(BLOG)
    (tmp_path / "feeds.yaml").chmod(0)
    with pytest.raises(ConfigError, match="cannot be read: Permission denied"):
        load(tmp_path / "feeds.yaml")


def test_the_sources_of_the_project_are_valid_and_many() -> None:
    found = load(ROOT / "feeds.yaml")
    addresses = {source.url for source in found.sources}
    assert len(addresses) >= 30
    assert {"https://thinkfuture.com/feed/", "https://partnersinexcellenceblog.com/feed/"} <= addresses
    assert {"topics": len(found.topics) > 3, "lenses": len(found.lenses)} == {"topics": True, "lenses": 2}


def test_the_starter_file_is_valid() -> None:
    found = read((ROOT / "aggregator/sources/starter.yaml").read_bytes(), HOME, environ={})
    assert 8 <= len(found.sources) <= 10


def test_the_starter_file_is_valid_with_all_its_sleeping_lines_awake() -> None:
    lines = (ROOT / "aggregator/sources/starter.yaml").read_text("utf-8").split("\n\n", 1)[1].splitlines()
    found = config("\n".join(line.replace("# ", "", 1) if line.lstrip().startswith("# ") else line for line in lines))
    assert found.sources[1].republish == "excerpt"
    assert len(found.filters) == 3
