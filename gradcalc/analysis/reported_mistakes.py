"""Mistakes in what is reported of a right calculation: its sign, a learning rate, another quantity; and the numbers
that it was done in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from math import floor, frexp, isfinite, ldexp, log10

from gradcalc.analysis.backward_mistakes import RATES
from gradcalc.analysis.given_values import GivenValue, ours
from gradcalc.analysis.loss_mistakes import times
from gradcalc.analysis.mistakes import Kind, Mistake, Reading, Setting
from gradcalc.arithmetic.float_formats import BITS, Rounding, rounding
from gradcalc.arithmetic.low_precision import LowPrecision, number_type
from gradcalc.expressions.numerals import text
from gradcalc.network.network import bracketed, numbers

BEHIND = ("gradient", "delta", "adjoint")
MOST_DECIMALS = 6
MOST_EXCHANGED = 12  # wrong gradients of which any two may be exchanged
MOST_ROUNDED = 2_000  # weights × examples up to which a pass is repeated in other numbers, one by one
Reported = Callable[[Reading], "list[list[float]] | None"]


def sign(setting: Setting) -> Iterator[Mistake]:
    """Everything behind the loss negative, as t − y for y − t gives it; or the sign lost on the way."""
    behind = [number for number, given in enumerate(setting.givens) if given.quantity in BEHIND]
    right = [symbol(setting.givens[number]) for number in behind if number not in setting.wrong]
    whence = f"though not that of {', '.join(right[:3])}" if right else "as of t − y in place of y − t"
    clause = f"the sign is the opposite, {whence}"
    yield Mistake("", "sign", clause, reported=times(-1.0, BEHIND), formula="−∂L/∂w", beside="the sign is the opposite")


def twice_accumulated(setting: Setting) -> Iterator[Mistake]:
    """Gradients that were not set to zero."""
    for passes in (2, 3, 4):
        clause = f"the gradient is accumulated over {passes} passes and not set to zero between"
        yield Mistake(
            "", "accumulated", clause, reported=times(float(passes), ("gradient",)), formula=f"{passes}·∂L/∂w"
        )


def over_the_batch(setting: Setting) -> Iterator[Mistake]:
    """Gradients divided by, or times, the size of the batch: a mean over examples for their sum, or the reverse."""
    count = setting.network.examples
    if count < 2:
        return
    for factor, one, other in ((1 / count, "mean", "sum"), (float(count), "sum", "mean")):
        clause = f"the {one} over the {count} examples is taken in place of the {other}"
        formula = f"∂L/∂w/{count}" if one == "mean" else f"{count}·∂L/∂w"
        reported = times(factor, ("gradient",))
        yield Mistake("", f"{one} for {other} over the batch", clause, reported=reported, formula=formula)


def included(rate: float) -> Mistake:
    """This learning rate times the gradient."""
    product = f"{text(rate, 6)}·∂L/∂w"
    clause = f"the learning rate {text(rate, 6)} is included: {product}"
    reported = times(rate, ("gradient",))
    return Mistake("learning rate", "learning rate included", clause, reported=reported, formula=product)


def with_rate(setting: Setting) -> Iterator[Mistake]:
    """A learning rate times the gradient, in place of the gradient."""
    for rate in RATES:
        if rate not in (1, 1 / setting.network.examples):
            yield included(rate)
        clause = f"it is the step −{rate:g}·∂L/∂w of gradient descent in place of the gradient"
        if rate != 1:
            formula = f"−{rate:g}·∂L/∂w"
            yield Mistake("", "learning rate included", clause, reported=times(-rate, ("gradient",)), formula=formula)


def stepped(rate: float) -> Reported:
    """w − rate·∂L/∂w."""

    def reported(reading: Reading) -> list[list[float]]:
        values = zip(reading.setting.givens, reading.values)
        return [
            [w - rate * g for w, g in zip(weights(reading.setting, given), found)]
            if given.quantity == "gradient"
            else found
            for given, found in values
        ]

    return reported


def weights(setting: Setting, given: GivenValue) -> list[float]:
    """The weights that a given gradient is by."""
    (value,) = [one.value for one in setting.network.parameters if one.name == given.of]
    if given.entry is not None:
        for place in given.entry:
            value = value[place]
    return numbers(value)


def updated_weight(rate: float) -> Mistake:
    """The weight after a step with this learning rate."""
    formula = f"w − {text(rate, 6)}·∂L/∂w"
    clause = f"it is the new weight {formula} in place of the gradient"
    return Mistake("new weight", "new weight", clause, reported=stepped(rate), formula=formula)


def new_weight(setting: Setting) -> Iterator[Mistake]:
    """The weight after the step, in place of its gradient."""
    for rate in RATES:
        yield updated_weight(rate)
        clause = f"it is w + {rate:g}·∂L/∂w, a step up, in place of the gradient"
        yield Mistake("", "new weight", clause, reported=stepped(-rate), formula=f"w + {rate:g}·∂L/∂w")


def other_quantities(setting: Setting) -> Iterator[Mistake]:
    """The value of another parameter, or of another node, of the same quantity; δ for ∂L/∂output and the reverse."""
    network = setting.network
    nodes = [node.name for node in network.nodes]
    layers = nodes[len(network.inputs) :]
    for number in setting.wrong:
        given = setting.givens[number]
        names: Sequence[str] = [one.name for one in network.parameters] if given.quantity == "gradient" else layers
        others = [given._replace(of=name) for name in names if name != given.of and given.of is not None]
        if given.quantity != "gradient" and given.of in layers:
            kinds = ("adjoint", "delta") if given.quantity in BEHIND else ("output", "preactivation")
            others += [given._replace(quantity=kind) for kind in kinds if kind != given.quantity]
        elif given.quantity == "gradient":
            others += [given._replace(quantity=kind, of=name) for name in layers for kind in ("delta", "adjoint")]
        for other in others:
            clause = f"it is {symbol(other)} in place of {symbol(given)}"
            yield Mistake("", "another value", clause, reported=_read_as(number, other), formula=symbol(other))


def symbol(given: GivenValue) -> str:
    """A quantity as a person reads it."""
    if given.of is None:
        return "L"
    name = given.of + bracketed(given.entry or ())
    return {
        "gradient": f"∂L/∂{name}",
        "adjoint": f"∂L/∂{name}",
        "delta": f"δ_{name}",
        "preactivation": f"z_{name}",
    }.get(given.quantity, name)


def _read_as(number: int, other: GivenValue) -> Reported:
    """A given value as what another quantity is."""

    def reported(reading: Reading) -> list[list[float]] | None:
        try:
            found = [float(x) for x in numbers(ours(other, reading.at))]
        except (LookupError, TypeError, AttributeError):
            return None
        if len(found) != len(reading.values[number]):
            return None
        return [found if place == number else values for place, values in enumerate(reading.values)]

    return reported


def exchanged(setting: Setting) -> Iterator[Mistake]:
    """Two gradients, or entries of one, each reported under the name of the other."""
    wrong = [number for number in setting.wrong if setting.givens[number].quantity == "gradient"][:MOST_EXCHANGED]
    for one, other in combinations(wrong, 2):
        if len(numbers(setting.givens[one].values)) == len(numbers(setting.givens[other].values)):
            names = [symbol(setting.givens[number]) for number in (one, other)]
            clause = f"{' and '.join(names)} are exchanged"
            yield Mistake("", "exchanged", clause, reported=_exchanging(one, other))


def _exchanging(one: int, other: int) -> Reported:
    def reported(reading: Reading) -> list[list[float]]:
        found = list(reading.values)
        found[one], found[other] = found[other], found[one]
        return found

    return reported


def gradient_transposed(setting: Setting) -> Iterator[Mistake]:
    """A square gradient, or an entry of one, transposed; or in the order of its transpose."""
    for number in setting.wrong:
        given = setting.givens[number]
        if given.quantity != "gradient":
            continue
        (one,) = [one for one in setting.network.parameters if one.name == given.of]
        if len(one.shape) != 2 or min(one.shape) == 1:
            continue
        clause = f"∂L/∂{given.of} is transposed"
        if given.entry is None:
            yield Mistake("", "gradient transposed", clause, reported=_transposed(number, *one.shape))
        elif given.entry[0] != given.entry[1] and max(given.entry) < min(one.shape):
            turned = given._replace(entry=given.entry[::-1])
            yield Mistake("", "gradient transposed", clause, reported=_read_as(number, turned), formula=symbol(turned))


def _transposed(number: int, rows: int, columns: int) -> Reported:
    def reported(reading: Reading) -> list[list[float]]:
        flat = reading.values[number]
        turned = [flat[row * columns + column] for column in range(columns) for row in range(rows)]
        return [turned if place == number else values for place, values in enumerate(reading.values)]

    return reported


class Rounded(LowPrecision):
    """Numbers that are rounded by a rule of their own wherever they are stored."""

    def __init__(self, rule: Rounding, summed: Rounding = float) -> None:
        super().__init__("float32")
        self._single = rule
        self._forward = number_type(rule, summed)
        self._backward = number_type(rule, summed, True)


def to_decimals(decimals: int) -> Rounding:
    """Rounding to so many decimals."""
    return lambda x: round(float(x), decimals)


def to_digits(digits: int) -> Rounding:
    """Rounding to so many significant digits."""

    def rounded(x: float) -> float:
        x = float(x)
        return round(x, digits - 1 - floor(log10(abs(x)))) if x and abs(x) < 1e300 else x

    return rounded


def to_bits(bits: int) -> Rounding:
    """Rounding to so many binary digits, those of bfloat16 without what else has to be imported for it."""

    def rounded(x: float) -> float:
        mantissa, exponent = frexp(x)
        return ldexp(round(mantissa * 2.0**bits), exponent - bits) if isfinite(x) else x

    return rounded


def formats() -> dict[str, LowPrecision]:
    """The formats that gradients are computed in."""
    bfloat16 = Rounded(to_bits(BITS["bfloat16"]), rounding("float32"))
    return {"float32": LowPrecision("float32"), "float16": LowPrecision("float16"), "bfloat16": bfloat16}


def in_other_numbers(setting: Setting) -> Iterator[Mistake]:
    """Numbers of fewer digits, from the weights on."""
    network = setting.network
    if network.examples * sum(len(numbers(one.value)) for one in network.parameters) > MOST_ROUNDED:
        return
    for name, arithmetic in formats().items():
        clause = f"it is computed in {name}"
        command = f"gradcalc compute SPEC --dtype {name}"
        yield Mistake("", name, clause, arithmetic=arithmetic, command=command)
    for decimals in range(1, MOST_DECIMALS + 1):
        clause = f"every intermediate number is rounded to {decimals} decimals"
        command = f"gradcalc explain SPEC --round {decimals}"
        yield Mistake("", "rounded", clause, arithmetic=Rounded(to_decimals(decimals)), command=command)
    for digits in range(2, MOST_DECIMALS + 1):
        clause = f"every intermediate number is rounded to {digits} significant digits"
        yield Mistake("", "rounded", clause, arithmetic=Rounded(to_digits(digits)))


REPORTED: tuple[Kind, ...] = (
    ("sign", 0.12, sign),
    ("accumulated", 0.03, twice_accumulated),
    ("over the batch", 0.03, over_the_batch),
    ("learning rate", 0.04, with_rate),
    ("new weight", 0.04, new_weight),
    ("another value", 0.05, other_quantities),
    ("exchanged", 0.02, exchanged),
    ("gradient transposed", 0.04, gradient_transposed),
    ("other numbers", 0.05, in_other_numbers),
)
"""What can go wrong in what is reported, and how often it does."""
