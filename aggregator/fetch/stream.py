"""A socket whose every wait ends at one deadline, and which says what is wrong with a certificate."""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Protocol

import httpcore

from aggregator.errors import FetchError

_PIECE = 2**16
_OVER = 1.05  # of the time that is left, a wait may take: to tell the system anew each time costs it a call
_EXPIRED, _NOT_YET, _OTHER_NAME, _OTHER_ADDRESS = 10, 9, 62, 64  # X509_V_ERR_..., see X509_STORE_CTX_get_error(3)
_SELF_SIGNED, _NO_AUTHORITY = 18, (19, 20, 21)


class Budget(Protocol):
    """What an exchange may still cost."""

    def remaining(self) -> float:
        """Seconds left; raises FetchError (`timeout`) when there are none."""

    def sent(self) -> None:
        """Note that bytes went out."""

    def spend(self, size: int) -> None:
        """Count bytes that were read; raises FetchError (`limit`) when they are too many."""


class Stream(httpcore.NetworkStream):
    """A connected socket for httpcore, plain or TLS; `budget` ends every wait, however slowly a server drips."""

    def __init__(self, sock: socket.socket, budget: Budget) -> None:
        self._sock = sock
        self._budget = budget
        self._longest = sock.gettimeout() or 0.0

    def _wait_for(self, left: float) -> None:
        """Let the next wait end in so many seconds."""
        if not left <= self._longest <= left * _OVER:
            self._sock.settimeout(left)
            self._longest = left

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """The next bytes, none at the end."""
        self._wait_for(self._budget.remaining())
        data = self._sock.recv(max_bytes)
        self._budget.spend(len(data))
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send them all; httpcore also writes the bodies that there are not."""
        left = self._budget.remaining()
        if buffer:
            self._wait_for(left)
            self._sock.sendall(buffer)
            self._budget.sent()

    def close(self) -> None:
        """End the connection."""
        self._sock.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """The same connection in TLS; raises FetchError (`tls`) that says what is wrong with a certificate."""
        if isinstance(self._sock, ssl.SSLSocket):
            return _Inner(self, ssl_context, server_hostname)
        self._wait_for(self._budget.remaining())
        try:
            secure = ssl_context.wrap_socket(self._sock, server_hostname=server_hostname, do_handshake_on_connect=False)
        except BaseException:
            self._sock.close()
            raise
        try:
            with _in_words(secure):
                secure.do_handshake()
        except BaseException:
            secure.close()
            raise
        return Stream(secure, self._budget)

    def get_extra_info(self, info: str) -> Any:
        """What httpcore asks of a stream: whether an idle connection was closed by the other side."""
        if info == "is_readable":
            return _readable(self._sock)
        if info == "ssl_object":
            return self._sock if isinstance(self._sock, ssl.SSLSocket) else None
        return None


class _Inner(httpcore.NetworkStream):
    """TLS inside TLS, for an https feed behind an https proxy; sockets cannot be wrapped twice."""

    def __init__(self, outer: Stream, context: ssl.SSLContext, host: str | None) -> None:
        self._outer = outer
        self._from_wire, self._to_wire = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._from_wire, self._to_wire, server_hostname=host)
        try:
            with _in_words(self._tls):
                self._step("do_handshake")
        except BaseException:
            outer.close()
            raise

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return bytes(self._step("read", max_bytes))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        while buffer:
            buffer = buffer[self._step("write", buffer) :]

    def close(self) -> None:
        self._outer.close()

    def get_extra_info(self, info: str) -> Any:
        """As the connection below says."""
        return self._tls if info == "ssl_object" else self._outer.get_extra_info(info)

    def _step(self, name: str, *arguments: Any) -> Any:
        """Call the TLS machine until it needs no more bytes from the wire, carrying what it gives and takes."""
        while True:
            try:
                result = getattr(self._tls, name)(*arguments)
            except ssl.SSLWantReadError:
                self._flush()
                data = self._outer.read(_PIECE)
                self._from_wire.write(data) if data else self._from_wire.write_eof()
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                if name != "read":
                    raise
                return b""
            else:
                self._flush()
                return result

    def _flush(self) -> None:
        if data := self._to_wire.read():
            self._outer.write(data)


def _readable(sock: socket.socket) -> bool:
    """Whether an idle connection has something to say: its end, mostly. Asked of the socket below TLS, which knows."""
    if sock.fileno() < 0:
        return True
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(0))


# --- certificates --------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _in_words(machine: ssl.SSLSocket | ssl.SSLObject) -> Iterator[None]:
    """Turns a certificate that was refused into one plain sentence with the dates and names that stand in it."""
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise FetchError("tls", _certificate_words(error, _shown(machine))) from error


def _certificate_words(error: ssl.SSLCertVerificationError, shown: dict[str, Any]) -> str:
    code = error.verify_code
    if code == _EXPIRED:
        return "certificate expired" + _on(shown.get("notAfter"))
    if code == _NOT_YET:
        begins = _on(shown.get("notBefore"))
        return f"certificate is not valid yet (it begins{begins}), or this machine's clock is wrong"
    if code in (_OTHER_NAME, _OTHER_ADDRESS):
        return f"certificate is for {_names(shown)}, not for this host"
    if code == _SELF_SIGNED:
        return "self-signed certificate"
    if code in _NO_AUTHORITY:
        return "certificate of an unknown authority (SSL_CERT_FILE can name one to trust), or its chain is incomplete"
    return f"certificate is not valid ({_plain(error.verify_message)})"


def _shown(machine: ssl.SSLSocket | ssl.SSLObject) -> dict[str, Any]:
    """What stands in the certificate that was refused; Python keeps that for itself, so it may be nothing."""
    try:
        first = machine._sslobj.get_unverified_chain()[0]  # type: ignore[union-attr]  # noqa: SLF001
        return dict(first.get_info())
    except (AttributeError, IndexError, TypeError, ValueError, ssl.SSLError):
        return {}


def _on(moment: str | None) -> str:
    try:
        return f" on {datetime.fromtimestamp(ssl.cert_time_to_seconds(moment or ''), UTC):%Y-%m-%d}"
    except (ValueError, OverflowError, OSError):
        return ""


def _names(shown: dict[str, Any]) -> str:
    names = [_plain(str(value)) for kind, value in shown.get("subjectAltName", ()) if kind in ("DNS", "IP Address")]
    more = f" and {len(names) - 2} more" if len(names) > 2 else ""
    return ", ".join(names[:2]) + more if names else "another host"


def _plain(text: str) -> str:
    return "".join(c for c in text if c.isascii() and c.isprintable())[:80]
