"""Certificates of a made-up authority, good and bad, and servers that show them."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import trustme

EXPIRED_ON = datetime(2026, 2, 1, 12, tzinfo=UTC)
BEGINS_ON = datetime(2098, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Authority:
    """An authority that the clients of a test trust."""

    made: trustme.CA

    def trusting(self) -> ssl.SSLContext:
        """A client's context that trusts this authority and no other."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.made.configure_trust(context)
        return context

    def server(
        self, *names: str, not_before: datetime | None = None, not_after: datetime | None = None
    ) -> ssl.SSLContext:
        """A server's context with a certificate for these names."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.made.issue_cert(*names, not_before=not_before, not_after=not_after).configure_cert(context)
        return context

    def self_signed(self, folder: Path) -> ssl.SSLContext:
        """A server's context whose certificate has no authority behind it but itself."""
        alone, path = trustme.CA(), folder / "alone.pem"
        path.write_bytes(alone.private_key_pem.bytes() + alone.cert_pem.bytes())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context
