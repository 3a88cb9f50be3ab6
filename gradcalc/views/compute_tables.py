"""The tables of `gradcalc compute`: both passes, every gradient beside the paths that it is the sum of.

Of each unit a row has its preactivation in names and in numbers (w1·x = 0.2·0.5); of many units, and of large matrices,
a row has the norm and the largest entry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from gradcalc.analysis.comparison import ratio
from gradcalc.analysis.results import Computation, Paths
from gradcalc.expressions.expression import Expression, Symbol, call, figure, leaf, product, total
from gradcalc.network.joins import JOINS
from gradcalc.network.network import Edge, Input, Layer, Network, bracketed, difference, entries, norm, numbers, shape
from gradcalc.report.report import Abridged, Bar, Beside, Block, Column, Percent, Table, Words
from gradcalc.report.text import gradient, node_list, node_lists, plural, words
from gradcalc.views.compute_sentences import edges_told
from gradcalc.views.network_header import by_example, quantity, visited, z_name
from gradcalc.views.zero_reasons import factor_of_0, zero_reason

MOST_UNITS = 40  # as many units have a row each, unless every one is asked for
MOST_FIGURES = 9  # of a row with more numbers than these only the names are written
MOST_ROWS = 40  # rows of a table of paths before fewer paths of each gradient are shown
MOST_COLUMNS, MOST_MATRIX_ROWS = 6, 24  # entries in a row, and rows, up to which matrices are shown entry by entry
EXACT = 17  # digits that tell one number from another
RESOLVED = 1e-9  # a difference of a gradient and its listed paths that is a smaller part of them is rounding
FORWARD = ("node", "example", "preactivation", "z", "activation", "output", "σ′(z)")
PLAIN = (*FORWARD[:3], "value", *FORWARD[4:6], "σ′")  # where the network has something else that is called z

Columns = Sequence[tuple[str, Sequence[Any]]]
Row = list[Any]
Gradients = Mapping[str, Any]


def passes(computation: Computation, every: bool) -> Table | Beside:
    """Forward and, where there is a loss, backward beside it."""
    count = sum(len(numbers(values.output)) for values in computation.forward.values())
    by_unit = every or count <= max(MOST_UNITS, len(computation.forward))
    forward, backward = (unit_columns if by_unit else norm_columns)(computation)
    first = Table.of_columns(forward, "Forward" if by_unit else "Forward, by norms (--all shows every unit)")
    if computation.backward is None:
        return first
    names = ("node", "example") if computation.network.batch else ("node",)
    keys = [column for column in forward if column[0] in names]
    second = Table.of_columns([*keys, *backward], "Backward" if by_unit else "Backward, by norms")
    return Beside(first, second, len(keys))


def unit_columns(computation: Computation) -> tuple[Columns, Columns]:
    """A row for each unit; of a layer that makes fewer units than it has preactivations, for each of these. Activations
    are written out only where layers differ in theirs or skips enter outputs."""
    network = computation.network
    told = len(network.activations) > 1 or any(layer.into_output for layer in network.layers)
    z = z_name(network)
    rows = [row for node in network.nodes for row in unit_rows(computation, node, z if told else None)]
    forward = FORWARD if z == "z" else PLAIN
    names = (*forward, gradient("output", quantity(network)), "δ")
    columns = list(zip(names, zip(*rows)))
    return columns[: len(FORWARD)], columns[len(FORWARD) :]


def unit_rows(computation: Computation, node: Input | Layer, sign: str | None) -> Iterator[Row]:
    """The cells of every unit of a node, in every example; its activation written out where z has a `sign`; the shape
    of a Jacobian in place of σ′(z), once."""
    network, batch = computation.network, computation.network.batch
    values, adjoints = computation.forward[node.name], (computation.backward or {}).get(node.name)
    layer = node if isinstance(node, Layer) else None
    for example, outputs in enumerate(by_example(values.output, batch)):
        zs = by_example(values.preactivation, batch)[example] if layer else outputs
        for place, z in enumerate(zs):
            unit, piece = divmod(place, len(zs) // len(outputs))
            head, derivative = not piece, None
            if layer and not layer.activation.couples:
                derivative = by_example(values.derivative, batch)[example][place]
            elif not place:
                jacobian = values.derivative[example] if layer and batch else values.derivative
                derivative = f"Jacobian {shape(jacobian) or '1×1'}" if layer else None
            yield [
                node.name if len(outputs) == 1 else f"{node.name}[{unit}]" if head else None,
                example if batch else None,
                preactivation_words(computation, layer, example, place) if layer else None,
                z if layer else None,
                output_words(network, layer, sign) if layer and sign and head and not (unit or example) else None,
                outputs[unit] if head else None,
                derivative,
                by_example(adjoints.output, batch)[example][unit] if adjoints and head else None,
                by_example(adjoints.delta, batch)[example][place] if adjoints and layer else None,
            ]


def norm_columns(computation: Computation) -> tuple[Columns, Columns]:
    """Of every node the shape, norms, and the largest output and δ with their places."""
    values = list(computation.forward.values())
    z = z_name(computation.network)
    layers = [isinstance(node, Layer) and not node.activation.couples for node in computation.network.nodes]
    derivatives = [numbers(one.derivative) if known else [] for one, known in zip(values, layers)]
    places, largest = zip(*(at_largest(one.output) for one in values))
    forward = (
        ("node", list(computation.forward)),
        ("shape", [shape(one.output) for one in values]),
        (f"‖{z}‖", [None if one.preactivation is None else norm(one.preactivation) for one in values]),
        ("‖output‖", [norm(one.output) for one in values]),
        ("largest output", largest),
        ("at", places),
        ("mean σ′(z)" if z == "z" else "mean σ′", [sum(each) / len(each) if each else None for each in derivatives]),
    )
    adjoints = [computation.backward[name] for name in computation.forward] if computation.backward else []
    steepest = [(None, None) if one.delta is None else at_largest(one.delta) for one in adjoints]
    return forward, (
        (f"‖{gradient('output', quantity(computation.network))}‖", [norm(one.output) for one in adjoints]),
        ("‖δ‖", [None if one.delta is None else norm(one.delta) for one in adjoints]),
        ("largest δ", [number for _, number in steepest]),
        ("at", [place for place, _ in steepest]),
    )


def at_largest(value: Any) -> tuple[str, Any]:
    """Where the entry with the largest magnitude stands, and the entry."""
    index, number = max(entries(value), key=lambda entry: abs(entry[1]))
    return bracketed(index), number


def preactivation_words(computation: Computation, layer: Layer, example: int, unit: int) -> Words | Abridged | None:
    """w1·x = 0.2·0.5; of units after a layer's first the numbers alone."""
    network = computation.network
    names: tuple[Expression, ...] = ()
    if not (unit or example):
        joined = join(layer, [weighed(network, edge) for edge in layer.edges])
        if layer.weight is not None:
            joined = product([named(network.parameters[layer.weight].name), joined])
        parts = [joined, *(weighed(network, skip) for skip in layer.into_preactivation)]
        names = (total([*parts, named(network.parameters[layer.bias].name)] if layer.bias is not None else parts),)
    found = PreactivationNumbers(computation, layer, example).of(unit)
    if found is None:
        return names or None
    return Abridged((*names, " = ", found) if names else ("= ", found), names, alike=True)


def output_words(network: Network, layer: Layer, sign: str) -> Words:
    """The activation at z and the skips into the output: tanh(z) + x, leaky_relu(z, alpha=0.2), a formula in z."""
    name, text, z = layer.activation.name, layer.activation.text, Expression("name", value=sign)
    activated: Expression | str = z if name == "identity" else call(name, z)
    if name == "formula":
        from gradcalc.expressions.expression import filled
        from gradcalc.expressions.parser import parse
        from gradcalc.expressions.textbook import readable

        activated = filled(readable(parse(layer.activation.formula, ("x",))), {"x": z})
    elif "(" in text:
        activated = text.replace("(", f"({sign}, ", 1)
    elif name == "sigmoid" and len(network.activations) > 1:
        activated = f"{name}({sign})"
    return (activated, *(part for edge in layer.into_output for part in (" + ", weighed(network, edge))))


def join(layer: Layer, parts: Sequence[Expression]) -> Expression:
    """What is joined, as an expression: a + b, a·b, max(a, b), (a + b)/2, [a; b]."""
    if layer.join == "sum":
        return total(parts)
    return JOINS[layer.join].tree(parts) if layer.join in JOINS else call(layer.join, *parts)


def weighed(network: Network, edge: Edge) -> Expression:
    """w_r·h1, or h1 of an identity."""
    source = named(network.nodes[edge.source].name)
    return source if edge.parameter is None else product([named(network.parameters[edge.parameter].name), source])


def named(name: str) -> Expression:
    """What the spec names itself."""
    return leaf(Symbol("", name))


class PreactivationNumbers:
    """A layer's preactivations in one example with their numbers put in: 0.1·0.513121 + 0.1·0.524979."""

    def __init__(self, computation: Computation, layer: Layer, example: int) -> None:
        self._network = computation.network
        self._forward = computation.forward
        self._layer = layer
        self._example = example

    def of(self, unit: int) -> Expression | None:
        """The preactivation of a unit; None where its numbers are too many for a line."""
        layer, of_all = self._layer, self._is_matrix(self._layer.weight)
        edges = (*layer.edges, *layer.into_preactivation)
        widths = [len(self._units(edge)) if of_all or self._is_matrix(edge.parameter) else 1 for edge in edges]
        if sum(width * (1 if edge.parameter is None else 2) for edge, width in zip(edges, widths)) > MOST_FIGURES:
            return None
        if layer.weight is not None:
            columns = range(self._network.parameters[layer.weight].shape[1]) if of_all else [unit]
            terms = [product([self._entry(layer.weight, unit, each), self._joined(each)]) for each in columns]
        elif layer.join == "sum":
            terms = [term for edge in layer.edges for term in self._terms(edge, unit)]
        else:
            terms = [self._joined(unit)]
        terms += [term for skip in layer.into_preactivation for term in self._terms(skip, unit)]
        return total(terms if layer.bias is None else [*terms, self._entry(layer.bias, unit)])

    def _joined(self, unit: int) -> Expression:
        """One unit of what is joined."""
        if self._layer.join != "concat":
            return join(self._layer, [total(self._terms(edge, unit)) for edge in self._layer.edges])
        for edge in self._layer.edges:
            width = len(self._units(edge))
            if edge.parameter is not None and self._is_matrix(edge.parameter):
                width = self._network.parameters[edge.parameter].shape[0]
            if unit < width:
                return total(self._terms(edge, unit))
            unit -= width
        raise IndexError(unit)

    def _terms(self, edge: Edge, unit: int) -> list[Expression]:
        """One unit of W·x, term by term."""
        units = self._units(edge)
        if edge.parameter is None:
            return [figure(units[unit])]
        columns = range(len(units)) if self._is_matrix(edge.parameter) else [unit]
        return [product([self._entry(edge.parameter, unit, column), figure(units[column])]) for column in columns]

    def _units(self, edge: Edge) -> Sequence[Any]:
        """What an edge reads."""
        value = self._forward[self._network.nodes[edge.source].name].output
        return by_example(value, self._network.batch)[self._example]

    def _is_matrix(self, parameter: int | None) -> bool:
        return parameter is not None and len(self._network.parameters[parameter].shape) == 2

    def _entry(self, parameter: int, *index: int) -> Expression:
        """An entry of a weight or bias; one number serves all units."""
        value = self._network.parameters[parameter].value
        for place in index:
            value = value[place] if isinstance(value, list) else value
        return figure(value)


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
    """What writes ∂L/∂b1[0] of a name and an index, with a remark where it is frozen."""
    network, of = computation.network, quantity(computation.network)
    frozen = {parameter.name for parameter in network.parameters if parameter.frozen}

    def label(name: str, index: str = "") -> str:
        return gradient(name, of) + index + " (frozen)" * (name.partition("[")[0] in frozen)

    return label


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
        elif not any(numbers(value)) and (reason := zero_reason(computation, name)) is not None:
            found = [[reason, *[None] * 4]]
        else:
            found = list(path_rows(computation, name, most, norms, every))
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


def path_rows(computation: Computation, name: str, most: int, norms: bool, whole: bool) -> Iterator[Row]:
    """path (and which factor is 0), edges, contribution, share and bar of the largest paths, and of all others."""
    value, paths = (computation.gradients or {})[name], (computation.paths or {})[name]
    top = paths.top[:most]
    scale = max([1, *(abs(path.share) for path in top if path.share is not None)])

    def share(part: Any) -> tuple[Percent | None, Bar | None]:
        bar = Bar(float(part / scale)) if part is not None and paths.count > 1 else None
        return None if part is None else Percent(part), bar

    nodes = [visited(computation.network, path.nodes, path.through) for path in top]
    edges = edges_told(paths.top, top, whole)
    short = [node_list(own, longest=2, use=path.at) for path, own in zip(top, nodes)]
    for place, full in enumerate(node_lists(nodes, [path.at for path in top], whole)):
        path, ends = top[place], short[place]
        size = norm(path.contribution) if norms else path.contribution
        reason = None if any(numbers(path.contribution)) else factor_of_0(computation, name, path)
        why = "" if reason is None else f" ({reason[0].strip()})"
        where = Abridged(full + why, ends + why) if short.count(ends) == 1 else (full + why,)
        yield [where, edges[place] or None, size, *share(path.share)]
    if not top or paths.count == len(top) or most == 1:
        return
    others, left = (plural(paths.count - len(top), "other path"),), value
    for path in top:
        left = difference(left, path.contribution)
    if (ratio(norm(left), max(norm(path.contribution) for path in top)) or 0) <= RESOLVED:
        yield [others, None, None, None, None]
    else:
        rest = None if top[0].share is None else 1 - sum(path.share for path in top)
        yield [others, None, norm(left) if norms else left, *share(rest)]


def matrix_table(computation: Computation, gradients: Gradients, every: bool) -> Table:
    """Rows of entries where they fit on a page, else norms, or where `every` one is wanted a row for each."""
    rows: list[tuple[str, str, Row]] = []
    for name, value in gradients.items():
        if isinstance(value, list) and isinstance(value[0], list):
            rows += [(name, f"[{number}]", row) for number, row in enumerate(value)]
        else:
            rows.append((name, "", value if isinstance(value, list) else [value]))
    columns, label = max(len(row) for _, _, row in rows), labels(computation)
    if columns > MOST_COLUMNS and every:
        of_all = [(name, *entry) for name, value in gradients.items() for entry in entries(value)]
        cells = [[label(name, bracketed(index)), number] for name, index, number in of_all]
        return Table([Column("gradient"), Column("value")], cells, "Gradients")
    if columns > MOST_COLUMNS or not (every or len(rows) <= MOST_MATRIX_ROWS):
        return norm_table(computation, gradients)
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


def norm_table(computation: Computation, gradients: Gradients) -> Table:
    """One row for each gradient: shape, Frobenius norm, largest entry and where it stands."""
    label, rows = labels(computation), []
    for name, value in gradients.items():
        at, largest = at_largest(value)
        zeros = sum(not number for number in numbers(value)) if isinstance(value, list) else 0
        rows.append([label(name), shape(value), norm(value), largest or None, at if largest else None, zeros or None])
    columns = ("gradient", "shape", "‖gradient‖", "largest entry", "at", "zeros")
    return Table.of_columns(zip(columns, zip(*rows)), "Gradients, by norms (--wrt NAME or --all shows every entry)")
