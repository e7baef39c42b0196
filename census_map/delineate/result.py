"""What comes out of a split: parts, what is proven of them, and the vertices that their neighbours need."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
from geopandas import GeoDataFrame

from census_map.delineate.proof import summarise
from census_map.delineate.redraw import Stops, insert_all


@dataclass(frozen=True)
class Split:
    """
    One census area, split.

    Parameters
    ----------
    area
        Its label.
    parts
        `part` (1, 2, …), `weight`, `geometry`; the caller's CRS.
    proof
        What was achieved and what forces it, see `SplitResult.summary`.
    stops
        Vertices put on the area's border: (end, end) of the edge in the caller's coordinates → places on it.
    buildings
        Building label → part, for the buildings that count here.
    """

    area: Hashable
    parts: GeoDataFrame
    proof: dict[str, Any]
    stops: Stops = field(default_factory=dict)
    buildings: "pd.Series[int]" = field(default_factory=lambda: pd.Series(dtype="int64"))


@dataclass(frozen=True)
class SplitResult:
    """
    Census areas, split.

    Parameters
    ----------
    parts
        One row a part: `area`, `part` (1, 2, …), `weight`, `geometry`. An exact coverage of each area.
    areas
        The areas as given, with a vertex put on their border where a part's border ends in the middle of an edge and
        no vertex is near (`ends.SLIDE`). Against the areas as given `find_faults` names such a place `unmatched`;
        against these the boundary chain is zero.
    splits
        What is known of each area.
    unfinished
        Labels of the areas that have no parts because the caller stopped the work before them.
    """

    parts: GeoDataFrame
    areas: GeoDataFrame
    splits: tuple[Split, ...]
    unfinished: tuple[Hashable, ...] = ()

    def summary(self) -> dict[str, Any]:
        """Give the content of `coverage split --json`."""
        unfinished = [label if isinstance(label, int | str) else str(label) for label in self.unfinished]
        return summarise(split.proof for split in self.splits) | {"unfinished": unfinished}


def gather(areas: GeoDataFrame, splits: list[Split]) -> SplitResult:
    """Put all parts into one frame, with every vertex that a neighbour's split put on a common border."""
    stops: Stops = {}
    for split in splits:
        for edge, places in split.stops.items():
            stops.setdefault(edge, []).extend(places)
    fuller = insert_all(areas.geometry.to_numpy(), stops)
    parts = pd.concat([split.parts for split in splits], ignore_index=True) if splits else _no_parts(areas)
    parts = parts.set_geometry(insert_all(parts.geometry.to_numpy(), _with_pieces(stops)), crs=areas.crs)
    done = {split.area for split in splits}
    unfinished = tuple(label for label in areas.index if label not in done)
    return SplitResult(parts, areas.set_geometry(fuller, crs=areas.crs), tuple(splits), unfinished)


def _no_parts(areas: GeoDataFrame) -> GeoDataFrame:
    return GeoDataFrame({"area": [], "part": [], "weight": []}, geometry=[], crs=areas.crs)


def _with_pieces(stops: Stops) -> Stops:
    """Name the pieces of edges that carry several vertices, so that a part that has some of them gets the others."""
    out = dict(stops)
    for (ax, ay, bx, by), places in stops.items():
        a, b = (ax, ay), (bx, by)
        row = [a, *sorted(set(places), key=lambda p: (p[0] - a[0]) * (b[0] - a[0]) + (p[1] - a[1]) * (b[1] - a[1])), b]
        for i in range(len(row)):
            for j in range(i + 2, len(row)):
                one, two = sorted((row[i], row[j]))
                out[(*one, *two)] = row[i + 1 : j]
    return out
