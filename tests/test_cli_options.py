"""Global options stand before or after the command; usage errors are exit 2; help reads well."""

from __future__ import annotations

import subprocess
import sys

import pytest

from aggregator import __version__
from aggregator.cli import COMMANDS
from tests.world import World


@pytest.mark.parametrize("order", ["before", "after"])
def test_global_options_stand_before_or_after_the_command(world: World, order: str) -> None:
    world.blog("One", "a")
    path = world.write()
    options = ["--config", str(path), "--now", "2026-03-14T07:00Z", "--quiet"]
    command = [*options, "poll"] if order == "before" else ["poll", *options]
    done = subprocess.run([sys.executable, "-m", "aggregator", *command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert world.public("atom.xml").is_file()


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["poll", "--nonsense"],
        ["digest", "--date", "x"],
        ["run", "--port", "99999"],
        ["--now", "yesterday", "poll"],
    ],
)
def test_wrong_usage_is_exit_2_in_one_line_or_with_the_usage(world: World, arguments: list[str]) -> None:
    world.blog("One", "a")
    world.write()
    world.run(*arguments, code=2)
    assert world.said


def test_a_time_without_a_zone_is_local(world: World) -> None:
    blog = world.blog("One")
    world.settings = "timezone: Asia/Tokyo"
    path = world.write([blog])
    path.write_text(path.read_text().replace("timezone: UTC\n", ""))
    done = subprocess.run(
        [sys.executable, "-m", "aggregator", "--config", str(path), "--now", "2026-03-14T16:00", "poll", "--json"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert '"started_at": "2026-03-14T07:00:00Z"' in done.stdout


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_every_help_reads(world: World, command: str) -> None:
    told = world.run(*([command] if command else []), "--help")
    assert told.startswith("Usage: ")
    assert "--config FILE" in told


def test_a_slip_in_a_commands_name_is_told_what_was_meant(world: World) -> None:
    world.run("pol", code=2)
    assert "No such command 'pol'. Did you mean `poll`?" in world.said
    world.run("xyz", code=2)
    assert "mean" not in world.said


def test_the_version(world: World) -> None:
    assert __version__ in world.run("--version")


HEAVY = {
    "aggregator.entries.normalize", "aggregator.fetch", "aggregator.html", "aggregator.public.outputs", "apscheduler",
    "feedgen", "feedparser", "httpx", "jinja2", "lxml", "nh3", "pydantic", "rich", "starlette", "uvicorn",
}  # fmt: skip


def _imported(*arguments: str) -> set[str]:
    """The modules that a process of its own has after a command."""
    code = "import sys; from aggregator.cli import main\ntry: main(sys.argv[1:])\nexcept SystemExit: pass\n"
    code += "print('imported', *sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
    assert done.stdout
    return set(done.stderr.rpartition("imported ")[2].split())


def test_the_help_imports_no_command_and_no_record() -> None:
    had = _imported("--help")
    assert not had & (HEAVY | {"yaml", "sqlite3", "aggregator.records", "aggregator.cli.poll"})


def test_status_and_a_pass_without_news_import_only_what_they_need(world: World) -> None:
    """Neither what cleans texts nor what makes a digest; `status` nothing that reads or writes feeds at all."""
    world.blog("One", "a")
    path = world.write()
    world.poll()
    options = ["--config", str(path), "--now", f"{world.now:%Y-%m-%dT%H:%MZ}"]
    patterns = {"aggregator.entries.conditions", "aggregator.records.digest", "email", "statistics", "tempfile"}
    assert not _imported(*options, "status") & (HEAVY | patterns)
    cleans = {"aggregator.entries.normalize", "aggregator.entries.boilerplate", "feedparser", "pydantic"}
    others = {"aggregator.sealing", "aggregator.service", "apscheduler", "email.policy", "pygments", "rich", "uvicorn"}
    makes = {"aggregator.public.outputs", "aggregator.records.digest", "aggregator.render.feed", "feedgen", "nh3"}
    meets = {"email", "httpx", "lxml", "multiprocessing"}  # dates of answers, odd addresses, documents
    assert not _imported(*options, "poll", "--force", "--json") & (cleans | others | makes | meets)


def test_each_line_of_the_list_of_commands_is_whole() -> None:
    assert all(len(command.line) <= 66 and command.line.endswith(".") for command in COMMANDS.values())
