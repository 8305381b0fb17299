"""One or two sentences that say what an entry is about: chosen, never written.

Every sentence stands in the text word for word (whitespace apart), so that nothing is claimed that the author did
not say. `sentences` finds them, `summarize` chooses: near the beginning, about the title, made of the words that
the entry uses most, readable alone.
"""

from __future__ import annotations

import re
from collections import Counter

MAX_TEXT = 20_000  # characters that are looked at: a summary comes from the beginning
MAX_SENTENCES = 60


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Abbreviations without their last full stop, lower-case. Never the end of a sentence:
_TITLES = _words(
    """mr mrs ms mx messrs dr prof rev hon gen col maj capt lt sgt sen rep gov pres st mt ft jr. e.g i.e eg ie cf vs v
    al. approx est dept univ assn bros z.b d.h u.a o.ä v.a i.d.r u.u s.o s.u bzw ggf inkl exkl evtl bspw sog insb vgl
    hr fr frau dipl ing mag abs geb gest mio mrd tsd str bd hrsg m mm mme mlle mmes me p.ex par.ex c.-à-d ex env sr sra
    srta dra lic ud uds ee.uu p.ej pág núm ifj özv dr pl ún kb ill stb. tel sz bp"""
)
# Before a number only, or at the end:
_COUNTED = _words("no nos nr nrn art fig figs abb vol p pp ca chap ch sec par eq bd s z n° núm pos tab jan feb mar apr")
_MAY_END = _words(
    """usw stb co inc ltd corp llc plc gmbh jr sr a.m p.m u.s u.k u.n e.u u.s.a d.c a.d b.c ph.d m.d u.dgl kft zrt
    nyrt et al jan feb mar apr jun jul aug sept sep oct nov dec mon tue wed thu fri sat sun"""
)
_STARTERS = _words(
    """the a an this that these those it its he she they we you i but and so yet or if in on at as for from by with when
    while after before since because although though however there here what who how why not no our their his her my
    der die das ein eine er sie es wir ich und aber doch wenn in im am bei mit nach vor seit weil auch so nun hier
    le la les un une il elle ils elles nous vous et mais si dans en pour avec ce cette ces el los las y pero a az egy
    ez és de ha mert hogy"""
)
_MONTHS = _words("januar jänner februar märz april mai juni juli august september oktober november dezember quartal")
_ORDINAL_LEADS = _words("am vom zum der die das den dem des im bis ab seit jeden beim und")
_STOP = _STARTERS | _words(
    """about into over than then them been being have has had will would could should can may might more most much many
    such some any all each other also just only very were was are is be to of not out up said says your which where
    nicht noch nur oder sich sind sein wird werden wurde haben hatte kann einen einem einer eines dass wie als auf aus
    für von über unter zwischen mehr sehr pas plus que qui dont sont été est être avoir fait leur leurs mais comme
    para por con que como más una sus son está han ser del nem meg már csak vagy volt van lesz mint is el ki be"""
)

_END = re.compile(r"(?:[.!?…]+|[。！？]+)[\"'”’“‘»›)\]」』]*(?: »(?=\s|$))?")
_OPENERS = " \t\n\"'“”„‘‚«»‹›([{¿¡–—-•*"
_LAST_WORD = re.compile(r"[^\s(\[“„\"'«‚‘/]+$")
_LETTERS = re.compile(r"(?:[^\W\d_]\.)*[^\W\d_]")
_WORD = re.compile(r"[^\W_]+(?:[’'-][^\W_]+)*")
_CJK = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]")
_TERMINATED = re.compile(r"[.!?。！？][\"'”’“‘»›)\]」』]*$")
_CUT = re.compile(r"(?:…|\.{3,})[\"'”’“‘»›)\]]*$|\[(?:…|\.{3})\]$")


def _opening(table: str) -> re.Pattern[str]:
    """One pattern for a table of phrases (` | ` between them) that begin a sentence; `'` is any apostrophe."""
    phrases = "|".join(re.split(r"\s+\|\s+", table)).replace("'", "['’]")
    return re.compile(rf"(?:{phrases})(?!\w)", re.IGNORECASE)


# What stands on a page beside the text: not what it is about.
_CHROME = _opening(
    """(?:photo|image|picture|illustration|graphic|credit|source)s?(?: credits?| by| courtesy)?(?: ?[:©]| by| via)
    | (?:bild|foto|fotos|quelle|crédit|fotó|kép|forrás|fuente)(?: von| par)? ?:
    | (?:subscribe|sign up|click|tap|share this)
    | (?:published|posted|updated|last (?:updated|modified|reviewed)|veröffentlicht|aktualisiert|publié).{0,12}\\d.*
    | follow (?:us|me|him|her|them) | download (?:the|our|your|now|a copy) | register (?:now|here|today|for) | log in
    | join (?:us|our) | listen to (?:the|this|our) | watch the (?:video|full|webinar|replay|recording) | read more
    | read the full
    | learn more | continue reading | skip to | view (?:all|the full) | leave a (?:comment|reply) | don'?t miss
    | never miss
    | (?:we|this (?:web ?)?site|our site|wir|diese (?:web)?seite|ce site|az? oldal).{0,40} (?:cookies?|sütiket)
    | .{0,40}cookie (?:policy|settings|notice|preferences) | originally published | first published | editor'?s note
    | th(?:is|e) (?:post|article|story|piece|essay|column|interview) .{0,40}(?:originally|(?:first|was) published)
    | th(?:is|e) (?:post|article|story|piece|essay|column|interview) .{0,40}(?:first appeared|appeared first)
    | this (?:post|article|page|site) (?:is sponsored|may contain|contains) .{0,40}(?:links?|ads?) | disclosure
    | disclaimer
    | advertisement | sponsored | anzeige | werbung | © | copyright | all rights reserved
    | jetzt (?:abonnieren|anmelden|lesen)
    | abonnieren sie | weiterlesen | mehr lesen | lesen sie (?:auch|mehr|hier) | lire (?:la suite|aussi) | abonnez-vous
    | inscrivez-vous | iratkozz | olvass tovább | suscríbete | leer más | media contact | for media inquiries | tags?:
    | categor(?:y|ies): | filed under | related: | see also | caption"""
)
_NAME = r"[A-ZÀ-Þ][\w.'’-]{0,25}"
_BYLINE = re.compile(
    rf"(?:[Ww]ritten |[Pp]osted |[Pp]ublished )?(?:[Bb]y|BY|[Vv]on|[Pp]ar) {_NAME}(?: {_NAME}){{0,3}}(?: ?[|,·•].*)?\.?"
)
_DATE_LINE = re.compile(
    r"[\W\d_]*(?:[^\W\d_]{3,10}[.,]?[\W\d_]+){0,3}(?:19|20)\d\d\b.{0,12}|.{0,20}\d+\s?(?:min(?:ute)?s?|perc)\b.{0,12}"
)
# Sentences that point to something that is not shown with them.
_POINTING = _opening(
    """(?:here|that|this|it|there)(?:'s| is| are| was) (?:how|why|what|where|when|who|exactly|just|not|also|all|because)
    | (?:here|that|this|it)(?:'s| is) (?:the|an?) (?:same|reason|point|question|problem|story|look|list|guide|case)
    | here (?:are|we go) | that's | (?:so,? )?what (?:it|that|this) means | read on | stay tuned
    | in this (?:post|article|episode|issue|piece|edition|video)
    | deshalb | darum | das ist | dies ist | so geht | c'est | voici | voilà | ezért | erről | íme | itt van
    | por eso | esto es | aquí"""
)
# Sentences that lean on the one before: fit only next to it.
_LEANING = _opening(
    """and | but | or | so | yet | nor | however | moreover | furthermore | instead | therefore | thus | hence
    | meanwhile | still | also | then | besides | otherwise | nevertheless | nonetheless | similarly | likewise
    | consequently | additionally | in addition | in contrast | by contrast | on the other hand | for example
    | for instance | as a result | that said | after all | in other words | rather | he | she | they | it | its
    | his | her | their | this | that | these | those | such | both | neither | the former | the latter | the same
    | the two | here | there | und | aber | doch | denn | sondern | deshalb | daher | jedoch | außerdem | dennoch
    | er | sie | es | diese[rsmn]? | dies | dabei | damit | dazu | davon | dort | zudem | so | auch | allerdings
    | stattdessen | et | mais | donc | or | car | cependant | toutefois | ainsi | il | elle | ils | elles | cela
    | cette | ces | de plus | en effet | és | de | így | ezért | azonban | viszont | ez | ezek | azok | emellett
    | ennek | ezzel | ugyanakkor | y | pero | sin embargo | además | esto | estas? | estos | eso | él | ella | ellos"""
)


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
        goes_on = not gap and line[:1].islower() and not _TERMINATED.search(joined[-1][-12:])
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
    last = _LAST_WORD.search(before)
    if last is None:
        return False
    word = last[0].casefold()
    next_word = next(iter(_WORD.findall(following)), "").casefold()
    if word.isdigit():
        ordinal = language in {"de", "da", "nb", "no", "fi", "cs", "hu"} and len(word) <= 2
        lead = (before[: last.start()].split() or [""])[-1].casefold()
        return not before[: last.start()].strip() or (ordinal and (next_word in _MONTHS or lead in _ORDINAL_LEADS))
    if word in _TITLES:
        return True
    if word in _COUNTED and next_word[:1].isdigit():
        return True
    if word in _MAY_END or _LETTERS.fullmatch(word):
        return next_word not in _STARTERS
    return False


def summarize(
    text: str, *, title: str, language: str | None, most: int = 2, words: int = 60, known: str = ""
) -> tuple[str, ...]:
    """At most `most` sentences of the text, verbatim and in its order, together at most `words` words; () if none fits.

    Left out: what stands beside a text (bylines, dates, credits, cookie notes, invitations), headings, sentences that
    repeat the title, point nowhere, are cut or shorter than five words. A teaser of a single sentence is returned as
    it is, also when it is cut, up to twice `words`. Sentences that say something beyond the text `known` (what was
    told on earlier days) come before those that do not. Deterministic.
    """
    every = [one for one in sentences(text, language) if not _is_chrome(one)][:MAX_SENTENCES]
    title = title[:500]
    fresh = [one for one in every if not _repeats(one, title)]
    if len(fresh) == 1 and _length(fresh[0]) <= 2 * words:
        return (fresh[0],)
    fresh = [one for one in fresh if _is_statement(one) and not is_told(one, known)] or fresh if known else fresh
    for fit in (_is_statement, _is_readable, _is_long_enough):
        places = [place for place, one in enumerate(every) if fit(one) and one in fresh and _length(one) <= words]
        if places:
            return tuple(every[place] for place in _chosen(every, places, _topic(title), most, words))
    return ()


def is_told(sentence: str, known: str) -> bool:
    """Whether a text says what a sentence says: it has at least four in five of its content words."""
    content = _topic(sentence)
    return len(content & _topic(known)) * 5 >= len(content) * 4


def _chosen(every: list[str], places: list[int], topic: frozenset[str], most: int, words: int) -> list[int]:
    """The places of the best sentences, taken one by one while they fit and say something new, in the text's order."""
    scores = _scores(every, topic)
    taken: list[int] = []
    left = words
    candidates = set(places)
    while candidates and len(taken) < most:
        open_ones = [p for p in candidates if not _LEANING.match(every[p]) or p - 1 in taken] or (
            [] if taken else sorted(candidates)[:1]
        )
        fitting = [
            p for p in open_ones if _length(every[p]) <= left and not any(_alike(every[p], every[q]) for q in taken)
        ]
        if not fitting:
            break
        best = max(fitting, key=lambda place: (scores[place] + (0.15 if place - 1 in taken else 0.0), -place))
        taken.append(best)
        candidates.discard(best)
        left -= _length(every[best])
    return sorted(taken)


def _scores(every: list[str], topic: frozenset[str]) -> list[float]:
    """Position (the lead says most), share of the title's words, and weight of the words that the text repeats."""
    contents = [_topic(one) for one in every]
    frequency = Counter(word for content in contents for word in content)
    top = max(frequency.values(), default=1)
    scores: list[float] = []
    for place, content in enumerate(contents):
        about = len(content & topic) / max(len(topic), 1)
        repeated = sum(frequency[word] - 1 for word in content)
        central = min(1.0, repeated / (4 * top))
        scores.append(1.0 / (1.0 + 0.2 * place) + 0.5 * about + central)
    return scores


def _topic(text: str) -> frozenset[str]:
    """Content words, cut to six letters: endings differ between a title and its text."""
    found = (word.casefold() for word in _WORD.findall(text))
    return frozenset(word[:6] for word in found if len(word) > 2 and word not in _STOP)


def _length(sentence: str) -> int:
    return len(_CJK.findall(sentence)) // 2 + len(sentence.split())


def _alike(one: str, other: str) -> bool:
    a, b = _topic(one), _topic(other)
    return len(a & b) > 0.7 * min(len(a), len(b)) > 0


def _repeats(sentence: str, title: str) -> bool:
    """Says no more than the title: its words, at most two others."""
    said, known = _topic(sentence), _topic(title)
    return bool(said and known) and len(said - known) * 6 <= len(said) and len(said & known) * 2 >= len(said)


def _is_chrome(sentence: str) -> bool:
    if len(sentence) <= 90 and (_DATE_LINE.fullmatch(sentence) or _BYLINE.fullmatch(sentence)):
        return True
    return bool(_CHROME.match(sentence)) or not _WORD.search(sentence)


def _is_long_enough(sentence: str) -> bool:
    return _length(sentence) >= 5


def _is_readable(sentence: str) -> bool:
    """Whole, balanced and not pointing elsewhere."""
    balanced = all(sentence.count(a) == sentence.count(b) for a, b in ("()", "“”", "[]", "«»"))
    whole = _TERMINATED.search(sentence[-12:]) is not None and not _CUT.search(sentence[-12:])
    return (
        _is_long_enough(sentence)
        and whole
        and balanced
        and sentence.count('"') % 2 == 0
        and not _POINTING.match(sentence)
    )


def _is_statement(sentence: str) -> bool:
    return _is_readable(sentence) and "?" not in sentence[-3:]
