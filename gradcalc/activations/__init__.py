"""Activations by name, by options, by formula: one row each, found in the family's file that holds it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from typing import TYPE_CHECKING, Any

from gradcalc.expressions.textbook import Textbook
from gradcalc.records import Record

if TYPE_CHECKING:
    ACTIVATIONS: Mapping[str, Activation]
    ALIASES: Mapping[str, str]
    UNLIKE: Mapping[str, str]


NO_OPTIONS: Mapping[str, float] = {}


def same_width(units: int) -> int:
    """Every unit has its own output."""
    return units


class Activation(Record):
    """One activation with its options bound.

    `value` and `derivative` take a double (prelu: and alpha), or, where the row couples the units of a layer, the list
    of its preactivations; then `value` gives a list and `derivative` the Jacobian's rows [out][in]. Doubles overflow to
    inf and underflow to 0.0, nothing is raised but `DomainError`. Both are within 4 ulp × max(1, condition number); a
    user's formula is computed as it is written.
    """

    name: str
    formula: str  # in the grammar of formulas, in x and the options; "" where the row couples units
    derivative_formula: str  # the derivative likewise, in a form without cancellation
    value: Callable[..., Any]
    derivative: Callable[..., Any]
    written: str = ""  # as printed, where that is not the name: with the options that were given
    reads: tuple[str, str] | None = None  # value and derivative as a person reads them, in x, the output y, and cases
    # by `if … else`; over a layer's units in x_i, y_i and n of them. None: the formula and the derivative above
    aliases: tuple[str, ...] = ()  # names that mean the same in PyTorch, Keras or JAX
    options: Mapping[str, float] = NO_OPTIONS  # all of them, with their values
    required: tuple[str, ...] = ()  # options without a default
    variant: Callable[..., Activation] | None = None  # the row for other options; None: it has none
    is_kink: Callable[..., bool] | None = None  # None: smooth
    flat: bool = False  # the derivative is exactly 0 on an interval: then a 0 is no underflow
    couples: bool = False  # over the layer's units
    parametric: bool = False  # value(x, alpha), derivative(x, alpha), alpha_derivative(x, alpha)
    alpha_derivative: Callable[..., Any] | None = None
    width: Callable[[int], int] = same_width  # output units from preactivation units; ValueError where none fits
    values: Callable[..., Any] | None = None  # arrays of any shape; coupled: over the last axis
    derivatives: Callable[..., Any] | None = None  # likewise; coupled: Jacobians [..., out, in]
    pullback: Callable[[Any, Any], Any] | None = None  # coupled: G·J from Z [B, in], G [..., B, out], J never formed
    general: Callable[[Any], tuple[Callable[..., Any], ...]] | None = (
        None  # (value, derivative[, alpha_derivative]) from an
    )
    # arithmetic's functions, in its numbers; None: the formula and the derivative are evaluated
    textbook: Textbook | None = None  # None: derived from the formula
    rational: bool = False  # `general` needs + − × ÷ and comparisons alone, and cancels nowhere

    @property
    def text(self) -> str:
        """As printed: "leaky_relu(alpha=0.2)" where an option was given, else the name; a formula as its text."""
        return self.written or self.name


# Pieces of formulas: steps written with sign and abs, the grammar's own functions, right at the kink as well.


def where_positive(of: str) -> str:
    """1 where `of` > 0, else 0."""
    return f"(sign({of}) + abs(sign({of})))/2"


def elsewhere(of: str) -> str:
    """0 where `of` > 0, else 1."""
    return f"(2 - sign({of}) - abs(sign({of})))/2"


# Elementwise rules on large arrays, block by block: what a rule allocates on its way then stays in the cache.


BLOCK = 8192
"""Entries; eight arrays of them fit a second-level cache of half a megabyte."""


def blocked(rule: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The rule on arrays of any shape and size."""

    @wraps(rule)
    def by_blocks(x: Any) -> Any:
        import numpy as np

        if x.size <= BLOCK:
            return rule(x)
        flat, results = x.reshape(-1), np.empty(x.size)
        for start in range(0, x.size, BLOCK):
            results[start : start + BLOCK] = rule(flat[start : start + BLOCK])
        return results.reshape(x.shape)

    return by_blocks


# Activations by name, by options, by formula: one row each, found in the family's file that holds it.


__all__ = ["ACTIVATIONS", "ALIASES", "UNLIKE", "Activation", "bind", "from_formula"]

FAMILIES = (
    *("sigmoidal", "rectified", "elementary", "exponential", "gated", "gelu", "gelu_tanh", "clipped"),
    *("softmax", "norms", "maxout"),
)
"""The files that hold rows, the likeliest first: a file is loaded when its turn comes and the name is still unknown.

Its UNLIKE, if it has one, are names of other libraries that no row here means, in small letters without `_`, each with
the difference.
"""


def bind(name: str, options: Mapping[str, float] = NO_OPTIONS) -> Activation:
    """The activation of that name or alias with these options.

    Raises KeyError for an unknown name, ValueError with a message for an option that does not fit.
    """
    row = _row(name)
    if not options and not row.required:
        return row
    _check(row, options)
    given = ", ".join(f"{option}={_plain(value)}" for option, value in options.items())
    return row.variant(**options)._replace(written=f"{row.name}({given})") if row.variant else row


def from_formula(text: str) -> Activation:
    """The activation y = text, in x; raises `formulas.FormulaError`."""
    from gradcalc.activations.formula import from_text

    return from_text(text)


def _families() -> Iterator[Any]:
    for family in FAMILIES:
        yield getattr(__import__(__name__, fromlist=[family]), family)


def _rows() -> Iterator[Activation]:
    for family in _families():
        yield from family.ROWS


def _row(name: str) -> Activation:
    for row in _rows():
        if row.name == name or name in row.aliases:
            return row
    raise KeyError(name)


def _check(row: Activation, options: Mapping[str, float]) -> None:
    for option in options:
        if option not in row.options:
            raise ValueError(f'{row.name} has no option "{option}"; it has {", ".join(row.options) or "none"}')
    for option in row.required:
        if option not in options:
            raise ValueError(f"{row.name} needs the option {option}")


def _plain(number: float) -> str:
    return repr(number).removesuffix(".0")


def __getattr__(name: str) -> Any:
    if name == "ACTIVATIONS":
        return {row.name: row for row in _rows()}
    if name == "ALIASES":
        return {alias: row.name for row in _rows() for alias in row.aliases}
    if name == "UNLIKE":
        return {other: why for family in _families() for other, why in getattr(family, "UNLIKE", {}).items()}
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
