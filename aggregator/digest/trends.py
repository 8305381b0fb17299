"""What 30 days show and one day cannot: the lenses day by day, and the words that rise. Counted, never interpreted.

Every article counts once, whatever the number of its copies, on the local date on which it was published, if the
view shows it. A term rises when the share of the last 7 days' entries that hold it stands out against the 30 days
before: the log-likelihood ratio G2 of Dunning, "Accurate Methods for the Statistics of Surprise and Coincidence",
Computational Linguistics 19(1), 1993, here of entries, not of words, so that one long text cannot make a trend.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain, pairwise
from math import log

from aggregator.digest.lenses import LEAD_WORDS, Lists, haystack
from aggregator.entries.words import fold
from aggregator.records import Config, Entry, LocalDate, StoredEntry

LENS_DAYS = 30
WEEK, MONTH, HISTORY = timedelta(days=7), timedelta(days=30), timedelta(days=14)
MOST_LISTED = 20
MOST_TERMS, LEAST_ENTRIES, LEAST_SOURCES = 5, 3, 2
SURPRISE = 7.88
"""The least G2: chance alone reaches it once in 200 terms (chi-square, one degree of freedom)."""
_FIRST_WORDS = 60
_LONGEST_WORD = 40
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")

# Words that tell nothing about a text: the grammar of eight languages, and what every week's news says. Left out is
# what is grammar in one language and a subject in another ("ai", "ki", "war").
_STOP = frozenset(
    fold(
        """
    a about after again all almost already also although always am among an and another any are around as at away back
    be became because become been before being below best better between big both but by came can cannot come could day
    days did do does doing done down each early either else end enough even ever every few find first five for found
    four from full get gets getting give go goes going gone good got great had has have having he help helps her here
    hers him his how however if in into is isn it its itself just keep know last late later least less let like ll
    long look made make makes making many may me mean means might month months more most much must my need needs never
    new next no nor not nothing now of off often old on once one only onto or other others our out over own part per
    put rather re read really right said same say saying says second see seen set several shall she should show shows
    since six so some something soon still such take takes than that the their them then there these they thing things
    think third this those though three through time times to today together told too toward towards two under until up
    upon us use used using ve very via want wants was wasn way ways we week weeks well went were what when where
    whether which while who whom whose why will with within without won would year years yes yesterday yet you your
    according announced latest news online article post blog continue
    january february march april june july august september october november december
    monday tuesday wednesday thursday friday saturday sunday don didn doesn aren couldn wouldn shouldn hasn haven
    ab aber alle allem allen aller alles als also am an andere anderen auch auf aus bei beim bereits bin bis bist
    da dabei dafür damit dann daran darauf darum das dass davon dazu dein dem den denn der deren des dessen die dies
    diese diesem diesen dieser dieses doch dort du durch eigenen ein eine einem einen einer eines einige er erst es
    etwa etwas euch für gab ganz gegen geht geworden gibt habe haben hat hatte hatten heute hier hin hinter ich ihm
    ihn ihnen ihr ihre ihrem ihren ihrer im immer in ins ist ja jahr jahre jahren jede jedem jeden jeder jetzt kann
    kein keine keinen können könnte mal man mehr mein meist mit muss müssen nach neue neuen neuer neues nicht nichts
    noch nun nur ob oder ohne rund schon sehr sei sein seine seinem seinen seiner seit selbst sich sie sind so sogar
    soll sollen sollte sondern sowie über um und uns unser unsere unter viel viele vielen vom von vor waren warum
    was weil weiter weitere welche wenn wer werden wie wieder will wir wird wo wollen wurde wurden während würde zu
    zum zur zwei zwischen
    au aussi autre autres aux avait avant avec avez avoir bien ce cela ces cet cette ceux chaque chez comme comment
    contre dans de depuis des deux doit donc dont du elle elles en encore entre est et été être fait faire font il ils
    je jour jours la le les leur leurs lors lui mais même mois moins mon ne nos notre nous nouveau nouvelle on ont ou
    où par pas peu peut peuvent plus pour pourquoi qu quand que quel quelle quelles quels qui sa sans se selon ses si
    son sont sous sur ta tous tout toute toutes très trop un une vers vos votre vous
    ahora al algo ante antes año años aquí así aunque cada casi como con contra cual cuando cuatro da del desde día
    días donde dos el ella ellas ellos en entre era es esa ese eso esta está están estas este esto estos fue fueron
    gran ha hace hacer han hasta hay hoy las le les lo los mas más me mejor mi mientras mismo muy nada ni no nos
    nueva nuevo o otra otras otro otros para parte pero poco por porque puede pueden que qué quien se sea según ser
    si sí sido sin sobre solo son su sus también tan tanto te tiene tienen toda todas todo todos tras tres tu un una
    unas uno unos va vez y ya yo
    a akár aki ahol ahogy amely amelyek ami amikor amit annak arra az azért azok azt azonban be ben de e egy egyik
    egyre el elő első en és ez ezek ezen ezért ezt fel ha hanem hat hogy hogyan igen így ilyen is itt jó kell
    kellett két között közül le lehet lesz lett ma már más meg mert mi miért mint minden mindig most nagy nagyon ne
    nem nincs olyan ott össze pedig s sem sok sokkal számára szerint szinte több tud új után utolsó vagy vagyis való
    valamint van vannak volt voltak által éves év évben évek
    agli al alla alle allo anche ancora anni anno avere c che chi ci come con contro così cui da dagli dai dal dalla
    dalle degli dei del dell della delle dello di dopo dove due e ed essere fa fare fino fra gli ha hanno i il in io
    la le lo loro ma mentre molto ne nei nel nella nelle no noi non nostra nostro nuova nuovo o ogni oggi per perché
    però più poi prima può quale quali quando quanto quella quello quesa questa queste questi questo qui se sempre
    senza si sia solo sono sta stato su sua sue sugli sui sul sulla suo suoi tra tre tutti tutto un una uno
    aan al alle alleen als altijd andere ben bij bijna daar dan dat de deze die dit doen door dus een eens elk en er
    ervan gaan gaat geen goed had hebben heeft het hij hoe hun iets ik in is ja jaar je jouw kan kunnen maar maken meer
    men met mij mijn moet moeten na naar niet niets nieuwe nog nu of om omdat onder ons ook op over sinds steeds te
    tegen toch toen tot twee uit uw van veel veld vaak voor vooral waar waarom wanneer want waren was wat we wel welke
    werd wie wij wil willen worden wordt zal ze zeer zei zelf zich zij zijn zo zonder zou
    ainda ao aos apenas após as até cada com como contra da das de depois desde dia dias do dois dos e é ela elas ele
    eles em entre era essa esse esta está estão este eu foi foram há hoje isso isto já lhe mais mas me menos mesmo
    meu muito muitos na nas nem no nos nós nossa nosso nova novo num numa o onde os ou outra outras outro outros para
    pela pelas pelo pelos pode podem por porque quais qual quando que quem se segundo sem ser será seu seus sido são
    só sobre sua suas também tem têm ter toda todas todo todos três tudo um uma uns você
    """
    ).split()
)


@dataclass(frozen=True, slots=True)
class Met:
    """How many entries met a lens on each local date, oldest first, and the newest of them (20 at most)."""

    name: str
    days: tuple[tuple[LocalDate, int], ...]
    entries: tuple[StoredEntry, ...]


@dataclass(frozen=True, slots=True)
class Rise:
    """A rising term as it is written most often, the newest entries of the week that hold it (20 at most), how many
    do in all, and how many did before."""

    term: str
    entries: tuple[StoredEntry, ...]
    number: int
    before: int


def trends(
    news: Callable[[datetime, datetime], Iterable[StoredEntry]],
    is_shown: Callable[[StoredEntry], bool],
    config: Config,
    now: datetime,
    today: LocalDate,
    *,
    text: Callable[[StoredEntry], str] = lambda stored: stored.entry.text,
    began: datetime | None = None,
) -> tuple[tuple[Met, ...], tuple[Rise, ...]]:
    """Both trends up to `now`, in one reading of 37 days; `news` gives what was published in (start, end].

    Entries pass by one by one. `text` gives what of an entry is worth telling. `began`: nothing was accepted before, so
    that no term can rise for the first days.
    """
    groups: set[int] = set()

    def once(start: datetime, end: datetime) -> Iterator[StoredEntry]:
        for stored in news(start, end):
            if stored.group not in groups and is_shown(stored):
                groups.add(stored.group)
                yield _lean(stored, text(stored))

    days = _LensDays(config, today)
    if began is not None and now - began < HISTORY:
        for stored in once(now - WEEK - MONTH, now) if config.lenses else ():
            days.count(stored)
        return days.trends(), ()
    week = list(once(now - WEEK, now))
    terms = _Terms(week, now)
    for stored in chain(week, _each(terms.before, once(now - WEEK - MONTH, now - WEEK))):
        days.count(stored)
    return days.trends(), terms.rising()


def _lean(stored: StoredEntry, text: str) -> StoredEntry:
    """An entry with as much of its text as is looked at, for those that are held in memory."""
    lead = " ".join(text.split(None, LEAD_WORDS)[:LEAD_WORDS])
    return replace(stored, entry=replace(stored.entry, summary="", content="", text=lead))


def _each(look: Callable[[StoredEntry], None], entries: Iterable[StoredEntry]) -> Iterator[StoredEntry]:
    for stored in entries:
        look(stored)
        yield stored


class _LensDays:
    """A count for each lens and each of the last 30 local dates."""

    def __init__(self, config: Config, today: LocalDate) -> None:
        self._lists, self._zone = Lists(config.lenses), config.timezone
        self._names = [lens.name for lens in config.lenses]
        self._days = [today - timedelta(days=back) for back in reversed(range(LENS_DAYS))]
        self._met: Counter[tuple[str, LocalDate]] = Counter()
        self._entries: dict[str, list[StoredEntry]] = {name: [] for name in self._names}

    def count(self, stored: StoredEntry) -> None:
        day = stored.published.astimezone(self._zone).date()
        if self._names and day >= self._days[0]:
            for name in self._lists.all(haystack(stored.entry)):
                self._met[name, day] += 1
                self._entries[name].append(stored)
                if len(self._entries[name]) > 10 * MOST_LISTED:
                    self._entries[name] = _newest(self._entries[name])

    def trends(self) -> tuple[Met, ...]:
        return tuple(
            Met(name, tuple((day, self._met[name, day]) for day in self._days), tuple(_newest(self._entries[name])))
            for name in self._names
        )


def _newest(entries: Iterable[StoredEntry]) -> list[StoredEntry]:
    return sorted(entries, key=lambda one: (one.published, one.accepted), reverse=True)[:MOST_LISTED]


class _Terms:
    """Which entries hold which terms: those of the week, and how many before hold the week's."""

    def __init__(self, week: Sequence[StoredEntry], now: datetime) -> None:
        self._now = now
        self._size, self._size_before = len(week), 0
        self._oldest = min((one.accepted_at for one in week if one.accepted_at), default=now)
        often, holders = _Often(LEAST_ENTRIES), dict[str, list[StoredEntry]]()
        for stored in week:
            often.update(terms_of(stored.entry))
        for stored in week:
            for term in filter(often.may_hold, terms_of(stored.entry)):
                holders.setdefault(term, []).append(stored)
        self._holders = {term: those for term, those in holders.items() if _is_shared(those)}
        self._before: Counter[str] = Counter()

    def before(self, stored: StoredEntry) -> None:
        self._size_before += 1
        self._oldest = min(self._oldest, stored.accepted_at or self._oldest)
        self._before.update(term for term in terms_of(stored.entry) if term in self._holders)

    def rising(self) -> tuple[Rise, ...]:
        """At most 5, the most surprising first; a term that says the same as one before it is left out."""
        if self._now - self._oldest < HISTORY:
            return ()
        taken: list[str] = []
        for term in sorted((term for term in self._holders if self._surprise(term) >= SURPRISE), key=self._order):
            if len(taken) < MOST_TERMS and not any(self._is_like(term, other) for other in taken):
                taken.append(term)
        return tuple(self._rise(term) for term in taken)

    def _rise(self, term: str) -> Rise:
        newest = tuple(_newest(self._holders[term]))
        return Rise(_as_written(term, newest), newest, len(self._holders[term]), self._before[term])

    def _order(self, term: str) -> tuple[float, int, str]:
        return -self._surprise(term), -len(term), term

    def _surprise(self, term: str) -> float:
        return round(surprise(len(self._holders[term]), self._size, self._before[term], self._size_before), 6)

    def _is_like(self, term: str, other: str) -> bool:
        """Told by the same entries in the main, so about the same thing."""
        mine, others = ({one.key for one in self._holders[name]} for name in (term, other))
        return 2 * len(mine & others) > min(len(mine), len(others))


class _Often:
    """What was met at least so many times, and a little more, in a megabyte: most terms of a week are met once."""

    def __init__(self, least: int) -> None:
        self._least, self._times = least, bytearray(1 << 20)

    def update(self, terms: Iterable[str]) -> None:
        for term in terms:
            place = hash(term) & 0xFFFFF
            self._times[place] = min(self._times[place] + 1, self._least)

    def may_hold(self, term: str) -> bool:
        return self._times[hash(term) & 0xFFFFF] >= self._least


def terms_of(entry: Entry) -> frozenset[str]:
    """The words and two-word phrases of an entry's title and first 60 words, folded, without stop words and numbers."""
    lead = " ".join(entry.text.split(None, _FIRST_WORDS)[:_FIRST_WORDS])
    words = [word if _tells(word) else "" for word in fold(f"{entry.title} . {lead}").split()]
    pairs = (f"{one} {other}" for one, other in pairwise(words) if one and other)
    return frozenset(chain(filter(None, words), pairs))


def _tells(word: str) -> bool:
    return 1 < len(word) <= _LONGEST_WORD and word not in _STOP and not word.isdigit()


def _is_shared(entries: Sequence[StoredEntry]) -> bool:
    return len(entries) >= LEAST_ENTRIES and len({one.source_key for one in entries}) >= LEAST_SOURCES


def surprise(now: int, of_now: int, before: int, of_before: int) -> float:
    """Dunning's G2 that `now` of `of_now` entries hold a term after `before` of `of_before`; 0.0 if its share fell."""
    if now * of_before <= before * of_now:
        return 0.0
    every, holding = of_now + of_before, now + before
    cells = (
        (now, of_now * holding),
        (before, of_before * holding),
        (of_now - now, of_now * (every - holding)),
        (of_before - before, of_before * (every - holding)),
    )
    return 2 * sum(seen * log(seen * every / expected) for seen, expected in cells if seen)


def _as_written(term: str, entries: Iterable[StoredEntry]) -> str:
    """The spelling of a folded term that is met most often; of two the one in lower case."""
    spellings = Counter(chain.from_iterable(_spellings(term, one.entry) for one in entries))
    return max(spellings, key=lambda spelling: (spellings[spelling], spelling), default=term)


def _spellings(term: str, entry: Entry) -> Iterator[str]:
    text = f"{entry.title} . {' '.join(entry.text.split(None, _FIRST_WORDS)[:_FIRST_WORDS])}"
    places = [found.span() for found in _WORD.finditer(text)]
    for (start, end), (_, second_end) in pairwise([*places, (0, 0)]):
        for spelling in (text[start:end], text[start:second_end]):
            if fold(spelling).strip() == term:
                yield spelling
