"""The tables of `paths`: numbers that are those of the listed paths, bars, columns that align, nothing cut."""

from __future__ import annotations

import re
from math import comb
from typing import Any

import pytest
from path_specs import BATCH, BLOCKS, CANCELLING, DEAD

from gradcalc import language
from gradcalc.analysis.path_analysis import paths
from gradcalc.analysis.results import PathAnalysis, PathSums
from gradcalc.expressions.numerals import percent
from gradcalc.report.ascii import to_ascii
from gradcalc.report.report import Style, format_module
from gradcalc.report.text import width
from gradcalc.views.paths_page import report


def asked(data: Any, *names: str, **options: Any) -> PathAnalysis:
    return paths(language.load(data)[0], wrt=names, **options)


def page(analysis: PathAnalysis, columns: int | None = 80, every: bool = False, color: bool = False) -> str:
    style = Style(width=columns, all_rows=every, color=color)
    return "".join(format_module("table").render(report(analysis, every=every), style))


def flowing(text: str) -> str:
    """The page with its lines joined, to find sentences in."""
    return " ".join(text.split())


def table(text: str, title: str) -> list[dict[str, str]]:
    """The rows under a title, each cell with the spaces that align it, by the name of its column."""
    lines = text.split(title + "\n")[1].split("\n\n")[0].splitlines()
    head, *rows = lines
    places = [name.start() for name in re.finditer(r"\S+( \S+)*", head)]
    ends = [*places[1:], None]
    return [{head[a:b].strip(): row[a:b] for a, b in zip(places, ends)} for row in rows]


def spectrum(text: str, name: str) -> list[dict[str, str]]:
    return table(text, f"{name} by path length")


def largest_title(text: str, name: str) -> str:
    return next(
        line for line in text.splitlines() if re.fullmatch(rf"The .* paths of ∂L/∂{name}( in 3 examples)?", line)
    )


def one(analysis: PathAnalysis) -> PathSums:
    (sums,) = analysis.sums.values()
    return sums


def number(cell: str) -> float:
    """What a cell says, as a number."""
    return float(to_ascii(cell).split("%")[0].replace(" ", ""))


def point(cell: str) -> int:
    """Where the decimal point of a cell stands, or would stand."""
    plain = cell.rstrip()
    return next(
        (place for place in range(len(plain) - len(plain.lstrip()), len(plain)) if plain[place] not in "−0123456789"),
        len(plain),
    )


def windows(sums: PathSums) -> list[tuple[int, float, int, int]]:
    """Span, −share, first and last length of every run of lengths with 95 %."""
    terms = sums.by_length
    found = []
    for first in range(len(terms)):
        for last in range(first, len(terms)):
            share = sum(float(term.magnitude / sums.magnitude) for term in terms[first : last + 1])
            if share >= 0.95:
                found.append(
                    (terms[last].length - terms[first].length, -share, terms[first].length, terms[last].length)
                )
    return found


def test_a_spectrum_has_a_row_for_each_length_with_the_numbers_of_its_paths() -> None:
    analysis = asked("residual", "w1")
    rows = spectrum(page(analysis), "∂L/∂w1")
    assert [int(row["length"]) for row in rows] == [1, 2]
    for row, contribution in zip(rows, (-0.002947598898254406, -7.363922279841091e-05)):
        assert int(row["paths"]) == 1
        assert number(row["contribution"]) == pytest.approx(contribution, rel=5e-6)
        assert number(row["mean |path|"]) == pytest.approx(abs(contribution), rel=5e-4)
        assert number(row["share"]) == pytest.approx(100 * contribution / -0.0030212381210528165, abs=0.06)


def test_a_small_share_of_the_other_sign_is_below_0_by_length_and_by_path() -> None:
    small = {"input": 1, "target": 0, "activation": "identity", "layers": [{"weight": 1}] * 2}
    text = page(asked(small | {"skips": [{"from": "x", "to": "y", "weight": -1e-20}]}, "x"), None)
    assert text.count("> −0.1 %") == 2


def test_bars_are_as_long_as_the_shares() -> None:
    sums = one(asked("resnet", "w1"))
    bars = [line.split("%")[1].strip() for line in page(asked("resnet", "w1"), None).splitlines() if "█" in line]
    eighths = [8 * bar.count("█") + " ▏▎▍▌▋▊▉".find(bar[-1]) * (bar[-1] != "█") for bar in bars]
    largest = max(term.magnitude for term in sums.by_length)
    expected = [160 * term.magnitude / largest for term in sums.by_length[: len(bars)]]
    assert len(bars) == 4 and eighths == pytest.approx(expected, abs=0.51)


def test_lengths_with_a_negligible_share_have_one_row() -> None:
    """54 blocks: C(53, k) paths of length k pass the first weight."""
    rows = spectrum(page(asked(BLOCKS, "w1")), "∂L/∂w1")
    assert [row["length"].strip() for row in rows] == [*map(str, range(10)), "10 … 53"]
    counts = [*(comb(53, k) for k in range(10)), sum(comb(53, k) for k in range(10, 54))]
    assert [number(row["paths"]) for row in rows] == pytest.approx(counts, rel=5e-4)
    assert [number(row["paths"]) for row in rows[:6]] == counts[:6]
    assert rows[-1]["share"].strip().startswith("< 0.1 %")
    every = spectrum(page(asked(BLOCKS, "w1"), every=True), "∂L/∂w1")
    assert [int(row["length"]) for row in every] == list(range(54))


@pytest.mark.parametrize(
    "data", ["residual", "resnet", "deep", "mazur", "rnn", "circuit", BLOCKS, BATCH, DEAD, CANCELLING]
)
@pytest.mark.parametrize("columns", [40, 80, 200])
def test_no_line_is_wider_than_the_terminal_and_all_signs_have_plain_letters(data: Any, columns: int) -> None:
    text = page(asked(data), columns)
    assert max(map(width, text.splitlines())) <= columns
    assert "\x1b" not in text and to_ascii(text).isascii()
    assert "\x1b" in page(asked(data), columns, color=True)


@pytest.mark.parametrize("columns", [120, None])
@pytest.mark.parametrize(("data", "name"), [("residual", "w1"), (BLOCKS, "w1"), (BATCH, "w1"), ("deep", "w1")])
def test_numbers_align_on_the_decimal_point(data: Any, name: str, columns: int | None) -> None:
    text = page(asked(data, name), columns)
    largest = [row for row in table(text, largest_title(text, name)) if row["contribution"].strip()]
    for rows in (spectrum(text, f"∂L/∂{name}"), largest):
        for column in set(rows[0]) & {"paths", "mean |path|", "‖contribution‖", "contribution"}:
            assert len({point(row[column]) for row in rows}) == 1, column


@pytest.mark.parametrize(("data", "name"), [(BLOCKS, "w1"), ("resnet", "w1"), ("deep", "w1"), ("residual", "w1")])
def test_the_lengths_with_95_percent_are_the_fewest(data: Any, name: str) -> None:
    analysis = asked(data, name, top=0)
    sums = one(analysis)
    _, share, first, last = min(windows(sums))
    within = sum(term.count for term in sums.by_length if first <= term.length <= last)
    lengths = f"{first} to {last}" if last > first else f"{first}"
    text = flowing(page(analysis))
    paths_of = f"paths of length {lengths}, which are" if within > 1 else f"the one path of length {lengths}, which is"
    assert f"{-100 * share:.1f} % of ∂L/∂w1 comes through {paths_of} " in text
    part = percent(within / sums.count)
    assert f" {part.left}{part.right} % of all paths. " in text
    mean = sum(term.length * float(term.magnitude / sums.magnitude) for term in sums.by_length)
    assert f"the mean length, weighted by |contribution|, is {mean:#.3g}." in text


def test_what_cancels_is_told_with_what_shares_are_of() -> None:
    analysis = asked(BATCH, "b1", top=10_000)
    sums, text = one(analysis), page(analysis, None)
    against = sum(abs(path.contribution) for path in sums.top) / abs(sum(path.contribution for path in sums.top))
    assert f"cancellation {against:.3g} (Σ|contribution| / |Σ contribution|)." in text
    rows = spectrum(text, "∂L/∂b1")
    for row, term in zip(rows, sums.by_length, strict=True):
        sizes = [abs(path.contribution) for path in sums.top if path.length == term.length]
        assert number(row["share of Σ|contribution|"]) == pytest.approx(100 * sum(sizes) / sums.magnitude, abs=0.06)
        assert number(row["Σ|contribution|"]) == pytest.approx(sum(sizes), rel=1e-5)
        assert number(row["mean |path|"]) == pytest.approx(sum(sizes) / len(sizes), rel=5e-4)
        assert len(sizes) == int(row["paths"]) == 3 * term.count
    first = table(text, largest_title(text, "b1"))[0]
    assert number(first["share"]) == pytest.approx(100 * sums.top[0].contribution / sums.value, abs=0.06)
    assert "Lengths range from 1 to 2; the mean length" in text
    assert f"Effective number of paths of all 3 examples: {sums.effective_paths:.3g} (2^" in text


def test_a_matrix_is_told_by_norms() -> None:
    analysis = asked(BATCH, "w1", top=10_000)
    sums, text = one(analysis), page(analysis, None)
    for row, term in zip(spectrum(text, "∂L/∂w1"), sums.by_length, strict=True):
        entries = {path.entry: 0.0 for path in sums.top}
        for path in sums.top:
            entries[path.entry] += path.contribution * (path.length == term.length)
        assert number(row["‖contribution‖"]) == pytest.approx(sum(x * x for x in entries.values()) ** 0.5, rel=1e-5)
    entries = {path.entry for path in sums.top}
    each = f"sums over {sums.count // len(entries)} paths each through single units in each of 3 examples"
    assert f"; its {len(entries)} entries are {each} ({3 * sums.count} in all)" in text
    assert "(Σ|contribution| / Σ|entry of the sum|)." in text


def test_in_a_batch_there_are_as_many_paths_as_are_listed_and_no_fewer_than_their_effective_number() -> None:
    analysis = asked(BATCH, top=5)
    rows = table(page(analysis, None), "Gradients as sums over paths")
    assert [int(row["paths"]) for row in rows] == [3 * sums.count for sums in analysis.sums.values()]
    assert all(number(row["effective paths"]) <= number(row["paths"]) for row in rows)
    assert "; paths: of all 3 examples; " in page(analysis, None)
    assert "\nThe 5 largest of 18 paths of ∂L/∂b1 in 3 examples\n" in page(asked(BATCH, "b1", top=5), None)


def test_bars_follow_the_sum_of_magnitudes_that_stands_beside_them() -> None:
    """Contributions of length 1 nearly cancel, and have the longer bar by their magnitudes all the same."""
    tied = {
        "input": [[0.5], [-1], [2]],
        "target": [[1], [0], [0.5]],
        "activation": "tanh",
        "parameters": {"w": 0.5},
        "layers": [{"weight": "w"}, {"weight": "w"}, {"weight": 0.8}],
    }
    lengths = spectrum(page(asked(tied, "w"), None), "∂L/∂w")
    sizes = [number(row["Σ|contribution|"]) for row in lengths]
    bars = [row["bar"].count("█") for row in lengths]
    assert sorted(sizes) == [size for _, size in sorted(zip(bars, sizes))] and max(bars) == 20


def test_long_paths_that_differ_name_the_nodes_that_do() -> None:
    rows = table(page(asked("deep", "w1"), None), "The 10 largest of 524288 paths of ∂L/∂w1")
    names = [row["path"].strip() for row in rows]
    assert names[:2] == ["h1 → … → y", "h1 → h2 → h3 → … → y"] and len(set(names)) == 10
    last = table(page(asked("deep", "w35"), None), "The 4 paths of ∂L/∂w35")
    assert [row["path"].strip() for row in last][:2] == ["h35 → h36 → h38 → y", "h35 → h36 → h37 → h38 → y"]


def test_columns_have_three_digits_each() -> None:
    rows = table(page(asked("residual"), None), "Gradients as sums over paths")
    assert [row["effective paths"].strip() for row in rows] == ["1.12", "1.00", "1.00", "1.00"]
    assert "2.00 (2^1.00, from" in page(asked(CANCELLING, "x"))


def test_on_a_narrow_page_the_gradients_of_a_batch_have_a_row_each() -> None:
    title = "Gradients as sums over paths (largest share: of Σ|contribution|)"
    rows = page(asked(BATCH)).split(f"\n{title}\n")[1].split("\n\n")[0].splitlines()
    assert [row.split()[0] for row in rows][-len(asked(BATCH).sums) :] == [f"∂L/∂{name}" for name in asked(BATCH).sums]


def test_paths_that_parallel_edges_alone_tell_apart_name_them_with_both_ends() -> None:
    layers = [{"weight": 0.2}, {"name": "h2", "from": ["h1", "h1"]}, {"name": "y", "from": {"h2": 0.3, "h1": 0.4}}]
    found = asked({"input": 0.5, "target": 1, "layers": layers, "skips": [{"from": "h2", "to": "y"}]}, "w1")
    text = page(found, columns=None)
    for name, second in (("skip h2→y", 2), ("w3_h2", 1)):
        assert all(f" {name} (edge {first} of h1 → h2, edge {second} of h2 → y) " in text for first in (1, 2))
