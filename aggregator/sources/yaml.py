"""feeds.yaml as bytes -> plain data that knows where each part stands. The only door to PyYAML.

Read are the core rules of YAML 1.2 (section 10.3.2 of its specification): `true`, `false`, `null`, numbers, and all
else is text, so that `NO`, `off`, `12:30` and `1_000` stay what was written. Keys are always text. Tags (`!!python`)
and merge keys (`<<`) are refused. The parser's events are put together here, in a loop and within bounds, because
PyYAML's own composer recurses once for each level: a deep or a self-multiplying file gets one clear error.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple

import yaml

from aggregator.errors import ConfigError, Problem
from aggregator.sources.text import decode, explain

Path = tuple[str | int, ...]
"""Where a value stands in the data, such as `("sources", 3, "every")`."""

_DEEPEST = 32
_MOST_NODES = 300_000
_MOST_COPIES = 20_000
_LOADER = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader

_CONSTANTS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_NUMBER_STARTS = frozenset("+-.0123456789")
_INTEGER = re.compile(r"[-+]?[0-9]{1,100}|0o[0-7]{1,100}|0x[0-9a-fA-F]{1,100}", re.ASCII)
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)
_SPECIAL = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")


class Span(NamedTuple):
    """Where something stands: line and column from 1, `start` and `end` as offsets in the document's text.

    The end of a block list or map is where the next thing begins: comments after it are inside.
    """

    line: int
    column: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Document:
    """A file that is well-formed: its text (without byte order mark), its data, and where keys and values stand.

    `keys` and `values` go by path. What an alias stands for has no places of its own but that of the alias.
    `problems` are mistakes beside which the rest can still be judged: keys that stand twice.
    """

    text: str
    data: object
    keys: dict[Path, Span]
    values: dict[Path, Span]
    problems: tuple[Problem, ...] = ()

    def value_at(self, path: Path) -> Span:
        """The place of the value at `path`, or of the nearest thing around it."""
        while path and path not in self.values:
            path = path[:-1]
        return self.values.get(path, Span(1, 1, 0, 0))

    def key_at(self, path: Path) -> Span:
        """The place of the key that ends `path`, or of its value where it has none."""
        return self.keys.get(path) or self.value_at(path)

    def column_in(self, path: Path, value: str, offset: int) -> int | None:
        """The column of the character `offset` of the text `value` at `path`; None if it was not written plainly."""
        span = self.value_at(path)
        for start in (span.start, span.start + 1):
            if self.text.startswith(value, start) and "\n" not in value:
                return span.column + (start - span.start) + offset
        return None


def parse(data: bytes, file: str) -> Document:
    """Read YAML. Raises ConfigError with one Problem, naming `file`, where it is no well-formed YAML or too much of it.

    An empty file has the data None.
    """
    text = decode(data, file)
    builder = _Builder(file)
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        raise ConfigError(explain(error.problem or "", _places(error), text, file, builder.quote)) from None
    except yaml.YAMLError as error:
        raise ConfigError(Problem(file, 0, 0, " ".join(str(error).split()))) from None
    return Document(text, builder.root, builder.keys, builder.values, tuple(builder.problems))


def _places(error: yaml.MarkedYAMLError) -> tuple[tuple[int, int], tuple[int, int]]:
    """Line and column from 1 of the mistake, and of the beginning of what it spoils."""
    at = error.problem_mark or error.context_mark
    began = error.context_mark or at
    if at is None or began is None:
        return (1, 1), (1, 1)
    return (at.line + 1, at.column + 1), (began.line + 1, began.column + 1)


@dataclass(slots=True)
class _Frame:
    """A list or map that is being read: its path, the anchor it has, how many nodes stood before it."""

    data: list[object] | dict[str, object]
    path: Path
    anchor: str | None
    before: int
    span: Span
    key: str | None = None


@dataclass(slots=True)
class _Anchor:
    value: object
    nodes: int


@dataclass(slots=True)
class _Builder:
    """Puts events together; every node is counted, those that aliases repeat as often as they are repeated."""

    file: str
    root: object = None
    keys: dict[Path, Span] = field(default_factory=dict)
    values: dict[Path, Span] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    quote: tuple[tuple[int, int], int] | None = None
    _stack: list[_Frame] = field(default_factory=list)
    _anchors: dict[str, _Anchor | None] = field(default_factory=dict)
    _nodes: int = 0
    _copies: int = 0
    _documents: int = 0

    def take(self, event: yaml.Event) -> None:
        """One event of the parser."""
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._open(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._close(event)
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event)
        elif isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                raise self._wrong(event, "a second document begins here (`---`); one file holds one")

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        self._check(event)
        self._note_quote(event)
        frame = self._stack[-1] if self._stack else None
        if frame and isinstance(frame.data, dict) and frame.key is None:
            self._take_key(frame, event)
            return
        value = _resolve(event.value) if event.implicit[0] else event.value
        if event.anchor:
            self._anchors[event.anchor] = _Anchor(value, 1)
        self._place(value, _span(event))

    def _note_quote(self, event: yaml.ScalarEvent) -> None:
        """A text in quotes over several lines: often one whose closing quote was forgotten, up to the next one."""
        self.quote, start, end = None, event.start_mark, event.end_mark
        if event.style in ("'", '"') and start is not None and end is not None and end.line > start.line:
            self.quote = (start.line + 1, start.column + 1), end.line + 1

    def _take_key(self, frame: _Frame, event: yaml.ScalarEvent) -> None:
        key = event.value
        if key == "<<" and event.implicit[0]:
            raise self._wrong(event, "merge keys (`<<`) are not read; what all sources share goes under `defaults:`")
        path = (*frame.path, key)
        if path in self.keys and key in frame.data:
            message = f"`{key}` stands here twice, before this on line {self.keys[path].line}; keep one"
            self.problems.append(self._problem(event, message))
        self.keys[path] = _span(event)
        frame.key = key

    def _open(self, event: yaml.CollectionStartEvent) -> None:
        self._check(event)
        if len(self._stack) >= _DEEPEST:
            raise self._wrong(event, f"lists and maps stand more than {_DEEPEST} deep inside each other here")
        frame = self._stack[-1] if self._stack else None
        if frame and isinstance(frame.data, dict) and frame.key is None:
            raise self._wrong(event, "a key must be text, not a list or map; put it in quotes if it begins with [ or {")
        data: list[object] | dict[str, object] = [] if isinstance(event, yaml.SequenceStartEvent) else {}
        path = self._next_path()
        if event.anchor:
            self._anchors[event.anchor] = None
        self._stack.append(_Frame(data, path, event.anchor, self._nodes - 1, _span(event)))

    def _close(self, event: yaml.CollectionEndEvent) -> None:
        frame = self._stack.pop()
        if frame.anchor:
            self._anchors[frame.anchor] = _Anchor(frame.data, self._nodes - frame.before)
        self._place(frame.data, Span(*frame.span[:3], _span(event).end))

    def _alias(self, event: yaml.AliasEvent) -> None:
        name = event.anchor or ""
        if name not in self._anchors:
            raise self._wrong(event, f"`*{name}` is an alias in YAML; for a text put it in quotes")
        anchor = self._anchors[name]
        if anchor is None:
            raise self._wrong(event, f"`*{name}` would stand inside itself")
        frame = self._stack[-1]
        if isinstance(frame.data, dict) and frame.key is None:
            raise self._wrong(event, "an alias cannot be a key")
        self._nodes += anchor.nodes
        self._copies += anchor.nodes
        if self._copies > _MOST_COPIES:
            raise self._wrong(event, f"aliases repeat more than {_MOST_COPIES:,} values; write them out")
        self._place(anchor.value, _span(event))

    def _next_path(self) -> Path:
        if not self._stack:
            return ()
        frame = self._stack[-1]
        return (*frame.path, len(frame.data) if isinstance(frame.data, list) else frame.key or "")

    def _place(self, value: object, span: Span) -> None:
        self.values[self._next_path()] = span
        if not self._stack:
            self.root = value
            return
        frame = self._stack[-1]
        if isinstance(frame.data, list):
            frame.data.append(value)
        else:
            frame.data[frame.key or ""] = value
            frame.key = None

    def _check(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> None:
        self._nodes += 1
        if event.tag:
            raise self._wrong(event, "tags (`!`) are not read; put a text that begins with `!` in quotes")
        if self._nodes > _MOST_NODES:
            raise self._wrong(event, f"this file holds more than {_MOST_NODES:,} values")

    def _problem(self, event: yaml.Event, message: str) -> Problem:
        span = _span(event)
        return Problem(self.file, span.line, span.column, message)

    def _wrong(self, event: yaml.Event, message: str) -> ConfigError:
        return ConfigError(self._problem(event, message))


def _span(event: yaml.Event) -> Span:
    start, end = event.start_mark, event.end_mark
    if start is None or end is None:
        return Span(1, 1, 0, 0)
    return Span(start.line + 1, start.column + 1, start.index, end.index)


def _resolve(text: str) -> object:
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if text[0] not in _NUMBER_STARTS:
        return text
    if _INTEGER.fullmatch(text):
        return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
    if _SPECIAL.fullmatch(text):
        return float(text.replace(".", "", 1))
    return float(text) if _FLOAT.fullmatch(text) else text
