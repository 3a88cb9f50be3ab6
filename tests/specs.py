"""Specs as plain data, built to networks or to what is wrong with them, the way a command does it."""

from typing import Any

from gradcalc.errors import SpecPath
from gradcalc.language import check_spec
from gradcalc.language.building import build
from gradcalc.language.problems import Problems
from gradcalc.network.network import Network, Parameter

CHAIN = {"input": 0.5, "target": 1, "weights": [0.2, 0.1, 0.1]}
"""x → h1 → h2 → y, scalars."""


def judged(spec: Any, values: dict[str, Any] | None = None) -> tuple[Network | None, Problems]:
    """The network, if it is one, and all problems."""
    problems = Problems()
    check_spec(spec, problems)
    return build(spec, "stem", problems, values or {}), problems


def network(spec: Any, values: dict[str, Any] | None = None) -> Network:
    """The network of a spec that is right."""
    built, problems = judged(spec, values)
    assert not problems.errors, problems.errors
    assert built is not None
    return built


def errors(spec: Any, values: dict[str, Any] | None = None) -> list[tuple[SpecPath, str]]:
    """Path and message of everything that is wrong with a spec."""
    built, problems = judged(spec, values)
    assert (built is None) == bool(problems.errors)
    return [(problem.path, problem.message) for problem in problems.errors]


def warnings(spec: Any) -> list[tuple[SpecPath, str]]:
    """Path and message of what is worth knowing of a spec that is right."""
    built, problems = judged(spec)
    assert built is not None, problems.errors
    return [(problem.path, problem.message) for problem in problems.warnings]


def parameters(built: Network) -> dict[str, Parameter]:
    """The parameters by name, in their order."""
    return {parameter.name: parameter for parameter in built.parameters}


def node_names(built: Network) -> list[str]:
    """Inputs, then layers."""
    return [node.name for node in built.nodes]


def edges(built: Network, layer: str) -> list[tuple[str, str]]:
    """What a layer joins: source and label of each edge."""
    found = next(node for node in built.layers if node.name == layer)
    return [(built.nodes[edge.source].name, edge.label) for edge in found.edges]


def skips(built: Network) -> list[tuple[str, str, str, str]]:
    """All skips: source, target, place, label."""
    return [
        (built.nodes[edge.source].name, layer.name, place, edge.label)
        for layer in built.layers
        for place, found in (("preactivation", layer.into_preactivation), ("output", layer.into_output))
        for edge in found
    ]
