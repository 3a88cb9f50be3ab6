"""A narrow network whose topology is compiled once, at points that differ in values alone: weights, inputs, targets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from itertools import chain, islice
from math import prod
from operator import mul
from typing import TYPE_CHECKING, Any

from gradcalc.analysis.kinks import Kink, kink_test, kinks_at
from gradcalc.analysis.quantities import SweepColumn, read, subject
from gradcalc.arithmetic.float64 import Double
from gradcalc.engine.scalar_graph import picker, weight_starts
from gradcalc.engine.scalar_point import (
    FAR_UP,
    Example,
    ScalarPoint,
    far_from_ends,
    inputs,
    swept,
    target_rows,
    weight_list,
)
from gradcalc.errors import DomainError
from gradcalc.network.graph import graph
from gradcalc.network.network import Network, Value, entries
from gradcalc.records import Record
from gradcalc.semirings.accumulate import Total, accumulate

if TYPE_CHECKING:
    from gradcalc.analysis.point_blocks import BlockColumn, BlockNetwork
    from gradcalc.language.building.draws import SeededParameters

NUMBERS = frozenset((float, int))
NOTHING: Mapping[int, range] = {}
LARGEST_BLOCK = 2**22  # numbers in a block of points
ColumnsRead = tuple[Mapping[str, Any], Sequence[Kink]]


class Slots(Record):
    """Where a key's value stands: places in P, among the inputs of all examples, and (example, target, unit); or which
    places are drawn with it, by the parameters that have them."""

    weights: tuple[int, ...]
    inputs: tuple[int, ...]
    targets: tuple[tuple[int, int, int], ...]
    seeded: SeededParameters | None = None
    drawn: Mapping[int, range] = NOTHING

    def takes(self, value: Any) -> bool:
        """Whether a value can be filled in."""
        return is_number(value) if self.seeded is None else self.seeded.takes(value)

    def entries(self, value: Any) -> Iterable[tuple[int, Any]]:
        """Places in P with the numbers that are drawn for them at a value, or at an array of values."""
        if self.seeded is None:
            return ()
        if isinstance(value, float):
            drawn = self.seeded.entries(int(value)).items()
            return chain.from_iterable(zip(self.drawn[number], entries) for number, entries in drawn)
        arrays = self.seeded.arrays(list(map(int, value.tolist()))).items()
        return chain.from_iterable(zip(self.drawn[number], rows.T.copy()) for number, rows in arrays)


def is_number(value: Any) -> bool:
    """Whether a value is a number that float64 holds."""
    return type(value) in NUMBERS and -FAR_UP < value < FAR_UP


def slots(
    one: Network, other: Network, pair: tuple[float, float], seeded: SeededParameters | None = None
) -> Slots | None:
    """The slots of a key, from the networks at two of its values; None where anything else differs, too."""
    if form(one) != form(other):
        return None
    starts, drawn = weight_starts(one), NOTHING
    if seeded is not None:
        drawn = {number: range(starts[number], starts[number + 1]) for number in seeded.numbers}
    left_out = {place for places in drawn.values() for place in places}
    found: list[list[int]] = []
    for ours, theirs in zip(_numbers(one), _numbers(other)):
        differ = [place for place, (before, after) in enumerate(zip(ours, theirs)) if before != after]
        if not found:
            differ = [place for place in differ if place not in left_out]
        if any(seeded or (ours[place], theirs[place]) != tuple(map(float, pair)) for place in differ):
            return None
        found.append(differ)
    weights, given, targets = found
    places = [
        (example, number, unit)
        for example in range(one.examples)
        for number, target in enumerate(one.targets)
        for unit in range(len(target.rows[0]))
    ]
    return Slots(tuple(weights), tuple(given), tuple(places[place] for place in targets), seeded, drawn)


def form(network: Network) -> Any:
    """All of a network but the values of parameters, inputs and targets; an activation stands as its text."""
    layers = [tuple(part.text if part is layer.activation else part for part in layer) for layer in network.layers]
    return (
        network.activation,
        (network.loss.text, network.loss.reduction, network.loss.scale),
        [(given.name, given.width) for given in network.inputs],
        layers,
        [(parameter.name, parameter.shape) for parameter in network.parameters],
        [(target.node, len(target.rows[0])) for target in network.targets],
        network.examples,
    )


def _numbers(network: Network) -> tuple[list[float], list[float], list[float]]:
    """P, the inputs and the targets of all examples, each in one list."""
    laid, examples = graph(network), range(network.examples)
    given = [x for example in examples for x in inputs(laid, Double, example)]
    targets = [x for example in examples for row in target_rows(laid, Double, example) for x in row]
    return weight_list(laid, Double), given, targets


def _renumbered(network: Network, found: Pass) -> Network:
    """The network with the numbers of a pass; constants that stay are exact as before."""
    weights, given = iter(found.weights[1:]), iter(found.values[1:])
    return network._replace(
        parameters=tuple(_moved(one, "value", one.shape, weights) for one in network.parameters),
        inputs=tuple(_moved(one, "rows", (1, one.width), given) for one in network.inputs),
        targets=tuple(_moved(one, "rows", (1, len(row)), row) for one, row in zip(network.targets, found.targets)),
    )


def _moved(one: Any, field: str, shape: tuple[int, ...], coming: Iterable[float]) -> Any:
    """A parameter, input or target with the next numbers that are coming."""
    known, row = list(entries(getattr(one, field))), list(islice(coming, prod(shape)))
    staying = {index for (index, before), now in zip(known, row) if before == now}
    if len(staying) == len(known):
        return one
    value: Value = row if shape else row[0]
    if len(shape) == 2:
        value = [row[start : start + shape[1]] for start in range(0, len(row), shape[1])]
    exact = {index: text for index, text in one.exact.items() if index in staying}
    return one._replace(**{field: value, "exact": exact})


class Pass(Record):
    """One point: P, V and S, the targets, the loss, the derivative of every edge, and the adjoint of every node."""

    targets: Sequence[Sequence[float]]
    weights: list[float]
    values: list[float]
    derivatives: list[float]
    loss: float
    edges: Sequence[float]
    adjoints: Sequence[float]


Reading = Callable[[Pass], Any]


class Rerun:
    """A narrow network of one example that has a loss, computed again and again in float64: its topology is compiled
    once, at every point only weights, inputs and targets are filled in."""

    def __init__(self, at: ScalarPoint) -> None:
        assert at.linear is not None
        self._at = at
        self._linear = at.linear
        self._runs = [block.run for _, block in at.program.blocks]
        self._derivatives = [block.derivatives for _, block in at.program.derivative_blocks]
        self._losses = [(end.loss, picker(end.read), end.target) for end in at.program.ends]
        self._outputs = picker([place for end in at.program.ends for place in end.outputs])
        self._total = Total()
        self._is_on_kink = kink_test(at.graph, at.layout.units)

    def __call__(
        self,
        weights: list[float],
        given: Sequence[float],
        targets: Sequence[Sequence[float]],
        moved: Sequence[float] | None,
    ) -> Pass | None:
        """The pass with these P, inputs and targets; None where a double was lost to the range, or has no value.

        `moved` are the weights that are not known to be far from the ends of the range, None where those are many.
        """
        values, whole = [1.0, *given], 0.0
        derivatives: list[float] = []
        try:
            for run in self._runs:
                run(weights, values)
            for sigma in self._derivatives:
                derivatives += sigma(weights, values)
            for loss, read_by_loss, target in self._losses:
                outputs, aims = read_by_loss(values), () if target is None else targets[target]
                whole += loss.value(outputs, aims)
                derivatives += loss.derivatives(outputs, aims)
        except (DomainError, OverflowError):
            return None
        linear = self._linear
        edges = linear.gather(weights + values + derivatives)
        adjoint = accumulate(linear.dag, edges, 1.0, self._total)
        found = Pass._make((targets, weights, values, derivatives, whole, edges, adjoint))
        factors = linear.factors(values)  # mostly it is enough to look at these, and at outputs that are none
        looked_at = *factors, *self._outputs(values), *adjoint[1 : linear.layout.values], whole
        if moved is not None and far_from_ends((*moved, *looked_at)):
            return found
        return found if self.point(found).in_range() else None

    def point(self, found: Pass) -> ScalarPoint:
        """The pass as a point, of which anything may be asked."""
        adjoint, products = swept(self._linear.dag, found.edges, 1.0)
        example = Example(found.values, found.derivatives, found.edges, adjoint, products)
        graph = self._at.graph._replace(network=_renumbered(self._at.graph.network, found))
        return self._at._replace(graph=graph, weights=found.weights, loss=found.loss, examples=[example])

    def kinks(self, found: Pass) -> Sequence[Kink]:
        """The kinks that units stand on in a pass."""
        if self._is_on_kink is None or not self._is_on_kink(found.values, found.targets):
            return []
        return kinks_at(self.point(found))

    def reading(self, columns: Sequence[SweepColumn]) -> Callable[[Pass], dict[str, Any]]:
        """How columns are read from a pass: all together that are an adjoint times an edge, one by one the others."""
        single: list[int] = []
        others: list[tuple[str, Reading]] = []
        for column in columns:
            uses = self._uses(column)
            single.append(uses[0] if uses else 0)
            if uses is None or len(uses) != 1:
                others.append((column.name, self._other(column, uses)))
        names, heads = [column.name for column in columns], [self._linear.dag.heads[edge] for edge in single]
        adjoints, edges = picker(heads), picker(single)

        def read_all(found: Pass) -> dict[str, Any]:
            values = dict(zip(names, map(mul, adjoints(found.adjoints), edges(found.edges))))
            for name, reads in others:
                values[name] = reads(found)
            return values

        return read_all

    def _uses(self, column: SweepColumn) -> Sequence[int] | None:
        """The edges that a column is the derivative by, None where it is anything but that of one number."""
        asked = subject(self._at, column) if column.quantity == "gradient" else None
        places = self._at.layout.entries(asked.number) if asked and asked.is_parameter else ()
        return self._linear.uses(places[0]) if len(places) == 1 else None

    def _other(self, column: SweepColumn, uses: Sequence[int] | None) -> Reading:
        """How a column is read: where it is one number of the pass, at once, else from the point."""
        if column.quantity == "loss":
            return lambda found: found.loss
        if uses is None:
            return lambda found: read(self.point(found), column)
        heads = self._linear.dag.heads
        return lambda found: sum(found.adjoints[heads[edge]] * found.edges[edge] for edge in uses) + 0.0


Given = tuple[Sequence[Any], Sequence[Sequence[Any]]]  # an example's inputs, and its targets by target and unit


class CompiledNetwork:
    """A network that has a loss, compiled once, with its own numbers; where the keys' values go, and what is read.

    `slots` are by the number of the key.
    """

    def __init__(self, at: ScalarPoint, slots: Sequence[tuple[int, Slots]], columns: Sequence[SweepColumn]) -> None:
        self._at = at
        self._columns = columns
        self._slots = sorted(slots, key=lambda one: one[1].seeded is None)  # what is set stays beside what is drawn
        self._draws = any(slot.seeded for _, slot in slots)
        self._rerun = Rerun(at)
        moving = {place for _, slot in slots for place in slot.weights}
        self._far = far_from_ends([weight for place, weight in enumerate(at.weights) if place not in moving])
        examples = range(at.graph.network.examples)
        self._examples: list[Given] = [
            (inputs(at.graph, Double, n), target_rows(at.graph, Double, n)) for n in examples
        ]
        self._reads = self._rerun.reading(columns)

    def read(self, values: Sequence[Any]) -> ColumnsRead | None:
        """What the columns read at these values, and the kinks there; None where float64 does not serve, or something
        has no value; and of a batch."""
        if len(self._examples) != 1:
            return None
        numbers = []
        for key, slot in self._slots:
            if not slot.takes(values[key]):
                return None
            numbers.append(float(values[key]))
        weights, ((given, targets),) = self._filled(numbers)
        moved = weights[1:] if self._draws else numbers if self._far else None
        found = self._rerun(weights, given, targets, moved)
        if found is None:
            return None
        return self._reads(found), self._rerun.kinks(found)

    at_once = 4096  # points in a block of rows

    @property
    def edges(self) -> int:
        """How many edges its linear graph has for all examples: the work that a point is."""
        assert self._at.linear is not None
        return len(self._at.linear.dag.tails) * len(self._examples)

    @cached_property
    def blocks(self) -> BlockNetwork | None:
        """The network at many points at once; None where a column is not read so."""
        from gradcalc.analysis.point_blocks import BlockNetwork

        try:
            return BlockNetwork(self._at, self._columns)
        except NotImplementedError:
            return None

    def read_block(self, values: Mapping[int, Sequence[Any]]) -> tuple[list[BlockColumn], list[int]]:
        """The columns at the values that every key has, point by point, and which points are to be read alone, of a
        network that has `blocks`."""
        assert self.blocks is not None
        from gradcalc.analysis.point_blocks import joined, numbers_of

        numbers, alone = numbers_of([values[key] for key, _ in self._slots], [slot.takes for _, slot in self._slots])
        points, most = len(alone), max(LARGEST_BLOCK // (4 * self.edges), 1)
        parts = []
        for start in range(0, points, most):
            part = slice(start, min(start + most, points))
            weights, examples = self._filled([number[part] for number in numbers])
            parts.append(self.blocks.read(weights, examples, part.stop - start))
        columns, found = joined(parts)
        return columns, (found | alone).nonzero()[0].tolist()

    def _filled(self, numbers: Sequence[Any]) -> tuple[list[Any], Sequence[Given]]:
        """P, and the inputs and targets of every example, with these values of the keys."""
        weights, examples = list(self._at.weights), self._examples
        for number, (_, slot) in zip(numbers, self._slots):
            for place in slot.weights:
                weights[place] = number
            for place, entry in slot.entries(number):
                weights[place] = entry
            given, targets = slot.inputs, slot.targets
            if given or targets:
                examples = [_with(example, n, number, given, targets) for n, example in enumerate(examples)]
        return weights, examples


def _with(example: Given, n: int, number: Any, given: Sequence[int], targets: Sequence[tuple[int, int, int]]) -> Given:
    """The n-th example with a number in these places."""
    units, rows = example
    first = n * len(units)
    if given:
        units = [number if place in given else x for place, x in enumerate(units, first)]
    if targets:
        rows = [
            [number if (n, target, unit) in targets else x for unit, x in enumerate(row)]
            for target, row in enumerate(rows)
        ]
    return units, rows
