"""`aggregator check`: every mistake at once without network; --online asks each source once."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import click

from aggregator.cli import aggregator
from aggregator.sources.yaml import parse
from tests.test_cli_doctor import page_of as _page_of
from tests.world import Blog, World

ROOT = Path(__file__).parent.parent


def _gone(handler: object) -> None:
    handler.send_error(410)  # type: ignore[attr-defined]


def test_a_valid_file_is_said_to_be_without_a_request(world: World) -> None:
    blog = world.blog("One", "a")
    world.write()
    assert world.run("check") == "feeds.yaml: 1 source, valid\n"
    assert blog.requests == []


def test_every_mistake_has_its_line_and_nothing_is_touched(world: World) -> None:
    world.blog("One", "a")
    world.settings = "titel: x\ndigest: {at: '25:00'}"
    world.write()
    for command in (["check"], ["poll"], ["run"]):
        world.run(*command, code=2)
        assert [line.split(": ")[0] for line in world.said.splitlines()] == ["feeds.yaml:3:1", "feeds.yaml:4:14"]
    assert not (world.folder / "data" / "aggregator.db").exists()
    assert json.loads(world.run("check", "--json", code=2))["ok"] is False


def test_a_missing_file_says_how_to_get_one(world: World) -> None:
    world.run("check", code=2)
    assert "aggregator init" in world.said


def test_online_tells_which_addresses_have_aged(world: World) -> None:
    world.blog("One", "a", "b")
    world.blog("Two", "c").broken = _gone
    world.write()
    told = world.run("check", "--online", code=1).splitlines()
    assert told[0].startswith("ok   200  line 5")
    assert "2 entries, newest 2026-03-14, excerpts" in told[0]
    assert told[1].startswith("FAIL 410  line 7")
    assert "gone (410)" in told[1]
    assert told[2] == "feeds.yaml: 2 sources, valid, 1 answers, 1 fails"
    assert [len(blog.requests) for blog in world.blogs] == [1, 1]
    assert not (world.folder / "data" / "aggregator.db").exists()


def test_online_says_what_could_be_better(world: World) -> None:
    world.blog("Old", "a", "b", ages=(24 * 400, 24 * 500))
    world.blog("Empty")
    world.write()
    told = world.run("check", "--online").splitlines()
    assert told[1].strip() == "last entry 400 days ago"
    assert told[3].strip() == "no entry in it yet"
    document = json.loads(world.run("check", "--online", "--json"))
    assert document["sources"][0]["advice"] == ["last entry 400 days ago"]
    assert document["sources"][0]["status"] == 200


def test_a_paused_source_is_not_asked(world: World) -> None:
    blog = world.blog("One", "a")
    path = world.write()
    path.write_text(path.read_text("utf-8") + "    paused: true\n", "utf-8")
    assert world.run("check", "--online").startswith("feeds.yaml: 1 source, valid")
    assert blog.requests == []


def _base(world: World, *blogs: Blog) -> str:
    base = world.write(list(blogs)).rename(world.folder / "base.yaml")
    return str(base)


def test_a_change_is_judged_by_what_it_adds(world: World) -> None:
    old, broken = world.blog("Old", "x", "y"), world.blog("Broken", "z")
    broken.broken = _gone
    base = _base(world, old, broken)
    good = world.blog("Good | <b>", "a", "b", "c")
    world.write([old, broken, good])
    told = world.run("check", "--changed", base)
    assert told.startswith("### feeds.yaml: 1 source added\n\n| line | source | verdict |")
    assert "| 9 | Good &#124; " in told
    assert "| ok | 3 | 2026-03-14 |" in told
    assert "<b>" not in told
    assert told.endswith("All of them can be added.\n")
    assert [len(blog.requests) for blog in (broken, good)] == [1, 1]  # the broken one is at the same site: 127.0.0.1


def test_a_change_that_adds_nothing_good_fails_the_gate(world: World) -> None:
    """One is gone, one is dead, one is a copy of what stands there, one a mistake in the file."""
    old = world.blog("Old", "x", "y", "w")
    base = _base(world, old)
    gone, dead = world.blog("Gone", "a"), world.blog("Dead", "b", ages=(24 * 500,))
    gone.broken = _gone
    copy = world.blog("Old", "x", "y", "w")
    copy.posts = old.posts
    world.write([old, gone, dead, copy])
    told = world.run("check", "--changed", base, code=1)
    assert "gone (410)" in told
    assert "its newest entry is 500 days old" in told
    assert "brings the same entries as a source that is there already" in told
    assert told.endswith("3 of them should not be added as they are.\n")
    document = json.loads(world.run("check", "--changed", base, "--json", code=1))
    assert [row["ok"] for row in document["sources"]] == [False, False, False]
    world.settings = "titel: x"
    world.write([old])
    told = world.run("check", "--changed", base, code=2)
    assert "unknown key `titel`" in told
    assert "unknown key `titel`" in world.said


def test_a_change_that_adds_nothing_has_nothing_to_judge(world: World) -> None:
    old = world.blog("Old", "x")
    base = _base(world, old)
    world.write([old])
    assert "Nothing to judge" in world.run("check", "--changed", base)
    assert old.requests == []


def test_the_workflow_of_the_manual_is_yaml_and_its_commands_exist() -> None:
    """The block in docs/checking.md: its keys are those of a workflow, its options those of the program."""
    text = (ROOT / "docs" / "checking.md").read_text("utf-8")
    block = text.split("```yaml\n", 1)[1].split("```", 1)[0]
    workflow = parse(block.encode(), "workflow").data
    assert isinstance(workflow, dict)
    assert set(workflow) == {"name", "on", "permissions", "jobs"}
    assert workflow["on"]["pull_request"]["paths"] == ["feeds.yaml"]
    steps = workflow["jobs"]["judge"]["steps"]
    assert all({"run", "uses"} & set(step) for step in steps)
    calls = [line.split() for step in steps for line in step.get("run", "").splitlines() if "aggregator " in line]
    calls = [words[words.index("aggregator") :] for words in calls if "aggregator" in words]
    assert calls
    for _, name, *options in calls:
        command = aggregator.get_command(click.Context(aggregator), name)
        assert command is not None
        known = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in options if word.startswith("--")} <= known


def test_a_fuller_feed_of_the_same_site_is_named(world: World) -> None:
    """The source brings teasers; its site's page names a feed with the same entries in full."""
    short, full, page = (world.blog(name, "a", "b", "c") for name in ("Short", "Full", "Page"))
    for post in full.posts:
        post.text = " ".join(f"word{n}" for n in range(300))
    for one, two in zip(short.posts, full.posts, strict=True):
        one.link = two.link = f"https://blog.example/{one.title}"
    page.broken = _page_of(full)
    short.site = page.url
    world.write([short])
    told = world.run("check", "--online").splitlines()
    assert told[1].strip() == f"a fuller feed is {full.url}"
    assert [len(blog.requests) for blog in (short, page, full)] == [1, 1, 1]


def test_filters_tell_what_each_rule_hid(world: World) -> None:
    world.blog("One", "Bread", "A sponsored cake")
    rules = ("drop: title has sponsored", "{tag: food, when: title has bread}", "drop: title has tea")
    world.settings = "filters:" + "".join(f"\n  - {rule}" for rule in rules)
    world.write()
    world.poll()
    told = world.run("check", "--filters").splitlines()
    assert told == [
        "feeds.yaml:4: drop: title has sponsored: met 1 entry in 30 days, hid 1 entry",
        "    2026-03-14  A sponsored cake  (One)",
        "feeds.yaml:5: tag: food when title has bread: met 1 entry in 30 days, hides nothing",
        "feeds.yaml:6: drop: title has tea: met 0 entries in 30 days, hid 0 entries",
        "feeds.yaml: 1 source, valid",
    ]
    data = json.loads(world.run("check", "--filters", "--json"))
    assert [(rule["line"], rule["met"], rule["hid"]) for rule in data["filters"]] == [(4, 1, 1), (5, 1, 0), (6, 0, 0)]
    assert data["filters"][0]["entries"][0]["title"] == "A sponsored cake"
    world.now += timedelta(days=31)
    data = json.loads(world.run("check", "--filters", "--json"))
    assert [rule["met"] for rule in data["filters"]] == [0, 0, 0]
