"""Mending borders from the list of problems."""

import geopandas as gpd
import pytest
import shapely
from census_map_plugin.panels.problems import FIX
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest

from census_map.coverage import is_exact
from census_map.workspace import Workspace

from .test_work import click, divide_all, finish, opened, read

__all__ = ["opened"]
pytestmark = pytest.mark.qgis


@pytest.fixture
def faulty(opened, workspace):
    """A divided township of which two mini-areas were drawn badly elsewhere: a hole in one, one over another."""
    divide_all(opened)
    minis = read(workspace, "mini_area")
    first, second = minis.index[:2]
    hole = shapely.buffer(shapely.point_on_surface(minis.geometry[first]), 2e-5)
    bump = shapely.buffer(shapely.point_on_surface(minis.geometry[minis.index[2]]), 2e-5)
    shapes = [minis.geometry[first].difference(hole), minis.geometry[second].union(bump)]
    with Workspace.open(workspace) as file, file.transaction("elsewhere") as write:
        write.update("mini_area", gpd.GeoDataFrame(geometry=shapes, index=[first, second], crs=minis.crs))
    opened.desk.check(("G0*",))
    finish(opened)
    return opened


def exact(path) -> bool:
    return is_exact(read(path, "mini_area"), read(path, "census_area"))


def rules(plugin) -> list[str]:
    return [problem.rule for problem in plugin.township.problems if problem.rule in ("G02", "G03")]


def test_enter_mends_what_is_chosen_in_one_step_and_it_can_be_taken_back(faulty, workspace):
    assert rules(faulty) == ["G02", "G03"]
    before = read(workspace, "mini_area").to_wkb()
    containers = read(workspace, "census_area")
    faulty.problems.table.selectAll()
    QTest.keyClick(faulty.problems.table, Qt.Key.Key_Return)
    finish(faulty)
    assert exact(workspace)
    assert rules(faulty) == []
    assert read(workspace, "census_area").symmetric_difference(containers).is_empty.all()
    click(faulty.steps.undo_button)
    finish(faulty)
    assert read(workspace, "mini_area").to_wkb()["geometry"].tolist() == before["geometry"].tolist()


def test_a_button_gives_the_ground_to_whom_it_names(faulty, workspace):
    table, model = faulty.problems.table, faulty.problems.model
    row = next(k for k, problem in enumerate(model.problems) if problem.rule == "G03")
    assert model.data(model.index(row, FIX)).startswith("Give to")
    left = len(model.problems) - 1
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=table.visualRect(model.index(row, FIX)).center())
    finish(faulty)
    assert rules(faulty) == ["G02"]
    assert len(model.problems) == left
    assert not exact(workspace)


def test_the_proposal_is_drawn_on_the_map_while_it_is_looked_at(faulty):
    table, model = faulty.problems.table, faulty.problems.model
    row = next(k for k, problem in enumerate(model.problems) if problem.rule == "G03")
    table.selectRow(row)
    assert len(faulty.mender._bands) == 2
    assert "gains" in faulty.problems.explanation.text()
    faulty.township.set_problems([])
    assert faulty.mender._bands == []


def test_taking_a_mend_back_brings_the_problem_back(faulty):
    faulty.problems.table.selectAll()
    QTest.keyClick(faulty.problems.table, Qt.Key.Key_Return)
    finish(faulty)
    assert rules(faulty) == []
    click(faulty.steps.undo_button)
    finish(faulty)
    finish(faulty)  # what is left is looked at again by itself
    assert rules(faulty) == ["G02", "G03"]


def test_buildings_noted_for_another_mini_area_are_assigned_again_from_the_list(opened, workspace):
    divide_all(opened)
    with Workspace.open(workspace) as file:
        buildings = file.read("building", columns=["mini_area_uid"])
        other = buildings["mini_area_uid"].dropna().unique()[0]
        wrong = buildings[(buildings["mini_area_uid"] != other).fillna(value=False)].head(3)
        with file.transaction("elsewhere") as write:
            write.update("building", wrong.assign(mini_area_uid=other))
    opened.desk.check(("B01",))
    finish(opened)
    assert [problem.rule for problem in opened.township.problems] == ["B01"] * 3
    model, table = opened.problems.model, opened.problems.table
    assert model.data(model.index(0, FIX)) == "Assign again"
    QTest.keyClick(table, Qt.Key.Key_Return)
    finish(opened)
    finish(opened)
    assert "B01" not in {problem.rule for problem in opened.township.problems}
    assert read(workspace, "building").loc[wrong.index, "mini_area_uid"].tolist() == wrong["mini_area_uid"].tolist()
