"""What each fault is called, who owns it, how large it is."""

import json

import numpy as np
import pandas as pd
import pytest
import shapely

from census_map.coverage import KINDS, fault_report, find_faults, is_exact
from census_map.errors import InputError
from tests.coverage.shapes import make_areas, rectangle

WEST, EAST = rectangle(0, 0, 10, 10), rectangle(10, 0, 20, 10)
BOTH = "POLYGON ((0 0, 10 0, 20 0, 20 10, 10 10, 0 10, 0 0))"

ONE_FAULT = {
    "apart": ({"A": WEST, "B": rectangle(11, 0, 20, 10)}, {"C": BOTH}, ("gap", {"A", "B"}, "C", 10, 1)),
    "enclosed hole": (
        {"A": "POLYGON ((0 0, 10 0, 10 10, 0 10, 0 0), (4 4, 4 6, 6 6, 6 4, 4 4))"},
        None,
        ("gap", {"A"}, None, 4, 2),
    ),
    "missing area": ({"A": WEST}, {"C": BOTH}, ("gap", {"A"}, "C", 100, 10)),
    "open at the container's border": (
        {"A": "POLYGON ((0 0, 5 2, 10 0, 10 10, 0 10, 0 0))", "B": EAST},
        {"C": BOTH},
        ("gap", {"A"}, "C", 10, None),
    ),
    "narrow gap": ({"A": WEST, "B": rectangle(10.05, 0, 20, 10)}, {"C": BOTH}, ("gap", {"A", "B"}, "C", 0.5, 0.05)),
    "overlap": ({"A": WEST, "B": rectangle(9, 0, 20, 10)}, None, ("overlap", {"A", "B"}, None, 10, 1)),
    "crossing edges": (
        {"A": "POLYGON ((0 0, 10 0, 10 4, 12 5, 10 6, 10 10, 0 10, 0 0))", "B": EAST},
        {"C": BOTH},
        ("overlap", {"A", "B"}, "C", 2, None),
    ),
    "duplicate": ({"A": WEST, "A2": WEST, "B": EAST}, {"C": BOTH}, ("duplicate", {"A", "A2"}, "C", 100, 10)),
    "duplicate of two parts": (
        dict.fromkeys(("A", "B"), f"MULTI{WEST[:8]}(({WEST[9:-1]}), ((20 0, 30 0, 30 10, 20 10, 20 0)))"),
        None,
        ("duplicate", {"A", "B"}, None, 200, 10),
    ),
    "contained": ({"A": WEST, "in": rectangle(2, 2, 4, 4)}, None, ("contained", {"A", "in"}, None, 4, 2)),
    "contained at the border": (
        {"A": WEST, "B": EAST, "in": "POLYGON ((0 0, 10 0, 10 10, 0 0))"},
        {"C": BOTH},
        ("contained", {"A", "in"}, "C", 50, None),
    ),
    "spill": (
        {"A": "POLYGON ((-1 0, 0 0, 10 0, 10 10, 0 10, -1 10, -1 0))", "B": EAST},
        {"C": BOTH},
        ("spill", {"A"}, "C", 10, 1),
    ),
    "spill into another container": (
        {"A": "POLYGON ((0 0, 10 0, 12 5, 10 10, 0 10, 0 0))", "B": "POLYGON ((10 0, 20 0, 20 10, 10 10, 12 5, 10 0))"},
        {"C": WEST, "D": EAST},
        ("spill", {"A"}, "C", 10, None),
    ),
    "spill into the container before its own": (
        {"A": "POLYGON ((0 0, 10 0, 8 5, 10 10, 0 10, 0 0))", "B": "POLYGON ((10 0, 20 0, 20 10, 10 10, 8 5, 10 0))"},
        {"C": WEST, "D": EAST},
        ("spill", {"B"}, "D", 10, None),
    ),
    "wedge a thousand times as long as wide": (
        {"A": "POLYGON ((0 0, 100 0, 100 10, 0 10, 0 0))", "B": "POLYGON ((0 -9, 100 -9, 100 0, 0 0.1, 0 -9))"},
        None,
        ("overlap", {"A", "B"}, None, 5, 0.1),
    ),
    "strip that is wider in the middle": (
        {
            "A": "POLYGON ((0 0, 100 0, 100 10, 0 10, 0 0))",
            "B": "POLYGON ((0 -9, 100 -9, 100 0, 75 0.05, 50 0.1, 25 0.05, 0 0, 0 -9))",
        },
        None,
        ("overlap", {"A", "B"}, None, 5, 0.1),
    ),
    "bow-tie": ({"A": "POLYGON ((0 0, 10 10, 10 0, 0 10, 0 0))"}, None, ("invalid", {"A"}, None, 0, 0)),
    "ring that touches itself": (
        {"A": "POLYGON ((0 0, 10 0, 10 10, 0 10, 0 0, 2 4, 4 2, 0 0))"},
        {"C": "POLYGON ((0 0, 10 0, 10 10, 0 10, 0 0), (0 0, 2 4, 4 2, 0 0))"},
        ("invalid", {"A"}, None, None, None),
    ),
    "vertex in the middle of an edge": (
        {"A": WEST, "B": "POLYGON ((10 0, 20 0, 20 10, 10 10, 10 5, 10 0))"},
        None,
        ("unmatched", {"A", "B"}, None, 0, 0),
    ),
    "corner of two areas in the middle of an edge": (
        {"A": WEST, "B": rectangle(10, 0, 20, 5), "C": rectangle(10, 5, 20, 10)},
        None,
        ("unmatched", {"A", "B", "C"}, None, 0, 0),
    ),
    "vertex within the grid beside an edge": (
        {"A": WEST, "B": "POLYGON ((10 0, 20 0, 20 10, 10 10, 10.0004 5, 10 0))"},
        None,
        ("unmatched", {"A", "B"}, None, 0, 0),
    ),
    "vertex of an area on its container's edge": (
        {"A": "POLYGON ((0 0, 5 0, 10 0, 10 10, 0 10, 0 0))"},
        {"C": WEST},
        ("unmatched", {"A"}, "C", 0, 0),
    ),
    "vertex of a container on an area's edge": (
        {"A": WEST},
        {"C": "POLYGON ((0 0, 5 0, 10 0, 10 10, 0 10, 0 0))"},
        ("unmatched", {"A"}, "C", 0, 0),
    ),
}


@pytest.mark.parametrize(("areas", "containers", "expected"), ONE_FAULT.values(), ids=ONE_FAULT.keys())
def test_one_fault_has_its_kind_owners_and_size(areas, containers, expected):
    kind, owners, container, area, width = expected
    areas, containers = make_areas(areas), containers and make_areas(containers)

    faults = find_faults(areas, containers)

    assert faults["kind"].tolist() == [kind]
    fault = faults.iloc[0]
    assert set(fault["areas"]) == owners
    assert fault["container"] == container
    if area is not None:
        assert fault["area_m2"] == pytest.approx(area)
    if width is not None:
        assert fault["width_m"] == pytest.approx(width, rel=0.02)
    assert fault["geometry"].distance(fault["point"]) < 1e-9
    assert not is_exact(areas, containers)


EXACT = {
    "side by side": ({"A": WEST, "B": EAST}, {"C": BOTH}),
    "outline only": ({"A": WEST, "B": EAST}, None),
    "no areas, no containers": ({}, None),
    "container with a hole": (
        {"A": "POLYGON ((0 0, 10 0, 10 10, 0 10, 0 0), (4 4, 4 6, 6 6, 6 4, 4 4))"},
        {"C": "POLYGON ((0 0, 10 0, 10 10, 0 10, 0 0), (4 4, 4 6, 6 6, 6 4, 4 4))"},
    ),
    "exclave in the hole of another container": (
        {
            "A": "POLYGON ((0 0, 10 0, 10 10, 0 10, 0 0), (4 4, 4 6, 6 6, 6 4, 4 4))",
            "B": "MULTIPOLYGON (((10 0, 20 0, 20 10, 10 10, 10 0)), ((4 4, 6 4, 6 6, 4 6, 4 4)))",
        },
        {
            "C": "POLYGON ((0 0, 10 0, 10 10, 0 10, 0 0), (4 4, 4 6, 6 6, 6 4, 4 4))",
            "D": "MULTIPOLYGON (((10 0, 20 0, 20 10, 10 10, 10 0)), ((4 4, 6 4, 6 6, 4 6, 4 4)))",
        },
    ),
    "clockwise, other start, repeated points": (
        {"A": "POLYGON ((10 10, 10 0, 10 0, 0 0, 0 10, 0 10, 10 10))", "B": EAST},
        {"C": BOTH},
    ),
    "empty geometry": ({"A": WEST, "B": EAST, "virtual": "POLYGON EMPTY"}, {"C": BOTH}),
    "empty hole and empty part": (
        {
            "A": "MULTIPOLYGON (EMPTY, ((0 0, 10 0, 10 10, 0 10, 0 0)))",
            "B": "POLYGON ((10 0, 20 0, 20 10, 10 10, 10 0), EMPTY)",
        },
        {"C": BOTH},
    ),
    "heights and measures": ({"A": WEST, "B": "POLYGON Z ((10 0 1, 20 0 2, 20 10 3, 10 10 4, 10 0 1))"}, {"C": BOTH}),
    "noise below the grid": (
        {"A": WEST, "B": "POLYGON ((10.0000001 0, 20 0, 20 10, 9.9999999 10, 10.0000001 0))"},
        {"C": BOTH},
    ),
}


@pytest.mark.parametrize(("areas", "containers"), EXACT.values(), ids=EXACT.keys())
def test_an_exact_coverage_has_no_fault(areas, containers):
    areas, containers = make_areas(areas), containers and make_areas(containers)

    assert find_faults(areas, containers).empty
    assert is_exact(areas, containers)


def test_missing_geometry_covers_nothing_and_is_no_fault():
    areas = make_areas({"A": WEST, "none": EAST})
    areas.loc["none", "geometry"] = None

    assert find_faults(areas).empty
    assert find_faults(areas, make_areas({"C": BOTH}))["kind"].tolist() == ["gap"]


def test_a_thousand_copies_of_an_area_are_one_duplicate():
    areas = make_areas({f"A{k}": WEST for k in range(1000)} | {"B": EAST, "in": rectangle(12, 2, 14, 4)})

    faults = find_faults(areas)

    assert faults["kind"].tolist() == ["duplicate", "contained"]
    assert len(faults.iloc[0]["areas"]) == 1000
    assert faults.iloc[0]["area_m2"] == pytest.approx(100)


def test_an_area_inside_another_whose_pieces_lie_a_hair_over_each_other_is_told():
    areas = make_areas(
        {
            "A": "POLYGON ((27.432 75.663, 58 67, 66.066 128.723, 27.432 75.663))",
            "B": "POLYGON ((97.8 379.2, 66.066 128.723, 27.432 75.663, 97.8 379.2))",
            "C": "POLYGON ((280 423, 89 315, 96 381, 280 423))",
            "D": "POLYGON ((144 523, 66 127, 27.43 75.66, -60 243, 144 523))",
        }
    )
    containers = make_areas(
        {
            "E": "POLYGON ((27.432 75.663, 66.066 128.723, 58 67, 27.432 75.663))",
            "F": "POLYGON ((-23 274, 98 379, 66.066 128.723, 27.432 75.663, -23 274))",
        }
    )

    faults = find_faults(areas, containers)

    contained = faults[faults["kind"] == "contained"]
    assert contained["areas"].tolist() == [("B", "D")]
    assert contained["area_m2"].sum() == pytest.approx(areas.geometry["B"].area, rel=1e-3)


def test_overlap_across_the_border_of_two_neighbours_is_told_apart_by_owner():
    areas = make_areas(
        {
            "A": "POLYGON ((0 0, 10 0, 10 4, 12 4, 12 6, 10 6, 10 10, 0 10, 0 0))",
            "B": "POLYGON ((10 0, 20 0, 20 5, 10 5, 10 4, 10 0))",
            "C": "POLYGON ((10 5, 20 5, 20 10, 10 10, 10 6, 10 5))",
        }
    )

    faults = find_faults(areas)

    assert dict(zip(faults["areas"], faults["area_m2"], strict=True)) == pytest.approx({("A", "B"): 2, ("A", "C"): 2})


def test_neighbours_of_a_gap_come_by_the_length_of_their_border():
    areas = make_areas({"short": rectangle(0, 0, 1, 2), "long": "POLYGON ((1 0, 9 0, 9 2, 8 1, 1 1, 1 0))"})
    container = make_areas({"C": "POLYGON ((0 0, 1 0, 9 0, 9 2, 1 2, 0 2, 0 0))"})

    assert find_faults(areas, container).iloc[0]["areas"] == ("long", "short")


def test_an_island_in_a_gap_is_its_neighbour_and_its_hole():
    areas = make_areas({"island": rectangle(4, 4, 6, 6), "within": "POLYGON ((4 6, 6 6, 6 4, 7 4, 7 7, 4 7, 4 6))"})
    areas = pd.concat([areas, make_areas({"east": rectangle(10, 0, 20, 10)})])

    faults = find_faults(areas, make_areas({"C": BOTH}))

    assert faults["kind"].tolist() == ["gap"]
    assert set(faults.iloc[0]["areas"]) == {"island", "within", "east"}
    assert faults.iloc[0]["area_m2"] == pytest.approx(100 - 4 - 5)


@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_a_coordinate_that_is_no_place_is_invalid_and_nothing_else(number):
    areas = make_areas({"A": WEST, "B": EAST, "C": rectangle(20, 0, 30, 10), "D": rectangle(29, 0, 40, 10)})
    with np.errstate(invalid="ignore"):
        strange = shapely.Polygon([(10, 0), (20, 0), (number, number), (10, 10)])
        areas.loc[["B"], "geometry"] = np.array([strange], dtype=object)
        kinds = find_faults(areas)["kind"]

    assert sorted(kinds) == ["invalid", "overlap"]


def test_an_invalid_area_does_not_hide_the_faults_of_others():
    areas = make_areas(
        {
            "broken": "POLYGON ((0 0, 10 0, 10 10, 4 10, 6 12, 6 10, 4 12, 0 10, 0 0))",
            "A": rectangle(20, 0, 30, 10),
            "B": rectangle(29, 0, 40, 10),
        }
    )

    assert find_faults(areas)["kind"].tolist() == ["overlap", "invalid"]


def test_an_invalid_area_does_not_hide_the_faults_along_its_own_border():
    areas = make_areas(
        {
            "broken": "POLYGON ((0 0, 10 0, 10 10, 7 10, 4 12, 6 12, 3 10, 0 10, 0 0))",
            "A": rectangle(9, 0, 20, 10),
            "B": rectangle(-10, 0, -0.5, 10),
            "C": "POLYGON ((-10 -5, 20 -5, 20 0, 9 0, 0 0, -0.5 0, -10 0, -10 -5))",
        }
    )
    containers = make_areas({"C": "POLYGON ((-10 -5, 20 -5, 20 0, 20 10, 10 10, 9 10, 0 10, -0.5 10, -10 10, -10 -5))"})

    faults = find_faults(areas, containers)

    told = faults.groupby("kind")["area_m2"].sum()
    assert told["overlap"] == pytest.approx(10)
    assert told["gap"] == pytest.approx(5)
    assert faults["areas"][faults["kind"] == "invalid"].tolist() == [("broken",)]


def test_an_invalid_container_is_told_beside_the_faults_of_the_areas():
    areas = make_areas({"A": rectangle(0, 0, 10, 9)})
    containers = make_areas({"C": "POLYGON ((0 0, 10 0, 10 10, 0 10, 0 0, -2 4, -4 2, 0 0))"})

    faults = find_faults(areas, containers)

    invalid = faults[faults["kind"] == "invalid"].iloc[0]
    assert (invalid["areas"], invalid["container"]) == ((), "C")
    assert "gap" in set(faults["kind"])


def test_a_container_that_crosses_itself_holds_the_ground_on_both_sides():
    containers = make_areas({"C": WEST, "D": "POLYGON ((100 100, 110 110, 110 100, 100 110, 100 100))"})
    east = "POLYGON ((110 100, 110 110, 105 105, 110 100))"

    nobody = find_faults(make_areas({"A": WEST}), containers)
    half = find_faults(make_areas({"A": WEST, "B": east}), containers)

    assert sorted(nobody["kind"][nobody["container"] == "D"]) == ["gap", "gap", "invalid"]
    assert nobody["area_m2"].sum() == pytest.approx(50)
    assert half["kind"].tolist() == ["gap", "invalid"]
    assert half["area_m2"].sum() == pytest.approx(25)


def test_who_lacks_a_vertex_comes_before_who_has_it():
    plain, divided = WEST, "POLYGON ((10 0, 20 0, 20 10, 10 10, 10 5, 10 0))"

    assert find_faults(make_areas({"A": plain, "B": divided})).iloc[0]["areas"] == ("A", "B")
    assert find_faults(make_areas({"B": divided, "A": plain})).iloc[0]["areas"] == ("A", "B")


def test_faults_at_one_place_have_ids_of_their_own():
    bow_tie = "POLYGON ((0 0, 10 10, 10 0, 0 10, 0 0))"

    faults = find_faults(make_areas({"A": bow_tie, "B": bow_tie}))

    assert sorted(faults["areas"][faults["kind"] == "invalid"]) == [("A",), ("B",)]
    assert faults.index.is_unique


def test_a_tolerance_labels_and_never_hides():
    areas = make_areas({"A": WEST, "B": rectangle(9.95, 0, 20, 10)})

    assert find_faults(areas, tolerance=0.01)["negligible"].tolist() == [False]
    assert find_faults(areas, tolerance=0.1)["negligible"].tolist() == [True]


def test_sizes_are_in_metres_in_a_geographic_system_and_places_in_its_own():
    hole = (
        "POLYGON ((120 30, 120.01 30, 120.01 30.01, 120 30.01, 120 30), "
        "(120.004 30.004, 120.004 30.006, 120.006 30.006, 120.006 30.004, 120.004 30.004))"
    )
    fault = find_faults(make_areas({"A": hole}, crs="EPSG:4490")).iloc[0]

    assert fault["area_m2"] == pytest.approx(42_790, rel=0.002)
    assert fault["width_m"] == pytest.approx(193, rel=0.02)
    assert shapely.Polygon([(120.004, 30.004), (120.004, 30.006), (120.006, 30.006), (120.006, 30.004)]).contains(
        fault["point"]
    )


@pytest.mark.parametrize(
    ("crs", "west", "south", "side", "area", "width"),
    [
        ("EPSG:4326", 179.985, -17.0, 0.01, 47_140, 213.0),
        ("EPSG:3857", 0, 6_700_000, 1000, 15_561, 124.6),
        ("EPSG:3031", 0, -1_000_000, 1000, 41_731, 204.3),
        ("EPSG:3031", -500, -1_000_000, 1000, 41_731, 204.3),
        ("EPSG:2263", 980_000, 200_000, 3000, 33_445, 182.9),
    ],
    ids=["beside the 180th meridian", "Web Mercator", "polar", "polar, across the 180th meridian", "feet"],
)
def test_sizes_are_metres_on_the_ground_in_every_system(crs, west, south, side, area, width):
    """The expected areas are those of the ellipsoid (geodesic), computed apart."""
    square = shapely.box(west, south, west + side, south + side)
    hole = shapely.box(west + 0.4 * side, south + 0.4 * side, west + 0.6 * side, south + 0.6 * side)
    other = shapely.box(-179.99, south, -179.98, south + side) if crs == "EPSG:4326" else square.buffer(0)
    areas = make_areas(
        {"A": (square - hole).wkt, "far": shapely.transform(other, lambda xy: xy + np.array([0, 2 * side])).wkt}, crs
    )

    fault = find_faults(areas).iloc[0]

    assert (fault["kind"], fault["areas"]) == ("gap", ("A",))
    assert fault["area_m2"] == pytest.approx(area, rel=1e-4)
    assert fault["width_m"] == pytest.approx(width, rel=0.01)


def test_the_report_holds_plain_values():
    areas = make_areas({"A": WEST, "B": rectangle(9, 0, 20, 10)})
    areas.index = np.array([7, 8])

    result = json.loads(json.dumps(fault_report(areas)))

    assert (result["areas"], result["containers"], result["valid"]) == (2, 0, False)
    assert result["counts"] == {kind: int(kind == "overlap") for kind in KINDS}
    fault = result["faults"][0]
    assert (fault["areas"], fault["container"]) == ([7, 8], None)
    assert shapely.from_wkt(fault["wkt"]).contains(shapely.Point(fault["point"]))


@pytest.mark.parametrize(
    ("areas", "containers", "words"),
    [
        (make_areas({"A": WEST}, crs=None), None, "no coordinate reference system"),
        (make_areas({"A": WEST}), make_areas({"C": WEST}, crs="EPSG:4326"), "reproject"),
        (make_areas({"A": "LINESTRING (0 0, 1 1)"}), None, "A is a LineString"),
        (make_areas({"A": WEST}).iloc[[0, 0]], None, "A is given twice"),
    ],
    ids=["no CRS", "two CRS", "line", "id twice"],
)
def test_what_cannot_be_compared_is_refused(areas, containers, words):
    with pytest.raises(InputError, match=words):
        find_faults(areas, containers)
