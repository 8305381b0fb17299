"""The shape of feeds.yaml: every key with its default, its kind of value and a line that says what it is for.

The models judge one place at a time; what needs several (duplicates, defaults) is judged in `together`. They are
the JSON Schema too, so that an editor knows what the program knows.
"""

from __future__ import annotations

from datetime import time, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.functional_validators import PlainValidator
from pydantic.json_schema import GenerateJsonSchema, WithJsonSchema

from aggregator.records import Republish
from aggregator.sources import storage, values, zone

_TEXT = {"type": ["string", "number"]}
_URL = {"type": "string", "pattern": "^[Hh][Tt][Tt][Pp][Ss]?://"}
_DURATION = {"type": "string", "pattern": "^ *[0-9]+ ?[smhdwSMHDW] *$", "examples": ["90s", "15m", "1h", "1d", "2w"]}
_WORDS = {"type": ["array", "string"], "items": _TEXT}

Text = Annotated[str, PlainValidator(values.text), WithJsonSchema(_TEXT)]
TextOrNone = Annotated[str | None, PlainValidator(values.text_or_none), WithJsonSchema(_TEXT)]
Url = Annotated[str, PlainValidator(values.url), WithJsonSchema(_URL)]
Home = Annotated[str, PlainValidator(values.home), WithJsonSchema(_URL)]
HomeOrNone = Annotated[str | None, PlainValidator(values.home_or_none), WithJsonSchema({"type": "string"})]
UrlOrNone = Annotated[str | None, PlainValidator(values.url_or_none), WithJsonSchema({"type": "string"})]
Notify = Annotated[str | None, PlainValidator(values.notify), WithJsonSchema({"type": "string"})]
Command = Annotated[str | None, PlainValidator(values.command), WithJsonSchema({"type": "string"})]
Proxy = Annotated[str, PlainValidator(values.proxy), WithJsonSchema({"type": "string"})]
Store = Annotated[str, PlainValidator(storage.store), WithJsonSchema({"type": "string"})]
Duration = Annotated[timedelta, PlainValidator(values.duration), WithJsonSchema(_DURATION)]
ReadIn = Annotated[timedelta | None, PlainValidator(values.reading_time), WithJsonSchema({"type": "string"})]
Clock = Annotated[
    time,
    PlainValidator(values.clock),
    WithJsonSchema({"type": "string", "pattern": "^([01]?[0-9]|2[0-3]):[0-5][0-9]$"}),
]
Zone = Annotated[
    ZoneInfo, PlainValidator(lambda value: zone.zone_named(values.text(value))), WithJsonSchema({"type": "string"})
]
Auth = Annotated[str, PlainValidator(values.auth), WithJsonSchema({"type": "string", "pattern": "^(env|file):"})]
Address = Annotated[str, PlainValidator(values.address), WithJsonSchema({"type": "string", "pattern": "@"})]
Tag = Annotated[str, PlainValidator(values.tag), WithJsonSchema(_TEXT)]
Tags = Annotated[tuple[str, ...], PlainValidator(values.tags), WithJsonSchema(_WORDS)]
Pattern = Annotated[str, PlainValidator(values.pattern), WithJsonSchema({"type": "string"})]
Patterns = Annotated[tuple[str, ...], PlainValidator(values.patterns), WithJsonSchema(_WORDS)]
Days = Annotated[tuple[int, ...], PlainValidator(values.days), WithJsonSchema(_WORDS)]
SeriesName = Annotated[str, PlainValidator(values.series_name), WithJsonSchema({"type": "string"})]
Condition = Annotated[str, PlainValidator(values.condition), WithJsonSchema({"type": "string"})]
HeaderName = Annotated[str, PlainValidator(values.header_name), WithJsonSchema({"type": "string"})]
HeaderValue = Annotated[str, PlainValidator(values.header_value), WithJsonSchema(_TEXT)]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Flag = Annotated[bool, Field(strict=True)]
Cap = Annotated[int, Field(strict=True, ge=1, le=1000)]


class AtKey(ValueError):  # noqa: N818 (it says where, not what)
    """A mistake that stands at one key of a map whose keys do not fit together."""

    def __init__(self, key: str, message: str) -> None:
        self.key = key
        super().__init__(message)


class Part(BaseModel):
    """A map of feeds.yaml: no unknown keys; a key without a value is as good as absent."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _without_nothing(cls, data: Any) -> Any:
        return {key: value for key, value in data.items() if value is not None} if isinstance(data, dict) else data


class RuleLine(Part):
    """One filter: `drop` or `keep` with a condition, or `tag` or `score` with a condition in `when`."""

    drop: Condition | None = Field(default=None, description="Hide what meets this condition.")
    keep: Condition | None = Field(
        default=None, description="Show what meets this condition, whatever later rules say."
    )
    tag: Tag | None = Field(default=None, description="Give this tag to what meets the condition in `when`.")
    score: Number | None = Field(default=None, description="Add this to the rank, in the digest, of what meets `when`.")
    when: Condition | None = Field(default=None, description="The condition of a `tag` or `score` rule.")

    @model_validator(mode="after")
    def _one_action(self) -> RuleLine:
        actions = [key for key in ("drop", "keep", "tag", "score") if getattr(self, key) is not None]
        if len(actions) != 1:
            raise ValueError(
                "a rule has one of `drop`, `keep`, `tag`, `score`" + (", not several" * (len(actions) > 1))
            )
        if actions[0] in ("tag", "score") and self.when is None:
            raise AtKey(actions[0], f"`when: CONDITION` is missing: for which entries is this {actions[0]}?")
        if actions[0] in ("drop", "keep") and self.when is not None:
            raise AtKey("when", f"`{actions[0]}` holds the condition itself: write `{actions[0]}: CONDITION`")
        return self


class Defaults(Part):
    """Any key of a source but its address: what holds for every source that does not say otherwise itself."""

    title: Text | None = Field(default=None, description="The name shown; default: the feed's own title.")
    tags: Tags = Field(default=(), description="Your tags for all its entries; each tag has a feed of its own.")
    every: Duration = Field(default=timedelta(hours=1), description="The least time between two polls. Default 1h.")
    at_most: Cap = Field(default=5, description="The most entries a day in the digest; the rest is one line.")
    full_text: Flag = Field(default=False, description="Fetch the page of each entry whose feed gives a teaser only.")
    republish: Republish = Field(
        default="full", description="How much of an entry your outputs hold: full, excerpt or link."
    )
    private: Flag = Field(default=False, description="Its address stands in no output, its entries as title and link.")
    allow_private: Flag = Field(default=False, description="It may be on this machine or in a private network.")
    paused: Flag = Field(default=False, description="Not polled until this is removed; what is stored stays.")
    headers: dict[HeaderName, HeaderValue] = Field(
        default={}, description="HTTP headers sent to it, and to no other host."
    )
    auth: Auth | None = Field(default=None, description="`env:NAME` or `file:PATH`, which hold user:password.")
    proxy: Proxy | None = Field(default=None, description="The address of an HTTP proxy, or none.")
    filters: list[RuleLine] = Field(
        default=[], description="Rules for its entries, applied before those of the whole file."
    )


class SourceLine(Defaults):
    """One source: its feed's address alone, or a map with more."""

    url: Url = Field(description="The address of the feed (RSS, Atom, RDF or JSON Feed).")

    @model_validator(mode="before")
    @classmethod
    def _address_alone(cls, data: Any) -> Any:
        return {"url": data} if isinstance(data, str) else data


class DigestKeys(Part):
    """The daily digest."""

    at: Clock = Field(default=time(7, 0), description='Local time of day at which it is sealed. Default "07:00".')
    read_in: ReadIn = Field(
        default=timedelta(minutes=7), description="Reading time of the part above the line, or all."
    )
    mail_to: list[Address] = Field(default=[], description="Mail addresses; the server stands in AGGREGATOR_SMTP_URL.")
    epub: Flag = Field(default=False, description="Whether it is written as a book for e-readers, too.")
    introduction: Command = Field(
        default=None, description="A command that gets the digest as JSON and may say a few paragraphs to begin it."
    )


class SeriesKeys(DigestKeys):
    """A further digest series."""

    days: Days = Field(
        default=tuple(range(7)), description="Days on which it is sealed: mon ... sun, weekdays, weekend."
    )
    tags: Tags = Field(default=(), description="Only entries with one of these tags; none: all entries.")


class FeedsFile(Part):
    """feeds.yaml: the sources of the aggregator, and what it makes of them."""

    title: Text = Field(default="Future of Work", description="The title of the merged feed, the pages and the digest.")
    link: Home = Field(
        default="http://127.0.0.1:8080/", description="Where readers find the output; for self links only."
    )
    timezone: Zone | None = Field(default=None, description="Zone of the tz database; default: the machine's.")
    output: Text = Field(default="public", description="Folder of the written files, relative to this file.")
    store: Store = Field(default="data/aggregator.db", description="Path, relative to this file, or postgresql://...")
    contact: Text | None = Field(
        default=None, description="Your page or mail address, told to publishers in the User-Agent."
    )
    defaults: Defaults = Field(default_factory=Defaults, description="Any key of a source, for all of them.")
    digest: DigestKeys = Field(default_factory=DigestKeys, description="When it is sealed, and its reading time.")
    digests: dict[SeriesName, SeriesKeys] = Field(default={}, description="Further digest series by name.")
    topics: dict[Text, Patterns] = Field(default={}, description="Sections of the digest; the first that matches wins.")
    lenses: dict[Text, Patterns] = Field(default={}, description="What the digest counts side by side.")
    interests: dict[Pattern, Number] = Field(
        default={}, description="Weights of words in the ranking: 1 changes nothing, 2 lifts, 0.5 lowers."
    )
    filters: list[RuleLine] = Field(default=[], description="Rules for all entries, first to last.")
    sources: list[SourceLine] = Field(default=[], description="The blogs: addresses, or maps with `url` and more.")
    reading_lists: list[Url] = Field(default=[], description="Addresses of OPML files whose feeds are read too.")
    hub: UrlOrNone = Field(default=None, description="A WebSub hub that is told when the feed changes.")
    callback: HomeOrNone = Field(
        default=None, description="The public address at which WebSub hubs reach `aggregator run`; none: not used."
    )
    notify: Notify = Field(
        default=None, description="A command or an address that is told once when a source breaks, and when it is well."
    )


class _Schema(GenerateJsonSchema):
    """The schema as an editor needs it: no invented titles, and a source may be its address alone."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def encode_default(self, dft: Any) -> Any:
        """Defaults as they would be written in the file."""
        if isinstance(dft, timedelta):
            minutes = int(dft.total_seconds()) // 60
            return f"{minutes // 60}h" if minutes % 60 == 0 else f"{minutes}m"
        if isinstance(dft, time):
            return f"{dft:%H:%M}"
        if dft == tuple(range(7)):
            return list(values.DAYS)
        return super().encode_default(dft)


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of feeds.yaml, with a description for every key."""
    made = FeedsFile.model_json_schema(schema_generator=_Schema)
    definitions = made.pop("$defs")
    address = {"type": "string", "pattern": _URL["pattern"], "description": "The address of a feed."}
    line = {"anyOf": [address, {"$ref": "#/$defs/SourceLine"}]}
    made["properties"]["sources"]["items"] = line
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "feeds.yaml",
        "description": made["description"],
        "anyOf": [{"$ref": "#/$defs/FeedsFile"}, {"type": "array", "items": line}],
        "$defs": {"FeedsFile": made, **definitions},
    }
