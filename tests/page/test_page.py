"""The page of `report` in a browser: what lights up, what steps, what sliders compute, and what everybody can reach."""

import json
import os
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import CHROMIUM, Browser

import gradcalc
from gradcalc.analysis.computation import compute
from gradcalc.analysis.point import point
from gradcalc.network.network import Network, numbers
from gradcalc.views.draw_page import drawing, lit_up
from gradcalc.views.report_page import page

pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")]
AXE = Path(os.environ.get("GRADCALC_NODE_MODULES", "")) / "axe-core" / "axe.min.js"
CLOSE = 1e-12
MOVES = 200
TABLES = """[...document.querySelectorAll('#passes td, #gradients td, #loss [data-q]')]
  .map((cell) => cell.textContent.trim())"""

CLASSES = {
    "name": "classes",
    "input": [0.5, -0.3],
    "layers": [
        {"name": "h", "weight": [[0.3, -0.2], [0.5, 0.7], [-0.4, 0.1]], "activation": "gelu", "bias": [0.1, 0.2, -0.3]},
        {"name": "y", "weight": [[0.1, 0.2, 0.3], [-0.3, 0.5, -0.1]], "activation": "softmax"},
    ],
    "loss": "nll",
    "target": 1,
}
BATCH = {
    "name": "batch",
    "input": [[0.5, 1], [0.1, -1], [2, 0.3]],
    "layers": [
        {"name": "h", "weight": [[0.3, -0.2], [0.5, 0.7]], "activation": "tanh", "bias": 0.1},
        {"name": "y", "weight": [[0.4, -0.6]], "activation": "sigmoid"},
    ],
    "loss": "bce",
    "target": [[1], [0], [1]],
}
JOINS = {
    "name": "joins",
    "input": {"a": 0.5, "b": -0.7, "c": 0.2},
    "layers": [
        {"name": "p", "from": {"a": 0.7, "b": "w"}, "join": "multiply", "activation": "softplus"},
        {"name": "q", "from": {"p": 0.3, "c": "w"}, "activation": {"name": "prelu"}},
        {"name": "y", "from": ["p", "q", "a"], "join": "mean", "weight": 1.3, "activation": "silu"},
    ],
    "parameters": {"w": 0.4},
    "loss": {"name": "huber", "delta": 0.3},
    "target": 0.9,
}
NORMED = {
    "name": "normed",
    "input": [0.5, -0.3, 0.8],
    "layers": [
        {"name": "h", "weight": [[0.3, -0.2, 0.5], [0.5, 0.7, 0.1], [-0.4, 0.1, 0.9]], "activation": "layer_norm"},
        {"name": "k", "weight": [[0.1, 0.2, 0.3], [0.5, 0.5, -0.1], [1, 0.2, -2]], "activation": "mish"},
    ],
    "skips": [{"from": "x", "to": "k", "into": "output"}],
    "loss": "log_cosh",
    "target": [0.1, 0.2, 0.3],
}
FORMULA = {
    "name": "formula",
    "input": 0.5,
    "layers": [{"weight": 0.3, "activation": {"formula": "x/(1 + exp(-1.702 x))"}}, {"weight": 0.7}],
    "loss": {"formula": "(y - t)^4"},
    "target": 1,
}
TWELVE = ["residual", "plain", "deep", "resnet", "mazur", "circuit", "rnn", CLASSES, BATCH, JOINS, NORMED, FORMULA]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    opened = Browser()
    yield opened
    opened.close()


def written(network: Network, folder: Path) -> Path:
    path = folder / f"{network.name}.html"
    path.write_text(page(network), "utf-8")
    return path


@pytest.fixture
def residual(browser: Browser, tmp_path: Path) -> Browser:
    browser.open(written(gradcalc.load("residual"), tmp_path))
    return browser


def lit(browser: Browser) -> dict[str, str]:
    """The edges of the drawing that are lit up, with the sign of their share."""
    found: dict[str, str] = browser.evaluate(
        "Object.fromEntries([...document.querySelectorAll('svg .edge.lit[data-edge]')].map((edge) => "
        "[edge.dataset.edge, edge.classList.contains('same') ? 'same' : 'opposite']))"
    )
    return found


def test_a_gradient_that_is_pointed_at_lights_up_its_paths(residual: Browser) -> None:
    assert lit(residual) == {}
    residual.point_at('tbody[data-gradient="1"] button')
    assert lit(residual) == {"h2→y": "same", "y→L": "same"}
    residual.point_at('tbody[data-gradient="0"] button')
    assert set(lit(residual)) == {"h1→h2", "h2→y", "h1→y", "y→L"}
    residual.point_at("h1")
    assert lit(residual) == {}


def test_a_gradient_that_is_clicked_stays_chosen(residual: Browser) -> None:
    residual.point_at('tbody[data-gradient="3"] button', click=True)
    residual.point_at("h1")
    assert set(lit(residual)) == {"y→L"}
    assert "∂L/∂w_r = −0.124104" in residual.evaluate("document.getElementById('readout').textContent")
    residual.point_at('svg .edge[data-parameter="w3"] title', click=False)
    widths = residual.evaluate(
        "(choose(0), Object.fromEntries([...document.querySelectorAll('svg .edge.lit path')]"
        ".map((path) => [path.parentElement.dataset.edge, parseFloat(path.style.strokeWidth)])))"
    )
    assert widths["h1→y"] > 5 > 2 > widths["h2→y"]


SHARES = """({ names: data.subjects.map(({ name }) => name),
  shares: data.subjects.map((_, n) => Object.fromEntries(sharesOf(n))) })"""


@pytest.mark.parametrize("spec", TWELVE, ids=lambda spec: spec if isinstance(spec, str) else spec["name"])
def test_edges_are_as_wide_as_in_a_drawing_of_the_gradient(spec: Any, browser: Browser, tmp_path: Path) -> None:
    network = gradcalc.load(spec)
    browser.open(written(network, tmp_path))
    found = browser.evaluate(SHARES)
    for name, shares in zip(found["names"], found["shares"], strict=True):
        computation = compute(network, wrt=[name])
        edges = drawing(computation, lit_up(computation, name)).edges
        assert shares == pytest.approx({edge.name: edge.share for edge in edges if edge.share is not None}, abs=1e-9)


def test_the_drawing_of_a_small_network_is_one_row_and_stays_in_view(browser: Browser, tmp_path: Path) -> None:
    browser.open(written(gradcalc.load("residual"), tmp_path))
    tops = "[...document.querySelectorAll('.wide .node')].map((box) => box.getBBox().y + box.getBBox().height / 2)"
    assert max(browser.evaluate(tops)) - min(browser.evaluate(tops)) < 20
    browser.open(written(gradcalc.load("resnet"), tmp_path))
    browser.evaluate("(goTo(100), document.querySelector('#steps tr.current').scrollIntoView({ block: 'end' }))")
    box = browser.evaluate(
        "(({ top, bottom }) => [top, bottom])(document.querySelector('#network svg').getBoundingClientRect())"
    )
    assert 0 <= box[0] < box[1] <= 1000
    assert browser.evaluate("document.querySelector('#steps td.numbers').textContent") != ""


def test_arrow_keys_step_through_the_calculation(residual: Browser) -> None:
    def shown() -> str:
        return str(residual.evaluate("document.getElementById('step').textContent"))

    for _ in range(2):
        residual.press("ArrowRight")
    assert "= 0.524979" in shown()
    assert residual.evaluate("document.querySelector('svg .node.current').dataset.node") == "h1"
    assert residual.evaluate("document.querySelectorAll('#steps tr.current').length") == 1
    residual.press("ArrowLeft")
    assert "0.2⋅0.5" in shown()
    assert "weighted sum" in shown()
    residual.press("ArrowLeft")
    assert "step 1 of 19" in residual.evaluate("document.getElementById('count').textContent")
    for _ in range(30):
        residual.press("ArrowRight")
    assert "step 19 of 19" in residual.evaluate("document.getElementById('count').textContent")
    assert residual.evaluate("document.querySelector('svg .edge.current').dataset.parameter") == "w_r"


def test_a_slider_moves_everything_and_goes_back(residual: Browser) -> None:
    before = residual.evaluate(TABLES)
    residual.evaluate("document.getElementById('knob-3').focus()")
    for _ in range(10):
        residual.press("ArrowLeft")
    residual.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done, 20)))")
    assert residual.evaluate("point.parameters[3][0]") == 0
    assert residual.evaluate("document.getElementById('moved').hidden") is False
    assert residual.evaluate(TABLES) != before
    loss, y = residual.evaluate(
        "[document.getElementById('loss').textContent, figure(state.examples[0].values[6][0], 6)]"
    )
    assert re.sub(r"\s", "", loss).startswith(f"L=(y−t)2=({y}−1)2=0.2373")
    assert residual.evaluate("document.getElementById('of-spec').hidden") is True
    assert "w_r = 0" in residual.evaluate("document.querySelector('svg .label[data-parameter=w_r]').textContent")
    residual.point_at("#reset", click=True)
    assert residual.evaluate(TABLES) == before
    assert residual.evaluate("document.getElementById('moved').hidden") is True


def moved(network: Network, found: dict[str, Any]) -> Network:
    """The network with the numbers of the page."""

    def shaped(values: list[float], shape: tuple[int, ...]) -> Any:
        if not shape:
            return values[0]
        width = shape[1] if len(shape) == 2 else 1
        return values if len(shape) == 1 else [values[n : n + width] for n in range(0, len(values), width)]

    return network._replace(
        parameters=tuple(
            one._replace(value=shaped(values, one.shape), exact={})
            for one, values in zip(network.parameters, found["parameters"], strict=True)
        ),
        inputs=tuple(
            one._replace(rows=rows, exact={}) for one, rows in zip(network.inputs, found["inputs"], strict=True)
        ),
        targets=tuple(
            one._replace(rows=rows, given=rows[0][0] if len(rows) == len(rows[0]) == 1 else rows, exact={})
            for one, rows in zip(network.targets, found["targets"], strict=True)
        ),
    )


def close(ours: Any, theirs: list[Any], scale: float = 0.0) -> bool:
    pairs = zip(map(float, ours), map(float, theirs), strict=True)
    return all(abs(one - other) <= CLOSE * max(abs(other), scale) for one, other in pairs)


@pytest.mark.parametrize("spec", TWELVE, ids=lambda spec: spec if isinstance(spec, str) else spec["name"])
def test_random_moves_compute_what_the_command_line_computes(spec: Any, browser: Browser, tmp_path: Path) -> None:
    network, draw = gradcalc.load(spec), random.Random(str(spec))
    browser.open(written(network, tmp_path))
    count = browser.evaluate("showKnobs.length, knobs.length")
    moves = [(draw.randrange(count), draw.random()) for _ in range(MOVES)]
    browser.evaluate(
        f"""for (const [n, part] of {json.dumps(moves)}) {{
          addSlider(knobs[n], n);
          const range = document.getElementById(`knob-${{n}}`);
          range.value = Number(range.min) + part * (Number(range.max) - Number(range.min));
          range.dispatchEvent(new Event("input"));
        }}"""
    )
    browser.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done, 50)))")
    there = moved(network, browser.evaluate("point"))
    state, at = browser.evaluate("state"), point(there)
    assert close([state["loss"]], [at.loss])
    for number in range(len(there.parameters)):
        wanted = numbers(at.gradient(number))
        assert close(state["gradients"][number], wanted, max(map(abs, wanted)))
    for number in range(len(there.nodes)):
        for example, found in enumerate(state["examples"]):
            place = at.graph.outputs[number]
            assert close(found["values"][place], at.output(number)[example])
            wanted = at.adjoint(number)[example]
            assert close(found["adjoints"][place], wanted, max(map(abs, wanted)))
    shown = browser.evaluate(TABLES)
    browser.open(written(there, tmp_path))
    assert shown == browser.evaluate(TABLES)
    assert browser.errors() == []


@pytest.mark.parametrize("spec", ["residual", "mazur", BATCH], ids=str)
def test_nothing_is_asked_for_and_nothing_goes_wrong(spec: Any, browser: Browser, tmp_path: Path) -> None:
    path = written(gradcalc.load(spec), tmp_path)
    browser.open(path)
    browser.evaluate("(choose(0), goTo(5), goTo(0), renew())")
    assert browser.errors() == []
    assert browser.requests() == [path.resolve().as_uri()]


def test_the_keyboard_alone_reaches_everything(residual: Browser) -> None:
    wanted = residual.evaluate(
        "[...document.querySelectorAll('button:enabled, input, select, .scrolled')]"
        ".filter((one) => one.offsetParent !== null).length"
    )
    residual.evaluate(
        "window.reached = new Set(); document.addEventListener('focusin', (event) => reached.add(event.target))"
    )
    for _ in range(wanted + 10):
        residual.press("Tab")
    assert residual.evaluate("reached.size") == wanted
    residual.evaluate("document.querySelector('tbody[data-gradient=\"0\"] button').focus()")
    residual.press("Enter")
    assert residual.evaluate("chosen") == 0


@pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed (GRADCALC_NODE_MODULES names its folder)")
@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("spec", ["residual", "mazur", "resnet"])
def test_no_rule_of_accessibility_is_broken(spec: str, dark: bool, browser: Browser, tmp_path: Path) -> None:
    browser.open(written(gradcalc.load(spec), tmp_path), dark=dark)
    browser.evaluate("(choose(0), goTo(8))")
    browser.evaluate(AXE.read_text("utf-8") + ";0")
    rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
    found = browser.evaluate(
        f"axe.run(document, {{ runOnly: {json.dumps(rules)} }}).then(({{ violations }}) => violations.map((one) => "
        "[one.id, ...one.nodes.map((node) => node.failureSummary)]))"
    )
    assert found == []


def test_a_deep_network_opens_at_once_and_a_wide_one_follows_the_slider(browser: Browser, tmp_path: Path) -> None:
    deep = written(gradcalc.load({"name": "deep", "input": 0.5, "weights": [0.9] * 100, "target": 1}), tmp_path)
    assert deep.stat().st_size <= 2_000_000
    opened = []
    for _ in range(5):  # whatever else the machine does
        browser.open(deep)
        opened.append(browser.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd"))
    assert min(opened) < 1000
    layers = [{"weight": {"init": "xavier_normal"}, "width": width, "activation": "tanh"} for width in (95, 95)]
    wide = {
        "name": "wide",
        "input": [0.1, 0.2, 0.3],
        "layers": [*layers, {"weight": {"init": "xavier_normal"}, "width": 7}],
    }
    browser.open(written(gradcalc.load(wide | {"target": [0.5] * 7}), tmp_path))
    times = browser.evaluate(
        "Array.from({ length: 30 }, (_, n) => { knobs[n].set(knobs[n].get() + 0.01); const start = performance.now();"
        "evaluate(network, point); largestPaths(network, point, state, data.subjects, 10);"
        "return performance.now() - start; })"
    )
    assert min(times) < 16
