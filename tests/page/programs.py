"""Networks computed by the script of a report's page, in node, many in one process."""

import json
import re
import shutil
import subprocess
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from gradcalc.network.graph import graph
from gradcalc.network.network import Network
from gradcalc.views.report_program import program

NODE = shutil.which("node")
PAGE = files("gradcalc") / "page"
EVERYTHING = """{
  const network = %s;
  %s
  const point = startingPoint(network);
  const state = evaluate(network, point);
  const subjects = network.parameters.map((_, parameter) => ({ parameter, node: null }));
  const paths = largestPaths(network, point, state, subjects, 10);
  results.push({
    loss: plain(state.loss), gradients: plain(state.gradients), paths: plain(paths),
    values: plain(state.examples.map(({ values }) => values)),
    adjoints: plain(state.examples.map(({ adjoints }) => adjoints)),
  });
}"""
PLAIN = """
const plain = (value) => Array.isArray(value) ? value.map(plain)
  : value !== null && typeof value === "object"
  ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plain(one)]))
  : typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
"""


def run(script: str) -> Any:
    """What a script, behind those of the page, writes as JSON."""
    whole = "\n".join((PAGE / name).read_text("utf-8") for name in ("functions.js", "numbers.js", "engine.js"))
    node = subprocess.run([str(NODE)], input=whole + script, capture_output=True, text=True, timeout=60, check=False)
    assert node.returncode == 0, node.stderr
    return json.loads(node.stdout)


def computed(networks: Sequence[Network]) -> list[dict[str, Any]]:
    """Everything that the script computes of these networks."""
    parts = ["let activations, joins, losses; const results = [];", PLAIN]
    for network in networks:
        laid = graph(network)
        made = program(laid)
        parts.append(EVERYTHING % (json.dumps(made.operations), re.sub("^const ", "", made.functions, flags=re.M)))
    return list(run("\n".join([*parts, "console.log(JSON.stringify(results));"])))
