"""The verbs in QGIS's Processing toolbox, one algorithm a file."""
