"""The digest as a book: the rules of EPUB 3 on its container, its package and its chapter; strangers' texts in it."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile
from zoneinfo import ZoneInfo

import pytest
from lxml import etree

from aggregator.errors import PublishError
from aggregator.records import Digest
from aggregator.render.epub import epub
from aggregator.render.site import Site
from tests.samples.digests import EMPTY, FIRST, FULL
from tests.test_render_digest import HOSTILE

SITE = Site("Future of Work", "https://example.org/fow/", ZoneInfo("Europe/Berlin"))
ID = "urn:uuid:6ba7b810-9dad-51d1-80b4-00c04fd430c8"
JAR = next((jar for jar in (Path("/usr/share/java/epubcheck.jar"),) if jar.is_file() and shutil.which("java")), None)
XHTML, OPF = "{http://www.w3.org/1999/xhtml}", "{http://www.idpf.org/2007/opf}"
NCX, DC = "{http://www.daisy.org/z3986/2005/ncx/}", "{http://purl.org/dc/elements/1.1/}"


def hostile() -> Digest:
    """A digest whose strangers try to leave their place, in titles, names, links and languages."""
    texts = (*HOSTILE, "a \x00 null", "]]> --> <![CDATA[", "&nbsp;&copy;")
    links = (
        "https://example.org/a b?c=[d]&e=ü#f|g",
        "javascript:alert(1)",
        'https://example.org/"><b>',
        "https://é.org/",
    )
    first = FULL.leads[0]
    entries = [
        replace(first.entries[0], title=text, source=text, link=links[number % 4], language="x y")
        for number, text in enumerate(texts)
    ]
    leads = tuple(replace(first, title=one.title, summary=(one.title,), entries=(one,)) for one in entries)
    return replace(FULL, title="<Work> & more", leads=leads, also=tuple(entries), introduction=texts)


DIGESTS = pytest.mark.parametrize("digest", [FULL, EMPTY, FIRST, hostile()], ids=["full", "empty", "first", "hostile"])


def opened(digest: Digest) -> dict[str, bytes]:
    with ZipFile(BytesIO(epub(digest, id=ID, site=SITE))) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def anchors(book: dict[str, bytes], name: str) -> list[str]:
    """What a table of contents points at, in its order."""
    root = etree.fromstring(book[f"EPUB/{name}"])
    targets = [link.get("href") for link in root.iter(f"{XHTML}a")] + [c.get("src") for c in root.iter(f"{NCX}content")]
    assert all(str(target).startswith("digest.xhtml#") for target in targets)
    return [str(target).partition("#")[2] for target in targets]


def test_the_container_begins_with_its_bare_media_type() -> None:
    """A reader finds it at byte 38 without unpacking (EPUB 3.3, section 4.2.2)."""
    data = epub(FULL, id=ID, site=SITE)
    assert data[30:58] == b"mimetypeapplication/epub+zip"
    with ZipFile(BytesIO(data)) as archive:
        first = archive.infolist()[0]
        assert (first.filename, first.compress_type, first.extra) == ("mimetype", ZIP_STORED, b"")
        assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert data == epub(FULL, id=ID, site=SITE)


@DIGESTS
def test_the_package_names_every_file_once(digest: Digest) -> None:
    book = opened(digest)
    container = etree.fromstring(book["META-INF/container.xml"])
    assert [node.get("full-path") for node in container.iter("{*}rootfile")] == ["EPUB/book.opf"]
    package = etree.fromstring(book["EPUB/book.opf"])
    assert package.findtext(f".//{DC}identifier") == ID
    assert package.find(f".//{DC}identifier").get("id") == package.get("unique-identifier")
    assert [package.findtext(f".//{DC}{name}") for name in ("language", "date")] == ["en", digest.date.isoformat()]
    items = {str(item.get("id")): str(item.get("href")) for item in package.iter(f"{OPF}item")}
    assert sorted(items.values()) == sorted(
        name[5:] for name in book if name.startswith("EPUB/") and ".opf" not in name
    )
    assert [items[str(ref.get("idref"))] for ref in package.iter(f"{OPF}itemref")] == ["digest.xhtml"]
    assert items[str(package.find(f"{OPF}spine").get("toc"))] == "toc.ncx"


@DIGESTS
def test_both_tables_of_contents_lead_into_the_chapter_in_its_order(digest: Digest) -> None:
    book = opened(digest)
    places = [str(node.get("id")) for node in etree.fromstring(book["EPUB/digest.xhtml"]).iter() if node.get("id")]
    assert len(places) == len(set(places))
    told = anchors(book, "nav.xhtml")
    assert told == [place for place in places if place in told] != []
    assert [place for place in told if place in anchors(book, "toc.ncx")] == anchors(book, "toc.ncx")
    assert {f"story-{n}" for n in range(1, len(digest.stories) + 1)} <= set(told)


@DIGESTS
def test_a_chapter_loads_nothing_runs_nothing_and_links_to_the_web_only(digest: Digest) -> None:
    chapter = etree.fromstring(opened(digest)["EPUB/digest.xhtml"])
    names = {etree.QName(node).localname for node in chapter.iter(etree.Element)}
    assert names <= {"html", "head", "title", "link", "body", "section", "article", "h1", "h2", "h3", "p", "br", "ul",
                     "li", "a", "span", "small", "bdi"}  # fmt: skip
    links = [str(node.get("href")) for node in chapter.iter(f"{XHTML}a")]
    assert all(link.startswith(("http://", "https://")) and link.isascii() for link in links)
    assert not [link for link in links if set(link) & set(' "<>\\^`{|}')]


def test_the_whole_digest_is_in_it() -> None:
    text = " ".join("".join(etree.fromstring(opened(FULL)["EPUB/digest.xhtml"]).itertext()).split())
    for story in FULL.stories:
        assert story.title in text
        assert all(sentence in text for sentence in story.summary)
    assert all(entry.title in text for entry in FULL.also)
    assert "That is all for today." in text
    assert all(one.title in text for one in (*FULL.failed, *FULL.silent))
    assert "No news today." in opened(EMPTY)["EPUB/digest.xhtml"].decode()


def test_a_text_keeps_its_language_and_direction() -> None:
    chapter = etree.fromstring(opened(FULL)["EPUB/digest.xhtml"])
    spoken = [
        (n.get("lang"), n.get("{http://www.w3.org/XML/1998/namespace}lang"), n.get("dir")) for n in chapter.iter()
    ]
    assert {("de", "de", None), ("ar", "ar", "rtl")} <= set(spoken)


def test_a_template_of_the_users_that_is_no_xml_is_told(tmp_path: Path) -> None:
    (tmp_path / "book.xhtml").write_text("<p>never closed", "utf-8")
    with pytest.raises(PublishError, match=r"templates/book\.xhtml: no well-formed XML"):
        epub(FULL, id=ID, site=replace(SITE, templates=tmp_path))


@pytest.mark.slow
@pytest.mark.skipif(JAR is None, reason="epubcheck is not installed (apt install epubcheck)")
@DIGESTS
def test_epubcheck_finds_nothing(digest: Digest, tmp_path: Path) -> None:
    book = tmp_path / "digest.epub"
    book.write_bytes(epub(digest, id=ID, site=SITE))
    told = subprocess.run(
        ["java", "-jar", str(JAR), "--failonwarnings", str(book)], capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, told.stdout + told.stderr
