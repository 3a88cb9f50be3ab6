"""The tables of `gradcalc compute`: the forward pass, gradients as sums over paths, large matrices by norms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Any

from gradcalc.analysis.results import Computation, NodeValues, Path, Paths
from gradcalc.network.network import difference, entries, norm, numbers, shape
from gradcalc.report.report import Bar, Block, Column, Note, Percent, Table
from gradcalc.report.text import gradient, over, plural, route

# The forward pass as a table: how each preactivation came about, the output, the slope.


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
    inputs, slopes = dict(entries(values.preactivation)), dict(entries(values.derivative))
    for number, (index, output) in enumerate(entries(values.output)):
        units = index[1:] if batch else index
        slope = slopes.get(index) if len(slopes) == len(inputs) else jacobian(values.derivative)
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
        preactivations, outputs, slopes = (
            bounds(part) for part in (values.preactivation, values.output, values.derivative)
        )
        rows.append([name, shape(values.output), *preactivations, *outputs, slopes[0]])
    return Table([Column(name) for name in names], rows, title=f"{TITLE} (--all shows every unit)")


def bounds(value: Any) -> tuple[Any, Any]:
    """The least and the largest entry."""
    if value is None:
        return None, None
    found = numbers(value)
    return min(found), max(found)


# The gradients as tables: each is the sum of the paths that stand beside it; matrices by entries or by norms.


MOST_ROWS = 40


PATHS_TITLE = "Gradients, and the paths that they are the sum of"


Row = list[Any]


def gradient_blocks(computation: Computation, every: bool, by_entry: bool) -> Iterator[Block]:
    """The matrices, where there are any, then every gradient beside its paths."""
    gradients = computation.gradients
    if gradients is None:
        return
    matrices = any(isinstance(value, list) for value in gradients.values())
    if matrices:
        yield matrix_table(gradients, frozen(computation), every or by_entry)
    paths = dict(computation.paths or {})
    if not matrices or any(told.count > 1 and told.top for told in paths.values()):
        yield paths_table(computation, paths, matrices, every)
    else:
        yield Note(
            f"Every gradient has one path from layer to layer. --wrt '{an_entry(gradients)}' takes an entry apart."
        )


def an_entry(gradients: Mapping[str, Any]) -> str:
    """The first entry of the first gradient that has several, as --wrt names it."""
    name, value = next((name, value) for name, value in gradients.items() if isinstance(value, list))
    return f"{name}[0,0]" if isinstance(value[0], list) else f"{name}[0]"


def frozen(computation: Computation) -> set[str]:
    """The names of what training leaves alone."""
    return {parameter.name for parameter in computation.network.parameters if parameter.frozen}


def label(name: str, kept: set[str]) -> str:
    """∂L/∂b1, marked where it is frozen."""
    return gradient(name) + (" (frozen)" if name in kept else "")


def paths_table(computation: Computation, paths: Mapping[str, Paths], matrices: bool, every: bool) -> Table:
    """Gradients and paths side by side; where there are many gradients, only the largest path of each."""
    gradients, kept = computation.gradients or {}, frozen(computation)
    most = rows_each(paths, every)
    rows: list[Row] = []
    groups: list[str] = []
    folded = () if every else set(list(gradients)[MOST_ROWS:-MOST_ROWS])
    for name, value in gradients.items():
        if name in folded:  # as many rows as it would have: that of a deep network has very many names
            told: list[Row] = [[None] * 5] * (row_count(paths[name], most) or 1)
        else:
            told = list(path_rows(value, paths[name], most, every)) or [[counted(paths[name]), *[None] * 4]]
        size = norm(value) if isinstance(value, list) else value
        rows += [[label(name, kept) if first else None, size if first else None, *row] for first, row in numbered(told)]
        groups += [name] * len(told)
    of = ("norm", "path's norm") if matrices else ("gradient", "contribution")
    names = ("", of[0], "path", "over", of[1], "share", "")
    return Table([Column(name) for name in names], rows, title=title(most, matrices), groups=groups)


def title(most: int, matrices: bool) -> str:
    """What stands beside the gradients: all that is listed of their paths, or the largest path alone."""
    if most == 1:
        return "Gradients, and the largest path of each (--all shows more)"
    return "The paths that each gradient is the sum of" if matrices else PATHS_TITLE


def counted(paths: Paths) -> str:
    """How many paths there are, where none is listed."""
    return plural(paths.count, "path")


def numbered(rows: list[Row]) -> Iterator[tuple[bool, Row]]:
    """Every row, and whether it is the first."""
    return ((not number, row) for number, row in enumerate(rows))


def rows_each(paths: Mapping[str, Paths], every: bool) -> int:
    """How many paths of each gradient to show so that the table stays on a page or two."""
    longest = max((len(told.top) for told in paths.values()), default=0)
    if longest <= 1:
        return 2
    for most in (longest, 5, 3, 2):
        if every or sum(min(len(told.top), most) + (told.count > most) for told in paths.values()) <= MOST_ROWS:
            return most
    return 1


def row_count(paths: Paths, most: int) -> int:
    """How many rows `path_rows` gives."""
    shown = min(len(paths.top), most)
    return shown + (bool(shown) and paths.count > shown and most > 1)


def path_rows(value: Any, paths: Paths, most: int, whole: bool) -> Iterator[Row]:
    """path, edges, contribution, share and bar of the largest paths, and of all others together."""
    shown = paths.top[:most]
    scale = max([1.0, *(abs(float(path.share)) for path in shown if path.share is not None)])
    for path in shown:
        size = norm(path.contribution) if isinstance(path.contribution, list) else path.contribution
        bar = Bar(float(path.share) / scale) if path.share is not None and paths.count > 1 else None
        yield [start(path) + route(path.nodes, whole), over(path.through, whole), size, Percent(path.share), bar]
    if shown and paths.count > len(shown) and most > 1:
        yield rest_row(value, paths, shown, scale)


def start(path: Path) -> str:
    """The use of a tied parameter that the path starts at, where the first node does not tell."""
    return f"{path.at}: " if path.at not in (None, path.nodes[0]) else ""


def rest_row(value: Any, paths: Paths, shown: Sequence[Path], scale: float) -> Row:
    """All paths that are not shown, together: what is left of the gradient."""
    left = value
    for path in shown:
        left = difference(left, path.contribution)
    size = norm(left) if isinstance(left, list) else left
    more = (paths.count - len(shown), " more, together")
    if shown[0].share is None:
        return [more, None, size, None, None]
    share = 1 - sum(path.share for path in shown)
    return [more, None, size, Percent(share), Bar(float(share) / scale)]


def flat_table(computation: Computation) -> Table:
    """Every path of every entry of every gradient as a row, for csv; without a target the forward pass."""
    if computation.gradients is None or computation.paths is None:
        return forward_values(computation)
    names = ("name", "entry", "gradient", "paths", "path", "through", "length", "contribution", "share")
    rows = [
        [name, place(index), number, computation.paths[name].count, *row]
        for name, value in computation.gradients.items()
        for index, number in entries(value)
        for row in flat_paths(computation.paths[name], index)
    ]
    return Table([Column(name) for name in names], rows)


def flat_paths(paths: Paths, index: tuple[int, ...]) -> Iterator[Row]:
    """The paths of one entry: nodes, edges, length, contribution, share."""
    for path in paths.top:
        contribution = dict(entries(path.contribution))[index]
        nodes, through = " → ".join(path.nodes), ", ".join(path.through)
        yield [start(path) + nodes, through, path.length, contribution, Percent(path.share)]
    if not paths.top:
        yield [None] * 5


def place(index: tuple[int, ...]) -> str:
    """`0,1`"""
    return ",".join(map(str, index))


def forward_values(computation: Computation) -> Table:
    """Every value of the forward pass as a row, for csv."""
    rows = [
        [name, place(index), dict(entries(values.preactivation)).get(index), number]
        for name, values in computation.forward.items()
        for index, number in entries(values.output)
    ]
    return Table([Column(name) for name in ("node", "entry", "preactivation", "output")], rows)


# Gradients of many entries: small ones entry by entry, large ones by norm and largest entry.


MOST_COLUMNS, MOST_ROWS = 6, 24


def matrix_table(gradients: Mapping[str, Any], frozen: Set[str], every: bool) -> Table:
    """Rows of entries where they fit on a page or `every` one is wanted, else norms."""
    rows = [row for name, value in gradients.items() for row in matrix_rows(name, value, name in frozen)]
    columns = max(map(len, rows)) - 1
    if columns <= MOST_COLUMNS and (every or len(rows) <= MOST_ROWS):
        names = ["", *map(str, range(columns))] if columns > 1 else ["", ""]
        return Table(
            [Column(name) for name in names], [row + [None] * (columns + 1 - len(row)) for row in rows], "Gradients"
        )
    return entry_table(gradients) if every else norm_table(gradients, frozen)


def matrix_rows(name: str, value: Any, frozen: bool) -> Iterator[Row]:
    """∂L/∂w1[0] and the entries of that row; a list is one row, a number one entry."""
    mark = " (frozen)" if frozen else ""
    if not isinstance(value, list):
        yield [gradient(name) + mark, value]
    elif not isinstance(value[0], list):
        yield [gradient(name) + mark, *value]
    else:
        yield from ([f"{gradient(name)}[{number}]{mark}", *row] for number, row in enumerate(value))


def entry_table(gradients: Mapping[str, Any]) -> Table:
    """One row for each entry."""
    rows = [
        [gradient(name) + (f"[{','.join(map(str, index))}]" if index else ""), number]
        for name, value in gradients.items()
        for index, number in entries(value)
    ]
    return Table([Column(""), Column("")], rows, "Gradients")


def norm_table(gradients: Mapping[str, Any], frozen: Set[str]) -> Table:
    """One row for each gradient: shape, Frobenius norm, largest entry and where it stands."""
    rows = []
    for name, value in gradients.items():
        index, largest = max(entries(value), key=lambda entry: abs(entry[1]))
        mark = " (frozen)" if name in frozen else ""
        rows.append([gradient(name) + mark, shape(value), norm(value), largest, f"[{','.join(map(str, index))}]"])
    names = ("", "shape", "norm", "largest entry", "at")
    return Table([Column(name) for name in names], rows, title="Gradients (--wrt NAME or --all shows every entry)")
