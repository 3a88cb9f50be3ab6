"""Activations that take the units of a layer together: outputs and Jacobian entries as a textbook writes them.

softmax: ∂p_i/∂z_j = p_i(δ_ij − p_j). layer_norm: x̂ = (z − μ)·r, r = (v + ε)^−½, ∂x̂_i/∂z_j = r(δ_ij − 1/n − x̂_i x̂_j/n).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from gradcalc.derivation.rules import constant
from gradcalc.expressions.build import call, difference, negative, number, power, product, quotient, total
from gradcalc.expressions.expression import ONE, ZERO, Expression
from gradcalc.expressions.symbols import MEAN, SCALE, Symbol, leaf
from gradcalc.records import Record

if TYPE_CHECKING:
    from gradcalc.activations import Activation

Trees = Sequence[Expression]
Definitions = list[tuple[Symbol, Expression]]


class Coupled(Record):
    """`outputs` in the units z; `slope(i, j)` = ∂output_i/∂z_j in outputs and z; `beside`, quantities that they use."""

    rule: str
    outputs: list[Expression]
    slope: Callable[[int, int], Expression]
    beside: Definitions


def coupled(activation: Activation, zs: Trees, outputs: Trees, layer: str, example: int | None) -> Coupled:
    """The layer's activation in symbols."""
    return MAKERS[activation.name](activation, zs, outputs, Symbol("", layer, (), example))


def softmax(activation: Activation, zs: Trees, ps: Trees, layer: Symbol) -> Coupled:
    """p_i = e^z_i/Σ e^z_j."""

    def slope(i: int, j: int) -> Expression:
        return product((ps[i], difference(ONE, ps[i]))) if i == j else negative(product((ps[i], ps[j])))

    outputs = [call("share", *_first(zs, n)) for n in range(len(zs))]
    return Coupled("softmax Jacobian: pᵢ(δᵢⱼ − pⱼ)", outputs, slope, [])


def log_softmax(activation: Activation, zs: Trees, ys: Trees, layer: Symbol) -> Coupled:
    """y_i = z_i − ln Σ e^z_j."""

    def slope(i: int, j: int) -> Expression:
        return total((ONE if i == j else ZERO, negative(call("exp", ys[j]))))

    outputs = [call("log_share", *_first(zs, n)) for n in range(len(zs))]
    return Coupled("log-softmax Jacobian: δᵢⱼ − pⱼ", outputs, slope, [])


def layer_norm(activation: Activation, zs: Trees, ys: Trees, layer: Symbol) -> Coupled:
    """x̂_i = (z_i − μ)·r; of one unit, which is its own mean, 0."""
    if len(zs) == 1:
        return Coupled("layer-norm of one unit: 0", [ZERO], lambda i, j: ZERO, [])
    mean, scale = layer._replace(letter=MEAN), layer._replace(letter=SCALE)
    n, eps = number(len(zs)), constant(activation.options["eps"])
    centred = [difference(z, leaf(mean)) for z in zs]
    spread = quotient(total(power(part, number(2)) for part in centred), n)
    beside = [(mean, quotient(total(zs), n)), (scale, _inverse_root(total((spread, eps))))]

    def slope(i: int, j: int) -> Expression:
        if len(zs) == 2:  # of 1 − ½ − x̂²/2 = ε·r²/2 the left side cancels
            half = quotient(product((eps, power(leaf(scale), number(3)))), number(2))
            return half if i == j else negative(half)
        rest = quotient(total((ONE, product((ys[i], ys[j])))), n)
        return product((leaf(scale), difference(ONE if i == j else ZERO, rest)))

    outputs = [product((part, leaf(scale))) for part in centred]
    return Coupled("layer-norm Jacobian: r(δᵢⱼ − 1/n − x̂ᵢx̂ⱼ/n)", outputs, slope, beside)


def rms_norm(activation: Activation, zs: Trees, ys: Trees, layer: Symbol) -> Coupled:
    """y_i = z_i·r, r = (Σz²/n + ε)^−½."""
    scale, n, eps = layer._replace(letter=SCALE), number(len(zs)), constant(activation.options["eps"])
    square = quotient(total(power(z, number(2)) for z in zs), n)
    beside = [(scale, _inverse_root(total((square, eps))))]

    def slope(i: int, j: int) -> Expression:
        if len(zs) == 1:  # of 1 − y² = ε·r² the left side cancels
            return product((eps, power(leaf(scale), number(3))))
        rest = quotient(product((ys[i], ys[j])), n)
        return product((leaf(scale), difference(ONE if i == j else ZERO, rest)))

    outputs = [product((z, leaf(scale))) for z in zs]
    return Coupled("rms-norm Jacobian: r(δᵢⱼ − yᵢyⱼ/n)", outputs, slope, beside)


def maxout(activation: Activation, zs: Trees, ys: Trees, layer: Symbol) -> Coupled:
    """y_j = max z of its pieces; a tie is shared."""
    pieces = int(activation.options["pieces"])
    groups = [zs[start : start + pieces] for start in range(0, len(zs), pieces)]

    def slope(i: int, j: int) -> Expression:
        place = j - i * pieces
        return call("top_share", *_first(groups[i], place)) if 0 <= place < pieces and pieces > 1 else ONE

    outputs = [call("max", *group) if pieces > 1 else group[0] for group in groups]
    return Coupled("maximum: the largest counts", outputs, slope, [])


def _inverse_root(tree: Expression) -> Expression:
    return quotient(ONE, call("sqrt", tree))


def _first(trees: Trees, place: int) -> list[Expression]:
    """All trees, the one at this place in front."""
    return [trees[place], *trees[:place], *trees[place + 1 :]]


MAKERS: dict[str, Callable[[Activation, Trees, Trees, Symbol], Coupled]] = {
    "softmax": softmax,
    "log_softmax": log_softmax,
    "layer_norm": layer_norm,
    "rms_norm": rms_norm,
    "maxout": maxout,
}
