"""The texts of pages in a real store: once written they stay, the search knows them, forgetting takes them."""

from __future__ import annotations

from datetime import timedelta

from aggregator.search import Wanted, search
from aggregator.store.articles import NEWEST, WITHIN, Article
from aggregator.store.rows import packed
from tests.contract import each_store, pytest_generate_tests  # noqa: F401 (each test runs over every store)
from tests.makers import DAY, HOUR, KIND, ONE, Desk, entry, source


def put(desk: Desk, title: str, article: Article) -> None:
    with desk.store.transaction():
        desk.store.articles.put(desk.titled(title).key, article)


def found(desk: Desk, words: str) -> list[str]:
    return [one.stored.entry.title for one in search(Wanted(words), desk.store, desk.view()).found]


def index(desk: Desk) -> None:
    with desk.store.transaction():
        desk.store.search.fill()


def test_a_text_comes_after_failures_and_stays() -> None:
    desk = Desk(ONE)
    desk.bring(ONE, entry("a"))
    failed = Article(desk.now, why="its server fails", tries=1, next_try_at=desk.now + HOUR)
    put(desk, "Title of a", failed)
    assert desk.store.articles.get(1) == failed
    put(desk, "Title of a", Article(desk.now + HOUR, "The text.", 2, tries=2))
    put(desk, "Title of a", Article(desk.now + 2 * HOUR, "Another.", 1, tries=3))
    kept = desk.store.articles.get(1)
    assert kept is not None
    assert (kept.text, kept.words, kept.why) == ("The text.", 2, None)
    assert desk.store.articles.get(2) is None


def test_what_is_wanted() -> None:
    desk = Desk(source(ONE, full_text=True))
    desk.bring(ONE, *(entry(f"n{n}", published=desk.now - n * HOUR) for n in range(7)))
    desk.bring(ONE, entry("old"), standing="backlog")
    key = desk.key(ONE)
    titles = [one.entry.title for one in desk.store.articles.wanted(key, desk.now)]
    assert titles == [f"Title of n{n}" for n in range(NEWEST)]
    put(desk, "Title of n0", Article(desk.now, "Text.", 1))
    put(desk, "Title of n1", Article(desk.now, why="later", next_try_at=desk.now + HOUR))
    assert [one.entry.title[-1] for one in desk.store.articles.wanted(key, desk.now)] == list("23456")
    assert [one.entry.title[-1] for one in desk.store.articles.wanted(key, desk.now + HOUR)] == list("12345")
    assert desk.store.articles.wanted(key, desk.now + WITHIN + timedelta(seconds=1)) == []


def test_the_search_knows_a_page_before_and_after_it_is_indexed() -> None:
    desk = Desk(ONE)
    desk.bring(ONE, entry("a"), entry("b"))
    index(desk)
    put(desk, "Title of a", Article(desk.now, "An oven at midnight.", 4))
    assert found(desk, "midnight") == ["Title of a"]
    index(desk)
    assert not desk.store.search.is_behind
    assert found(desk, "midnight") == ["Title of a"]
    stored = desk.titled("Title of a")
    with desk.store.transaction():
        edited = entry("a", text="Told anew in other words.")
        desk.store.entries.update(stored.key, edited, packed(edited), desk.now + DAY)
    index(desk)
    assert found(desk, "midnight") == found(desk, "anew") == ["Title of a"]
    with desk.store.transaction():
        desk.store.withdrawn.forget([stored.key], desk.now)
    assert found(desk, "midnight") == found(desk, "anew") == []
    assert desk.store.articles.get(stored.key) is None
    if KIND[-1] == "sqlite":
        desk.store._connection.execute("INSERT INTO search (search) VALUES ('integrity-check')")


def test_robots_are_kept_for_a_day() -> None:
    desk = Desk(ONE)
    with desk.store.transaction():
        desk.store.articles.keep_robots("https://a.example", b"User-agent: *", desk.now)
    assert desk.store.articles.robots("https://a.example", desk.now + DAY - HOUR) == b"User-agent: *"
    assert desk.store.articles.robots("https://a.example", desk.now + DAY) is None
    assert desk.store.articles.robots("http://a.example", desk.now) is None
    with desk.store.transaction():
        desk.store.articles.keep_robots("https://b.example", b"", desk.now + 2 * DAY)
    rows = desk.store._connection.execute("SELECT origin FROM robots").fetchall()
    assert rows == [("https://b.example",)]
