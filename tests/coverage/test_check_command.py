"""`census-map coverage check` on files: result, layers, exit status, one line where it cannot run."""

import json
import math
import sqlite3
import struct

import geopandas as gpd
import pyogrio
import pytest
import shapely
import typer

from census_map.cli import main
from census_map.cli.coverage import coverage_app
from census_map.errors import InputError
from census_map.exchange.reading import read_layer
from census_map.exchange.spec import split_spec
from tests.coverage.shapes import make_areas, rectangle

AREAS = {"A": rectangle(0, 0, 10, 10), "B": rectangle(11, 0, 20, 10)}
CONTAINER = {"C": "POLYGON ((0 0, 10 0, 11 0, 20 0, 20 10, 11 10, 10 10, 0 10, 0 0))"}


@pytest.fixture
def files(tmp_path):
    for name, wkt in (("areas", AREAS), ("box", CONTAINER), ("exact", {"A": AREAS["A"]})):
        make_areas(wkt).rename_axis("code").reset_index().to_file(tmp_path / f"{name}.gpkg", layer=name)
    return tmp_path


def check(*words):
    app = typer.Typer()
    app.add_typer(coverage_app, name="coverage")
    # The exit status is what the verb returns; the program's main() hands it on.
    command = typer.main.get_command(app)
    return command.main(["coverage", "check", *map(str, words)], standalone_mode=False)


def test_faults_are_printed_written_and_styled(files, capsys):
    out = files / "faults.gpkg"
    status = check(
        files / "areas.gpkg:areas", "--within", files / "box.gpkg", "--id", "code", "--json", "-", "--out", out
    )

    result = json.loads(capsys.readouterr().out)
    assert status == 1
    assert (result["areas"], result["containers"], result["valid"]) == (2, 1, False)
    assert [(fault["kind"], sorted(fault["areas"]), fault["container"]) for fault in result["faults"]] == [
        ("gap", ["A", "B"], "C")
    ]
    assert gpd.read_file(out, layer="faults")["area_m2"].tolist() == [10.0]
    assert gpd.read_file(out, layer="fault_points")["id"].tolist() == [result["faults"][0]["id"]]
    with sqlite3.connect(out) as file:
        styles = file.execute("SELECT f_table_name, styleQML FROM layer_styles").fetchall()
        version = file.execute("PRAGMA user_version").fetchone()[0]
    assert {name for name, _style in styles} == {"faults", "fault_points"}
    assert all('attr="kind"' in style for _name, style in styles)
    assert version == 10300


def test_an_exact_coverage_has_status_0(files, capsys):
    assert check(files / "exact.gpkg") == 0
    assert "1 area" in capsys.readouterr().out


def test_without_an_id_areas_are_row_numbers(files):
    assert check(files / "areas.gpkg", "--within", files / "box.gpkg", "--json", files / "r.json") == 1
    assert sorted(json.loads((files / "r.json").read_text())["faults"][0]["areas"]) == [0, 1]


def test_what_cannot_be_read_is_refused_in_one_line(files):
    lines = gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (1, 1)])], crs="EPSG:3826")
    lines.to_file(files / "lines.gpkg")
    make_areas(AREAS).iloc[:0].to_file(files / "none.gpkg")
    (files / "cut.gpkg").write_bytes((files / "areas.gpkg").read_bytes()[:20_000])
    for spec, words in {
        "missing.gpkg": "no file",
        "": "no map file",
        "areas.gpkg:other": "no layer “other”",
        "lines.gpkg": "holds lines",
        "none.gpkg": "no rows",
        "cut.gpkg": "cannot be read",
    }.items():
        with pytest.raises(InputError, match=words) as refusal:
            check(files / spec)
        assert "\n" not in str(refusal.value)
        assert str(files) not in str(refusal.value)
    with pytest.raises(InputError, match="no field “x”"):
        check(files / "areas.gpkg", "--id", "x")


def test_a_result_never_replaces_the_file_it_is_made_from(files):
    before = (files / "areas.gpkg").read_bytes()
    for out, within in (("areas.gpkg", "box.gpkg"), ("box.gpkg", "box.gpkg")):
        with pytest.raises(InputError, match="would replace the file"):
            check(files / "areas.gpkg:areas", "--within", files / within, "--out", files / out)
    assert (files / "areas.gpkg").read_bytes() == before


@pytest.mark.parametrize(
    ("spec", "file", "layer"),
    [
        (r"C:\maps\town.gpkg", r"C:\maps\town.gpkg", None),
        (r"C:\maps\town.gpkg:areas", r"C:\maps\town.gpkg", "areas"),
        ("town.gpkg:普查小区", "town.gpkg", "普查小区"),
        ("town.gpkg", "town.gpkg", None),
    ],
)
def test_a_layer_stands_after_a_colon_and_a_drive_does_not(spec, file, layer):
    path, name = split_spec(spec)

    assert (str(path), name) == (file, layer)


def test_heights_are_left_out_with_a_notice(tmp_path):
    shape = shapely.from_wkt("POLYGON Z ((0 0 1, 1 0 1, 1 1 1, 0 0 1))")
    gpd.GeoDataFrame(geometry=[shape], crs="EPSG:3826").to_file(tmp_path / "z.gpkg")

    layer = read_layer(str(tmp_path / "z.gpkg"), geometry="polygon")

    assert not shapely.has_z(layer.geometry.iloc[0])
    assert len(layer.attrs["notices"]) == 1


def curved(path, points, declared="CURVEPOLYGON"):
    """Write one area bounded by arcs: GeoPackage binary with a WKB curve polygon of one circular string."""
    make_areas({"A": rectangle(0, 0, 10, 10)}).to_file(path, layer="areas", SPATIAL_INDEX="NO")
    ring = struct.pack("<BII", 1, 8, len(points)) + b"".join(struct.pack("<dd", *point) for point in points)
    shape = struct.pack("<BII", 1, 10, 1) + ring
    with sqlite3.connect(path) as file:
        srs = file.execute("SELECT srs_id FROM gpkg_geometry_columns").fetchone()[0]
        file.execute("DROP TABLE areas")
        file.execute(f"CREATE TABLE areas (fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, geom {declared})")
        file.execute("INSERT INTO areas (geom) VALUES (?)", (b"GP" + struct.pack("<BBi", 0, 1, srs) + shape,))
        file.execute("UPDATE gpkg_geometry_columns SET geometry_type_name = ?", (declared,))
    file.close()


@pytest.mark.parametrize("declared", ["CURVEPOLYGON", "GEOMETRY"])
def test_curves_become_short_straight_lines_with_a_notice(tmp_path, capsys, declared):
    curved(tmp_path / "round.gpkg", [(0, 5), (5, 10), (10, 5), (5, 0), (0, 5)], declared)
    make_areas({"C": rectangle(0, 0, 10, 10)}).to_file(tmp_path / "box.gpkg")

    assert check(tmp_path / "round.gpkg") == 0
    assert "curves" in capsys.readouterr().err
    assert check(tmp_path / "round.gpkg", "--within", tmp_path / "box.gpkg", "--json", tmp_path / "r.json") == 1
    faults = json.loads((tmp_path / "r.json").read_text())["faults"]
    assert {fault["kind"] for fault in faults} <= {"gap", "unmatched"}
    assert sum(fault["area_m2"] for fault in faults) == pytest.approx(100 - 25 * math.pi, rel=0.01)


def test_measures_missing_and_empty_shapes_and_repeated_points_are_no_fault(tmp_path, capsys):
    shapes = shapely.from_wkt(
        ["POLYGON Z ((0 0 1, 0 0 1, 10 0 2, 10 10 3, 10 10 3, 0 10 4, 0 0 1))", AREAS["B"], "POLYGON EMPTY"]
    )
    frame = gpd.GeoDataFrame(geometry=[*shapes, None], crs="EPSG:3826")
    frame.loc[1, "geometry"] = shapely.from_wkt(rectangle(10, 0, 20, 10))
    frame.to_file(tmp_path / "odd.gpkg", geometry_type="Unknown")

    assert check(tmp_path / "odd.gpkg") == 0
    said = capsys.readouterr()
    assert "heights" in said.err
    assert "2 rows have no map" in said.err


def test_the_layer_of_the_wanted_geometry_is_chosen(files):
    lines = gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (1, 1)])], crs="EPSG:3826")
    pyogrio.write_dataframe(lines, files / "areas.gpkg", layer="roads", append=True)

    assert read_layer(str(files / "areas.gpkg"), geometry="polygon").geom_type.tolist() == ["Polygon"] * 2
    with pytest.raises(InputError, match="several layers"):
        read_layer(str(files / "areas.gpkg"))


def test_the_first_of_several_layers_is_taken_with_a_notice_where_that_is_wanted(files):
    other = gpd.read_file(files / "areas.gpkg").iloc[:1]
    pyogrio.write_dataframe(other, files / "areas.gpkg", layer="changes", append=True)

    with pytest.raises(InputError, match="several layers"):
        read_layer(str(files / "areas.gpkg"), geometry="polygon")
    taken = read_layer(str(files / "areas.gpkg"), geometry="polygon", take_first=True)
    assert len(taken) == 2
    assert len(taken.attrs["notices"]) == 1


def test_the_polygons_outlive_the_check_where_the_program_ends_at_once(files):
    standing = []

    assert main(["coverage", "check", str(files / "exact.gpkg")], standing=standing) == 0
    assert [len(frame) for frame in standing] == [1]
