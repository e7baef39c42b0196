"""Faults of the containers themselves: the boundary chain decides only about containers that do not overlap."""

from geopandas import GeoDataFrame

from census_map.coverage.faults import find_faults

_TWICE = ("overlap", "duplicate", "contained")


def find_overlapping_containers(containers: GeoDataFrame) -> GeoDataFrame:
    """
    Find the ground that belongs to several containers, about which nothing can be decided.

    Parameters
    ----------
    containers
        Polygons indexed by id, in any CRS.

    Returns
    -------
    faults
        As from `find_faults`, `areas` being the containers that share the ground. Empty where all lie apart, which
        the theorem of `chain` takes for granted.
    """
    faults = find_faults(containers)
    return faults[faults["kind"].isin(_TWICE)]
