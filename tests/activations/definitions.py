"""Derivatives of the activations in closed form, for mpmath: many points against them cost little.

Values come from `reference.functions`, and a test holds the derivatives here against central differences of those.
"""

import math

from reference.functions import ELEMENTWISE, SCALE_SELU, mp, sigmoid, softplus

SMALLEST = mp.mpf(2) ** -1075
LARGEST = mp.mpf(2) ** 1024
SELU_LEFT = mp.mpf(1.7580993408473766)
FAR = 10**5
"""Beyond it gates are open or shut to thousands of digits, which mpmath would compute."""


def either(x, positive, otherwise):
    return positive(x) if x > 0 else otherwise(x)


def inside(x, low, high, derivative):
    return derivative if low < x < high else mp.zero


CUBIC = mp.mpf("0.044715")


def gate_of_gelu_tanh(x):
    return 2 * mp.sqrt(2 / mp.pi) * (x + CUBIC * x**3)


def derivative_of_gelu_tanh(x):
    growth = 2 * mp.sqrt(2 / mp.pi) * (x + 3 * CUBIC * x**3)
    return sigmoid(gate_of_gelu_tanh(x)) * (1 + growth * sigmoid(-gate_of_gelu_tanh(x)))


def derivative_of_mish(x):
    return mp.tanh(softplus(x)) + x * sigmoid(x) / mp.cosh(softplus(x)) ** 2


def derivative_of_gelu(x):
    return mp.erfc(-x / mp.sqrt(2)) / 2 + x * mp.exp(-x * x / 2) / mp.sqrt(2 * mp.pi)


def derivative_of_hard_swish(x):
    return mp.one if x >= 3 else inside(x, -3, 3, (2 * x + 3) / 6)


DERIVATIVES = {
    "identity": lambda x: mp.one,
    "sigmoid": lambda x: sigmoid(x) * sigmoid(-x),
    "tanh": lambda x: 1 / mp.cosh(x) ** 2,
    "relu": lambda x: mp.mpf(x > 0),
    "leaky_relu": lambda x, alpha=0.01: mp.one if x > 0 else mp.mpf(alpha),
    "elu": lambda x, alpha=1.0: mp.one if x > 0 else mp.mpf(alpha) * mp.exp(x),
    "selu": lambda x: SCALE_SELU if x > 0 else SELU_LEFT * mp.exp(x),
    "celu": lambda x, alpha=1.0: mp.one if x > 0 else mp.exp(x / mp.mpf(alpha)),
    "gelu": derivative_of_gelu,
    "gelu_tanh": derivative_of_gelu_tanh,
    "silu": lambda x: sigmoid(x) * (1 + x * sigmoid(-x)),
    "mish": derivative_of_mish,
    "softplus": lambda x, beta=1.0: sigmoid(mp.mpf(beta) * x),
    "softsign": lambda x: 1 / (1 + abs(x)) ** 2,
    "hardtanh": lambda x: inside(x, -1, 1, mp.one),
    "relu6": lambda x: inside(x, 0, 6, mp.one),
    "hard_sigmoid": lambda x: inside(x, -3, 3, mp.one / 6),
    "hard_swish": derivative_of_hard_swish,
    "log_sigmoid": lambda x: sigmoid(-x),
    "step": lambda x: mp.zero,
    "sign": lambda x: mp.zero,
    "sin": mp.cos,
    "cos": lambda x: -mp.sin(x),
    "exp": mp.exp,
    "square": lambda x: 2 * x,
    "abs": mp.sign,
}
VALUES = {**ELEMENTWISE, "gelu_tanh": lambda x: x * sigmoid(gate_of_gelu_tanh(x))}
"""With the constant of gelu_tanh as the decimal number that it is defined by."""
GATED = {"gelu", "gelu_tanh", "silu", "mish"}


def value(name, **options):
    """σ for mpmath; far out a gate is taken as open or shut."""
    return _gated(name, lambda x: VALUES[name](x, **options), lambda x: x)


def derivative(name, **options):
    """σ′ likewise, by convention at the kinks."""
    return _gated(name, lambda x: DERIVATIVES[name](x, **options), lambda x: mp.one)


def _gated(name, near, far_right):
    if name not in GATED:
        return near
    return lambda x: near(x) if abs(x) < FAR else far_right(x) if x > 0 else mp.zero


def excess(function, x, got):
    """How far a double is off function(x), in units of 1 ulp × max(1, condition number); inf for a false zero."""
    x, digits = mp.mpf(x), 60
    with mp.workdps(digits + 20):
        true = function(x)
        if abs(true) < SMALLEST:
            return 0.0 if abs(got) <= math.ulp(0.0) else math.inf
        if abs(true) >= LARGEST or not math.isfinite(got):
            return (
                0.0
                if math.isinf(got) and abs(true) * (1 + 4 * mp.eps) >= LARGEST * (1 - mp.mpf(2) ** -53)
                else math.inf
            )
        if got == 0:
            return math.inf
        ulps = abs(mp.mpf(got) - true) / math.ulp(float(true))
        return float(ulps if ulps <= 1 else ulps / max(1, condition(function, x, true)))


def condition(function, x, true):
    """|x·f′(x)/f(x)|."""
    step = (abs(x) or mp.one) * mp.mpf(10) ** -30
    return abs(x * (function(x + step) - function(x - step)) / (2 * step) / true)
