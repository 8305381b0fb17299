"""How feeds.yaml is laid out: where its lines, items and values really end, and which bytes an edit may touch.

The parser's marks are good for scalars and for what stands in brackets. A block list or map ends, for the parser,
where the next thing begins; here it ends with its last value, so that comments stay with what they stand above.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from aggregator.sources.yaml import Document, Path

_PROPERTIES = re.compile(r"(?:&[^\s,\[\]{}]+\s+)?")
_BLANK_OR_COMMENTS = re.compile(r"(?:\s|#[^\n]*\n)*")
_COMMENT = re.compile(r"([ \t]*)#")
_NO_COMMA = re.compile(r"(?:[^,#]|#[^\n]*(?:\n|\Z))*")
_LINE_END = re.compile(r"\r\n|\n|\r|\Z")


class Cut(NamedTuple):
    """Put `text` in the place of what stands from `start` to `end` (offsets in the document's text)."""

    start: int
    end: int
    text: str = ""


class Unclear(Exception):  # noqa: N818 (it is a finding, not a fault; the caller says what to do by hand)
    """The file is written in a way that no edit can be sure of."""


def apply(text: str, cuts: list[Cut]) -> str:
    """`text` with all cuts made. Raises Unclear when two of them want the same place."""
    ordered = sorted(cuts, key=lambda cut: cut[:2])
    if any(later.start < earlier.end for earlier, later in pairwise(ordered)):
        raise Unclear
    parts, at = [], 0
    for cut in ordered:
        parts += [text[at : cut.start], cut.text]
        at = cut.end
    return "".join([*parts, text[at:]])


@dataclass(frozen=True, slots=True)
class Layout:
    """A document with the answers to where. `sources` is the path of the list of sources."""

    document: Document

    @property
    def text(self) -> str:
        """The document's text."""
        return self.document.text

    @property
    def sources(self) -> Path:
        """The path of the list of sources: the whole file, if it is a bare list."""
        return () if isinstance(self.document.data, list) else ("sources",)

    @property
    def newline(self) -> str:
        """What ends the lines of this file."""
        found = _LINE_END.search(self.text)
        return found[0] if found and found[0] else "\n"

    def data(self, path: Path) -> object:
        """The plain data at `path`; None where there is nothing."""
        found: object = self.document.data
        for step in path:
            if isinstance(found, dict) and isinstance(step, str):
                found = found.get(step)
            elif isinstance(found, list) and isinstance(step, int):
                found = found[step]
            else:
                return None
        return found

    def start(self, path: Path) -> int:
        """Where the value at `path` begins. Raises Unclear for what stands only inside an alias."""
        return self.document.values[self._own(path)].start

    def _own(self, path: Path) -> Path:
        if path not in self.document.values:
            raise Unclear
        return path

    # --- values ----------------------------------------------------------------------------------------------

    def first_sign(self, path: Path) -> str:
        """The first character of the value at `path`, after its anchor; empty where no value is written."""
        span = self.document.values[self._own(path)]
        found = _PROPERTIES.match(self.text, span.start)
        return self.text[found.end() if found else span.start] if span.end > span.start else ""

    def in_brackets(self, path: Path) -> bool:
        """Is the value a list or map in flow style?"""
        return isinstance(self.data(path), list | dict) and self.first_sign(path) in tuple("[{")

    def is_alias(self, path: Path) -> bool:
        """Does an alias stand for the value?"""
        return self.first_sign(path) == "*"

    def colon(self, path: Path) -> int:
        """The place just after the colon of the key that ends `path`."""
        return self.text.index(":", self.document.keys[path].end) + 1

    def end(self, path: Path) -> int:
        """Where the value at `path` really ends."""
        span, data = self.document.values[self._own(path)], self.data(path)
        if span.start == span.end and path in self.document.keys:
            return self.colon(path)
        if self.first_sign(path) in tuple("[{*") or not isinstance(data, list | dict) or not data:
            return span.end
        return self.end((*path, len(data) - 1 if isinstance(data, list) else next(reversed(data))))

    # --- lines -----------------------------------------------------------------------------------------------

    def line_start(self, at: int) -> int:
        """The beginning of the line that holds the offset."""
        return max(self.text.rfind("\n", 0, at), self.text.rfind("\r", 0, at)) + 1

    def line_end(self, at: int) -> int:
        """The end of that line, before its line break."""
        found = _LINE_END.search(self.text, at)
        return found.start() if found else len(self.text)

    def next_line(self, at: int) -> int:
        """The beginning of the line after a value that ends at `at`; a block text ends there already."""
        if at and self.text[at - 1] in "\r\n":
            return at
        found = _LINE_END.search(self.text, at)
        return found.end() if found else len(self.text)

    def indent(self, at: int) -> str:
        """What stands before the offset on its line, if that is nothing but spaces; else Unclear."""
        before = self.text[self.line_start(at) : at]
        if before.strip(" "):
            raise Unclear
        return before

    def begins_line(self, at: int) -> bool:
        """Is there nothing but white space before the offset on its line?"""
        return not self.text[self.line_start(at) : at].strip(" \t")

    def comment_at(self, line: int) -> int | None:
        """The column (from 0) of the comment that is all of the line beginning at `line`; None if it is none."""
        found = _COMMENT.match(self.text, line)
        return len(found[1]) if found else None

    def below(self, line: int, column: int) -> int:
        """Past the comment lines at `line` that are indented deeper than `column`: they go on about what is above."""
        while line < len(self.text) and (self.comment_at(line) or -1) > column:
            line = self.next_line(self.line_end(line))
        return line

    def begins_item(self, line: int, column: int) -> bool:
        """Does an item of a block list whose dashes stand in this column (from 0) begin on the line?"""
        return self.text.startswith(" " * column + "-", line)

    def dash(self, path: Path) -> int:
        """Where the dash of a block list's item stands; Unclear when something else is on its line before it."""
        start, first = self.start(path), self.start(path[:-1])
        at = self.text.rfind("-", first, start)
        while at >= 0:
            if _BLANK_OR_COMMENTS.fullmatch(self.text, at + 1, start) and self.begins_line(at):
                return at
            at = self.text.rfind("-", first, at)
        raise Unclear

    def has_comment(self, start: int, end: int) -> bool:
        """May a comment stand between these offsets? In doubt it may."""
        return "#" in self.text[start:end]

    def comma(self, start: int, end: int) -> int | None:
        """The first comma between two offsets that is not in a comment."""
        found = _NO_COMMA.match(self.text, start, end)
        at = found.end() if found else end
        return at if at < end and self.text[at] == "," else None
