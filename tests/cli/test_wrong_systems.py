"""Files that say another coordinate system than the one they were drawn in: `new`, `add` and `coverage check`."""

import geopandas as gpd
import pytest
from shapely.geometry import box

DEGREES = (120.1, 31.2, 0.01)
METRES = (500_000, 3_400_000, 500)
ZONE_40 = (40_500_000, 3_400_000, 500)


@pytest.fixture
def drawn(tmp_path):
    """Write two areas from a corner on, of a width, into a file of a name that says a system; give its path."""

    def file(corner, crs, name):
        x, y, width = corner
        shapes = [box(x + k * width, y, x + (k + 1) * width, y + width) for k in range(2)]
        frame = gpd.GeoDataFrame({"code": ["320999001001", "320999001002"]}, geometry=shapes, crs=crs)
        frame.to_file(tmp_path / name, engine="pyogrio")
        if crs is None:
            (tmp_path / name).with_suffix(".prj").unlink(missing_ok=True)
        return tmp_path / name

    return file


FILES = ["areas.gpkg", "areas.shp"]
WRONG = {
    "metres said to be degrees": (METRES, 4490, [], "longitude 500000.0"),
    "metres named degrees": (METRES, None, ["--crs", "EPSG:4490"], "longitude 500000.0"),
    "numbered metres said to be degrees": (ZONE_40, 4326, [], "longitude 40500000.0"),
    "degrees said to be metres": (DEGREES, 4549, [], "EPSG:4490"),
    "degrees named metres": (DEGREES, None, ["--crs", "EPSG:4549"], "EPSG:4490"),
    "number of the zone": (ZONE_40, 4549, [], "EPSG:4528"),
    "number of the zone, named without": (ZONE_40, None, ["--crs", "EPSG:4549"], "EPSG:4528"),
    "no number of the zone": (METRES, 4528, [], "EPSG:4549"),
    "another zone": (ZONE_40, 4527, [], "EPSG:4528"),
    "6 degrees for 3": (ZONE_40, 4509, [], "EPSG:4528"),
    "Xian 1980": (ZONE_40, 2385, [], "EPSG:2364"),
    "Beijing 1954": (METRES, 2416, [], "EPSG:2437"),
    "nothing said": (METRES, None, [], "does not say its coordinate reference system"),
}


@pytest.mark.filterwarnings("ignore:.crs. was not provided")
@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_system_is_one_line_and_nothing_is_made(run, drawn, tmp_path, workspace_file, case, name):
    corner, crs, options, told = WRONG[case]
    file = drawn(corner, crs, f"wrong_{name}")
    before = workspace_file.read_bytes()
    adding = () if options else (run("add", workspace_file, "building", file),)  # takes no --crs
    for done in (
        run("new", tmp_path / "made.gpkg", "--areas", file, *options),
        run("coverage", "check", file, *options),
        *adding,
    ):
        assert (done.status, done.out, done.err.count("\n")) == (2, "", 1), done
        assert told in done.err
    assert not (tmp_path / "made.gpkg").exists()
    assert workspace_file.read_bytes() == before


RIGHT = {
    "zone with number": (ZONE_40, 4528),
    "zone without": (METRES, 4549),
    "6 degrees": ((20_829_000, 3_400_000, 500), 4498),
    "west border of a zone": ((356_000, 3_400_000, 500), 4549),
    "degrees": (DEGREES, 4490),
}


@pytest.mark.filterwarnings("ignore:.crs. was not provided")
@pytest.mark.parametrize("said", [True, False], ids=["said", "named"])
@pytest.mark.parametrize("case", RIGHT)
def test_the_right_system_is_taken(run, drawn, tmp_path, case, said):
    corner, crs = RIGHT[case]
    file = drawn(corner, crs if said else None, "areas.shp")
    options = [] if said else ["--crs", f"EPSG:{crs}"]
    made = run("new", tmp_path / "made.gpkg", "--areas", file, *options)
    assert (made.status, made.err) == (0, "")
    assert run("coverage", "check", file, *options).status == 0
