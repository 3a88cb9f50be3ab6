"""The spec language read once more, from its page: a spec as plain data → what it computes, in any arithmetic.

Nothing here comes from the package. `read` gives nodes, edges and parameters their names, shapes and initial values;
`forward` runs them with the operations of an arithmetic (PyTorch's tensors, mpmath's numbers, counts of paths).
"""

from fnmatch import fnmatchcase
from math import sqrt
from random import Random
from typing import Any, NamedTuple

JOINS = {"add": "sum", "mul": "multiply", "maximum": "max", "minimum": "min", "average": "mean", "cat": "concat"}
LOSSES = {
    "mean_squared_error": "mse", "mse_loss": "mse", "l1": "mae", "l1_loss": "mae", "huber_loss": "huber",
    "smooth_l1": "huber", "logcosh": "log_cosh", "binary_cross_entropy": "bce",
    "softmax_cross_entropy": "cross_entropy", "binary_cross_entropy_with_logits": "bce_with_logits",
}  # fmt: skip
ACTIVATIONS = {
    "linear": "identity", "swish": "silu", "hardswish": "hard_swish", "hardsigmoid": "hard_sigmoid",
    "leakyrelu": "leaky_relu", "logistic": "sigmoid", "gelu_pytorch_tanh": "gelu_tanh", "logsigmoid": "log_sigmoid",
}  # fmt: skip
INITS = {"glorot_uniform": "xavier_uniform", "kaiming_normal": "he_normal", "eye": "identity"}


class Edge(NamedTuple):
    """A node that is read, and the parameter that it is multiplied by; None: the identity."""

    source: int
    parameter: str | None


class Layer(NamedTuple):
    name: str
    edges: list[Edge]
    join: str
    weight: str | None
    bias: str | None
    activation: dict[str, Any]
    alpha: str | None
    into_preactivation: list[Edge]
    into_output: list[Edge]

    @property
    def all_edges(self) -> list[Edge]:
        return [*self.edges, *self.into_preactivation, *self.into_output]


class Plan(NamedTuple):
    """A network: the rows of its inputs by name, its layers, the values of its parameters by name."""

    batch: bool
    inputs: dict[str, list[list[Any]]]
    layers: list[Layer]
    parameters: dict[str, Any]
    frozen: list[str]
    loss: dict[str, Any]
    targets: dict[int, list[list[Any]]]

    @property
    def names(self) -> list[str]:
        return [*self.inputs, *(layer.name for layer in self.layers)]


def read(spec: dict[str, Any]) -> Plan:
    return Reader(spec).plan()


def shape(value: Any) -> tuple[int, ...]:
    return (len(value), *shape(value[0])) if isinstance(value, list) else ()


class Reader:
    """One spec; widths and parameters as they come to be known."""

    def __init__(self, spec: dict[str, Any]) -> None:
        self.spec = spec
        self.random = Random(spec.get("seed", 0))
        self.entries: dict[str, Any] = spec.get("parameters", {})
        self.parameters: dict[str, Any] = dict.fromkeys(self.entries)
        self.frozen: list[str] = []
        self.layers: list[Layer] = []
        self.inner: list[int] = []

    def plan(self) -> Plan:
        given = self.spec["input"]
        given = given if isinstance(given, dict) else {"x": given}
        self.batch = any(len(shape(value)) == 2 for value in given.values())
        self.inputs = {name: self.rows(value) for name, value in given.items()}
        self.examples = len(next(iter(self.inputs.values())))
        self.widths = [len(rows[0]) for rows in self.inputs.values()]
        self.names = list(self.inputs)
        written = self.written()
        self.name_layers(written)
        for layer in written:
            self.repeated(layer)
        self.skips()
        self.freeze()
        return Plan(self.batch, self.inputs, self.layers, self.parameters, self.frozen, self.loss(), self.targets())

    def rows(self, value: Any) -> list[list[Any]]:
        """[examples][units] of a number, a list or a batch."""
        dimensions = len(shape(value))
        return value if dimensions == 2 else [value] if dimensions else [[value]]

    def written(self) -> list[dict[str, Any]]:
        """The layers as the spec has them, the short form as layers."""
        if "layers" in self.spec:
            return self.spec["layers"]
        weights = self.spec["weights"]
        biases = self.spec.get("biases", [None] * len(weights))
        return [{"weight": w, "bias": None if b == "null" else b} for w, b in zip(weights, biases)]

    def name_layers(self, written: list[dict[str, Any]]) -> None:
        total = sum(layer.get("repeat", 1) for layer in written)
        for layer in written:
            for copy in range(1, layer.get("repeat", 1) + 1):
                position = len(self.names) - len(self.inputs) + 1
                name = "y" if position == total else f"h{position}"
                if "name" in layer:
                    name = layer["name"] + (str(copy) if layer.get("repeat", 1) > 1 else "")
                self.names.append(name)

    def repeated(self, layer: dict[str, Any]) -> None:
        """All copies of a layer; those that share have the parameters of the first."""
        count, first = layer.get("repeat", 1), None
        for copy in range(1, count + 1):
            ending = str(copy) if count > 1 and not layer.get("share") else ""
            made = self.layer(layer, ending, copy, first if layer.get("share") else None)
            first = first or made

    def layer(self, raw: dict[str, Any], ending: str, copy: int, shared: Layer | None) -> Layer:
        position = len(self.layers) + 1
        activation = self.activation(raw)
        stated = raw["width"] * int(activation.get("pieces", 1)) if "width" in raw else None
        edges, join, inner = self.sources(raw, copy, position, stated)
        weight = None
        if raw.get("weight") is not None:
            name = shared and (shared.weight or shared.edges[0].parameter)
            name = name or self.parameter(raw["weight"], f"w{position}", ending, columns=inner, rows=stated)
            inner = shape(self.parameters[name])[0] if shape(self.parameters[name]) else inner
            if len(edges) == 1:
                edges = [Edge(edges[0].source, name)]
            else:
                weight = name
        bias = alpha = None
        if raw.get("bias") is not None:
            fan_in = self.fan_in(edges, weight)
            bias = shared.bias if shared else self.parameter(raw["bias"], f"b{position}", ending, inner, fan_in=fan_in)
        if activation.get("name") == "prelu":
            given = activation.get("alpha", 0.25)
            alpha = (
                shared.alpha if shared else self.parameter(given, f"alpha{position}", ending, units=inner, alpha=True)
            )
        name = self.names[len(self.inputs) + position - 1]
        self.layers.append(Layer(name, edges, join, weight, bias, activation, alpha, [], []))
        self.inner.append(inner)
        self.widths.append(inner // int(activation.get("pieces", 1)))
        return self.layers[-1]

    def activation(self, raw: dict[str, Any]) -> dict[str, Any]:
        given = raw.get("activation") or self.spec.get("activation", "sigmoid")
        given = {"name": given} if isinstance(given, str) else given
        return given if "formula" in given else given | {"name": ACTIVATIONS.get(given["name"], given["name"])}

    def sources(self, raw: dict[str, Any], copy: int, position: int, stated: int | None) -> tuple[list[Edge], str, int]:
        """What a copy reads, how it is joined, and the units of that."""
        reads = raw.get("from")
        if isinstance(reads, dict):
            edges = [self.part(name, value, position, stated) for name, value in reads.items()]
            widths = [self.width(edge) for edge in edges]
        else:
            names = [reads] if isinstance(reads, str) else reads
            if copy > 1 or (names is None and position > 1):
                names = [self.names[len(self.inputs) + position - 2]]
            edges = [Edge(self.names.index(name), None) for name in names or self.inputs]
            widths = [self.widths[edge.source] for edge in edges]
        default = "concat" if position == 1 and reads is None else "sum"
        join = JOINS.get(raw.get("join", default), raw.get("join", default)) if len(edges) > 1 else "sum"
        return edges, join, sum(widths) if join == "concat" else widths[0]

    def part(self, name: str, value: Any, position: int, stated: int | None) -> Edge:
        """One edge of a `from` mapping."""
        source = self.names.index(name)
        return Edge(source, self.parameter(value, f"w{position}_{name}", "", columns=self.widths[source], rows=stated))

    def width(self, edge: Edge) -> int:
        dimensions = shape(self.parameters[edge.parameter]) if edge.parameter else ()
        return dimensions[0] if dimensions else self.widths[edge.source]

    def fan_in(self, edges: list[Edge], weight: str | None) -> int:
        """The units that the weights of a layer read."""
        if weight is not None and shape(self.parameters[weight]):
            return shape(self.parameters[weight])[1]
        return sum(self.widths[edge.source] for edge in edges)

    def parameter(self, raw: Any, name: str, ending: str, units: int = 0, **place: Any) -> str:
        """The name of a weight (of `columns`), bias or alpha (of `units`), which has its value from here on."""
        if isinstance(raw, dict) and isinstance(raw.get("value"), str) and raw["value"] in self.entries:
            entry = raw["value"]
        else:
            entry = raw if isinstance(raw, str) and raw in self.entries else None
        frozen = isinstance(raw, dict) and raw.get("frozen")
        if entry is not None:
            name = entry
            if self.parameters[name] is None:
                given = self.entries[name]
                frozen = frozen or (isinstance(given, dict) and given.get("frozen"))
                self.parameters[name] = self.value(given, units, named=True, **place)
        else:
            if isinstance(raw, dict) and "name" in raw:
                name = raw["name"] + ending
            self.parameters[name] = self.value(raw, units, named=False, **place)
        self.frozen += [name] if frozen and name not in self.frozen else []
        return name

    def value(
        self, raw: Any, units: int, named: bool, columns: int = 0, rows: int | None = None, alpha: bool = False,
        fan_in: int = 0,
    ) -> Any:  # fmt: skip
        """A value in the shape that it has at its place: of a weight where there are columns, else of units."""
        if isinstance(raw, dict) and "init" in raw:
            size = (rows or columns, columns) if columns else (1, units)
            random = Random(raw["seed"]) if "seed" in raw else self.random
            drawn = draw(raw, INITS.get(raw["init"], raw["init"]), random, *size, fan_in or columns)
            return drawn if columns else drawn[0]
        value = raw["value"] if isinstance(raw, dict) else raw
        if columns and len(shape(value)) == 1:
            return [value] if len(value) == columns else [[x] for x in value]
        if units and not shape(value) and not named and not alpha:
            return [value] * units
        return value

    def skips(self) -> None:
        given = self.spec.get("skips", [])
        self.between: dict[tuple[str, str], int] = {}
        for raw in given if isinstance(given, list) else [given]:
            if "every" in raw:
                self.every(raw)
            else:
                self.skip(raw, raw["from"], raw["to"])

    def every(self, raw: dict[str, Any]) -> None:
        """A skip across every k layers, from the node `start`, none of which ends after `until`."""
        first = len(self.inputs)
        start = self.names.index(raw["start"]) if "start" in raw else self.first_start(raw)
        source, tied = start, None
        end = self.names.index(raw["until"]) + 1 if "until" in raw else len(self.names)
        for to in range(max(start, first - 1) + raw["every"], end, raw["every"]):
            name = self.skip(raw, self.names[source], self.names[to], tied)
            tied = name if isinstance(raw.get("weight"), dict) and "name" in raw["weight"] else None
            source = to

    def first_start(self, raw: dict[str, Any]) -> int:
        """The single input if the first block's widths allow, else the first layer."""
        first = len(self.inputs)
        if first > 1:
            return first
        if raw["every"] > len(self.layers):
            return 0
        into_output = raw.get("into") == "output"
        rows = self.widths[raw["every"]] if into_output else self.inner[raw["every"] - 1]
        weight = raw.get("weight")
        known = self.parameters.get(weight) if isinstance(weight, str) else None
        weight = self.entries.get(weight, weight) if isinstance(weight, str) else weight
        if known is None and isinstance(weight, dict) and "init" in weight:  # what will be drawn fits
            return 0
        size = shape(known if known is not None else weight["value"] if isinstance(weight, dict) else weight)
        if len(size) == 1:
            size = (1, size[0]) if size[0] == self.widths[0] else (size[0], 1)
        fits = size == (rows, self.widths[0]) if size else rows == self.widths[0]
        return 0 if fits else first

    def skip(self, raw: dict[str, Any], source: str, to: str, tied: str | None = None) -> str | None:
        place, end = self.names.index(source), self.names.index(to)
        layer, name = self.layers[end - len(self.inputs)], tied
        into_output = raw.get("into") == "output"
        rows = self.widths[end] if into_output else self.inner[end - len(self.inputs)]
        if raw.get("weight") is not None and tied is None:
            count = self.between[source, to] = self.between.get((source, to), 0) + 1
            name = raw.get("name") or f"w_{source}_{to}" + (f"_{count}" if count > 1 else "")
            name = self.parameter(raw["weight"], name, "", columns=self.widths[place], rows=rows)
        edges = layer.into_output if into_output else layer.into_preactivation
        edges.append(Edge(place, name))
        return name

    def freeze(self) -> None:
        for name, given in self.entries.items():
            if self.parameters[name] is None:  # which nothing uses
                self.parameters[name] = self.value(given, 0, named=True)
                if isinstance(given, dict) and "init" in given:
                    init = INITS.get(given["init"], given["init"])
                    self.parameters[name] = draw(given, init, self.random, 1, 1, 1)[0][0]
                self.frozen += [name] if isinstance(given, dict) and given.get("frozen") else []
        patterns = self.spec.get("frozen", [])
        found = [name for name in self.parameters if any(fnmatchcase(name, pattern) for pattern in patterns)]
        self.frozen = [name for name in self.parameters if name in self.frozen or name in found]

    def loss(self) -> dict[str, Any]:
        given = self.spec.get("loss", "mse")
        given = {"name": given} if isinstance(given, str) else given
        return given if "formula" in given else given | {"name": LOSSES.get(given["name"], given["name"])}

    def targets(self) -> dict[int, list[list[Any]]]:
        """Rows by node; class indices as one-hot rows."""
        given = self.spec.get("target")
        if given is None:
            return {}
        given = given if isinstance(given, dict) else {self.names[-1]: given}
        return {self.names.index(name): self.target(value, self.names.index(name)) for name, value in given.items()}

    def target(self, value: Any, node: int) -> list[list[Any]]:
        width = self.widths[node]
        if self.batch and len(shape(value)) == 1:
            return [[t] if width == 1 else one_hot(t, width) for t in value]
        if not self.batch and not shape(value):
            return [[value] if width == 1 else one_hot(value, width)]
        return self.rows(value)


def one_hot(index: int, width: int) -> list[int]:
    return [int(unit == index) for unit in range(width)]


def draw(raw: dict[str, Any], init: str, random: Random, rows: int, columns: int, fan_in: int) -> list[list[float]]:
    """The initial value that a mapping {init, …} describes: U(low, high), N(mean, std²) and their like."""
    gain = raw.get("gain", 1.0)
    bounds = {
        "uniform": (raw.get("low", 0.0), raw.get("high", 1.0)),
        "xavier_uniform": symmetric(gain * sqrt(6 / (rows + columns))),
        "he_uniform": symmetric(gain * sqrt(6 / columns)),
        "torch_linear": symmetric(1 / sqrt(fan_in)),
    }
    normal = {
        "normal": (raw.get("mean", 0.0), raw.get("std", 1.0)),
        "xavier_normal": (0.0, gain * sqrt(2 / (rows + columns))),
        "he_normal": (0.0, gain * sqrt(2 / columns)),
        "lecun_normal": (0.0, gain / sqrt(columns)),
        "orthogonal": (0.0, 1.0),
    }
    constant = {"zeros": 0.0, "ones": 1.0, "constant": raw.get("value")}
    if init in bounds:
        return [[random.uniform(*bounds[init]) for _ in range(columns)] for _ in range(rows)]
    if init in constant:
        return [[constant[init]] * columns for _ in range(rows)]
    if init == "identity":
        return [[float(i == j) for j in range(columns)] for i in range(rows)]
    drawn = [[random.gauss(*normal[init]) for _ in range(columns)] for _ in range(rows)]
    return orthogonal(drawn, gain) if init == "orthogonal" else drawn


def symmetric(bound: float) -> tuple[float, float]:
    return -bound, bound


def orthogonal(rows: list[list[float]], gain: float) -> list[list[float]]:
    """Gram-Schmidt by rows, or by columns where there are more rows than columns."""
    if len(rows) > len(rows[0]):
        return [list(row) for row in zip(*orthogonal([list(column) for column in zip(*rows)], gain))]
    found: list[list[float]] = []
    for row in rows:
        for unit in found:
            along = sum(a * b for a, b in zip(row, unit))
            row = [a - along * b for a, b in zip(row, unit)]
        length = sqrt(sum(a * a for a in row))
        found.append([a / length for a in row])
    return [[gain * a for a in row] for row in found]


class Values(NamedTuple):
    """A forward pass: preactivations and outputs by node, the loss (None without a target)."""

    preactivations: dict[str, Any]
    outputs: dict[str, Any]
    loss: Any


class Operations:
    """What `forward` does in whatever arithmetic has arrays with +, *, @, .T and .ndim; others know joins, activations
    and losses."""

    def enter(self, source: Any) -> Any:
        """A source that a layer reads into its preactivation."""
        return source

    def node(self, values: Any) -> Any:
        """The preactivation or the output of a layer, before anybody reads it."""
        return values

    def weigh(self, source: Any, weight: Any) -> Any:
        return source @ weight.T if weight.ndim else source * weight

    def bias(self, z: Any, bias: Any) -> Any:
        return z + bias


def forward(plan: Plan, operations: Any, inputs: dict[str, Any], parameters: dict[str, Any], of: str = "") -> Values:
    """The order of work: z = join of W·s, plus bias, plus skips into it; output = activation(z), plus skips into that.

    `of` names a node whose output is asked for in place of the loss: the sum over its units and examples.
    """
    outputs = list(inputs.values())
    preactivations = {}

    def over(edge: Edge, enter: bool = True) -> Any:
        source = operations.enter(outputs[edge.source]) if enter else outputs[edge.source]
        return source if edge.parameter is None else operations.weigh(source, parameters[edge.parameter])

    for layer in plan.layers:
        z = operations.join(layer.join, [over(edge) for edge in layer.edges])
        if layer.weight is not None:
            z = operations.weigh(z, parameters[layer.weight])
        if layer.bias is not None:
            z = operations.bias(z, parameters[layer.bias])
        for edge in layer.into_preactivation:
            z = z + over(edge)
        z = preactivations[layer.name] = operations.node(z)
        alpha = None if layer.alpha is None else parameters[layer.alpha]
        output = operations.activation(layer.activation, z, alpha)
        for edge in layer.into_output:
            output = output + over(edge, enter=False)
        outputs.append(operations.node(output))
    named = dict(zip(plan.names, outputs))
    return Values(preactivations, named, total_loss(plan, operations, outputs, named, of))


def total_loss(plan: Plan, operations: Any, outputs: list[Any], named: dict[str, Any], of: str) -> Any:
    if of:
        return operations.loss({"name": "output", "reduction": "sum"}, named[of], None)
    if plan.loss.get("name") == "output":
        return operations.loss(plan.loss, outputs[-1], None)
    total = None
    for node, rows in plan.targets.items():
        loss = plan.loss
        layer = plan.layers[node - len(plan.inputs)]
        if loss.get("name") in ("nll", "kl") and layer.activation.get("name") == "log_softmax":
            loss = loss | {"name": loss["name"] + " of logarithms"}
        term = operations.loss(loss, outputs[node], rows)
        total = term if total is None else total + term
    return total
