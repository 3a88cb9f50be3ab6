"""Numbers that somebody else got for a network, each with what it is of and how many of its digits count.

A number in text is right where the network's own rounds to it: its tolerance is half a unit of the last digit given.
One from a binary file or an array is right within some units in the last place of its format, as a backward pass in
that format rounds at every step. Quantities have an order, that of the calculation: forward, the loss, then back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf, isfinite, isnan, nan
from typing import Any

from gradcalc.analysis.computation import printed
from gradcalc.analysis.point import Point, nearest
from gradcalc.errors import UsageError
from gradcalc.expressions.parser import constant, is_constant_text
from gradcalc.network.network import Index, Layer, Network, Value, entries, mapped_entries, numbers, shape
from gradcalc.records import Record

BITS: Mapping[str, int] = {"float64": 53, "float32": 24, "float16": 11, "bfloat16": 8}
"""Binary digits of a number in each format."""

ULPS, FEW_ULPS = 16, 4
"""Half units in the last place that a backward pass may be off: each of its sums and products rounds by at most one,
and errors of both signs add up to about the square root of their number, so 16 serve some 200 in a row. In formats of
16 bits sums accumulate in float32, and a value is rounded once where it is stored: 4."""

FLOAT32_DIGITS = 9  # that tell any two float32 apart; a float32 written as a float64 has more
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
        return base.strip(), tuple(int(part) for part in inside.removesuffix("]").split(","))
    except ValueError:
        raise UsageError(f"{text}: {bracket}{inside} is no index; write one like [0,1]") from None


def given_value(network: Network, text: str, data: Any, dtype: str = "") -> GivenValue:
    """A name with its numbers: texts, whose digits count, or numbers of a format. Raises UsageError for an unknown name
    and for numbers of another shape."""
    quantity, of, entry = quantity_named(network, text)
    whole = expected_shape(network, quantity, of)
    if entry is not None:
        sizes, at = whole, entry
        if len(at) > len(sizes) and not any(at[len(sizes) :]):  # w1[0,0] of a number
            at = at[: len(sizes)]
        if len(at) != len(sizes) or not all(0 <= place < size for place, size in zip(at, sizes)):
            has = "×".join(map(str, sizes)) or "one number"
            raise UsageError(f"{text}: there is no such entry; indices count from 0, and {of} has {has}")
        whole, entry = (), at or None
    read, matched = fitted(text, data, whole, is_matrix=quantity == "gradient")
    values, tolerances = read_numbers(text, read, dtype)
    return GivenValue(text, quantity, of, entry, values, tolerances, matched)


def expected_shape(network: Network, quantity: str, of: str | None) -> tuple[int, ...]:
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
    if _without_ones(sizes) == _without_ones(whole):
        return shaped(flat, whole), ""
    if is_matrix and len(whole) == 2 and sizes == whole[::-1]:
        turned = [list(row) for row in zip(*data)]
        return turned, f"{text} is given as {shape(data)} and read as the transpose of {shape(turned)} (out×in)"
    wanted = "×".join(map(str, whole)) or "one number"
    raise UsageError(f"{text}: {shape(data) or 'one number'} given, where the network has {wanted}")


def shape_of(text: str, data: Any) -> tuple[int, ...]:
    """The sizes of nested lists. Raises UsageError where rows differ in length."""
    if not isinstance(data, (list, tuple)):
        return ()
    inner = {shape_of(text, part) for part in data}
    if len(inner) != 1:
        raise UsageError(f"{text}: {'rows differ in length' if inner else 'an empty list is no value'}")
    return (len(data), *inner.pop())


def _without_ones(sizes: Sequence[int]) -> list[int]:
    return [size for size in sizes if size != 1]


def shaped(flat: Sequence[Any], sizes: tuple[int, ...]) -> Value:
    """Numbers, row by row, as nested lists of these sizes."""
    if not sizes:
        return flat[0]
    step = len(flat) // sizes[0]
    return [shaped(flat[start : start + step], sizes[1:]) for start in range(0, len(flat), step)]


def read_numbers(text: str, data: Value, dtype: str) -> tuple[Value, Value]:
    """The values, and how far each may be off."""
    if not dtype:
        pairs = [(index, decimal_number(text, one)) for index, one in entries(data)]
        finest = min((tolerance for _, (value, tolerance) in pairs if value), default=0.0)
        found = {index: (value, tolerance if value or tolerance else finest) for index, (value, tolerance) in pairs}
        return mapped_entries(data, lambda at, _: found[at][0]), mapped_entries(data, lambda at, _: found[at][1])
    bits = BITS[dtype]
    largest = max((abs(x) for x in numbers(data) if isfinite(x)), default=0.0)
    tolerance = largest * (ULPS if bits > 16 else FEW_ULPS) * 2.0**-bits
    return mapped_entries(data, lambda _, x: float(x)), mapped_entries(data, lambda *_: tolerance)


def decimal_number(name: str, text: Any) -> tuple[Any, float]:
    """A number in text, and half a unit of its last digit; of a zero without decimals nothing, of a float32 written in
    more digits than it has what float32 allows. Raises UsageError."""
    text = str(text).strip().replace("−", "-").replace("\N{MULTIPLICATION SIGN}10^", "e")
    if text.lower().strip("+-.") in ("nan", "inf", "infinity"):
        return float(text.lower().replace(".", "")), 0.0
    try:
        value: Any = float(text)
    except ValueError:
        if is_constant_text(text):
            value = constant(text)
            return value, abs(value) * 2.0**-53
        raise UsageError(f"{name}: {text[:60]!r} is no number") from None
    mantissa, _, exponent = text.lower().partition("e")
    digits = mantissa.lstrip("+-").replace(".", "").lstrip("0")
    decimals = len(mantissa.partition(".")[2]) - int(exponent or 0)
    if not value or not isfinite(value):
        from decimal import Decimal

        exact = Decimal(text)
        if exact:  # outside the range of float64
            return exact, 0.0
        return 0.0, 0.5 * 10.0**-decimals if decimals > 1 else 0.0
    tolerance = 0.5 * 10.0**-decimals if -decimals < 308 else inf
    if len(digits) >= FLOAT32_DIGITS - 2:
        tolerance = max(tolerance, _float32_tolerance(value, digits))
    return value, tolerance


def _float32_tolerance(value: float, digits: str) -> float:
    """What a number that is a float32 may be off by; 0 of others."""
    from struct import pack, unpack

    try:
        (stored,) = unpack("<f", pack("<f", value))
    except OverflowError:
        return 0.0
    unit = abs(value) * 2.0 ** -BITS["float32"]
    if stored == value and len(digits) > FLOAT32_DIGITS:
        return ULPS * unit
    shortest = next(n for n in range(1, 18) if unpack("<f", pack("<f", float(f"{stored:.{n}g}")))[0] == stored)
    return 2 * unit if shortest == len(digits) and float(f"{stored:.{shortest}g}") == value else 0.0


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
    sizes = (abs(float(x)) for x in numbers(value))
    slack = ROUNDING * max((size for size in sizes if isfinite(size)), default=0.0)
    tolerances, theirs = numbers(given.tolerances), numbers(given.values)
    return [
        index
        for (index, own), other, tolerance in zip(entries(value), theirs, tolerances, strict=True)
        if not off(other, own) <= tolerance + slack
    ]


def off(one: Any, other: Any) -> float:
    """|one − other|; NaN where one is infinite or none."""
    if isinstance(one, float) and isinstance(other, float):
        return abs(one - other)
    from decimal import Decimal

    if not all(isfinite(x) for x in (one, other)):
        return nan
    from gradcalc.report.report import boundless

    with boundless():
        difference = abs(Decimal(one) - Decimal(other))
        largest = max(abs(Decimal(one)), abs(Decimal(other)))
        return float(difference) or (inf if difference > largest * Decimal(ROUNDING) else 0.0)


def relative_error(given: GivenValue, value: Value) -> float:
    """The largest |given − value| / |value| over the entries; of a value of 0 infinite, unless that was given."""
    found = [relative(other, own) for other, own in zip(numbers(given.values), numbers(value), strict=True)]
    return max((x if not isnan(x) else inf for x in found), default=0.0)


def relative(one: Any, other: Any) -> float:
    """|one − other| / |other|."""
    difference = off(one, other)
    if not difference:
        return 0.0
    size = abs(float(other))
    return difference / size if size else inf


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
        edges = (*layer.edges, *layer.into_preactivation, *layer.into_output)
        if parameter in (layer.weight, layer.bias, layer.alpha, *(edge.parameter for edge in edges)):
            found.append(number)
    return found


def first_wrong(network: Network, givens: Sequence[GivenValue], at: Point) -> GivenValue | None:
    """The first quantity in the order of the calculation that is not what the network has; None if all agree."""
    wrong = [given for given in givens if not agrees(given, ours(given, at))]
    return min(wrong, key=lambda given: order(network, given), default=None)
