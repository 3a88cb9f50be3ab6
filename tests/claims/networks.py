"""Random networks that are awkward to speak of, and random options to speak of them with.

Random numbers seldom tie, cancel, vanish or saturate: here they are drawn from small sets, weights are tied, skips run
beside one another, layers are unread, losses are several.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from hypothesis import strategies as st
from strategies import SMALL, WANTS, Drafting, chains, specs

from gradcalc.analysis.quantities import QUANTITIES, RESIDUAL, THEORIES
from gradcalc.errors import SpecError

NUMBERS: dict[str, Sequence[float]] = {
    "few": (-2, -1, -0.5, 0, 0.5, 1, 2),
    "signs": (-1, 0, 1),
    "ones": (1, 1, 1, 1, -1),
    "saturating": (-800, -40, -14, -9, -1, 0.5, 1, 9, 14, 40, 800),
    "tiny": (1e-200, -1e-160, 1e-80, -1e-12, 0.5),
    "huge": (1e160, -1e80, 1e12, 2, -0.5),
    "powers of ten": tuple(sign * 10.0**n for n in (-9, -5, -3, -2, -1, 0, 1, 2, 5) for sign in (1, -1)),
    "nearly alike": (1, 1.0000001, -1, -0.9999999, 0.999, -0.99),
}
"""What the numbers of a network may be drawn from."""

SCALAR = [
    "identity", "identity", "identity", "relu", "relu", "sigmoid", "sigmoid", "tanh", "tanh", "abs", "step", "sign",
    "leaky_relu", "hardtanh", "relu6", "prelu", "exp", "sin", "square", "softplus", "gelu",
    {"formula": "x^3 / 3"},
]  # fmt: skip


class Case(NamedTuple):
    """A spec, and options by command."""

    spec: dict[str, Any]
    options: dict[str, dict[str, Any]]


class Awkward(Drafting):
    """Everything that the language can state, in numbers that tie."""

    def __init__(self, draw: Any, most_layers: int, most_units: int) -> None:
        super().__init__(draw, True, most_layers, most_units)
        self.pool = NUMBERS[self.one_of(NUMBERS)] if self.chance(60) else ()
        self.tying = self.one_of([5, 20, 80])

    def numbers(self, *shape: int) -> Any:
        if shape or not self.pool:
            return super().numbers(*shape)
        return self.one_of(self.pool)

    def skips(self) -> None:
        """Some of them twice, between the same nodes."""
        super().skips()
        found = self.spec.get("skips", [])
        for skip in list(found):
            if self.chance(25):
                to = next(place for place, node in enumerate(self.nodes) if node.name == skip["to"])
                source = next(node for node in self.nodes if node.name == skip["from"])
                found.append(self.skip(source, self.nodes[to], self.spec["layers"][to - self.first]))

    def target(self, loss: str, width: int) -> Any:
        if not self.pool or loss in WANTS or loss in ("hinge", "cross_entropy"):
            return super().target(loss, width)
        if self.batch:
            rows = self.numbers(self.batch, width)
            return [row[0] for row in rows] if width == 1 else rows
        return self.numbers(width) if width > 1 else self.numbers()


@st.composite
def anything(draw: Any, most_layers: int = 4, most_units: int = 3) -> dict[str, Any]:
    """A network of the whole language."""
    drafting = Awkward(draw, most_layers, most_units)
    drafting.inputs()
    drafting.layers()
    drafting.skips()
    if drafting.chance(60):
        drafting.loss()
    elif drafting.chance(93):
        drafting.spec |= {"loss": "sse", "target": drafting.target("sse", drafting.nodes[-1].width)}
    if drafting.tied:
        drafting.spec["parameters"] = drafting.tied
        if drafting.chance(20):
            drafting.spec["frozen"] = ["P0"]
    return drafting.spec


class Chain:
    """Layers of one width one behind another, as a spec being drawn."""

    def __init__(self, draw: Any, least: int, most: int) -> None:
        self.draw = draw
        self.depth = draw(st.integers(least, most))
        self.width = draw(st.sampled_from([1, 1, 1, 1, 2, 3]))
        self.names = ["x", *(f"h{n}" for n in range(1, self.depth)), "y"]
        pool = draw(st.sampled_from([*NUMBERS, "small", "alike", "alike"]))
        one = draw(st.sampled_from(NUMBERS["powers of ten"]))
        self.number = {"small": SMALL, "alike": st.sampled_from([one, one, one, 2 * one])}.get(
            pool, st.sampled_from(NUMBERS.get(pool, (1,)))
        )
        self.tied = draw(st.booleans()) and draw(st.booleans())
        self.batch = draw(st.sampled_from([0, 0, 0, 1, 3]))

    def value(self, *shape: int) -> Any:
        if not shape:
            return self.draw(self.number)
        return [self.value(*shape[1:]) for _ in range(shape[0])]

    def weight(self) -> Any:
        if self.tied and self.draw(st.booleans()):
            return self.draw(st.sampled_from(["P", "Q"]))
        return self.value() if self.draw(st.booleans()) or self.width == 1 else self.value(self.width, self.width)

    def spec(self) -> dict[str, Any]:
        activation = st.sampled_from(SCALAR)
        one, mixed = self.draw(activation), self.draw(st.integers(0, 3)) == 0
        layers = [
            {"weight": self.weight(), "activation": self.draw(activation) if mixed else one} for _ in self.names[1:]
        ]
        for layer in layers:
            if self.draw(st.integers(0, 5)) == 0:
                layer["bias"] = (
                    self.draw(st.sampled_from([0, -1])) if self.draw(st.booleans()) else self.value(self.width)
                )
        spec: dict[str, Any] = {"input": self.rows(), "layers": layers}
        if self.tied:
            spec["parameters"] = {"P": self.value(), "Q": self.value()}
        kind = self.draw(st.sampled_from(["none", "one", "every", "list", "list"]))
        if kind == "every":
            spec["skips"] = {"every": self.draw(st.integers(1, 3)), "into": self.into()} | self.weights_of_skip()
        elif kind != "none":
            spec["skips"] = [self.skip() for _ in range(1 if kind == "one" else self.draw(st.integers(1, 4)))]
        return spec | self.loss()

    def into(self) -> str:
        return self.draw(st.sampled_from(["preactivation", "preactivation", "output"]))

    def weights_of_skip(self) -> dict[str, Any]:
        return {"weight": self.weight()} if self.draw(st.integers(0, 3)) else {}

    def skip(self) -> dict[str, Any]:
        first = self.draw(st.integers(0, self.depth - 1))
        last = self.draw(st.integers(first + 1, self.depth))
        return {"from": self.names[first], "to": self.names[last], "into": self.into()} | self.weights_of_skip()

    def rows(self) -> Any:
        if self.batch:
            return self.value(self.batch, self.width)
        return self.value(self.width) if self.width > 1 else self.value()

    def loss(self) -> dict[str, Any]:
        loss = self.draw(st.sampled_from(["mse", "mse", "mse", "output", "mae", "half_sse", "huber", "hinge", "sse"]))
        if loss == "output":
            return {"loss": loss}
        number = self.rows if loss != "hinge" else self.signs
        target = number()
        if self.draw(st.integers(0, 9)) == 0:
            end = self.draw(st.sampled_from(self.names[1:]))
            target = {"y": target} | ({end: number()} if end != "y" else {})
        return {"loss": loss, "target": target}

    def signs(self) -> Any:
        number, self.number = self.number, st.sampled_from([-1, 1])
        found = self.rows()
        self.number = number
        return found


@st.composite
def awkward_chains(draw: Any, least: int = 1, most: int = 4) -> dict[str, Any]:
    """A chain of few layers or of many, with skips of every kind."""
    return Chain(draw, least, most).spec()


@st.composite
def blocks(draw: Any) -> dict[str, Any]:
    """A layer repeated, with skips across it: for the sweeps of `depth`, and for the binomial law."""
    chain = Chain(draw, 1, 1)
    layer = {"weight": chain.weight(), "repeat": draw(st.integers(1, 8)), "activation": draw(st.sampled_from(SCALAR))}
    if draw(st.integers(0, 4)) == 0 and layer["weight"] not in ("P", "Q"):
        layer["share"] = True
    layers = [layer, {"weight": chain.weight(), "activation": "identity"}]
    spec = chain.spec() | {"layers": layers if draw(st.booleans()) else layers[:1]}
    if isinstance(spec.get("target"), dict):
        spec["target"] = chain.rows()
    into = {"every": draw(st.sampled_from([1, 1, 2])), "into": chain.into()}
    return spec | {"skips": into | chain.weights_of_skip()}


SMOOTH = ["identity", "tanh", "sigmoid", "softplus", "leaky_relu", "gelu", "relu"]


@st.composite
def steady(draw: Any) -> dict[str, Any]:
    """A deep chain in which every layer does nearly the same: |δ| falls, grows or is kept."""
    depth, width = draw(st.integers(5, 14)), draw(st.sampled_from([1, 1, 1, 2]))
    size = draw(st.sampled_from([1e-3, 0.02, 0.3, 0.9, 1, 1, 1.1, 2, 4, 30, 1e3])) * draw(st.sampled_from([1, 1, -1]))
    apart = draw(st.sampled_from([0, 0.01, 0.3, 0.9]))
    weights = [size * (1 + apart * draw(SMALL) / 3) for _ in range(depth)]
    activation = draw(st.sampled_from(SMOOTH))
    spec: dict[str, Any] = {"layers": [{"weight": weight, "activation": activation} for weight in weights]}
    if draw(st.integers(0, 3)) == 0:
        spec["layers"][draw(st.integers(0, depth - 1))]["weight"] = draw(st.sampled_from([0, 1e-9, 1e9]))
    if draw(st.booleans()):
        weight = {"weight": draw(st.sampled_from([1e-6, 0.1, 1, -1])) * draw(SMALL)}
        into = draw(st.sampled_from(["preactivation", "output"]))
        every = {"every": draw(st.integers(1, 4)), "into": into} | (weight if draw(st.booleans()) else {})
        pair = sorted(draw(st.lists(st.integers(0, depth - 1), min_size=2, max_size=2, unique=True)))
        names = [f"h{n + 1}" if n < depth - 1 else "y" for n in pair]
        spec["skips"] = every if draw(st.booleans()) else [{"from": names[0], "to": names[1], "into": into} | weight]
    value = draw(SMALL) if width == 1 else [draw(SMALL) for _ in range(width)]
    return spec | {"input": value} | draw(st.sampled_from([{"loss": "output"}, {"target": value}]))


@st.composite
def residual(draw: Any) -> dict[str, Any]:
    """Blocks one behind another, each crossed by one skip: the binomial law."""
    depth, into = draw(st.integers(3, 8)), draw(st.sampled_from(["preactivation", "output", "output"]))
    layer = {"weight": draw(SMALL), "repeat": depth, "activation": draw(st.sampled_from(SMOOTH))}
    spec = {"input": draw(SMALL), "target": draw(SMALL), "layers": [layer], "skips": {"every": 1, "into": into}}
    if draw(st.booleans()):
        spec["layers"] = [layer, {"weight": draw(SMALL), "activation": "identity"}]
    if draw(st.booleans()):
        spec["skips"] |= {"weight": draw(SMALL)}
    return spec


@st.composite
def one_skip(draw: Any) -> dict[str, Any]:
    """Two paths: through a skip, and through none."""
    number = draw(st.sampled_from([SMALL, SMALL, st.sampled_from(NUMBERS["few"]), st.sampled_from(NUMBERS["ones"])]))
    depth = draw(st.integers(2, 5))
    first = draw(st.integers(0, depth - 2))
    names = ["x", *(f"h{n}" for n in range(1, depth)), "y"]
    skip = {"from": names[first], "to": names[draw(st.integers(first + 2, depth))]}
    skip |= {"into": draw(st.sampled_from(["preactivation", "output"]))}
    if draw(st.integers(0, 3)):
        skip["weight"] = draw(number)
    spec = {"input": draw(number), "activation": draw(st.sampled_from(SMOOTH)), "skips": [skip]}
    spec["weights"] = [draw(number) for _ in range(depth)]
    return spec | draw(st.sampled_from([{"loss": "output"}, {"target": 0.3}, {"target": 0, "loss": "half_sse"}]))


EXACT = ["1/3", "sqrt(2)", "-1/7", "pi/4", "2/3", 0.5, 1, 2, 0.1]


@st.composite
def exact(draw: Any) -> dict[str, Any]:
    """Constants that are kept exact in symbols."""
    number = st.sampled_from(EXACT)
    weights = [{"weight": draw(number)} for _ in range(draw(st.integers(1, 3)))]
    activation = draw(st.sampled_from(["identity", "square", "relu", "exp", {"formula": "x^3 / 3"}]))
    return {"input": draw(number), "target": draw(number), "activation": activation, "layers": weights}


@st.composite
def ties(draw: Any) -> dict[str, Any]:
    """Units that are equal before maxout, or sources before a join; or no target."""
    number = draw(st.sampled_from([0, 1, -1, 0.5]))
    rows = [[number, number]] * 2 if draw(st.booleans()) else [[number, number], [draw(SMALL), draw(SMALL)]]
    layer = {"weight": rows, "activation": {"name": "maxout", "pieces": 2}}
    spec = {"input": [1, draw(st.sampled_from([1, -1]))], "layers": [layer, {"weight": draw(SMALL)}]}
    return spec if draw(st.integers(0, 2)) == 0 else spec | {"target": draw(SMALL)}


@st.composite
def branches(draw: Any) -> dict[str, Any]:
    """Scalar layers that read one node or several, by numbers that tie, an unread one among them perhaps."""
    chain = Chain(draw, 2, 6)
    chain.width = 1
    layers: list[dict[str, Any]] = []
    for place, name in enumerate(chain.names[1:]):
        known = chain.names[: place + 1]
        chosen = draw(st.lists(st.sampled_from(known), min_size=1, max_size=3, unique=True))
        join = draw(st.sampled_from(["sum", "sum", "max", "min", "multiply", "mean"]))
        if draw(st.booleans()):
            layer: dict[str, Any] = {"from": {node: chain.value() for node in chosen}}
        else:
            layer = {"from": chosen} | ({"weight": chain.weight()} if draw(st.booleans()) else {})
        layer |= {"join": join} if len(chosen) > 1 else {}
        layers.append(layer | {"activation": draw(st.sampled_from(SCALAR[:8])), "name": name})
    return chain.spec() | {"layers": layers, "input": chain.rows()}


@st.composite
def drawn_by_init(draw: Any) -> dict[str, Any]:
    """Weights drawn at random, wide enough for mean-field theory now and then."""
    width = draw(st.sampled_from([1, 2, 8, 9]))
    layer = {
        "weight": {"init": draw(st.sampled_from(["normal", "xavier_normal", "he_uniform", "ones"]))},
        "width": width,
    }
    depth, activation = draw(st.integers(1, 4)), draw(st.sampled_from(["tanh", "relu", "sigmoid", "identity", "gelu"]))
    layers = [{**layer, "activation": activation} for _ in range(depth)]
    if draw(st.booleans()) and depth > 1:
        layers = [layers[0] | {"repeat": depth}]
    last = {"weight": {"init": "normal"}, "width": 1, "activation": "identity"}
    return {"input": [0.5, -1.0], "target": 1, "layers": [*layers, last], "seed": draw(st.integers(0, 99))}


@st.composite
def classes(draw: Any) -> dict[str, Any]:
    """Layers whose activation couples their units, before losses of classes."""
    spec = draw(anything(most_layers=3))
    loss = draw(st.sampled_from(["nll", "kl", "cross_entropy", "mse"]))
    count = draw(st.integers(2, 3))
    batch = isinstance(first := next(iter(inputs_of(spec).values())), list) and isinstance(first[0], list)
    activation = draw(st.sampled_from(["softmax", "softmax", "log_softmax", "layer_norm", "rms_norm"]))
    spec["layers"].append({"weight": [[draw(SMALL)] * width_of(spec) for _ in range(count)], "activation": activation})
    if loss in ("nll", "kl") and activation not in ("softmax", "log_softmax"):
        loss = "mse"
    target = draw(st.integers(0, count - 1)) if loss != "mse" else [draw(SMALL) for _ in range(count)]
    return spec | {"loss": loss, "target": [target] * len(first) if batch else target}


@st.composite
def corners(draw: Any) -> dict[str, Any]:
    """Networks that are at one of the ends that few come to by chance."""
    kinds = [rounded_to_targets, sources_that_tie, unread, cancelling, cancelled_by_rounding, margins, bare, faulty]
    return draw(draw(st.sampled_from(kinds))())


@st.composite
def cancelled_by_rounding(draw: Any) -> dict[str, Any]:
    """Decimals that add up to 0, to a target, or to units that are equal: in float64 they do not quite."""
    tenths = [draw(st.integers(-9, 9)) for _ in range(2)]
    rest = -sum(tenths) + draw(st.sampled_from([0, 0, 0, 0, 1]))
    numbers = [tenth / 10 for tenth in (*tenths, rest)]
    activation = draw(st.sampled_from(["softmax", "log_softmax", "layer_norm", "tanh", "identity", "sin", "relu"]))
    loss, same = draw(st.sampled_from(["mse", "half_sse", "output", "huber"])), draw(st.sampled_from([0.7, 0.1, -1.3]))
    hidden = {"weight": [[draw(SMALL) for _ in range(3)] for _ in range(3)], "activation": activation}
    kind = draw(st.sampled_from(["equal weights", "equal weights", "sum", "target", "batch"]))
    if kind == "sum":
        hidden = {"weight": [[1, 1, 1]] * draw(st.integers(1, 3)), "activation": activation}
    last = {"weight": [[same] * len(hidden["weight"])], "activation": draw(st.sampled_from(["sigmoid", "identity"]))}
    spec: dict[str, Any] = {"input": numbers, "layers": [hidden, last], "loss": loss}
    if kind == "target":
        spec |= {"layers": [{"weight": [[1, 1, 1]], "activation": "identity"}]}
        numbers[2] = -0.3
    if kind == "batch":
        spec |= {"input": [[number] for number in numbers], "layers": [{"weight": [[same]], "bias": [0]}]}
        spec |= {"activation": "identity"}
    target = (sum(tenths) - 3) / 10 if kind == "target" else draw(SMALL)
    if kind == "batch":
        target = [[0]] * 3
    return spec if loss == "output" else spec | {"target": target}


@st.composite
def rounded_to_targets(draw: Any) -> dict[str, Any]:
    """Outputs of saturated units that are rounded to their target, or to a kink of the loss."""
    units, examples = draw(st.sampled_from([1, 1, 2, 4])), draw(st.sampled_from([0, 0, 2]))
    row = [draw(st.sampled_from([40, 60, 800])) for _ in range(units)]
    target = [draw(st.sampled_from([1, 1, 1, 0.5])) for _ in range(units)]
    loss = draw(st.sampled_from(["mse", "half_sse", "mae", "hinge", "huber", "sse"]))
    layers = [{"weight": draw(st.sampled_from([1, 2])), "activation": "identity"}] * draw(st.integers(0, 2))
    layers = [*layers, {"weight": 1, "activation": draw(st.sampled_from(["sigmoid", "tanh"]))}]
    rows = {"input": [row] * examples, "target": [target] * examples} if examples else {"input": row, "target": target}
    return {**rows, "loss": loss, "layers": layers}


@st.composite
def sources_that_tie(draw: Any) -> dict[str, Any]:
    """A maximum or minimum of sources of which some are equal, or all but one too small."""
    number, names = st.sampled_from([0.5, 1, 1, 2, -1]), ["a", "b", "c"][: draw(st.integers(2, 3))]
    sources: Any = names if draw(st.booleans()) else {name: draw(number) for name in names}
    joined = {
        "from": sources,
        "join": draw(st.sampled_from(["max", "min"])),
        "activation": draw(st.sampled_from(SMOOTH)),
    }
    before: list[dict[str, Any]] = []
    if sources == names and draw(st.booleans()):
        before = [{"name": f"h{name}", "from": name, "weight": draw(number)} for name in names]
        joined["from"] = [layer["name"] for layer in before]
    layers = [*before, joined, *[{"weight": draw(number), "activation": "identity"}] * draw(st.integers(0, 1))]
    given = {name: draw(number) for name in names}
    return {"input": given, "target": draw(number), "layers": layers} | ({"loss": "mae"} if draw(st.booleans()) else {})


@st.composite
def unread(draw: Any) -> dict[str, Any]:
    """A first layer that no other reads, or one that the last does not depend on."""
    layers = [
        {"name": "u", "from": {"a": draw(SMALL)}},
        {"name": "v", "from": {"u" if draw(st.booleans()) else "b": 2}},
    ]
    layers += [{"name": "y", "from": {"b": draw(SMALL)}, "activation": draw(st.sampled_from(SMOOTH))}]
    return {"input": {"a": draw(SMALL), "b": draw(SMALL)}, "target": draw(SMALL), "layers": layers}


@st.composite
def cancelling(draw: Any) -> dict[str, Any]:
    """Paths that cancel exactly: all of them, or two of three."""
    one, other = draw(st.sampled_from([1, -1, 2])), draw(st.sampled_from([1, -2, 0.5]))
    skips = [{"from": "h1", "to": "y", "weight": -one * other}]
    skips += [{"from": "h1", "to": "y", "weight": draw(SMALL)}] * draw(st.integers(0, 1))
    spec = {"input": draw(SMALL), "activation": "identity", "weights": [1, one, other], "skips": skips}
    return spec | draw(st.sampled_from([{"loss": "output"}, {"target": 0.3}]))


@st.composite
def margins(draw: Any) -> dict[str, Any]:
    """Outputs on this side of the margin of the hinge loss, on it, or beyond."""
    layers = [{"weight": draw(st.sampled_from([0.5, 1, 2, -1])), "activation": "identity"}] * draw(st.integers(1, 2))
    row = [draw(st.sampled_from([1, 2, -0.5, 4])) for _ in range(draw(st.sampled_from([1, 1, 2])))]
    target = [draw(st.sampled_from([-1, 1, 1])) for _ in row]
    return {"input": row, "target": target, "loss": "hinge", "layers": layers}


@st.composite
def faulty(draw: Any) -> dict[str, Any]:
    """Units that are dead, saturated or alike, before others that may not be."""
    width, number = draw(st.integers(1, 3)), st.sampled_from([-2, -1, 0, 0.5, 1, 1])
    bias = [draw(st.sampled_from([-20, -5, 0, 0, 5, 20])) for _ in range(width)]
    layer = {"weight": [[draw(number)] * 2 for _ in range(width)], "bias": bias}
    layer |= {
        "activation": draw(st.sampled_from(["relu", "relu", "relu6", "hardtanh", "sigmoid", "tanh", "leaky_relu"]))
    }
    after = draw(st.sampled_from([number, st.just(1)]))
    others = [{"weight": [[draw(after) for _ in range(width)]] * width, "activation": draw(st.sampled_from(SMOOTH))}]
    layers = [layer, *others * draw(st.integers(0, 1)), {"weight": [[draw(after)] * width], "activation": "identity"}]
    rows = [[draw(number), draw(number)] for _ in range(draw(st.sampled_from([1, 2, 3])))]
    spec = {"input": rows, "target": [0.3] * len(rows)} if len(rows) > 1 else {"input": rows[0], "target": 0.3}
    return spec | {"layers": layers} | ({"frozen": ["w1"]} if draw(st.integers(0, 3)) == 0 else {})


@st.composite
def bare(draw: Any) -> dict[str, Any]:
    """No target, and nothing to differentiate."""
    return {"input": draw(SMALL), "activation": draw(st.sampled_from(SCALAR)), "weights": [draw(SMALL), draw(SMALL)]}


def inputs_of(spec: dict[str, Any]) -> dict[str, Any]:
    given = spec["input"]
    return given if isinstance(given, dict) else {"x": given}


def width_of(spec: dict[str, Any]) -> int:
    from gradcalc import language

    bare = {key: value for key, value in spec.items() if key not in ("loss", "target")}
    return language.load(bare | {"loss": "output"})[0].layers[-1].width


MOST_CHECKED = 6
"""Nodes up to which SymPy differentiates a loss in no time."""
RULES: list[dict[str, Any]] = [
    {}, {"lr": 0.5}, {"lr": 1e6}, {"lr": 0.0}, {"lr": 0.3, "momentum": 0.9}, {"lr": 0.3, "weight_decay": 0.1},
    {"lr": 0.1, "optimizer": "adam"}, {"lr": 0.1, "clip_norm": 1.0}, {"lr": 0.1, "maximize": True},
    {"lr": 0.1, "optimizer": "adamw", "weight_decay": 0.1}, {"optimizer": "adam", "clip_norm": 1e-3, "maximize": True},
]  # fmt: skip
"""Of training."""
UNTIL = (["loss < 0.1"], ["loss < 1e-3"], ["loss > 2", "loss < 1e3"])
PRECISION: list[dict[str, Any]] = [
    {}, {}, {"dtype": "float32,float8_e4m3fn,float8_e5m2"}, {"loss_scale": 1024.0}, {"loss_scale": 1e39},
    {"dtype": "float8_e4m3fn", "loss_scale": 0.375}, {"simulate": True}, {"simulate": True, "loss_scale": 1024.0},
    {"simulate": True, "dtype": "float8_e5m2,float32"},
]  # fmt: skip
"""Formats and loss scales."""


def networks() -> Any:
    """All of them."""
    return st.one_of(
        anything(), anything(), anything(), specs(), chains(most_layers=9), awkward_chains(), awkward_chains(),
        awkward_chains(5, 14), branches(), blocks(), drawn_by_init(), classes(), steady(), steady(), residual(),
        one_skip(), one_skip(), exact(), ties(), corners(), corners(),
    )  # fmt: skip


class Names(NamedTuple):
    """What options can name of a network."""

    nodes: list[str]
    parameters: list[str]
    numbers: list[str]
    batch: bool
    skips: bool

    @classmethod
    def of(cls, spec: dict[str, Any]) -> Names:
        from gradcalc import language

        network = language.load(spec)[0]
        single = [node.name for node in network.inputs if node.width == 1 and not network.batch]
        single += [one.name for one in network.parameters if not isinstance(one.value, list)]
        parameters = [one.name for one in network.parameters]
        return cls([node.name for node in network.nodes], parameters, single, network.batch, network.has_skips)


@st.composite
def cases(draw: Any, network: Any = None) -> Case:
    """A network with the options of every command."""
    spec = draw(networks() if network is None else network)
    try:
        names = Names.of(spec)
    except SpecError as error:
        return Case(spec, {"refused": {"why": str(error)}})
    some = st.sampled_from(names.parameters or names.nodes)
    node, layer = st.sampled_from(names.nodes), st.sampled_from(names.nodes[1:])
    wrt = [draw(some) for _ in range(draw(st.sampled_from([0, 0, 0, 1, 1, 2])))]
    if draw(st.integers(0, 9)) == 0:
        wrt = [draw(node)]
    common = {"wrt": list(dict.fromkeys(wrt)), "dps": 30 if draw(st.integers(0, 29)) == 0 else None}
    of = {"of": draw(layer) if draw(st.integers(0, 7)) == 0 else None}
    part = draw(st.sampled_from(["", "", "", "through", "avoid"]))
    blocks = names.skips and draw(st.integers(0, 4)) == 0
    return Case(
        spec,
        {
            "compute": common | of | {"top": draw(st.sampled_from([None, None, None, 0, 1, 2, 1000]))},
            "paths": common
            | of
            | {"top": draw(st.sampled_from([0, 1, 3, 10, 2000, 2000, 2000])), "all": draw(st.booleans())}
            | ({part: [draw(node)]} if part else {})
            | ({"unit": "blocks"} if blocks else {}),
            "explain": common
            | ({} if wrt or draw(st.integers(0, 3)) == 0 else {"wrt": [draw(some)]})
            | of
            | {"forward": draw(st.booleans()), "top": draw(st.sampled_from([1, 10]))}
            | {"decimals": None if names.batch else draw(st.sampled_from([None, None, 0, 2, 4]))}
            | {"symbolic": is_exact(spec) or draw(st.integers(0, 19)) == 0},
            "compare": common | {"theory": draw(st.booleans())} | draw(compared(spec, names)),
            "sweep": draw(sweeps(spec, names)) | {"dps": common["dps"]},
            "diagnose": {"tries": draw(st.sampled_from([0, 5, 20])), "dps": common["dps"]},
            **({"check": {}} if len(names.nodes) < MOST_CHECKED else {}),
            "precision": draw(st.sampled_from(PRECISION))
            | ({"against": "no-skips"} if names.skips and draw(st.integers(0, 5)) == 0 else {}),
            "train": {"steps": draw(st.integers(0, 30)), "rule": draw(st.sampled_from(RULES))}
            | ({"online": True} if draw(st.integers(0, 5)) == 0 else {})
            | ({"until": draw(st.sampled_from(UNTIL))} if draw(st.integers(0, 5)) == 0 else {}),
        },
    )


def is_exact(spec: dict[str, Any]) -> bool:
    """Whether a number is given as a text."""
    return any(isinstance(layer.get("weight"), str) and "/" in layer["weight"] for layer in spec.get("layers", []))


@st.composite
def compared(draw: Any, spec: dict[str, Any], names: Names) -> dict[str, Any]:
    """With and without skips, variants, or several networks."""
    if any(layer.get("repeat", 1) > 1 for layer in spec.get("layers", [])) and draw(st.integers(0, 2)) == 0:
        return {"vary": ["depth=3,5"]}
    if draw(st.integers(0, 5)) == 0:
        return {"vary": [f"skips={draw(lists_of_skips(names))}"]}
    if names.skips and draw(st.integers(0, 2)):
        return {}
    if names.numbers and draw(st.booleans()):
        key = draw(st.sampled_from(names.numbers))
        return {"vary": [f"{key}={draw(st.sampled_from(['0.1,2', '1,-1', '0,1,1', '0,0', '1e-3,0.5,7,1e3']))}"]}
    other = draw(st.sampled_from(["tanh", "relu", "identity", "sigmoid"]))
    layers = [layer | {"activation": other} for layer in spec.get("layers", []) if not is_coupled(layer)]
    changed = {"layers": layers} if layers and len(layers) == len(spec.get("layers", [])) else {"name": "twin"}
    return {"sources": [spec, spec | changed, *([spec] if draw(st.booleans()) else [])]}


@st.composite
def lists_of_skips(draw: Any, names: Names) -> str:
    """Values of `skips`, two or three of them: none, regular ones, single ones, in any order."""
    values = ["[]", "{every: 1}", "{every: 2}", "{every: 1, into: output}", "{every: 1, weight: 0.5}"]
    if len(names.nodes) > 1:
        first = draw(st.integers(0, len(names.nodes) - 2))
        last = draw(st.integers(first + 1, len(names.nodes) - 1))
        values.append(f"[{{from: {names.nodes[first]}, to: {names.nodes[last]}}}]")
    return ",".join(draw(st.lists(st.sampled_from(values), min_size=2, max_size=3, unique=True)))


def is_coupled(layer: dict[str, Any]) -> bool:
    """Whether another activation might not fit in place of it."""
    activation = layer.get("activation")
    return isinstance(activation, dict) or activation in ("softmax", "log_softmax", "softplus")


@st.composite
def sweeps(draw: Any, spec: dict[str, Any], names: Names) -> dict[str, Any]:
    """A key or two with a few values, and columns to show."""
    keys = list(names.numbers)
    if any("repeat" in layer for layer in spec.get("layers", [])):
        keys += ["depth"] * 4
    if "seed" in spec:
        keys += ["seed"] * 2
    if "activation" in spec or not keys:
        keys += ["activation"]
    if draw(st.integers(0, 5)) == 0:
        keys = draw(st.sampled_from([["skips"], ["loss"], ["input"], ["skips", *keys]]))
    values = {"depth": ["2..5", "3,5,9"], "seed": ["0..3"], "activation": ["tanh,relu,identity"]}
    values |= {"skips": [draw(lists_of_skips(names))], "loss": ["mse,{name: huber, beta: 1}"], "input": ["[0],[2]"]}
    numbers = ["0.1..0.5:0.1", "1,2,4,8", "-2..2", "1e-3..1e3:log10", "0,0,0", "0.5,0.5,0.5", "1,1.001,1.002", "-0.5"]
    chosen = list(dict.fromkeys(draw(st.sampled_from(keys)) for _ in range(draw(st.sampled_from([1, 1, 1, 2])))))
    vary = [f"{key}={draw(st.sampled_from(values.get(key, numbers)))}" for key in chosen]
    name = draw(st.sampled_from(names.parameters or names.nodes))
    apart = ("gradient", "share", *THEORIES, *RESIDUAL)
    quantities = [one for one, row in QUANTITIES.items() if row.of.startswith("gradient") and one not in apart]
    first = draw(st.sampled_from((name, name, f"log10:{name}")))
    others = draw(st.lists(st.sampled_from(quantities), max_size=2, unique=True))
    show = list(dict.fromkeys((first, *(f"{one}:{name}" for one in others))))
    if draw(st.integers(0, 3)) == 0:
        show += [f"output:{draw(st.sampled_from(names.nodes))}", "loss"]
    return {
        "vary": vary,
        "show": show if draw(st.integers(0, 3)) else [],
        "against": "no-skips" if names.skips and draw(st.booleans()) else None,
        "theory": draw(st.booleans()),
        "summary": draw(st.integers(0, 5)) == 0,
    }
