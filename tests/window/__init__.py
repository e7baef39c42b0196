"""The real QGIS, started as the office starts it."""
