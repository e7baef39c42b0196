"""Mend the faults of any map of areas, without losing a record or moving a container's border."""

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterField,
    QgsWkbTypes,
)

from census_map.i18n import N_, _
from census_map.task import Report, portion

from .base import COVERAGE, LibraryAlgorithm
from .containers import containers_within
from .styler import Styler

_PREFER = ("evidence", "border")


class CoverageRepair(LibraryAlgorithm):
    """`coverage repair` of the command line."""

    NAME = "coveragerepair"
    TITLE = N_("Mend gaps and overlaps")
    HELP = N_(
        "Mends gaps, overlaps, areas that reach outside and borders whose points do not match. Every record and every "
        "attribute stays, and so does the border of the containers. What cannot be mended without loss is listed and "
        "left as it is."
    )
    GROUP = COVERAGE
    ICON = "repair"

    def initAlgorithm(self, _configuration: dict[str, object] | None = None) -> None:
        """Declare inputs and outputs."""
        polygons = [QgsProcessing.SourceType.TypeVectorPolygon]
        self.addParameter(QgsProcessingParameterFeatureSource("AREAS", _("Areas"), polygons))
        within = _("Containers that they must cover")
        self.addParameter(QgsProcessingParameterFeatureSource("CONTAINERS", within, polygons, optional=True))
        self.addParameter(
            QgsProcessingParameterField("ID", _("Field that names an area"), None, "AREAS", optional=True)
        )
        ways = [_("the area that seems to have moved"), _("the area with the longest common border")]
        self.addParameter(QgsProcessingParameterEnum("PREFER", _("Who gets the ground"), ways, defaultValue=0))
        self.addParameter(QgsProcessingParameterFeatureSink("FIXED", _("Mended areas"), polygons[0]))
        for output, title, kind in (
            ("CHANGES", _("Changed areas, before and after"), polygons[0]),
            ("LEFT", _("Ground of the faults that are left"), polygons[0]),
            ("LEFT_PLACES", _("Places of the faults that are left"), QgsProcessing.SourceType.TypeVectorPoint),
        ):
            self.addParameter(QgsProcessingParameterFeatureSink(output, title, kind, None, True))
        self.addOutput(QgsProcessingOutputNumber("BEFORE", _("Faults before")))
        self.addOutput(QgsProcessingOutputNumber("AFTER", _("Faults left")))

    def work(
        self,
        parameters: dict[str, object],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
        report: Report,
    ) -> dict[str, object]:
        """Propose, apply, write; what is left is said."""
        from census_map.coverage import apply_proposals, choose, find_faults, propose  # noqa: PLC0415
        from census_map.exchange.fault_layers import fault_style  # noqa: PLC0415
        from census_map.exchange.repairs import change_rows, change_style, left_rows  # noqa: PLC0415

        from ..bridge import fields_of, frame_of, write_rows  # noqa: PLC0415

        source = self.parameterAsSource(parameters, "AREAS", context)
        within = self.parameterAsSource(parameters, "CONTAINERS", context)
        identifier = next(iter(self.parameterAsStrings(parameters, "ID", context)), None) or None
        areas = frame_of(source, index=identifier, keep=True, broken=True)
        containers = containers_within(within, identifier, areas, feedback)
        faults = find_faults(areas, containers, report=portion(report, 0.0, 0.2))
        prefer = _PREFER[self.parameterAsEnum(parameters, "PREFER", context)]
        proposals = propose(areas, faults, containers, prefer=prefer, report=portion(report, 0.2, 0.5))
        done = apply_proposals(areas, choose(proposals), containers, faults=faults, report=portion(report, 0.5, 1.0))
        for proposal, why in done.refused:
            feedback.pushWarning(f"{proposal.fault}: {why}")
        fields = source.fields()
        table = done.areas.reindex(columns=[*(field.name() for field in fields), "geometry"])
        kind = QgsWkbTypes.Type.MultiPolygon
        sink, name = self.parameterAsSink(parameters, "FIXED", context, fields, kind, source.sourceCrs())
        write_rows(sink, table, fields=fields)
        ground, places = left_rows(done)
        result: dict[str, object] = {"FIXED": name, "BEFORE": len(done.before), "AFTER": len(done.faults)}
        for order, (output, rows, qml) in enumerate(
            (
                ("CHANGES", change_rows(done), change_style()),
                ("LEFT", ground, fault_style(places=False)),
                ("LEFT_PLACES", places, fault_style(places=True)),
            ),
            start=1,
        ):
            points = output == "LEFT_PLACES"
            shape = QgsWkbTypes.Type.Point if points else kind
            sink, other = self.parameterAsSink(parameters, output, context, fields_of(rows), shape, source.sourceCrs())
            write_rows(sink, rows, points=points)
            if sink is not None:
                listed = None if output == "CHANGES" else points
                Styler.attach(context, other, qml, order=order, places=listed)
                result[output] = other
        feedback.pushInfo(
            _("Faults before: {before}. Left: {after}.").format(before=len(done.before), after=len(done.faults))
        )
        return result
