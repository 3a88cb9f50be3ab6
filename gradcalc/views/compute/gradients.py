"""The gradients as tables: each is the sum of the paths that stand beside it; matrices by entries or by norms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gradcalc.blocks import Bar, Block, Column, Note, Percent, Table
from gradcalc.magnitudes import difference, entries, norm
from gradcalc.results import Computation, Path, Paths
from gradcalc.text.phrases import gradient, over, plural, route
from gradcalc.views.compute.matrices import matrix_table

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
    if not matrices or any(told.count > 1 and told.shown for told in paths.values()):
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
    longest = max((len(told.shown) for told in paths.values()), default=0)
    if longest <= 1:
        return 2
    for most in (longest, 5, 3, 2):
        if every or sum(min(len(told.shown), most) + (told.count > most) for told in paths.values()) <= MOST_ROWS:
            return most
    return 1


def row_count(paths: Paths, most: int) -> int:
    """How many rows `path_rows` gives."""
    shown = min(len(paths.shown), most)
    return shown + (bool(shown) and paths.count > shown and most > 1)


def path_rows(value: Any, paths: Paths, most: int, whole: bool) -> Iterator[Row]:
    """path, edges, contribution, share and bar of the largest paths, and of all others together."""
    shown = paths.shown[:most]
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
    for path in paths.shown:
        contribution = dict(entries(path.contribution))[index]
        nodes, through = " → ".join(path.nodes), ", ".join(path.through)
        yield [start(path) + nodes, through, path.length, contribution, Percent(path.share)]
    if not paths.shown:
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
