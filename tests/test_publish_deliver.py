"""Sealed digests on their way by mail: what fails is sent again, and nothing is ever sent twice."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.publish.deliver import PATIENCE, Delivered, deliver, list_id, message_id
from aggregator.publish.mail import Server
from aggregator.records import Series
from aggregator.store.sqlite import open_store
from tests.makers import DAY, NOW, ONE, Desk, entry, words
from tests.post import HANG_UP, VANISH, Office, office
from tests.test_publish_mail import part

ANN, BOB = "ann@example.org", "bob@example.org"
MINUTE = timedelta(minutes=1)
NOWHERE = "smtp://127.0.0.1:1?from=fow@example.net"


def desk(*recipients: str, **fields: object) -> Desk:
    """A desk with a sealed digest of two entries that is owed to them."""
    made = Desk(ONE, digest=Series(mail_to=recipients), **fields)
    made.bring(ONE, entry("g1", text=words(90)), entry("g2", title="Größe & Stärke", text=words(90, 2)))
    made.seal()
    return made


def go(desk: Desk, post: Office | None, later: timedelta = timedelta(0)) -> list[Delivered]:
    """A round of deliveries, so much later."""
    desk.now += later
    return deliver(desk.store, desk.config, Server(post.url if post else NOWHERE, timeout=5), desk.now)


def states(round_: list[Delivered]) -> list[tuple[str, str]]:
    return [(one.recipient, one.state) for one in round_]


# --- what arrives --------------------------------------------------------------------------------------------


def test_each_recipient_gets_the_sealed_digest() -> None:
    with office() as post:
        made = desk(ANN, BOB)
        assert states(go(made, post)) == [(ANN, "sent"), (BOB, "sent")]
        assert go(made, post, DAY) == []
    assert post.recipients == [ANN, BOB]
    for taken in post.taken:
        text, html = made.store.digests.file(1, "txt"), made.store.digests.file(1, "mail")
        assert (part(taken.mail, "plain"), part(taken.mail, "html")) == (text, html)
        assert taken.mail["To"] == taken.recipient
        assert taken.mail["From"] == "Future of Work <fow@example.net>"
        assert taken.mail["Subject"] == "Future of Work: Saturday, 14 March 2026"
        assert taken.mail["Date"].datetime == NOW
    assert "Größe &amp; Stärke" in part(post.taken[0].mail, "html").decode()


def test_a_mail_sent_later_is_the_sealed_one() -> None:
    made = desk(ANN)
    sealed = made.store.digests.file(1, "txt")
    made.change(title="Another title")
    made.bring(ONE, entry("g3"))
    with office() as post:
        go(made, post, 3 * DAY)
    (taken,) = post.taken
    assert part(taken.mail, "plain") == sealed
    assert (taken.mail["Subject"], taken.mail["Date"].datetime) == ("Future of Work: Saturday, 14 March 2026", NOW)


def test_a_series_without_recipients_has_no_mail() -> None:
    made = desk()
    with office() as post:
        assert go(made, post) == []
    assert made.store.digests.file(1, "mail") is None
    assert post.taken == []


def test_each_series_goes_to_its_own_list() -> None:
    made = desk(ANN)
    weekly = Series("weekly", mail_to=(BOB,))
    made.change(digests=(weekly,))
    made.seal(weekly)
    with office() as post:
        round_ = go(made, post)
    assert [(one.series, one.recipient) for one in round_] == [("", ANN), ("weekly", BOB)]
    assert "the weekly digest of 2026-03-14 to bob@example.org went out" in round_[1].text
    lists = [taken.mail["List-Id"] for taken in post.taken]
    assert re.fullmatch(r"<digest\.[0-9a-f]{32}\.032026\.localhost>", lists[0])
    assert re.fullmatch(r"<weekly\.[0-9a-f]{32}\.032026\.localhost>", lists[1])


@pytest.mark.parametrize("name", ["", "a", "a" * 50, "x_-" * 16])
def test_ids_of_mails_fit_on_a_line(name: str) -> None:
    made = desk(ANN)
    series = Series(name, mail_to=(ANN,))
    made.seal(series)
    ours = list_id(made.store, name)
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,16}\.[0-9a-f]{32}\.032026\.localhost", ours)
    with office() as post:
        made.change(digests=(series,) if name else ())
        go(made, post)
    assert f"List-Id: <{ours}>\r\n".encode() in post.taken[-1].data


def test_message_ids_are_of_a_digest_and_a_recipient() -> None:
    ids = {message_id(f"urn:uuid:{n}", name) for n in range(3) for name in (ANN, BOB)}
    assert len(ids) == 6
    assert message_id("urn:uuid:1", ANN) in ids
    assert max(map(len, ids)) <= 62


# --- what fails is sent again --------------------------------------------------------------------------------


def test_first_451_then_accepted() -> None:
    made = desk(ANN)
    with office(RCPT=["451 greylisted, come back"]) as post:
        (first,) = go(made, post)
        assert (first.state, first.next_try_at) == ("due", NOW + MINUTE)
        assert first.text == (
            "mail: the digest of 2026-03-14 to ann@example.org did not go out: "
            f"127.0.0.1:{post.port}: 451 greylisted, come back; next try Saturday 14 March 07:01"
        )
        assert go(made, post, timedelta(seconds=59)) == []
        assert states(go(made, post, timedelta(seconds=1))) == [(ANN, "sent")]
        assert go(made, post, DAY) == []
    assert post.recipients == [ANN]


def test_the_message_id_is_the_same_at_every_try() -> None:
    """A server that took the mail and said no can be recognised by whoever reads both."""
    made, seen = desk(ANN, BOB), []
    for _ in range(2):
        with office(DATA=[VANISH]) as post:
            deliver(made.store, made.config, Server(post.url), made.now)
            seen += [taken.mail["Message-ID"] for taken in post.taken if taken.recipient == ANN]
        with made.store.transaction():
            made.store._connection.execute("UPDATE deliveries SET state = 'due'")
    assert len(seen) == 2
    assert len(set(seen)) == 1
    assert re.fullmatch(r"<[0-9a-f]{32}@fow-aggregator\.invalid>", seen[0])


def test_the_waits_grow_to_a_day_and_end_after_five() -> None:
    made, waits = desk(ANN), []
    for _ in range(30):
        (one,) = go(made, None)
        if one.next_try_at is None:
            break
        waits.append((one.next_try_at - made.now) // MINUTE)
        assert deliver(made.store, made.config, None, one.next_try_at - timedelta(seconds=1)) == []
        made.now = one.next_try_at
    assert waits == [1, 5, 15, 60, 120, 240, 480, 960, 1440, 1440, 1440, 1440][: len(waits)]
    assert (one.state, made.now - NOW >= PATIENCE, made.now - NOW < PATIENCE + DAY) == ("given_up", True, True)
    assert "Connection refused; it is at https://reader.example.net/digest/2026-03-14.html" in one.text
    with office() as post:
        assert go(made, post, DAY) == []
    assert post.taken == []


def test_a_server_that_is_away_costs_one_try_for_all() -> None:
    made = desk(ANN, BOB)
    assert states(go(made, None)) == [(ANN, "due"), (BOB, "due")]
    with office() as post:
        assert states(go(made, post, MINUTE)) == [(ANN, "sent"), (BOB, "sent")]


def test_without_a_server_the_mail_waits_and_says_why() -> None:
    made = desk(ANN)
    (one,) = deliver(made.store, made.config, None, NOW)
    assert (one.state, "AGGREGATOR_SMTP_URL is not set" in one.text) == ("due", True)
    with office() as post:
        assert states(go(made, post, MINUTE)) == [(ANN, "sent")]


def test_after_a_long_sleep_a_mail_has_one_more_try() -> None:
    with office() as post:
        made = desk(ANN)
        assert states(go(made, post, 30 * DAY)) == [(ANN, "sent")]


def test_one_refused_recipient_stops_no_other() -> None:
    made = desk(ANN, BOB)
    with office(RCPT=["550 no such user"]) as post:
        round_ = go(made, post)
        assert states(round_) == [(ANN, "refused"), (BOB, "sent")]
        assert "550 no such user; not sent again" in round_[0].text
        assert go(made, post, 9 * DAY) == []
    assert post.recipients == [BOB]
    assert made.store.deliveries.of(1)[0].error == f"127.0.0.1:{post.port}: 550 no such user"


def test_an_address_that_no_mail_can_carry_is_refused() -> None:
    made = desk("ann..b@example.org", BOB)
    with office() as post:
        assert states(go(made, post)) == [("ann..b@example.org", "refused"), (BOB, "sent")]


def test_who_left_the_list_gets_nothing_any_more() -> None:
    made = desk(ANN, BOB)
    made.change(digest=Series(mail_to=(BOB,)))
    with office() as post:
        assert states(go(made, post)) == [(ANN, "given_up"), (BOB, "sent")]
        made.change(digest=Series(mail_to=(ANN, BOB)))
        assert go(made, post, DAY) == []
    assert post.recipients == [BOB]


def test_who_joins_the_list_gets_the_next_one() -> None:
    made = desk(ANN)
    made.change(digest=Series(mail_to=(ANN, BOB)))
    with office() as post:
        assert states(go(made, post)) == [(ANN, "sent")]
        made.now += DAY
        made.seal()
        assert states(go(made, post)) == [(ANN, "sent"), (BOB, "sent")]


# --- never twice ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("said", [VANISH, HANG_UP])
def test_no_word_after_the_end_of_a_mail_is_never_sent_again(said: str) -> None:
    made = desk(ANN)
    with office(DATA=[said]) as post:
        (one,) = go(made, post)
        assert one.state == "unknown"
        assert "may have gone out, or not: " in one.text
        assert go(made, post, 9 * DAY) == []
    assert post.recipients == [ANN] * (said == VANISH)


CHILD = """
import sys
from pathlib import Path
from aggregator.publish.deliver import deliver
from aggregator.publish.mail import Server
from aggregator.records import Series
from aggregator.store.sqlite import open_store
from tests.makers import NOW, config
deliver(open_store(Path(sys.argv[1])), config(digest=Series(mail_to=tuple(sys.argv[3:]))), Server(sys.argv[2]), NOW)
"""


@pytest.mark.parametrize(
    ("step", "after"),
    [("RCPT", [(ANN, "sent"), (BOB, "sent")]), ("DATA", [(ANN, "unknown"), (BOB, "sent")])],
)
def test_killed_while_sending(tmp_path: Path, step: str, after: list[tuple[str, str]]) -> None:
    """kill -9 before the server can have the mail, and when it has it but has not said so."""
    made, children = desk(ANN, BOB), []
    disk = open_store(tmp_path / "a.db")
    made.store._connection.backup(disk._connection)
    disk.close()

    def kill(now: str) -> None:
        if now == step and children[0].returncode is None:
            children[0].kill()
            children[0].wait()

    with office(watch=kill) as post:
        children.append(subprocess.Popen([sys.executable, "-c", CHILD, tmp_path / "a.db", post.url, ANN, BOB]))
        assert children[0].wait(30) == -9
        made.store = open_store(tmp_path / "a.db")
        assert states(go(made, post)) == after
        assert go(made, post, 9 * DAY) == []
        made.store.close()
    assert sorted(post.recipients) == [ANN, BOB]


def test_the_row_says_sending_before_the_server_can_have_the_mail() -> None:
    made, seen = desk(ANN), []
    with office(watch=lambda step: seen.append((step, made.store.deliveries.of(1)[0].state))) as post:
        go(made, post)
    assert seen == [("MAIL", "due"), ("RCPT", "due"), ("DATA", "sending")]


ANSWERS = st.sampled_from(["", "", "451 later", HANG_UP])
AT_THE_END = st.sampled_from(["", "", "451 later", "554 no", HANG_UP, VANISH])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(ANSWERS, AT_THE_END, st.booleans(), st.booleans()), max_size=6))
def test_whatever_happens_nobody_gets_a_digest_twice(rounds: list[tuple[str, str, bool, bool]]) -> None:
    made = desk(ANN, BOB)
    got: Counter[tuple[str, str]] = Counter()
    for rcpt, data, is_open, killed in [*rounds, ("", "", True, False)]:
        with office(RCPT=[rcpt], DATA=[data]) as post:
            go(made, post if is_open else None, DAY / 2)
            got.update((taken.recipient, taken.mail["Message-ID"]) for taken in post.taken)
        if killed:
            with made.store.transaction():
                made.store._connection.execute("UPDATE deliveries SET state = 'sending' WHERE state = 'due'")
    assert set(got.values()) <= {1}
    for one in made.store.deliveries.of(1):
        assert one.state != "sending"
        times = sum(number for (recipient, _), number in got.items() if recipient == one.recipient)
        assert times == 1 if one.state == "sent" else times <= (one.state == "unknown")


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(["RCPT 451", "DATA 451", "RCPT gone", "away"]), max_size=7))
def test_what_only_fails_for_a_while_arrives_exactly_once(troubles: list[str]) -> None:
    made, taken = desk(ANN), []
    for trouble in [*troubles, "none"]:
        step, _, said = trouble.partition(" ")
        with office(**{step: [HANG_UP if said == "gone" else "451 later"]} if said else {}) as post:
            go(made, None if trouble == "away" else post, timedelta(hours=16))
            taken += post.recipients
    with office() as post:
        go(made, post, DAY)
        taken += post.recipients
    assert taken == [ANN]


def test_nothing_due_asks_no_server() -> None:
    made = desk(ANN)
    with office() as post:
        go(made, post)
    assert deliver(made.store, made.config, Server(NOWHERE), NOW + DAY) == []
