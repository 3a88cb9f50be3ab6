"""In a terminal: a line for each node and each edge, as narrow as it must be, in its letters."""

from __future__ import annotations

from typing import Any

from drawings import drawn
from hypothesis import given
from hypothesis import strategies as st
from strategies import specs

from gradcalc.language import build, read
from gradcalc.report.drawings.characters import Look, characters
from gradcalc.report.text import width

RESIDUAL = """\
residual · sigmoid · (y − t)²

   x   0.5
   │  w1 = 0.2
┏━ h1  0.524979  sigmoid
┃  │  w2 = 0.1                    2.4 %  ▎
┃  h2  0.513121  sigmoid
┃  │  w3 = 0.1                    2.4 %  ▎
┗━━┫  w_r = 0.1  skip from h1    97.6 %  ███████████▊
   y   0.525929  sigmoid
   ┃
   L   0.224743  (y − t)²  t = 1

∂L/∂w1 = −0.00302124, the sum of 2 paths:
h1 → y: 97.6 %
h1 → h2 → y: 2.4 %
Heavy lines: half of the gradient or more comes through them.
"""


def test_the_residual_net() -> None:
    assert characters(drawn(build(read("residual"))[0], "w1"), Look(80)) == RESIDUAL


def test_plain_letters() -> None:
    shown = characters(drawn(build(read("residual"))[0], "w1"), Look(80, ascii=True))
    assert shown.isascii()
    assert "+--" not in shown.split("\n")[2]
    assert "#==" in shown


def test_colour_only_adds() -> None:
    import re

    picture = drawn(build(read("rnn"))[0], "Wx")
    colored = characters(picture, Look(80, color=True))
    assert "\x1b[34m" in colored
    assert re.sub(r"\x1b\[\d+m", "", colored) == characters(picture, Look(80))


@given(specs(), st.sampled_from([40, 80, 132]))
def test_no_line_is_wider_than_the_terminal_and_every_node_has_one(spec: Any, columns: int) -> None:
    picture = drawn(spec)
    shown = characters(picture, Look(columns)).split("\n")
    assert max(map(width, shown)) <= columns
    for node in picture.nodes:
        assert any(node.lines[0].text in line for line in shown)


@given(specs())
def test_plain_letters_stand_in_the_same_lines(spec: Any) -> None:
    assert characters(drawn(spec), Look(ascii=True)).isascii()


def test_a_name_with_control_characters_is_escaped() -> None:
    shown = characters(drawn({"input": 0.5, "target": 1, "layers": [{"name": "h1", "weight": 1}], "name": "a\u202eb"}))
    assert "\u202e" not in shown


def test_of_a_vector_the_norm_is_printed_and_what_a_share_is() -> None:
    a, b = [[0.6, 0.4], [-0.5, 0.7]], [[0.7, 0.9]]
    layers = [
        {"name": "a", "weight": a, "activation": "tanh"},
        {"name": "c", "weight": a, "activation": "tanh"},
        {"name": "y", "from": {"c": b, "a": b}, "activation": "identity"},
    ]
    shown = characters(drawn(build(read({"input": [0.5, -0.3], "target": 1, "layers": layers}))[0], "a"))
    assert "‖∂L/∂a‖ = " in shown and ", ∂L/∂a is the sum of 2 paths:" in shown
    assert "A share is of the length of ∂L/∂a: what a contribution has in its direction." in shown


def test_paths_that_nearly_cancel_are_called_so() -> None:
    data = read({"input": 0.5, "target": 1, "weights": [0.2, 0.5, 0.5], "activation": "identity",
                 "skips": [{"from": "h1", "to": "y", "weight": -0.249}]})  # fmt: skip
    shown = characters(drawn(build(data)[0], "w1"))
    assert "The paths nearly cancel: one alone has 250 × |∂L/∂w1|." in shown


def test_long_paths_have_what_tells_them_apart() -> None:
    shown = characters(drawn(build(read("resnet"))[0], "w1"))
    assert "h1 → … → y (w2, w41, 19 skips): 29.2 %" in shown
