"""Numbers that somebody else got for a network, each with what it is of and how many of its digits count.

A number is right where the network's own agrees with it to the digits given (`given_digits.py`). Quantities have an
order, that of the calculation: forward, the loss, then back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gradcalc.analysis.computation import printed
from gradcalc.analysis.given_digits import (
    ULPS,
    difference,
    float64_or_decimal,
    format_of,
    is_finite,
    is_within,
    read_numbers,
    relative,
    times,
)
from gradcalc.analysis.point import Point, nearest, point
from gradcalc.arithmetic.float_formats import BITS
from gradcalc.engine.scalar_point import ScalarPoint
from gradcalc.errors import GradcalcError, UsageError
from gradcalc.network.network import Index, Layer, Network, Value, bracketed, entries, mapped_entries, numbers, shape
from gradcalc.records import Record
from gradcalc.report.report import boundless
from gradcalc.semirings.accumulate import Magnitude, ReverseSweep

OWN_ERRORS = 4.0  # times what our own pass in a format is off, that another one may be
ROUNDING = 1e-12  # relative to the largest entry, which any two passes in float64 may differ by


class GivenValue(Record):
    """Numbers of one quantity. `values` and `tolerances` have the shape that results have, or are one number each where
    `entry` is given: (row, column) of a weight, (unit,) of a node, (example, unit) in a batch."""

    text: str  # as the user named it
    quantity: str  # "gradient", "output", "preactivation", "delta", "adjoint", "loss"
    of: str | None  # a parameter or a node; None of the loss
    entry: Index | None
    values: Value  # floats, or Decimals outside their range
    tolerances: Value
    dtype: str = ""  # that the numbers were stored in; "" of text
    matched: str = ""  # how another program's name or shape was read; "" where it is the network's own


class Hypothesis(Record):
    """One mistake that explains given values: what they would be with it. `relative_error` is the largest of what it
    predicts against what was given, which digits allow."""

    what: str  # its short name: "skip left out"
    sentence: str
    predicts: Mapping[str, Value]  # by the texts of the given values
    relative_error: float
    command: str | None = None  # that prints what they got
    formula: str | None = None
    clause: str = ""  # "the path h1 → y is left out", which follows "when"


PREFIXES = {
    "z_": "preactivation",
    "delta_": "delta",
    "δ_": "delta",
    "dL/d": "gradient",
    "∂L/∂": "gradient",
    "grad_": "gradient",
}


def quantity_named(network: Network, text: str) -> tuple[str, str | None, Index | None]:
    """What a name is of: the quantity, the parameter or node, the entry. A parameter stands for its gradient, a layer
    for its output; an input, whose output is given, for ∂L/∂ that. Raises UsageError."""
    base, entry = _split(text)
    parameters, nodes = {one.name for one in network.parameters}, {one.name: one for one in network.nodes}
    if base in parameters:
        return "gradient", base, entry
    if base in nodes:
        return "output" if isinstance(nodes[base], Layer) else "adjoint", base, entry
    if base in ("L", "loss"):
        if entry is not None:
            raise UsageError(f"{text}: the loss is one number")
        return "loss", None, None
    for prefix, quantity in PREFIXES.items():
        name = base.removeprefix(prefix)
        if name == base:
            continue
        if quantity == "gradient" and name in parameters:
            return quantity, name, entry
        if name in nodes and (quantity == "gradient" or isinstance(nodes[name], Layer)):
            return "adjoint" if quantity == "gradient" else quantity, name, entry
    raise UsageError(f"{text}: {unknown(network, base)}")


def names(network: Network) -> list[str]:
    """Every name that a given value may have, entries aside."""
    layers = [layer.name for layer in network.layers]
    found = [one.name for one in network.parameters] + layers
    found += [prefix + name for prefix in ("z_", "delta_", "dL/d") for name in layers]
    return [*found, *("dL/d" + given.name for given in network.inputs), "L"]


def unknown(network: Network, name: str) -> str:
    """What to say of a name that nothing has."""
    return f"nothing is called {name}; {nearest(name, names(network))}"


def _split(text: str) -> tuple[str, Index | None]:
    """`w1[0,1]` as its name and its index."""
    base, bracket, inside = text.strip().partition("[")
    if not bracket:
        return base, None
    try:
        return base.strip(), tuple(int(part) for part in inside.removesuffix("]").replace("][", ",").split(","))
    except ValueError:
        raise UsageError(f"{text}: {bracket}{inside} is no index; write one like [0,1]") from None


def given_value(
    network: Network, text: str, data: Any, dtype: str = "", name: str = "", matched: str = ""
) -> GivenValue:
    """A name with its numbers: texts, whose digits count, or numbers of a format. `name` is the network's for a name of
    another program, `matched` how it was found. Raises UsageError for an unknown name and for numbers of another
    shape."""
    quantity, of, entry = quantity_named(network, name or text)
    whole, entry = expected_shape(network, quantity, of, entry, text)
    read, turned = fitted(text, data, whole, is_matrix=quantity == "gradient")
    dtype = dtype or format_of(read)
    values, tolerances = read_numbers(text, read, dtype)
    return GivenValue(text, quantity, of, entry, values, tolerances, dtype, matched or turned)


def expected_shape(
    network: Network, quantity: str, of: str | None, entry: Index | None, text: str
) -> tuple[tuple[int, ...], Index | None]:
    """The sizes of a quantity as results have it, or of its entry, with the index in that. Raises UsageError where
    there is no such entry."""
    sizes = whole_shape(network, quantity, of)
    if entry is None:
        return sizes, None
    at = entry[: len(sizes)] if not any(entry[len(sizes) :]) else entry  # w1[0,0] of a number
    if len(at) != len(sizes) or not all(0 <= place < size for place, size in zip(at, sizes)):
        has = "×".join(map(str, sizes)) or "one number"
        raise UsageError(f"{text}: there is no such entry; indices count from 0, and {of} has {has}")
    return (), at or None


def whole_shape(network: Network, quantity: str, of: str | None) -> tuple[int, ...]:
    """That of the whole quantity, as results have it."""
    if of is None:
        return ()
    if quantity == "gradient":
        (sizes,) = [one.shape for one in network.parameters if one.name == of]
        return () if all(size == 1 for size in sizes) else sizes
    (node,) = [one for one in network.nodes if one.name == of]
    width = node.width
    if quantity in ("preactivation", "delta") and isinstance(node, Layer) and node.activation.name == "maxout":
        width *= int(node.activation.options["pieces"])
    if network.batch:
        return network.examples, width
    return () if width == 1 else (width,)


def fitted(text: str, data: Any, whole: tuple[int, ...], is_matrix: bool) -> tuple[Value, str]:
    """The data in a shape, and what had to be assumed: dimensions of size 1 may be left out or added, and a matrix that
    fits only transposed is read so. Raises UsageError for another shape."""
    sizes = shape_of(text, data)
    flat = numbers(data)
    if without_ones(sizes) == without_ones(whole):
        return shaped(flat, whole), ""
    if is_matrix and len(whole) == 2 and sizes == whole[::-1]:
        turned = [list(row) for row in zip(*data)]
        return turned, f"{text} is given as {shape(data)} and read as the transpose of {shape(turned)} (out×in)"
    wanted = "×".join(map(str, whole)) or "one number"
    how = f"; {written_as(text, whole)}" if whole and not sizes else ""
    raise UsageError(f"{text}: {shape(data) or 'one number'} given, where the network has {wanted}{how}")


def written_as(text: str, whole: tuple[int, ...]) -> str:
    """How one number of an array is given, and how all are."""
    rows: Any = "…"
    for size in reversed(whole):
        rows = f"[{', '.join([rows] * min(size, 2))}{', …' * (size > 2)}]"
    return f"write '{text}{bracketed((0,) * len(whole))}=…' for one of them, or '{text}={rows}' for all"


def shape_of(text: str, data: Any) -> tuple[int, ...]:
    """The sizes of nested lists. Raises UsageError where rows differ in length."""
    if not isinstance(data, (list, tuple)):
        return ()
    inner = {shape_of(text, part) for part in data}
    if len(inner) != 1:
        raise UsageError(f"{text}: {'rows differ in length' if inner else 'an empty list is no value'}")
    return (len(data), *inner.pop())


def without_ones(sizes: Sequence[int]) -> list[int]:
    """The sizes that tell shapes apart: 2×1 and 2 hold the same numbers."""
    return [size for size in sizes if size != 1]


def shaped(flat: Sequence[Any], sizes: tuple[int, ...]) -> Value:
    """Numbers, row by row, as nested lists of these sizes."""
    if not sizes:
        return flat[0]
    step = len(flat) // sizes[0]
    return [shaped(flat[start : start + step], sizes[1:]) for start in range(0, len(flat), step)]


def ours(given: GivenValue, at: Point) -> Value:
    """The same quantity of the network at a point, in the shape of the given values."""
    network = at.graph.network
    if given.of is None:
        return at.loss
    if given.quantity == "gradient":
        with at.arithmetic.context():
            found = at.gradient([one.name for one in network.parameters].index(given.of))
    else:
        node = [one.name for one in network.nodes].index(given.of)
        rows = {"output": at.output, "preactivation": at.preactivation, "delta": at.delta, "adjoint": at.adjoint}[
            given.quantity
        ](node)
        found = printed(network, rows)
    for place in given.entry or ():
        found = found[place]
    return found


def agrees(given: GivenValue, value: Value) -> bool:
    """Whether all numbers of a value are those given, to the digits given."""
    return not wrong_entries(given, value)


def wrong_entries(given: GivenValue, value: Value) -> list[Index]:
    """Where a value is not what was given, to the digits given and to the rounding of float64."""
    with boundless():
        sizes = (abs(x) for x in map(float64_or_decimal, numbers(value)) if is_finite(x))
        slack = times(ROUNDING, max(sizes, default=0.0))
        pairs = zip(entries(value), numbers(given.values), numbers(given.tolerances), strict=True)
        return [index for (index, own), other, most in pairs if not is_within(difference(other, own), most, slack)]


def with_rounding(given: GivenValue, at: Point) -> GivenValue:
    """A gradient that may also be off by what rounding does to the sum of the magnitudes of its paths, where that is
    found fast: where they cancel it is more than the digits of the sum."""
    if not isinstance(at, ScalarPoint) or at.linear is None or at.arithmetic.name != "float64":
        return given
    network, linear = at.graph.network, at.linear
    number = [one.name for one in network.parameters].index(given.of or "")
    seed, zero = abs(at.arithmetic.seed(at.graph.reduction)), at.arithmetic.number(0)
    with at.arithmetic.context():
        sweeps = [ReverseSweep(linear.dag, example.edges, seed, Magnitude(zero)) for example in at.examples]
        places = at.layout.entries(number)
        sizes = [float(sum(sweep.of(linear.weight(place)) for sweep in sweeps)) for place in places]
    unit = ULPS * 2.0 ** -BITS[given.dtype] if given.dtype else ROUNDING
    found = dict(zip((index for index, _ in entries(network.parameters[number].value)), sizes))
    if given.entry is not None:
        return given._replace(tolerances=float(given.tolerances) + unit * found[given.entry])
    flat = iter(found.values())
    return given._replace(tolerances=mapped_entries(given.tolerances, lambda _, x: float(x) + unit * next(flat)))


def with_format(given: GivenValue, at: Point) -> GivenValue:
    """Numbers of a format of fewer bits, which may also be off by some times what a pass of our own in that format is:
    in a network that magnifies rounding it is more than units in the last place."""
    from gradcalc.arithmetic.low_precision import LowPrecision

    try:
        low = ours(given, point(at.graph.network, low=LowPrecision(given.dtype)))
    except GradcalcError:  # no pass in that format, or what rounds to it is not installed
        return given
    off = (abs(float(one) - float(other)) for one, other in zip(numbers(low), numbers(ours(given, at))))
    more = OWN_ERRORS * max((x for x in off if is_finite(x)), default=0.0)
    return given._replace(tolerances=mapped_entries(given.tolerances, lambda _, x: float(x) + more))


def relative_error(given: GivenValue, value: Value) -> float:
    """The largest relative difference over the entries."""
    return max(map(relative, numbers(given.values), numbers(value)), default=0.0)


Order = tuple[int, int, int, int]


def order(network: Network, given: GivenValue) -> Order:
    """Where a quantity stands in the calculation: node by node z, then the output; the loss; from the last node back
    ∂L/∂output, δ, and the gradients that are complete with it."""
    nodes = [one.name for one in network.nodes]
    if given.of is None:
        return 1, 0, 0, 0
    if given.quantity in ("preactivation", "output"):
        return 0, nodes.index(given.of), int(given.quantity == "output"), 0
    if given.quantity in ("adjoint", "delta"):
        return 2, -nodes.index(given.of), int(given.quantity == "delta"), 0
    number = [one.name for one in network.parameters].index(given.of)
    return 2, -min(uses(network, number), default=len(nodes)), 2, number


def uses(network: Network, parameter: int) -> list[int]:
    """The nodes that read a parameter."""
    found = []
    for number, layer in enumerate(network.layers, len(network.inputs)):
        edges = layer.incoming
        if parameter in (layer.weight, layer.bias, layer.alpha, *(edge.parameter for edge in edges)):
            found.append(number)
    return found


def first_wrong(network: Network, givens: Sequence[GivenValue], at: Point) -> GivenValue | None:
    """The first quantity in the order of the calculation that is not what the network has; None if all agree."""
    wrong = [given for given in givens if not agrees(given, ours(given, at))]
    return min(wrong, key=lambda given: order(network, given), default=None)
