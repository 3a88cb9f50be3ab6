"""What `init` draws: the parameters with their rules, in order, and the numbers that they have with other seeds.

One generator draws for the whole network, layer by layer; a value with a seed of its own opens its own.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from math import isfinite, prod
from typing import TYPE_CHECKING, Any

from gradcalc.errors import SpecPath
from gradcalc.network.network import Network, Value, numbers
from gradcalc.records import Record

if TYPE_CHECKING:
    from gradcalc.language.building.initializers import Generator

MANY = 1024  # numbers from which on arrays of them take less time, where NumPy is loaded
LARGEST_SEED = 2**53  # of those of which a float64 tells one from the next
Array = Any


class Draw(Record):
    """A parameter that `init` draws; `seed` is its own."""

    number: int
    at: SpecPath
    init: str
    options: Mapping[str, float]
    seed: int | None
    shape: tuple[int, ...]
    fan_in: int | None

    @property
    def is_random(self) -> bool:
        """Whether the generator is asked."""
        from gradcalc.language.building.initializers import INITS

        return INITS[self.init].is_random

    def rows(self, generator: Generator) -> Any:
        """The numbers that come next, in rows: lists, or an array where the generator gives arrays."""
        from gradcalc.language.building.initializers import FAN_IN, INITS

        rows, columns = self.shape if len(self.shape) == 2 else (1, prod(self.shape))
        return INITS[self.init].draw(generator, rows, columns, {**self.options, FAN_IN: float(self.fan_in or columns)})

    def value(self, generator: Generator) -> Value:
        """Rows for a weight, a list for a bias, a number for what nothing uses."""
        rows = self.rows(generator)
        rows = rows if isinstance(rows, list) else rows.tolist()
        return rows if len(self.shape) == 2 else rows[0] if self.shape else rows[0][0]


class Drawn(Record):
    """A value as it was drawn, and the seed of its generator."""

    draw: Draw
    seed: int
    value: Value

    @property
    def is_finite(self) -> bool:
        """Whether float64 holds all of it."""
        found = numbers(self.value)
        return isfinite(sum(found)) or all(map(isfinite, found))


def all_drawn(draws: Sequence[Draw], seed: int) -> Iterator[Drawn]:
    """The values of all, those without a seed of their own from one generator."""
    whole = generator(seed, sum(prod(draw.shape) for draw in draws))
    for draw in draws:
        own = draw.seed
        yield (
            Drawn(draw, seed, draw.value(whole))
            if own is None
            else Drawn(draw, own, draw.value(generator(own, prod(draw.shape))))
        )


def generator(seed: int, count: int) -> Generator:
    """What draws so many numbers soonest."""
    from gradcalc.language.building.initializers import Generator

    if count < MANY or "numpy" not in sys.modules:
        return Generator(seed)
    from gradcalc.language.building.drawn_arrays import array_generator

    return array_generator(seed)


class DrawnNetwork(Record):
    """A network, and what of it was drawn."""

    network: Network
    drawn: Sequence[Drawn]

    def seeded(self, other: DrawnNetwork, seeds: tuple[Any, Any]) -> SeededParameters | None:
        """The parameters that the two networks draw with one of the two seeds each; None where there is none, or what
        is drawn differs in anything else."""
        pairs = list(zip(self.drawn, other.drawn))
        if len(self.drawn) != len(other.drawn) or any(type(seed) is not int for seed in seeds):
            return None
        if any(_rule(one.draw) != _rule(two.draw) for one, two in pairs):
            return None
        moving = {one.draw.number for one, two in pairs if one.seed != two.seed and one.draw.is_random}
        chosen = [(one, two) for one, two in pairs if one.draw.number in moving]
        if any((one.seed, two.seed) != seeds for one, two in chosen):
            return None
        if len({one.draw.seed is None for one, _ in chosen}) != 1:  # none, or the network's generator and others
            return None
        fixed: dict[int, Mapping[int, float]] = {}
        for one, two in chosen:
            values = [of.network.parameters[one.draw.number].value for of in (self, other)]
            if values[0] is not one.value or values[1] is not two.value:  # an option has set some entries
                before, after = map(numbers, values)
                drawn = zip(numbers(one.value), numbers(two.value))
                places = [at for at, pair in enumerate(drawn) if pair != (before[at], after[at])]
                if any(before[at] != after[at] for at in places):
                    return None
                fixed[one.draw.number] = {at: before[at] for at in places}
        return SeededParameters([one.draw for one, _ in chosen], fixed)


def _rule(draw: Draw) -> tuple[Any, ...]:
    """All of a draw but its place in the text and its seed."""
    return draw.number, draw.init, draw.options, draw.seed is None, draw.shape, draw.fan_in


class SeededParameters:
    """The parameters that a network draws with one seed, at any value of it, entry by entry and row by row; `fixed` are
    entries that are set, by parameter and place."""

    def __init__(self, draws: Sequence[Draw], fixed: Mapping[int, Mapping[int, float]]) -> None:
        self._draws = draws
        self._fixed = fixed

    @property
    def numbers(self) -> Collection[int]:
        """Those of the parameters."""
        return [draw.number for draw in self._draws]

    @staticmethod
    def takes(seed: Any) -> bool:
        """Whether a value is a seed that these can have."""
        return type(seed) is int and abs(seed) < LARGEST_SEED

    def entries(self, seed: int) -> dict[int, list[float]]:
        """The entries of every parameter."""
        whole = generator(seed, sum(prod(draw.shape) for draw in self._draws))
        found = {}
        for draw in self._draws:
            value = draw.value(whole if draw.seed is None else generator(seed, prod(draw.shape)))
            found[draw.number] = row = numbers(value)
            for place, number in self._fixed.get(draw.number, {}).items():
                row[place] = number
        return found

    def empty(self, seeds: int) -> dict[int, Array]:
        """Room for the entries of every parameter at so many seeds, [seeds][entries]."""
        import numpy as np

        return {draw.number: np.empty((seeds, prod(draw.shape))) for draw in self._draws}

    def arrays(self, seeds: Sequence[int], room: Mapping[int, Array] | None = None) -> dict[int, Array]:
        """The same for many seeds, where there is room for them."""
        import numpy as np

        from gradcalc.language.building.drawn_arrays import array_generator

        found = {number: rows[: len(seeds)] for number, rows in (room or self.empty(len(seeds))).items()}
        generator = array_generator(0)  # all that moves is the network's, or has the seed as its own
        for place, seed in enumerate(seeds):
            generator.restart(seed)
            for draw in self._draws:
                if draw.seed is not None:
                    generator.restart(seed)
                found[draw.number][place] = np.ravel(draw.rows(generator))
        for number, entries in self._fixed.items():
            for place, entry in entries.items():
                found[number][:, place] = entry
        return found
