"""
The boxes of a sheet: where title, legend, facts, signatures and corrections stand on each paper.

The print layouts in `styles/` are drawn from these boxes, and texts are broken into lines to fit them.
"""

from census_map.sheets.paper import FOOTER, MARGIN, TITLE, Paper, Rect

HEADING = 4.6  # height of a box's heading, millimetres
PADDING = 1.2  # between a box's frame and its text
BODY_SIZES = (8.0, 7.5, 7.0, 6.5)

FACTS = ("locator", "legend", "bounds", "totals", "people", "corrections")

_COLUMN = {60.0: (30.0, 45.0, 24.5, 14.0, 18.0), 72.0: (52.0, 52.0, 32.0, 17.0, 24.0)}


def boxes(paper: Paper) -> dict[str, Rect]:
    """
    Give every box of a map sheet by name.

    Returns
    -------
    boxes
        `map`, the facts of the panel (`FACTS`), `qr`, `place`, `title`, `code`, `secret`, `drafted` and `page`, in
        millimetres from the top left corner of the paper.
    """
    area, frame = paper.content, paper.map_frame
    code_side = TITLE - 1.5
    words = area.width - code_side - 2
    foot = paper.height - MARGIN - FOOTER + 1
    return {
        "map": frame,
        "qr": Rect(area.right - code_side, area.y, code_side, code_side),
        "place": Rect(area.x, area.y, words, 5.5),
        "title": Rect(area.x, area.y + 5.5, words * 0.6, TITLE - 6.5),
        "code": Rect(area.x + words * 0.6, area.y + 5.5, words * 0.4, TITLE - 6.5),
        "secret": Rect(area.x, foot, area.width * 0.22, FOOTER - 1),
        "drafted": Rect(area.x + area.width * 0.22, foot, area.width * 0.62, FOOTER - 1),
        "page": Rect(area.x + area.width * 0.84, foot, area.width * 0.16, FOOTER - 1),
        **(_column(paper) if paper.landscape else _row(paper)),
    }


def text_box(box: Rect) -> Rect:
    """Give the room for text in a box with a heading."""
    return Rect(box.x + PADDING, box.y + HEADING, box.width - 2 * PADDING, max(box.height - HEADING - PADDING / 2, 1.0))


def _column(paper: Paper) -> dict[str, Rect]:
    panel, y, placed = paper.panel_frame, paper.panel_frame.y, {}
    for name, height in zip(FACTS, (*_COLUMN[paper.panel], 0.0), strict=True):
        placed[name] = Rect(panel.x, y, panel.width, height or panel.bottom - y)
        y += height
    return placed


def _row(paper: Paper) -> dict[str, Rect]:
    panel = paper.panel_frame
    left, middle = panel.width * 0.28, panel.width * 0.37
    right = panel.width - left - middle
    upper = panel.height * 0.63
    lower = panel.height - upper
    second, third = panel.x + left, panel.x + left + middle
    return {
        "locator": Rect(panel.x, panel.y, left, upper),
        "totals": Rect(panel.x, panel.y + upper, left, lower),
        "legend": Rect(second, panel.y, middle, upper),
        "people": Rect(second, panel.y + upper, middle, lower),
        "bounds": Rect(third, panel.y, right, panel.height * 0.45),
        "corrections": Rect(third, panel.y + panel.height * 0.45, right, panel.height * 0.55),
    }
