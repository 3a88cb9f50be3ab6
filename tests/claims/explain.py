"""What `explain` says: steps with their numbers, headings, paths, what rounding does, and its program."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from math import prod
from typing import Any

from claims import angles, kinks, rounding, zeros
from claims.arithmetic import Unreadable, value_of
from claims.claim import (
    NUMBER,
    SHARE,
    TOLERANCE,
    Answer,
    Claim,
    Template,
    fault,
    flat,
    is_listed,
    is_percent,
    judged,
    listed,
    near,
    norm,
    notes,
    plain,
    printed,
    quantity,
    words,
)
from claims.known import Known as Alone
from claims.known import computed
from mpmath import mp

from gradcalc.analysis.computation import compute
from gradcalc.analysis.path_analysis import paths
from gradcalc.analysis.point import is_narrow
from gradcalc.analysis.results import Computation, Part
from gradcalc.errors import UsageError
from gradcalc.expressions.expression import Expression
from gradcalc.network.graph import graph
from gradcalc.network.network import Network, entries, mapped_entries
from gradcalc.report.report import Aligned, Heading, Line

Derivation = dict[str, Any]


class Known:
    """The JSON of the derivations, and that of `compute`."""

    def __init__(self, answer: Answer) -> None:
        self.answer, self.network, self.wrt = answer, answer.network, answer.facts["wrt"]
        self.decimals, self.of = answer.options.get("decimals"), answer.options.get("of")
        self.quantity = quantity(self.network, self.of)
        self.dtype = answer.options.get("storage", {}).get("dtype")

    @cached_property
    def computation(self) -> Computation:
        options = self.answer.options  # of single units paths are what the numbers are to hold, as well
        lists_paths = options.get("top", 10) and is_narrow(graph(self.network))
        return computed(self.network, options, int(bool(lists_paths)))

    @cached_property
    def alone(self) -> Alone:
        return Alone.of_computation(self.computation, self.answer.options)

    def lefts(self) -> Iterator[str]:
        """What the steps are of."""
        for block in self.answer.blocks:
            if isinstance(block, Aligned):
                yield from (words((line.left,), 6) for line in block.lines)

    def found(self, of: str, name: str) -> Derivation:
        assert of == self.quantity
        return dict(self.wrt[name])


# Sentences.


def checked(
    known: Known,
    in_float64: str | None,
    rounded: str | None,
    here: str | None,
    random: str | None,
    formulas: str,
    how: str,
    rest: str | None,
) -> bool:
    assert bool(rounded) == (known.decimals is not None) and bool(in_float64) == (known.dtype is not None)
    checks = [found["certified"] for found in known.wrt.values()]
    errors = [mp.mpf(one["relative_error"]) for one in checks if one["relative_error"] is not None]
    others = 0 if random is None else int(re.sub(r"\D", "", random) or 1)
    assert min(one["points"] for one in checks) == others + bool(here)
    assert bool(here) == all(one.get("here", True) for one in checks)
    assert (rest is not None) == any(one.get("unresolved") for one in checks) and (rest != "Here") == bool(here)
    assert (formulas == "these formulas equal") == (len(checks) > 1)
    worst = max(errors)
    return (
        not worst
        if how == " in every digit computed"
        else near(how.removeprefix(" to a relative difference of "), worst, 2, 1e-9)
    )


def cancelled(known: Known, names: str) -> bool:
    """A derivative whose factors cancel is small, unless its format is."""
    if known.dtype is not None:
        return True
    for node in re.findall(r"′\(z_([^\s\[\]⁽]+)[\[\]⁽⁾\w]*\)", names):
        assert min(map(abs, flat(known.alone.facts["forward"][node]["derivative"]))) < mp.mpf("0.001"), node
    return True


def values(known: Known, told: str) -> bool:
    """The first and the last of a run, the others by their order in the spec."""
    forward, parameters = known.alone.facts["forward"], {one.name: one.value for one in known.network.parameters}
    for names, number in re.findall(rf"([^=,\s]+(?: = [^=,\s]+|, …, [^=,\s]+)?) = {NUMBER}(?=, |$)", told):
        for name in re.split(" = |, …, ", names):
            base, _, place = name.partition("[")
            value = parameters.get(base, forward.get(base, {}).get("output"))
            for index in filter(None, place.rstrip("]").split(",")):
                value = value[int(index)] if isinstance(value, list) else value
            if not isinstance(value, list) and value is not None and known.decimals is None:
                assert near(number, value, 6), name
    return True


def is_lost(known: Known, said: str, name: str) -> bool:
    found = re.search(r"--dps (\d+) shows", said)
    assert found
    difference = re.search(rf" - t = {NUMBER}\)", said)
    zeros.is_shown_by(known.alone, name, found[1], difference[1] if difference else None)
    return True


def rounded(
    known: Known, decimals: str, of: str, name: str, value: str, exact: str, how: str | None, worst: str | None,
    off: str | None,
) -> bool:  # fmt: skip
    found = known.found(of, name)
    ours, true = (dict(entries(found["rounded"]["value"])), dict(entries(found["value"])))
    assert int(decimals) == known.decimals == found["rounded"]["decimals"]
    errors = {place: abs(ours[place] - one) / abs(one) for place, one in true.items() if one}
    shown = [(value, found["rounded"]["value"]), (exact, found["value"])]
    if how is None and list(true.values()) == [0]:
        return any(ours.values()) and all(near(said, number, 6) for said, number in shown)
    if how is None:
        texts = [text for _, text in notes(known.answer.blocks) if rounding.is_of_rounding(text)]
        return any(f"∂{of}/∂{name}" in text or re.search(r"and \d+ more", text) for text in texts)
    lost = [place for place, one in true.items() if not one and ours[place]]
    place = tuple(map(int, worst.split(","))) if worst else ()
    assert (worst is None) == (not isinstance(found["value"], list))
    if off is None:
        assert place in lost or not errors
    else:
        error = errors[place]
        assert not lost and error >= max(errors.values()) * (1 - TOLERANCE) - ROUNDING
        assert is_percent(off, error, 1e-9) or (not error and off in ("0.0", "< 0.1")), f"{mp.nstr(error * 100)} %"
    return all(isinstance(number, list) or near(said, number, 6) for said, number in shown)


def stays_0(known: Known, decimals: str, of: str, name: str, value: str) -> bool:
    found = known.found(of, name)
    assert int(decimals) == known.decimals == found["rounded"]["decimals"]
    assert isinstance(found["value"], list) == (value.startswith("[") or "‖·‖ = 0" in value)
    return not any(one for part in (found["value"], found["rounded"]["value"]) for _, one in entries(part))


def ended_early(known: Known, loss: str, activation: str, node: str, same: str, outputs: str) -> bool:
    layer = known.alone.node(node)
    assert (known.network.loss.name, layer.activation.text, layer.width, same) == (loss, activation, int(outputs), node)
    if len(known.network.targets) > 1:  # others end paths as well
        return True
    names = [name for name in known.wrt if name.endswith("]")]
    counts = known.computation.paths or {}
    return all(counts[name].count == int(outputs) * known.wrt[name]["count"] for name in names if name in counts)


def sum_is_rounded(known: Known, told: str, of: str, name: str, value: str, where: str) -> bool:
    assert of == known.quantity and (known.dtype is None or where == f"in {known.dtype}")
    contributions = [path["value"] for path in known.wrt[name]["top"]]
    return zeros.is_rounded_sum(contributions, known.wrt[name]["value"], told, value, where)


def not_finite(known: Known) -> list[str]:
    """The gradients that JSON has no number for."""
    return [f"∂{known.quantity}/∂{name}" for name, found in known.wrt.items() if None in leaves(found["value"])]


def leaves(value: Any) -> list[Any]:
    return [one for part in value for one in leaves(part)] if isinstance(value, list) else [value]


def told_of(block: Any) -> bool:
    return "Infinite or NaN" in str(getattr(block, "text", ""))


ROUNDING = mp.mpf(2) ** -51
"""Between two relative differences of float64s, each known to 2⁻⁵²."""
NOTHING_LEFT = r"1,000 digits leave nothing to compare, as rounding is amplified\."
TEMPLATES: dict[str, Template] = {
    **angles.TEMPLATES,
    **rounding.TEMPLATES,
    "checked": (
        r"Checked( in float64)?( without that rounding)?: (?:(here)(?: and )?)?"
        r"(?:at (a random point|\d+ random points) \(other weights and inputs\))? "
        r"(these formulas equal|this formula equals) backpropagation"
        rf"( in every digit computed| to a relative difference of {NUMBER[1:-1]})\."
        rf"(?: (At other points|Here) {NOTHING_LEFT})?",
        checked,
    ),
    "ended early": (
        r"(\S+) and (\S+) of (\S+) are differentiated as one: a path to a z of (\S+) is one path here, "
        r"`compute` and `paths` count it once for each of (\d+) outputs\.",
        ended_early,
    ),
    "not checked": (
        rf"Not checked: {NOTHING_LEFT}",
        lambda known: not min(found["certified"]["points"] for found in known.wrt.values()),
    ),
    "more paths": (
        r"and (\d+) more paths?; the steps above sum them all\.",
        lambda known, number: any(int(number) < found["count"] for found in known.wrt.values()),
    ),
    "one of them": (
        r"--wrt NAME derives one of them along its paths\.",
        lambda known: any(found["count"] > 1 for found in known.wrt.values()),
    ),
    "a rounded sum": (zeros.ROUNDED_SUM, sum_is_rounded),
    "values": (r"Values in these steps: (.*)\.", values),
    "rounds to its target": (
        r"((\S+) (?:rounds to its target|is its target only) (?:in float64|with \d+ decimal digits).*|"
        r"∂\S+/∂(\S+) rounds to 0 (?:in float64|with \d+ decimal digits).*)\.",
        lambda known, said, *names: is_lost(known, said, names[0] or names[1]),
    ),
    "other units": (r"So it is of \d+ other units? of outputs\.", lambda known: True),
    "rounded": (
        rf"With every number rounded to (\d+) decimals? ∂(\S+?)/∂(\S+) is (.*) in place of (.*?)"
        rf"(?:(: |; the worst entry, \[([\d,]+)\], is )(?:{SHARE} off|0 without))?\.",
        rounded,
    ),
    "rounded to 0": (
        r"With every number rounded to (\d+) decimals? ∂(\S+?)/∂(\S+) is (0|\[[0,; ]+\]|\d.*), as it is without\.",
        stays_0,
    ),
    "would cancel": (
        r"Rounded numbers would cancel in (.*): they are put into a form without cancellation(?:, such as .*)?\.",
        lambda known, names: set(listed(names)[0]) <= set(known.lefts()) and cancelled(known, names),
    ),
    "not finite": (
        r"Infinite or NaN in (\S+): (.*); precision --simulate says where that begins\.",
        lambda known, dtype, names: dtype == known.dtype and is_listed(not_finite(known), names),
    ),
    "computed in": (
        r"Computed in (\S+) \((.*)\): weights, inputs and every value that is stored are rounded to it\. A line may "
        r"differ from its numbers by that rounding\.",
        lambda known, dtype, _: (
            dtype == known.dtype and bool(not_finite(known)) == any(map(told_of, known.answer.blocks))
        ),
    ),
    "exactly": (r"exactly .*", lambda known: known.answer.options.get("symbolic")),
}


# Headings.


def by_chain_rule(known: Known, of: str, name: str, value: str | None, decimals: str | None, count: str | None) -> bool:
    found = known.found(of, name)
    assert decimals == (None if known.decimals is None else str(known.decimals))
    value_of_it = found["value"] if decimals is None else found["rounded"]["value"]
    is_rounded = decimals is not None and (value is None or abs(mp.mpf(value)) < 2**53)
    assert value is None or near(value, value_of_it, 17 if is_rounded else 6)
    return int(count or found["count"]) == found["count"] and (bool(count) or found["count"] < 2)


def paths_of(known: Known, number: str | None, largest: str | None, of: str, name: str) -> bool:
    found = known.found(of, name)
    assert (largest is None) == (int(number or 1) == found["count"])
    return int(number or 1) <= len(found["top"])


HEADINGS: dict[str, Template] = {
    "by the chain rule": (
        rf"∂(\S+?)/∂(\S+?)(?: = {NUMBER})?(?: with (\d+) decimals?,)? by the chain rule(?:, summed over (\d+) paths)?",
        by_chain_rule,
    ),
    "paths": (r"The (?:(\d+) )?(largest )?paths? of ∂(\S+?)/∂(\S+?)", paths_of),
}


# Steps, terms, and the program.


def lines(known: Known, block: Aligned) -> Iterator[Claim]:
    """left = right = numbers = value"""
    for line in block.lines:
        if isinstance(line.numbers, Expression) and not isinstance(line.value, (tuple, str, list, type(None))):
            text = words((line.numbers,), 17)
            yield Claim("step in numbers", f"{text} = {line.value}", fault(is_step, known, text, line))


def is_step(known: Known, text: str, line: Line) -> bool:
    try:
        found, size = value_of(text)
    except (Unreadable, ZeroDivisionError):
        return True
    value = mp.mpf(str(line.value))
    allowed = mp.mpf(10) ** -13 * size
    if known.decimals is not None:
        allowed += mp.mpf("0.5000001") * mp.mpf(10) ** -known.decimals
        if abs(value) < 2**53:
            assert abs(value * 10**known.decimals - mp.nint(value * 10**known.decimals)) < 1e-6, "too many decimals"
    return bool(mp.isfinite(found) and abs(found - value) <= allowed)


def terms(known: Known, name: str, found: Derivation) -> bool:
    """The largest first; all of them sum to the gradient, where that is not rounded to few digits."""
    if known.dtype is not None:
        return True
    values = [flat(term["value"]) for term in found["top"]]
    sizes = [norm(term["value"]) for term in found["top"]]
    assert all(a >= b * (1 - mp.mpf(10) ** -9) for a, b in zip(sizes, sizes[1:])), "not the largest first"
    if len(values) == found["count"] and values:
        sums = [mp.fsum(parts) for parts in zip(*values)]
        error = max(abs(a - b) for a, b in zip(sums, flat(found["value"])))
        if known.network.examples == 1 and error > mp.mpf(10) ** -9 * max(sizes):  # then terms of it nearly cancel
            whole = paths(known.network, wrt=[name], top=0, part=Part(of=known.of)).sums[name]
            in_float64 = compute(known.network, wrt=[name], top=1, of=known.of).arithmetic == "float64"
            slack = 1e-12 if in_float64 else 1e-6  # there rounding may have left as much, and paths have other digits
            assert error <= slack * mp.mpf(str(whole.magnitude)), "they do not sum to it"
    return True


def paths_as_compute(known: Known, name: str, found: Derivation) -> bool:
    """Each path contributes as much as `compute` has it."""
    top, dps = found["top"], known.answer.options.get("dps")
    if not top or known.dtype is not None or known.decimals is not None or known.network.examples > 1:
        return True
    if isinstance(found["value"], list):  # over layers, as in `compute`
        listed = compute(known.network, wrt=[name], top=len(top), of=known.of, dps=dps).paths
        assert listed is not None
        count, others = listed[name].count, listed[name].top
    else:
        sums = paths(known.network, wrt=[name], top=len(top), part=Part(of=known.of), dps=dps).sums[name]
        count, others = sums.count, sums.top
    if count != found["count"]:  # those of a softmax that is one with its loss are fewer
        return True
    for term, path in zip(top, others, strict=True):
        own, other = norm(term["value"]), norm(mapped_entries(path.contribution, lambda _, x: mp.mpf(str(x))))
        assert abs(own - other) <= 1e-6 * max(own, other), f"{mp.nstr(own, 8)} in place of {mp.nstr(other, 8)}"
    return True


def as_compute(known: Known, name: str, found: Derivation) -> bool:
    gradient = known.alone.facts["gradients"][name]
    if None in leaves(found["value"]):
        return found["value"] == gradient
    return all(abs(a - b) <= mp.mpf(10) ** -9 * norm(gradient) for a, b in zip(flat(found["value"]), flat(gradient)))


def numbers_in(network: Network) -> int:
    """At most as many as a pass has in all examples: weights of every edge, a bias, z and output of every unit."""
    shapes = {one.name: one.shape for one in network.parameters}
    edges = [(shapes.get(edge.label, ()), layer.width) for layer in network.layers for edge in layer.incoming]
    weights = sum(prod(shape) if len(shape) == 2 else width for shape, width in edges)
    return network.examples * (weights + 3 * sum(layer.width for layer in network.layers))


def program(known: Known) -> bool:
    """Run as it is printed, it returns the gradients; of numbers whose squares leave the range it may end in an error.

    A difference like 1 − y of a saturated unit loses digits in it that the engine keeps.
    """
    gradients, facts = known.alone.facts["gradients"], known.alone.facts
    if known.dtype is not None:  # the program computes in float64
        return True
    passed = [flat(node.get(kind, [])) for node in facts["forward"].values() for kind in ("preactivation", "output")]
    values = [abs(number) for one in passed for number in one]
    adjoints = [abs(number) for node in facts["backward"].values() for number in flat(node["output"])]
    namespace: dict[str, Any] = {"__name__": "derived"}
    try:
        exec(printed(known.answer.report, "python"), namespace)
    except UsageError as error:
        assert "too many" in str(error) and numbers_in(known.network) > 800, "it is refused"
        return True
    try:
        returned = namespace["gradient"]()
    except (OverflowError, ZeroDivisionError, ValueError):
        assert known.computation.arithmetic != "float64" or max(*values, *adjoints) > 1e75, "it ends in an error"
        return True
    found = returned if isinstance(returned, dict) else {next(iter(known.wrt)): returned}
    assert list(found) == list(known.wrt), f"it returns {list(found)}"
    if known.computation.arithmetic != "float64":
        return True
    slack = mp.mpf(10) ** -12 * max(1, *values) * max(1, *adjoints)
    for name, value in found.items():
        pairs = list(zip(flat(value), flat(gradients[name]), strict=True))
        error, size = max(abs(a - b) for a, b in pairs), norm(gradients[name])
        if error > slack + 1e-8 * size:  # then terms of it nearly cancel
            sums = paths(known.network, wrt=[name], top=0, part=Part(of=known.of)).sums[name]
            assert error <= 1e-12 * mp.mpf(str(sums.magnitude)), f"of {name}"
    return True


def is_behind_join(known: Known, name: str, nodes: Sequence[str]) -> bool:
    """Whether a parameter, as a bias, comes into its layer where this has joined its sources, or is the node itself."""
    if nodes and name.partition("[")[0] == nodes[0]:
        return True
    layer = next((layer for layer in known.network.layers if nodes and layer.name == nodes[0]), None)
    if layer is None or layer.join not in ("max", "min"):
        return False
    joined = {edge.parameter for edge in layer.edges}
    return name.partition("[")[0] not in {known.network.parameters[one].name for one in joined if one is not None}


def activated(known: Known, name: str, path: Any) -> Iterator[str]:
    """The nodes of a path that it does not enter at their output, behind every kink, nor behind a join with some."""
    nodes, late = path["nodes"], dict[str, set[str | None]]()
    for layer in known.network.layers:
        behind_join = layer.into_preactivation if layer.join in ("max", "min") else ()
        late[layer.name] = {edge.label for edge in (*layer.into_output, *behind_join)}
    entered = list(zip(nodes, (name.partition("[")[0], *path["through"])))[is_behind_join(known, name, nodes) :]
    yield from (node for node, label in entered if label not in late.get(node, ()))


MORE = (*kinks.MORE, *HEADINGS, "step in numbers", "terms", "paths as compute has them", "as compute has it", "program")


def claims(answer: Answer) -> Iterator[Claim]:
    """Every claim of a page of `explain`."""
    known = Known(answer)
    for block in answer.blocks:
        if isinstance(block, Aligned) and known.dtype is None:
            yield from lines(known, block)
        elif isinstance(block, Heading) and any(re.fullmatch(one, plain(block.text)) for one, _ in HEADINGS.values()):
            yield judged(plain(block.text), HEADINGS, known)
    texts = [text for kind, text in notes(answer.blocks) if kind != "legend"]
    yield from (judged(text, TEMPLATES, known) for text in texts if not kinks.is_of_kink(text))
    paths_of = ((name, path) for name, found in known.wrt.items() for path in found["top"])
    visited = {node for name, path in paths_of for node in activated(known, name, path)}
    single = {node.name for node in known.network.nodes if node.width == 1}
    if known.dtype is None:  # kinks of stored numbers are none of those with more digits
        yield from kinks.claims(known.alone, filter(kinks.is_of_kink, texts), visited & single)
    for name, found in known.wrt.items():
        yield Claim("terms", name, fault(terms, known, name, found))
        yield Claim("paths as compute has them", name, fault(paths_as_compute, known, name, found))
        yield Claim("as compute has it", name, fault(as_compute, known, name, found))
    yield Claim("program", "", fault(program, known))
