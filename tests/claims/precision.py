"""What the sentences of `precision` claim, from the exact values of JSON: both ends of the window with the quantity
that sets each, the powers of two in it, and how many quantities are lost at a loss scale."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from claims.claim import Answer, Claim, Template, fault, judged, listed, near, notes
from mpmath import mp

TWO = mp.mpf(2)
FORMATS = {
    "float32": (TWO**-126, TWO**-149, (2 - TWO**-23) * TWO**127, (2 - TWO**-24) * TWO**127),
    "float16": (TWO**-14, TWO**-24, mp.mpf(65504), mp.mpf(65520)),
    "bfloat16": (TWO**-126, TWO**-133, (2 - TWO**-7) * TWO**127, (2 - TWO**-8) * TWO**127),
    "float8_e4m3fn": (TWO**-6, TWO**-9, mp.mpf(448), 464 + TWO**-80),  # 464 itself is rounded to 448, the even one
    "float8_e5m2": (TWO**-14, TWO**-16, mp.mpf(57344), mp.mpf(61440)),
}
"""The least normal and subnormal numbers, the largest, and from where on it overflows."""
BACKWARD = ("output", "delta", "gradient")
LETTERS = {"output": "∂L/∂", "gradient": "∂L/∂", "delta": "δ of ", "preactivation": "z of "}
POWER = r"((?:about )?2\^-?[\d.]+)"
END = rf"{POWER}(?: \(just (?:under|over) 2\^-?\d+\))?, for (.+?)"
LOSSES = r"(.*?)"
FLOAT32 = r"(?: (In float32), in which loss scales are kept, the largest power of two is 2\^127\.)?"


class Held:
    """The quantities of one format."""

    def __init__(self, answer: Answer) -> None:
        self.facts, self.network = answer.facts, answer.network
        self.loss_scale = mp.mpf(answer.options.get("loss_scale", 1))
        self.quantities = list(map(self.unscaled, next(iter(self.facts["dtypes"].values()))["quantities"]))

    def unscaled(self, one: dict[str, Any]) -> dict[str, Any]:
        """A quantity without the loss scale, with which JSON has those of the backward pass."""
        return one | {"exact": one["exact"] / self.loss_scale} if self.is_backward(one) else one

    def is_backward(self, one: dict[str, Any]) -> bool:
        return one["kind"] in BACKWARD and bool(one["exact"])

    def sizes(self) -> dict[str, Any]:
        """The quantities of the backward pass that are not 0, by what they are called."""
        return {called(one): abs(one["exact"]) for one in filter(self.is_backward, self.quantities)}

    def ends(self, dtype: str) -> tuple[Any, Any]:
        normal, _, most, _ = FORMATS[dtype]
        sizes = self.sizes().values()
        return normal / min(sizes), most / max(sizes)


def called(one: dict[str, Any]) -> str:
    example = f" (example {one['example']})" if "example" in one else ""
    return f"{LETTERS.get(one['kind'], '')}{one['of']}{example}"


def zone(dtype: str, size: Any) -> str:
    normal, least, _, past = FORMATS[dtype]
    return "overflow" if size >= past else "normal" if size >= normal else "lose" if size > least / 2 else "become"


def is_lost(text: str, dtype: str, sizes: list[Any]) -> bool:
    """`22 of 124 quantities lose digits and 48 become 0`"""
    zones = [zone(dtype, size) for size in sizes]
    told, _ = listed(text)
    total = re.fullmatch(r"(\d+) of (\d+) (?:quantity|quantities)( .*)", told[0])
    assert total and int(total[2]) == len(sizes), f"{len(sizes)} in all"
    counted = dict[str, int]()
    for part in (total[1] + total[3], *told[1:]):
        number, verb = part.split()[:2]
        counted[verb.removesuffix("s") if verb != "lose" else verb] = 0 if number == "none" else int(number)
    return all(counted.get(kind, 0) == zones.count(kind) for kind in ("lose", "become", "overflow"))


KINDS = {"normal": "normal", "lose": "subnormal", "become": "zero", "overflow": "overflow"}


def in_zones(held: Held) -> bool:
    """In JSON every quantity is in its zone, and every loss scale leaves as many in each as there are."""
    for dtype, found in held.facts["dtypes"].items():
        for one in found["quantities"]:
            where = KINDS[zone(dtype, abs(one["exact"]))] if one["exact"] else "exact zero"
            assert one["zone"] == where, f"{called(one)} in {dtype}: {where}"
        sizes = list(held.sizes().values())
        for told in found["scales"] if len(sizes) == sum(map(held.is_backward, found["quantities"])) else ():
            zones = [zone(dtype, size * told["scale"]) for size in sizes]
            counts = {"kept": "normal", "subnormal": "lose", "lost": "become", "overflow": "overflow"}
            assert all(told[name] == zones.count(kind) for name, kind in counts.items()), f"{dtype} {told}"
    return True


def infinite(held: Held, scale: str) -> bool:
    return held.loss_scale >= TWO**128 and (is_power(scale, held.loss_scale) if "^" in scale else True)


def all_0(held: Held, dtype: str, name: str) -> bool:
    return name == held.network.name and not held.sizes()


def is_power(told: str, value: Any) -> bool:
    """To two decimals; an end that would be a whole power outside the window is told a hundredth within. Of an exponent
    of more digits than a float64 has behind them none, and the last may be off by what two roundings are."""
    if told.startswith("about "):
        whole = mp.mpf(told.removeprefix("about 2^"))
        return bool(abs(whole) >= 10**11 and abs(mp.log(value, 2) - whole) <= 0.51 + abs(whole) * 2.0**-51)
    told = told.removeprefix("2^")
    return near(told, mp.log(value, 2), len(told.replace("-", "").replace(".", "")) + 1, 0) or bool(
        abs(mp.mpf(told) - mp.log(value, 2)) <= mp.mpf("0.0150001")
    )


def without(held: Held, dtype: str, name: str, low: str, high: str, more: str | None) -> bool:
    least, most = held.ends(dtype)
    assert name == held.network.name and least <= 1 <= most, f"{least} to {most}"
    return is_power(low, least) and is_power(high, most) and (more is not None) == (most >= mp.mpf(2) ** 128)


def set_by(held: Held, dtype: str, low: str, low_by: str, high: str, high_by: str) -> tuple[Any, Any]:
    """The ends, and that these quantities set them."""
    least, most = held.ends(dtype)
    sizes = held.sizes()
    assert is_power(low, least) and is_power(high, most), f"{least} to {most}"
    assert sizes[low_by] == min(sizes.values()), f"{low_by} is not the least"
    assert sizes[high_by] == max(sizes.values()), f"{high_by} is not the largest"
    return least, most


def needs(held: Held, dtype: str, name: str, low: str, low_by: str, high: str, high_by: str, inside: str, lost: str,
          more: str | None) -> bool:  # fmt: skip
    least, most = set_by(held, dtype, low, low_by, high, high_by)
    assert name == held.network.name and least <= most and not least <= 1 <= most
    first, last = mp.ceil(mp.log(least, 2) - mp.mpf("1e-15")), mp.floor(mp.log(most, 2) + mp.mpf("1e-15"))
    if first > last:
        assert inside == "there is no power of two between them."
    elif found := re.fullmatch(r"2\^(-?\d+)(?: to 2\^(-?\d+))? do(?:es)?(, PyTorch's 2\^16 among them)?\.", inside):
        assert int(found[1]) == first and int(found[2] or found[1]) == last, f"{first} to {last}"
        assert not found[3] or first <= 16 <= last
    else:
        return False
    assert (more is not None) == (most >= mp.mpf(2) ** 128)
    return is_lost(lost, dtype, list(held.sizes().values()))


def none_keeps(held: Held, dtype: str, name: str, low: str, low_by: str, high: str, high_by: str, best: str | None,
               lost: str | None) -> bool:  # fmt: skip
    least, most = set_by(held, dtype, low, low_by, high, high_by)
    assert name == held.network.name and least > most
    if best is None or lost is None:
        return True
    scale, sizes = mp.mpf(2) ** int(best), list(held.sizes().values())
    past = FORMATS[dtype][3]
    assert scale * max(sizes) < past <= 2 * scale * max(sizes), "is not the largest power of two without overflow"
    return is_lost(lost, dtype, [scale * size for size in sizes])


def forward(held: Held, dtype: str, name: str, counts: str, firsts: str, infinite: str | None) -> bool:
    others = [one for one in held.quantities if one["kind"] not in BACKWARD]
    zones = [(zone(dtype, abs(one["exact"])), called(one)) for one in others if one["exact"]]
    told, _ = listed(counts)
    names = iter(listed(re.sub(r"^the first of (?:each|them): ", "", firsts))[0])
    for part in told:
        number, verb = part.split()[:2]
        kind = "lose" if verb.startswith("lose") else verb.removesuffix("s")
        found = [called for where, called in zones if where == kind]
        assert int(number) == len(found), f"{len(found)} {kind}"
        assert next(names) == found[0], f"the first to {kind} is {found[0]}"
    kinds = {where for where, _ in zones} - {"normal"}
    return len(told) == len(kinds) and (infinite is not None) == ("overflow" in kinds) and name == held.network.name


def in_extended(held: Held) -> bool:
    """Exact values leave float64, or what they are made of does, which JSON does not show."""
    return True


START = rf"({'|'.join(FORMATS)})"
TEMPLATES: dict[str, Template] = {
    "all is 0": (rf"{START}: every quantity of the backward pass of (.*) is 0, at any loss scale\.", all_0),
    "kept without a scale": (
        rf"{START}: without a loss scale the whole backward pass of (.*) is in the normal range, as it is with any "
        rf"loss scale from {POWER} to {POWER}\.{FLOAT32}",
        without,
    ),
    "needs a scale": (
        rf"{START}: to keep the whole backward pass in the normal range (.*) needs a loss scale of at least {END}, and "
        rf"at most {END}: (2\^.*?\.|there is no power of two between them\.) Without a loss scale {LOSSES}\.{FLOAT32}",
        needs,
    ),
    "no scale keeps": (
        rf"{START}: no loss scale keeps the whole backward pass of (.*) in the normal range: it would have to be at "
        rf"least {END}, and at most {END}\.(?: At 2\^(-?\d+), the largest power of two at which nothing overflows, "
        rf"{LOSSES}\.)? ?",
        none_keeps,
    ),
    "forward": (
        rf"{START}, forward pass of (.*?): of weights, inputs, z and outputs (.*?) \((.*)\), which no loss scale "
        r"changes\.( It is not finite in \S+, whatever keeps the backward pass\.)?",
        forward,
    ),
    "infinite": (r"A loss scale of (\S+) is infinite in float32, in which loss scales are kept\.", infinite),
    "extended": (r"Exact values are computed in extended range \(exponents of any size\)\.", in_extended),
}
MORE = ("in zones",)


def claims(answer: Answer) -> Iterator[Claim]:
    """Every sentence of a page of `precision` but its legend."""
    held = Held(answer)
    for kind, text in notes(answer.blocks):
        if kind != "legend":
            yield judged(text, TEMPLATES, held)
    yield Claim("in zones", "", fault(in_zones, held))
