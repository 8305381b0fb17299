"""The conditions of filters: `any has "minister, regulation*" and not source = "Example"`.

    condition = all { "or" all }            all  = part { "and" part }
    part      = "not" part | "(" condition ")" | test
    test      = FIELD "~" VALUE             regular expression found in it (RE2: linear time), case ignored
              | FIELD "has" VALUE           one of these words, "phrases" or stems* stands in it (see `words`)
              | FIELD ("=" | "!=") VALUE    all of it, case and white space ignored
              | "age" ("<" | "<=" | ">" | ">=") DURATION
    VALUE     = "..." | '...' | plain words up to `and`, `or`, `)` or the end

In quotes a backslash before the same quote stands for the quote; every other backslash is the regular expression's.
Several values (categories, tags, `any`) pass a test if one of them does; `!=` is always the contrary of `=`.
"""

from __future__ import annotations

import difflib
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import re2

from aggregator.entries.durations import parse_duration
from aggregator.entries.words import Folded, compile_words, fold

TEXT_FIELDS = ("title", "any", "content", "author", "url", "category", "source", "tag", "language")
FIELDS = (*TEXT_FIELDS, "age")

_LONGEST = 4_000
_DEEPEST = 30
_MEANT = {"text": "content", "body": "content", "summary": "content", "link": "url", "lang": "language",
          "date": "age", "published": "age", "categories": "category", "tags": "tag", "feed": "source"}  # fmt: skip
_COMPARISONS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}

_SPACE = re.compile(r"\s*")
_NAME = re.compile(r"[^\W\d]\w*")
_LETTER = re.compile(r"\w")
_OPERATOR = re.compile(r"~|!=|==?|<=|>=|<|>|has\b", re.IGNORECASE)
_JOINER = re.compile(r"(?:and|or)\b", re.IGNORECASE)
_BARE = re.compile(r"[^\s()\"']+")
_QUOTED = {'"': re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL), "'": re.compile(r"'((?:[^'\\]|\\.)*)'", re.DOTALL)}


class FilterError(ValueError):
    """A condition that cannot be read: `message` says what was meant, `column` counts from 1 within it."""

    def __init__(self, message: str, column: int) -> None:
        self.message = message
        self.column = column
        super().__init__(f"{message} (column {column} of the condition)")


@dataclass(frozen=True, slots=True)
class Facts:
    """What conditions may ask about one entry; `content` is plain text, `tags` are the user's, times are aware UTC."""

    title: str = ""
    content: str = ""
    author: str = ""
    url: str = ""
    categories: tuple[str, ...] = ()
    source: str = ""
    tags: tuple[str, ...] = ()
    language: str = ""
    published: datetime | None = None
    now: datetime | None = None


@dataclass(slots=True)
class Reading:
    """Facts while rules are applied to them: tags may be added, and nothing is folded or encoded twice."""

    facts: Facts
    tags: list[str]
    _folded: dict[str, Folded] = field(default_factory=dict)

    def values(self, name: str) -> tuple[str, ...]:
        """The texts that the field `name` stands for."""
        facts = self.facts
        match name:
            case "any":
                return (facts.title, facts.content, facts.author, *facts.categories)
            case "category":
                return facts.categories
            case "tag":
                return tuple(self.tags)
            case _:
                return (str(getattr(facts, name)),)

    def folded(self, text: str) -> Folded:
        """`text` as word patterns need it."""
        if text not in self._folded:
            self._folded[text] = fold(text)
        return self._folded[text]

    @property
    def age(self) -> timedelta | None:
        """How old the entry is, if that is known."""
        if self.facts.published is None or self.facts.now is None:
            return None
        return self.facts.now - self.facts.published


Test = Callable[[Reading], bool]


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition made ready: `text` as written, `test` what it asks."""

    text: str
    test: Test

    def matches(self, facts: Facts) -> bool:
        """The condition holds for `facts`."""
        return self.test(Reading(facts, list(facts.tags)))


def parse_condition(text: str) -> Condition:
    """Read a condition. Raises FilterError, and nothing else, for any text that is not one."""
    if len(text) > _LONGEST:
        raise FilterError(f"this condition is longer than {_LONGEST:,} characters; split it into several rules", 1)
    parser = _Parser(text)
    test = parser.any_of(0)
    parser.end()
    return Condition(text, test)


class _Parser:
    """Recursive descent over one text; `at` is the index of the next character to read."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def any_of(self, depth: int) -> Test:
        tests = [self.all_of(depth)]
        while self.take("or"):
            tests.append(self.all_of(depth))
        return tests[0] if len(tests) == 1 else lambda reading: any(test(reading) for test in tests)

    def all_of(self, depth: int) -> Test:
        tests = [self.part(depth)]
        while self.take("and"):
            tests.append(self.part(depth))
        return tests[0] if len(tests) == 1 else lambda reading: all(test(reading) for test in tests)

    def part(self, depth: int) -> Test:
        if depth > _DEEPEST:
            raise self.wrong(f"more than {_DEEPEST} parentheses or `not` inside each other")
        if self.take("not"):
            refused = self.part(depth + 1)
            return lambda reading: not refused(reading)
        opened = self.at
        if self.take("("):
            inner = self.any_of(depth + 1)
            if not self.take(")"):
                raise self.wrong("a `)` is missing for this `(`", opened)
            return inner
        return self.test()

    def test(self) -> Test:
        name = self.field()
        start = self.at
        found = _OPERATOR.match(self.text, self.at)
        if not found:
            raise self.wrong(f"after `{name}` one of ~ has = != was expected" + (" or < <= > >=" * (name == "age")))
        self.skip(found.end())
        sign = found[0].lower().replace("==", "=")
        if (name == "age") != (sign in _COMPARISONS):
            allowed = "< <= > >=" if name == "age" else "~ has = !="
            raise self.wrong(f"`{name}` knows {allowed}, not `{sign}`", start)
        start = self.at
        value = self.value(sign)
        try:
            return _make_test(name, sign, value)
        except ValueError as error:
            raise self.wrong(str(error), start) from None

    def field(self) -> str:
        found = _NAME.match(self.text, self.at)
        name = found[0].lower() if found else ""
        if not name or name in ("and", "or"):
            raise self.wrong(f"a field was expected here, one of {', '.join(FIELDS)}")
        if name not in FIELDS:
            close = [_MEANT[name]] if name in _MEANT else difflib.get_close_matches(name, FIELDS, 1)
            hint = f"did you mean `{close[0]}`?" if close else f"fields are {', '.join(FIELDS)}"
            raise self.wrong(f"there is no field `{name[:40]}`; {hint}")
        self.skip(self.at + len(name))
        return name

    def value(self, sign: str) -> str:
        start, quote = self.at, self.text[self.at : self.at + 1]
        if quote in _QUOTED:
            found = _QUOTED[quote].match(self.text, start)
            if not found:
                raise self.wrong(f"this {quote} is never closed")
            self.skip(found.end())
            value = found[1].replace(f"\\{quote}", quote)
        else:
            value = self.bare()
        if not value.strip():
            raise self.wrong(f'a value is missing after `{sign}`, such as "sponsored"', start)
        return value

    def bare(self) -> str:
        words = []
        while (found := _BARE.match(self.text, self.at)) and not _JOINER.fullmatch(found[0]):
            words.append(found[0])
            self.skip(found.end())
        if self.text[self.at : self.at + 1] in ("(", '"', "'"):
            raise self.wrong("put quotes around the whole value: only plain words may stand without")
        return " ".join(words)

    def take(self, word: str) -> bool:
        """Step over `word` if it comes next."""
        self.skip(self.at)
        end = self.at + len(word)
        if self.text[self.at : end].lower() != word or (word.isalpha() and _LETTER.match(self.text, end)):
            return False
        self.skip(end)
        return True

    def end(self) -> None:
        self.skip(self.at)
        rest = self.text[self.at :]
        if rest.startswith(","):
            raise self.wrong("a comma cannot stand here; put all words into one pair of quotes")
        if rest.startswith(")"):
            raise self.wrong("this `)` closes nothing")
        if rest:
            raise self.wrong("`and` or `or` was expected here")

    def skip(self, index: int) -> None:
        found = _SPACE.match(self.text, index)
        self.at = found.end() if found else index

    def wrong(self, message: str, index: int | None = None) -> FilterError:
        return FilterError(message, (self.at if index is None else index) + 1)


def _make_test(name: str, sign: str, value: str) -> Test:
    match sign:
        case "~":
            return _search(name, value)
        case "has":
            words = compile_words([value])
            return lambda reading: any(words.matches_in(reading.folded(text)) for text in reading.values(name))
        case "=":
            return _equals(name, value)
        case "!=":
            equals = _equals(name, value)
            return lambda reading: not equals(reading)
        case _:
            compare, limit = _COMPARISONS[sign], parse_duration(value)
            return lambda reading: (age := reading.age) is not None and compare(age, limit)


def _search(name: str, value: str) -> Test:
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    try:
        search = re2.compile(value.encode(), options).search
    except (re2.error, UnicodeEncodeError) as error:
        raise ValueError(_regex_hint(error)) from None
    # Bytes spare the engine's wrapper a table of character offsets that nobody asks for.
    return lambda reading: any(search(text.encode(errors="replace")) for text in reading.values(name))


def _regex_hint(error: Exception) -> str:
    said = error.args[0] if error.args else ""
    text = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
    if "invalid perl operator" in text or "invalid escape sequence" in text:
        text += " (look-around and back-references do not exist here: they can take for ever)"
    return f"this regular expression cannot be read: {text}"


def _equals(name: str, value: str) -> Test:
    wanted = _plain(value)
    if name == "language":
        return lambda reading: f"{_plain(reading.facts.language)}-".replace("_", "-").startswith(f"{wanted}-")
    return lambda reading: any(_plain(text) == wanted for text in reading.values(name))


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
