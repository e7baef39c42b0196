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

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

from census_map.coverage.mend import Ground, merged
from census_map.coverage.patch import Label
from census_map.coverage.segments import Edge, Points, canonical, edge_keys, ring_edges

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


def sides_of(ground: Ground, labels: Iterable[Label]) -> dict[Label, Side]:
    """Give the border of each area along the faces of a fault."""
    outline = canonical(ring_edges(merged(np.array(ground.faces, dtype=object))))
    added = {tuple(point) for points in ground.inserts.values() for point in points.tolist()}
    rings = {label: edge_keys(ring_edges(polygon)) for label, polygon in ground.areas.items()}
    corners = {label: {edge[:2] for edge in keys} | {edge[2:] for edge in keys} for label, keys in rings.items()}
    fixed = {tuple(point) for p in ground.containers.values() for point in shapely.get_coordinates(p).tolist()} - added
    sides = {}
    for label in labels:
        own = [edge for edge in map(tuple, outline.tolist()) if edge in rings.get(label, ())]
        inner = _inner_vertices(own)
        others = set().union(*(points for name, points in corners.items() if name != label))
        private = [v for v in inner if v not in others and v not in fixed and v not in added]
        third = [v for v in inner if (v in others or v in fixed) and v not in added]
        length = float(sum(np.hypot(e[2] - e[0], e[3] - e[1]) for e in own))
        sides[label] = Side(np.array(private).reshape(-1, 2), len(third), _bend(own), length)
    return sides


def _inner_vertices(edges: Sequence[Edge]) -> list[tuple[float, float]]:
    """Give the vertices where two edges of a course meet."""
    seen: dict[tuple[float, float], int] = {}
    for ax, ay, bx, by in edges:
        seen[ax, ay] = seen.get((ax, ay), 0) + 1
        seen[bx, by] = seen.get((bx, by), 0) + 1
    return [vertex for vertex, count in seen.items() if count > 1]


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
    sides: Mapping[Label, Side], lattice: Lattice | None, *, stated: Mapping[Label, float] | None = None
) -> dict[Label, float]:
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
