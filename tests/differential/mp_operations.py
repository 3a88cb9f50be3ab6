"""The operations of `plain_spec.forward` in mpmath: arrays of numbers of 120 digits, functions by their definitions."""

from collections.abc import Sequence
from functools import reduce
from typing import Any

import numpy as np
from reference import functions
from reference.functions import COUPLED, ELEMENTWISE, JOINS, LOSSES, exact, mp, sigmoid, softplus

from .formulas import evaluate
from .plain_spec import Operations

FUNCTIONS = {
    **{name: getattr(mp, name) for name in ("exp", "log", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh", "erf")},
    "abs": abs, "min": min, "max": max, "sign": mp.sign, "sigmoid": sigmoid, "softplus": softplus,
    "relu": lambda x: max(x, mp.zero), "pi": mp.pi, "e": mp.e, "N": mp.mpf,
}  # fmt: skip


def number(raw: Any) -> Any:
    """A number of a spec, an exact constant exactly."""
    return evaluate(raw, FUNCTIONS) if isinstance(raw, str) else exact(raw)


def rounded(raw: Any) -> float:
    """The same as a double."""
    return float(number(raw)) if isinstance(raw, str) else float(raw)


def each(value: Any, convert: Any) -> Any:
    """A number or a list of any depth, number by number."""
    return [each(part, convert) for part in value] if isinstance(value, list) else convert(value)


def array(value: Any) -> Any:
    return np.array(each(value, number), dtype=object)


def options(given: dict[str, Any]) -> dict[str, Any]:
    found = {name: value for name, value in given.items() if name not in ("name", "formula", "reduction", "scale")}
    return {name: rounded(value) for name, value in found.items()}


def mp_options(given: dict[str, Any]) -> dict[str, Any]:
    """Exact constants are exact where decimals are read, else rounded as everything is."""
    exactly = functions.READS_DECIMALS
    found = options(given)
    return {name: number(given[name]) if exactly and isinstance(given[name], str) else x for name, x in found.items()}


class MpOperations(Operations):
    """Arrays [examples][units] of mpf."""

    functions = FUNCTIONS
    """Those of formulas."""

    def join(self, name: str, parts: list[Any]) -> Any:
        if name == "concat":
            return np.concatenate(parts, axis=1)
        joined = np.frompyfunc(lambda *xs: self.joined(name, xs), len(parts), 1)
        return joined(*parts)

    def joined(self, name: str, xs: Sequence[Any]) -> Any:
        return JOINS[name](xs)

    def activation(self, given: dict[str, Any], z: Any, alpha: Any) -> Any:
        if "formula" in given:
            return np.frompyfunc(lambda x: evaluate(given["formula"], self.functions | {"x": x}), 1, 1)(z)
        name = given["name"]
        if alpha is not None:
            return np.frompyfunc(lambda x, slope: self.bent(name, x, alpha=slope), 2, 1)(z, alpha)
        found = mp_options(given)
        if name == "maxout":
            pieces = int(found["pieces"])
            return self.join("max", [z[:, place::pieces] for place in range(pieces)])
        if name in COUPLED:
            return np.array([COUPLED[name](list(row), **found) for row in z], dtype=object)
        return np.frompyfunc(lambda x: self.bent(name, x, **found), 1, 1)(z)

    def bent(self, name: str, x: Any, **found: Any) -> Any:
        return ELEMENTWISE[name](x, **found)

    def loss(self, given: dict[str, Any], outputs: Any, targets: Any) -> Any:
        rows = [[number(t) for t in row] for row in targets] if targets else [None] * len(outputs)
        total = mp.fsum(self.example(given, list(ys), ts) for ys, ts in zip(outputs, rows))
        examples = len(outputs) if given.get("reduction", "mean") == "mean" else 1
        return total * number(given.get("scale", 1)) / examples

    def example(self, given: dict[str, Any], ys: list[Any], ts: Any) -> Any:
        if "formula" in given:
            terms = (evaluate(given["formula"], self.functions | {"y": y, "t": t}) for y, t in zip(ys, ts))
            return reduce(lambda a, b: a + b, terms)
        return LOSSES[given["name"]](ys, ts, **mp_options(given))
