"""The steps of a derivation through SymPy, as the contract has them: names of several units are MatrixSymbols of the
shapes that stand beside them, all others symbols; every step of random networks is read, and means its value."""

import math
import re
from collections.abc import Iterator
from typing import Any

import pytest
import strategies
import sympy
from derivation.by_sympy import names, sympified
from hypothesis import HealthCheck, Phase, given, seed, settings
from specs import network

from gradcalc.derivation.explain import explain
from gradcalc.errors import DomainError
from gradcalc.network.network import Network
from gradcalc.views.explain_page import facts

DIGITS = 30
TOLERANCE, NOTHING = 1e-9, 1e-13
Values = dict[str, Any]


class Steps:
    """The values of all names, gathered step by step; of a batch those of every example. `read` has the steps that were
    read already, each with the names that were defined then."""

    def __init__(self, built: Network, shapes: dict[str, list[int]], read: dict[str, set[str]]) -> None:
        self.read = read
        self.examples: list[Values] = [{} for _ in range(len(built.inputs[0].rows) if built.batch else 1)]
        self.batch = built.batch
        self.symbols: dict[str, Any] = {name: sympy.MatrixSymbol(name, *shape) for name, shape in shapes.items()}
        for name, value in names(built):
            self.define(name, value, False)
        for parameter in built.parameters:
            self.define(parameter.name, parameter.value, False)
        for node in built.inputs:
            self.define_rows(node.name, node.rows)
        for target in built.targets:
            several = len(built.targets) > 1
            self.define_rows(f"t_{built.nodes[target.node].name}" if several else "t", target.rows)

    def define_rows(self, name: str, rows: Any) -> None:
        values = [row[0] if len(row) == 1 else list(row) for row in rows]
        self.define(f"{name}_e" if self.batch else name, values if self.batch else values[0], self.batch)

    def define(self, name: str, value: Any, by_example: bool) -> None:
        """A name, and those of its units."""
        for number, values in enumerate(self.examples):
            own = value[number] if by_example else value
            values[name] = matrix(own)
            if isinstance(own, list) and not isinstance(own[0], list) and not by_example:
                values.update((f"{name}_{unit}", matrix(one)) for unit, one in enumerate(own))
        if by_example:
            for number, own in enumerate(value):
                units = own if isinstance(own, list) else [own]
                for unit, one in enumerate(units if not isinstance(units[0], list) else ()):
                    self.define(f"{name.removesuffix('_e')}_{number}_{unit}", one, False)

    def check(self, step: dict[str, Any]) -> None:
        """Reads the formula, compares its value, and defines what the step is about."""
        if step["value"] is None:
            return
        by_example = self.batch and step["by"].endswith("_e")
        names, same = set(self.examples[0]), repr(step)
        if not (same in self.read and self.read[same] <= names):
            self.read[same] = names
            self.compare_step(step, by_example)
        self.define_step(step, by_example)

    def compare_step(self, step: dict[str, Any], by_example: bool) -> None:
        for text in filter(None, (step["formula"], step["numbers"])):
            declared = sympified(text, self.symbols)
            assert isinstance(declared, (sympy.Expr, sympy.MatrixBase)), text
        wanted = [flat(value) for value in (step["value"] if by_example else [step["value"]])]
        for values, own in zip(self.examples, wanted):
            self.compare(self.value(step["formula"], values), own, step)
            if step["numbers"]:
                self.compare(self.value(step["numbers"], values), own, step)

    def compare(self, got: list[float], wanted: list[float], step: dict[str, Any]) -> None:
        got = got * len(wanted) if len(got) == 1 else got  # a 0 that holds throughout
        assert len(got) == len(wanted), step
        scale = max(map(abs, wanted))
        assert all(abs(a - b) <= TOLERANCE * scale + NOTHING for a, b in zip(got, wanted)), step

    def value(self, text: str, values: Values) -> list[float]:
        """The entries of what is read."""
        every = {f"{name}{n}": value for n, own in enumerate(self.examples) for name, value in own.items()}
        read = sympified(self.summed(text), every | values).doit()
        read = read.as_explicit() if isinstance(read, sympy.MatrixExpr) else read
        entries = list(read) if isinstance(read, sympy.MatrixBase) else [read]
        return [float(sympy.N(entry, DIGITS)) for entry in entries]

    def summed(self, text: str) -> str:
        """over_examples(x_e) as (x_e0 + x_e1)."""
        before, over, rest = text.partition("over_examples(")
        if not over:
            return text
        depth = end = 1
        while depth:
            depth += {"(": 1, ")": -1}.get(rest[end - 1], 0)
            end += 1
        inside = rest[: end - 2]
        terms = (re.sub(r"\b(\w+_e)\b", rf"\g<1>{number}", inside) for number in range(len(self.examples)))
        return f"{before}({' + '.join(terms)}){self.summed(rest[end - 1 :])}"

    def together(self) -> None:
        """Defines the vectors whose units are defined, as those of the forward pass are."""
        for values in self.examples:
            for name, symbol in self.symbols.items():
                if name not in values and f"{name}_0" in values:
                    values[name] = sympy.ImmutableMatrix([values[f"{name}_{unit}"] for unit in range(symbol.rows)])

    def define_step(self, step: dict[str, Any], by_example: bool) -> None:
        of, by, value = step["of"], step["by"], step["value"]
        if of == by:
            self.define(by, value, by_example)
        elif by.startswith("z_") and of == by.removeprefix("z_"):
            for letter in "sJ":
                self.define(f"{letter}_{of}", value, by_example)
        else:
            name = by.removeprefix("z_")
            self.define(f"d_{name}" if by != name else f"g_{name}", value, by_example)
            if by == name:
                self.define(f"d_{name}", value, by_example)


def matrix(value: Any) -> Any:
    if not isinstance(value, (list, tuple)):
        return sympy.Float(value, DIGITS)
    rows = [row if isinstance(row, (list, tuple)) else [row] for row in value]
    if len(rows) == len(rows[0]) == 1:
        return matrix(rows[0][0])
    return sympy.ImmutableMatrix([[sympy.Float(entry, DIGITS) for entry in row] for row in rows])


def flat(value: Any) -> list[float]:
    return list(leaves(value))


def leaves(value: Any) -> Iterator[float]:
    if isinstance(value, (list, tuple)):
        for part in value:
            yield from leaves(part)
    else:
        yield value


def check(spec: Any) -> None:
    built = network(spec)
    try:
        found = facts(explain(built, forward=True))
    except DomainError:
        return
    read: dict[str, set[str]] = {}
    for derived in found["wrt"].values():
        steps = Steps(built, found.get("shapes", {}), read)
        for step in found["forward"]:
            steps.check(step)
        steps.together()
        for step in derived["steps"]:
            steps.check(step)


@pytest.mark.slow
@settings(max_examples=60)
@given(strategies.specs(most_layers=3, most_units=3))
def test_every_step_is_read_and_means_its_value(spec: Any) -> None:
    check(spec)


@pytest.mark.parametrize("activation", ["softmax", "sigmoid", "log_softmax"])
@pytest.mark.parametrize("batch", [False, True])
def test_the_steps_of_kl_where_a_target_is_0(activation: str, batch: bool) -> None:
    layers = [{"weight": [[0.5, 0.2], [0.1, 0.3]], "activation": activation}]
    rows = {"input": [[0.5, 1], [1, 2]], "target": [[1, 0], [0, 1]]} if batch else {"input": [0.5, 1], "target": [1, 0]}
    check({**rows, "loss": "kl", "layers": layers})


@pytest.mark.slow
def test_the_loss_of_many_units_where_a_target_is_0() -> None:
    check({"input": [0.1] * 12, "target": 3, "loss": "kl", "layers": [{"activation": "softmax"}]})


@pytest.mark.slow
@seed(4)
@settings(
    max_examples=150, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck), database=None
)
@given(strategies.specs())
def test_every_step_of_random_networks(spec: Any) -> None:
    check(spec)


COUPLING: tuple[Any, ...] = ("softmax", "layer_norm", {"name": "maxout", "pieces": 2})


@pytest.mark.slow
@pytest.mark.parametrize("activation", ["tanh", *COUPLING])
@pytest.mark.parametrize("batch", [False, True])
def test_the_steps_of_wide_networks(activation: Any, batch: bool) -> None:
    row = [math.sin(unit) for unit in range(30)]
    half = 15 if isinstance(activation, dict) else 30
    weights = [[[math.cos(i + 3 * j) / 5 for j in range(n)] for i in range(m)] for m, n in ((30, 30), (2, half))]
    spec = {"input": [row, row[::-1]] if batch else row, "target": [[1, 0], [0, 1]] if batch else [1, 0]}
    layers = [{"weight": weights[0], "bias": 0.1, "activation": activation}, {"weight": weights[1]}]
    check(spec | {"layers": layers, "skips": [{"from": "x", "to": "h1", "weight": 0.3}]})
