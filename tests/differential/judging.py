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
    """Who misses the truth: "PyTorch", "ours", or "rounding" where both may."""

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

    def leaves_range(self) -> bool:
        """Whether a value of a node has an exponent of ten beyond ±10^15."""
        values = self.run()
        found = (*values.preactivations.values(), *values.outputs.values())
        return any(abs(mp.log10(abs(x))) > 1e15 for value in found for x in value.ravel() if x)

    def gradient(
        self, name: str, of: str = "", preactivation: bool = False, places: Sequence[int] | None = None
    ) -> list[Difference]:
        """∂L/∂ a parameter, a node's output or its preactivation, at some of its entries."""
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
            size = step[index] = STEP * (min(abs(moved[index]), 1) or 1)
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
    try:
        exact, noisy = (judge.value(comparison.quantity, places) for judge in judges)
    except (ValueError, ZeroDivisionError, OverflowError) as error:
        return Verdict("no verdict", 0.0, f"mpmath: {error}")
    true = [difference.nearest(found) for difference, found in zip(exact, ours[places])]
    nearby = [difference.nearest(found) for difference, found in zip(noisy, ours[places])]
    if any(isinstance(x, mp.mpc) for x in (*true, *nearby)):
        return Verdict("no verdict", 0.0, "outside of the domain of a function")
    scale = max(map(abs, true))
    our, their, spread = (distance(found, true) for found in (ours[places], theirs[places], nearby))
    spread += magnitude * 2.0**-53 if np.isfinite(magnitude) else 0
    size, us, them, about = (mp.nstr(number, 2) for number in (scale, our, their, spread))
    text = f"of {size} we miss {us}, PyTorch {them}; rounding makes about {about}"
    if our <= max(CLOSE * scale, NOTHING):
        return Verdict("PyTorch", float(our / scale) if scale > NOTHING else 0.0, text)
    return Verdict("rounding" if our <= ROUNDINGS * spread else "ours", 0.0, text)


def distance(found: Sequence[Any], true: list[Any]) -> Any:
    exact = [a if isinstance(a, mp.mpf) else mp.mpf(float(a)) for a in found]
    return max(abs(a - b) if a == a else mp.inf for a, b in zip(exact, true))


def flat(value: Any) -> list[Any]:
    return [x for part in value for x in flat(part)] if isinstance(value, list) else [value]


def relative(a: list[float], b: list[float]) -> float:
    """max|a − b| / max|b|."""
    ours, theirs = np.array(a), np.array(b)
    if np.array_equal(ours, theirs) or max(abs(ours).max(), abs(theirs).max()) < TINY:
        return 0.0
    scale = abs(theirs).max()
    if ours.dtype == object or not scale or not np.isfinite(theirs).all():  # numbers that no double holds
        return np.inf
    return float(abs(ours - theirs).max() / scale)
