"""Random coverages and random edits, for the property tests and the long run of the benchmarks."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from census_map.coverage.editor import Editor
from census_map.coverage.edits import weigh_points
from census_map.coverage.segments import chain_of, directed_edges, reversed_edges
from census_map.errors import EditRefused

SIZE = 1000.0
GRID = 1e-3


def random_coverage(rng, cuts, *, containers=1, grid=GRID):
    """A square of one or two containers, cut at random; persons stand on random points."""
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


KINDS = ("cut", "join", "border", "vertex", "delete", "insert", "claim", "new", "part", "attach")
ODDS = np.array([14, 14, 22, 16, 6, 8, 12, 3, 3, 2]) / 100


def attempt(editor, rng, kind):
    """One random edit of a kind; False when it was refused."""
    try:
        _ATTEMPTS[kind](editor, rng)
    except EditRefused:
        return False
    return True


def random_edit(editor, rng):
    return attempt(editor, rng, KINDS[rng.choice(len(KINDS), p=ODDS)])


def _any(editor, rng):
    labels = editor.labels()
    return labels[rng.integers(len(labels))]


def _neighbours(editor, label):
    polygon = editor.polygon(label)
    around = editor.patch(shapely.bounds(polygon)).areas
    return [
        name for name, other in around.items() if name != label and shapely.relate_pattern(polygon, other, "****1****")
    ]


def _two(editor, rng):
    label = _any(editor, rng)
    near = _neighbours(editor, label)
    return (label, near[rng.integers(len(near))]) if near else (label, label)


def _cut(editor, rng):
    label = _any(editor, rng)
    west, south, east, north = shapely.bounds(editor.polygon(label))
    angle, bend = rng.uniform(0, np.pi), rng.normal(0, 0.1, 2)
    middle = np.array([(west + east) / 2, (south + north) / 2]) + rng.normal(0, 0.1, 2) * [east - west, north - south]
    reach = 0.6 * np.hypot(east - west, north - south) * np.array([np.cos(angle), np.sin(angle)])
    line = shapely.LineString([middle - reach, middle + bend * np.hypot(*reach), middle + reach])
    editor.cut(label, line, reach=rng.choice([0.0, 50.0]), snap=rng.choice([0.0, 1.0]))


def _join(editor, rng):
    if len(editor.labels()) > 4:
        editor.join(_two(editor, rng))


def _border(editor, rng):
    left, right = _two(editor, rng)
    shared = shapely.line_merge(shapely.intersection(editor.polygon(left), editor.polygon(right)))
    pieces = [part for part in shapely.get_parts(shared) if part.geom_type == "LineString" and part.length > 1]
    if not pieces:
        return
    piece = pieces[rng.integers(len(pieces))]
    at = np.sort(rng.uniform(0, 1, 2))
    ends = shapely.get_coordinates(shapely.line_interpolate_point(piece, at, normalized=True))
    steps = rng.integers(1, 5)
    between = ends[0] + (ends[1] - ends[0]) * (np.arange(1, steps + 1) / (steps + 1))[:, None]
    wiggle = rng.normal(0, 0.15, between.shape) * np.hypot(*(ends[1] - ends[0]))
    line = shapely.LineString(np.vstack([ends[:1], between + wiggle, ends[1:]]))
    editor.move_border((left, right), line, reach=5.0, allow_parts=bool(rng.random() < 0.2))


def _corner(editor, rng):
    xy = shapely.get_coordinates(editor.polygon(_any(editor, rng)))
    return xy[rng.integers(len(xy))]


def _vertex(editor, rng):
    at = _corner(editor, rng)
    editor.move_vertex(shapely.Point(at), shapely.Point(at + rng.normal(0, rng.choice([0.5, 10.0]), 2)))


def _delete(editor, rng):
    editor.delete_vertex(shapely.Point(_corner(editor, rng)))


def _insert(editor, rng):
    border = shapely.boundary(editor.polygon(_any(editor, rng)))
    at = shapely.line_interpolate_point(shapely.get_parts(border)[0], rng.random(), normalized=True)
    editor.insert_vertex(at, tolerance=1.0)


def _blob(editor, rng):
    centre = _corner(editor, rng) + rng.normal(0, 20, 2)
    return shapely.Point(centre).buffer(rng.uniform(3, 60), quad_segs=int(rng.integers(1, 4)))


def _claim(editor, rng):
    editor.claim(
        _any(editor, rng), _blob(editor, rng), snap=rng.choice([0.0, 1.0]), allow_parts=bool(rng.random() < 0.3)
    )


def _new(editor, rng):
    editor.claim(f"n{rng.integers(1 << 40)}", _blob(editor, rng), allow_parts=True)


def _several(editor):
    return [name for name in editor.labels() if shapely.get_num_geometries(editor.polygon(name)) > 1]


def _part(editor, rng):
    names = _several(editor)
    if names:
        parts = shapely.get_parts(editor.polygon(names[rng.integers(len(names))]))
        name = names[0]
        parts = shapely.get_parts(editor.polygon(name))
        editor.split_part(name, shapely.point_on_surface(parts[rng.integers(len(parts))]))


def _attach(editor, rng):
    names = _several(editor)
    if names:
        parts = shapely.get_parts(editor.polygon(names[0]))
        editor.attach_part(names[0], shapely.point_on_surface(parts[rng.integers(len(parts))]), _any(editor, rng))


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
}


def residue_of(editor):
    """The boundary chain of what an editor holds, straight from all polygons, and whether all are valid."""
    areas, containers = editor.areas, editor.containers
    edges = [directed_edges(*areas.geometry), reversed_edges(directed_edges(*containers.geometry))]
    return len(chain_of(edges)[0]), bool(shapely.is_valid(np.asarray(areas.geometry)).all())


def same_frames(one, two):
    """Bit for bit: index, attributes, coordinates."""
    if not (one.index.equals(two.index) and list(one.columns) == list(two.columns)):
        return False
    plain = [name for name in one.columns if name != one.geometry.name]
    if not one[plain].equals(two[plain]):
        return False
    return shapely.to_wkb(np.asarray(one.geometry)).tolist() == shapely.to_wkb(np.asarray(two.geometry)).tolist()
