"""Layers as the spec writes them, before they are unrolled; what each reads, and the cycles its edges would close."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from gradcalc.errors import SpecPath
from gradcalc.language.building.draft import Draft
from gradcalc.language.building.layer_functions import Activations, Bent
from gradcalc.language.building.parameters import Described, Describer, Description
from gradcalc.language.building.values import entries, units
from gradcalc.language.problems import Reporter, kind_of
from gradcalc.records import Record

# Layers as the spec writes them, in either form, before they are unrolled and given their numbers.


Kind = TypeVar("Kind")


class Written(Record):
    """One layer of the spec; `at` is its place there, and each part's place is told by its description."""

    at: SpecPath
    weight: Described | None = None
    weight_at: SpecPath = ()
    bias: Described | None = None
    bias_at: SpecPath = ()
    bent: Bent | None = None  # None: a mistake
    name: str | None = None
    reads: Any = None
    parts: Mapping[str, Description | None] | None = None  # of a `from` mapping
    width: int | None = None
    join: str | None = None
    repeat: int = 1
    share: bool = False
    vague: bool = False  # its width may not be taken for what was meant


ALONE = (None, None, None, None, None, 1, False, False)


"""What a layer of the short form has for everything but weight, bias and activation."""


class Writings:
    """Reads the layers of a spec, each once however often it is repeated."""

    def __init__(self, data: Mapping[str, Any], describer: Describer, activations: Activations, reporter: Reporter):
        self._data = data
        self._describer = describer
        self._activations = activations
        self._reporter = reporter
        self.default = activations.bent(data.get("activation", "sigmoid"), ("activation",))

    def layers(self) -> list[Written]:
        """All layers in order, of whichever form the spec has; [] where it has none, which is reported."""
        layers, weights = self._data.get("layers"), self._data.get("weights")
        beside = [key for key in ("weights", "biases") if self._data.get(key) is not None]
        if layers is not None:
            for key in beside:
                self._reporter.error((key,), f"{key} is the short form of layers; keep one of them", "key")
            return self._long(layers)
        if weights is not None:
            return self._short(weights, self._data.get("biases"))
        what = "biases needs weights beside it" if beside else "the spec has no layers; give layers, or weights"
        self._reporter.error(("biases",) if beside else ("layers",), what, "key")
        return []

    def _short(self, weights: Any, biases: Any) -> list[Written]:
        if not isinstance(weights, list):
            self._reporter.error(("weights",), f"needs a list with one weight per layer, not {kind_of(weights)}")
            return []
        if not isinstance(biases, list):
            if biases is not None:
                self._reporter.error(("biases",), f"needs a list with one bias per layer, not {kind_of(biases)}")
            return [self._short_layer(i, weight, None) for i, weight in enumerate(weights)]
        if len(biases) != len(weights):
            counts = f"has {entries(len(biases))} for {len(weights)} layer{'s' * (len(weights) > 1)}"
            self._reporter.error(("biases",), f"{counts}; it has one bias per layer, null where there is none")
        return [self._short_layer(i, *both) for i, both in enumerate(zip(weights, biases, strict=False))]

    def _short_layer(self, i: int, weight: Any, bias: Any) -> Written:
        """One weight and one bias; TOML has no null, so the text says it."""
        weight_at, bias_at = ("weights", i), ("biases", i)
        weight = weight if type(weight) is float else self._describer.read(weight, weight_at)
        bias = None if bias is None or bias == "null" else self._describer.read(bias, bias_at)
        return Written(weight_at, weight, weight_at, bias, bias_at, self.default, *ALONE)

    def _long(self, layers: Any) -> list[Written]:
        if not isinstance(layers, list):
            self._reporter.error(("layers",), f"needs a list of layers, not {kind_of(layers)}")
            return []
        return [self._layer(raw, ("layers", i)) for i, raw in enumerate(layers)]

    def _layer(self, raw: Any, at: SpecPath) -> Written:
        if not isinstance(raw, dict):
            self._reporter.error(at, f"needs a layer, which is a mapping, not {kind_of(raw)}")
            return Written(at, vague=True)
        get = raw.get
        weight, bias, bent, reads = get("weight"), get("bias"), get("activation"), get("from")
        weight_at, bias_at = (*at, "weight"), (*at, "bias")
        if isinstance(weight, dict) and self._reporter.bad((*at, "width")):
            weight = None  # what init would draw depends on a width that is not known
        return Written(
            at,
            self._describer.read(weight, weight_at),
            weight_at,
            self._describer.read(bias, bias_at),
            bias_at,
            self.default if bent is None else self._activations.bent(bent, (*at, "activation")),
            self._of_type(str, raw, "name", at),
            reads,
            self._parts(reads, (*at, "from")) if isinstance(reads, dict) else None,
            self._of_type(int, raw, "width", at),
            self._of_type(str, raw, "join", at),
            self._of_type(int, raw, "repeat", at) or 1,
            get("share") is True,
            weight is None and self._reporter.bad(at),
        )

    def _parts(self, reads: Mapping[str, Any], at: SpecPath) -> Mapping[str, Description | None]:
        """The weights of a `from` mapping, by node; None is the identity."""
        describe = self._describer.describe
        return {node: None if raw is None else describe(raw, (*at, node)) for node, raw in reads.items()}

    def _of_type(self, kind: type[Kind], raw: Mapping[str, Any], key: str, at: SpecPath) -> Kind | None:
        """What stands at a key; None where nothing does, or something of another kind, which is reported."""
        value = raw.get(key)
        if value is None or type(value) is kind:
            return value
        self._reporter.error((*at, key), f"needs {kind_of(kind())}, not {kind_of(value)}")
        return None


# What a layer reads, and how wide its sources are together.


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
        width, bent = self.layer.width, self.layer.bent
        if width is None or bent is None:
            return None
        return width * int(bent.activation.options.get("pieces", 1))


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
        """How they meet; several inputs are side by side where the first layer says nothing else."""
        if len(sources) < 2:
            return "sum"
        beside = site.position == 1 and site.layer.reads is None
        return site.layer.join or ("concat" if beside else "sum")

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


# Edges that lead backwards, and the cycle that each of them would close.


LONGEST = 7


"""Nodes of a cycle that are all named; of a longer one the middle is left out."""


def report_cycle(at: SpecPath, source: int, to: int, rule: str, draft: Draft, reporter: Reporter) -> None:
    """An edge to the same or an earlier layer: an error that names the cycle, where there is a way back."""
    first, last = draft.names[source], draft.names[to]
    way = _way(to, source, draft) if reporter.may_search() else []
    if way:
        message = f"closes the cycle {' → '.join(_shortened([draft.names[node] for node in (*way, to)]))}"
    else:
        message = f"goes backwards, {first} is computed after {last}"
    reporter.error(at, f"{first} → {last} {message}; {rule}", "key" if at[-2:] == ("from", first) else "value")


def _shortened(names: list[str]) -> list[str]:
    return names if len(names) <= LONGEST else [*names[:3], "…", *names[-3:]]


def _way(first: int, last: int, draft: Draft) -> list[int]:
    """The shortest way along the edges from node `first` to node `last`, or []; linear in the edges between."""
    onward = {last: last}
    waiting = [last]
    for node in waiting:  # grows while it is walked, breadth first
        for source in _sources(node, draft):
            if source >= first and source not in onward:
                onward[source] = node
                waiting.append(source)
    if first not in onward:
        return []
    way = [first]
    while way[-1] != last:
        way.append(onward[way[-1]])
    return way


def _sources(node: int, draft: Draft) -> Iterator[int]:
    if node >= draft.inputs:
        yield from (edge.source for edge in draft.edges[node - draft.inputs])
    for skips in (draft.into_preactivation, draft.into_output):
        yield from (edge.source for edge in skips.get(node, ()))
