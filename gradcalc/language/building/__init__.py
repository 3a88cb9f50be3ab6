"""From the data of a spec to its network: inputs, entries, layers, skips, loss, targets."""

from __future__ import annotations

import gc
from collections.abc import Mapping
from typing import Any

from gradcalc.language.building.draft import Draft, Names
from gradcalc.language.building.effects import Effects
from gradcalc.language.building.layers import Layers, name_layers
from gradcalc.language.building.parameters import Pool
from gradcalc.language.building.skips import Skips
from gradcalc.language.building.targets import Inputs, Targets, read_inputs, read_loss
from gradcalc.language.building.written import Activations, Writings
from gradcalc.language.problems import Problems, Reporter
from gradcalc.losses import Loss
from gradcalc.network.network import Input, Network, Target

__all__ = ["build"]
NO_VALUES: Mapping[str, Any] = {}


def build(
    data: Any, name: str, problems: Problems, values: Mapping[str, Any] = NO_VALUES, thinned: bool = False
) -> Network | None:
    """The network that a spec means; None where there are errors, all of which `problems` then holds.

    `data` is what YAML, TOML or JSON made of the spec, `name` the title where it has none, and `values` replaces
    values of parameters and of their entries by name: {"w1": 0.3, "w2[0,1]": 0.1}. Of a `thinned` network skips
    or layers have been dropped, so `frozen` may name what is gone.
    """
    if not isinstance(data, dict):
        return None
    collecting = gc.isenabled()
    gc.disable()  # nothing made here is garbage, and looking for it takes longer than the building
    try:
        return Building(data, problems, thinned).network(name, values)
    finally:
        if collecting:
            gc.enable()


class Building:
    """Builds the network of one spec: inputs, entries, layers, skips, loss, targets; then what needs all of them."""

    def __init__(self, data: Mapping[str, Any], problems: Problems, thinned: bool) -> None:
        self._thinned = thinned
        self._data = data
        self._reporter = Reporter(problems)
        self._names = Names(self._reporter)
        self._draft = Draft(self._reporter)
        seed = data.get("seed")
        self._pool = Pool(self._names, self._reporter, seed if type(seed) is int else 0)
        self._activations = Activations(self._reporter)
        self._takes_default = False

    def network(self, name: str, values: Mapping[str, Any]) -> Network | None:
        """Builds inputs, layers, skips and targets, in this order."""
        data, reporter = self._data, self._reporter
        inputs = read_inputs(data.get("input"), self._names, reporter)
        self._draft.name_inputs(inputs.names, [given and given.width for given in inputs.found])
        default = self._layers()
        if default is None:
            return None
        loss = read_loss(data.get("loss", "mse"), reporter)
        targets = Targets(self._draft, loss, inputs.batch, inputs.examples, reporter).read(data.get("target"))
        self._finish(inputs, values)
        if reporter.failed or loss is None or not self._has_effect(loss, targets, inputs.batch):
            return None
        given = tuple(node for node in inputs.found if node is not None)
        return self._assemble(name, default, loss, given, targets, inputs)

    def _layers(self) -> str | None:
        """Builds layers and skips; the default activation as printed, None where there are too many layers."""
        data, pool, reporter = self._data, self._pool, self._reporter
        if isinstance(entries := data.get("parameters"), dict):
            pool.enter(entries)
        writings = Writings(data, pool.describer, self._activations, reporter)
        written = writings.layers()
        if not name_layers(written, self._draft, self._names, reporter):
            return None
        Layers(self._draft, pool, reporter).build(written)
        skips = Skips(self._draft, pool, reporter)
        skips.build(data.get("skips") if written else None)
        skips.report_late()
        self._takes_default = any(layer.activation is writings.default for layer in written)
        return writings.default.bound.text if writings.default else ""

    def _finish(self, inputs: Inputs, values: Mapping[str, Any]) -> None:
        """What needs all parameters and nodes: values by option, `frozen`, names like symbols."""
        draft, pool, lost = self._draft, self._pool, self._lost()
        pool.finish()
        if values and draft.built:
            from gradcalc.language.building.parameters import settle

            settle(values, pool.parameters, inputs.names, lost, [] if self._thinned else pool.unused(), self._reporter)
        if (frozen := self._data.get("frozen")) is not None and draft.built:
            from gradcalc.language.building.parameters import freeze

            freeze(frozen, pool.parameters, None if self._thinned else lost, self._reporter)
        if suspects := self._names.like_symbols():
            from gradcalc.language.building.reserved_names import refuse_symbols

            examples = inputs.examples if inputs.batch else 0
            refuse_symbols(suspects, pool.parameters, draft, examples, self._reporter)

    def _has_effect(self, loss: Loss, targets: tuple[Target, ...], batch: bool) -> bool:
        """Whether all that options gave has an effect; what else has none is a warning."""
        effects = Effects(self._data, self._draft, targets, self._reporter)
        effects.check_nodes(self._names)
        effects.check_default_activation(self._takes_default)
        effects.check_seed(self._pool.is_drawn_from)
        effects.check_loss(loss, batch)
        return not self._reporter.failed

    def _lost(self) -> list[str]:
        """Names of parameters that are not there because of a mistake that has been reported."""
        bad = [position for position, layer in enumerate(self._draft.built, 1) if layer is None]
        return self._pool.lost + [f"{kind}{position}" for position in bad for kind in ("w", "b", "alpha")]

    def _assemble(
        self, name: str, default: str, loss: Loss, given: tuple[Input, ...], targets: tuple[Target, ...], inputs: Inputs
    ) -> Network:
        title, notes = self._data.get("name"), self._data.get("notes")
        return Network(
            name=title if isinstance(title, str) else name,
            activation=default,
            loss=loss,
            inputs=given,
            layers=self._draft.layers(),
            parameters=tuple(self._pool.parameters),
            targets=targets,
            batch=inputs.batch,
            examples=inputs.examples,
            notes=notes if isinstance(notes, str) else None,
        )
