"""What stands on a sheet, decided completely before anything is drawn."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from shapely.geometry.base import BaseGeometry

from census_map.sheets.labels import Label, Leader
from census_map.sheets.paper import Paper

# Kinds of buildings as a sheet tells them apart, in the order of the legend.
BUILDING_KINDS = ("residential", "mixed", "collective", "other", "vacant", "construction", "demolished")

Extent = tuple[float, float, float, float]


@dataclass(frozen=True)
class Text:
    """A text broken into lines that fit their box, and its size in points (0: as the print layout says)."""

    text: str
    size: float = 0.0


@dataclass(frozen=True)
class Detail:
    """The frame of a detail map, drawn on the map of the whole: its number and extent in map coordinates."""

    number: int
    extent: Extent


@dataclass(frozen=True)
class MapPage:
    """
    One map.

    Attributes
    ----------
    paper
        Its format.
    scale
        The number after '1:'.
    extent
        West, south, east, north in metres of the sheet's CRS; as large as the map's frame at that scale.
    labels, leaders
        Every text on the map, and the lines from numbers to their buildings, in map coordinates.
    details
        Frames of detail maps that show parts of this one larger.
    corner
        Where north arrow and scale bar stand: `sw`, `se`, `nw` or `ne`.
    segment
        Metres of one of the scale bar's two segments.
    legend
        Keys of what the map shows, see `census_map.sheets.legend`.
    texts
        By box of the print layout.
    """

    paper: Paper
    scale: int
    extent: Extent
    labels: tuple[Label, ...]
    leaders: tuple[Leader, ...]
    details: tuple[Detail, ...]
    corner: str
    segment: float
    legend: tuple[str, ...]
    texts: Mapping[str, Text]


@dataclass(frozen=True)
class ListPage:
    """
    One page of the list of buildings.

    Attributes
    ----------
    rows
        Cells whose lines are already broken; the first row is the heading.
    heights
        Of the rows, in millimetres.
    texts
        By box of the print layout.
    """

    rows: tuple[tuple[str, ...], ...]
    heights: tuple[float, ...]
    texts: Mapping[str, Text]


@dataclass(frozen=True)
class Sheet:
    """
    All pages of one mini-area.

    Attributes
    ----------
    uid, code
        Of the mini-area.
    census_area
        Code of its census area.
    area
        The mini-area, in the sheet's CRS.
    outline, tiling
        The census area and its mini-areas, simplified for the locator.
    buildings
        Outline and kind (`BUILDING_KINDS`) of each own building.
    maps, lists
        Pages in order.
    missing
        Numbers of buildings that found no place on any map; they are named on the sheet.
    qr
        Content of the QR code.
    """

    uid: str
    code: str
    census_area: str
    area: BaseGeometry
    outline: BaseGeometry
    tiling: tuple[BaseGeometry, ...]
    buildings: tuple[tuple[BaseGeometry, str], ...]
    maps: tuple[MapPage, ...]
    lists: tuple[ListPage, ...]
    qr: str
    missing: tuple[str, ...] = field(default=())

    @property
    def pages(self) -> int:
        """How many pages the sheet has."""
        return len(self.maps) + len(self.lists)
