"""Activations by name, by options, by formula: one row each, found in the family's file that holds it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial, wraps
from importlib import import_module
from typing import TYPE_CHECKING, Any

from gradcalc.expressions import float_functions
from gradcalc.expressions.textbook import Textbook
from gradcalc.records import Record

if TYPE_CHECKING:
    ACTIVATIONS: Mapping[str, Activation]
    ALIASES: Mapping[str, str]
    UNLIKE: Mapping[str, str]

__all__ = ["ACTIVATIONS", "ALIASES", "UNLIKE", "Activation", "bind", "from_formula"]

Functions = Any  # the functions of one arithmetic: a namespace with exp log1p sqrt sum number … for its own numbers

Rule = Callable[[Functions], tuple[Callable[..., Any], ...]]
"""From an arithmetic's functions to σ, σ′ and, of a parametric row, ∂σ/∂alpha, in its numbers."""

NO_OPTIONS: Mapping[str, float] = {}


def same_width(units: int) -> int:
    """Every unit has its own output."""
    return units


class Activation(Record):
    """One activation with its options bound.

    `value` and `derivative` take a float64 (prelu: and alpha), or, where the row couples the units of a layer, the list
    of its preactivations; then `value` gives a list and `derivative` the Jacobian's rows [out][in]. They overflow to
    inf and underflow to 0.0, nothing is raised but `DomainError`. Both are within 4 ulp × max(1, condition number); a
    user's formula is computed as it is written.
    """

    name: str
    value: Callable[..., Any]
    derivative: Callable[..., Any]
    formula: str = ""  # in the grammar of formulas, in x and the options; "" where the row couples units
    derivative_formula: str = ""  # the derivative without cancellation; "" where rule and textbook have it
    rule: Rule | None = None  # for any arithmetic; None: the formulas are evaluated
    written: str = ""  # as printed, where that is not the name: with the options that were given
    reads: tuple[str, str] | None = None  # value and derivative as a person reads them, in x, the output y, and cases
    # by `if … else`; over a layer's units in x_i, y_i and n of them. None: the formula and the derivative above
    textbook: Textbook | None = None  # None: derived from the formula
    aliases: tuple[str, ...] = ()  # names that mean the same in PyTorch, Keras or JAX
    options: Mapping[str, float] = NO_OPTIONS  # all of them, with their values
    required: tuple[str, ...] = ()  # options without a default
    variant: Callable[..., Activation] | None = None  # the row for other options; None: it has none
    is_kink: Callable[..., bool] | None = None  # None: smooth; of a formula in any arithmetic
    kinks: str = ""  # where the derivative jumps, and what it is there, for any value of the options
    flat: bool = False  # the derivative is exactly 0 on an interval: then a 0 is no underflow
    rectifies: bool = False  # the derivative is 0 wherever x < 0: the unit is inactive there
    steepest: float | None = None  # the largest derivative, where the unit saturates on both sides
    rational: bool = False  # `rule` needs + − × ÷ and comparisons alone, and cancels nowhere
    couples: bool = False  # over the layer's units
    parametric: bool = False  # value(x, alpha), derivative(x, alpha), alpha_derivative(x, alpha)
    alpha_derivative: Callable[..., Any] | None = None
    width: Callable[[int], int] = same_width  # output units from preactivation units; ValueError where none fits
    values: Callable[..., Any] | None = None  # arrays of any shape; coupled: over the last axis
    derivatives: Callable[..., Any] | None = None  # likewise; coupled: Jacobians [..., out, in]

    @property
    def text(self) -> str:
        """As printed: "leaky_relu(alpha=0.2)" where an option was given, else the name; a formula as its text."""
        return self.written or self.name

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled by name and options, or as a formula: its functions are made again."""
        if self.name == "formula":
            return from_formula, (self.formula,)
        options = self.options if self.written or self.required else NO_OPTIONS
        return _again, (self.name, options, self.written)

    def any_rule(self) -> Rule:
        """The rule for any arithmetic: the row's own, or its formula and derivative."""
        if self.rule is not None:
            return self.rule
        from gradcalc.expressions.compiled import evaluate
        from gradcalc.expressions.parser import parse

        trees = [parse(text, ("x", *self.options)) for text in (self.formula, self.derivative_formula)]

        def rule(functions: Functions) -> tuple[Callable[..., Any], ...]:
            options = {option: functions.number(value) for option, value in self.options.items()}
            return tuple(lambda x, tree=tree: evaluate(tree, functions, x=x, **options) for tree in trees)

        return rule


def by_rule(name: str, rule: Rule, **fields: Any) -> Activation:
    """The row whose rule serves float64 as it does any arithmetic."""
    value, derivative, *rest = rule(float_functions)
    return Activation(name, value, derivative, rule=rule, alpha_derivative=rest[0] if rest else None, **fields)


class _NumPy:
    """NumPy, imported when a first array comes: no network of single units pays for it."""

    def __getattr__(self, name: str) -> Any:
        import numpy

        setattr(self, name, getattr(numpy, name))
        return getattr(numpy, name)


np: Any = _NumPy()

BLOCK = 8192  # entries; eight arrays of them fit a second-level cache of half a megabyte


def blocked(rule: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The rule on large arrays of any shape, block by block: what it allocates then stays in the cache."""

    @wraps(rule)
    def by_blocks(x: Any) -> Any:
        if x.size <= BLOCK:
            return rule(x)
        flat, results = x.reshape(-1), np.empty(x.size)
        for start in range(0, x.size, BLOCK):
            results[start : start + BLOCK] = rule(flat[start : start + BLOCK])
        return results.reshape(x.shape)

    return by_blocks


FAMILIES = ("sigmoidal", "piecewise", "elementary", "exponential", "gated", "gelu", "softmax", "norms", "maxout")
"""The files that hold rows, the likeliest first: a file is loaded when its turn comes and the name is still unknown.

Its UNLIKE, if it has one, are names of other libraries that no row here means, in small letters without `_`, each with
the difference.
"""


def bind(name: str, options: Mapping[str, float] = NO_OPTIONS) -> Activation:
    """The activation of that name or alias with these options.

    Raises KeyError for an unknown name, ValueError with a message for an option that does not fit.
    """
    row = next((row for row in _rows() if row.name == name or name in row.aliases), None)
    if row is None:
        raise KeyError(name)
    if not options and not row.required:
        return row
    for option in options:
        if option not in row.options:
            raise ValueError(f'{row.name} has no option "{option}"; it has {", ".join(row.options) or "none"}')
    for option in row.required:
        if option not in options:
            raise ValueError(f"{row.name} needs the option {option}")
    given = ", ".join(f"{option}={repr(value).removesuffix('.0')}" for option, value in options.items())
    return row.variant(**options)._replace(written=f"{row.name}({given})") if row.variant else row


def _again(name: str, options: Mapping[str, float], written: str) -> Activation:
    return bind(name, options)._replace(written=written)


def from_formula(text: str) -> Activation:
    """The activation y = text, in x, evaluated as it is written, its derivative by SymPy. Raises FormulaError."""
    from gradcalc.expressions.compiled import compile_float64, evaluate, is_kink
    from gradcalc.expressions.expression import names_of
    from gradcalc.expressions.parser import parse
    from gradcalc.expressions.sympy_form import derivative

    def at(tree: Any, functions: Functions, x: Any) -> Any:
        return evaluate(tree, functions, x=x)

    tree = parse(text, ("x",))
    derived = derivative(tree, "x")
    kinks = is_kink(tree, ("x",))
    return Activation(
        "formula",
        formula=text,
        value=compile_float64(tree, ("x",)),
        derivative=compile_float64(derived, ("x",)),
        rule=lambda f: (partial(at, tree, f), partial(at, derived, f)),
        written=text,
        is_kink=kinks and (lambda x, f=None: kinks(x, functions=f) if f else kinks(float(x))),
        flat=kinks is not None or "x" not in names_of(derived),
    )


def _families() -> Iterator[Any]:
    return (import_module(f"{__name__}.{family}") for family in FAMILIES)


def _rows() -> Iterator[Activation]:
    return (row for family in _families() for row in family.ROWS)


def __getattr__(name: str) -> Any:
    if name == "ACTIVATIONS":
        return {row.name: row for row in _rows()}
    if name == "ALIASES":
        return {alias: row.name for row in _rows() for alias in row.aliases}
    if name == "UNLIKE":
        return {other: why for family in _families() for other, why in getattr(family, "UNLIKE", {}).items()}
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
