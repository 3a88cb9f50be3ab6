"""Every loss and its derivatives by definition, in mpmath; conditions by tiny differences there.

The definitions cancel: 400 digits leave 60 and more even of 1 − σ(745).
"""

from mpmath import MPContext

mp = MPContext()
mp.dps = 400
TINY = mp.mpf(10) ** -30


def xlogy(a, b):
    return mp.zero if a == 0 else a * mp.log(b)


def softmax(ys):
    powers = [mp.exp(y) for y in ys]
    return [power / mp.fsum(powers) for power in powers]


def mean(terms):
    listed = list(terms)
    return mp.fsum(listed) / len(listed)


def huber(d):
    return d * d / 2 if abs(d) <= 1 else abs(d) - mp.mpf(1) / 2


def clipped(d):
    return max(-mp.one, min(d, mp.one))


def sigmoid(y):
    return 1 / (1 + mp.exp(-y))


def bce(ys, ts):
    return -mean(xlogy(t, y) + xlogy(1 - t, 1 - y) for y, t in zip(ys, ts))


def bce_derivatives(ys, ts):
    return [((1 - t) / (1 - y) if t != 1 else 0) - (t / y if t else 0) for y, t in zip(ys, ts)]


def nll(ys, ts):
    return -mp.fsum(xlogy(t, y) for y, t in zip(ys, ts))


def kl(ys, ts):
    return mp.fsum(xlogy(t, t / y) for y, t in zip(ys, ts))


def over_target(ys, ts):
    return [-t / y if t else mp.zero for y, t in zip(ys, ts)]


def each(derivative):
    """Derivatives of a sum over the units."""
    return lambda ys, ts: [derivative(y, t) for y, t in zip(ys, ts)]


def averaged(derivatives):
    return lambda ys, ts: [derivative / len(ys) for derivative in derivatives(ys, ts)]


VALUES = {
    "mse": lambda ys, ts: mean((y - t) ** 2 for y, t in zip(ys, ts)),
    "sse": lambda ys, ts: mp.fsum((y - t) ** 2 for y, t in zip(ys, ts)),
    "half_sse": lambda ys, ts: mp.fsum((y - t) ** 2 for y, t in zip(ys, ts)) / 2,
    "mae": lambda ys, ts: mean(abs(y - t) for y, t in zip(ys, ts)),
    "huber": lambda ys, ts: mean(huber(y - t) for y, t in zip(ys, ts)),
    "log_cosh": lambda ys, ts: mean(mp.log(mp.cosh(y - t)) for y, t in zip(ys, ts)),
    "bce": bce,
    "bce_with_logits": lambda ys, ts: mean(mp.log1p(mp.exp(y)) - t * y for y, t in zip(ys, ts)),
    "cross_entropy": lambda ys, ts: nll(softmax(ys), ts),
    "nll": nll,
    "kl": kl,
    "poisson": lambda ys, ts: mean(y - xlogy(t, y) for y, t in zip(ys, ts)),
    "hinge": lambda ys, ts: mean(max(mp.zero, 1 - t * y) for y, t in zip(ys, ts)),
    "output": lambda ys, ts: mp.fsum(ys),
}

DERIVATIVES = {
    "mse": averaged(each(lambda y, t: 2 * (y - t))),
    "sse": each(lambda y, t: 2 * (y - t)),
    "half_sse": each(lambda y, t: y - t),
    "mae": averaged(each(lambda y, t: mp.sign(y - t))),
    "huber": averaged(each(lambda y, t: clipped(y - t))),
    "log_cosh": averaged(each(lambda y, t: mp.tanh(y - t))),
    "bce": averaged(bce_derivatives),
    "bce_with_logits": averaged(each(lambda y, t: sigmoid(y) - t)),
    "cross_entropy": lambda ys, ts: [p * mp.fsum(ts) - t for p, t in zip(softmax(ys), ts)],
    "nll": over_target,
    "kl": over_target,
    "poisson": averaged(each(lambda y, t: 1 - t / y if t else mp.one)),
    "hinge": averaged(each(lambda y, t: -t if t * y < 1 else mp.zero)),
    "output": each(lambda y, t: mp.one),
}

AFTER = {
    ("bce", "sigmoid"): (
        lambda zs, ts: bce([sigmoid(z) for z in zs], ts),
        averaged(each(lambda z, t: (1 - t) * (1 + mp.exp(z)) - t * (1 + mp.exp(-z)))),
    ),
    ("nll", "softmax"): (VALUES["cross_entropy"], lambda zs, ts: over_target(softmax(zs), ts)),
    ("kl", "softmax"): (lambda zs, ts: kl(softmax(zs), ts), lambda zs, ts: over_target(softmax(zs), ts)),
    ("cross_entropy", "softmax"): (
        lambda zs, ts: nll(softmax(softmax(zs)), ts),
        lambda zs, ts: DERIVATIVES["cross_entropy"](softmax(zs), ts),
    ),
    ("cross_entropy", "log_softmax"): (VALUES["cross_entropy"], DERIVATIVES["cross_entropy"]),
    ("nll", "log_softmax"): (VALUES["cross_entropy"], lambda zs, ts: [-t for t in ts]),
    ("kl", "log_softmax"): (lambda zs, ts: kl(softmax(zs), ts), lambda zs, ts: [-t for t in ts]),
}


def condition(function, ys, ts):
    """Σ |x ∂f/∂x| / |f| over all outputs and targets, zeros (which no rounding moves) left out."""
    value = function(ys, ts)
    if value == 0:
        return mp.inf
    moved = mp.zero
    for numbers, at in ((ys, 0), (ts, 1)):
        for i, x in enumerate(numbers):
            moved += _moved(function, (ys, ts), at, i, value) if x else 0
    return moved / abs(value) / TINY


def _moved(function, numbers, at, i, value):
    """How far the value moves when one number moves by TINY of itself, towards 0, where every domain reaches."""
    lists = [list(each) for each in numbers]
    lists[at][i] *= 1 - TINY
    return abs(function(*lists) - value)
