"""Jacobians of activations that take a layer's units together, as matrices: softmax J = diag(p) − p pᵀ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradcalc.derivation.chart import Slope
from gradcalc.derivation.rules import constant
from gradcalc.expressions.build import call, difference, number, power, product, quotient, total
from gradcalc.expressions.expression import ONE, Expression
from gradcalc.expressions.symbols import MEAN, SCALE, Symbol, leaf

if TYPE_CHECKING:
    from gradcalc.activations import Activation

Beside = list[tuple[Symbol, Expression]]


def jacobian(activation: Activation, z: Expression, y: Expression, layer: Symbol, width: int) -> tuple[Slope, Beside]:
    """J = ∂y/∂z [out][in] over y, and the means and scales that it needs."""
    return MAKERS[activation.name](activation, z, y, layer, width)


def _softmax(activation: Activation, z: Expression, y: Expression, layer: Symbol, width: int) -> tuple[Slope, Beside]:
    tree = difference(call("diag", y), call("outer", y, y))
    return Slope(tree, tree, "softmax Jacobian"), []


def _log_softmax(
    activation: Activation, z: Expression, y: Expression, layer: Symbol, width: int
) -> tuple[Slope, Beside]:
    tree = difference(_identity(width), call("outer", _ones(width), call("exp", y)))
    return Slope(tree, tree, "log-softmax Jacobian"), []


def _layer_norm(
    activation: Activation, z: Expression, y: Expression, layer: Symbol, width: int
) -> tuple[Slope, Beside]:
    mean, scale = layer._replace(letter=MEAN), layer._replace(letter=SCALE)
    square = call("mean of", power(difference(z, leaf(mean)), number(2)))
    beside = [(mean, call("mean of", z)), (scale, _inverse_root(square, activation))]
    ones = call("outer", _ones(width), _ones(width))
    tree = _projected(leaf(scale), total((ones, call("outer", y, y))), width)
    return Slope(tree, tree, "layer-norm Jacobian"), beside


def _rms_norm(activation: Activation, z: Expression, y: Expression, layer: Symbol, width: int) -> tuple[Slope, Beside]:
    scale = layer._replace(letter=SCALE)
    beside = [(scale, _inverse_root(call("mean of", power(z, number(2))), activation))]
    tree = _projected(leaf(scale), call("outer", y, y), width)
    return Slope(tree, tree, "rms-norm Jacobian"), beside


def _projected(scale: Expression, out: Expression, width: int) -> Expression:
    """r(I − out/n)."""
    return product((scale, difference(_identity(width), quotient(out, number(width)))))


def _inverse_root(square: Expression, activation: Activation) -> Expression:
    return quotient(ONE, call("sqrt", total((square, constant(activation.options["eps"])))))


def _identity(width: int) -> Expression:
    return Expression("identity", (), width)


def _ones(width: int) -> Expression:
    return Expression("ones", (), width)


MAKERS = {"softmax": _softmax, "log_softmax": _log_softmax, "layer_norm": _layer_norm, "rms_norm": _rms_norm}
