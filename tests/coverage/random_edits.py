"""Random coverages and random edits, for the property tests and the long run of the benchmarks."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from census_map.coverage.editor import Editor
from census_map.coverage.edits import weigh_points
from census_map.coverage.mend import give_patch
from census_map.coverage.patch import Change
from census_map.coverage.segments import chain_of, directed_edges, reversed_edges
from census_map.errors import EditRefused

SIZE = 1000.0
GRID = 1e-3
EVERYWHERE = np.array([-1e7, -1e7, 1e7, 1e7])


def random_coverage(rng, cuts, *, containers=1, grid=GRID):
    """A square of one to three containers, cut at random; persons stand on random points."""
    width = SIZE / containers
    blocks = gpd.GeoDataFrame(
        {"name": [f"block {k}" for k in range(containers)]},
        geometry=[shapely.box(k * width, 0, (k + 1) * width, SIZE) for k in range(containers)],
        index=pd.Index([f"c{k}" for k in range(containers)]),
        crs="EPSG:32650",
    )
    areas = blocks.copy()
    areas.index = pd.Index([f"a{k}" for k in range(containers)])
    n = 400
    points = gpd.GeoDataFrame(
        {"persons": rng.integers(0, 9, n)},
        geometry=shapely.points(np.round(rng.uniform(1, SIZE - 1, (n, 2)), 1) + 0.0371),
        crs=areas.crs,
    )
    weigh = weigh_points(points, "persons")
    areas["persons"] = np.array(weigh(list(areas.geometry)), dtype=int)
    editor = Editor(areas, blocks, grid=grid, amounts=["persons"], weigh=weigh)
    for _cut in range(cuts):
        attempt(editor, rng, "cut")
    return Editor(editor.areas, editor.containers, grid=grid, amounts=["persons"], weigh=weigh)


def attempt(editor, rng, kind):
    """One random edit of a kind; False when it was refused or there was nothing to do it to."""
    try:
        return _ATTEMPTS[kind](editor, rng) is not False
    except EditRefused:
        return False


def random_edit(editor, rng):
    """One random edit; its kind, and whether it was done."""
    kind = KINDS[rng.choice(len(KINDS), p=ODDS)]
    return kind, attempt(editor, rng, kind)


def _any(editor, rng):
    labels = editor.labels()
    return labels[rng.integers(len(labels))]


def _edges(polygon):
    """The edges of a polygon's rings, one row each."""
    return directed_edges(polygon)


def _two(editor, rng):
    """An area, and another on the far side of one of its edges; None where there is none."""
    label = _any(editor, rng)
    edges = _edges(editor.polygon(label))
    edge = edges[rng.integers(len(edges))]
    for name, polygon in editor.patch(np.array([*edge[:2], *edge[:2]])).areas.items():
        if name != label and _has_edge(polygon, edge):
            return label, name
    return None


def _has_edge(polygon, edge):
    return bool((_edges(polygon) == edge[[2, 3, 0, 1]]).all(axis=1).any())


def _cut(editor, rng):
    label = _any(editor, rng)
    west, south, east, north = shapely.bounds(editor.polygon(label))
    angle, bend = rng.uniform(0, np.pi), rng.normal(0, 0.1, 2)
    middle = np.array([(west + east) / 2, (south + north) / 2]) + rng.normal(0, 0.1, 2) * [east - west, north - south]
    # Lines that are too short are drawn on to the border, or refused.
    reach = rng.choice([0.3, 0.6]) * np.hypot(east - west, north - south) * np.array([np.cos(angle), np.sin(angle)])
    line = shapely.LineString([middle - reach, middle + bend * np.hypot(*reach), middle + reach])
    editor.cut(label, line, reach=rng.choice([0.0, 200.0], p=[0.2, 0.8]), snap=rng.choice([0.0, 1.0]))


def _join(editor, rng):
    pair = _two(editor, rng)
    if pair is None or len(editor.labels()) <= 4:
        return False
    editor.join(pair)
    return True


def _border(editor, rng):
    pair = _two(editor, rng)
    if pair is None:
        return False
    ring = shapely.get_coordinates(shapely.get_exterior_ring(shapely.get_geometry(editor.polygon(pair[0]), 0)))[:-1]
    theirs = set(map(tuple, shapely.get_coordinates(editor.polygon(pair[1])).tolist()))
    shared = [tuple(point) in theirs for point in ring.tolist()]
    begins = [k for k, here in enumerate(shared) if here and shared[(k + 1) % len(ring)]]
    if not begins:
        return False
    first = begins[rng.integers(len(begins))]
    run = [(first + k) % len(ring) for k in range(int(rng.integers(2, 12)))]
    run = [k for n, k in enumerate(run) if all(shared[j] for j in run[: n + 1])]
    a, b = ring[run[:2]], ring[run[-2:]]
    ends = np.array([a[0] + (a[1] - a[0]) * rng.uniform(0, 0.5), b[0] + (b[1] - b[0]) * rng.uniform(0.5, 1)])
    steps = rng.integers(1, 5)
    between = ends[0] + (ends[1] - ends[0]) * (np.arange(1, steps + 1) / (steps + 1))[:, None]
    wiggle = rng.normal(0, 0.15, between.shape) * np.hypot(*(ends[1] - ends[0]))
    line = shapely.LineString(np.vstack([ends[:1], between + wiggle, ends[1:]]))
    editor.move_border(pair, line, reach=5.0, allow_parts=bool(rng.random() < 0.2))
    return True


def _corner(editor, rng):
    xy = shapely.get_coordinates(editor.polygon(_any(editor, rng)))
    return xy[rng.integers(len(xy))]


def _vertex(editor, rng):
    at = _corner(editor, rng)
    editor.move_vertex(shapely.Point(at), shapely.Point(at + rng.normal(0, rng.choice([0.5, 10.0]), 2)))


def _delete(editor, rng):
    editor.delete_vertex(shapely.Point(_corner(editor, rng)))


def _insert(editor, rng):
    edges = _edges(editor.polygon(_any(editor, rng)))
    edge = edges[rng.integers(len(edges))]
    editor.insert_vertex(shapely.Point(edge[:2] + (edge[2:] - edge[:2]) * rng.uniform(0.1, 0.9)), tolerance=1.0)


def _blob(centre, rng):
    return shapely.Point(centre).buffer(rng.uniform(3, 60), quad_segs=int(rng.integers(1, 4)))


def _claim(editor, rng):
    label = _any(editor, rng)
    xy = shapely.get_coordinates(editor.polygon(label))
    region = _blob(xy[rng.integers(len(xy))] + rng.normal(0, 2, 2), rng)
    editor.claim(label, region, snap=rng.choice([0.0, 1.0]), allow_parts=bool(rng.random() < 0.3))


def _new(editor, rng):
    region = _blob(_corner(editor, rng) + rng.normal(0, 20, 2), rng)
    editor.claim(f"n{rng.integers(1 << 40)}", region, allow_parts=True)


def _one_part(editor, rng):
    """An area of several parts and a point in one of them."""
    names = [name for name in editor.labels() if shapely.get_num_geometries(editor.polygon(name)) > 1]
    if not names:
        return None
    name = names[rng.integers(len(names))]
    parts = shapely.get_parts(editor.polygon(name))
    return name, shapely.point_on_surface(parts[rng.integers(len(parts))])


def _part(editor, rng):
    found = _one_part(editor, rng)
    if found is None:
        return False
    editor.split_part(*found)
    return True


def _attach(editor, rng):
    found = _one_part(editor, rng)
    if found is None:
        return False
    editor.attach_part(*found, _any(editor, rng))
    return True


def _owner(editor, rng):
    """Take a corner out of one area alone, which makes a gap or an overlap, and give that to one of those around."""
    label = _any(editor, rng)
    polygon = editor.polygon(label)
    if polygon.geom_type != "Polygon" or polygon.interiors:
        return False
    xy = shapely.get_coordinates(polygon)[:-1]
    if len(xy) < 5:
        return False
    k = int(rng.integers(len(xy)))
    region = shapely.Polygon(xy[[k - 1, k, (k + 1) % len(xy)]])
    broken = shapely.Polygon(np.delete(xy, k, axis=0))
    around = editor.patch(region.buffer(1.0).bounds)
    near = [name for name, other in around.areas.items() if other.distance(region) <= 1e-6]
    if (
        region.area < 0.01
        or not broken.is_valid
        or any(box.boundary.intersects(region) for box in around.containers.values())
    ):
        return False
    editor.apply(Change({label: polygon}, {label: broken}))
    try:
        patch = editor.patch(shapely.total_bounds([editor.polygon(name) for name in near]))
        given = give_patch(patch, region, near[rng.integers(len(near))], tolerance=2 * GRID)
    finally:
        editor.undo()
    # One step of the history, so that undoing never leaves the fault behind.
    old, new = {**given.old, label: polygon}, {label: broken, **given.new}
    editor.apply(replace(given, old=old, new=new))
    return True


def _back_and_forth(editor, rng):
    """Undo some edits and redo them: the very same polygons; then undo some and leave it so."""
    before = [(label, editor.polygon(label)) for label in editor.labels()]
    steps = 0
    for _step in range(int(rng.integers(1, 6))):
        steps += editor.undo() is not None
    for _step in range(steps):
        assert editor.redo() is not None
    after = [(label, editor.polygon(label)) for label in editor.labels()]
    assert len(before) == len(after)
    assert all(one == two and old is new for (one, old), (two, new) in zip(before, after, strict=True))
    if rng.random() < 0.3:
        editor.undo()


_ATTEMPTS = {
    "cut": _cut,
    "join": _join,
    "border": _border,
    "vertex": _vertex,
    "delete": _delete,
    "insert": _insert,
    "claim": _claim,
    "new": _new,
    "part": _part,
    "attach": _attach,
    "owner": _owner,
    "undo": _back_and_forth,
}
KINDS = tuple(_ATTEMPTS)
ODDS = np.array([13, 13, 19, 17, 6, 8, 7, 2, 3, 2, 3, 7]) / 100


def residue_of(editor):
    """The boundary chain of what an editor holds, straight from all polygons, and whether all are valid."""
    held = editor.patch(EVERYWHERE)
    shapes = list(held.areas.values())
    edges = [directed_edges(*shapes), reversed_edges(directed_edges(*held.containers.values()))]
    return len(chain_of(edges)[0]), bool(shapely.is_valid(np.asarray(shapes)).all())


def persons_of(editor):
    """All persons that an editor's areas hold now."""
    return sum(editor.amount(label, "persons") for label in editor.labels())


def keep_their_attributes(areas, containers):
    """Whether every area lies in one container and has the name that all areas of that container began with."""
    home = gpd.GeoDataFrame(geometry=shapely.point_on_surface(np.asarray(areas.geometry)), index=areas.index)
    rows = shapely.STRtree(np.asarray(containers.geometry)).query(home.geometry.values, predicate="within")
    names = containers["name"].to_numpy()[rows[1]]
    return len(names) == len(areas) and (names == areas["name"].to_numpy()[rows[0]]).all()


def same_frames(one, two):
    """Bit for bit: index, attributes, coordinates."""
    if not (one.index.equals(two.index) and list(one.columns) == list(two.columns)):
        return False
    plain = [name for name in one.columns if name != one.geometry.name]
    if not one[plain].equals(two[plain]):
        return False
    return shapely.to_wkb(np.asarray(one.geometry)).tolist() == shapely.to_wkb(np.asarray(two.geometry)).tolist()
