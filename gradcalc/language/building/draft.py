"""The network under construction: nodes, their widths, and names, each given once.

Nodes and parameters share one space of names, since `--wrt` asks for both by name alone. No name may be a symbol that
formulas need: w1_0_1 is an entry of w1, h1_0 a unit of h1, z_h1 its preactivation, d_h1 its adjoint ∂L/∂h1.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, repeat
from operator import attrgetter, concat, itemgetter
from typing import TYPE_CHECKING, Any

from gradcalc.errors import SpecPath
from gradcalc.language.building.values import CONSTANTS, Shape
from gradcalc.language.problems import Problems, all_of, kind_of, path_text, quoted
from gradcalc.network.network import Edge, Layer, Parameter
from gradcalc.records import Record, of_rows
from gradcalc.report.text import printable

if TYPE_CHECKING:
    from gradcalc.activations import Activation
    from gradcalc.language.building.parameters import Described, Description

MOST_LAYERS = 1_000_000
MOST_UNITS = 10_000_000
ONCE = (0,)  # the copies of a layer that is not repeated
LONGEST_NAME = 200
LONGEST_INDEX = 9  # more digits than the number of any unit, entry or layer has


class GivenNames:
    """All names given so far, each with the place that gave it."""

    def __init__(self, problems: Problems) -> None:
        self._problems = problems
        self._givers: dict[str, SpecPath | None] = {}  # None: noted in `_columns`, until somebody asks
        self._columns: list[tuple[Sequence[str], Iterable[SpecPath]]] = []
        self._like_symbols: list[tuple[str, SpecPath, str]] = []  # chosen names, where, whether as "key" or "value"

    def choose(self, name: str, path: SpecPath, *, parameter: bool, on: str = "value") -> bool:
        """A name that the spec gives: it must be an identifier, not refused, and new."""
        if len(name) > LONGEST_NAME:
            why = f"is longer than {LONGEST_NAME} characters, the most that a name has"
        elif not is_identifier(name):
            why = "is no name; a name is a letter or _, then letters, digits and _"
        elif printable(name) != name:
            why = "holds a character that nobody sees; remove it"
        elif name == "t" or name.startswith("t_"):
            why = "is how formulas write a target; choose another name"
        elif parameter and name in CONSTANTS:
            why = f"is the number {name} in formulas and may not name a parameter"
        else:
            if "_" in name and (name.startswith(("z_", "d_")) or name[-1].isdecimal()):
                self._like_symbols.append((name, path, on))
            return self.take(name, path, on)
        self._problems.error(path, f"{quoted(name)} {why}", on)
        return False

    def take(self, name: str, path: SpecPath, on: str = "") -> bool:
        """A name that is well formed: it must be new. `on` is "" where the name comes by position."""
        one = name if name.isascii() else folded(name)
        giver = self._givers.setdefault(one, path)
        if giver is path:
            return True
        by_position = "" if on else ", its name by position,"
        rule = "names are unique" if one == name else "names that look alike are one name"
        message = f"{quoted(name)}{by_position} is already given by {path_text(self.giver(one))}; {rule}"
        self._problems.error(path, message, on or "value")
        return False

    def take_all(self, names: Sequence[str], paths: Iterable[SpecPath]) -> bool:
        """Names by position, all of them, or none where one is not new; the paths are gone over if one is asked for."""
        givers = dict(self._givers)
        givers.update(zip(names, repeat(None)))
        new = len(givers) == len(self._givers) + len(names) and "".join(names).isascii()
        if new:
            self._givers = givers
            self._columns.append((names, paths))
        return new

    def giver(self, name: str) -> SpecPath:
        """The place that gave a name."""
        while self._columns:
            self._givers.update(zip(*self._columns.pop()))
        giver = self._givers[folded(name)]
        assert giver is not None
        return giver

    def refuse_symbols(self, parameters: Iterable[Parameter], draft: Draft, examples: int) -> None:
        """Reports chosen names that formulas need for something else; `examples` is 0 where there is no batch."""
        if not self._like_symbols:
            return
        shapes = {parameter.name: [parameter.shape] for parameter in parameters if set(parameter.shape) - {1}}
        for name, known in zip(draft.names, draft.widths, strict=True):
            width = known or 1
            shapes[name] = [(width,)] if width > 1 else []
            shapes[name] += [(examples,), (examples, width)] if examples else []
        for name, path, on in self._like_symbols:
            kind, number = name[:2], draft.numbers.get(name[2:])
            meaning = _entry(name, shapes)
            if number is not None and kind == "d_":
                meaning = f"the adjoint of {name[2:]}"
            elif number is not None and kind == "z_" and number >= draft.inputs:
                meaning = f"the preactivation of {name[2:]}"
            if meaning:
                message = f"{quoted(name)} is how formulas write {meaning}; choose another name"
                self._problems.error(path, message, on)


def is_identifier(name: str) -> bool:
    """A letter or `_`, then letters, digits, `_`, of any script (with their combining characters)."""
    if name.isascii():
        return name.isidentifier()
    from unicodedata import category

    return name.isidentifier() and all(kind[0] in "LM" or kind == "Nd" for kind in map(category, name.replace("_", "")))


def folded(name: str) -> str:
    """Names that look alike are one name: the compatibility form in which Python compares identifiers, without
    variation selectors, which choose between shapes of one character."""
    if name.isascii():
        return name
    from unicodedata import normalize

    return "".join(c for c in normalize("NFKC", name) if not (0xFE00 <= ord(c) <= 0xFE0F or ord(c) >= 0xE0100))


def _entry(name: str, shapes: dict[str, list[Shape]]) -> str:
    """`an entry of w1` for w1_0 or w1_0_1, where w1 has one; `shapes` are the ranges of every name's indices."""
    index: Shape = ()
    for _ in range(2):
        name, _, digits = name.rpartition("_")
        if not digits.isdecimal() or len(digits) > LONGEST_INDEX or digits != str(int(digits)):
            return ""
        index = (int(digits), *index)
        if any(len(shape) == len(index) and all(map(int.__lt__, index, shape)) for shape in shapes.get(name, ())):
            return f"an entry of {name}"
    return ""


class Draft:
    """Nodes by number, inputs first, and the layers built so far; a width that a mistake leaves open is None."""

    def __init__(self, inputs: Sequence[str], widths: Iterable[int | None], problems: Problems) -> None:
        self.names = list(inputs)
        self.numbers = {name: number for number, name in reversed(list(enumerate(inputs)))}  # the first of a name
        self.widths = list(widths)
        self.inner = list(self.widths)  # of preactivations
        self.inputs = len(inputs)
        self.built: list[Layer | None] = []  # without skips; None: a mistake
        self.edges: list[tuple[Edge, ...]] = []  # of each layer
        self.into_preactivation: dict[int, Sequence[Edge]] = {}
        self.into_output: dict[int, Sequence[Edge]] = {}
        self.read: set[int] = set()  # nodes that an edge comes from
        self.late: list[tuple[SpecPath, int, int]] = []  # a layer's source that is not computed before it
        self.units = 0  # of the layers so far
        self.problems = problems

    def name(self, name: str) -> None:
        """Numbers the next node."""
        self.numbers.setdefault(name, len(self.names))
        self.names.append(name)

    def name_all(self, names: Sequence[str]) -> None:
        """Numbers the next nodes, whose names are new."""
        self.numbers.update(zip(names, range(len(self.names), len(self.names) + len(names))))
        self.names += names

    def add(self, layer: Layer | None, edges: tuple[Edge, ...], width: int | None, inner: int | None) -> None:
        """The next layer, as far as it could be built."""
        self.built.append(layer)
        self.edges.append(edges)
        self.read.update([edge.source for edge in edges])
        self.units += width or 0
        self.widths.append(width)
        self.inner.append(inner)

    def bounded(self, width: int | None, at: SpecPath) -> int | None:
        """The width of the layer at this place; None where the network has too many units with it, which is reported
        unless something else is wrong."""
        if self.units + (width or 0) <= MOST_UNITS:
            return width
        if not self.problems.failures:
            self.problems.error(at, f"takes the network past {MOST_UNITS:,} units, the most that one may have")
        return None

    def find(self, name: object, at: SpecPath, *steps: str | int) -> int | None:
        """The number of the node that is called so; None, reported, where there is none. `steps` lead on from `at`."""
        number = self.numbers.get(name) if isinstance(name, str) else None
        if number is None:
            on = "key" if len(steps) > 1 and steps[-1] == name else "value"
            what, hint, position = kind_of(name), "", 0
            if isinstance(name, str):
                is_position = name[:1] == "h" and name[1:].isdecimal() and len(name) < LONGEST_INDEX
                what, position = quoted(name), int(name[1:]) if is_position else 0
                hint = self.problems.meant(name, self.numbers) or all_of("nodes", self.numbers)
            if 0 < position <= len(self.names) - self.inputs:  # it has another name than its position would give it
                hint = f"; layer {position} is called {quoted(self.names[self.inputs + position - 1])}"
            self.problems.error((*at, *steps), f"{what} is no node{hint}", on)
        return number

    def layers(self) -> tuple[Layer, ...]:
        """The layers with their skips; only where there were no mistakes."""
        nodes, found = range(self.inputs, len(self.names)), filter(None, self.built)
        before, after = (
            map(tuple, map(into.get, nodes, repeat(()))) if into else repeat(())
            for into in (self.into_preactivation, self.into_output)
        )
        return tuple(of_rows(Layer, map(concat, map(itemgetter(slice(9)), found), zip(before, after))))

    def unread(self, targets: Iterable[int]) -> list[int]:
        """The nodes that no layer reads and no target names."""
        read = self.read.union(targets)
        return [node for node in range(len(self.names)) if node not in read] if len(read) < len(self.names) else []


class LayerActivation(Record):
    """An activation bound to its options, and the value of prelu's parameter as written, None where it has none."""

    bound: Activation
    alpha: Any = None
    alpha_at: SpecPath = ()


class WrittenLayer(Record):
    """One layer of the spec; `at` is its place there, and each part's place is told by its description."""

    at: SpecPath
    weight: Described | None = None
    weight_at: SpecPath = ()
    bias: Described | None = None
    bias_at: SpecPath = ()
    activation: LayerActivation | None = None  # None: a mistake
    name: str | None = None
    reads: Any = None
    parts: Mapping[str, Description | None] | None = None  # of a `from` mapping
    width: int | None = None
    join: str | None = None
    repeat: int = 1
    share: bool = False
    vague: bool = False  # its width may not be taken for what was meant


UNTOLD = (None, None, None, None, None, 1, False, False)  # what the short form does not say of a layer, from `name` on


class ListPlaces(Sequence[SpecPath]):
    """Where entries of a list at the top of the spec stand, or a key of each: a path is made when it is asked for."""

    def __init__(self, name: str, entries: range, *key: str) -> None:
        self._name = name
        self._entries = entries
        self._key = key

    def __len__(self) -> int:
        return len(self._entries)

    def __getitem__(self, at: Any) -> Any:
        return (self._name, self._entries[at], *self._key)

    def __iter__(self) -> Iterator[SpecPath]:
        return zip(repeat(self._name), self._entries, *map(repeat, self._key))


class NumberLayers(Sequence[WrittenLayer]):
    """Layers that are each a number, from the place `first` of the list on, activated alike: a record is made of the
    one that is asked for."""

    def __init__(self, weights: Sequence[float], activation: LayerActivation | None, first: int = 0) -> None:
        self.weights = weights
        self.activation = activation
        self.first = first

    def __len__(self) -> int:
        return len(self.weights)

    def __getitem__(self, at: Any) -> Any:
        if isinstance(at, slice):
            return NumberLayers(self.weights[at], self.activation, self.first + (at.start or 0))
        weight_at, bias_at = (("weights", self.first + at), ("biases", self.first + at))
        return WrittenLayer._make((weight_at, self.weights[at], weight_at, None, bias_at, self.activation, *UNTOLD))

    @property
    def places(self) -> ListPlaces:
        """Where the spec has each of them."""
        return ListPlaces("weights", range(self.first, self.first + len(self)))


def unrolled(layers: Sequence[WrittenLayer]) -> Sequence[WrittenLayer]:
    """Layers as often as they are repeated."""
    if isinstance(layers, NumberLayers) or {*map(attrgetter("repeat"), layers)} <= {1}:
        return layers
    return [layer for layer in layers for _ in range(layer.repeat)]


def name_layers(written: Sequence[WrittenLayer], draft: Draft, names: GivenNames) -> bool:
    """Names the layers by position or as they are called, `r` repeated r1 … rn; False where there are too many."""
    numbers = written if isinstance(written, NumberLayers) else None
    totals = range(1, len(written) + 1) if numbers else list(accumulate(map(attrgetter("repeat"), written)))
    total = totals[-1] if totals else 0
    if total > MOST_LAYERS:
        layer = written[bisect_right(totals, MOST_LAYERS)]
        limit = f"takes the network past {MOST_LAYERS:,} layers, the most that one may have; repeat less often"
        draft.problems.error((*layer.at, "repeat") if layer.repeat > 1 else layer.at, limit)
        return False
    if numbers or {*map(attrgetter("name"), written)} <= {None}:
        by_position = [f"h{position}" for position in range(1, total)] + ["y"] * bool(total)
        places = numbers.places if numbers else map(attrgetter("at"), unrolled(written))
        if names.take_all(by_position, places):
            draft.name_all(by_position)
            return True
    position = 0
    for layer in written:
        sound = True
        for copy in range(1, layer.repeat + 1) if layer.repeat > 1 else ONCE:
            position += 1
            if layer.name is None:
                name = f"h{position}" if position < total else "y"
                names.take(name, layer.at)
            else:
                name = f"{layer.name}{copy or ''}"
                sound = sound and names.choose(name, (*layer.at, "name"), parameter=False)
            draft.name(name)
    return True
