"""How the web server of `run` is reached: the options that say it, and what they mean."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from urllib.parse import unquote

import click


@dataclass(frozen=True, slots=True)
class Door:
    """How the web server is reached: the path it is under, the proxies it believes, whether requests are told."""

    base: str
    trusted: tuple[str, ...]
    tells: bool


def as_path(ctx: click.Context, param: click.Parameter, value: str) -> str:
    """A base path as the server compares it: decoded, a slash before it and none behind."""
    path = unquote(value).strip("/")
    if set(path) & set("?#\\") or any(part in ("", ".", "..") for part in path.split("/") if path):
        raise click.BadParameter(f"{value!r} is not a path; write it like /feeds")
    return f"/{path}" if path else ""


def as_addresses(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    """Addresses and networks of proxies, each in its usual form."""
    try:
        return tuple(str(ip_network(one)) if "/" in one else str(ip_address(one)) for one in value)
    except ValueError as error:
        raise click.BadParameter(f"{error}; write it like 127.0.0.1 or 10.0.0.0/8") from None
