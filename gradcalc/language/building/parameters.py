"""Parameters under construction: read from the spec or set by option, numbered, named once, shaped by use, frozen.

Entries of `parameters` come first and take their shape from their first use.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import product, repeat
from math import isfinite, prod
from typing import Any

from gradcalc.errors import SpecPath
from gradcalc.expressions.expression import Literal
from gradcalc.language.building.draft import GivenNames
from gradcalc.language.building.draws import Draw, Drawn, all_drawn
from gradcalc.language.building.values import (
    LARGEST_WHOLE,
    Given,
    Place,
    Shape,
    exact_text,
    read_constant,
    read_number,
    read_option,
    read_value,
    shape_text,
)
from gradcalc.language.problems import SET, Problems, path_text, quoted
from gradcalc.network.network import NO_CONSTANTS, Index, Parameter, is_wild, matches
from gradcalc.records import Record, of_rows

NO_OPTIONS: Mapping[str, float] = {}


class Description(Record):
    """One of `given`, `entry` and `init` is there, unless there is a mistake in it, which has been reported."""

    at: SpecPath
    given: Given | None = None
    entry: str | None = None  # the name of an entry of `parameters`
    init: str | None = None
    options: Mapping[str, float] = NO_OPTIONS  # of init
    seed: int | None = None
    name: str | None = None
    name_at: SpecPath = ()
    frozen: bool = False

    def draw(self, number: int, shape: Shape, fan_in: int | None) -> Draw:
        """What `init` is to draw for a parameter of this number and shape."""
        assert self.init is not None
        return Draw(number, self.at, self.init, self.options, self.seed, shape, fan_in)


Described = Description | float  # a plain number stays one: it fits everywhere, and long chains are made of them

MOST_NUMBERS = 10_000_000
MOST_MATCHING = 50_000_000
"""Characters of the patterns of `frozen`, times names that each is compared with: half a second."""


class Pool:
    """Every parameter so far, in the network's order: numbered, named once, shaped by its place, drawn in order."""

    def __init__(self, names: GivenNames, problems: Problems, seed: int) -> None:
        self.parameters: list[Parameter] = []
        self.places: list[Collection[SpecPath]] = []  # where the spec has each of them, some of many together
        self.lost: list[str] = []  # names that would be there but for a mistake, which has been reported
        self._names = names
        self._problems = problems
        self._seed = seed
        self.drawn: list[Drawn] = []  # in order
        self._numbers = 0
        self._to_draw: list[Draw] = []
        self._entries: dict[str, tuple[int, Description]] = {}
        self._entry_names: Collection[str] = ()  # what texts are looked up in
        self._first_uses: dict[str, SpecPath] = {}

    def enter(self, entries: Mapping[str, Any]) -> None:
        """Takes the entries of `parameters` in, each in the shape in which it is written."""
        for name, raw in entries.items():
            at = ("parameters", name)
            description = self.describe(raw, at)
            self._names.choose(name, at, parameter=True, on="key")
            number = self._append(name, "entry", description.given or Given((), 0.0), description)
            self._entries[name] = number, description
        self._entry_names = entries.keys()

    def read(self, raw: Any, at: SpecPath) -> Described | None:
        """The same as `describe`, but a number as it is, and None for nothing."""
        if type(raw) is float or raw is None:
            return raw
        return float(raw) if type(raw) is int and abs(raw) <= LARGEST_WHOLE else self.describe(raw, at)

    def describe(self, raw: Any, at: SpecPath) -> Description:
        """A weight, bias or alpha as the spec has it, at its place there."""
        if not isinstance(raw, dict):
            return self._plain(raw, at)
        name = raw["name"] if isinstance(raw.get("name"), str) else None
        if raw.get("init") is not None:
            described = self._drawn(raw, at)
        elif raw.get("value") is None:
            self._problems.error(at, "needs a value, or init to draw one")
            described = Description(at)
        else:
            described = self._plain(raw["value"], (*at, "value"))
        if described.entry is not None and name is not None:
            self._problems.error((*at, "name"), f"{described.entry} is an entry of parameters and has only that name")
        return described._replace(at=at, name=name, name_at=(*at, "name"), frozen=raw.get("frozen") is True)

    def _plain(self, raw: Any, at: SpecPath) -> Description:
        """A text is the name of an entry of `parameters` if there is one, else an exact constant."""
        if not isinstance(raw, str):
            return Description(at, read_value(raw, at, self._problems))
        if raw in self._entry_names:
            return Description(at, entry=raw)
        number = read_constant(raw, at, self._problems, "an entry of parameters", self._entry_names)
        return Description(at, None if number is None else Given((), number, {(): raw}))

    def _drawn(self, raw: dict[str, Any], at: SpecPath) -> Description:
        """A mapping with `init`: the value that it is to draw, by the options that it takes."""
        from gradcalc.language.building.initializers import ALIASES, INITS

        problems, kind, seed = self._problems, raw["init"], raw.get("seed")
        kind = ALIASES.get(kind, kind) if isinstance(kind, str) else ""
        init = INITS.get(kind)
        if init is None:
            return Description(at)
        if seed is not None and not init.is_random:
            problems.without_effect((*at, "seed"), f"has no effect: init {kind} draws nothing; remove it")
        given = {option: raw[option] for option in init.options if raw.get(option) is not None}
        numbers = {option: read_option(value, (*at, option), problems) for option, value in given.items()}
        options = {option: number for option, number in numbers.items() if number is not None}
        if kind == "constant" and raw.get("value") is None:
            problems.error(at, "needs the value of its init constant")
        if options.get("std", 0.0) < 0:
            problems.error((*at, "std"), "is negative; a standard deviation is not")
        low, high = options.get("low", 0.0), options.get("high", 1.0)
        if kind == "uniform" and low > high:
            problems.error((*at, "low" if "low" in options else "high"), f"low is {low:g}, above high, {high:g}")
        if not isfinite(high - low):
            problems.error((*at, "high"), "is too far from low: their difference is beyond the largest double")
        return Description(at, init=kind, options=options, seed=seed if type(seed) is int else None)

    def put(self, description: Description, name: str, place: Place, kind: str, copy: int = 0) -> int | None:
        """The number of the parameter that is described, at its place; None where a mistake forbids it.

        `name` is its name by position. `copy` counts the copies of a repeated layer, whose given names it ends.
        """
        if description.entry is not None:
            return self._use(description, place)
        given = self._fitted(description, place, description.at, len(self.parameters))
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
        """The same for a plain number, which fits everywhere: the fast case, of long chains."""
        self._names.take(name, at)
        self.parameters.append(Parameter._make((name, kind, (), number, False, NO_CONSTANTS)))
        self.places.append((at,))
        return len(self.parameters) - 1

    def put_numbers(
        self, values: Iterable[float], places: Collection[SpecPath], names: Sequence[str], kind: str
    ) -> range | None:
        """The numbers of many plain numbers, in columns; None, and nothing put, where not all names are new."""
        first = len(self.parameters)
        if not self._names.take_all(names, places):
            return None
        columns = zip(names, repeat(kind), repeat(()), values, repeat(False), repeat(NO_CONSTANTS))
        self.parameters += of_rows(Parameter, columns)
        self.places.append(places)
        return range(first, len(self.parameters))

    def put_again(self, number: int, at: SpecPath, place: Place) -> None:
        """A parameter that is used once more has to fit there too."""
        parameter = self.parameters[number]
        if parameter.shape:
            place.fit(Given(parameter.shape, parameter.value), at, self._problems, ", shared by the copies,")

    def entry_shape(self, name: str) -> Shape | None:
        """The shape that an entry of `parameters` has so far; None where its first use will draw it."""
        number, entry = self._entries[name]
        unused = name not in self._first_uses
        return None if unused and entry.given is None else self.parameters[number].shape

    def unused(self) -> list[str]:
        """The entries of `parameters` that nothing uses."""
        return [name for name in self._entries if name not in self._first_uses]

    def finish(
        self, values: Mapping[str, Any], frozen: Any, inputs: tuple[str, ...], bad: Sequence[int], thinned: bool
    ) -> None:
        """What needs all parameters: entries that nothing uses, draws, values by option, `frozen`; `bad` are the
        positions of layers with a mistake, whose parameters are missing. Unused entries that init was to draw are one
        number."""
        lost, unused = self.lost + [f"{kind}{place}" for place in bad for kind in ("w", "b", "alpha")], self.unused()
        for name in unused:
            number, description = self._entries[name]
            self._problems.without_effect(("parameters", name), f"the parameter {name} is never used; remove it", "key")
            if description.init is not None:
                self._to_draw.append(description.draw(number, (), None))
        if self._to_draw and not self._problems.failures:
            self._draw()
        given = frozen if isinstance(frozen, list) else []
        asked = enumerate(self.parameters) if values or given else ()
        numbers = {parameter.name: number for number, parameter in asked}
        for key, raw in values.items():
            self._settle(key, raw, numbers, inputs, lost, () if thinned else unused)
        patterns = {i: pattern for i, pattern in enumerate(given) if isinstance(pattern, str)}
        if sum(map(len, filter(is_wild, patterns.values()))) * (len(numbers) + len(lost)) > MOST_MATCHING:
            message = f"has too many patterns for {len(numbers):,} parameters; write `frozen: true` beside their values"
            self._problems.error(("frozen",), message)
            patterns = {}
        for i, pattern in patterns.items():
            found = matching(pattern, numbers)
            if not found and not thinned and not matching(pattern, lost):
                hint = self._problems.meant(pattern, numbers)
                self._problems.error(("frozen", i), f"{quoted(pattern)} is the name of no parameter{hint}")
            for name in found:
                self.parameters[numbers[name]] = self.parameters[numbers[name]]._replace(frozen=True)

    def _settle(
        self,
        key: str,
        raw: Any,
        numbers: Mapping[str, int],
        inputs: tuple[str, ...],
        lost: Collection[str],
        unused: Collection[str],
    ) -> None:
        """A value by option, `--set w1=0.3` or `--set w1[0,1]=0.3`, in place of the spec's own; a name that is
        `unused`, or not there nor among the `lost`, is an error."""
        at, (name, bracket, indices), index = (SET, key), key.partition("["), None
        parts, problems = indices[:-1].split(","), self._problems
        if bracket and indices.endswith("]") and all(part.strip().isdecimal() for part in parts):
            index = tuple(map(int, parts))
        elif bracket:
            name = key
        if name in lost:
            return
        if name not in numbers:
            from gradcalc.language.overrides import unknown_name

            problems.error(at, unknown_name(key, (*numbers, *inputs)), "key")
        elif name in unused:
            problems.error(at, f"has no effect: the parameter {name} is never used")
        else:
            parameter = self.parameters[numbers[name]]
            given = _entry(parameter, index, raw, at, problems) if index else _whole(parameter, raw, at, problems)
            if given is not None:
                self.parameters[numbers[name]] = parameter._replace(value=given.value, exact=given.exact)

    def _use(self, description: Description, place: Place) -> int | None:
        """An entry of `parameters`, used where `description` stands."""
        assert description.entry is not None
        number, entry = self._entries[description.entry]
        if description.entry in self._first_uses:
            first = path_text(self._first_uses[description.entry])
            shape = self.parameters[number].shape
            if shape:
                place.fit(Given(shape, None), description.at, self._problems, f" since its use in {first}")
        else:
            given = self._fitted(entry, place, description.at, number)
            if given is None:
                return None
            self._first_uses[description.entry] = description.at
            shaped = {"shape": given.shape, "value": given.value, "exact": given.exact}
            self.parameters[number] = self.parameters[number]._replace(**shaped)
        if description.frozen:
            self.parameters[number] = self.parameters[number]._replace(frozen=True)
        return number

    def _fitted(self, description: Description, place: Place, at: SpecPath, number: int) -> Given | None:
        """The value in the shape that it has at its place, None of a parameter, `number`, that is to be drawn."""
        if description.init is None:
            return None if description.given is None else place.fit(description.given, at, self._problems)
        shape = place.drawn(description.init, at, self._problems)
        if shape is None:
            return None
        if not self._too_many(prod(shape), at):
            self._to_draw.append(description.draw(number, shape, place.fan_in))
        exact, constant = NO_CONSTANTS, description.options.get("value")  # of init constant
        if isinstance(constant, Literal) and not self._problems.failures:
            exact = dict.fromkeys(product(*map(range, shape)), constant.text)
        return Given(shape, None, exact)

    def _draw(self) -> None:
        """What `init` draws, once all parameters are known to fit: so many numbers, so long a wait for a mistake."""
        for drawn in all_drawn(self._to_draw, self._seed):
            draw, _, value = drawn
            if not drawn.is_finite:
                self._problems.error(draw.at, f"{draw.init} draws numbers here that no float64 holds")
            self.parameters[draw.number] = self.parameters[draw.number]._replace(value=value)
            self.drawn.append(drawn)

    @property
    def is_drawn_from(self) -> bool:
        """Whether the generator of the whole network is asked for a number."""
        return any(one.draw.seed is None and one.draw.is_random for one in self.drawn)

    def _append(self, name: str, kind: str, given: Given, description: Description) -> int:
        count = prod(given.shape)
        if not self._too_many(count, description.at):
            self._numbers += count
        self.parameters.append(Parameter(name, kind, given.shape, given.value, description.frozen, given.exact))
        self.places.append((description.at,))
        return len(self.parameters) - 1

    def _too_many(self, more: int, at: SpecPath) -> bool:
        """Whether `more` numbers pass the limit, which is reported where it is passed."""
        if self._numbers + more <= MOST_NUMBERS:
            return False
        if self._numbers <= MOST_NUMBERS:
            limit = f"takes the network past {MOST_NUMBERS:,} parameters"
            self._problems.error(at, f"{limit}; use narrower or fewer layers, or tie their weights with share")
        self._numbers = MOST_NUMBERS + more
        return True


def _whole(parameter: Parameter, raw: Any, at: SpecPath, problems: Problems) -> Given | None:
    """A value of the parameter's own shape; a number or a flat list too where it has one entry, row or column; a number
    for all entries of a bias."""
    given, shape = read_value(raw, at, problems), parameter.shape
    if given is None or given.shape == shape:
        return given
    if parameter.kind == "bias" and not given.shape:
        return given.for_each(*shape)
    if len(given.shape) == 2 or not prod(given.shape) == prod(shape) == max(shape, default=1):
        problems.error(at, f"is {shape_text(given.shape)} but {parameter.name} is {shape_text(shape)}")
        return None
    entries = given.value if given.shape else [given.value]
    along = next((axis for axis, size in enumerate(shape) if size > 1), len(shape) - 1)
    exact: dict[Index, str] = {}
    for index, text in given.exact.items():
        exact[tuple(sum(index) if axis == along else 0 for axis in range(len(shape)))] = text
    if len(shape) == 2:
        return Given(shape, [entries] if shape[0] == 1 else [[entry] for entry in entries], exact)
    return Given(shape, entries if shape else entries[0], exact)


def _entry(parameter: Parameter, index: Index, raw: Any, at: SpecPath, problems: Problems) -> Given | None:
    """The parameter's value with one entry replaced; what is shared with other parameters stays as it is."""
    number = read_number(raw, at, problems)
    shape = parameter.shape or (1,) * len(index)
    if len(shape) != len(index) or any(i >= size for i, size in zip(index, shape, strict=False)):
        problems.error(at, f"is no entry of {parameter.name}, which is {shape_text(parameter.shape)}")
        return None
    if number is None or parameter.value is None:  # which was to be drawn, and is not, for a mistake elsewhere
        return None
    exact = {place: text for place, text in parameter.exact.items() if place != index}
    if (text := exact_text(raw)) is not None:
        exact[index if parameter.shape else ()] = text
    value = _replaced(parameter.value, index, number) if parameter.shape else number
    return Given(parameter.shape, value, exact)


def _replaced(value: list[Any], index: Index, number: float) -> list[Any]:
    first, *rest = index
    return [*value[:first], _replaced(value[first], tuple(rest), number) if rest else number, *value[first + 1 :]]


def matching(pattern: str, names: Collection[str]) -> list[str]:
    """The names that a pattern stands for, in their order."""
    if not is_wild(pattern):
        return [pattern] if pattern in names else []
    return [name for name in names if matches(pattern, name)]
