"""Words as stems, and the words that tell no event: the common ones, and dates."""

from __future__ import annotations

from aggregator.markup import word_set

LENGTH = 7
_NUMBERS = {"two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8"} | {
    "nine": "9",
    "ten": "10",
}
STOP = word_set(
    """a about after again all also am amid among an and any are as at be because been before being between both but by
    can could did do does down during each even every few for from get gets had has have he her here his how i if in
    into is it its just like made make makes many may me might more most much must my need new no not now of off on once
    one only or other our out over own part per said say says she should since so some such than that the their them
    then there these they this those through to too under until up upon us use used using very via was way we were what
    when where which while who why will with within without would year years you your
    aber als am an auch auf aus bei bis das dass dem den der des die durch ein eine einem einen einer es für hat ich im
    in ist kann mehr mit nach nicht noch nur oder sich sie sind so über um und von vor was wenn werden wie wird zu zum
    zur
    a au aux avec ce ces cette comme dans de des du elle en est et il la le les leur mais ne nous on ou par pas plus
    pour qu que qui sa sans se ses son sont sur un une vous
    al como con de del el en es esta este la las lo los más muy no para pero por que se sin su sus un una y ya
    a az be csak de egy el és ez ezt hanem hogy is ki le már meg még mert mint nagy nem sem szerint több után vagy
    van volt"""
)


def stem(word: str) -> str:
    """Folded and cut: endings differ between a title and its text; a figure without its separators."""
    low = word.casefold().replace("’", "'").removesuffix("'s")
    if low[:1].isdigit():
        return low.replace(",", "")
    low = _NUMBERS.get(low, low)
    return low[:LENGTH] if len(low) > LENGTH else (low.rstrip("s") or low) if len(low) > 3 else low


MONTHS = frozenset(
    map(
        stem,
        word_set(
            """January February March April May June July August September October November December Januar Februar März
        Mai Juni Juli Oktober Dezember január február március április május június július augusztus szeptember október
        janvier février mars avril juin juillet août septembre octobre enero febrero marzo abril mayo junio julio
        agosto Q1 Q2 Q3 Q4"""
        ),
    )
)
DATES = MONTHS | frozenset(
    map(
        stem,
        word_set(
            """Monday Tuesday Wednesday Thursday Friday Saturday Sunday Montag Dienstag Mittwoch Donnerstag Freitag
        spring summer autumn winter first second third weekly monthly annual"""
        ),
    )
)
"""Stems that tell one instalment of a series from the next; no names."""
