"""Sphinx's settings: one site that works from a folder without internet. `make docs` builds it."""

import sys
from pathlib import Path

import census_map

sys.path.insert(0, str(Path(__file__).parent))

project = "Census Map"
author = "Census Map contributors"
release = census_map.__version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "rules_page"]
html_theme = "alabaster"
html_theme_options = {
    "description": "Nothing left out, nothing counted twice",
    "page_width": "1100px",
    "show_powered_by": False,
}
html_show_sphinx = False
html_show_sourcelink = False
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
napoleon_use_rtype = False
napoleon_google_docstring = False
exclude_patterns = ["_build"]
