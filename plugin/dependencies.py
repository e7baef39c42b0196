"""
Finding the packages that the plugin needs in QGIS's own Python.

The plugin's zip carries the library and pure-Python packages in the folder `vendor`; the office zip adds the folder
`office` with compiled packages for Windows. QGIS's own packages always win over both, because the folders are appended
to the search path and never put in front. Only the library itself is taken from the zip first: another version of it,
installed elsewhere, must not be mixed with this plugin.
"""

import importlib.metadata
import importlib.util
import re
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

HERE = Path(__file__).parent
VENDOR = HERE / "vendor"
OFFICE = HERE / "office"
OWN = ("census_map", "census_map_styles", "census_map_samples")

# Without these nothing works. What one step alone needs (Excel, the vault, matching addresses) is reported there.
REQUIRED = {
    "numpy": (1, 26),
    "pandas": (2, 0),
    "shapely": (2, 0),
    "pyproj": (3, 6),
    "pyogrio": (0, 7),
    "geopandas": (0, 14),
}


class _OwnFinder(MetaPathFinder):
    """Finds the library inside the plugin's folder, and nothing else."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,  # noqa: ARG002  the protocol's parameters
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        return PathFinder.find_spec(fullname, [str(VENDOR)], target) if fullname in OWN else None


_finder = _OwnFinder()


def make_importable() -> None:
    """Let Python find the packages that came with the plugin; in a source checkout there are none to find."""
    if VENDOR.is_dir() and _finder not in sys.meta_path:
        sys.meta_path.insert(0, _finder)
    for folder in (VENDOR, OFFICE):
        if folder.is_dir() and str(folder) not in sys.path:
            sys.path.append(str(folder))


def forget() -> None:
    """Undo `make_importable`, and forget the library so that a newer plugin brings its own."""
    if _finder in sys.meta_path:
        sys.meta_path.remove(_finder)
    for folder in (VENDOR, OFFICE):
        if str(folder) in sys.path:
            sys.path.remove(str(folder))
    if VENDOR.is_dir():
        for name in [name for name in sys.modules if name.partition(".")[0] in OWN]:
            del sys.modules[name]


def missing(required: dict[str, tuple[int, ...]] | None = None) -> list[str]:
    """
    Name the packages that QGIS's Python lacks or has in too old a version.

    Parameters
    ----------
    required
        Lowest version by package; None: what the whole plugin needs.

    Returns
    -------
    packages
        Such as `["geopandas >= 0.14"]`. Nothing is imported to find out.
    """
    return [
        f"{name} >= {'.'.join(map(str, lowest))}"
        for name, lowest in (REQUIRED if required is None else required).items()
        if importlib.util.find_spec(name) is None or _version(name) < lowest
    ]


def _version(name: str) -> tuple[int, ...]:
    try:
        text = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        # Some builds of QGIS drop the metadata of the packages they carry; then the package itself must do.
        return (sys.maxsize,)
    return tuple(int(part) for part in re.findall(r"\d+", text)[:3])


def remedy() -> str:
    """Say in the user's language how the missing packages get into this QGIS."""
    from census_map.i18n import _  # noqa: PLC0415  found only after `make_importable`

    if sys.platform == "win32":
        return _(
            "Install the office edition of this plugin (its file name ends in “-office.zip”), then start QGIS again."
        )
    return _("Ask the technician to install python3-geopandas for QGIS's Python, then start QGIS again.")
