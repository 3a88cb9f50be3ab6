"""Where the boxes of a picture stand against each other: columns from left to right, heights, and lanes of long edges.

The column of a node is the number of edges on the longest path that leads to it. An edge that passes other columns runs
there in a lane of its own, level, above, below or between their boxes: the nearest that is free, where it crosses the
fewest other edges. Heights point downwards; 0 is the middle.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gradcalc.records import Record
from gradcalc.report.drawings.drawing import Drawing, DrawnEdge, DrawnNode, DrawnText
from gradcalc.report.drawings.text_widths import text_width

SIZES = {"name": 13.0, "note": 11.0, "value": 12.0, "share": 11.0}  # of text, by its kind
LABEL = 11.0  # of labels of edges
LINE, LABEL_LINE = 16.0, 14.0  # from one line of text to the next
PAD_X, PAD_Y = 8.0, 6.0  # in a box, around its text
NARROWEST = 46.0  # width of a box
BETWEEN = 26.0  # between boxes of a column
PORT = 16.0  # between the ends of edges at one box, where it is high enough
CLEAR = 9.0  # between a lane and a box
LANE = 12.0  # from one lane to the next, without labels
CROSSING = 60.0  # a crossing costs as much as a lane that is so much farther away
SWEEPS = 4


class Arrangement(Record):
    """For every node its column, width, height and middle; for every long edge its lane."""

    columns: Sequence[Sequence[int]]
    ranks: Sequence[int]
    widths: Sequence[float]
    heights: Sequence[float]
    middles: Sequence[float]
    lanes: dict[int, float]


def arrangement(drawing: Drawing) -> Arrangement:
    """The columns of a drawing and the height of everything in them."""
    ranks = node_ranks(drawing)
    columns = ordered(drawing, ranks)
    widths = [box_width(node) for node in drawing.nodes]
    heights = box_heights(drawing)
    middles = [0.0] * len(drawing.nodes)
    for backward in (False, True, False):
        level(drawing, columns, heights, middles, backward)
    lanes = Lanes(drawing, columns, ranks, heights, middles).all()
    return Arrangement(columns, ranks, widths, heights, middles, lanes)


def line_width(text: DrawnText, size: float, bold: bool = False) -> float:
    """The width of a line, with the room that it may need."""
    return max(text_width(text.line, size, bold), text_width(text.before + text.room, size, bold))


def box_width(node: DrawnNode) -> float:
    """As wide as the widest line."""
    widths = (line_width(text, SIZES[text.kind], text.kind == "name") + 2 * PAD_X for text in node.lines)
    return max(NARROWEST, *widths, 0)


def box_heights(drawing: Drawing) -> list[float]:
    """High enough for all lines, and for the edges at its sides."""
    into, out = [0] * len(drawing.nodes), [0] * len(drawing.nodes)
    for edge in drawing.edges:
        out[edge.source] += 1
        into[edge.target] += 1
    return [
        max(len(node.lines) * LINE + 2 * PAD_Y, (max(ends) + 1) * PORT * 0.75)
        for node, ends in zip(drawing.nodes, zip(into, out))
    ]


def label_size(edge: DrawnEdge) -> tuple[float, float]:
    """Width and height of an edge's label, with room around; nothing without one."""
    if not edge.label:
        return 0.0, 0.0
    width = max(line_width(text, LABEL, edge.is_subject) for text in edge.label)
    return width + 6, LABEL_LINE * len(edge.label) + 2


def node_ranks(drawing: Drawing) -> list[int]:
    """The column of every node; one that nothing leads to stands right before the first that reads it."""
    ranks = [0] * len(drawing.nodes)
    for edge in sorted(drawing.edges, key=lambda edge: edge.source):
        ranks[edge.target] = max(ranks[edge.target], ranks[edge.source] + 1)
    fed = {edge.target for edge in drawing.edges}
    for node in range(len(drawing.nodes)):
        read = [ranks[edge.target] for edge in drawing.edges if edge.source == node] if node not in fed else []
        if read:
            ranks[node] = min(read) - 1
    return ranks


def ordered(drawing: Drawing, ranks: Sequence[int]) -> list[list[int]]:
    """The nodes of every column from top to bottom, in the order of sweeps by mean places that crosses least."""
    columns: list[list[int]] = [[] for _ in range(max(ranks) + 1)]
    for node, rank in enumerate(ranks):
        columns[rank].append(node)
    if all(len(column) == 1 for column in columns):
        return columns
    before, after = neighbours(drawing)
    best, fewest = columns, order_crossings(drawing, ranks, columns)
    for sweep in range(SWEEPS):
        near = after if sweep % 2 else before
        place = {node: spot - (len(column) - 1) / 2 for column in columns for spot, node in enumerate(column)}
        columns = [list(column) for column in columns]
        for column in columns[::-1] if sweep % 2 else columns:
            mean = {n: sum(map(place.__getitem__, near[n])) / len(near[n]) if near[n] else place[n] for n in column}
            column.sort(key=mean.__getitem__)
            place |= {node: spot - (len(column) - 1) / 2 for spot, node in enumerate(column)}
        if (found := order_crossings(drawing, ranks, columns)) < fewest:
            best, fewest = columns, found
    return best


def neighbours(drawing: Drawing) -> tuple[list[list[int]], list[list[int]]]:
    """For every node those that lead to it, and those that it leads to."""
    before: list[list[int]] = [[] for _ in drawing.nodes]
    after: list[list[int]] = [[] for _ in drawing.nodes]
    for edge in drawing.edges:
        before[edge.target].append(edge.source)
        after[edge.source].append(edge.target)
    return before, after


def order_crossings(drawing: Drawing, ranks: Sequence[int], columns: Sequence[Sequence[int]]) -> int:
    """How many pairs of edges between the same two columns cross."""
    place = {node: spot for column in columns for spot, node in enumerate(column)}
    between: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for edge in drawing.edges:
        ends = ranks[edge.source], ranks[edge.target]
        between.setdefault(ends, []).append((place[edge.source], place[edge.target]))
    return sum(
        (one[0] - other[0]) * (one[1] - other[1]) < 0
        for pairs in between.values()
        for number, one in enumerate(pairs)
        for other in pairs[:number]
    )


def level(
    drawing: Drawing, columns: Sequence[Sequence[int]], heights: Sequence[float], middles: list[float], backward: bool
) -> None:
    """Moves every node as near as its column allows to the mean height of those on one side of it."""
    before, after = neighbours(drawing)
    near = after if backward else before
    for column in columns[::-1] if backward else columns:
        wanted = [sum(map(middles.__getitem__, near[n])) / len(near[n]) if near[n] else middles[n] for n in column]
        apart = [(heights[one] + heights[two]) / 2 + BETWEEN for one, two in zip(column, column[1:])]
        for node, middle in zip(column, spaced(wanted, apart)):
            middles[node] = middle


def spaced(wanted: Sequence[float], apart: Sequence[float]) -> list[float]:
    """Places in this order, each so far from the one before it, whose squared distances to those that were wanted are
    least: runs of places that are too near to each other are pooled (isotonic regression)."""
    offsets = [0.0]
    for distance in apart:
        offsets.append(offsets[-1] + distance)
    pools: list[tuple[float, int]] = []  # the mean of a pool, and how many are in it
    for place, offset in zip(wanted, offsets):
        mean, count = place - offset, 1
        while pools and pools[-1][0] > mean:
            other, more = pools.pop()
            mean, count = (mean * count + other * more) / (count + more), count + more
        pools.append((mean, count))
    means = [mean for mean, count in pools for _ in range(count)]
    return [mean + offset for mean, offset in zip(means, offsets)]


Span = tuple[float, float]  # from one height down to another


class Lanes:
    """The lanes of the edges that pass columns, found one after the other, the shortest edges first."""

    def __init__(
        self,
        drawing: Drawing,
        columns: Sequence[Sequence[int]],
        ranks: Sequence[int],
        heights: Sequence[float],
        middles: Sequence[float],
    ) -> None:
        self._drawing = drawing
        self._ranks = ranks
        self._middles = middles
        self._taken: list[list[Span]] = [
            [(middles[n] - heights[n] / 2 - CLEAR, middles[n] + heights[n] / 2 + CLEAR) for n in column]
            for column in columns
        ]  # of every column what no lane may touch
        self._gaps: list[list[Span]] = [[] for _ in columns]  # of every gap the heights at which edges enter and leave
        self._level: list[list[Span]] = [[] for _ in columns]  # likewise, of those that pass it in their lanes

    def all(self) -> dict[int, float]:
        """The lane of every edge that passes a column."""
        edges, ranks, lanes = self._drawing.edges, self._ranks, {}
        spans = {number: ranks[edge.target] - ranks[edge.source] for number, edge in enumerate(edges)}
        for number in sorted(spans, key=lambda number: (spans[number], number)):
            edge = edges[number]
            first, last = ranks[edge.source], ranks[edge.target]
            start, end = self._middles[edge.source], self._middles[edge.target]
            if spans[number] == 1:
                self._gaps[first].append((start, end))
                continue
            half = max(LANE, label_size(edge)[1]) / 2
            lane = self._best(first, last, start, end, half)
            lanes[number] = lane
            for column in range(first + 1, last):
                self._taken[column].append((lane - half, lane + half))
            self._gaps[first].append((start, lane))
            self._gaps[last - 1].append((lane, end))
            for gap in range(first + 1, last - 1):
                self._level[gap].append((lane, lane))
        return lanes

    def _best(self, first: int, last: int, start: float, end: float, half: float) -> float:
        """The free height that is cheapest: by its distance from both ends, and by what it crosses."""
        passed = {span for column in range(first + 1, last) for span in self._taken[column]}
        found = {self._free(passed, place, half, upwards) for place in {start, end} for upwards in (True, False)}

        def cost(lane: float) -> tuple[float, float]:
            crossed = self._crossed(first, last, start, lane, end)
            return abs(lane - start) + abs(lane - end) + CROSSING * crossed, lane

        return min(found, key=cost)

    def _free(self, passed: Iterable[Span], place: float, half: float, upwards: bool) -> float:
        """The nearest height on one side of a place at which a lane touches nothing of what it passes."""
        spans = sorted(passed, key=(lambda span: -span[1]) if upwards else (lambda span: span[0]))
        for top, bottom in spans:
            if top < place + half and bottom > place - half:
                place = top - half if upwards else bottom + half
        return place

    def _crossed(self, first: int, last: int, start: float, lane: float, end: float) -> int:
        """How many edges an edge crosses that takes this lane."""
        found = 0
        for gap, left, right in ((first, start, lane), (last - 1, lane, end)):
            found += crossings(self._gaps[gap], left, right) + crossings(self._level[gap], left, right)
        return found + sum(crossings(self._gaps[gap], lane, lane) for gap in range(first + 1, last - 1))


def crossings(spans: Iterable[Span], left: float, right: float) -> int:
    """How many of the edges across a gap one crosses that goes from one height to another."""
    return sum((one - left) * (other - right) < 0 for one, other in spans)
