"""Average link: groups that grow as long as their members are alike on the whole.

Sokal and Michener, "A statistical method for evaluating systematic relationships", 1958. The mean likeness of two
groups is that of all their pairs, so no chain of neighbours can join what has little in common. A mean alone could
come from one member that has something of both, or from one word, so most members must have a part in it, and half of
it must be left without their weightiest common word.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from heapq import heapify, heappop, heappush

Members = tuple[int, ...]
Link = tuple[float, int, int]
"""The likeness of two items, by their places, of which the first is the smaller."""
_ASKED = 16  # members of a group that are asked whether they are like those of another


def joined(
    vectors: Sequence[Mapping[str, float]],
    links: Iterable[Link],
    least: float,
    may_join: Callable[[Members, Members], bool],
) -> list[Members]:
    """The places of `vectors` (each of length 1, likeness is their product) in groups, each in exactly one.

    Two items are joined only by a link; two groups with a link between any of their members, while their mean
    likeness is at least `least`, most of their members are alike, too, and `may_join` agrees. The likest first: the
    same input gives the same groups.
    """
    groups = _Groups(vectors, links)
    while (pair := groups.nearest()) is not None:
        left, right = (groups.members[number] for number in pair)
        if (len(left + right) == 2 or groups.are_mutual(left, right, least / 2)) and may_join(left, right):
            groups.join(*pair, least)
    return [groups.members[number] for number in sorted(groups.alive)]


class _Groups:
    """Groups by number: the first are the single items, each later one is what two of them became."""

    def __init__(self, vectors: Sequence[Mapping[str, float]], links: Iterable[Link]) -> None:
        self._vectors = vectors
        self.members: list[Members] = [(place,) for place in range(len(vectors))]
        self.alive = set(range(len(vectors)))
        self._sums: list[dict[str, float]] = [dict(vector) for vector in vectors]
        self._near: list[dict[int, float]] = [{} for _ in vectors]  # the mean likeness to every linked group
        self._queue: list[Link] = []
        for likeness, one, other in links:
            self._near[one][other] = self._near[other][one] = likeness
            self._queue.append((-likeness, one, other))
        heapify(self._queue)

    def nearest(self) -> tuple[int, int] | None:
        """The two groups that are next: the likest that were not asked for yet."""
        while self._queue:
            _, one, other = heappop(self._queue)
            if one in self.alive and other in self.alive:
                return one, other
        return None

    def are_mutual(self, left: Members, right: Members, least: float) -> bool:
        """Whether most members of each of two groups are like most members of the other by more than a word."""
        asked = right[:_ASKED]
        like = [[_rest(self._vectors[a], self._vectors[b]) >= least for b in asked] for a in left[:_ASKED]]
        return _mostly(map(_mostly, like)) and _mostly(map(_mostly, zip(*like, strict=True)))

    def join(self, one: int, other: int, least: float) -> None:
        """Make two groups one; its likeness to their neighbours follows from theirs."""
        number = len(self.members)
        near = {place: self._mean(place, one, other) for place in self._near[one] | self._near[other]}
        self.alive -= {one, other}
        self.members.append(self.members[one] + self.members[other])
        self._sums.append(_sum(self._sums[one], self._sums[other]))
        self._near.append({})
        for place in sorted(near.keys() & self.alive):
            self._near[number][place] = self._near[place][number] = near[place]
            if near[place] >= least:
                heappush(self._queue, (-near[place], place, number))
        self.alive.add(number)

    def _mean(self, place: int, one: int, other: int) -> float:
        """The mean likeness of `place` to two groups together."""
        sizes = len(self.members[one]), len(self.members[other])
        return (sizes[0] * self._likeness(place, one) + sizes[1] * self._likeness(place, other)) / sum(sizes)

    def _likeness(self, place: int, group: int) -> float:
        known = self._near[group].get(place)
        if known is not None:
            return known
        product = _product(self._sums[place], self._sums[group])
        return product / (len(self.members[place]) * len(self.members[group]))


def _product(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    few, many = sorted((one, other), key=len)
    return sum(weight * many[stem] for stem, weight in few.items() if stem in many)


def _rest(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    """The product without the word that gives the most to it."""
    few, many = sorted((one, other), key=len)
    parts = [weight * many[stem] for stem, weight in few.items() if stem in many]
    return sum(parts) - max(parts, default=0.0)


def _mostly(those: Iterable[bool]) -> bool:
    told = list(those)
    return 2 * sum(told) >= len(told)


def _sum(one: dict[str, float], other: dict[str, float]) -> dict[str, float]:
    """Both vectors added up, in the longer of them: the two groups are no more."""
    few, many = sorted((one, other), key=len)
    for stem, weight in few.items():
        many[stem] = many.get(stem, 0.0) + weight
    return many
