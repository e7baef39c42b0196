"""
Who moved? Evidence on which side of a gap or overlap is the one that was changed.

A gap or an overlap between two areas means that their borders, once one line, have become two: one of them is the old
course, the other was moved by an editor, a snapping tool or a careless drawing. Whoever moved lost the ground of a
gap, or took that of an overlap. Four kinds of evidence, the strongest first:

1. *Third parties.* A vertex that stands also in the container's border or in an area that has nothing to do with the
   fault was there before; a course through such vertices is the old one.
2. *The lattice.* Surveyed or exported coordinates lie on a lattice (whole millimetres, six decimals of a degree),
   perhaps shifted by a datum transformation; a vertex moved by hand or by a computation lies off it. The lattice is
   estimated from all vertices of the neighbourhood, in the CRS of the data and in degrees.
3. *The stated area.* If the data carry the area that each one had when it was issued, the side that differs moved.
4. *The course.* A spike, or a bump of many short edges across a plain border, was added to it. (A single vertex moved
   a little makes a border no less natural: measured on London it says nothing, so it counts for nothing.)

Evidence is a log-likelihood ratio; 0 says nothing. It only ranks proposals, a person decides.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyproj
from numpy.typing import NDArray

from census_map.coverage.clusters import grouped
from census_map.coverage.repair.mend import Mending
from census_map.coverage.segments import Edge, Points

_STEPS = (1.0, 0.1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8)
_MIN_POINTS = 12
_CONCENTRATED = 0.9  # mean resultant length from which vertices are said to lie on a lattice
_ON = 0.12  # of a step: nearer to the lattice than this is on it
_PLAIN = 1.0  # radians: two courses that differ less are equally natural
_THIRD, _LATTICE = 6.0, 4.0  # log-likelihood ratios


@dataclass(frozen=True)
class Side:
    """
    The border of one area along a fault.

    Attributes
    ----------
    course
        The vertices of the area along the fault, in order of no account, that nobody else shares.
    shared
        How many vertices between the ends stand in the border of a third party.
    bend
        Radians turned along the course.
    length
        Length of the course, CRS units.
    """

    course: Points
    shared: int
    bend: float
    length: float


class Courses:
    """
    The borders of areas along faults, read off the drawn neighbourhood.

    Parameters
    ----------
    mending
        The faults, drawn.
    """

    def __init__(self, mending: Mending) -> None:
        self._mending = mending
        self._places = mending.around.drawing.pieces.places
        sides = mending.around.drawing.sides
        areas = ~sides.contained
        self._owners = grouped(sides.piece[areas], sides.owner[areas])
        walks, rings = mending.around.area_walks, mending.around.areas
        rows = np.flatnonzero((walks.vertex >= 0) & (walks.node >= 0))
        polygon = rings.polygon[walks.ring[rows]]
        self._corners = grouped(walks.node[rows], polygon)
        self._stored = dict(
            zip(zip(polygon.tolist(), walks.node[rows].tolist(), strict=True), walks.vertex[rows].tolist(), strict=True)
        )
        walks = mending.around.container_walks
        self._fixed = set(walks.node[walks.vertex >= 0].tolist())
        self._faces = grouped(mending.fault, np.arange(len(mending.fault)))
        ground = mending.ground
        beside = np.concatenate((ground.left, ground.right))
        self._pieces = grouped(beside, np.tile(np.arange(len(ground.left)), 2))

    def sides(self, fault: int, areas: Iterable[int]) -> dict[int, Side]:
        """
        Give the border of each area along the ground of a fault; empty where that is not in the drawing.

        Parameters
        ----------
        fault
            Its position among the faults drawn.
        areas
            Positions of areas.
        """
        faces = self._faces.get(fault, [])
        if not faces:
            return {}
        often = Counter(piece for face in faces for piece in self._pieces.get(face, ()))
        outline = [piece for piece, times in often.items() if times == 1]
        return {area: self._side(area, outline) for area in areas}

    def _side(self, area: int, outline: Sequence[int]) -> Side:
        ends = self._mending.around.drawing.pieces.ends
        own = [tuple(ends[piece].tolist()) for piece in outline if area in self._owners.get(piece, ())]
        often = Counter(node for pair in own for node in pair)
        inner = [node for node, times in often.items() if times > 1]
        others = {node: set(self._corners.get(node, ())) - {area} for node in inner}
        private = [n for n in inner if not others[n] and n not in self._fixed and (area, n) in self._stored]
        third = [n for n in inner if others[n] or n in self._fixed]
        edges = [(*self._place(area, a), *self._place(area, b)) for a, b in own]
        length = float(sum(np.hypot(e[2] - e[0], e[3] - e[1]) for e in edges))
        course = np.array([self._place(area, node) for node in private]).reshape(-1, 2)
        return Side(course, len(third), _bend(edges), length)

    def _place(self, area: int, node: int) -> tuple[float, float]:
        """Give the corner that an area has at a node as it is stored, or the node."""
        row = self._stored.get((area, node))
        x, y = (self._places[node] if row is None else self._mending.around.areas.xy[row]).tolist()
        return x, y


def _bend(edges: Sequence[Edge]) -> float:
    """Sum the angles turned at the inner vertices of a course."""
    at: dict[tuple[float, float], list[float]] = {}
    for ax, ay, bx, by in edges:
        at.setdefault((ax, ay), []).append(float(np.arctan2(by - ay, bx - ax)))
        at.setdefault((bx, by), []).append(float(np.arctan2(ay - by, ax - bx)))
    turned = [abs(np.pi - abs((a[0] - a[1] + np.pi) % (2 * np.pi) - np.pi)) for a in at.values() if len(a) == 2]
    return float(sum(turned))


@dataclass(frozen=True)
class Lattice:
    """A lattice that coordinates lie on: its step and phase (as an angle) on each axis, and in which coordinates."""

    step: float
    phase: Points
    transform: pyproj.Transformer | None

    def off(self, points: Points) -> NDArray[np.bool_]:
        """Tell which points lie off the lattice."""
        angle = _angles(_transformed(points, self.transform), self.step)
        gap = np.abs((angle - self.phase + np.pi) % (2 * np.pi) - np.pi) / (2 * np.pi)
        return np.asarray((gap > _ON).any(axis=1), dtype=np.bool_)


def lattice_of(points: Points, crs: pyproj.CRS | None) -> Lattice | None:
    """
    Find the coarsest lattice on which the vertices of a neighbourhood lie.

    Parameters
    ----------
    points
        Vertices, shape (n, 2), CRS units.
    crs
        Their CRS, to try degrees as well; None: only as they are.

    Returns
    -------
    lattice
        None when there are too few vertices or they lie on none. A lattice so fine that double precision itself
        would look like one is not taken.
    """
    points = np.unique(points, axis=0)
    if len(points) < _MIN_POINTS:
        return None
    for transform in _views(crs):
        xy = _transformed(points, transform)
        noise = float(np.abs(xy).max()) * (2.0**-50 if transform is None else 2.0**-44)
        spread = float(np.ptp(xy, axis=0).min())
        for step in _STEPS:
            if step < noise * 20:
                break
            if step > spread / _MIN_POINTS:
                continue  # so few steps wide that any vertices would seem to agree
            unit = np.exp(1j * _angles(xy, step))
            mean = unit.mean(axis=0)
            if (np.abs(mean) > _CONCENTRATED).all():
                return Lattice(step, np.angle(mean), transform)
    return None


def _views(crs: pyproj.CRS | None) -> Iterable[pyproj.Transformer | None]:
    yield None
    if crs is not None and crs.is_projected and crs.geodetic_crs is not None:
        yield pyproj.Transformer.from_crs(crs, crs.geodetic_crs, always_xy=True)


def _transformed(points: Points, transform: pyproj.Transformer | None) -> Points:
    return points if transform is None else np.column_stack(transform.transform(points[:, 0], points[:, 1]))


def _angles(xy: Points, step: float) -> Points:
    angles: Points = (xy / step) % 1.0 * (2 * np.pi)
    return angles


def moved_scores(
    sides: Mapping[int, Side], lattice: Lattice | None, *, stated: Mapping[int, float] | None = None
) -> dict[int, float]:
    """
    Weigh the evidence that each area is the one whose border moved.

    Parameters
    ----------
    sides
        The border of each area along the fault.
    lattice
        The lattice of the neighbourhood, if there is one.
    stated
        By area, how much nearer (in sigmas) its stated area would be if it were the one that moved.

    Returns
    -------
    scores
        Log-likelihood ratios by area; 0 without evidence.
    """
    scores = {}
    for label, side in sides.items():
        rest = [other for name, other in sides.items() if name != label]
        score = -_THIRD if side.shared else 0.0
        if len(side.course) == 0:
            score -= _THIRD / 2  # every vertex along the fault is somebody else's too
        elif lattice is not None:
            off = lattice.off(side.course).mean()
            score += _LATTICE * (2 * float(off) - 1)
        if rest:
            excess = side.bend - min(other.bend for other in rest)
            score += float(np.sign(excess) * np.clip(abs(excess) - _PLAIN, 0, 2)) / 2
            score += 0.3 * float(
                np.clip(np.log((len(side.course) + 1) / (min(len(o.course) for o in rest) + 1)), -3, 3)
            )
        if stated:
            score += float(np.clip(stated.get(label, 0.0), -3, 3))
        scores[label] = score
    return scores
