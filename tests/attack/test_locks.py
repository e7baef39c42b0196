"""A locked mini-area attacked through sqlite3 and through GDAL: nothing of it changes, whatever is tried."""

from pathlib import Path

import pandas as pd
import pytest

from census_map.checks import run_checks
from census_map.schema import LOCKED
from census_map.workspace import Workspace
from census_map.workspace.geopackage import connect
from tests.small_township import CRS, uid
from tests.workspace.test_guards import ATTEMPTS, FREE, B, content

ogr = pytest.importorskip("osgeo.ogr")

LOCKED_AREA = uid("M00")
SQUARE = "POLYGON ((500000 3500000, 500009 3500000, 500009 3500009, 500000 3500000))"


@pytest.fixture
def path(township: Workspace) -> Path:
    """The township with its first mini-area locked and sealed, closed."""
    with township.transaction("parts") as write:
        parts = {"building_uid": [B, FREE], "mini_area_uid": [LOCKED_AREA, uid("M01")], "name": ["a", "b"]}
        write.insert("building_part", pd.DataFrame(parts))
    areas = township.read("mini_area", columns=["status"]).loc[[LOCKED_AREA]]
    with township.transaction("locked") as write:
        # Its parts hold nobody yet, so the gate would not let it through.
        for status in range(1, LOCKED + 1):
            write.update("mini_area", areas.assign(status=status))
        write.seal([LOCKED_AREA])
    township.close()
    return township.path


def rows(path: Path) -> list[str]:
    connection = connect(str(path))
    try:
        # What counts rows and bounds may be written at any time.
        return [
            line for line in content(connection) if not line.startswith(('INSERT INTO "gpkg_', 'INSERT INTO "rtree'))
        ]
    finally:
        connection.close()


def try_sql(path: Path, statements: tuple[str, ...]) -> None:
    ogr.UseExceptions()
    file = ogr.Open(str(path), update=1)
    file.StartTransaction()
    try:
        for statement in statements:
            result = file.ExecuteSQL(statement)
            if result is not None:
                file.ReleaseResultSet(result)
    except RuntimeError:
        file.RollbackTransaction()
        raise
    file.CommitTransaction()


@pytest.mark.parametrize("statements", ATTEMPTS.values(), ids=list(ATTEMPTS))
def test_sql_through_gdal_is_refused(path, statements):
    if any(statement.startswith("DROP TRIGGER") for statement in statements):
        pytest.skip("what takes guards away is told when the file is opened: tests/workspace/test_structure.py")
    before = rows(path)
    with pytest.raises(RuntimeError, match=r"\["):
        try_sql(path, statements)
    assert rows(path) == before


def feature(layer, identifier: str):
    layer.SetAttributeFilter(f"uid = '{identifier}'")
    found = layer.GetNextFeature()
    layer.SetAttributeFilter(None)
    return found


def reshape(layer):
    found = feature(layer, B if layer.GetName() == "building" else LOCKED_AREA)
    found.SetGeometry(ogr.CreateGeometryFromWkt(SQUARE))
    return layer.SetFeature(found)


def empty(layer):
    found = feature(layer, B)
    found.SetGeometry(None)
    return layer.SetFeature(found)


def rename(layer):
    found = feature(layer, B if layer.GetName() == "building" else LOCKED_AREA)
    found["name"] = "x"
    return layer.SetFeature(found)


def add(layer):
    new = ogr.Feature(layer.GetLayerDefn())
    new["mini_area_uid"] = LOCKED_AREA
    new.SetGeometry(ogr.CreateGeometryFromWkt(SQUARE))
    return layer.CreateFeature(new)


def replace(layer):
    found = feature(layer, B)
    new = ogr.Feature(layer.GetLayerDefn())
    new.SetFID(found.GetFID())
    new["uid"] = B
    return layer.CreateFeature(new)


LAYERS = {
    "reshape the mini-area": ("mini_area", reshape),
    "rename the mini-area": ("mini_area", rename),
    "delete the mini-area": ("mini_area", lambda layer: layer.DeleteFeature(feature(layer, LOCKED_AREA).GetFID())),
    "reshape a building": ("building", reshape),
    "empty a building": ("building", empty),
    "rename a building": ("building", rename),
    "delete a building": ("building", lambda layer: layer.DeleteFeature(feature(layer, B).GetFID())),
    "add a building": ("building", add),
    "replace a building": ("building", replace),
    "upsert a building": ("building", lambda layer: layer.UpsertFeature(feature(layer, B)) if rename(layer) else None),
}


@pytest.mark.parametrize(("name", "attack"), LAYERS.values(), ids=list(LAYERS))
def test_a_layer_edited_through_gdal_is_refused(path, name, attack):
    before = rows(path)
    ogr.UseExceptions()
    file = ogr.Open(str(path), update=1)
    layer = file.GetLayerByName(name)
    with pytest.raises(RuntimeError, match=r"\[|UNIQUE"):
        attack(layer)
    del layer, file
    assert rows(path) == before


def test_after_all_of_them_the_seal_holds(path):
    for statements in ATTEMPTS.values():
        if not any(statement.startswith("DROP TRIGGER") for statement in statements):
            with pytest.raises(RuntimeError):
                try_sql(path, statements)
    with Workspace.open(path) as workspace:
        assert workspace.notices == ()
        assert workspace.crs == CRS
        assert run_checks(workspace, ["H03"]) == []


def test_there_are_enough_attempts():
    assert len(ATTEMPTS) + len(LAYERS) >= 60
