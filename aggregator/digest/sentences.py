"""A plain text as sentences: where they end in the languages of the field, and where a full stop ends none."""

from __future__ import annotations

import re

from aggregator.markup import word_set

MAX_TEXT = 20_000  # characters that are looked at


# Abbreviations without their last full stop, lower-case. Never the end of a sentence:
_TITLES = word_set(
    """mr mrs ms mx messrs dr prof rev hon gen col maj capt lt sgt sen rep gov pres st mt ft jr. e.g i.e eg ie cf vs v
    al. approx est dept univ assn bros z.b d.h u.a o.ä v.a i.d.r u.u s.o s.u bzw ggf inkl exkl evtl bspw sog insb vgl
    hr fr frau dipl ing mag abs geb gest mio mrd tsd str bd hrsg m mm mme mlle mmes me p.ex par.ex c.-à-d ex env sr sra
    srta dra lic ud uds ee.uu p.ej pág núm ifj özv dr pl ún kb ill stb. tel sz bp"""
)
# Before a number only, or at the end:
_COUNTED = word_set(
    "no nos nr nrn art fig figs abb vol p pp ca chap ch sec par eq bd s z n° núm pos tab jan feb mar apr"
)
_MAY_END = word_set(
    """usw stb co inc ltd corp llc plc gmbh jr sr a.m p.m u.s u.k u.n e.u u.s.a d.c a.d b.c ph.d m.d u.dgl kft zrt
    nyrt et al jan feb mar apr jun jul aug sept sep oct nov dec mon tue wed thu fri sat sun"""
)
STARTERS = word_set(
    """the a an this that these those it its he she they we you i but and so yet or if in on at as for from by with when
    while after before since because although though however there here what who how why not no our their his her my
    der die das ein eine er sie es wir ich und aber doch wenn in im am bei mit nach vor seit weil auch so nun hier
    le la les un une il elle ils elles nous vous et mais si dans en pour avec ce cette ces el los las y pero a az egy
    ez és de ha mert hogy"""
)
_MONTHS = word_set("januar jänner februar märz april mai juni juli august september oktober november dezember quartal")
_ORDINAL_LEADS = word_set("am vom zum der die das den dem des im bis ab seit jeden beim und")

_END = re.compile(r"(?:[.!?…]+|[。！？]+)[\"'”’“‘»›)\]」』]*(?: »(?=\s|$))?")
_OPENERS = " \t\n\"'“”„‘‚«»‹›([{¿¡–—-•*"
_LASTWORD = re.compile(r"[^\s(\[“„\"'«‚‘/]+$")
_LETTERS = re.compile(r"(?:[^\W\d_]\.)*[^\W\d_]")
WORD = re.compile(r"[^\W_]+(?:[’'-][^\W_]+)*")
TERMINATED = re.compile(r"[.!?。！？][\"'”’“‘»›)\]」』]*$")


def sentences(text: str, language: str | None) -> tuple[str, ...]:
    """The sentences of a plain text in order, each with its whitespace collapsed; headings count as sentences.

    A blank line always ends one, a line break where the next line does not go on in lower case. `language` (a BCP 47
    tag) decides only on ordinal numbers ("am 3. März").
    """
    primary = (language or "").lower().split("-")[0]
    return tuple(one for part in _paragraphs(text[:MAX_TEXT]) for one in _split(part, primary))


def _paragraphs(text: str) -> list[str]:
    """Lines that belong together, joined; whitespace collapsed."""
    joined: list[str] = []
    gap = True
    for line in (" ".join(line.split()) for line in text.split("\n")):
        goes_on = not gap and line[:1].islower() and not TERMINATED.search(joined[-1][-12:])
        if goes_on:
            joined[-1] += " " + line
        elif line:
            joined.append(line)
        gap = not line
    return joined


def _split(paragraph: str, language: str) -> list[str]:
    found: list[str] = []
    start = 0
    for end in _END.finditer(paragraph):
        if _ends_here(paragraph, start, end, language):
            found.append(paragraph[start : end.end()].strip())
            start = end.end()
    found.append(paragraph[start:].strip())
    return [sentence for sentence in found if sentence]


def _ends_here(text: str, start: int, end: re.Match[str], language: str) -> bool:
    if end[0][0] in "。！？":
        return True
    after = text[end.end() : end.end() + 60]
    following = after.lstrip(_OPENERS)
    if after[:1].strip() or not following:  # no space: a decimal, a name like example.org
        return not after
    if following[0].islower():
        return False
    if end[0].rstrip("\"'”’“‘»›)]」』 ") != ".":
        return True
    return not _is_abbreviation(text[max(start, end.start() - 40) : end.start()], following, language)


def _is_abbreviation(before: str, following: str, language: str) -> bool:
    last = _LASTWORD.search(before)
    if last is None:
        return False
    word = last[0].casefold()
    next_word = next(iter(WORD.findall(following)), "").casefold()
    if word.isdigit():
        ordinal = language in {"de", "da", "nb", "no", "fi", "cs", "hu"} and len(word) <= 2
        lead = (before[: last.start()].split() or [""])[-1].casefold()
        return not before[: last.start()].strip() or (ordinal and (next_word in _MONTHS or lead in _ORDINAL_LEADS))
    if word in _TITLES:
        return True
    if word in _COUNTED and next_word[:1].isdigit():
        return True
    if word in _MAY_END or _LETTERS.fullmatch(word):
        return next_word not in STARTERS
    return False
