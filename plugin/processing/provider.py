"""The provider: the list of algorithms."""

from qgis.core import QgsProcessingProvider
from qgis.PyQt.QtGui import QIcon

from census_map.i18n import _

from ..panels.look import icon
from .add import Add
from .check import Check
from .coverage_check import CoverageCheck
from .coverage_repair import CoverageRepair
from .coverage_split import CoverageSplit
from .export import Export
from .new import New
from .number import Number
from .print_maps import PrintMaps
from .roster_link import RosterLink
from .split import Split

ALGORITHMS = (
    New,
    Add,
    Split,
    Number,
    Check,
    RosterLink,
    PrintMaps,
    Export,
    CoverageCheck,
    CoverageRepair,
    CoverageSplit,
)


class CensusMapProvider(QgsProcessingProvider):
    """The verbs of Census Map in the Processing toolbox."""

    def id(self) -> str:
        """Give the stable name, the first part of `census_map:coveragecheck`."""
        return "census_map"

    def name(self) -> str:
        """Give the name shown."""
        return _("Census Map")

    def icon(self) -> QIcon:
        """Give our own drawing."""
        return icon("census_map")

    def loadAlgorithms(self) -> None:
        """Make the algorithms."""
        for algorithm in ALGORITHMS:
            self.addAlgorithm(algorithm())
