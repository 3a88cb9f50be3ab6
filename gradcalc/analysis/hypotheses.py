"""The search of mistakes that explain somebody else's numbers: each is computed, alone and with another, and ranked by
how well all given values are explained at once, then by how little has to be assumed.

Whether an explanation is told is decided by the digits given (`evidence.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from heapq import nlargest
from math import isfinite
from typing import Any, NamedTuple

from gradcalc.analysis.backward_mistakes import BACKWARD
from gradcalc.analysis.batch_mistakes import BATCH
from gradcalc.analysis.evidence import Evidence
from gradcalc.analysis.forward_mistakes import FORWARD
from gradcalc.analysis.given_values import GivenValue, Hypothesis, shape_of, shaped
from gradcalc.analysis.hypothesis_sentences import clause_of, name_of, sentence
from gradcalc.analysis.last_digits import in_last_digits
from gradcalc.analysis.loss_mistakes import AT_LOSS
from gradcalc.analysis.mistakes import FEW, Mistake, Pass, Reading, Setting, read, with_shares
from gradcalc.analysis.path_mistakes import PATHS
from gradcalc.analysis.point import Point, computed
from gradcalc.analysis.reported_mistakes import REPORTED
from gradcalc.analysis.solved_rates import in_16_bits, solved_rates
from gradcalc.analysis.training_mistakes import TRAINING
from gradcalc.analysis.value_mistakes import VALUES
from gradcalc.arithmetic.float64 import Double
from gradcalc.engine.scalar_point import ScalarPoint
from gradcalc.errors import GradcalcError
from gradcalc.network.graph import graph
from gradcalc.network.network import Network, numbers

KINDS = (*BACKWARD, *VALUES, *AT_LOSS, *BATCH, *FORWARD, *REPORTED, *PATHS, *TRAINING)
OF_PAIRS = 0.2  # the share of two mistakes together
MOST_EDGES = 6_000_000  # edges of all passes of a search
HELD = 5_000  # edges of a network up to which passes are held
MOST_TOLD, MOST_FITTING = 5, 3
MUCH_LIKELIER = 8.0  # an explanation of so much less share is not looked for
MOST_PAIRS = 3_000  # the likeliest, that are computed
TOLD_TOO = ("accumulated", "input left out", "another input", "one use")  # beside others that give the same numbers
MOST_NAMED = 3  # entries that are wrong beside others
ONLY_WRONG = 0.25  # the part of a mistake's share for: in the wrong values, and not in others

Values = list[list[float]]
Rows = Sequence[Sequence[float]]
Candidate = tuple[Sequence[Mistake], Values]
Found = tuple[float, Sequence[Mistake], list[int], Values]  # score, mistakes, numbers explained, what they predict


class Explanations(NamedTuple):
    """The mistakes that explain given values, best first: those that explain all, or where none does those that explain
    some. None are `told` where all are right, where nothing fits, and where so few digits are given that anything
    would; then those are `fitting` that give all given values, the likeliest first, though they may do so by chance."""

    told: Sequence[Hypothesis]
    fitting: Sequence[Hypothesis]


def explanations(network: Network, givens: Sequence[GivenValue]) -> Explanations:
    """What explains given values, and where nothing is told what fits them."""
    search = searched(network, givens)
    if search is None:
        return Explanations([], [])
    told = search.singles() or search.several()
    if not told and (found := in_last_digits(search.setting, search.evidence)):
        return Explanations([found], [])
    told = told or search.partial()
    fitting = [] if told else search.fitting()
    return Explanations(
        [search.hypothesis(x) for x in told[:MOST_TOLD]], [search.hypothesis(x) for x in fitting[:MOST_FITTING]]
    )


def searched(network: Network, givens: Sequence[GivenValue]) -> Search | None:
    """The search of what explains given values; None where all are right, or are no numbers."""
    try:
        own = Pass(computed(graph(network), Double, FEW))
        right = read(own.at, givens)
    except (GradcalcError, ArithmeticError):
        return None
    evidence = Evidence(givens, right)
    finite = all(isfinite(x) for values in (*right, *evidence.given) for x in values)
    return Search(Setting(own, givens, evidence.wrong), evidence) if evidence.wrong and finite else None


class Search:
    """Mistakes with what they predict."""

    def __init__(self, setting: Setting, evidence: Evidence) -> None:
        self.setting = setting
        self.evidence = evidence
        self._passes: dict[tuple[int, ...], Pass | None] = {}
        self._readings: dict[int, tuple[Point, Values] | None] = {}
        self._known: list[Mistake] = []  # those that are known by where they lie in memory, which stays theirs
        self._left = MOST_EDGES
        self._cost = _cost(setting)
        self.mistakes = sorted(with_shares(KINDS, setting), key=lambda one: -one.share)
        self.found: list[tuple[Mistake, Values]] = []

    def singles(self) -> list[Found]:
        """The mistakes that explain all given values, alone. Those that predict the same count as one, and shares are
        of what makes the wrong values wrong."""
        merged: dict[tuple[float, ...], tuple[Mistake, Values]] = {}
        told: dict[tuple[float, ...], set[str]] = {}
        for mistake in self.mistakes:
            values = self.predicted([mistake])
            if values is not None and any(
                not _same([values[n]], [self.evidence.right[n]]) for n in self.evidence.wrong
            ):
                key = tuple(float(f"{x:.9e}") for row in values for x in (*row[:4], sum(row)))
                first = merged.get(key, (mistake._replace(share=0.0), values))[0]
                if mistake.kind in TOLD_TOO and first.share and (kinds := told[key]).isdisjoint({mistake.kind}):
                    first = first._replace(alike=(*first.alike, mistake.clause))
                    kinds.add(mistake.kind)
                told.setdefault(key, {first.kind})
                merged[key] = first._replace(share=first.share + mistake.share), values
        total = sum(one.share for one, _ in merged.values()) / (1 - OF_PAIRS)
        found = [(one._replace(share=one.share / total), values) for one, values in merged.values()]
        self.found = sorted(found, key=lambda one: -one[0].share)
        return self._ranked(([one], values) for one, values in self.found) or self._ranked(
            self._in_wrong_values_alone()
        )

    def _in_wrong_values_alone(self) -> Iterator[Candidate]:
        """Reported otherwise where values are wrong, and not where they are right."""
        for mistake in self.mistakes:
            if not mistake.reported or mistake.edges or mistake.network or mistake.arithmetic:
                continue
            if (values := self.predicted([mistake])) is not None:
                rows = enumerate(self.evidence.right)
                alone = [values[n] if self.evidence.wrong_entries[n] else list(right) for n, right in rows]
                yield [mistake._replace(share=mistake.share * ONLY_WRONG)], alone
                if names := self._wrong_beside_right():
                    yield [mistake.in_entries(names, ONLY_WRONG)], self._with_right_entries(values)

    def _wrong_beside_right(self) -> list[str]:
        """The names of the entries that are wrong, where they are few and others of the same values are right."""
        wrong = self.evidence.wrong_entries
        if all(len(wrong[n]) in (0, len(self.evidence.right[n])) for n in self.evidence.wrong):
            return []
        names = [name_of(self.setting, number, place) for number in self.evidence.wrong for place in wrong[number]]
        return names if len(names) <= MOST_NAMED else []

    def _with_right_entries(self, values: Values) -> Values:
        """These values where wrong ones were given, and the right ones elsewhere."""
        rows = zip(values, self.evidence.right, self.evidence.wrong_entries)
        return [[x if p in wrong else right[p] for p, x in enumerate(row)] for row, right, wrong in rows]

    def several(self) -> list[Found]:
        """Two mistakes that explain all given values together, or one with a number that is solved for."""
        candidates = (*in_16_bits(self.evidence), *solved_rates(self.setting, self.evidence, self.predicted))
        solved = self._ranked(([one], values) for one, values in candidates)
        least = max([self.evidence.least_share, *(self._share(mistakes) for _, mistakes, *_ in solved)])
        return self._ranked([*self._pairs(least), *((mistakes, values) for _, mistakes, _, values in solved)])

    def _pairs(self, least: float) -> Iterator[Candidate]:
        """Pairs that explain all, the likeliest first, until others are much less likely. What one of the two alone
        changes that one has to explain."""
        alone = [(one, self._changed(values), self._agreeing(values)) for one, values in self.found]
        wrong, pairs = sum(1 << number for number in self.evidence.wrong), []
        for place, (first, changed, agreeing) in enumerate(alone):
            for second, changed_too, agreeing_too in alone[place + 1 :]:
                share = OF_PAIRS * 2 * first.share * second.share
                if share < least:
                    break
                unexplained = (changed & ~changed_too & ~agreeing) | (changed_too & ~changed & ~agreeing_too)
                if not unexplained and not wrong & ~(changed | changed_too) and compatible(first, second):
                    pairs.append((share, first, second))
        for share, first, second in nlargest(MOST_PAIRS, pairs, key=lambda one: one[0]):
            if share < least:
                return
            values = self.predicted([first, second])
            if values is not None and self.evidence.explains_all(values):
                least = max(least, share / MUCH_LIKELIER)
                yield [first, second], values

    def _changed(self, values: Values) -> int:
        """Which given values a mistake changes, as bits."""
        rows = zip(values, self.evidence.right)
        return sum(1 << number for number, (row, right) in enumerate(rows) if not _same([row], [right]))

    def _agreeing(self, values: Values) -> int:
        """Which given values are as they would be with a mistake, as bits."""
        return sum(1 << number for number, row in enumerate(values) if self.evidence.agrees(number, row))

    def partial(self) -> list[Found]:
        """Mistakes that explain some of the wrong values and spoil none of the right ones."""
        return self._ranked((([one], values) for one, values in self.found), of_all=False)

    def fitting(self) -> list[Found]:
        """Mistakes that give all given values, alone, whether or not by chance."""
        found: dict[str, Found] = {}  # the likeliest of each name
        for one, values in self.found:
            if self.evidence.explains_all(values):
                found.setdefault(one.what, (one.share, [one], self.evidence.wrong, values))
        return list(found.values())

    def _ranked(self, candidates: Iterable[Candidate], of_all: bool = True) -> list[Found]:
        """Those that explain all given values (or some), and probably not by chance: best first, and of those that
        predict the same the simplest alone."""
        evidence, told, ranked = self.evidence, list[Found](), list[Found]()
        for mistakes, values in candidates:
            explained = evidence.explained(values)
            if not explained or (of_all and len(explained) < len(evidence.wrong)) or evidence.spoils(values):
                continue
            share = self._share(mistakes)
            if evidence.is_told(explained, share):
                told.append((evidence.score(explained, share), mistakes, explained, values))
        for one in nlargest(50, told, key=lambda one: (one[0], -evidence.error(one[2], one[3]))):
            if not any(_same(one[3], other[3]) for other in ranked):
                ranked.append(one)
        return ranked

    def _share(self, mistakes: Sequence[Mistake]) -> float:
        return mistakes[0].share if len(mistakes) == 1 else OF_PAIRS * 2 * mistakes[0].share * mistakes[1].share

    def predicted(self, mistakes: Sequence[Mistake]) -> Values | None:
        """The given values with these mistakes; None where they cannot be made, or give no numbers."""
        try:
            found = self._read([one for one in mistakes if one.network or one.arithmetic or one.edges])
            if found is None:
                return None
            at, values = found
            for one in sorted(mistakes, key=lambda one: one.kind != "path"):  # contributions are those of the pass
                if one.reported:
                    other = one.reported(Reading(self.setting, at, values))
                    if other is None:
                        return None
                    values = other
        except (GradcalcError, ArithmeticError, ValueError, LookupError):
            return None
        return values if all(map(isfinite, map(sum, values))) else None

    def _read(self, mistakes: Sequence[Mistake]) -> tuple[Point, Values] | None:
        """The point with these mistakes, and what it has of the given values; of one alone it is computed once."""
        key = id(mistakes[0]) if len(mistakes) == 1 else 0 if not mistakes else None
        if key is not None and key in self._readings:
            return self._readings[key]
        at = self._altered(mistakes)
        found = None if at is None else (at, read(at, self.setting.givens))
        if key is not None and self._cost < HELD:
            self._readings[key] = found
            self._known += mistakes
        return found

    def _altered(self, mistakes: Sequence[Mistake]) -> Point | None:
        """The point with these mistakes."""
        base = self._pass(mistakes)
        altering = sorted((one for one in mistakes if one.edges), key=lambda one: one.kind == "updated weights")
        if base is None or not altering:
            return None if base is None else base.at
        self._left -= self._cost
        if self._left < 0:
            return None
        altered = base.altered()
        made = [one.edges(altered, base.names) for one in altering if one.edges]
        return altered.result() if all(made) else None

    def _pass(self, mistakes: Sequence[Mistake]) -> Pass | None:
        """The pass of the network with those of the mistakes that are in it."""
        chosen = [one for one in mistakes if one.network or one.arithmetic]
        key = tuple(map(id, chosen))
        if not key:
            return self.setting.own
        if key not in self._passes:
            self._passes[key] = self._made(chosen)
            self._known += chosen
        return self._passes[key]

    def _made(self, mistakes: Sequence[Mistake]) -> Pass | None:
        self._left -= 4 * self._cost
        if self._left < 0:
            return None
        network: Network | None = self.setting.network
        arithmetic: Any = Double
        for one in mistakes:
            if one.network is not None and network is not None:
                network = one.network(network)
            if one.arithmetic is not None:
                from gradcalc.analysis.point import as_stored

                arithmetic = one.arithmetic
                network = network and as_stored(network, arithmetic)
        if network is None:
            return None
        return Pass(computed(graph(network), arithmetic, FEW))

    def hypothesis(self, found: Found) -> Hypothesis:
        """An explanation in words."""
        _, mistakes, explained, values = found
        givens, evidence = self.setting.givens, self.evidence
        predicts = {givens[n].text: shaped(values[n], shape_of("", givens[n].values)) for n in explained}
        (first, *rest) = mistakes
        return Hypothesis(
            what=" and ".join(one.what for one in mistakes),
            clause=clause_of(mistakes),
            sentence=sentence(self.setting, evidence, mistakes, explained, values),
            predicts=predicts,
            relative_error=evidence.error(explained, values),
            command=None if rest else first.command,
            formula=None if rest else first.formula,
        )


def _cost(setting: Setting) -> int:
    """What a pass and its reading cost, in edges between units."""
    work = setting.network.examples * sum(len(numbers(one.value)) for one in setting.network.parameters)
    read = sum(len(numbers(given.values)) for given in setting.givens)
    if isinstance(setting.own.at, ScalarPoint):
        return 2 * work + 4 * setting.network.examples * len(setting.graph.nodes) + read
    return 20 * len(setting.own.linear.links) + work // 50 + read


def compatible(first: Mistake, second: Mistake) -> bool:
    """Whether two mistakes are two: not twice the same kind of number reported, or other numbers twice."""
    if first.kind == second.kind and (first.reported or first.arithmetic):
        return False
    if first.arithmetic or second.arithmetic:
        return not any(one.network or one.edges for one in (first, second))
    return True


def _same(one: Rows, other: Rows) -> bool:
    return all(
        abs(x - y) <= 1e-12 * abs(x) for row, others in zip(one, other) for x, y in zip(row, others, strict=True)
    )
