"""
Other programs that look for faults of a coverage, each written as well as it allows; `coverage.py` runs them.

    python benchmarks/coverage_peers.py TOOL AREAS [CONTAINERS] [--faults F.json] [--mapshaper PROGRAM]

Each runs in a process of its own and loads only what it needs. `--faults` writes what was found as `score_faults.py`
reads it; without it nothing is written, and only the time counts. Without containers the enclosed holes are the gaps.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

Faults = list[tuple[str, str]]  # kind, WKT


def main():
    """Run one tool and print one line about what it found."""
    parser = argparse.ArgumentParser()
    parser.add_argument("tool", choices=TOOLS)
    parser.add_argument("areas")
    parser.add_argument("containers", nargs="?")
    parser.add_argument("--faults", type=Path)
    parser.add_argument("--mapshaper", default="mapshaper")
    options = parser.parse_args()
    said, faults = TOOLS[options.tool](options)
    print(said)
    if options.faults is not None:
        rows = [{"kind": kind, "wkt": wkt} for kind, wkt in faults()]
        options.faults.write_text(json.dumps({"faults": rows}))


def read(options):
    """Read areas and containers as every tool on shapely does."""
    import numpy as np  # noqa: PLC0415
    import pyogrio  # noqa: PLC0415

    areas = np.asarray(pyogrio.read_dataframe(options.areas).geometry)
    return areas, None if options.containers is None else np.asarray(
        pyogrio.read_dataframe(options.containers).geometry
    )


def unit(areas):
    """Give the length of about a metre: one, or in degrees a hundred-thousandth."""
    import shapely  # noqa: PLC0415

    return 1e-5 if max(map(abs, shapely.total_bounds(areas))) <= 360 else 1.0


def nothing():
    """List no faults."""
    return []


def listed(*groups):
    """List the non-empty parts of some geometries, each under its kind."""
    import shapely  # noqa: PLC0415

    def rows():
        return [
            (kind, wkt)
            for kind, shapes in groups
            for part in [shapely.get_parts(shapes)]
            for wkt in shapely.to_wkt(part[~shapely.is_empty(part)], rounding_precision=6)
        ]

    return rows


def read_only(options):
    """Read, nothing else: what every tool spends before it begins."""
    areas, _boxes = read(options)
    return f"{len(areas)} areas", nothing


def coverage_is_valid(options):
    """Ask GEOS for yes or no."""
    import shapely  # noqa: PLC0415

    return str(bool(shapely.coverage_is_valid(read(options)[0]))), nothing


def coverage_invalid_edges(options, *, gap_width=0.0):
    """Ask GEOS for the edges that do not match; the gap width is in metres."""
    import shapely  # noqa: PLC0415

    areas, _boxes = read(options)
    edges = shapely.coverage_invalid_edges(areas, gap_width=gap_width * unit(areas))
    edges = edges[~shapely.is_empty(edges)]
    return f"{len(edges)} areas with such edges", listed(("edge", edges))


def coverage_clean(options):
    """Let GEOS clean the coverage: what an area gained or lost was a fault; the containers' remainder as well."""
    import numpy as np  # noqa: PLC0415
    import shapely  # noqa: PLC0415

    areas, boxes = read(options)
    valid = shapely.is_valid(areas)
    clean = shapely.coverage_clean(areas, gap_width=1.0 * unit(areas))
    other = np.flatnonzero(~shapely.equals_identical(shapely.normalize(areas), shapely.normalize(clean)))
    solid = areas[other].copy()
    broken = ~valid[other]
    solid[broken] = shapely.make_valid(solid[broken])
    gained, lost = shapely.difference(clean[other], solid), shapely.difference(solid, clean[other])
    changed = real(np.concatenate((gained, lost)), areas)
    gaps, spills = remainders(shapely.coverage_union_all(clean[~shapely.is_empty(clean)]), boxes, areas)
    said = f"{len(changed)} areas changed, {int((~valid).sum())} invalid, {len(gaps)} gaps, {len(spills)} spills"
    return said, listed(("changed", changed), ("invalid", areas[~valid]), ("gap", gaps), ("spill", spills))


def pairwise(options):
    """Intersect the pairs whose interiors meet, and take the union from the containers and the reverse."""
    import shapely  # noqa: PLC0415

    areas, boxes = read(options)
    valid = shapely.is_valid(areas)
    solid = areas.copy()
    solid[~valid] = shapely.make_valid(areas[~valid])
    left, right = shapely.STRtree(solid).query(solid)
    left, right = left[left < right], right[left < right]
    # One predicate for all pairs, the overlay only where ground is shared: four times as quick as all overlays.
    shared = shapely.relate_pattern(solid[left], solid[right], "T********")
    overlaps = real(shapely.intersection(solid[left[shared]], solid[right[shared]]), areas)
    gaps, spills = remainders(shapely.disjoint_subset_union_all(solid), boxes, areas)
    said = f"{len(overlaps)} overlaps, {int((~valid).sum())} invalid, {len(gaps)} gaps, {len(spills)} spills"
    return said, listed(("overlap", overlaps), ("invalid", areas[~valid]), ("gap", gaps), ("spill", spills))


def noise(width, height):
    """Give the area below which a sliver is what rounding leaves of a matching border: London 0.4 mm²."""
    return 1e-16 * max(width, height) ** 2


def real(shapes, areas):
    """Keep the parts that are more than rounding, and not the borders that an overlay returns beside them."""
    import shapely  # noqa: PLC0415

    shapes = shapely.get_parts(shapes)
    west, south, east, north = shapely.total_bounds(areas)
    return shapes[shapely.area(shapes) > noise(east - west, north - south)]


def remainders(whole, boxes, areas):
    """Give what the containers have more than the union, and the union more than they; without them its holes."""
    import shapely  # noqa: PLC0415

    if boxes is None:
        parts = shapely.get_parts(whole)
        rings, of = shapely.get_rings(parts, return_index=True)
        return real(shapely.polygons(rings[1:][of[1:] == of[:-1]]), areas), parts[:0]
    town = shapely.union_all(boxes)
    return real(shapely.difference(town, whole), areas), real(shapely.difference(whole, town), areas)


def qgis_chain(options):
    """Chain QGIS's own algorithms: validity, self-union, dissolve, difference with the containers."""
    from qgis.core import Qgis, QgsApplication, QgsVectorLayer  # noqa: PLC0415

    application = QgsApplication([], False)  # noqa: FBT003
    QgsApplication.initQgis()
    sys.path.append(str(Path(QgsApplication.pkgDataPath()) / "python" / "plugins"))
    import processing  # noqa: PLC0415
    from processing.core.Processing import Processing  # noqa: PLC0415

    Processing.initialize()

    def run(name, **parameters):
        return processing.run(f"native:{name}", {**parameters, "OUTPUT": "memory:"})["OUTPUT"]

    def ground(layer):
        shapes = (feature.geometry() for feature in layer.getFeatures())
        parts = [part for shape in shapes for part in shape.asGeometryCollection()]
        return [part for part in parts if part.area() > noise(extent.width(), extent.height())]

    layer = QgsVectorLayer(options.areas, "areas")
    extent = layer.extent()
    shapes = [feature.geometry() for feature in layer.getFeatures()]
    broken = [shape for shape in shapes if shape.validateGeometry(Qgis.GeometryValidationEngine.Geos)]
    fixed = run("fixgeometries", INPUT=options.areas, METHOD=1)
    overlaps = _repeated(ground(run("union", INPUT=fixed)))
    whole = run("dissolve", INPUT=fixed)
    if options.containers is None:
        gaps, spills = ground(run("difference", INPUT=run("deleteholes", INPUT=whole), OVERLAY=whole)), []
    else:
        town = run("dissolve", INPUT=options.containers)
        gaps = ground(run("difference", INPUT=town, OVERLAY=whole))
        spills = ground(run("difference", INPUT=whole, OVERLAY=town))
    pieces = {
        kind: [part.asWkt(6) for part in parts]
        for kind, parts in (("overlap", overlaps), ("invalid", broken), ("gap", gaps), ("spill", spills))
    }
    said = ", ".join(f"{len(rows)} {kind}" for kind, rows in pieces.items())
    del layer, shapes, fixed, whole, gaps, spills, broken, overlaps
    application.exitQgis()
    return said, lambda: [(kind, wkt) for kind, rows in pieces.items() for wkt in rows]


def _repeated(shapes):
    """Keep the pieces of a self-union that occur twice: the union repeats shared ground, once an owner."""
    seen = {}
    for shape in shapes:
        shape.normalize()
        seen.setdefault(bytes(shape.asWkb()), []).append(shape)
    return [group[0] for group in seen.values() if len(group) > 1]


def mapshaper_check(options):
    """Let mapshaper count the crossings of borders."""
    done = subprocess.run(
        [options.mapshaper, options.areas, "-check-geometry"], check=True, capture_output=True, text=True
    )
    return done.stderr.strip().splitlines()[-1], nothing


def mapshaper_chain(options):
    """Let mapshaper lay the areas flat, count the owners of each tile, and erase areas and containers."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["-i", options.areas, *([options.containers] if options.containers else []), "combine-files"]
        name = Path(options.areas).stem
        # Without containers a mosaic's tiles that nobody owns are the gaps.
        command += ["-mosaic", "calc=n=count()", f"target={name}", "name=tiles", "+"]
        command += ["-filter", "n != 1", "target=tiles", "-o", "target=tiles", f"{folder}/overlap.json"]
        if options.containers:
            town = Path(options.containers).stem
            for kind, target, source in (("gap", town, name), ("spill", name, town)):
                command += ["-erase", source, f"target={target}", f"name={kind}", "+"]
                command += ["-filter", "this.area > 0", f"target={kind}"]
                command += ["-o", f"target={kind}", f"{folder}/{kind}.json"]
        program = {"env": {**os.environ, "NODE_OPTIONS": "--max-old-space-size=8000"}}
        subprocess.run([options.mapshaper, *command], check=True, capture_output=True, **program)
        texts = {path.stem: path.read_text() for path in Path(folder).glob("*.json")}

    def rows():
        import shapely  # noqa: PLC0415

        return listed(*((kind, shapely.from_geojson(text)) for kind, text in sorted(texts.items())))()

    counts = ", ".join(f"{text.count('coordinates')} {kind}" for kind, text in sorted(texts.items()))
    return counts, rows


def is_exact(options):
    """Ask this engine for yes or no."""
    import pyogrio  # noqa: PLC0415

    from census_map.coverage import is_exact as ask  # noqa: PLC0415

    return str(ask(*(pyogrio.read_dataframe(path) for path in (options.areas, options.containers) if path))), nothing


def find_faults(options):
    """Ask this engine for all faults."""
    import pyogrio  # noqa: PLC0415

    from census_map.coverage import find_faults as ask  # noqa: PLC0415

    faults = ask(*(pyogrio.read_dataframe(path) for path in (options.areas, options.containers) if path))
    counts = ", ".join(f"{number} {kind}" for kind, number in faults["kind"].value_counts().items())
    return counts or "no fault", lambda: zip(faults["kind"], faults.geometry.to_wkt(), strict=True)


TOOLS = {
    "read only": read_only,
    "coverage_is_valid": coverage_is_valid,
    "coverage_invalid_edges 0": coverage_invalid_edges,
    "coverage_invalid_edges 1e-6": lambda options: coverage_invalid_edges(options, gap_width=1e-6),
    "coverage_invalid_edges 1.0": lambda options: coverage_invalid_edges(options, gap_width=1.0),
    "coverage_clean + difference": coverage_clean,
    "pairwise + difference": pairwise,
    "QGIS chain": qgis_chain,
    "mapshaper check": mapshaper_check,
    "mapshaper mosaic + erase": mapshaper_chain,
    "census_map is_exact": is_exact,
    "census_map find_faults": find_faults,
}

if __name__ == "__main__":
    main()
