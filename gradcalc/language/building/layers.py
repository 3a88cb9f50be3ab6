"""Layers: unrolled, what each copy reads, its weight, bias and alpha, and its width.

One source with a weight is an edge with that weight; several identity edges are joined, and then weighed together.
"""

from __future__ import annotations

from collections.abc import Sequence

from gradcalc.language.building.draft import Draft, GivenNames
from gradcalc.language.building.parameters import Described, Description, Pool
from gradcalc.language.building.values import Given, UnitPlace, WeightPlace, units, units_of
from gradcalc.language.building.written import LayerActivation, WrittenLayer
from gradcalc.network.network import Edge, Layer
from gradcalc.records import Record

MOST_LAYERS = 1_000_000
ONCE = (0,)
"""The copies of a layer that is not repeated."""
NARROW = "all joins but concat need equal widths"
ALPHA = Given((), 0.25)
"""What He et al. 2015 ("Delving deep into rectifiers") start prelu's alpha from."""


def name_layers(written: Sequence[WrittenLayer], draft: Draft, names: GivenNames) -> bool:
    """Names the layers by position or as they are called, `r` repeated r1 … rn; False where there are too many."""
    total = 0
    for layer in written:
        total += layer.repeat
        if total > MOST_LAYERS:
            limit = f"takes the network past {MOST_LAYERS:,} layers, the most that one may have; repeat less often"
            draft.problems.error((*layer.at, "repeat") if layer.repeat > 1 else layer.at, limit)
            return False
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


Edges = tuple[Edge, ...]
Wires = tuple[Edges | None, str, int | None, int | None]
"""Edges, join, weight, and the preactivation's units; edges and units are None where a mistake leaves them open."""

Parameters = tuple[int | None, int | None, int | None]
"""Weight, bias and alpha of a copy, which the copies after it have too where they share."""


class Layers:
    """Builds layer after layer into a draft whose nodes are named already."""

    def __init__(self, draft: Draft, pool: Pool) -> None:
        self._draft = draft
        self._pool = pool
        self._problems = draft.problems

    def build(self, written: Sequence[WrittenLayer]) -> None:
        """Unrolls and builds all layers. Where a copy that reads the one before it has a mistake, the rest have too."""
        for layer in written:
            shared = None
            for number in range(1, layer.repeat + 1) if layer.repeat > 1 else ONCE:
                failures = self._problems.failures
                parameters = self._build(layer, number, shared)
                shared = parameters if layer.share else None
                if number > 1 and self._problems.failures > failures:
                    for _ in range(number, layer.repeat):
                        self._draft.add(None, (), self._draft.widths[-1], self._draft.inner[-1])
                    break

    def _build(self, layer: WrittenLayer, number: int, shared: Parameters | None) -> Parameters:
        draft, activation = self._draft, layer.activation
        node = len(draft.widths)
        copy = Copy(layer, node - draft.inputs + 1, draft.names[node], node, number)
        edges, join, weight, inner = self._wires(copy, shared and shared[0])
        bias = alpha = None
        if layer.bias is not None:
            bias = self._bias(copy, inner, edges, weight, shared and shared[1])
        if activation is not None and activation.bound.parametric:
            alpha = shared and shared[2]
            alpha = self._alpha(copy, activation, inner) if alpha is None else alpha
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
        """The nodes that `from`, no mapping, names, or all inputs; None for a mistake, which is reported."""
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
        draft, weight = self._draft, copy.layer.weight
        names = ["" if source is None else draft.names[source] for source in sources]
        widths = [None if source is None else draft.widths[source] for source in sources]
        join, columns = self._join(copy, widths, names)
        edges = [
            Edge(source, None, f"{name}→{copy.name}")
            for source, name in zip(sources, names, strict=True)
            if source is not None
        ]
        sound = tuple(edges) if len(edges) == len(sources) else None
        if weight is None:
            return sound, join, None, None if copy.layer.vague else columns
        number, inner = self._weigh(copy, weight, columns, f"{join} of {', '.join(names)}", shared)
        return sound if number is not None else None, join, number, inner

    def _join(self, copy: Copy, widths: Sequence[int | None], names: Sequence[str]) -> tuple[str, int | None]:
        """How sources meet, and the units after that, None where they are unknown.

        Several inputs are concatenated where the first layer has no `join` or `from`. Unequal widths are reported, and
        the first one holds.
        """
        layer = copy.layer
        join = layer.join or ("concat" if copy.position == 1 and layer.reads is None else "sum")
        join = join if len(widths) > 1 else "sum"
        if join == "concat":
            return join, sum(width for width in widths if width) if None not in widths else None
        known = [(width, name) for width, name in zip(widths, names, strict=True) if width is not None]
        for width, name in known[1:]:
            if width != known[0][0]:
                at = (*layer.at, "join" if layer.reads is None else "from")
                first = f"{known[0][1]} has {units(known[0][0])}"
                self._problems.error(at, f"has sources of unequal width: {first}, {name} has {units(width)}; {NARROW}")
                break
        return join, known[0][0] if known else None

    def _weighed_apart(self, copy: Copy) -> Wires:
        """A `from` mapping: each source with a weight of its own, None for the identity."""
        parts = copy.layer.parts or {}
        ends = [self._part(copy, name, described) for name, described in parts.items()]
        edges = tuple(edge for edge, _ in ends if edge is not None)
        join, inner = self._join(copy, [width for _, width in ends], [f"the part from {name}" for name in parts])
        return edges if len(edges) == len(ends) else None, join, None, inner

    def _part(self, copy: Copy, name: str, described: Description | None) -> tuple[Edge | None, int | None]:
        """One edge of a `from` mapping, and the units that come over it."""
        source = self._earlier(copy, name, name)
        columns = None if source is None else self._draft.widths[source]
        if described is None:
            return None if source is None else Edge(source, None, f"{name}→{copy.name}"), columns
        place = WeightPlace(columns, name, copy.rows)
        number = self._pool.put(described, f"w{copy.position}_{name}", place, "weight")
        if number is None:
            return None, copy.rows
        parameter = self._pool.parameters[number]
        edge = None if source is None else Edge(source, number, parameter.name)
        return edge, units_of(parameter.shape, columns)

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

    def _bias(
        self, copy: Copy, inner: int | None, edges: Edges | None, weight: int | None, shared: int | None
    ) -> int | None:
        bias, at, name = copy.layer.bias, copy.layer.bias_at, f"b{copy.position}"
        if shared is not None:
            self._pool.put_again(shared, at, UnitPlace(inner))
            return shared
        if not isinstance(bias, Description):
            return None if bias is None else self._pool.put_number(bias, at, name, "bias")
        fan_in = self._fan_in(edges, weight) if bias.given is None else None
        return self._pool.put(bias, name, UnitPlace(inner, "bias", fan_in), "bias", copy.ending)

    def _fan_in(self, edges: Edges | None, weight: int | None) -> int | None:
        """The units that the layer's weights read, as init takes them; None where a source has no weight."""
        draft, parameters = self._draft, self._pool.parameters
        if weight is not None and len(parameters[weight].shape) == 2:
            return parameters[weight].shape[1]
        widths = [draft.widths[edge.source] for edge in edges or () if edge.parameter is not None]
        return sum(width or 0 for width in widths) if edges and len(widths) == len(edges) else None

    def _alpha(self, copy: Copy, activation: LayerActivation, inner: int | None) -> int | None:
        """Prelu's parameter, one number for all units or one each."""
        at, raw = activation.alpha_at or copy.layer.at, activation.alpha
        described = Description(at, ALPHA) if raw is None else self._pool.describe(raw, at)
        return self._pool.put(described, f"alpha{copy.position}", UnitPlace(inner, "alpha"), "alpha", copy.ending)

    def _width(self, layer: WrittenLayer, inner: int | None) -> int | None:
        """Units of the output; a width that the spec states has to be the one that comes out."""
        width = inner
        activation = layer.activation
        if activation is not None and activation.bound.couples and inner is not None:
            try:
                width = activation.bound.width(inner)
            except ValueError as error:
                self._problems.error((*layer.at, "activation"), str(error))
                return layer.width
        if layer.width is not None and width is not None and width != layer.width:
            made = f"but its weights, sources and activation make {units(width)}"
            self._problems.error((*layer.at, "width"), f"is {layer.width} {made}")
        return layer.width if width is None else width
