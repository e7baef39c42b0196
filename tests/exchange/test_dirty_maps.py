"""Maps as other programs and people leave them: read whole, or refused with the one thing to do; nothing lost."""

import json
import shutil
import struct
import zipfile

import fiona
import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely.geometry import box, mapping

from census_map.errors import InputError
from census_map.exchange.reading import read_labelled, read_layer
from census_map.exchange.spec import source_name, split_spec
from census_map.exchange.wkb_rings import shapes_of

CRS = "EPSG:4549"
SHAPES = [box(500000 + 100 * k, 3400000, 500100 + 100 * k, 3400100) for k in range(4)]
NAMES = ["阳光花园第一居民委员会", "幸福里社区", "新民村", "和平街道第二居委会"]


def bare_table(path, fields, rows):
    """Write a .dbf byte by byte: fields are (name, type, width) in bytes, values bytes."""
    described = b"".join(
        name.ljust(11, b"\0") + kind + bytes(4) + bytes([width, 0]) + bytes(14) for name, kind, width in fields
    )
    length = 1 + sum(width for _name, _kind, width in fields)
    head = struct.pack("<BBBBIHH20x", 3, 124, 1, 1, len(rows), 33 + len(described), length)
    body = b"".join(
        b" " + b"".join(value[:width].ljust(width) for value, (_n, _k, width) in zip(row, fields, strict=True))
        for row in rows
    )
    path.write_bytes(head + described + b"\r" + body + b"\x1a")


@pytest.fixture
def shapefile(tmp_path):
    """Write a shapefile with a table of our own; gives its path."""

    def write(fields, rows, cpg=None, name="areas"):
        path = tmp_path / f"{name}.shp"
        gpd.GeoDataFrame({"n": range(len(SHAPES))}, geometry=SHAPES, crs=CRS).to_file(path, engine="pyogrio")
        path.with_suffix(".cpg").unlink(missing_ok=True)
        bare_table(path.with_suffix(".dbf"), fields, rows)
        if cpg is not None:
            path.with_suffix(".cpg").write_text(cpg)
        return path

    return write


def packed(path):
    """Pack a shapefile."""
    archive = path.with_suffix(".zip")
    with zipfile.ZipFile(archive, "w") as target:
        for part in path.parent.glob(f"{path.stem}.*"):
            if part.suffix != ".zip":
                target.write(part, part.name)
    return archive


@pytest.mark.parametrize("cpg", [None, "said"])
@pytest.mark.parametrize("encoding", ["utf-8", "gbk", "gb18030"])
@pytest.mark.parametrize("width", [5, 6, 7, 8, 10, 11, 20, 21, 22, 40])
def test_chinese_texts_cut_anywhere_keep_their_whole_characters(shapefile, encoding, width, cpg):
    rows = [[text.encode(encoding), b"330102001001"] for text in NAMES]
    path = shapefile([("名称".encode(encoding), b"C", width), (b"code", b"C", 12)], rows, cpg=cpg and encoding)

    for file in (path, packed(path)):
        read = read_layer(str(file))
        assert list(read.columns[:2]) == ["名称", "code"]
        for text, value in zip(NAMES, read["名称"], strict=True):
            assert text.startswith(value)
            assert width - 3 < len(value.encode(encoding)) <= width or value == text
        assert set(read["code"]) == {"330102001001"}


@pytest.mark.parametrize("encoding", ["utf-8", "gbk"])
@pytest.mark.parametrize("cpg", [None, "said"])
def test_names_of_fields_cut_inside_a_character_are_told_apart(shapefile, encoding, cpg):
    names = ["普查区代码", "普查区名称", "普查小区个数"]
    fields = [(name.encode(encoding)[:10], b"C", 12) for name in names]
    path = shapefile(fields, [[f"{row}{k}".encode() for k in range(3)] for row in range(4)], cpg=cpg and encoding)

    read = read_layer(str(path))

    assert len(set(read.columns)) == 4
    assert [name.rstrip("_2") in wanted for name, wanted in zip(read.columns[:3], names, strict=True)] == [True] * 3
    assert read.iloc[1, :3].tolist() == ["10", "11", "12"]


def test_a_cpg_file_that_is_wrong_is_not_believed(shapefile):
    path = shapefile([(b"name", b"C", 40)], [[text.encode("gbk")] for text in NAMES], cpg="UTF-8")

    read = read_layer(str(path))

    assert read["name"].tolist() == NAMES
    assert "says that texts are in UTF-8, but they are in GB18030" in read.attrs["notices"][0]


def test_latin_texts_are_not_taken_for_chinese(shapefile):
    words = ["Café", "Straße", "Bär", "naïve"]
    path = shapefile([(b"name", b"C", 40)], [[word.encode("latin-1")] for word in words])

    assert read_layer(str(path))["name"].tolist() == words


@pytest.mark.parametrize("rows", [0, 3, 5, 9])
def test_a_table_of_another_length_is_refused_by_name(shapefile, rows):
    path = shapefile([(b"code", b"C", 12)], [[str(row).encode()] for row in range(rows)])

    for file in (path, packed(path)):
        with pytest.raises(InputError, match=rf"“areas\.shp” holds 4 shapes, but “areas\.dbf” {rows} rows"):
            read_layer(str(file))


@pytest.mark.parametrize("missing", [".shx", ".dbf", ".prj"])
def test_a_part_that_is_missing_is_named(shapefile, missing):
    path = shapefile([(b"code", b"C", 12)], [[b"a"]] * 4)
    path.with_suffix(missing).unlink()

    for file in (path, packed(path)):
        if missing == ".dbf":
            assert "“areas.dbf” is missing" in read_layer(str(file)).attrs["notices"][0]
            continue
        with pytest.raises(InputError, match={".shx": r"“areas\.shx” is missing", ".prj": r"add the \.prj"}[missing]):
            read_layer(str(file))
    assert not path.with_suffix(".shx").exists() or missing != ".shx"


def test_a_prj_that_cannot_be_read_is_named(shapefile):
    path = shapefile([(b"code", b"C", 12)], [[b"a"]] * 4)
    path.with_suffix(".prj").write_text('PROJCS["CGCS2000_3_Degree_GK_CM_120E",GEOGCS[')

    with pytest.raises(InputError, match=r"“areas\.prj” cannot be read"):
        read_layer(str(path))
    path.with_suffix(".prj").unlink()
    assert read_layer(str(path), crs=CRS).crs.to_epsg() == 4549


@pytest.mark.parametrize("part", [".shp", ".shx", ".dbf"])
@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9])
def test_a_part_that_was_copied_in_part_is_refused(shapefile, part, share):
    path = shapefile([(b"code", b"C", 12)], [[b"a"]] * 4)
    file = path.with_suffix(part)
    file.write_bytes(file.read_bytes()[: int(file.stat().st_size * share)])

    with pytest.raises(InputError, match=rf"“areas\{part}” (is damaged or incomplete|holds)"):
        read_layer(str(path))


def test_parts_in_capitals_are_found(shapefile):
    path = shapefile([(b"code", b"C", 12)], [[b"a"]] * 4)
    for part in list(path.parent.glob("areas.*")):
        part.rename(part.with_suffix(part.suffix.upper()))

    assert len(read_layer(str(path.with_suffix(".SHP")))) == 4


@pytest.mark.parametrize("value", [b"20200230", b"20201301", b"00000000", b"99999999"])
def test_an_impossible_day_is_left_empty_and_named(shapefile, value):
    path = shapefile(
        [(b"code", b"C", 4), (b"D1", b"D", 8)], [[b"a", b"20201101"], [b"b", value], [b"c", b""], [b"d", b"99991231"]]
    )

    read = read_layer(str(path))

    assert read["code"].tolist() == ["a", "b", "c", "d"]
    assert [str(day)[:10] for day in read["D1"]] == ["2020-11-01", "NaT", "NaT", "9999-12-31"]
    said = read.attrs["notices"]
    assert said == [] if value == b"00000000" else "Row 2 (counted from 1), field “D1”" in said[0]


def ring_file(tmp_path, rings, name="rings.geojson"):
    features = [
        {"type": "Feature", "properties": {"code": f"a{k}"}, "geometry": {"type": "Polygon", "coordinates": ring}}
        for k, ring in enumerate(rings)
    ]
    path = tmp_path / name
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


SQUARE = [[120.0, 31.0], [120.01, 31.0], [120.01, 31.01], [120.0, 31.01]]


def test_an_open_ring_is_closed_with_a_word(tmp_path):
    path = ring_file(tmp_path, [[[*SQUARE, SQUARE[0]]], [SQUARE], [[*SQUARE, SQUARE[0]], SQUARE]])

    read = read_layer(str(path))

    assert read.attrs["notices"] == ["Rows 2, 3 (counted from 1): their outlines were not closed, and were closed."]
    assert read.geometry.iloc[1].equals_exact(read.geometry.iloc[0], 0.0)


@pytest.mark.parametrize("points", [1, 2])
def test_a_ring_of_too_few_points_stays_a_row_that_the_check_names(run_check, tmp_path, points):
    path = ring_file(tmp_path, [[[*SQUARE, SQUARE[0]]], [SQUARE[:points]]])

    status, said = run_check(path)

    assert status == 1
    assert "invalid polygon 1" in said.out or "no map" in said.err


@pytest.fixture
def run_check(capsys, monkeypatch):
    from census_map.cli import main  # noqa: PLC0415  the language is set first

    monkeypatch.setenv("CENSUS_MAP_LANG", "en")

    def check(*words):
        capsys.readouterr()
        return main(["coverage", "check", *map(str, words)]), capsys.readouterr()

    return check


@pytest.mark.parametrize("dimensions", [2, 3])
@pytest.mark.parametrize("flavor", ["iso", "extended"])
@pytest.mark.parametrize("order", [0, 1])
def test_rings_are_closed_in_every_notation(dimensions, flavor, order):
    shape = box(0, 0, 1, 1) if dimensions == 2 else shapely.force_3d(box(0, 0, 1, 1))
    options = {"flavor": flavor, "byte_order": order}
    sign, raw = "<" if order else ">", shapely.to_wkb(shape, **options)
    opened = raw[:9] + struct.pack(f"{sign}I", 4) + raw[13 : -8 * dimensions]
    several = shapely.to_wkb(shapely.MultiPolygon([shape]), **options).replace(raw, opened)

    shapes, closed, unread = shapes_of(np.array([opened, several, raw[:-3], None, raw], dtype=object))

    assert (closed, unread) == ([0, 1], [2])
    assert shapes[0].equals_exact(shape, 0.0)
    assert shapes[1].geoms[0].equals_exact(shape, 0.0)
    assert list(shapes[2:4]) == [None, None]


@pytest.mark.parametrize("driver", ["GPKG", "ESRI Shapefile", "GeoJSON", "FlatGeobuf"])
@pytest.mark.parametrize(
    "name", ["geometry", "Geometry", "geom", "fid", "FID", "index", "uid", "rowid", "ogc_fid", "order"]
)
def test_a_field_keeps_its_values_whatever_it_is_called(tmp_path, driver, name):
    path = tmp_path / f"a.{ {'ESRI Shapefile': 'shp', 'FlatGeobuf': 'fgb'}.get(driver, driver.lower()) }"
    schema = {"geometry": "Polygon", "properties": {name: "str", "other": "int"}}
    own = {"FID": "key", "GEOMETRY_NAME": "place"} if driver == "GPKG" else {}
    with fiona.open(path, "w", driver=driver, crs=CRS, schema=schema, **own) as file:
        for k, shape in enumerate(SHAPES):
            file.write({"geometry": mapping(shape), "properties": {name: f"v{k}", "other": k}})

    read = read_layer(str(path), crs=CRS)

    column = "geometry_" if name == "geometry" else name
    assert dict(zip(read["other"], read[column], strict=True)) == {k: f"v{k}" for k in range(4)}
    assert read.geometry.geom_type.tolist() == ["Polygon"] * 4


def test_metres_in_a_geojson_take_the_system_that_is_named_and_degrees_do_not(tmp_path):
    metres = tmp_path / "metres.geojson"
    text = gpd.GeoSeries(SHAPES).to_json()
    metres.write_text(text)
    degrees = ring_file(tmp_path, [[[*SQUARE, SQUARE[0]]]])

    assert read_layer(str(metres), crs=CRS).crs.to_epsg() == 4549
    assert read_layer(str(degrees), crs=CRS).crs.to_epsg() == 4326
    assert read_layer(str(metres)).crs.to_epsg() == 4326  # and `require_places` refuses it


@pytest.mark.parametrize("layer", ["村界", "村界:2020", "a:b:c", "C:x", "x/y", "“村”"])
def test_a_layer_may_be_called_anything(tmp_path, layer):
    path = tmp_path / "a.gpkg"
    gpd.GeoDataFrame({"code": ["a"]}, geometry=SHAPES[:1], crs=CRS).to_file(path, layer=layer)
    gpd.GeoDataFrame({"code": ["z"]}, geometry=SHAPES[:1], crs=CRS).to_file(path, layer="other")

    assert split_spec(f"{path}:{layer}") == (path, layer)
    assert source_name(f"{path}:{layer}") == f"a.gpkg:{layer}"
    assert read_labelled(f"{path}:{layer}", "code").index.tolist() == ["a"]


def test_a_colon_in_a_files_own_name_separates_nothing(tmp_path):
    path = tmp_path / "a.gpkg:村.gpkg"
    gpd.GeoDataFrame({"code": ["a"]}, geometry=SHAPES[:1], crs=CRS).to_file(path, layer="x:y")
    shutil.copy(path, tmp_path / "a.gpkg")

    assert split_spec(f"{path}:x:y") == (path, "x:y")
    assert split_spec(f"{tmp_path / 'none.gpkg'}:x:y") == (tmp_path / "none.gpkg", "x:y")


def test_a_text_that_is_no_text_is_read_with_signs_in_its_place(tmp_path):
    path = tmp_path / "a.geojson"
    gpd.GeoDataFrame({"name": ["abcdefgh"]}, geometry=[box(120, 31, 121, 32)], crs=4326).to_file(path)
    path.write_bytes(path.read_bytes().replace(b"cdef", b"\xff\xfe\xe6\x99"))

    assert read_layer(str(path))["name"].iloc[0].startswith("ab")
