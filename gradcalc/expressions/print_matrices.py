"""Expressions over layers as text that SymPy reads, once what has several units is declared a MatrixSymbol of its shape
and everything else a symbol: Transpose(w2)*d_y, vectors standing upright.

What is made unit by unit, and is no sum or product that SymPy has for matrices, is written by its entries:
Matrix(2, 1, Lambda((i, j), d_h1[i, 0]*(1 - h1[i, 0]**2))).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from gradcalc.expressions.expression import Expression, Symbol, fold
from gradcalc.expressions.print_code import SymPyText
from gradcalc.expressions.walk import ATOM, PRODUCT, Fragment, signed
from gradcalc.records import Record

Shape = tuple[int, ...]
Shapes = Mapping[Symbol, Shape]


def write_matrices(tree: Expression, notation: SymPyText, shapes: Shapes) -> str:
    """The expression as SymPy's text; with `shapes` of the symbols that are vectors (n,) or matrices (m, n)."""
    writing = _Writing(notation, shapes)
    return fold(tree, writing.visit).whole().text


class _Part(Record):
    """A part of an expression, `rows` by `columns`: as a whole, and its entry in a row, of a number itself."""

    rows: int
    columns: int
    whole: Callable[[], Fragment]
    at: Callable[[str], Fragment]

    @property
    def is_number(self) -> bool:
        return (self.rows, self.columns) == (1, 1)


Parts = Sequence[_Part]


def _number(text: Fragment) -> _Part:
    return _Part(1, 1, lambda: text, lambda row: text)


def _matrix(rows: int, columns: int, whole: Fragment) -> _Part:
    """What is written as a whole; of one entry that entry."""
    text = whole.text if whole.binds == ATOM else f"({whole.text})"
    if rows == columns == 1:
        return _number(Fragment(f"{text}[0, 0]"))
    return _Part(rows, columns, lambda: whole, lambda row: Fragment(f"{text}[{row}, 0]"))


class _Writing:
    """One expression being written."""

    def __init__(self, notation: SymPyText, shapes: Shapes) -> None:
        self.notation = notation
        self.shapes = shapes
        self.row, self.column, self.other = map(notation.unused, "ijk")

    def visit(self, node: Expression, parts: list[_Part]) -> _Part:
        """A node from its parts."""
        if node.head == "symbol":
            return self.symbol(node.value)
        if node.head == "figure":
            return _number(signed(self.notation.figure(node.value)))
        rule = RULES.get(node.head)
        if rule is not None:
            return rule(self, node, parts)
        return self.unit_by_unit(node, parts)

    def symbol(self, symbol: Symbol) -> _Part:
        """A name: of a number, or of all units of a layer."""
        shape, name = self.shapes.get(symbol, ()), Fragment(self.notation.symbol(symbol))
        rows, columns = (*shape, 1, 1)[:2]
        return _matrix(rows, columns, name) if shape else _number(name)

    def unit_by_unit(self, node: Expression, parts: Parts) -> _Part:
        """An operation on numbers, on every entry of vectors; on matrices one of sums and multiples alone."""
        sizes = {(part.rows, part.columns) for part in parts if not part.is_number}
        rows, columns = max(sizes, default=(1, 1))

        def at(row: str) -> Fragment:
            return self.written(node, [part.at(row) for part in parts])

        if not sizes:
            return _number(at(""))
        numbers = sum(part.is_number for part in parts)
        is_sum = node.head in ("+", "-", "negative") and not numbers
        is_multiple = (node.head == "*" and numbers == len(parts) - 1) or (node.head == "/" and parts[1].is_number)
        if is_sum or is_multiple:
            return _Part(rows, columns, lambda: self.written(node, [part.whole() for part in parts]), at)
        if node.head == "hadamard" and not numbers:
            texts = [part.whole().text for part in parts]
            return _Part(rows, columns, lambda: Fragment(f"hadamard_product({', '.join(texts)})"), at)
        return self.by_entries(rows, at)

    def by_entries(self, rows: int, at: Callable[[str], Fragment]) -> _Part:
        """A vector by its entry in a row; of one row that entry."""
        if rows == 1:
            return _number(at("0"))
        return _Part(rows, 1, lambda: self.lambda_of(rows, 1, at(self.row)), at)

    def lambda_of(self, rows: int, columns: int, entry: Fragment) -> Fragment:
        """Matrix(2, 1, Lambda((i, j), …))."""
        return Fragment(f"Matrix({rows}, {columns}, Lambda(({self.row}, {self.column}), {entry.text}))")

    def written(self, node: Expression, parts: Sequence[Fragment]) -> Fragment:
        """A node as SymPy's text has it."""
        head = "*" if node.head == "hadamard" else node.head
        rule = self.notation.rules.get(head)
        if rule is not None:
            return rule(self.notation, node._replace(head=head), parts)
        return Fragment(self.notation.call(head, [part.text for part in parts]))

    def times(self, *parts: Fragment) -> Fragment:
        """A product."""
        return self.notation.multiplied([self.notation.held(part, PRODUCT) for part in parts])

    def transposed(self, part: _Part) -> Fragment:
        """wᵀ; of a number itself."""
        return part.whole() if part.is_number else Fragment(f"Transpose({part.whole().text})")

    def summed(self, rows: int, at: Callable[[str], Fragment]) -> Fragment:
        """Σ over the entries of a vector."""
        return Fragment(f"Sum({at(self.other).text}, ({self.other}, 0, {rows - 1}))") if rows > 1 else at(self.other)


def _product(rows: int, columns: int, inner: int, text: Fragment) -> _Part:
    """A product of matrices that share a side of so many; of three numbers none."""
    return _number(text) if rows == columns == inner == 1 else _matrix(rows, columns, text)


def _apply(writing: _Writing, node: Expression, parts: Parts) -> _Part:
    """W·v."""
    weight, v = parts
    return _product(weight.rows, 1, v.rows, writing.times(weight.whole(), v.whole()))


def _pull(writing: _Writing, node: Expression, parts: Parts) -> _Part:
    """Wᵀ·v."""
    weight, v = parts
    return _product(weight.columns, 1, v.rows, writing.times(writing.transposed(weight), v.whole()))


def _outer(writing: _Writing, node: Expression, parts: Parts) -> _Part:
    """v·wᵀ."""
    v, w = parts
    return _product(v.rows, w.rows, 1, writing.times(v.whole(), writing.transposed(w)))


def _inner(writing: _Writing, node: Expression, parts: Parts) -> _Part:
    """Σ v·w."""
    rows = max(part.rows for part in parts)
    return _number(writing.summed(rows, lambda row: writing.times(*(part.at(row) for part in parts))))


def _entries(writing: _Writing, node: Expression, parts: Parts) -> _Part:
    """Σ v."""
    return _number(writing.summed(parts[0].rows, parts[0].at))


def _mean(writing: _Writing, node: Expression, parts: Parts) -> _Part:
    """Σ v/n."""
    return _number(Fragment(f"{writing.summed(parts[0].rows, parts[0].at).text}/{parts[0].rows}", PRODUCT))


def _concat(writing: _Writing, node: Expression, parts: Parts) -> _Part:
    """Vectors and numbers one after the other."""
    rows, texts = sum(part.rows for part in parts), [part.whole().text for part in parts]
    if all(part.is_number for part in parts):
        return _matrix(rows, 1, Fragment(f"Matrix([{', '.join(texts)}])"))
    blocks = [f"[Matrix([{text}])]" if part.is_number else f"[{text}]" for part, text in zip(parts, texts)]
    return _matrix(rows, 1, Fragment(f"BlockMatrix([{', '.join(blocks)}])"))


def _units(writing: _Writing, node: Expression, parts: Parts) -> _Part:
    """Some rows of a vector."""
    start, _, stop = node.value.partition(":")
    text = writing.notation.held(parts[0].whole(), ATOM)
    if not stop:
        return _number(parts[0].at(start))
    return _matrix(int(stop) - int(start), 1, Fragment(f"{text}[{start}:{stop}, :]"))


def _softmax(writing: _Writing, node: Expression, parts: Parts) -> _Part:
    """e^(z_i − log Σ e^(z_k)); its logarithm."""
    [z] = parts
    whole = writing.summed(z.rows, lambda row: Fragment(f"exp({z.at(row).text})"))

    def at(row: str) -> Fragment:
        if node.head == "softmax":
            return Fragment(f"exp({z.at(row).text})/{writing.notation.held(whole, ATOM)}", PRODUCT)
        return Fragment(f"({z.at(row).text} - log({whole.text}))")

    return writing.by_entries(z.rows, at)


def _maxout(writing: _Writing, node: Expression, parts: Parts) -> _Part:
    """The largest of every group."""
    z, pieces = parts[0], int(node.parts[1].value)
    rows = z.rows // pieces
    return writing.by_entries(rows, lambda row: Fragment(_maximum(z, pieces, row)))


def _maximum(z: _Part, pieces: int, row: str) -> str:
    return f"Max({', '.join(z.at(f'{pieces}*{row} + {piece}').text for piece in range(pieces))})"


def _largest(writing: _Writing, node: Expression, parts: Parts) -> _Part:
    """1 at the largest of every group, a tie shared."""
    z, pieces, row, column = parts[0], int(node.parts[1].value), writing.row, writing.column
    top = _maximum(z, pieces, row)
    ties = " + ".join(f"1 - Abs(sign({z.at(f'{pieces}*{row} + {n}').text} - {top}))" for n in range(pieces))
    own = f"KroneckerDelta({row}, floor({column}/{pieces}))*(1 - Abs(sign({z.at(column).text} - {top})))/({ties})"
    rows = z.rows // pieces
    return _matrix(rows, z.rows, writing.lambda_of(rows, z.rows, Fragment(own)))


def _given(writing: _Writing, node: Expression, parts: Parts) -> _Part:
    """A matrix of numbers; with 0 columns a vector."""
    columns = node.value or 1
    return _matrix(len(parts) // columns, columns, writing.written(node, [part.whole() for part in parts]))


def _over_examples(writing: _Writing, node: Expression, parts: Parts) -> _Part:
    """Σ over the examples of a batch, each of which has a value of its own for what ends in _e."""
    [part] = parts

    def over(text: Fragment) -> Fragment:
        return Fragment(f"over_examples({text.text})")

    return part._replace(whole=lambda: over(part.whole()), at=lambda row: over(part.at(row)))


RULES: dict[str, Callable[[_Writing, Expression, Parts], _Part]] = {
    "apply": _apply,
    "pull": _pull,
    "outer": _outer,
    "inner": _inner,
    "entries": _entries,
    "mean": _mean,
    "concat": _concat,
    "units": _units,
    "softmax": _softmax,
    "log_softmax": _softmax,
    "maxout": _maxout,
    "largest": _largest,
    "matrix": _given,
    "diag": lambda writing, node, parts: _matrix(
        parts[0].rows, parts[0].rows, Fragment(f"DiagMatrix({parts[0].whole().text})")
    ),
    "identity": lambda writing, node, parts: _matrix(node.value, node.value, Fragment(f"Identity({node.value})")),
    "ones": lambda writing, node, parts: _matrix(node.value, 1, Fragment(f"OneMatrix({node.value}, 1)")),
    "over examples": _over_examples,
}
