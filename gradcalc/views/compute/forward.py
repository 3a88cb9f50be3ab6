"""The forward pass as a table: how each preactivation came about, the output, the slope."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gradcalc.blocks import Column, Table
from gradcalc.magnitudes import entries, numbers, shape
from gradcalc.results import Computation, NodeValues

MOST_UNITS = 40
TITLE = "Forward"


def forward_table(computation: Computation, every: bool) -> Table:
    """A row for each unit where they are few or `every` one is wanted, else a row of ranges for each node."""
    count = sum(len(numbers(values.output)) for values in computation.forward.values())
    if every or count <= max(MOST_UNITS, len(computation.forward)):
        return unit_table(computation)
    return range_table(computation)


def unit_table(computation: Computation) -> Table:
    """One row for each unit, in a batch for each example of it."""
    mixed = len({values.activation for values in computation.forward.values() if values.activation}) > 1
    names = ["node", "example", "activation", "preactivation", "=", "output", "slope"]
    batch = computation.network.batch
    shown = [name for name in names if (batch or name != "example") and (mixed or name != "activation")]
    rows = [row for name, values in computation.forward.items() for row in unit_rows(name, values, batch)]
    cells = [[row[names.index(name)] for name in shown] for row in rows]
    return Table([Column(name, key="z" if name == "=" else "") for name in shown], cells, title=TITLE)


def unit_rows(name: str, values: NodeValues, batch: bool) -> Iterator[list[Any]]:
    """node, example, activation, expression, preactivation, output, slope of every unit."""
    inputs, slopes = dict(entries(values.preactivation)), dict(entries(values.slope))
    for number, (index, output) in enumerate(entries(values.output)):
        units = index[1:] if batch else index
        slope = slopes.get(index) if len(slopes) == len(inputs) else jacobian(values.slope)
        yield [
            f"{name}[{units[0]}]" if units and wide(values.output, batch) else name,
            index[0] if batch else None,
            None if number else values.activation,
            None if number else values.expression,
            inputs.get(index),
            output,
            slope if values.activation else None,
        ]


def wide(output: Any, batch: bool) -> bool:
    """Whether a node has more than one unit."""
    return len(output[0] if batch else output) > 1


def jacobian(slope: Any) -> str:
    """What stands for the slope of a unit whose activation reads all units: the Jacobian is a matrix."""
    return f"Jacobian {shape(slope)}"


def range_table(computation: Computation) -> Table:
    """One row for each node: from the least to the largest preactivation and output, the least slope."""
    names = ["node", "shape", "z from", "to", "output from", "to", "least slope"]
    rows = []
    for name, values in computation.forward.items():
        preactivations, outputs, slopes = (bounds(part) for part in (values.preactivation, values.output, values.slope))
        rows.append([name, shape(values.output), *preactivations, *outputs, slopes[0]])
    return Table([Column(name) for name in names], rows, title=f"{TITLE} (--all shows every unit)")


def bounds(value: Any) -> tuple[Any, Any]:
    """The least and the largest entry."""
    if value is None:
        return None, None
    found = numbers(value)
    return min(found), max(found)
