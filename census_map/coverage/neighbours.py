"""Which polygons are neighbours, and the borders that they share, from their edge table."""

import numpy as np
import pandas as pd
import shapely
from geopandas import GeoDataFrame

from census_map import crs as crs_module
from census_map.coverage.edges import EdgeTable, Ints, Shapes, edge_table


def shared_edges(table: EdgeTable) -> tuple[Ints, Ints]:
    """
    Pair the edges that two polygons share in opposite directions.

    Returns
    -------
    left, right
        Rows of the table; `left[k]` and `right[k]` are the two sides of the same edge, left the one of sign +1. An
        edge claimed more than once on one side is paired as far as the other side goes.
    """
    rows = np.flatnonzero(table.sign)
    # By key, then sign: the edges of one place come together.
    order = rows[np.lexsort((rows, table.sign[rows], table.key[rows]))]
    key, sign = table.key[order], table.sign[order]
    new = np.concatenate(([True], (key[1:] != key[:-1]) | (sign[1:] != sign[:-1]))) if len(order) else np.zeros(0, bool)
    run = np.cumsum(new) - 1
    rank = np.arange(len(order)) - np.flatnonzero(new)[run] if len(order) else run
    frame = pd.DataFrame({"key": key, "rank": rank, "row": order})
    pairs = frame[sign > 0].merge(frame[sign < 0], on=["key", "rank"], suffixes=("_left", "_right"))
    return pairs["row_left"].to_numpy(dtype=np.int64), pairs["row_right"].to_numpy(dtype=np.int64)


def adjacency(areas: GeoDataFrame, *, grid: float | None = None) -> pd.DataFrame:
    """
    Find which areas are neighbours along a border.

    Parameters
    ----------
    areas
        Polygons indexed by id, in any CRS; an exact coverage, or as much of one as it is.
    grid
        The grid on which coordinates are compared, in CRS units; None: that of the CRS.

    Returns
    -------
    neighbours
        One row a pair: `left`, `right` (labels, `left` the earlier in the frame) and `length` of the shared border
        in CRS units. Areas that touch at points only are no neighbours.

    Examples
    --------
    >>> from geopandas import GeoDataFrame
    >>> from shapely import box
    >>> shapes = [box(0, 0, 50, 100), box(50, 0, 100, 100)]
    >>> areas = GeoDataFrame(geometry=shapes, index=["001", "002"], crs="EPSG:4549")
    >>> from census_map.coverage import adjacency
    >>> adjacency(areas).values.tolist()
    [['001', '002', 100.0]]
    """
    table = edge_table(_shapes(areas), grid=_grid(areas) if grid is None else grid)
    pairs = _pairs(table)
    if pairs.empty:
        return pd.DataFrame({"left": areas.index[:0], "right": areas.index[:0], "length": np.zeros(0)})
    sums = pairs.groupby(["low", "high"], sort=True)["length"].sum().reset_index()
    return pd.DataFrame(
        {
            "left": areas.index[sums["low"].to_numpy()],
            "right": areas.index[sums["high"].to_numpy()],
            "length": sums["length"].to_numpy(),
        }
    )


def shared_borders(areas: GeoDataFrame, *, grid: float | None = None) -> GeoDataFrame:
    """
    Return the borders that pairs of areas share.

    Parameters
    ----------
    areas
        Polygons indexed by id, in any CRS.
    grid
        As for `adjacency`.

    Returns
    -------
    borders
        One row a pair: `left`, `right` as in `adjacency`, `length` in CRS units, `geometry` a line or several
        (MultiLineString) whose vertices are the areas' own.

    Examples
    --------
    >>> from geopandas import GeoDataFrame
    >>> from shapely import box
    >>> shapes = [box(0, 0, 50, 100), box(50, 0, 100, 100)]
    >>> areas = GeoDataFrame(geometry=shapes, index=["001", "002"], crs="EPSG:4549")
    >>> from census_map.coverage import shared_borders
    >>> shared_borders(areas).geometry.length.tolist()
    [100.0]
    """
    table = edge_table(_shapes(areas), grid=_grid(areas) if grid is None else grid)
    pairs = _pairs(table)
    if pairs.empty:
        empty = {"left": areas.index[:0], "right": areas.index[:0], "length": np.zeros(0)}
        return GeoDataFrame(empty, geometry=np.zeros(0, dtype=object), crs=areas.crs)
    pairs = pairs.sort_values(["low", "high", "row"], kind="stable").reset_index(drop=True)
    rows = pairs["row"].to_numpy(dtype=np.int64)
    start, end = table.directed(rows)
    number = pairs.groupby(["low", "high"], sort=True).ngroup().to_numpy()
    bits = shapely.linestrings(np.stack((start, end), axis=1))
    lines = shapely.line_merge(shapely.multilinestrings(bits, indices=number))
    pieces, owner = shapely.get_parts(lines, return_index=True)
    lines = shapely.multilinestrings(pieces, indices=owner)
    sums = pairs.groupby(["low", "high"], sort=True)["length"].sum().reset_index()
    columns = {
        "left": areas.index[sums["low"].to_numpy()],
        "right": areas.index[sums["high"].to_numpy()],
        "length": sums["length"].to_numpy(),
    }
    return GeoDataFrame(columns, geometry=lines, crs=areas.crs)


def _pairs(table: EdgeTable) -> pd.DataFrame:
    """Return the shared edges: positions `low` < `high` of their areas, `length`, and one `row` of the table."""
    left, right = shared_edges(table)
    a, b = table.owner(left), table.owner(right)
    apart = a != b
    left, a, b = left[apart], a[apart], b[apart]
    step = table.xy[left + 1] - table.xy[left]
    return pd.DataFrame(
        {
            "low": np.minimum(a, b),
            "high": np.maximum(a, b),
            "length": np.hypot(step[:, 0], step[:, 1]),
            "row": left,
        }
    )


def _shapes(areas: GeoDataFrame) -> Shapes:
    return np.asarray(areas.geometry.to_numpy(), dtype=object)


def _grid(areas: GeoDataFrame) -> float:
    return crs_module.grid_size(crs_module.require_crs(areas))
