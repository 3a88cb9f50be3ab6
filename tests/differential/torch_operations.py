"""The operations of `plain_spec.forward` in PyTorch, double precision: its own functions wherever it has them.

But for celu and hard_sigmoid, where PyTorch 2.13 has 1/alpha and 1/6 in single precision: its derivatives of doubles
are off by 1e-7 and 3e-8; and for gelu and gelu_tanh, which cancel left of 0 (1e-11 and 5e-10 at −5). Its norms of one
unit or two cancel as well, and stay as they are.
"""

from functools import reduce
from math import log
from typing import Any

import numpy as np
import torch
from reference.functions import mp
from torch.nn import functional as F  # as everybody calls it

from .formulas import evaluate
from .judging import MOST_DIGITS
from .mp_operations import MpOperations, array, each, options, rounded
from .plain_spec import Operations

torch.set_default_dtype(torch.float64)


def softplus(x: Any, beta: float = 1.0) -> Any:
    """PyTorch's, which is linear from a threshold on: here where nothing of the rest is left."""
    return F.softplus(x, beta, threshold=40)


def gelu(x: Any) -> Any:
    return x * torch.special.erfc(-x / 2**0.5) / 2


def gelu_tanh(x: Any) -> Any:
    return x * torch.sigmoid((8 / torch.pi) ** 0.5 * (x + 0.044715 * x**3))


def celu(x: Any, alpha: float = 1.0) -> Any:
    return torch.where(x > 0, x, alpha * torch.expm1(x.clamp(max=0) / alpha))


def hard_sigmoid(x: Any) -> Any:
    return F.relu6(x + 3) / 6


ELEMENTWISE = {
    "identity": lambda x: x, "sigmoid": torch.sigmoid, "tanh": torch.tanh, "relu": F.relu, "elu": F.elu, "selu": F.selu,
    "celu": celu, "gelu": gelu, "gelu_tanh": gelu_tanh, "silu": F.silu,
    "mish": F.mish, "softplus": softplus, "softsign": F.softsign, "hardtanh": F.hardtanh, "relu6": F.relu6,
    "hard_sigmoid": hard_sigmoid, "hard_swish": F.hardswish, "log_sigmoid": F.logsigmoid,
    "leaky_relu": lambda x, alpha=0.01: F.leaky_relu(x, alpha), "step": lambda x: (x > 0).to(x.dtype) + 0 * x,
    "sign": torch.sign, "sin": torch.sin, "cos": torch.cos, "exp": torch.exp, "square": torch.square, "abs": torch.abs,
}  # fmt: skip
FUNCTIONS = {
    "exp": torch.exp, "log": torch.log, "sqrt": torch.sqrt, "sin": torch.sin, "cos": torch.cos, "tan": torch.tan,
    "sinh": torch.sinh, "cosh": torch.cosh, "tanh": torch.tanh, "erf": torch.erf,
    "abs": torch.abs, "sign": torch.sign, "sigmoid": torch.sigmoid, "softplus": softplus, "relu": torch.relu,
    "min": lambda *xs: torch.stack(torch.broadcast_tensors(*xs)).amin(0),
    "max": lambda *xs: torch.stack(torch.broadcast_tensors(*xs)).amax(0),
    "pi": torch.tensor(torch.pi), "e": torch.tensor(torch.e), "N": lambda text: torch.tensor(float(text)),
}  # fmt: skip
COUPLED = {
    "softmax": lambda z: torch.softmax(z, -1),
    "log_softmax": lambda z: torch.log_softmax(z, -1),
    "layer_norm": lambda z, eps=1e-5: F.layer_norm(z, z.shape[-1:], eps=eps),
    "rms_norm": lambda z, eps=1e-5: F.rms_norm(z, z.shape[-1:], eps=eps),
    "maxout": lambda z, pieces: z.unflatten(-1, (-1, int(pieces))).amax(-1),
}
SUMMED = {
    "sse": lambda y, t: F.mse_loss(y, t, reduction="sum"),
    "half_sse": lambda y, t: F.mse_loss(y, t, reduction="sum") / 2,
    "cross_entropy": lambda y, t: -(t * torch.log_softmax(y, -1)).sum(),
    "nll": lambda y, t: -torch.xlogy(t, y).sum(),
    "nll of logarithms": lambda y, t: -(t * y).sum(),
    "kl": lambda y, t: (torch.xlogy(t, t) - torch.xlogy(t, y)).sum(),
    "kl of logarithms": lambda y, t: (torch.xlogy(t, t) - t * y).sum(),
    "output": lambda y, t: y.sum(),
}
"""Over the units."""
AVERAGED = {
    "mse": lambda y, t: F.mse_loss(y, t, reduction="sum"),
    "mae": lambda y, t: F.l1_loss(y, t, reduction="sum"),
    "huber": lambda y, t, delta=1.0: F.huber_loss(y, t, reduction="sum", delta=delta),
    "log_cosh": lambda y, t: torch.where(
        abs(y - t) < 30, torch.log1p(2 * torch.sinh((y - t).clamp(-30, 30) / 2) ** 2), abs(y - t) - log(2)
    ).sum(),
    "bce": lambda y, t: -(torch.xlogy(t, y) + torch.xlogy(1 - t, 1 - y)).sum(),
    "bce_with_logits": lambda y, t: F.binary_cross_entropy_with_logits(y, t, reduction="sum"),
    "hinge": lambda y, t: F.relu(1 - t * y).sum(),
    "poisson": lambda y, t: (y - torch.xlogy(t, y)).sum(),
}
"""Divided by the number of units."""


def tensor(value: Any) -> Any:
    """Numbers of a spec as a leaf that gradients are asked of."""
    return torch.tensor(each(value, rounded), requires_grad=True)


class TorchOperations(Operations):
    """Tensors [examples][units]. With `length` a contribution of a path of n layers is multiplied by lengthⁿ."""

    def __init__(self, length: float = 1.0) -> None:
        self.length = length

    def enter(self, source: Any) -> Any:
        """A source that a layer reads into its preactivation: the value as it is, its gradient times `length`."""
        return source if self.length == 1 else self.length * source + (1 - self.length) * source.detach()

    def node(self, values: Any) -> Any:
        named = values.clone()  # a node of its own, also where an identity hands on what it reads
        named.retain_grad()
        return named

    def join(self, name: str, parts: list[Any]) -> Any:
        if name == "concat":
            return torch.cat(parts, -1)
        stacked = torch.stack(parts)
        joins = {"sum": torch.sum, "multiply": torch.prod, "max": torch.amax, "min": torch.amin, "mean": torch.mean}
        return joins[name](stacked, 0)

    def activation(self, given: dict[str, Any], z: Any, alpha: Any) -> Any:
        if "formula" in given:
            return evaluate(given["formula"], FUNCTIONS | {"x": z})
        name = given["name"]
        if alpha is not None:
            return F.prelu(z, alpha.reshape(-1))
        return (COUPLED if name in COUPLED else ELEMENTWISE)[name](z, **options(given))

    def loss(self, given: dict[str, Any], outputs: Any, targets: Any) -> Any:
        rows = torch.tensor(each(targets, rounded)) if targets else None
        examples = len(outputs) if given.get("reduction", "mean") == "mean" else 1
        return self.total(given, outputs, rows) * rounded(given.get("scale", 1)) / examples

    def total(self, given: dict[str, Any], outputs: Any, targets: Any) -> Any:
        """Over examples and units."""
        if "formula" in given:
            value = evaluate(given["formula"], FUNCTIONS | {"y": outputs, "t": targets})
            return value.expand_as(outputs).sum()
        if given["name"] in AVERAGED:
            return AVERAGED[given["name"]](outputs, targets, **options(given)) / outputs.shape[-1]
        return SUMMED[given["name"]](outputs, targets)


class AvoidingOperations(TorchOperations):
    """Paths end where they would pass an avoided node (z and output of every layer come by in turn) or weight."""

    def __init__(self, layer: int | None, weight: Any) -> None:
        super().__init__()
        self.turns = () if layer is None else (2 * layer, 2 * layer + 1)
        self.weight = weight
        self.now = -1

    def node(self, values: Any) -> Any:
        self.now += 1
        return super().node(values.detach().requires_grad_() if self.now in self.turns else values)

    def weigh(self, source: Any, weight: Any) -> Any:
        return super().weigh(source.detach() if weight is self.weight else source, weight)


class CountingOperations(TorchOperations):
    """Every local derivative is 1, so that a gradient is a number of paths, and with `length` Σ lengthⁿ over them.

    Where layers are `whole` each is one unit, whatever its width.
    """

    def __init__(self, length: float = 1.0, whole: bool = False) -> None:
        super().__init__(length)
        self.whole = whole

    def weigh(self, source: Any, weight: Any) -> Any:
        if not weight.ndim:
            return source + weight
        return source.sum(-1, keepdim=True) + weight.sum(-1)

    def join(self, name: str, parts: list[Any]) -> Any:
        return torch.cat(parts, -1) if name == "concat" and not self.whole else reduce(torch.add, parts)

    def activation(self, given: dict[str, Any], z: Any, alpha: Any) -> Any:
        name = given.get("name")
        if self.whole or name not in COUPLED:
            return z if alpha is None else z + alpha
        if name == "maxout":
            return z.unflatten(-1, (-1, int(given["pieces"]))).sum(-1)
        return z.sum(-1, keepdim=True).expand_as(z)

    def loss(self, given: dict[str, Any], outputs: Any, targets: Any) -> Any:
        return outputs.sum()


class Pair:
    """A value as it is, and the linear one whose gradients are sums over paths."""

    def __init__(self, value: Any, linear: Any) -> None:
        self.value, self.linear = value, linear

    def __add__(self, other: "Pair") -> "Pair":
        return Pair(self.value + other.value, self.linear + other.linear)


def norm_terms(name: str, z: list[float], eps: float = 1e-5) -> Any:
    """Of ∂y/∂z of a norm, the magnitudes of what each entry is the difference of.

    With s² = Σ(z − m)²/n + eps, where m is the mean of a layer_norm and 0 of an rms_norm, and x = (z − m)/s, an entry
    is (δ_ij − 1/n − x_i·x_j/n)/s, without the 1/n where there is no mean (Ba et al., 2016; Zhang and Sennrich, 2019).
    """
    values, n = torch.tensor(z), len(z)
    mean = values.mean() if name == "layer_norm" else 0.0
    s = ((values - mean).square().mean() + eps).sqrt()
    x = abs(values - mean) / s
    return (torch.eye(n) + (1 / n if name == "layer_norm" else 0) + x[:, None] * x / n) / s


class MagnitudeOperations(Operations):
    """Every local derivative is replaced by its magnitude: a gradient is Σ|contribution| of paths over single units.

    `careful` ones are central differences of 120 digits, for PyTorch's cancel. With `in_terms` a norm's are the sum of
    the magnitudes that they are the difference of, which are what is rounded.
    """

    def __init__(self, careful: bool = False, in_terms: bool = False) -> None:
        self.real = TorchOperations()
        self.careful, self.in_terms = careful, in_terms

    def node(self, pair: Pair) -> Pair:
        linear = pair.linear.clone()
        linear.retain_grad()
        return Pair(pair.value, linear)

    def weigh(self, source: Pair, weight: Pair) -> Pair:
        of_source, of_weight = Pair(source.linear, abs(weight.value)), Pair(abs(source.value), weight.linear)
        linear = sum(self.real.weigh(pair.value, pair.linear) for pair in (of_source, of_weight))
        return Pair(self.real.weigh(source.value, weight.value), linear)

    def join(self, name: str, parts: list[Pair]) -> Pair:
        if name == "concat":
            return Pair(*(torch.cat(found, -1) for found in zip(*((part.value, part.linear) for part in parts))))
        values = [part.value.clone().requires_grad_() for part in parts]
        joined = self.real.join(name, values)
        partials = torch.autograd.grad(joined.sum(), values)
        return Pair(joined.detach(), sum(abs(d) * part.linear for d, part in zip(partials, parts)))

    def activation(self, given: dict[str, Any], z: Pair, alpha: Pair | None) -> Pair:
        at = None if alpha is None else alpha.value
        output = self.real.activation(given, z.value, at).detach()
        rows = []
        for value, linear in zip(z.value, z.linear):
            rows.append(self.jacobian(given, value, at) @ linear)
        linear = torch.stack(rows)
        return Pair(output, linear if alpha is None else linear + (-z.value).clamp(min=0) * alpha.linear)

    def jacobian(self, given: dict[str, Any], z: Any, alpha: Any) -> Any:
        """|∂ output/∂z| of one example; the columns of kinks are PyTorch's."""
        name = given.get("name")
        if self.in_terms and name in ("layer_norm", "rms_norm"):
            return norm_terms(name, z.tolist(), **options(given))
        found = abs(torch.autograd.functional.jacobian(lambda x: self.real.activation(given, x[None], alpha)[0], z))
        if not (self.careful and z.isfinite().all()):  # beyond doubles PyTorch has nothing to be compared with
            return found
        exact, at = MpOperations(), array(z[None].tolist())
        slopes = None if alpha is None else array(alpha.tolist())
        more = min(int(2 * abs(z).max()), MOST_DIGITS)
        with mp.workdps(mp.dps + more):
            step = mp.mpf(10) ** -(40 + more)
            middle = exact.activation(given, at, slopes)[0]
            for column in range(len(z)) if name in COUPLED else [slice(None)]:
                moves = np.full(at.shape, mp.zero, dtype=object)
                moves[:, column] = step
                high, low = (exact.activation(given, at + sign * moves, slopes)[0] for sign in (1, -1))
                smooth = (abs(high - 2 * middle + low) < step * mp.mpf(10) ** -20).astype(bool)
                partials = torch.tensor((abs(high - low) / (2 * step)).astype(float))
                if name in COUPLED:
                    found[:, column] = torch.where(torch.tensor(smooth), partials, found[:, column])
                else:
                    found = torch.diag(torch.where(torch.tensor(smooth), partials, found.diagonal()))
        return found

    def loss(self, given: dict[str, Any], outputs: Pair, targets: Any) -> Any:
        value = outputs.value.clone().requires_grad_()
        (seed,) = torch.autograd.grad(self.real.loss(given, value, targets), value)
        return (abs(seed) * outputs.linear).sum()
