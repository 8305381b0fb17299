"""New sources into feeds.yaml: at the end of the list, in the style of the source that stands last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aggregator.sources.layout import Cut, Layout, Unclear
from aggregator.sources.scalars import as_yaml, text_as_yaml
from aggregator.sources.yaml import Path

Keys = Mapping[str, object]
"""What a source says, `url` first."""


def added(layout: Layout, sources: Sequence[Keys]) -> list[Cut]:
    """The cuts that put `sources` at the end of the list. Raises Unclear where the list's end cannot be told."""
    path, document = layout.sources, layout.document
    if document.data is None:
        return [_last_line(layout, "", ["sources:", *_lines(layout, "  ", sources)])]
    if not isinstance(document.data, list | dict):
        raise Unclear
    if path and path not in document.keys:
        return _new_list(layout, sources)
    items = layout.data(path)
    if layout.is_alias(path) or not isinstance(items, list | None):
        raise Unclear
    if not items:
        return _first(layout, path, sources)
    if layout.in_brackets(path):
        return _in_brackets(layout, path, len(items), sources)
    return [_below(layout, path, len(items), sources)]


# --- where no source is yet ----------------------------------------------------------------------------------


def _new_list(layout: Layout, sources: Sequence[Keys]) -> list[Cut]:
    """The key `sources:` as the last of the file."""
    if layout.in_brackets(()):
        return [_last_key(layout, f"sources: [{_among(layout, sources)}]")]
    indent = layout.indent(next(iter(layout.document.keys.values())).start)
    return [_last_line(layout, indent, ["sources:", *_lines(layout, f"{indent}  ", sources)])]


def _last_key(layout: Layout, text: str) -> Cut:
    """Into a file that is one map between brackets."""
    data = layout.document.data
    if isinstance(data, dict) and data:
        end = layout.end((next(reversed(data)),))
        return Cut(end, end, f", {text}")
    opening = layout.text.index("{", layout.start(())) + 1
    return Cut(opening, opening, text)


def _last_line(layout: Layout, indent: str, lines: list[str]) -> Cut:
    """Lines after everything that is written; the first gets the indent of the keys of the file."""
    data = layout.data(())
    at = layout.next_line(layout.end((next(reversed(data)),))) if isinstance(data, dict) and data else len(layout.text)
    return _as_lines(layout, at, [indent + lines[0], *lines[1:]])


def _first(layout: Layout, path: Path, sources: Sequence[Keys]) -> list[Cut]:
    """Into a list that is there and empty: `[]`, `null`, or nothing after the colon."""
    span = layout.document.values[path]
    if layout.first_sign(path) == "[":
        opening = layout.text.index("[", span.start) + 1
        return [Cut(opening, opening, _among(layout, sources))]
    if span.start < span.end or not path:
        return [Cut(span.start, span.end, f"[{_among(layout, sources)}]")]
    if layout.in_brackets(()):
        return [Cut(layout.colon(path), layout.colon(path), f" [{_among(layout, sources)}]")]
    key = layout.document.keys[path].start
    indent = layout.indent(key)
    below = layout.below(layout.next_line(layout.line_end(key)), len(indent))
    return [_as_lines(layout, below, _lines(layout, f"{indent}  ", sources))]


# --- after the last source -----------------------------------------------------------------------------------


def _below(layout: Layout, path: Path, count: int, sources: Sequence[Keys]) -> Cut:
    """Below the last item of a block list, and below what deeper comments say of it."""
    last = (*path, count - 1)
    dash = layout.dash(last)
    indent = layout.indent(dash)
    at = layout.below(layout.next_line(layout.end(last)), len(indent))
    lines = _lines(layout, indent, sources, like=last)
    return _as_lines(layout, at, [row for line in lines for row in ("", line)] if _is_airy(layout, path) else lines)


def _is_airy(layout: Layout, path: Path) -> bool:
    """Does a blank line, and nothing else, stand between the last sources?"""
    count = len(layout.data(path))  # type: ignore[arg-type]
    gaps = []
    for number in range(max(1, count - 3), count):
        before = layout.next_line(layout.end((*path, number - 1)))
        gaps.append(layout.text[before : layout.line_start(layout.dash((*path, number)))])
    return bool(gaps) and all(gap and not gap.strip() for gap in gaps)


def _in_brackets(layout: Layout, path: Path, count: int, sources: Sequence[Keys]) -> list[Cut]:
    """After the last item between brackets; on a line of its own, if that item has one."""
    last = (*path, count - 1)
    start, end, close = layout.start(last), layout.end(last), layout.document.values[path].end - 1
    if not layout.begins_line(start) or "\n" not in layout.text[end:close]:
        return [Cut(end, end, f", {_among(layout, sources, like=last)}")]
    comma = layout.comma(end, close)
    indent, line_end = layout.indent(start), layout.line_end(end if comma is None else comma)
    rows = [f"{layout.newline}{indent}{_among(layout, [one], like=last)}" for one in sources]
    if comma is None:
        return [Cut(end, end, ","), Cut(line_end, line_end, ",".join(rows))]
    return [Cut(line_end, line_end, "".join(f"{row}," for row in rows))]


def _as_lines(layout: Layout, at: int, lines: list[str]) -> Cut:
    """Whole lines at the beginning of a line; a file whose last line has no end keeps it so."""
    text = layout.newline.join(lines)
    if at == len(layout.text) and at and layout.text[-1] not in "\r\n":
        return Cut(at, at, layout.newline + text)
    return Cut(at, at, text + layout.newline)


# --- the form of a source ------------------------------------------------------------------------------------


def _lines(layout: Layout, indent: str, sources: Sequence[Keys], like: Path | None = None) -> list[str]:
    """One text for each source, which may hold line breaks: an address alone, or a map with a line for each key."""
    gap, form, quote = _form(layout, like)
    return [_line(layout.newline, indent, gap, form, quote, source) for source in sources]


def _line(newline: str, indent: str, gap: str, form: str, quote: str, source: Keys) -> str:
    if form == "brackets":
        return f"{indent}-{gap}{as_yaml(source)}"
    if form == "text" and len(source) == 1:
        return f"{indent}-{gap}{text_as_yaml(str(source['url']), quote=quote)}"
    rows = (f"{key}: {as_yaml(value, quote=quote if key == 'url' else '')}" for key, value in source.items())
    return f"{indent}-{gap}" + f"{newline}{indent} {' ' * len(gap)}".join(rows)


def _among(layout: Layout, sources: Sequence[Keys], like: Path | None = None) -> str:
    """Sources as they stand between brackets."""
    _, form, quote = _form(layout, like)
    plain = form == "text"
    return ", ".join(
        text_as_yaml(str(source["url"]), inside=True, quote=quote)
        if plain and len(source) == 1
        else as_yaml(source, inside=True)
        for source in sources
    )


def _form(layout: Layout, like: Path | None) -> tuple[str, str, str]:
    """Gap after the dash, form of a source (text, map, brackets), quotes around its address: as `like` has them."""
    if like is None or layout.is_alias(like):
        return " ", "text", ""
    is_map = isinstance(layout.data(like), dict)
    address = (*like, "url") if is_map else like
    sign = layout.first_sign(address) if address in layout.document.values else ""
    form = ("brackets" if layout.in_brackets(like) else "map") if is_map else "text"
    return _gap(layout, like), form, sign if sign in ("'", '"') else ""


def _gap(layout: Layout, item: Path) -> str:
    """The spaces between the dash and what follows; one where it follows on another line."""
    start = layout.start(item)
    before = layout.text[layout.line_start(start) : start]
    spaces = len(before) - len(before.rstrip(" "))
    return " " * spaces if before.strip() == "-" and spaces else " "
