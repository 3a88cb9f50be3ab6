"""Layers: as the spec writes them, then unrolled, what each copy reads, its weight, bias and alpha, and its width."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from gradcalc.activations import Activation, bind, from_formula
from gradcalc.errors import SpecPath
from gradcalc.expressions.expression import FormulaError
from gradcalc.language.building.draft import ONCE, UNTOLD, Draft, LayerActivation, NumberLayers, WrittenLayer, unrolled
from gradcalc.language.building.parameters import Described, Description, Pool
from gradcalc.language.building.values import Given, UnitPlace, WeightPlace, entries, read_option, units, units_of
from gradcalc.language.known_names import joins
from gradcalc.language.problems import Problems
from gradcalc.network.network import Edge, Layer
from gradcalc.records import Record


class LayerReader:
    """Reads the layers of a spec, each once however often it is repeated, and binds every activation once."""

    def __init__(self, data: Mapping[str, Any], pool: Pool, problems: Problems) -> None:
        self._data = data
        self._pool = pool
        self._problems = problems
        self._named: dict[str, LayerActivation | None] = {}
        self._bound: dict[object, Activation] = {}
        self.default = self._activation(data.get("activation", "sigmoid"), ("activation",))

    def layers(self) -> Sequence[WrittenLayer]:
        """All layers in order, of whichever form the spec has; [] where it has none."""
        layers, weights, biases = map(self._data.get, ("layers", "weights", "biases"))
        if isinstance(layers, list):
            return [self._layer(raw, ("layers", i)) for i, raw in enumerate(layers)]
        if layers is None and weights is None and biases is not None:
            self._problems.error(("biases",), "biases needs weights beside it", "key")
        if not isinstance(weights, list):
            return []
        if not isinstance(biases, list):
            numbers = NumberLayers(weights, self.default)
            if set(map(type, weights)) == {float} and _is_plain(numbers[0]):
                return numbers
            biases = [None] * len(weights)
        elif len(biases) != len(weights):
            counts = f"has {entries(len(biases))} for {len(weights)} layer{'s' * (len(weights) > 1)}"
            self._problems.error(("biases",), f"{counts}; it has one bias per layer, null where there is none")
        read, default, found = self._pool.read, self.default, []
        for i, (weight, bias) in enumerate(zip(weights, biases, strict=False)):
            weight_at, bias_at = ("weights", i), ("biases", i)
            described = weight if type(weight) is float else read(weight, weight_at)
            bias = None if bias is None or bias == "null" else read(bias, bias_at)  # TOML has no null but this text
            found.append(WrittenLayer._make((weight_at, described, weight_at, bias, bias_at, default, *UNTOLD)))
        return found

    def _layer(self, raw: Any, at: SpecPath) -> WrittenLayer:
        if not isinstance(raw, dict):
            return WrittenLayer(at, vague=True)
        get, read, describe = raw.get, self._pool.read, self._pool.describe
        weight, activation, reads, parts = get("weight"), get("activation"), get("from"), None
        weight_at, bias_at = (*at, "weight"), (*at, "bias")
        if isinstance(weight, dict) and self._problems.bad((*at, "width")):
            weight = None  # what init would draw depends on a width that is not known
        weight, bias = read(weight, weight_at), read(get("bias"), bias_at)
        bound = self.default if activation is None else self._activation(activation, (*at, "activation"))
        if isinstance(reads, dict):
            parts = {node: None if raw is None else describe(raw, (*at, "from", node)) for node, raw in reads.items()}
        name, width, join, repeat = get("name"), get("width"), get("join"), get("repeat")
        told = (
            name if type(name) is str else None,
            reads,
            parts,
            width if type(width) is int else None,
            joins().aliases.get(join, join) if type(join) is str else None,
            repeat if type(repeat) is int and repeat > 0 else 1,
            get("share") is True,
            weight is None and self._problems.bad(at),
        )
        return WrittenLayer._make((at, weight, weight_at, bias, bias_at, bound, *told))

    def _activation(self, raw: Any, at: SpecPath) -> LayerActivation | None:
        """The activation at this place, None for a mistake; alpha is an option of some, and a parameter of prelu."""
        if isinstance(raw, str):
            if raw not in self._named:
                bound = self._bind(raw, {}, at)
                self._named[raw] = bound and LayerActivation(bound)
            return self._named[raw]
        if not isinstance(raw, dict):
            return None
        name, formula = raw.get("name"), raw.get("formula")
        if isinstance(formula, str):
            try:
                bound = self._bound[formula] = self._bound.get(formula) or from_formula(formula)
            except FormulaError as error:
                self._problems.error((*at, "formula"), str(error), span=(error.start, error.end))
                return None
            return LayerActivation(bound)
        if not isinstance(name, str):
            return None
        options = {key: value for key, value in raw.items() if key != "name" and value is not None}
        bound = self._bind(name, {key: value for key, value in options.items() if key != "alpha"}, at)
        if bound is not None and bound.parametric and "alpha" in options:
            return LayerActivation(bound, options["alpha"], (*at, "alpha"))
        if bound is not None and "alpha" in options:
            bound = self._bind(name, options, at)
        return bound and LayerActivation(bound)

    def _bind(self, name: str, given: Mapping[str, Any], at: SpecPath) -> Activation | None:
        options: dict[str, float] = {}
        for key, value in given.items():
            number = value if type(value) is int else read_option(value, (*at, key), self._problems)
            if number is None:
                return None
            options[key] = number
        which = (name, *options.items())
        try:
            found = self._bound[which] = self._bound.get(which) or bind(name, options)
            return found
        except KeyError:
            return None
        except ValueError as error:
            option = next((option for option in options if f"{option} " in str(error)), None)
            self._problems.error(at if option is None else (*at, option), str(error))
        return None


ALPHA = Description((), Given((), 0.25))  # what He et al. 2015 ("Delving deep into rectifiers") start prelu from


class Copy(Record):
    """A layer at its position (from 1); `number` counts from 1 in a repeated layer and is 0 in others."""

    layer: WrittenLayer
    position: int
    name: str
    node: int
    number: int

    @property
    def ending(self) -> int:
        """What the given names of this copy's parameters end in; 0 for nothing: they are alone, or shared."""
        return 0 if self.layer.share else self.number

    @property
    def rows(self) -> int | None:
        """Units of the preactivation by the width that the spec states; maxout makes one unit of several."""
        width, activation = self.layer.width, self.layer.activation
        if width is None or activation is None:
            return None
        return width * int(activation.bound.options.get("pieces", 1))


MANY = 32  # plain layers from which on it pays to build them together


def _is_plain(layer: WrittenLayer) -> bool:
    """Whether it is no more than a number on the layer before it, activated: the fast case, of long chains."""
    if type(layer.weight) is not float or layer.activation is None or layer.share:
        return False
    bound, others = layer.activation.bound, (layer.bias, layer.reads, layer.parts, layer.width)
    return others == (None,) * 4 and not (bound.couples or bound.parametric)


Wires = tuple[tuple[Edge, ...] | None, str, int | None, int | None]
"""Edges, join, weight, and the preactivation's units; edges and units are None where a mistake leaves them open."""

Parameters = tuple[int | None, int | None, int | None]
"""Weight, bias and alpha of a copy, which the copies after it have too where they share."""


class Layers:
    """Builds layer after layer into a draft whose nodes are named already.

    One source with a weight is an edge with that weight; several identity edges are joined, and then weighed together.
    """

    def __init__(self, draft: Draft, pool: Pool) -> None:
        self._draft = draft
        self._pool = pool
        self._problems = draft.problems

    def build(self, written: Sequence[WrittenLayer]) -> None:
        """Unrolls and builds all layers. Where a copy that reads the one before it has a mistake, the rest have too."""
        runs: Any = [(True, written)] if isinstance(written, NumberLayers) else groupby(written, _is_plain)
        for is_plain, layers in runs:
            run, begun = layers if isinstance(layers, NumberLayers) else list(layers), 0
            if is_plain and (len(run) >= MANY or run[0].repeat >= MANY):
                from gradcalc.language.building.runs import add_layers

                if not self._draft.built:  # the first layer may read several inputs
                    self._build(run[0], int(run[0].repeat > 1), None)
                    begun = 1
                if add_layers(self._draft, self._pool, unrolled(run)[begun:]):
                    continue
            for layer in run:
                self._unroll(layer, begun)
                begun = 0

    def _unroll(self, layer: WrittenLayer, begun: int) -> None:
        """Builds the copies of a layer after the first ones that are `begun`."""
        shared = None
        for number in range(1 + begun, layer.repeat + 1) if layer.repeat > 1 else ONCE[begun:]:
            failures = self._problems.failures
            parameters = self._build(layer, number, shared)
            shared = parameters if layer.share else None
            if number > 1 and self._problems.failures > failures:
                for _ in range(number, layer.repeat):
                    self._draft.add(None, (), self._draft.widths[-1], self._draft.inner[-1])
                break

    def _build(self, layer: WrittenLayer, number: int, shared: Parameters | None) -> Parameters:
        draft, activation, node = self._draft, layer.activation, len(self._draft.widths)
        copy = Copy(layer, node - draft.inputs + 1, draft.names[node], node, number)
        edges, join, weight, inner = wires = self._wires(copy, shared and shared[0])
        bias = None if layer.bias is None else self._bias(copy, wires, shared and shared[1])
        alpha = None
        if activation is not None and activation.bound.parametric:
            alpha = shared and shared[2]
            if alpha is None:  # one number for all units, or one each
                at, name = activation.alpha_at or layer.at, f"alpha{copy.position}"
                described = ALPHA if activation.alpha is None else self._pool.describe(activation.alpha, at)
                alpha = self._pool.put(described._replace(at=at), name, UnitPlace(inner, "alpha"), "alpha", copy.ending)
        width = self._width(layer, inner)
        if edges is None or width is None or activation is None:
            draft.add(None, edges or (), width, inner)
        else:
            built = Layer(copy.name, copy.position, width, edges, join, weight, bias, activation.bound, alpha, (), ())
            draft.add(built, edges, width, inner)
        return edges[0].parameter if edges and weight is None else weight, bias, alpha

    def _wires(self, copy: Copy, shared: int | None) -> Wires:
        """The wires of one copy; `shared` is the weight that all copies have in common, once there is one."""
        if copy.layer.parts and copy.number < 2:
            return self._weighed_apart(copy)
        weight = copy.layer.weight
        source: int | None = copy.node - 1
        if copy.position == 1 or (copy.layer.reads is not None and copy.number < 2):
            sources = self._sources(copy)
            if len(sources) > 1:
                return self._joined(copy, sources, shared)
            (source,) = sources
        columns = None if source is None else self._draft.widths[source]
        reads = "its source" if source is None else self._draft.names[source]
        if weight is None:
            edges = None if source is None else (Edge(source, None, f"{reads}→{copy.name}"),)
            return edges, "sum", None, None if copy.layer.vague else columns
        number, inner = self._weigh(copy, weight, columns, reads, shared)
        if source is None or number is None:
            return None, "sum", None, copy.rows if inner is None else inner
        return (Edge(source, number, self._pool.parameters[number].name),), "sum", None, inner

    def _sources(self, copy: Copy) -> list[int | None]:
        """The nodes that a `from` names which is no mapping, without one all inputs; None for a mistake, reported."""
        reads = copy.layer.reads
        if reads is None:
            return list(range(self._draft.inputs))
        if not reads:
            self._problems.error((*copy.layer.at, "from"), "is empty; it needs at least one node")
            return [None]
        if isinstance(reads, list):
            return [self._earlier(copy, name, i) for i, name in enumerate(reads)]
        return [self._earlier(copy, reads)]

    def _earlier(self, copy: Copy, name: object, *steps: str | int) -> int | None:
        """A node that is computed before the layer that reads it; `steps` lead to its place in `from`."""
        number = self._draft.find(name, copy.layer.at, "from", *steps)
        if number is None or number < copy.node:
            return number
        self._draft.late.append(((*copy.layer.at, "from", *steps), number, copy.node))
        return None

    def _joined(self, copy: Copy, sources: list[int | None], shared: int | None) -> Wires:
        """Identity edges to several nodes."""
        names = ["" if source is None else self._draft.names[source] for source in sources]
        widths = [None if source is None else self._draft.widths[source] for source in sources]
        join, columns = self._join(copy, widths, names)
        edges = [Edge(one, None, f"{name}→{copy.name}") for one, name in zip(sources, names) if one is not None]
        sound = tuple(edges) if len(edges) == len(sources) else None
        if copy.layer.weight is None:
            return sound, join, None, None if copy.layer.vague else columns
        reads = f"{join} of {', '.join(names)}"
        number, inner = self._weigh(copy, copy.layer.weight, columns, reads, shared)
        return sound if number is not None else None, join, number, inner

    def _join(self, copy: Copy, widths: Sequence[int | None], names: Sequence[str]) -> tuple[str, int | None]:
        """How sources meet, and the units after that, None where they are unknown.

        Several inputs are concatenated where the first layer has no `join` or `from`. Unequal widths are reported, and
        the first one holds.
        """
        layer = copy.layer
        join = layer.join or ("concat" if copy.position == 1 and layer.reads is None else "sum")
        if join == "concat" and len(widths) > 1:
            together = sum(width for width in widths if width) if None not in widths else None
            return join, self._draft.bounded(together, layer.at)
        known = [(width, name) for width, name in zip(widths, names, strict=True) if width is not None]
        for width, name in known[1:]:
            if width != known[0][0]:
                at = (*layer.at, "join" if layer.reads is None else "from")
                unequal = f"{known[0][1]} has {units(known[0][0])}, {name} has {units(width)}"
                rule = "all joins but concat need equal widths"
                self._problems.error(at, f"has sources of unequal width: {unequal}; {rule}")
                break
        return join if len(widths) > 1 else "sum", known[0][0] if known else None

    def _weighed_apart(self, copy: Copy) -> Wires:
        """A `from` mapping: each source with a weight of its own, None for the identity."""
        parts, edges, widths = copy.layer.parts or {}, [], []
        for name, described in parts.items():
            source = self._earlier(copy, name, name)
            number, label, width = None, f"{name}→{copy.name}", None if source is None else self._draft.widths[source]
            if described is not None:
                place = WeightPlace(width, name, copy.rows)
                number = self._pool.put(described, f"w{copy.position}_{name}", place, "weight")
                if number is None:
                    source, width = None, copy.rows
                else:
                    parameter = self._pool.parameters[number]
                    label, width = parameter.name, units_of(parameter.shape, width)
            widths.append(width)
            edges += [] if source is None else [Edge(source, number, label)]
        join, inner = self._join(copy, widths, [f"the part from {name}" for name in parts])
        return tuple(edges) if len(edges) == len(parts) else None, join, None, inner

    def _weigh(
        self, copy: Copy, weight: Described, columns: int | None, reads: str, shared: int | None
    ) -> tuple[int | None, int | None]:
        """The weight's number, and the units that it makes of so many columns."""
        name = f"w{copy.position}"
        if shared is not None:
            number: int | None = shared
            self._pool.put_again(shared, copy.layer.weight_at, WeightPlace(columns, reads))
        elif isinstance(weight, float):
            return self._pool.put_number(weight, copy.layer.weight_at, name, "weight"), columns
        else:
            number = self._pool.put(weight, name, WeightPlace(columns, reads, copy.rows), "weight", copy.ending)
        return number, copy.rows if number is None else units_of(self._pool.parameters[number].shape, columns)

    def _bias(self, copy: Copy, wires: Wires, shared: int | None) -> int | None:
        edges, _, weight, inner = wires
        bias, at, name = copy.layer.bias, copy.layer.bias_at, f"b{copy.position}"
        if shared is not None:
            self._pool.put_again(shared, at, UnitPlace(inner))
            return shared
        if isinstance(bias, float):
            if inner == 1:
                return self._pool.put_number(bias, at, name, "bias")
            bias = Description(at, Given((), bias))
        if bias is None:
            return None
        if bias.given is not None and inner is not None and inner > 1:  # no entry of `parameters`: one for each unit
            bias = bias._replace(given=bias.given.for_each(inner))
        fan_in = None  # the units that the layer's weights read, unknown where a source has no weight
        if weight is not None and len(shape := self._pool.parameters[weight].shape) == 2:
            fan_in = shape[1]
        elif edges and all(edge.parameter is not None for edge in edges):
            fan_in = sum(self._draft.widths[edge.source] or 0 for edge in edges)
        place = UnitPlace(inner, "bias", fan_in if bias.given is None else None)
        return self._pool.put(bias, name, place, "bias", copy.ending)

    def _width(self, layer: WrittenLayer, inner: int | None) -> int | None:
        """Units of the output; a width that the spec states has to be the one that comes out."""
        width, activation = inner, layer.activation
        if activation is not None and activation.bound.couples and inner is not None:
            try:
                width = activation.bound.width(inner)
            except ValueError as error:
                self._problems.error((*layer.at, "activation"), str(error))
                return layer.width
        if layer.width is not None and width is not None and width != layer.width:
            made = f"but its weights, sources and activation make {units(width)}"
            self._problems.error((*layer.at, "width"), f"is {layer.width} {made}")
        return self._draft.bounded(layer.width if width is None else width, layer.at)


def units_told(data: Any) -> int:
    """How many units the inputs and layers of a spec have, before anything of it is checked or built; 0 where one does
    not tell its width. Layers that have numbers as weights are as wide as what they read."""
    given, layers = (data.get(key) if isinstance(data, dict) else None for key in ("input", "layers"))
    row = given[0] if isinstance(given, list) and given and isinstance(given[0], list) else given
    total = width = len(row) if isinstance(row, list) else 1 if isinstance(row, float | int) else 0
    for layer in layers if isinstance(layers, list) and total else ():
        told: Mapping[str, Any] = layer if isinstance(layer, dict) and "from" not in layer else {}
        is_number, repeat = isinstance(told.get("weight"), float | int), told.get("repeat", 1)
        width = told.get("width", width if is_number else None)
        if type(width) is not int or type(repeat) is not int:
            return 0
        total += width * repeat
    return total
