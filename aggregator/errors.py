"""The error tree: one class for each reaction, each printing one line.

AggregatorError
  ConfigError      feeds.yaml or an option is wrong; nothing was touched   exit 2
  SourceError      one source failed; recorded, the others go on           no exit
    FetchError     the GET brought no usable response
    ParseError     the response is not a feed
  StoreError       the store cannot be used                                exit 3
    StoreBroken    it broke while it was open: the next start makes it anew
  PublishError     an output file cannot be written                        exit 4
  AlreadyRunning   another instance writes                                 exit 5
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


class AggregatorError(Exception):
    """The root: its text is one line that says what, where and what to do."""

    exit_code: ClassVar[int] = 1


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in a configuration file; `line` and `column` count from 1, 0 means the whole file."""

    file: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return f"{where}: {self.message}"


class ConfigError(AggregatorError):
    """The configuration is wrong; carries every mistake at once, in file order."""

    exit_code = 2

    def __init__(self, *problems: Problem | str) -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))


class SourceError(AggregatorError):
    """One source failed: data to record, never a reason to stop the pass.

    `kind` is a short stable word that policy may test (`dns`, `connect`, `tls`, `timeout`, `http`, `body`,
    `redirect`, `refused`, `html`, `not_feed`, `limit`, `auth`, `busy`, `trust`); the text is for people.
    """

    def __init__(self, kind: str, message: str) -> None:
        self.kind = kind
        super().__init__(message)


class FetchError(SourceError):
    """The GET brought no usable response."""


class ParseError(SourceError):
    """The response is not a feed, or not one that may be read within the limits."""


class StoreError(AggregatorError):
    """The store cannot be opened, read or written."""

    exit_code = 3


class StoreBroken(StoreError):  # noqa: N818 (a reaction of its own to the same thing)
    """The file of the store broke, or was taken away, while it was open; the next start makes a new one of it."""


class PublishError(AggregatorError):
    """An output file cannot be written; the last good one stays."""

    exit_code = 4


class AlreadyRunning(AggregatorError):  # noqa: N818 (it is a state, and the house's word for it)
    """Another instance writes to the same store."""

    exit_code = 5
