"""What is shown of what is stored: sources and rules are views, so that undoing a change restores everything."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Protocol

from aggregator.entries.filters import RuleSet, Verdict, rules_for
from aggregator.records import (
    Attribution,
    Config,
    Copy,
    MergedEntry,
    Related,
    Republish,
    Rule,
    Source,
    SourceState,
    StoredEntry,
)
from aggregator.urls import public_address, site_name

if TYPE_CHECKING:
    from aggregator.entries.conditions import Facts

_NEWS = ("news", "folded")
_EXCERPT_WORDS = 60


class States(Protocol):
    """Where the state of a source is found when a view needs it."""

    def configured(self, key: int) -> SourceState | None:
        """The state of a source that is in feeds.yaml now."""

    def states(self) -> dict[str, SourceState]:
        """The state of every configured source by its address, in the order of feeds.yaml."""


class View:
    """The configuration's eyes on stored entries at one moment. `states` are those of configured sources, or where
    they are found one by one: of very many sources a publication meets a few."""

    def __init__(self, config: Config, states: Iterable[SourceState] | States, now: datetime) -> None:
        self.config = config
        self.now = now
        self._found: dict[int, tuple[Source, SourceState] | None] = {}
        self._elsewhere = None if isinstance(states, Iterable) else states
        self._rules: dict[int, RuleSet] = {}
        self._read: dict[tuple[Rule, ...], RuleSet] = {}
        self._verdicts: dict[tuple[int, datetime], Verdict] = {}
        self._without_rules: dict[int, Verdict] = {}
        self._attributions: dict[int, Attribution] = {}
        if isinstance(states, Iterable):
            self.know(states)

    def know(self, states: Iterable[SourceState]) -> None:
        """Take states that were read already, in the order of feeds.yaml."""
        self._found |= {state.key: self._with_line(state) for state in states}
        self._attributions.clear()

    def _with_line(self, state: SourceState | None) -> tuple[Source, SourceState] | None:
        source = self.config.by_url.get(state.url) if state else None
        return (source, state) if source and state else None

    def _known(self, key: int) -> tuple[Source, SourceState] | None:
        """A source's line and state, None when it was removed."""
        if key not in self._found and self._elsewhere is not None:
            self._found[key] = self._with_line(self._elsewhere.configured(key))
        return self._found.get(key)

    def _line(self, key: int) -> Source:
        """The line of a source that is configured."""
        known = self._known(key)
        if known is None:
            raise KeyError(key)
        return known[0]

    @property
    def midnight(self) -> datetime:
        """When the local day began: what is shown for some days changes with the date, not within it."""
        here = self.now.astimezone(self.config.timezone)
        return datetime.combine(here.date(), time(), here.tzinfo).astimezone(UTC)

    def source(self, key: int) -> Source | None:
        """The line of feeds.yaml that a source's key stands for, None when it was removed."""
        known = self._known(key)
        return known and known[0]

    def sources(self) -> list[tuple[int, Source]]:
        """The configured sources with their keys, in the order of feeds.yaml."""
        if self._elsewhere is not None:
            states, self._elsewhere, self._found = self._elsewhere.states().values(), None, {}
            self.know(states)
        return [(key, known[0]) for key, known in self._found.items() if known]

    def verdict(self, stored: StoredEntry) -> Verdict:
        """What the rules make of an entry (of a configured source)."""
        rules, known = self._rule_set(stored.source_key), (stored.key, stored.changed_at)
        if not rules:  # most have none, and a month of entries is many
            return self._unjudged(stored.source_key)
        if known not in self._verdicts:
            self._verdicts[known] = rules.judge(self._facts(stored))
        return self._verdicts[known]

    def asks_nothing_of(self, key: int) -> bool:
        """Whether a source is configured and no rule speaks of its entries."""
        return self._known(key) is not None and not self._rule_set(key)

    def _unjudged(self, key: int) -> Verdict:
        """The verdict on every entry of a source that no rule speaks of."""
        if key not in self._without_rules:
            self._without_rules[key] = Verdict(tags=self._line(key).tags)
        return self._without_rules[key]

    def _rule_set(self, key: int) -> RuleSet:
        """Most sources have the rules for all and none of their own, which are read once."""
        if key not in self._rules:
            rules = rules_for(self.config, self._line(key))
            self._read[rules] = self._rules[key] = self._read.get(rules) or RuleSet(rules)
        return self._rules[key]

    def hidden_by(self, stored: StoredEntry) -> str | None:
        """Why the view hides an entry, in words that begin with "rule"; None when it does not."""
        if stored.standing == "forgotten":
            return "rule: forgotten at its publisher's wish"
        if stored.hidden:
            return "rule: hidden by hand"
        if self._known(stored.source_key) is None:
            return "rule: its source is not in feeds.yaml now"
        rule = self.verdict(stored).dropped_by
        return f"rule {rule.text}" if rule else None

    def is_shown(self, stored: StoredEntry) -> bool:
        """Whether an entry is news and passes the view."""
        if stored.standing not in _NEWS or stored.hidden or self._known(stored.source_key) is None:
            return False
        return self.verdict(stored).dropped_by is None

    def out_of_sight(self, stored: StoredEntry) -> str | None:
        """Why a search does not show an entry; None when it does, which it does for backlog, too."""
        if stored.standing in ("held", "dropped"):
            return "quarantined: held in doubt" if stored.standing == "held" else "quarantined and dropped"
        return self.hidden_by(stored)

    def tags(self, stored: StoredEntry) -> tuple[str, ...]:
        """The user's tags of an entry; none when its source was removed."""
        return self.verdict(stored).tags if self._known(stored.source_key) else ()

    def sources_with(self, tag: str) -> frozenset[int] | None:
        """The keys of the sources whose entries may have a tag; None when a rule may give it to any."""
        wanted = tag.casefold()
        rules = (*self.config.filters, *(rule for _, source in self.sources() for rule in source.filters))
        if any(rule.action == "tag" and rule.argument.casefold() == wanted for rule in rules):
            return None
        return frozenset(k for k, s in self.sources() if wanted in map(str.casefold, s.tags))

    def title(self, key: int) -> str:
        """The name of a source: the user's, else the feed's, else its host; a private one's host is not told."""
        known = self._known(key)
        if known is None:
            return "a removed source"
        source, state = known
        return source.title or state.feed_title or ("a private source" if source.private else site_name(source.url))

    def republish(self, key: int) -> Republish:
        """How much of a source's entries (of a configured source) may stand in outputs; of a private one the link."""
        source = self._line(key)
        return "link" if source.private else source.republish

    def full_text(self, key: int) -> bool:
        """Whether the user wants the entries of a source told by their pages."""
        source = self.source(key)
        return source is not None and source.full_text

    def attribution(self, key: int) -> Attribution:
        """How outputs name a source, without secrets; a private one by its title alone."""
        if key not in self._attributions:
            known = self._known(key)
            if known is None:
                raise KeyError(key)
            self._attributions[key] = self._attribution(key, *known)
        return self._attributions[key]

    def _attribution(self, key: int, source: Source, state: SourceState) -> Attribution:
        if source.private:
            return Attribution(self.title(key), id=f"urn:fow-aggregator:source:{key}")
        address = public_address(source.url)
        site = public_address(state.feed_link) if state.feed_link else None
        return Attribution(self.title(key), site, address, public_address(state.feed_id or address))

    def representative(self, group: Sequence[StoredEntry]) -> StoredEntry | None:
        """The copy that stands for a group: the first accepted that is shown; None hides the group."""
        return next((stored for stored in group if self.is_shown(stored)), None)

    def copies(self, group: Sequence[StoredEntry], shown: StoredEntry) -> tuple[Copy, ...]:
        """The other sources of the same text, each once, as far as the view knows them."""
        others = {
            stored.source_key: stored
            for stored in reversed(group)
            if self._known(stored.source_key)
            and stored.source_key != shown.source_key
            and stored.standing != "forgotten"
        }
        return tuple(
            Copy(self.attribution(key), stored.entry.link)
            for key, stored in sorted(others.items(), key=lambda pair: pair[1].accepted)
        )

    def merged(self, group: Sequence[StoredEntry], related: Iterable[StoredEntry] = ()) -> MergedEntry | None:
        """A group as the one entry of the merged feed that it is, None when it is hidden.

        `related` are shown entries of its story, which it links to.
        """
        stored = self.representative(group)
        return self.merged_as(stored, group, related) if stored else None

    def merged_as(
        self, stored: StoredEntry, group: Sequence[StoredEntry], related: Iterable[StoredEntry] = ()
    ) -> MergedEntry:
        """A group as the entry that it is, where the copy that stands for it is known already."""
        entry, allowed = stored.entry, self.republish(stored.source_key)
        private = self._line(stored.source_key).private  # as title and link, no more
        summary, content = (entry.summary, entry.content) if allowed == "full" else ("", "")
        return MergedEntry(
            id=stored.id,
            title=entry.title,
            link=entry.link,
            source=self.attribution(stored.source_key),
            published=stored.published,
            updated=stored.changed_at,
            author=None if private else entry.author,
            summary=summary,
            content=content or summary,
            excerpt=self.excerpt(stored, entry.text),
            language=entry.language,
            tags=self.verdict(stored).tags,
            categories=() if private else entry.categories,
            enclosures=entry.enclosures if allowed == "full" else (),
            image=entry.image if allowed == "full" else None,
            copies=self.copies(group, stored) if len(group) > 1 else (),
            related=tuple(Related(o.id, o.entry.title, o.entry.link, self.title(o.source_key)) for o in related),
        )

    def excerpt(self, stored: StoredEntry, text: str) -> str:
        """The first words of a text of an entry, if outputs may have more of it than its link."""
        from aggregator.html import excerpt  # noqa: PLC0415 (who shows no entry waits for no parser)

        return excerpt(text, _EXCERPT_WORDS) if self.republish(stored.source_key) != "link" else ""

    def _facts(self, stored: StoredEntry) -> Facts:
        from aggregator.entries.conditions import Facts  # noqa: PLC0415 (who shows no entry waits for no patterns)

        entry, source = stored.entry, self._line(stored.source_key)
        return Facts(
            title=entry.title,
            content=entry.text,
            author=entry.author or "",
            url=entry.link or "",
            categories=entry.categories,
            source=self.title(stored.source_key),
            tags=source.tags,
            language=entry.language or "",
            published=stored.published,
            now=self.now,
        )
