"""Takeovers: a feed in which nothing is known any more and that calls itself something else is another's feed.

A domain that ran out and was bought, an account that was broken into, an address that a platform gave to somebody
else. An honest move keeps something: guids, links, paths, texts, titles; then its entries are known, and nothing here
is asked. Pure.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from aggregator.entries.recognition import Known, leads_elsewhere, plain_host, share_known
from aggregator.records import Entry, ParsedFeed, SourceState, Standing

FEWEST_KNOWN = 3  # entries; of less nobody can say what the source is like
ENOUGH = 2  # signs; one alone is a new name, a translation, a move
_HELD: frozenset[Standing] = frozenset(("held", "dropped", "forgotten"))
_WORD = re.compile(r"\w{3,}")


def takeover(before: SourceState, feed: ParsedFeed, entries: Sequence[Entry], known: Iterable[Known]) -> str | None:
    """Why a document seems to be another's, in words; None where it does not.

    `known` is everything stored of the source; what is held or dropped vouches for nothing, so that a feed that was
    taken over stays so until somebody releases what it brought.
    """
    trusted = [one for one in known if one.standing not in _HELD]
    if before.is_new or not entries or len(trusted) < FEWEST_KNOWN:
        return None
    guids = {one.guid for one in trusted}  # what nearly every poll meets, without a closer look
    if any(entry.guid in guids for entry in entries) or share_known(entries, trusted):
        return None
    signs = [
        *_renamed(before.feed_title, feed.title),
        *_elsewhere(before.feed_link, feed.link),
        *_other_language(before.language, feed.language),
        *_other_links(trusted, entries),
        *_one_instant(trusted, entries),
    ]
    return f"nothing in its feed is known, {', '.join(signs)}" if len(signs) >= ENOUGH else None


def _renamed(old: str | None, new: str | None) -> list[str]:
    """No word of three letters is left of its title."""
    if not old or not new:
        return []
    ours, theirs = (set(_WORD.findall(title.casefold())) for title in (old, new))
    is_other = old.casefold() != new.casefold() and not ours & theirs
    return [f"it calls itself “{' '.join(new.split())[:60]}”"] if is_other else []


def _elsewhere(old: str | None, new: str | None) -> list[str]:
    there = plain_host(new)
    return [f"its site is {there}"] if there and plain_host(old) and there != plain_host(old) else []


def _other_language(old: str | None, new: str | None) -> list[str]:
    before, after = ((tag or "").lower().replace("_", "-").partition("-")[0] for tag in (old, new))
    return [f"its language is {after} and was {before}"] if before and after and before != after else []


def _other_links(trusted: Sequence[Known], entries: Sequence[Entry]) -> list[str]:
    """Its entries led to one host nearly always, and none does any more."""
    host = leads_elsewhere(trusted, entries)
    return [f"its entries lead to {host}"] if host else []


def _one_instant(trusted: Sequence[Known], entries: Sequence[Entry]) -> list[str]:
    """All are dated alike, which its entries never were."""
    moments = [entry.published for entry in entries if entry.published]
    if len(moments) < 3 or _most_alike(moments) < len(entries):
        return []
    return ["all are dated alike"] if _most_alike([one.published for one in trusted]) < 3 else []


def _most_alike(moments: Iterable[datetime]) -> int:
    return max(Counter(moment.replace(second=0, microsecond=0) for moment in moments).values(), default=0)
