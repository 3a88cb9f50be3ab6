"""Several networks: the loss and every gradient of each, which of these are compared, and their ratios."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain
from math import isfinite
from typing import TYPE_CHECKING, Any

from gradcalc.analysis.computation import gradient
from gradcalc.analysis.path_list import GradientPaths
from gradcalc.analysis.point import Point, Subject, point, subjects
from gradcalc.errors import DomainError, LimitError, UsageError
from gradcalc.expressions.numerals import decimal
from gradcalc.network.network import Layer, Network, Value, norm
from gradcalc.records import Record
from gradcalc.report.scales import log10

if TYPE_CHECKING:
    from gradcalc.arithmetic.low_precision import LowPrecision


class NamedNetwork(Record):
    """A network to compare: `name` in full, `short` as a column calls it."""

    name: str
    short: str
    network: Network


class ComparedNetwork(Record):
    """What was found of one network; `norms` are Frobenius norms, `log10` of them (None: an exact 0)."""

    name: str
    short: str
    at: Point
    loss: Any
    gradients: Mapping[str, Value]
    norms: Mapping[str, Any]
    log10: Mapping[str, float | None]
    paths: GradientPaths
    chosen: tuple[Subject, ...]

    @property
    def network(self) -> Network:
        """The network itself."""
        return self.at.graph.network


ITS_SKIPS = "its skips"  # in what a network differs from the same without skips


class Comparison(Record):
    """`names` are those of any network, in order of first appearance. `ratios[name][i]` = |gradient in networks[0]| /
    |gradient in networks[i]|; None where either is absent, or the latter 0."""

    networks: tuple[ComparedNetwork, ...]
    names: tuple[str, ...]
    ratios: Mapping[str, tuple[Any, ...]]
    rows: tuple[tuple[str | None, ...], ...]  # names that are compared, one a network; None where it has none
    differ: str = ""  # in what: ITS_SKIPS, which the second lacks, or the keys that vary; "" in anything

    @property
    def with_and_without(self) -> tuple[ComparedNetwork, ComparedNetwork] | None:
        """The one with skips and the one without any, of two that differ in these alone; None of others."""
        if self.differ not in (ITS_SKIPS, "skips") or len(self.networks) != 2:
            return None
        given, plain = sorted(self.networks, key=lambda one: not one.network.has_skips)
        return (given, plain) if given.network.has_skips and not plain.network.has_skips else None


def compare(
    networks: Sequence[NamedNetwork],
    *,
    wrt: Sequence[str] = (),
    dps: int | None = None,
    low: LowPrecision | None = None,
    differ: str = "",
) -> Comparison:
    """Computes every network and compares the gradients of `wrt` (all parameters unless named).

    Raises UsageError for a network without target or a name that no network has; DomainError, LimitError.
    """
    if wrt:
        chosen = _matching([named.network for named in networks], wrt)
    else:
        chosen = [subjects(named.network) for named in networks]
    found = []
    for name, _, network in networks:
        if not network.has_loss:
            raise UsageError(f"{name} has no target, so there are no gradients to compare; --target gives one")
    for (name, short, network), asked in zip(networks, chosen):
        try:
            at = point(network, dps, low=low)
        except (DomainError, LimitError) as error:
            raise type(error)(f"{short}: {error}") from None
        with at.arithmetic.context():
            gradients = {subject.name: gradient(at, subject) for subject in asked}
            norms = {name: norm(value) for name, value in gradients.items()}
            sizes = {name: at.arithmetic.log10(size) for name, size in norms.items()}
        paths = GradientPaths(at, asked, gradients, 1)
        found.append(ComparedNetwork(name, short, at, at.loss, gradients, norms, sizes, paths, tuple(asked)))
    names = [list(one.norms) for one in found]
    rows = by_name(names) if wrt else aligned([one.network for one in found], names)
    ratios = {
        name: tuple(ratio(found[0].norms.get(name), one.norms.get(name)) for one in found)
        for name in dict.fromkeys(chain(*names))
    }
    return Comparison(tuple(found), tuple(ratios), ratios, tuple(rows), differ)


def _matching(networks: Sequence[Network], wrt: Sequence[str]) -> list[list[Subject]]:
    """The subjects of every network; a pattern has to match in one of them."""
    found: list[dict[str, Subject]] = [{} for _ in networks]
    for pattern in wrt:
        errors = []
        for network, known in zip(networks, found):
            try:
                known.update((subject.name, subject) for subject in subjects(network, [pattern]))
            except UsageError as error:
                errors.append(error)
        if len(errors) == len(networks):
            raise errors[0]
    return [list(known.values()) for known in found]


def ratio(one: Any, other: Any) -> Any:
    """one / other, whatever their size: a float, a Decimal, a number of `--dps`; None without one, or by
    0, and of infinities, which low precision leaves."""
    if one is None or not other:
        return None
    if isinstance(one, float) and isinstance(other, float):
        if not (isfinite(one) and isfinite(other)):
            return None
        found = one / other
        if 1e-300 < found < 1e300 or not one:
            return found
    elif hasattr(one, "context") and hasattr(other, "context"):
        return one / other
    from gradcalc.arithmetic.extended import Extended

    with Extended.context():
        return decimal(one) / decimal(other)


def powers_of_ten(one: Any, other: Any) -> float | None:
    """log10 of one / other, of other numbers than floats from the quotient: logarithms of 10¹⁴ leave no digit of their
    difference. None where one of them is 0."""
    if isinstance(one, float) and isinstance(other, float):
        logs = log10(one), log10(other)
        return None if logs[0] is None or logs[1] is None else logs[0] - logs[1]
    return log10(ratio(one, other))


Slot = tuple[int, int, int]  # layers from the output, the kind of parameter, and which of its kind in its layer
KINDS = ("entry", "weight", "bias", "alpha", "skip")  # kinds of parameters in the order of the rows of one layer


def aligned(networks: Sequence[Network], names: Sequence[Sequence[str]]) -> list[tuple[str | None, ...]]:
    """Rows of names, one for each network, None where one has nothing there: `names` are those asked for of each.

    Networks of one depth go by name; of different depths, from the output back, what stands in no layer last.
    """
    if len({len(network.layers) for network in networks}) == 1:
        return by_name(names)
    slots = [
        {slot: name for slot, name in _slots(network).items() if name in asked}
        for network, asked in zip(networks, names)
    ]
    rows = [tuple(one.get(slot) for one in slots) for slot in sorted(set(chain(*slots)))]
    return rows + by_name([[name for name in asked if name not in one.values()] for one, asked in zip(slots, names)])


def by_name(names: Sequence[Sequence[str]]) -> list[tuple[str | None, ...]]:
    """A row for each name of any network, in order of first appearance."""
    known = [set(one) for one in names]
    return [tuple(name if name in one else None for one in known) for name in dict.fromkeys(chain(*names))]


def _slots(network: Network) -> Mapping[Slot, str]:
    """The parameter in every slot; a tied one stands where it is used nearest to the output."""
    found, known = dict[Slot, str](), set[int]()
    for back, layer in enumerate(reversed(network.layers)):
        counts: Counter[str] = Counter()
        for number in used(layer):
            if number not in known:
                name, kind = network.parameters[number].name, network.parameters[number].kind
                found[back, KINDS.index(kind), counts[kind]] = name
                counts[kind] += 1
                known.add(number)
    return found


def used(layer: Layer) -> list[int]:
    """The parameters of a layer: weights, bias, alpha, then those of the skips that enter it."""
    sources = [edge.parameter for edge in layer.edges]
    skips = [edge.parameter for edge in layer.skips]
    numbers = [*sources, layer.weight, layer.bias, layer.alpha, *skips]
    return [number for number in numbers if number is not None]


# How δ = ∂L/∂z changes from layer to layer on the way back; unlike ∂L/∂w it does not depend on a layer's input.


class Profile(Record):
    """`nodes` and `log10` go from the output to the first layer; None is an exact 0. `relative` is log10 of each over
    that of the last hidden layer: logarithms of 10¹⁴ leave no digit of their difference. `extremes` are the places of
    the smallest and the largest, where they are at neither end."""

    nodes: tuple[str, ...]
    log10: tuple[float | None, ...]
    relative: tuple[float | None, ...]
    extremes: tuple[tuple[str, int], ...] = ()

    @classmethod
    def of(cls, sizes: Mapping[str, Any]) -> Profile:
        """That of the norms by node, from the output to the first layer."""
        numbers = list(sizes.values())
        last_hidden = numbers[min(1, len(numbers) - 1)]
        relative = tuple(powers_of_ten(size, last_hidden) for size in numbers)
        places = {"smallest": min, "largest": max}
        extremes = {which: numbers.index(of(numbers)) for which, of in places.items()}
        ends = numbers[0], numbers[-1]
        inner = [
            (which, place)
            for which, place in extremes.items()
            if all(abs(powers_of_ten(numbers[place], end) or 0.0) > SAME for end in ends)
        ]
        return cls(tuple(sizes), tuple(map(log10, numbers)), relative, tuple(inner))

    @property
    def rise(self) -> float | None:
        """log10 of |δ| in the first layer / |δ| in the output layer; None where either is 0."""
        last, first = self.log10[0], self.log10[-1]
        if last is None or first is None:
            return None
        if max(abs(last), abs(first)) < LOG10_OF_MANY:
            return first - last
        return (self.relative[-1] or 0.0) - (self.relative[0] or 0.0)

    @property
    def log10_rate(self) -> float | None:
        """log10 per layer, where it describes the course of |δ|, else None: where so much per layer makes the rise from
        the output to the first layer, and every layer lies between these two, to within a power of ten."""
        found, rise = log10_rate(self.relative), self.rise
        if found is None or rise is None or found * rise <= 0 or abs(found * (len(self.nodes) - 1) - rise) > STRAY:
            return None
        known = [size for size in self.relative if size is not None]
        low, high = min(known[0], known[-1]) - STRAY, max(known[0], known[-1]) + STRAY
        return found if low <= min(known) and max(known) <= high else None


VANISHED = 3  # powers of ten from which on |δ| vanishes or explodes
LOG10_OF_MANY = 1000  # from which on differences of logarithms are those of quotients
SATURATED = 1000  # the factor by which σ′(z) of a saturated unit is below its largest value
SAME = 1e-10  # powers of ten between two that rounding may have made of one
STRAY = 1  # powers of ten that |δ| may be from its course where a rate is stated


def profile(at: Point) -> Profile:
    """The profile of a network with a loss; linear in its depth."""
    network = at.graph.network
    numbers = range(len(network.nodes) - 1, len(network.inputs) - 1, -1)
    with at.arithmetic.context():
        return Profile.of({network.nodes[number].name: norm(at.delta(number)) for number in numbers})


def log10_rate(sizes: Sequence[float | None]) -> float | None:
    """log10 of the geometric mean of the factors between hidden layers, of sizes from the output to the first layer:
    (log10 |first| - log10 |last hidden|) / (hidden - 1); None with fewer than two hidden layers or an exact 0."""
    if len(sizes) < 3:
        return None
    known = [size for size in sizes if size is not None]
    return None if len(known) < len(sizes) else (known[-1] - known[1]) / (len(known) - 2)
