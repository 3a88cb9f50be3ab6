"""The changes that a diagnosis tries: skips, activations, initialisations and a bias. Each is options of the command
line, beside those that were given or in place of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gradcalc.analysis.diagnosis import Finding
from gradcalc.analysis.point import Point
from gradcalc.language import Overrides
from gradcalc.language.document import Document
from gradcalc.network.network import Input, Layer, Network, numbers
from gradcalc.records import Record
from gradcalc.report.json_numbers import written
from gradcalc.report.text import plural

LONGEST_SKIPS = 200  # characters of the other skips in a command
MOST_UNITS = 8  # that are given a bias each
MOST_SETTINGS = 6  # layers whose initialisation is changed by one command
DIGITS = 4  # of a bias or weight in a command
HARMFUL = ("zeros", "constant")  # initialisations that need a value, or that are a fault themselves
USUAL = ("relu", "tanh", "gelu", "silu", "selu", "leaky_relu")
UNUSUAL = ("step", "sign", "sin", "cos", "exp", "square", "abs", "log_sigmoid")  # activations of last resort


class Change(Record):
    """Options in place of, or beside, those that were given; `kind` is of "skip", "activation", "initialisation" and
    "bias"."""

    kind: str
    what: str
    options: Mapping[str, Any]
    is_unusual: bool = False
    skip: tuple[int, int, bool] | None = None  # the one identity that is added: its nodes, whether after the activation


class Spec(Record):
    """The spec as it was named and read, and the options that change it."""

    name: str
    document: Document
    given: Overrides
    network: Network
    data: Any  # of the spec with these options
    dps: int | None = None

    def with_change(self, change: Change) -> Overrides:
        """All options of the changed network; those that may be repeated are added to."""
        found = self.given._asdict()
        for option, value in change.options.items():
            found[option] = (*found[option], *value) if isinstance(value, tuple) else value
        return Overrides(**found)

    @property
    def layers(self) -> Sequence[tuple[int, Any]]:
        """For every layer where it is written in `layers`, with what is written there; none of the short form."""
        found = []
        for place, layer in enumerate(self.data.get("layers") or ()):
            repeat = layer.get("repeat") if isinstance(layer, dict) else 1
            found += [(place, layer)] * (repeat if isinstance(repeat, int) else 1)
        return found

    def written_alone(self, layer: Layer) -> int | None:
        """Where in `layers` a layer is written that nothing repeats, so that a setting changes it alone; None of any
        other."""
        layers = self.layers
        place, raw = layers[layer.position - 1] if len(layers) >= layer.position else (0, None)
        return place if isinstance(raw, dict) and raw.get("repeat", 1) == 1 else None


def option_words(options: Overrides) -> Iterator[str]:
    """The options as a command line has them."""
    for field in ("input", "weights", "biases", "target", "activation", "loss"):
        if (value := getattr(options, field)) is not None:
            yield from (f"--{field}", value if isinstance(value, str) else written(value))
    if options.no_skips:
        yield "--no-skips"
    for option, values in (("--skip", options.skips), ("--set", options.settings)):
        for value in values:
            yield from (option, value)


def changes(spec: Spec, finding: Finding, at: Point) -> Iterator[Change]:
    """All changes, of each kind one after the other, so that few tries are of every kind."""
    place = next(number for number, node in enumerate(spec.network.nodes) if node.name == finding.node)
    kinds = [
        biases(spec, place, at),
        rows_of_skips(spec),
        initialisations(spec),
        activations(spec, place),
        skips(spec, place),
    ]
    while kinds:
        for one in tuple(kinds):
            if (change := next(one, None)) is None:
                kinds.remove(one)
            else:
                yield change


def rows_of_skips(spec: Spec) -> Iterator[Change]:
    """Skips over every few layers, before and after the activation, where there are none."""
    for every in (1, 2, 3) if not spec.network.has_skips else ():
        for into, where in (("preactivation", ""), ("output", " (after the activation)")):
            setting = f"skips={{every: {every}, into: {into}}}"
            what = f"identity skip over every {plural(every, 'layer') if every > 1 else 'layer'}{where}"
            yield Change("skip", what, {"settings": (setting,)})


def skips(spec: Spec, place: int) -> Iterator[Change]:
    """An identity from every node to every later layer of its width that does not read it so, into its preactivation
    and after its activation: those from the layer at `place` first, and then those that lead past it."""
    network = spec.network
    nodes, first, found = network.nodes, len(network.inputs), list[tuple[int, int, bool]]()
    for target, layer in enumerate(network.layers, first):
        early, late = ({edge.source for edge in edges} for edges in (layer.into_preactivation, layer.into_output))
        early |= {edge.source for edge in layer.edges} | late
        fits = [n for n in range(target) if nodes[n].width == layer.width and is_plain(nodes[n]) and is_plain(layer)]
        found += [(n, target, into) for n in fits for into, read in ((False, early), (True, late)) if n not in read]
    found.sort(key=lambda skip: (skip[0] != place, not skip[0] < place < skip[1], skip[0] - skip[1], skip))
    known = with_others(spec)
    for source, target, into_output in found:
        one, other = nodes[source].name, nodes[target].name
        what = f"identity skip {one} → {other}"
        if not into_output:
            yield Change("skip", what, {"skips": (f"{one}:{other}",)}, skip=(source, target, False))
        elif known is not None:
            setting = f"skips=[{known}{{from: {one}, to: {other}, into: output}}]"
            options = {"settings": (setting,)}
            yield Change("skip", f"{what} (after the activation)", options, skip=(source, target, True))


def with_others(spec: Spec) -> str | None:
    """The skips that there are, as they stand in a list before one more; None where that is long, or where options give
    them."""
    skips = spec.data.get("skips") or []
    if spec.given.skips or any(text.strip().startswith("skips") for text in spec.given.settings):
        return None
    told = "".join(f"{written(skip)}, " for skip in (skips if isinstance(skips, list) else [skips]))
    return told if len(told) <= LONGEST_SKIPS and told.isprintable() else None


def is_plain(node: Input | Layer) -> bool:
    """Whether an option can name it."""
    return not any(sign in node.name for sign in ":=,[]{}\"'") and node.name.isprintable()


def activations(spec: Spec, place: int) -> Iterator[Change]:
    """Every activation, the usual ones first: in place of the one that layers take by default, and of the layer at
    `place` alone."""
    from gradcalc.activations import ACTIVATIONS

    network, layer = spec.network, spec.network.nodes[place]
    assert isinstance(layer, Layer)
    written_at = spec.written_alone(layer) if len(network.layers) > 1 else None
    by_default = not spec.layers or any(isinstance(one, dict) and "activation" not in one for _, one in spec.layers)
    names = [name for name, row in ACTIVATIONS.items() if not row.couples and not row.required]
    for name in sorted(names, key=lambda name: (name in UNUSUAL, name not in USUAL)):
        if by_default and name != network.activation:
            yield Change("activation", f"activation {name}", {"activation": name}, name in UNUSUAL)
        if written_at is not None and name != layer.activation.name:
            change = {"settings": (f"layers[{written_at}].activation={name}",)}
            yield Change("activation", f"activation {name} in {layer.name} alone", change, name in UNUSUAL)


def initialisations(spec: Spec) -> Iterator[Change]:
    """Every initialisation, of all weights that stand in the layers as they are written."""
    from gradcalc.language.building.initializers import INITS

    weights = spec.data.get("weights")
    written_at = {place: raw for place, raw in spec.layers if isinstance(raw, dict)}
    own = {at: raw for at, raw in written_at.items() if not isinstance(raw.get("weight"), (str, type(None)))}
    widths = dict(zip((at for at, _ in spec.layers), (layer.width for layer in spec.network.layers)))
    for name, init in INITS.items():
        if name in HARMFUL:
            continue
        what = f"weights drawn by {name}" if init.is_random else f"weights set by {name}"
        if isinstance(weights, list) and len(weights) <= 2 * MOST_SETTINGS:
            yield Change("initialisation", what, {"weights": drawn(init, len(weights))})
        elif 0 < len(own) <= MOST_SETTINGS and not any(is_tied(raw) for raw in own.values()):
            settings = []
            for at, raw in own.items():
                settings.append(f"layers[{at}].weight={{init: {name}}}")
                settings += [] if "width" in raw else [f"layers[{at}].width={widths[at]}"]
            yield Change("initialisation", what, {"settings": tuple(settings)})


def is_tied(layer: Mapping[str, Any]) -> bool:
    """Whether a layer says more of its weight than its value."""
    return isinstance(layer["weight"], dict) and ("name" in layer["weight"] or "frozen" in layer["weight"])


def drawn(init: Any, count: int) -> str:
    """Weights of a chain of single units, one after the other from the seed 0, as an option has them."""
    from gradcalc.language.building.initializers import Generator

    generator = Generator(0)
    found = [init.draw(generator, 1, 1, {})[0][0] for _ in range(count)]
    return ",".join(number_text(number) for number in found)


def number_text(number: float) -> str:
    """A number in a command."""
    return f"{number + 0.0:.{DIGITS}g}"


def biases(spec: Spec, place: int, at: Point) -> Iterator[Change]:
    """A bias of the layer at `place` with which the mean z of every unit is 0, or above the kink of a rectifier."""
    layer = spec.network.nodes[place]
    assert isinstance(layer, Layer)
    if layer.activation.couples or (layer.activation.steepest is None and not layer.activation.rectifies):
        return
    zs = at.preactivation(place)
    means = [sum(map(float, column)) / len(zs) for column in zip(*zs)]
    for wanted in (0.1, 1.0) if layer.activation.rectifies else (0.0,):
        shifts = [0.0 if mean > 0 and layer.activation.rectifies else wanted - mean for mean in means]
        if len(shifts) > MOST_UNITS:
            yield from one_bias(spec, layer, sum(shifts) / len(shifts))
        elif (options := bias_options(spec, layer, shifts)) is not None:
            yield Change("bias", f"bias of {layer.name} shifted to a mean z of {number_text(wanted)}", options)


def one_bias(spec: Spec, layer: Layer, shift: float) -> Iterator[Change]:
    """One bias for all units, the mean of what they have and of how far they are from where they should be."""
    old = [] if layer.bias is None else numbers(spec.network.parameters[layer.bias].value)
    if (written_at := spec.written_alone(layer)) is not None:
        value = number_text(shift + (sum(old) / len(old) if old else 0.0))
        yield Change("bias", f"bias {value} in {layer.name}", {"settings": (f"layers[{written_at}].bias={value}",)})


def bias_options(spec: Spec, layer: Layer, shifts: Sequence[float]) -> Mapping[str, Any] | None:
    """The options that add this to a layer's bias; None where no option can."""
    if layer.bias is not None:
        parameter = spec.network.parameters[layer.bias]
        old = numbers(parameter.value)
        if len(old) != len(shifts):
            return None
        values = [number_text(value + shift) for value, shift in zip(old, shifts)]
        told = f"[{', '.join(values)}]" if isinstance(parameter.value, list) else values[0]
        return {"settings": (f"{parameter.name}={told}",)}
    values = [number_text(shift) for shift in shifts]
    if len(spec.layers) >= layer.position:
        if (written_at := spec.written_alone(layer)) is None:
            return None
        told = f"[{', '.join(values)}]" if len(values) > 1 else values[0]
        return {"settings": (f"layers[{written_at}].bias={told}",)}
    if len(values) > 1 or "biases" in spec.data:
        return None
    several = ["null"] * len(spec.network.layers)
    several[layer.position - 1] = values[0]
    return {"biases": ",".join(several)}
