"""Initial values: what `init` draws for a parameter of a given shape, the same on every machine.

Draws come row by row from a `random.Random`, by its `uniform` and `gauss` alone, and sums are added in order, so that
no version of Python and no processor gives other values. `drawn_arrays.py` draws the same numbers many at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from math import cos, log, pi, sin, sqrt
from typing import TYPE_CHECKING

from gradcalc.records import Record

if TYPE_CHECKING:
    from random import Random

Rows = list[list[float]]
Options = Mapping[str, float]
Scale = Callable[[float, int, int], float]  # the spread of what is drawn, of gain, fan-out and fan-in
FAN_IN = "fan_in"  # the option by which a bias is given the fan-in of its layer's weight
TWO_PI = 2.0 * pi
WIDE = 4096  # so many entries are orthogonalised faster by NumPy, its loading included


class Generator:
    """The numbers that a seed gives, in rows, each drawn after the one before it."""

    def __init__(self, seed: int) -> None:
        from random import Random

        self._random = Random(seed)

    def restart(self, seed: int) -> None:
        """From now on those of another seed."""
        self._random.seed(seed)

    def uniform(self, rows: int, columns: int, low: float, high: float) -> Rows:
        """Uniform between the ends."""
        draw = self._random.uniform
        return [[draw(low, high) for _ in range(columns)] for _ in range(rows)]

    def normal(self, rows: int, columns: int, mean: float, std: float) -> Rows:
        """Normal with this mean and standard deviation."""
        drawn = normals(self._random, rows * columns)
        return [[mean + z * std for z in drawn[first : first + columns]] for first in range(0, rows * columns, columns)]


Draw = Callable[[Generator, int, int, Options], Rows]


class Init(Record):
    """A rule that draws `rows` × `columns` numbers; fan-out is the rows, fan-in the columns."""

    draw: Draw
    about: str  # what is drawn, and the source of its formula
    options: tuple[str, ...] = ()  # beside init and seed
    needs_fan: bool = False  # has no meaning for a bias
    is_random: bool = True
    aliases: tuple[str, ...] = ()  # names that mean the same in PyTorch, Keras or JAX


def normals(random: Random, count: int) -> list[float]:
    """What as many calls of `random.gauss(0, 1)` give, which draws two at a time and holds the other back (Box and
    Muller, 1958), at two thirds of the time."""
    held, draw = random.getstate()[2], random.random
    found = [] if held is None else [random.gauss(0.0, 1.0)]
    for _ in range((count - len(found)) // 2):
        angle = draw() * TWO_PI
        radius = sqrt(-2.0 * log(1.0 - draw()))
        found += (cos(angle) * radius, sin(angle) * radius)
    return found if len(found) == count else [*found, random.gauss(0.0, 1.0)]


def uniform(scale: Scale) -> Draw:
    """U(−a, a), a by the scale."""

    def draw(generator: Generator, rows: int, columns: int, options: Options) -> Rows:
        bound = scale(options.get("gain", 1.0), rows, columns)
        return generator.uniform(rows, columns, -bound, bound)

    return draw


def normal(scale: Scale) -> Draw:
    """N(0, s²), s by the scale."""
    return lambda generator, rows, columns, options: generator.normal(
        rows, columns, 0.0, scale(options.get("gain", 1.0), rows, columns)
    )


def _orthogonal(generator: Generator, rows: int, columns: int, options: Options) -> Rows:
    drawn = generator.normal(rows, columns, 0.0, 1.0)
    gain = options.get("gain", 1.0)
    if rows <= columns:
        return [[gain * entry for entry in row] for row in _orthonormal(drawn)]
    turned = _orthonormal([list(column) for column in zip(*drawn, strict=True)])
    return [[gain * entry for entry in row] for row in zip(*turned, strict=True)]


def _orthonormal(vectors: Rows) -> Rows:
    """Gram-Schmidt in its modified form: v − ⟨v, q⟩q for every q before it, then divided by its length."""
    if len(vectors) * len(vectors[0]) >= WIDE:
        return _orthonormal_arrays(vectors)
    found: Rows = []
    for vector in vectors:
        for unit in found:
            along = _dot(vector, unit)
            vector = [entry - along * part for entry, part in zip(vector, unit)]
        length = sqrt(_dot(vector, vector))
        found.append([entry / length for entry in vector])
    return found


def _dot(a: list[float], b: list[float]) -> float:
    """Added in order: the built-in `sum` does not add alike in all versions of Python."""
    total = 0.0
    for x, y in zip(a, b):
        total += x * y
    return total


def _orthonormal_arrays(vectors: Rows) -> Rows:
    """The same, operation by operation, on arrays: `accumulate` adds in order, where `dot` would not."""
    import numpy as np

    work = np.array(vectors)
    for number, vector in enumerate(work):
        vector /= sqrt(np.add.accumulate(vector * vector)[-1])
        rest = work[number + 1 :]
        rest -= np.add.accumulate(rest * vector, axis=1)[:, -1:] * vector
    found: Rows = work.tolist()
    return found


scaled = partial(Init, options=("gain",), needs_fan=True)
INITS: dict[str, Init] = {
    "zeros": Init(lambda _, rows, columns, options: [[0.0] * columns for _ in range(rows)], "0", is_random=False),
    "ones": Init(lambda _, rows, columns, options: [[1.0] * columns for _ in range(rows)], "1", is_random=False),
    "identity": Init(
        lambda _, rows, columns, options: [[float(i == j) for j in range(columns)] for i in range(rows)],
        "1 where row and column agree, else 0", needs_fan=True, is_random=False, aliases=("eye",),
    ),
    "constant": Init(
        lambda _, rows, columns, options: [[float(options["value"])] * columns for _ in range(rows)],
        "its `value`", ("value",), is_random=False,
    ),
    "uniform": Init(
        lambda generator, rows, columns, options: generator.uniform(
            rows, columns, options.get("low", 0.0), options.get("high", 1.0)),
        "U(low, high), by default U(0, 1)", ("low", "high"),
    ),
    "normal": Init(
        lambda generator, rows, columns, options: generator.normal(
            rows, columns, options.get("mean", 0.0), options.get("std", 1.0)),
        "N(mean, std²), by default N(0, 1)", ("mean", "std"),
    ),
    "xavier_uniform": scaled(
        uniform(lambda gain, fan_out, fan_in: gain * sqrt(6 / (fan_out + fan_in))), aliases=("glorot_uniform",),
        about="U(−a, a), a = gain·√(6/(fan_in + fan_out)): Glorot and Bengio 2010, equation 16",
    ),
    "xavier_normal": scaled(
        normal(lambda gain, fan_out, fan_in: gain * sqrt(2 / (fan_out + fan_in))), aliases=("glorot_normal",),
        about="N(0, s²), s = gain·√(2/(fan_in + fan_out)): the variance of Glorot and Bengio 2010, equation 12",
    ),
    "he_uniform": scaled(
        uniform(lambda gain, fan_out, fan_in: gain * sqrt(6 / fan_in)), aliases=("kaiming_uniform",),
        about="U(−a, a), a = gain·√(6/fan_in): the variance of He et al. 2015, equation 10, which holds the √2 of ReLU",
    ),
    "he_normal": scaled(
        normal(lambda gain, fan_out, fan_in: gain * sqrt(2 / fan_in)), aliases=("kaiming_normal",),
        about="N(0, s²), s = gain·√(2/fan_in): He et al. 2015, equation 10",
    ),
    "lecun_normal": scaled(
        normal(lambda gain, fan_out, fan_in: gain / sqrt(fan_in)),
        about="N(0, s²), s = gain/√fan_in: LeCun, Bottou, Orr and Müller 1998, Efficient BackProp, equation 16",
    ),
    "orthogonal": scaled(
        _orthogonal, about="gain·Q, the rows of Q orthonormal, or its columns where there are more: Saxe et al. 2014",
    ),
    "torch_linear": Init(
        lambda generator, rows, columns, options: uniform(lambda *_: 1 / sqrt(options.get(FAN_IN, columns)))(
            generator, rows, columns, options),
        "U(−a, a), a = 1/√fan_in: weight and bias of PyTorch's nn.Linear; a bias has the fan-in of its layer's weight",
    ),
}  # fmt: skip
ALIASES: dict[str, str] = {alias: name for name, init in INITS.items() for alias in init.aliases}
UNLIKE = {
    "lecununiform": 'is U(−a, a), a = √(3/fan_in); write {init: he_uniform, gain: "sqrt(1/2)"}',
    "variancescaling": "depends on its mode; write he_normal (fan_in) or xavier_normal (both fans), with a gain",
    "randomuniform": "is U(−0.05, 0.05) in Keras; write {init: uniform, low: -0.05, high: 0.05}",
    "randomnormal": "is N(0, 0.05²) in Keras; write {init: normal, std: 0.05}",
    **dict.fromkeys(
        ("truncatednormal", "truncnormal"), "draws nothing beyond two standard deviations; {init: normal, std: …} does"
    ),
}
"""Names of other libraries that no row here means, in small letters without `_`, each with the difference."""
