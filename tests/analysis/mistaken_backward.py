"""A backward pass by hand, in NumPy, in which one mistake or two are really made: it shares nothing with the package,
and its right form is that of a textbook. Values are [examples][units], weights [out][in]."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

Array = Any
Mistakes = Mapping[str, Any]


def sigmoid(z: Array) -> Array:
    return 1 / (1 + np.exp(-z))


def softmax(z: Array) -> Array:
    powers = np.exp(z - z.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


VALUES: Mapping[str, Any] = {
    "sigmoid": sigmoid,
    "tanh": np.tanh,
    "relu": lambda z: np.maximum(z, 0),
    "leaky_relu": lambda z: np.where(z > 0, z, 0.01 * z),
    "softplus": lambda z: np.log1p(np.exp(z)),
    "identity": lambda z: z,
    "softmax": softmax,
}
DERIVATIVES: Mapping[str, Any] = {
    "sigmoid": lambda z: sigmoid(z) * (1 - sigmoid(z)),
    "tanh": lambda z: 1 - np.tanh(z) ** 2,
    "relu": lambda z: (z > 0) * 1.0,
    "leaky_relu": lambda z: np.where(z > 0, 1.0, 0.01),
    "softplus": sigmoid,
    "identity": lambda z: np.ones_like(z),
}
OF_OUTPUT: Mapping[str, Any] = {"sigmoid": lambda y: y * (1 - y), "tanh": lambda y: 1 - y * y}


class Layer(NamedTuple):
    name: str
    reads: Sequence[tuple[str, str | None]]  # a source with its weight
    activation: str
    bias: str | None = None
    product: bool = False  # what it reads is multiplied, not summed
    skips: Sequence[tuple[str, str | None, str]] = ()  # a source, its weight, "preactivation" or "output"


class Net(NamedTuple):
    inputs: Mapping[str, Any]
    layers: Sequence[Layer]
    parameters: Mapping[str, Any]
    targets: Mapping[str, Any]
    loss: str
    batch: bool = False


def spec(net: Net) -> dict[str, Any]:
    """The same network as gradcalc reads it."""
    shared = {name for name in net.parameters if sum(used.count(name) for used in map(_names, net.layers)) > 1}

    def weight(name: str | None) -> Any:
        return name if name in shared else {"value": np.asarray(net.parameters[name or ""]).tolist(), "name": name}

    layers, skips = [], []
    for layer in net.layers:
        one: dict[str, Any] = {"name": layer.name, "activation": layer.activation}
        if layer.product:
            one |= {"from": [source for source, _ in layer.reads], "join": "multiply"}
        else:
            one |= {"from": {source: weight(name) for source, name in layer.reads}}
        if layer.bias:
            one["bias"] = weight(layer.bias)
        layers.append(one)
        for source, name, into in layer.skips:
            skip = {"from": source, "to": layer.name, "into": into}
            if name:
                skip |= {"weight": np.asarray(net.parameters[name]).tolist(), "name": name}
            skips.append(skip)
    plain = {name: np.asarray(x).tolist() for name, x in net.inputs.items()}
    targets = {name: np.asarray(x).tolist() for name, x in net.targets.items()}
    if not net.batch:
        plain = {name: x[0][0] if len(x[0]) == 1 else x[0] for name, x in plain.items()}
        targets = {name: x[0][0] if len(x[0]) == 1 else x[0] for name, x in targets.items()}
    found: dict[str, Any] = {"input": plain, "target": targets, "loss": net.loss, "layers": layers}
    if skips:
        found["skips"] = skips
    if shared:
        found["parameters"] = {name: np.asarray(net.parameters[name]).tolist() for name in sorted(shared)}
    return found


def _names(layer: Layer) -> list[str | None]:
    return [*(name for _, name in layer.reads), layer.bias, *(name for _, name, _ in layer.skips)]


class Pass:
    """One pass with mistakes, each a key with what it is about: `wrong = {"twice": ("h1", "y")}`."""

    def __init__(self, net: Net, wrong: Mistakes = {}) -> None:  # noqa: B006
        self.net, self.wrong = net, wrong
        self.dtype: Any = wrong.get("dtype", float)
        self.places = wrong.get("decimals")
        self.parameters = {name: self.stored(np.asarray(x, float)) for name, x in net.parameters.items()}
        inputs = {name: np.asarray(x, float) for name, x in net.inputs.items()} | wrong.get("inputs", {})
        self.values = {name: self.stored(x) for name, x in inputs.items()}
        self.targets = {name: np.asarray(x, float)[wrong.get("order", slice(None))] for name, x in net.targets.items()}
        self.targets = {name: x[:, wrong.get("units", slice(None))] for name, x in self.targets.items()}
        self.z: dict[str, Array] = {}
        self.activated: dict[str, Array] = {}
        self.gradients = {name: np.zeros_like(x) for name, x in self.parameters.items()}
        self.adjoints: dict[str, Array] = {}
        self.deltas: dict[str, Array] = {}
        self.forward()
        self.loss = self.loss_and_seeds()
        self.seeds = dict(self.adjoints)
        self.backward()

    def stored(self, x: Array) -> Array:
        if "kind" in self.wrong:
            return np.asarray(x, np.float32).astype(self.wrong["kind"]).astype(np.float32)
        return np.round(x, self.places) if self.places is not None else x.astype(self.dtype)

    def weighed(self, value: Array, name: str | None, turned: bool = False) -> Array:
        if name is None:
            return value
        weight = self.parameters[name]
        if weight.ndim == 0:
            return value * weight
        if turned == (name in self.wrong.get("turned", ())):
            return value @ weight.T
        return value @ weight

    def activation(self, layer: Layer) -> str:
        return str(self.wrong.get("activations", {}).get(layer.name, layer.activation))

    def forward(self) -> None:
        left_out = self.wrong.get("no skip", ())
        for layer in self.net.layers:
            unread = self.wrong.get("unread", {}).get(layer.name)
            parts = [self.weighed(self.values[s], name) for s, name in layer.reads if s != unread]
            z = np.prod(parts, axis=0) if layer.product else sum(parts)
            if layer.bias and layer.bias not in self.wrong.get("no bias", ()):
                z = z + self.parameters[layer.bias]
            skips = [skip for skip in layer.skips if (skip[0], layer.name) not in left_out]
            for source, name, into in skips:
                if into == "preactivation":
                    z = z + self.weighed(self.values[source], name)
            self.z[layer.name] = self.stored(z)
            output = self.stored(VALUES[self.activation(layer)](self.z[layer.name]))
            self.activated[layer.name] = output
            for source, name, into in skips:
                if into == "output":
                    output = output + self.weighed(self.values[source], name)
            self.values[layer.name] = self.stored(output)

    def loss_and_seeds(self) -> float:
        """The loss, and ∂L/∂ the output of what it reads, over the batch."""
        loss, total = self.wrong.get("loss", self.net.loss), 0.0
        for name, t in self.targets.items():
            y = self.values[name]
            n, examples = y.shape[1], len(y)
            if loss in ("mse", "sse", "half_sse"):
                scale = {"mse": 1 / n, "sse": 1.0, "half_sse": 0.5}[loss]
                terms, seed = scale * (y - t) ** 2, 2 * scale * (y - t)
            elif loss == "bce":
                terms = -(t * np.log(y) + (1 - t) * np.log(1 - y)) / n
                seed = (y - t) / (y * (1 - y)) / n
            elif loss == "nll":
                terms, seed = -t * np.log(y), -t / y
            else:
                p = softmax(y)
                if self.wrong.get("softmax twice"):
                    q = softmax(p)
                    terms = -t * np.log(q)
                    g = q - t
                    seed = p * (g - (g * p).sum(-1, keepdims=True))
                else:
                    terms, seed = -t * np.log(p), p - t
            if "broadcast" in self.wrong and loss == "mse":
                seed = 2 * (y - t.T).mean(1, keepdims=True)
            if "uncounted" in self.wrong:
                seed = seed * (np.arange(n) != self.wrong["uncounted"])
            seed = {"ones": np.ones_like(y), "difference": y - t}.get(self.wrong.get("seed", ""), seed)
            divisor = self.wrong.get("divisor", examples)
            seed = seed / divisor * self.wrong.get("factor", 1.0)
            if "example" in self.wrong:
                chosen = np.arange(examples) == self.wrong["example"]
                seed = seed * chosen[:, None] * divisor
            total += float(terms.sum() / divisor * self.wrong.get("factor", 1.0))
            self.adjoints[name] = self.adjoints.get(name, 0.0) + self.stored(seed)
        return total

    def derivative(self, layer: Layer) -> Array:
        name, z, y = layer.name, self.z[layer.name], self.activated[layer.name]
        if name in self.wrong.get("no derivative", ()):
            return np.ones_like(z)
        if name in self.wrong.get("at output", ()):
            return DERIVATIVES[layer.activation](y)
        if name in self.wrong.get("z for y", ()):
            return OF_OUTPUT[layer.activation](z)
        other = self.wrong.get("derivative of", {}).get(name, self.activation(layer))
        return DERIVATIVES[other](z)

    def backward(self) -> None:
        wrong = self.wrong
        for layer in reversed(self.net.layers):
            adjoint = self.adjoints.get(layer.name)
            if adjoint is None:
                adjoint = np.zeros_like(self.z[layer.name])
            if layer.name in wrong.get("average", {}):
                adjoint = adjoint / wrong["average"][layer.name]
            if layer.name in wrong.get("detached", ()):
                adjoint = np.zeros_like(adjoint)
            adjoint = self.adjoints[layer.name] = self.stored(adjoint)
            for source, name, into in layer.skips:
                if into == "output" and (source, layer.name) not in wrong.get("no skip", ()):
                    self.back(layer, source, name, adjoint)
            delta = self.deltas[layer.name] = self.stored(self.delta(layer, adjoint))
            self.through(layer, delta)

    def delta(self, layer: Layer, adjoint: Array) -> Array:
        if "delta" in self.wrong and layer.name in self.net.targets:
            read = {"y": self.values, "z": self.z}[self.wrong["delta"]][layer.name]
            return (read - self.targets[layer.name]) / len(read)
        if self.activation(layer) != "softmax":
            return adjoint * self.stored(self.derivative(layer))
        p = self.activated[layer.name]
        if self.wrong.get("softmax unit by unit"):
            return adjoint * p * (1 - p)
        return p * (adjoint - (adjoint * p).sum(-1, keepdims=True))

    def through(self, layer: Layer, delta: Array) -> None:
        """From δ to the gradients of a layer and to what it reads."""
        if layer.bias:
            self.add(layer, layer.bias, delta.sum(0))
        parts = [self.weighed(self.values[source], name) for source, name in layer.reads]
        for place, (source, name) in enumerate(layer.reads):
            if self.wrong.get("unread", {}).get(layer.name) == source:
                continue
            others = [part for other, part in enumerate(parts) if other != place]
            self.back(layer, source, name, delta * np.prod(others, axis=0) if layer.product else delta)
        for source, name, into in layer.skips:
            if into == "preactivation" and (source, layer.name) not in self.wrong.get("no skip", ()):
                self.back(layer, source, name, delta)

    def back(self, layer: Layer, source: str, name: str | None, delta: Array) -> None:
        """Through one edge: the gradient of its weight, and its part of what is before."""
        wrong, edge = self.wrong, (source, layer.name)
        if name is not None:
            value = self.read_by(source, name)
            product = delta.T @ value
            if self.parameters[name].ndim == 0:
                product = (delta * value).sum()
            self.add(layer, name, product)
        if edge in wrong.get("left out", ()):
            return
        weight = name
        if name is not None and name in wrong.get("no weight", ()):
            weight = None
        kept = self.parameters
        if "rate" in wrong and name is not None and name not in wrong.get("frozen", ()):
            self.parameters = {**kept, name: kept[name] - wrong["rate"] * self.gradients[name]}
        turned = name not in wrong.get("untransposed", ())
        if name in wrong.get("from unit", {}):
            delta = delta * (np.arange(delta.shape[1]) != wrong["from unit"][name])
        part = self.weighed(delta, weight, turned)
        self.parameters = kept
        if edge in wrong.get("twice", ()):
            part = 2 * part
        self.adjoints[source] = self.adjoints[source] + part if source in self.adjoints else part

    def read_by(self, source: str, name: str) -> Array:
        """What a weight is multiplied by, as its gradient takes it."""
        if source in self.wrong.get("own inputs", ()):
            return np.asarray(self.net.inputs[source], float)
        if name in self.wrong.get("no input", ()):
            return np.ones_like(self.values[source])
        return (self.z if name in self.wrong.get("z for input", ()) else self.values)[source]

    def along(self, steps: Sequence[tuple[str, str]], parameter: str) -> Array:
        """The contribution of one path to the gradient of a parameter: steps are heads with the weight or "skip"."""
        layers = {layer.name: layer for layer in self.net.layers}
        adjoint = self.seeds[steps[-1][0]]
        sources = [*(next(n for n in layers if parameter in _names(layers[n])),), *(head for head, _ in steps[:-1])]
        for source, (head, weight) in reversed(list(zip(sources, steps))):
            skips = [skip for skip in layers[head].skips if skip[0] == source and (skip[1] or "skip") == weight]
            if not (skips and skips[0][2] == "output"):
                adjoint = self.delta(layers[head], adjoint)
            adjoint = self.weighed(adjoint, None if weight == "skip" else weight, True)
        first = layers[sources[0]]
        delta = self.delta(first, adjoint)
        return delta.sum(0) if parameter == first.bias else delta.T @ self.values[first.reads[0][0]]

    def add(self, layer: Layer, name: str, part: Array) -> None:
        only = self.wrong.get("one use", {})
        if only.get(name, layer.name) == layer.name:
            self.gradients[name] = self.stored(self.gradients[name] + np.reshape(part, self.gradients[name].shape))


def reported(net: Net, wrong: Mistakes) -> dict[str, Any]:
    """Every gradient as somebody who makes these mistakes reports it."""
    made = Pass(net, wrong)
    found = {name: np.asarray(g, float) for name, g in made.gradients.items()}
    for steps, names, times in wrong.get("paths", ()):
        for name in names:
            found[name] = found[name] + np.reshape((times - 1) * made.along(steps, name), found[name].shape)
    for name, count in wrong.get("mean of paths", {}).items():
        found[name] = found[name] / count
    found = in_training(net, wrong, found)
    if "times" in wrong:
        found = {name: wrong["times"] * g for name, g in found.items()}
    for name in wrong.get("gradient turned", ()):
        found[name] = found[name].T
    for name, other in wrong.get("in place of", {}).items():
        found[name] = found[other]
    return found


def in_training(net: Net, wrong: Mistakes, found: dict[str, Any]) -> dict[str, Any]:
    """Gradients as a training loop has them that makes these mistakes."""
    if "after" in wrong:
        later = Pass(stepped(net, found, wrong["after"])).gradients
        found = {name: later[name] + g if wrong.get("added") else later[name] for name, g in found.items()}
    if "decay" in wrong:
        found = {name: g + wrong["decay"] * np.asarray(net.parameters[name]) for name, g in found.items()}
    if "step" in wrong:
        found = {name: np.asarray(net.parameters[name]) - wrong["step"] * g for name, g in found.items()}
    return found


def stepped(net: Net, gradients: Mapping[str, Any], rate: float) -> Net:
    """The network after a step of gradient descent."""
    return net._replace(parameters={name: np.asarray(w) - rate * gradients[name] for name, w in net.parameters.items()})
