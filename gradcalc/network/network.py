"""The network as frozen data: inputs, layers, edges, parameters, targets; and entries and norms of its values.

A layer computes  z = W·join(edges) + bias + Σ into_preactivation  and  output = activation(z) + Σ into_output.
Nodes are numbered: the inputs first, then the layers in order of computation; an edge names its source by that number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from math import hypot
from typing import TYPE_CHECKING, Any, overload

from gradcalc.records import Record

if TYPE_CHECKING:
    from gradcalc.activations import Activation
    from gradcalc.losses import Loss


Index = tuple[int, ...]  # where an entry stands in a value: () of a number, (i,) of a list, (i, j) of rows
Value = Any  # a number, a list of numbers, or a list of rows [out][in]
Rows = list[list[float]]  # values of a node: [examples][units], one example where the network is no batch

NO_CONSTANTS: Mapping[Index, str] = {}
MOST_UNITS = 64  # of all examples together, whose derivatives are compared with those of more digits


class Parameter(Record):
    """A trainable value: `shape` () is one number, (n,) a bias of n units, (rows, columns) a weight [out][in]."""

    name: str
    kind: str  # "entry" (of `parameters`), "weight", "bias", "alpha", "skip"
    shape: tuple[int, ...]
    value: Value
    frozen: bool = False
    exact: Mapping[Index, str] = NO_CONSTANTS  # the text of entries given as exact constants, "1/3"


class Edge(Record):
    """One node read by a layer: `parameter` is the weight's number in `Network.parameters`, None the identity."""

    source: int
    parameter: int | None
    label: str  # what a path calls it: "w2", "skip h1→h3", "h1→h3"


class Input(Record):
    """A node that is given."""

    name: str
    width: int
    rows: Rows
    exact: Mapping[Index, str] = NO_CONSTANTS  # by (example, unit)


class Layer(Record):
    """A node that is computed. A shape-() weight on a source of several units is that number times the identity."""

    name: str
    position: int  # from 1
    width: int
    edges: tuple[Edge, ...]  # what is joined
    join: str  # "sum", "multiply", "max", "min", "mean", "concat"; "sum" where there is one edge
    weight: int | None  # multiplies the joined vector; only where several identity edges are joined
    bias: int | None
    activation: Activation
    alpha: int | None  # prelu's parameter
    into_preactivation: tuple[Edge, ...] = ()
    into_output: tuple[Edge, ...] = ()

    @property
    def skips(self) -> tuple[Edge, ...]:
        """The edges that are added to what the layer joins or to its output."""
        return (*self.into_preactivation, *self.into_output)

    @property
    def incoming(self) -> tuple[Edge, ...]:
        """Every edge that enters the layer."""
        return (*self.edges, *self.into_preactivation, *self.into_output)


class Target(Record):
    """What a node should have been: `rows` one-hot where a class index was given, `given` as results print it."""

    node: int
    rows: Rows
    given: Value
    exact: Mapping[Index, str] = NO_CONSTANTS  # by (example, unit)


class Nodes(Sequence["Input | Layer"]):
    """Inputs and layers as one sequence, without a copy of either: it is asked for at every node."""

    __slots__ = ("_inputs", "_layers")

    def __init__(self, inputs: tuple[Input, ...], layers: tuple[Layer, ...]) -> None:
        self._inputs = inputs
        self._layers = layers

    def __len__(self) -> int:
        return len(self._inputs) + len(self._layers)

    @overload
    def __getitem__(self, number: int) -> Input | Layer: ...
    @overload
    def __getitem__(self, number: slice) -> tuple[Input | Layer, ...]: ...
    def __getitem__(self, number: int | slice) -> Input | Layer | tuple[Input | Layer, ...]:
        if isinstance(number, slice):
            nodes: tuple[Input | Layer, ...] = (*self._inputs, *self._layers)
            return nodes[number]
        number, inputs = range(len(self))[number], len(self._inputs)
        return self._inputs[number] if number < inputs else self._layers[number - inputs]

    def __iter__(self) -> Iterator[Input | Layer]:
        yield from self._inputs
        yield from self._layers


class Network(Record):
    """Everything a spec says, in the order of computation."""

    name: str
    activation: str  # the default for layers that name none, as printed
    loss: Loss
    inputs: tuple[Input, ...]
    layers: tuple[Layer, ...]
    parameters: tuple[Parameter, ...]  # entries of `parameters`, then by layer weights, bias, alpha; then skips
    targets: tuple[Target, ...]  # in order of the nodes; empty: no loss (but loss `output` reads the last layer)
    batch: bool  # whether values print as [examples][units]
    examples: int
    notes: str | None = None
    of: int | None = None  # the node whose units are summed in place of a loss

    @property
    def has_loss(self) -> bool:
        """Whether there is anything to differentiate: a loss with a target, one that takes none, or a node."""
        return bool(self.targets) or not self.loss.takes_target

    @property
    def has_skips(self) -> bool:
        """Whether any skip enters any layer."""
        return any(layer.into_preactivation or layer.into_output for layer in self.layers)

    @property
    def has_kinks(self) -> bool:
        """Whether any activation, join or the loss is not smooth."""
        from gradcalc.network.joins import JOINS

        joins = [JOINS[layer.join] for layer in self.layers if layer.join in JOINS]
        of_layers = any(layer.activation.is_kink for layer in self.layers) or any(join.is_kink for join in joins)
        return of_layers or self.loss.is_kink is not None

    @property
    def has_sines(self) -> bool:
        """Whether any activation is a sine or cosine, or a formula, which may have one."""
        return any(layer.activation.name in ("sin", "cos", "formula") for layer in self.layers)

    def may_lack_digits(self, arithmetic: str) -> bool:
        """Whether σ′ may hang on digits that z has not: of a sine or cosine, or past the range of float64 of an
        exponential, which is looked for where units are few."""
        few = self.examples * sum(layer.width for layer in self.layers) <= MOST_UNITS
        return self.has_sines or (few and arithmetic != "float64")

    @property
    def activations(self) -> tuple[str, ...]:
        """Those that its layers use, as printed, in order of first use."""
        return tuple(dict.fromkeys(layer.activation.text for layer in self.layers))

    @property
    def nodes(self) -> Nodes:
        """Inputs, then layers: what edge sources and target nodes count."""
        return Nodes(self.inputs, self.layers)

    def fused_loss(self, number: int) -> Loss | None:
        """The loss as a function of a node's preactivation, where there is such a form and no skip enters its output:
        saturated probabilities are not formed then."""
        node = self.nodes[number]
        return None if isinstance(node, Input) or node.into_output else self.loss.after(node.activation.name)

    def cancels_derivative(self, number: int) -> bool:
        """Whether δ of a node has no factor σ′: the loss is one with the activation, as bce with the sigmoid, and no
        other layer reads the node."""
        if self.of is not None or number not in {target.node for target in self.targets}:
            return False
        early = self.fused_loss(number)
        return early is not None and early.fused is not None and not any(self.readers(number))

    def readers(self, number: int) -> Iterator[tuple[Layer, Edge]]:
        """The edges from a node, each with the layer that it enters."""
        for layer in self.layers:
            for edge in layer.incoming:
                if edge.source == number:
                    yield layer, edge

    def loss_at(self, number: int) -> Loss:
        """The loss as it reads a node: nll and kl read outputs of log_softmax as the logarithms that they are."""
        return self.fused_loss(number) or self.loss


def entries(value: Value, index: Index = ()) -> Iterator[tuple[Index, Any]]:
    """Every number of a value with its index, row by row; () is the index of a number."""
    if not isinstance(value, (list, tuple)):
        yield index, value
        return
    for place, part in enumerate(value):
        yield from entries(part, (*index, place))


def mapped_entries(value: Value, function: Callable[[Index, Any], Any], index: Index = ()) -> Value:
    """The value with a function of every index and number in place of the number."""
    if not isinstance(value, (list, tuple)):
        return function(index, value)
    return [mapped_entries(part, function, (*index, place)) for place, part in enumerate(value)]


def numbers(value: Value) -> list[Any]:
    """Every number of a value, row by row."""
    found = value if isinstance(value, (list, tuple)) else [value]
    while found and isinstance(found[0], (list, tuple)):
        found = list(chain.from_iterable(found))
    return list(found)


def norm(value: Value) -> Any:
    """The Frobenius norm √Σx², |x| of a number, scaled by the largest entry so that no square leaves the range."""
    if not isinstance(value, (list, tuple)):
        return absolute(value)
    found = numbers(value)
    if set(map(type, found)) == {float}:  # mostly so, and `hypot` takes no other kind as it is
        return hypot(*found)
    sizes = list(map(absolute, found))
    largest = max(sizes, default=0.0)
    if not largest:
        return largest
    if isinstance(largest, (float, int)):
        return hypot(*sizes)
    kind: Any = type(largest)  # rounded as on paper, small numbers are floats beside large Decimals
    sizes = [kind(size) if isinstance(size, float) else size for size in sizes]
    if not hasattr(largest, "copy_abs"):  # of mpmath
        return largest * sum((size / largest) ** 2 for size in sizes) ** 0.5
    from decimal import MAX_EMAX, MIN_EMIN, localcontext

    with localcontext() as context:
        context.Emax, context.Emin = MAX_EMAX, MIN_EMIN
        squares: Any = sum((size / largest) ** 2 for size in sizes)
        return largest * squares.sqrt()


def absolute(number: Any) -> Any:
    """|x|; of a Decimal as it is, whatever its exponent."""
    return number.copy_abs() if hasattr(number, "copy_abs") else abs(number)


def power_of_ten(exponent: float) -> Any:
    """10^exponent: a float, or a Decimal where no float holds it."""
    if -300 < exponent < 300:
        return 10.0**exponent
    from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal

    return Context(Emin=MIN_EMIN, Emax=MAX_EMAX).power(Decimal(10), Decimal(exponent))


def difference(value: Value, other: Value) -> Value:
    """Entry by entry, value − other."""
    if not isinstance(value, (list, tuple)):
        return value - other
    return [difference(part, taken) for part, taken in zip(value, other, strict=True)]


def shape(value: Value) -> str:
    """`64×32`, `64`, or nothing for a number."""
    sizes = []
    while isinstance(value, (list, tuple)):
        sizes.append(str(len(value)))
        value = value[0]
    return "×".join(sizes)


def unit_name(name: str, unit: int, width: int) -> str:
    """ "h[0]", or "h" where that is all there is of it."""
    return name if width == 1 else f"{name}[{unit}]"


def entry_name(parameter: Parameter, index: tuple[int, ...]) -> str:
    """ "w1[0,1]", or "w1" where that is all there is of it."""
    if all(size == 1 for size in parameter.shape):
        return parameter.name
    return parameter.name + bracketed(index)


def bracketed(index: Sequence[object]) -> str:
    """ "[0,1]"; nothing of a number."""
    return f"[{','.join(map(str, index))}]" if index else ""


def entry_index(parameter: Parameter, entry: int) -> tuple[int, ...]:
    """The index of the entry that stands `entry` places after the first, row by row."""
    if len(parameter.shape) < 2:
        return (entry,) * len(parameter.shape)
    return divmod(entry, parameter.shape[1])


def is_wild(pattern: str) -> bool:
    """Whether a pattern stands for more than one name: `*` for any characters, `?` for one; all else is literal."""
    return "*" in pattern or "?" in pattern


def matches(pattern: str, name: str) -> bool:
    """Whether a name is one that a pattern stands for."""
    if not is_wild(pattern):
        return pattern == name
    from fnmatch import fnmatchcase  # which goes through a name once, however many stars there are

    return fnmatchcase(name, pattern.replace("[", "[[]"))


def is_chain(network: Network) -> bool:
    """Whether δ passes from layer to layer: each layer but the first reads the one before it and no other (skips
    aside), the first reads inputs, and the loss reads the last alone."""
    inputs, last = len(network.inputs), len(network.nodes) - 1
    return all(
        {edge.source for edge in layer.edges} == {inputs + place - 1}
        if place
        else all(edge.source < inputs for edge in layer.edges)
        for place, layer in enumerate(network.layers)
    ) and all(target.node == last for target in network.targets)
