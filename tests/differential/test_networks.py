"""Some random networks without PyTorch: the language read a second time, gradients by differences at 120 digits."""

from random import Random

import pytest
from reference.network import flat

import gradcalc
from differential.judging import NOTHING, Judge, distance
from differential.plain_spec import read
from differential.random_specs import random_spec

SEED = 2
CLOSE = 1e-10
"""Beyond what networks of these sizes make of rounding."""


def assert_close(ours, true, what):
    numbers = [float(x) for x in flat(ours)]
    assert len(numbers) == len(true), what
    assert distance(numbers, true) <= CLOSE * float(max(map(abs, true))) + NOTHING, what


@pytest.mark.parametrize("number", range(24))
def test_values_and_a_gradient_by_differences(number):
    spec = random_spec(SEED, number)
    plan = read(spec)
    found = gradcalc.compute(gradcalc.load(spec), top=0)
    assert list(found.gradients) == (list(plan.parameters) or list(plan.inputs))
    judge = Judge(plan)
    values = judge.run()
    assert_close(found.loss.value, [values.loss], "loss")
    for name, output in values.outputs.items():
        assert_close(found.forward[name].output, list(output.ravel()), name)
    name = Random(number).choice(list(found.gradients))
    assert_close(found.gradients[name], judge.gradient(name), name)
