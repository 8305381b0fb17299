"""A post office: a real SMTP server on the loopback that answers as a test tells it to."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

HANG_UP = "hang up"  # the connection is gone, and nothing was taken
VANISH = "vanish"  # at the end of a mail: it is taken, and no word of it is said


@dataclass(frozen=True)
class Taken:
    """A mail that the office took over, and how it came."""

    sender: str
    recipient: str
    data: bytes
    encrypted: bool
    user: str | None

    @property
    def mail(self) -> EmailMessage:
        parsed = message_from_bytes(self.data, policy=policy.SMTP)
        assert isinstance(parsed, EmailMessage)
        return parsed


class Office:
    """`script` holds answers by step (`MAIL`, `RCPT`, `BODY`, `DATA`), used up in turn; then everything is fine.

    `watch` is told each step before it is answered; at `DATA` the whole mail is here.
    """

    def __init__(self, script: dict[str, list[str]], watch: Callable[[str], None]) -> None:
        self.script = script
        self.watch = watch
        self.taken: list[Taken] = []
        self.port = 0

    @property
    def recipients(self) -> list[str]:
        return [taken.recipient for taken in self.taken]

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}?from=fow@example.net"

    def next(self, step: str, server: SMTP) -> str:
        """What is said at this step; "" is a yes."""
        self.watch(step)
        answers = self.script.get(step, [])
        said = answers.pop(0) if answers else ""
        if said in (HANG_UP, VANISH):
            assert server.transport is not None
            server.transport.abort()
        return said

    async def handle_MAIL(self, server: SMTP, _: Session, envelope: Envelope, address: str, __: list[str]) -> str:  # noqa: N802
        envelope.mail_from = address
        return self.next("MAIL", server) or "250 yes"

    async def handle_RCPT(self, server: SMTP, _: Session, envelope: Envelope, address: str, __: list[str]) -> str:  # noqa: N802
        said = self.next("RCPT", server)
        if not said:
            envelope.rcpt_tos.append(address)
        return said or "250 yes"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        said = self.next("DATA", server)
        if said in ("", VANISH):
            content, user = envelope.content, getattr(session.auth_data, "login", None)
            assert isinstance(content, bytes)
            name = user.decode() if user else None
            (recipient,) = envelope.rcpt_tos
            self.taken.append(Taken(envelope.mail_from or "", recipient, content, session.ssl is not None, name))
        return said or "250 taken"


class _Smtp(SMTP):
    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802  (the name of the library)
        office = self.event_handler
        if office.script.get("BODY"):
            await self.push("354 go on")
            office.next("BODY", self)
        else:
            await super().smtp_DATA(arg)


def _knows(_: SMTP, __: Session, ___: Envelope, ____: str, data: object) -> AuthResult:
    good = isinstance(data, LoginPassword) and (data.login, data.password) == (b"ann", b"s3cret/@:")
    return AuthResult(success=good, handled=good, auth_data=data)


@contextlib.contextmanager
def office(
    *,
    tls: ssl.SSLContext | None = None,
    implicit: bool = False,
    login: bool = False,
    watch: Callable[[str], None] = lambda _: None,
    **script: list[str],
) -> Iterator[Office]:
    """An open post office; `tls` offers STARTTLS, or begins with it (`implicit`); `login` asks for ann's password."""
    made, loop = Office(script, watch), asyncio.new_event_loop()

    def speak() -> SMTP:
        options: dict[str, Any] = {"tls_context": None if implicit else tls, "hostname": "post.example"}
        if login:
            options |= {"authenticator": _knows, "auth_required": True, "auth_require_tls": tls is not None}
        return _Smtp(made, loop=loop, **options)

    doors = loop.run_until_complete(loop.create_server(speak, "127.0.0.1", 0, ssl=tls if implicit else None))
    made.port = doors.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield made
    finally:
        asyncio.run_coroutine_threadsafe(_close(doors), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()


async def _close(doors: asyncio.Server) -> None:
    doors.close()
    tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
