"""Networks with open keys, and their rows: computed together, and each point by itself."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from math import inf, ulp
from typing import Any
from unittest.mock import patch

from hypothesis import Phase, assume
from hypothesis import strategies as st
from strategies import chains, specs

from gradcalc import language
from gradcalc.analysis import point as at_points
from gradcalc.analysis import sweep
from gradcalc.analysis.point import point
from gradcalc.analysis.quantities import SweepColumn, columns, read
from gradcalc.analysis.sweep import Task, points, row_blocks, rows
from gradcalc.analysis.sweep_rows import RowBlock, SweepRow
from gradcalc.language.document import Variants
from gradcalc.network.network import Network, entries, entry_name, numbers
from gradcalc.records import Record

SHOWN = ["loss", "norm"]
DRAWN = (Phase.explicit, Phase.reuse, Phase.generate)  # a case that fails is small enough, and takes minutes to shrink
ULP = 2.0**-52
NUDGE = 2.0**-40  # by which numbers are moved to see how far a result moves
LARGE = [0, -0.0, 1, -1, 3, -3, 6, 0.5, 1e-9, 40.5, -745.25, 800, 1e-160, -1e-200, 1e180, 3e-310]
"""Kinks, saturated units, and what leaves the range, among other values."""


@contextmanager
def together(first: int = 2, points: int = 2) -> Iterator[None]:
    """Within it so few points are computed together."""
    with patch.multiple(sweep, FIRST=first, SHORTEST=points, MANY=points, WORTH_ARRAYS=0):
        yield


@contextmanager
def of_width(wide: bool) -> Iterator[None]:
    """Within it all networks are wide if they are to be."""
    if not wide:
        yield
        return
    with patch.object(sweep, "is_narrow", lambda *_: False), patch.object(at_points, "is_narrow", lambda *_: False):
        yield


class Case(Record):
    """A network with open keys, and their values."""

    spec: Any
    axes: dict[str, list[Any]]

    def task(self, shown: list[str]) -> Task:
        document = language.read(self.spec)
        return Task(Variants(document, tuple(self.axes)), columns(shown, (), None))


@st.composite
def cases(draw: Any) -> Case:
    """Any network, with one or two of its numbers open."""
    spec = draw(specs() | chains())
    network = language.build(language.read(spec))[0]
    names = [
        entry_name(one, index) for one in network.parameters for index, _ in entries(one.value) if one.name.isalnum()
    ]
    odd = st.integers(-3000, 3000).map(lambda n: n / 977)
    assume(names)
    keys = draw(st.lists(st.sampled_from(sorted(set(names))), min_size=1, max_size=2, unique=True))
    return Case(spec, {key: draw(st.lists(odd, min_size=3, max_size=9)) + LARGE for key in keys})


def condition(network: Network, column: SweepColumn, place: int) -> float:
    """By how much more than each result of an activation, its derivative, the loss and log10 an entry of a column
    moves."""
    generator, found = random.Random(1), numbers(read(point(network), column))[place]
    if not found:
        return inf

    def nudged(function: Any) -> Any:
        return lambda *given, **options: moved(function(*given, **options))

    def moved(value: Any) -> Any:
        if isinstance(value, list):
            return [moved(part) for part in value]
        return value * (1 + generator.choice((-1, 1)) * NUDGE)

    def with_nudges(row: Any, names: tuple[str, ...]) -> Any:
        return row._replace(**{name: nudged(getattr(row, name)) for name in names if getattr(row, name)})

    loss = with_nudges(network.loss, ("terms", "term_derivatives"))
    loss = loss._replace(
        of_preactivations={
            name: with_nudges(one, ("terms", "term_derivatives")) for name, one in loss.of_preactivations.items()
        }
    )
    layers = [
        layer._replace(activation=with_nudges(layer.activation, ("value", "derivative", "alpha_derivative")))
        for layer in network.layers
    ]
    near = network._replace(loss=loss, layers=tuple(layers))
    trials = [numbers(read(point(near), column))[place] for _ in range(16)]
    if column.quantity == "log10":
        trials = list(map(moved, trials))
    return max(abs(float(trial / found) - 1) / NUDGE for trial in trials)


def check(case: Case, shown: list[str], wide: bool = False) -> int:
    """The rows of a case, as of a wide network if it is to be one, against those of its points alone; how many of them
    were computed together."""
    task, at = case.task(shown), points(case.axes)
    with of_width(wide):
        with together():
            blocks = list(row_blocks(task, at))
        with patch.multiple(sweep, MANY=len(at) + 1, WORTH=len(at) + 1):
            alone = list(rows(task, at))
    found = [row for block in blocks for row in block]
    assert len(found) == len(alone)
    for one, other in zip(found, alone):
        agree(task, one, other)
    return sum(len(block) - len(block.networks[0].alone) for block in blocks if isinstance(block, RowBlock))


def agree(task: Task, one: SweepRow, other: SweepRow) -> None:
    """Whether two rows are one."""
    assert (one.values, one.error, list(one.kinks or ())) == (other.values, other.error, list(other.kinks or ()))
    assert one.found.keys() == other.found.keys()
    for column in task.columns if one.found else ():
        ours, theirs = one.found[column.name], other.found[column.name]
        assert [index for index, _ in entries(ours)] == [index for index, _ in entries(theirs)]
        for place, (x, y) in enumerate(zip(numbers(ours), numbers(theirs))):
            assert type(x) is type(y) or isinstance(y, type(x)), (column.name, one.values, x, y)  # NumPy's are floats
            if x == y or abs(x - y) <= 2 * ulp(y):
                continue
            if not y:  # what cancels has no relative error
                assert abs(x) <= 4 * ULP, (column.name, one.values, x)
                continue
            bound = 2 * ULP * max(1.0, condition(task.network.network(one.values), column, place))
            assert abs(x - y) <= bound * abs(y), (column.name, one.values, x, y)


def shown_of(case: Case, data: Any) -> list[str]:
    """Some columns that the network has."""
    network = language.build(language.read(case.spec))[0]
    names = [one.name for one in network.parameters] + [node.name for node in network.nodes]
    name = data.draw(st.sampled_from(sorted(names)))
    return [*SHOWN, f"gradient:{name}", f"log10:{name}", f"output:{network.nodes[-1].name}"]
