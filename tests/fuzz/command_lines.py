"""Random command lines: every command, format and option, over the random networks of `claims` and `differential`.

Half of the networks have ordinary numbers; in others some are extreme: at the ends of float64, exact constants, where
functions saturate. What a command line is depends on its seed and number alone (and on Hypothesis' version).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any, NamedTuple

from claims.networks import Names, cases, networks
from claims.search import drawn
from differential.random_specs import random_spec
from hypothesis import strategies as st

from gradcalc import language
from gradcalc.analysis.quantities import QUANTITIES

EXTREME: Sequence[Any] = (
    0, -0.0, 1, -1, 0.5, 1e308, -1.7e308, 1e-308, 5e-324, -1e-310, 1e160, -1e-160, 1e9, -5e8, 709.7, 710, -745.2, -746,
    88.7, 36.8, -36.8, 16, 1e16, 2**53 + 1, 10**30, 1 - 2**-53, 1 + 2**-52, 1e-17, 3e-9, 1 / 3, 0.1, 104, -103.9,
    "1/3", "1e9*1", "1/10^30", "2^-1074", "10^300", "-1/7", "sqrt(2)", "pi*10^15", "e^-700", "1-1/10^20", "0/7",
)  # fmt: skip
"""Numbers at the ends of what float64 holds, and where functions saturate, round or change."""

ENDS = ("1e308", "5e-324", "710")
"""Extreme numbers of options."""

HELD = ("repeat", "every", "seed", "pieces", "width", "loss", "start")
"""Keys whose numbers are no values of the network."""

FORMATS = ("table", "table", "json", "json", "csv", "jsonl", "markdown", "latex", "html")
FOR_PEOPLE = ("table", "markdown", "latex", "html")
ENDINGS = {
    "json": "json",
    "markdown": "md",
    "latex": "tex",
    "html": "html",
    "csv": "csv",
    "jsonl": "jsonl",
    "table": "txt",
}
NO_TABLE = ("csv", "json", "jsonl", "latex", "python")
UNHEEDED = {
    "all": NO_TABLE,
    "forward": ("csv", "jsonl"),
    "theory": ("csv",),
    "top": ("csv",),
    "symbolic": ("csv", "jsonl"),
}
"""Formats in which an option changes nothing, which is refused."""
SHARES = {
    "compute": 26, "paths": 18, "explain": 23, "compare": 11, "sweep": 9, "precision": 5, "train": 5, "validate": 2,
    "diagnose": 5, "check": 3, "draw": 5, "report": 3, "example": 1,
}  # fmt: skip
"""How often a command is drawn, in percent."""

SPEC = "spec"
"""Stands in a command line for the file of its first spec, `spec1` for that of the second."""


class CommandLine(NamedTuple):
    """Arguments, and the specs that they name."""

    arguments: list[str]
    specs: list[Any]
    extreme: bool

    @property
    def command(self) -> str:
        return self.arguments[0]

    def __str__(self) -> str:
        return f"{json.dumps(self.arguments)}\n  {json.dumps(self.specs)}"


def command_line(seed: int, number: int) -> CommandLine:
    """The command line of that number."""
    random = Random(f"{seed}/{number}")
    spec, extreme = random_network(random, seed, number), random.random() < 0.3
    if extreme:
        spec = with_extremes(spec, random, random.choice([0.05, 0.2, 0.6]))
    command = random.choices(list(SHARES), list(SHARES.values()))[0]
    if command == "example":
        return CommandLine(
            ["example", random.choice(language.examples()), *random.choice([[], ["-o", "out.toml"]])], [], False
        )
    if command == "validate":
        return CommandLine(["validate", SPEC], [spec], extreme)
    case = None
    while case is None:
        case = drawn(cases(st.just(spec)), random)
    if command in ("draw", "report") and "refused" not in case.options:
        options_of = draw if command == "draw" else report
        given = [*options_of(Names.of(spec), spec, random), *changed(Names.of(spec), random)]
        return CommandLine(
            [command, SPEC, *given], [spec], extreme or any(end in text for text in given for end in ENDS)
        )
    options = case.options.get(command)
    if command in ("precision", "train") and "refused" not in case.options:
        options = precision(Names.of(spec), random) if command == "precision" else train(random)
    if command == "diagnose" and "refused" not in case.options:
        options = {"tries": random.choice(["0", "3", "12"]), "top": random.choice([None, None, "2"])}
    if command == "check" and "refused" not in case.options:
        required = random.choice([{}, {"require": ["norm(*) < 10", "loss < 3"]}, {"require": ["window(float16)"]}])
        options = random.choice([{}, required, {"got": ["L=0.25"]}, {"got": ["L: 1/2 + 0.25", "loss=nan"]}])
    if options is None:  # no network, and so no options
        return CommandLine([command, SPEC], [spec], extreme)
    names = Names.of(spec)
    sources = options.get("sources", [spec])
    files = [SPEC + (str(n) if n else "") for n in range(len(sources))]
    form = random.choice([*FORMATS, "python", "python", "python"] if command == "explain" else FORMATS)
    options = {name: value for name, value in options.items() if form not in UNHEEDED.get(name, ())}
    given = [*asked(options), *named(command, options, spec, random), *changed(names, random)]
    given += written(command, options, form, random)
    return CommandLine(
        [command, *files, *given], sources, extreme or any(end in text for text in given for end in ENDS)
    )


def random_network(random: Random, seed: int, number: int) -> Any:
    if random.random() < 0.5:
        return random_spec(seed, number)
    spec = None
    while spec is None:
        spec = drawn(networks(), random)
    return spec


def with_extremes(value: Any, random: Random, share: float, key: str = "") -> Any:
    """The spec with so many of its numbers extreme."""
    if isinstance(value, Mapping):
        return {k: item if k in HELD else with_extremes(item, random, share, k) for k, item in value.items()}
    if isinstance(value, list):
        return [with_extremes(item, random, share, key) for item in value]
    is_class = key == "target" and isinstance(value, int)
    if isinstance(value, (int, float)) and not isinstance(value, bool) and not is_class and random.random() < share:
        extreme = random.choice(EXTREME)
        return (
            0.5 if isinstance(extreme, str) and key in ("input", "target", "x") and random.random() < 0.5 else extreme
        )
    return value


def asked(options: Mapping[str, Any]) -> list[str]:
    """The options of a case of `claims`, as a command line has them."""
    given: list[str] = []
    names = {"decimals": "round"}
    for name, value in options.items():
        option = f"--{names.get(name, name)}"
        if name == "sources" or value is None or value is False:
            continue
        if value is True:
            given.append(option)
        else:
            for one in value if isinstance(value, (list, tuple)) else [value]:
                given += [option, str(one)]
    return given


def named(command: str, options: Mapping[str, Any], spec: Any, random: Random) -> list[str]:
    """Entries and units by name, and quantities of a sweep, which cases of `claims` leave out."""
    given: list[str] = []
    network = language.load(spec)[0]
    if command in ("compute", "paths", "explain") and not options.get("wrt") and random.random() < 0.3:
        one = random.choice(network.parameters) if network.parameters else None
        if one is not None and one.shape and random.random() < 0.6:
            given += ["--wrt", f"{one.name}[{','.join(str(random.randrange(size)) for size in one.shape)}]"]
        else:
            node = random.choice(network.nodes)
            given += ["--wrt", f"{node.name}[{random.randrange(node.width)}]"]
    if command == "paths" and random.random() < 0.15:
        given += [random.choice(["--through", "--avoid"]), random.choice([*network.nodes, *network.parameters]).name]
    if command == "sweep" and random.random() < 0.2:
        one = random.choice(network.parameters or network.nodes).name
        given += ["--show", f"{random.choice(list(QUANTITIES))}:{one}"]
    if not options.get("dps") and random.random() < 0.05:
        given += [] if command in ("train", "check") else ["--dps", str(random.choice([1, 5, 15, 16, 17, 50, 400]))]
    return given


def precision(names: Names, random: Random) -> dict[str, Any]:
    """Options of `precision`, in formats that need no other package."""
    return {
        "dtype": random.choice([None, None, "float16", "bfloat16", "float32,float16"]),
        "loss-scale": random.choice([None, None, "1024", "0.5", "65536", "1e-3"]),
        "against": "no-skips" if names.skips and random.random() < 0.3 else None,
        "wrt": [random.choice(names.parameters)] if names.parameters and random.random() < 0.3 else None,
        **random.choice([{}, {"simulate": True}, {"simulate": True, "accumulate": "float32"}]),
    }


def report(names: Names, spec: Any, random: Random) -> list[str]:
    """Options of `report`."""
    given = named("explain", {"dps": 15}, spec, random) if random.random() < 0.3 else []
    return [*given, *asked({"top": random.choice([None, None, 0, 2]), "digits": random.choice([None, None, 3, 40])})]


def draw(names: Names, spec: Any, random: Random) -> list[str]:
    """Options of `draw`, in forms that need no other package."""
    form = random.choice(["text", "text", "svg", "svg", "mermaid", "dot", "json"])
    wrt = random.choice(names.parameters) if names.parameters and random.random() < 0.5 else None
    given = ["--format", form, *asked({"wrt": wrt})] if wrt else ["--format", form, *named("compute", {}, spec, random)]
    if form != "json":
        given += ["--values", random.choice(["forward", "forward", "backward", "none"])]
        given += ["--units"] if random.random() < 0.4 else []
        given += ["--all"] if random.random() < 0.3 else []
        given += ["--digits", random.choice(["1", "3", "17"])] if random.random() < 0.3 else []
    given += ["--of", random.choice(names.nodes)] if random.random() < 0.1 else []
    given += ["--top", "2"] if "--wrt" in given and random.random() < 0.3 else []
    return [*given, *(["--dtype", "float16"] if "--dps" not in given and random.random() < 0.1 else [])]


def train(random: Random) -> dict[str, Any]:
    """Options of `train`: few steps, small ones and large ones."""
    rules: list[dict[str, Any]] = [
        {}, {"momentum": "0.9"}, {"weight-decay": "0.01"}, {"clip-norm": "1"}, {"maximize": True},
        {"optimizer": "adam"}, {"optimizer": "adamw", "weight-decay": "0.1"},
        {"optimizer": "adam", "beta1": "0", "epsilon": "1e-3"},
    ]  # fmt: skip
    return random.choice(rules) | {
        "lr": random.choice(["0.01", "0.5", "1e3", "1e-300"]),
        "steps": random.choice(["0", "1", "2", "5", "30"]),
        "online": random.random() < 0.2,
        "until": random.choice([None, None, ["loss < 1e-6"], ["norm(*) < 1e-8", "loss < 3"]]),
        "every": random.choice([None, None, "1", "7"]),
        "explain": random.random() < 0.4,
        "save": random.choice([None, None, "trained.yaml", "trained.json", "trained.toml"]),
        "trace": random.choice([None, None, "trace.jsonl"]),
    }


def changed(names: Names, random: Random) -> list[str]:
    """Options that change the network."""
    if random.random() > 0.2:
        return []
    number = random.choice(["0", "1", "-1", "0.5", "1e-3", "1/3", "-0.0", *ENDS])
    after = random.randrange(1, len(names.nodes))
    choices = [
        [
            "--loss",
            random.choice(["mse", "mae", "huber", "output", "half_sse", "hinge", "bce_with_logits", "log_cosh"]),
        ],
        ["--activation", random.choice(["tanh", "relu", "gelu", "identity", "softmax", "step"])],
        ["--no-skips"],
        ["--skip", f"{names.nodes[random.randrange(after)]}:{names.nodes[after]}={number}"],
        *([["--set", f"{random.choice(names.numbers)}={number}"]] * 3 if names.numbers else []),
    ]
    return random.choice(choices)


def written(command: str, options: Mapping[str, Any], form: str, random: Random) -> list[str]:
    """Options of how and where the answer is written."""
    given = ["--format", form]
    if random.random() < 0.03 and form in ENDINGS:
        given = ["-o", f"out.{ENDINGS[form]}"]
    chances = [
        (0.3, form in FOR_PEOPLE, ["--digits", random.choice(["1", "2", "3", "8", "15", "17", "30"])]),
        (0.2, form in ("table", "markdown", "html") and not options.get("all"), ["--all"]),
        (0.1, form in FOR_PEOPLE, ["--no-legend"]),
        (0.5, form == "latex", ["--standalone"]),
        (0.3, form == "table", ["--color", random.choice(["always", "never", "auto"])]),
        (0.2, True, ["--quiet"]),
        (0.01, command in ("paths", "compare", "sweep"), ["--plot", f"picture.{random.choice(['svg', 'png', 'pdf'])}"]),
        (0.1, command == "sweep", ["--resume", "rows.jsonl"]),
        (0.02, command == "sweep", ["--jobs", "2"]),
    ]
    for chance, fits, option in chances:
        given += option if fits and random.random() < chance else []
    return given
