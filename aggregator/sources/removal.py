"""Out of feeds.yaml: a source, or a key of one, with the comments that belong to it and to nothing else."""

from __future__ import annotations

import re

from aggregator.sources.layout import Cut, Layout, Unclear
from aggregator.sources.yaml import Path

_HEADING = re.compile(r"#.*(?:[-=#*~_+]{3}|^# *- )|# *-(?: |$)")


def removed(layout: Layout, index: int) -> list[Cut]:
    """The cuts that take the source out.

    With it go the comment at the end of its line and deeper comment lines below it. A block of comment lines
    directly above goes only where it can belong to nothing else: not at the head of the list, not where another
    source follows on the next line, not what looks like a heading or like a source that was commented out.
    """
    path = layout.sources
    item, items = (*path, index), layout.data(path)
    if not isinstance(items, list) or layout.is_alias(path):
        raise Unclear
    if layout.in_brackets(path):
        return [_from_brackets(layout, path, index, len(items))]
    dash = layout.dash(item)
    indent = layout.indent(dash)
    end = layout.below(layout.next_line(layout.end(item)), len(indent))
    start = _own_comments(layout, index, layout.line_start(dash), end, len(indent))
    if len(items) > 1:
        return [_lines(layout, start, end)]
    if path:
        return [Cut(layout.colon(path), layout.colon(path), " []"), _lines(layout, start, end)]
    return [Cut(start, end, "[]" + (layout.newline if layout.text[end - 1] in "\r\n" else ""))]


def key_removed(layout: Layout, source: Path, key: str) -> list[Cut]:
    """The cuts that take a key out of a source that is a map."""
    keys = list(layout.data(source))  # type: ignore[call-overload]
    number, at = keys.index(key), layout.document.keys[*source, key].start
    end = layout.end((*source, key))
    if layout.in_brackets(source):
        before = layout.end((*source, keys[number - 1])) if number else layout.start(source)
        following = layout.document.keys[*source, keys[number + 1]].start if number + 1 < len(keys) else None
        return [_element(layout, at, end, before, following, layout.document.values[source].end - 1)]
    if layout.begins_line(at):
        return [_lines(layout, layout.line_start(at), layout.next_line(end))]
    if number + 1 == len(keys):
        raise Unclear
    following = layout.document.keys[*source, keys[number + 1]].start
    if layout.has_comment(end, following):
        raise Unclear
    return [Cut(at, following)]


def _lines(layout: Layout, start: int, end: int) -> Cut:
    """Whole lines; of the last line of a file without a line break at its end, the one before instead."""
    text = layout.text
    if end == len(text) and end and text[-1] not in "\r\n" and start:
        return Cut(start - (2 if text[start - 2 : start] == "\r\n" else 1), end)
    return Cut(start, end)


def _own_comments(layout: Layout, index: int, line: int, end: int, column: int) -> int:
    """Where the comment block above that belongs to this source alone begins; `line` where there is none."""
    if index == 0 or layout.begins_item(end, column):
        return line
    first = line
    while first and layout.comment_at(layout.line_start(first - 1)) == column:
        above = layout.line_start(first - 1)
        if _HEADING.search(layout.text, above + column, layout.line_end(above)):
            break
        first = above
    return first


def _from_brackets(layout: Layout, path: Path, index: int, count: int) -> Cut:
    item = (*path, index)
    before = layout.end((*path, index - 1)) if index else layout.start(path)
    following = layout.start((*path, index + 1)) if index + 1 < count else None
    return _element(
        layout, layout.start(item), layout.end(item), before, following, layout.document.values[path].end - 1
    )


def _element(layout: Layout, start: int, end: int, before: int, following: int | None, close: int) -> Cut:
    """One element between brackets with its comma: the whole line, where it stands alone on one."""
    text = layout.text
    comma = layout.comma(end, close if following is None else following)
    after = end if comma is None else comma + 1
    rest = text[after : layout.line_end(after)].strip(" \t")
    if layout.begins_line(start) and (not rest or rest.startswith("#")) and layout.line_end(after) < close:
        return Cut(layout.line_start(start), layout.next_line(layout.line_end(after)))
    if comma is None and (earlier := layout.comma(before, start)) is not None:
        return Cut(earlier, end) if not layout.has_comment(earlier, start) else Cut(start, end)
    return Cut(start, after + len(text[after:]) - len(text[after:].lstrip(" ")) if comma is not None else after)
