"""A key of a source in feeds.yaml: another value in its place, or a new key below the others."""

from __future__ import annotations

from aggregator.sources.layout import Cut, Layout, Unclear
from aggregator.sources.removal import key_removed
from aggregator.sources.scalars import as_yaml
from aggregator.sources.yaml import Path


def changed(layout: Layout, index: int, key: str, value: object) -> list[Cut]:
    """The cuts that give the source this value of the key; None takes the key out."""
    source = (*layout.sources, index)
    if isinstance(layout.data(source), str):
        return [] if value is None else _first_key(layout, source, key, value)
    if not isinstance(layout.data(source), dict) or layout.is_alias(source):
        raise Unclear
    if (*source, key) not in layout.document.keys:
        return [] if value is None else [_new_key(layout, source, key, value)]
    if value is None:
        return _without(layout, index, key)
    return _other_value(layout, (*source, key), value)


def _first_key(layout: Layout, source: Path, key: str, value: object) -> list[Cut]:
    """An address alone becomes a map, or another address."""
    start, end = layout.start(source), layout.end(source)
    if key == "url":
        return [
            Cut(start, end, as_yaml(value, inside=layout.in_brackets(layout.sources), quote=_quote(layout, source)))
        ]
    if layout.in_brackets(layout.sources):
        return [Cut(start, start, "{url: "), Cut(end, end, f", {key}: {as_yaml(value, inside=True)}}}")]
    at, column = layout.line_end(end), start - layout.line_start(start)
    return [Cut(start, start, "url: "), Cut(at, at, f"{layout.newline}{' ' * column}{key}: {as_yaml(value)}")]


def _new_key(layout: Layout, source: Path, key: str, value: object) -> Cut:
    end = layout.end(source)
    if layout.in_brackets(source):
        last = layout.end((*source, next(reversed(layout.data(source)))))  # type: ignore[call-overload]
        return Cut(last, last, f", {key}: {as_yaml(value, inside=True)}")
    first = layout.document.keys[*source, next(iter(layout.data(source)))].start  # type: ignore[call-overload]
    line = f"{' ' * (first - layout.line_start(first))}{key}: {as_yaml(value)}"
    if layout.next_line(end) == end:  # a block text ended the line
        return Cut(end, end, line + layout.newline)
    return Cut(layout.line_end(end), layout.line_end(end), layout.newline + line)


def _other_value(layout: Layout, path: Path, value: object) -> list[Cut]:
    start, end, colon = layout.start(path), layout.end(path), layout.colon(path)
    inside = layout.in_brackets(path[:-1])
    if start == layout.document.values[path].end:
        return [Cut(colon, colon, f" {as_yaml(value, inside=inside)}")]
    written = as_yaml(value, inside=inside, quote=_quote(layout, path))
    if isinstance(layout.data(path), list | dict) and not layout.in_brackets(path) and not layout.is_alias(path):
        return _in_place_of_lines(layout, path, value, written)
    if layout.first_sign(path) in ("|", ">"):
        if layout.has_comment(start, layout.line_end(start)):
            raise Unclear
        return [Cut(start, end, written + (layout.newline if layout.next_line(end) == end else ""))]
    if isinstance(layout.data(path), list | dict) and layout.has_comment(start, end):
        raise Unclear
    return [Cut(start, end, written)]


def _in_place_of_lines(layout: Layout, path: Path, value: object, written: str) -> list[Cut]:
    """In the place of a block list or map: again one where that is possible."""
    start, end, colon = layout.start(path), layout.end(path), layout.colon(path)
    if layout.has_comment(start, end):
        raise Unclear
    if isinstance(layout.data(path), list) and isinstance(value, list | tuple) and value:
        dash = layout.dash((*path, 0))
        rows = (f"- {as_yaml(one)}" for one in value)
        return [Cut(dash, end, f"{layout.newline}{layout.indent(dash)}".join(rows))]
    first = layout.line_start(start)
    return [Cut(colon, colon, f" {written}"), Cut(first, layout.next_line(end))]


def _without(layout: Layout, index: int, key: str) -> list[Cut]:
    """The key goes; an address that is left alone is a line again, unless the file writes such sources as maps."""
    source, span = (*layout.sources, index), layout.document.values[*layout.sources, index]
    items = layout.data(layout.sources)
    maps = isinstance(items, list) and any(isinstance(item, dict) and list(item) == ["url"] for item in items)
    left = [name for name in layout.data(source) if name != key]  # type: ignore[attr-defined]
    if left != ["url"] or maps:
        return key_removed(layout, source, key)
    at, value, end = layout.document.keys[*source, "url"].start, layout.start((*source, "url")), layout.end(source)
    if layout.in_brackets(source):
        is_short = layout.in_brackets(layout.sources) and not layout.has_comment(span.start, span.end)
        address = layout.text[value : layout.end((*source, "url"))]
        return [Cut(span.start, end, address)] if is_short else key_removed(layout, source, key)
    is_short = not layout.text[at:value].removeprefix("url:").strip(" ")
    return [*key_removed(layout, source, key), *([Cut(at, value)] if is_short else [])]


def _quote(layout: Layout, path: Path) -> str:
    sign = layout.first_sign(path)
    return sign if sign in ("'", '"') else ""
