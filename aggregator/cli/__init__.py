"""The command `aggregator`: the only reader of argv and the real clock; here errors become exit codes."""

from __future__ import annotations

import importlib
import os
import sys
from typing import TYPE_CHECKING, Any

import click

from aggregator import __version__
from aggregator.cli.options import common, settings
from aggregator.errors import AggregatorError

if TYPE_CHECKING:
    from aggregator.parse.pool import Pool

# command -> the module that holds it; imported only when it is used, or named in the help
COMMANDS = {
    "run": "run",
    "poll": "poll",
    "digest": "digest",
    "publish": "publish",
    "check": "check",
    "add": "add",
    "remove": "edit",
    "pause": "edit",
    "resume": "edit",
    "set": "edit",
    "import": "opml",
    "export": "opml",
    "init": "init",
    "status": "status",
    "doctor": "doctor",
    "explain": "explain",
    "search": "search",
    "hide": "withdraw",
    "forget": "withdraw",
    "quarantine": "quarantine",
    "backup": "backup",
    "restore": "backup",
    "move-store": "move",
    "parse": "parse",
}


class _Lazy(click.Group):
    """A group in the order of COMMANDS that imports a command's module when it needs it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"aggregator.cli.{COMMANDS[cmd_name]}")
        name = cmd_name.replace("-", "_")
        name = name if hasattr(module, name) else f"{name}_"  # `set` and `import` are Python's words
        command: click.Command = getattr(module, name)
        return command

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
