"""Whoever divides areas hears of everybody that no part holds, and the exit status says so."""

import json

import geopandas as gpd
import pytest

from tests.small_township import CRS, rectangle


def houses(tmp_path, places, persons, name="houses.gpkg"):
    frame = gpd.GeoDataFrame(
        {"编号": [f"h{k}" for k in range(len(places))], "人数": persons, "persons": persons},
        geometry=[rectangle(x - 8, y - 8, x + 8, y + 8) for x, y in places],
        crs=CRS,
    )
    frame.to_file(tmp_path / name)
    return tmp_path / name


INSIDE = [(50 + 100 * i, 50 + 100 * j) for i in range(8) for j in range(4)]


@pytest.mark.parametrize(
    ("outside", "persons", "told"),
    [
        ([], [], ""),
        ([(-500, 50)], [9], "1 building outside all areas was not taken, 9 of 329 persons: row 33 (counted from 1)\n"),
        (
            [(-500, 50), (1000, 1000)],
            [4, 5],
            "2 buildings outside all areas were not taken, 9 of 329 persons: rows 33, 34 (counted from 1)\n",
        ),
        ([(-500, 50)], [0], ""),
    ],
)
def test_a_split_of_any_file_names_who_is_outside(run, tmp_path, areas_file, outside, persons, told):
    file = houses(tmp_path, [*INSIDE, *outside], [*[10] * 32, *persons])

    done = run(
        "coverage", "split", areas_file, "--buildings", file, "--target", 100, "--out", tmp_path / "p.gpkg",
        "--json", tmp_path / "p.json",
    )  # fmt: skip

    assert (done.status, done.err) == (1 if told else 0, told)
    assert [row["weight"] for row in json.loads((tmp_path / "p.json").read_text())["outside"]] == [
        n for n in persons if n
    ]


def test_buildings_without_a_figure_are_said_to_count_nothing(run, tmp_path, areas_file):
    file = houses(tmp_path, INSIDE, [None, *[10] * 31])

    done = run("coverage", "split", areas_file, "--buildings", file, "--target", 100, "--out", tmp_path / "p.gpkg")

    assert (done.status, done.err) == (0, "1 building has no “persons”: it counts nothing.\n")


@pytest.mark.parametrize(("overlap", "status"), [(40.0, 2), (0.002, 0)], ids=["ground", "sliver"])
def test_areas_that_overlap_are_not_divided_without_a_word(run, tmp_path, overlap, status):
    areas = gpd.GeoDataFrame(
        {"code": ["A0", "A1"]},
        geometry=[rectangle(0, 0, 400 + overlap, 400), rectangle(400, 0, 800, 400)],
        crs=CRS,
    )
    areas.to_file(tmp_path / "areas.gpkg")
    words = ("--buildings", houses(tmp_path, INSIDE, 10), "--target", 100, "--id", "code")

    done = run("coverage", "split", tmp_path / "areas.gpkg", *words, "--out", tmp_path / "parts.gpkg")

    assert done.status == status
    assert "A0, A1 overlap by" in done.err
    assert (tmp_path / "parts.gpkg").exists() == (status == 0)


def test_a_split_of_a_township_names_who_is_outside(run, tmp_path, areas_file):
    path = tmp_path / "township.gpkg"
    assert run("new", path, "--areas", areas_file, "--crs", CRS).status == 0
    file = houses(tmp_path, [*INSIDE, (-500, 50)], [*[10] * 32, 9])
    assert run("add", path, "building", file, "--map", "source_id=编号", "--map", "persons=人数").status == 0

    done = run("split", path, "--target", 100)

    assert done.status == 1
    assert "1 building lies in no census area; its people were not taken (9 of 329 persons): h32" in done.out
