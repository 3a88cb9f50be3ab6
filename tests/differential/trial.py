"""One network by both: gradcalc's commands on its file, PyTorch on the same plain data, and what is compared."""

import io
import json
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from functools import cached_property
from random import Random
from typing import Any

import numpy as np
from reference.functions import decimals_read, mp
from reference.network import flat

import gradcalc
from gradcalc.__main__ import run

from .judging import CLOSE, LENGTH, MOST_DIGITS, ROUNDINGS, TINY, Comparison, Judge, judges_of, relative, rounding
from .mp_operations import each
from .plain_spec import Plan, read
from .random_specs import Spec
from .spec_files import written
from .torch_gradients import differentiated, magnitudes
from .torch_operations import CountingOperations, TorchOperations

LISTED = 64
SMALL = mp.mpf(10) ** -12
FOURTH = 4
"""Every fourth network is computed with 50 digits too, and of every fourth one derivation."""


class Trial:
    """A network, as computed by both."""

    def __init__(self, number: int, spec: Spec) -> None:
        self.number = number
        self.spec = spec
        self.plan: Plan = read(spec)
        self.comparisons: list[Comparison] = []
        self.mismatches: list[str] = []
        self.digits: list[float] = []
        self.known_magnitudes: dict[str, Callable[[str], float]] = {}
        self.paths_weighed = False  # magnitudes are compared, where PyTorch is near enough to judge them

    @cached_property
    def judges(self) -> list[Judge]:
        return judges_of(self.plan)

    def rounded_magnitudes(self, of: str) -> Callable[[str], float]:
        """Of what is rounded on the way to a gradient, by the name of a quantity."""
        if of not in self.known_magnitudes:
            self.known_magnitudes[of] = magnitudes(self.plan, of, careful=True, in_terms=True)
        return self.known_magnitudes[of]


class Refused(Exception):
    """gradcalc ended with a status that is not 0."""

    def __init__(self, command: str, status: int, message: str) -> None:
        super().__init__(f"{command}: status {status}: {message}")
        self.status = status


def compare(number: int, spec: Spec) -> Trial:
    """Both on one network."""
    trial = Trial(number, spec)
    with written(spec, number) as path:
        ours, units = check_all(trial, path)
        check_of(trial, path)
        check_entry(trial, path)
        check_avoiding(trial, path, units)
        if number % FOURTH == 0:
            check_digits(trial, path)
        if number % FOURTH == 1:
            check_explain(trial, path)
    magnitude = magnitudes(trial.plan)
    for name in ours["gradients"]:
        check_contributions(trial, name, ours, magnitude(f"gradient {name}"))
    check_counts(trial, ours, units)
    check_lengths(trial, units)
    trial.paths_weighed = all(comparison.difference <= CLOSE for comparison in trial.comparisons)
    if trial.paths_weighed:
        check_magnitudes(trial, units, magnitude)
    return trial


def check_all(trial: Trial, path: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The loss, all nodes, all gradients; the answers of `compute` and `paths`."""
    plan, record = trial.plan, recorder(trial)
    everything = [f"--wrt={name}" for name in (*plan.parameters, *plan.names)]
    ours = answer("compute", path, "--top", str(LISTED))
    wide = answer("compute", path, "--top", "0", *everything)
    units = answer("paths", path, "--top", "0", *everything)
    theirs = differentiated(plan)
    check_names(trial, ours)
    record("loss", ours["loss"]["value"], theirs.loss)
    for name in theirs.values.preactivations:
        record(f"z {name}", ours["forward"][name]["preactivation"], theirs.values.preactivations[name])
        record(f"output {name}", ours["forward"][name]["output"], theirs.values.outputs[name])
        record(f"δ {name}", ours["backward"][name]["delta"], theirs.values.preactivations[name].grad)
        record(f"∂L/∂output {name}", ours["backward"][name]["output"], theirs.values.outputs[name].grad)
    arrays = gradcalc.gradients(gradcalc.load(path))
    for name, gradient in theirs.gradients.items():
        record(f"gradient {name}", wide["gradients"][name], gradient)
        record(f"Σpaths {name}", units["wrt"][name]["value"], gradient)
        if name in plan.parameters:
            record(
                f"array {name}",
                each(np.asarray(arrays[name], dtype=object).tolist(), lambda x: number_of(str(x))),
                gradient,
            )
        if name in ours["gradients"]:
            check_shape(trial, name, ours["gradients"][name], gradient)
            record(f"gradient {name}", ours["gradients"][name], gradient)
    return ours, units


def check_of(trial: Trial, path: str) -> None:
    """∂ a node / ∂ everything."""
    of = Random(trial.number).choice(trial.plan.layers).name
    everything = [f"--wrt={name}" for name in (*trial.plan.parameters, *trial.plan.names)]
    partial = answer("compute", path, "--top", "0", "--of", of, *everything)
    for name, gradient in differentiated(trial.plan, of=of).gradients.items():
        recorder(trial)(f"∂{of}/∂ {name}", partial["gradients"][name], gradient)


def check_avoiding(trial: Trial, path: str, units: dict[str, Any]) -> None:
    """Paths that avoid a node or a weight; with those through it they are all."""
    random, plan = Random(trial.number), trial.plan
    weights = {edge.parameter for layer in plan.layers for edge in layer.all_edges if edge.parameter}
    name = random.choice([*(layer.name for layer in plan.layers), *sorted(weights)])
    wrt = [f"--wrt={name}" for name in units["wrt"]]
    avoiding = answer("paths", path, "--top", "0", "--avoid", name, *wrt)["wrt"]
    through = answer("paths", path, "--top", "0", "--through", name, *wrt)["wrt"]
    theirs = differentiated(plan, avoid=name).gradients
    for quantity, answered in avoiding.items():
        recorder(trial)(f"without:{name} {quantity}", answered["value"], theirs[quantity])
        count, everything = answered["count"] + through[quantity]["count"], units["wrt"][quantity]["count"]
        if count != everything:
            trial.mismatches.append(f"paths of {quantity} through and past {name}: {count}, all: {everything}")


def check_explain(trial: Trial, path: str) -> None:
    """The value of one derivation, in symbols where the network is small."""
    name = Random(trial.number).choice([*trial.plan.parameters, *trial.plan.inputs])
    symbolic = ["--symbolic"] if len(trial.plan.layers) < 6 else []
    found = answer("explain", path, "--wrt", name, "--top", "3", *symbolic)["wrt"][name]
    recorder(trial)(f"explain {name}", found["value"], differentiated(trial.plan).gradients[name])


def check_entry(trial: Trial, path: str) -> None:
    """One entry of one parameter, by its index."""
    sizes = {name: np.shape(value) for name, value in trial.plan.parameters.items() if np.ndim(value)}
    if not sizes:
        return
    random = Random(trial.number)
    name = random.choice(list(sizes))
    index = tuple(random.randrange(size) for size in sizes[name])
    entry = f"{name}[{','.join(map(str, index))}]"
    found = answer("compute", path, "--wrt", entry, "--top", str(LISTED))
    recorder(trial)(f"entry {entry}", found["gradients"][entry], differentiated(trial.plan).gradients[name][index])
    counted = differentiated(trial.plan, CountingOperations(), one_example=True).gradients[name][index]
    if found["paths"][entry]["count"] != int(counted) < 2**53:
        trial.mismatches.append(f"paths of {entry}: {found['paths'][entry]['count']}, expected {int(counted)}")


def check_digits(trial: Trial, path: str) -> None:
    """`--dps 50` against central differences, both from the decimals that the spec has."""
    if sum(np.size(value) for value in trial.plan.parameters.values()) > 40:
        return
    try:
        ours = answer("compute", path, "--top", "0", "--dps", "50")
        with decimals_read():
            judge = Judge(trial.plan, decimals=True)
            if judge.exponent > MOST_DIGITS:
                return
            for name in ("", *trial.plan.parameters):
                found = flat(ours["gradients"][name] if name else ours["loss"]["value"])
                true = judge.gradient(name) if name else [judge.run().loss]
                scale = max(map(abs, true))
                error = max(abs(mp.mpf(a) - b) for a, b in zip(found, true))
                trial.digits.append(float(error / max(scale, SMALL)))
                if trial.digits[-1] > 1e-30:
                    trial.mismatches.append(f"--dps 50, {name or 'loss'}: of {float(scale):.1e} {float(error):.1e} off")
    except (ValueError, ZeroDivisionError) as error:
        print(trial.number, "no judgement with --dps:", error)


def answer(*arguments: str) -> dict[str, Any]:
    """What a command prints as JSON."""
    output, errors = io.StringIO(), io.StringIO()
    with redirect_stdout(output), redirect_stderr(errors):
        status = run([*arguments, "--json"])
    if status:
        raise Refused(arguments[0], status, errors.getvalue().strip())
    found: dict[str, Any] = json.loads(output.getvalue(), parse_float=str if "--dps" in arguments else number_of)
    return found


def number_of(text: str) -> Any:
    """A double, or an mpf where none holds it."""
    number = float(text)
    return number if np.isfinite(number) else mp.mpf(text)


def recorder(trial: Trial) -> Callable[[str, Any, Any], None]:
    """Adds the comparison of a quantity."""

    def record(quantity: str, ours: Any, theirs: Any) -> None:
        a, b = flat(ours), flat(theirs.detach().tolist())
        if len(a) != len(b):
            trial.mismatches.append(f"{quantity}: {len(a)} numbers, PyTorch has {len(b)}")
        else:
            trial.comparisons.append(Comparison(quantity, a, b, relative(a, b)))

    return record


def check_names(trial: Trial, ours: dict[str, Any]) -> None:
    plan = trial.plan
    for what, found, expected in (
        ("nodes", list(ours["forward"]), plan.names),
        ("parameters", list(ours["parameters"]), list(plan.parameters)),
        ("frozen", ours["frozen"], plan.frozen),
        ("gradients", list(ours["gradients"]), list(plan.parameters) or list(plan.inputs)),
    ):
        if found != expected:
            trial.mismatches.append(f"{what}: {found}, expected {expected}")


def check_shape(trial: Trial, name: str, ours: Any, theirs: Any) -> None:
    """A number where there is one entry, else lists [units] or [out][in]; of nodes in a batch [examples][units]."""
    expected: Any = theirs.tolist()
    if name in trial.plan.names and not trial.plan.batch:
        expected = expected[0]
    if np.size(expected) == 1 and not (name in trial.plan.names and trial.plan.batch):
        expected = np.ravel(expected)[0]
    if np.shape(ours) != np.shape(expected):
        trial.mismatches.append(f"shape of {name}: {np.shape(ours)}, expected {np.shape(expected)}")


def check_contributions(trial: Trial, name: str, ours: dict[str, Any], magnitude: float) -> None:
    """Where every path is listed their contributions add up to the gradient, and their shares to 1."""
    paths, gradient = ours["paths"][name], np.array(ours["gradients"][name])
    if paths["count"] > LISTED or paths.get("exact") is False or not np.isfinite(magnitude):
        return
    contributions = [np.array(path["contribution"]) for path in paths["top"]]
    if len(contributions) != paths["count"]:
        trial.mismatches.append(f"paths of {name}: {len(contributions)} listed, count is {paths['count']}")
        return
    total = sum(contributions, np.zeros_like(gradient))
    magnitude = max(magnitude, sum(map(abs, contributions), np.zeros_like(gradient)).max())
    off = abs(total - gradient)
    if magnitude > TINY and off.max() > ROUNDINGS * 2.0**-53 * magnitude:
        spread = rounding(trial.judges, f"gradient {name}", [int(off.argmax())], magnitude)
        if off.max() > ROUNDINGS * spread:
            trial.mismatches.append(f"paths of {name}: contributions add up to {total}, the gradient is {gradient}")
    shares = [path["share"] for path in paths["top"]]
    if None in shares:
        if abs(gradient).max() != 0:
            trial.mismatches.append(f"paths of {name}: no shares of a gradient of {gradient}")
    elif shares and abs(gradient).max() > 1e-9 * magnitude and abs(sum(shares) - 1) > 1e-6:
        trial.mismatches.append(f"paths of {name}: shares add up to {sum(shares)}")


def check_counts(trial: Trial, ours: dict[str, Any], units: dict[str, Any]) -> None:
    over_layers = differentiated(trial.plan, CountingOperations(whole=True), one_example=True).gradients
    over_units = differentiated(trial.plan, CountingOperations(), one_example=True).gradients
    for what, answers, counted in (("layers", ours["paths"], over_layers), ("units", units["wrt"], over_units)):
        for name, answered in answers.items():
            expected = int(counted[name].sum())
            exact = expected < 2**53
            if answered["count"] != expected and (exact or abs(answered["count"] / expected - 1) > CLOSE):
                trial.mismatches.append(f"paths over {what} of {name}: {answered['count']}, expected {expected}")


def check_magnitudes(trial: Trial, units: dict[str, Any], magnitude: Callable[[str], float]) -> None:
    """Σ|contribution| of `paths`; where PyTorch's is another, its local derivatives may cancel."""

    def differing(magnitude: Callable[[str], float]) -> list[str]:
        found = []
        for name, answered in units["wrt"].items():
            expected = magnitude(f"sum {name}")
            if abs(answered["magnitude"] - expected) > 100 * CLOSE * expected and expected > TINY:
                found.append(f"magnitude of {name}: {answered['magnitude']}, expected {expected}")
        return found

    if differing(magnitude):
        trial.mismatches += differing(magnitudes(trial.plan, careful=True))


def check_lengths(trial: Trial, units: dict[str, Any]) -> None:
    """Σ over lengths n of lengthⁿ × (paths; their contribution) is a gradient in which entering a layer costs that."""
    weighed = differentiated(trial.plan, TorchOperations(LENGTH)).gradients
    counted = differentiated(trial.plan, CountingOperations(LENGTH), one_example=True).gradients
    for name, answered in units["wrt"].items():
        lengths = answered["by_length"]
        paths = sum(row["count"] * LENGTH ** row["length"] for row in lengths)
        expected = float(counted[name].sum())
        if abs(paths - expected) > CLOSE * expected:
            trial.mismatches.append(f"lengths of {name}: Σ count·tⁿ is {paths}, expected {expected}")
        none = np.zeros_like(np.array(answered["value"]))
        total = sum((np.array(row["contribution"]) * LENGTH ** row["length"] for row in lengths), none)
        recorder(trial)(f"lengths {name}", np.asarray(total).tolist(), weighed[name])
