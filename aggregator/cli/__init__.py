"""The command `aggregator`: the only reader of argv and the real clock; here errors become exit codes."""

from __future__ import annotations

import importlib
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from aggregator import __version__
from aggregator.cli.options import common, settings
from aggregator.errors import AggregatorError

if TYPE_CHECKING:
    from aggregator.parse.pool import Pool


@dataclass(frozen=True, slots=True)
class Named:
    """A command: the module that holds it, imported only when it is used, and its line in the list of commands."""

    module: str
    line: str


COMMANDS = {
    "run": Named("run", "Poll on schedule, publish, seal each digest, serve the pages."),
    "poll": Named("poll", "Poll once what is due, publish, exit: for cron and CI."),
    "digest": Named("digest", "Seal and write the digest that is due; print or preview one."),
    "publish": Named("publish", "Write every output file again from the store, no network."),
    "check": Named("check", "Validate feeds.yaml; every mistake at once, with its line."),
    "add": Named("add", "Find the feed behind a URL and add it to feeds.yaml."),
    "remove": Named("edit", "Take a source out of feeds.yaml."),
    "pause": Named("edit", "Stop polling a source; what is stored stays."),
    "resume": Named("edit", "Poll a source again."),
    "set": Named("edit", "Give keys of a source a value."),
    "import": Named("opml", "Add the feeds of an OPML list to feeds.yaml."),
    "export": Named("opml", "Write the sources as OPML to stdout."),
    "init": Named("init", "Write a starter feeds.yaml, and its schema for editors."),
    "status": Named("status", "Show each source's health, what needs attention first."),
    "doctor": Named("doctor", "Check disk, store, clock, TLS, outputs; propose edits."),
    "explain": Named("explain", "Tell the path of one entry, from its feed to its digest."),
    "search": Named("search", "Find entries that have all words, backlog included."),
    "hide": Named("withdraw", "Never show an entry again."),
    "forget": Named("withdraw", "Let go of an entry at its publisher's wish."),
    "quarantine": Named("quarantine", "List what was held as a flood; release or drop it."),
    "backup": Named("backup", "Copy the store to a file, also while aggregator runs."),
    "restore": Named("backup", "Put the store of a backup in the place of the present one."),
    "move-store": Named("move", "Copy the store to another place, SQLite or PostgreSQL."),
    "worker": Named("worker", "Poll for a store in PostgreSQL, one of many."),
    "parse": Named("parse", "Show what the parser makes of a document."),
}


class _Lazy(click.Group):
    """A group in the order of COMMANDS that imports a command's module when it needs it, and none for the help."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"aggregator.cli.{COMMANDS[cmd_name].module}")
        name = cmd_name.replace("-", "_")
        name = name if hasattr(module, name) else f"{name}_"  # `set` and `import` are Python's words
        command: click.Command = getattr(module, name)
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """The command of that name, or the one that was probably meant."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from difflib import get_close_matches

            close = get_close_matches(args[0], COMMANDS, 1)
            meant = f" Did you mean `{close[0]}`?" if close else ""
            raise click.UsageError(error.message + meant, ctx) from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, command.line) for name, command in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what it cannot do is a line of the log, and its class's exit code."""
        try:
            return super().invoke(ctx)
        except AggregatorError as error:
            settings().say(str(error), level="error", event="error")
            ctx.exit(error.exit_code)


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="aggregator")
@common
def aggregator() -> None:
    """Poll future-of-work blogs, merge them into one feed, write a daily digest that ends.

    `aggregator run` does it all and serves the result on http://127.0.0.1:8080; `aggregator poll` and
    `aggregator digest` do one pass and one digest, for cron. The sources stand in feeds.yaml.
    """


def main(arguments: list[str] | None = None, *, pool: Pool | None = None) -> None:
    """Run the command line; every AggregatorError prints its line and ends with its class's exit code.

    `pool`: workers that outlive the command, for a caller that runs many.
    """
    try:
        ended = aggregator(arguments, standalone_mode=False, obj=pool)
        if isinstance(ended, int):  # what a command gave to Context.exit
            sys.exit(ended)
    except AggregatorError as error:
        click.echo(str(error), err=True)
        sys.exit(error.exit_code)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.exceptions.Exit as error:
        sys.exit(error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:  # the reader of our output went away, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
