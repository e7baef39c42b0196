"""
Time the live check: one polygon edited in a whole country's areas.

    python benchmarks/coverage_live.py [--data ../shared/data/uk/uk_oa_london_25053.fgb.xz] [--edits 200]

Areas in the data's own CRS, their outline as container. Each edit moves a random corner of a random area by about three
metres: of that area alone, which makes faults; of all areas that share it, which keeps the coverage exact; and back.
Printed are medians and the 90th and 100th part of a hundred of processor time: of `update`, after which the faults are
known, and of looking at them, which measures them.
"""

import argparse
import lzma
import resource
import tempfile
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from census_map.coverage.live import LiveCoverage

DATA = Path(__file__).parents[2] / "shared/data/uk/uk_oa_london_25053.fgb.xz"
STEP = 3e-5  # degrees


def load(path):
    """Read the areas."""
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "areas.fgb"
        plain.write_bytes(lzma.decompress(path.read_bytes()))
        return gpd.read_file(plain)


def timed(action):
    """Processor time of an action in ms, and what it gives."""
    begin = time.process_time_ns()
    result = action()
    return (time.process_time_ns() - begin) / 1e6, result


def with_corner_moved(polygon, corner, to):
    """A copy of a polygon with one vertex elsewhere."""
    xy = shapely.get_coordinates(polygon)
    xy[(xy == corner).all(axis=1)] = to
    return shapely.set_coordinates(np.array([polygon], dtype=object), xy)[0]


def main():
    """Run and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--edits", type=int, default=200)
    options = parser.parse_args()
    areas = load(options.data)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start, live = timed(lambda: LiveCoverage(areas))
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"{len(areas)} areas: {start / 1e3:.2f} s to begin, {len(live.faults)} faults, peak {after >> 10} MB")
    print(f"(after reading: {peak >> 10} MB)")
    shapes = np.asarray(areas.geometry)
    tree = shapely.STRtree(shapes)
    chance = np.random.default_rng(1)
    times = {}
    for row in chance.integers(len(areas), size=options.edits).tolist():
        corners = shapely.get_coordinates(shapes[row])
        corner = corners[chance.integers(len(corners))]
        to = corner + chance.normal(0, STEP, 2)
        rows = [
            k
            for k in tree.query(shapely.Point(corner)).tolist()
            if (shapely.get_coordinates(shapes[k]) == corner).all(axis=1).any()
        ]
        moved = {k: with_corner_moved(shapes[k], corner, to) for k in rows}
        if not all(map(shapely.is_valid, moved.values())):
            continue
        for name, changes in (("of one area", {row: moved[row]}), ("of all who share it", moved)):
            taken, change = timed(lambda changes=changes: live.update(changes))
            looked, faults = timed(lambda change=change: change.new)
            times.setdefault(f"a corner moved, {name}", []).append(taken)
            if faults:
                times.setdefault("the faults looked at", []).append(looked)
                times.setdefault("both together", []).append(taken + looked)
            back, change = timed(lambda changes=changes: live.update({k: shapes[k] for k in changes}))
            times.setdefault(f"back, {name}", []).append(back)
    for name, taken in times.items():
        median, most, all_of_them = np.quantile(taken, (0.5, 0.9, 1.0))
        print(f"{name:36s} {len(taken):4d} times: median {median:.2f}, 90 % {most:.2f}, worst {all_of_them:.2f} ms CPU")


if __name__ == "__main__":
    main()
