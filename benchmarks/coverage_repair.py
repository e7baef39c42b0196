"""
Score repair proposals against planted faults.

    python benchmarks/coverage_repair.py FOLDER [FOLDER ...]

FOLDER is what `inject_faults.py --out FOLDER` wrote. The right first proposal, by class: gaps (1, 2, 11, 12) the area
that lost the ground; overlaps (5, 11) the area it was taken from; a missing area (3, 4) a new area, because its owner
is gone and no neighbour ever had the ground; a duplicate (6) the original keeps the ground; a contained area (7) either
record keeps geometry, the inner one cut out; a one-sided vertex (8) inserted in the other; spill (9) clipped from the
area that spills; an invalid ring (10) redrawn. The line 'with an owner to name' leaves out 3, 4, 7 and 8.
"""

import argparse
import collections
import json
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from census_map.coverage import apply_proposals, choose, find_faults, is_exact, propose


def is_right(defect, proposal):
    """Tell whether a first proposal names the owner that the truth knows."""
    cls, fids = defect["class"], defect["fids"]
    gap = cls in {1, 2, 12} or (cls == 11 and defect["variant"] == "gap")
    action, owner = {
        3: ("add", None),
        4: ("add", None),
        6: ("empty", fids[0]),
        8: ("match", proposal.owner),
        9: ("clip", None),
        10: ("redraw", fids[0]),
    }.get(cls, ("give", fids[0] if gap else fids[-1]))
    clipped = cls != 9 or list(proposal.effect.loses) == fids
    return clipped and (proposal.action, proposal.owner) == (action, owner)


def score(folder):
    """Score one folder and print its table."""
    areas = gpd.read_file(folder / "coverage.gpkg").set_index("uid")
    containers = gpd.read_file(folder / "container.gpkg").set_index("code")
    truth = json.loads((folder / "truth.json").read_text())["defects"]
    start = time.process_time()
    faults = find_faults(areas, containers)
    found = time.process_time()
    proposals = propose(areas, faults, containers)
    proposed = time.process_time()
    first = {proposal.fault: proposal for proposal in proposals if proposal.rank == 1}
    tree = shapely.STRtree(np.asarray(faults.geometry))
    right, total = collections.Counter(), collections.Counter()
    for defect in truth:
        zone = shapely.buffer(shapely.from_wkt(defect["zone"]), 0.02)
        near = [faults.index[k] for k in tree.query(zone, predicate="intersects")]
        total[defect["class"]] += 1
        right[defect["class"]] += bool(near) and all(is_right(defect, first[fault]) for fault in near)
    print(f"{folder.name}: {len(areas)} records, {len(truth)} planted, {len(faults)} faults")
    print("  right first, by class: " + ", ".join(f"{cls}: {right[cls]}/{total[cls]}" for cls in sorted(total)))
    owned = [cls for cls in total if cls not in {3, 4, 7, 8}]
    for name, classes in (("all", list(total)), ("with an owner to name", owned)):
        n, of = sum(right[cls] for cls in classes), sum(total[cls] for cls in classes)
        print(f"  right first, {name}: {n} of {of}" + (f" = {100 * n / of:.1f} %" if of else ""))
    print(f"  CPU s: check {found - start:.1f}, proposals {proposed - found:.1f}")
    for missing in ("new", "neighbour"):
        chosen = choose(propose(areas, faults, containers, missing=missing), allow_empty=True)
        begin = time.process_time()
        done = apply_proposals(areas, chosen, containers, faults=faults, allow_empty=True)
        moved = shapely.area(shapely.symmetric_difference(done.containers.geometry.values, containers.geometry.values))
        fixed = done.areas
        kept = fixed.index[: len(areas)].equals(areas.index)
        fields = [name for name in areas.columns if name != "geometry"]
        same = all(
            fixed[name].iloc[: len(areas)].astype(str).tolist() == areas[name].astype(str).tolist()
            for name in fields
            if not str(fixed[name].dtype).startswith(("Int", "UInt", "boolean"))
        )
        print(
            f"  accepted, missing={missing}: {len(done.applied)} applied, {len(done.refused)} refused, "
            f"faults left {len(done.faults)}, exact {is_exact(fixed, done.containers)}, records {len(fixed)} "
            f"({len(fixed) - len(areas)} new, {int(fixed.geometry.is_empty.sum())} without geometry), all kept {kept}, "
            f"attributes kept {same}, containers moved by {max(moved):.2e} m2, CPU {time.process_time() - begin:.1f} s"
        )


def main():
    """Score the folders named."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folders", nargs="+", type=Path)
    for folder in parser.parse_args().folders:
        score(folder)


if __name__ == "__main__":
    main()
