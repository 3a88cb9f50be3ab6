"""What `compute` says in its sentences, against its JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from claims import angles, kinks, rounding, tables, zeros
from claims import listed as paths
from claims.claim import (
    NUMBER,
    SHARE,
    Answer,
    Claim,
    Template,
    flat,
    is_beyond_float64,
    is_percent,
    judged,
    listed,
    near,
    norm,
    notes,
    plain,
)
from claims.courses import COURSES, FACTORS, factors
from claims.known import Known, unit_of
from claims.structure import steps
from mpmath import mp

from gradcalc.analysis.computation import compute
from gradcalc.report.report import Beside, Formula, Table

LARGEST = {"sigmoid": mp.mpf(1) / 4, "tanh": mp.mpf(1)}


# Paths.


def single_paths(known: Known, which: str, entry: str) -> bool:
    assert all(paths["count"] == 1 for paths in known.facts["paths"].values())
    names = {parameter.name for parameter in known.network.parameters}
    assert (which == "every gradient has") == (names <= set(known.facts["paths"]))
    return bool(compute(known.network, wrt=[entry], top=0, of=known.of, dps=known.answer.options.get("dps")).paths)


def share(known: Known, name: str, path: dict[str, Any]) -> Any:
    """⟨contribution, gradient⟩/⟨gradient, gradient⟩, computed anew."""
    gradient, contribution = flat(known.facts["gradients"][name]), flat(path["contribution"])
    scale = max(map(abs, gradient))
    return mp.fsum(a / scale * b for a, b in zip(gradient, contribution)) / mp.fsum(a / scale * a for a in gradient)


def largest(known: Known, name: str) -> list[dict[str, Any]]:
    """Those that none exceeds by more than rounding."""
    sizes = [norm(path["contribution"]) for path in known.paths(name)]
    return [path for path, size in zip(known.paths(name), sizes) if size >= max(sizes) * (1 - mp.mpf(10) ** -9)]


def sum_of_paths(known: Known, of: str, name: str, count: str, part: str) -> bool:
    assert of == known.quantity and known.facts["paths"][name]["count"] == int(count) > 1
    return any(is_percent(part, share(known, name, path)) for path in largest(known, name))


def largest_alone(known: Known, of: str, name: str, count: str, times: str, bars: str) -> bool:
    assert of == known.quantity and known.facts["paths"][name]["count"] == int(count) > 1
    value = known.facts["gradients"][name]
    assert (bars == "‖") == isinstance(value, list) and any(share(known, name, one) > 1 for one in largest(known, name))
    return any(near(times, norm(one["contribution"]) / norm(value), 3, 1e-6) for one in largest(known, name))


def equal_paths(known: Known, of: str, name: str, count: str, those: str, part: str) -> bool:
    """The largest have that share each, and none beside them is as large but for rounding."""
    assert of == known.quantity and known.facts["paths"][name]["count"] == int(count) > 1
    paths = sorted(known.paths(name), key=lambda path: norm(path["contribution"]), reverse=True)
    number = int(count) if those == "they" else int(those.replace("two", "2").split()[1])
    assert (those == "they") == (number == len(paths)) and number > 1
    sizes = [norm(path["contribution"]) for path in paths]
    sure, equal = (sum(size >= sizes[0] * (1 - off) for size in sizes) for off in (5e-10, 2e-9))
    assert sure <= number <= equal, f"{sure} to {equal} are equal but for rounding"
    return all(is_percent(part, share(known, name, path)) for path in paths[:number])


def those_that_contribute(known: Known, some: str, count: str, of: str, name: str, examples: str | None) -> list[Any]:
    """Contributions that are not 0, where so many of so many are told."""
    paths = known.paths(name)
    assert of == known.quantity and {"two": "2"}.get(count, count) == str(len(paths))
    assert len(paths) == known.facts["paths"][name]["count"]
    assert (examples or "1") == str(known.network.examples)
    return [numbers for path in paths if any(numbers := flat(path["contribution"]))]


def cancelling(
    known: Known, some: str, number: str, of: str, name: str, examples: str | None, signs: str, how: str, what: str,
    times: str, one: str,
) -> bool:  # fmt: skip
    value, contributions = (
        known.facts["gradients"][name],
        those_that_contribute(known, some, number, of, name, examples),
    )
    assert some == "The" or {"Two": "2"}.get(some, some) == str(len(contributions))
    ratio = sum(map(norm, contributions)) / norm(value)
    assert near(times, ratio, 3, mp.mpf(10) ** -6) and (how == "nearly") == (ratio >= 10)
    assert (what == "norms") == isinstance(value, list)
    if signs:
        assert len(contributions) == 2 and contributions[0][0] * contributions[1][0] < 0
    if one:
        assert known.network.examples == 1 and not isinstance(value, list)
    pairs = [(a, b) for place, a in enumerate(contributions) for b in contributions[:place]]
    return any(mp.fsum(x * y for x, y in zip(a, b)) < 0 for a, b in pairs)


def is_the(known: Known, path: dict[str, Any], said: str) -> bool:
    """Whether a path is the one through the skip that is named, and no other, or through no skip."""
    taken = steps(known.network, path)
    assert taken is not None, "it is not known which edges the path takes"
    skips = [(source, target) for source, target, is_skip in taken if is_skip]
    if found := re.fullmatch(r"[Tt]he skip (\S+) → (\S+)", said):
        return skips == [found.groups()]
    nodes = re.fullmatch(r"[Tt]he main path(?: (.*))?", said)
    assert nodes
    ends = nodes[1].split(" → ") if nodes[1] else []
    whole = list(path["nodes"])
    return not skips and (not ends or ends in (whole, [whole[0], "…", whole[-1]]))


def two_paths(known: Known, parts: list[str], which: list[str], of: str, name: str) -> bool:
    paths = known.paths(name)
    assert of == known.quantity and len(paths) == known.facts["paths"][name]["count"] == 2
    if not is_the(known, paths[0], which[0]):  # both of the same size
        paths = paths[::-1]
    assert all(is_the(known, *each) for each in zip(paths, which))
    return all(is_percent(part, share(known, name, path)) for part, path in zip(parts, paths))


def comes_through(
    known: Known, one: str, of: str, name: str, first: str, second: str, other: str | None, times: str | None,
    why: str | None,
) -> bool:  # fmt: skip
    shares = [share(known, name, path) for path in known.paths(name)]
    assert min(shares) >= 0
    assert times is None or near(times.strip("()"), 1 / min(shares), 2)
    if other is None:
        smaller = min(known.paths(name), key=lambda path: norm(path["contribution"]))
        assert not norm(smaller["contribution"]) and is_the(known, smaller, second)
        assert why is None or zeros.has_factor_of_0(known, name, smaller, why)
    return two_paths(known, [one, other or "0.0"], [first, second], of, name)


def cancel_exactly(
    known: Known, some: str, number: str, of: str, name: str, examples: str | None, every: str, times: str, one: str
) -> bool:
    contributions = those_that_contribute(known, some, number, of, name, examples)
    numbers, value = [part for (part,) in contributions], known.facts["gradients"][name]
    pairs = [part for part in numbers if -part in numbers]
    assert every == str(len(known.paths(name))) and len(set(map(abs, pairs))) * 2 <= len(pairs)
    exactly = sum(min(numbers.count(part), numbers.count(-part)) for part in set(numbers))
    assert str(exactly) == {"Two": "2", "The": every}.get(some, some)
    assert bool(one) == (known.network.examples == 1)
    return near(times, mp.fsum(map(abs, numbers)) / abs(mp.mpf(value)), 3, mp.mpf(10) ** -6)


def cancel_altogether(
    known: Known, some: str, number: str, of: str, name: str, examples: str | None, where: str
) -> bool:
    contributions = those_that_contribute(known, some, number, of, name, examples)
    assert some == "The" or {"Two": "2"}.get(some, some) == str(len(contributions))
    sums, largest = [mp.fsum(map(float, parts)) for parts in zip(*contributions)], max(map(norm, contributions))
    assert norm(sums) <= largest / 10**5, "they have another sum"
    dps, is_matrix = known.answer.options.get("dps"), isinstance(known.facts["gradients"][name], list)
    assert where == (f"with {dps} decimal digits" if dps else "in float64") and (is_matrix or not norm(sums))
    return not any(flat(known.facts["gradients"][name])) and len(contributions) > 1


def sum_is_rounded(known: Known, told: str, of: str, name: str, value: str, where: str) -> bool:
    assert of == known.quantity
    contributions = [path["contribution"] for path in known.paths(name)]
    return zeros.is_rounded_sum(contributions, known.facts["gradients"][name], told, value, where)


def opposite(known: Known, first: str, second: str, one: str, other: str, of: str, name: str) -> bool:
    contributions = [flat(path["contribution"]) for path in known.paths(name)]
    assert all(len(numbers) == 1 for numbers in contributions)
    assert contributions[0][0] * contributions[1][0] < 0
    return two_paths(known, [one, other], [first, second], of, name)


# Layers.


def is_saturated(known: Known, name: str) -> bool:
    node, unit = unit_of(name)
    most = LARGEST[known.node(node).activation.name]
    return any(0 < 1000 * size <= most for size in map(abs, known.value("derivative", node, unit)))


def saturated(known: Known, name: str, z: str, derivative: str, steepest: str | None, of: str | None,
              weight: str | None, larger: str | None, times: str | None, most: str | None, loss: str | None,
              rest: str | None, others: str | None) -> bool:  # fmt: skip
    node, unit = unit_of(name)
    pairs = zip(known.value("preactivation", node, unit), known.value("derivative", node, unit))
    own = [other for one, other in pairs if near(z, one, 2) and near(derivative, other, 2)]
    assert own and is_saturated(known, name)
    for other in listed(others)[0] if others else ():
        assert is_saturated(known, other) and other != name
    if weight is not None:
        layer = known.node(node)
        (x,) = known.value("output", known.network.nodes[layer.edges[0].source].name, 0)
        ((adjoint,), (factor,)) = known.value("adjoint", node, 0), known.value("derivative", node, 0)
        assert of == known.quantity and mp.mpf(str(steepest)) == LARGEST[layer.activation.name]
        gradient = mp.mpf(known.facts["gradients"][weight])
        assert abs(adjoint * factor * x - gradient) <= abs(gradient) * mp.mpf(10) ** -9, "it is not ∂L/∂h·σ′·x"
        return near(str(larger), LARGEST[layer.activation.name] / factor, 2)
    if rest is not None:
        assert known.network.examples == 1
        said_delta(known, name, rest)
    if loss is not None:
        assert (loss, known.node(node).activation.name) == ("bce", "sigmoid") and known.of is None
        sources = {edge.source for layer in known.network.layers for edge in layer.incoming}
        return node not in {known.network.nodes[source].name for source in sources}
    assert mp.mpf(str(most)) == LARGEST[known.node(node).activation.name]
    return any(near(str(times).strip("()"), mp.mpf(str(most)) / one, 2) for one in own)


def said_delta(known: Known, name: str, said: str) -> None:
    """δ_h1 = ∂L/∂h1·σ′ = -8.8e-8: what it is, and that it is made so."""
    node, unit = unit_of(name)
    found = re.fullmatch(rf"δ_(\S+) = (?:∂(\S+?)/∂(\S+)·σ′ = |(\S+) - t = )?{NUMBER}", said)
    assert found and found[1] == name
    kinds = ("delta", "adjoint", "derivative", "output", "preactivation")
    ((delta, adjoint, derivative, output, z),) = zip(*(known.value(kind, node, unit) for kind in kinds))
    assert near(found[5], delta, 2)
    if found[2]:
        assert (found[2], found[3]) == (known.quantity, name)
        assert abs(adjoint * derivative - delta) <= abs(delta) * mp.mpf(10) ** -9, "δ is not ∂L/∂output·σ′"
    if found[4]:
        ((t,),) = known.target(node)
        assert found[4] == name and abs(output - t - delta) <= max(1, abs(z)) * mp.mpf(10) ** -15, "δ is not y − t"


def is_extended(known: Known, which: str) -> bool:
    numbers = [*flat_of(known.every["forward"]), *flat_of(known.every["backward"]), *flat_of(known.every["gradients"])]
    numbers += [number for found in (known.every["paths"] or {}).values() for number in flat_of(found["top"])]
    numbers += flat_of(known.every["loss"])
    return any(map(is_beyond_float64, numbers)) or which == "Intermediate results may be"


def flat_of(facts: Any) -> list[Any]:
    """Every number of JSON that is no count."""
    if isinstance(facts, dict):
        return [number for key, value in facts.items() if key != "length" for number in flat_of(value)]
    if isinstance(facts, list):
        return [number for value in facts for number in flat_of(value)]
    return [] if facts is None or isinstance(facts, (str, bool)) else [mp.mpf(facts)]


GRADIENT = r"∂(\S+?)/∂(\S+?)"
PATHS = rf"(The|Two|\d+)(?: of the)? (two|\d+) paths of {GRADIENT}(?:, each summed over (\d+) examples,)?"
PLACE = r"(the skip \S+ → \S+|the main path(?: .*?)?)"
TEMPLATES: dict[str, Template] = {
    **angles.TEMPLATES,
    **rounding.TEMPLATES,
    "no target": (
        r"No target, so there is no loss and no gradient: only the forward pass is shown\. --target gives one\.",
        lambda known: known.facts["gradients"] is None and not known.facts["target"],
    ),
    "single paths": (
        r"From layer to layer (every gradient has|each of these gradients has) a single path\. --wrt '(\S+)' lists the "
        r"paths of one entry over single units\.",
        single_paths,
    ),
    "sum of paths": (rf"{GRADIENT} is the sum of (\d+) paths; the largest contributes {SHARE}\.", sum_of_paths),
    "the largest alone": (
        rf"{GRADIENT} is the sum of (\d+) paths, which nearly cancel: the largest alone is {NUMBER} × ([|‖])\S+[|‖]\.",
        largest_alone,
    ),
    "equal paths": (
        rf"{GRADIENT} is the sum of (\d+) paths; (they|the (?:two|\d+) largest) contribute {SHARE} each\.",
        equal_paths,
    ),
    "cancelling": (
        rf"{PATHS} (have opposite signs and )?(nearly|partly) cancel: the sum of their "
        rf"(magnitudes|norms) is {NUMBER} × (?:\|\S+\||‖\S+‖)( \(cancellation\))?\.",
        cancelling,
    ),
    "cancelling exactly": (
        rf"{PATHS} cancel exactly; the sum of the magnitudes of all (\d+) is {NUMBER} × \|\S+\|( \(cancellation\))?\.",
        cancel_exactly,
    ),
    "cancel to 0": (
        rf"{PATHS} cancel: their sum is 0 (in float64|with \d+ decimal digits)\.",
        cancel_altogether,
    ),
    "a rounded sum": (zeros.ROUNDED_SUM, sum_is_rounded),
    "comes through": (
        rf"{SHARE} of {GRADIENT} comes through {PLACE}; {PLACE} contributes "
        rf"(?:{SHARE}(?:, 1/(\(?[\d.e-]+\)?) of it)?|"
        r"nothing(?:: (.*))?)\.",
        comes_through,
    ),
    "opposite signs": (
        rf"(The skip \S+ → \S+|The main path) and {PLACE} have opposite signs: they contribute {SHARE} and {SHARE} of "
        rf"{GRADIENT}\.",
        opposite,
    ),
    **{
        f"δ {name}": (
            rf"(\||‖)δ[|‖] {pattern}\.",
            lambda known, bars, *said, check=check: check(known.course(bars), *said),
        )
        for name, (pattern, check) in COURSES.items()
        if name != "is kept"  # of a course of three powers of ten none is
    },
    "factors": (FACTORS.replace("each", "Each") + r"\.", factors),
    "saturated": (
        rf"(\S+) is saturated: z = {NUMBER}, σ′ = {NUMBER}(?:; at σ′ = {NUMBER} {GRADIENT} would be {NUMBER} "
        rf"× larger|, 1/(\(?[\d.e-]+\)?) of the largest, {NUMBER}|, but (\S+) "
        r"cancels σ′)(?:[:;] (δ_.*?))?(?:\. (\S.*) (?:is|are) saturated, too)?\.",
        saturated,
    ),
    "extended range": (
        r"(Some values are|Intermediate results may be) outside the range of float64: computed in extended range "
        r"\(exponents of any size\)\.",
        is_extended,
    ),
    "decimal digits": (r"Computed with 30 decimal digits\.", lambda known: known.answer.options.get("dps") == 30),
}  # fmt: skip


def warned(known: Known, name: str, bound: str, z: str, derivative: str) -> bool:
    node, unit = unit_of(name)
    examples = zip(*(known.value(kind, node, unit) for kind in ("preactivation", "derivative", "output")))
    return any(near(z, a, 3) and near(derivative, b, 3) and near(bound, c, 17) for a, b, c in examples)


def unread(known: Known, name: str, rest: str | None) -> bool:
    number = next(n for n, node in enumerate(known.network.nodes) if node.name == name)
    read = {edge.source for layer in known.network.layers for edge in layer.incoming}
    assert number not in read | {target.node for target in known.network.targets}
    backward = known.facts["backward"]
    return known.of is not None or backward is None or not any(flat(backward[name]["output"]))


def unused(known: Known, name: str) -> bool:
    used = set[Any]()
    for layer in known.network.layers:
        used |= {layer.weight, layer.bias, layer.alpha, *(edge.parameter for edge in layer.incoming)}
    return name not in {one.name for number, one in enumerate(known.network.parameters) if number in used}


OTHERS: dict[str, Template] = {
    "warning: unread": (r"no layer reads (\S+)( and no target names it)?; (?:the loss does not depend on it)", unread),
    "warning: unused": (r"the parameter (\S+) is never used; remove it", unused),
    "warning: saturated": (
        rf"warning: (\S+) is saturated: σ\(z\) rounds to {NUMBER} in float64 \(z = {NUMBER}, σ′ = {NUMBER}\)",
        warned,
    ),
}
MORE = (rounding.UNTOLD, *kinks.MORE, *zeros.REASONS, *tables.TEMPLATES, *paths.TEMPLATES)
"""Templates that are found elsewhere than in sentences."""


def claims(answer: Answer) -> Iterator[Claim]:
    """Every claim of a page of `compute`."""
    known = Known(answer)
    for block in answer.blocks:
        if isinstance(block, Formula):
            yield from tables.losses(known, block)
        for table in (block.first, block.second) if isinstance(block, Beside) else (block,):
            if isinstance(table, Table):
                yield from zeros.claims(known, table)
                yield from tables.claims(known, table)
    yield from paths.claims(known)
    texts = [text for kind, text in notes(answer.blocks) if kind != "legend"]
    yield from (judged(text, TEMPLATES, known) for text in texts if not kinks.is_of_kink(text))
    yield from kinks.claims(known, filter(kinks.is_of_kink, texts))
    yield from rounding.untold(known, texts)
    for warning in map(plain, answer.report.warnings):
        text = re.search("(no layer reads|the parameter|warning: .* is saturated:) .*", warning.splitlines()[0])
        if text:  # others are about the spec as it is written, and tested where it is read
            yield judged(text[0], OTHERS, known)
