"""Which numbers of a pass a format of low precision holds, and which loss scales keep those of the backward pass in it.

A quantity q of the backward pass is stored as S·q, S the loss scale. With the least and the greatest |q| that is not 0,
none loses a digit or overflows for S from (smallest normal number)/least to (largest number)/greatest: the window.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from math import frexp, isfinite
from typing import Any, Literal

from gradcalc.analysis.computation import loss_value
from gradcalc.analysis.point import Point, Subject, point, refuse_without_loss, subjects, with_digits
from gradcalc.analysis.results import LossValue, RoundedGradient
from gradcalc.analysis.rounded_gradients import gradients_of, gradients_of_nodes, rounded_gradients
from gradcalc.arithmetic import Arithmetic
from gradcalc.arithmetic.float_formats import FORMATS, FloatFormat, Rounding, float_format, rounding
from gradcalc.errors import UsageError
from gradcalc.expressions.numerals import LARGEST_DOUBLE, SMALLEST_NORMAL
from gradcalc.network.network import Index, Layer, Network, entries, entry_name, unit_name
from gradcalc.records import Record
from gradcalc.report.scales import log10

Kind = Literal["input", "parameter", "preactivation", "value", "output", "delta", "gradient"]
"""Of the forward pass inputs, parameters, z and outputs; of the backward pass ∂L/∂output, δ and ∂L/∂parameter."""

BACKWARD = ("output", "delta", "gradient")

Zone = Literal["normal", "subnormal", "zero", "overflow", "exact zero"]
"""From the smallest normal number to what is rounded to the largest; below, where digits are lost; so far below that it
is rounded to 0; above; or 0 by itself."""

GUARD = 10  # digits of a number of `--dps` more than are asked for
DIGITS = 150  # of a product of a number of 19 digits and the least subnormal number of float32
LOG10_OF_2 = 0.30102999566398119521

USUAL_SCALES: Mapping[str, float] = {"no scale": 1.0, "TensorFlow": 2.0**15, "PyTorch": 2.0**16}
"""Where dynamic loss scaling starts: TensorFlow's LossScaleOptimizer, PyTorch's GradScaler."""


class Quantity(Record):
    """One number of the pass: of a parameter or a node by its number, at an entry, in an example of a batch."""

    of: str
    kind: Kind
    exact: Any
    number: int
    entry: Index = ()
    example: int | None = None

    @property
    def is_backward(self) -> bool:
        """Whether a loss scale multiplies it."""
        return self.kind in BACKWARD


class Window(Record):
    """The loss scales from `low` to `high`, and what sets each end; None where all of the backward pass is 0.
    `subnormal_low` is what loss scales must be larger than if losing digits is no matter, and only a 0 is."""

    low: Any
    low_by: Quantity | None
    high: Any
    high_by: Quantity | None
    subnormal_low: Any

    @property
    def exists(self) -> bool:
        """Whether any loss scale is in it."""
        return self.low is None or bool(self.low <= self.high)

    def powers(self) -> range:
        """The exponents of the powers of two in it."""
        if self.low is None or not self.exists:
            return range(0)
        first = floor_log2(self.low)
        return range(first + (power_of_two(first, self.low) < self.low), floor_log2(self.high) + 1)


class ScaleCounts(Record):
    """How many quantities of the backward pass are in each zone at one loss scale; exact zeros are not counted. `error`
    is the largest relative error of subnormal ones."""

    scale: Any
    normal: int
    subnormal: int
    zero: int
    overflow: int
    error: Any = None

    @property
    def total(self) -> int:
        """All that are not 0."""
        return self.normal + self.subnormal + self.zero + self.overflow


class FormatRange(Record):
    """What one format holds: its window, and what loss scales leave in each zone: the usual ones, one that was asked
    for and, where no scale is in the window, the `best`: the largest power of two at which nothing overflows."""

    format: FloatFormat
    window: Window
    scales: tuple[ScaleCounts, ...]
    best: ScaleCounts | None


class Precision(Record):
    """What `precision` found: every quantity of the pass, and what each format holds of them. `listed` are those that
    were asked for."""

    network: Network
    arithmetic: Arithmetic
    loss: LossValue
    quantities: tuple[Quantity, ...]
    listed: tuple[Quantity, ...]
    loss_scale: float
    formats: Mapping[str, FormatRange]
    rounded: Sequence[RoundedGradient] = ()  # of which exact values have no right digit

    @property
    def backward(self) -> list[Quantity]:
        """Those of the backward pass that are not 0."""
        return [one for one in self.quantities if one.is_backward and one.exact]

    def scaled(self, quantity: Quantity) -> Any:
        """A quantity as it is to be stored: of the backward pass times the loss scale."""
        with finest(self.arithmetic):
            return times(quantity.exact, self.loss_scale if quantity.is_backward else 1.0)


def precision(
    network: Network, dtypes: Sequence[str], *, wrt: Sequence[str] = (), loss_scale: float = 1.0, dps: int | None = None
) -> Precision:
    """The zones of every quantity in these formats, and the window of loss scales of each.

    `wrt` names what is listed; `dps` computes with that many decimal digits. Raises UsageError for a name that matches
    nothing or a network without a target, DomainError, LimitError.
    """
    formats = [float_format(name) for name in dtypes]
    if not 0 < loss_scale < float("inf"):
        raise UsageError(f"--loss-scale {loss_scale:g}: takes a positive number")
    chosen = subjects(network, wrt) if wrt else []
    refuse_without_loss(network, "no backward pass")
    at = point(network, dps)
    loss = loss_value(at)
    assert loss is not None
    with at.arithmetic.context():
        found = tuple(one._replace(exact=as_printed(one.exact)) for one in quantities(at))
        listed = tuple(one for one in found if any(is_of(one, subject) for subject in chosen)) if wrt else found
        scales = tuple(dict.fromkeys([*USUAL_SCALES.values(), loss_scale]))
    backward = [one for one in found if one.is_backward and one.exact]
    with finest(at.arithmetic):
        ranges = {one.name: format_range(one, backward, scales) for one in formats}
    rounded = rounded_gradients(at, gradients_of(subjects(network)) | gradients_of_nodes(network))
    return Precision(network, at.arithmetic, loss, found, listed, loss_scale, ranges, rounded)


def quantities(at: Point) -> Iterator[Quantity]:
    """Every number of the pass, forward, then back from the loss."""
    network = at.graph.network
    for number, parameter in enumerate(network.parameters):
        for index, value in entries(parameter.value):
            exact = at.arithmetic.number(value, parameter.exact.get(index))
            yield Quantity(entry_name(parameter, index), "parameter", exact, number, index)
    for number, node in enumerate(network.nodes):
        if isinstance(node, Layer):
            yield from units(network, number, "preactivation", at.preactivation(number))
        yield from units(network, number, "value" if isinstance(node, Layer) else "input", at.output(number))
    for number in range(len(network.nodes) - 1, -1, -1):
        yield from units(network, number, "output", at.adjoint(number))
        if isinstance(network.nodes[number], Layer):
            yield from units(network, number, "delta", at.delta(number))
    for number, parameter in enumerate(network.parameters):
        for index, exact in entries(at.gradient(number)):
            yield Quantity(entry_name(parameter, index), "gradient", exact, number, index)


def as_printed(number: Any) -> Any:
    """A number of the pass without digits that are not printed of it: 240 that is 239.99…9 in the last digit of
    extended range, or of `--dps`, would else be on the other side of what a format rounds up."""
    if isinstance(number, float):
        return number
    if hasattr(number, "context"):
        with number.context.workdps(number.context.dps - GUARD):
            return +number
    nearest = float(number)
    return type(number)(nearest) if SMALLEST_NORMAL <= abs(nearest) <= LARGEST_DOUBLE else number


def units(network: Network, number: int, kind: Kind, rows: Sequence[Sequence[Any]]) -> Iterator[Quantity]:
    """The numbers of a node, [examples][units]."""
    node = network.nodes[number]
    for example, row in enumerate(rows):
        for unit, exact in enumerate(row):
            name = unit_name(node.name, unit, len(row))
            yield Quantity(name, kind, exact, number, (unit,), example if network.batch else None)


def is_of(quantity: Quantity, subject: Subject) -> bool:
    """Whether a quantity belongs to a parameter or node, or to an entry or unit of one."""
    is_parameter = quantity.kind in ("parameter", "gradient")
    if is_parameter != subject.is_parameter or quantity.number != subject.number:
        return False
    return subject.entry is None or quantity.entry in ((), subject.entry)


def format_range(held: FloatFormat, backward: Sequence[Quantity], scales: Sequence[float]) -> FormatRange:
    """The window of one format, and what these loss scales leave in each zone."""
    found = window(held, backward)
    best = None if found.exists else largest_power(held, found)
    asked = [*scales, *([] if best is None or best in scales else [best])]
    told = tuple(counts(held, backward, scale) for scale in asked)
    return FormatRange(held, found, told, next((one for one in told if one.scale == best), None))


def window(held: FloatFormat, backward: Sequence[Quantity]) -> Window:
    """The loss scales that keep all of the backward pass between the smallest normal number and the largest."""
    if not backward:
        return Window(None, None, None, None, None)
    greatest = max(backward, key=size)
    least = min(backward, key=lambda one: (size(one), -BACKWARD.index(one.kind)))  # of equal ones a gradient
    low, high, above = (
        quotient(end, size(one))
        for end, one in ((held.normal, least), (held.largest, greatest), (held.subnormal / 2, least))
    )
    return Window(low, least, high, greatest, above)


def largest_power(held: FloatFormat, found: Window) -> Any:
    """The largest power of two at which nothing overflows."""
    assert found.high_by is not None
    exponent = floor_log2(found.high)
    twice = power_of_two(exponent + 1, found.high)
    return power_of_two(exponent, found.high) if held.overflows(times(size(found.high_by), twice)) else twice


def log2_window(at: Point, dtype: str) -> float | None:
    """log₂ of the largest loss scale that keeps the backward pass in the normal range of a format, over the least;
    negative where none does, None where all of the backward pass is 0."""
    with finest(at.arithmetic):
        found = window(FORMATS[dtype], [one for one in quantities(at) if one.is_backward and one.exact])
        return None if found.low is None else log2(found.high) - log2(found.low)


def first_forward(at: Point, dtype: str, where: Zone) -> Quantity | None:
    """The first number of the forward pass in that zone of a format, which no loss scale changes."""
    held = FORMATS[dtype]
    with finest(at.arithmetic):
        forward = ((one, as_printed(one.exact)) for one in quantities(at) if not one.is_backward)
        return next((one for one, exact in forward if zone(held, exact, exact) == where), None)


def log2(number: Any) -> float:
    """Of |x|, which is not 0."""
    return (log10(number) or 0.0) / LOG10_OF_2


def counts(held: FloatFormat, backward: Sequence[Quantity], scale: Any) -> ScaleCounts:
    """The zones of the backward pass at one loss scale."""
    scaled = [times(one.exact, scale) for one in backward]
    found = [zone(held, number, one.exact) for one, number in zip(backward, scaled)]
    zones, error = Counter(found), None
    if zones["subnormal"]:
        rounded = rounding_of(held)
        few = (number for number, where in zip(scaled, found) if where == "subnormal")
        error = max(relative_error(stored(rounded, number), number) or 0.0 for number in few)
    return ScaleCounts(scale, zones["normal"], zones["subnormal"], zones["zero"], zones["overflow"], error)


def zone(held: FloatFormat, scaled: Any, exact: Any) -> Zone:
    """Where a number is; scaled, one that is not 0 may have underflowed."""
    if not exact:
        return "exact zero"
    found = abs(scaled)
    if found >= held.normal:
        return "overflow" if held.overflows(found) else "normal"
    return "subnormal" if found > held.subnormal / 2 else "zero"


def stored(rounded: Rounding, scaled: Any) -> float:
    """A number of any kind, rounded to a format; a 0 has no sign."""
    return rounded(float(scaled)) + 0.0


def rounding_of(held: FloatFormat, saturate: bool = False) -> Rounding:
    """What rounds to a format."""
    return rounding(held.name, saturate and held.saturates)


def relative_error(near: float, exact: Any) -> Any:
    """|near − exact| / |exact|, a float64 where one holds it; None of an exact 0, and where it is not finite."""
    if not exact or not isfinite(near):
        return None
    found = quotient(abs(type(exact)(near) - exact), abs(exact))
    nearest = float(found)
    return nearest if isfinite(nearest) else found


def size(quantity: Quantity) -> Any:
    """|q|"""
    return abs(quantity.exact)


def finest(arithmetic: Arithmetic) -> AbstractContextManager[object]:
    """Within it numbers of extended range have all digits of their products with powers of two."""
    return with_digits(arithmetic, DIGITS)


def like(x: Any, number: Any) -> Any:
    """A float64 as a number of the kind of another one, exactly."""
    return type(number)(x)


def times(exact: Any, scale: Any) -> Any:
    """The product, in the numbers of the pass; as a Decimal where it leaves the range of float64. Of a pass in float64
    no scale is asked that float64 does not hold."""
    if scale == 1:
        return exact
    product = as_printed(exact * (like(scale, exact) if isinstance(scale, float) else scale))
    if not isinstance(product, float) or not exact or SMALLEST_NORMAL <= abs(product) <= LARGEST_DOUBLE:
        return product
    from decimal import Decimal

    return Decimal(exact) * Decimal(scale)


def quotient(end: Any, least: Any) -> Any:
    """end / least, as a Decimal where no float64 holds it."""
    found = like(end, least) / least
    if isinstance(found, float) and not isfinite(found):
        from decimal import Decimal

        return Decimal(end) / Decimal(least)
    return found


def floor_log2(number: Any) -> int:
    """The exponent of the largest power of two that is not above a positive number."""
    if isinstance(number, float):
        return frexp(number)[1] - 1
    near = round(log2(number))
    return near if power_of_two(near, number) <= number else near - 1


def power_of_two(exponent: int, number: Any) -> Any:
    """2^exponent, of the kind of another number, a Decimal or one of `--dps`, where no float64 holds it."""
    if -1022 <= exponent <= 1023:
        return 2.0**exponent
    from decimal import Decimal

    return (Decimal(2) if isinstance(number, float) else like(2.0, number)) ** exponent
