"""A network at its point, what gradients may be asked of it (of parameters, nodes, their entries and units), and all
gradients as arrays.

In a pattern `*` and `?` are wild, for names and for the index in brackets alike: `b*`, `w1[0,*]`, `h?[1]`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

from gradcalc.arithmetic import Arithmetic
from gradcalc.arithmetic.float64 import Double
from gradcalc.errors import UsageError
from gradcalc.network.graph import Graph, graph
from gradcalc.network.network import Index, Network, Value
from gradcalc.records import Record

FEW = 20_000
"""Weight entries × examples up to which a network counts as narrow: about what it takes to import NumPy."""

NONE = -1
"""So that a network of arrays stays one in other numbers."""

THIN = 8
"""Weight entries × examples per node up to which one array operation costs more than the numbers in it."""


class Point(Protocol):
    """Values, derivatives and adjoints of every node, [examples][units]; gradients in the shape of their parameter."""

    @property
    def graph(self) -> Graph: ...
    @property
    def arithmetic(self) -> Arithmetic: ...
    @property
    def loss(self) -> Any: ...
    def output(self, node: int) -> list[list[Any]]: ...
    def preactivation(self, node: int) -> list[list[Any]]: ...
    def derivative(self, node: int) -> list[Any]: ...
    def adjoint(self, node: int) -> list[list[Any]]: ...
    def delta(self, node: int) -> list[list[Any]]: ...
    def gradient(self, parameter: int) -> Value: ...


def point(network: Network, dps: int | None = None, few: int = FEW, lay: Callable[[Network], Graph] = graph) -> Point:
    """The network at its point, in float64 unless something leaves its range; or to `dps` significant digits.

    Up to `few` weight entries × examples it is computed in plain numbers, else in arrays. `lay` lays out its graph.
    Raises DomainError where a value is outside a function's domain, LimitError where an exponent passes ±10^15.
    """
    laid = lay(network)
    if dps is not None:
        from gradcalc.arithmetic.multiprecision import Multiprecision

        return computed(laid, Multiprecision(dps), few)
    found = computed(laid, Double, few)
    return found if in_range(found) else wider(found)


def wider(found: Point) -> Point:
    """The same network in extended range."""
    from gradcalc.arithmetic.extended import Extended
    from gradcalc.engine.scalar_point import ScalarPoint, again

    if not isinstance(found, ScalarPoint):
        return computed(found.graph, Extended, NONE)
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


def in_range(found: Point) -> bool:
    """Whether no float64 was lost to the range: none infinite, NaN or subnormal, none 0 that should not be."""
    from gradcalc.engine.scalar_point import ScalarPoint

    if isinstance(found, ScalarPoint):
        from gradcalc.engine.scalar_underflow import in_range as units_in_range

        return units_in_range(found)
    from gradcalc.engine.array_point import ArrayPoint
    from gradcalc.engine.array_underflow import in_range as arrays_in_range

    assert isinstance(found, ArrayPoint)
    return arrays_in_range(found)


def is_narrow(laid: Graph, few: int = FEW) -> bool:
    """Whether plain numbers serve the network better than arrays."""
    sizes = [shape[0] * shape[1] if len(shape) == 2 else 0 for _, _, shape, *_ in laid.network.parameters]
    each = [
        (0 if arc.parameter is None else sizes[arc.parameter]) or node.width for node in laid.nodes for arc in node.arcs
    ]
    work = laid.network.examples * sum(each)
    return work <= few or work <= THIN * len(laid.nodes)


# Of what a gradient is asked: parameters, their entries, nodes, their units, by name or by pattern.


class Subject(Record):
    """`number` counts parameters or nodes; `entry` is None for the whole, else of one entry, or (unit,) of a node."""

    name: str
    is_parameter: bool
    number: int
    entry: Index | None = None


def subjects(network: Network, patterns: Sequence[str] = ()) -> list[Subject]:
    """What the patterns name, each once; without patterns every parameter, or the inputs where there is none.

    Raises UsageError for a pattern that names nothing.
    """
    if not patterns:
        return list(_parameters(network)) or [Subject(given.name, False, n) for n, given in enumerate(network.inputs)]
    found: dict[str, Subject] = {}
    for pattern in patterns:
        matches = list(_candidates(network, pattern))
        if not matches:
            raise UsageError(_unmatched(network, pattern))
        found.update((subject.name, subject) for subject in matches)
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


def nearest(name: str, names: Sequence[str]) -> str:
    """`did you mean h2?`, or the names that there are."""
    from gradcalc.errors import similar

    near = similar(name, names)
    return (
        f"did you mean {' or '.join(near)}?"
        if near
        else "names are " + ", ".join(names[:12]) + (", …" if names[12:] else "")
    )


def matches(pattern: str, text: str) -> bool:
    """Whether a text fits a pattern in which `*` stands for any characters and `?` for one; all else is literal."""
    if "*" not in pattern and "?" not in pattern:
        return pattern == text
    rows = [True] + [False] * len(text)
    for sign in pattern:
        if sign == "*":
            for place in range(len(text)):
                rows[place + 1] = rows[place] or rows[place + 1]
        else:
            rows = [False] + [rows[n] and sign in ("?", letter) for n, letter in enumerate(text)]
    return rows[-1]


def _candidates(network: Network, pattern: str) -> Iterator[Subject]:
    base, bracket, index = pattern.partition("[")
    for whole in _named(network, base):
        if not bracket:
            yield whole
            continue
        for place in _indices(network, whole) or _only(network, whole):
            text = ",".join(map(str, place))
            if matches(index.replace(" ", ""), text + "]"):
                yield whole._replace(name=f"{whole.name}[{text}]", entry=place)


def _named(network: Network, pattern: str) -> Iterator[Subject]:
    wild = "*" in pattern or "?" in pattern
    parameters = [parameter.name for parameter in network.parameters]
    nodes = [given.name for given in network.inputs] + [layer.name for layer in network.layers]
    for is_parameter, names in ((True, parameters), (False, nodes)):
        for number, name in enumerate(names):
            if name == pattern or (wild and matches(pattern, name)):
                yield Subject(name, is_parameter, number)


def _parameters(network: Network) -> Iterator[Subject]:
    return (Subject(parameter.name, True, n) for n, parameter in enumerate(network.parameters))


def _nodes(network: Network) -> Iterator[Subject]:
    return (Subject(node.name, False, n) for n, node in enumerate(network.nodes))


def _indices(network: Network, whole: Subject) -> Sequence[Index]:
    if not whole.is_parameter:
        return [(unit,) for unit in range(network.nodes[whole.number].width)]
    shape = network.parameters[whole.number].shape
    if len(shape) == 2:
        return [(row, column) for row in range(shape[0]) for column in range(shape[1])]
    return [(entry,) for size in shape for entry in range(size)]


def _only(network: Network, whole: Subject) -> Sequence[Index]:
    """The one entry of a number: [0,0] of a weight between single units, [0] of a bias of one; else none."""
    number, found = whole.number, set[Index]()
    for layer in network.layers:
        edges = (*layer.edges, *layer.into_preactivation, *layer.into_output)
        sources = [network.nodes[edge.source].width for edge in edges if edge.parameter == number]
        sources += [network.nodes[edge.source].width for edge in layer.edges if layer.weight == number]
        found |= {(0, 0)} if sources else set()
        found |= {(0,)} if number in (layer.bias, layer.alpha) else set()
        if any(width > 1 for width in sources) or (number in (layer.bias, layer.alpha) and layer.width > 1):
            return []
    return sorted(found)


def _unmatched(network: Network, pattern: str) -> str:
    from difflib import get_close_matches

    names = [subject.name for subject in (*_parameters(network), *_nodes(network))]
    near = get_close_matches(pattern.partition("[")[0], names, 1, 0.5)
    if near and near[0] == pattern.partition("[")[0]:
        return f"--wrt {pattern}: {near[0]} has no such entry; indices count from 0, {_shape(network, near[0])}"
    return f"--wrt {pattern}: no parameter or node has that name; {nearest(pattern.partition('[')[0], names)}"


def _shape(network: Network, name: str) -> str:
    for parameter in network.parameters:
        if parameter.name == name:
            size = "×".join(map(str, parameter.shape))
            return (
                f"and {name} is {size} (out×in)" if len(parameter.shape) == 2 else f"and {name} is {size or 'a number'}"
            )
    width = next(node.width for node in network.nodes if node.name == name)
    return f"and {name} has {width} unit{'s' if width > 1 else ''}"


# Every gradient as an array, and nothing else: neither values nor adjoints nor paths are kept.


Array = Any


def gradients(network: Network) -> dict[str, Array]:
    """∂L/∂ every parameter by its name, in its shape: float64, or Decimals where that cannot hold them.

    Raises UsageError for a network without target, DomainError, LimitError.
    """
    laid = graph(network)
    if not laid.ends():
        raise UsageError("without a target there is no loss and no gradient")
    found = None if is_narrow(laid) else in_doubles(laid)
    return found or _as_computed(network)


def in_doubles(laid: Graph) -> dict[str, Array] | None:
    """By arrays whatever the width; None where a float64 may have been lost to the range."""
    from gradcalc.engine.array_forward import ArrayKind, parameter_arrays
    from gradcalc.engine.array_gradients import Plan, Watch
    from gradcalc.engine.array_gradients import gradients as swept
    from gradcalc.network.linear_graph import layer_linear_graph

    kind, watch = ArrayKind(Double), Watch()
    weights = parameter_arrays(laid, kind)
    for weight in weights:
        watch(weight)
    targets = [kind.array(target.rows, target.exact) for target in laid.network.targets]
    found = swept(Plan(layer_linear_graph(laid)), kind, weights, targets, watch)
    if not watch.kept:
        return None
    return {parameter.name: array for parameter, array in zip(laid.network.parameters, found)}


def _as_computed(network: Network) -> dict[str, Array]:
    import numpy as np

    at = point(network)
    with at.arithmetic.context():
        found = [np.array(at.gradient(number)) for number in range(len(network.parameters))]
    return {each.name: array.reshape(each.shape) for each, array in zip(network.parameters, found)}
