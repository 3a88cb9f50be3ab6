"""Where everything of a picture stands on its page: boxes, lines and labels, in rows where one line is too narrow.

Columns fill a row from left to right, and then the next one, as words fill a page; an edge from one row to the next
runs around, in a track of its own between them. A label stands on its edge, where it touches no box and no other label
and, if there is such a place, no other edge. Where there is none the gaps are made wider.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from math import inf

from gradcalc.records import Record
from gradcalc.report.drawings.columns import LANE, PORT, Arrangement, arrangement, label_size, spaced
from gradcalc.report.drawings.drawing import Drawing

MOST_WIDTH = 900.0  # of a page, in pixels of which a line of text is 16 high; narrow enough to be read at 600
WRAPPED = 0.88  # the part of it that rows may take where there are several: edges run around beside them
A_ROW, A_CROSSING, EMPTY = 3.0, 1.0, 6.0  # what a row costs, an edge from it to the next, and a row that is empty
MARGIN = 14.0
NARROWEST_GAP = 40.0  # between two columns
AROUND_LABEL = 26.0  # of a gap that a label is in: the ends of its edge
TRACK = 9.0  # between edges that run around from one row to the next
MOST_BESIDE = 70.0  # of them all, beside the rows
CORNER = 6.0
HEAD = 6.0  # length of the head of an arrow
WIDENING, ATTEMPTS = 1.35, 6  # by how much gaps are widened, and how often
SPOTS = (0.5, 0.42, 0.58, 0.34, 0.66, 0.27, 0.73, 0.2, 0.8)  # along an edge, where its label may stand
CELL = 16.0  # pixels of a square of the page in which lines are looked for

Spot = tuple[float, float]
Piece = tuple[Spot, ...]  # the end of a straight line, or two control points and the end of a cubic


class Frame(Record):
    """A rectangle on the page."""

    left: float
    top: float
    width: float
    height: float

    def touches(self, other: Frame) -> bool:
        """Whether two rectangles have a point in common."""
        return (
            self.left < other.left + other.width
            and other.left < self.left + self.width
            and self.top < other.top + other.height
            and other.top < self.top + self.height
        )


class Stroke(Record):
    """The line of an edge: where it starts, and its pieces one after the other."""

    start: Spot
    pieces: Sequence[Piece]

    @property
    def end(self) -> Spot:
        """Where its arrow points to."""
        return self.pieces[-1][-1]

    def spots(self, fine: int = 12) -> Iterator[Spot]:
        """Points along it, close together."""
        start = self.start
        for piece in self.pieces:
            steps = fine if len(piece) == 3 else max(fine, int(distance(start, piece[-1]) / CELL * 2))
            yield from (along(start, piece, step / steps) for step in range(steps + 1))
            start = piece[-1]


class Layout(Record):
    """A page, with a frame for each node, a stroke and a frame for its label (None where it has none) for each edge."""

    width: float
    height: float
    boxes: Sequence[Frame]
    strokes: Sequence[Stroke]
    labels: Sequence[Frame | None]


def layout(drawing: Drawing, most_width: float = MOST_WIDTH) -> Layout:
    """The places of everything; of labels that fit nowhere, however wide the gaps, none."""
    arranged, factor = arrangement(drawing), 1.0
    best = Rows(drawing, arranged, most_width, factor).layout()
    for _ in range(ATTEMPTS - 1):
        if not missing(drawing, best):
            break
        factor *= WIDENING
        found = Rows(drawing, arranged, most_width, factor).layout()
        if missing(drawing, found) < missing(drawing, best):
            best = found
    return best


def missing(drawing: Drawing, placed: Layout) -> int:
    """How many labels stand nowhere."""
    return sum(bool(edge.label) and frame is None for edge, frame in zip(drawing.edges, placed.labels))


class Rows:
    """The columns of an arrangement in rows, with a factor by which gaps are wider than they need be."""

    def __init__(self, drawing: Drawing, arranged: Arrangement, most_width: float, factor: float) -> None:
        self._drawing = drawing
        self._arranged = arranged
        self._columns = arranged.columns
        self._column_widths = [max(arranged.widths[node] for node in column) for column in self._columns]
        self._gap_widths = self._gaps(factor)
        self._out, self._into = ports(drawing, arranged)
        self._rows = self._broken(most_width)
        self._row_of = {column: number for number, row in enumerate(self._rows) for column in row}
        self._turning = [self._crossing(row[-1]) for row in self._rows[:-1]]
        self._leaving = [{edge: place for place, edge in enumerate(turning)} for turning in self._turning]
        self._entering = [
            {edge: place for place, edge in enumerate(sorted(turning, key=partial(self._height_at, column=row[0])))}
            for turning, row in zip(self._turning, self._rows[1:])
        ]
        self._place_rows()

    def layout(self) -> Layout:
        """Everything in its place."""
        boxes = [self._box(node) for node in range(len(self._drawing.nodes))]
        strokes, candidates = (
            zip(*map(self._stroke, range(len(self._drawing.edges)))) if self._drawing.edges else ((), ())
        )
        labels = Labels(self._drawing, boxes, strokes, (self._width, self._height)).placed(candidates)
        return Layout(self._width, self._height, boxes, strokes, labels)

    def _gaps(self, factor: float) -> list[float]:
        """The widths of the gaps, by the labels of the edges that lie in them."""
        widths = [NARROWEST_GAP] * len(self._columns)
        for edge in self._drawing.edges:
            first = self._arranged.ranks[edge.source]
            if self._arranged.ranks[edge.target] == first + 1:
                widths[first] = max(widths[first], label_size(edge)[0] + AROUND_LABEL)
        return [width * factor for width in widths]

    def _broken(self, most_width: float) -> list[list[int]]:
        """The columns of each row: broken where few edges cross, into few rows that are alike in width."""
        widths, gaps, count = self._column_widths, self._gap_widths, len(self._columns)
        if sum(widths) + sum(gaps[:-1]) + 2 * MARGIN <= most_width:
            return [list(range(count))]
        limit = (most_width - 2 * MARGIN) * WRAPPED
        crossing = [0] * count
        for edge in self._drawing.edges:
            for column in range(self._arranged.ranks[edge.source], self._arranged.ranks[edge.target]):
                crossing[column] += 1
        best = [(0.0, 0)] + [(inf, 0)] * count  # what all columns before one cost, and where their last row starts
        for first in range(count):
            used = 0.0
            for last in range(first, count):
                used += widths[last] + (gaps[last - 1] if last > first else 0)
                if used > limit and last > first:
                    break
                empty = EMPTY * max(1 - used / limit, 0) ** 2 / (1 if last < count - 1 else 2)
                cost = best[first][0] + A_ROW + A_CROSSING * crossing[last] + empty
                best[last + 1] = min(best[last + 1], (cost, first))
        rows, after = [], count
        while after:
            first = best[after][1]
            rows.append(list(range(first, after)))
            after = first
        return rows[::-1]

    def _crossing(self, column: int) -> list[int]:
        """The edges that lead from this column, or from one before it, to one after it: from top to bottom."""
        ranks = self._arranged.ranks
        found = [n for n, edge in enumerate(self._drawing.edges) if ranks[edge.source] <= column < ranks[edge.target]]
        return sorted(found, key=lambda number: self._height_at(number, column))

    def _height_at(self, number: int, column: int) -> float:
        """The height of an edge where it leaves a column to the right, or reaches it from the left."""
        edge, ranks = self._drawing.edges[number], self._arranged.ranks
        if column == ranks[edge.source]:
            return self._out[number]
        return self._into[number] if column == ranks[edge.target] else self._arranged.lanes[number]

    def _extent(self, row: Sequence[int]) -> tuple[float, float]:
        """The heights from the top of a row to its bottom."""
        arranged = self._arranged
        spans = [
            (arranged.middles[node] - arranged.heights[node] / 2, arranged.middles[node] + arranged.heights[node] / 2)
            for column in row
            for node in self._columns[column]
        ]
        for number, lane in arranged.lanes.items():
            edge, half = self._drawing.edges[number], max(LANE, label_size(self._drawing.edges[number])[1]) / 2
            if arranged.ranks[edge.source] < row[-1] and row[0] < arranged.ranks[edge.target]:
                spans.append((lane - half, lane + half))
        tops, bottoms = zip(*spans)
        return min(tops), max(bottoms)

    def _place_rows(self) -> None:
        """Where every column begins, how far down every row stands, and where edges run around between them."""
        most = max(map(len, self._turning), default=0)
        self._turn = min(TRACK, MOST_BESIDE / max(most, 1))
        beside = MARGIN + self._turn * (most + 1) * bool(most)
        self._left, self._shift, self._tracks = [0.0] * len(self._columns), [0.0] * len(self._rows), []
        down, right = MARGIN, 0.0
        for number, row in enumerate(self._rows):
            top, bottom = self._extent(row)
            self._shift[number] = down - top
            down += bottom - top
            x = beside
            for column in row:
                self._left[column] = x
                x += self._column_widths[column] + self._gap_widths[column]
            right = max(right, x - self._gap_widths[row[-1]])
            if number < len(self._turning):
                down += TRACK
                heights = {}
                for edge in self._turning[number][::-1]:
                    is_long = edge in self._arranged.lanes  # with a label elsewhere
                    tall = TRACK if is_long else max(TRACK, label_size(self._drawing.edges[edge])[1] + 2)
                    heights[edge] = down + tall / 2
                    down += tall
                self._tracks.append(heights)
                down += TRACK
        self._right = right
        self._width = right + beside
        self._height = down + MARGIN

    def _box(self, node: int) -> Frame:
        arranged, column = self._arranged, self._arranged.ranks[node]
        width, height = arranged.widths[node], arranged.heights[node]
        left = self._left[column] + (self._column_widths[column] - width) / 2
        return Frame(left, arranged.middles[node] - height / 2 + self._shift[self._row_of[column]], width, height)

    def _stroke(self, number: int) -> tuple[Stroke, list[Spot]]:
        """The line of an edge, and where its label may stand, the best places first."""
        edge, ranks = self._drawing.edges[number], self._arranged.ranks
        source, target = self._box(edge.source), self._box(edge.target)
        first, last = ranks[edge.source], ranks[edge.target]
        start = source.left + source.width, self._down(number, first)
        pieces: list[Piece] = [((self._left[first] + self._column_widths[first], start[1]),)]
        flat: list[Spot] = []  # in the middle of what lies level
        tracks: list[Spot] = []
        short: list[Spot] = []
        for column in range(first, last):
            here, there = pieces[-1][-1], (self._left[column + 1], self._down(number, column + 1))
            if self._row_of[column] != self._row_of[column + 1]:
                around = self._around(number, column, here, there)
                middle = around[len(around) // 2 - 1][-1][1]
                between = (self._left[self._rows[0][0]] + self._right) / 2
                spread = self._right - between
                tracks += [(between + spread * part, middle) for part in (0, 0.25, -0.25, 0.5, -0.5, 0.75, -0.75)]
                pieces += around
            else:
                pieces.append(swung(here, there))
                short += [along(here, pieces[-1], spot) for spot in SPOTS]
            if column + 1 < last:
                width = self._column_widths[column + 1]
                flat.append((there[0] + width / 2, there[1]))
                pieces.append(((there[0] + width, there[1]),))
        pieces.append(((target.left, pieces[-1][-1][1]),))
        middle_first = sorted(flat, key=lambda spot: abs(flat.index(spot) - (len(flat) - 1) / 2))
        return Stroke(start, pieces), [*middle_first, *(tracks if number not in self._arranged.lanes else ()), *short]

    def _down(self, number: int, column: int) -> float:
        return self._height_at(number, column) + self._shift[self._row_of[column]]

    def _around(self, number: int, column: int, here: Spot, there: Spot) -> list[Piece]:
        """From the end of one row to the start of the next: right, down, back to the left, down, and in."""
        row = self._row_of[column]
        leaving, entering = self._leaving[row], self._entering[row]
        right = self._right + self._turn * (len(leaving) - leaving[number])
        left = self._left[self._rows[0][0]] - self._turn * (entering[number] + 1)
        track = self._tracks[row][number]
        return rounded([here, (right, here[1]), (right, track), (left, track), (left, there[1]), there])


def ports(drawing: Drawing, arranged: Arrangement) -> tuple[list[float], list[float]]:
    """The heights at which every edge leaves and reaches its boxes, spread so that edges of one box do not cross."""
    found: list[list[float]] = []
    for leaving in (True, False):
        heights = [0.0] * len(drawing.edges)
        at: dict[int, list[int]] = {}
        for number, edge in enumerate(drawing.edges):
            at.setdefault(edge.source if leaving else edge.target, []).append(number)
        for node, numbers in at.items():
            other = {n: drawing.edges[n].target if leaving else drawing.edges[n].source for n in numbers}
            wanted = {n: arranged.lanes.get(n, arranged.middles[other[n]]) for n in numbers}
            numbers.sort(key=wanted.__getitem__)
            middle, room = arranged.middles[node], arranged.heights[node] / 2 - PORT / 2
            apart = min(PORT, 2 * room / max(len(numbers) - 1, 1))
            spots = spaced([wanted[n] for n in numbers], [apart] * (len(numbers) - 1))
            for place, (n, spot) in enumerate(zip(numbers, spots)):
                top, bottom = middle - room + place * apart, middle + room - (len(numbers) - 1 - place) * apart
                heights[n] = min(max(spot, top), bottom)
        found.append(heights)
    return found[0], found[1]


def swung(here: Spot, there: Spot) -> Piece:
    """A cubic that leaves and ends level; a straight line where both are at one height."""
    if abs(here[1] - there[1]) < 0.01:
        return (there,)
    half = (there[0] - here[0]) / 2
    return (here[0] + half, here[1]), (there[0] - half, there[1]), there


def rounded(corners: Sequence[Spot]) -> list[Piece]:
    """A line along these corners, each of them rounded."""
    pieces: list[Piece] = []
    for before, corner, after in zip(corners, corners[1:], corners[2:]):
        ends = []
        for other in (before, after):
            size = distance(corner, other)
            part = min(CORNER, size / 2) / size if size else 0.0
            ends.append((corner[0] + (other[0] - corner[0]) * part, corner[1] + (other[1] - corner[1]) * part))
        pieces += [(ends[0],), (corner, corner, ends[1])]
    return [*pieces, (corners[-1],)]


def along(start: Spot, piece: Piece, part: float) -> Spot:
    """The point at a part of a piece, from 0 to 1."""
    if len(piece) == 1:
        (end,) = piece
        return start[0] + (end[0] - start[0]) * part, start[1] + (end[1] - start[1]) * part
    one, two, end = piece
    rest = 1 - part
    weights = rest**3, 3 * rest * rest * part, 3 * rest * part * part, part**3
    x, y = (sum(weight * spot[axis] for weight, spot in zip(weights, (start, one, two, end))) for axis in (0, 1))
    return x, y


def distance(one: Spot, other: Spot) -> float:
    """Of two points whose line is level or upright, as of any others."""
    return float(((one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2) ** 0.5)


class Labels:
    """The labels of a page so far, and all that they are not to touch."""

    def __init__(
        self, drawing: Drawing, boxes: Sequence[Frame], strokes: Sequence[Stroke], page: tuple[float, float]
    ) -> None:
        self._drawing = drawing
        self._solid = list(boxes)
        self._page = page
        self._cells: dict[tuple[int, int], list[tuple[int, float, float]]] = {}  # the edges that pass a square
        for number, stroke in enumerate(strokes if any(edge.label for edge in drawing.edges) else ()):
            for x, y in stroke.spots():
                self._cells.setdefault((int(x // CELL), int(y // CELL)), []).append((number, x, y))

    def placed(self, candidates: Sequence[Sequence[Spot]]) -> list[Frame | None]:
        """A frame for every label; labels that have few places to stand in come first."""
        frames: list[Frame | None] = [None] * len(candidates)
        for number in sorted(range(len(candidates)), key=lambda number: len(candidates[number])):
            edge = self._drawing.edges[number]
            if edge.label:
                frame = self._best(number, candidates[number], *label_size(edge))
                frames[number] = frame
                self._solid += [frame] if frame else []
        return frames

    def _best(self, number: int, spots: Sequence[Spot], width: float, height: float) -> Frame | None:
        """The first free place that no other edge passes, or that the fewest pass."""
        best, fewest = None, 0
        for x, y in spots:
            frame = Frame(x - width / 2, y - height / 2, width, height)
            inside = frame.left >= 0 <= frame.top and x + width / 2 <= self._page[0] and y + height / 2 <= self._page[1]
            if not inside or any(map(frame.touches, self._solid)):
                continue
            passing = len(self._passing(frame) - {number})
            if best is None or passing < fewest:
                best, fewest = frame, passing
            if not passing:
                break
        return best

    def _passing(self, frame: Frame) -> set[int]:
        columns = range(int(frame.left // CELL), int((frame.left + frame.width) // CELL) + 1)
        rows = range(int(frame.top // CELL), int((frame.top + frame.height) // CELL) + 1)
        right, bottom = frame.left + frame.width, frame.top + frame.height
        return {
            edge
            for column in columns
            for row in rows
            for edge, x, y in self._cells.get((column, row), ())
            if frame.left < x < right and frame.top < y < bottom
        }
