"""Divide census areas of a township into mini-areas."""

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputString,
    QgsProcessingParameterEnum,
    QgsProcessingParameterNumber,
    QgsProcessingParameterString,
)

from census_map.i18n import N_, _
from census_map.task import Report

from .. import verbs
from .base import LibraryAlgorithm

_UNITS = (None, "persons", "households")


class Split(LibraryAlgorithm):
    """`split` of the command line."""

    NAME = "split"
    TITLE = N_("Divide into mini-areas")
    HELP = N_(
        "Divides census areas into mini-areas of about equal size whose borders follow what can be seen; no building "
        "is cut. Drafts in these census areas are replaced; what is signed or locked stays. Without figures the size "
        "of the last time holds. With an exact number, such as one mini-area for each enumerator, they become as even "
        "as can be."
    )
    ICON = "split"

    def initAlgorithm(self, _configuration: dict[str, object] | None = None) -> None:
        """Declare inputs and outputs."""
        self.add_township_parameter()
        self.addParameter(
            QgsProcessingParameterString(
                "CODES", _("Codes of census areas, with commas; empty: all"), "", optional=True
            )
        )
        for name, title in (
            ("TARGET", _("Size of a mini-area; 0: as last time")),
            ("MINIMUM", _("Smallest size; 0: two thirds")),
            ("MAXIMUM", _("Largest size; 0: four thirds")),
            ("NUMBER", _("Exactly so many in each census area; 0: as the size asks for")),
        ):
            number = QgsProcessingParameterNumber(name, title, QgsProcessingParameterNumber.Type.Integer, 0)
            number.setMinimum(0)
            self.addParameter(number)
        units = [_("as last time"), _("persons"), _("households")]
        self.addParameter(QgsProcessingParameterEnum("BY", _("Counted in"), units, defaultValue=0))
        self.addOutput(QgsProcessingOutputString("RESULT", _("Result")))

    def work(
        self,
        parameters: dict[str, object],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
        report: Report,
    ) -> dict[str, object]:
        """Divide."""
        codes = [code.strip() for code in self.parameterAsString(parameters, "CODES", context).split(",")]
        target, minimum, maximum, number = (
            self.parameterAsInt(parameters, name, context) or None
            for name in ("TARGET", "MINIMUM", "MAXIMUM", "NUMBER")
        )
        text = verbs.split(
            self.township(parameters, context),
            [code for code in codes if code] or None,
            report,
            target=target,
            minimum=minimum,
            maximum=maximum,
            by=_UNITS[self.parameterAsEnum(parameters, "BY", context)],
            count=number,
        )
        feedback.pushInfo(text)
        return {"RESULT": text}
