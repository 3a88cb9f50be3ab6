"""Points spread over processes are the same rows in the same order."""

from __future__ import annotations

import pytest

from gradcalc import language
from gradcalc.analysis.quantities import columns
from gradcalc.analysis.sweep import Task, points, rows
from gradcalc.errors import UsageError
from gradcalc.language.document import Variants

joblib = pytest.importorskip("joblib")

AXES = {"depth": [3, 5, 8], "layers[0].weight": [0.1, 0.5, 1.0, "1/3", "nope"]}


def task() -> Task:
    document = language.read("deep")
    shown = columns(["loss", "w1"], (), None)
    return Task(Variants(document, tuple(AXES)), shown, Variants(document, tuple(AXES), True))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("jobs", "backend"), [(2, None), (2, "loky"), (2, "threading"), (2, "multiprocessing"), (1, "loky")]
)
def test_the_same_rows(jobs: int, backend: str | None) -> None:
    from gradcalc.parallel.jobs import spread_out

    assert list(spread_out(task(), points(AXES), jobs, backend)) == list(rows(task(), points(AXES)))


@pytest.mark.slow
def test_numbers_of_many_digits_travel() -> None:
    from gradcalc.parallel.jobs import spread_out

    asked = task()._replace(dps=40)
    at = points({"depth": [3, 5], "layers[0].weight": [0.1, 0.5]})
    assert list(spread_out(asked, at, 2, None)) == list(rows(asked, at))


def test_chunks_keep_the_order_and_lose_nothing() -> None:
    from gradcalc.parallel.jobs import chunks

    at = [(n,) for n in range(1234)]
    found = list(chunks(at, 3))
    assert [point for chunk in found for point in chunk] == at
    assert len(found) >= 3 * 8


def test_a_backend_that_is_not_there() -> None:
    from gradcalc.parallel.jobs import spread_out

    with pytest.raises(UsageError, match="nosuch"):
        list(spread_out(task(), points(AXES), 2, "nosuch"))
