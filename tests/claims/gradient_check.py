"""What `check` claims: that no method differs, by how much the sharpest does, and what was not compared."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from claims import angles
from claims.claim import NUMBER, Answer, Claim, Template, flat, is_beyond_float64, judged, near, notes
from mpmath import mp

import gradcalc
from gradcalc.network.network import numbers


class Checked:
    """JSON of a check: methods by name."""

    def __init__(self, answer: Answer) -> None:
        self.facts, self.network, self.options = answer.facts, answer.network, answer.options
        self.methods: dict[str, Any] = {one["name"]: one for one in self.facts.get("methods", [])}
        self.used = [one for one in self.methods.values() if one["resolves"] is not None]

    def gradients(self, dps: int | None = None) -> list[Any]:
        found = gradcalc.compute(self.network, top=0, dps=dps).gradients or {}
        return [of_any(number) for value in found.values() for number in numbers(value)]


def of_any(number: Any) -> Any:
    """A number of any kind, of thousands of digits the first ones."""
    return mp.mpf(number.context.nstr(number, 30) if hasattr(number, "context") else str(number))


def none_differs(known: Checked, count: str | None) -> bool:
    assert len(known.used) == int(count or 1) and all(one["ok"] for one in known.methods.values())
    return all(one["largest_relative_error"] <= 10 * one["resolves"] + 1e-14 for one in known.used)


def sharpest(
    known: Checked, some: str | None, all_of: str, method: str, most: str | None, unresolved: str | None
) -> bool:
    error = known.methods[method]["largest_relative_error"]
    entries = sum(len(flat(one.value)) for one in known.network.parameters)
    if entries:
        assert int(all_of) == entries and (some is None or 0 < int(some) < entries)
    assert unresolved is None or 0 < int(unresolved) < int(some or all_of)
    return error == 0 if most is None else near(most, error, 2)


def cannot_tell(known: Checked) -> bool:
    return not known.used and known.facts["ok"] and any(known.gradients())


def all_zero(known: Checked) -> bool:
    return not known.used and known.facts["ok"] and not all(known.gradients())


def on_kinks(known: Checked, count: str) -> bool:
    kinks = known.facts["kinks"]
    return len(kinks) == int(count) and all(not one["below"] == one["above"] == one["ours"] for one in kinks)


def rounded(known: Checked, count: str) -> bool:
    """With more digits they are not 0."""
    pairs = zip(known.gradients(), known.gradients(6400))
    return sum(one == 0 != exact for one, exact in pairs) >= int(count) > 0


def no_digit(known: Checked, count: str) -> bool:
    """With more digits they are other numbers, or smaller ones."""
    pairs = zip(known.gradients(), known.gradients(800))
    return sum(abs(one - exact) >= max(abs(one), abs(exact)) * mp.mpf("0.1") != 0 for one, exact in pairs) >= int(count)


def outside(known: Checked, count: str) -> bool:
    return sum(is_beyond_float64(number) for number in known.gradients()) >= int(count) > 0


def wrong(known: Checked) -> bool:
    raise AssertionError("a gradient is wrong, or the estimate of a method")


def amplified(known: Checked, share: str | None) -> bool:
    return share is None or mp.mpf("1e-9") < mp.mpf(share) <= 1


TEMPLATES: dict[str, Template] = {
    **angles.TEMPLATES,
    "none differs": (r"(?:None of (\d+) methods differs by|The one method differs by no) more than its error allows\.",
                     none_differs),
    "sharpest": (
        r"Of the methods that compared most gradients \((?:(\d+) of |all )(\d+)\) the most precise, (.*), "
        rf"differs (?:by {NUMBER} at most|in no digit)(?:; it cannot tell (\d+) of them from 0)?\.",
        sharpest,
    ),
    "cannot tell": (
        r"No method can tell a gradient that it compared from 0: what it may be off by, by its own estimate and by "
        r"rounding, is more than a tenth of each that is not 0\.",
        cannot_tell,
    ),
    "all zero": (r"Every gradient compared is 0, and no method can tell one from 0\.", all_zero),
    "kinks": (r"(\d+) gradients? on a kink: not compared\.", on_kinks),
    "outside": (r"(\d+) gradients? outside the normal range of float64: not compared\.", outside),
    "no digit": (r"Rounding has left less than one digit of (\d+) gradients?: not compared\.", no_digit),
    "rounded": (
        r"(\d+) gradients? (?:is|are) 0 in float64, as an output rounds to its target, and not compared; see compute\.",
        rounded,
    ),
    "amplified": (
        r"Rounding is amplified here: an output that is rounded in its last place changes ∂L/∂ that output by up to "
        rf"(?:{NUMBER} × its size|its size or more)\. `compute --dps 50` has more digits\.",
        amplified,
    ),
    "wrong": (r"The gradients are not what .* gives?: at .*\.", wrong),
}  # fmt: skip
MORE: tuple[str, ...] = ()


def claims(answer: Answer) -> Iterator[Claim]:
    """Every sentence of a page of `check` but its legend."""
    known = Checked(answer)
    for kind, text in notes(answer.blocks):
        if kind != "legend":
            yield judged(text, TEMPLATES, known)
