"""Sealed digests to the people in `mail_to`: what failed is sent again, and nothing is ever sent twice.

Every row is written with the seal. Before the end of a mail is sent, its row says so for good (`sending`): whoever
finds it so later cannot know whether the mail arrived, and lets it be, for the same digest stands on its page.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

from aggregator import ledger
from aggregator.errors import PublishError
from aggregator.publish.websub import Post, tell
from aggregator.records import Config
from aggregator.render.words import moment
from aggregator.store.deliveries import LONGEST_WAIT, Delivery, DeliveryState
from aggregator.store.sqlite import Store

if TYPE_CHECKING:  # who owes no mail waits for nothing that is made of the e-mail package
    from aggregator.publish.mail import Server, Session

_WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 120, 240, 480, 960))
# How long a server is asked again; RFC 5321, section 4.5.4.1, asks for four or five days.
PATIENCE = timedelta(days=5)


@dataclass(frozen=True, slots=True)
class Delivered:
    """What became of one mail in this round; `text` is one line for people. `due` means: it is tried again."""

    series: str
    day: date
    recipient: str
    state: DeliveryState
    text: str
    next_try_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Round:
    store: Store
    config: Config
    now: datetime


def deliver(store: Store, config: Config, server: Server | None, now: datetime) -> list[Delivered]:
    """Mail what is due; cheap when nothing is. `server` is None where AGGREGATOR_SMTP_URL is not set.

    One row after the other, each recorded before the next is begun; call it outside of any transaction, and only
    where the store's lock is held. What a server says is in the result; only StoreError is raised.
    """
    this, stopped = _Round(store, config, now), "the program was stopped while it was sent"
    out = [_finish(this, one, "unknown", stopped) for one in store.deliveries.sending()]
    due = []
    for one in store.deliveries.due(now):
        if one.recipient in _wanted(config, one.series):
            due.append(one)
        else:
            out.append(_finish(this, one, "given_up", "no longer in mail_to"))
    return out + (_all(this, due, server) if due else [])


def _wanted(config: Config, name: str) -> tuple[str, ...]:
    return next((series.mail_to for series in config.every_series if series.name == name), ())


def _all(this: _Round, due: list[Delivery], server: Server | None) -> list[Delivered]:
    if server is None:
        from aggregator.publish.mail import SETTING  # noqa: PLC0415

        return [_later(this, one, f"{SETTING} is not set") for one in due]
    try:
        session = server.connect()
    except PublishError as error:
        return [_later(this, one, str(error).removeprefix("mail: ")) for one in due]
    with session:
        return [_one(this, one, session, server.sender) for one in due]


def _one(this: _Round, one: Delivery, session: Session, sender: str) -> Delivered:
    from aggregator.publish import mail  # noqa: PLC0415

    def last_step() -> None:
        with this.store.transaction(durable=True):
            this.store.deliveries.mark(one, "sending", this.now)

    try:
        letter = mail.message(sender=sender, **_letter(this, one))
    except PublishError as error:
        return _finish(this, one, "refused", str(error).removeprefix("mail: "))
    answer = session.send(letter, one.recipient, last_step)
    if answer.outcome == "later":
        return _later(this, one, answer.words)
    return _finish(this, one, answer.outcome, answer.words)


def _later(this: _Round, one: Delivery, words: str) -> Delivered:
    if this.now - one.sealed_at >= PATIENCE:
        return _finish(this, one, "given_up", words)
    until = this.now + (_WAITS[one.tries] if one.tries < len(_WAITS) else LONGEST_WAIT)
    with this.store.transaction():
        this.store.deliveries.postpone(one, until, this.now, words)
    then = moment(until, this.config.timezone, this.now.astimezone(this.config.timezone).year)
    text = f"mail: {_what(one)} did not go out: {words}; next try {then}"
    return Delivered(one.series, one.day, one.recipient, "due", text, until)


def _finish(this: _Round, one: Delivery, state: DeliveryState, words: str) -> Delivered:
    with this.store.transaction(durable=True):
        this.store.deliveries.mark(one, state, this.now, words or None)
    page = ledger.address(this.config, one.series, one.day)
    texts = {
        "sent": f"mail: {_what(one)} went out",
        "refused": f"mail: {_what(one)} was refused: {words}; not sent again, it is at {page}",
        "unknown": f"mail: {_what(one)} may have gone out, or not: {words}; not sent again, it is at {page}",
        "given_up": f"mail: {_what(one)} is given up: {words}; it is at {page}",
    }
    return Delivered(one.series, one.day, one.recipient, state, texts[state])


def _what(one: Delivery) -> str:
    return f"the {one.series + ' ' if one.series else ''}digest of {one.day} to {one.recipient}"


def _letter(this: _Round, one: Delivery) -> dict[str, Any]:
    """What `mail.message` makes a mail of, but for the sender."""
    store = this.store
    sealed = next(found for found in store.digests.all(one.series) if found.key == one.digest)
    entry = ledger.as_entry(sealed, store, this.config)
    return {
        "recipient": one.recipient,
        "subject": entry.title,
        "text": store.digests.file(one.digest, "txt") or b"",
        "html": store.digests.file(one.digest, "mail") or b"",
        "list_id": list_id(store, one.series),
        "message_id": message_id(entry.id, one.recipient),
        "date": sealed.covers_to,
        "name": this.config.title,
    }


def message_id(entry_id: str, recipient: str) -> str:
    """The id of a digest's mail to one recipient, the same at every try; made of the digest's id in its feed.

    `.invalid` (RFC 2606) keeps it apart from every real host, whichever server sends it.
    """
    return f"{uuid5(NAMESPACE_URL, f'{entry_id} {recipient}').hex}@fow-aggregator.invalid"


def list_id(store: Store, series: str) -> str:
    """What mail filters know a series by: a list of no domain, as RFC 2919, section 3, names it.

    Made of the feed's own id and of the month of the first digest, so neither `link` nor the server change it. The
    name at its start is for people and cut short: a header that does not fit on a line would be encoded.
    """
    first = store.digests.all(series)[0].day
    number = uuid5(NAMESPACE_URL, f"{store.meta('feed_id')}/digest/{series}").hex
    return f"{series[:16] or 'digest'}.{number}.{first:%m%Y}.localhost"


def tell_hub(store: Store, config: Config, post: Post, now: datetime) -> str | None:
    """Tell the WebSub hub of what stands in `public/` and was not told; one line when it cannot be told."""
    if config.hub is None:
        return None
    told = tell(config.hub, config.link, config.output, store.meta, post, now)
    if told.notes:
        with store.transaction():
            for name, value in told.notes.items():
                store.set_meta(name, value)
    return told.trouble
