"""A digest as a mail: its headers and parts, and the talk with a real SMTP server."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import traceback
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.errors import ConfigError, PublishError
from aggregator.publish.mail import Answer, Server, message
from aggregator.render import digest
from aggregator.render import mail as render
from tests.post import HANG_UP, VANISH, Office, office
from tests.samples.digests import FULL
from tests.test_render_digest import SITE

TEXT, HTML = digest.text(FULL), render.html(FULL, site=SITE)


def letter(**changed: Any) -> EmailMessage:
    given: dict[str, Any] = {
        "sender": "fow@example.net", "recipient": "ann@example.org", "subject": "Future of Work: Saturday",
        "text": TEXT, "html": HTML, "list_id": "digest.0a1b.032026.localhost", "message_id": "0a1b@x.invalid",
        "date": datetime(2026, 3, 14, 7, 0, tzinfo=UTC), "name": "Future of Work",
    }  # fmt: skip
    return message(**given | changed)


def read(data: bytes) -> EmailMessage:
    parsed = message_from_bytes(data, policy=policy.SMTP)
    assert isinstance(parsed, EmailMessage)
    return parsed


def part(mail: EmailMessage, kind: str) -> bytes:
    found = mail.get_body((kind,))
    assert isinstance(found, EmailMessage)
    content = found.get_content()
    assert isinstance(content, str)
    return content.replace("\r\n", "\n").encode()


def headers(mail: EmailMessage) -> list[str]:
    return [name.lower() for name in mail.keys()]  # noqa: SIM118  (a mapping with repeated keys)


ONCE = [
    "from", "to", "subject", "date", "message-id", "list-id", "auto-submitted", "mime-version", "content-type",
]  # fmt: skip


# --- the mail ------------------------------------------------------------------------------------------------


def test_a_mail_is_text_and_html_as_sealed() -> None:
    mail = read(letter().as_bytes())
    assert mail.get_content_type() == "multipart/alternative"
    kinds = [(one.get_content_type(), one.get_content_charset()) for one in mail.iter_parts()]
    assert kinds == [("text/plain", "utf-8"), ("text/html", "utf-8")], "the plain part first: the last one is preferred"
    assert (part(mail, "plain"), part(mail, "html")) == (TEXT, HTML)


def test_its_headers() -> None:
    mail = read(letter().as_bytes())
    assert headers(mail) == ONCE
    assert mail["From"] == "Future of Work <fow@example.net>"
    assert mail["To"] == "ann@example.org"
    assert mail["Subject"] == "Future of Work: Saturday"
    assert mail["Date"] == "Sat, 14 Mar 2026 07:00:00 +0000"
    assert mail["Message-ID"] == "<0a1b@x.invalid>"
    assert mail["List-Id"] == "<digest.0a1b.032026.localhost>"
    assert mail["Auto-Submitted"] == "auto-generated"


def test_the_same_mail_has_the_same_bytes() -> None:
    assert letter().as_bytes() == letter().as_bytes()
    assert letter(message_id="other@x.invalid").get_boundary() != letter().get_boundary()


def assert_safe(data: bytes) -> EmailMessage:
    """Nothing but our headers, no byte that an old server could harm, lines far below 998 bytes (RFC 5322).

    The same section asks for 78, which `email` misses by a byte or two where encoded words meet others.
    """
    assert data.isascii()
    assert b"\0" not in data
    assert max(len(line) for line in data.split(b"\r\n")) <= 90
    assert b"\n" not in data.replace(b"\r\n", b"")
    assert b"\r" not in data.replace(b"\r\n", b"")
    mail = read(data)
    assert headers(mail) == ONCE
    assert [address.addr_spec for address in mail["To"].addresses] == ["ann@example.org"]
    assert [address.addr_spec for address in mail["From"].addresses] == ["fow@example.net"]
    assert not mail.defects
    return mail


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("Work & life", "Work & life"),
        ("Größe 職 😀", "Größe 職 😀"),
        ("a\r\nBcc: eve@evil.example", "a Bcc: eve@evil.example"),
        ("a\nBcc: eve@evil.example", "a Bcc: eve@evil.example"),
        ("a\rBcc: eve@evil.example", "a Bcc: eve@evil.example"),
        ("a\r\n\r\n<script>", "a <script>"),
        ("a\x0bb\x0cc\x1cd\x85e\u2028f\u2029g", "a b c d e f g"),
        ("a\0b\x1b[31m\u202ec", "ab[31mc"),
        ("a\ud800b", "ab"),
        ("=?utf-8?q?a=0D=0ABcc:_eve@evil.example?=", "= ?utf-8?q?a=0D=0ABcc:_eve@evil.example? ="),
        ("=\0?utf-8?b?DQpCY2M6IGV2ZQ==?\0=", "= ?utf-8?b?DQpCY2M6IGV2ZQ== ? ="),
        ('"q" (c) <eve@evil.example>, bob@evil.example; g:', '"q" (c) <eve@evil.example>, bob@evil.example; g:'),
        ("", ""),
        ("   ", ""),
        ("a" * 2000, "a" * 199 + "…"),
        ("a " * 2000, "a " * 99 + "a…"),
        ("職" * 2000, "職" * 199 + "…"),
        ("😀" * 500, "😀" * 199 + "…"),
    ],
)
def test_strange_titles_stay_in_their_header(title: str, shown: str) -> None:
    mail = assert_safe(letter(subject=title, name=title).as_bytes())
    assert mail["Subject"] == shown
    name = mail["From"].addresses[0].display_name  # `email` reads a space between two encoded words: RFC 2047 has none
    assert name.replace(" ", "")[:39] == shown.replace(" ", "")[:39]


@given(st.text(max_size=300), st.text(max_size=60))
def test_no_title_breaks_the_headers(subject: str, name: str) -> None:
    assert_safe(letter(subject=subject, name=name, text=b"t\n", html=b"h\n").as_bytes())


@pytest.mark.parametrize(
    "line", ["x" * 5000, "職" * 2000, ".", "..", ".\n.\n", "From me\n", "trailing space \n", "=3D", "--", "a\tb"]
)
def test_any_line_of_a_text_arrives(line: str) -> None:
    text = f"{line}\n".encode()
    data = letter(text=text, html=text).as_bytes()
    assert max(map(len, data.split(b"\r\n"))) <= 78
    assert (part(read(data), "plain"), part(read(data), "html")) == (text, text)


@pytest.mark.parametrize(
    "address",
    ["", "ann", "ann@", "@x.example", "a@b@c", "a b@x.example", "a@x.example, b@x.example", "a@x.example\r\nBcc: b",
     "a@x.example\n", "<a@x.example>", "a@x.example (c)", "a..b@x.example", "a\0@x.example", "jörg@x.example",
     "a@größe.example", "=?utf-8?q?a?=@x.example,b@y", "a" * 300 + "@x.example"],
)  # fmt: skip
def test_what_is_no_address_is_refused(address: str) -> None:
    for role in ("recipient", "sender"):
        with pytest.raises(PublishError, match="no mail can be sent") as caught:
            letter(**{role: address})
        assert "\n" not in str(caught.value)
        assert len(str(caught.value)) < 200


def test_the_longest_address_stays_whole() -> None:
    longest = "a" * 64 + "@" + ".".join(["b" * 59] * 3) + ".example"
    mail = read(letter(recipient=longest, sender=longest, name="Zukunft der Größe").as_bytes())
    assert (mail["To"].addresses[0].addr_spec, mail["From"].addresses[0].addr_spec) == (longest, longest)


# --- the address of the server -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "name", "sender"),
    [
        ("smtp://ann:pw@mail.example.org:2525", "mail.example.org:2525", "ann@mail.example.org"),
        ("smtp://ann:pw@mail.example.org", "mail.example.org:587", "ann@mail.example.org"),
        ("smtp://mail.example.org?from=me%2Bfow@example.org", "mail.example.org:25", "me+fow@example.org"),
        ("smtp://mail.example.org?from=me+fow@example.org", "mail.example.org:25", "me+fow@example.org"),
        ("smtps://ann%40example.org:p%40%2F@mail.example.org/", "mail.example.org:465", "ann@example.org"),
        ("SMTP+STARTTLS://ann@Mail.example.org", "mail.example.org:587", "ann@mail.example.org"),
        ("smtps://ann:pw@192.0.2.7", "192.0.2.7:465", "ann@[192.0.2.7]"),
        ("smtps://ann:pw@[2001:db8::1]:99", "2001:db8::1:99", "ann@[IPv6:2001:db8::1]"),
    ],
)
def test_what_the_url_says(url: str, name: str, sender: str) -> None:
    server = Server(url)
    assert (server.name, server.sender) == (name, sender)


def test_without_any_name_the_machine_is_the_sender() -> None:
    assert Server("smtp://localhost").sender.startswith("fow-aggregator@")


@pytest.mark.parametrize(
    "url",
    ["", "mail.example.org", "smtp://", "smtp://:25", "http://ann:s3cret@mail.example", "smtp://ann:s3cret@mail.example:x",
     "smtp://ann:s3cret@mail.example:0", "smtp://ann:s3cret@mail.example:99999", "smtp://ann:s3cret@[mail.example",
     "smtp://ann:s3cret#@mail.example", "smtp://ann:s3cret?@mail.example", "smtp://ann:s3cret@mail.example/inbox",
     "smtp://ann:s3cret@mail.example?form=a@b.example", "smtp://ann:s3cret@mail.example?from=nobody",
     "smtp://ann:s3cret@mail.example?from=a@b.example%0D%0ABcc:c@d.example", "smtp://ann:s3cretß@mail.example",
     "smtp://a%20nn:s3cret@mail.example"],
)  # fmt: skip
def test_a_wrong_url_is_told_without_its_secret(url: str) -> None:
    with pytest.raises(ConfigError, match="AGGREGATOR_SMTP_URL") as caught:
        Server(url)
    assert "s3cret" not in str(caught.value)
    assert "\n" not in str(caught.value)


# --- the talk with a server ----------------------------------------------------------------------------------


def hand_over(post: Office, mail: EmailMessage | None = None, recipient: str = "ann@example.org") -> tuple[Answer, int]:
    """The answer, and how often the last step was reached."""
    steps: list[int] = []
    with Server(post.url, timeout=5).connect() as session:
        answer = session.send(mail or letter(), recipient, lambda: steps.append(len(post.taken)))
    assert not any(steps), "the last step comes before the server has the mail"
    return answer, len(steps)


def test_a_mail_arrives_as_it_was_made() -> None:
    mail = letter(text=b".\n..dots\n.\n", html=HTML)
    with office() as post:
        assert hand_over(post, mail) == (Answer("sent"), 1)
    (taken,) = post.taken
    assert (taken.sender, taken.recipient, taken.encrypted) == ("fow@example.net", "ann@example.org", False)
    assert taken.data == mail.as_bytes()
    assert part(taken.mail, "plain") == b".\n..dots\n.\n"


@pytest.mark.parametrize(
    ("script", "outcome", "words", "last_steps"),
    [
        ({"MAIL": ["451 busy"]}, "later", "451 busy", 0),
        ({"MAIL": ["550 who are you"]}, "later", "550 who are you", 0),  # ours to mend: the recipient is fine
        ({"RCPT": ["451 greylisted"]}, "later", "451 greylisted", 0),
        ({"RCPT": ["550 no such user"]}, "refused", "550 no such user", 0),
        ({"RCPT": ["552-too\r\n552 full"]}, "refused", "552 too full", 0),
        ({"RCPT": [HANG_UP]}, "later", "closed the connection", 0),
        ({"DATA": ["451 try again"]}, "later", "451 try again", 1),
        ({"DATA": ["554 looks like spam"]}, "refused", "554 looks like spam", 1),
        ({"DATA": ["\x1b[31mwhat"]}, "unknown", "", 1),
        ({"DATA": [HANG_UP]}, "unknown", "closed the connection", 1),
        ({"DATA": [VANISH]}, "unknown", "closed the connection", 1),
    ],
)
def test_what_a_server_says_decides(script: dict[str, list[str]], outcome: str, words: str, last_steps: int) -> None:
    vanishes = VANISH in script.get("DATA", [])
    with office(**script) as post:
        answer, steps = hand_over(post)
        assert (answer.outcome, steps) == (outcome, last_steps)
        assert answer.words.startswith(f"127.0.0.1:{post.port}: {words}")
        assert answer.words.isprintable()
        assert len(post.taken) == vanishes


def test_a_connection_that_breaks_inside_the_mail_took_nothing() -> None:
    with office(BODY=[HANG_UP]) as post:
        answer, steps = hand_over(post, letter(text=b"more than any buffer holds\n" * 400_000))
    assert (answer.outcome, steps, post.taken) == ("later", 0, [])


def test_several_mails_in_one_session() -> None:
    names = ["a@x.example", "b@x.example", "c@x.example", "d@x.example"]
    with office(RCPT=["", "550 gone", "451 later"]) as post, Server(post.url).connect() as session:
        answers = [session.send(letter(recipient=name), name, lambda: None).outcome for name in names]
    assert answers == ["sent", "refused", "later", "sent"]
    assert post.recipients == ["a@x.example", "d@x.example"]


def test_after_a_broken_connection_the_rest_waits() -> None:
    with office(RCPT=[HANG_UP]) as post, Server(post.url).connect() as session:
        assert [session.send(letter(), "a@x.example", lambda: None).outcome for _ in range(2)] == ["later", "later"]


def test_when_the_last_step_fails_the_mail_is_not_sent() -> None:
    def full_disk() -> None:
        raise OSError(28, "No space left on device")

    with office() as post, pytest.raises(OSError, match="No space"), Server(post.url).connect() as session:
        session.send(letter(), "ann@example.org", full_disk)
    assert post.taken == []


def test_a_server_that_is_not_there_is_one_clear_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        with pytest.raises(PublishError, match=rf"^mail: 127\.0\.0\.1:{port}: no answer within 0\.1 s$"):
            Server(f"smtp://127.0.0.1:{port}", timeout=0.1).connect()
    with pytest.raises(PublishError, match=rf"^mail: 127\.0\.0\.1:{port}: Connection refused$"):
        Server(f"smtp://127.0.0.1:{port}").connect()
    with pytest.raises(PublishError, match="cannot be the name of a host"):
        Server(f"smtp://{'a' * 70}.example?from=a@b.example").connect()


# --- login and TLS -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate and its key for localhost, signed by itself."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")
    path = tmp_path_factory.mktemp("tls") / "localhost.pem"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", str(path)]
    made = subprocess.run([openssl, "req", "-x509", "-days", "2", *key, *subject], check=True, capture_output=True)
    path.write_bytes(path.read_bytes() + made.stdout)
    return path


@pytest.fixture
def served(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def trusting(certificate: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=certificate)


PASSWORD = "s3cret%2F%40%3A"


@pytest.mark.parametrize("scheme", ["smtp", "smtp+starttls", "smtps"])
def test_a_password_travels_encrypted(scheme: str, served: ssl.SSLContext, certificate: Path) -> None:
    with office(tls=served, implicit=scheme == "smtps", login=scheme != "smtps") as post:
        url = f"{scheme}://{'ann:' + PASSWORD + '@' if scheme != 'smtps' else ''}localhost:{post.port}?from=a@b.example"
        with Server(url, tls=trusting(certificate)).connect() as session:
            assert session.send(letter(), "ann@example.org", lambda: None) == Answer("sent")
    (taken,) = post.taken
    assert (taken.encrypted or scheme == "smtps", taken.user) == (True, None if scheme == "smtps" else "ann")


def refusal(url: str, tls: ssl.SSLContext | None = None) -> str:
    with pytest.raises(PublishError) as caught:
        Server(url, timeout=5, tls=tls).connect()
    assert "s3cret" not in "".join(traceback.format_exception(caught.value))
    return str(caught.value).partition(": ")[2].partition(": ")[2]


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")  # aiosmtpd's, about its own login
def test_a_password_is_sent_only_to_whom_the_certificate_names(served: ssl.SSLContext, certificate: Path) -> None:
    with office(tls=served, login=True) as post:
        user = f"ann:{PASSWORD}@"
        assert refusal(f"smtp://{user}localhost:{post.port}").startswith("its certificate is not valid")
        other = refusal(f"smtp://{user}127.0.0.1:{post.port}", trusting(certificate))
        assert other.startswith("its certificate is not valid")
        said = refusal(f"smtp://ann:wr0ng@localhost:{post.port}", trusting(certificate))
        assert said.startswith("refuses the user or the password of AGGREGATOR_SMTP_URL: 535")
    with office(login=True) as plain:
        assert "STARTTLS" in refusal(f"smtp+starttls://{user}localhost:{plain.port}")
        # another way to write 127.0.0.1, which is not one of this machine's own names
        assert "the password is not sent in the clear" in refusal(f"smtp://{user}127.1:{plain.port}?from=a@b.example")
        with Server(f"smtp://{user}localhost:{plain.port}").connect() as session:  # on this machine nobody listens
            assert session.send(letter(), "ann@example.org", lambda: None) == Answer("sent")
    with office() as open_to_all:
        assert "AUTH extension not supported" in refusal(f"smtp://{user}localhost:{open_to_all.port}")
