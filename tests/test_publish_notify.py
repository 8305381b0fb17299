"""A command or an address is told: what it gets, what it cannot do, and what is said when it fails."""

from __future__ import annotations

import json
import os
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from aggregator.fetch.client import Trust
from aggregator.fetch.post import post_body
from aggregator.publish.notify import Notice, notify
from tests.web import Answer, Web

NOTICE = Notice("aggregator: $(touch here) `touch here`; touch here\n*", {"events": [{"event": "gone"}]})
SCRIPT = """#!{python}
import json, os, sys
json.dump([sys.argv[1:], json.load(sys.stdin), sorted(os.environ)], open("told.json", "w"))
sys.exit({code})
"""


def script(folder: Path, code: int = 0, text: str = SCRIPT) -> str:
    path = folder / "tell"
    path.write_text(text.format(python=sys.executable, code=code))
    path.chmod(0o755)
    return "./tell"


def never(url: str, body: bytes, content_type: str) -> str | None:
    raise AssertionError(url)


@pytest.mark.hostile("L23")
def test_a_command_gets_the_facts_and_no_shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGGREGATOR_SMTP_URL", "smtp://ann:secret@mail.example")
    assert notify(script(tmp_path) + " --say 'so: {text}' '$HOME'", NOTICE, never, tmp_path) is None
    words, facts, names = json.loads((tmp_path / "told.json").read_bytes())
    assert words == ["--say", f"so: {NOTICE.text}", "$HOME"]
    assert facts == {"text": NOTICE.text, "events": [{"event": "gone"}]}
    assert "PATH" in names
    assert not [name for name in names if name.startswith("AGGREGATOR_")]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tell", "told.json"]  # nothing in the text was run


def test_what_a_command_can_do_wrong_is_one_line(tmp_path: Path) -> None:
    assert notify(script(tmp_path, code=3) + " token", NOTICE, never, tmp_path) == "./tell: ended with code 3"
    assert notify("./nowhere token", NOTICE, never, tmp_path) == "./nowhere: No such file or directory"
    assert notify("./tell 'a\0b'", NOTICE, never, tmp_path) == "./tell: embedded null byte"
    deaf = "#!/bin/sh\nexec 0<&-\nexit 0\n"  # does not read what it is given
    assert notify(script(tmp_path, text=deaf), Notice("x", {"long": "y" * 10**6}), never, tmp_path) is None


def test_a_command_that_does_not_end_is_ended_with_all_it_started(tmp_path: Path) -> None:
    hanging = "#!/bin/sh\nsleep 1000 &\necho $! > child\nwait\n"
    began = time.monotonic()
    said = notify(script(tmp_path, text=hanging), NOTICE, never, tmp_path, timeout=1.0)
    assert said == "./tell: did not end within 1 s"
    assert time.monotonic() - began < 60
    child = int((tmp_path / "child").read_text())
    while _runs(child):
        assert time.monotonic() - began < 60
        time.sleep(0.02)


def _runs(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2][0]
    except OSError:
        return Path("/proc/self").exists() is False and _answers(process)
    return state != "Z"  # who inherits it may take its time to bury it


def _answers(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def test_an_address_gets_json_or_the_plain_text() -> None:
    post = partial(post_body, agent="fow-aggregator/1", tls=Trust())
    with Web() as web:
        url = web.on("/topic?token=abc", Answer(200), Answer(204), Answer(403), Answer(302, headers={"Location": "/x"}))
        assert notify(url, NOTICE, post, Path()) is None
        assert notify(url + "#text", NOTICE, post, Path()) is None
        refused = notify(url, NOTICE, post, Path())
        led_on = notify(url, NOTICE, post, Path())
    first, second = web.asked[:2]
    assert (first.method, first.headers["content-type"]) == ("POST", "application/json")
    assert json.loads(first.body) == {"text": NOTICE.text, "events": [{"event": "gone"}]}
    assert (second.headers["content-type"], second.body) == ("text/plain; charset=utf-8", NOTICE.text.encode())
    assert second.target == "/topic?token=abc"
    assert refused == f"127.0.0.1:{web.port}: it answered 403"  # names no token
    assert led_on == f"127.0.0.1:{web.port}: it answered 302"
    assert len(web.asked) == 4
    gone = notify(url, NOTICE, post, Path())
    assert gone is not None
    assert "abc" not in gone
