"""Why `compute` and `paths` say that a gradient is 0: every path passes the factor that is named, and it is 0."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from claims.claim import NUMBER, Claim, Template, fault, flat, judged, listed, near, plain, words
from claims.known import Known, computed, unit_of
from claims.structure import reaches, weighed
from mpmath import mp

from gradcalc.network.network import Layer
from gradcalc.report.report import Table


class Zero:
    """A row of a table: the gradient, or the row or entries of it, that is said to be 0."""

    def __init__(self, known: Known, label: str, entries: list[tuple[int, ...]]) -> None:
        found = re.fullmatch(r"∂(\S+?)/∂(\S+?)(?: \(frozen\))?", label)
        assert found and found[1] == known.quantity, label
        self.name, self.known = found[2], known
        self.base, _, bracket = self.name.partition("[")
        self.own = tuple(map(int, bracket[:-1].split(","))) if bracket else ()
        self.entries = [(*self.own, *entry) for entry in entries] if entries and entries != [()] else [self.own]

    def of(self, entry: tuple[int, ...]) -> Any:
        """The gradient's entry, from JSON."""
        gradients = self.known.facts["gradients"]
        value = gradients[self.name]
        for place in entry:
            value = value[place] if isinstance(value, list) else value
        while isinstance(value, list) and len(value) == 1:
            value = value[0]
        assert not isinstance(value, list)
        return mp.mpf(value)

    def uses(self) -> list[tuple[Layer, Any]]:
        """The layers that use the parameter, and what of theirs it is: an edge, "bias", "weight" or "alpha"."""
        number = next(n for n, one in enumerate(self.known.network.parameters) if one.name == self.base)
        found: list[tuple[Layer, Any]] = []
        for layer in self.known.network.layers:
            found += [(layer, edge) for edge in layer.incoming if edge.parameter == number]
            found += [(layer, part) for part in ("bias", "weight", "alpha") if getattr(layer, part) == number]
        return found

    def starts(self) -> list[str]:
        return [layer.name for layer, _ in self.uses()]

    def paths(self) -> list[dict[str, Any]]:
        """All there are; those of the whole gradient where it is a row or some entries of it."""
        return self.known.paths(self.name if self.name in self.known.every["paths"] else self.base)

    def passes(self, node: str, unit: int | None) -> bool:
        """Whether every path of it goes through the unit: by the layers of all paths, and where the layer has several
        units by the row, which is that unit's."""
        through = all(node in [part.partition("[")[0] for part in path["nodes"]] for path in self.paths())
        if self.known.node(node).width == 1 or unit is None:
            return through
        rows = {entry[0] if entry else None for entry in self.entries}
        own = all(layer.name == node for layer, _ in self.uses())
        return through and own and rows == {unit}


def no_path(zero: Zero, name: str, to: str) -> bool:
    known = zero.known
    assert name == zero.base and to == ("the loss" if known.of is None else known.of)
    is_node = name in known.facts["forward"]
    return not any(reaches(known.network, node, known.of) for node in ([name] if is_node else zero.starts()))


def inactive(zero: Zero, name: str, z: str | None, examples: str | None) -> bool:
    node, unit = unit_of(name)
    zs, derivatives = (zero.known.value(kind, node, unit) for kind in ("preactivation", "derivative"))
    assert zero.known.node(node).activation.name in ("relu", "relu6") and max(zs) < 0 == max(map(abs, derivatives))
    assert (len(zs) == 1 and near(z, zs[0], 6)) if z is not None else len(zs) > 1
    return zero.passes(node, unit)


def derivative_is_0(zero: Zero, name: str, z: str | None, examples: str | None) -> bool:
    node, unit = unit_of(name)
    zs, derivatives = (zero.known.value(kind, node, unit) for kind in ("preactivation", "derivative"))
    assert not any(derivatives)
    assert (len(zs) == 1 and near(z, zs[0], 6)) if z is not None else len(zs) > 1
    return zero.passes(node, unit)


def input_is_0(zero: Zero, name: str) -> bool:
    node, unit = unit_of(name)
    edges = [edge for _, edge in zero.uses()]
    assert not any(isinstance(edge, str) for edge in edges)
    assert {zero.known.network.nodes[edge.source].name for edge in edges} == {node}
    width = zero.known.node(node).width
    units = range(width) if unit is None else [unit]
    if unit is not None:
        assert {entry[-1] for entry in zero.entries} == {unit} or width == 1
    return not any(any(zero.known.value("output", node, each)) for each in units)


def equal_in_softmax(zero: Zero, of: str, name: str) -> bool:
    """∂L/∂ every unit is one number, and a softmax makes of it the same of z."""
    assert of == zero.known.quantity and zero.known.node(name).activation.name == "softmax"
    assert all(len(set(row)) == 1 for row in zero.known.rows("adjoint", name))
    return zero.passes(name, None)


def units_of(known: Known, node: str, unit: int | None) -> Sequence[int]:
    """A unit, or where none is named all of the node."""
    return range(known.node(node).width) if unit is None else [unit]


def adjoint_is_0(zero: Zero, of: str, name: str) -> bool:
    node, unit = unit_of(name)
    own = units_of(zero.known, node, unit)
    assert of == zero.known.quantity and not any(any(zero.known.value("adjoint", node, each)) for each in own)
    return zero.passes(node, unit)


def equals_target(zero: Zero, name: str) -> bool:
    node, unit = unit_of(name)
    for each in units_of(zero.known, node, unit):
        aims = [row[each] for row in zero.known.target(node)]
        assert list(map(float, zero.known.value("output", node, each))) == aims
        assert not any(zero.known.value("adjoint", node, each))
    return zero.passes(node, unit)


def rounds_to_target(zero: Zero, name: str, said: str, rest: str | None) -> bool:
    """That it is a 0 of float64, and not of more digits, of which y is one next to its target or another number."""
    node, unit = unit_of(name)
    if rest is None:
        layer = zero.known.node(node)
        assert layer.activation.name in ("sigmoid", "tanh", "softmax") and not layer.into_output
    elif found := re.fullmatch(rf" \((\S+) - t = {NUMBER}\); --dps (\d+) shows ∂(\S+)/∂(\S+)", rest):
        assert found[1] == found[5] == name and found[4] == zero.known.quantity
        is_shown_by(zero.known, name, found[3], found[2])
        (aim,), off = (row[unit or 0] for row in zero.known.target(node)), abs(mp.mpf(found[2]))
        assert (said == "rounds to its target") == (off < abs(mp.mpf(aim)) / 10**5)
    else:
        digits = re.fullmatch(r"; --dps (\d+) shows ∂(\S+)/∂(\S+)", rest)
        assert digits and digits[3] == name
        is_shown_by(zero.known, name, digits[1])
    aims = [row[unit or 0] for row in zero.known.target(node)]
    assert list(map(float, zero.known.value("output", node, unit))) == aims
    return not any(zero.known.value("adjoint", node, unit)) and zero.passes(node, unit)


def rounds_to_0(zero: Zero, of: str, name: str, dps: str) -> bool:
    node, unit = unit_of(name)
    assert of == zero.known.quantity and not any(zero.known.value("adjoint", node, unit))
    is_shown_by(zero.known, name, dps)
    return zero.passes(node, unit)


def is_shown_by(known: Known, name: str, dps: str, difference: str | None = None) -> None:
    """Whether ∂L/∂ an output is another one with so many digits."""
    node, unit = unit_of(name)
    with mp.workdps(int(dps)):
        finer = Known.of_computation(computed(known.network, {"of": known.of, "dps": int(dps)}), {"dps": int(dps)})
        assert finer.value("adjoint", node, unit) != known.value("adjoint", node, unit)
    if difference is not None:
        with mp.workdps(2 * int(dps)):  # y may be t in so many
            finest = Known.of_computation(computed(known.network, {"of": known.of, "dps": mp.dps}), {"dps": mp.dps})
            (y,), ((t, *_),) = finest.value("output", node, unit), [row[unit or 0 :] for row in known.target(node)]
            assert near(difference, y - mp.mpf(repr(float(t))), 2)


def beyond_margin(zero: Zero, name: str) -> bool:
    node, unit = unit_of(name)
    pairs = zip(zero.known.value("output", node, unit), (row[unit or 0] for row in zero.known.target(node)))
    assert zero.known.network.loss.name == "hinge" and all(y * t > 1 for y, t in pairs)
    return not any(zero.known.value("adjoint", node, unit)) and zero.passes(node, unit)


def is_not_extremum(known: Known, path: dict[str, Any], name: str, extremum: str, join: str) -> bool:
    """Whether a path goes from the one to the other, which takes another of its sources in every example."""
    layer = known.node(join)
    sources = {known.network.nodes[edge.source].name: edge for edge in layer.edges}
    sign = {"max": 1, "min": -1}[extremum]
    weight, _, source = name.rpartition("·")
    name, parameter = source, sources[source].parameter
    assert weight == ("" if parameter is None else known.network.parameters[parameter].name)
    values = {source: [sign * row[0] for row in weighed(known, edge)] for source, edge in sources.items()}
    is_own = weight and path["nodes"][0] == join  # of the weight itself paths begin behind it
    assert layer.join == extremum and (is_own or (name, join) in zip(path["nodes"], path["nodes"][1:]))
    return all(own < best for own, best in zip(values[name], map(max, zip(*values.values()))))


def not_extremum(zero: Zero, name: str, extremum: str, join: str) -> bool:
    return all(is_not_extremum(zero.known, path, name, extremum, join) for path in zero.paths())


def are_not_extremum(zero: Zero, names: str, extremum: str, join: str) -> bool:
    """Of every path one of these sources is not the extremum."""
    parts = [f"{name} is not the {extremum}imum of {join}" for name in listed(names)[0]]
    assert not listed(names)[1] and len(parts) > 1
    return have_factors_of_0(zero, *parts)


def are_inactive(zero: Zero, told: str) -> bool:
    """On every path one of these units is inactive."""
    return have_factors_of_0(zero, *told.split(" and "))


def have_factors_of_0(zero: Zero, *reasons: str) -> bool:
    of_paths = [[fault(has_factor_of_0, zero.known, zero.name, path, why) for why in reasons] for path in zero.paths()]
    return all("" in faults for faults in of_paths) and all("" in faults for faults in zip(*of_paths))


def is_other_factor(known: Known, path: dict[str, Any], name: str) -> bool:
    """Whether a path goes into a product of which this node, which is 0, is another factor."""
    for source, target in zip(path["nodes"], path["nodes"][1:]):
        factors = [known.network.nodes[edge.source].name for edge in known.node(target).edges]
        if known.node(target).join == "multiply" and name in factors and (source != name or factors.count(name) > 1):
            return not any(known.value("output", name, 0))
    return False


def weights_are_0(zero: Zero, names: str) -> bool:
    """Every path passes one of these weights, or a product of which one of these nodes is another factor."""
    told, more = listed(names)
    values = {one.name: one.value for one in zero.known.network.parameters}
    weights = {name for name in told if name in values}
    assert not any(any(flat(values[name])) for name in weights)
    return bool(more) or all(
        weights & {part.partition("[")[0] for part in path["through"]}
        or any(is_other_factor(zero.known, path, name) for name in told if name not in values)
        for path in zero.paths()
    )


def has_factor_of_0(known: Known, name: str, path: dict[str, Any], why: str) -> bool:
    """Whether a path passes what is named, and that is 0: σ′ where it goes through the layer's preactivation."""
    values = {one.name: one.value for one in known.network.parameters}
    if weight := re.fullmatch(r"(\S+) is 0", why):
        if weight[1] in values:
            return weight[1] in path["through"] and not any(flat(values[weight[1]]))
        return is_other_factor(known, path, weight[1])
    if found := re.fullmatch(REASONS["0: not the extremum"][0], why):
        return is_not_extremum(known, path, *found.groups())
    found = re.fullmatch(r"(\S+) is inactive(?: .*)?|σ′\(z\) of (\S+) is 0(?: .*)?", why)
    assert found, why
    node, unit = unit_of(found[1] or found[2])
    assert node in path["nodes"], f"it does not pass {node}"
    place = path["nodes"].index(node)
    before = path["nodes"][place - 1] if place else ""
    nodes = known.network.nodes
    labels = [edge.label for edge in known.node(node).into_output if nodes[edge.source].name == before]
    assert path["through"][place - 1] not in labels if place else name in values, f"it does not go through σ of {node}"
    assert before or known.node(node).alpha is None or known.network.parameters[known.node(node).alpha].name != name
    return not any(known.value("derivative", node, unit))


PATH_OF_0 = r"(.+ → .+?) \((.* (?:is|are) (?:0|inactive|not the .*))\)"
"""A path, and which of its factors is 0."""


def path_of_0(known: Known, label: str, nodes: str, why: str) -> str:
    """Why it is false of every path of the gradient that contributes nothing and has these ends."""
    name = label.removesuffix(" (frozen)").partition("/∂")[2]
    ends = nodes.rpartition(": ")[2].split(" → ")
    paths = [path for path in known.paths(name) if not any(flat(path["contribution"]))]
    paths = [path for path in paths if (path["nodes"][0], path["nodes"][-1]) == (ends[0], ends[-1])]
    faults = [fault(has_factor_of_0, known, name, path, why) for path in paths]
    return "" if "" in faults else f"of no path: {faults}"


ROUNDED_SUM = (
    rf"The contributions as listed add up to {NUMBER}, (?:the sum above|∂(\S+?)/∂(\S+)) is {NUMBER}: numbers are "
    r"rounded (in b?float\S+|in extended range|with \d+ decimal digits)\."
)


def is_rounded_sum(contributions: Sequence[Any], value: Any, told: str, told_value: str, where: str) -> bool:
    """Whether contributions add up to another number than they were rounded to."""
    exactly = mp.fsum(map(float, contributions) if "float" in where else contributions)
    if where == "in extended range":  # of which JSON has fewer digits
        slack = mp.mpf(10) ** -15 * max(abs(mp.mpf(one)) for one in contributions)
        is_told = near(told, exactly, 6) or abs(mp.mpf(told) - exactly) <= slack
        return bool(is_told) and near(told_value, value, 6)
    assert abs(exactly - value) >= abs(value) * mp.mpf(10) ** -6
    if digits := re.search(r"with (\d+)", where):  # those of the numbers that are listed
        assert abs(exactly - value) >= mp.mpf(10) ** -int(digits[1]) * max(abs(mp.mpf(one)) for one in contributions)
    return near(told, exactly, 6, mp.mpf(10) ** -12) and near(told_value, value, 6, mp.mpf(10) ** -12)


REASONS: dict[str, Template] = {
    "0: no path": (r"no path from (\S+) to (the loss|\S+)", no_path),
    "0: inactive": (rf"(\S+) is inactive (?:\(z = {NUMBER}\)|(in every example))", inactive),
    "0: its input": (r"its input (\S+) is 0", input_is_0),
    "0: σ′(z)": (rf"σ′\(z\) of (\S+) is 0 (?:at z = {NUMBER}|(in every example))", derivative_is_0),
    "0: ∂L/∂output": (r"∂(\S+)/∂(\S+) is 0", adjoint_is_0),
    "0: its target": (r"(\S+) equals its target", equals_target),
    "0: rounds to its target": (
        r"(\S+) (rounds to its target|is its target only) (?:in float64|with \d+ decimal digits)( \(.*|; .*)?",
        rounds_to_target,
    ),
    "0: ∂L/∂output rounds": (
        r"∂(\S+)/∂(\S+) rounds to 0 (?:in float64|with \d+ decimal digits); --dps (\d+) shows it",
        rounds_to_0,
    ),
    "0: beyond the margin": (r"(\S+) is beyond the margin", beyond_margin),
    "0: not the extremum": (r"(\S+) is not the (max|min)imum of (\S+)", not_extremum),
    "0: none the extremum": (r"(.*) are not the (max|min)imum of (\S+)", are_not_extremum),
    "0: several inactive": (r"(\S+ is inactive .*? and \S+ is inactive .*)", are_inactive),
    "0: equal in softmax": (r"∂(\S+)/∂(\S+) is equal in all units, and softmax\(z\) sums to 1", equal_in_softmax),
    "0: weights": (r"([^∂]+) (?:is|are) 0", weights_are_0),
}


def claims(known: Known, table: Table) -> Iterator[Claim]:
    """Every reason of a table with every entry that it is said of."""
    names = [column.name for column in table.columns]
    for row in table.rows if "why 0" in names else ():
        text = plain(words(row[names.index("why 0")] or "", 6))
        if not text:
            continue
        label, cells = str(row[0]), row[1 : names.index("why 0")]
        start = label.removesuffix(" (frozen)")
        index = tuple(map(int, found[1].split(","))) if (found := re.search(r"\[([\d,]+)\]$", start)) else ()
        columns = [place for place, cell in enumerate(cells) if cell is not None]
        shape = [(*index, place) if len(cells) > 1 else index for place in columns]
        if text.startswith("["):
            for place, reason in re.findall(r"\[(\d+)\]: (.*?)(?:; (?=\[)|$)", text):
                yield zero_claim(known, label, reason, [(*index, int(place))])
        else:
            zeros = [entry for entry, place in zip(shape, columns) if not cells[place]]
            yield zero_claim(known, label, text, zeros)
    label = ""
    for row in table.rows if names[:1] == ["gradient"] and "path" in names else ():
        cell, label = row[names.index("path")], str(row[0] or label)
        text = "" if hasattr(cell, "full") else plain(words(cell or "", 6))
        if cell is not None and (found := re.fullmatch(PATH_OF_0, plain(words(getattr(cell, "full", cell), 6)))):
            yield Claim("0: a path", str(found[0]), path_of_0(known, label, found[1], found[2]))
        if row[0] is not None and any(re.fullmatch(pattern, text) for pattern, _ in REASONS.values()):
            yield zero_claim(known, str(row[0]), text, [])


def zero_claim(known: Known, label: str, reason: str, entries: list[tuple[int, ...]]) -> Claim:
    stem, index = label.removesuffix(" (frozen)"), re.search(r"\[[\d,]+\]$", label.removesuffix(" (frozen)"))
    if index and stem.partition("/∂")[2] not in known.facts["gradients"]:
        stem = stem[: index.start()]
    try:
        zero = Zero(known, stem, entries)
        assert not any(map(zero.of, entries) if entries else flat(known.facts["gradients"][zero.name])), "it is not 0"
    except AssertionError as error:
        return Claim("0: unknown", f"{label}: {reason}", str(error) or "of another gradient")
    return judged(reason, REASONS, zero)._replace(text=f"{label}: {reason}")
