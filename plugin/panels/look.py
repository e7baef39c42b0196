"""Colours and marks, in one place: the same on screen, in the report and on paper."""

from pathlib import Path
from typing import Final

from qgis.PyQt.QtGui import QIcon

ICONS: Final = Path(__file__).parents[1] / "icons"

ERROR: Final = "#C62828"
WARNING: Final = "#B7791F"
INFO: Final = "#3B7DD8"
DONE: Final = "#2E8B57"
OPEN: Final = "#757575"
OWN_BORDER: Final = "#8B1A5C"
BALANCE_COLOURS: Final = {"below": "#3B7DD8", "inside": "#2E8B57", "above": "#D9730D", "kept": "#757575"}
BALANCE_MARKS: Final = {"below": "▽", "inside": "●", "above": "△"}

# A fault is told by its sign as well as by its colour.
STATE_MARKS: Final = {"done": ("●", DONE), "open": ("○", OPEN), "problems": ("✕", ERROR)}
SEVERITY_MARKS: Final = {"error": ("✕", ERROR), "warning": ("!", WARNING), "info": ("i", INFO)}

# The one button that goes on.
MAIN_STYLE: Final = (
    f"QPushButton {{ background: {DONE}; color: white; border: none; border-radius: 4px; "
    "padding: 8px; font-weight: bold; }"
    "QPushButton:hover { background: #257247; } QPushButton:disabled { background: palette(mid); }"
)


def icon(name: str) -> QIcon:
    """Load one of the plugin's own drawings."""
    return QIcon(str(ICONS / f"{name}.svg"))
