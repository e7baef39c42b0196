"""The land of the sample township: exact census areas, one network of roads, houses that keep their distance."""

import numpy as np
import pytest
import shapely

from census_map.coverage import is_exact
from census_map.sample import generate_township

LAYERS = ("census_areas", "buildings", "roads", "water", "railways", "walls", "landmarks")


def test_census_areas_share_their_borders_exactly(made):
    assert is_exact(made.census_areas)


@pytest.mark.parametrize("layer", LAYERS)
def test_coordinates_lie_on_the_grid(made, layer):
    frame = getattr(made, layer)
    assert frame.crs.to_epsg() == 4490
    xy = shapely.get_coordinates(frame.geometry.to_numpy())
    assert (np.round(xy, 8) == xy).all()


def test_one_census_area_has_an_exclave_inside_another(made):
    areas = made.census_areas
    (owner,) = areas.index[areas["飞地"] == "是"]
    assert [len(shape.geoms) for shape in areas.geometry.drop(owner)] == [1] * (len(areas) - 1)
    part = min(areas.geometry[owner].geoms, key=lambda shape: shape.area)
    hosts = [
        shape
        for shape in areas.geometry.drop(owner)
        if any(shapely.Polygon(hole).covers(part) for hole in shape.geoms[0].interiors)
    ]
    assert len(hosts) == 1
    assert made.buildings.within(part).sum() >= 5


def test_every_building_lies_in_its_census_area_and_overlaps_no_other(made):
    buildings = made.buildings.to_crs(4549)
    areas = made.census_areas.to_crs(4549).set_index("普查区编码").geometry
    own = areas[buildings["所属村居"]].to_numpy()
    assert shapely.contains(own, buildings.geometry.to_numpy()).all()
    shapes = buildings.geometry.to_numpy()
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    assert (one == other).all()


def test_no_building_stands_in_water_on_a_road_or_on_the_railway(made):
    shapes = made.buildings.geometry.to_numpy()
    for layer in ("water", "roads", "railways"):
        found = shapely.STRtree(shapes).query(getattr(made, layer).geometry.to_numpy(), predicate="intersects")
        assert found.shape[1] == 0, layer


def test_roads_are_one_network_joined_at_their_ends(made):
    part: dict[tuple[float, float], tuple[float, float]] = {}

    def root(node):
        while part.setdefault(node, node) != node:
            node = part[node]
        return node

    for shape in made.roads.geometry:
        (line,) = shape.geoms
        part[root(line.coords[0])] = root(line.coords[-1])
    assert len({root(node) for node in list(part)}) == 1


def test_houses_turn_with_the_streets(whole):
    houses = whole.buildings[whole.buildings["房屋用途"] == "住宅"].to_crs(4549).geometry
    boxes = shapely.get_coordinates(shapely.minimum_rotated_rectangle(houses.to_numpy())).reshape(-1, 5, 2)
    edges = boxes[:, 1] - boxes[:, 0]
    angles = np.round(np.degrees(np.arctan2(edges[:, 1], edges[:, 0])) % 90)
    assert len(np.unique(angles)) > 45


def test_sizes_are_those_of_a_township(whole):
    assert len(whole.census_areas) == 8
    # What `generate_township` says of one census area; the land decides how much of it finds a place.
    assert len(whole.buildings) == pytest.approx(8 * 150, rel=0.15)
    assert len(whole.dwellings) == pytest.approx(8 * 1150, rel=0.15)
    assert len(whole.roster) == pytest.approx(0.94 * len(whole.dwellings), rel=0.02)
    assert whole.roster["h2a"].sum() == pytest.approx(8 * 3000, rel=0.2)
    assert (whole.buildings["人数"] > 400).sum() >= 1
    assert set(whole.buildings["房屋用途"]) >= {"住宅", "商住", "集体宿舍", "商铺", "公共设施", "厂房"}


def test_codes_are_below_the_township(made):
    codes = made.census_areas["普查区编码"]
    assert codes.is_unique
    assert codes.str.fullmatch(r"320999001\d{3}").all()
    kinds = made.census_areas["类型"]
    assert (codes.str[9:].astype(int) > 200).tolist() == (kinds == "村委会").tolist()


@pytest.mark.parametrize("seed", range(20, 26))
def test_other_seeds_and_sizes_are_exact_too(seed):
    made = generate_township(seed=seed, census_areas=3 + seed % 4, scale=0.25, kinds={"village": 2, "old_town": 1})
    assert is_exact(made.census_areas)
    assert len(made.census_areas) == 3 + seed % 4


@pytest.mark.slow
def test_many_census_areas_are_exact():
    made = generate_township(seed=5, census_areas=40, scale=0.4)
    assert len(made.census_areas) == 40
    assert is_exact(made.census_areas)
    assert made.census_areas["普查区名称"].is_unique
