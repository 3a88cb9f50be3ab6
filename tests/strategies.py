"""Random networks, as specs: everything that the language can state, small enough to list every path.

Numbers are odd fractions, so that a sum hits a kink only where a zero makes it do so, which is then exact.
"""

from typing import Any, NamedTuple

from hypothesis import strategies as st

from gradcalc.network.joins import JOINS

SMOOTH = [
    "identity", "sigmoid", "tanh", "gelu", "gelu_tanh", "silu", "mish", "softplus", "softsign", "log_sigmoid", "sin",
    "cos", "square", "elu", "selu", "celu",
]  # fmt: skip
KINKED = [
    "relu", "leaky_relu", "prelu", "hardtanh", "relu6", "hard_sigmoid", "hard_swish", "step", "sign", "abs",
]  # fmt: skip
STEEP = ["exp"]
BENT_WITH_OPTIONS: list[Any] = [
    {"name": "leaky_relu", "alpha": 0.2},
    {"name": "elu", "alpha": 0.7},
    {"name": "celu", "alpha": 1.3},
    {"name": "softplus", "beta": 2.5},
    {"name": "prelu", "alpha": -0.3},
    {"formula": "x / (1 + exp(-1.702 x))"},
]
ELEMENTWISE: list[Any] = SMOOTH + KINKED + STEEP + BENT_WITH_OPTIONS
COUPLED: list[Any] = ["softmax", "log_softmax", "layer_norm", "rms_norm", {"name": "maxout", "pieces": 2}]
PLAIN_LOSSES: list[Any] = [
    "mse", "sse", "half_sse", "mae", "huber", "log_cosh", "bce_with_logits", "cross_entropy", "hinge",
    {"name": "huber", "delta": 0.3}, {"name": "mse", "scale": -2.5}, {"name": "sse", "reduction": "sum"}, "output",
]  # fmt: skip
WANTS = {"bce": "sigmoid", "nll": "softmax", "kl": "softmax", "poisson": "softplus"}
"""Losses that read probabilities or rates, and an activation that makes them."""

SMALL = st.integers(-2000, 2000).map(lambda n: n / 977)
POSITIVE = st.integers(1, 976).map(lambda n: n / 977)


class Node(NamedTuple):
    """A node so far: its name and its width."""

    name: str
    width: int


class Drafting:
    """A spec being drawn, layer by layer."""

    tying = 20
    """How often a value is one of `parameters`, in percent."""

    def __init__(self, draw: Any, coupled: bool, most_layers: int, most_units: int) -> None:
        self.draw = draw
        self.coupled = coupled
        self.most_layers = most_layers
        self.most_units = most_units
        self.nodes: list[Node] = []
        self.spec: dict[str, Any] = {}
        self.tied: dict[str, Any] = {}
        self.shapes: dict[str, tuple[int, ...]] = {}

    def chance(self, percent: int) -> bool:
        return self.draw(st.integers(0, 99)) >= 100 - percent

    def one_of(self, options: Any) -> Any:
        return self.draw(st.sampled_from(list(options)))

    def numbers(self, *shape: int) -> Any:
        if not shape:
            return self.draw(SMALL)
        return [self.numbers(*shape[1:]) for _ in range(shape[0])]

    def value(self, *shape: int) -> Any:
        """Numbers, or the name of an entry of `parameters` that has them."""
        if not self.chance(self.tying):
            return self.numbers(*shape)
        known = [name for name, other in self.shapes.items() if other == shape]
        if known and self.chance(70):
            return self.one_of(known)
        name = f"P{len(self.tied)}"
        self.tied[name], self.shapes[name] = self.numbers(*shape), shape
        return name

    def inputs(self) -> None:
        self.batch = self.draw(st.integers(1, 3)) if self.chance(30) else 0
        if self.chance(50):
            self.spec["input"] = self.given("x")
        else:
            names = [f"x{n}" for n in range(1, self.draw(st.integers(1, 3)) + 1)]
            self.spec["input"] = {name: self.given(name) for name in names}

    def given(self, name: str) -> Any:
        width = self.draw(st.integers(1, self.most_units))
        self.nodes.append(Node(name, width))
        if self.batch:
            return self.numbers(self.batch, width)
        return self.numbers(width) if width > 1 or self.chance(20) else self.numbers()

    def layers(self) -> None:
        self.first = len(self.nodes)
        count = self.draw(st.integers(1, self.most_layers))
        self.spec["layers"] = [self.layer("y" if n == count else f"h{n}") for n in range(1, count + 1)]

    def layer(self, name: str) -> dict[str, Any]:
        layer, width = self.sources()
        if self.chance(40):
            layer["bias"] = self.value(width) if self.chance(70) else self.value()
        activation = self.one_of(ELEMENTWISE)
        if self.coupled and self.chance(25):
            activation = self.one_of(COUPLED if width % 2 == 0 else COUPLED[:-1])
        if isinstance(activation, dict) and activation.get("name") == "maxout":
            width //= 2
        layer["activation"] = activation
        self.nodes.append(Node(name, width))
        return layer

    def sources(self) -> tuple[dict[str, Any], int]:
        kind = self.one_of(["chain", "chain", "one", "identities", "weighted"])
        return getattr(self, kind)()

    def chain(self) -> tuple[dict[str, Any], int]:
        """Whatever is before, by a matrix, by one number, or as it is."""
        read = self.nodes if len(self.nodes) == self.first else self.nodes[-1:]
        return self.weighed({}, sum(node.width for node in read))

    def one(self) -> tuple[dict[str, Any], int]:
        node = self.one_of(self.nodes)
        return self.weighed({"from": node.name}, node.width)

    def weighed(self, layer: dict[str, Any], columns: int) -> tuple[dict[str, Any], int]:
        if self.chance(15):
            return layer, columns
        weight, width = self.weight(columns)
        return layer | {"weight": weight}, width

    def weight(self, columns: int, rows: int | None = None) -> tuple[Any, int]:
        if rows in (None, columns) and self.chance(25):
            return self.value(), columns
        rows = rows or self.draw(st.integers(1, self.most_units))
        return self.value(rows, columns), rows

    def identities(self) -> tuple[dict[str, Any], int]:
        """Nodes as they are, joined; perhaps one weight for all of it."""
        chosen, join = self.joinable()
        width = sum(node.width for node in chosen) if join == "concat" else chosen[0].width
        layer = {"from": [node.name for node in chosen]}
        return self.weighed(layer if len(chosen) == 1 else layer | {"join": join}, width)

    def joinable(self) -> tuple[list[Node], str]:
        join = self.one_of(["sum", *JOINS, "concat"])
        first = self.one_of(self.nodes)
        fitting = [node for node in self.nodes if node != first and (join == "concat" or node.width == first.width)]
        others = self.draw(st.lists(st.sampled_from(fitting), max_size=2, unique=True)) if fitting else []
        return [first, *others], join

    def weighted(self) -> tuple[dict[str, Any], int]:
        """A mapping of nodes to their weights."""
        chosen = self.draw(st.lists(st.sampled_from(self.nodes), min_size=1, max_size=3, unique=True))
        join = self.one_of(["sum", *JOINS, "concat"])
        weights, widths, rows = {}, [], None
        for node in chosen:
            weights[node.name], width = self.weight(node.width, None if join == "concat" else rows)
            widths.append(width)
            rows = width
        layer = {"from": weights} if len(chosen) == 1 else {"from": weights, "join": join}
        return layer, sum(widths) if join == "concat" else widths[0]

    def skips(self) -> None:
        found: list[dict[str, Any]] = []
        for _ in range(self.draw(st.integers(0, 3))):
            to = self.draw(st.integers(self.first, len(self.nodes) - 1))
            source = self.draw(st.integers(0, to - 1))
            found.append(self.skip(self.nodes[source], self.nodes[to], self.spec["layers"][to - self.first]))
        if found:
            self.spec["skips"] = found

    def skip(self, source: Node, to: Node, layer: dict[str, Any]) -> dict[str, Any]:
        into = self.one_of(["preactivation", "output"])
        width = to.width * (2 if into == "preactivation" and is_maxout(layer) else 1)
        skip = {"from": source.name, "to": to.name, "into": into}
        if source.width == width and self.chance(50):
            return skip
        return skip | {"weight": self.weight(source.width, width)[0]}

    def loss(self) -> None:
        """A loss, its targets, and an activation that suits it where it needs one."""
        self.spec["loss"] = chosen = self.one_of(PLAIN_LOSSES + list(WANTS))
        loss = chosen if isinstance(chosen, str) else chosen["name"]
        if loss == "output":
            return
        last = len(self.nodes) - 1
        ends = {last}
        if self.chance(30):
            ends.add(self.draw(st.integers(self.first, last)))
        ends = {end for end in ends if end == last or not is_maxout(self.spec["layers"][end - self.first])}
        for end in ends if loss in WANTS else ():
            self.suit(end, WANTS[loss])
        targets = {self.nodes[end].name: self.target(loss, self.nodes[end].width) for end in sorted(ends)}
        self.spec["target"] = targets["y"] if ends == {last} else targets

    def suit(self, end: int, activation: str) -> None:
        layer = self.spec["layers"][end - self.first]
        if is_maxout(layer):
            self.nodes[end] = self.nodes[end]._replace(width=2 * self.nodes[end].width)
        layer["activation"] = activation
        skips = [s for s in self.spec.get("skips", []) if (s["to"], s["into"]) != (self.nodes[end].name, "output")]
        self.spec["skips"] = skips

    def target(self, loss: str, width: int) -> Any:
        number = POSITIVE if loss in WANTS else st.sampled_from([-1, 1]) if loss == "hinge" else SMALL
        if loss in ("cross_entropy", "nll", "kl") and width > 1 and self.chance(50):
            number, width = st.integers(0, width - 1), 1
        if self.batch:
            rows = [[self.draw(number) for _ in range(width)] for _ in range(self.batch)]
            return [row[0] for row in rows] if width == 1 else rows
        return [self.draw(number) for _ in range(width)] if width > 1 else self.draw(number)


def is_maxout(layer: dict[str, Any]) -> bool:
    return isinstance(layer["activation"], dict) and layer["activation"].get("name") == "maxout"


@st.composite
def specs(draw: Any, coupled: bool = True, most_layers: int = 4, most_units: int = 3) -> dict[str, Any]:
    """Any network: every way to read, join, bend, skip and lose."""
    drafting = Drafting(draw, coupled, most_layers, most_units)
    drafting.inputs()
    drafting.layers()
    drafting.skips()
    if draw(st.booleans()):
        drafting.loss()
    else:
        drafting.spec |= {"loss": "sse", "target": drafting.target("sse", drafting.nodes[-1].width)}
    if drafting.tied:
        drafting.spec["parameters"] = drafting.tied
        if draw(st.booleans()):
            drafting.spec["frozen"] = ["P0"]
    return drafting.spec


@st.composite
def chains(draw: Any, most_layers: int = 6) -> dict[str, Any]:
    """Scalar chains with skips of both kinds: every path a product of numbers."""
    depth = draw(st.integers(2, most_layers))
    numbers = draw(st.lists(SMALL, min_size=depth, max_size=depth))
    spec = {"input": draw(SMALL), "target": 1, "activation": draw(st.sampled_from(SMOOTH + KINKED)), "weights": numbers}
    into = draw(st.sampled_from(["preactivation", "output"]))
    if draw(st.booleans()):
        weight = draw(st.none() | SMALL)
        every = {"every": draw(st.integers(1, 3)), "into": into} | ({} if weight is None else {"weight": weight})
        return spec | {"skips": every}
    names = ["x", *(f"h{n}" for n in range(1, depth)), "y"]
    ends = st.tuples(st.integers(0, depth - 1), st.integers(1, depth)).filter(lambda pair: pair[0] < pair[1])
    pairs = draw(st.lists(ends, max_size=4, unique=True))
    return spec | {"skips": [{"from": names[a], "to": names[b], "into": into, "weight": draw(SMALL)} for a, b in pairs]}
