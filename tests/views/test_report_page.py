"""The page of `report` as it stands in its file: complete, self-contained, and safe from names in a spec."""

import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest

import gradcalc
from gradcalc.errors import UsageError
from gradcalc.views.report_page import page

VOID = {"meta", "input", "br"}
EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&"


class Outline(HTMLParser):
    """Elements with their attributes, the text outside scripts, and whether all that was opened is closed again."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"script", "style"} & set(self.open):
            self.text += data


def of(spec: Any, **options: Any) -> Outline:
    return Outline(page(gradcalc.load(spec), **options))


def data(text: str) -> Any:
    return json.loads(re.search(r'id="data">(.*?)</script>', text, re.DOTALL)[1])  # type: ignore[index]


@pytest.mark.parametrize("name", ["residual", "mazur", "circuit", "rnn"])
def test_a_page_is_whole_and_asks_for_nothing(name: str) -> None:
    text = page(gradcalc.load(name))
    outline = Outline(text)
    tags = [tag for tag, _ in outline.found]
    assert tags.count("svg") == 1 + ('class="narrow"' in text)
    assert tags.count("math") > 5
    assert not {"link", "iframe", "img", "object"} & set(tags)
    assert not any("src" in attributes or "href" in attributes for _, attributes in outline.found)
    assert "default-src 'none'" in text
    assert re.findall(r"https?://[^\"' ]+", text) in ([], ["http://www.w3.org/2000/svg"]) or {
        *re.findall(r"https?://[^\"' ]+", text)
    } <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1998/Math/MathML"}


def test_it_says_what_compute_says() -> None:
    outline = of("residual")
    for text in (
        "−0.00302124",
        "97.6 %",
        "h1 → h2 → y",
        "w2, w3",
        "0.224743",
        "97.6 % of ∂L/∂w1 comes through the skip",
    ):
        assert text in outline.text
    assert "sum over 2 paths" in outline.text


def test_every_gradient_can_be_chosen_and_every_number_has_its_key() -> None:
    outline = of("residual")
    assert [a["data-gradient"] for tag, a in outline.found if "data-gradient" in a] == ["0", "1", "2", "3"]
    known = {a["data-q"] for _, a in outline.found if "data-q" in a}
    assert {"L", "V0.0", "V2.0", "A2.0", "D2.0", "P0", "G0", "T0"} <= known


def test_wrt_names_what_is_derived() -> None:
    outline = of("residual", wrt=["w2"])
    assert sum("data-gradient" in attributes for _, attributes in outline.found) == 1
    with pytest.raises(UsageError):
        of("residual", wrt=["nothing"])


def test_names_of_a_spec_are_text() -> None:
    spec = {
        "name": EVIL,
        "input": {"x": 0.5},
        "layers": [{"name": "h", "weight": 0.3}, {"name": "y", "weight": 0.2}],
        "target": 1,
        "notes": EVIL,
    }
    text = page(gradcalc.load(spec))
    outline = Outline(text)
    assert sum(tag == "script" for tag, _ in outline.found) == 2
    assert not any(tag == "img" for tag, _ in outline.found)
    assert EVIL in outline.text
    assert "<script>alert" not in text


def test_a_name_stands_in_the_data_as_it_is() -> None:
    network = gradcalc.load({"input": {"x": 0.5}, "weights": [0.3], "target": 1})
    network = network._replace(parameters=(network.parameters[0]._replace(name="</script>\u2028"),))
    assert data(page(network))["network"]["parameters"][0]["name"] == "</script>\u2028"


def derived(spec: Any) -> list[str]:
    """The values of the derivation that are numbers."""
    return re.findall(r'<td class="value number"[^>]*>([^<]*)</td>', page(gradcalc.load(spec)))


def test_the_values_of_a_derivation_are_one_column() -> None:
    """All with powers of ten or none, in as many digits, the decimal points one below the other."""
    small = derived({"input": 1e-8, "target": 1, "activation": "tanh", "weights": [0.5, 2]})
    assert len(small) > 8 and all("×10" in value for value in small)
    plain = derived("residual")
    assert len(plain) > 8 and not any("×10" in value for value in plain)
    assert len({value.index(".") for value in plain}) == 1


def test_without_a_target_there_are_values_alone() -> None:
    outline = of({"input": 0.5, "weights": [0.3, 0.2]})
    assert "No target" in outline.text
    assert not any("data-step" in attributes for _, attributes in outline.found)


def test_a_batch_has_its_examples() -> None:
    outline = of({"input": [[0.5], [0.1]], "weights": [0.3, 0.2], "target": [[1], [0]]})
    assert {"V2.0@1", "A2.0@1"} <= {a["data-q"] for _, a in outline.found if "data-q" in a}


@pytest.mark.slow
def test_a_large_network_is_not_computed_in_the_page() -> None:
    layers = [{"weight": {"init": "xavier_normal"}, "width": 150}, {"weight": {"init": "xavier_normal"}, "width": 60}]
    text = page(gradcalc.load({"input": [0.5, 0.1], "layers": layers, "target": [0.1] * 60}))
    assert data(text)["network"] is None
    assert data(text)["edges"] == ["x→h1", "h1→y", "y→L"]
    assert data(text)["shares"] == [[None, 1.0, 1.0], [None, None, 1.0]]
    assert "‖contribution‖" in Outline(text).text


def test_the_reason_of_a_0_is_told() -> None:
    layers = [{"weight": -1, "activation": "relu"}, {"weight": 0.3}]
    assert "∂L/∂w1 is 0: h1 is inactive (z = −0.5)." in of({"input": 0.5, "layers": layers, "target": 1}).text


def test_paths_of_an_entry_light_up_where_nothing_is_computed() -> None:
    found = data(page(gradcalc.load("mazur"), wrt=["w2[0,1]"]))
    assert (found["edges"], found["shares"]) == (["i1→h", "i2→h", "h→o", "o→L"], [[None] * 3 + [1.0]])


def test_a_page_has_as_many_paths_as_asked_for_and_what_is_left_for_the_others() -> None:
    outline = of("resnet", wrt=["w1"], top=3)
    assert "and 524,285 more paths" in outline.text
    assert "58.2 %" in outline.text
    assert "This page has the gradients that --wrt names: ∂L/∂w1. Without --wrt it has all." in outline.text


def test_a_repeated_block_is_drawn_as_one_box_that_stands_for_its_layers() -> None:
    found = data(page(gradcalc.load("resnet"), wrt=["w1"]))
    assert found["inside"] == {f"h{number}": 0 for number in range(5, 39)}
    assert found["together"] == {}


def test_a_page_is_small() -> None:
    assert len(page(gradcalc.load("residual")).encode()) <= 150_000


def test_a_mean_over_outputs_is_told_where_its_factor_may_be_taken_for_another() -> None:
    two = {"input": 1, "target": [1, 0], "loss": "mse", "layers": [{"weight": [[0.5], [0.25]]}]}
    assert "mse is the mean over the units of an output: Σ is divided by their number, 2." in of(two).text
    assert "is the mean" not in of(two | {"loss": "half_sse"}).text
    assert "is the mean" not in of({"input": 1, "target": 1, "loss": "mse", "weights": [0.5]}).text


def test_what_rounding_has_left_is_told() -> None:
    """0.1 + 0.2 − 0.3 is 0; with a target, and without one."""
    spec = {"input": [0.1, 0.2, 0.3], "activation": "identity", "layers": [{"weight": [[1, 1, -1]]}, {"weight": 0.7}]}
    assert "h1, y, ∂L/∂w2, z_h1 and z_y are 0 as far as 800 digits show" in of(spec | {"target": 1}).text
    assert "h1, y, z_h1 and z_y are 0 as far as 800 digits show" in of(spec).text
