"""Windows of loss scales against what NumPy and ml_dtypes store, on random networks of the whole spec language.

    python -m tests.differential.loss_scales --networks 10000 --seed 1

Inside a window no quantity of the backward pass loses more than rounding when it is stored times the loss scale, which
is asked of its least and greatest power of two and of one between. One power of two farther the quantity that is named
is outside: too small for all its digits, or past the largest number. Where there is no window, no power of two keeps
both of the quantities that are named.
"""

import argparse
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

import ml_dtypes
import numpy as np

import gradcalc
from gradcalc.analysis.precision import Precision, Quantity, Window, precision

from .random_specs import Spec, random_spec

TYPES = {
    "float32": np.float32,
    "float16": np.float16,
    "bfloat16": ml_dtypes.bfloat16,
    "float8_e4m3fn": ml_dtypes.float8_e4m3fn,
    "float8_e5m2": ml_dtypes.float8_e5m2,
}
FARTHEST = 3000  # powers of ten of a fraction
MOST = 1000  # powers of two up to which a float64 holds a loss scale


class TooFar(Exception):
    """A fraction of that size has more digits than can be computed with."""


def backward(found: Precision) -> dict[str, Any]:
    """Every quantity of the backward pass that is not 0, by kind, name and example: float64, or fractions where any is
    in extended range."""
    exact = {name(one): one.exact for one in found.quantities if one.is_backward and one.exact}
    if all(isinstance(size, float) for size in exact.values()):
        return {which: abs(size) for which, size in exact.items()}
    if any(isinstance(size, Decimal) and abs(size.adjusted()) > FARTHEST for size in exact.values()):
        raise TooFar
    return {which: abs(Fraction(size)) for which, size in exact.items()}


def name(quantity: Quantity | None) -> str:
    return "" if quantity is None else f"{quantity.kind} {quantity.of} {quantity.example}"


def outside(dtype: str, sizes: dict[str, Any], exponent: int) -> set[str]:
    """Which quantities are stored with fewer digits than a normal number has, or not at all."""
    held = ml_dtypes.finfo(TYPES[dtype])
    if all(isinstance(size, float) for size in sizes.values()):
        scaled = np.ldexp(np.array(list(sizes.values())), exponent)  # exact, as far as it is compared
    else:
        fractions = [size * Fraction(2) ** exponent for size in map(Fraction, sizes.values())]
        scaled = np.array([float(x) if x < Fraction(2) ** 1000 else np.inf for x in fractions])
    with np.errstate(all="ignore"):
        near = scaled.astype(np.float32).astype(TYPES[dtype]).astype(float)
        normal = np.isfinite(near) & (scaled <= float(held.max)) & (scaled >= float(held.smallest_normal))
        assert np.all(np.abs(near - scaled)[normal] <= scaled[normal] * float(held.eps)), (dtype, exponent)
    return {which for which, is_normal in zip(sizes, normal) if not is_normal}


def faults(spec: Spec) -> Iterator[str]:
    """What is wrong with the windows of one network."""
    found = precision(gradcalc.load(spec), list(TYPES))
    sizes = backward(found)
    for dtype, held in found.formats.items():
        yield from (f"{dtype}: {fault}" for fault in faults_of(dtype, held.window, sizes))


def faults_of(dtype: str, window: Window, sizes: dict[str, Any]) -> Iterator[str]:
    if not sizes:
        yield from [] if window.low is None and window.exists else ["no quantity, but a window"]
        return
    low_by, high_by, powers = name(window.low_by), name(window.high_by), window.powers()
    if not window.exists:
        for exponent in range(-20, 60):
            if not outside(dtype, {one: sizes[one] for one in (low_by, high_by)}, exponent):
                yield f"2^{exponent} keeps {low_by} and {high_by}"
        return
    if not powers or max(abs(powers[0]), abs(powers[-1])) > MOST:
        return
    for exponent in {powers[0], powers[len(powers) // 2], powers[-1]}:
        if lost := outside(dtype, sizes, exponent):
            yield f"2^{exponent} is in the window and loses {sorted(lost)[:3]}"
    if low_by not in outside(dtype, sizes, powers[0] - 1):
        yield f"2^{powers[0] - 1} is below the window and keeps {low_by}"
    if high_by not in outside(dtype, sizes, powers[-1] + 1):
        yield f"2^{powers[-1] + 1} is above the window and keeps {high_by}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--networks", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    counted: Counter[str] = Counter()
    for number in range(asked.networks):
        spec: dict[str, Any] = random_spec(asked.seed, number)
        try:
            found = list(faults(spec))
        except (gradcalc.GradcalcError, TooFar):
            counted["refused"] += 1
            continue
        counted["wrong" if found else "right"] += 1
        for fault in found:
            print(f"network {number}: {fault}")
    print(", ".join(f"{number} {what}" for what, number in counted.items()))
    return int(bool(counted["wrong"]))


if __name__ == "__main__":
    raise SystemExit(main())
