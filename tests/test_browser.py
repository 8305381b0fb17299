"""The published pages in a real browser: quiet, self-contained, usable by keys, readable by all, safe.

One Chromium (Debian's) and one page serve all tests of this file; what it asks for, says and complains of is watched.
"""

from __future__ import annotations

import json
import re
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from aggregator.publish.files import write_all
from aggregator.serving.serve import Site, bind, server
from tests.corpus import ROOT as CORPUS
from tests.corpus import needs_corpus
from tests.test_hostile_markup import CASES, written
from tests.world import World

api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
CHROMIUM = shutil.which("chromium")
pytestmark = [
    pytest.mark.slow,  # by its own marker: pytest -m browser
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
]
WIDTHS = (360, 768, 1440)
_BAD = ("error", "warning")  # of what pages say on the console
_PWNED = "window.__pwned = 1"
# what the corpus cannot ask a page: whether it ran
RUNS = {
    "B01": [
        f"<script>{_PWNED}</script>",
        f"<img src=x onerror='{_PWNED}'>",
        f"<svg onload='{_PWNED}'>",
        f"<a href='javascript:{_PWNED}'>x</a>",
        f"<iframe srcdoc='<script>parent.{_PWNED}</script>'></iframe>",
        f"</title></script><script>{_PWNED}</script>",
        f"<details open ontoggle='{_PWNED}'>",
        f"<input autofocus onfocus='{_PWNED}'>",
    ]
}
_LONG = "Donaudampfschifffahrtsgesellschaftskapitänswitwenrentenauszahlungsstellenleitung" * 3


@dataclass
class Watched:
    """The browser's one page over a folder that is served; `strange` is what it must not have done."""

    page: Any
    base: str
    root: Path
    strange: list[str] = field(default_factory=list)

    def open(self, name: str, status: int = 200) -> Any:
        """Go to a published file; what it loads is loaded then."""
        answer = self.page.goto(self.base + quote(name))
        assert answer.status == status, name
        return self.page

    def pages(self) -> list[str]:
        """One page of each kind: of those with a date in their name, the newest."""
        names = sorted(path.relative_to(self.root).as_posix() for path in self.root.rglob("*.html"))
        own = (name for name in names if not name.endswith(("latest.html", "404.html")))
        return sorted({re.sub(r"\d{4}-\d\d-\d\d", "DATE", name): name for name in own}.values())


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with api.sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
        )
        yield running
        running.close()


@contextmanager
def watching(browser: Any, root: Path) -> Iterator[Watched]:
    """A folder served as `aggregator run` serves it, and the page that looks at it."""
    sock = bind("127.0.0.1", 0)
    web = server(Site(root, lambda: None, lambda: True))
    thread = threading.Thread(target=web.run, kwargs={"sockets": [sock]})
    thread.start()
    base = f"http://127.0.0.1:{sock.getsockname()[1]}/"
    page = browser.new_page(service_workers="block")
    watched = Watched(page, base, root)
    note: Callable[[str], None] = watched.strange.append
    page.on("console", lambda said: note(f"{said.type}: {said.text} {said.location}") if said.type in _BAD else None)
    page.on("pageerror", lambda error: note(f"script: {error}"))
    page.on("dialog", lambda dialog: (note(f"dialog: {dialog.message}"), dialog.dismiss()))
    page.on("request", lambda sent: None if sent.url.startswith(base) else note(f"request: {sent.url}"))
    page.on("popup", lambda opened: note(f"popup: {opened.url}"))
    page.on("download", lambda taken: note(f"download: {taken.url}"))
    yield watched
    page.close()
    web.should_exit = True
    thread.join()
    sock.close()


def fill(world: World) -> None:
    """A field of made-up blogs: ordinary ones, one in Arabic, one of very long words, one that fails."""
    world.settings = "\n".join(
        [
            "topics: {Skills: [reskill*, apprentice*]}",
            "lenses: {alarm: [layoff*], opportunity: [hiring]}",
            "filters:",
            "  - {tag: policy, when: any has ministry}",
        ]
    )
    world.blog("Plain Work", *(f"Hiring note {n}: apprentices learn to reskill" for n in range(6)))
    world.blog("Second Desk", "The ministry answers the layoffs", "A quiet week in the office")
    world.blog("عمل المستقبل", "مستقبل العمل عن بعد في المدن")
    world.blog(_LONG[:90], _LONG, f"https://long.example/{_LONG}", "工作的未来" * 40)
    broken = world.blog("Broken Blog", "Never seen")
    broken.broken = lambda handler: (handler.send_response(403), handler.end_headers())
    world.write()
    world.run("poll")
    world.run("digest")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a pass and a seal publish; made before the browser runs, whose loop would be in the way."""
    world = World(tmp_path_factory.mktemp("field"))
    fill(world)
    world.close()
    return world.folder / "public"


@pytest.fixture(scope="module")
def watched(published: Path, browser: Any) -> Iterator[Watched]:
    with watching(browser, published) as made:
        yield made


@pytest.fixture
def site(watched: Watched) -> Iterator[Watched]:
    """The published pages as a browser opens them; a test ends without anything strange."""
    watched.strange.clear()
    watched.page.emulate_media(color_scheme="light", media="screen")
    watched.page.set_viewport_size({"width": 1280, "height": 800})
    yield watched
    assert watched.strange == []


# --- every page ----------------------------------------------------------------------------------------------

_FACTS = """() => ({
    lang: document.documentElement.lang,
    title: document.title.trim(),
    description: (document.querySelector('meta[name=description]') || {}).content || '',
    headings: [...document.querySelectorAll('h1,h2,h3,h4,h5,h6')]
        .filter(h => !h.closest('dialog')).map(h => +h.tagName[1]),
    mains: document.querySelectorAll('main').length,
    bytes: performance.getEntries().reduce((sum, one) => sum + (one.encodedBodySize || 0), 0),
    styled: getComputedStyle(document.body).fontFamily,
})"""


def test_each_page_says_what_it_is_and_is_light(site: Watched) -> None:
    """Language, title, description, one main heading and none skipped, under 200 KB with all that it loads."""
    titles = {}
    for name in site.pages():
        facts = site.open(name).evaluate(_FACTS)
        titles[name] = facts["title"]
        assert facts["lang"] == "en", name
        assert facts["title"], name
        assert facts["description"], name
        assert facts["mains"] == 1, name
        assert facts["headings"].count(1) == 1, name
        assert all(below - above <= 1 for above, below in pairwise(facts["headings"])), name
        assert 0 < facts["bytes"] < 200_000, name
        assert "serif" in facts["styled"], name
    assert len(set(titles.values())) == len(titles), titles
    assert {"index.html", "status.html", "digest/index.html"} <= titles.keys()


def test_the_page_for_what_is_not_there(site: Watched) -> None:
    site.open("no/such/page.html", 404)
    assert site.page.title()
    assert site.page.evaluate("getComputedStyle(document.body).maxWidth") != "none"  # the style sheet was found
    site.strange[:] = [line for line in site.strange if "404" not in line]  # Chromium tells of the 404 itself


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(site: Watched, scheme: str) -> None:
    site.page.emulate_media(color_scheme=scheme)
    options: dict[str, Any] = {"resultTypes": ["violations"]}
    if scheme == "dark":  # nothing else changes with it
        options["runOnly"] = ["color-contrast", "link-in-text-block"]
    for name in site.pages():
        site.open(name)
        found = axe.Axe().run(site.page, options=options).response["violations"]
        serious = [
            (one["id"], node["html"], node.get("failureSummary"))
            for one in found
            if one["impact"] in ("serious", "critical")
            for node in one["nodes"]
        ]
        assert serious == [], name


def test_dark_is_dark_and_paper_is_paper(site: Watched) -> None:
    def light() -> float:
        """How light the page's background is, from 0 to 1."""
        colour = site.page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
        if colour == "rgba(0, 0, 0, 0)":
            colour = site.page.evaluate("getComputedStyle(document.body).backgroundColor")
        return sum(int(part) for part in colour.partition("(")[2].rstrip(")").split(",")[:3]) / 765

    for name in site.pages():
        site.page.emulate_media(color_scheme="light", media="screen")
        site.open(name)
        assert light() > 0.9, name
        site.page.emulate_media(color_scheme="dark")
        assert light() < 0.2, name
        site.page.emulate_media(color_scheme="light", media="print")
        assert light() == 1, name
        assert not any(part.is_visible() for part in site.page.query_selector_all("nav, form, button")), name


def too_wide(watched: Watched, names: list[str]) -> list[str]:
    """The pages that scroll sideways, with the width and by how much."""
    found = []
    for name in names:
        watched.open(name)
        for width in WIDTHS:
            watched.page.set_viewport_size({"width": width, "height": 800})
            wide = watched.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
            found += [f"{name} at {width}: {wide}"] if wide > 0 else []
    return found


def test_no_width_needs_scrolling_sideways(site: Watched) -> None:
    assert too_wide(site, site.pages()) == []


# --- the river -----------------------------------------------------------------------------------------------


@pytest.fixture
def river(site: Watched) -> Any:
    """The river, opened."""
    return site.open("index.html")


def focused(site: Watched) -> str:
    return str(site.page.evaluate("document.activeElement.textContent"))


def test_search_as_you_type(site: Watched, river: Any) -> None:
    page = river
    whole = page.locator(".days .entry").count()
    assert whole > 5
    page.keyboard.press("/")
    page.keyboard.type("MINISTRY")
    api.expect(page.locator(".found .entry")).to_have_count(1)
    api.expect(page.locator(".found .entry h3")).to_have_text("The ministry answers the layoffs")
    api.expect(page.locator(".days")).to_be_hidden()
    api.expect(page.locator("form [role=status]")).to_contain_text("1 of")
    page.keyboard.press("ArrowDown")
    assert focused(site) == "The ministry answers the layoffs"
    page.reload()  # what was looked for stands in the address
    api.expect(page.locator(".found .entry")).to_have_count(1)
    page.locator("form.seek input").press("Escape")
    api.expect(page.locator(".days .entry")).to_have_count(whole)
    api.expect(page.locator(".days")).to_be_visible()


def test_filters_by_source_and_tag(site: Watched, river: Any) -> None:
    page = river
    page.locator("select[name=source]").focus()
    page.locator("select[name=source] option[value='Second Desk']").wait_for(state="attached")
    page.locator("select[name=source]").select_option("Second Desk")
    api.expect(page.locator(".found .entry")).to_have_count(2)
    page.locator("select[name=tag]").select_option("policy")
    api.expect(page.locator(".found .entry")).to_have_count(1)
    page.locator("form.seek input").fill("no such words")
    api.expect(page.locator("form [role=status]")).to_contain_text("Nothing")
    api.expect(page.locator(".found .entry")).to_have_count(0)
    page.locator("form.seek button").click()
    api.expect(page.locator(".days")).to_be_visible()


def test_keys_walk_through_the_entries_and_explain_themselves(site: Watched, river: Any) -> None:
    page = river
    titles = page.locator(".days .headline a").all_text_contents()
    for key, expected in (("j", 0), ("j", 1), ("j", 2), ("k", 1)):
        page.keyboard.press(key)
        assert focused(site) == titles[expected]
    page.keyboard.press("?")
    assert page.locator("dialog.keys").is_visible()
    page.keyboard.press("j")  # a key is the dialog's while it is open
    page.keyboard.press("Escape")
    assert not page.locator("dialog.keys").is_visible()
    page.locator("form.seek input").click()
    page.keyboard.type("jk?")  # and the field's while one writes
    assert page.locator("form.seek input").input_value() == "jk?"


@pytest.mark.usefixtures("river")
def test_without_the_script_everything_stands(browser: Any, site: Watched) -> None:
    plain = browser.new_context(java_script_enabled=False).new_page()
    plain.goto(site.base)
    assert plain.locator(".days .entry").count() > 5
    assert not plain.locator("form.seek").is_visible()
    assert not plain.locator("button").first.is_visible()
    plain.context.close()


# --- hostile entries, real entries ---------------------------------------------------------------------------


def write_pages(root: Path, files: Mapping[str, bytes]) -> None:
    """Files as they would be published; the mail, which is among them, goes to no web server."""
    write_all(root, {name: data for name, data in files.items() if name != "mail.html"})


def test_hostile_entries_stay_inert(browser: Any, tmp_path: Path) -> None:
    """Nothing runs, nothing is asked for, nothing is even stopped by the policy: there is nothing to stop."""
    write_pages(tmp_path, written({**CASES, **RUNS}).files)
    with watching(browser, tmp_path) as watched:
        for name in watched.pages():
            page = watched.open(name)
            assert page.evaluate("typeof window.__pwned") == "undefined", name
            assert page.evaluate("[...document.scripts].every(one => one.src.startsWith(location.origin))"), name
        page = watched.open("index.html")
        page.locator("form.seek input").fill("alert")  # what the script makes of them
        api.expect(page.locator("form [role=status]")).to_contain_text("entries")
        assert page.locator(".found .entry").count() > 20
        assert page.locator(".found img, .found script, .found iframe, .found svg").count() == 0
        assert page.evaluate("typeof window.__pwned") == "undefined"
        digests = [name for name in watched.pages() if name.startswith("digest/2")]
        assert too_wide(watched, ["index.html", *digests]) == []
        assert watched.strange == []


@needs_corpus
def test_real_entries_fit(browser: Any, tmp_path: Path) -> None:
    """Feeds as they were recorded: no page scrolls sideways, and none complains."""
    recorded = [path for path in sorted((CORPUS / "corpus" / "real").iterdir()) if path.is_file()][::25]
    files = written({"R": [path.name for path in recorded]}, lambda n, _: [("rss", recorded[n].read_bytes())]).files
    write_pages(tmp_path, files)
    assert len(json.loads(files["feed.json"])["items"]) > 50
    with watching(browser, tmp_path) as watched:
        assert too_wide(watched, watched.pages()) == []
        assert watched.strange == []
