import geopandas as gpd
import numpy as np
import pytest
import shapely

from census_map.delineate import Effort, regionalise
from census_map.delineate.redraw import cancels
from census_map.delineate.regions import dissolve
from census_map.errors import InputError

QUICK = Effort(proposals=100, starts=1, fast=False)


def make_atoms(columns=6, rows=4, crs="EPSG:32650"):
    x, y = np.meshgrid(np.arange(columns) * 100, np.arange(rows) * 100)
    boxes = shapely.box(x.ravel(), y.ravel(), x.ravel() + 100, y.ravel() + 100)
    ward = np.where(x.ravel() < 300, "W", "E")
    return gpd.GeoDataFrame({"persons": 50, "ward": ward}, geometry=boxes, crs=crs)


def test_atoms_are_joined_into_even_exact_regions():
    atoms = make_atoms()
    result = regionalise(atoms, target=300, effort=QUICK)
    assert result.parts["weight"].tolist() == [300] * 4
    assert cancels(result.parts.geometry.to_numpy(), dissolve(atoms.geometry.to_numpy()))
    assert result.proof[0]["contiguous"]


def test_regions_stay_inside_their_ward():
    atoms = make_atoms()
    result = regionalise(atoms, target=200, within="ward", effort=QUICK)
    assert result.parts.groupby("area")["weight"].sum().to_dict() == {"W": 600, "E": 600}
    assert atoms["ward"].groupby([atoms["ward"], result.region]).nunique().max() == 1


def test_island_joins_the_nearest_region():
    atoms = make_atoms(3, 2)
    atoms.loc[5, "geometry"] = shapely.box(1000, 0, 1100, 100)
    result = regionalise(atoms, target=150, effort=QUICK)
    assert result.parts["weight"].tolist() == [150, 150]


def test_too_many_regions_are_refused():
    with pytest.raises(InputError, match="1 to 6 regions"):
        regionalise(make_atoms(3, 2), target=100, count=7)


def test_dissolve_keeps_a_hole():
    ring = make_atoms(3, 3).drop(index=4)
    joined = dissolve(ring.geometry.to_numpy())
    assert joined.area == 80_000
    assert len(joined.interiors) == 1
