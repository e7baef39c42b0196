"""
Time edits on areas of 200 vertices inside London's 25,053 output areas.

    python benchmarks/coverage_edits.py [--data ../shared/data/uk/uk_oa_london_25053.fgb.xz]

The data's own areas have at most 121 vertices; the ten largest simple ones are given more on their borders (neighbours
too, so the coverage stays exact) until they have 200. Every edit is done eight times and undone; the minimum counts,
CPU time beside wall time.
"""

import argparse
import lzma
import tempfile
import time
from functools import partial
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from census_map.coverage import edits
from census_map.coverage.editor import Editor
from census_map.coverage.proof import finish
from census_map.coverage.segments import edge_key, ring_edges, unique_edges

GRID = 1e-3
DATA = Path(__file__).parents[2] / "shared/data/uk/uk_oa_london_25053.fgb.xz"


def load(path):
    """Read London in metres, with its boroughs."""
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "areas.fgb"
        plain.write_bytes(lzma.decompress(path.read_bytes()))
        areas = gpd.read_file(plain).set_index("OA11CD").to_crs(27700)
    return areas, areas.dissolve("LAD11CD")[["geometry"]]


def densified(editor, labels, count=200):
    """Give areas more vertices on their borders, in all neighbours."""
    for label in labels:
        patch = editor.patch(shapely.bounds(editor.polygon(label)))
        edges = unique_edges(ring_edges(patch.areas[label]))
        length = np.hypot(edges[:, 0] - edges[:, 2], edges[:, 1] - edges[:, 3])
        pieces = np.ones(len(edges), dtype=int)
        while pieces.sum() < count:
            pieces[np.argmax(length / pieces)] += 1
        inserts = {
            edge_key(edge): np.round(edge[:2] + (edge[2:] - edge[:2]) * (np.arange(1, n) / n)[:, None], 3)
            for edge, n in zip(edges, pieces, strict=True)
            if n > 1
        }
        editor.apply(finish(patch, {}, inserts=inserts))


def timed(action, after=None, times=8):
    """Least wall and CPU time of an action, in ms."""
    best = [np.inf, np.inf]
    for _k in range(times):
        wall, cpu = time.perf_counter(), time.process_time()
        action()
        best = [min(best[0], time.perf_counter() - wall), min(best[1], time.process_time() - cpu)]
        if after:
            after()
    return best[0] * 1e3, best[1] * 1e3


def main():
    """Run and print a line an edit."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, default=DATA)
    areas, boroughs = load(parser.parse_args().data)
    shapes = np.asarray(areas.geometry)
    outer = shapely.get_geometry(shapes, 0)
    simple = (shapely.get_num_geometries(shapes) == 1) & (shapely.get_num_interior_rings(outer) == 0)
    largest = np.argsort(-shapely.get_num_coordinates(shapes) * simple)[:10]
    labels = [areas.index[k] for k in largest]
    opening = timed(lambda: Editor(areas, boroughs, grid=GRID), times=3)
    editor = Editor(areas, boroughs, grid=GRID)
    densified(editor, labels)
    areas, boroughs = editor.areas, editor.containers
    results = {}
    for label in labels:
        polygon = editor.polygon(label)
        west, _south, east, _north = shapely.bounds(polygon)
        middle = shapely.point_on_surface(polygon)
        near = [
            (name, shapely.intersection(polygon, other))
            for name, other in editor.patch(shapely.bounds(polygon)).areas.items()
            if name != label and areas.at[name, "LAD11CD"] == areas.at[label, "LAD11CD"]
        ]
        neighbour, border = max(near, key=lambda item: item[1].length)
        border = max(shapely.get_parts(shapely.line_merge(border)), key=shapely.length)
        a, m, b = (shapely.line_interpolate_point(border, t, normalized=True) for t in (0.3, 0.5, 0.7))
        across = shapely.LineString([(west - 5, middle.y), (middle.x, middle.y + 0.3), (east + 5, middle.y + 0.7)])
        course = shapely.LineString([a, (m.x + 0.5, m.y + 0.4), b])
        pair, both = [label, neighbour], {"containers": boroughs, "grid": GRID}
        for name, action, framed in (
            ("cut", partial(editor.cut, label, across), partial(edits.cut, areas, label, across, **both)),
            ("join", partial(editor.join, pair), partial(edits.join, areas, pair, containers=boroughs)),
            (
                "move border",
                partial(editor.move_border, tuple(pair), course),
                partial(edits.move_border, areas, tuple(pair), course, **both),
            ),
        ):
            results.setdefault(name, []).append((*timed(action, editor.undo), *timed(framed, times=4)))
    print(f"open a session of {len(areas)} areas: {opening[0]:.0f} ms wall, {opening[1]:.0f} ms CPU")
    count = shapely.get_num_coordinates(editor.polygon(labels[0])) - 1
    print(f"{len(labels)} areas of {count} vertices; median (worst) ms")
    for name, rows in results.items():
        wall, cpu, frame_wall, frame_cpu = np.array(rows).T
        session = f"wall {np.median(wall):.2f} ({wall.max():.2f}) CPU {np.median(cpu):.2f} ({cpu.max():.2f})"
        framed = f"wall {np.median(frame_wall):.1f} CPU {np.median(frame_cpu):.1f}"
        print(f"{name:12s} session: {session}; frame: {framed}")


if __name__ == "__main__":
    main()
