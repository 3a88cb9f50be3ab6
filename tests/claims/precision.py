"""What the sentences of `precision` claim, from the exact values of JSON: both ends of the window with the quantity
that sets each, the powers of two in it, and how many quantities are lost at a loss scale."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from claims import rounding
from claims.claim import (
    NUMBER,
    SHARE,
    Answer,
    Claim,
    Template,
    fault,
    is_beyond_float64,
    is_percent,
    judged,
    listed,
    near,
    notes,
)
from claims.known import Known, computed
from mpmath import mp

from gradcalc.cli.commands.precision_command import asked_about
from gradcalc.cli.options import UNCHANGED

TWO = mp.mpf(2)
FORMATS = {
    "float32": (TWO**-126, TWO**-149, (2 - TWO**-23) * TWO**127, (2 - TWO**-24) * TWO**127),
    "float16": (TWO**-14, TWO**-24, mp.mpf(65504), mp.mpf(65520)),
    "bfloat16": (TWO**-126, TWO**-133, (2 - TWO**-7) * TWO**127, (2 - TWO**-8) * TWO**127),
    "float8_e4m3fn": (TWO**-6, TWO**-9, mp.mpf(448), 464 + TWO**-44),  # 464 itself is rounded to 448, the even one
    "float8_e5m2": (TWO**-14, TWO**-16, mp.mpf(57344), mp.mpf(61440)),
}
"""The least normal and subnormal numbers, the largest, and from where on it overflows."""
BACKWARD = ("output", "delta", "gradient")
LETTERS = {"output": "∂L/∂", "gradient": "∂L/∂", "delta": "δ of ", "preactivation": "z of "}
POWER = r"((?:about )?2\^-?[\d.]+)"
END = rf"{POWER}(?: \(just (?:under|over) 2\^-?\d+\))?, for (.+?)"
LOSSES = r"(.*?)"
FLOAT32 = r"(?: (In float32), in which loss scales are kept, the largest power of two is 2\^127\.)?"


def in_float64(number: Any) -> Any:
    """The float64 that a number stands for, where one does."""
    return number if is_beyond_float64(number) else mp.mpf(float(number))


class Held:
    """The quantities of one network, the same in every format."""

    def __init__(self, answer: Answer, dtypes: dict[str, Any]) -> None:
        self.loss_scale = mp.mpf(answer.options.get("loss_scale", 1))
        self.dtypes = dtypes
        self.quantities = list(map(self.unscaled, next(iter(dtypes.values()))["quantities"]))

    def unscaled(self, one: dict[str, Any]) -> dict[str, Any]:
        """A quantity without the loss scale, with which JSON has those of the backward pass; as the float64 that it
        stands for, as it may be midway between two numbers of the format."""
        exact = in_float64(one["exact"])
        return one | {"exact": in_float64(exact / self.loss_scale) if self.is_backward(one) else exact}

    def is_backward(self, one: dict[str, Any]) -> bool:
        return one["kind"] in BACKWARD and bool(one["exact"])

    def sizes(self) -> dict[str, Any]:
        """The quantities of the backward pass that are not 0, by what they are called."""
        return {called(one): abs(one["exact"]) for one in filter(self.is_backward, self.quantities)}

    def ends(self, dtype: str) -> tuple[Any, Any]:
        normal, _, most, _ = FORMATS[dtype]
        sizes = self.sizes().values()
        return normal / min(sizes), most / max(sizes)


class Networks:
    """The network and, where it is asked for, the same without its skips."""

    def __init__(self, answer: Answer) -> None:
        against = answer.facts.get("against")
        self.held = {answer.network.name: Held(answer, answer.facts["dtypes"])}
        self.held |= {against["name"]: Held(answer, against["dtypes"])} if against else {}

    @staticmethod
    def alone(answer: Answer, name: str) -> Known:
        """The answer of `compute` for the network of that name."""
        networks = dict(asked_about(UNCHANGED.read(answer.spec), answer.options.get("against"))[0])
        options = {"dps": answer.options.get("dps")}
        return Known.of_computation(computed(networks[name], options), options)

    def named(self, name: str) -> Held:
        assert name in self.held, f"there is no {name}"
        return self.held[name]


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
    for dtype, found in held.dtypes.items():
        for one in found["quantities"]:
            where = KINDS[zone(dtype, abs(in_float64(one["exact"])))] if one["exact"] else "exact zero"
            assert one["zone"] == where, f"{called(one)} in {dtype}: {where}"
        sizes = list(held.sizes().values())
        for told in found["scales"] if len(sizes) == sum(map(held.is_backward, found["quantities"])) else ():
            scale = mp.mpf(float(told["scale"])) if not is_beyond_float64(told["scale"]) else told["scale"]
            zones = [zone(dtype, in_float64(size * scale)) for size in sizes]
            counts = {"kept": "normal", "subnormal": "lose", "lost": "become", "overflow": "overflow"}
            assert all(told[name] == zones.count(kind) for name, kind in counts.items()), f"{dtype} {told}"
    return True


def is_scale(told: str | None, scale: Any) -> bool:
    return scale == 1 if told is None else scale == TWO ** int(told[2:]) if "^" in told else near(told, scale, 6)


def infinite(networks: Networks, scale: str) -> bool:
    (held, *_) = networks.held.values()
    return held.loss_scale >= TWO**128 and is_scale(scale, held.loss_scale)


def relative_error(one: dict[str, Any]) -> Any:
    """Of a simulated gradient; None of an exact 0, and of what is infinite."""
    if one["simulated"] is None or not one["exact"]:
        return None
    return abs(one["simulated"] - one["exact"]) / abs(one["exact"])


def simulated(networks: Networks, name: str, dtype: str, scale: str | None, count: str | None, lost: str | None,
              of: str | None, worst: str | None, of_worst: str | None) -> bool:  # fmt: skip
    """How many gradients are 0 or infinite, and how far the one that is furthest off of the others is."""
    held = networks.named(name)
    found = held.dtypes[dtype]["simulated"]
    gradients = found["gradients"]
    zeros = [one for one in gradients if one["simulated"] == 0 != one["exact"]]
    past = [one for one in gradients if one["simulated"] is None]
    told = [int(number[1]) if (number := re.search(rf"(\d+) (?:is|are) {what}", lost or "")) else 0 for what in
            ("0 and should not be", "infinite or NaN")]  # fmt: skip
    assert told == [len(zeros), len(past)], f"{zeros} {past}"
    assert count is None or int(count) == len(gradients)
    assert found["lost"] == len(zeros) and found["overflow"] == len(past)
    errors = {called(one): relative_error(one) for one in gradients if one not in zeros and one not in past}
    known = [error for error in errors.values() if error is not None]
    assert (worst is None) == (not known)
    if worst is not None:
        assert is_percent(worst, max(known)) or max(known) == 0, f"{max(known)}"
        assert of_worst is not None and max(known) - errors[of_worst] <= 1e-9 * max(1, max(known))
    parameters = not any(one["kind"] == "gradient" for one in held.quantities)
    return is_scale(scale, held.loss_scale) and (of is None or (of == "an input") == parameters)


def in_float32(size: Any) -> tuple[Any, Any]:
    """What float32 makes of a product of two numbers that it has, in which products are summed before they are stored:
    the least and the largest, as the loss scale multiplies and divides both in float64, whose roundings are 2^-53."""
    ends = []
    for one in (size * (1 - TWO**-50), size * (1 + TWO**-50)):
        unit = TWO ** (max(mp.floor(mp.log(one, 2)), -126) - 23) if one else TWO**-149
        ends.append(mp.nint(one / unit) * unit)
    return ends[0], ends[1]


def first_lost(networks: Networks, what: str, becomes: str, product: str | None, of_forward: str | None) -> bool:
    """What JSON has of it; its factors make that of it, and one that is 0 stays so with any loss scale."""
    every = [(dtype, held.loss_scale, (found["simulated"] or {}).get("first"))
             for held in networks.held.values() for dtype, found in held.dtypes.items()]  # fmt: skip
    told = [one for one in every if one[2] and what == called(one[2])]
    assert told, "it is not the first of any"
    for dtype, scale, first in told:
        if (first["becomes"] == 0) != (becomes == "0"):
            continue
        if product is None:
            return True
        value, by = (first["factors"] or {"": 0, " ": 0}).values()
        least, most = in_float32(abs(value * scale * by))
        fits = least <= FORMATS[dtype][1] / 2 if becomes == "0" else most >= FORMATS[dtype][3]
        if fits and (of_forward is not None) == (by == 0):
            return True
    return False


def still_in_range(networks: Networks, at_scale: str | None) -> bool:
    return any(
        all(zone(dtype, in_float64(size * held.loss_scale)) == "normal" for size in held.sizes().values())
        for held in networks.held.values()
        for dtype in held.dtypes
    ) and (at_scale is not None) == any(held.loss_scale != 1 for held in networks.held.values())


def magnified(networks: Networks, error: str, stored: str, exact: str) -> bool:
    """σ′ is off by that, as the output is off by what is stored of it: by more than twice that relatively."""
    if "<" in error or not mp.mpf(exact):
        return True
    own = abs(mp.mpf(stored) - mp.mpf(exact)) / abs(mp.mpf(exact))
    return bool(mp.mpf(error) / 100 > 2 * own - mp.mpf("1e-5"))


def all_0(networks: Networks, dtype: str, name: str) -> bool:
    return not networks.named(name).sizes()


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


def without(networks: Networks, dtype: str, name: str, low: str, high: str, more: str | None) -> bool:
    least, most = networks.named(name).ends(dtype)
    assert least <= 1 <= most, f"{least} to {most}"
    return is_power(low, least) and is_power(high, most) and (more is not None) == (most >= mp.mpf(2) ** 128)


def set_by(held: Held, dtype: str, low: str, low_by: str, high: str, high_by: str) -> tuple[Any, Any]:
    """The ends, and that these quantities set them."""
    least, most = held.ends(dtype)
    sizes = held.sizes()
    assert is_power(low, least) and is_power(high, most), f"{least} to {most}"
    assert sizes[low_by] == min(sizes.values()), f"{low_by} is not the least"
    assert sizes[high_by] == max(sizes.values()), f"{high_by} is not the largest"
    return least, most


def needs(networks: Networks, dtype: str, name: str, low: str, low_by: str, high: str, high_by: str, inside: str,
          lost: str, more: str | None) -> bool:  # fmt: skip
    held = networks.named(name)
    least, most = set_by(held, dtype, low, low_by, high, high_by)
    assert least <= most and not least <= 1 <= most
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


def none_keeps(networks: Networks, dtype: str, name: str, low: str, low_by: str, high: str, high_by: str,
               best: str | None, lost: str | None) -> bool:  # fmt: skip
    held = networks.named(name)
    least, most = set_by(held, dtype, low, low_by, high, high_by)
    assert least > most
    if best is None or lost is None:
        return True
    scale, sizes = mp.mpf(2) ** int(best), list(held.sizes().values())
    past = FORMATS[dtype][3]
    assert scale * max(sizes) < past <= 2 * scale * max(sizes), "is not the largest power of two without overflow"
    return is_lost(lost, dtype, [in_float64(scale * size) for size in sizes])


def forward(networks: Networks, dtype: str, name: str, counts: str, firsts: str, infinite: str | None) -> bool:
    others = [one for one in networks.named(name).quantities if one["kind"] not in BACKWARD]
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
    return len(told) == len(kinds) and (infinite is not None) == ("overflow" in kinds)


def in_extended(networks: Networks) -> bool:
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
SCALE = r"(?: with a loss scale of (\S+?))?"
PLACE = rf"(?:; the largest relative error (?:of the others )?is {SHARE}, of (.+?))?"
LOST = "(?:of (\\d+) gradients? (.*?)|no gradient of (a parameter|an input) is lost)"
SIMULATED: dict[str, Template] = {
    "simulated": (rf"(.*?) in ({'|'.join(FORMATS)}){SCALE}: {LOST}{PLACE}\.", simulated),
    "first lost": (
        r"From the loss back (.*?) is the first to become (0|NaN|infinite)(?:\.|: it is (.*? times .*?)\."
        r"( No loss scale changes that 0: .*? is stored as .*\.)?)",
        first_lost,
    ),
    "derivative": (
        rf"σ′\(z\) of .*? is {SHARE} off at any loss scale: it is computed from the output, which is stored as "
        rf"{NUMBER} for {NUMBER}\.",
        magnified,
    ),
    "still in range": (
        r"The exact backward pass is in the normal range( at that loss scale)?; this pass computes with numbers that "
        r"are already rounded: one error may be magnified, several may add up\.",
        still_in_range,
    ),
}
TEMPLATES |= SIMULATED


def claims(answer: Answer) -> Iterator[Claim]:
    """Every sentence of a page of `precision` but its legend."""
    networks = Networks(answer)
    for kind, text in notes(answer.blocks):
        said = re.fullmatch(r"In (.*?): (.*)", text)
        if rounding.is_of_rounding(said[2] if said else text):
            name, sentence = said.groups() if said else (answer.network.name, text)
            alone = networks.alone(answer, name)
            yield judged(rounding.alone(sentence), rounding.TEMPLATES, alone)
        elif kind != "legend":
            yield judged(text, TEMPLATES, networks)
    for held in networks.held.values():
        yield Claim("in zones", "", fault(in_zones, held))
