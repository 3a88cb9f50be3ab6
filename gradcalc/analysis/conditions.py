"""Conditions on a loss and its gradients, as `loss < 1e-6`, `abs(w1) > 1e-6` and `norm(w*) < 10` write them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from operator import ge, gt, le, lt
from typing import Any

from gradcalc.analysis.point import nearest
from gradcalc.arithmetic.float_formats import FORMATS, listed
from gradcalc.errors import UsageError
from gradcalc.network.network import Value, matches, norm
from gradcalc.records import Record

FORM = re.compile(r"\s*(loss|norm\(([^()]+)\)|abs\(([^()]+)\))\s*(<=|>=|<|>)\s*([-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?)\s*")
WINDOW = re.compile(r"\s*window\(([^()]+)\)\s*")
COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {"<": lt, "<=": le, ">": gt, ">=": ge}
FORMS = "loss < 1e-6, norm(w*) < 1e-8 or abs(w1) < 1e-9"


class Condition(Record):
    """A number of a network against a bound; `of` is a pattern of gradients, or the name of one entry."""

    text: str
    quantity: str  # "loss", "norm", "abs", "window"
    of: str
    comparison: str
    bound: float

    def refuse_unknown(self, names: Sequence[str]) -> None:
        """Raises UsageError for a name that no gradient has; asked of a network, it is told before computing."""
        name = self.of.partition("[")[0]
        if self.quantity in ("norm", "abs") and not any(matches(name, each) for each in names):
            raise UsageError(f"{self.text}: no parameter is called {self.of}; {nearest(name, names)}")

    def value(
        self, loss: Any, gradients: Mapping[str, Value], window: Callable[[str], float | None] | None = None
    ) -> Any:
        """The number that is compared, a Decimal where no float64 holds it; of a window log₂ of its ends' ratio, None
        of one that nothing bounds. Raises UsageError for a name that no gradient has."""
        if self.quantity == "window":
            return None if window is None else window(self.of)
        if self.quantity == "loss":
            return loss
        name, _, index = self.of.partition("[")
        self.refuse_unknown(list(gradients))
        found = [value for each, value in gradients.items() if matches(name, each)]
        if not index:
            if self.quantity == "abs" and (len(found) > 1 or isinstance(found[0], list)):
                raise UsageError(f"{self.text}: {self.of} is more than one number; norm({self.of}) takes them together")
            return norm([norm(value) for value in found])
        value = found[0]
        try:
            for place in index.rstrip("]").split(","):
                value = value[int(place)]
            return norm(value)
        except (ValueError, IndexError, TypeError):
            raise UsageError(f"{self.text}: {name} has no entry {self.of}") from None

    def holds(self, loss: Any, gradients: Mapping[str, Value]) -> bool:
        """Whether the number is on its side of the bound."""
        return self.is_met(self.value(loss, gradients))

    def is_met(self, value: Any) -> bool:
        """Whether a number is on its side; None, of a window that nothing bounds, is."""
        return value is None or COMPARISONS[self.comparison](value, self.bound)


def condition(text: str, option: str) -> Condition:
    """The condition that a text writes. Raises UsageError, which names the option."""
    if (found := WINDOW.fullmatch(text)) and not option.endswith("until"):
        if found[1].strip() not in FORMATS:
            raise UsageError(f"{option} {text!r}: there is no format {found[1].strip()}; there are {listed()}")
        return Condition(text.strip(), "window", found[1].strip(), ">=", 0.0)
    found = FORM.fullmatch(text)
    try:
        if found is None:
            raise ValueError
        bound = float(found[5])
    except ValueError:
        raise UsageError(f"{option} {text!r} is no condition; write one like {FORMS}") from None
    quantity = found[1].partition("(")[0]
    return Condition(text.strip(), quantity, (found[2] or found[3] or "").strip(), found[4], bound)
