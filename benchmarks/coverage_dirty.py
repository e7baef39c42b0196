"""
Repair dirty coverages beside coverage_clean, against the coverage they came from.

    python -P benchmarks/coverage_dirty.py [--only taipei ...] [--kinds simplified-20 ...]

Every area is drawn anew alone (simplified, shifted, digitised along its border, its corners moved by millimetres, its
ring crossed), then all are repaired by one `apply_proposals` with the first proposals. 'Right' is the share of the
ground that was in dispute (bare, or covered twice) and now belongs to the area that had it in truth; 'off' how far the
areas' sizes are from the truth, the sum of the absolute differences.
"""

import argparse
import lzma
import tempfile
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from census_map.coverage import apply_proposals, choose, find_faults, propose

DATA = Path(__file__).parents[2] / "shared" / "data"
SOURCES = {  # file, layer, system in metres, the most areas
    "taipei": ("taipei/taipei_4352.gpkg", "villages", "EPSG:3826", None),
    "liechtenstein": ("liechtenstein/township.gpkg", "communes", "EPSG:32632", None),
    "providence": ("providence/Providence_blocks.zip", None, "EPSG:32130", 800),
    "dundee": ("scotland/dundee_S12000042_oa.fgb.xz", None, "EPSG:27700", None),
    "london": ("uk/uk_oa_london_25053.fgb.xz", None, "EPSG:27700", 1000),
}


def true_areas(name, folder):
    """Read the areas as they should be, those next to the middle where a source is large."""
    file, layer, crs, most = SOURCES[name]
    path = DATA / file
    if path.suffix == ".xz":
        path = folder / Path(file).stem
        path.write_bytes(lzma.decompress((DATA / file).read_bytes()))
    areas = gpd.read_file(path, layer=layer).to_crs(crs)[["geometry"]]
    areas["geometry"] = shapely.make_valid(np.array(areas.geometry, dtype=object))
    if most is not None:
        middle = shapely.Point(shapely.get_coordinates(shapely.centroid(np.array(areas.geometry))).mean(axis=0))
        areas = areas.iloc[np.argsort(areas.distance(middle), kind="stable")[:most]]
    return areas.reset_index(drop=True)


def rings_changed(shape, change):
    """Give a polygon with each of its rings changed."""
    parts = [
        shapely.Polygon(change(part.exterior), [change(ring) for ring in part.interiors])
        for part in shapely.get_parts(shape)
    ]
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def moved(size, chance):
    """Move every corner of a ring a little."""

    def change(ring):
        xy = shapely.get_coordinates(ring)[:-1]
        xy = xy + chance.normal(0, size, xy.shape)
        return np.concatenate((xy, xy[:1]))

    return change


def digitised(step, size, chance):
    """Put corners anew along a ring, beside it."""

    def change(ring):
        count = max(4, int(ring.length / step))
        along = (np.arange(count) + chance.uniform()) / count
        xy = shapely.get_coordinates(shapely.line_interpolate_point(ring, along, normalized=True))
        xy = xy + chance.normal(0, size, xy.shape)
        return np.concatenate((xy, xy[:1]))

    return change


def crossed(shapes, share, chance):
    """Exchange two corners of some polygons."""
    shapes = shapes.copy()
    for row in np.flatnonzero(chance.uniform(size=len(shapes)) < share):
        xy = shapely.get_coordinates(shapely.get_exterior_ring(shapely.get_geometry(shapes[row], 0)))
        if shapes[row].geom_type == "Polygon" and len(xy) > 6:
            k = int(chance.integers(1, len(xy) - 3))
            xy[[k, k + 1]] = xy[[k + 1, k]]
            shapes[row] = shapely.Polygon(xy, shapes[row].interiors)
    return shapes


def dirty(kind, areas):
    """Draw every area anew, alone."""
    chance = np.random.default_rng(1)
    shapes = np.array(areas.geometry, dtype=object)
    name, _dash, size = kind.partition("-")
    if name == "simplified":
        shapes = shapely.simplify(shapes, float(size))
    elif name == "hair":
        shapes = np.array([rings_changed(shape, moved(float(size) / 2000, chance)) for shape in shapes], dtype=object)
    elif name == "digitised":
        shapes = np.array([rings_changed(shape, digitised(float(size), 1.0, chance)) for shape in shapes], dtype=object)
    elif name == "shifted":
        moves = chance.normal(0, float(size), (len(shapes), 2))
        shapes = np.array([shapely.transform(s, lambda xy, m=m: xy + m) for s, m in zip(shapes, moves, strict=True)])
    elif name == "crossed":
        shapes = crossed(shapely.simplify(shapes, float(size)), 0.1, chance)
    drawn = areas.copy()
    drawn["geometry"] = shapes
    return drawn[shapely.area(shapes) > 0]


def disputed(shapes):
    """Give the ground that several of some polygons cover, and that they enclose and none covers."""
    left, right = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    twice = shapely.intersection(shapes[left[left < right]], shapes[right[left < right]])
    union = shapely.union_all(shapes)
    shells = shapely.union_all(shapely.polygons(shapely.get_exterior_ring(shapely.get_parts(union))))
    return shapely.make_valid(shapely.union_all([*twice, shapely.difference(shells, union)]))


def scores(truth, shapes, ground, union):
    """Measure a result: disputed ground with its owner, sizes off, ground lost, ground covered twice, empty records."""
    parts = shapely.get_parts(ground)
    part, row = shapely.STRtree(truth).query(parts, predicate="intersects")
    real = shapely.intersection(truth[row], parts[part])
    kept = shapely.area(shapely.intersection(real, shapely.make_valid(shapes)[row])).sum()
    right = kept / max(shapely.area(real).sum(), 1e-9)
    off = np.abs(shapely.area(shapes) - shapely.area(truth)).sum()
    whole = shapely.union_all(shapely.make_valid(shapes))
    lost = shapely.area(shapely.difference(union, whole))
    twice = shapely.area(shapes).sum() - shapely.area(whole)
    return f"{100 * right:.1f} | {off:,.0f} | {lost:.2f} | {twice:.2f} | {int(shapely.is_empty(shapes).sum())}"


def compare(name, kind, areas):
    """Repair one dirty map with either tool and print a row for each."""
    drawn = dirty(kind, areas)
    truth = np.array(areas.geometry, dtype=object)[drawn.index]
    sound = shapely.make_valid(np.array(drawn.geometry, dtype=object))
    ground, union = disputed(sound), shapely.union_all(sound)
    begin = time.process_time()
    faults = find_faults(drawn)
    done = apply_proposals(drawn, choose(propose(drawn, faults)), faults=faults)
    taken = time.process_time() - begin
    shapes = np.array(done.areas.geometry, dtype=object)
    row = scores(truth, shapes[: len(drawn)], ground, union)
    new = len(shapes) - len(drawn)
    print(
        f"| {name}, {kind} | {len(drawn)} | {len(faults)} | ours | {len(done.faults)} | {row} | {new} | {taken:.1f} |"
    )
    begin = time.process_time()
    cleaned = shapely.coverage_clean(sound, gap_width=50)
    taken = time.process_time() - begin
    print(f"| | | | coverage_clean | - | {scores(truth, cleaned, ground, union)} | 0 | {taken:.1f} |", flush=True)


KINDS = ("simplified-5", "simplified-20", "simplified-100", "hair-1", "digitised-40", "shifted-2", "crossed-20")


def main():
    """Compare on the maps named."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", nargs="+", choices=SOURCES, default=list(SOURCES))
    parser.add_argument("--kinds", nargs="+", default=KINDS)
    options = parser.parse_args()
    print("| map | areas | faults | tool | left | right % | off m2 | lost m2 | twice m2 | empty | new | CPU s |")
    print("|---|---|---|---|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for name in options.only:
            areas = true_areas(name, Path(folder))
            for kind in options.kinds:
                compare(name, kind, areas)


if __name__ == "__main__":
    main()
