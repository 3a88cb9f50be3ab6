"""The label of every layer of a diagnosis, and its evidence."""

from __future__ import annotations

import re
from collections.abc import Iterator

from claims.claim import NUMBER, Claim, Template, fault, flat, is_listed, is_size, judged, listed, near, norm, plain
from claims.diagnosed import SLACK, Diagnosed
from claims.known import unit_of
from claims.structure import reaches
from mpmath import mp

LARGEST = {"sigmoid": mp.mpf(1) / 4, "tanh": mp.mpf(1)}
RECTIFIERS = ("relu", "relu6")
BOUNDED = ("hardtanh", "relu6", "hard_sigmoid")
NAME = r"([^\s;,:]+)"


def sizes(known: Diagnosed, name: str) -> bool:
    layer, facts = known.by_layer[name], known.known.facts
    own = known.own(known.layer(name))
    expected = {
        "output": norm(facts["forward"][name]["output"]),
        "derivative": norm(facts["forward"][name]["derivative"]),
        "delta": known.deltas(name),
        "gradient": norm([norm(known.gradient(one)) for one in own]) if own else None,
    }
    for key, value in expected.items():
        if value is None:
            assert layer[key] is None and layer["log10"][key] is None, key
            continue
        assert abs(layer[key] - value) <= SLACK * abs(value), f"{key} is {mp.nstr(value, 10)}"
        power = layer["log10"][key]
        assert (power is None) == (not value), f"log10 of {key}"
        assert power is None or abs(power - mp.log10(value)) <= 1e-9 * max(1, abs(power)), f"log10 of {key}"
    return True


def without_fault(known: Diagnosed, name: str) -> bool:
    """Whether a layer that is called healthy is."""
    layer, delta, most = known.layer(name), known.deltas(name), known.reference
    if most and delta and delta > most * mp.mpf("1000.001"):
        raise AssertionError("it has exploded")
    if most and not delta and any(known.deltas(end) for end in known.ends):
        raise AssertionError("δ is 0")
    if layer.activation.name in LARGEST and known.network.loss.name not in ("bce", "cross_entropy", "nll"):
        columns = list(zip(*known.known.rows("derivative", name)))
        most = LARGEST[layer.activation.name]
        dead = [all(abs(mp.mpf(one)) * 1001 < most for one in column) for column in columns]
        assert not any(dead) or not most, "units are saturated"
    return True


def nothing(known: Diagnosed, name: str) -> bool:
    return without_fault(known, name)


def starts_with_0(known: Diagnosed, name: str) -> bool:
    return not any(known.deltas(end) and known.adjoint(end) for end in known.ends)


def some_inactive(known: Diagnosed, name: str, off: str, width: str) -> bool:
    layer, zs = known.layer(name), known.values("preactivation", name)
    assert layer.activation.name in RECTIFIERS and known.network.examples == 1 and int(width) == layer.width
    return int(off) == sum(z < 0 for z in zs) and without_fault(known, name)


def some_dead(known: Diagnosed, name: str, units: str, count: str, unit: str | None, largest: str | None) -> bool:
    layer, rows = known.layer(name), known.known.rows("preactivation", name)
    dead = [place for place, zs in enumerate(zip(*rows)) if all(mp.mpf(z) < 0 for z in zs)]
    names = [f"{name}[{place}]" if layer.width > 1 else name for place in dead]
    assert layer.activation.name in RECTIFIERS and int(count) == len(rows) > 1 and is_listed(names, units)
    label = known.by_layer[name]["label"]
    assert (label == "inactive") == (10 * len(dead) >= layer.width) == (unit is not None) or label not in (
        "healthy", "inactive",
    )  # fmt: skip
    if unit is not None:
        assert unit == names[0]
        return near(str(largest), max(mp.mpf(row[dead[0]]) for row in rows), 3)
    return True


def no_path(known: Diagnosed, name: str, told: str) -> bool:
    return told == name and not reaches(known.network, name, None)


def one_inactive(known: Diagnosed, name: str, z: str) -> bool:
    layer, zs = known.layer(name), known.values("preactivation", name)
    assert layer.width == 1 and known.network.examples == 1 and layer.activation.name in RECTIFIERS
    return zs[0] < 0 and near(z, zs[0], 3) and not any(known.values("derivative", name)) and not known.deltas(name)


def all_inactive(known: Diagnosed, name: str, units: str | None, one: str | None, told: str, examples: str | None,
                 largest: str) -> bool:  # fmt: skip
    layer, zs = known.layer(name), known.values("preactivation", name)
    assert (int(units) if units else 1) == layer.width and (one or told or name) == name
    assert (int(examples) if examples else 1) == known.network.examples
    assert max(zs) <= 0 and layer.activation.name in RECTIFIERS and not any(known.values("derivative", name))
    assert (one is None) or layer.width == 1
    return near(largest, max(zs), 3)


def on_kink(known: Diagnosed, name: str, only: str | None, several: str | None) -> bool:
    layer, source = known.layer(name), only or several
    assert not any(known.values("preactivation", name)) and not any(known.values("derivative", name))
    if source is None:
        return layer.activation.name in RECTIFIERS
    edges = (*layer.edges, *layer.into_preactivation)
    sources = list(dict.fromkeys(known.network.nodes[edge.source].name for edge in edges))
    assert (len(sources) > 1) == (several is not None)
    return is_listed(sources, source) and not any(any(known.values("output", one)) for one in sources)


def flat_there(known: Diagnosed, name: str, activation: str, z: str) -> bool:
    layer, zs = known.layer(name), known.values("preactivation", name)
    assert plain(layer.activation.text) == activation and not any(known.values("derivative", name))
    assert (known.by_layer[name]["label"] == "saturated") == (layer.activation.name in BOUNDED)
    return any(near(z, one, 3) for one in zs) and bool(known.adjoint(name))


def saturated(known: Diagnosed, name: str, some: str | None, width: str | None, unit: str | None, z: str,
              derivative: str, times: str | None) -> bool:  # fmt: skip
    layer = known.layer(name)
    most = LARGEST[layer.activation.name]
    pairs = [
        list(zip(*rows)) for rows in zip(known.known.rows("derivative", name), known.known.rows("preactivation", name))
    ]
    columns = [[(abs(mp.mpf(a)), mp.mpf(b)) for a, b in column] for column in zip(*pairs)]
    found = [place for place, column in enumerate(columns) if all(s * 1000 <= most * (1 + SLACK) for s, _ in column)]
    assert found, "no unit is"
    if some is None:
        assert layer.width == 1
        unit = name
    else:
        assert int(some) == len(found) and int(str(width)) == layer.width > 1
    node, place = unit_of(str(unit))
    assert node == name and (place or 0) in found
    own = [pair for pair in columns[place or 0] if near(derivative, pair[0], 3) and near(z, pair[1], 3)]
    assert own, "no such z and σ′"
    assert own[0][0] <= min(max(size for size, _ in columns[other]) for other in found) * (1 + SLACK)
    if times is None:
        return not own[0][0]
    return near(times.strip("()"), most / own[0][0], 2, 1e-9)


def of_output(known: Diagnosed, name: str, bars: str, times: str, output: str) -> bool:
    layer, found = known.layer(name), known.deltas(name) / known.reference
    label = known.by_layer[name]["label"]
    assert (bars == "‖") == (layer.width > 1 or known.network.examples > 1) and is_output(known, output)
    if label == "exploded":
        assert found >= 1000 * (1 - SLACK)
    if label == "vanished":
        assert found <= (1 + SLACK) / 1000
        before = ancestors(known, name)
        assert all(known.deltas(one) <= known.reference * (1 + SLACK) / 1000 for one in before), "one before has not"
    return near(times, found, 2, 1e-9) if "about" not in times else is_size(times, found)


def is_output(known: Diagnosed, told: str) -> bool:
    """Whether it is what layers are measured by: the only output, or the name of one of several."""
    if told == "the output":
        return len(known.ends) == 1 or not known.reference
    return len(known.ends) > 1 and told == known.measure


def ancestors(known: Diagnosed, name: str) -> set[str]:
    """The layers that one is made from."""
    found = {name}
    for layer in reversed(known.network.layers):
        if layer.name in found:
            found |= {known.network.nodes[edge.source].name for edge in layer.incoming}
    return found & {layer.name for layer in known.network.layers}


def cancelling(known: Diagnosed, name: str, through: str | None, times: str) -> bool:
    if through is not None:
        assert len(known.readers(name)) > 0 and set(listed(through)[0]) <= set(known.readers(name))
        assert mp.mpf(times) >= 100
    else:
        assert mp.mpf(times) >= 1000
    return bool(known.adjoint(name))


def cancelled_to_0(known: Diagnosed, name: str, letter: str, of: str) -> bool:
    return of == name and not known.deltas(name) and (letter == "∂L/∂") == (not known.adjoint(name))


def alike(known: Diagnosed, name: str, units: str) -> bool:
    told, _ = listed(units)
    assert all(unit_of(one)[0] == name for one in told) and len(told) > 1
    places = [unit_of(one)[1] or 0 for one in told]
    layer = known.layer(name)
    parameters = known.network.parameters
    numbers = {edge.parameter for edge in layer.incoming} | {layer.weight, layer.bias, layer.alpha}
    own = [parameters[number] for number in numbers - {None} if parameters[number].shape[:1] == (layer.width,)]
    assert {one.name for one in own} >= set(known.own(layer)), "not every unit has weights of its own"
    weights = [[flat(one.value[place]) for one in own] for place in places]
    gradients = [[flat(known.gradient(one.name)[place]) for one in own] for place in places]
    assert all(row == weights[0] for row in weights), "weights differ"
    for row in gradients:
        assert all(abs(a - b) <= SLACK * abs(b) for x, y in zip(row, gradients[0]) for a, b in zip(x, y)), "gradients"
    return True


def at_loss(known: Diagnosed, name: str, of: str) -> bool:
    return of == name and not known.adjoint(name) and name in known.ends


def weighed_with_0(known: Diagnosed, name: str, told: str) -> bool:
    values = {one.name: one.value for one in known.network.parameters}
    assert not known.deltas(name) and not known.adjoint(name)
    for part in re.split(r"(?:(?<=is 0)|(?<=are 0)|(?<=it here))(?:,? and |, )", told):
        if times := re.fullmatch(r"δ of (\S+) times (.*) is 0", part):
            assert times[1] in known.readers(name) and any(flat(values[one]) for one in listed(times[2])[0])
            continue
        if weight := re.fullmatch(r"(.*) (?:is|are) 0", part):
            for one in listed(weight[1])[0]:
                assert one in values, f"{one} is no parameter"
                assert not any(flat(values[one])), f"{one} is not 0"
        else:
            found = re.fullmatch(r"(\S+) does not depend on it here", part)
            assert found and found[1] in [*known.readers(name), name], part
    return True


def either_is_0(known: Diagnosed, name: str, of: str) -> bool:
    pairs = zip(known.values("adjoint", name), known.values("derivative", name))
    return of == name and all(not a or not b for a, b in pairs) and bool(known.adjoint(name))


def jacobian(known: Diagnosed, name: str, activation: str, times: str | None) -> bool:
    assert known.adjoint(name) and not known.deltas(name) and plain(known.layer(name).activation.text) == activation
    return any(known.values("derivative", name)) == bool(times)


def behind_is_0(known: Diagnosed, name: str, told: str) -> bool:
    names, _ = listed(told)
    assert all(not known.deltas(one) for one in names)
    return set(names) <= {*known.readers(name), name}


def input_is_0(known: Diagnosed, name: str, told: str) -> bool:
    names, _ = listed(told)
    assert not any(any(known.values("output", one)) for one in names)
    assert not any(any(flat(known.gradient(one))) for one in known.own(known.layer(name)))
    return bool(known.deltas(name))


def frozen(known: Diagnosed, name: str, told: str) -> bool:
    own = known.own(known.layer(name))
    frozen = {one.name for one in known.network.parameters if one.frozen}
    return is_listed(own, told) and set(own) <= frozen


def in_float16(known: Diagnosed, name: str, one: str | None, some: str | None, size: str) -> bool:
    own = known.own(known.layer(name))
    found = [abs(number) for parameter in own for number in flat(known.gradient(parameter)) if number]
    names = [f"∂L/∂{parameter}" for parameter in own]
    assert is_listed(names, str(one or some)) and max(found) <= mp.mpf(2) ** -25
    return near(size, max(found), 3, 1e-9)


EVIDENCE: dict[str, Template] = {
    "evidence: healthy": (r"", nothing),
    "evidence: starts with 0": (r"the backward pass starts with 0", starts_with_0),
    "evidence: some inactive": (r"(\d+) of (\d+) units? inactive for this input", some_inactive),
    "evidence: dead units": (
        rf"(.*) (?:is|are) dead, with z < 0 in each of (\d+) examples(?: \(largest z of (\S+) = {NUMBER}\))?",
        some_dead,
    ),
    "evidence: no path": (r"no path from (\S+) to the loss", no_path),
    "evidence: inactive": (rf"z = {NUMBER} is below 0, where σ′ = 0", one_inactive),
    "evidence: all inactive": (
        rf"(?:all (\d+) units of|({NAME[1:-1]}) is) ?({NAME[1:-1]})?(?: are)? ?"
        rf"(?:inactive|dead, with z ≤ 0 in each of (\d+) examples) \(largest z = {NUMBER}\)",
        all_inactive,
    ),
    "evidence: on its kink": (
        r"z = 0(?:, as its input(?: (.*) is|s (.*) are) 0)?, and σ′\(0\) = 0 by convention",
        on_kink,
    ),
    "evidence: σ′ is 0": (rf"σ′\(z\) of (.*) is 0 \(z = {NUMBER}\)", flat_there),
    "evidence: saturated": (
        rf"(?:(\d+) of (\d+) units, (\S+) most, at )?z = {NUMBER}, σ′ = {NUMBER}"
        r"(?:, 1/(\(?[\d.e-]+\)?) of its largest value)?",
        saturated,
    ),
    "evidence: size": (rf"([|‖])δ[|‖] is ({NUMBER[1:-1]}|about 10\S+) × that of (.*)", of_output),
    "evidence: cancelling": (
        rf"(?:its terms through (.*)|the products that it is a sum of) add up to {NUMBER} × it in magnitude",
        cancelling,
    ),
    "evidence: cancelled": (r"the terms of (∂L/∂|δ_)(\S+) cancel to 0(?: in float64)?", cancelled_to_0),
    "evidence: alike": (r"(.*) have equal weights and equal gradients, so a step changes them alike", alike),
    "evidence: 0 at the loss": (r"∂L/∂(\S+) is 0 at the loss", at_loss),
    "evidence: its inputs": (r"its inputs? (.*) (?:is|are) 0", input_is_0),
    "evidence: a factor": (r"in each unit ∂L/∂(\S+) or σ′\(z\) is 0", either_is_0),
    "evidence: Jacobian": (r"the Jacobian of (.*?)( times ∂L/∂\S+)? is 0", jacobian),
    "evidence: δ behind": (r"δ of ((?:(?! times | is 0).)*) is 0", behind_is_0),
    "evidence: weighed with 0": (r"(.* (?:is 0|are 0|does not depend on it here))", weighed_with_0),
    "evidence: frozen": (r"(.*) (?:is|are) frozen, so no step changes (?:it|them)", frozen),
    "evidence: float16": (
        rf"(?:\|(∂L/∂\S+)\||the largest entry of (.*) in magnitude) is {NUMBER}, and 2⁻²⁵ = 2\.98e-8 or less is "
        r"rounded to 0",
        in_float16,
    ),
}  # fmt: skip
LABELS = {
    "healthy": ("healthy", "starts with 0", "some inactive", "dead units"),
    "inactive": ("inactive", "all inactive", "on its kink", "dead units"),
    "saturated": ("saturated", "σ′ is 0"),
    "cut off": (
        "no path",
        "σ′ is 0",
        "0 at the loss",
        "its inputs",
        "δ behind",
        "weighed with 0",
        "a factor",
        "Jacobian",
        "frozen",
    ),
    "zero by symmetry": ("cancelled", "alike"),
    "exploded": ("size",),
    "vanished": ("size",),
    "cancelled": ("cancelling",),
    "lost in float16": ("float16",),
}
"""Which evidence stands for which label."""


def layers(known: Diagnosed) -> Iterator[Claim]:
    """Every layer's sizes, and its label."""
    assert list(known.by_layer) == [layer.name for layer in known.network.layers]
    for name, layer in known.by_layer.items():
        yield Claim("sizes", name, fault(sizes, known, name))
        claim = judged(plain(layer["evidence"]), EVIDENCE, known, name)
        allowed = [f"evidence: {one}" for one in LABELS[layer["label"]]]
        text = f"{name} is {layer['label']}: {claim.text}"
        if claim.template not in allowed:
            yield claim._replace(text=text, fault=claim.fault or "is evidence of another label")
        else:
            yield claim._replace(text=text)
