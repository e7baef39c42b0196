"""Zones, metres and the grid."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import CRS

from census_map.crs import (
    gauss_kruger_crs,
    gauss_kruger_zone,
    grid_size,
    is_metric,
    metric_crs,
    metric_crs_at,
    reprojected,
    require_crs,
    require_places,
    snap_coordinates,
    to_metres,
)
from census_map.errors import InputError


@pytest.mark.parametrize(("lon", "zone"), [(73.5, 25), (116.4, 39), (118.49, 39), (118.5, 40), (136.49, 45)])
def test_zone_of_a_longitude(lon, zone):
    assert gauss_kruger_zone(lon) == zone


@pytest.mark.parametrize("lon", [0.0, 73.0, 137.0])
def test_longitudes_outside_the_zones(lon):
    with pytest.raises(InputError, match="zones 25 to 45"):
        gauss_kruger_zone(lon)


def test_codes_of_the_zones():
    assert gauss_kruger_crs(120.0).to_epsg() == 4549
    assert gauss_kruger_crs(120.0, zone_prefix=True).to_epsg() == 4528


@pytest.mark.parametrize(
    ("lon", "lat", "epsg"), [(120.2, 31.5, 4549), (9.5, 47.1, 32632), (151.2, -33.9, 32756), (179.9, 10.0, 32660)]
)
def test_a_metric_system_for_every_place(lon, lat, epsg):
    assert metric_crs_at(lon, lat).to_epsg() == epsg


def test_layers_become_metric():
    layer = gpd.GeoDataFrame(geometry=[shapely.box(120, 30, 120.001, 30.001)], crs=4490)
    metres = to_metres(layer)
    assert is_metric(metres.crs)
    assert metres.area.iloc[0] == pytest.approx(96.5 * 110.9, rel=0.01)
    assert to_metres(metres) is metres


def test_layers_without_system_or_coordinates():
    with pytest.raises(InputError, match="coordinate reference system"):
        require_crs(gpd.GeoDataFrame(geometry=[shapely.Point(0, 0)]))
    with pytest.raises(InputError, match="no coordinates"):
        metric_crs(gpd.GeoDataFrame(geometry=[], crs=4490))


@pytest.mark.parametrize(
    ("system", "box", "metric"),
    [
        (27700, (530_000, 180_000, 531_000, 181_000), 27700),
        (3857, (-10_000, 6_700_000, 10_000, 6_720_000), 32631),
        (3031, (-1000, -1000, 1000, 1000), 32761),
        (4326, (-179.9, -17, 179.9, -16), 32760),
        (4326, (10, 86, 11, 87), 32661),
        (4807, (0, 54.2, 0.1, 54.3), 32631),
    ],
    ids=["true to scale", "Web Mercator", "polar", "both sides of 180 degrees", "beyond UTM", "grads from Paris"],
)
def test_the_metric_system_of_a_layer_is_true_to_scale(system, box, metric):
    layer = gpd.GeoDataFrame(geometry=[shapely.box(*box)], crs=system)

    assert metric_crs(layer).to_epsg() == metric


@pytest.mark.parametrize(("code", "step"), [(4490, 1e-8), (4549, 1e-3), (2263, 1e-3)])
def test_grid_of_a_system(code, step):
    assert grid_size(CRS.from_epsg(code)) == pytest.approx(step)


def test_snapping_gives_the_nearest_decimal():
    snapped = snap_coordinates(np.array([[120.123456789, -1e-12]]), 1e-8)
    assert snapped.tolist() == [[120.12345679, 0.0]]
    assert not np.signbit(snapped[0, 1])


SITE = 'ENGCRS["site",EDATUM["stone"],CS[Cartesian,2],AXIS["e",east],AXIS["n",north],LENGTHUNIT["Meter",1]]'
SITE_FEET = SITE.replace('"Meter",1', '"foot",0.3048')


def boxes(*corners, crs=4326):
    labels = [f"a{number}" for number in range(len(corners))]
    return gpd.GeoDataFrame(index=labels, geometry=[shapely.box(*corner) for corner in corners], crs=crs)


def test_a_site_grid_in_metres_is_measured_as_it_is():
    layer = boxes((0, 0, 10, 10), crs=SITE)

    assert is_metric(layer.crs)
    assert metric_crs(layer) == layer.crs
    assert to_metres(layer) is layer


def test_a_site_grid_cannot_be_laid_on_another_map():
    for crs, other in ((SITE, 4326), (4326, SITE), (SITE_FEET, 32650)):
        with pytest.raises(InputError, match="“site” is tied to no place on earth"):
            reprojected(boxes((0, 0, 10, 10), crs=crs), CRS(other))
    with pytest.raises(InputError, match="tied to no place on earth"):
        metric_crs(boxes((0, 0, 10, 10), crs=SITE_FEET))


@pytest.mark.parametrize(
    "corners",
    [
        [(120, 30, 121, 31)],
        [(-180, -90, 180, 90)],
        [(179, 0, 180, 1), (180, 0, 181, 1)],
        [(179, 0, 181, 1), (181, 0, 182, 1)],
        [(-181, 0, -179, 1)],
        [(np.inf, 0, np.inf, 1)],
    ],
    ids=["plain", "whole earth", "at 180", "across 180", "across -180", "no number"],
)
def test_places_on_earth(corners):
    require_places(boxes(*corners))
    require_places(boxes((5e5, 3.4e6, 5.1e5, 3.5e6), crs=32650))


@pytest.mark.parametrize(
    ("corners", "told"),
    [
        ([(120, 30, 121, 31), (100, 89, 101, 95)], "“a1” reaches to longitude 101.0, latitude 95.0"),
        ([(199, 30, 200, 31)], "“a0” reaches to longitude 199.0"),
        ([(500_000, 3_400_000, 500_010, 3_400_010)], "longitude 500000.0, latitude 3400000.0"),
        ([(0, -91, 1, 0)], "latitude -91.0"),
        ([(179, 0, 361, 1)], "longitude 361.0"),
    ],
)
def test_degrees_that_are_no_place_are_named(corners, told):
    with pytest.raises(InputError, match=told):
        require_places(boxes(*corners))


def zones():
    """Every Chinese family of zones at its first, its last and a middle one: with the number, without, the number."""
    families = [(4513, 4534, 25), (2349, 2370, 25), (2401, 2422, 25), (4491, 4502, 13), (2327, 2338, 13)]
    for zoned, plain, first in [*families, (21413, 21453, 13)]:
        for step in (0, 5, 10 if first == 13 else 20):
            yield pytest.param(zoned + step, plain + step, first + step, id=f"{zoned + step}")


# Eastings from the middle of a zone to beyond the border of one of 6 degrees.
ACROSS = [500_000, 356_000, 643_900, 170_000, 829_000]


@pytest.mark.parametrize("easting", ACROSS)
@pytest.mark.parametrize(("zoned", "plain", "number"), [*zones()])
def test_the_number_of_the_zone_stands_in_the_eastings_or_not(zoned, plain, number, easting):
    bare = (easting, 3.4e6, easting + 500, 3.4e6 + 500)
    numbered = (number * 1e6 + easting, 3.4e6, number * 1e6 + easting + 500, 3.4e6 + 500)
    require_places(boxes(bare, crs=plain))
    require_places(boxes(numbered, crs=zoned))

    with pytest.raises(InputError, match=rf"begin with the zone number {number}: .*EPSG:{zoned} "):
        require_places(boxes(numbered, crs=plain))
    with pytest.raises(InputError, match=rf"do not begin with a zone number: .*EPSG:{plain} "):
        require_places(boxes(bare, crs=zoned))


@pytest.mark.parametrize(
    ("crs", "easting", "told"),
    [
        (4528, 39_643_000, "number 39: .*EPSG:4527 "),
        (4549, 39_643_000, "number 39: .*EPSG:4527 "),
        (4549, 20_356_000, "number 20: .*EPSG:4498 "),
        (4509, 40_500_000, "number 40: .*EPSG:4528 "),
        (2364, 20_500_000, "number 20: .*EPSG:2334 "),
        (21420, 40_500_000, "number 40: .*EPSG:2416 "),
        (32650, 50_500_000, "number 50, those of “WGS 84 / UTM zone 50N” do not"),
        (4549, 3_400_000_000, "number 3400, those"),
    ],
)
def test_another_zone_than_the_system_has_is_told(crs, easting, told):
    with pytest.raises(InputError, match=told):
        require_places(boxes((easting, 3.4e6, easting + 500, 3.4e6 + 500), crs=crs))


@pytest.mark.parametrize("shift", ["", " +towgs84=1,2,3"], ids=["plain", "with a shift"])
def test_a_system_of_zones_without_a_code_is_told_by_its_name(shift):
    nameless = CRS(f"+proj=tmerc +lon_0=120 +x_0=40500000 +ellps=krass +units=m{shift}")
    with pytest.raises(InputError, match="do not begin with the zone number of “unknown”"):
        require_places(boxes((500_000, 3.4e6, 500_500, 3.4e6 + 500), crs=nameless))
    require_places(boxes((40_500_000, 3.4e6, 40_500_500, 3.4e6 + 500), crs=nameless))


@pytest.mark.parametrize("crs", [4549, 4528, 4509, 2364, 21420, 32650, 3857])
def test_degrees_are_not_taken_for_metres(crs):
    own = CRS(crs).geodetic_crs.to_epsg()
    with pytest.raises(InputError, match=f"are degrees, but “.*” counts metres: .*EPSG:{own}"):
        require_places(boxes((120.1, 31.2, 120.11, 31.21), (120.11, 31.2, 120.6, 31.21), crs=crs))


@pytest.mark.parametrize(
    ("crs", "box"),
    [
        (4549, (0, 0, 10, 10)),
        (4549, (100, 20, 110, 30)),
        (4528, (38_900_000, 4.4e6, 40_900_000, 5.4e6)),
        (2193, (2_010_000, 5.8e6, 2_010_500, 5.8e6 + 500)),
        (31468, (4_500_000, 5.4e6, 4_500_500, 5.4e6 + 500)),
        (3003, (2_200_000, 4.5e6, 2_200_500, 4.5e6 + 500)),
        (3857, (13_400_000, 3.6e6, 13_400_500, 3.6e6 + 500)),
        (2056, (2_600_000, 1.2e6, 2_600_500, 1.2e6 + 500)),
    ],
    ids=["drawing", "house of a drawing", "province", "New Zealand", "Germany", "Apulia", "Mercator", "Switzerland"],
)
def test_places_of_flat_systems(crs, box):
    require_places(boxes(box, crs=crs))
