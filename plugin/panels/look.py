"""The colours and marks of UX.md, in one place: the same on screen, in the report and on paper."""

from pathlib import Path
from typing import Final

from qgis.PyQt.QtGui import QIcon

ICONS: Final = Path(__file__).parents[1] / "icons"

ERROR: Final = "#C62828"
WARNING: Final = "#B7791F"
INFO: Final = "#3B7DD8"
DONE: Final = "#2E8B57"
OPEN: Final = "#757575"

# A fault is told by its sign as well as by its colour.
STATE_MARKS: Final = {"done": ("●", DONE), "open": ("○", OPEN), "problems": ("✕", ERROR)}
SEVERITY_MARKS: Final = {"error": ("✕", ERROR), "warning": ("!", WARNING), "info": ("i", INFO)}


def icon(name: str) -> QIcon:
    """Load one of the plugin's own drawings."""
    return QIcon(str(ICONS / f"{name}.svg"))
