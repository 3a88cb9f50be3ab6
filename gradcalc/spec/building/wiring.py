"""What reaches a layer's preactivation: its edges, the weight that multiplies them together, and how many units come.

One source with a weight is an edge with that weight; several identity edges are joined, and then weighed together.
"""

from __future__ import annotations

from gradcalc.network import Edge
from gradcalc.spec.building.describing import Described, Description
from gradcalc.spec.building.draft import Draft
from gradcalc.spec.building.placing import WeightPlace, units_of
from gradcalc.spec.building.pool import Pool
from gradcalc.spec.building.reporter import Reporter
from gradcalc.spec.building.sources import Site, Sources

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
