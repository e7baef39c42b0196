"""The outlines of houses, of the corners that were clicked on the map."""

import math
from collections.abc import Sequence

from qgis.core import QgsGeometry, QgsPointXY

_FEW_METRES = 1e-9


def rectangle(first: QgsPointXY, second: QgsPointXY, third: QgsPointXY) -> list[QgsPointXY]:
    """Give the corners of the rectangle with a side from the first to the second corner, as deep as the third lies."""
    x, y = second.x() - first.x(), second.y() - first.y()
    length = math.hypot(x, y) or 1.0
    depth = ((third.x() - second.x()) * -y + (third.y() - second.y()) * x) / length
    along = (-y / length * depth, x / length * depth)
    fourth = [QgsPointXY(point.x() + along[0], point.y() + along[1]) for point in (second, first)]
    return [first, second, *fourth]


def square(middle: QgsPointXY, side: float) -> list[QgsPointXY]:
    """Give the corners of a square around a point, in map units."""
    half = side / 2
    signs = ((-1, -1), (1, -1), (1, 1), (-1, 1))
    return [QgsPointXY(middle.x() + x * half, middle.y() + y * half) for x, y in signs]


def right_angled(points: Sequence[QgsPointXY], *, closed: bool) -> list[QgsPointXY]:
    """
    Turn clicked corners into right angles on the first side.

    Parameters
    ----------
    points
        Two or more; the first two give the direction.
    closed
        Bring the last corner to where the outline closes with a right angle.
    """
    if len(points) < 3:
        return list(points)
    first, second = points[0], points[1]
    x, y = second.x() - first.x(), second.y() - first.y()
    length = math.hypot(x, y)
    if length < _FEW_METRES:
        return list(points)
    u, v = (x / length, y / length), (-y / length, x / length)
    corners = [(0.0, 0.0), (length, 0.0)]
    for k, point in enumerate(points[2:]):
        dx, dy = point.x() - first.x(), point.y() - first.y()
        along, across = dx * u[0] + dy * u[1], dx * v[0] + dy * v[1]
        before = corners[-1]
        corners.append((before[0], across) if k % 2 == 0 else (along, before[1]))
    if closed and len(corners) % 2:
        corners.append((0.0, corners[-1][1]))
    elif closed:
        corners[-1] = (0.0, corners[-1][1])
    return [QgsPointXY(first.x() + a * u[0] + b * v[0], first.y() + a * u[1] + b * v[1]) for a, b in corners]


def row(house: QgsGeometry, end: QgsPointXY, count: int) -> list[QgsGeometry]:
    """Give the houses that follow an equal one along a line: one less than the number of all."""
    middle = house.centroid().asPoint()
    made = []
    for k in range(1, count):
        copy = QgsGeometry(house)
        share = k / (count - 1)
        copy.translate((end.x() - middle.x()) * share, (end.y() - middle.y()) * share)
        made.append(copy)
    return made
