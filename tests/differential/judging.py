"""Who is wrong where two programs differ: central differences of the whole network, on its doubles, at 120 digits."""

import re
from collections.abc import Sequence
from random import Random
from typing import Any, NamedTuple

import numpy as np
from reference.functions import mp

from .mp_operations import MpOperations, array, each, rounded
from .plain_spec import Plan, Values, forward

STEP = mp.mpf(10) ** -40
CLOSE = 1e-12
TINY = 1e-290
"""What PyTorch underflows to is not compared."""
NOTHING = 1e-70
"""What differences at 120 digits make of a 0."""
ROUNDINGS = 64
"""An error of so many times what one last place makes, of every number and every value of a node, is rounding's."""
ORDINARY = 15
MOST_DIGITS = 300
"""Exponents beyond these need more digits, and smaller steps; and more than can be had."""
CANCELLED = 1e-8
"""An error of such a size is that of a formula, where one is among the activations."""
MOST = 3
"""As many entries are looked at, where the two differ most, and the largest."""


class Difference(NamedTuple):
    """A derivative as central difference, and those to either side, which differ on a kink."""

    central: Any
    left: Any
    right: Any

    @property
    def is_kink(self) -> bool:
        return abs(self.right - self.left) > mp.mpf(10) ** -12 * (abs(self.right) + abs(self.left)) + mp.mpf(10) ** -30

    def nearest(self, found: float) -> Any:
        """On a kink any of the three: conventions take one side or the mean."""
        return min(self, key=lambda value: abs(value - found)) if self.is_kink and found == found else self.central


class Verdict(NamedTuple):
    """Who misses the truth: "PyTorch", "ours", or "rounding" where both may.

    "formula": the derivative of an activation by formula is computed as it is written and cancels, as that of
    x − tanh(x), 1 − 1/cosh(x)², does near 0.
    """

    who: str
    error: float  # ours, relative to the largest entry
    text: str


class Judge:
    """A network in mpmath, its numbers the doubles of the spec, or its decimals.

    With `noise` every number of the spec and every value of a node is off by up to a last place of a double: the spread
    of the results says what rounding makes of them (Monte Carlo arithmetic: Parker, 1997).
    """

    def __init__(self, plan: Plan, noise: bool = False, decimals: bool = False) -> None:
        self.plan = plan
        self.noise = noise
        self.known: dict[Any, Any] = {}
        self.steps: dict[int, Any] = {}

        def exact(value: Any) -> Any:
            return array(value if decimals else each(value, lambda x: mp.mpf(rounded(x))))

        self.inputs = {name: exact(rows) for name, rows in plan.inputs.items()}
        self.parameters = {name: exact(value) for name, value in plan.parameters.items()}
        if noise:
            for turn, values in enumerate((*self.inputs.values(), *self.parameters.values())):
                values[...] = blurred(values, -turn - 1)
        self.exponent = self.largest_exponent()
        more = int(self.exponent) if ORDINARY < self.exponent <= MOST_DIGITS else 0
        self.digits, self.step = mp.dps + 3 * more, STEP / mp.mpf(10) ** more
        self.known.clear()
        self.steps.clear()

    def run(self, of: str = "", moves: str = "", step: Any = None, preactivation: bool = False) -> Values:
        """The forward pass, a parameter, a node's output or its preactivation moved by a step."""
        if not moves and of in self.known:
            return self.known[of]
        inputs, parameters = self.inputs, self.parameters
        turn = -1
        if moves in parameters:
            parameters = parameters | {moves: np.array(parameters[moves] + step, dtype=object)}
        elif moves in inputs:
            inputs = inputs | {moves: inputs[moves] + step}
        elif moves:
            turn = 2 * [layer.name for layer in self.plan.layers].index(moves) + (not preactivation)
        if moves:
            self.run()
        values = forward(self.plan, MovingOperations(turn, step, self.noise, self.steps), inputs, parameters, of)
        return values if moves else self.known.setdefault(of, values)

    def largest_exponent(self) -> float:
        """Of ten, up or down, of any value, and of e^z, by which an activation may miss its bound."""
        values = self.run()
        zs = [x for value in values.preactivations.values() for x in value.ravel()]
        found = [*zs, *(x for value in values.outputs.values() for x in value.ravel()), values.loss]
        return float(max((abs(mp.log10(abs(x))) for x in found if x), default=0) + max(map(abs, zs)) / mp.log(10))

    def gradient(
        self, name: str, of: str = "", preactivation: bool = False, places: Sequence[int] | None = None
    ) -> list[Difference]:
        """∂L/∂ a parameter, a node's output or its preactivation, at some of its entries."""
        with mp.workdps(self.digits):
            middle = self.run(of)
            values = middle.preactivations if preactivation else middle.outputs
            size = (self.parameters if name in self.parameters else values)[name].shape
            indices = list(np.ndindex(size))
            return [self.entry(name, of, preactivation, indices[n]) for n in (places or range(len(indices)))]

    def entry(self, name: str, of: str, preactivation: bool, index: tuple[int, ...]) -> Difference:
        key = name, of, preactivation, index
        if key not in self.known:
            values = self.run(of).preactivations if preactivation else self.run(of).outputs
            moved = (self.parameters if name in self.parameters else values)[name]
            step = np.full(moved.shape, mp.zero, dtype=object)
            size = step[index] = self.step * (abs(moved[index]) or 1)
            high, low = (self.run(of, name, sign * step, preactivation).loss for sign in (1, -1))
            middle = self.run(of).loss
            self.known[key] = Difference((high - low) / (2 * size), (middle - low) / size, (high - middle) / size)
        return self.known[key]

    def value(self, quantity: str, places: Sequence[int]) -> list[Difference]:
        """The true entries of a quantity by the name that it is compared under; of a value the same on either side."""
        kind, _, name = quantity.partition(" ")
        if kind in ("loss", "z", "output"):
            values = self.run()
            of_node = {"z": values.preactivations, "output": values.outputs}
            entries = [values.loss] if kind == "loss" else of_node[kind][name].ravel()
            return [Difference(*[entries[place]] * 3) for place in places]
        if kind == "entry":
            name, _, index = name.partition("[")
            places = [int(np.ravel_multi_index(indices(index), self.parameters[name].shape))]
        return self.gradient(name, node_of(quantity), kind == "δ", places)


def indices(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.rstrip("]").split(",")))


def node_of(quantity: str) -> str:
    """The node that is differentiated, "" for the loss: "h2" of "∂h2/∂ w1"."""
    found = re.match(r"∂(?!L/)(\w+)/∂ ", quantity)
    return found[1] if found else ""


class MovingOperations(MpOperations):
    """The values of one node are moved before anybody reads them: z and output of every layer come by in turn.

    `steps` holds the outputs of `sign` and `step` as they are when nothing is moved: their derivative is 0 everywhere.
    """

    def __init__(self, turn: int, step: Any, noise: bool, steps: dict[int, Any]) -> None:
        self.turn, self.step, self.noise, self.steps = turn, step, noise, steps
        self.now = -1

    def activation(self, given: dict[str, Any], z: Any, alpha: Any) -> Any:
        if given.get("name") not in ("sign", "step"):
            return super().activation(given, z, alpha)
        return self.steps.setdefault(self.now, super().activation(given, z, alpha))

    def node(self, values: Any) -> Any:
        self.now += 1
        values = blurred(values, self.now) if self.noise else values
        return values + self.step if self.turn == self.now else values


def blurred(values: Any, turn: int) -> Any:
    """Every value off by as much as a last place of a double, always the same way at the same turn."""
    random = Random(turn)
    return np.frompyfunc(lambda x: x * (1 + random.uniform(-1, 1) * mp.mpf(2) ** -52), 1, 1)(values)


def judge(judges: tuple[Judge, Judge], comparison: Any, magnitude: float) -> Verdict:
    """Who is further from the truth, where the two differ most, and by more than rounding.

    Of the judges the second has noise; `magnitude` is Σ|contribution| of the entry where that is largest.
    """
    ours, theirs = np.array(comparison.ours), np.array(comparison.theirs)
    with np.errstate(all="ignore"):
        apart = abs(ours.astype(float) - theirs)
    places = sorted({*np.argsort(-apart)[:MOST], int(abs(theirs).argmax()), int(abs(ours).argmax())})
    if comparison.quantity.startswith("without"):  # which differences of the loss do not say
        wrong = apart.max() > ROUNDINGS * 2.0**-53 * magnitude
        return Verdict("ours" if wrong else "rounding", 0.0, f"PyTorch has {apart.max():.1e} less or more")
    if judges[0].exponent > MOST_DIGITS:
        return Verdict("beyond 10^300", 0.0, f"10^{judges[0].exponent:.3g}")
    exact = [d.nearest(x) for d, x in zip(judges[0].value(comparison.quantity, places), ours[places])]
    scale, our, their = max(map(abs, exact)), distance(ours[places], exact), distance(theirs[places], exact)
    text = f"of {mp.nstr(scale, 2)} we miss {mp.nstr(our, 2)}, PyTorch {mp.nstr(their, 2)}"
    if our <= max(CLOSE * scale, NOTHING):
        return Verdict("PyTorch", float(our / scale) if scale > NOTHING else 0.0, text)
    noisy = [d.nearest(x) for d, x in zip(judges[1].value(comparison.quantity, places), ours[places])]
    spread = distance(noisy, exact) + (magnitude * 2.0**-53 if np.isfinite(magnitude) else 0)
    text += f"; rounding makes about {mp.nstr(spread, 2)}"
    if our <= ROUNDINGS * spread:
        return Verdict("rounding", 0.0, text)
    is_formula = any("formula" in layer.activation for layer in judges[0].plan.layers)
    return Verdict("formula" if is_formula and our <= CANCELLED * scale else "ours", 0.0, text)


def distance(found: Sequence[Any], true: list[Any]) -> Any:
    """The largest difference; an output that noise takes out of a domain is as far off as can be."""
    exact = [a if isinstance(a, (mp.mpf, mp.mpc)) else mp.mpf(float(a)) for a in found]
    return max(abs(a - b) if a == a else mp.inf for a, b in zip(exact, true))


def relative(a: list[float], b: list[float]) -> float:
    """max|a − b| / max|b|."""
    ours, theirs = np.array(a), np.array(b)
    if np.array_equal(ours, theirs) or max(abs(ours).max(), abs(theirs).max()) < TINY:
        return 0.0
    scale = abs(theirs).max()
    if ours.dtype == object or not scale or not np.isfinite(theirs).all():  # numbers that no double holds
        return np.inf
    return float(abs(ours - theirs).max() / scale)
