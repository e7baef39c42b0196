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
