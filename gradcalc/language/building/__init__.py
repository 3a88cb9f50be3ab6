"""From the data of a spec to its network: inputs, entries, layers, skips, loss, targets; then, as warnings, what has no
effect, and activations that a loss, or a softmax behind them, does not go with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from math import inf
from operator import attrgetter
from typing import Any

from gradcalc.errors import SpecPath
from gradcalc.language.building.draft import Draft, GivenNames, LayerActivation, WrittenLayer, name_layers
from gradcalc.language.building.draws import Drawn
from gradcalc.language.building.layers import LayerReader, Layers
from gradcalc.language.building.parameters import Pool
from gradcalc.language.building.skips import Skips, report_cycle
from gradcalc.language.building.targets import Targets, read_inputs, read_loss
from gradcalc.language.known_names import losses
from gradcalc.language.problems import Problems, TooManyProblems
from gradcalc.losses import Loss, bind
from gradcalc.network.network import Layer, Network, Target

__all__ = ["build"]


def build(
    data: Any,
    name: str,
    problems: Problems,
    values: Mapping[str, Any] | None = None,
    thinned: bool = False,
    places: dict[str, SpecPath] | None = None,
    drawn: list[Drawn] | None = None,
) -> Network | None:
    """The network that a spec means; None where there are errors, all of which `problems` then holds.

    `data` is what YAML, TOML or JSON made of the spec, `name` the title where it has none, and `values` replaces
    values of parameters and of their entries by name: {"w1": 0.3, "w2[0,1]": 0.1}. Of a `thinned` network skips
    or layers have been dropped, so `frozen` may name what is gone. `places`, where given, is filled with where the
    spec has every parameter, and `drawn` with what `init` has drawn.
    """
    if not isinstance(data, dict):
        return None
    problems.building = True
    return _network(data, name, problems, values or {}, thinned, places, drawn)


MOST_IN_FORMULAS = 16_384
MANY_FORMULAS = (
    f"takes the formulas past {MOST_IN_FORMULAS:,} characters, the most that a spec may have; let layers share some"
)


def refuse_many_formulas(data: Any, problems: Problems) -> None:
    """Report the first formula with which the different ones are too long together, before any of them is read."""
    layers = data.get("layers") if isinstance(data, dict) else None
    seen, length = set[str](), 0
    for i, layer in enumerate(layers if isinstance(layers, list) else ()):
        activation = layer.get("activation") if isinstance(layer, dict) else None
        formula = activation.get("formula") if isinstance(activation, dict) else None
        if isinstance(formula, str) and formula not in seen:
            seen.add(formula)
            length += len(formula)
            if length > MOST_IN_FORMULAS:
                problems.error(("layers", i, "activation", "formula"), MANY_FORMULAS)
                raise TooManyProblems


def _network(
    data: Mapping[str, Any],
    name: str,
    problems: Problems,
    values: Mapping[str, Any],
    thinned: bool,
    places: dict[str, SpecPath] | None,
    drawn: list[Drawn] | None,
) -> Network | None:
    names, seed = GivenNames(problems), data.get("seed")
    pool = Pool(names, problems, seed if type(seed) is int else 0)
    inputs = read_inputs(data.get("input"), names, problems)
    draft = Draft(inputs.names, (given and given.width for given in inputs.found), problems)
    if isinstance(entries := data.get("parameters"), dict):
        pool.enter(entries)
    reader = LayerReader(data, pool, problems)
    written = reader.layers()
    if not name_layers(written, draft, names):
        return None
    Layers(draft, pool).build(written)
    if written and data.get("skips") is not None:
        Skips(draft, pool).build(data["skips"])
    for at, source, layer in draft.late:
        report_cycle(at, source, layer, "a layer reads nodes that come before it", draft)
    loss = read_loss(data.get("loss", "mse"), problems)
    targets = Targets(draft, loss, inputs.batch, inputs.examples).read(data.get("target"))
    bad = [position for position, built in enumerate(draft.built, 1) if built is None]
    pool.finish(values if written else {}, data.get("frozen") if written else None, inputs.names, bad, thinned)
    names.refuse_symbols(pool.parameters, draft, inputs.examples if inputs.batch else 0)
    if places is not None:
        places.update((one.name, at) for one, at in zip(pool.parameters, chain.from_iterable(pool.places)))
    if drawn is not None:
        drawn += pool.drawn
    if problems.failures or loss is None:
        return None
    takes_default = any(one.activation is reader.default for one in written)
    check_effects(data, draft, targets, names, takes_default, pool.is_drawn_from)
    check_loss(data, draft, targets, loss, inputs.batch)
    check_activations(draft, names, loss, targets, written, None if "activation" in data else reader.default)
    if problems.errors:
        return None
    title, notes = (text if isinstance(text, str) else None for text in (data.get("name"), data.get("notes")))
    title, default = name if title is None else title, reader.default.bound.text if reader.default else ""
    given, parameters = tuple(node for node in inputs.found if node is not None), tuple(pool.parameters)
    shape = inputs.batch, inputs.examples
    return Network(title, default, loss, given, draft.layers(), parameters, targets, *shape, notes)


OF_ONE_UNIT = {"softmax": "1", "log_softmax": "0", "layer_norm": "0"}
"""What these make of a single unit, whatever it is."""
OF_CLASSES = {
    "cross_entropy": "{loss} takes logits; by default {layer} has the activation sigmoid, between 0 and 1; give it "
    "identity",
    "nll": "{loss} takes the outputs of a softmax; by default {layer} has the activation sigmoid; give it softmax",
    "kl": "{loss} takes the outputs of a softmax; by default {layer} has the activation sigmoid; give it softmax",
}
"""What these losses take, of which a sigmoid is none."""


def check_effects(
    data: Mapping[str, Any],
    draft: Draft,
    targets: Sequence[Target],
    names: GivenNames,
    takes_default: bool,
    draws: bool,
) -> None:
    """Nodes that nothing reads, a top-level activation that no layer takes, a seed that nothing is drawn with."""
    for node in draft.unread([target.node for target in targets] or [len(draft.names) - 1]):
        name = draft.names[node]
        what = f"no layer reads {name}" + (" and no target names it" if node >= draft.inputs else "")
        draft.problems.without_effect(names.giver(name), f"{what}; the loss does not depend on it")
    if "activation" in data and not takes_default:
        draft.problems.without_effect(("activation",), "has no effect: every layer has its own; remove it")
    if "seed" in data and not draws:
        message = "has no effect: no value is drawn with it; give a weight an `init` that draws, or remove it"
        draft.problems.without_effect(("seed",), message)


def check_activations(
    draft: Draft,
    names: GivenNames,
    loss: Loss,
    targets: Sequence[Target],
    written: Sequence[WrittenLayer],
    default: LayerActivation | None,
) -> None:
    """A softmax or norm of one unit; a softmax, and a loss of logits or of probabilities, that reads a sigmoid which
    nobody named: `default` is its activation, None where the spec names one for all."""
    kinds = set(map(attrgetter("activation.name"), filter(None, draft.built)))
    if kinds.isdisjoint(OF_ONE_UNIT) and loss.name not in OF_CLASSES:
        return
    defaults = [one.activation is default for one in written for _ in range(one.repeat)]
    for layer in filter(None, draft.built):
        name, activation = layer.name, layer.activation.name
        if layer.width == 1 and activation in OF_ONE_UNIT:
            message = f"{activation} of a single unit, {name}, is {OF_ONE_UNIT[activation]} whatever its z"
            draft.problems.warning(names.giver(name), f"{message}: no gradient goes through it")
            continue
        source = only_source(draft, layer) if activation in ("softmax", "log_softmax") else -1
        if source >= 0 and defaults[source]:
            message = f"{activation} of {name} takes the output of {draft.names[source + draft.inputs]} as it is"
            draft.problems.warning(names.giver(name), f"{message}; {default_of(draft.names[source + draft.inputs])}")
    for target in targets if loss.name in OF_CLASSES else ():
        end = draft.built[target.node - draft.inputs]
        is_bare = target.node not in draft.into_output and defaults[target.node - draft.inputs]
        if is_bare and end is not None and end.width > 1:
            draft.problems.warning(("loss",), OF_CLASSES[loss.name].format(loss=loss.name, layer=end.name))


def only_source(draft: Draft, layer: Layer) -> int:
    """The place of the layer whose output is another's preactivation; −1 where that is made of anything else."""
    node = draft.inputs + layer.position - 1
    sources = [edge.source for edge in layer.edges]
    if layer.weight is not None or layer.bias is not None or node in draft.into_preactivation or len(sources) != 1:
        return -1
    is_plain = layer.edges[0].parameter is None and sources[0] not in draft.into_output
    return sources[0] - draft.inputs if is_plain else -1


def default_of(layer: str) -> str:
    """What to do about the default activation of a layer where unbounded numbers are meant."""
    return f"by default {layer} has the activation sigmoid, between 0 and 1; give it identity"


def check_loss(data: Mapping[str, Any], draft: Draft, targets: Sequence[Target], loss: Loss, batch: bool) -> None:
    """The loss and its layers, targets and batch."""
    raw, problems = data.get("loss"), draft.problems
    settings = raw if isinstance(raw, dict) else {"name": raw}
    at: SpecPath = ("loss", "name") if isinstance(raw, dict) and "name" in raw else ("loss",)
    for target in targets:
        _check_pair(settings.get("name") or loss.name, loss, target.node, at, draft)
        low, high = loss.targets or (-inf, inf)
        outside = [number for row in target.rows for number in row if not low <= number <= high]
        if outside:
            number = repr(outside[0]).removesuffix(".0")
            between = f"not in [{low:g}, {high:g}]" if high < inf else f"below {low:g}"
            where = ("target", draft.names[target.node]) if isinstance(data.get("target"), dict) else ("target",)
            problems.warning(where, f"has {number}, which is {between}, where {loss.name} is a likelihood")
    if raw is not None and loss.takes_target and not targets:
        message = "has no effect: there is no target; give one by --target"
        problems.without_effect(("loss",), message, by_option=True)
    if "reduction" in settings and not batch:
        message = "has no effect on one example; give `input` a list of examples, or remove it"
        problems.without_effect(("loss", "reduction"), message)


def _check_pair(name: str, loss: Loss, node: int, at: SpecPath, draft: Draft) -> None:
    """The loss, by the name that the spec has for it, and the activation of one layer."""
    layer = draft.built[node - draft.inputs]
    assert layer is not None
    activation = "" if node in draft.into_output else layer.activation.name
    takes_logarithms = name != loss.name and name in bind(name).log_aliases  # in the library that it comes from
    if takes_logarithms and activation != "log_softmax":
        draft.problems.error(at, losses().unknown("loss", name))
    elif other := loss.applies.get(activation):
        remedy = f"give {layer.name} the activation identity, or take the loss {other}"
        draft.problems.warning(at, f"{loss.name} applies {activation} itself, so twice here; {remedy}")
    elif loss.name == "cross_entropy" and layer.width == 1:
        message = f"cross_entropy of a single unit, {layer.name}, is 0 whatever its value; take bce_with_logits"
        draft.problems.warning(at, message)
