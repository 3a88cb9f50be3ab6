"""What every mistake gives in a chain with a skip, against a pass written out by hand that makes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from math import erf, exp, expm1, log, log1p, pi, sqrt, tanh
from types import SimpleNamespace
from typing import Any

import pytest

import gradcalc
from gradcalc.analysis.given_values import given_value
from gradcalc.analysis.hypotheses import KINDS, Search, searched
from gradcalc.analysis.mistakes import Mistake

CHAIN = {
    "input": 0.5,
    "target": 0.3,
    "loss": "half_sse",
    "layers": [
        {"weight": 0.8, "bias": 0.1, "activation": "tanh"},
        {"weight": -0.7, "activation": "tanh"},
        {"weight": 1.1, "activation": "sigmoid"},
    ],
    "skips": [{"from": "h1", "to": "y", "weight": {"value": 0.4, "name": "w_s"}}],
}
NUMBERS = {"x": 0.5, "t": 0.3, "w1": 0.8, "b1": 0.1, "w2": -0.7, "w3": 1.1, "w_s": 0.4}
GIVEN = ("L", "w1", "b1", "w2", "w3", "w_s")
NODES = ("dL/dh1", "delta_h1", "w1", "y", "z_h1")


def sigmoid(z: float) -> float:
    return 1 / (1 + exp(-z))


FUNCTIONS: Mapping[str, tuple[Callable[[float], float], Callable[[float], float]]] = {
    "identity": (lambda z: z, lambda z: 1.0),
    "sigmoid": (sigmoid, lambda z: sigmoid(z) * sigmoid(-z)),
    "tanh": (tanh, lambda z: 1 - tanh(z) ** 2),
    "relu": (lambda z: max(z, 0.0), lambda z: float(z > 0)),
    "leaky_relu": (lambda z: z if z > 0 else 0.01 * z, lambda z: 1.0 if z > 0 else 0.01),
    "softplus": (lambda z: log1p(exp(z)), sigmoid),
    "elu": (lambda z: z if z > 0 else expm1(z), lambda z: 1.0 if z > 0 else exp(z)),
    "silu": (lambda z: z * sigmoid(z), lambda z: sigmoid(z) * (1 + z * sigmoid(-z))),
    "gelu": (
        lambda z: z * (1 + erf(z / sqrt(2))) / 2,
        lambda z: (1 + erf(z / sqrt(2))) / 2 + z * exp(-z * z / 2) / sqrt(2 * pi),
    ),
}
Local = Callable[[SimpleNamespace], Mapping[str, float]]
Gradients = Mapping[str, float]


def by_hand(
    local: Local = lambda of: {}, functions: tuple[str, ...] = ("tanh", "tanh", "sigmoid"), **other: float
) -> Gradients:
    """The loss and its gradients with other numbers from the start, and with other local derivatives: ∂L/∂y, σ′ (s),
    the weights (u) and what is multiplied by them (i)."""
    of = SimpleNamespace(**NUMBERS | other)
    (f1, d1), (f2, d2), (fy, dy) = (FUNCTIONS[name] for name in functions)
    of.z1 = of.w1 * of.x + of.b1
    of.h1 = f1(of.z1)
    of.z2 = of.w2 * of.h1
    of.h2 = f2(of.z2)
    of.zy = of.w3 * of.h2 + of.w_s * of.h1
    of.y = fy(of.zy)
    of.of_loss, of.sy, of.s2, of.s1 = of.y - of.t, dy(of.zy), d2(of.z2), d1(of.z1)
    of.u3, of.us, of.u2, of.i3, of.iS, of.i2, of.i1 = of.w3, of.w_s, of.w2, of.h2, of.h1, of.h1, of.x
    of.__dict__.update(local(of))
    delta_y = of.of_loss * of.sy
    delta_2 = delta_y * of.u3 * of.s2
    of_h1 = delta_2 * of.u2 + delta_y * of.us
    delta_1 = of_h1 * of.s1
    gradients = {
        "w1": delta_1 * of.i1,
        "b1": delta_1,
        "w2": delta_2 * of.i2,
        "w3": delta_y * of.i3,
        "w_s": delta_y * of.iS,
    }
    loss = getattr(of, "loss", (of.y - of.t) ** 2 / 2)
    return {"L": loss, "y": of.y, "z_h1": of.z1, "dL/dh1": of_h1, "delta_h1": delta_1} | gradients


RIGHT = by_hand()


WEIGHTS = ("w1", "b1", "w2", "w3", "w_s")


def with_gradients(change: Callable[[str, float], float]) -> Gradients:
    """The right numbers, each gradient changed."""
    return {name: change(name, value) if name in WEIGHTS else value for name, value in RIGHT.items()}


def searched_for(spec: Any, *names: str) -> Search:
    """The search of what explains these values, all of which are wrong."""
    of = gradcalc.load(spec)
    search = searched(of, [given_value(of, name, "9") for name in names])
    assert search is not None
    return search


def of_kind(search: Search, *kinds: str) -> dict[str, list[Mistake]]:
    found: dict[str, list[Mistake]] = {}
    for one in search.mistakes:
        if one.kind in kinds:
            found.setdefault(one.clause, []).append(one)
    return found


AT_LAYERS = {
    "y": ("sy",),
    "h2": ("s2",),
    "h1": ("s1",),
    "every layer": ("sy", "s2", "s1"),
    "every hidden layer": ("s2", "s1"),
}


def at_layers(
    clause: str, value: Callable[[float, float, str], float], names: tuple[str, ...] = tuple(AT_LAYERS)
) -> Iterator[tuple[str, Gradients]]:
    """A function of z and of the output in place of σ′ of each layer, of all, and of all that are hidden."""
    zs = {"sy": ("zy", "y"), "s2": ("z2", "h2"), "s1": ("z1", "h1")}
    for name in names:

        def local(of: SimpleNamespace, name: str = name) -> Mapping[str, float]:
            chosen = [s for s in AT_LAYERS[name.partition(" with ")[0]] if s != "sy" or "y" in names]
            return {s: value(*(getattr(of, one) for one in zs[s]), s) for s in chosen}

        node = "of the layer" if name.startswith("every") else name
        yield clause.format(of=f"σ′(z) of {name}", node=node), by_hand(local)


HIDDEN = ("h2", "h1", "every layer with tanh")  # those that are tanh; all of these


def derivatives_of(other: str) -> dict[str, Gradients]:
    """The derivative of another activation, of z and where it is usual of the output."""
    names = {"sigmoid": HIDDEN, "tanh": ("y",)}.get(other, tuple(AT_LAYERS))
    found = dict(
        at_layers(f"the derivative of {other} is taken for {{of}}", lambda z, y, s: FUNCTIONS[other][1](z), names)
    )
    if other == "sigmoid":
        clause = "y(1 − y), the derivative of sigmoid in its output y, is taken for {of}"
        found |= at_layers(clause, lambda z, y, s: y * (1 - y), names)
    if other == "tanh":
        clause = "1 − y², the derivative of tanh in its output y, is taken for {of}"
        found |= at_layers(clause, lambda z, y, s: 1 - y * y, names)
    return found


def activations(other: str) -> dict[str, Gradients]:
    """Another activation in a layer, and in every one."""
    own, found = ("tanh", "tanh", "sigmoid"), {}
    for place, layer in enumerate(("h1", "h2", "y")):
        if own[place] != other:
            clause = f"{layer} has the activation {other} in place of {own[place]}"
            if other == "identity":
                clause = f"the activation {own[place]} of {layer} is left out"
            found[clause] = by_hand(functions=(*own[:place], other, *own[place + 1 :]))
    if other != "tanh":  # of which one layer alone is none
        found[f"every layer has the activation {other}"] = by_hand(functions=(other, other, other))
    return found


def other_loss(of: SimpleNamespace, name: str) -> Mapping[str, float]:
    y, t = of.y, of.t
    return {
        "sse": {"loss": (y - t) ** 2, "of_loss": 2 * (y - t)},
        "mse": {"loss": (y - t) ** 2, "of_loss": 2 * (y - t)},
        "mae": {"loss": abs(y - t), "of_loss": 1.0 if y > t else -1.0},
        "bce": {"loss": -t * log(y) - (1 - t) * log(1 - y), "of_loss": (y - t) / (y * (1 - y))},
        "cross_entropy": {"loss": 0.0, "of_loss": 0.0},
        "nll": {"loss": -t * log(y), "of_loss": -t / y},
    }[name]


def stepped(rate: float, of: Gradients = RIGHT) -> dict[str, float]:
    return {name: NUMBERS[name] - rate * of[name] for name in WEIGHTS}


def with_updated_weights(of: SimpleNamespace, rate: float) -> dict[str, float]:
    """Each weight after the step, w2 after one with a δ that the new w3 has part in."""
    delta_y = of.of_loss * of.sy
    u3, us = of.w3 - rate * delta_y * of.h2, of.w_s - rate * delta_y * of.h1
    return {"u3": u3, "us": us, "u2": of.w2 - rate * delta_y * u3 * of.s2 * of.h1}


def after(rate: float, of: Gradients = RIGHT) -> Gradients:
    """All numbers after a step with these gradients."""
    return by_hand(**stepped(rate, of))


USUAL = ("0.5", "0.1", "0.01", "0.05", "0.001", "1", "0.2", "0.3", "0.25", "0.02")
LEFT_OUT = by_hand(lambda of: {"us": 0.0}), by_hand(lambda of: {"u2": 0.0})
TWICE = by_hand(lambda of: {"us": 2 * of.us}), by_hand(lambda of: {"u2": 2 * of.u2})
SKIP, LONG = "the path h1 → y (through w_s)", "the path h1 → h2 → y (through w2, w3)"
UPDATED = (
    "the backward pass multiplies δ, which is that before the step, by weights (w3, w_s, w2) that are already updated "
    "with learning rate {}, in place of those that the forward pass used"
)
STEP = "it is computed after one step of gradient descent with learning rate {}"
STEP_UPDATED = (
    ", for which the backward pass multiplied the old δ by weights that were already updated (L after a right step is "
    "{:.9g})"
)
ADDED = (
    "the gradient before a step with learning rate {} and that after it are added, as where gradients are not set to "
    "zero between"
)

EXPECTED: Mapping[str, Mapping[str, Gradients]] = {
    "left out": {f"{SKIP} is left out": LEFT_OUT[0], f"{LONG} is left out": LEFT_OUT[1]},
    "counted twice": {f"{SKIP} is counted twice": TWICE[0], f"{LONG} is counted twice": TWICE[1]},
    "branch's sign": {
        f"{SKIP} has the wrong sign": by_hand(lambda of: {"us": -of.us}),
        f"{LONG} has the wrong sign": by_hand(lambda of: {"u2": -of.u2}),
    },
    "averaged": {
        "the 2 paths that leave h1 are averaged in place of summed": by_hand(
            lambda of: {"us": of.us / 2, "u2": of.u2 / 2}
        )
    },
    "detached": {
        "nothing is passed back through h1, as if it were detached": by_hand(lambda of: {"us": 0, "u2": 0}),
        "nothing is passed back through h2, as if it were detached": by_hand(lambda of: {"u3": 0}),
    },
    "derivative left out": dict(at_layers("the factor {of} is left out", lambda z, y, s: 1.0)),
    "derivative at the output": dict(
        at_layers(
            "{of} is evaluated at the output {node} in place of z",
            lambda z, y, s: FUNCTIONS["sigmoid" if s == "sy" else "tanh"][1](y),
        )
    ),
    "derivative of z": {
        **dict(at_layers("z stands for y in σ′ = y(1 − y) ({of})", lambda z, y, s: z * (1 - z), ("y",))),
        **dict(at_layers("z stands for y in σ′ = 1 − y² ({of})", lambda z, y, s: 1 - z * z, HIDDEN)),
    },
    "weight left out": {
        f"the factor {name} is left out of the chain rule": by_hand(lambda of, place=place: {place: 1.0})
        for name, place in (("w1", "none"), ("w2", "u2"), ("w3", "u3"), ("w_s", "us"))
    },
    "input left out": {
        f"the factor {node} is left out of ∂L/∂{name}": by_hand(lambda of, place=place: {place: 1.0})
        for name, node, place in (("w1", "x", "i1"), ("w2", "h1", "i2"), ("w3", "h2", "i3"), ("w_s", "h1", "iS"))
    }
    | {
        f"∂L/∂{name} takes z_{node}, the preactivation, in place of the output {node}": by_hand(
            lambda of, place=place, z=z: {place: getattr(of, z)}
        )
        for name, node, place, z in (("w2", "h1", "i2", "z1"), ("w3", "h2", "i3", "z2"), ("w_s", "h1", "iS", "z1"))
    },
    "updated weights": {
        UPDATED.format(rate): by_hand(lambda of, rate=rate: with_updated_weights(of, float(rate))) for rate in USUAL
    },
    "delta as difference": {
        "δ at the output is taken as y − t": by_hand(lambda of: {"sy": 1.0}),
        "δ at the output is taken as y, from which the target is not subtracted": by_hand(
            lambda of: {"sy": 1.0, "of_loss": of.y}
        ),
        "δ at the output is taken as z − t: logits for probabilities": by_hand(
            lambda of: {"sy": 1.0, "of_loss": of.zy - of.t}
        ),
        "∂L/∂y at the output is taken as y − t, and is multiplied by the derivative of the activation, too": RIGHT,
    },
    "loss's derivative": {
        "the derivative of the loss, ∂L/∂y, is left out (taken as 1)": by_hand(lambda of: {"of_loss": 1.0}),
        **{
            f"the loss is {name} in place of half_sse": by_hand(lambda of, name=name: other_loss(of, name))
            for name in ("sse", "mse", "mae", "bce", "cross_entropy", "nll")
        },
    },
    "loss's factor": {
        f"the derivative of the loss has {told}{though}": by_hand(
            lambda of, factor=factor, though=though: {
                "of_loss": factor * of.of_loss,
                "loss": (1 if though else factor) * (of.y - of.t) ** 2 / 2,
            }
        )
        for factor, told in (
            (0.5, "the factor ½ too many (or 2 left out)"),
            (2, "the factor 2 too many (or ½ left out)"),
        )
        for though in ("", ", though L is right")
    },
    "bias left out": {"the bias b1 is not added": by_hand(b1=0.0)},
    "skip left out forward": {
        "the skip h1 → y (w_s) is left out, of the forward pass too": by_hand(lambda of: {"iS": 0.0}, w_s=0.0)
    },
    "input left out forward": {
        "the input x is left out (taken as 0)": by_hand(x=0.0),
        "the input x is left out of z, though not of ∂L/∂w1": by_hand(lambda of: {"i1": 0.5}, x=0.0),
        "w1 is not multiplied by x (taken as 1), neither in z nor in the gradient": by_hand(x=1.0),
        "w1 is not multiplied by x in z (taken as 1), though in ∂L/∂w1": by_hand(lambda of: {"i1": 0.5}, x=1.0),
    },
    "sign": {
        "the sign is the opposite, as of t − y in place of y − t": {
            n: x if n in ("L", "y", "z_h1") else -x for n, x in RIGHT.items()
        }
    },
    "learning rate": {
        f"the learning rate {rate} is included: {rate}·∂L/∂w": with_gradients(lambda _, g, rate=rate: float(rate) * g)
        for rate in USUAL
        if rate != "1"
    }
    | {
        f"it is the step −{rate}·∂L/∂w of gradient descent in place of the gradient": with_gradients(
            lambda _, g, rate=rate: -float(rate) * g
        )
        for rate in USUAL
        if rate != "1"
    },
    "new weight": {
        f"it is the new weight w − {rate}·∂L/∂w in place of the gradient": {**RIGHT, **stepped(float(rate))}
        for rate in USUAL
    }
    | {
        f"it is w + {rate}·∂L/∂w, a step up, in place of the gradient": {**RIGHT, **stepped(-float(rate))}
        for rate in USUAL
    },
    "accumulated": {
        f"the gradient is accumulated over {passes} passes and not set to zero between": with_gradients(
            lambda _, g, passes=passes: passes * g
        )
        for passes in (2, 3, 4)
    }
    | {
        ADDED.format(rate): with_gradients(lambda name, g, rate=rate: g + after(float(rate))[name])
        for rate in USUAL[:6]
    },
    "after a step": {STEP.format(rate): after(float(rate)) for rate in USUAL[:6]}
    | {
        STEP.format(rate) + STEP_UPDATED.format(after(float(rate))["L"]): after(
            float(rate), by_hand(lambda of, rate=rate: with_updated_weights(of, float(rate)))
        )
        for rate in USUAL[:6]
    },
    "weight decay": {
        f"weight decay {rate} is included: ∂L/∂w + {rate}·w{of_weights}": with_gradients(
            lambda name, g, rate=rate, of_weights=of_weights: (
                g if of_weights and name == "b1" else g + float(rate) * NUMBERS[name]
            )
        )
        for rate in ("0.01", "0.1", "0.001", "0.0001", "0.0005", "0.05")
        for of_weights in ("", ", of weights and not of biases")
    },
    "path": {
        f"{SKIP} is left out": LEFT_OUT[0],
        f"{LONG} is left out": LEFT_OUT[1],
        f"{SKIP} is counted twice": TWICE[0],
        f"{LONG} is counted twice": TWICE[1],
    },
    "another derivative": {
        clause: values for name in FUNCTIONS if name != "identity" for clause, values in derivatives_of(name).items()
    },
    "another activation": {clause: values for name in FUNCTIONS for clause, values in activations(name).items()},
}


def as_told(clause: str, loss_is_given: bool) -> str:
    """Of a loss that is given its derivative is not blamed, but where the loss is right."""
    is_loss = loss_is_given and "though L is right" not in clause
    return clause.replace("the derivative of the loss has", "the loss has") if is_loss else clause


@pytest.mark.parametrize("names", [GIVEN, NODES])
def test_a_mistake_is_what_a_pass_that_makes_it_gives(names: tuple[str, ...]) -> None:
    search = searched_for(CHAIN, *names)
    for kind, by_clause in EXPECTED.items():
        expected = {as_told(clause, "L" in names): values for clause, values in by_clause.items()}
        found = {clause: one for clause, (one,) in of_kind(search, kind).items()}
        assert sorted(found) == sorted(expected)
        for clause, by_name in expected.items():
            values = search.predicted([found[clause]])
            assert values == [[pytest.approx(by_name[name], rel=1e-11)] for name in names], clause


SHORT = "gradcalc compute SPEC "
TOLD: Mapping[str, tuple[str, str | None, str | None]] = {
    f"{SKIP} is left out": ("skip left out", None, "gradcalc paths SPEC --wrt h1 --avoid w_s"),
    f"{LONG} is left out": ("path left out", None, "gradcalc paths SPEC --wrt h1 --avoid w2"),
    f"{SKIP} is counted twice": ("counted twice", None, None),
    f"{SKIP} has the wrong sign": ("wrong sign", None, None),
    "the 2 paths that leave h1 are averaged in place of summed": ("averaged", None, None),
    "nothing is passed back through h2, as if it were detached": (
        "h2 detached", None, "gradcalc paths SPEC --wrt h1 --avoid h2",
    ),
    "the factor σ′(z) of h1 is left out": ("σ′ left out", None, None),
    "σ′(z) of h1 is evaluated at the output h1 in place of z": ("σ′ at the output", None, None),
    "z stands for y in σ′ = 1 − y² (σ′(z) of h1)": ("σ′ of z", None, None),
    "the derivative of relu is taken for σ′(z) of h1": ("another activation's σ′", None, None),
    "the factor w2 is left out of the chain rule": ("w2 left out", None, None),
    "the factor h1 is left out of ∂L/∂w2": ("input left out", "∂L/∂w2 = δ", None),
    "∂L/∂w2 takes z_h1, the preactivation, in place of the output h1": ("z in place of the output", None, None),
    "δ at the output is taken as y − t": ("δ = y − t", None, None),
    "δ at the output is taken as z − t: logits for probabilities": ("logits for probabilities", None, None),
    "the derivative of the loss, ∂L/∂y, is left out (taken as 1)": ("loss's derivative left out", None, None),
    "the loss is bce in place of half_sse": ("another loss", None, f"{SHORT}--loss bce"),
    "the derivative of the loss has the factor ½ too many (or 2 left out)": (
        "loss's factor 0.5", None, f"{SHORT}--set loss='{{name: half_sse, scale: 0.5}}'",
    ),
    "the derivative of the loss has the factor 2 too many (or ½ left out), though L is right": (
        "loss's factor 2", None, None,
    ),
    "the bias b1 is not added": ("bias left out", None, f"{SHORT}--set b1=0"),
    "the skip h1 → y (w_s) is left out, of the forward pass too": ("skip left out", None, f"{SHORT}--no-skips"),
    "the input x is left out (taken as 0)": ("input left out", None, f"{SHORT}--set input.x=0"),
    "the input x is left out of z, though not of ∂L/∂w1": ("input left out", None, None),
    "every layer has the activation relu": ("another activation", None, f"{SHORT}--activation relu"),
    "h1 has the activation relu in place of tanh": ("another activation", None, None),
    "the sign is the opposite, as of t − y in place of y − t": ("sign", "−∂L/∂w", None),
    "the gradient is accumulated over 3 passes and not set to zero between": ("accumulated", "3·∂L/∂w", None),
    ADDED.format("0.1"): ("accumulated over a step", None, None),
    "the learning rate 0.1 is included: 0.1·∂L/∂w": ("learning rate included", "0.1·∂L/∂w", None),
    "it is the step −0.1·∂L/∂w of gradient descent in place of the gradient": (
        "learning rate included", "−0.1·∂L/∂w", None,
    ),
    "it is the new weight w − 0.1·∂L/∂w in place of the gradient": ("new weight", "w − 0.1·∂L/∂w", None),
    "it is w + 0.1·∂L/∂w, a step up, in place of the gradient": ("new weight", "w + 0.1·∂L/∂w", None),
    "weight decay 0.01 is included: ∂L/∂w + 0.01·w": ("weight decay included", "∂L/∂w + 0.01·w", None),
    STEP.format("0.1"): ("after a step", None, "gradcalc train SPEC --lr 0.1 --steps 1"),
    UPDATED.format("0.1"): ("updated weights used", None, None),
    "it is δ_h1 in place of ∂L/∂w1": ("another value", "δ_h1", None),
    "it is computed in float16": ("float16", None, f"{SHORT}--dtype float16"),
    "every intermediate number is rounded to 3 decimals": ("rounded", None, "gradcalc explain SPEC --round 3"),
    "every intermediate number is rounded to 3 significant digits": ("rounded", None, None),
}  # fmt: skip


def test_a_mistake_has_the_command_and_the_formula_of_what_it_gives() -> None:
    search = searched_for(CHAIN, *NODES)
    found = {one.clause: one for one in search.mistakes if one.kind != "path"}
    assert {clause: (found[clause].what, found[clause].formula, found[clause].command) for clause in TOLD} == TOLD
    paths = {(one.clause, one.what): (one.formula, one.command) for one in search.mistakes if one.kind == "path"}
    short, long = (
        f"the value of `gradcalc paths SPEC --wrt h1{through}`"
        for through in (" --through w_s", " --through w2 --through w3")
    )
    assert paths == {
        (f"{SKIP} is left out", "path left out"): (f"∂L/∂h1 − {short}", "gradcalc paths SPEC --wrt h1 --avoid w_s"),
        (f"{SKIP} is counted twice", "path counted twice"): (f"∂L/∂h1 + {short}", None),
        (f"{LONG} is left out", "path left out"): (f"∂L/∂h1 − {long}", "gradcalc paths SPEC --wrt h1 --avoid w2"),
        (f"{LONG} is counted twice", "path counted twice"): (f"∂L/∂h1 + {long}", None),
    }


def test_another_value_is_one_of_the_same_size() -> None:
    search = searched_for(CHAIN, *NODES)
    found = {one.clause: search.predicted([one]) for (one,) in of_kind(search, "another value").values()}
    weights, nodes = {"b1", "w2", "w3", "w_s"}, ("h1", "h2", "y")
    assert set(found) == {
        *(f"it is {one} in place of ∂L/∂h1" for one in ("∂L/∂h2", "∂L/∂y", "δ_h1")),
        *(f"it is {one} in place of δ_h1" for one in ("δ_h2", "δ_y", "∂L/∂h1")),
        *(f"it is ∂L/∂{one} in place of ∂L/∂w1" for one in (*weights, *nodes)),
        *(f"it is δ_{one} in place of ∂L/∂w1" for one in nodes),
        *(f"it is {one} in place of y" for one in ("h1", "h2", "z_y")),
        *(f"it is {one} in place of z_h1" for one in ("h1", "z_h2", "z_y")),
    }
    own = [[pytest.approx(RIGHT[name])] for name in NODES]
    assert found["it is δ_h1 in place of ∂L/∂h1"] == [[pytest.approx(RIGHT["delta_h1"])], *own[1:]]
    assert found["it is ∂L/∂w_s in place of ∂L/∂w1"] == [*own[:2], [pytest.approx(RIGHT["w_s"])], *own[3:]]
    assert found["it is h1 in place of z_h1"] == [*own[:4], [pytest.approx(tanh(RIGHT["z_h1"]))]]


def test_no_kind_of_mistake_is_so_usual_that_digits_do_not_tell() -> None:
    """Three decimal digits outweigh any of these."""
    shares = {kind: 0.0 for kind, *_ in KINDS}
    for one in searched_for(CHAIN, *NODES).mistakes:
        shares[one.kind] += one.share
    assert all(share <= 0.12 for share in shares.values())
    assert min(share for share in shares.values() if share) >= 0.01
    assert all(0.01 <= share <= 0.12 for _, share, _ in KINDS)
