"""Real coverages and QGIS's own test layers, read beside the project; each disagreement is explained."""

import json
import lzma
import subprocess
import sys
from itertools import combinations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from census_map.coverage import fault_report, find_faults, is_exact

pytestmark = pytest.mark.real


def unpacked(folder, name, tmp_path):
    target = tmp_path / "areas.fgb"
    target.write_bytes(lzma.decompress((folder / name).read_bytes()))
    return gpd.read_file(target)


def qgis_layer(folder, name):
    layer = gpd.read_file(folder / "qgis-testdata/geometry_checker" / name)
    return layer[~shapely.is_missing(np.asarray(layer.geometry))]


def overlaps_of(areas):
    """The plain method: every pair of areas whose interiors meet, with their common ground in CRS units."""
    shapes = solid(areas)
    left, right = shapely.STRtree(shapes).query(shapes)
    left, right = left[left < right], right[left < right]
    common = shapely.intersection(shapes[left], shapes[right])
    return {(i, j): size for i, j, size in zip(left, right, shapely.area(common), strict=True) if size > 0}


def holes_of(areas):
    """The plain method: what the outlines of the union enclose and no area covers, in CRS units."""
    union = shapely.union_all(solid(areas))
    rings = shapely.get_exterior_ring(shapely.get_parts(union))
    holes = shapely.get_parts(shapely.difference(shapely.union_all(shapely.polygons(rings)), union))
    return holes[~shapely.is_empty(holes)]


def solid(areas):
    shapes = np.array(areas.geometry, dtype=object)
    broken = ~shapely.is_valid(shapes)
    shapes[broken] = shapely.make_valid(shapes[broken])
    return shapes


def layer(shared_data, tmp_path, name):
    if name.endswith(".xz"):
        return unpacked(shared_data, name, tmp_path)
    file, _colon, part = name.partition(":")
    return gpd.read_file(shared_data / file, layer=part or None)


CLEAN = {
    # name: field by which areas are put into containers, None where a file holds one container only
    "scotland/dundee_S12000042_oa.fgb.xz": None,
    "scotland/moray_S12000020_oa.fgb.xz": None,
    "scotland/aberdeen_S12000033_oa.fgb.xz": None,
    "taipei/taipei_4352.gpkg:villages": "TOWNNAME",
    "taipei/structures.gpkg:villages": None,
    "liechtenstein/township.gpkg:communes": None,
    "providence/Providence_blocks.zip": "TRACTCE10",
    "uk/eng/oa_by_lad/E06000053.json": "LAD11CD",
    "uk/eng/oa_by_lad/E07000008.json": "LAD11CD",
    "uk/eng/oa_by_lad/E09000001.json": "LAD11CD",
    "uk/eng/oa_by_lad/E09000012.json": "LAD11CD",
    "uk/wal/oa_by_lad/W06000024.json": "LAD11CD",
}


# Folders that hold no coverage, or whose coverages are tested elsewhere.
WITHOUT = {
    "addresses": "texts",
    "china-codes": "tables of codes",
    "gerrychain": "graphs without shapes",
    "jts-coverage": "shapes in texts: test_jts_cases.py",
}
OTHERS = {"momepy", "qgis-testdata", "uk"}  # with faults, each in a test of its own below


def test_every_folder_that_holds_a_coverage_is_tested(shared_data):
    folders = {path.name for path in shared_data.iterdir() if path.is_dir()}

    assert folders == {name.split("/")[0] for name in CLEAN} | OTHERS | set(WITHOUT)
    files = {f"uk/{path.relative_to(shared_data / 'uk')}" for path in (shared_data / "uk").rglob("*.json")}
    assert files == {name for name in CLEAN if name.startswith("uk/")} | {"uk/eng/lsoa_by_lad/E09000012.json"}


@pytest.mark.parametrize("name", CLEAN)
def test_clean_coverages_have_no_fault(shared_data, tmp_path, name):
    areas = layer(shared_data, tmp_path, name)

    assert is_exact(areas)
    assert find_faults(areas).empty
    if (field := CLEAN[name]) is not None:
        of = areas.groupby(field).ngroup().to_numpy()
        shapes = np.asarray(areas.geometry)
        boxes = [shapely.coverage_union_all(shapes[of == number]) for number in range(of.max() + 1)]
        assert find_faults(areas, gpd.GeoDataFrame(geometry=boxes, crs=areas.crs)).empty


@pytest.mark.parametrize("name", ["scotland/dundee_S12000042_oa.fgb.xz", "taipei/taipei_4352.gpkg:villages"])
def test_the_plain_method_finds_nothing_in_clean_coverages_either(shared_data, tmp_path, name):
    areas = layer(shared_data, tmp_path, name)

    assert overlaps_of(areas) == {}
    assert len(holes_of(areas)) == 0


def test_noise_in_the_last_digits_is_no_fault(shared_data):
    """
    Hackney's larger areas were dissolved from others and kept in full double digits.

    The plain method finds hundreds of overlaps and holes; all are narrower than any ruler: less than 3 cm² (4e-14
    square degrees), on borders of hundreds of metres, where the grid of 1e-8 degrees is 1 mm.
    """
    areas = gpd.read_file(shared_data / "uk/eng/lsoa_by_lad/E09000012.json")

    assert find_faults(areas).empty
    assert len(overlaps_of(areas)) == 346
    assert max(overlaps_of(areas).values()) < 4e-14
    assert shapely.area(holes_of(areas)).max() < 4e-14


def test_the_faults_of_a_tessellation(shared_data):
    """
    Morphological cells of Prague's Bubeneč, cut from Voronoi polygons.

    Where neighbours meet at the rim, the corners of some lie a millimetre or two apart: notches of the outline. The gap
    is the park in the middle, which has no building and so no cell.
    """
    areas = gpd.read_file(shared_data / "momepy/bubenec.gpkg", layer="tessellation")
    faults = find_faults(areas)

    assert faults["kind"].tolist() == ["gap"]
    (hole,) = holes_of(areas)
    gap = faults[faults["kind"] == "gap"].iloc[0]
    assert gap["geometry"].symmetric_difference(hole).area < 0.1
    # Web Mercator stretches lengths at 50.1 degrees north by 1.559.
    assert gap["area_m2"] == pytest.approx(hole.area / 1.559**2, rel=0.01)


def test_the_faults_of_a_cadastre(shared_data):
    """
    Parcels of Bubeneč, drawn to the centimetre and reprojected: their vertices miss neighbours' edges by millimetres.

    Every pair that overlaps does so by the plain method, and every overlapping pair of the plain method is named.
    The number of pieces differs: on a grid of 1 mm a border that zigzags about another is cut up elsewhere. Three gaps
    are ground without a parcel (a street and two yards), the other 85 are slivers.
    """
    areas = gpd.read_file(shared_data / "momepy/bubenec.gpkg", layer="plots")
    faults = find_faults(areas)
    shapes = np.asarray(faults.geometry)
    gaps, overlaps = (faults["kind"] == kind for kind in ("gap", "overlap"))
    plain = overlaps_of(areas)

    assert faults["kind"].value_counts().to_dict() == {"gap": 88, "overlap": 88, "unmatched": 12}
    assert {tuple(sorted(pair)) for pair in faults[overlaps]["areas"]} == set(plain)
    assert len(plain) == 23
    assert shapely.area(shapes[overlaps]).sum() == pytest.approx(sum(plain.values()), abs=0.03)
    holes = holes_of(areas)
    assert shapely.area(shapes[gaps]).sum() == pytest.approx(shapely.area(holes).sum(), abs=0.05)
    assert sorted(shapely.area(shapes[gaps]))[-3:] == pytest.approx([20.46, 659.97, 807.23], abs=0.01)
    assert sorted(shapely.area(shapes[gaps]))[-4] < 0.02


def test_the_faults_of_a_layer_to_be_followed(shared_data):
    """
    QGIS's reference layer for another check is itself full of slivers, some of them records of their own.

    Five of the six contained areas are such slivers (0.01 to 0.05 m²), the sixth (131) a yard of 114 m² drawn over
    the parcel around it. The plain method finds 40 overlapping pairs; those that are missing here are narrower than
    2 mm, which rounding both sides to the grid of 1 mm can close. Twice a sliver of that size along two neighbours is
    told as one fault of all three areas.
    """
    areas = qgis_layer(shared_data, "follow_ref.shp").reset_index(drop=True)
    faults = find_faults(areas)
    plain = overlaps_of(areas)

    assert faults["kind"].value_counts().to_dict() == {"overlap": 20, "gap": 8, "contained": 6, "unmatched": 2}
    contained = {pair: areas.geometry[pair[0]].area for pair in faults[faults["kind"] == "contained"]["areas"]}
    assert contained == pytest.approx(
        {(4, 6): 0.025, (0, 1, 75): 0.010, (123, 126): 0.048, (131, 90): 113.994, (76, 34): 0.024, (93, 126): 0.037},
        abs=0.001,
    )
    named = {
        pair for labels in faults[faults["kind"].isin(["overlap", "contained"])]["areas"] for pair in pairs(labels)
    }
    assert named - set(plain) == {(49, 50), (97, 101), (106, 108)}
    slivers = {labels[0] for labels in contained}  # told once, as contained; not again in every overlap there
    for pair in set(plain) - named:
        assert widest(areas, pair) < 2e-3 or slivers & set(pair), pair


def widest(areas, pair):
    """Mean width of the widest piece of the common ground of two areas, metres."""
    common = shapely.get_parts(shapely.intersection(*(areas.geometry[label] for label in pair)))
    common = common[shapely.get_dimensions(common) == 2]
    return (2 * shapely.area(common) / shapely.length(common)).max()


def pairs(labels):
    return {tuple(sorted(pair)) for pair in combinations(labels, 2)}


def test_the_overlaps_of_the_small_qgis_layers(shared_data):
    """Countries drawn by hand: what overlaps and what is enclosed is what the plain method says."""
    for name, kinds in (
        ("polys_overlapping", {"overlap": 1, "gap": 1}),
        ("polys_overlapping_with_cat", {"overlap": 2}),
        ("polys_overlapping_with_id", {"overlap": 1, "gap": 1}),
        ("geometry_checker/follow_subj", {}),
    ):
        areas = gpd.read_file(shared_data / f"qgis-testdata/{name}.shp")
        faults = find_faults(areas)
        overlaps = faults[faults["kind"] == "overlap"]
        assert faults["kind"].value_counts().to_dict() == kinds, name
        assert {tuple(sorted(pair)) for pair in overlaps["areas"]} == set(overlaps_of(areas)), name
        assert shapely.area(np.asarray(overlaps.geometry)).sum() == pytest.approx(sum(overlaps_of(areas).values())), (
            name
        )
    assert find_faults(qgis_layer(shared_data, "polygon_layer_empty_geometries.geojson")).empty


@pytest.mark.slow
def test_london_has_fourteen_rings_that_touch_themselves_and_nothing_else(shared_data, tmp_path):
    """GEOS names a ring self-intersection in each: outlines pinched to a point. Pulled apart they cover the same."""
    areas = unpacked(shared_data, "uk/uk_oa_london_25053.fgb.xz", tmp_path)
    of = areas.groupby("LAD11CD").ngroup().to_numpy()
    shapes = solid(areas)
    boxes = [shapely.coverage_union_all(shapes[of == number]) for number in range(of.max() + 1)]

    faults = find_faults(areas)

    assert faults["kind"].tolist() == ["invalid"] * 14
    broken = np.asarray(areas.geometry[[label for (label,) in faults["areas"]]])
    assert {reason.split("[")[0] for reason in shapely.is_valid_reason(broken)} == {"Ring Self-intersection"}
    assert {label for (label,) in faults["areas"]} == set(np.flatnonzero(~shapely.is_valid(np.asarray(areas.geometry))))
    assert find_faults(areas.set_geometry(shapes), gpd.GeoDataFrame(geometry=boxes, crs=areas.crs)).empty


@pytest.mark.slow
def test_the_faults_of_england_and_wales(shared_data, tmp_path):
    """
    Rings that touch themselves, and two areas (E00135931, E00061928) drawn a hair's breadth beside their neighbours.

    The invalid ones are those that GEOS names. All unmatched vertices, overlaps and gaps belong to those two areas and
    are at most 5 mm wide, but for two gaps: ground of 0.76 and 17.6 ha that no output area covers.
    """
    areas = unpacked(shared_data, "uk/uk_oa_england_wales_181408.fgb.xz", tmp_path)

    faults = find_faults(areas)

    assert faults["kind"].value_counts().to_dict() == {"invalid": 318, "overlap": 32, "gap": 29, "unmatched": 26}
    broken = {label for (label,) in faults["areas"][faults["kind"] == "invalid"]}
    assert broken == set(np.flatnonzero(~shapely.is_valid(np.asarray(areas.geometry))).tolist())
    odd = set(areas.index[areas["OA11CD"].isin(["E00135931", "E00061928"])])
    others = faults[faults["kind"] != "invalid"]
    theirs = np.array([bool(odd & set(labels)) for labels in others["areas"]])
    assert others["width_m"][theirs].max() < 0.005
    assert others["kind"][~theirs].tolist() == ["gap", "gap"]
    assert sorted(others["area_m2"][~theirs]) == pytest.approx([7564.2, 176_081.6], abs=0.1)


def test_the_gaps_of_the_qgis_gap_layer(shared_data):
    """QGIS finds five: its threshold of 0.01 deg² leaves the sixth and largest out; size is no reason here."""
    expected = json.loads((shared_data / "qgis-testdata/EXPECTED.json").read_text())["gap_layer.shp"]
    gaps = find_faults(qgis_layer(shared_data, "gap_layer.shp"))

    assert gaps["kind"].tolist() == ["gap"] * 6
    found = sorted(shape.area for shape in gaps.geometry if shape.area < expected["gapThreshold"])
    assert found == pytest.approx(sorted(area for _x, _y, area in expected["gaps_centroid_area"]), abs=1e-4)


def test_the_errors_of_the_qgis_polygon_layer(shared_data):
    """QGIS counts a duplicate and a contained polygon among the overlaps as well; here each is one fault."""
    faults = find_faults(qgis_layer(shared_data, "polygon_layer.shp"))
    owners = {kind: set(map(frozenset, group)) for kind, group in faults.groupby("kind")["areas"]}

    assert owners["duplicate"] == {frozenset({7, 8})}
    assert frozenset({3, 0}) in owners["contained"]
    assert {frozenset({0, 10}), frozenset({7, 9})} <= owners["overlap"]
    # 6 is the degenerate one; 1 and 12 cross themselves. The self-contact of 9 is a hole touching its shell: valid.
    assert owners["invalid"] == {frozenset({6}), frozenset({1}), frozenset({12})}


def test_the_missing_vertices_of_the_qgis_layer(shared_data):
    """Two of QGIS's five are vertices in an exact border; the other three are corners of gaps, and go with those."""
    expected = json.loads((shared_data / "qgis-testdata/EXPECTED.json").read_text())["missing_vertex.gpkg"]["at"]
    faults = find_faults(qgis_layer(shared_data, "missing_vertex.gpkg"))
    places = shapely.points([place for several in expected.values() for place in several])

    assert sorted(faults["kind"]) == ["gap", "gap", "unmatched", "unmatched"]
    distance = shapely.distance(places[:, None], np.asarray(faults.geometry)[None, :]).min(axis=1)
    assert (distance < 0.02).all()
    vertices = np.asarray(faults.geometry[faults["kind"] == "unmatched"])
    assert (shapely.distance(vertices[:, None], places[None, :]).min(axis=1) < 1e-5).all()


@pytest.mark.parametrize(
    ("name", "kind"), [("gap_layer_point_in_poly", "gap"), ("overlap_layer_tolerance_bug", "overlap")]
)
def test_the_single_errors_that_qgis_got_wrong_once(shared_data, name, kind):
    assert (find_faults(qgis_layer(shared_data, f"{name}.shp"))["kind"] == kind).sum() == 1


@pytest.mark.slow
def test_planted_faults_of_every_class_are_found_and_nothing_else(shared_data, shared_tools, tmp_path):
    if not hasattr(shapely, "coverage_is_valid") or shapely.geos_version < (3, 12):
        pytest.skip("the injector needs GEOS 3.12")
    clean = tmp_path / "clean.fgb"
    clean.write_bytes(lzma.decompress((shared_data / "scotland/dundee_S12000042_oa.fgb.xz").read_bytes()))
    source = ["--input", clean, "--to-crs", "EPSG:27700", "--k", "4"]
    inject = [sys.executable, shared_tools / "inject_faults.py", *source, "--seed", "5", "--out", tmp_path]
    subprocess.run(list(map(str, inject)), check=True, capture_output=True)
    areas, boxes = (gpd.read_file(tmp_path / f"{name}.gpkg") for name in ("coverage", "container"))
    check = tmp_path / "check.json"
    check.write_text(json.dumps(fault_report(areas, boxes)))
    score = [sys.executable, shared_tools / "score_faults.py", tmp_path / "truth.json", check]

    done = subprocess.run(list(map(str, score)), check=False, capture_output=True, text=True)

    assert done.returncode == 0, done.stdout
