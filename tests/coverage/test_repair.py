"""Repairs: what is proposed, what accepting does, and what is never lost."""

import json

import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
import typer
from geopandas import GeoDataFrame, read_file

from census_map.cli.coverage_repair import repair as repair_command
from census_map.coverage import apply_proposals, choose, find_faults, is_exact, propose, weigh_points
from census_map.coverage.evidence import lattice_of
from census_map.coverage.frames import make_patch
from census_map.coverage.mend import give_patch
from census_map.errors import InputError
from tests.coverage.shapes import make_areas, rectangle

CRS = "EPSG:32650"
BLOCK = {"b": "POLYGON ((0 0, 100 0, 200 0, 200 100, 100 100, 0 100, 0 0))"}
WEST = "POLYGON ((0 0, 100 0, 100 40, 100 60, 100 100, 0 100, 0 0))"
EAST = "POLYGON ((100 0, 200 0, 200 100, 100 100, 100 60, 100 40, 100 0))"
WEST_NOTCHED = WEST.replace("100 60", "96.33333 57.77777")


def frame(shapes, **columns):
    return GeoDataFrame(
        {name: list(values) for name, values in columns.items()},
        geometry=shapely.from_wkt(list(shapes.values())),
        index=pd.Index(list(shapes)),
        crs=CRS,
    )


@pytest.fixture
def block():
    return frame(BLOCK)


def mended(areas, block, **options):
    faults = find_faults(areas, block)
    empty = options.pop("allow_empty", False)
    proposals = propose(areas, faults, block, **options)
    return proposals, apply_proposals(areas, choose(proposals, allow_empty=empty), block, allow_empty=empty)


def summary(proposals):
    return [(proposal.action, proposal.owner, proposal.reason) for proposal in proposals]


def test_a_gap_goes_to_the_side_whose_vertex_left_the_lattice():
    # Vertices on whole metres; enough of them that a lattice shows.
    left, right = "90 100, 77 100, 61 100, 43 100, 22 100, 7 100,", "190 100, 161 100, 143 100, 122 100,"
    areas = frame(
        {
            "w": WEST_NOTCHED.replace("100 100,", f"100 100, {left}"),
            "e": EAST.replace("200 100,", f"200 100, {right}"),
        }
    )
    around = frame({"b": BLOCK["b"].replace("100 100,", f"{right} 100 100, {left}")})
    proposals, done = mended(areas, around)
    assert summary(proposals)[:2] == [("give", "w", "moved"), ("give", "e", "other")]
    assert proposals[0].effect.gains["w"] == pytest.approx(find_faults(areas, around)["area_m2"].iloc[0])
    assert done.areas.geometry["w"].area == 10000
    assert is_exact(done.areas, done.containers)


def test_the_owner_of_a_gap_can_be_chosen(block):
    areas = frame({"w": WEST_NOTCHED, "e": EAST})
    faults = find_faults(areas, block)
    proposals = propose(areas, faults, block)
    chosen = choose(proposals, owners={faults.index[0]: "e"})
    done = apply_proposals(areas, chosen, block)
    assert done.areas.geometry["e"].area > 10000
    assert done.areas.geometry["w"] == areas.geometry["w"]
    assert done.changes["old"]["e"].equals_exact(areas.geometry["e"], 0)
    assert done.changes.geometry["e"].equals_exact(done.areas.geometry["e"], 0)
    assert is_exact(done.areas, block)
    with pytest.raises(InputError, match="choose one of its neighbours"):
        choose(proposals, owners={faults.index[0]: "x"})


def test_the_smallest_change_of_population_can_decide(block):
    areas = frame({"w": WEST_NOTCHED, "e": EAST})
    points = GeoDataFrame({"persons": [300, 30, 7]}, geometry=shapely.points([[150, 50], [50, 50], [99, 58]]), crs=CRS)
    proposals = propose(
        areas, find_faults(areas, block), block, weigh=weigh_points(points, "persons"), prefer="population"
    )
    assert summary(proposals)[0] == ("give", "e", "population")
    assert proposals[0].effect.population == {"e": 7.0}
    with pytest.raises(InputError, match="give a layer"):
        propose(areas, find_faults(areas, block), block, prefer="population")


def test_ground_between_three_areas_is_a_missing_area():
    areas = frame(
        {
            "w": "POLYGON ((0 0, 60 0, 60 100, 0 100, 0 0))",
            "e": "POLYGON ((140 0, 200 0, 200 100, 140 100, 140 0))",
            "s": "POLYGON ((60 0, 140 0, 140 30, 60 30, 60 0))",
        },
        persons=[1, 2, 3],
    )
    around = frame({"b": "POLYGON ((0 0, 60 0, 140 0, 200 0, 200 100, 140 100, 60 100, 0 100, 0 0))"})
    proposals, done = mended(areas, around)
    assert summary(proposals)[0] == ("add", None, "missing")
    assert {proposal.owner for proposal in proposals[1:]} == {"w", "e", "s"}
    assert len(done.areas) == 4
    assert done.areas["persons"].isna().tolist() == [False, False, False, True]
    assert done.areas["persons"].iloc[:3].tolist() == [1, 2, 3]
    assert is_exact(done.areas, around)
    to_neighbour, given = mended(areas, around, missing="neighbour")
    assert to_neighbour[0].action == "give"
    assert len(given.areas) == 3
    assert is_exact(given.areas, around)


def test_ground_that_touches_no_area_becomes_one_with_the_next_number():
    areas = frame({7: WEST})
    around = frame({"b": WEST, "far": "POLYGON ((300 0, 400 0, 400 100, 300 100, 300 0))"})
    _proposals, done = mended(areas, around)
    assert done.areas.index.tolist() == [7, 8]
    assert is_exact(done.areas, around)


def test_areas_without_any_ground_are_no_hindrance(block):
    areas = frame({"w": WEST, "e": EAST}, persons=[1, 2])
    areas["geometry"] = [None, shapely.Polygon()]
    proposals, done = mended(areas, None)
    assert proposals == ()
    assert done.areas["persons"].tolist() == [1, 2]
    proposals, done = mended(areas, block)
    assert summary(proposals) == [("add", None, "missing")]
    assert is_exact(done.areas, block)
    assert len(done.areas) == 3


def test_an_overlap_goes_back_to_the_side_that_did_not_move(block):
    bump = "100 40, 100.3 45.1, 102.2 46.7, 104.9 48.3, 105.1 51.2, 103.3 53.9, 100.6 54.8, 100 60"
    areas = frame({"w": WEST.replace("100 40, 100 60", bump), "e": EAST})
    proposals, done = mended(areas, block)
    assert summary(proposals)[0] == ("give", "e", "moved")
    assert list(proposals[0].effect.loses) == ["w"]
    assert done.areas.geometry["e"].area == 10000
    assert is_exact(done.areas, done.containers)


def test_a_contained_area_is_cut_out_of_its_host(block):
    areas = frame({"w": WEST, "e": EAST, "in": "POLYGON ((20 20, 40 20, 40 40, 20 40, 20 20))"})
    proposals, done = mended(areas, block)
    assert summary(proposals) == [("give", "in", "inner"), ("empty", "w", "other")]
    assert done.areas.geometry["in"].area == 400
    assert done.areas.geometry["w"].area == 9600


def test_a_duplicate_is_listed_and_its_record_kept(block):
    areas = frame({"w": WEST, "e": EAST, "copy": EAST}, name=["a", "b", "c"])
    proposals, done = mended(areas, block)
    assert done.applied == ()
    assert len(done.faults) == 1
    done = apply_proposals(areas, proposals[:1], block)
    assert "without loss" in done.refused[0][1]
    assert done.areas.geometry.tolist() == areas.geometry.tolist()
    proposals, done = mended(areas, block, allow_empty=True)
    assert summary(proposals)[0] == ("empty", "e", "first")
    assert done.areas["name"].tolist() == ["a", "b", "c"]
    assert done.areas.geometry["copy"].is_empty
    assert is_exact(done.areas, block)


def test_what_spills_out_is_clipped_and_the_container_stays(block):
    areas = frame({"w": WEST.replace("0 100, 0 0", "0 100, -8 50, 0 0"), "e": EAST})
    proposals, done = mended(areas, block)
    assert summary(proposals) == [("clip", None, "outside")]
    assert done.areas.geometry["w"].area == 10000
    assert done.containers.geometry["b"] == block.geometry["b"]


def test_an_area_wholly_outside_keeps_its_ground_and_is_listed(block):
    areas = frame({"w": WEST, "e": EAST, "far": "POLYGON ((300 0, 310 0, 310 10, 300 10, 300 0))"})
    _proposals, done = mended(areas, block)
    assert [why for _proposal, why in done.refused] == [
        "Area far would lose all its ground: it cannot be mended without loss."
    ]
    assert done.faults["kind"].tolist() == ["spill"]
    assert done.areas.geometry["far"] == areas.geometry["far"]


def test_a_repair_that_would_make_a_new_fault_is_taken_back():
    """Ground that two containers claim cannot be covered twice without an overlap."""
    areas = frame({"w": WEST, "e": EAST})
    around = frame({"b": BLOCK["b"], "in": "POLYGON ((20 20, 30 20, 30 30, 20 30, 20 20))"})
    faults = find_faults(areas, around)
    done = apply_proposals(areas, choose(propose(areas, faults, around)), around, faults=faults)
    assert [why for _proposal, why in done.refused] == ["the repair would make a new fault"]
    assert set(done.faults.index) <= set(faults.index)
    assert done.areas.geometry["w"].equals(areas.geometry["w"])


def test_a_missing_corner_is_inserted(block):
    areas = frame({"w": WEST, "e": EAST.replace("100 40, ", "")})
    proposals, done = mended(areas, block)
    assert summary(proposals) == [("match", "e", "vertex")]
    assert shapely.get_num_coordinates(done.areas.geometry["e"]) == shapely.get_num_coordinates(areas.geometry["e"]) + 1
    assert is_exact(done.areas, block)


def test_a_crossed_border_is_drawn_again_along_the_neighbours(block):
    bow = "POLYGON ((0 0, 100 0, 90 60, 90 40, 100 100, 0 100, 0 0))"
    other = "POLYGON ((100 0, 200 0, 200 100, 100 100, 90 60, 90 40, 100 0))"
    straight = "POLYGON ((0 0, 100 0, 90 40, 90 60, 100 100, 0 100, 0 0))"
    assert not shapely.from_wkt(bow).is_valid
    areas = frame({"w": bow, "e": other})
    proposals, done = mended(areas, block)
    assert ("redraw", "w", "tangled") in summary(proposals)
    assert done.areas.geometry["w"].equals(shapely.from_wkt(straight))
    assert is_exact(done.areas, block)


def test_a_border_that_crosses_itself_outside_stays_inside_its_container(block):
    areas = frame({"w": WEST.replace("0 100, 0 0", "0 100, 0 70, -8 40, -8 70, 0 40, 0 0"), "e": EAST})
    assert not areas.geometry["w"].is_valid
    faults = find_faults(areas, block)
    chosen = choose(propose(areas, faults, block), kinds=["invalid"])
    done = apply_proposals(areas, chosen, block, faults=faults)
    assert [proposal.action for proposal in done.applied] == ["redraw"]
    assert done.areas.geometry["w"].area == 10000
    assert block.geometry["b"].covers(done.areas.geometry["w"])


def test_only_chosen_kinds_are_mended(block):
    areas = frame({"w": WEST.replace("0 100, 0 0", "0 100, -8 50, 0 0"), "e": EAST.replace("100 40, ", "")})
    faults = find_faults(areas, block)
    proposals = propose(areas, faults, block)
    done = apply_proposals(areas, choose(proposals, kinds=["unmatched"]), block, faults=faults)
    assert done.faults["kind"].tolist() == ["spill"]
    done = apply_proposals(areas, choose(proposals, faults=list(faults.index[faults["kind"] == "spill"])), block)
    assert done.faults["kind"].tolist() == ["unmatched"]


def test_an_area_that_runs_beside_its_neighbours_is_drawn_again():
    rng = np.random.default_rng(3)
    angles = np.arange(12) / 12 * 2 * np.pi
    ring = 50 + 30 * np.column_stack([np.cos(angles), np.sin(angles)])
    inner = ring + rng.normal(0, 0.003, ring.shape)
    around = shapely.Polygon([(0, 0), (100, 0), (100, 100), (0, 100)], [ring])
    areas = frame({"in": shapely.Polygon(inner).wkt, "out": around.wkt})
    faults = find_faults(areas)
    assert len(faults) >= 8
    _proposals, done = mended(areas, None)
    assert is_exact(done.areas)
    assert len(done.areas) == 2


def test_an_area_that_lies_elsewhere_at_one_corner_keeps_that_corner():
    rng = np.random.default_rng(3)
    angles = np.arange(12) / 12 * 2 * np.pi
    ring = 50 + 30 * np.column_stack([np.cos(angles), np.sin(angles)])
    inner = ring + rng.normal(0, 0.003, ring.shape)
    inner[0] -= [1.0, 0.0]
    around = shapely.Polygon([(0, 0), (100, 0), (100, 100), (0, 100)], [ring])
    areas = frame({"in": shapely.Polygon(inner).wkt, "out": around.wkt})
    faults = find_faults(areas)
    assert len(faults) >= 8
    beside = [proposal for proposal in choose(propose(areas, faults)) if proposal.reason == "beside"]
    done = apply_proposals(areas, beside, faults=faults)
    assert inner[0].tolist() in shapely.get_coordinates(done.areas.geometry["in"]).tolist()
    assert done.faults["kind"].tolist() == ["gap"]
    assert done.faults["width_m"].iloc[0] == pytest.approx(0.97, abs=0.02)


def test_an_area_on_the_coast_that_runs_beside_its_neighbour_keeps_its_coast():
    rng = np.random.default_rng(4)
    heights = np.linspace(0, 100, 21)
    border = np.column_stack([np.full(21, 100.0), heights])
    beside = border + rng.normal(0, 0.003, border.shape)
    coast = [(0.0, 100.0), (-7.0, 60.0), (3.0, 20.0), (0.0, 0.0)]
    land = shapely.Polygon([*border.tolist(), (200, 100), (200, 0)])
    areas = frame({"cape": shapely.Polygon([*beside.tolist(), *coast]).wkt, "land": land.wkt})
    assert len(find_faults(areas)) >= 8
    proposals, done = mended(areas, None)
    assert {(proposal.action, proposal.owner) for proposal in proposals if proposal.rank == 1} == {("redraw", "cape")}
    assert is_exact(done.areas)
    cape = shapely.get_coordinates(done.areas.geometry["cape"]).tolist()
    assert all([*point] in cape for point in coast)
    assert all(point in cape for point in border.tolist())
    assert done.areas.geometry["land"].equals_exact(land, 0)


@pytest.mark.parametrize("shift", [0.0, 0.00047, 0.00098368])
def test_a_lattice_shifted_by_a_transformation_is_found(shift):
    rng = np.random.default_rng(0)
    points = np.round(rng.uniform(5e5, 5.01e5, (60, 2)), 3) + shift
    lattice = lattice_of(points, None)
    assert lattice.step == 1e-3
    assert lattice.off(np.array([points[0], points[1] + 0.0004])).tolist() == [False, True]
    assert lattice_of(rng.uniform(5e5, 5.01e5, (60, 2)), None) is None


# ---- command line ------------------------------------------------------------------------------------------------


@pytest.fixture
def files(tmp_path, block):
    areas = frame(
        {"w": WEST_NOTCHED, "e": EAST, "copy": EAST}, code=["001", "002", "003"], persons=[300, 200, 200]
    ).reset_index(drop=True)
    areas.to_file(tmp_path / "areas.gpkg", layer="mini")
    block.to_file(tmp_path / "block.gpkg", layer="block")
    return tmp_path


def run(*words):
    app = typer.Typer()
    app.command()(repair_command)
    return app([str(word) for word in words], standalone_mode=False)


def test_the_command_writes_the_areas_the_changes_and_what_is_left(files):
    out, report = files / "fixed.gpkg", files / "report.json"
    status = run(
        f"{files}/areas.gpkg:mini", "--within", f"{files}/block.gpkg", "--id", "code", "--out", out, "--json", report
    )
    assert status == 1
    fixed = read_file(out, layer="mini")
    assert fixed[["code", "persons"]].to_numpy().tolist() == [["001", 300], ["002", 200], ["003", 200]]
    changes = read_file(out, layer="changes")
    assert set(changes["state"]) == {"old", "new"}
    assert read_file(out, layer="not_repaired")["kind"].tolist() == ["duplicate"]
    told = json.loads(report.read_text(encoding="utf-8"))
    assert told["left"] == {"duplicate": 1}
    assert told["records"] == 3
    with (out).open("rb") as file:
        file.seek(60)
        assert int.from_bytes(file.read(4), "big") == 10300
    status = run(f"{files}/areas.gpkg:mini", "--within", f"{files}/block.gpkg", "--id", "code", "--out", out, "--empty")
    assert status == 0
    assert len(read_file(out, layer="mini")) == 3
    assert "not_repaired" not in pyogrio.list_layers(out)[:, 0]


def test_a_dry_run_writes_nothing(files, capsys):
    assert run(f"{files}/areas.gpkg:mini", "--dry-run", "--rule", "G03", "--json", "-") == 1
    assert json.loads(capsys.readouterr().out)["left"]["duplicate"] == 1
    assert sorted(path.name for path in files.iterdir()) == ["areas.gpkg", "block.gpkg"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "Say where to write"),
        (["--out", "{files}/areas.gpkg"], "choose another name"),
        (["--dry-run", "--rule", "S01"], "not one of the coverage"),
        (["--dry-run", "--kind", "hole"], "no fault of kind"),
        (["--dry-run", "--owner", "x"], "FAULT=AREA"),
        (["--dry-run", "--id", "nix"], "no field"),
        (["--dry-run", "--prefer", "luck"], "Unknown preference"),
        (["--dry-run", "--missing", "luck"], "--missing takes"),
    ],
)
def test_impossible_requests_say_what_to_do(files, words, message):
    with pytest.raises(InputError, match=message):
        run(f"{files}/areas.gpkg:mini", *(word.format(files=files) for word in words))


def test_a_coordinate_that_is_no_number_is_refused_by_name():
    areas = make_areas({"A": rectangle(0, 0, 10, 10), "B": rectangle(10, 0, 20, 10)})
    with np.errstate(invalid="ignore"):
        areas.loc[["B"], "geometry"] = shapely.from_wkt(["POLYGON ((10 0, 20 0, NaN NaN, 10 10, 10 0))"])
    faults = find_faults(areas)

    assert faults["kind"].tolist() == ["invalid"]
    with pytest.raises(InputError, match="Area B has a coordinate"):
        propose(areas, faults)


def test_ground_beside_an_area_so_thin_that_a_corner_lies_on_two_of_its_sides():
    thin = [(726.687, 746.587), (726.858, 746.764), (729.963, 749.889), (730.272, 750.2)]
    outside = [*thin, (728.843, 745.349)]
    box = shapely.box(700, 730, 750, 770)
    areas = GeoDataFrame(
        index=["thin", "rest"],
        geometry=[shapely.Polygon(thin), shapely.Polygon(box.exterior.coords, [outside])],
        crs=CRS,
    )
    around = GeoDataFrame(index=["b"], geometry=[box], crs=CRS)
    gap = shapely.Polygon([thin[0], thin[3], outside[4]])
    patch = make_patch(dict(areas.geometry), dict(around.geometry), grid=0.001)

    change = give_patch(patch, gap, "thin", tolerance=0.002)

    after = areas.copy()
    for label, polygon in change.new.items():
        after.loc[[label], "geometry"] = polygon
    assert is_exact(after, around)
    assert after.geometry["thin"].area == pytest.approx(gap.area, rel=0.01)
