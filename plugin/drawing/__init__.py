"""Sheets drawn with QGIS: symbols, the layers of a township, print layouts from their templates, PDF files."""
