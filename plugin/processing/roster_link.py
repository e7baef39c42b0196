"""Link the roster of a township with its map."""

import os

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputString,
)

from census_map.errors import VaultError
from census_map.i18n import N_, _
from census_map.task import Report

from .. import verbs
from .base import LibraryAlgorithm


class RosterLink(LibraryAlgorithm):
    """`roster link` of the command line."""

    NAME = "rosterlink"
    TITLE = N_("Link the roster with the map")
    HELP = N_(
        "Links the households of a roster that was read in before with the buildings and dwellings on the map. The "
        "passphrase is read from the environment variable CENSUS_MAP_PASSPHRASE, so that it stands in no history. Only "
        "counts are shown, never names."
    )
    ICON = "roster"

    def initAlgorithm(self, _configuration: dict[str, object] | None = None) -> None:
        """Declare inputs and outputs."""
        self.add_township_parameter()
        self.addOutput(QgsProcessingOutputString("RESULT", _("Result")))

    def work(
        self,
        parameters: dict[str, object],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
        report: Report,
    ) -> dict[str, object]:
        """Link; only counts come out."""
        passphrase = os.environ.get("CENSUS_MAP_PASSPHRASE", "")
        if not passphrase:
            raise VaultError(_("Set the environment variable CENSUS_MAP_PASSPHRASE, or link from the panel."))
        text = verbs.link(self.township(parameters, context), passphrase, report)
        feedback.pushInfo(text)
        return {"RESULT": text}
