"""
How fast a coverage is checked, beside what it must be compared with, in one run.

    python benchmarks/coverage_speed.py inside LONDON.gpkg [--within BOROUGHS.gpkg]
    python benchmarks/coverage_speed.py process FILE.gpkg [--within BOROUGHS.gpkg] [--runs 3]
    python benchmarks/coverage_speed.py fast ENGLAND_WALES.fgb
    python benchmarks/coverage_speed.py million ENGLAND_WALES.fgb [--copies 6]

`inside`: shapes already read, exactness decided (chain and validity) beside `shapely.coverage_is_valid`. `process`:
whole processes with imports and reading, the command `coverage check` with all faults named beside shapely's functions.
`fast`: the compiled loops, loaded, from WKB bytes, beside `pyogrio.read_dataframe` in the same process. `million`: the
layer beside shifted copies of itself. Every line gives wall and processor seconds (all threads), the minimum of the
runs; ratios are of one run. Trust the processor time where other programs run.
"""

import argparse
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import shapely

from census_map.coverage import find_faults, inspection, is_exact
from census_map.coverage.chain import residue
from census_map.coverage.compiled import compiled
from census_map.coverage.edges import edge_table
from census_map.coverage.wkb import ValidityOfRings, decode_wkb, edge_table_of, rings_of_wkb
from census_map.crs import grid_size

READ = "import sys, numpy as np, pyogrio, shapely; boxes = [pyogrio.read_dataframe(file) for file in sys.argv[2:]]; "
SHAPES = READ + "shapes = np.asarray(pyogrio.read_dataframe(sys.argv[1]).geometry); "
PEERS = {
    "read_dataframe": SHAPES,
    "coverage_is_valid": SHAPES + "print(shapely.coverage_is_valid(shapes))",
    "coverage_invalid_edges": SHAPES + "print(len(shapely.coverage_invalid_edges(shapes)))",
}
MEGABYTE = 1024


def processor() -> float:
    """Return the processor seconds of this process so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def best(work: Callable[[], object], runs: int) -> tuple[float, float]:
    """Return the least wall and processor seconds of some runs."""
    times = []
    for _run in range(runs):
        wall, cpu = time.perf_counter(), processor()
        work()
        times.append((time.perf_counter() - wall, processor() - cpu))
    return min(row[0] for row in times), min(row[1] for row in times)


def table(rows: dict[str, tuple[float, float]], base: str) -> None:
    """Print seconds, and their ratio to one of the rows."""
    for name, (wall, cpu) in rows.items():
        shares = wall / rows[base][0], cpu / rows[base][1]
        print(
            f"{name:44s} {wall:8.3f} s wall {cpu:8.3f} s cpu   {shares[0]:.2f} wall {shares[1]:.2f} cpu of {base}",
            flush=True,
        )


def inside(file: Path, within: Path | None, runs: int) -> None:
    """Decide exactness on shapes already read."""
    areas, boxes = pyogrio.read_dataframe(file), None if within is None else pyogrio.read_dataframe(within)
    shapes = np.asarray(areas.geometry, dtype=object)
    frame = gpd.GeoDataFrame(geometry=shapely.make_valid(shapes, method="structure"), crs=areas.crs)
    grid = grid_size(areas.crs)
    boxed = None if boxes is None else np.asarray(boxes.geometry, dtype=object)
    table(
        {
            "coverage_is_valid": best(lambda: shapely.coverage_is_valid(shapes), runs),
            "chain and validity of all, nothing skipped": best(
                lambda: inspection.inspect(shapes, boxed, grid=grid), runs
            ),
            f"is_exact: {is_exact(areas, boxes)}": best(lambda: is_exact(areas, boxes), runs),
            f"is_exact, rings mended: {is_exact(frame, boxes)}": best(lambda: is_exact(frame, boxes), runs),
        },
        "coverage_is_valid",
    )


def process(file: Path, within: Path | None, runs: int) -> None:
    """Run whole processes."""
    files = [str(path) for path in (file, within) if path is not None]
    commands = {name: [sys.executable, "-c", code, *files] for name, code in PEERS.items()}
    options = [] if within is None else ["--within", str(within)]
    exact = READ + (
        "from census_map.coverage import is_exact; areas = pyogrio.read_dataframe(sys.argv[1], columns=[]); "
        "print(is_exact(areas, *boxes))"
    )
    commands["is_exact"] = [sys.executable, "-c", exact, *files]
    commands["coverage check, all faults named"] = [
        sys.executable, "-m", "census_map.cli", "coverage", "check", str(file), *options, "--json", "-",
    ]  # fmt: skip
    rows: dict[str, list[tuple[float, float, int]]] = {name: [] for name in commands}
    for _run in range(runs):
        for name, command in commands.items():
            rows[name].append(child(command))
    least = {name: (min(r[0] for r in found), min(r[1] for r in found)) for name, found in rows.items()}
    for base in PEERS:
        table(least, base)
        print()
    for name, found in rows.items():
        print(f"{name:44s} {max(r[2] for r in found):6d} MB at most")


def child(command: list[str]) -> tuple[float, float, int]:
    """Return wall seconds, processor seconds and peak megabytes of a process."""
    watch = (
        "import os, resource, subprocess, sys; subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, "
        "stderr=subprocess.DEVNULL); used = resource.getrusage(resource.RUSAGE_CHILDREN); "
        "print(used.ru_utime + used.ru_stime, used.ru_maxrss)"
    )
    start = time.perf_counter()
    done = subprocess.run([sys.executable, "-S", "-c", watch, *command], check=True, capture_output=True, text=True)
    wall = time.perf_counter() - start
    cpu, peak = done.stdout.split()
    return wall, float(cpu), int(peak) // MEGABYTE


def fast(file: Path, runs: int) -> None:
    """Decide from WKB bytes with the compiled loops, step by step."""
    loops = compiled()
    if loops is None:
        sys.exit("numba is not installed: pip install 'census-map[fast]'")
    crs = pyogrio.read_info(file)["crs"]
    grid = grid_size(gpd.GeoSeries(crs=crs).crs)
    wkb = pyogrio.raw.read(file, columns=[])[2]
    rings = rings_of_wkb(wkb, loops)
    assert rings is not None
    fine = edge_table_of(rings, loops)
    shapes = shapely.from_wkb(wkb)

    def validity() -> object:
        with ValidityOfRings(rings, loops) as proving:
            return proving.result(decode_wkb(wkb))

    assert (validity() == shapely.is_valid(shapes)).all()

    def decided() -> None:
        inspection.inspect_wkb(pyogrio.raw.read(file, columns=[])[2], grid=grid)

    def plainly() -> None:
        inspection.inspect(shapely.from_wkb(pyogrio.raw.read(file, columns=[])[2]), grid=grid)

    compiled.cache_clear()  # as if they were not loaded
    plain = best(plainly, runs)
    compiled()
    table(
        {
            "read_dataframe": best(lambda: pyogrio.read_dataframe(file), runs),
            "read the bytes": best(lambda: pyogrio.raw.read(file, columns=[]), runs),
            "bytes to rings": best(lambda: rings_of_wkb(wkb, loops), runs),
            "rings to edge table (numpy: edge_table)": best(lambda: edge_table_of(rings, loops), runs),
            "  the same by numpy, from shapes": best(lambda: edge_table(shapes), runs),
            "chain cancelled": best(lambda: residue(fine, grid=grid, loops=loops), runs),
            "  the same by numpy": best(lambda: residue(fine, grid=grid), runs),
            "validity of all": best(validity, runs),
            "  the same by GEOS, from shapes": best(lambda: shapely.is_valid(shapes), runs),
            "file to chain and validity, compiled": best(decided, runs),
            "file to chain and validity, not compiled": plain,
        },
        "read_dataframe",
    )


def million(file: Path, copies: int) -> None:
    """Check one, two, four ... shifted copies of a layer in processes of their own."""
    for count in sorted({1, copies // 2, copies}):
        if count:
            subprocess.run([sys.executable, "-P", __file__, "tiled", file, "--copies", str(count)], check=True)


def tiled(file: Path, copies: int) -> None:
    """Check a layer beside shifted copies of itself."""
    areas = pyogrio.read_dataframe(file, columns=[])
    west, _south, east, _north = areas.total_bounds
    shapes = np.asarray(areas.geometry, dtype=object)
    step = np.ceil(east - west)  # whole degrees or metres, so that the grid stays the grid
    shifted = [shapely.transform(shapes, lambda xy, k=k: xy + np.array([step * k, 0.0])) for k in range(copies)]
    whole = gpd.GeoDataFrame(geometry=np.concatenate(shifted), crs=areas.crs)
    del areas, shapes, shifted
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // MEGABYTE
    wall, cpu = best(lambda: print(find_faults(whole)["kind"].value_counts().to_dict()), 1)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // MEGABYTE
    share = len(whole) / 1e6
    print(
        f"{len(whole):9,d} areas: {wall:7.1f} s wall {cpu:7.1f} s cpu, {cpu / share:5.1f} s cpu a million; "
        f"{held} MB with the shapes, {peak} MB at most, {peak / share:.0f} MB a million",
        flush=True,
    )


def main() -> None:
    """Run one of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["inside", "process", "fast", "million", "tiled"])
    parser.add_argument("file", type=Path)
    parser.add_argument("--within", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--copies", type=int, default=6)
    options = parser.parse_args()
    match options.what:
        case "inside":
            inside(options.file, options.within, options.runs)
        case "process":
            process(options.file, options.within, options.runs)
        case "fast":
            fast(options.file, options.runs)
        case "million":
            million(options.file, options.copies)
        case _:
            tiled(options.file, options.copies)


if __name__ == "__main__":
    main()
