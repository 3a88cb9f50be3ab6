"""What SymPy contributes: it differentiates every activation, loss and formula, and keeps exact constants exact.

The chain along the graph is ours: its cost grows with the network, where that of differentiating the composed function
doubles with every layer.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from gradcalc.derivation.certificate import TOLERANCE, Disagreement
from gradcalc.derivation.closed_form import Definition
from gradcalc.derivation.rules import constant, kinks, loss_rule, loss_term, rule_of
from gradcalc.derivation.symbol_values import evaluate
from gradcalc.errors import DomainError, LimitError
from gradcalc.expressions import float_functions
from gradcalc.expressions.expression import (
    PREACTIVATION,
    Expression,
    FormulaError,
    Symbol,
    cases,
    filled,
    in_postorder,
    leaf,
    name,
    replaced,
    substituted,
    symbols_in,
)
from gradcalc.expressions.parser import parse, parse_constant
from gradcalc.expressions.print_code import SymPyText
from gradcalc.expressions.sympy_form import compares_many, from_sympy, is_large, to_sympy
from gradcalc.expressions.sympy_form import derivative as with_kinks
from gradcalc.expressions.textbook import readable
from gradcalc.expressions.walk import write
from gradcalc.network.network import Network
from gradcalc.records import Record

if TYPE_CHECKING:
    from gradcalc.activations import Activation
    from gradcalc.losses import Loss

SAMPLES, OUTPUTS = (-1.75, -0.625, 0.375, 1.25), (0.148, 0.349, 0.593, 0.777)
"""Where SymPy's derivative is compared with the rule: between the kinks of all activations, and where every loss has a
value."""

FARTHER = (4.5, 17.0, 130.0, -4.5, -17.0, -130.0)  # the same of formulas that have no value at any of these

LONGEST = 80  # characters of an exact value
MOST_ROOTS, HIGHEST_POWER = 4, 16  # of an exact value that is multiplied out
PATIENCE = 10.0  # seconds that SymPy may take, unless others are given


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Raises LimitError where what runs within, in the main thread, takes more of the processor's time."""
    import signal

    def stop(number: int, frame: object) -> None:
        raise LimitError(f"the work in symbols took more than {seconds:g} s; --time-limit gives it longer")

    try:
        before = signal.signal(signal.SIGVTALRM, stop)
    except (AttributeError, ValueError):
        yield
        return
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


class Local(Record):
    """A function, its derivative as SymPy finds it, and the rule that a step names."""

    function: Expression  # σ(x)
    definition: Expression
    derivative: Expression  # σ′(x)
    derived: Expression  # by SymPy
    rule: str
    kinks: Sequence[Expression]  # equations: where it, or of a formula a part of it, has none
    read: Expression | None = None  # as the rule has it, where that is in y


MOST_LINES = 24  # definitions up to which a preactivation has a line of its own


def network_of(symbols: Sequence[Definition]) -> list[Definition]:
    """The definitions, from the output back; in a long one preactivations are written into what they feed."""
    if len(symbols) <= MOST_LINES:
        return list(symbols[::-1])
    inner = {symbol: tree for symbol, tree in symbols if symbol.letter == PREACTIVATION}
    return [(symbol, replaced(tree, "symbol", inner.get)) for symbol, tree in symbols[::-1] if symbol not in inner]


def local_derivatives(network: Network) -> list[Local]:
    """Of the loss, then of every activation, each once, from the output back. Raises Disagreement with the rule."""
    losses = [network.loss_at(target.node) for target in network.targets] or [network.loss]
    losses = losses if network.of is None else []  # of a node there is no loss
    by_term = {loss.term: loss for loss in losses}
    found = [local for local in map(of_loss, by_term.values()) if local is not None]
    seen: set[str] = set()
    for layer in reversed(network.layers):
        activation = layer.activation
        if activation.text not in seen and not activation.couples and activation.name != "identity":
            seen.add(activation.text)
            found.append(of_activation(activation))
    return found


def of_activation(activation: Activation) -> Local:
    """The derivative of an activation by x."""
    rule = rule_of(activation)
    options = {option: value for option, value in activation.options.items() if not activation.parametric}
    parsed = _parsed(activation.formula, ("x", *activation.options), options)
    derived = derivative(parsed, "x")
    ours = filled(rule.exact, {"y": rule.value})
    _compare(derived, ours, "x", SAMPLES, {"alpha": 0.3} if activation.parametric else {}, activation.text)
    definition = rule.value
    if not any(node.head == "cases" for node in in_postorder(definition)):  # as SymPy has it, without names for parts
        as_written = is_large(parsed) or compares_many(parsed)
        definition = readable(parsed if as_written else from_sympy(to_sympy(parsed)))
    function, its_derivative = (Expression(letter, (name("x"),)) for letter in (rule.letter[:-1], rule.letter))
    read = filled(rule.derivative, {"y": function})
    read_in_y = read if name("y") in in_postorder(rule.derivative) and read != derived else None
    where = kinks(definition) if activation.is_kink else ()
    return Local(function, definition, its_derivative, derived, rule.name.partition(";")[0], where, read_in_y)


def of_loss(loss: Loss) -> Local | None:
    """The derivative of one unit's term by y; of losses that couple their units none."""
    if not loss.per_unit:
        return None
    y, options, term = name("y"), dict(loss.options), loss_term(loss)
    rule, ours, _ = loss_rule(loss)
    definition = readable(term)
    derived = derivative(term if loss.cases else _parsed(loss.per_unit, ("y", "t", *options), options), "y")
    _compare(derived, ours, "y", OUTPUTS, {"t": 0.4}, loss.text)
    function, its_derivative = (Expression(letter, (y,)) for letter in ("ℓ", "ℓ′"))
    where = kinks(definition) if loss.is_kink else ()
    return Local(function, definition, its_derivative, derived, rule.partition(";")[0], where)


def derivative(formula: Expression, variable: str) -> Expression:
    """SymPy's derivative of a formula, of cases one by one; by functions with known derivatives where it has kinks, and
    then also node by node where it is large."""
    if formula.head == "cases":
        above, below, of = formula.parts
        return cases(derivative(above, variable), derivative(below, variable), of)
    sympy = load()
    if is_large(formula) or compares_many(formula):
        return readable(with_kinks(formula, variable))
    try:
        with sympy.core.parameters.distribute(False):  # 2(y − t), not 2y − 2t
            derived = from_sympy(sympy.diff(to_sympy(formula), sympy.Symbol(variable, real=True)))
    except FormulaError:
        derived = with_kinks(formula, variable)
    return readable(derived)


def _parsed(text: str, names: Sequence[str], options: Mapping[str, float]) -> Expression:
    return substituted(parse(text, names), {option: constant(value) for option, value in options.items()})


def _compare(
    derived: Expression, ours: Expression, variable: str, samples: Sequence[float], others: Mapping[str, float], of: str
) -> None:
    """SymPy's derivative beside the rule's, at some points of the domain; a formula may have a narrow one."""
    compared = 0
    for sample in (*samples, *FARTHER):
        values = {Symbol("", key): value for key, value in {**others, variable: sample}.items()}
        leaves = {symbol.name: leaf(symbol) for symbol in values}
        try:
            one, other = (evaluate(filled(tree, leaves), values, float_functions) for tree in (derived, ours))
        except DomainError:
            continue
        if abs(one - other) > TOLERANCE * max(abs(one), abs(other), 1):
            raise Disagreement(f"SymPy's derivative of {of} and the rule's differ at {variable} = {sample}")
        compared += 1
        if compared == len(samples):
            return


def exact_value(tree: Expression, given: Mapping[Symbol, Any], exact: Mapping[Symbol, str]) -> str | None:
    """The value in exact numbers, where the network is made of such: algebraic functions of the constants given; of a
    vector or matrix None."""
    import sympy

    if not exact:
        return None
    values = {symbol: sympy.Rational(repr(float(value))) for symbol, value in given.items() if symbol not in exact}
    try:
        found = as_sympy(tree, values | {symbol: to_sympy(parse_constant(text)) for symbol, text in exact.items()})
        if not isinstance(found, sympy.Expr) or found.has(sympy.Function, sympy.Float, sympy.nan, sympy.zoo):
            return None
        powers = found.atoms(sympy.Pow)
        is_simple = sum(not power.exp.is_Integer for power in powers) <= MOST_ROOTS and all(
            power.exp.is_Rational and abs(power.exp) <= HIGHEST_POWER for power in powers
        )
        texts = [str(form) for form in ((sympy.radsimp(found), sympy.expand(found)) if is_simple else (found,))]
    except (OverflowError, ValueError):  # an integer too long for its logarithm, or for Python to write it
        return None
    return shortest if len(shortest := min(texts, key=len)) <= LONGEST else None


def as_sympy(tree: Expression, values: Mapping[Symbol, Any] | None = None) -> Any:
    """An expression of a derivation in SymPy: symbols by their names in SymPy's text, or `values` in their place."""
    import sympy

    notation = SymPyText()
    text = write(tree, notation)
    locals_ = {notation.symbol(symbol): value for symbol, value in (values or {}).items()}
    for symbol in symbols_in(tree):
        locals_.setdefault(notation.symbol(symbol), sympy.Symbol(notation.symbol(symbol)))
    return sympy.sympify(text, locals=locals_, rational=values is not None)


POLYHEDRA = "sympy.combinatorics.polyhedron"
NAMES = ("Polyhedron", "tetrahedron", "cube", "octahedron", "dodecahedron", "icosahedron")


def load() -> Any:
    """The sympy module, without the polyhedra that no derivative needs.

    The first sum that SymPy forms imports its tensors, these its permutation groups, and these lay out five polyhedra
    with all their rotations: a tenth of the time that SymPy takes to load. Here they are laid out when somebody asks
    for one.
    """
    import sympy

    if "sympy.combinatorics" not in sys.modules:
        sys.modules[POLYHEDRA] = stand_in = ModuleType(POLYHEDRA)  # empty names, while the groups are imported
        stand_in.__dict__.update(dict.fromkeys(NAMES))
        try:
            groups = import_module("sympy.combinatorics")
        finally:
            del sys.modules[POLYHEDRA]
        for polyhedron in NAMES:
            groups.__dict__.pop(polyhedron, None)
        groups.__dict__["__getattr__"] = _polyhedron
    return sympy


def _polyhedron(name: str) -> Any:
    if name not in NAMES:
        raise AttributeError(f"module 'sympy.combinatorics' has no attribute {name!r}")
    return getattr(import_module(POLYHEDRA), name)
