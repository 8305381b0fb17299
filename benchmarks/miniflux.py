"""Miniflux, a reader in Go, as one of the programs of `benchmarks/peers.py`: how it is set up, and what a pass is.

It keeps its entries in PostgreSQL: one of its own is started (tests/postgres.py), without fsync and autovacuum, so that
the disk and what is put off are no part of it. What this server takes during a pass counts as Miniflux's.

A pass is `miniflux -refresh-feeds` with all feeds due, in one batch. It asks for no icons of the sites: only what is
asked of the web of the benchmark counts. The program is looked for as `miniflux` in the PATH, or where `MINIFLUX` says.
"""

from __future__ import annotations

import base64
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing, suppress
from http.client import HTTPConnection
from pathlib import Path
from xml.sax.saxutils import quoteattr

from benchmarks.programs import Program
from tests.postgres import binary, needs_postgres, own_server

NAME, WORD = "bench", "bench-bench"
NOWHERE = "http://127.0.0.1:9"  # no proxy is there, and Go asks it for all hosts but this machine
COUNT = "SELECT count(*) FROM entries"
STARTS = 60.0  # seconds until its own server answers


def program() -> str | None:
    """Where it is, or None."""
    return shutil.which(os.environ.get("MINIFLUX", "miniflux"))


def missing() -> str | None:
    """Why it is not here, or None."""
    if program() is None:
        return "no `miniflux` in the PATH nor at $MINIFLUX (from its source: `go build -o miniflux .`)"
    return str(needs_postgres.kwargs["reason"]) if needs_postgres.args[0] else None


def miniflux(_folder: Path, urls: Sequence[str], workers: int, ends: ExitStack) -> Program:
    """It and its server, with feeds that were never asked."""
    server, command = ends.enter_context(own_server()), str(program())
    environment = {
        "DATABASE_URL": f"user=tests dbname=postgres sslmode=disable host={server.folder}",
        "WORKER_POOL_SIZE": str(workers),
        "BATCH_SIZE": str(len(urls)),
        "POLLING_PARSING_ERROR_LIMIT": "0",
        "FETCHER_ALLOW_PRIVATE_NETWORKS": "1",
        "LOG_LEVEL": "warning",
        "HTTP_PROXY": NOWHERE,
        "HTTPS_PROXY": NOWHERE,
    }
    _subscribe(command, environment, urls)

    def held() -> int:
        asked = [str(binary("psql")), server.address(), "--no-align", "--tuples-only", "--command", COUNT]
        return int(subprocess.run(asked, capture_output=True, check=True).stdout)

    def due() -> None:
        subprocess.run([command, "-reset-feed-next-check-at"], env={**os.environ, **environment}, check=True)

    postmaster = int((server.data / "postmaster.pid").read_text().partition("\n")[0])
    return Program([command, "-refresh-feeds"], held, (), environment, postmaster, due)


def _subscribe(command: str, environment: Mapping[str, str], urls: Sequence[str]) -> None:
    """Its tables, a user, and the feeds by its API, while it serves without polling."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        listening = f"127.0.0.1:{free.getsockname()[1]}"
    serving = {
        "RUN_MIGRATIONS": "1",
        "CREATE_ADMIN": "1",
        "ADMIN_USERNAME": NAME,
        "ADMIN_PASSWORD": WORD,
        "LISTEN_ADDR": listening,
        "DISABLE_SCHEDULER_SERVICE": "1",
    }
    outlines = "".join(f"<outline text={quoteattr(url)} xmlUrl={quoteattr(url)}/>" for url in urls)
    document = f'<opml version="2.0"><body>{outlines}</body></opml>'.encode()
    with subprocess.Popen([command], env={**os.environ, **environment, **serving}) as process:
        try:
            _post(listening, document)
        finally:
            process.terminate()


def _post(host: str, body: bytes) -> None:
    """Send the feeds as the user, as soon as somebody listens."""
    word, until = base64.b64encode(f"{NAME}:{WORD}".encode()).decode(), time.monotonic() + STARTS
    while time.monotonic() < until:
        with suppress(ConnectionError), closing(HTTPConnection(host, timeout=STARTS)) as connection:
            connection.request("POST", "/v1/import", body, {"Authorization": f"Basic {word}"})
            answer = connection.getresponse()
            if answer.status != 201:
                raise SystemExit(f"Miniflux does not take the feeds: {answer.status} {answer.read()!r}")
            return
        time.sleep(0.1)
    raise SystemExit("Miniflux does not answer")
