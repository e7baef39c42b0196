"""The sample is taken over as it is, and the demo touches no folder of somebody else's."""

from importlib.resources import files
from pathlib import Path

import pytest

from census_map.cli import main
from census_map.exchange.reading import read_layer
from census_map.exchange.table import read_table
from census_map.sample.files import DWELLINGS, LAYERS, MAP
from census_map.workspace.founding import area_problems, new_workspace
from census_map.workspace.importing import add_layer

SAMPLE = Path(str(files("census_map_samples")))
COLUMNS = {
    "房屋": (
        "building",
        {"source_id", "name", "address", "use", "floors", "entrances", "dwellings", "persons", "state"},
    ),
    "道路": ("road", {"name", "class"}),
    "水系": ("water", {"name", "kind"}),
    "铁路": ("railway", {"name"}),
    "围墙": ("wall", {"name"}),
    "地标": ("landmark", {"name", "kind"}),
}


@pytest.fixture
def workspace(tmp_path):
    areas = read_layer(f"{SAMPLE / MAP}:普查区")
    with new_workspace(tmp_path / "sample.gpkg", areas) as made:
        yield made


def test_census_areas_have_nothing_wrong(workspace):
    assert area_problems(workspace) == ()
    (row,) = workspace.read("township").itertuples()
    assert (row.province, row.prefecture, row.county, row.name) == ("江苏省", "兴阳市", "龙湾区", "东华街道")
    assert row.code == "320999001"


def test_every_layer_is_understood_without_help(workspace):
    assert set(COLUMNS) | {"普查区"} == set(LAYERS)
    for layer, (kind, columns) in COLUMNS.items():
        frame = read_layer(f"{SAMPLE / MAP}:{layer}")
        done = add_layer(workspace, kind, frame, source=layer)
        assert done.added == len(frame)
        assert set(done.columns) >= columns, layer
        assert not done.problems, layer
    table = read_table(str(SAMPLE / DWELLINGS))
    done = add_layer(workspace, "dwelling", table, source=DWELLINGS)
    assert done.added == len(table)
    assert not done.problems
    dwellings = workspace.read("dwelling")
    assert dwellings["building_uid"].notna().all()
    assert set(dwellings["state"]) == {"inhabited", "vacant", "nominal"}
    assert set(workspace.read("building")["use"]) == {"residential", "mixed", "collective", "other"}


def test_the_demo_refuses_a_folder_that_holds_something_else(tmp_path, capsys):
    (tmp_path / "letters.txt").write_text("keep", encoding="utf-8")
    assert main(["demo", "--out", str(tmp_path), "--no-window"]) == 2
    assert tmp_path.name in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["letters.txt"]


def test_the_demo_refuses_a_file_in_the_place_of_its_folder(tmp_path, capsys):
    file = tmp_path / "demo"
    file.write_text("keep", encoding="utf-8")
    assert main(["demo", "--out", str(file), "--no-window"]) == 2
    assert "--out" in capsys.readouterr().err
    assert file.read_text(encoding="utf-8") == "keep"
