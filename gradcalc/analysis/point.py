"""A network at its point, what gradients may be asked of it (of parameters, nodes, their entries and units), and all
gradients as arrays.

In a pattern `*` and `?` are wild, for names and for the index in brackets alike: `b*`, `w1[0,*]`, `h?[1]`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from itertools import product
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Protocol

from gradcalc.arithmetic import Arithmetic
from gradcalc.arithmetic.float64 import Double
from gradcalc.errors import DomainError, LimitError, UsageError, similar
from gradcalc.network.graph import Graph, graph
from gradcalc.network.linear_graph import LayerLinearGraph, layer_linear_graph
from gradcalc.network.network import NO_CONSTANTS, Index, Network, Value, mapped_entries, matches
from gradcalc.records import Record, uncollected

if TYPE_CHECKING:
    from gradcalc.arithmetic.low_precision import LowPrecision

FEW = 20_000
"""Weight entries × examples up to which a network is narrow: plain numbers take less time than NumPy to import."""

MOST_DIGITS = 100_000  # that are computed with in less than a minute
THIN = 8  # weight entries × examples per node up to which one array operation costs more than the numbers in it


class Point(Protocol):
    """Values, derivatives and adjoints of every node, [examples][units]; gradients in the shape of their parameter."""

    @property
    def graph(self) -> Graph: ...
    @property
    def arithmetic(self) -> Arithmetic: ...
    @property
    def loss(self) -> Any: ...
    def values(self, node: int) -> list[list[Any]]:
        """Those of a node of the graph."""

    def output(self, node: int) -> list[list[Any]]: ...
    def preactivation(self, node: int) -> list[list[Any]]: ...
    def derivative(self, node: int) -> list[Any]: ...
    def adjoint(self, node: int) -> list[list[Any]]: ...
    def delta(self, node: int) -> list[list[Any]]: ...
    def gradient(self, parameter: int) -> Value: ...
    def in_range(self) -> bool: ...


def point(
    network: Network,
    dps: int | None = None,
    few: int = FEW,
    lay: Callable[[Network], Graph] = graph,
    low: LowPrecision | None = None,
) -> Point:
    """The network at its point, in float64 unless something leaves its range; or to `dps` significant digits; or in
    `low` precision, whatever becomes of it there.

    Up to `few` weight entries × examples it is computed in plain numbers, else in arrays. `lay` lays out its graph.
    Raises DomainError where a value is outside a function's domain, LimitError where an exponent passes ±10^15.
    """
    if low is not None:
        return computed(lay(as_stored(network, low)), low, few)
    laid = lay(network)
    if dps is not None:
        if dps > MOST_DIGITS:
            raise LimitError(f"--dps {dps}: {MOST_DIGITS:,} decimal digits are the most")
        from gradcalc.arithmetic.multiprecision import Multiprecision

        return computed(laid, Multiprecision(dps), few)
    try:
        found = computed(laid, Double, few)
    except DomainError:  # a 0 may have underflowed, or a number overflowed: extended range decides
        from gradcalc.arithmetic.extended import Extended

        return computed(laid, Extended, few)
    return found if found.in_range() else in_extended_range(found)


def as_stored(network: Network, low: LowPrecision) -> Network:
    """The network with its parameters and inputs rounded as they are stored; a loss compares with targets as given."""

    def stored(value: Value, exact: Mapping[Index, str]) -> Value:
        return mapped_entries(value, lambda index, x: float(low.number(x, exact.get(index))))

    parameters = [one._replace(value=stored(one.value, one.exact), exact=NO_CONSTANTS) for one in network.parameters]
    inputs = [one._replace(rows=stored(one.rows, one.exact), exact=NO_CONSTANTS) for one in network.inputs]
    return network._replace(parameters=tuple(parameters), inputs=tuple(inputs))


def with_digits(arithmetic: Arithmetic, digits: int) -> AbstractContextManager[object]:
    """The context of an arithmetic, in extended range with so many digits."""
    if arithmetic.name != "extended":
        return arithmetic.context()
    from gradcalc.arithmetic.extended import Extended

    return Extended.context(digits)


def in_extended_range(found: Point) -> Point:
    """The same network in extended range."""
    from gradcalc.arithmetic.extended import Extended
    from gradcalc.engine.scalar_point import ScalarPoint, again

    if not isinstance(found, ScalarPoint):
        return computed(found.graph, Extended, few=-1)
    with Extended.context():
        return again(found, Extended)


def computed(laid: Graph, arithmetic: Arithmetic, few: int = FEW) -> Point:
    """The network in one kind of number, whatever becomes of it there."""
    with arithmetic.context():
        if is_narrow(laid, few):
            from gradcalc.engine.scalar_point import scalar_point

            return scalar_point(laid, arithmetic)
        from gradcalc.engine.array_point import array_point

        return array_point(laid, arithmetic)


def is_narrow(laid: Graph, few: int = FEW) -> bool:
    """Whether plain numbers serve the network better than arrays."""
    shapes = map(attrgetter("shape"), laid.network.parameters)
    sizes = [shape[0] * shape[1] if len(shape) == 2 else 0 for shape in shapes]
    if any(sizes):
        each = [
            (0 if arc.parameter is None else sizes[arc.parameter]) or node.width
            for node in laid.nodes
            for arc in node.arcs
        ]
    else:
        each = [node.width * len(node.arcs) for node in laid.nodes]
    work = laid.network.examples * sum(each)
    return work <= few or work <= THIN * len(laid.nodes)


class Subject(Record):
    """`number` counts parameters or nodes; `entry` is None for the whole, else of one entry, or (unit,) of a node."""

    name: str
    is_parameter: bool
    number: int
    entry: Index | None = None

    def start(self, linear: LayerLinearGraph) -> int:
        """The node of the linear graph of layers where its paths start."""
        return linear.parameter(self.number) if self.is_parameter else linear.graph.outputs[self.number]


def subjects(network: Network, patterns: Sequence[str] = ()) -> list[Subject]:
    """What the patterns name, each once; without patterns every parameter, or the inputs where there is none.

    Raises UsageError for a pattern that names nothing.
    """
    if not patterns:
        parameters = [Subject(parameter.name, True, n) for n, parameter in enumerate(network.parameters)]
        return parameters or [Subject(given.name, False, n) for n, given in enumerate(network.inputs)]
    found: dict[str, Subject] = {}
    for pattern in patterns:
        named = {subject.name: subject for subject in _candidates(network, pattern)}
        if not named:
            raise UsageError(_unmatched(network, pattern))
        found |= named
    return list(found.values())


def in_place_of_loss(network: Network, name: str | None) -> Network:
    """The network with the output of a node, its units and examples summed, as what is differentiated.

    Raises UsageError where no node has that name.
    """
    if name is None:
        return network
    from gradcalc.losses import bind

    names = [node.name for node in network.nodes]
    if name not in names:
        unit = name.partition("[")[0]
        if unit in names:
            raise UsageError(
                f"--of {name}: is a unit; a node is differentiated whole here, its units summed: --of {unit}"
            )
        raise UsageError(f"--of {name}: no node has that name; {nearest(name, names)}")
    number = names.index(name)
    text = f"L = {'Σ' * (network.nodes[number].width > 1)}{name}"
    return network._replace(loss=bind("output", "sum")._replace(written=text), targets=(), of=number)


def refuse_without_loss(network: Network, lacking: str, asked: str = "") -> None:
    """Raises UsageError where something is asked for, by an option, that a network lacks for want of a target; to be
    called before its graph is made."""
    if not network.has_loss:
        raise UsageError(f"{asked}{': ' * bool(asked)}without a target there is {lacking}; --target gives one")


def nearest(name: str, names: Sequence[str]) -> str:
    """`did you mean h2?`, or the names that there are."""
    if near := " or ".join(similar(name, names)):
        return f"did you mean {near}?"
    return "names are " + ", ".join(names[:12]) + (", …" if names[12:] else "")


def _candidates(network: Network, pattern: str) -> Iterator[Subject]:
    """The parameters and nodes that a pattern names, or where it has brackets their entries and units."""
    base, bracket, index = pattern.partition("[")
    parameters = [Subject(one.name, True, n) for n, one in enumerate(network.parameters) if matches(base, one.name)]
    nodes = [Subject(one.name, False, n) for n, one in enumerate(network.nodes) if matches(base, one.name)]
    for whole in (*parameters, *nodes):
        if not bracket:
            yield whole
            continue
        for place in _indices(network, whole):
            text = ",".join(map(str, place))
            if matches(index.replace(" ", ""), text + "]"):
                yield whole._replace(name=f"{whole.name}[{text}]", entry=place)


def _indices(network: Network, whole: Subject) -> Sequence[Index]:
    """Of every unit or entry; of a number [0,0] where it is a weight between single units, [0] where a bias of one."""
    number = whole.number
    if not whole.is_parameter:
        return [(unit,) for unit in range(network.nodes[number].width)]
    if network.parameters[number].shape:
        return list(product(*map(range, network.parameters[number].shape)))
    found = set[Index]()
    for layer in network.layers:
        edges = layer.incoming
        weighed = [edge for edge in edges if edge.parameter == number]
        weighed += layer.edges if layer.weight == number else ()
        is_unit_parameter = number in (layer.bias, layer.alpha)
        if any(network.nodes[edge.source].width > 1 for edge in weighed) or (is_unit_parameter and layer.width > 1):
            return []
        found |= {(0, 0)} if weighed else set()
        found |= {(0,)} if is_unit_parameter else set()
    return sorted(found)


def _unmatched(network: Network, pattern: str) -> str:
    """The message on a pattern that names nothing."""
    base = pattern.partition("[")[0]
    shapes = {parameter.name: parameter.shape for parameter in network.parameters}
    widths = {node.name: node.width for node in network.nodes}
    names = [*shapes, *widths]
    if base not in names:
        return f"--wrt {pattern}: no parameter or node has that name; {nearest(base, names)}"
    if base in shapes:
        size = "×".join(map(str, shapes[base])) or "a number"
        has = f"is {size} (out×in)" if len(shapes[base]) == 2 else f"is {size}"
    else:
        has = f"has {widths[base]} unit{'s' if widths[base] > 1 else ''}"
    return f"--wrt {pattern}: {base} has no such entry; indices count from 0, and {base} {has}"


class Gradients(Mapping[str, Any]):
    """Arrays by name, none of which can be written to."""

    def __init__(self, arrays: Mapping[str, Any]) -> None:
        self._arrays = dict(arrays)
        for array in self._arrays.values():
            array.flags.writeable = False

    def __reduce__(self) -> tuple[Any, ...]:
        return Gradients, (self._arrays,)

    def __getitem__(self, name: str) -> Any:
        return self._arrays[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._arrays)

    def __len__(self) -> int:
        return len(self._arrays)

    def __repr__(self) -> str:
        return f"Gradients({self._arrays})"


@uncollected()
def gradients(network: Network) -> Gradients:
    """∂L/∂ every parameter by its name, as an array in its shape: float64, or Decimals where that cannot hold them.

    Neither values nor adjoints nor paths are held. Raises UsageError for a network without target, DomainError,
    LimitError.
    """
    refuse_without_loss(network, "no loss and no gradient")
    laid = graph(network)
    if not is_narrow(laid) and (found := in_float64(laid)) is not None:
        return Gradients(found)
    import numpy as np

    from gradcalc.engine.scalar_point import ScalarPoint

    at, parameters = point(network, lay=lambda _: laid), network.parameters
    with at.arithmetic.context():
        if isinstance(at, ScalarPoint):
            entries = np.array(at.weight_gradients())
            starts = [*at.layout.starts, at.layout.weights]
            arrays = [entries[start:end] for start, end in zip(starts, starts[1:])]
        else:
            arrays = [np.array(at.gradient(number)) for number in range(len(parameters))]
    return Gradients({each.name: array.reshape(each.shape) for each, array in zip(parameters, arrays)})


def in_float64(laid: Graph) -> dict[str, Any] | None:
    """By arrays whatever the width; None where a float64 may have been lost to the range."""
    import numpy as np

    from gradcalc.engine.array_forward import ArrayKind, parameter_arrays
    from gradcalc.engine.array_gradients import Plan, Watch
    from gradcalc.engine.array_gradients import gradients as swept

    kind, watch = ArrayKind(Double), Watch()
    weights = parameter_arrays(laid, kind)
    for weight in weights:
        watch(weight)
    targets = [kind.array(target.rows, target.exact) for target in laid.network.targets]
    try:
        found = swept(Plan(layer_linear_graph(laid), kind), weights, targets, watch)
    except DomainError:
        return None
    names = [parameter.name for parameter in laid.network.parameters]
    return dict(zip(names, map(np.asarray, found))) if watch.in_range else None
