"""A derivation read the way a stranger reads it: its texts through SymPy, every name of the spec a symbol."""

import builtins
from collections.abc import Iterator
from types import BuiltinFunctionType
from typing import Any

import sympy
from sympy.parsing.sympy_parser import convert_xor, parse_expr, standard_transformations

from gradcalc.derivation.explain import explain
from gradcalc.network.network import Network
from gradcalc.views.explain_page import facts

KNOWN: dict[str, Any] = {}
exec("from sympy import *", KNOWN)
KNOWN |= {name: what for name, what in vars(builtins).items() if isinstance(what, BuiltinFunctionType)}
KNOWN |= {"max": sympy.Max, "min": sympy.Min}


def sympified(text: str, known: dict[str, Any]) -> Any:
    """What `sympify` makes of a text, which imports all names of SymPy again for each."""
    return parse_expr(text, known, (*standard_transformations, convert_xor), KNOWN)


def told(network: Network, *wrt: str, **options: Any) -> dict[str, Any]:
    """What `explain --json` prints of each gradient."""
    return facts(explain(network, wrt=wrt, **options))["wrt"]


def names(network: Network) -> Iterator[tuple[str, float]]:
    """Every name that a formula may use, as the contract spells it, with its value."""
    for parameter in network.parameters:
        for place, value in entries(parameter.value):
            several = any(size > 1 for size in parameter.shape)
            yield "_".join([parameter.name, *map(str, place * several)]), value
    for node in network.inputs:
        yield from of_rows(node.name, node.rows, network.batch)
    for target in network.targets:
        layer = network.nodes[target.node].name
        yield from of_rows("t" if len(network.targets) == 1 else f"t_{layer}", target.rows, network.batch)


def entries(value: Any, place: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], float]]:
    if not isinstance(value, list):
        yield place, value
    else:
        for number, part in enumerate(value):
            yield from entries(part, (*place, number))


def of_rows(name: str, rows: Any, batch: bool) -> Iterator[tuple[str, float]]:
    for example, row in enumerate(rows):
        for unit, value in enumerate(row):
            if batch:
                yield f"{name}_{example}_{unit}", value
            else:
                yield f"{name}_{unit}" if len(row) > 1 else name, value


class Reader:
    """Reads texts with SymPy at a network's own values, exactly as doubles are."""

    def __init__(self, network: Network, where: Any = ()) -> None:
        self.values: dict[str, Any] = {name: sympy.Rational(value) for name, value in names(network)}
        for name, text in where:
            self.values[name] = self.value(text)

    def read(self, text: str) -> Any:
        return sympified(text, {name: sympy.Symbol(name) for name in self.values})

    def value(self, text: str) -> Any:
        """With the numbers put in as it is read: of symbols SymPy would ask which of them is larger, for minutes."""
        return sympified(text, self.values).evalf(30)

    def numbers(self, text: str) -> list[float]:
        value = self.value(text)
        return [float(x) for x in value] if isinstance(value, sympy.MatrixBase) else [float(value)]


def flat(value: Any) -> list[float]:
    return [float(number) for _, number in entries(value)]


def distance(got: list[float], wanted: list[float], size: float = 0.0) -> float:
    """The largest difference, relative to the largest number, or to that of the terms that the numbers are sums of."""
    scale = max([*map(abs, wanted), size])
    difference = max(abs(a - b) for a, b in zip(got, wanted, strict=True))
    return difference / scale if scale else difference
