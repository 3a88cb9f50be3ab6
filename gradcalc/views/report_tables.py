"""The tables of the page of `gradcalc report`: cells that say which number they hold, so that a script can renew it.

A number is named by a key: V3.0 is unit 0 of the value of node 3 of the graph, A3.0 its adjoint, D3.0 its derivative,
P1.0 and G1.0 an entry of a parameter and of its gradient, T0.0 a target, S0.0 ∂L/∂ a node whose paths are listed, L the
loss; @2 behind it is the example.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from gradcalc.analysis.edge_shares import EdgeKey, edge_shares
from gradcalc.analysis.point import Point, Subject
from gradcalc.analysis.results import Computation, Path, Paths
from gradcalc.expressions.numerals import numerals, numerals_of_list
from gradcalc.network.graph import Graph
from gradcalc.network.network import Layer, norm, unit_name
from gradcalc.network.network import numbers as numbers_of
from gradcalc.report.drawings.drawing import share_text
from gradcalc.report.text import (
    Figure,
    count_text,
    edge_list,
    gradient,
    in_markup,
    is_number,
    node_lists,
    strings,
    words,
)
from gradcalc.views.compute_tables import rows_each
from gradcalc.views.explain_tables import shown
from gradcalc.views.network_header import by_example, quantity, z_name

Keyed = tuple[str, Any] | None  # a number with its key; None: an empty cell
BAR_SHARE = 100  # width of a bar of the share 1, in percent
MOST_ROWS = 500  # of paths, up to which as many are listed as were asked for
MOST_SHARES = 20_000  # of edges, of all gradients together
NO_SHARE = 1e-9  # a rest that is smaller is one of rounding


def number_cells(column: Sequence[Keyed], digits: int) -> list[str]:
    """The cells of one column: as many significant digits as are needed in all, aligned on the decimal point."""
    found = numerals([number for cell in column if cell for number in cell[1:]], digits) if any(column) else []
    texts = strings([Figure(one.left, one.right) for one in found], 0)
    written = iter(texts)
    return [f'<td class="number" data-q="{cell[0]}">{next(written)}</td>' if cell else "<td></td>" for cell in column]


def scrolled(label: str, content: str) -> str:
    """What may be wider than the page, scrolled there, by the keyboard too."""
    return f'<div class="scrolled" role="region" aria-label="{in_markup(label)}" tabindex="0">{content}</div>'


def table(identity: str, caption: str, names: Sequence[str], bodies: Sequence[str]) -> str:
    """A table of bodies that are written already."""
    head = "".join(f'<th scope="col">{in_markup(name)}</th>' for name in names)
    opening = f'<table id="{identity}"><caption><h2>{in_markup(caption)}</h2></caption><thead><tr>{head}</tr></thead>'
    return scrolled(caption, "\n".join([opening, *bodies, "</table>"]))


def passes(computation: Computation, graph: Graph, digits: int) -> str:
    """Both passes, a row for each unit of each example."""
    network, z = computation.network, z_name(computation.network)
    rows = [row for number in range(len(network.nodes)) for row in _unit_rows(computation, graph, number)]
    columns = [number_cells([row[2 + place] for row in rows], digits) for place in range(5)]
    bodies = []
    for place, (node, example, *_) in enumerate(rows):
        cells = "".join(column[place] for column in columns)
        named = f"<td>{example}</td>" if network.batch else ""
        bodies.append(
            f'<tr data-row-node="{in_markup(node)}"><th scope="row">{in_markup(node)}</th>{named}{cells}</tr>'
        )
    names = ["node", *(["example"] if network.batch else []), z, "output", "σ′(z)" if z == "z" else "σ′"]
    of = quantity(network)
    names += [gradient("output", of), "δ"]
    return table("passes", "Forward and backward", names, [f"<tbody>{''.join(bodies)}</tbody>"])


def _unit_rows(computation: Computation, graph: Graph, number: int) -> Iterator[tuple[Any, ...]]:
    """Name, example, then z, output, σ′, ∂L/∂output and δ with their keys."""
    node, batch = computation.network.nodes[number], computation.network.batch
    values, adjoints = computation.forward[node.name], (computation.backward or {}).get(node.name)
    z, output = graph.preactivations[number], graph.outputs[number]
    layer = node if isinstance(node, Layer) else None
    alone = layer is not None and not layer.activation.couples

    def keyed(letter: str, place: int, value: Any, unit: int, example: int) -> Keyed:
        row = by_example(value, batch)[example] if value is not None else ()
        return (f"{letter}{place}.{unit}" + f"@{example}" * (example > 0), row[unit]) if unit < len(row) else None

    for example, outputs in enumerate(by_example(values.output, batch)):
        for unit in range(graph.nodes[z].width if layer else len(outputs)):
            yield (
                unit_name(node.name, unit, node.width) if unit < len(outputs) else f"z_{node.name}[{unit}]",
                example,
                keyed("V", z, values.preactivation, unit, example) if layer else None,
                keyed("V", output, values.output, unit, example),
                keyed("D", z + 1, values.derivative, unit, example) if alone else None,
                keyed("A", output, adjoints.output, unit, example) if adjoints else None,
                keyed("A", z, adjoints.delta, unit, example) if adjoints and layer else None,
            )


def paths_each(computation: Computation) -> int:
    """How many paths of each gradient are listed: as many as were asked for, unless the table would be very long."""
    paths = computation.paths or {}
    if sum(len(found.top) for found in paths.values()) <= MOST_ROWS:
        return max((len(found.top) for found in paths.values()), default=0)
    return rows_each(paths, False)


def zeros(computation: Computation) -> list[str]:
    """The gradients that are 0 in every entry."""
    return [name for name, value in (computation.gradients or {}).items() if not any(numbers_of(value))]


def drawn_shares(
    computation: Computation, subjects: Sequence[Subject], point: Point, edges: Iterable[EdgeKey]
) -> list[list[float | None]]:
    """For every gradient the shares of edges, for a page that does not compute them anew; none where they are many."""
    found: list[list[float | None]] = []
    gradients, edges = computation.gradients or {}, list(edges)
    for subject in subjects if len(subjects) * len(edges) <= MOST_SHARES else ():
        shares = edge_shares(point, subject, gradients[subject.name])
        found.append([round(shares[edge], 6) if edge in shares else None for edge in edges])
    return found


def gradients(computation: Computation, digits: int) -> str:
    """Every gradient with its largest paths, which a script renews, and chooses by the button that names it."""
    found, paths = computation.gradients or {}, computation.paths or {}
    of, names = quantity(computation.network), [one.name for one in computation.network.parameters]
    most = paths_each(computation)
    listed = {name: paths[name].top[:most] for name in found}
    wide = any(isinstance(value, list) for value in found.values())
    columns = _gradient_columns(computation, listed, digits)
    scale = max([1.0, *(abs(float(path.share)) for top in listed.values() for path in top if path.share is not None)])
    bodies = []
    for place, (name, top) in enumerate(listed.items()):
        named = node_lists([path.nodes for path in top], [path.at for path in top])
        rows = [_path_row(path, named[n], next(columns[2]), scale) for n, path in enumerate(top)]
        rows += _rest(paths[name], top) if rows else ["<td colspan=5></td>"]
        span, frozen = len(rows), name in names and computation.network.parameters[names.index(name)].frozen
        label = in_markup(gradient(name, of)) + (" <small>frozen</small>" if frozen else "")
        first = f'<th scope="rowgroup" rowspan="{span}"><button type="button" disabled>{label}</button></th>'
        first += "".join(next(column).replace("<td", f'<td rowspan="{span}"', 1) for column in columns[:2])
        count = f'<td rowspan="{span}" class="count">{count_text(paths[name].count, grouped=True)}</td>'
        lines = [f"<tr>{first}{count}{rows[0]}</tr>", *(f"<tr>{row}</tr>" for row in rows[1:])]
        bodies.append(f'<tbody data-gradient="{place}">{"".join(lines)}</tbody>')
    contribution = "‖contribution‖" if wide else "contribution"
    heads = ("gradient", "value", "parameter", "paths", "path", "through", contribution, "share", "|share|")
    return table("gradients", "Gradients as sums over paths", heads, bodies)


def _gradient_columns(computation: Computation, listed: dict[str, Sequence[Path]], digits: int) -> list[Iterator[str]]:
    """The cells of gradients, parameters and contributions; what has several entries is written entry by entry."""
    found = computation.gradients or {}
    parameters = {one.name: (number, one.value) for number, one in enumerate(computation.network.parameters)}
    weights: list[Any] = []
    values: list[Any] = []
    for place, (name, value) in enumerate(found.items()):
        number, weight = parameters.get(name, (None, None))
        weights.append(None if number is None else (f"P{number}", weight))
        values.append((f"S{place}" if number is None else f"G{number}", value))
    contributions = [("C", norm(path.contribution)) for top in listed.values() for path in top]
    if not any(isinstance(value, list) for value in found.values()):
        contributions = [("C", path.contribution) for top in listed.values() for path in top]
    columns = (_mixed_cells(values, digits), _mixed_cells(weights, digits), number_cells(contributions, digits))
    return list(map(iter, columns))


def _mixed_cells(column: Sequence[Any], digits: int) -> list[str]:
    """Numbers as a column, lists by their entries or, where these are many, by their norm."""
    single = [cell if cell and len(numbers_of(cell[1])) == 1 else None for cell in column]
    single = [cell and (cell[0], numbers_of(cell[1])[0]) for cell in single]
    cells = number_cells(single, digits)
    for place, cell in enumerate(column):
        if cell and not single[place]:
            text = by_rows(cell[1], digits)
            cells[place] = f'<td class="entries" data-q="{cell[0]}">{text}</td>'
    return cells


def by_rows(value: Any, digits: int) -> str:
    """A number, or a list by its entries, a row of a matrix on a line; of many entries the norm. As HTML."""
    found = shown(value)
    parts = found if isinstance(found, tuple) else (found,)
    written = iter(numerals_of_list([part for part in parts if is_number(part)], digits))
    text = in_markup(words(tuple(next(written) if is_number(part) else part for part in parts), digits))
    is_matrix = isinstance(value, list) and isinstance(value[0], list) and len(value[0]) > 1
    return text.replace("; ", ";\n ") if is_matrix else text


def _path_row(path: Path, named: str, contribution: str, scale: float) -> str:
    """One path: its nodes, edges, contribution and share; the bar has the length of the share, its class the sign."""
    full = " → ".join(path.nodes)
    share = "–" if path.share is None else share_text(path.share).line
    length = 0.0 if path.share is None else abs(float(path.share)) / scale * BAR_SHARE
    sign = "opposite" if path.share is not None and path.share < 0 else "same"
    contribution = contribution.replace(' data-q="C"', "")
    return (
        f'<td title="{in_markup(full)}">{in_markup(named)}</td>'
        f"<td>{in_markup(edge_list(path.through))}</td>{contribution}"
        f'<td class="number">{share}</td><td class="bar"><span class="{sign}" style="width:{length:.2f}%"></span></td>'
    )


def _rest(paths: Paths, top: Sequence[Path]) -> list[str]:
    """The row of all paths that are not listed, with what is left for them of the gradient; none where all are."""
    more = paths.count - len(top)
    if more <= 0:
        return []
    rest = None if any(path.share is None for path in top) else 1 - sum(float(path.share or 0) for path in top)
    told = f"and {count_text(more, grouped=True)} more {'path' if more == 1 else 'paths'}"
    share = "–" if rest is None else share_text(rest).line if abs(rest) > NO_SHARE else "0 %"
    return [f'<td colspan="2">{told}</td><td></td><td class="number">{share}</td><td></td>']
