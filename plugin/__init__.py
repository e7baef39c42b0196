"""Census Map inside QGIS. QGIS calls `classFactory`; nothing is imported before that."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from census_map_plugin.plugin import CensusMapPlugin
    from qgis.gui import QgisInterface


def classFactory(iface: "QgisInterface") -> "CensusMapPlugin":
    """Make the plugin; the name is QGIS's."""
    from . import dependencies  # noqa: PLC0415  the vendored packages must be found before anything else is imported

    dependencies.make_importable()
    from .plugin import CensusMapPlugin  # noqa: PLC0415

    return CensusMapPlugin(iface)
