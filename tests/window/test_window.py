"""The plugin in the real QGIS under Xvfb, installed from the built zip into a fresh profile."""

import json
import os
import shutil
from pathlib import Path

import pytest
from census_map_plugin.build import build
from census_map_plugin.picture import run_in_qgis

from census_map.coverage import is_exact
from census_map.workspace import Workspace

pytestmark = pytest.mark.window

INSIDE = Path(__file__).with_name("inside.py")


@pytest.fixture(scope="module")
def outcome(tmp_path_factory) -> dict:
    for program in ("qgis", "xvfb-run"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    folder = tmp_path_factory.mktemp("window")
    archive = build(folder / "dist")
    output = run_in_qgis(archive, INSIDE, {"folder": str(folder)}, timeout=280)
    failure = folder / "failure.txt"
    assert not failure.exists(), failure.read_text(encoding="utf-8") + output
    assert (folder / "outcome.json").exists(), output
    if keep := os.environ.get("CENSUS_MAP_PICTURES"):
        shutil.copy(folder / "checked.png", keep)
    return json.loads((folder / "outcome.json").read_text(encoding="utf-8")) | {"folder": folder}


def test_dividing_numbering_and_checking_took_five_clicks(outcome):
    assert outcome["clicks"] == 5
    assert outcome["steps"]["split"][0] == "done"
    assert outcome["steps"]["number"][0] == "done"
    assert outcome["steps"]["check"][0] in {"done", "problems"}
    assert outcome["coverage_errors"] == []


def test_the_mini_areas_are_an_exact_coverage(outcome):
    with Workspace.open(outcome["workspace"]) as workspace:
        assert is_exact(workspace.read("mini_area"), workspace.read("census_area"))


def test_the_map_keeps_its_share_of_a_small_screen(outcome):
    assert outcome["window"] == [1366, 768]
    assert outcome["map_share"] >= 0.6


def test_nothing_lies_below_the_edge_of_a_small_screen_with_all_of_qgis_shown(outcome):
    assert outcome["least_height"] <= 768


def test_the_library_came_from_the_zip(outcome):
    assert "census_map_plugin" in outcome["library"]


def test_unloading_leaves_nothing_behind(outcome):
    assert outcome["left"] == []


def test_there_is_a_picture_to_look_at(outcome):
    assert (outcome["folder"] / "checked.png").stat().st_size > 50_000
