"""The JSON and CSV of `paths`: the contract's keys in their order, nulls where it says null, sums over listed paths."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from math import log2, prod
from typing import Any

import pytest
from computations import residual_network
from path_specs import BATCH, CANCELLING, DEAD, TIED
from reference import evaluate, unit_paths

from gradcalc import language
from gradcalc.analysis.computation import compute
from gradcalc.analysis.path_analysis import paths
from gradcalc.analysis.point import subjects
from gradcalc.analysis.results import LengthTerm, Part, PathAnalysis, PathSums
from gradcalc.report.report import Style, format_module
from gradcalc.views import compute_page
from gradcalc.views.paths_page import report

SUMS = ["count", "value", "magnitude", "cancellation", "entropy", "effective_paths", "by_length", "top"]
TERM = ["length", "count", "contribution", "magnitude", "mean_magnitude"]
PATH = ["nodes", "through", "length", "contribution", "share"]


def printed(data: Any, format: str = "json", **options: Any) -> str:
    return "".join(format_module(format).render(report(paths(language.load(data)[0], **options)), Style()))


def facts(data: Any, *names: str, **options: Any) -> Any:
    return json.loads(printed(data, wrt=names, **options))["wrt"]


def listed(data: Any, name: str) -> list[Any]:
    """(example, path) of every path over single units to a number or to all entries of a parameter, by recursion."""
    network = language.load(data)[0]
    (subject,) = subjects(network, [name])
    return [
        (example, path)
        for entry in range(prod(network.parameters[subject.number].shape))
        for example, point in enumerate(evaluate(network))
        for path in unit_paths(point, subject, entry)
    ]


def test_keys_and_their_order() -> None:
    text = printed("residual")
    top = json.loads(text, object_pairs_hook=list)
    assert [key for key, _ in top] == ["gradcalc", "command", "name", "activations", "loss", "wrt"]
    assert [name for name, _ in top[-1][1]] == ["w1", "w2", "w3", "w_r"]
    for data in ("residual", "mazur", BATCH, TIED, DEAD, CANCELLING):
        for sums in facts(data).values():
            assert list(sums) == SUMS
            assert all(list(term) == TERM for term in sums["by_length"])
            assert all(list(path)[:5] == PATH for path in sums["top"])


def test_what_only_some_paths_have() -> None:
    extra = {
        name: {key for sums in facts(data).values() for path in sums["top"] for key in list(path)[5:]}
        for name, data in (("plain", "residual"), ("matrix", "mazur"), ("batch", BATCH), ("tied", TIED))
    }
    assert extra == {"plain": set(), "matrix": {"entry"}, "batch": {"example", "entry"}, "tied": {"at"}}


@pytest.mark.parametrize(
    ("data", "name"), [(BATCH, "w1"), (BATCH, "b1"), (BATCH, "w3"), (TIED, "w"), ("residual", "w1")]
)
def test_sums_are_those_of_the_listed_paths(data: Any, name: str) -> None:
    sums, every = facts(data, name, top=10_000)[name], listed(data, name)
    sizes = [abs(float(path.contribution)) for _, path in every]
    magnitude = sum(sizes)
    flat = flattened(sums["value"])
    assert sums["count"] == sum(example == 0 for example, _ in every)
    assert sum(flat) == pytest.approx(float(sum(path.contribution for _, path in every)), rel=1e-12)
    assert sums["magnitude"] == pytest.approx(magnitude, rel=1e-12)
    assert sums["cancellation"] == pytest.approx(magnitude / sum(map(abs, flat)), rel=1e-12)
    assert sums["entropy"] == pytest.approx(
        -sum(size / magnitude * log2(size / magnitude) for size in sizes), abs=1e-12
    )
    assert sums["effective_paths"] == pytest.approx(2 ** sums["entropy"], rel=1e-12)
    assert [abs(path["contribution"]) for path in sums["top"]] == pytest.approx(
        sorted(sizes, reverse=True), rel=1e-12, abs=0
    )
    for term in sums["by_length"]:
        alike = [(example, path) for example, path in every if path.length == term["length"]]
        assert term["count"] == sum(example == 0 for example, _ in alike)
        assert term["magnitude"] == pytest.approx(
            sum(abs(float(path.contribution)) for _, path in alike), rel=1e-12, abs=0
        )
        parts = float(sum(path.contribution for _, path in alike))
        assert sum(flattened(term["contribution"])) == pytest.approx(parts, rel=1e-12, abs=0)


def flattened(value: Any) -> list[float]:
    return [number for part in value for number in flattened(part)] if isinstance(value, list) else [value]


def test_shares_of_all_paths_add_up_to_one() -> None:
    for data, name in (
        (BATCH, "w1[0,1]"),
        (BATCH, "w1"),
        (BATCH, "h1"),
        (BATCH, "h1[1]"),
        ("mazur", "w1"),
        (TIED, "w"),
        ("residual", "w1"),
    ):
        shares = [path["share"] for path in facts(data, name, top=10_000)[name]["top"]]
        assert sum(shares) == pytest.approx(1, rel=1e-12)


def test_a_top_path_of_a_batch_is_of_one_example() -> None:
    top = facts(BATCH, "w1", top=10_000)["w1"]["top"]
    pairs = [(path["example"], path["entry"], *path["nodes"], *path["through"]) for path in top]
    assert {pair[0] for pair in pairs} == {0, 1, 2}
    assert len(set(pairs)) == len(pairs) == 3 * facts(BATCH, "w1")["w1"]["count"]


def test_nulls_where_there_is_nothing_to_divide_by() -> None:
    dead = facts(DEAD, "w1")["w1"]
    assert (dead["count"], dead["value"], dead["magnitude"]) == (2, 0, 0)
    assert dead["cancellation"] is dead["entropy"] is dead["effective_paths"] is None
    assert [path["share"] for path in dead["top"]] == [None, None]
    against = facts(CANCELLING, "x")["x"]
    assert (against["value"], against["magnitude"], against["cancellation"]) == (0, 2, None)
    assert against["effective_paths"] == pytest.approx(2)
    none = facts("residual", "w3", part=Part(through=("h1",)))["w3"]
    assert (none["count"], none["value"], none["by_length"], none["top"]) == (0, 0, [], [])


def test_numbers_of_any_size_are_numbers() -> None:
    """Counts with all their digits, sums that no double holds with theirs."""
    term = LengthTerm(3, 2**2000, Decimal("-1.5e-905"), Decimal("1.5e-905"), Decimal("1.3e-1507"))
    sums = PathSums(
        "w1", term.count, term.contribution, term.magnitude, Decimal(1), 2000.0, Decimal("1e602"), (term,), ()
    )
    analysis = PathAnalysis(residual_network(), "extended", None, {"w1": sums})
    text = "".join(format_module("json").render(report(analysis), Style()))
    assert '"value": -1.5e-905' in text
    assert '"effective_paths": 1e602' in text
    assert json.loads(text)["wrt"]["w1"]["by_length"][0]["count"] == 2**2000


def test_loss_and_activations_are_those_of_compute() -> None:
    for data in ("residual", "rnn", BATCH):
        network = language.load(data)[0]
        ours, theirs = report(paths(network)).facts, compute_page.report(compute(network)).facts
        assert [ours[key] for key in ("gradcalc", "name", "activations", "loss")] == [
            theirs[key] for key in ("gradcalc", "name", "activations", "loss")
        ]
    without_target = language.load({"input": 0.5, "weights": [0.2, 0.1]})[0]
    assert report(paths(without_target, part=Part(of="h1"))).facts["loss"]["formula"] == "h1"


def test_a_mean_path_is_over_the_paths_of_every_example() -> None:
    for data, examples in (("residual", 1), (BATCH, 3)):
        for sums in facts(data, top=10_000).values():
            for term in sums["by_length"]:
                sizes = [abs(path["contribution"]) for path in sums["top"] if path["length"] == term["length"]]
                assert len(sizes) == term["count"] * examples
                assert term["mean_magnitude"] == pytest.approx(sum(sizes) / len(sizes), rel=1e-12, abs=0)


def test_csv_has_a_row_for_each_length_of_each_gradient() -> None:
    for data in ("residual", BATCH, TIED):
        rows = list(csv.DictReader(io.StringIO(printed(data, "csv"))))
        assert list(rows[0]) == ["name", "length", "entry", "count", "contribution", "magnitude"]
        for name, sums in facts(data).items():
            ours = [row for row in rows if row["name"] == name]
            entries = len(flattened(sums["value"]))
            assert [int(row["length"]) for row in ours[::entries]] == [term["length"] for term in sums["by_length"]]
            assert sum(int(row["count"]) for row in ours[::entries]) == sums["count"]
            assert sum(float(row["magnitude"]) for row in ours[::entries]) == pytest.approx(
                sums["magnitude"], rel=1e-12
            )
            for place, total in enumerate(flattened(sums["value"])):
                parts = [float(row["contribution"]) for row in ours[place::entries]]
                assert sum(parts) == pytest.approx(total, rel=1e-12, abs=1e-15)
