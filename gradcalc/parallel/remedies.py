"""What would help: changes of a network, each computed, ranked by what becomes of one gradient, with its command.

A change is options of the command line, and is computed as that command would compute it. How many are tried is
bounded by the work that they make, not by a clock: every run tries the same.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from math import floor
from shlex import quote
from typing import Any

from gradcalc.analysis.comparison import profile, ratio
from gradcalc.analysis.computation import gradient
from gradcalc.analysis.diagnosis import HEALTHY, Diagnosis, Finding, Remedy, diagnose, diagnosis_at, start
from gradcalc.analysis.point import Point, Subject, point, subjects
from gradcalc.errors import DomainError, LimitError, SpecError, UsageError
from gradcalc.language import Overrides, build, read
from gradcalc.language.document import Document
from gradcalc.language.overrides import apply
from gradcalc.network.network import Input, Layer, Network, norm, numbers
from gradcalc.records import Record
from gradcalc.report.json_numbers import written
from gradcalc.report.text import plural

WORK = 60_000  # in layers of a chain, about two seconds
EACH, LEAST = 10, 10  # work of a network beside that of its layers and weights; changes that are tried in any case
EXTENDED = 10  # tries that one takes the time of where it is computed in extended range
ZERO_AWAY = 1000.0  # powers of ten, more than any float64 is
BETTER = 0.05  # powers of ten nearer to the start of the backward pass that are an improvement
MOST_UNITS = 8  # that are given a bias each
MOST_SETTINGS = 6  # layers whose initialisation is changed by one command
DIGITS = 4  # of a bias or weight in a command
HARMFUL = ("zeros", "constant")  # initialisations that need a value, or that are a fault themselves


KINDS = ("bias", "skip", "initialisation", "activation")
UNCHANGED = Overrides()
NO_CHANGE_HELPS = ("frozen", "rounded to 0")  # what training is told to leave, and what a loss scale helps
USUAL = ("relu", "tanh", "gelu", "silu", "selu", "leaky_relu")
UNUSUAL = ("step", "sign", "sin", "cos", "exp", "square", "abs", "log_sigmoid")  # activations of last resort
Rank = tuple[int, int, bool, float, int]
"""Whole powers of ten from what the backward pass starts with, the kind, whether it is unusual, the powers of ten, the
order of trying."""


class Change(Record):
    """Options in place of, or beside, those that were given; `kind` is of "skip", "activation", "initialisation" and
    "bias"."""

    kind: str
    what: str
    options: Mapping[str, Any]
    is_unusual: bool = False


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


def diagnosed(
    source: Any, given: Overrides = UNCHANGED, top: int = 10, most: int | None = None, dps: int | None = None
) -> tuple[Diagnosis, Sequence[str]]:
    """The diagnosis of a spec with these options, its zeros and remedies with it, and the warnings of the spec. Of a
    network there are no remedies, as no command names it.

    Raises SpecError, UsageError, DomainError, LimitError.
    """
    from gradcalc.views.diagnose_sentences import zeros

    if isinstance(source, Network):
        found, at = diagnose(source, dps)
        return found._replace(zeros=zeros(at, found.layers)), ()
    if source is None and not any(given):
        raise UsageError("no network: name a SPEC (a file, - or a built-in example), or give --input and --weights")
    document = read(source)
    changed = apply(document, given)
    network, warnings = build(changed)
    found, at = diagnose(network, dps)
    found = found._replace(zeros=zeros(at, found.layers))
    name = "SPEC" if isinstance(source, Mapping) else str(source or "")
    return with_remedies(found, at, Spec(name, document, given, network, changed.data, dps), top, most), warnings


def with_remedies(diagnosis: Diagnosis, at: Point, spec: Spec, top: int = 10, most: int | None = None) -> Diagnosis:
    """The diagnosis with the changes that help: the `top` first of them and the first of each kind, of at most so many
    that are tried."""
    subject = diagnosis.finding.subject
    if subject is None or not top or any(word in diagnosis.finding.evidence for word in NO_CHANGE_HELPS):
        return diagnosis
    limit = most_tried(spec.network) if most is None else most
    found, left = list[tuple[Rank, Remedy, Point]](), dict[str, int]()
    attempts, tried = 0, 0
    before = size_away(at, subject)
    ill = {layer.node for layer in diagnosis.layers if layer.label != HEALTHY}
    for change in changes(spec, diagnosis.finding, at):
        if attempts >= limit:
            left[change.kind] = left.get(change.kind, 0) + 1
            continue
        attempts += 1
        try:
            options = spec.with_change(change)
            network, _ = build(apply(spec.document, options))
            (same,) = subjects(network, [subject.name])
            changed = point(network, spec.dps)
            after, tried = size_away(changed, same), tried + 1
            attempts += EXTENDED if most is None and changed.arithmetic.name == "extended" else 0
            if after < ZERO_AWAY and helps(diagnosis.finding, changed, after, before):
                remedy = computed(change, command(spec, change, options, subject), changed, at, (same, subject))
                distance = layers_away(changed, ill)
                rank = floor(distance), KINDS.index(change.kind), change.is_unusual, distance, tried
                found.append((rank, remedy, changed))
        except (SpecError, UsageError, DomainError, LimitError, OverflowError):
            continue  # the network does not allow the change, or has no value with it
    listed = chosen(sorted(found, key=lambda one: one[0]), top)
    untried = tuple(plural(count, kind) for kind, count in left.items())
    return diagnosis._replace(remedies=listed, helpful=len(found), tried=tried, untried=untried)


def chosen(ranked: Sequence[tuple[Rank, Remedy, Point]], top: int) -> tuple[Remedy, ...]:
    """The first of a ranking: about half of them of one kind at most, the first of each kind in any case; of those that
    make no difference to one another the first alone, with the names of the others."""
    alike: dict[tuple[str, Any, Any], list[tuple[Remedy, Point]]] = {}
    for _, remedy, changed in ranked:
        alike.setdefault((remedy.kind, remedy.gradient, remedy.loss), []).append((remedy, changed))
    counts: dict[str, int] = {}
    found = list[Remedy]()
    for (kind, *_), group in alike.items():
        counts[kind] = counts.get(kind, 0) + 1
        if counts[kind] == 1 or (len(found) < top and counts[kind] <= (top + 1) // 2):
            remedy, changed = group[0]
            names = tuple(other.change.removeprefix(f"{kind} ").rpartition(" by ")[2] for other, _ in group[1:])
            found.append(remedy._replace(healthy=healthy(changed), same=names))
    return tuple(found)


def helps(finding: Finding, changed: Point, after: float, before: float) -> bool:
    """Whether a change helps: the gradient is nearer to what the backward pass starts with, or where its size tells
    nothing, the layer is healthy then."""
    if not finding.is_state:
        return after < before - BETTER
    return any(layer.node == finding.node and layer.label == HEALTHY for layer in diagnosis_at(changed).layers)


def healthy(changed: Point) -> int:
    """How many layers of a network are."""
    return sum(layer.label == HEALTHY for layer in diagnosis_at(changed).layers)


def most_tried(network: Network) -> int:
    """How many changes are tried: as many as cost so much work, and some at least."""
    entries = sum(len(numbers(parameter.value)) for parameter in network.parameters)
    each = EACH + len(network.layers) + entries // 20 + entries * network.examples // 5000
    return max(WORK // each, LEAST)


def computed(change: Change, shown: str, changed: Point, at: Point, pair: tuple[Subject, Subject]) -> Remedy:
    """A change with what becomes of the gradient: the first of the pair with it, the second without."""
    sizes = []
    for found, subject in zip((changed, at), pair):
        with found.arithmetic.context():
            sizes.append(norm(gradient(found, subject)))
    return Remedy(change.what, shown, ratio(*sizes), changed.loss, sizes[0], change.kind)


def size_away(found: Point, subject: Subject) -> float:
    """How many powers of ten a gradient is from what the backward pass starts with."""
    with found.arithmetic.context():
        size, begin = found.arithmetic.log10(norm(gradient(found, subject))), start(found)
    return ZERO_AWAY if size is None or begin is None else abs(size - begin)


def layers_away(found: Point, names: Collection[str]) -> float:
    """How many powers of ten ‖δ‖ of these layers is from there, in the mean."""
    course = profile(found)
    with found.arithmetic.context():
        begin = start(found) or 0.0
    sizes = [size for name, size in zip(course.nodes, course.log10) if name in names]
    return sum(ZERO_AWAY if size is None else abs(size - begin) for size in sizes) / len(sizes)


def command(spec: Spec, change: Change, options: Overrides, subject: Subject) -> str:
    """The command that shows the change: `compare` where it is the one skip of a network that has none."""
    asks = "compare" if change.kind == "skip" and not spec.network.has_skips else "compute"
    words = ["gradcalc", asks, spec.name, *option_words(options), "--wrt", subject.name]
    words += [] if spec.dps is None else ["--dps", str(spec.dps)]
    return " ".join(quote(word) for word in words if word)


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
    """An identity from every node to every later layer of its width that does not read it: those from the layer at
    `place` first, and then those that lead past it."""
    network = spec.network
    nodes, first, pairs = network.nodes, len(network.inputs), list[tuple[int, int]]()
    for target, layer in enumerate(network.layers, first):
        read = {edge.source for edge in (*layer.edges, *layer.into_preactivation, *layer.into_output)}
        fits = [n for n in range(target) if nodes[n].width == layer.width and n not in read]
        pairs += [(source, target) for source in fits if is_plain(nodes[source]) and is_plain(layer)]
    pairs.sort(key=lambda pair: (pair[0] != place, not pair[0] < place < pair[1], pair[0] - pair[1], pair))
    for source, target in pairs:
        one, other = nodes[source].name, nodes[target].name
        yield Change("skip", f"identity skip {one} → {other}", {"skips": (f"{one}:{other}",)})


def is_plain(node: Input | Layer) -> bool:
    """Whether an option can name it."""
    return not any(sign in node.name for sign in ":=,[]{}\"'") and node.name.isprintable()


def activations(spec: Spec, place: int) -> Iterator[Change]:
    """Every activation, the usual ones first: in place of the one that layers take by default, and of the layer at
    `place` alone."""
    from gradcalc.activations import ACTIVATIONS

    network, layer = spec.network, spec.network.nodes[place]
    assert isinstance(layer, Layer)
    written_at, raw = spec.layers[layer.position - 1] if len(spec.layers) >= layer.position else (0, None)
    is_alone = isinstance(raw, dict) and raw.get("repeat", 1) == 1 and len(network.layers) > 1
    by_default = not spec.layers or any(isinstance(one, dict) and "activation" not in one for _, one in spec.layers)
    names = [name for name, row in ACTIVATIONS.items() if not row.couples and not row.required]
    for name in sorted(names, key=lambda name: (name in UNUSUAL, name not in USUAL)):
        if by_default and name != network.activation:
            yield Change("activation", f"activation {name}", {"activation": name}, name in UNUSUAL)
        if is_alone and name != layer.activation.name:
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
    from random import Random

    random = Random(0)
    found = [init.draw(random, 1, 1, {})[0][0] for _ in range(count)]
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
    written_at, raw = spec.layers[layer.position - 1] if len(spec.layers) >= layer.position else (0, None)
    if isinstance(raw, dict) and raw.get("repeat", 1) == 1:
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
        written_at, raw = spec.layers[layer.position - 1]
        if not isinstance(raw, dict) or raw.get("repeat", 1) != 1:
            return None
        told = f"[{', '.join(values)}]" if len(values) > 1 else values[0]
        return {"settings": (f"layers[{written_at}].bias={told}",)}
    if len(values) > 1 or "biases" in spec.data:
        return None
    several = ["null"] * len(spec.network.layers)
    several[layer.position - 1] = values[0]
    return {"biases": ",".join(several)}
