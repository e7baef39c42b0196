"""The cases by which JTS tests its own coverage validator; each disagreement is explained where it is listed."""

import json
import re

import numpy as np
import pytest
import shapely
from geopandas import GeoDataFrame

from census_map.coverage import find_faults, is_exact
from tests.coverage.shapes import METRES

# JTS compares with a gap width whatever lies between areas; here ground open to the outside is no gap unless a
# container says that it belongs to the coverage. With the hull of the areas as the container it is found.
OPEN_TO_THE_OUTSIDE = {"testGapDisjoint", "testGore", "testGap"}
# JTS ignores a ring that has collapsed to a line; it is no valid polygon, and is told so.
COLLAPSED = {"testRingCollapse"}


def polygons(text):
    """Take a polygon or multipolygon apart; one of the cases has a bracket too many, there the rings are taken."""
    try:
        return list(shapely.get_parts(shapely.from_wkt(text)))
    except shapely.errors.GEOSException:
        return [shapely.from_wkt(f"POLYGON (({ring}))") for ring in re.findall(r"\(([^()]+)\)", text)]


def cases(folder):
    for case in json.loads((folder / "jts-coverage/jts_coverage_cases.json").read_text()):
        arguments = case["args"]
        if case["suite"] == "CoverageValidatorTest":
            yield case, [shapely.from_wkt(text) for text in arguments[0]]
        elif case["suite"] == "CoveragePolygonValidatorTest":
            yield case, polygons(arguments[0]) + polygons(arguments[1])
        elif case["suite"] == "CoverageGapFinderTest":
            yield case, polygons(arguments[0])


def frame(shapes):
    return GeoDataFrame(geometry=np.array(shapes, dtype=object), crs=METRES)


@pytest.mark.real
def test_every_case_of_the_validator(shared_data):
    seen = 0
    for case, shapes in cases(shared_data):
        areas, name = frame(shapes), case["name"]
        kinds = set(find_faults(areas)["kind"])
        assert bool(kinds) is not is_exact(areas), name
        if name in COLLAPSED:
            assert kinds == {"invalid"}, name
        elif case["check"] == "checkValid":
            assert kinds == set(), name
        elif name in OPEN_TO_THE_OUTSIDE and not kinds:
            hull = frame([shapely.convex_hull(shapely.geometrycollections(shapes))])
            assert "gap" in set(find_faults(areas, hull)["kind"]), name
        else:
            assert kinds, name
        seen += 1
    assert seen == 37


@pytest.mark.real
def test_the_gap_that_jts_finds_has_its_shape(shared_data):
    case, shapes = next(item for item in cases(shared_data) if item[0]["suite"] == "CoverageGapFinderTest")
    gap = find_faults(frame(shapes)).iloc[0]

    assert gap["kind"] == "gap"
    assert gap["geometry"].equals(shapely.from_wkt(case["args"][2]))


def several(argument):
    if isinstance(argument, list):
        return [shapely.from_wkt(text) for text in argument]
    return list(shapely.get_parts(shapely.from_wkt(argument)))


def other_suite(folder, suite):
    """Cases of another suite: name, check, and every argument that is a coverage."""
    for case in json.loads((folder / "jts-coverage/jts_coverage_cases.json").read_text()):
        if case["suite"] == suite:
            shapes = [
                item for item in case["args"] if isinstance(item, list) or (isinstance(item, str) and "(" in item)
            ]
            yield case["name"], case["check"], shapes


@pytest.mark.real
def test_what_jts_unites_is_an_exact_coverage_of_its_union(shared_data):
    """Without the union as container, the holes that three of the cases leave are gaps; with it they are none."""
    holes = {"testHoleTouchingSide": 1, "testHolesTouchingSide": 2, "testHolesTouching": 2}
    for name, check, arguments in other_suite(shared_data, "CoverageUnionTest"):
        if check == "checkError":  # one that JTS refuses, because a vertex lies inside the neighbour
            assert find_faults(frame(several(arguments[0])))["kind"].tolist() == ["overlap"]
        elif arguments:
            areas, union = (several(text) for text in arguments)
            assert is_exact(frame(areas), frame([shapely.union_all(union)])), name
            assert find_faults(frame(areas))["kind"].tolist() == ["gap"] * holes.get(name, 0), name


# Faults of what JTS is given to clean, in the order of the cases, and of its result where that is not clean here.
TO_CLEAN = {
    "testCoverageWithEmpty": (["overlap"], []),
    "testSingleNearMatch": (["overlap"], []),
    "testManyNearMatches": (["gap", "overlap"], []),
    # Snapping changes coordinates of coverages that were exact, and still are.
    "testPolygonSnappedPreserved": ([], []),
    "testPolygonsSnappedPreserved": ([], []),
    "testPolygonsSnappedCollapse": ([], []),
    "testMergeGapToLongestBorder": (["gap"], []),
    # Gaps wider than the width that is given stay; here a gap is a gap at any width.
    "testMergeGapWidth_0": (["gap"] * 3, ["gap"] * 3),
    "testMergeGapWidth_1": (["gap"] * 3, ["gap"]),
    "testMergeGapWidth_2": (["gap"] * 3, []),
    "testMergeOverlapMinArea": (["overlap"], []),
    "testMergeOverlapMaxArea": (["overlap"], []),
    "testMergeOverlapMinId": (["overlap"], []),
    "testMergeOverlap": (["overlap", "unmatched", "unmatched"], []),
    "testMergeOverlap2": (["overlap", "unmatched", "unmatched"], []),
    # JTS empties these without a word; here they are named for what they are.
    "testDuplicateItems": (["duplicate"], []),
    "testCoveredItem": (["contained"], []),
    "testCoveredItemMultiPolygon": (["contained"], []),
}


@pytest.mark.real
def test_what_jts_cleans_is_named(shared_data):
    seen = set()
    for name, _check, arguments in other_suite(shared_data, "CoverageCleanerTest"):
        faults = [find_faults(frame(several(text)))["kind"].tolist() for text in arguments]
        assert faults[0] == TO_CLEAN[name][0], name
        assert faults[1:] in ([], [TO_CLEAN[name][1]]), name
        seen.add(name)
    assert seen == set(TO_CLEAN)


# A ring collapsed to a line or a point is no valid polygon; enclosed holes that no area fills are gaps.
SIMPLIFIED = {
    "testRepeatedPointCollapseToLine": (["invalid"], ["invalid"]),
    "testRepeatedPointCollapseToPoint": (["invalid"], ["invalid"]),
    "testRepeatedPointCollapseToPoint2": (["invalid"], ["invalid"]),
    "testInnerHolesTouchingHolesAndShell": (["gap"] * 5, ["gap"] * 5),
    "testHolesTouchingHolesAndShell": (["gap"] * 5, ["gap"]),
}


@pytest.mark.real
def test_what_jts_simplifies_is_exact_before_and_after(shared_data):
    count = 0
    for name, _check, arguments in other_suite(shared_data, "CoverageSimplifierTest"):
        for place, argument in enumerate(arguments):
            try:
                shapes = several(argument)
            except shapely.errors.GEOSException:  # two of the results have a bracket too many
                continue
            expected = SIMPLIFIED.get(name, ([], []))[place]
            assert find_faults(frame(shapes))["kind"].tolist() == expected, (name, place)
            count += 1
    assert count in {60, 62}  # GEOS before 3.12 overlooks the brackets
