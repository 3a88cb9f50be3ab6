"""What `diagnose` says: sizes, labels with their evidence, costs, reasons of 0, and what changes do, which are computed
anew by the commands that are printed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from claims import rounding, zeros
from claims.changed import changed, healthy_layers, remedies
from claims.claim import (
    NUMBER,
    Answer,
    Claim,
    Template,
    fault,
    flat,
    is_beyond_float64,
    is_factor,
    is_listed,
    is_size,
    judged,
    listed,
    near,
    norm,
    notes,
    of_logarithm,
    plain,
)
from claims.courses import COURSES
from claims.diagnosed import SLACK, Diagnosed, size_name
from claims.known import computed, unit_of
from claims.labels import EVIDENCE, LARGEST, is_output, layers
from mpmath import mp

from gradcalc.network.network import Layer, is_chain
from gradcalc.parallel.spec_changes import UNUSUAL

# The finding.


def labelled(known: Diagnosed, name: str, label: str, evidence: str) -> bool:
    layer = known.by_layer[name]
    assert layer["label"] == label, f"{name} is called {layer['label']}"
    if label == "healthy":
        return True
    return plain(layer["evidence"]) == evidence


def others(known: Diagnosed, name: str, rest: str | None) -> bool:
    """Which other layers have the gradient 0, or a thousandth."""
    if not rest:
        return True
    found = re.fullmatch(r"; (δ|[|‖]δ[|‖]) of (.*) (is 0|has vanished) as well", rest)
    assert found
    some = [
        one
        for one in known.by_layer
        if one != name and (not known.deltas(one) if found[1] == "δ" else known.by_layer[one]["label"] == "vanished")
    ]
    return is_listed(some, found[2])


def is_called(known: Diagnosed, name: str, label: str, evidence: str, rest: str | None) -> bool:
    return labelled(known, name, label, evidence) and others(known, name, rest)


def healthy(known: Diagnosed, partly: str | None, bars: str | None, low: str | None, high: str | None,
            output: str | None, passed: str | None, near_one: str | None, part: str | None) -> bool:  # fmt: skip
    assert all(layer["label"] == "healthy" for layer in known.by_layer.values())
    for told in (partly or "").split("; "):
        name, _, evidence = told.partition(": ")
        assert not evidence or plain(known.by_layer[name]["evidence"]) == evidence, told
    if near_one is not None and (largest := LARGEST.get(known.layer(near_one).activation.name)) is not None:
        assert abs(largest / abs(known.values("derivative", near_one)[0]) - mp.mpf(str(part))) <= mp.mpf("0.51")
    if bars is None:
        return True
    found = [known.deltas(name) / known.reference for name in known.by_layer]
    found = [one for one in found if one]
    assert bars == known.bars and is_output(known, str(output))
    for bound in (1 - SLACK, 1 + SLACK):  # a thousandth itself may have been rounded either way
        of = [known.deltas(name) / known.reference * 1000 for name in known.by_layer]
        small = [name for name, size in zip(known.by_layer, of) if 0 < size <= bound]
        if is_listed(small, passed) if passed else not small:
            break
    else:
        raise AssertionError(f"passed: {small}")
    return is_rounded(str(low), min(found)) and is_rounded(str(high), max(found))


def is_rounded(said: str, size: Any) -> bool:
    return is_size(said, size) if said.startswith("about") else near(said, size, 2, of_logarithm(size))


def nothing_to_learn(known: Diagnosed, dps: str | None) -> bool:
    """Every gradient is 0, with so many digits not ∂L/∂ every output."""
    if dps:
        finer = known.known.with_digits(int(dps))
        assert any(any(flat(one["output"])) for one in finer.facts["backward"].values())
    return not any(any(flat(value)) for value in known.known.facts["gradients"].values())


def course(known: Diagnosed, verb: str, bars: str, text: str) -> bool:
    sizes = known.known.course(bars)
    assert {"vanishes": sizes.rise < 0, "explodes": sizes.rise > 0}[verb] and abs(sizes.rise) >= 3 - SLACK
    for name, (pattern, check) in COURSES.items():
        if name != "is kept" and (found := re.fullmatch(pattern, f"{text}: it {verb}")):
            return bool(check(sizes, *found.groups()))
    raise AssertionError("unknown course")


def at_layer(known: Diagnosed, verb: str, name: str, evidence: str) -> bool:
    return labelled(known, name, {"vanishes": "vanished", "explodes": "exploded"}[verb], evidence)


def inactive(known: Diagnosed, name: str, evidence: str, rest: str | None) -> bool:
    return is_called(known, name, "inactive", evidence, rest)


def all_off(known: Diagnosed, evidence: str, rest: str | None) -> bool:
    evidence = evidence.replace("All ", "all ", 1) if evidence.startswith("All ") else evidence
    names = [name for name, layer in known.by_layer.items() if plain(layer["evidence"]) == evidence]
    assert names and known.by_layer[names[0]]["label"] == "inactive"
    return others(known, names[0], rest)


def nearly_cancels(known: Diagnosed, name: str, evidence: str, rest: str | None) -> bool:
    return is_called(known, name, "cancelled", evidence, rest)


def stay_alike(known: Diagnosed, name: str, evidence: str, rest: str | None) -> bool:
    return is_called(known, name, "zero by symmetry", evidence, rest)


def a_gradient_is_0(known: Diagnosed, evidence: str, name: str, rest: str | None) -> bool:
    return is_called(known, name, "zero by symmetry", evidence, rest)


def would_lose(known: Diagnosed, names: str, its: str, evidence: str) -> bool:
    found = [name for name, layer in known.by_layer.items() if layer["label"] == "lost in float16"]
    assert (its == "its") == (len(found) == 1)
    return is_listed(found, names) and evidence in [plain(layer["evidence"]) for layer in known.by_layer.values()]


def costs(known: Diagnosed, bar: str, name: str, powers: str, first: str, second: str,
          third: str | None, fourth: str | None, step: str | None, alone: str | None) -> bool:  # fmt: skip
    facts, size = known.facts["costs"], norm(known.gradient(name))
    assert facts["of"] == name and size_name(known, bar, name)
    assert is_power(powers, mp.log10(size))
    keys = {"the loss": "loss", "σ′(z)": "derivative", "cancellation": "paths", "other paths": "paths"}
    keys |= {"the weights": "weight", "weights and joins": "weight", f"the input of {name}": "input"}
    for what, number in ((first, second), (third, fourth)):
        if what is not None:
            own = facts[keys[re.sub(r" makes?$", "", what)]]
            assert is_power(str(number), own) and (own < 0) == (size < 1), what
    sign = -1 if size < 1 else 1
    largest = max(sign * part for key, part in facts.items() if key not in ("of", "total"))
    return is_power(second, sign * largest)


def is_power(told: str, power: Any) -> bool:
    """Whether a logarithm was rounded to its one decimal, or to the fewer that are told of a very large one."""
    apart = abs(mp.mpf(told) - power)
    return bool(apart <= 0.0501 or (abs(power) >= 10**12 and apart <= 0.51 + abs(power) * mp.mpf(10) ** -15))


def log_alone(known: Diagnosed, bar: str, name: str, number: str) -> bool:
    return is_power(number, mp.log10(norm(known.gradient(name)))) and size_name(known, bar, name)


def helps_most(known: Diagnosed, tried: str, change: str, verb: str, bar: str, name: str, what: str, healthy: str,
               count: str, before_it: str, grows: str, loss: str, now: str) -> bool:  # fmt: skip
    first = known.facts["remedies"][0]
    told = re.sub(r"^the ", "", change)
    assert plain(first["change"]).startswith(told) and int(tried) >= len(known.facts["remedies"])
    assert size_name(known, bar, name) and int(count) == len(known.by_layer) >= int(healthy)
    again = changed(known, first["command"], name)
    before, after = norm(known.gradient(name)), norm(again.gradient(name))
    labels = healthy_layers(known, first["command"])
    assert labels == int(healthy), f"{labels} are healthy"
    assert int(before_it) == sum(layer["label"] == "healthy" for layer in known.by_layer.values())
    old, new = (mp.mpf(one.known.facts["loss"]["value"]) for one in (known, again))
    assert (grows == "but the loss grows to") in {new > twice for twice in about_twice(old)}, grows
    assert near(loss, again.known.facts["loss"]["value"], 3, 1e-9), "loss"
    assert near(now, known.known.facts["loss"]["value"], 3, 1e-9), "loss now"
    if found := re.fullmatch(rf"is {NUMBER} instead of 0", what):
        return not before and near(found[1], after, 3, 1e-9)
    if what == "stays as large":
        return near("1", after / before, 3, 1e-9)
    if found := re.fullmatch(rf"becomes {NUMBER} × as large", what):
        return near(found[1], after / before, 3, 1e-9)
    found = re.fullmatch(rf"falls by ÷ {NUMBER}", what)
    return bool(found) and near(found[1], before / after, 3, 1e-9)


def about_twice(loss: Any) -> list[Any]:
    """The loss from which on it is told to grow: twice itself may have been rounded either way."""
    return [loss + abs(loss) * one for one in (1 - SLACK, 1 + SLACK)]


def none_helps(known: Diagnosed, tried: str) -> bool:
    return not known.facts["remedies"] and int(tried) > 0


def no_loss_scale(known: Diagnosed, in_float64: str | None) -> bool:
    facts = known.known.facts
    numbers = [*flat(list(facts["gradients"].values())), *(known.deltas(name) for name in known.by_layer)]
    return not in_float64 or not any(map(is_beyond_float64, numbers))


def loss_scales(known: Diagnosed, in_float64: str | None, low: str, high: str) -> bool:
    return no_loss_scale(known, in_float64) and mp.mpf(low) <= mp.mpf(high)


def departs(known: Diagnosed, bars: str, rate: str, names: str, farthest: str, far: str, side: str) -> bool:
    sizes = known.known.course(bars)
    heights, rise = sizes.heights[1:], sizes.log10_rate
    off = {name: height - heights[0] - rise * back for back, (name, height) in
           enumerate(zip(sizes.nodes[1:], heights))}  # fmt: skip
    rounding = 4 * mp.mpf(2) ** -52 * max(abs(height - heights[0]) for height in heights)
    limits = [1 + 1e-9 + one for one in (-rounding, rounding)]  # height and rate · back are rounded to float64
    strays = [[name for name in reversed(sizes.nodes[1:]) if abs(off[name]) > limit] for limit in limits]
    assert any(is_listed(found, names) for found in strays)
    sign, number = rate.split(" ", 1)
    assert (sign == "÷") == (rise < 0) or abs(rise) <= 1e-9
    assert (side == "below") == (off[farthest] < 0)
    most = max(abs(size) for size in off.values())
    assert abs(most - abs(off[farthest])) <= 1e-9 + rounding
    return is_factor(number, rise) and is_rounded(far, mp.mpf(10) ** most)


def ranked(known: Diagnosed, name: str) -> bool:
    """The order that is printed; activations that layers seldom have are behind it."""
    before, rows = mp.mpf(known.known.facts["loss"]["value"]), known.facts["remedies"]
    usual = [one for one in rows if one["change"].partition(" (as")[0].split()[1] not in UNUSUAL]
    grows = known.network.loss.name != "output"
    assert rows[: len(usual)] == usual and name in known.by_layer
    for twice in about_twice(before):
        keys = [
            (-one["healthy"], grows and mp.mpf(one["loss"]) > twice, abs(one["log10_delta_ratio"])) for one in usual
        ]
        if keys == sorted(keys):
            return True
    return False


def not_tried(known: Diagnosed, some: str) -> bool:
    return bool(some)


def is_extended(known: Diagnosed) -> bool:
    return computed(known.network, {}).arithmetic == "extended"


LABEL = r"(saturated|cut off|inactive|cancelled|exploded|vanished|zero by symmetry|lost in float16)"
AS_WELL = r"(; (?:δ|[|‖]δ[|‖]) of .* (?:is 0|has vanished) as well)?"
SIZE_OF = r"([|‖])∂L/∂([^|‖]+)[|‖]"
TEMPLATES: dict[str, Template] = {
    **rounding.TEMPLATES,
    "healthy": (
        r"Healthy(?:, though not every unit is active \((.*?)\))?: (?:([|‖])δ[|‖] of the layers is from "
        r"(\S+|about \S+) to (\S+|about \S+) × that of (the output|[^\s;]+)"
        r"(?: \(at (.*) a thousandth or less, but more in layers before\))?; )?"
        r"no layer as a whole has vanished, exploded or is saturated, inactive, cancelled or cut off"
        r"(?:; nearest to saturated is (\S+), with σ′\(z\) 1/(\d+) of its largest value)?\.",
        healthy,
    ),
    "no fault shows": (r"Healthy: no layer has a fault that gradients show\.", lambda known: True),
    "nothing to learn": (
        r"Nothing to learn(?:: | in float64: as numbers are rounded, )the loss has the derivative 0 at the output, so "
        r"every gradient is 0(?:; compute --dps (\d+) shows another)?\.",
        nothing_to_learn,
    ),
    "course": (r"The gradient (vanishes|explodes): ([|‖])δ[|‖] (.*)\.", course),
    "at a layer": (r"The gradient (vanishes|explodes) at (\S+): (.*?)\.", at_layer),
    "inactive": (rf"(\S+) is inactive for this input: (.*?){AS_WELL}\.", inactive),
    "all inactive": (
        rf"((?:All \d+ units of \S+|\S+(?:, \S+)*(?: and \S+)?) (?:is|are) (?:inactive|dead).*?){AS_WELL}\.",
        all_off,
    ),
    "cancels": (rf"∂L/∂(\S+) nearly cancels: (.*?){AS_WELL}\.", nearly_cancels),
    "alike": (rf"Units of (\S+) stay alike: (.*?){AS_WELL}\.", stay_alike),
    "a gradient is 0": (
        rf"A gradient is 0: (the terms of (?:∂L/∂|δ_)(\S+) cancel to 0(?: in float64)?){AS_WELL}\.",
        a_gradient_is_0,
    ),
    "float16": (r"(.*) would lose (its|their) gradient in float16: (.*)\.", would_lose),
    "is": (rf"(\S+) is {LABEL}: (.*?){AS_WELL}\.", is_called),
    "costs": (
        rf"log₁₀ {SIZE_OF} is {NUMBER}; of this (.*? makes?) {NUMBER}(?: and (.*?) {NUMBER})?"
        rf"(?:; (.*) alone {NUMBER})?\.",
        costs,
    ),
    "log": (rf"log₁₀ {SIZE_OF} is {NUMBER}\.", log_alone),
    "helps most": (
        rf"Of (\d+) changes? computed, (.*?) (helps?) most: {SIZE_OF} (.*?); (\d+) of (\d+) layers? (?:is|are) healthy "
        rf"then \(now (\d+)\); (the loss becomes|but the loss grows to) {NUMBER} \(now {NUMBER}\)\.",
        helps_most,
    ),
    "none helps": (r"Of (\d+) changes? computed none helps\.", none_helps),
    "no loss scale": (
        r"(In float64 nothing is wrong\. )?No loss scale keeps all of the backward pass in float16\.",
        no_loss_scale,
    ),
    "loss scales": (
        rf"(In float64 nothing is wrong\. )?Loss scales from (?:about )?2\^{NUMBER} to (?:about )?2\^{NUMBER} keep all "
        r"of the backward pass in float16\.",
        loss_scales,
    ),
    "departs": (
        r"From hidden layer to hidden layer back ([|‖])δ[|‖] changes by ([÷×] (?:about )?\S+) \(geometric mean\)\. "
        r"More than a factor of 10 away from that: (.*); the farthest is (\S+), a factor of (.*) (below|above)\.",
        departs,
    ),
    "ranked": (r"A change helps where .* Changes are ranked by the number .*?[|‖]δ_(.*?)[|‖] ÷ .*", ranked),
    "drawn": (
        r"Weights are drawn from a fixed seed: the commands give the same ones again\.",
        lambda known: any("drawn by" in one["change"] for one in known.facts["remedies"]),
    ),
    "not tried": (r"Not tried: (.*) more; --tries N tries so many changes\.", not_tried),
    "extended": (r"Computed in extended range \(exponents of any size\)\.", is_extended),
}


# Costs and zeros.


def cost_parts(known: Diagnosed, text: str) -> bool:
    facts = known.facts["costs"]
    if not facts:
        return not any(any(flat(value)) for value in known.known.facts["gradients"].values()) or True
    parts = mp.fsum(facts[key] for key in ("loss", "derivative", "weight", "paths", "input"))
    total = mp.log10(norm(known.gradient(facts["of"])))
    assert abs(facts["total"] - total) <= 1e-9 * max(1, abs(total)), "it is another total"
    scale = max(1, *(abs(part) for part in facts.values() if not isinstance(part, str)))
    assert abs(parts - total) <= 1e-9 * scale, "they do not add up"
    layers = known.network.layers
    single = all(node.width == 1 for node in known.network.nodes) and known.network.examples == 1
    chain = is_chain(known.network) and all(len(layer.incoming) == 1 for layer in layers)
    straight = single and chain and not any(layer.into_output or layer.activation.name == "maxout" for layer in layers)
    weight = next((n for n, layer in enumerate(layers) if known.own(layer)[:1] == [facts["of"]]), None)
    if not straight or weight is None or known.known.facts["gradients"].get(facts["of"]) is None:
        return True
    if len([one for layer in layers for one in known.own(layer) if one == facts["of"]]) != 1 or len(known.ends) > 1:
        return True
    behind = layers[weight:]
    derivatives = mp.fsum(mp.log10(abs(known.values("derivative", layer.name)[0])) for layer in behind)
    values = {one.name: one.value for one in known.network.parameters}
    passed = [layer.weight if (own := layer.incoming[0].parameter) is None else own for layer in behind[1:]]
    names = [known.network.parameters[number].name for number in passed if number is not None]
    weights = mp.fsum(mp.log10(abs(flat(values[name])[0])) for name in names)
    assert abs(weights - facts["weight"]) <= 1e-6 * scale, f"weights cost {mp.nstr(weights, 6)}"
    moved = facts["loss"] + facts["derivative"]
    whole = derivatives + mp.log10(known.adjoint(layers[-1].name)) if known.adjoint(layers[-1].name) else moved
    return bool(abs(moved - whole) <= 1e-6 * scale)


class Entry:
    """The part of a gradient that is listed as 0."""

    def __init__(self, known: Diagnosed, text: str) -> None:
        self.name, _, index = text.partition("[")
        self.index = [None if part == "*" else int(part) for part in index.rstrip("]").split(",")] if index else []
        value = known.gradient(self.name)
        self.values = flat(self.part(value, self.index))

    def part(self, value: Any, index: list[int | None]) -> Any:
        if not index:
            return value
        if index[0] is None:
            return [self.part(row, index[1:]) for row in value]
        return self.part(value[index[0]], index[1:])


ZERO: dict[str, Template] = {
    "0: cancel": (r"its paths cancel", lambda known, entry: True),
    "0: δ": (
        r"δ of ((?:(?! times | is 0).)*) is 0",
        lambda known, entry, told: all(delta_is_0(known, one) for one in listed(told)[0]),
    ),
    "0: δ or its input": (
        r"in every example δ of (\S+) or (\S+) is 0, or these cancel",
        lambda known, entry, head, source: True,
    ),
    "0: at each use": (
        r"at each of its uses δ or what it multiplies is 0, or these products cancel",
        lambda known, entry: True,
    ),
    "0: alpha": (r"(\S+) multiplies z < 0 alone, and z of (.*) is not, or δ is 0", lambda known, entry, *told: True),
}


def delta_is_0(known: Diagnosed, name: str) -> bool:
    node, unit = unit_of(name)  # of maxout a unit has several
    return not any(known.known.value("delta", node, unit) if unit is not None else known.values("delta", node))


def is_of_layer(known: Diagnosed, entry: Entry, text: str) -> bool:
    """Whether it is the evidence of the layer that uses it."""
    users = [layer.name for layer in known.network.layers if entry.name in used_by(known, layer)]
    return any(plain(known.by_layer[name]["evidence"]) == text for name in users)


def used_by(known: Diagnosed, layer: Layer) -> set[str]:
    numbers = [layer.weight, layer.bias, layer.alpha, *(edge.parameter for edge in layer.incoming)]
    return {known.network.parameters[number].name for number in numbers if number is not None}


def entries(known: Diagnosed) -> Iterator[Claim]:
    """Every listed 0 with its reason, and that all are listed."""
    told: dict[str, int] = {}
    for zero in known.facts["zeros"]:
        entry, reason = Entry(known, zero["entry"]), plain(zero["reason"])
        text = f"{zero['entry']}: {reason}"
        told[entry.name] = told.get(entry.name, 0) + len(entry.values)
        if any(entry.values):
            yield Claim("0: entry", text, "it is not 0")
        elif any(re.fullmatch(pattern, reason) for pattern, _ in ZERO.values()) or is_of_layer(known, entry, reason):
            yield judged(reason, ZERO | {"0: its layer": (".*", lambda *known: True)}, known, entry)._replace(text=text)
        else:
            yield known_reason(known, entry, reason)._replace(text=text)
    every = {one.name: flat(known.gradient(one.name)) for one in known.network.parameters}
    missing = [name for name, values in every.items() if told.get(name, 0) < sum(not value for value in values)]
    if len(known.facts["zeros"]) < 1000:
        yield Claim("0: all", listing(missing), f"{missing} are not listed" if missing else "")


def listing(names: list[str]) -> str:
    return ", ".join(names) or "every 0 is listed"


def known_reason(known: Diagnosed, entry: Entry, reason: str) -> Claim:
    """A reason that `compute` has, too, of the same entries."""
    value = known.gradient(entry.name)
    shape = (
        [len(value), len(value[0])] if isinstance(value, list) and isinstance(value[0], list) else [len(flat(value))]
    )
    index = [*entry.index, None, None][: len(shape)] if isinstance(value, list) else []
    spans = [range(size) if place is None else [place] for place, size in zip(index, shape)]
    claims = []
    for row in spans[0] if spans else [0]:
        own = f"[{row}]" if spans and index[0] is not None else ""
        cells = [(place,) for place in spans[1]] if len(spans) == 2 else [()]
        places = [(row, *cell) if spans else () for cell in cells]
        claims.append(zeros.zero_claim(known.known, f"∂L/∂{entry.name}{own}", reason, places))
    good = [one for one in claims if not one.fault]
    return (good or claims)[0]


MORE = (*EVIDENCE, *ZERO, "0: its layer", "sizes", "costs add up", "0: entry", "0: all", "remedy")
"""Templates that are found elsewhere than in sentences."""


def claims(answer: Answer) -> Iterator[Claim]:
    """Every claim of a page of `diagnose`."""
    known = Diagnosed(answer)
    yield from layers(known)
    yield Claim("costs add up", str(known.facts["costs"]), fault(cost_parts, known, ""))
    yield from entries(known)
    yield from remedies(known)
    yield from (judged(text, TEMPLATES, known) for kind, text in notes(answer.blocks) if kind != "legend")
