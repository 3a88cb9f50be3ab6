"""Numbers of path sums for eyes: counts of any size, what one path carries, few digits where more tell nothing."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

from gradcalc.blocks import Percent
from gradcalc.results import PathAnalysis, PathSums
from gradcalc.views.scales import rounded

LONG, LEAST = 10**7, 1e-4
DIGITS, FEWER = 4, 3
WHOLE, MANY = 100, 10**6
ROUNDING = 1e-9


def computing(arithmetic: str) -> AbstractContextManager[object]:
    """What must be entered where sums are divided and added up: Decimals of our own go further than Python's."""
    if arithmetic != "extended":
        return nullcontext()
    from gradcalc.arithmetic.extended import Extended

    return Extended.context()


def one_path(magnitude: Any, count: int) -> Any:
    """The mean |contribution|, to four digits; a count may be beyond doubles where magnitudes are not."""
    try:
        return rounded(magnitude / count, DIGITS)
    except OverflowError:
        from decimal import Decimal

        return rounded(Decimal(magnitude) / count, DIGITS)


def shortened(count: int) -> Any:
    """A count, of many digits four."""
    if count < LONG:
        return count
    from decimal import Decimal

    return rounded(Decimal(count), DIGITS)


def brief(number: Any) -> Any:
    """A number to three digits, to all before the point where they are a few more: 1.12, 1801, 4.21×10⁶."""
    if number and WHOLE <= abs(number) < MANY:
        return int(2 * number + 1) // 2
    return rounded(number, FEWER)


def share(part: Any, whole: Any) -> Percent | str:
    """A part of the summed magnitude, of next to none no digits."""
    fraction = part / whole if whole else None
    if fraction is None or not fraction or fraction >= LEAST:
        return Percent(fraction)
    return f"< {100 * LEAST:g} %"


def ratio(part: int, whole: int) -> float:
    """A quotient of integers of any size."""
    return part / whole if whole else 0.0


def cancels(sums: PathSums) -> bool:
    """Whether some of what the paths carry is lost where they meet."""
    against = sums.cancellation
    return bool(sums.magnitude) and (against is None or against > 1 + ROUNDING)


def is_part(analysis: PathAnalysis) -> bool:
    """Whether it is about a part of the paths; all that end at a node in place of the loss are no part."""
    return analysis.part.startswith(("through ", "not through "))
