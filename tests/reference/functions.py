"""Activations, losses and joins written down from their definitions, for mpmath; derivatives by differences.

Nothing here comes from the package's own tables. A derivative is a central difference at twice the digits, except where
the definitions fix it by convention: at a kink.
"""

from contextlib import contextmanager

from mpmath import MPContext

DIGITS = 60
mp = MPContext()
mp.dps = 2 * DIGITS
STEP = mp.mpf(10) ** -35


READS_DECIMALS = False


@contextmanager
def decimals_read():
    """Within it a double is read as the shortest decimal that it is nearest to: what `--dps` computes with."""
    global READS_DECIMALS
    READS_DECIMALS = True
    try:
        yield
    finally:
        READS_DECIMALS = False


def exact(x):
    """A number of a spec: the very double, or its decimal where decimals are read."""
    return mp.mpf(repr(x) if READS_DECIMALS and isinstance(x, float) else x)


def sigmoid(x):
    return 1 / (1 + mp.exp(-x)) if x > 0 else mp.exp(x) / (1 + mp.exp(x))


def softplus(x):
    return max(x, mp.zero) + mp.log1p(mp.exp(-abs(x)))


def clip(x, low, high):
    return max(mp.mpf(low), min(x, mp.mpf(high)))


TAIL = mp.erfc(1 / mp.sqrt(2)) * mp.sqrt(mp.e)
ALPHA_SELU = mp.sqrt(2 / mp.pi) / (1 - TAIL)
SCALE_SELU = (1 - TAIL) * mp.sqrt(2 * mp.pi)
SCALE_SELU /= mp.sqrt(2 * mp.erfc(mp.sqrt(2)) * mp.e**2 + mp.pi * TAIL**2 - 2 * (2 + mp.pi) * TAIL + mp.pi + 2)
"""The fixed point of Klambauer et al., "Self-Normalizing Neural Networks", 2017, eq. 14: 1.6732…, 1.0507…"""

ELEMENTWISE = {
    "identity": lambda x: x,
    "sigmoid": sigmoid,
    "tanh": lambda x: mp.tanh(x),
    "relu": lambda x: max(x, mp.zero),
    "leaky_relu": lambda x, alpha=0.01: x if x > 0 else exact(alpha) * x,
    "prelu": lambda x, alpha=0.25: x if x > 0 else alpha * x,
    "elu": lambda x, alpha=1: x if x > 0 else exact(alpha) * mp.expm1(x),
    "selu": lambda x: SCALE_SELU * (x if x > 0 else ALPHA_SELU * mp.expm1(x)),
    "celu": lambda x, alpha=1: x if x > 0 else exact(alpha) * mp.expm1(x / exact(alpha)),
    "gelu": lambda x: x * mp.erfc(-x / mp.sqrt(2)) / 2,
    "gelu_tanh": lambda x: x * sigmoid(2 * mp.sqrt(2 / mp.pi) * (x + mp.mpf("0.044715") * x**3)),
    "silu": lambda x: x * sigmoid(x),
    "mish": lambda x: x * mp.tanh(softplus(x)),
    "softplus": lambda x, beta=1: softplus(exact(beta) * x) / exact(beta),
    "softsign": lambda x: x / (1 + abs(x)),
    "hardtanh": lambda x: clip(x, -1, 1),
    "relu6": lambda x: clip(x, 0, 6),
    "hard_sigmoid": lambda x: clip((x + 3) / 6, 0, 1),
    "hard_swish": lambda x: x * clip((x + 3) / 6, 0, 1),
    "log_sigmoid": lambda x: -softplus(-x),
    "step": lambda x: mp.mpf(x > 0),
    "sign": lambda x: mp.mpf((x > 0) - (x < 0)),
    "sin": lambda x: mp.sin(x),
    "cos": lambda x: mp.cos(x),
    "exp": lambda x: mp.exp(x),
    "square": lambda x: x * x,
    "abs": lambda x: abs(x),
    "x / (1 + exp(-1.702 x))": lambda x: x * sigmoid(mp.mpf("1.702") * x),
}
"""By name; formulas by their text."""

KINKS = {
    "relu": lambda: {0: 0},
    "leaky_relu": lambda alpha=0.01: {0: alpha},
    "prelu": lambda alpha: {0: alpha},
    "elu": lambda alpha=1: {0: alpha},
    "selu": lambda: {0: SCALE_SELU * ALPHA_SELU},
    "celu": lambda alpha=1: {0: 1},
    "softsign": lambda: {0: 1},
    "hardtanh": lambda: {-1: 0, 1: 0},
    "relu6": lambda: {0: 0, 6: 0},
    "hard_sigmoid": lambda: {-3: 0, 3: 0},
    "hard_swish": lambda: {-3: 0, 3: 1},
    "step": lambda: {0: 0},
    "sign": lambda: {0: 0},
    "abs": lambda: {0: 0},
}
"""The derivative at the points where a derivative jumps (and where a difference would lose half its digits: softsign).
"""


def softmax(xs):
    top = max(xs)
    powers = [mp.exp(x - top) for x in xs]
    return [power / mp.fsum(powers) for power in powers]


def log_softmax(xs):
    top = max(xs)
    total = mp.log(mp.fsum(mp.exp(x - top) for x in xs))
    return [x - top - total for x in xs]


def layer_norm(xs, eps=1e-5):
    mean = mp.fsum(xs) / len(xs)
    variance = mp.fsum((x - mean) ** 2 for x in xs) / len(xs)
    return [(x - mean) / mp.sqrt(variance + mp.mpf(repr(eps))) for x in xs]


def rms_norm(xs, eps=1e-5):
    square = mp.fsum(x * x for x in xs) / len(xs)
    return [x / mp.sqrt(square + mp.mpf(repr(eps))) for x in xs]


def maxout(xs, pieces=2):
    return [max(xs[place : place + int(pieces)]) for place in range(0, len(xs), int(pieces))]


COUPLED = {
    "softmax": softmax,
    "log_softmax": log_softmax,
    "layer_norm": layer_norm,
    "rms_norm": rms_norm,
    "maxout": maxout,
}


def derivative(function, x):
    """f′(x) to 60 digits: a central difference, with digits to spare where f is nearly flat and where x is small."""
    x = mp.mpf(x)
    size = min(abs(x), mp.mpf(1000))
    small = min(size, mp.one) or mp.one
    with mp.workdps(2 * DIGITS + 2 * int(size) - 2 * int(mp.log10(small))):
        step = STEP * small * mp.mpf(10) ** -int(size)
        return (function(x + step) - function(x - step)) / (2 * step)


def bent_derivative(name, options, x):
    """σ′(x), by convention at a kink."""
    kinks = KINKS[name](**options) if name in KINKS else {}
    if x in kinks:
        return mp.mpf(kinks[x])
    return derivative(lambda at: ELEMENTWISE[name](at, **options), x)


def jacobian(name, options, xs):
    """∂σ/∂x [out][in]; ties of maxout share equally."""
    if name == "maxout":
        return maxout_jacobian(xs, **options)
    columns = []
    for place in range(len(xs)):
        above, below = list(xs), list(xs)
        above[place] += STEP
        below[place] -= STEP
        pairs = zip(COUPLED[name](above, **options), COUPLED[name](below, **options))
        columns.append([(high - low) / (2 * STEP) for high, low in pairs])
    return [list(row) for row in zip(*columns)]


def maxout_jacobian(xs, pieces=2):
    rows = []
    for start in range(0, len(xs), int(pieces)):
        piece = range(start, start + int(pieces))
        top = max(xs[place] for place in piece)
        ties = sum(xs[place] == top for place in piece)
        rows.append([mp.one / ties if n in piece and x == top else mp.zero for n, x in enumerate(xs)])
    return rows


def product(xs):
    return mp.fprod(xs)


JOINS = {"multiply": product, "max": max, "min": min, "mean": lambda xs: mp.fsum(xs) / len(xs), "sum": mp.fsum}


def join_derivatives(name, xs):
    """The derivative of a join by each of its sources; ties share equally."""
    if name in ("max", "min"):
        top = JOINS[name](xs)
        return [mp.one / xs.count(top) if x == top else mp.zero for x in xs]
    if name == "multiply":
        return [product([x for other, x in enumerate(xs) if other != place]) for place in range(len(xs))]
    return [mp.one / (len(xs) if name == "mean" else 1)] * len(xs)


def xlogy(a, b):
    return mp.zero if a == 0 else a * mp.log(b)


def huber(d, delta):
    return d * d / 2 if abs(d) <= delta else exact(delta) * (abs(d) - exact(delta) / 2)


def summed(term):
    return lambda ys, ts, **options: mp.fsum(term(y, t, **options) for y, t in zip(ys, ts))


def averaged(term):
    return lambda ys, ts, **options: summed(term)(ys, ts, **options) / len(ys)


LOSSES = {
    "mse": averaged(lambda y, t: (y - t) ** 2),
    "sse": summed(lambda y, t: (y - t) ** 2),
    "half_sse": summed(lambda y, t: (y - t) ** 2 / 2),
    "mae": averaged(lambda y, t: abs(y - t)),
    "huber": averaged(lambda y, t, delta=1: huber(y - t, delta)),
    "log_cosh": averaged(lambda y, t: mp.log(mp.cosh(y - t))),
    "bce": averaged(lambda y, t: -xlogy(t, y) - xlogy(1 - t, 1 - y)),
    "bce_with_logits": averaged(lambda y, t: softplus(y) - t * y),
    "cross_entropy": lambda ys, ts: -mp.fsum(t * p for t, p in zip(ts, log_softmax(ys))),
    "nll": summed(lambda y, t: -xlogy(t, y)),
    "hinge": averaged(lambda y, t: max(mp.zero, 1 - t * y)),
    "kl": summed(lambda y, t: xlogy(t, t / y) if t else mp.zero),
    "poisson": averaged(lambda y, t: y - xlogy(t, y)),
    "output": lambda ys, ts: mp.fsum(ys),
    "nll of logarithms": summed(lambda y, t: -t * y),
    "kl of logarithms": summed(lambda y, t: t * (mp.log(t) - y) if t else mp.zero),
}
"""By name; nll and kl read the output of a log_softmax as the logarithms of what they are about."""


def loss(bound, ys, ts):
    """The loss of one example, with its scale."""
    return exact(bound.scale) * LOSSES[bound.name](ys, ts, **bound.options)


def loss_derivatives(bound, ys, ts):
    """∂L/∂y, 0 where the loss has a kink."""
    found = []
    for place, y in enumerate(ys):
        on_kink = (bound.name == "mae" and y == ts[place]) or (bound.name == "hinge" and ts[place] * y == 1)

        def moved(at, place=place):
            return loss(bound, [*ys[:place], at, *ys[place + 1 :]], ts)

        found.append(mp.zero if on_kink else derivative(moved, y))
    return found
