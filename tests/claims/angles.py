"""What is told of sines and cosines of very large numbers, against `compute` with more digits."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any

from claims.claim import NUMBER, Template, flat, listed, near
from claims.known import Known, computed, unit_of
from mpmath import mp

from gradcalc.errors import DomainError, LimitError


def too_large(
    known: Any, unit: str, z: str, right: str | None, text: str, called: str, earlier: str, dps: str | None,
    others: str | None
) -> bool:  # fmt: skip
    """σ′(z) of each unit is another one with as many digits as z takes, and with twice as many the same; so is all else
    where so many are told to be enough."""
    found = facts_of(known)
    assert bool(right) == (earlier == "earlier z are") and called == (text if text.isidentifier() else "σ")
    units = [unit, *(name.removeprefix("z_") for name in (listed(others)[0] if others else []))]
    for n, name in enumerate(units):
        node, place = unit_of(name)
        own_text = {layer.name: layer.activation.text for layer in found.network.layers}.get(node)
        assert own_text is not None and (own_text == text or n), f"{node} has another activation"
        zs, own = (found.value(kind, node, place) for kind in ("preactivation", "derivative"))
        assert n or any(near(z, one, 6) for one in zs)
        digits = int(dps) if dps else int(mp.log10(max(map(abs, zs)))) + 20
        fine, finer = derivatives(found, digits, node, place)
        assert any(abs(a - b) > max(abs(a), abs(b)) / 2000 for a, b in zip(own, finer)), f"{name} is as it is"
        told = [abs(a - b) <= abs(b) / 10**6 for a, b in zip(fine, finer)]
        assert not dps or all(told), f"{digits} digits are too few for {name}"
    return not dps or is_enough(found, int(dps))


def derivatives(known: Known, digits: int, node: str, unit: int | None) -> list[list[Any]]:
    """σ′(z) of a unit with so many digits, and with twice as many."""
    try:
        return [known.with_digits(more).value("derivative", node, unit) for more in (digits, 2 * digits)]
    except (DomainError, LimitError) as error:  # as of an exponential that an angle may make of any size
        raise AssertionError(f"with {digits} digits: {error}") from None


def is_enough(found: Known, digits: int) -> bool:
    """Whether twice as many digits change no gradient, beside the largest entry of it."""
    with mp.workdps(2 * digits):
        gradients = (found.with_digits(more).facts["gradients"] for more in (digits, 2 * digits))
        pairs = [list(zip(flat([a]), flat([b]))) for a, b in zip(*(list((one or {}).values()) for one in gradients))]
        return all(
            abs(mp.mpf(a) - mp.mpf(b)) <= mp.mpf(10) ** -6 * max(abs(mp.mpf(other)) for _, other in own)
            for own in pairs
            for a, b in own
        )


def facts_of(known: Any) -> Known:
    """The answer of `compute`, whichever command's sentence is judged."""
    if isinstance(known, Known):
        return known
    if hasattr(known, "alone"):
        return known.alone  # type: ignore[no-any-return]
    options = {"dps": known.options.get("dps"), "of": None}
    return Known.of_computation(computed(known.network, options), options)


def has_too_few(known: Known) -> bool:
    """Whether σ′ of some unit is another one with as many digits as z takes."""
    for layer in known.network.layers:
        for unit in range(0 if layer.activation.couples else layer.width):
            zs, own = (known.value(kind, layer.name, unit) for kind in ("preactivation", "derivative"))
            if any(zs):
                digits = max(int(mp.log10(max(map(abs, zs)))), 0) + 20
                with suppress(AssertionError):
                    fine, _ = derivatives(known, digits, layer.name, unit)
                    if any(abs(a - b) > max(abs(a), abs(b)) / 2000 for a, b in zip(own, fine)):
                        return True
    return False


def is_of_angle(text: str) -> bool:
    """Whether it is such a sentence, by its start."""
    return bool(re.match(r"z_\S+ = \S+ has too few digits (that are right )?for ", text))


TEMPLATES: dict[str, Template] = {
    "too few digits for an angle": (
        rf"z_(\S+) = {NUMBER} has too few digits (that are right )?for (.*): (\S+)′\(z\) depends on how "
        r"(z is|earlier z are) rounded"
        r"(?:; --dps (\d+) has enough)?\.(?: So (?:has|have) (.*)\.)?",
        too_large,
    )
}
