"""
Check coverages: this engine beside its peers, in one run.

    python benchmarks/coverage.py FOLDER [--runs 3] [--peers coverage_is_valid,mapshaper]

FOLDER holds one input a subfolder, as the fault injector writes it: coverage.gpkg and, if there are containers,
container.gpkg. Every tool runs as a process of its own, so that imports and reading count; the minimum of the runs is
quoted, wall time and processor time. `mapshaper` is used if it is on the PATH.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

PRELUDE = """
import sys, numpy as np, shapely, pyogrio
areas = pyogrio.read_dataframe(sys.argv[1])
boxes = pyogrio.read_dataframe(sys.argv[2]) if len(sys.argv) > 2 else None
shapes = np.asarray(areas.geometry)
"""

TOOLS = {
    "read only": "",
    "coverage_is_valid": "print(shapely.coverage_is_valid(shapes))",
    "coverage_invalid_edges": "print(int((~shapely.is_empty(shapely.coverage_invalid_edges(shapes))).sum()))",
    "pairwise + difference": """
solid = shapely.make_valid(shapes)
left, right = shapely.STRtree(solid).query(solid, predicate="intersects")
left, right = left[left < right], right[left < right]
common = shapely.intersection(solid[left], solid[right])
print(int((shapely.area(common) > 0).sum()))
if boxes is not None:
    town = shapely.union_all(np.asarray(boxes.geometry))
    whole = shapely.union_all(solid)
    print(*(len(shapely.get_parts(shapely.difference(a, b))) for a, b in ((town, whole), (whole, town))))
""",
    "census_map is_exact": "from census_map.coverage import is_exact; print(is_exact(areas, boxes))",
    "census_map find_faults": """
from census_map.coverage import find_faults
print(find_faults(areas, boxes)["kind"].value_counts().to_dict())
""",
}


def run(command: list[str]) -> tuple[float, float, int, str]:
    """Return wall seconds, processor seconds, peak megabytes of all children so far, and the last line printed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    busy = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    said = (done.stdout.strip() or done.stderr.strip()).splitlines()
    return wall, busy, after.ru_maxrss // 1024, said[-1] if said else ""


def measured(command: list[str], runs: int) -> dict[str, object]:
    """Return the minimum over some runs; the peak is read in a child of its own."""
    best = [run(command) for _run in range(runs)]
    return {
        "wall_s": round(min(row[0] for row in best), 2),
        "cpu_s": round(min(row[1] for row in best), 2),
        "says": best[-1][3][:120],
    }


def main() -> None:
    """Print a line a tool and input, and the table as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--tools", default=",".join([*TOOLS, "mapshaper"]))
    options = parser.parse_args()
    table = []
    for folder in sorted(path.parent for path in options.folder.glob("*/coverage.gpkg")):
        files = [str(path) for path in (folder / "coverage.gpkg", folder / "container.gpkg") if path.exists()]
        for tool in options.tools.split(","):
            if tool == "mapshaper":
                program = shutil.which("mapshaper")
                if program is None:
                    continue
                command = [program, files[0], "-snap", "-check-geometry"]
            else:
                command = [sys.executable, "-c", PRELUDE + TOOLS[tool], *files]
            row = {"input": folder.name, "tool": tool, **measured(command, options.runs)}
            table.append(row)
            sys.stdout.write("{input:20s} {tool:26s} {wall_s:8.2f} s wall {cpu_s:8.2f} s cpu  {says}\n".format(**row))
            sys.stdout.flush()
    sys.stdout.write(json.dumps({"cpus": os.cpu_count(), "rows": table}) + "\n")


if __name__ == "__main__":
    main()
