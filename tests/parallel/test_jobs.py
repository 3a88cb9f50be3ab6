"""Points spread over processes are the same rows in the same order."""

from __future__ import annotations

import pytest

from gradcalc import language
from gradcalc.analysis.quantities import columns
from gradcalc.analysis.sweep import Task, points, rows
from gradcalc.errors import UsageError
from gradcalc.language.document import Variants
from gradcalc.parallel.sweep_run import in_order

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

    assert list(in_order(spread_out(task(), points(AXES), jobs, backend))) == list(rows(task(), points(AXES)))


@pytest.mark.slow
def test_numbers_of_many_digits_travel() -> None:
    from gradcalc.parallel.jobs import spread_out

    asked = task()._replace(dps=40)
    at = points({"depth": [3, 5], "layers[0].weight": [0.1, 0.5]})
    assert list(in_order(spread_out(asked, at, 2, None))) == list(rows(asked, at))


@pytest.mark.parametrize("seconds", [1e-6, 1e-3, 0.2, 5])
def test_chunks_lose_nothing_and_are_back_soon(seconds: float) -> None:
    from gradcalc.parallel.jobs import LARGEST_CHUNK, SOON, Pace

    at, pace = [(n,) for n in range(5000)], Pace(2)
    sizes, due = [], 0
    for first, chunk in pace.chunks(at):
        assert (first, list(chunk)) == (due, at[due : due + len(chunk)])
        due += len(chunk)
        sizes.append(len(chunk))
        pace.took(len(chunk), len(chunk) * seconds)
    assert due == len(at) and sizes[0] == sizes[-1] == 1
    assert max(sizes) == min(LARGEST_CHUNK, max(int(SOON / seconds), 1))


def test_rows_come_in_order_as_soon_as_those_before_them_have() -> None:
    arriving = iter([(1, "b"), (0, "a"), (2, "c"), (4, "e"), (3, "d")])
    rows = in_order(arriving)
    assert (next(rows), next(rows), next(rows)) == ("a", "b", "c")
    assert next(arriving) == (4, "e")


def test_a_backend_that_is_not_there() -> None:
    from gradcalc.parallel.jobs import spread_out

    with pytest.raises(UsageError, match="nosuch"):
        list(spread_out(task(), points(AXES), 2, "nosuch"))
