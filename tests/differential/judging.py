"""Who is wrong where two programs differ: central differences of the whole network, on its doubles, at 120 digits.

A function that stands on its kink is there the line that the conventions make it, so that differences have its slope.
"""

import re
from collections.abc import Sequence
from random import Random
from typing import Any, NamedTuple

import numpy as np
from reference.functions import KINKS, exact, join_derivatives, mp

from .mp_operations import FUNCTIONS, MpOperations, array, each, rounded
from .plain_spec import Plan, Values, forward

STEP = mp.mpf(10) ** -40
CLOSE = 1e-12
TINY = 1e-290
"""What PyTorch underflows to is not compared."""
NOTHING = 1e-70
"""What differences at 120 digits make of a 0."""
ROUNDINGS = 8
"""An error of so many times what one last place makes, of every number, value of a node and operation of a formula, is
rounding's."""
NOISY = 3
"""As many runs say what that is."""
ORDINARY = 15
MOST_DIGITS = 1000
"""Exponents beyond these need more digits, and smaller steps; and more than can be had."""
MOST = 3
"""As many entries are looked at, where the two differ most, and the largest."""
LENGTH = 0.75
"""What a contribution is multiplied by for every layer of its path, in sums by length."""


class Comparison(NamedTuple):
    """One quantity of a network: ours and PyTorch's, flat, and the largest difference relative to the largest entry."""

    quantity: str
    ours: Any
    theirs: Any
    difference: float


class Verdict(NamedTuple):
    """Who misses the truth: "PyTorch", "ours", or "rounding" where both may."""

    who: str
    error: float  # ours, relative to the largest entry
    text: str


class Judge:
    """A network in mpmath, its numbers the doubles of the spec, or its decimals.

    With `noise`, the number of a run, every number of the spec, every value of a node and every operation of a formula
    is off by up to a last place of a double: the spread of the results says what rounding makes of them (Monte Carlo
    arithmetic: Parker, 1997). With `length` a contribution of a path of n layers is multiplied by lengthⁿ; no path
    passes a node or a weight that is to `avoid`.
    """

    def __init__(
        self, plan: Plan, noise: int = 0, decimals: bool = False, length: float = 1.0, avoid: str = ""
    ) -> None:
        self.plan = plan
        self.noise = noise
        self.length = length
        self.avoid = avoid
        self.known: dict[Any, Any] = {}
        self.unmoved: dict[int, Any] = {}

        def read(value: Any) -> Any:
            return array(value if decimals else each(value, lambda x: mp.mpf(rounded(x))))

        self.inputs = {name: read(rows) for name, rows in plan.inputs.items()}
        self.parameters = {name: read(value) for name, value in plan.parameters.items()}
        if noise:
            for turn, values in enumerate((*self.inputs.values(), *self.parameters.values())):
                values[...] = noisy(values, f"{noise}/number {turn}")
        self.exponent = self.largest_exponent()
        more = int(self.exponent) if ORDINARY < self.exponent <= MOST_DIGITS else 0
        self.digits, self.step = mp.dps + 3 * more, STEP / mp.mpf(10) ** more
        self.known.clear()
        self.unmoved.clear()

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
            turn = self.turns(moves)[not preactivation]
        if moves:
            self.run()
        operations = MovingOperations(self, turn, step, parameters.get(self.avoid))
        values = forward(self.plan, operations, inputs, parameters, of)
        return values if moves else self.known.setdefault(of, values)

    def turns(self, layer: str) -> tuple[int, int]:
        """Of its z and its output."""
        turn = 2 * [layer.name for layer in self.plan.layers].index(layer)
        return turn, turn + 1

    def largest_exponent(self) -> float:
        """Of ten, up or down, of any value, and of e^z, by which an activation may miss its bound."""
        values = self.run()
        zs = [x for value in values.preactivations.values() for x in value.ravel()]
        found = [*zs, *(x for value in values.outputs.values() for x in value.ravel()), values.loss]
        return float(max((abs(mp.log10(abs(x))) for x in found if x), default=0) + max(map(abs, zs)) / mp.log(10))

    def loss_exponent(self) -> float:
        """The same, and of e^y, which a loss may be and its derivative."""
        outputs = [abs(y) for value in self.run().outputs.values() for y in value.ravel()]
        return max(self.exponent, float(max(outputs) / mp.log(10)))

    def gradient(
        self, name: str, of: str = "", preactivation: bool = False, places: Sequence[int] | None = None
    ) -> list[Any]:
        """∂L/∂ a parameter, a node's output or its preactivation, at some of its entries."""
        with mp.workdps(self.digits):
            middle = self.run(of)
            values = middle.preactivations if preactivation else middle.outputs
            size = (self.parameters if name in self.parameters else values)[name].shape
            indices = list(np.ndindex(size))
            return [self.entry(name, of, preactivation, indices[n]) for n in (places or range(len(indices)))]

    def entry(self, name: str, of: str, preactivation: bool, index: tuple[int, ...]) -> Any:
        key = name, of, preactivation, index
        if key not in self.known:
            values = self.run(of).preactivations if preactivation else self.run(of).outputs
            moved = (self.parameters if name in self.parameters else values)[name]
            step = np.full(moved.shape, mp.zero, dtype=object)
            size = step[index] = self.step * (abs(moved[index]) or 1)
            high, low = (self.run(of, name, sign * step, preactivation).loss for sign in (1, -1))
            self.known[key] = (high - low) / (2 * size)
        return self.known[key]

    def over_paths(self, **which: Any) -> "Judge":
        """Of the same network, its paths by their lengths, or those past a node or a weight."""
        key = tuple(which.items())
        if key not in self.known:
            self.known[key] = Judge(self.plan, self.noise, **which)
        return self.known[key]

    def value(self, quantity: str, places: Sequence[int]) -> list[Any]:
        """The true entries of a quantity by the name that it is compared under."""
        kind, _, name = quantity.partition(" ")
        kind, _, avoid = kind.partition(":")
        if kind in ("loss", "z", "output"):
            values = self.run()
            of_node = {"z": values.preactivations, "output": values.outputs}
            entries = [values.loss] if kind == "loss" else of_node[kind][name].ravel()
            return [entries[place] for place in places]
        if kind == "lengths":
            return self.over_paths(length=LENGTH).gradient(name, places=places)
        if kind == "without":
            return self.over_paths(avoid=avoid).gradient(name, places=places)
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

    `Judge.unmoved` has in turn what is read when nothing is moved, by functions with kinks, over edges of `length`, and
    where paths are avoided.
    """

    def __init__(self, judge: Judge, turn: int, step: Any, avoided: Any) -> None:
        self.judge, self.turn, self.step, self.avoided = judge, turn, step, avoided
        self.still = judge.turns(judge.avoid) if judge.avoid and avoided is None else ()
        self.now = self.reading = -1
        self.functions = FUNCTIONS | {
            "min": lambda *xs: self.joined("min", xs), "max": lambda *xs: self.joined("max", xs),
            "abs": lambda x: self.bent("abs", x), "sign": lambda x: self.bent("sign", x),
            "relu": lambda x: self.bent("relu", x),
        }  # fmt: skip
        if judge.noise:
            random = Random(f"{judge.noise}/formulas")
            self.functions |= {"rounded": lambda x: blurred(x, random), "N": lambda text: mp.mpf(float(text))}

    def unmoved(self, values: Any) -> Any:
        self.reading += 1
        return self.judge.unmoved.setdefault(self.reading, values)

    def enter(self, source: Any) -> Any:
        if self.judge.length == 1:
            return source
        at = self.unmoved(source)
        return at + self.judge.length * (source - at)

    def weigh(self, source: Any, weight: Any) -> Any:
        return super().weigh(self.unmoved(source) if weight is self.avoided else source, weight)

    def joined(self, name: str, xs: Sequence[Any]) -> Any:
        if name not in ("min", "max"):
            return super().joined(name, xs)
        at = self.unmoved(xs)
        value = super().joined(name, at)
        if at.count(value) == 1:
            return super().joined(name, xs)
        return value + mp.fdot(join_derivatives(name, at), [x - start for x, start in zip(xs, at)])

    def bent(self, name: str, x: Any, **found: Any) -> Any:
        if name not in KINKS:
            return super().bent(name, x, **found)
        at, kinks = self.unmoved(x), KINKS[name](**found)
        if at not in kinks:
            return super().bent(name, x, **found)
        return super().bent(name, at, **found) + exact(kinks[at]) * (x - at)

    def example(self, given: dict[str, Any], ys: list[Any], ts: Any) -> Any:
        """Where a loss has a kink its slope is 0: what stands there does not move."""
        if given.get("name") in ("mae", "hinge"):
            on_kink = (lambda y, t: y == t) if given["name"] == "mae" else (lambda y, t: t * y == 1)
            starts = [self.unmoved(y) for y in ys]
            ys = [start if on_kink(start, t) else y for y, start, t in zip(ys, starts, ts)]
        return super().example(given, ys, ts)

    def node(self, values: Any) -> Any:
        self.now += 1
        values = noisy(values, f"{self.judge.noise}/node {self.now}") if self.judge.noise else values
        if self.now in self.still:
            return self.unmoved(values)
        return values + self.step if self.turn == self.now else values


def noisy(values: Any, seed: str) -> Any:
    """Every value off by as much as a last place of a double, always the same way with the same seed."""
    random = Random(seed)
    return np.frompyfunc(lambda x: blurred(x, random), 1, 1)(values)


def blurred(x: Any, random: Random) -> Any:
    return x * (1 + random.uniform(-1, 1) * mp.mpf(2) ** -52)


def judges_of(plan: Plan) -> list[Judge]:
    """One of the numbers as they are, and those with noise."""
    return [Judge(plan, noise) for noise in range(NOISY + 1)]


def judge(judges: Sequence[Judge], comparison: Comparison, magnitude: float) -> Verdict:
    """Who is further from the truth, where the two differ most, and by more than rounding.

    Of the judges all but the first have noise; `magnitude` is Σ|contribution| of the entry where that is largest.
    """
    ours, theirs = np.array(comparison.ours), np.array(comparison.theirs)
    with np.errstate(all="ignore"):
        apart = abs(ours.astype(float) - theirs)
    places = sorted({*np.argsort(-apart)[:MOST], int(abs(theirs).argmax()), int(abs(ours).argmax())})
    if judges[0].exponent > MOST_DIGITS:
        return Verdict(f"beyond 10^{MOST_DIGITS}", 0.0, f"10^{judges[0].exponent:.3g}")
    true = judges[0].value(comparison.quantity, places)
    scale, our, their = max(map(abs, true)), distance(ours[places], true), distance(theirs[places], true)
    text = f"of {mp.nstr(scale, 2)} we miss {mp.nstr(our, 2)}, PyTorch {mp.nstr(their, 2)}"
    if our <= max(CLOSE * scale, NOTHING):
        return Verdict("PyTorch", float(our / scale) if scale > NOTHING else 0.0, text)
    spread = rounding(judges, comparison.quantity, places, magnitude)
    text += f"; rounding makes about {mp.nstr(spread, 2)}"
    return Verdict("rounding" if our <= ROUNDINGS * spread else "ours", 0.0, text)


def rounding(judges: Sequence[Judge], quantity: str, places: Sequence[int], magnitude: float) -> Any:
    """What rounding makes of some entries of a quantity, and of the sum over paths of that magnitude."""
    true, *noisy = (judge.value(quantity, places) for judge in judges)
    return max(distance(found, true) for found in noisy) + (magnitude * 2.0**-53 if np.isfinite(magnitude) else 0)


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
