"""Random networks as plain data, each by its seed: every key of the spec language, in each of its forms.

`tests/strategies.py` draws networks, too, small ones that shrink well, and by canonical names. It cannot stand in here:
where PyTorch is installed Hypothesis is not, a seed and a number must name the same network on every machine and in
years (what Hypothesis draws depends on its version), and the language has to be read in all that it can be written in:
aliases, exact constants, short forms, `init`, `repeat`, `share`, `every`. These networks are as deep and as wide, too,
as an engine of single units, one of arrays and a framework can all be expected to take: to 14 layers, batches of 16.
"""

from random import Random
from typing import Any, NamedTuple

Spec = dict[str, Any]

SMOOTH = [
    "identity", "linear", "sigmoid", "logistic", "tanh", "gelu", "gelu_tanh", "silu", "swish", "mish", "softplus",
    "softsign", "log_sigmoid", "sin", "cos", "elu", "selu", "celu",
]  # fmt: skip
KINKED = [
    "relu", "leaky_relu", "leakyrelu", "prelu", "hardtanh", "relu6", "hard_sigmoid", "hard_swish", "hardswish", "step",
    "sign", "abs",
]  # fmt: skip
GROWING = ["exp", "square"]
FORMULAS = [
    "x / (1 + exp(-1.702 x))", "x - tanh(x)", "(x + sqrt(x^2 + 4)) / 2", "relu(x - 0.5) - relu(-x - 0.5)",
    "1/2x - 2x^2/(3 + x**2)", "log(1 + x^2)", "x*sigmoid(2x)", "-x^2 + 2^-x", "max(x, -0.3, x/4)",
    "min(1, abs(x))*sign(x)", "erf(x)/sqrt(pi)", "e^(-x^2)", "softplus(x) - log(2)", "cosh(x/3)*sinh(x/2)",
    "tan(x/5) + cos(2 x)*sin(x)",
]  # fmt: skip
OPTIONS: list[Any] = [
    {"name": "leaky_relu", "alpha": 0.2}, {"name": "elu", "alpha": 0.7}, {"name": "celu", "alpha": 1.3},
    {"name": "softplus", "beta": 2.5}, {"name": "prelu", "alpha": -0.3}, {"name": "leaky_relu", "alpha": "11/48"},
]  # fmt: skip
COUPLED: list[Any] = [
    "softmax", "log_softmax", "layer_norm", "rms_norm", {"name": "layer_norm", "eps": 0.01},
    {"name": "rms_norm", "eps": 1e-8}, {"name": "maxout", "pieces": 2}, {"name": "maxout", "pieces": 3},
]  # fmt: skip
JOINS = ["sum", "multiply", "max", "min", "mean", "concat", "add", "mul", "maximum", "minimum", "average", "cat"]
LOSSES: list[Any] = [
    "mse", "sse", "half_sse", "mae", "huber", "log_cosh", "bce_with_logits", "cross_entropy", "hinge", "output",
    "mean_squared_error", "l1", "smooth_l1", "binary_cross_entropy_with_logits", "logcosh", "bce", "nll", "kl",
    "poisson", "binary_cross_entropy", {"name": "huber", "delta": 0.3}, {"name": "mse", "scale": -2.5},
    {"name": "sse", "reduction": "sum"}, {"name": "cross_entropy", "reduction": "sum", "scale": "1/3"},
    {"formula": "(y - t)^2 / 2"}, {"formula": "abs(y - t)^3"}, {"formula": "log(1 + (y - t)^2)", "scale": 0.7},
    {"formula": "softplus(-t*y)", "reduction": "sum"}, {"formula": "max(0, 1 - t*y)^2"}, {"formula": "cosh(y - t) - 1"},
]  # fmt: skip
SUITS = {
    "bce": ["sigmoid"], "binary_cross_entropy": ["sigmoid"], "nll": ["softmax", "log_softmax"],
    "kl": ["softmax", "log_softmax"], "poisson": ["softplus", "exp"],
}  # fmt: skip
"""Losses that read probabilities or rates, and the activations that make them."""
CLASSES = ("cross_entropy", "nll", "kl")
INITS = [
    "zeros", "ones", "identity", "constant", "uniform", "normal", "xavier_uniform", "xavier_normal", "he_uniform",
    "he_normal", "lecun_normal", "orthogonal", "torch_linear", "glorot_uniform", "kaiming_normal", "eye",
]  # fmt: skip
FOR_BIAS = ["zeros", "ones", "constant", "uniform", "normal"]
CONSTANTS = ["1/3", "-2/7", "sqrt(2)/2", "pi/4", "e/5", "-1/3 + 1/5", "2^-3"]


class Node(NamedTuple):
    name: str
    width: int


def random_spec(seed: int, number: int) -> Spec:
    """The spec of that number; the same on every machine."""
    return Drafting(Random(f"{seed}/{number}")).spec


def name_of(activation: Any) -> str:
    return activation if isinstance(activation, str) else activation.get("name", "formula")


class Drafting:
    """A spec being drawn, layer by layer."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.spec: Spec = {}
        self.may_draw = False
        self.entries = 0
        self.suited: list[int] = []
        self.nodes: list[Node] = []
        self.inner: list[int] = []
        self.tied: Spec = {}
        self.sizes: dict[str, tuple[int, ...]] = {}
        self.depth = random.choice([1, 2, 2, 3, 3, 4, 4, 5, 6, 14])
        self.most_units = random.choice([1, 2, 3, 3, 4, 6, 20] if self.depth < 5 else [1, 2, 3, 3, 5])
        self.size = random.choice([1, 1, 1, 1, 1, 1, 0.01, 6])
        self.uniform = random.randint(1, self.most_units) if self.chance(0.25) else 0
        self.batch = random.choice([0, 0, 0, 0, 1, 2, 3, 16])
        self.tying = random.choice([0.0, 0.15, 0.15, 0.6, 0.9])
        loss = random.choice(LOSSES)
        self.spec["loss"] = loss
        self.loss = loss if isinstance(loss, str) else loss.get("name", "formula")
        self.inputs()
        if self.chance(0.5):
            self.spec["activation"] = self.activation()
        if self.chance(0.12):
            self.short_form()
        else:
            self.layers()
        self.skips()
        if self.loss != "output":
            self.targets()
        self.finish()

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    # Numbers and values.

    def number(self, scale: float = 1.0) -> Any:
        kind = self.random.random()
        if kind < 0.85:
            return self.random.randint(-2000, 2000) / 977 * scale * self.size
        if kind < 0.94:
            return round(self.random.uniform(-2, 2) * scale * self.size, 3)
        return self.random.randint(-2, 2) if kind < 0.97 else self.random.choice(CONSTANTS)

    def numbers(self, *size: int, scale: float = 1.0) -> Any:
        if not size:
            return self.number(scale)
        return [self.numbers(*size[1:], scale=scale) for _ in range(size[0])]

    def value(self, kind: str, *size: int) -> Any:
        """A value of that size for a weight or bias: plain, a mapping, or the name of an entry of `parameters`."""
        scale = 1.0 if self.depth < 14 else 0.8
        scale *= 1.7 / size[1] ** 0.5 if len(size) == 2 and size[1] > 3 else 1
        if self.chance(self.tying):
            entry = self.entry(*size, scale=scale)
            return {"value": entry} if kind and self.chance(0.05) else entry
        plain = self.numbers(*size, scale=scale)
        if len(size) == 2 and 1 in size and self.chance(0.3):
            plain = plain[0] if size[0] == 1 else [row[0] for row in plain]
        if kind and self.chance(0.1):
            return {"value": plain} | ({"frozen": True} if self.chance(0.3) else {})
        return plain

    def entry(self, *size: int, scale: float) -> str:
        """An entry of `parameters` of that size, an old one rather than a new one."""
        known = [name for name, other in self.sizes.items() if other == size]
        if known and self.chance(0.8):
            return self.random.choice(known)
        self.entries += 1
        name = f"P{self.entries}"
        self.sizes[name] = size
        plain = self.numbers(*size, scale=scale)
        if len(size) == 2 and self.may_draw and self.chance(0.15):
            plain = self.initial(INITS)
        elif self.chance(0.1):
            plain = {"value": plain} | ({"frozen": True} if self.chance(0.5) else {})
        self.tied[name] = plain
        return name

    def initial(self, inits: list[str]) -> Spec:
        found: Spec = {"init": self.random.choice(inits)}
        init = found["init"]
        if init == "constant":
            found["value"] = self.number()
        if init == "uniform" and self.chance(0.7):
            found |= {"low": -0.5, "high": 0.75}
        if init == "normal" and self.chance(0.7):
            found |= {"mean": 0.1, "std": 0.5}
        if init.split("_")[0] in ("xavier", "he", "lecun", "glorot", "kaiming") and self.chance(0.3):
            found["gain"] = 1.4
        if init not in ("zeros", "ones", "constant", "identity", "eye") and self.chance(0.2):
            found["seed"] = self.random.randint(0, 9)
        return found

    # Inputs and layers.

    def inputs(self) -> None:
        if self.chance(0.5):
            self.spec["input"] = self.given("x")
        else:
            names = [f"x{n}" for n in range(1, self.random.randint(1, 3) + 1)]
            self.spec["input"] = {name: self.given(name) for name in names}
        self.first = len(self.nodes)

    def given(self, name: str) -> Any:
        width = self.random.randint(1, self.most_units)
        self.nodes.append(Node(name, width))
        if self.batch:
            return self.numbers(self.batch, width)
        return self.numbers(width) if width > 1 or self.chance(0.2) else self.number()

    def short_form(self) -> None:
        """`weights` and `biases`."""
        columns = sum(node.width for node in self.nodes)
        default = self.spec.get("activation", "sigmoid")
        if name_of(default) == "maxout" or (self.loss in SUITS and name_of(default) not in SUITS[self.loss]):
            self.spec["activation"] = SUITS.get(self.loss, ["tanh"])[0]
        self.spec["weights"], biases = [], []
        for position in range(1, self.depth + 1):
            weight, columns = self.weight(columns)
            self.spec["weights"].append(weight)
            biases.append(None if self.chance(0.4) else self.bias(columns))
            self.add("y" if position == self.depth else f"h{position}", columns, columns)
        if self.chance(0.6):
            self.spec["biases"] = biases
        else:
            used = [*map(self.refers, self.spec["weights"])]
            self.tied = {name: value for name, value in self.tied.items() if name in used}
            self.sizes = {name: size for name, size in self.sizes.items() if name in self.tied}

    def add(self, name: str, inner: int, width: int) -> None:
        self.nodes.append(Node(name, width))
        self.inner.append(inner)

    def layers(self) -> None:
        self.spec["layers"] = []
        while len(self.inner) < self.depth:
            self.spec["layers"].append(self.layer())

    def layer(self) -> Spec:
        position, last = len(self.inner) + 1, len(self.inner) + 1 == self.depth
        self.may_draw = True
        layer, inner, columns = self.sources()
        if self.chance(0.4):
            layer["bias"] = self.bias(inner)
        activation = self.activation(inner)
        if self.loss in SUITS and (last or self.chance(0.2)):
            activation = self.random.choice(SUITS[self.loss])
            self.suited.append(len(self.nodes))
        else:
            if not last and isinstance(layer.get("from", ""), str) and inner == columns and self.chance(0.12):
                self.repeat(layer, position)
            activation = self.spec.get("activation", "sigmoid") if self.chance(0.25) else activation
        pieces = activation.get("pieces", 1) if isinstance(activation, dict) else 1
        if inner % pieces or (pieces > 1 and ("repeat" in layer or self.uniform)):
            activation, pieces = "tanh", 1
        if activation != self.spec.get("activation", "sigmoid"):
            layer["activation"] = activation
        self.place(layer, inner, inner // pieces, position)
        return layer

    def repeat(self, layer: Spec, position: int) -> None:
        """Several copies of the layer, but not of the last where the loss asks something of that."""
        most = self.depth - position + (self.loss not in SUITS)
        layer["repeat"] = self.random.randint(1, min(4, most))
        if self.chance(0.5):
            layer["share"] = True
        if isinstance(layer.get("weight"), list) and self.chance(0.3):
            layer["weight"] = {"value": layer["weight"], "name": f"W{position}_"}

    def place(self, layer: Spec, inner: int, width: int, position: int) -> None:
        """Gives the layer its name and its width where it needs one, and adds its copies to the nodes."""
        weights = layer["from"].values() if isinstance(layer.get("from"), dict) else [layer.get("weight")]
        if any(map(self.is_drawn, weights)) or self.chance(0.03):
            layer["width"] = width
        repeat = layer.get("repeat", 1)
        name = f"u{position}" if self.chance(0.12) else None
        if name:
            layer["name"] = name if repeat == 1 else name + "_"
        for copy in range(1, repeat + 1):
            by_position = "y" if position + copy - 1 == self.depth else f"h{position + copy - 1}"
            called = by_position if name is None else name if repeat == 1 else f"{name}_{copy}"
            self.add(called, inner, width)

    def refers(self, value: Any) -> str:
        """The entry of `parameters` that a weight is, "" where it is none."""
        value = value.get("value") if isinstance(value, dict) else value
        return value if isinstance(value, str) and value in self.tied else ""

    def is_drawn(self, value: Any) -> bool:
        value = self.tied.get(self.refers(value), value)
        return isinstance(value, dict) and "init" in value

    def activation(self, inner: int = 0) -> Any:
        kind = self.random.random()
        if kind < 0.2:
            fitting = [a for a in COUPLED if isinstance(a, str) or inner % a.get("pieces", 1) == 0]
            return self.random.choice(fitting if inner else COUPLED[:6])
        if kind < 0.27:
            return dict(self.random.choice(OPTIONS))
        if kind < 0.33:
            return {"formula": self.random.choice(FORMULAS)}
        if kind < 0.36 and self.depth < 6:
            return self.random.choice(GROWING)
        if inner and kind < 0.4:
            alpha = self.entry(inner, scale=0.5) if self.chance(0.4) else self.number()
            return {"name": "prelu", "alpha": self.entry(scale=0.5) if self.chance(self.tying) else alpha}
        return self.random.choice(SMOOTH if self.chance(0.6) else KINKED)

    def bias(self, units: int) -> Any:
        if self.chance(0.1):
            return self.initial(FOR_BIAS)
        return self.value("bias", units) if self.chance(0.7) else self.value("bias")

    # What a layer reads. Each returns the layer so far, its units, and those of its source.

    def sources(self) -> tuple[Spec, int, int]:
        kinds = ["chain", "chain", "one"] if self.uniform else ["chain", "chain", "one", "identities", "weighted"]
        return getattr(self, self.random.choice(kinds))()

    def chain(self) -> tuple[Spec, int, int]:
        read = self.nodes[-1:] if self.inner else self.nodes
        columns = sum(node.width for node in read)
        if len(read) > 1 and len({node.width for node in read}) == 1 and self.chance(0.3):
            join = self.random.choice(JOINS)
            columns = columns if join in ("concat", "cat") else read[0].width
            return self.weighed({"join": join}, columns)
        return self.weighed({}, columns)

    def one(self) -> tuple[Spec, int, int]:
        node = self.random.choice(self.nodes)
        return self.weighed({"from": node.name if self.chance(0.7) else [node.name]}, node.width)

    def weighed(self, layer: Spec, columns: int) -> tuple[Spec, int, int]:
        if self.chance(0.15) and self.uniform in (0, columns):
            return layer, columns, columns
        weight, width = self.weight(columns, self.uniform or None)
        return layer | {"weight": weight}, width, columns

    def weight(self, columns: int, rows: int | None = None) -> tuple[Any, int]:
        if rows in (None, columns) and self.chance(0.25):
            return self.value("weight"), columns
        rows = rows or self.random.randint(1, self.most_units)
        if self.may_draw and self.chance(0.1):
            return self.initial(INITS if rows == columns else [i for i in INITS if i not in ("identity", "eye")]), rows
        return self.value("weight", rows, columns), rows

    def identities(self) -> tuple[Spec, int, int]:
        """Nodes as they are, joined; perhaps one weight for all of it."""
        join = self.random.choice(JOINS)
        first = self.random.choice(self.nodes)
        fitting = [n for n in self.nodes if n != first and (join in ("concat", "cat") or n.width == first.width)]
        others = self.random.sample(fitting, min(len(fitting), self.random.randint(0, 2)))
        chosen = [first, *others]
        width = sum(node.width for node in chosen) if join in ("concat", "cat") else first.width
        layer: Spec = {"from": [node.name for node in chosen]}
        return self.weighed(layer if len(chosen) == 1 else layer | {"join": join}, width)

    def weighted(self) -> tuple[Spec, int, int]:
        """A mapping of nodes to their weights."""
        chosen = self.random.sample(self.nodes, min(len(self.nodes), self.random.randint(1, 3)))
        join = self.random.choice(JOINS)
        concatenated = join in ("concat", "cat") and len(chosen) > 1
        weights, widths, rows = {}, [], None
        for node in chosen:
            self.may_draw = not concatenated  # the width of a part is not the layer's there
            weights[node.name], width = self.weight(node.width, None if concatenated else rows)
            widths.append(width)
            rows = width
        layer: Spec = {"from": weights} if len(chosen) == 1 else {"from": weights, "join": join}
        return layer, sum(widths) if concatenated else widths[0], 0

    # Skips and targets.

    def skips(self) -> None:
        self.may_draw = True
        found: list[Spec] = []
        layers = self.nodes[self.first :]
        if self.uniform and len({node.width for node in layers}) == 1 and self.chance(0.6):
            found.append(self.every(layers[0].width))
        for _ in range(self.random.choice([0, 0, 1, 1, 2, 3, 5])):
            to = self.random.randint(self.first, len(self.nodes) - 1)
            found.append(self.skip(self.random.randint(0, to - 1), to))
        found = [skip for skip in found if skip]
        if len(found) == 1 and "every" in found[0] and self.chance(0.5):
            self.spec["skips"] = found[0]
        elif found:
            self.spec["skips"] = found

    def every(self, width: int) -> Spec:
        if self.loss in SUITS:
            return {}
        every: Spec = {"every": self.random.randint(1, max(1, min(3, len(self.inner))))}
        every["into"] = self.random.choice(["preactivation", "output"])
        starts = [node.name for node in self.nodes[self.first :] if node != self.nodes[-1]]
        if starts and self.chance(0.3):
            every["start"] = self.random.choice(starts)
        if starts and self.chance(0.2):
            every["until"] = self.random.choice(starts)
        kind = self.random.random()
        if kind < 0.3:
            every["weight"] = self.number(0.5)
        elif kind < 0.5 and len({node.width for node in self.nodes}) == 1:
            every["weight"] = self.value("", width, width)
        elif kind < 0.6:
            every["weight"] = {"value": self.number(0.5), "name": "ws"}
        return every

    def skip(self, source: int, to: int) -> Spec:
        into = self.random.choice(["preactivation", "output"])
        if to in self.suited or (self.loss in SUITS and to == len(self.nodes) - 1):
            into = "preactivation"
        width = self.nodes[to].width if into == "output" else self.inner[to - self.first]
        skip: Spec = {"from": self.nodes[source].name, "to": self.nodes[to].name}
        if into == "output" or self.chance(0.3):
            skip["into"] = into
        columns = self.nodes[source].width
        if columns == width and self.chance(0.4):
            return skip
        if columns == width and self.chance(0.3):
            skip["weight"] = self.value("")
        elif self.chance(0.08):
            skip["weight"] = self.initial(INITS)
        else:
            skip["weight"] = self.value("weight", width, columns)
        if not self.refers(skip["weight"]) and self.chance(0.2):
            skip["name"] = f"s{len(self.nodes)}_{self.random.randint(0, 10**6)}"
        return skip

    def targets(self) -> None:
        last = len(self.nodes) - 1
        ends = {last}
        if self.chance(0.25):
            ends.add(self.random.randint(self.first, last))
        if self.loss in SUITS:
            ends = {end for end in ends if end in self.suited or end == last}
        found = {self.nodes[end].name: self.target(self.nodes[end].width) for end in sorted(ends)}
        self.spec["target"] = found if len(found) > 1 or self.chance(0.1) else found[self.nodes[last].name]

    def target(self, width: int) -> Any:
        if self.loss in CLASSES and width > 1 and self.chance(0.5):
            indices = [self.random.randrange(width) for _ in range(max(1, self.batch))]
            return indices if self.batch else indices[0]
        if self.batch:
            rows = [[self.aim() for _ in range(width)] for _ in range(self.batch)]
            return [row[0] for row in rows] if width == 1 and self.chance(0.7) else rows
        return [self.aim() for _ in range(width)] if width > 1 or self.chance(0.2) else self.aim()

    def aim(self) -> Any:
        if self.loss == "hinge":
            return self.random.choice([-1, 1])
        if self.loss in SUITS or self.loss == "cross_entropy":
            return self.random.randint(0, 977) / 977
        return self.number() if self.chance(0.9) else self.random.randint(-1, 1)

    def finish(self) -> None:
        if self.tied:
            self.spec["parameters"] = self.tied
            if self.chance(0.3):
                self.spec["frozen"] = self.random.choice(
                    [[next(iter(self.tied))], ["P*"], [next(iter(self.tied)), "*"]]
                )
        if "'init'" in repr(self.spec) and self.chance(0.6):
            self.spec["seed"] = self.random.randint(0, 99)
