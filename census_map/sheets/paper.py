"""
The papers a sheet may use, where the map stands on them, and round scales and scale bars (docs/domain.md section 9).

All lengths are millimetres from the top left corner of the paper.
"""

import math
from dataclasses import dataclass

BINDING = 35.0
MARGIN = 15.0
TITLE = 16.0
FOOTER = 5.5
GUTTER = 1.5

SCALES = (200, 250, 300, 400, 500, 750, 1000, 1500, 2000, 2500, 3000, 4000, 5000, 7500, 10000, 15000, 20000, 25000,
          30000, 40000, 50000, 75000, 100000, 150000, 200000, 250000, 500000, 1000000)  # fmt: skip


@dataclass(frozen=True)
class Rect:
    """A rectangle on the paper: left, top, width, height in millimetres."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """The right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """The bottom edge."""
        return self.y + self.height


@dataclass(frozen=True)
class Paper:
    """
    One format of paper, bound at its left edge.

    Attributes
    ----------
    name
        Also the name of the print layout in `styles/`: `a4_landscape` belongs to `mini_area_a4_landscape.qpt`.
    width, height
        Millimetres.
    panel
        Room for legend and facts: the width of the column beside the map (landscape) or the height of the row below
        it (portrait).
    """

    name: str
    width: float
    height: float
    panel: float

    @property
    def landscape(self) -> bool:
        """Whether the panel stands beside the map."""
        return self.width > self.height

    @property
    def content(self) -> Rect:
        """All that may be printed on: 35 mm free at the binding edge, 15 mm at the others."""
        return Rect(BINDING, MARGIN, self.width - BINDING - MARGIN, self.height - 2 * MARGIN)

    @property
    def map_frame(self) -> Rect:
        """Where the map stands."""
        area = self.content
        width = area.width - (self.panel + GUTTER if self.landscape else 0)
        height = area.height - TITLE - FOOTER - (0 if self.landscape else self.panel + GUTTER)
        return Rect(area.x, area.y + TITLE, width, height)

    @property
    def panel_frame(self) -> Rect:
        """Where legend and facts stand."""
        area, frame = self.content, self.map_frame
        if self.landscape:
            return Rect(frame.right + GUTTER, frame.y, self.panel, frame.height)
        return Rect(area.x, frame.bottom + GUTTER, area.width, self.panel)


A4_LANDSCAPE = Paper("a4_landscape", 297, 210, panel=60)
A4_PORTRAIT = Paper("a4_portrait", 210, 297, panel=72)
A3_LANDSCAPE = Paper("a3_landscape", 420, 297, panel=72)
A3_PORTRAIT = Paper("a3_portrait", 297, 420, panel=78)
PAPERS = {paper.name: paper for paper in (A4_LANDSCAPE, A4_PORTRAIT, A3_LANDSCAPE, A3_PORTRAIT)}


def round_scale(width: float, height: float, frame: Rect, *, inset: float = 6.0) -> int:
    """
    Choose the largest round scale at which an extent fits a frame.

    Parameters
    ----------
    width, height
        Of the extent, in metres.
    frame
        On the paper.
    inset
        Millimetres kept free around the extent.

    Returns
    -------
    scale
        The number after '1:', one of `SCALES`; beyond them the next 1, 2 or 5 times a power of ten.
    """
    need = 1000 * max(width / (frame.width - 2 * inset), height / (frame.height - 2 * inset))
    for scale in SCALES:
        if scale >= need * (1 - 1e-9):
            return scale
    return int(round_up(need))


def round_up(value: float) -> float:
    """Give the smallest 1, 2 or 5 times a power of ten that is not below a positive value."""
    power = 10.0 ** math.floor(math.log10(value))
    for factor in (1, 2, 5):
        if factor * power >= value * (1 - 1e-9):
            return factor * power
    return 10 * power


def scale_bar_segment(scale: int, *, longest: float = 40.0) -> float:
    """
    Choose the length of one of the two segments of a scale bar.

    Parameters
    ----------
    scale
        The number after '1:'.
    longest
        Of the whole bar, in millimetres on paper.

    Returns
    -------
    segment
        Metres on the ground: the largest 1, 2 or 5 times a power of ten of which two fit.
    """
    most = longest / 2 * scale / 1000
    up = round_up(most)
    if up <= most * (1 + 1e-9):
        return up
    power = 10.0 ** math.floor(math.log10(most))
    return max(factor * power for factor in (1, 2, 5) if factor * power <= most)
