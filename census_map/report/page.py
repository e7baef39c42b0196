"""
A page for the browser with a map on it: one file, no internet, and no text of the data that could act.

The frame of the page is rendered first, from fixed words of the program alone, because folium renders whatever it is
given as a template, over and over. Only then are texts and shapes put in: texts as escaped HTML, shapes as JSON that
the page's script reads. A policy in the page (CSP) names its scripts by their hashes, so that even a text that got
through would not run, and lets the browser load nothing from elsewhere.
"""

import base64
import hashlib
import html
import json
import re
from collections.abc import Mapping
from importlib import resources
from typing import Any

import folium
from branca.element import Element

_PLACE = re.compile("<!--census-map:([a-z]+)-->")
_SCRIPT = re.compile("<script>(.*?)</script>", re.DOTALL)
_HARMLESS = str.maketrans({character: f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"})


def escaped(value: object) -> str:
    """Make a text harmless in HTML, inside a tag's attribute as well, and in a template should it ever meet one."""
    return html.escape(str(value)).replace("{", "&#123;").replace("}", "&#125;")


def page_with_map(title: str, *, style: str, script: str, body: Mapping[str, str], data: Mapping[str, Any]) -> str:
    """
    Put a page together.

    Parameters
    ----------
    title
        Of the page; any text.
    style, script
        CSS and JavaScript of the program; the script finds the map under the name `MAP`.
    body
        HTML before the map, by name: texts of the data in it are escaped by whoever made it.
    data
        Plain values, by name, which the script reads with `JSON.parse` from the element `data-NAME`. Names are
        lower-case letters.

    Returns
    -------
    page
        HTML.
    """
    parts = dict(body)
    for name, value in data.items():
        text = json.dumps(value, ensure_ascii=False, allow_nan=False).translate(_HARMLESS)
        parts[name] = f'<script type="application/json" id="data-{name}">{text}</script>'
    frame = _frame(style, script, list(parts))
    policy = f'<meta http-equiv="Content-Security-Policy" content="{_policy(frame)}">'
    frame = frame.replace("<head>", "<head>\n<!--census-map:head-->", 1)
    parts["head"] = f"{policy}\n<title>{escaped(title)}</title>"
    # In one go: what is put in is not looked through again.
    return _PLACE.sub(lambda place: parts[place[1]], frame)


def _frame(style: str, script: str, places: list[str]) -> str:
    """Render all that is the same whatever the data say."""
    map_ = folium.Map(tiles=None, prefer_canvas=True)
    # Only Leaflet is used; the other files that folium links to would need the internet.
    map_.default_js, map_.default_css = [], []
    figure = map_.get_root()
    leaflet = resources.files("js_lib_leaflet") / "static" / "js_lib_leaflet"
    head = (
        f"<style>{(leaflet / 'leaflet.css').read_text(encoding='utf-8')}</style>"
        f"<script>{(leaflet / 'leaflet.js').read_text(encoding='utf-8')}</script>"
        f"<style>{style}</style>"
    )
    figure.header.add_child(Element(_literal(head)), name="offline")
    for index, name in enumerate(places):
        figure.html.add_child(Element(f"<!--census-map:{name}-->"), name=f"place_{name}", index=index)
    figure.script.add_child(Element(_literal(script.replace("MAP", map_.get_name()))), name="page_script")
    return str(figure.render())


def _literal(text: str) -> str:
    """Keep style sheets and scripts, which are full of braces, from being read as a template."""
    return "{% raw %}" + text + "{% endraw %}"


def _policy(frame: str) -> str:
    hashes = (hashlib.sha256(script.encode()).digest() for script in _SCRIPT.findall(frame))
    scripts = " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in hashes)
    return f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src {scripts}"
