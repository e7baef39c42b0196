"""The schema is coherent: every table of DESIGN, links by uid, shapefile names that fit."""

import pytest

from census_map.schema import ADDABLE, GEOMETRY, TABLES, VIEWS

TABLE_NAMES = (
    "township census_area mini_area building building_part dwelling household visit register road water railway wall "
    "landmark staff assignment waiver history meta"
)


def test_every_table_is_there():
    assert tuple(TABLES) == tuple(TABLE_NAMES.split())
    assert set(ADDABLE) < set(TABLES)
    assert {view.geometry_from for view in VIEWS.values()} <= set(TABLES)


@pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))
def test_columns_of_a_table(table):
    names = table.column_names
    assert len(set(names)) == len(names)
    assert not {"fid", GEOMETRY} & set(names)
    assert len({column.title for column in table.columns}) == len(names)
    shp = [column.shp for column in table.columns if column.shp]
    assert len(set(shp)) == len(shp)
    assert all(name.isascii() and len(name) <= 10 for name in shp)
    assert all(column.width for column in table.columns if column.shp and column.type in {"text", "integer"})
    if table.journalled:
        assert names[0] == "uid"
    if table.locked_by:
        assert table.locked_by in names
        assert set(table.locked_columns) <= set(names)
    for column in table.columns:
        assert len({value for value, _title in column.choices}) == len(column.choices)
    with pytest.raises(KeyError):
        table.column("colour")


def test_no_column_for_personal_data():
    names = {column.name for table in TABLES.values() for column in table.columns}
    assert not names & {"head", "phone", "identity", "id_number", "person"}
