"""The paths along given nodes, against all paths listed."""

from __future__ import annotations

from collections import defaultdict
from math import isclose

from hypothesis import given
from strategies import chains

from gradcalc import language
from gradcalc.analysis.computation import compute
from gradcalc.analysis.path_list import contributions
from gradcalc.analysis.point import point, subjects
from gradcalc.engine.scalar_point import ScalarPoint


@given(chains())
def test_the_sum_along_nodes_is_that_of_the_paths_that_visit_them(data: object) -> None:
    network = language.load(data)[0]  # type: ignore[arg-type]
    at = point(network)
    assert isinstance(at, ScalarPoint)
    found = compute(network, top=10_000)
    assert found.paths is not None
    for subject in subjects(network):
        sums: dict[tuple[str, ...], float] = defaultdict(float)
        for path in found.paths[subject.name].top:
            sums[path.nodes] += float(path.contribution)
        for nodes, whole in sums.items():
            assert isclose(float(contributions(at, subject, nodes)[0]), whole, rel_tol=1e-9, abs_tol=1e-300)
        assert contributions(at, subject, ("nowhere",))[0] == 0
