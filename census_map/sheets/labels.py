"""
Where the numbers and names stand on a map, decided before it is drawn, so that none is lost without a word.

The paper is covered with a grid of half-millimetre cells that know which building covers them and whether a label or
a piece of furniture does. A box is tried at every place around its building at once (summed-area tables); it may never
cover another label, and hardly another building. What finds no place is returned, and the sheet shows it larger on a
detail map or names it in writing.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from census_map.sheets.text import MM_PER_POINT, width_mm

CELL = 0.5  # millimetres
REACH = 12.0  # a label stands at most so far from its building, millimetres
NUMBER_SIZES = (8.0, 6.5)
DETAIL_SIZE = 5.5

_GAP = 0.25
_LATTICE = 3.0  # distance of the places tried for a name inside an area, millimetres
_NO_PLACE = np.inf


@dataclass(frozen=True)
class Wish:
    """
    A building that needs its number on the map.

    Attributes
    ----------
    key
        Whatever identifies it.
    shape
        Its outline in millimetres from the lower left corner of the map.
    text, detail
        The number; the smaller line under it, or empty.
    """

    key: Hashable
    shape: BaseGeometry
    text: str
    detail: str = ""


@dataclass(frozen=True)
class Label:
    """
    A text with its place.

    Attributes
    ----------
    kind
        `number`, `detail`, `road`, `water`, `railway`, `landmark` or `neighbour`.
    x, y
        Its centre, in the coordinates of the map it belongs to.
    size
        Points.
    angle
        Degrees anticlockwise, over -90 up to 90.
    """

    kind: str
    text: str
    x: float
    y: float
    size: float
    angle: float = 0.0


@dataclass(frozen=True)
class Leader:
    """A thin line from a label to its building: two points in the coordinates of the map."""

    x1: float
    y1: float
    x2: float
    y2: float


class Canvas:
    """
    What is already on a map.

    Parameters
    ----------
    width, height
        Of the map, in millimetres.
    """

    def __init__(self, width: float, height: float) -> None:
        self.columns = int(width / CELL)
        self.rows = int(height / CELL)
        self.taken = np.zeros((self.rows, self.columns), dtype=bool)
        self.owner = np.zeros((self.rows, self.columns), dtype=np.int32)
        self._built: NDArray[np.int32] | None = None  # summed cells of buildings, once they all stand
        self.labels: list[Label] = []
        self.leaders: list[Leader] = []

    def block(self, left: float, bottom: float, right: float, top: float) -> None:
        """Keep a rectangle free of labels, in millimetres from the lower left corner."""
        columns, rows = self._cells(left, right, self.columns), self._cells(bottom, top, self.rows)
        self.taken[rows, columns] = True

    def cover(self, shapes: Sequence[BaseGeometry]) -> None:
        """Mark the cells of buildings; the i-th shape (from 0) owns its cells as number i + 1."""
        bounds = shapely.bounds(np.array(shapes, dtype=object)).reshape(-1, 4)
        tiny = np.maximum(bounds[:, 2] - bounds[:, 0], bounds[:, 3] - bounds[:, 1]) < 2 * CELL
        middle = ((bounds[:, :2] + bounds[:, 2:])[tiny] / 2 / CELL).astype(int)
        on = (middle >= 0).all(axis=1) & (middle[:, 0] < self.columns) & (middle[:, 1] < self.rows)
        self.owner[middle[on, 1], middle[on, 0]] = (np.flatnonzero(tiny) + 1)[on]
        for number in (np.flatnonzero(~tiny) + 1).tolist():
            shape = shapes[number - 1]
            rows, columns, inside = self.cells_of(shape)
            if inside.size:
                self.owner[rows, columns][inside] = number

    def cells_of(self, shape: BaseGeometry) -> tuple[slice, slice, NDArray[np.bool_]]:
        """Give the rows and columns a shape lies in, and which of these cells it covers."""
        if shape.is_empty:
            return slice(0, 0), slice(0, 0), np.zeros((0, 0), dtype=bool)
        west, south, east, north = shape.bounds
        columns, rows = self._cells(west, east, self.columns), self._cells(south, north, self.rows)
        x = (np.arange(columns.start, columns.stop) + 0.5) * CELL
        y = (np.arange(rows.start, rows.stop) + 0.5) * CELL
        if not (x.size and y.size):
            return rows, columns, np.zeros((y.size, x.size), dtype=bool)
        shapely.prepare(shape)
        grid_x, grid_y = np.meshgrid(x, y)
        return rows, columns, shapely.contains_xy(shape, grid_x, grid_y)

    @staticmethod
    def _cells(low: float, high: float, count: int) -> slice:
        start = min(max(int(np.floor(low / CELL)), 0), count)
        return slice(start, max(start, min(int(np.ceil(high / CELL)), count)))

    def place_numbers(self, wishes: Sequence[Wish]) -> list[Hashable]:
        """
        Place the numbers of buildings; those that fit inside their building first, then the narrow ones.

        Parameters
        ----------
        wishes
            In the order of the shapes given to `cover`.

        Returns
        -------
        missing
            Keys of the buildings whose number found no place.
        """
        open_wishes = list(enumerate(wishes, start=1))
        for size, with_detail in ((8.0, True), (8.0, False), (6.5, False)):
            open_wishes = [
                (number, wish)
                for number, wish in open_wishes
                if not self._place_inside(number, wish, size, with_detail=with_detail)
            ]
        open_wishes.sort(key=lambda item: item[1].shape.area)
        return [wish.key for number, wish in open_wishes if not self._place_near(number, wish)]

    def _place_inside(self, number: int, wish: Wish, size: float, *, with_detail: bool) -> bool:
        if with_detail and not wish.detail:
            return False
        width, height = text_box_mm(wish.text, size)
        if with_detail:
            detail_width, detail_height = text_box_mm(wish.detail, DETAIL_SIZE)
            width, height = max(width, detail_width), height + detail_height
        west, south, east, north = wish.shape.bounds
        if width * height > wish.shape.area * 1.25 or min(width, height) > max(east - west, north - south):
            return False
        place = self._search(number, wish.shape, width, height, reach=0.0, own_share=0.88)
        if place is None:
            return False
        x, y, _share = place
        self._take(x, y, width, height)
        if with_detail:
            self.labels.append(Label("number", wish.text, x, y + detail_height / 2, size))
            self.labels.append(Label("detail", wish.detail, x, y - (height - detail_height) / 2, DETAIL_SIZE))
        else:
            self.labels.append(Label("number", wish.text, x, y, size))
        return True

    def _place_near(self, number: int, wish: Wish) -> bool:
        for size in NUMBER_SIZES:
            width, height = text_box_mm(wish.text, size)
            place = self._search(number, wish.shape, width, height, reach=REACH, own_share=0.0)
            if place is None:
                continue
            x, y, share = place
            self._take(x, y, width, height)
            self.labels.append(Label("number", wish.text, x, y, size))
            if share < 0.25:
                self._lead(wish.shape, x, y, width, height)
            return True
        return False

    def _lead(self, shape: BaseGeometry, x: float, y: float, width: float, height: float) -> None:
        target = shape.representative_point()
        box = shapely.box(x - width / 2, y - height / 2, x + width / 2, y + height / 2)
        start = shapely.get_coordinates(shapely.shortest_line(box, target))[0]
        self.leaders.append(Leader(float(start[0]), float(start[1]), target.x, target.y))

    def _search(
        self, number: int, shape: BaseGeometry, width: float, height: float, *, reach: float, own_share: float
    ) -> tuple[float, float, float] | None:
        """Find the best centre of a box near a shape, and the share of the box that lies on its own building."""
        wide, high = int(np.ceil(width / CELL)), int(np.ceil(height / CELL))
        west, south, east, north = shape.bounds
        rows = self._cells(south - reach - height / 2, north + reach + height / 2, self.rows)
        columns = self._cells(west - reach - width / 2, east + reach + width / 2, self.columns)
        owner = self.owner[rows, columns]
        if owner.shape[0] < high or owner.shape[1] < wide:
            return None
        taken = _window_sums(self.taken[rows, columns], high, wide)
        own = _window_sums(owner == number, high, wide) / (wide * high)
        foreign = _window_sums((owner != 0) & (owner != number), high, wide) / (wide * high)
        centre = shape.centroid
        x = (columns.start + np.arange(own.shape[1]) + wide / 2) * CELL
        y = (rows.start + np.arange(own.shape[0]) + high / 2) * CELL
        away = np.hypot(x[None, :] - centre.x, y[:, None] - centre.y)
        cost = away + 30 * foreign - 4 * own
        # Half on the own building is read as the building's even where a neighbour shows under an edge of the box.
        refused = (taken > 0) | (own < own_share) | (foreign > np.where(own >= 0.5, 0.4, 0.12))
        if own_share == 0.0:
            # A number half in and half out of its house, or just beside it, is read as well as one inside.
            refused |= away > reach + 0.5 * np.hypot(east - west, north - south)
        cost = np.where(refused, _NO_PLACE, cost)
        best = int(np.argmin(cost))
        row, column = divmod(best, cost.shape[1])
        if not np.isfinite(cost[row, column]):
            return None
        return float(x[column]), float(y[row]), float(own[row, column])

    def _take(self, x: float, y: float, width: float, height: float) -> None:
        self.block(
            x - width / 2 + CELL / 2, y - height / 2 + CELL / 2, x + width / 2 - CELL / 2, y + height / 2 - CELL / 2
        )

    def place_along(self, kind: str, text: str, line: BaseGeometry, size: float) -> bool:
        """
        Place a name on a line, turned along it, where it hides nothing.

        Parameters
        ----------
        kind
            Of the label.
        line
            A LineString in millimetres.
        size
            Points.
        """
        width, _height = text_box_mm(text, size)
        length = line.length
        if length < width * 0.8:
            return False
        middle = length / 2
        stations = sorted(
            np.arange(width / 2, max(length - width / 2, width / 2) + 0.01, 4.0), key=lambda at: abs(at - middle)
        )
        for at in stations[:40]:
            ends = shapely.line_interpolate_point(line, [max(at - width / 2, 0), min(at + width / 2, length)])
            (x1, y1), (x2, y2) = shapely.get_coordinates(ends)
            if np.hypot(x2 - x1, y2 - y1) < 0.93 * min(width, length):
                continue  # a bend
            if self._place_turned(
                kind, text, (x1 + x2) / 2, (y1 + y2) / 2, size, np.degrees(np.arctan2(y2 - y1, x2 - x1))
            ):
                return True
        return False

    def _place_turned(self, kind: str, text: str, x: float, y: float, size: float, angle: float) -> bool:
        if angle > 90:
            angle -= 180
        elif angle <= -90:
            angle += 180
        width, height = text_box_mm(text, size)
        along, across = np.meshgrid(
            np.linspace(-width / 2, width / 2, max(2, int(width / CELL))),
            np.linspace(-height / 2, height / 2, max(2, int(height / CELL))),
        )
        cosine, sine = np.cos(np.radians(angle)), np.sin(np.radians(angle))
        columns = np.floor((x + along * cosine - across * sine) / CELL).astype(int)
        rows = np.floor((y + along * sine + across * cosine) / CELL).astype(int)
        if columns.min() < 0 or rows.min() < 0 or columns.max() >= self.columns or rows.max() >= self.rows:
            return False
        if self.taken[rows, columns].any() or np.count_nonzero(self.owner[rows, columns]) > 0.1 * rows.size:
            return False
        self.taken[rows, columns] = True
        self.labels.append(Label(kind, text, float(x), float(y), size, float(angle)))
        return True

    def place_beside(self, kind: str, text: str, x: float, y: float, size: float, *, clear: float = 1.6) -> bool:
        """Place the name of a point beside it: right, left, above or below."""
        width, height = text_box_mm(text, size)
        for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (1, -1), (-1, 1), (-1, -1)):
            if self._place_turned(kind, text, x + dx * (width / 2 + clear), y + dy * (height / 2 + clear), size, 0.0):
                return True
        return False

    def place_within(self, kind: str, text: str, shape: BaseGeometry, size: float) -> bool:
        """Place a name inside a large shape, as far from its edge as possible, where it hides nothing."""
        west, south, east, north = shape.bounds
        width, height = text_box_mm(text, size)
        if east - west < width / 2 or north - south < height / 2:
            return False
        x, y = np.meshgrid(
            np.arange(west + _LATTICE / 2, east, _LATTICE), np.arange(south + _LATTICE / 2, north, _LATTICE)
        )
        inside = shapely.contains_xy(shape, x, y)
        point = shape.representative_point()
        places = np.append(np.column_stack([x[inside], y[inside]]), [[point.x, point.y]], axis=0)
        x, y = places[:, 0], places[:, 1]
        free = self._free(x, y, width, height)
        if not free.any():
            return False
        depth = shapely.distance(shapely.points(x[free], y[free]), shape.boundary)
        best = int(np.argmax(depth))
        self.labels.append(Label(kind, text, float(x[free][best]), float(y[free][best]), size))
        self._take(float(x[free][best]), float(y[free][best]), width, height)
        return True

    def place_at(self, kind: str, text: str, places: Sequence[tuple[float, float]], size: float) -> bool:
        """Place a text at the first of some centres where it hides nothing; False when there is none."""
        centres = np.array(places)
        free = self._free(centres[:, 0], centres[:, 1], *text_box_mm(text, size))
        if not free.any():
            return False
        x, y = places[int(np.argmax(free))]
        self.labels.append(Label(kind, text, x, y, size))
        self._take(x, y, *text_box_mm(text, size))
        return True

    def _free(self, x: NDArray[np.float64], y: NDArray[np.float64], width: float, height: float) -> NDArray[np.bool_]:
        """Tell at which centres a box touches no label and hardly a building, and lies on the map."""
        left, right = (np.floor((x + side * width / 2) / CELL).astype(int) for side in (-1, 1))
        low, high = (np.floor((y + side * height / 2) / CELL).astype(int) for side in (-1, 1))
        free: NDArray[np.bool_] = (left >= 0) & (low >= 0) & (right < self.columns) & (high < self.rows)
        if self._built is None:
            self._built = _summed(self.owner > 0)
        for table, share in ((_summed(self.taken), 0.0), (self._built, 0.1)):
            l, r, b, t = (np.where(free, edge, 0) for edge in (left, right + 1, low, high + 1))  # noqa: E741
            covered = table[t, r] - table[b, r] - table[t, l] + table[b, l]
            free &= covered <= share * (r - l) * (t - b)
        return free


def text_box_mm(text: str, size: float) -> tuple[float, float]:
    """Width and height in millimetres of a text of capitals, digits or Chinese, with a little air around it."""
    return width_mm(text, size) + 2 * _GAP, size * MM_PER_POINT * 1.05 + 2 * _GAP


def _window_sums(cells: NDArray[np.bool_], high: int, wide: int) -> NDArray[np.int32]:
    """Count the true cells under a box of `high` × `wide` cells at each of its places."""
    table = _summed(cells)
    sums: NDArray[np.int32] = table[high:, wide:] - table[:-high, wide:] - table[high:, :-wide] + table[:-high, :-wide]
    return sums


def _summed(cells: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Count the true cells below and left of each corner of the grid."""
    table = np.zeros((cells.shape[0] + 1, cells.shape[1] + 1), dtype=np.int32)
    np.cumsum(np.cumsum(cells, axis=0, dtype=np.int32), axis=1, out=table[1:, 1:])
    return table
