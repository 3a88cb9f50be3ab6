"""Several values for one key, as written: `3,10,40`, `1..40`, `0.1..2:0.1`, `1e-3..1e3:log10`, `sigmoid,tanh`.

A range includes its end where the steps reach it. `:0.1` is a step that is added, `:log10` a factor of 10, and
`:log10/4` four values to such a factor. Steps are added as decimals, so that 0.1..2:0.1 holds 0.3.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from json import dumps
from math import lcm, prod
from typing import TYPE_CHECKING, Any, overload

from gradcalc.errors import UsageError
from gradcalc.language.grammars import Unreadable
from gradcalc.language.overrides import read_several

if TYPE_CHECKING:
    from decimal import Decimal

NUMBER = r"[-+]?(?:\d+(?:\.\d+)?|(?<!\.)\.\d+)(?:[eE][-+]?\d+)?"
RANGE = rf"({NUMBER})\.\.({NUMBER})(?::(?:({NUMBER})|log({NUMBER})(?:/(\d+))?))?"
MOST = 10_000_000
LAID_OUT = 1000  # numbers of a range up to which it is a list
LEAST, LARGEST = 1e-280, 1e300  # sizes of numbers whose sums float64 holds to the last bit


class EvenRange(Sequence[Any]):
    """(first + place·step)/divisor of every place, rounded once; integers where there is no divisor. It takes no
    memory, however many numbers it has."""

    def __init__(self, first: int, step: int, count: int, divisor: int | None) -> None:
        self._places = range(first, first + step * count, step)
        self._divisor = divisor

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, place: int) -> int | float: ...
    @overload
    def __getitem__(self, place: slice) -> list[int | float]: ...
    def __getitem__(self, place: int | slice) -> int | float | list[int | float]:
        """One number, or a list of them."""
        numbers, divisor = self._places[place], self._divisor
        if isinstance(numbers, int):
            return numbers if divisor is None else numbers / divisor
        return list(numbers) if divisor is None else [number / divisor for number in numbers]

    def index(self, value: Any, start: int = 0, stop: int | None = None) -> int:
        """The place of a number, found without a walk. Raises ValueError where it is none of them."""
        if value.__class__ is not (int if self._divisor is None else float) or value - value != 0:
            raise ValueError(f"{value} is not in the range")
        over, below = value.as_integer_ratio()
        near = (over * (self._divisor or 1) - below * self._places.start) // (below * self._places.step)
        for place in range(max(near - 1, start), min(near + 3, len(self) if stop is None else stop)):
            if self[place] == value:
                return place
        raise ValueError(f"{value} is not in the range")

    def __iter__(self) -> Iterator[int | float]:
        divisor = self._divisor
        return iter(self._places) if divisor is None else (number / divisor for number in self._places)


def varied(texts: Sequence[str], option: str = "--vary") -> dict[str, Sequence[Any]]:
    """`KEY=VALUES` of every text: the keys with their values, each value once. Raises UsageError."""
    axes: dict[str, Sequence[Any]] = {}
    for text in texts:
        key, values = key_and_values(text, option)
        if key in axes:
            raise UsageError(f"{option} {text}: {key} is varied already")
        axes[key] = each_once(values)
    count = prod(map(len, axes.values()))
    if count > MOST:
        raise UsageError(f"{option} {f' {option} '.join(texts)}: makes {count:,} points; {MOST:,} is the most")
    return axes


def repeated(texts: Sequence[str]) -> Iterator[str]:
    """A warning for each of the texts that gives a value more than once."""
    for text in texts:
        _, values = key_and_values(text, "--vary")
        if len(each_once(values)) < len(values):
            yield f"warning: --vary {text}: a value that is given more than once is taken once"


def each_once(values: Sequence[Any]) -> Sequence[Any]:
    """The values, without those that are written like one before."""
    if isinstance(values, EvenRange):
        return values
    return list({dumps(value, sort_keys=True): value for value in values}.values())


def key_and_values(text: str, option: str) -> tuple[str, Sequence[Any]]:
    """The key and the values of `KEY=VALUES`. Raises UsageError that names the option."""
    key, given, values = text.partition("=")
    if not given or not key.strip() or not values.strip():
        raise UsageError(f"{option} {text}: is to be KEY=VALUES, such as depth=3,10,40 or w1=0.1..2:0.1")
    return key.strip(), values_of(values.strip(), f"{option} {text}")


def values_of(text: str, option: str = "values") -> Sequence[Any]:
    """The values, those of ranges one by one. Raises UsageError, which begins with the option."""
    try:
        read = read_several(text)
    except Unreadable as error:
        raise UsageError(f"{option}: {error.message}") from None
    parts = [expanded(value, option) for value in (read if isinstance(read, list) else [read])]
    return parts[0] if len(parts) == 1 else [number for part in parts for number in part]


def expanded(value: Any, option: str) -> Sequence[Any]:
    """The values of a range, or the value itself."""
    if isinstance(value, dict) and any(".." in str(key) for key in value):  # `1..4: ` is a mapping in YAML
        value = next(iter(value)) + ":"
    if not isinstance(value, str) or not re.search(r"\.\.|\d:", value):
        return [value]
    matched = re.fullmatch(RANGE, value)
    if matched is None:
        raise UsageError(f"{option}: {value} is no range; one is 1..40, 0.1..2:0.1 or 1e-3..1e3:log10")
    try:
        return steps(matched, option)
    except ArithmeticError:
        raise UsageError(f"{option}: {value} is beyond the range of numbers") from None


def steps(matched: re.Match[str], option: str) -> Sequence[int | float]:
    """The numbers of a range: start, start + step, … up to the end, or by factors."""
    from decimal import Decimal

    start, end = Decimal(matched[1]), Decimal(matched[2])
    if matched[4] is not None:
        return list(factors(start, end, Decimal(matched[4]), int(matched[5] or 1), option))
    step = Decimal(matched[3]) if matched[3] else Decimal(1 if end >= start else -1)
    if not step or (end - start) / step < 0:
        raise UsageError(f"{option}: a step of {step} does not lead from {start} to {end}")
    count = checked(int((end - start) // step) + 1, option)
    whole = all(part is None or part.lstrip("+-").isdigit() for part in matched.group(1, 2, 3))
    if count > LAID_OUT and (found := even(start, step, count, whole)) is not None:
        return found
    numbers = (start + step * place for place in range(count))
    return list(map(int, numbers) if whole else map(double, numbers))


def even(start: Decimal, step: Decimal, count: int, whole: bool) -> EvenRange | None:
    """The numbers by one division each; None where float64 does not hold them all, and apart."""
    last = start + step * (count - 1)
    if abs(step) < LEAST or (start and abs(start) < LEAST) or max(abs(start), abs(last)) > LARGEST:
        return None
    if float(start) == float(start + step) or float(last - step) == float(last):
        return None
    (first, over), (longer, below) = start.as_integer_ratio(), step.as_integer_ratio()
    divisor = lcm(over, below)
    return EvenRange(first * (divisor // over), longer * (divisor // below), count, None if whole else divisor)


def factors(start: Decimal, end: Decimal, base: Decimal, parts: int, option: str) -> Iterator[float]:
    """start, start·base^(1/parts), … up to the end."""
    if not start or end / start <= 0 or base <= 0 or base == 1 or not parts:
        raise UsageError(
            f"{option}: logarithmic steps need two ends of one sign, and a factor that is positive and not 1"
        )
    factor = base if (abs(end) >= abs(start)) == (base > 1) else 1 / base
    steps = (end / start).ln() / factor.ln() * parts
    count = checked(int(steps + steps.scaleb(-20)) + 1, option)
    return (
        double(start * factor ** (place // parts) * factor ** (type(base)(place % parts) / parts))
        for place in range(count)
    )


def double(number: Decimal) -> float:
    """The double nearest to a number. Raises OverflowError where there is none."""
    found = float(number)
    if abs(found) == float("inf") or (number and not found):
        raise OverflowError
    return found


def checked(count: int, option: str) -> int:
    """The number of values, if it is one that anybody could want."""
    if count > MOST:
        raise UsageError(f"{option}: makes {count:,} values; {MOST:,} is the most")
    return count
