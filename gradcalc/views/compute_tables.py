"""Gradients as tables: each beside the paths that it is the sum of; of matrices the entries, or norms of large ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gradcalc.analysis.results import Computation, Path, Paths
from gradcalc.network.network import difference, entries, norm, numbers, shape
from gradcalc.report.report import Abridged, Bar, Block, Column, Percent, Table, Words
from gradcalc.report.text import edge_list, gradient, node_list, plural
from gradcalc.views.compute_zeros import zero_reason

Row = list[Any]

MOST_ROWS = 40
"""Rows of a table of paths before fewer paths of each gradient are shown."""
MOST_COLUMNS, MOST_MATRIX_ROWS = 6, 24
"""Entries in a row, and rows, up to which matrices are shown entry by entry."""
RESOLVED = 1e-9
"""A difference of a gradient and its listed paths that is a smaller part of them is rounding."""


def gradient_blocks(computation: Computation, every: bool, by_entry: bool) -> Iterator[Block]:
    """The matrices, where there are any, then every gradient beside its paths."""
    gradients, paths = computation.gradients, computation.paths
    if gradients is None or paths is None:
        return
    matrices = any(isinstance(value, list) for value in gradients.values())
    if matrices:
        yield matrix_table(computation, gradients, every or by_entry)
    if not matrices or any(found.count > 1 for found in paths.values()):
        yield paths_table(computation, gradients, paths, matrices, every)


def labels(computation: Computation, gradients: Mapping[str, Any]) -> dict[str, str]:
    """∂L/∂b1, marked where it is frozen."""
    frozen = {parameter.name for parameter in computation.network.parameters if parameter.frozen}
    return {name: gradient(name) + " (frozen)" * (name.partition("[")[0] in frozen) for name in gradients}


def told(columns: Sequence[str], rows: Sequence[Row], title: str, groups: Sequence[Any] = ()) -> Table:
    """The table without the columns in which nothing is said."""
    kept = [place for place in range(len(columns)) if any(row[place] is not None for row in rows)]
    cells = [[row[place] for place in kept] for row in rows]
    return Table([Column(columns[place]) for place in kept], cells, title=title, groups=groups)


# Gradients and paths side by side.


def paths_table(
    computation: Computation, gradients: Mapping[str, Any], paths: Mapping[str, Paths], matrices: bool, every: bool
) -> Table:
    """Where there are many gradients, only the largest path of each."""
    names, most = labels(computation, gradients), rows_each(paths, every)
    rows: list[Row] = []
    groups: list[str] = []
    folded = () if every else set(list(gradients)[MOST_ROWS:-MOST_ROWS])
    for name, value in gradients.items():
        if name in folded:  # as many rows as it would have: that of a deep network has very many names
            found: list[Row] = [[None] * 5] * (row_count(paths[name], most) or 1)
        elif (reason := zero_reason(computation, name)) is not None:
            found = [[reason, *[None] * 4]]
        else:
            found = list(path_rows(value, paths[name], most, matrices, every)) or [
                [plural(paths[name].count, "path"), *[None] * 4]
            ]
        size = norm(value) if matrices else value
        rows += [[names[name] if not n else None, size if not n else None, *row] for n, row in enumerate(found)]
        groups += [name] * len(found)
    sizes = ("‖gradient‖", "‖contribution‖") if matrices else ("value", "contribution")
    columns = ("gradient", sizes[0], "path", "through", sizes[1], "share", "|share|")
    return told(columns, rows, paths_title(most, paths), groups)


def paths_title(most: int, paths: Mapping[str, Paths]) -> str:
    """What stands beside the gradients: all that is listed of their paths, or the largest path alone."""
    if most == 1 and any(found.count > 1 and found.top for found in paths.values()):
        return "Gradients and the largest path of each (--all shows more)"
    return "Gradients as sums over paths"


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
    for path in top:
        size = norm(path.contribution) if norms else path.contribution
        bar = Bar(float(path.share) / scale) if path.share is not None and paths.count > 1 else None
        through = edge_list(path.through, whole) or None
        yield [path_words(path, whole), through, size, share(path.share), bar]
    if top and paths.count > len(top) and most > 1:
        yield rest_row(value, paths, top, norms, scale)


def path_words(path: Path, whole: bool) -> Words | Abridged:
    """h1 → h2 → y, or h1 → … → y where there is no room for it."""
    full = start(path) + node_list(path.nodes, whole)
    return Abridged(full, start(path) + node_list(path.nodes, longest=2)) if len(path.nodes) > 2 else full


def share(part: Any) -> Percent | None:
    """A share, where the gradient is not 0."""
    return None if part is None else Percent(part)


def start(path: Path) -> str:
    """The use of a tied parameter that the path starts at, where the first node does not tell."""
    return f"{path.at}: " if path.at not in (None, path.nodes[0]) else ""


def rest_row(value: Any, paths: Paths, top: Sequence[Path], norms: bool, scale: float) -> Row:
    """The sum of all paths that are not shown, where rounding leaves anything of it."""
    left = value
    for path in top:
        left = difference(left, path.contribution)
    others = (plural(paths.count - len(top), "other path"),)
    if norm(left) <= RESOLVED * max(norm(path.contribution) for path in top):
        return [others, None, None, None, None]
    size = norm(left) if norms else left
    if top[0].share is None:
        return [others, None, size, None, None]
    part = 1 - sum(path.share for path in top)
    return [others, None, size, Percent(part), Bar(float(part) / scale)]


# For csv: every path of every entry as a row, numbers in full.


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


def matrix_table(computation: Computation, gradients: Mapping[str, Any], every: bool) -> Table:
    """Rows of entries where they fit on a page or `every` one is wanted, else norms."""
    rows = [row for name, value in gradients.items() for row in matrix_rows(name, value)]
    columns = max(len(row) for _, *row in rows)
    if columns > MOST_COLUMNS or not (every or len(rows) <= MOST_MATRIX_ROWS):
        return entry_table(gradients) if every else norm_table(computation, gradients)
    names = labels(computation, gradients)
    cells = [
        [f"{names[name]}{index}", *row, *[None] * (columns - len(row)), zero_reason(computation, f"{name}{index}")]
        for (name, index), *row in rows
    ]
    headings = [f"[{column}]" for column in range(columns)] if columns > 1 else ["value"]
    return told(["gradient", *headings, "why 0"], cells, "Gradients")


def matrix_rows(name: str, value: Any) -> Iterator[Row]:
    """The name and the index of a row, and its entries; a list is one row, a number one entry."""
    if not isinstance(value, list):
        yield [(name, ""), value]
    elif not isinstance(value[0], list):
        yield [(name, ""), *value]
    else:
        yield from ([(name, f"[{number}]"), *row] for number, row in enumerate(value))


def entry_table(gradients: Mapping[str, Any]) -> Table:
    """One row for each entry."""
    rows = [
        [gradient(name) + (f"[{place(index)}]" if index else ""), number]
        for name, value in gradients.items()
        for index, number in entries(value)
    ]
    return Table([Column("gradient"), Column("value")], rows, "Gradients")


def norm_table(computation: Computation, gradients: Mapping[str, Any]) -> Table:
    """One row for each gradient: shape, Frobenius norm, largest entry and where it stands."""
    names, rows = labels(computation, gradients), []
    for name, value in gradients.items():
        index, largest = max(entries(value), key=lambda entry: abs(entry[1]))
        at = f"[{place(index)}]" if index and largest else None
        zeros = sum(not number for number in numbers(value))
        few = zeros if zeros and isinstance(value, list) else None
        rows.append([names[name], shape(value) or None, norm(value), largest or None, at, few])
    columns = ("gradient", "shape", "‖gradient‖", "largest entry", "at", "zeros")
    return told(columns, rows, "Gradients, by norms (--wrt NAME or --all shows every entry)")
