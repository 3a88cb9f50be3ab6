"""Layers: each repeated, wired to its sources, given bias and alpha, and its width worked out."""

from __future__ import annotations

from collections.abc import Sequence

from gradcalc.network import Layer
from gradcalc.spec.building.bending import Bent
from gradcalc.spec.building.describing import Description
from gradcalc.spec.building.draft import Draft
from gradcalc.spec.building.names import Names
from gradcalc.spec.building.placing import UnitPlace, units
from gradcalc.spec.building.pool import Pool
from gradcalc.spec.building.reporter import Reporter
from gradcalc.spec.building.sources import Site
from gradcalc.spec.building.values import Given
from gradcalc.spec.building.wiring import Wiring
from gradcalc.spec.building.written import Written

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
        draft, bent = self._draft, layer.bent
        node = len(draft.widths)
        position, name = node - draft.inputs + 1, draft.names[node]
        site = Site(layer, position, name, node, copy)
        edges, join, weight, inner = self._wiring.wires(site, shared and shared[0])
        bias = alpha = None
        if layer.bias is not None:
            bias = self._bias(site, inner, shared and shared[1])
        if bent is not None and bent.activation.parametric:
            alpha = self._alpha(site, bent, inner, shared and shared[2])
        width = self._width(layer, inner)
        if edges is None or width is None or bent is None:
            draft.add(None, edges or (), width, inner)
        else:
            built = Layer(name, position, width, edges, join, weight, bias, bent.activation, alpha, (), ())
            draft.add(built, edges, width, inner)
        return edges[0].parameter if edges and weight is None else weight, bias, alpha

    def _bias(self, site: Site, inner: int | None, shared: int | None) -> int | None:
        bias, at = site.layer.bias, site.layer.bias_at
        if shared is not None:
            self._pool.put_again(shared, at, UnitPlace(inner))
            return shared
        name = f"b{site.position}"
        if isinstance(bias, Description):
            return self._pool.put(bias, name, UnitPlace(inner), "bias", site.number)
        return None if bias is None else self._pool.put_number(bias, at, name, "bias")

    def _alpha(self, site: Site, bent: Bent, inner: int | None, shared: int | None) -> int | None:
        """Prelu's parameter, one number for all units or one each."""
        if shared is not None:
            return shared
        at = bent.alpha_at or site.layer.at
        described = Description(at, ALPHA) if bent.alpha is None else self._pool.describer.describe(bent.alpha, at)
        return self._pool.put(described, f"alpha{site.position}", UnitPlace(inner, "alpha"), "alpha", site.number)

    def _width(self, layer: Written, inner: int | None) -> int | None:
        """Units of the output; a width that the spec states has to be the one that comes out."""
        width = inner
        if layer.bent is not None and layer.bent.activation.couples and inner is not None:
            try:
                width = layer.bent.activation.width(inner)
            except ValueError as error:
                self._reporter.error((*layer.at, "activation"), str(error))
                return layer.width
        if layer.width is not None and width is not None and width != layer.width:
            made = f"but its weights, sources and activation make {units(width)}"
            self._reporter.error((*layer.at, "width"), f"is {layer.width} {made}")
        return layer.width if width is None else width
