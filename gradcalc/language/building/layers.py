"""Layers: what each reads, its weight, bias and alpha, its repeats, and its width.

One source with a weight is an edge with that weight; several identity edges are joined, and then weighed together.
"""

from __future__ import annotations

from collections.abc import Sequence

from gradcalc.language.building.draft import Draft, Names
from gradcalc.language.building.parameters import Described, Description, Pool
from gradcalc.language.building.values import Given, UnitPlace, WeightPlace, units, units_of
from gradcalc.language.building.written import LayerActivation, Written
from gradcalc.language.problems import Reporter
from gradcalc.network.network import Edge, Layer
from gradcalc.records import Record

NARROW = "all joins but concat need equal widths"


class Site(Record):
    """A layer at its position (from 1); `copy` counts from 1 in a repeated layer and is 0 in others."""

    layer: Written
    position: int
    name: str
    node: int
    copy: int

    @property
    def number(self) -> int:
        """What the given names of this copy's parameters end in; 0 for nothing: they are alone, or shared."""
        return 0 if self.layer.share else self.copy

    @property
    def rows(self) -> int | None:
        """Units of the preactivation by the width that the spec states; maxout makes one unit of several."""
        width, activation = self.layer.width, self.layer.activation
        if width is None or activation is None:
            return None
        return width * int(activation.bound.options.get("pieces", 1))


class Sources:
    """Finds sources, by name or by position."""

    def __init__(self, draft: Draft, reporter: Reporter) -> None:
        self._draft = draft
        self._reporter = reporter

    def of(self, site: Site) -> list[int | None]:
        """The nodes that a layer without a `from` mapping reads; None for a mistake, which is reported."""
        reads = site.layer.reads
        if reads is None or site.copy > 1:
            return [site.node - 1] if site.position > 1 else list(range(self._draft.inputs))
        if not reads:
            self._reporter.error((*site.layer.at, "from"), "is empty; it needs at least one node")
            return [None]
        if isinstance(reads, list):
            return [self.earlier(site, name, i) for i, name in enumerate(reads)]
        return [self.earlier(site, reads)]

    def earlier(self, site: Site, name: object, *steps: str | int) -> int | None:
        """A node that is computed before the layer that reads it; `steps` lead to its place in `from`."""
        number = self._draft.find(name, site.layer.at, "from", *steps)
        if number is None or number < site.node:
            return number
        self._draft.late.append(((*site.layer.at, "from", *steps), number, site.node))
        return None

    def join(self, site: Site, sources: Sequence[object]) -> str:
        """How they meet; several inputs are concatenated where the first layer has no `join` or `from`."""
        if len(sources) < 2:
            return "sum"
        concatenated = site.position == 1 and site.layer.reads is None
        return site.layer.join or ("concat" if concatenated else "sum")

    def joined_width(self, site: Site, join: str, widths: Sequence[int | None], names: Sequence[str]) -> int | None:
        """Units after the join; None where they are unknown. Unequal widths are reported, and the first one holds."""
        if join == "concat":
            return sum(width for width in widths if width) if None not in widths else None
        known = [(width, name) for width, name in zip(widths, names, strict=True) if width is not None]
        for width, name in known[1:]:
            if width != known[0][0]:
                at = (*site.layer.at, "join" if site.layer.reads is None else "from")
                first = f"{known[0][1]} has {units(known[0][0])}"
                self._reporter.error(at, f"has sources of unequal width: {first}, {name} has {units(width)}; {NARROW}")
                break
        return known[0][0] if known else None


Edges = tuple[Edge, ...]
Wires = tuple[Edges | None, str, int | None, int | None]
"""Edges, join, weight, and the preactivation's units; edges and units are None where a mistake leaves them open."""


class Wiring:
    """Wires layers to the nodes before them."""

    def __init__(self, draft: Draft, pool: Pool, reporter: Reporter) -> None:
        self._draft = draft
        self._pool = pool
        self._sources = Sources(draft, reporter)
        self._reporter = reporter

    def wires(self, site: Site, shared: int | None) -> Wires:
        """The wires of one layer; `shared` is the weight that its copies have in common, once there is one."""
        if site.layer.parts and site.copy < 2:
            return self._weighed_apart(site)
        sources = self._sources.of(site)
        if len(sources) == 1:
            return self._single(site, sources[0], shared)
        return self._joined(site, sources, shared)

    def _single(self, site: Site, source: int | None, shared: int | None) -> Wires:
        draft, weight = self._draft, site.layer.weight
        columns = None if source is None else draft.widths[source]
        reads = "its source" if source is None else draft.names[source]
        if weight is None:
            edges = None if source is None else (Edge(source, None, f"{reads}→{site.name}"),)
            return edges, "sum", None, None if site.layer.vague else columns
        number, inner = self._weigh(site, weight, columns, reads, shared)
        if source is None or number is None:
            return None, "sum", None, site.rows if inner is None else inner
        return (Edge(source, number, self._pool.parameters[number].name),), "sum", None, inner

    def _joined(self, site: Site, sources: list[int | None], shared: int | None) -> Wires:
        """Identity edges to several nodes."""
        draft, weight = self._draft, site.layer.weight
        names = ["" if source is None else draft.names[source] for source in sources]
        widths = [None if source is None else draft.widths[source] for source in sources]
        join = self._sources.join(site, sources)
        columns = self._sources.joined_width(site, join, widths, names)
        edges = tuple(
            Edge(source, None, f"{name}→{site.name}")
            for source, name in zip(sources, names, strict=True)
            if source is not None
        )
        sound = edges if len(edges) == len(sources) else None
        if weight is None:
            return sound, join, None, None if site.layer.vague else columns
        reads = f"{join} of {', '.join(names)}"
        number, inner = self._weigh(site, weight, columns, reads, shared)
        return sound if number is not None else None, join, number, inner

    def _weighed_apart(self, site: Site) -> Wires:
        """A `from` mapping: each source with a weight of its own, None for the identity."""
        layer = site.layer
        if layer.weight is not None:
            self._reporter.error(layer.weight_at, "stands beside a mapping in from, which holds the weights")
        if layer.repeat > 1:
            self._reporter.error(
                (*layer.at, "repeat"), "stands beside a mapping in from, which names one layer's sources"
            )
        ends = [self._part(site, name, described) for name, described in (layer.parts or {}).items()]
        edges = tuple(edge for edge, _ in ends if edge is not None)
        join = self._sources.join(site, ends)
        names = [f"the part from {name}" for name in layer.parts or ()]
        inner = self._sources.joined_width(site, join, [width for _, width in ends], names)
        return edges if len(edges) == len(ends) else None, join, None, inner

    def _part(self, site: Site, name: str, described: Description | None) -> tuple[Edge | None, int | None]:
        """One edge of a `from` mapping, and the units that come over it."""
        source = self._sources.earlier(site, name, name)
        columns = None if source is None else self._draft.widths[source]
        if described is None:
            return None if source is None else Edge(source, None, f"{name}→{site.name}"), columns
        place = WeightPlace(columns, name, site.rows)
        number = self._pool.put(described, f"w{site.position}_{name}", place, "weight")
        if number is None:
            return None, site.rows
        parameter = self._pool.parameters[number]
        edge = None if source is None else Edge(source, number, parameter.name)
        return edge, units_of(parameter.shape, columns)

    def _weigh(
        self, site: Site, weight: Described, columns: int | None, reads: str, shared: int | None
    ) -> tuple[int | None, int | None]:
        """The weight's number, and the units that it makes of so many columns."""
        name = f"w{site.position}"
        if shared is not None:
            number: int | None = shared
            self._pool.put_again(shared, site.layer.weight_at, WeightPlace(columns, reads))
        elif isinstance(weight, float):
            return self._pool.put_number(weight, site.layer.weight_at, name, "weight"), columns
        else:
            number = self._pool.put(weight, name, WeightPlace(columns, reads, site.rows), "weight", site.number)
        return number, site.rows if number is None else units_of(self._pool.parameters[number].shape, columns)


MOST_LAYERS = 1_000_000
ALPHA = Given((), 0.25)
"""What He et al. 2015 ("Delving deep into rectifiers") start prelu's slope from."""

Parameters = tuple[int | None, int | None, int | None]
"""Weight, bias and alpha of a copy, which the copies after it have too where they share."""


def name_layers(written: Sequence[Written], draft: Draft, names: Names, reporter: Reporter) -> bool:
    """Names the layers by position or as they are called, `r` repeated r1 … rn; False where there are too many."""
    total = 0
    for layer in written:
        total += layer.repeat
        if total > MOST_LAYERS:
            limit = f"takes the network past {MOST_LAYERS:,} layers, the most that one may have; repeat less often"
            reporter.error((*layer.at, "repeat") if layer.repeat > 1 else layer.at, limit)
            return False
    for layer in written:
        if layer.name is not None:
            _name_copies(layer, draft, names)
        elif layer.repeat == 1:
            _name_by_position(layer, draft, names, total)
        else:
            for _ in range(layer.repeat):
                _name_by_position(layer, draft, names, total)
    return True


def _name_by_position(layer: Written, draft: Draft, names: Names, total: int) -> None:
    position = len(draft.names) - draft.inputs + 1
    name = f"h{position}" if position < total else "y"
    names.take(name, layer.at)
    draft.name(name)


def _name_copies(layer: Written, draft: Draft, names: Names) -> None:
    sound = True
    for copy in range(1, layer.repeat + 1):
        name = f"{layer.name}{copy}" if layer.repeat > 1 else str(layer.name)
        sound = sound and names.choose(name, (*layer.at, "name"), parameter=False)
        draft.name(name)


class Layers:
    """Builds layer after layer into a draft whose nodes are named already."""

    def __init__(self, draft: Draft, pool: Pool, reporter: Reporter) -> None:
        self._draft = draft
        self._pool = pool
        self._reporter = reporter
        self._wiring = Wiring(draft, pool, reporter)

    def build(self, written: Sequence[Written]) -> None:
        """Unrolls and builds all layers."""
        for layer in written:
            if layer.repeat == 1:
                self._build(layer, 0, None)
            else:
                self._repeat(layer)

    def _repeat(self, layer: Written) -> None:
        """The copies. Where one that reads the copy before it has a mistake, the rest would have the same."""
        shared = None
        for copy in range(1, layer.repeat + 1):
            found = self._reporter.count
            parameters = self._build(layer, copy, shared)
            shared = parameters if layer.share else None
            if copy > 1 and self._reporter.count > found:
                self._draft.repeat_last(layer.repeat - copy)
                return

    def _build(self, layer: Written, copy: int, shared: Parameters | None) -> Parameters:
        draft, activation = self._draft, layer.activation
        node = len(draft.widths)
        position, name = node - draft.inputs + 1, draft.names[node]
        site = Site(layer, position, name, node, copy)
        edges, join, weight, inner = self._wiring.wires(site, shared and shared[0])
        bias = alpha = None
        if layer.bias is not None:
            bias = self._bias(site, inner, self._fan_in(edges, weight), shared and shared[1])
        if activation is not None and activation.bound.parametric:
            alpha = self._alpha(site, activation, inner, shared and shared[2])
        width = self._width(layer, inner)
        if edges is None or width is None or activation is None:
            draft.add(None, edges or (), width, inner)
        else:
            built = Layer(name, position, width, edges, join, weight, bias, activation.bound, alpha, (), ())
            draft.add(built, edges, width, inner)
        return edges[0].parameter if edges and weight is None else weight, bias, alpha

    def _fan_in(self, edges: Edges | None, weight: int | None) -> int | None:
        """The units that the layer's weights read; None where a source has none."""
        draft, parameters = self._draft, self._pool.parameters
        if weight is not None and len(parameters[weight].shape) == 2:
            return parameters[weight].shape[1]
        widths = [draft.widths[edge.source] for edge in edges or () if edge.parameter is not None]
        return sum(width or 0 for width in widths) if edges and len(widths) == len(edges) else None

    def _bias(self, site: Site, inner: int | None, fan_in: int | None, shared: int | None) -> int | None:
        bias, at = site.layer.bias, site.layer.bias_at
        if shared is not None:
            self._pool.put_again(shared, at, UnitPlace(inner))
            return shared
        name = f"b{site.position}"
        if isinstance(bias, Description):
            return self._pool.put(bias, name, UnitPlace(inner, fan_in=fan_in), "bias", site.number)
        return None if bias is None else self._pool.put_number(bias, at, name, "bias")

    def _alpha(self, site: Site, activation: LayerActivation, inner: int | None, shared: int | None) -> int | None:
        """Prelu's parameter, one number for all units or one each."""
        if shared is not None:
            return shared
        at = activation.alpha_at or site.layer.at
        raw = activation.alpha
        described = Description(at, ALPHA) if raw is None else self._pool.describer.describe(raw, at)
        return self._pool.put(described, f"alpha{site.position}", UnitPlace(inner, "alpha"), "alpha", site.number)

    def _width(self, layer: Written, inner: int | None) -> int | None:
        """Units of the output; a width that the spec states has to be the one that comes out."""
        width = inner
        activation = layer.activation
        if activation is not None and activation.bound.couples and inner is not None:
            try:
                width = activation.bound.width(inner)
            except ValueError as error:
                self._reporter.error((*layer.at, "activation"), str(error))
                return layer.width
        if layer.width is not None and width is not None and width != layer.width:
            made = f"but its weights, sources and activation make {units(width)}"
            self._reporter.error((*layer.at, "width"), f"is {layer.width} {made}")
        return layer.width if width is None else width
