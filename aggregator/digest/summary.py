"""One or two sentences that say what an entry is about: chosen, never written.

Every sentence stands in the text word for word (whitespace apart), so that nothing is claimed that the author did
not say. `sentences` finds them, `summarize` chooses: near the beginning, about the title, made of the words that
the entry uses most, readable alone.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from aggregator.digest.sentences import STARTERS, TERMINATED, WORD, sentences
from aggregator.markup import word_set

MAX_SENTENCES = 60

_STOP = STARTERS | word_set(
    """about into over than then them been being have has had will would could should can may might more most much many
    such some any all each other also just only very were was are is be to of not out up said says your which where
    nicht noch nur oder sich sind sein wird werden wurde haben hatte kann einen einem einer eines dass wie als auf aus
    für von über unter zwischen mehr sehr pas plus que qui dont sont été est être avoir fait leur leurs mais comme
    para por con que como más una sus son está han ser del nem meg már csak vagy volt van lesz mint is el ki be"""
)

_CJK = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]")
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


@dataclass(frozen=True)
class _Sentence:
    """A sentence, and what choosing asks of it more than once."""

    text: str

    @cached_property
    def topic(self) -> frozenset[str]:
        return _topic(self.text)

    @cached_property
    def length(self) -> int:
        """In words; two characters of a script without spaces count as one."""
        return len(_CJK.findall(self.text)) // 2 + len(self.text.split())

    @cached_property
    def leans(self) -> bool:
        """Whether it fits only next to the one before."""
        return _LEANING.match(self.text) is not None


def summarize(
    text: str, *, title: str, language: str | None, most: int = 2, words: int = 60, known: str = ""
) -> tuple[str, ...]:
    """At most `most` sentences of the text, verbatim and in its order, together at most `words` words; () if none fits.

    Left out: what stands beside a text (bylines, dates, credits, cookie notes, invitations), headings, sentences that
    repeat the title, point nowhere, are cut or shorter than five words. A teaser of a single sentence is returned as
    it is, also when it is cut, up to twice `words`. Sentences that say something beyond the text `known` (what was
    told on earlier days) come before those that do not. Deterministic.
    """
    every = [_Sentence(one) for one in sentences(text, language) if not _is_chrome(one)][:MAX_SENTENCES]
    topic = _topic(title[:500])
    fresh = {place for place, one in enumerate(every) if not _repeats(one, topic)}
    if len(fresh) == 1 and every[min(fresh)].length <= 2 * words:
        return (every[min(fresh)].text,)
    if known:
        told = _topic(known)
        fresh = {place for place in fresh if _is_statement(every[place]) and not _tells(told, every[place])} or fresh
    for fit in (_is_statement, _is_readable, _is_long_enough):
        places = {place for place in fresh if every[place].length <= words and fit(every[place])}
        if places:
            return tuple(every[place].text for place in _chosen(every, places, topic, most, words))
    return ()


def is_told(sentence: str, known: str) -> bool:
    """Whether a text says what a sentence says: it has at least four in five of its content words."""
    return _tells(_topic(known), _Sentence(sentence))


def _tells(known: frozenset[str], sentence: _Sentence) -> bool:
    return len(sentence.topic & known) * 5 >= len(sentence.topic) * 4


def _chosen(every: list[_Sentence], places: set[int], topic: frozenset[str], most: int, words: int) -> list[int]:
    """The places of the best sentences, taken one by one while they fit and say something new, in the text's order."""
    scores = _scores(every, topic)
    taken: list[int] = []
    left = words
    while places and len(taken) < most:
        open_ones = [place for place in places if not every[place].leans or place - 1 in taken]
        if not open_ones and not taken:
            open_ones = [min(places)]
        fitting = [
            place
            for place in open_ones
            if every[place].length <= left and not any(_alike(every[place], every[other]) for other in taken)
        ]
        if not fitting:
            break
        best = max(fitting, key=lambda place: (scores[place] + (0.15 if place - 1 in taken else 0.0), -place))
        taken.append(best)
        places = places - {best}
        left -= every[best].length
    return sorted(taken)


def _scores(every: list[_Sentence], topic: frozenset[str]) -> list[float]:
    """Position (the lead says most), share of the title's words, and weight of the words that the text repeats."""
    frequency = Counter(word for one in every for word in one.topic)
    top = max(frequency.values(), default=1)
    scores: list[float] = []
    for place, one in enumerate(every):
        about = len(one.topic & topic) / max(len(topic), 1)
        repeated = sum(frequency[word] - 1 for word in one.topic)
        central = min(1.0, repeated / (4 * top))
        scores.append(1.0 / (1.0 + 0.2 * place) + 0.5 * about + central)
    return scores


def _topic(text: str) -> frozenset[str]:
    """Content words, cut to six letters: endings differ between a title and its text."""
    found = {word for word in WORD.findall(text.casefold()) if len(word) > 2}
    return frozenset(word[:6] for word in found - _STOP)


def _alike(one: _Sentence, other: _Sentence) -> bool:
    return len(one.topic & other.topic) > 0.7 * min(len(one.topic), len(other.topic)) > 0


def _repeats(sentence: _Sentence, topic: frozenset[str]) -> bool:
    """Says no more than the title: its words, at most two others."""
    said = sentence.topic
    return bool(said and topic) and len(said - topic) * 6 <= len(said) and len(said & topic) * 2 >= len(said)


def _is_chrome(sentence: str) -> bool:
    if len(sentence) <= 90 and (_DATE_LINE.fullmatch(sentence) or _BYLINE.fullmatch(sentence)):
        return True
    return bool(_CHROME.match(sentence)) or not WORD.search(sentence)


def _is_long_enough(sentence: _Sentence) -> bool:
    return sentence.length >= 5


def _is_readable(sentence: _Sentence) -> bool:
    """Whole, balanced and not pointing elsewhere."""
    text = sentence.text
    balanced = all(text.count(a) == text.count(b) for a, b in ("()", "“”", "[]", "«»"))
    whole = TERMINATED.search(text[-12:]) is not None and not _CUT.search(text[-12:])
    return _is_long_enough(sentence) and whole and balanced and text.count('"') % 2 == 0 and not _POINTING.match(text)


def _is_statement(sentence: _Sentence) -> bool:
    return "?" not in sentence.text[-3:] and _is_readable(sentence)
