"""Gradients as tables: each beside the paths that it is the sum of; of matrices the entries, or norms of large ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from gradcalc.analysis.results import Computation, Paths
from gradcalc.network.network import difference, entries, norm, numbers, shape
from gradcalc.report.report import Abridged, Bar, Block, Column, Percent, Table, Words
from gradcalc.report.tables import words
from gradcalc.report.text import edge_list, gradient, node_list, node_lists, plural
from gradcalc.views.compute_sentences import zero_reason
from gradcalc.views.network_header import quantity

MOST_ROWS = 40
"""Rows of a table of paths before fewer paths of each gradient are shown."""
MOST_COLUMNS, MOST_MATRIX_ROWS = 6, 24
"""Entries in a row, and rows, up to which matrices are shown entry by entry."""
EXACT = 17
"""Digits that tell one number from another."""
RESOLVED = 1e-9
"""A difference of a gradient and its listed paths that is a smaller part of them is rounding."""

Row = list[Any]
Gradients = Mapping[str, Any]


def gradient_blocks(computation: Computation, every: bool, by_entry: bool, most: int | None) -> Iterator[Block]:
    """The matrices, where there are any, then every gradient beside `most` of its paths."""
    gradients, paths = computation.gradients, computation.paths
    if gradients is None or paths is None:
        return
    matrices = any(isinstance(value, list) for value in gradients.values())
    if matrices:
        yield matrix_table(computation, gradients, every or by_entry)
    if not matrices or any(found.count > 1 for found in paths.values()):
        yield paths_table(computation, gradients, paths, matrices, every, most)


def labels(computation: Computation) -> Callable[..., str]:
    """What writes ∂L/∂b1[0] of a name and an index, marked where it is frozen."""
    network, of = computation.network, quantity(computation.network)
    frozen = {parameter.name for parameter in network.parameters if parameter.frozen}

    def label(name: str, index: str = "") -> str:
        return gradient(name, of) + index + " (frozen)" * (name.partition("[")[0] in frozen)

    return label


# Gradients and paths side by side.


def paths_table(
    computation: Computation,
    gradients: Gradients,
    paths: Mapping[str, Paths],
    norms: bool,
    every: bool,
    wanted: int | None,
) -> Table:
    """As many paths of each gradient as are wanted; where that is not said and they are many, only the largest."""
    names, most = map(labels(computation), gradients), rows_each(paths, every or wanted is not None)
    rows: list[Row] = []
    groups: list[str] = []
    folded = () if every else set(list(gradients)[MOST_ROWS:-MOST_ROWS])
    for shown, (name, value) in zip(names, gradients.items()):
        if name in folded:  # as many rows as it would have: that of a deep network has very many names
            found: list[Row] = [[None] * 5] * (row_count(paths[name], most) or 1)
        elif (reason := zero_reason(computation, name)) is not None:
            found = [[reason, *[None] * 4]]
        else:
            found = list(path_rows(value, paths[name], most, norms, every))
            found = found or [[plural(paths[name].count, "path"), *[None] * 4]]
        rows += [[shown, norm(value) if norms else value, *found[0]], *([None, None, *row] for row in found[1:])]
        groups += [name] * len(found)
    sizes = ("‖gradient‖", "‖contribution‖") if norms else ("value", "contribution")
    columns = ("gradient", sizes[0], "path", "through", sizes[1], "share", "|share|")
    title = "Gradients as sums over paths"
    if most == 1 and any(found.count > 1 and found.top for found in paths.values()):
        title = "Gradients and the largest path of each (--all shows more)"
    return Table.of_columns(zip(columns, zip(*rows)), title, groups)


def rows_each(paths: Mapping[str, Paths], every: bool) -> int:
    """How many paths of each gradient to show so that the table stays on a page or two."""
    longest = max((len(found.top) for found in paths.values()), default=0)
    if longest <= 1:
        return 2
    for most in (longest, 5, 3, 2):
        if every or sum(row_count(found, most) for found in paths.values()) <= MOST_ROWS:
            return most
    return 1


def row_count(paths: Paths, most: int) -> int:
    """How many rows `path_rows` gives."""
    listed = min(len(paths.top), most)
    return listed + (bool(listed) and paths.count > listed and most > 1)


def path_rows(value: Any, paths: Paths, most: int, norms: bool, whole: bool) -> Iterator[Row]:
    """path, edges, contribution, share and bar of the largest paths, and of all others together."""
    top = paths.top[:most]
    scale = max([1.0, *(abs(float(path.share)) for path in top if path.share is not None)])

    def share(part: Any) -> tuple[Percent | None, Bar | None]:
        bar = Bar(float(part) / scale) if part is not None and paths.count > 1 else None
        return None if part is None else Percent(part), bar

    short = [node_list(path.nodes, longest=2, use=path.at) for path in top]
    for place, full in enumerate(node_lists([path.nodes for path in top], [path.at for path in top], whole)):
        path, ends = top[place], short[place]
        size = norm(path.contribution) if norms else path.contribution
        where = Abridged(full, ends) if short.count(ends) == 1 else (full,)
        yield [where, edge_list(path.through, whole) or None, size, *share(path.share)]
    if not top or paths.count == len(top) or most == 1:
        return
    others, left = (plural(paths.count - len(top), "other path"),), value
    for path in top:
        left = difference(left, path.contribution)
    if norm(left) <= RESOLVED * max(norm(path.contribution) for path in top):
        yield [others, None, None, None, None]
    else:
        rest = None if top[0].share is None else 1 - sum(path.share for path in top)
        yield [others, None, norm(left) if norms else left, *share(rest)]


# Gradients of many entries: small ones entry by entry, large ones by norm and largest entry.


def matrix_table(computation: Computation, gradients: Gradients, every: bool) -> Table:
    """Rows of entries where they fit on a page or `every` one is wanted, else norms. A list is one row, a number one
    entry."""
    rows: list[tuple[str, str, Row]] = []
    for name, value in gradients.items():
        if isinstance(value, list) and isinstance(value[0], list):
            rows += [(name, f"[{number}]", row) for number, row in enumerate(value)]
        else:
            rows.append((name, "", value if isinstance(value, list) else [value]))
    columns = max(len(row) for _, _, row in rows)
    if columns > MOST_COLUMNS or not (every or len(rows) <= MOST_MATRIX_ROWS):
        return entry_table(computation, gradients) if every else norm_table(computation, gradients)
    label = labels(computation)
    cells = [
        [label(name, index), *row, *[None] * (columns - len(row)), why_0(computation, f"{name}{index}", row)]
        for name, index, row in rows
    ]
    headings = [f"[{column}]" for column in range(columns)] if columns > 1 else ["value"]
    weights = {parameter.name for parameter in computation.network.parameters if len(parameter.shape) == 2}
    title = "Gradients" + " (of a weight: row = unit, column = input)" * any(name in weights for name in gradients)
    return Table.of_columns(zip(["gradient", *headings, "why 0"], zip(*cells)), title)


def why_0(computation: Computation, name: str, row: Row) -> Words | None:
    """Why the row is 0, or entries of it are; each with its index where their reasons are not the same."""
    whole = zero_reason(computation, name) if not any(row) else None
    if all(row) or len(row) == 1 or whole is not None:
        return whole
    start = f"{name.removesuffix(']')}," if "[" in name else f"{name}["
    found = {column: zero_reason(computation, f"{start}{column}]") for column, number in enumerate(row) if not number}
    known = [(column, reason) for column, reason in found.items() if reason is not None]
    if len(known) == len(found) and len({words(reason, EXACT) for _, reason in known}) == 1:
        return known[0][1]
    parts = [("; " * bool(n), f"[{column}]: ", *one) for n, (column, one) in enumerate(known)]
    return tuple(part for each in parts for part in each) or None


def entry_table(computation: Computation, gradients: Gradients) -> Table:
    """One row for each entry."""
    label = labels(computation)
    rows = [
        [label(name, f"[{place(index)}]" if index else ""), number]
        for name, value in gradients.items()
        for index, number in entries(value)
    ]
    return Table([Column("gradient"), Column("value")], rows, "Gradients")


def norm_table(computation: Computation, gradients: Gradients) -> Table:
    """One row for each gradient: shape, Frobenius norm, largest entry and where it stands."""
    label, rows = labels(computation), []
    for name, value in gradients.items():
        index, largest = max(entries(value), key=lambda entry: abs(entry[1]))
        at = f"[{place(index)}]" if index and largest else None
        zeros = sum(not number for number in numbers(value)) if isinstance(value, list) else 0
        rows.append([label(name), shape(value) or None, norm(value), largest or None, at, zeros or None])
    columns = ("gradient", "shape", "‖gradient‖", "largest entry", "at", "zeros")
    return Table.of_columns(zip(columns, zip(*rows)), "Gradients, by norms (--wrt NAME or --all shows every entry)")


def place(index: Sequence[int]) -> str:
    """`0,1`"""
    return ",".join(map(str, index))


# For csv: every path of every entry as a row, numbers in full.


def flat_table(computation: Computation) -> Table:
    """Every path of every entry of every gradient as a row; without a target every value of the forward pass."""
    if computation.gradients is None or computation.paths is None:
        names = ["node", "entry", "preactivation", "output"]
        rows = [
            [name, place(index), dict(entries(values.preactivation)).get(index), number]
            for name, values in computation.forward.items()
            for index, number in entries(values.output)
        ]
    else:
        names = ["name", "entry", "gradient", "paths", "path", "through", "length", "contribution", "share"]
        rows = [
            [name, place(index), number, computation.paths[name].count, *row]
            for name, value in computation.gradients.items()
            for index, number in entries(value)
            for row in flat_paths(computation.paths[name], index)
        ]
    return Table(list(map(Column, names)), rows)


def flat_paths(paths: Paths, index: tuple[int, ...]) -> Iterator[Row]:
    """The paths of one entry: nodes, edges, length, contribution, share."""
    for path in paths.top:
        contribution = dict(entries(path.contribution))[index]
        nodes = node_list(path.nodes, whole=True, use=path.at)
        yield [nodes, ", ".join(path.through), path.length, contribution, Percent(path.share)]
    if not paths.top:
        yield [None] * 5
