"""A digest as a mail, and the server that takes it: the only door to `smtplib` and to messages of `email`.

What a server says about one mail is a value (`Answer`), for it decides what is done next. A server that cannot be
spoken to at all is a PublishError. Neither ever holds a password.
"""

from __future__ import annotations

import contextlib
import ipaddress
import re
import smtplib
import ssl
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from types import TracebackType
from typing import Literal
from urllib.parse import SplitResult, unquote, urlsplit

from aggregator.errors import ConfigError, PublishError
from aggregator.render.words import one_line

SETTING = "AGGREGATOR_SMTP_URL"
_LONGEST_ADDRESS = 254  # characters (RFC 5321, section 4.5.3.1.3)
_LONGEST_SUBJECT = 200  # characters
_LONGEST_WORDS = 300  # characters of what a server says
_PATIENCE = 4  # times the timeout: how long a server may look at a whole mail before it answers
# A user with a password hands in mail at port 587 (RFC 6409), servers among themselves at 25.
_PORTS = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}
_THIS_MACHINE = re.compile(r"localhost|::1|127(\.[0-9]{1,3}){3}")
_TROUBLE = (OSError, UnicodeError)  # smtplib's errors are OSErrors; a host name that cannot be one is a UnicodeError


def message(
    *,
    sender: str,
    recipient: str,
    subject: str,
    text: bytes,
    html: bytes,
    list_id: str,
    message_id: str,
    date: datetime,
    name: str = "",
) -> EmailMessage:
    """One mail to one recipient: multipart/alternative of `text` and `html` (UTF-8, as they were sealed).

    The same arguments give the same bytes. `name` stands before the sender's address; `list_id` and `message_id` are
    dot-atoms without angle brackets, of at most 66 and 62 characters: `email` would encode what fits on no line.
    Raises PublishError for an address that no mail can carry.
    """
    made = EmailMessage(policy=policy.SMTP)
    made["From"] = _address(sender, _words(name, 80))
    made["To"] = _address(recipient)
    made["Subject"] = _words(subject, _LONGEST_SUBJECT)
    made["Date"] = date
    made["Message-ID"] = f"<{message_id}>"
    made["List-Id"] = f"<{list_id}>"  # RFC 2919
    made["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers
    # Quoted-printable fits any server (RFC 5321 knows lines of at most 998 bytes) and can be read in a raw mail.
    made.set_content(text.decode("utf-8", "replace"), cte="quoted-printable")
    made.add_alternative(html.decode("utf-8", "replace"), subtype="html", cte="quoted-printable")
    # `=_` never stands in quoted-printable text (RFC 2045, section 6.7).
    made.set_boundary(f"=_{uuid.uuid5(uuid.NAMESPACE_URL, message_id).hex}")
    return made


def _words(strange: str, longest: int) -> str:
    """Words for a header: one line, no control characters, and never taken for an encoded word (RFC 2047)."""
    line = one_line(strange).encode("utf-8", "replace").decode()
    line = line if len(line) <= longest else line[: longest - 1] + "…"
    return line.replace("=?", "= ?").replace("?=", "? =")


def _address(written: str, name: str = "") -> Address:
    shown = one_line(written)[:80]
    wrong = PublishError(f"mail: no mail can be sent to or from `{shown}`; write it as ann@example.org")
    if not (written.isascii() and written.isprintable() and len(written) <= _LONGEST_ADDRESS):
        raise wrong
    try:
        made = Address(name, addr_spec=written)
    except (ValueError, IndexError, MessageError) as error:
        raise wrong from error
    if made.addr_spec != written:  # a comment stood in it
        raise wrong
    return made


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of handing over one mail: `words` say why it is not `sent`.

    `later`: it was not taken, and may be offered again; `refused`: it never will be taken; `unknown`: the connection
    broke between the end of the mail and the server's word, so it may have been taken.
    """

    outcome: Literal["sent", "later", "refused", "unknown"]
    words: str = ""


class Server:
    """The mail server that `AGGREGATOR_SMTP_URL` names, and the `sender` of its mails.

    `smtp://host` speaks plainly, and with `user:password@` only over STARTTLS (or to this machine);
    `smtp+starttls://` insists on STARTTLS (RFC 3207), `smtps://` begins with TLS (RFC 8314). User and password are
    percent-encoded. `?from=address` is the sender. `timeout` is in seconds, for each answer of the server; `tls` says
    whom to trust. Raises ConfigError for a URL that is none of these; it never shows the URL, which holds a secret.
    """

    def __init__(self, url: str, *, timeout: float = 30.0, tls: ssl.SSLContext | None = None) -> None:
        parts = _split(url)
        self._scheme, self.host = parts.scheme, parts.hostname or ""
        self.port = parts.port or _PORTS["smtp+starttls" if parts.scheme == "smtp" and parts.username else parts.scheme]
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")
        if not (self._user + self._password).isascii():
            raise ConfigError(f"{SETTING}: user and password hold letters and signs of ASCII only")
        self._timeout, self._tls = timeout, tls
        self.sender = _sender(parts, self._user)

    @property
    def name(self) -> str:
        """The server as messages name it."""
        return f"{self.host}:{self.port}"

    def connect(self) -> Session:
        """A conversation with the server, up to and with the login. Raises PublishError."""
        try:
            with contextlib.ExitStack() as undo:
                smtp = self._open()
                undo.callback(smtp.close)
                self._greet(smtp)
                undo.pop_all()
        except _TROUBLE as error:
            raise PublishError(f"mail: {self.name}: {_trouble(error, self._timeout)}") from None
        return Session(smtp, self.name, self.sender, self._timeout)

    def _open(self) -> smtplib.SMTP:
        if self._scheme == "smtps":
            return smtplib.SMTP_SSL(self.host, self.port, timeout=self._timeout, context=self._context())
        return smtplib.SMTP(self.host, self.port, timeout=self._timeout)

    def _greet(self, smtp: smtplib.SMTP) -> None:
        smtp.ehlo_or_helo_if_needed()
        must = self._scheme == "smtp+starttls"
        if must or (self._scheme == "smtp" and self._user and smtp.has_extn("starttls")):
            smtp.starttls(context=self._context())
            smtp.ehlo_or_helo_if_needed()
        elif self._scheme == "smtp" and self._user and not _THIS_MACHINE.fullmatch(self.host):
            raise smtplib.SMTPException(
                "offers no STARTTLS, and the password is not sent in the clear; if it speaks TLS from the start, "
                f"write {SETTING} with smtps://"
            )
        if self._user:
            smtp.login(self._user, self._password)

    def _context(self) -> ssl.SSLContext:
        return self._tls or ssl.create_default_context()


class Session:
    """A conversation with a server, for any number of mails; close it by leaving its `with` block."""

    def __init__(self, smtp: smtplib.SMTP, name: str, sender: str, timeout: float) -> None:
        self._smtp = smtp
        self._name, self._sender, self._timeout = name, sender, timeout

    def __enter__(self) -> Session:
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        if kind is None:
            with contextlib.suppress(OSError):
                self._smtp.quit()
        self._smtp.close()

    def send(self, mail: EmailMessage, recipient: str, last_step: Callable[[], None]) -> Answer:
        """Hand over one mail. `last_step` is called when only its end is still to be sent: until then no server takes
        it (RFC 5321, section 4.1.1.4), afterwards one may have taken it even if no answer arrives."""
        try:
            self._wait(self._timeout)
            objection = self._envelope(recipient)
            if objection is not None:
                return objection
            self._smtp.send(_dotted(mail.as_bytes()))
        except _TROUBLE as error:
            self._smtp.close()
            return self._answered("later", _trouble(error, self._timeout))
        last_step()
        return self._end()

    def _envelope(self, recipient: str) -> Answer | None:
        """MAIL, RCPT, DATA; None when the server waits for the mail."""
        code, said = self._smtp.mail(self._sender)
        if code != 250:  # the sender is ours: whoever mends it wants the mail to go out
            return self._objection("later", code, said)
        code, said = self._smtp.rcpt(recipient)
        if code not in (250, 251):
            return self._objection("refused" if code // 100 == 5 else "later", code, said)
        code, said = self._smtp.docmd("DATA")
        if code != 354:
            return self._objection("refused" if code // 100 == 5 else "later", code, said)
        return None

    def _objection(self, outcome: Literal["later", "refused"], code: int, said: bytes) -> Answer:
        with contextlib.suppress(OSError):
            self._smtp.rset()
        return self._answered(outcome, _answer(code, said))

    def _end(self) -> Answer:
        longest = self._timeout * _PATIENCE
        try:
            self._wait(longest)
            self._smtp.send(b".\r\n")
            code, said = self._smtp.getreply()
        except _TROUBLE as error:
            self._smtp.close()
            return self._answered("unknown", _trouble(error, longest))
        outcomes: dict[int, Literal["sent", "later", "refused"]] = {2: "sent", 4: "later", 5: "refused"}
        return self._answered(outcomes.get(code // 100, "unknown"), _answer(code, said))

    def _wait(self, seconds: float) -> None:
        if self._smtp.sock is not None:
            self._smtp.sock.settimeout(seconds)

    def _answered(self, outcome: Literal["sent", "later", "refused", "unknown"], words: str) -> Answer:
        return Answer(outcome, "" if outcome == "sent" else f"{self._name}: {words}")


def _dotted(mail: bytes) -> bytes:
    """The mail as it travels: a line that begins with a dot gets another (RFC 5321, section 4.5.2)."""
    return re.sub(rb"(?m)^\.", b"..", mail if mail.endswith(b"\r\n") else mail + b"\r\n")


def _trouble(error: Exception, timeout: float) -> str:
    """What went wrong, in words for one line; nothing that we sent stands in it."""
    if isinstance(error, smtplib.SMTPResponseException):
        at_login = isinstance(error, smtplib.SMTPAuthenticationError)
        refused = f"refuses the user or the password of {SETTING}: " if at_login else ""
        return refused + _answer(error.smtp_code, error.smtp_error)
    if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
        return f"no answer within {timeout:g} s"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not valid: {error.verify_message}"
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return "closed the connection"
    if isinstance(error, UnicodeError):
        return "this cannot be the name of a host"
    return one_line(getattr(error, "strerror", None) or str(error))[:_LONGEST_WORDS]


def _answer(code: int, said: bytes | str) -> str:
    words = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return one_line(f"{code} {words}")[:_LONGEST_WORDS]


def _split(url: str) -> SplitResult:
    wanted = "write it as smtp://user:password@mail.example.org:587?from=me@example.org (or smtps://, smtp+starttls://)"
    try:
        parts = urlsplit(url.strip())
        good = parts.scheme in _PORTS and bool(parts.hostname) and parts.path in ("", "/") and not parts.fragment
        good = good and parts.port != 0 and (not parts.query or parts.query.startswith("from="))
    except ValueError:
        good = False
    if not good:
        raise ConfigError(f"{SETTING}: this is not the address of a mail server; {wanted}")
    return parts


def _sender(parts: SplitResult, user: str) -> str:
    """The address that mails come from: as given, else the user's, else one at this machine's name."""
    given = unquote(parts.query.removeprefix("from="))
    if given:
        sender = given
    elif user:
        sender = user if "@" in user else f"{user}@{_domain(parts.hostname or '')}"
    else:
        sender = f"fow-aggregator@{smtplib.SMTP().local_hostname}"
    try:
        _address(sender)
    except PublishError:
        shown = one_line(sender)[:80]
        raise ConfigError(f"{SETTING}: `{shown}` cannot be a sender; add ?from=you@example.org") from None
    return sender


def _domain(host: str) -> str:
    """The host as the domain of an address; a number becomes a literal (RFC 5321, section 4.1.3)."""
    try:
        number = ipaddress.ip_address(host)
    except ValueError:
        return host
    return f"[IPv6:{number}]" if number.version == 6 else f"[{number}]"
