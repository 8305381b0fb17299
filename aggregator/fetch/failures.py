"""What the network can raise, as one plain sentence: the only place where foreign errors become FetchErrors."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Iterator

import httpcore

from aggregator.errors import ConfigError, FetchError
from aggregator.urls import host_of, without_secrets

# part of OpenSSL's name for what went wrong -> what that means
_TLS_WORDS = {
    "PROTOCOL_VERSION": "no secure connection: it speaks only versions of TLS that are not safe (1.2 is needed)",
    "UNSUPPORTED_PROTOCOL": "no secure connection: it speaks only versions of TLS that are not safe (1.2 is needed)",
    "WRONG_VERSION_NUMBER": "no secure connection: what answers there does not speak TLS",
    "UNRECOGNIZED_NAME": "no secure connection: it does not know this host name (TLS SNI)",
    "HANDSHAKE_FAILURE": "no secure connection: no cipher in common",
    "UNEXPECTED_EOF": "no secure connection: it hung up while TLS was being agreed on",
}


@contextlib.contextmanager
def translated(url: str) -> Iterator[None]:
    """Everything the network can raise becomes a FetchError with one plain sentence."""
    try:
        yield
    except (TimeoutError, httpcore.TimeoutException) as error:
        raise FetchError("timeout", "no complete answer within the time allowed") from error
    except (ssl.SSLError, ConfigError) as error:
        raise _of_tls(error) from error
    except (socket.gaierror, UnicodeError) as error:
        raise FetchError("dns", f"{host_of(url)}: no such host (DNS)") from error
    except OSError as error:
        raise FetchError("connect", f"the connection broke ({error.strerror or type(error).__name__})") from error
    except (httpcore.RemoteProtocolError, httpcore.ReadError) as error:
        if "buffer too long" in str(error):
            raise FetchError("limit", "its headers, or what stands between its chunks, do not end") from error
        cut = "closed connection" in str(error) or "disconnected" in str(error)
        words = "the answer was cut short" if cut else f"not an HTTP answer ({_short(error)})"
        raise FetchError("body", words) from error
    except httpcore.ProxyError as error:
        raise _of_proxy(_short(error)) from error
    except (httpcore.ConnectError, httpcore.NetworkError) as error:
        raise FetchError("connect", f"no connection ({_short(error)})") from error
    except (httpcore.UnsupportedProtocol, httpcore.LocalProtocolError, ValueError) as error:
        raise FetchError("redirect", f"not an address that can be asked: {without_secrets(url)}") from error


def _of_proxy(answer: str) -> FetchError:
    """A proxy's refusal of a tunnel: its status, the reason phrase is only noise."""
    status = answer[:3]
    if status == "407":
        return FetchError("auth", "the proxy wants a password (407)")
    return FetchError("connect", f"the proxy makes no connection ({status if status.isdigit() else answer})")


def _of_tls(error: ssl.SSLError | ConfigError) -> FetchError:
    """A connection that could not be made secure, or certificates that cannot be read: no other source needed them."""
    if isinstance(error, ConfigError):
        return FetchError("trust", str(error))
    reason = error.reason or "TLS"
    told = next((words for part, words in _TLS_WORDS.items() if part in reason), f"no secure connection ({reason})")
    return FetchError("tls", told)


def _short(error: Exception) -> str:
    """What the library says, without the bytes of strangers that it quotes."""
    words = " ".join(str(error).partition(": bytearray(")[0].split())
    return "".join(c for c in words if c.isprintable())[:80] or type(error).__name__
