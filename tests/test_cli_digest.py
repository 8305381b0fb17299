"""`aggregator digest`: due or not, printed, written again, previewed, explained."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from tests.post import office
from tests.world import World


def test_before_any_poll_it_says_what_comes_first(world: World) -> None:
    world.blog("One", "a")
    world.write()
    world.run("digest")
    assert "`aggregator poll` comes first" in world.said


def test_the_first_is_sealed_at_once_the_next_at_its_time(world: World) -> None:
    blog = world.blog("One", "a")
    world.write()
    world.now += timedelta(hours=3)
    world.poll()
    assert "Your first digest" in world.run("digest")
    world.run("digest")
    assert "No digest is due; the next one is Sunday 15 March 07:00 (UTC)." in world.said
    world.post(blog, "b")
    world.now += timedelta(hours=15)
    world.poll()
    world.run("digest")
    assert not world.public("digest/2026-03-15.json").exists()
    world.now += timedelta(hours=6)
    world.run("digest")
    assert [story["title"] for story in world.digest("2026-03-15")["stories"]] == ["b"]


def test_print_and_date_give_the_sealed_bytes(world: World) -> None:
    world.blog("One", "a", "b")
    world.write()
    world.poll()
    world.run("digest")
    page, words = world.public("digest/2026-03-14.html"), world.public("digest/2026-03-14.md")
    sealed = page.read_bytes()
    assert world.run("digest", "--print", "html").encode() == sealed
    assert world.run("digest", "--print", "markdown").encode() == words.read_bytes()
    page.unlink()
    world.settings = "title: Another name"
    world.write()
    assert "digest/2026-03-14.html" in world.run("digest", "--date", "2026-03-14")
    assert page.read_bytes() == sealed
    world.run("digest", "--date", "2026-03-01", code=2)
    assert "no digest of 2026-03-01 was sealed" in world.said


def test_a_preview_has_the_date_of_the_digest_that_it_shows(world: World) -> None:
    world.blog("One", "a")
    world.write()
    world.poll()
    assert "Saturday, 14 March 2026" in world.run("digest", "--preview")
    world.run("digest")
    world.now += timedelta(hours=2)
    assert "Sunday, 15 March 2026" in world.run("digest", "--preview")


def test_preview_and_why_seal_nothing(world: World) -> None:
    world.blog("One", "apprentices are back", "b")
    world.settings = "interests: {apprentice*: 3}\ntopics: {Skills: [apprentice*]}"
    world.write()
    world.poll()
    assert "apprentices are back" in world.run("digest", "--preview")
    table = world.run("digest", "--why").splitlines()
    assert table[0].split() == ["score", "cover", "topic", "inter", "rules", "subst", "novel", "crowd", "entry"]
    assert "apprentices are back (One) Skills · your interest: apprentice*" in table[1]
    assert not world.public("digest/2026-03-14.json").exists()


def test_the_json_of_a_digest_is_the_contracts(world: World) -> None:
    world.blog("One", *(f"post {n}" for n in range(7)), ages=tuple(range(1, 8)))
    world.settings = "filters: [{drop: 'title = \"post 3\"'}]\ndigest: {read_in: all}"
    path = world.write()
    path.write_text(path.read_text() + "    at_most: 2\n")
    world.poll()
    world.run("digest")
    digest = world.digest("2026-03-14")
    assert list(digest) == [
        "date",
        "covers",
        "received",
        "shown",
        "folded",
        "filtered",
        "over_cap",
        "backlog",
        "quarantined",
        "reading_time_s",
        "stories",
        "also",
        "not_shown",
        "sources",
    ]
    assert {
        name: digest[name] for name in ("received", "shown", "folded", "filtered", "over_cap", "backlog", "quarantined")
    } == {"received": 7, "shown": 2, "folded": 0, "filtered": 1, "over_cap": 2, "backlog": 2, "quarantined": 0}
    assert sorted(line["why"].split(" of ")[0] for line in digest["not_shown"]) == [
        "over at_most",
        "over at_most",
        'rule drop: title = "post 3"',
    ]
    assert digest["covers"] == {"from": None, "to": "2026-03-14T07:00:00Z"}
    assert list(digest["stories"][0]) == ["title", "topic", "reason", "summary", "entries"]
    assert list(digest["stories"][0]["entries"][0]) == ["id", "link", "title", "source", "published"]
    assert digest["sources"]["looked_at"] == 1
    ids = {item["id"] for item in json.loads(world.public("feed.json").read_bytes())["items"]}
    assert {entry["id"] for story in digest["stories"] for entry in story["entries"]} <= ids


def test_a_sealed_digest_goes_out_by_mail_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mail server is away at first: the digest is there all the same, and the mail follows when it is back."""
    world.blog("One", "a")
    world.settings = "digest: {mail_to: [ann@example.org]}"
    world.write()
    world.poll()
    monkeypatch.setenv("AGGREGATOR_SMTP_URL", "smtp://127.0.0.1:1?from=fow@example.net")
    assert "Your first digest" in world.run("digest")
    assert "ann@example.org" in world.said
    with office() as post:
        monkeypatch.setenv("AGGREGATOR_SMTP_URL", post.url)
        world.now += timedelta(minutes=5)
        world.run("digest")
        world.run("digest")
        assert post.recipients == ["ann@example.org"]
        plain = post.taken[0].mail.get_body(("plain",))
        assert plain is not None
        assert plain.get_content().replace("\r\n", "\n") == world.public("digest/2026-03-14.txt").read_text()


def test_a_command_of_the_users_begins_the_digest_and_what_it_does_wrong_is_said(world: World) -> None:
    world.blog("One", "a")
    command = world.folder / "introduce"
    command.write_text("#!/bin/sh\ngrep -c title\n")
    command.chmod(0o755)
    world.settings = "digest: {introduction: ./introduce, epub: true}"
    world.write()
    world.poll()
    assert "introduction" not in world.run("digest", "--preview")
    world.run("digest")
    assert world.digest("2026-03-14")["introduction"] == ["2"]
    assert b"<p>2</p>" in world.public("digest/2026-03-14.html").read_bytes()
    assert b"<p>2</p>" in world.public("digest/2026-03-14.epub").read_bytes()
    command.unlink()
    world.now += timedelta(days=1)
    world.poll()
    world.run("digest")
    assert "introduction" not in world.digest("2026-03-15")
    assert world.said.splitlines() == ["introduction: ./introduce: No such file or directory; the digest goes without"]
    assert world.digest("2026-03-14")["introduction"] == ["2"]
