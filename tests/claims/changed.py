"""The changes that a diagnosis lists: their commands are read and the networks computed that they make."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from claims.claim import Claim, fault, norm
from claims.diagnosed import SLACK, Diagnosed
from claims.known import Known, computed
from mpmath import mp

from gradcalc import language
from gradcalc.language.overrides import Overrides

SHOWN = 3
"""Changes whose commands are run."""


def read_command(known: Diagnosed, command: str) -> tuple[Any, str, str]:
    """The network that a printed command makes, the gradient that it asks for, and which command it is."""
    words = shlex.split(command)
    assert words[0] == "gradcalc" and words[1] in ("compute", "compare") and words[2] == "SPEC", command
    options: dict[str, Any] = {"skips": (), "settings": (), "no_skips": False}
    wrt, place = "", 3
    while place < len(words):
        word = words[place]
        if word == "--no-skips":
            options["no_skips"] = True
            place += 1
            continue
        value = words[place + 1]
        if word in ("--skip", "--set"):
            key = {"--skip": "skips", "--set": "settings"}[word]
            options[key] = (*options[key], value)
        elif word == "--wrt":
            wrt = value
        elif word != "--dps":
            options[word[2:]] = value
        place += 2
    document = language.read(known.answer.spec)
    changed, _ = language.build(language.overrides.apply(document, Overrides(**options)))
    return changed, wrt, words[1]


def healthy_layers(known: Diagnosed, command: str) -> int:
    """How many layers of it a diagnosis calls healthy."""
    from gradcalc.analysis.diagnosis import diagnose

    network, _, _ = read_command(known, command)
    found, _ = diagnose(network, known.dps)
    return sum(layer.label == "healthy" for layer in found.layers)


def changed(known: Diagnosed, command: str, name: str) -> Diagnosed:
    """What `compute` says of the network with the change."""
    network, wrt, _ = read_command(known, command)
    assert wrt == name or not name, f"--wrt {wrt}"
    again = object.__new__(Diagnosed)
    again.network = network
    again.known = Known.of_computation(computed(network, {"dps": known.dps}), {"dps": known.dps})
    return again


def remedy(known: Diagnosed, one: Mapping[str, Any]) -> bool:
    network, wrt, asks = read_command(known, one["command"])
    assert (asks == "compare") == (network.has_skips and not known.network.has_skips), "it is the wrong command"
    again = changed(known, one["command"], wrt)
    before, after = norm(known.gradient(wrt)), norm(again.gradient(wrt))
    loss = mp.mpf(again.known.facts["loss"]["value"])
    assert abs(loss - mp.mpf(one["loss"])) <= SLACK * abs(loss), f"the loss is {mp.nstr(loss, 8)}"
    labels = healthy_layers(known, one["command"])
    assert labels == one["healthy"], f"{labels} are healthy"
    if one["gradient_ratio"] is None:
        return not before and bool(after)
    ratio = after / before
    return bool(abs(ratio - mp.mpf(one["gradient_ratio"])) <= SLACK * ratio)


def remedies(known: Diagnosed) -> Iterator[Claim]:
    for one in known.facts["remedies"][:SHOWN]:
        if "precision" not in one["command"].split()[1]:
            yield Claim("remedy", one["command"], fault(remedy, known, one))
