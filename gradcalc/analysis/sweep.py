"""A network at many points: one or two keys over their values, row by row, each as soon as it is known.

Narrow networks that differ in values alone share what is compiled once; a network is built anew where the structure
changes or float64 does not serve.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice, product
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from gradcalc.analysis.kinks import Kink, kink_test, kinks_at
from gradcalc.analysis.point import is_narrow, point
from gradcalc.analysis.quantities import SweepColumn, read, subject
from gradcalc.arithmetic.float64 import Double
from gradcalc.engine.scalar_graph import picker
from gradcalc.engine.scalar_point import (
    FAR_DOWN,
    FAR_UP,
    Example,
    ScalarPoint,
    far_from_ends,
    inputs,
    scalar_point,
    swept,
    target_rows,
    weight_list,
)
from gradcalc.errors import DomainError, LimitError, SpecError, UsageError
from gradcalc.network.graph import graph
from gradcalc.network.network import Network, Value, entries, numbers
from gradcalc.records import Record
from gradcalc.semirings.accumulate import Total, accumulate

if TYPE_CHECKING:
    from gradcalc.arithmetic.low_precision import LowPrecision

Values = tuple[Any, ...]  # what the keys are at one point
ColumnsRead = tuple[Mapping[str, Any], Sequence[Kink]]
WORTH = 4  # points of one structure from which on compiling it pays
MOST_COMPILED = 32  # compiled networks that are remembered

NUMBERS = frozenset((float, int))


class OpenNetwork(Protocol):
    """A network with some keys left open."""

    def network(self, values: Sequence[Any]) -> Network:
        """The network with these values. Raises SpecError, UsageError."""


class Task(Record):
    """What is asked at every point."""

    network: OpenNetwork
    columns: tuple[SweepColumn, ...]
    against: OpenNetwork | None = None
    dps: int | None = None
    low: LowPrecision | None = None


class SweepRow(NamedTuple):  # one is made at every point, and a Record costs more to make
    """One point: the keys' values, and what the columns read there; or why they could not (`error`).

    `kinks` are those that its units stand on, None where nobody has looked. `against` is what the columns read of the
    network that it is set against, `against_error` and `against_kinks` likewise.
    """

    values: Values
    found: Mapping[str, Any]
    error: str | None = None
    kinks: Sequence[Kink] | None = ()
    against: Mapping[str, Any] | None = None
    against_error: str | None = None
    against_kinks: Sequence[Kink] | None = ()


class Rows:
    """Rows that are computed once and then remembered; `failed` says whether any of them could not be computed."""

    def __init__(self, coming: Iterable[SweepRow]) -> None:
        self._coming = iter(coming)
        self._known: list[SweepRow] = []
        self._done: Callable[[], object] | None = None
        self.failed = False

    def __iter__(self) -> Iterator[SweepRow]:
        yield from self._known
        for row in self._coming:
            self._known.append(row)
            self.failed = self.failed or row.error is not None or row.against_error is not None
            yield row
        done, self._done = self._done, None
        if done is not None:
            done()

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled with every row known."""
        return Rows, (list(self),)

    def afterwards(self, done: Callable[[], object]) -> None:
        """What is to be done, once, when the last row is known."""
        self._done = done


class Sweep(Record):
    """`axes` are the keys with their values; `rows` come when they are asked for, in the order of `points`. `networks`
    are those of the first and the last point, and one for each value that is no number."""

    name: str
    axes: Mapping[str, Sequence[Any]]
    columns: tuple[SweepColumn, ...]
    against: str | None
    rows: Rows
    networks: tuple[Network, ...] = ()
    arithmetic: str = "float64"  # what was asked for: where extended range serves, it is taken


def points(axes: Mapping[str, Sequence[Any]]) -> list[Values]:
    """Every choice of values, the last key running fastest."""
    return list(product(*axes.values()))


def rows(task: Task, at: Sequence[Values]) -> Iterator[SweepRow]:
    """A row for every point."""
    here = ColumnReader(task, task.network, at)
    there = None if task.against is None else ColumnReader(task, task.against, at)
    for values in at:
        yield SweepRow(values, *_attempt(here, values), *(() if there is None else _attempt(there, values)))


def _attempt(reader: ColumnReader, values: Values) -> tuple[Mapping[str, Any], str | None, Sequence[Kink]]:
    """What was read, or why it could not be, and the kinks there."""
    try:
        found, kinks = reader(values)
        return found, None, kinks
    except SpecError as error:
        return {}, error.problems[0].message if error.problems else str(error), ()
    except (UsageError, DomainError, LimitError, OverflowError) as error:
        return {}, str(error), ()


class ColumnReader:
    """The columns of one network with open keys, to be read at the points `at` or some of them."""

    def __init__(self, task: Task, network: OpenNetwork, at: Sequence[Values]) -> None:
        self._network = network
        self._columns, self._dps, self._low = task.columns, task.dps, task.low
        self._pairs: list[tuple[float, float] | None] = []
        for axis in zip(*at):
            known: list[Any] = [value for value in axis if value.__class__ in NUMBERS]
            other = next((number for number in known if number != known[0]), None)
            self._pairs.append(None if other is None else (known[0], other))
        self._moving = self._value_keys(at) if task.dps is None and task.low is None and len(at) >= WORTH else []
        self._staying = [key for key in range(len(self._pairs)) if key not in self._moving]
        self._compiled: dict[Values, CompiledNetwork | None] = {}

    def __call__(self, values: Values) -> ColumnsRead:
        """What the columns read there, and the kinks. Raises SpecError, UsageError, DomainError, LimitError."""
        if self._moving:
            structure = tuple([repr(values[key]) for key in self._staying])
            if structure not in self._compiled:
                if len(self._compiled) >= MOST_COMPILED:
                    self._compiled.clear()
                self._compiled[structure] = self._compiled_network(values)
            compiled = self._compiled[structure]
            if compiled is not None and (known := compiled.read(values)) is not None:
                return known
        at = point(self._network.network(values), self._dps, low=self._low)
        if at.loss is None:
            raise UsageError("there is no target, so there are no gradients; --target gives one")
        with at.arithmetic.context():
            found = {column.name: read(at, column) for column in self._columns}
            sizes = (abs(one) for value in found.values() if value is not None for one in numbers(value))
            if not all(size < float("inf") for size in sizes):
                raise DomainError("a value is infinite")
            return found, kinks_at(at)

    def _value_keys(self, at: Sequence[Values]) -> list[int]:
        """The keys that change values alone, as far as the first point that can be built tells."""
        for values in at[:WORTH]:
            try:
                return [key for key in range(len(values)) if self._slots(values, key) is not None]
            except (SpecError, UsageError):
                continue
        return []

    def _slots(self, values: Values, key: int) -> Slots | None:
        """The slots of a key, from the networks at two of its values; None where anything else differs, too."""
        pair = self._pairs[key]
        if pair is None:
            return None
        one, other = (self._network.network((*values[:key], number, *values[key + 1 :])) for number in pair)
        if _form(one) != _form(other):
            return None
        found = []
        for ours, theirs in zip(_numbers(one), _numbers(other)):
            differ = [place for place, (before, after) in enumerate(zip(ours, theirs)) if before != after]
            if any((ours[place], theirs[place]) != tuple(map(float, pair)) for place in differ):
                return None
            found.append(differ)
        weights, given, targets = found
        places = [(number, unit) for number, target in enumerate(one.targets) for unit in range(len(target.rows[0]))]
        return Slots(tuple(weights), tuple(given), tuple(places[place] for place in targets))

    def _compiled_network(self, values: Values) -> CompiledNetwork | None:
        """A network compiled once; None where it is not narrow, or a batch, or has no target or no such column."""
        try:
            slots = [(key, slot) for key in self._moving if (slot := self._slots(values, key)) is not None]
            network = self._network.network(values)
            laid = graph(network)
            if len(slots) < len(self._moving) or network.examples != 1 or not is_narrow(laid) or not laid.ends():
                return None
            at = scalar_point(laid, Double)
            rerun = Rerun(at)
            moving = {place for _, slot in slots for place in slot.weights}
            far = far_from_ends([weight for place, weight in enumerate(at.weights) if place not in moving])
            readings = [(column.name, rerun.reading(column)) for column in self._columns]
            given, targets = inputs(laid, Double, 0), target_rows(laid, Double, 0)
            return CompiledNetwork(rerun, at.weights, given, targets, slots, readings, far)
        except (SpecError, UsageError, DomainError, LimitError):
            return None


class Slots(Record):
    """Where a key's value stands: places in P, among the input units, and (target, unit)."""

    weights: tuple[int, ...]
    inputs: tuple[int, ...]
    targets: tuple[tuple[int, int], ...]


def _form(network: Network) -> Any:
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
    """P, the inputs and the targets of the first example, each in one list."""
    laid = graph(network)
    targets = [x for row in target_rows(laid, Double, 0) for x in row]
    return weight_list(laid, Double), inputs(laid, Double, 0), targets


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


class Pass(NamedTuple):  # one is made at every point, and a Record costs more to make
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
        self._total = Total()
        self._is_on_kink = kink_test(at.graph, at.layout.units)

    def __call__(
        self, weights: list[float], given: Sequence[float], targets: Sequence[Sequence[float]], far: bool
    ) -> Pass | None:
        """The pass with these P, inputs and targets; None where a double was lost to the range, or has no value.

        `far` says that the weights are known to be far from the ends of the range.
        """
        values, derivatives, whole = [1.0, *given], list[float](), 0.0
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
        edges = self._linear.gather(weights + values + derivatives)
        adjoint = accumulate(self._linear.dag, edges, 1.0, self._total)
        found = Pass(targets, weights, values, derivatives, whole, edges, adjoint)
        if far:  # mostly it is enough to look at the factors
            factors = self._linear.factors(values)
            far = far_from_ends((*factors, *adjoint[1 : self._linear.layout.values], whole))
        return found if far or self.point(found).in_range() else None

    def point(self, found: Pass) -> ScalarPoint:
        """The pass as a point, of which anything may be asked."""
        adjoint, products = swept(self._linear.dag, found.edges, 1.0)
        example = Example(found.values, found.derivatives, found.edges, adjoint, products)
        graph = self._at.graph._replace(network=_renumbered(self._at.graph.network, found))
        return self._at._replace(graph=graph, weights=found.weights, loss=found.loss, examples=[example])

    def kinks(self, found: Pass, targets: Sequence[Sequence[float]]) -> Sequence[Kink]:
        """The kinks that units stand on in a pass with these targets."""
        if self._is_on_kink is None or not self._is_on_kink(found.values, targets):
            return []
        example = Example(found.values, found.derivatives, found.edges, [], [])
        at = self._at._replace(weights=found.weights, examples=[example])
        return kinks_at(at, [[row] for row in targets])

    def reading(self, column: SweepColumn) -> Reading:
        """How a column is read from a pass: at once where it is one number of it, else from the point."""
        if column.quantity == "loss":
            return lambda found: found.loss
        asked = subject(self._at, column) if column.quantity == "gradient" else None
        places = self._at.layout.entries(asked.number) if asked and asked.is_parameter else ()
        if len(places) != 1:
            return lambda found: read(self.point(found), column)
        uses = [(edge, self._linear.dag.heads[edge]) for edge in self._linear.uses(places[0])]
        if len(uses) == 1:  # mostly so
            ((edge, head),) = uses
            return lambda found: found.adjoints[head] * found.edges[edge]
        return lambda found: sum(found.adjoints[head] * found.edges[edge] for edge, head in uses) + 0.0


class CompiledNetwork(Record):
    """The compiled network with its own numbers, where the keys' values go, and what is read."""

    rerun: Rerun
    weights: Sequence[float]
    inputs: list[float]
    targets: list[list[float]]
    slots: Sequence[tuple[int, Slots]]  # by the number of the key
    readings: Sequence[tuple[str, Reading]]
    far: bool  # whether the weights that stay are far from the ends of the range

    def read(self, values: Sequence[Any]) -> ColumnsRead | None:
        """What the columns read at these values, and the kinks there; None where float64 does not serve, or something
        has no value."""
        weights, given, targets, far = list(self.weights), self.inputs, self.targets, self.far
        for key, (places, units, aims) in self.slots:
            if values[key].__class__ not in NUMBERS:
                return None
            value = float(values[key])
            far = far and FAR_DOWN <= abs(value) <= FAR_UP
            for place in places:
                weights[place] = value
            if units:
                given = [value if unit in units else x for unit, x in enumerate(given)]
            if aims:
                rows = enumerate(targets)
                targets = [[value if (n, unit) in aims else x for unit, x in enumerate(row)] for n, row in rows]
        found = self.rerun(weights, given, targets, far)
        if found is None:
            return None
        return {name: reads(found) for name, reads in self.readings}, self.rerun.kinks(found, targets)
