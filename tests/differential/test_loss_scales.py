"""Some random networks of those that `loss_scales.py` runs by the ten thousand."""

import pytest

import gradcalc
from differential.loss_scales import TooFar, faults
from differential.random_specs import random_spec

SEED = 3


@pytest.mark.parametrize("number", range(40))
def test_a_window_keeps_all_and_one_power_of_two_outside_it_something_is_lost(number):
    try:
        assert list(faults(random_spec(SEED, number))) == []
    except (gradcalc.LimitError, TooFar):
        pytest.skip("its numbers leave what gradcalc has")
