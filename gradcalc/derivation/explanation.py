"""What a derivation is made of: steps, each by one rule, in the order they are read; terms, each a path."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from gradcalc.analysis.kinks import Kink
from gradcalc.derivation.certificate import Certificate
from gradcalc.expressions.expression import Expression, Symbol
from gradcalc.network.linear_graph import EdgeLabel
from gradcalc.network.network import Index, Network, Value
from gradcalc.records import Record

if TYPE_CHECKING:
    from gradcalc.analysis.results import LossValue, RoundedGradient
    from gradcalc.derivation.sympy import Local

Number = Any
MOST_NUMBERED = 40  # up to which numbers are put in on a page


class PathProduct(Record):
    """A path between two nodes that all paths pass: its local derivatives times the adjoint that it leads to."""

    nodes: tuple[str, ...]
    through: tuple[str, ...]
    product: Expression
    value: Number
    numbers: Expression | None = None
    labels: Sequence[EdgeLabel] = ()


class Step(Record):
    """One rule at work: `left` = `right` = `value`; `of` and `by` say of what by what a derivative is. Where paths meet
    that are few, the `paths` say what each of them brings. Of a parameter that is at work in one node its local
    derivative there, ∂z_h1/∂w1 = x, says more to a reader than the rule does: `partial`. `numbers` is `right` with the
    numbers put in, None of many; with `is_exact` into a form without cancellation, with `is_lost` into one that says
    nothing on a page, as 1.00000 − 1 does. Of cases `tested` is the number that is compared with 0.
    """

    rule: str
    of: Symbol | None  # None: the loss
    by: Symbol
    left: Expression
    right: Expression
    value: Number
    paths: Sequence[PathProduct] = ()
    partial: Expression | None = None
    numbers: Expression | None = None
    is_exact: bool = False
    tested: Number | None = None
    is_lost: bool = False


class Term(Record):
    """One path's product: to read, over values and local derivatives, and to compute with, as the gradient's formula;
    None where it is long. `rounded` is what it comes to of numbers that are."""

    nodes: tuple[str, ...]
    through: tuple[str, ...]
    product: Expression | None
    formula: Expression | None
    value: Value
    share: Number | None
    at: str | None = None
    rounded: Value = None
    labels: Sequence[EdgeLabel] = ()


class Rounded(Record):
    """What a gradient comes to where every number is rounded, and how far its worst entry is off, relatively; None
    where that is 0 without."""

    decimals: int
    value: Value
    relative_error: Number | None
    entry: Index = ()


class Derivation(Record):
    """∂L/∂ one subject. The formula is over the spec's own names and, where it is long, over `where`, each of whose
    names is defined by those before it; `short` is over values and local derivatives, None where that is long."""

    symbol: Expression  # ∂L/∂w1
    value: Value
    steps: Sequence[Step]
    terms: Sequence[Term]
    count: int  # type: ignore[assignment]  # of paths; more than there are terms where only the largest are written out
    formula: Expression
    where: Sequence[tuple[Symbol, Expression]]
    short: Expression | None
    in_numbers: Expression | None  # that, with the numbers put in
    certificate: Certificate
    rounded: Rounded | None = None
    inputs: Mapping[Symbol, Number] = {}  # what the steps use that is none of them, where they are too many for numbers


class ByNodes(Record):
    """All gradients over named values and adjoints: what is given with its values, the definitions, the formulas."""

    given: Sequence[tuple[Symbol, Number]]
    definitions: Sequence[tuple[Symbol, Expression]]
    formulas: Sequence[Expression]


class InSymbols(Record):
    """The network written out in symbols, the loss first; the derivatives of its functions; every gradient exactly,
    where exact constants allow."""

    loss: Expression
    network: Sequence[tuple[Symbol, Expression]]
    locals: Sequence[Local]
    exact: Mapping[str, str]


class Explanation(Record):
    """What `explain` found: the derivation of every subject, by name."""

    network: Network
    loss: LossValue
    derivations: Mapping[str, Derivation]
    arithmetic: str
    by_nodes: Callable[[], ByNodes]
    kinks: Sequence[Kink]
    symbols: InSymbols | None = None  # what the derivation in symbols has beside the steps
    forward: Sequence[Step] = ()
    shapes: Mapping[Symbol, tuple[int, ...]] = {}  # of all vectors (n,) and matrices (m, n) in steps over layers
    rounded: Sequence[RoundedGradient] = ()

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled with the gradients over named values at hand."""
        return Explanation, tuple(self._replace(by_nodes=partial(ByNodes, *self.by_nodes())))
