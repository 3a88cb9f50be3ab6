"""What `--wrt` names: entries of numbers too, where a number is a weight between single units or a bias of one."""

import pytest
from specs import network

from gradcalc.analysis.computation import compute
from gradcalc.errors import UsageError

NARROW = {"input": 1, "target": 1, "layers": [{"weight": 0.5, "bias": 0.1}, {"weight": [1, 2]}, {"weight": [1, 2]}]}


def test_a_number_between_single_units_has_one_entry():
    found = compute(network(NARROW), wrt=["w1", "w1[0,0]", "b1[0]"])
    assert list(found.gradients) == ["w1", "w1[0,0]", "b1[0]"]
    assert found.gradients["w1[0,0]"] == found.gradients["w1"]
    assert [path.nodes for path in found.paths["w1[0,0]"].top] == [("h1", "h2[1]", "y"), ("h1", "h2[0]", "y")]


@pytest.mark.parametrize("pattern", ["w1[0]", "w1[0,1]", "b1[0,0]"])
def test_and_no_other(pattern):
    with pytest.raises(UsageError, match="no such entry"):
        compute(network(NARROW), wrt=[pattern])


@pytest.mark.parametrize("pattern", ["w1[0,0]", "b1[0]"])
def test_a_number_that_stands_for_several_entries_has_none(pattern):
    layers = [{"weight": 0.5, "bias": "b1"}]
    wide = {"input": [1, 2], "target": [1, 2], "parameters": {"b1": 0.1}, "layers": layers}
    with pytest.raises(UsageError, match="no such entry"):
        compute(network(wide), wrt=[pattern])
