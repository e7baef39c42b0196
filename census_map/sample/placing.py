"""Setting footprints along a line and keeping them apart. Metres, no CRS."""

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, Polygon, STRtree

from census_map.arithmetic import Array, lengths
from census_map.sample.chance import Chance
from census_map.sample.shapes import on_grid, outline_of

# Footprints in the unit square: x along the street, y away from it.
RECTANGLE = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], dtype=float)
WING_LEFT = np.array([[0, 0], [1, 0], [1, 0.66], [0.45, 0.66], [0.45, 1], [0, 1]])
WING_RIGHT = np.array([[0, 0], [1, 0], [1, 1], [0.55, 1], [0.55, 0.66], [0, 0.66]])
STEPPED = np.array(
    [
        [0, 0.1],
        [0.33, 0.1],
        [0.33, 0],
        [0.67, 0],
        [0.67, 0.1],
        [1, 0.1],
        [1, 1],
        [0.67, 1],
        [0.67, 0.9],
        [0.33, 0.9],
        [0.33, 1],
        [0, 1],
    ]
)
CROSS = np.array(
    [
        [0, 0.12],
        [0.3, 0.12],
        [0.3, 0],
        [0.7, 0],
        [0.7, 0.12],
        [1, 0.12],
        [1, 0.7],
        [0.72, 0.7],
        [0.72, 1],
        [0.28, 1],
        [0.28, 0.7],
        [0, 0.7],
    ]
)


class Site:
    """
    Land on which buildings find their places, first come first served.

    Parameters
    ----------
    land
        Where they may stand.
    blocked
        Shapes that they must not touch: corridors of roads and railways, waters.
    """

    def __init__(self, land: Polygon, blocked: Sequence[shapely.Geometry]) -> None:
        self._land = land
        shapely.prepare(land)
        self._trees = [STRtree(list(blocked))] if blocked else []

    def fit(self, shapes: Sequence[Polygon], gap: float) -> list[int]:
        """
        Choose the shapes that find a place, and take it.

        Parameters
        ----------
        shapes
            Candidates, the more important first.
        gap
            Least distance between two, in metres.

        Returns
        -------
        chosen
            Positions in `shapes`, ascending.
        """
        if not len(shapes):
            return []
        every = np.asarray(shapes, dtype=object)
        free = shapely.contains_properly(self._land, every)
        for tree in self._trees:
            free[np.unique(tree.query(every, predicate="dwithin", distance=gap)[0])] = False
        places = np.flatnonzero(free)
        pairs = STRtree(every[places]).query(every[places], predicate="dwithin", distance=gap)
        earlier: dict[int, list[int]] = {}
        for one, other in pairs.T[pairs[1] < pairs[0]]:
            earlier.setdefault(int(one), []).append(int(other))
        taken = np.zeros(len(places), dtype=bool)
        for place in range(len(places)):
            taken[place] = not any(taken[other] for other in earlier.get(place, ()))
        chosen = places[taken]
        if len(chosen):
            self._trees.append(STRtree(every[chosen]))
        return [int(place) for place in chosen]

    def block(self, shapes: Sequence[shapely.Geometry]) -> None:
        """Take land for something that is not a building."""
        if shapes:
            self._trees.append(STRtree(list(shapes)))


def along(
    line: LineString,
    side: int,
    chance: Chance,
    *,
    width: tuple[float, float],
    depth: tuple[float, float],
    setback: tuple[float, float],
    gap: tuple[float, float],
    outlines: Sequence[Array] = (RECTANGLE,),
    start: float = 4.0,
) -> tuple[list[Polygon], Array]:
    """
    Set a row of footprints along a line, each turned as the line runs there.

    Parameters
    ----------
    line
        Axis of the street.
    side
        1 left, -1 right.
    chance
        Source of the variety.
    width, depth, setback, gap
        Least and greatest: length of the front, depth, distance of the front from the axis, distance between two.
    outlines
        Shapes in the unit square to choose from; the first is the usual one.
    start
        Free length at both ends, in metres.

    Returns
    -------
    shapes, positions
        Footprints and the positions of their middles along the line, in metres.
    """
    room = line.length - 2 * start
    most = int(room / (width[0] + gap[0])) + 1 if room > width[0] else 0
    if not most:
        return [], np.empty(0)
    widths = chance.all_between(*width, most)
    gaps = chance.all_between(*gap, most)
    first = start + np.concatenate([[0.0], np.cumsum(widths + gaps)[:-1]])
    depths, setbacks = chance.all_between(*depth, most), chance.all_between(*setback, most)
    kinds = np.where(chance.numbers(most) < 0.62, 0, chance.integers(0, len(outlines), most))
    fits = first + widths <= line.length - start
    ends = shapely.get_coordinates(shapely.line_interpolate_point(line, np.concatenate([first, first + widths])))
    near, far = ends[:most], ends[most:]
    shapes = np.empty(most, dtype=object)
    for kind, outline in enumerate(outlines):
        chosen = np.flatnonzero(fits & (kinds == kind))
        shapes[chosen] = _footprints(near[chosen], far[chosen], side, setbacks[chosen], depths[chosen], outline)
    return list(shapes[fits]), (first + widths / 2)[fits]


def footprint(near: Array, far: Array, side: int, setback: float, depth: float, outline: Array) -> Polygon:
    """Place an outline of the unit square on a street front from `near` to `far`."""
    one = _footprints(near[None], far[None], side, np.array([setback]), np.array([depth]), outline)
    return one[0]


def _footprints(
    near: Array, far: Array, side: int, setback: Array, depth: Array, outline: Array
) -> NDArray[np.object_]:
    front = far - near
    inward = side * np.column_stack([-front[:, 1], front[:, 0]]) / lengths(front)[:, None]
    corner = near + inward * setback[:, None]
    across = outline[None, :, :1] * front[:, None, :]
    deep = outline[None, :, 1:] * (inward * depth[:, None])[:, None, :]
    shapes: NDArray[np.object_] = shapely.polygons(on_grid(corner[:, None, :] + across + deep))
    return shapes


def turned(centre: Array, along_x: Array, width: float, depth: float, outline: Array = RECTANGLE) -> Polygon:
    """Place an outline of the unit square about a centre, its front in the direction `along_x`."""
    inward = np.array([-along_x[1], along_x[0]])
    return outline_of(centre + (outline[:, :1] - 0.5) * width * along_x + (outline[:, 1:] - 0.5) * depth * inward)
