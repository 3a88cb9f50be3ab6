"""The parameters in the making: numbered in order, named once, shaped by where they are put, drawn in order.

Entries of `parameters` come first and take their shape from their first use.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import TYPE_CHECKING, Any

from gradcalc.network import NO_CONSTANTS, Parameter, Value
from gradcalc.problems import SpecPath
from gradcalc.spec.building.describing import Describer, Description
from gradcalc.spec.building.names import Names
from gradcalc.spec.building.placing import Place
from gradcalc.spec.building.reporter import Reporter
from gradcalc.spec.building.values import Given, Shape
from gradcalc.spec.wording import path_text

if TYPE_CHECKING:
    from random import Random

MOST_NUMBERS = 10_000_000


class Pool:
    """Every parameter put so far, in the order in which the network lists them."""

    def __init__(self, names: Names, reporter: Reporter, seed: int) -> None:
        self.parameters: list[Parameter] = []
        self.lost: list[str] = []  # names that would be there but for a mistake, which has been reported
        self.describer = Describer((), reporter)
        self._names = names
        self._reporter = reporter
        self._seed = seed
        self._random: Random | None = None
        self._numbers = 0
        self._entries: dict[str, tuple[int, Description]] = {}
        self._first_uses: dict[str, SpecPath] = {}

    def enter(self, entries: Mapping[str, Any]) -> None:
        """Takes the entries of `parameters` in, each in the shape in which it is written."""
        for name, raw in entries.items():
            at = ("parameters", name)
            description = self.describer.describe(raw, at)
            if description.name is not None:
                self._reporter.error((*at, "name"), f"an entry of parameters has only its own name, {name}")
            self._names.choose(name, at, parameter=True, on="key")
            number = self._append(name, "entry", description.given or Given((), 0.0), description)
            self._entries[name] = number, description
        self.describer = Describer(entries.keys(), self._reporter)

    def put(self, description: Description, name: str, place: Place, kind: str, copy: int = 0) -> int | None:
        """The number of the parameter that is described, at its place; None where a mistake forbids it.

        `name` is its name by position. `copy` counts the copies of a repeated layer, whose given names it ends.
        """
        if description.entry is not None:
            return self._use(description, place)
        given = self._fitted(description, place, description.at)
        if description.name is None:
            self._names.take(name, description.at)
        else:
            name = f"{description.name}{copy}" if copy else description.name
            self._names.choose(name, description.name_at, parameter=True)
        if given is None:
            self.lost.append(name)
            return None
        return self._append(name, kind, given, description)

    def put_number(self, number: float, at: SpecPath, name: str, kind: str) -> int:
        """The same for a plain number, which fits everywhere: the case of long chains, kept short."""
        self._names.take(name, at)
        self.parameters.append(Parameter(name, kind, (), number, False, NO_CONSTANTS))
        return len(self.parameters) - 1

    def put_again(self, number: int, at: SpecPath, place: Place) -> None:
        """A parameter that is used once more has to fit there too."""
        parameter = self.parameters[number]
        if parameter.shape:
            place.fit(Given(parameter.shape, parameter.value), at, self._reporter, ", shared by the copies,")

    def entry_shape(self, name: str) -> Shape | None:
        """The shape that an entry of `parameters` has so far; None where its first use will draw it."""
        number, entry = self._entries[name]
        unused = name not in self._first_uses
        return None if unused and entry.given is None else self.parameters[number].shape

    def finish(self) -> None:
        """Warns of entries that nothing uses; where init was to draw them, they are drawn as one number."""
        for name, (number, description) in self._entries.items():
            if name in self._first_uses:
                continue
            self._reporter.warning(("parameters", name), f"the parameter {name} is never used", "key")
            if description.init is not None and not self._reporter.failed:
                (value,) = self._draw(description, (1,))
                self.parameters[number] = self.parameters[number]._replace(value=value)

    def _use(self, description: Description, place: Place) -> int | None:
        """An entry of `parameters`, used where `description` stands."""
        assert description.entry is not None
        number, entry = self._entries[description.entry]
        if description.entry in self._first_uses:
            first = path_text(self._first_uses[description.entry])
            shape = self.parameters[number].shape
            if shape:
                place.fit(Given(shape, None), description.at, self._reporter, f" since its use in {first}")
        else:
            given = self._fitted(entry, place, description.at)
            if given is None:
                return None
            self._first_uses[description.entry] = description.at
            shaped = {"shape": given.shape, "value": given.value, "exact": given.exact}
            self.parameters[number] = self.parameters[number]._replace(**shaped)
        if description.frozen:
            self.parameters[number] = self.parameters[number]._replace(frozen=True)
        return number

    def _fitted(self, description: Description, place: Place, at: SpecPath) -> Given | None:
        """The value in the shape that it has at its place, drawn if it is to be drawn."""
        if description.init is None:
            return None if description.given is None else place.fit(description.given, at, self._reporter)
        shape = place.drawn(description.init, at, self._reporter)
        if shape is None:
            return None
        spare = self._too_many(prod(shape), at) or self._reporter.failed
        return Given(shape, None if spare else self._draw(description, shape))

    def _draw(self, description: Description, shape: Shape) -> Value:
        """Rows for a weight, a list for a bias."""
        from random import Random

        from gradcalc.spec.building.drawing import INITS

        assert description.init is not None
        if self._random is None:
            self._random = Random(self._seed)
        random = self._random if description.seed is None else Random(description.seed)
        rows, columns = shape if len(shape) == 2 else (1, shape[0])
        drawn = INITS[description.init].draw(random, rows, columns, description.options)
        return drawn if len(shape) == 2 else drawn[0]

    def _append(self, name: str, kind: str, given: Given, description: Description) -> int:
        if not self._too_many(prod(given.shape), description.at):
            self._numbers += prod(given.shape)
        self.parameters.append(Parameter(name, kind, given.shape, given.value, description.frozen, given.exact))
        return len(self.parameters) - 1

    def _too_many(self, more: int, at: SpecPath) -> bool:
        """Whether `more` numbers pass the limit, which is reported where it is passed."""
        if self._numbers + more <= MOST_NUMBERS:
            return False
        if self._numbers <= MOST_NUMBERS:
            limit = f"takes the network past {MOST_NUMBERS:,} parameters"
            self._reporter.error(at, f"{limit}; use narrower or fewer layers, or tie their weights with share")
        self._numbers = MOST_NUMBERS + more
        return True
