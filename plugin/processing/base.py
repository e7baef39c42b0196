"""What all algorithms share: names, help, progress, and refusals that become Processing's errors."""

from abc import abstractmethod
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingParameterFile,
)
from qgis.PyQt.QtGui import QIcon

from census_map.errors import Cancelled, CensusMapError
from census_map.i18n import N_, _
from census_map.task import Report

from ..panels.look import icon
from ..worker import in_python_thread

TOWNSHIP, COVERAGE = N_("Township"), N_("Any map of areas")


class LibraryAlgorithm(QgsProcessingAlgorithm):
    """
    An algorithm that calls the library.

    Subclasses set `NAME` (stable, used by scripts), `TITLE`, `HELP` and `GROUP` (marked with `N_`) and `ICON`, and
    write `initAlgorithm` and `work`.
    """

    NAME: str
    TITLE: str
    HELP: str
    GROUP = TOWNSHIP
    ICON = "census_map"

    def createInstance(self) -> "LibraryAlgorithm":
        """Make another one, as QGIS asks for each run."""
        return type(self)()

    def name(self) -> str:
        """Give the stable name."""
        return self.NAME

    def displayName(self) -> str:
        """Give the name shown."""
        return _(self.TITLE)

    def shortHelpString(self) -> str:
        """Give the help shown beside the parameters."""
        return _(self.HELP)

    def group(self) -> str:
        """Give the group shown."""
        return _(self.GROUP)

    def groupId(self) -> str:
        """Give the stable name of the group."""
        return "township" if self.GROUP == TOWNSHIP else "coverage"

    def icon(self) -> QIcon:
        """Give our own drawing."""
        return icon(self.ICON)

    @abstractmethod
    def work(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback, report: Report
    ) -> dict[str, Any]:
        """Do it; `CensusMapError` says why not."""

    def processAlgorithm(
        self, parameters: dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> dict[str, Any]:
        """Run `work`, and turn a refusal into Processing's own error."""

        def report(fraction: float, text: str) -> None:
            if feedback.isCanceled():
                raise Cancelled(_("Stopped; nothing was changed."))
            feedback.setProgress(100.0 * fraction)
            if text:
                feedback.setProgressText(text)

        try:
            return in_python_thread(lambda: self.work(parameters, context, feedback, report))
        except CensusMapError as error:
            raise QgsProcessingException(str(error)) from error

    def add_township_parameter(self) -> None:
        """Ask for the township's file."""
        parameter = QgsProcessingParameterFile("TOWNSHIP", _("Township file"), extension="gpkg")
        self.addParameter(parameter)

    def township(self, parameters: dict[str, Any], context: QgsProcessingContext) -> Path:
        """Give the township's file that was chosen."""
        return Path(self.parameterAsFile(parameters, "TOWNSHIP", context))
