"""The map page: Leaflet, one element with all data, one script; nothing is loaded from elsewhere.

The page is a folium map with its templates replaced. folium and branca render strings as
templates, some of them twice, and put names into markup; here no string of the data passes
through a template: it stands as JSON in one element, and the script shows it as text.
"""

import base64
import hashlib
import re
from importlib.resources import files
from importlib.resources.abc import Traversable

import folium
from branca.element import Element, Figure
from jinja2 import Template

from geo_ems.cartography.content import MapContent
from geo_ems.cartography.json_text import to_json_text
from geo_ems.cartography.page_document import page_document
from geo_ems.model.labels import Language

_PAGE_LANGUAGE: dict[Language, str] = {"zh": "zh-Hans", "en": "en"}
_FIRST_TITLE: dict[Language, str] = {"zh": "应急资源地图", "en": "Emergency resource map"}
_NO_SCRIPT = "本页需要 JavaScript。/ This page needs JavaScript."


class VerbatimElement(Element):
    """Markup of ours that is written as it stands: branca would read it as a template again."""

    def __init__(self, markup: str) -> None:
        """Keep the markup."""
        super().__init__()
        self.markup = markup

    def render(self, **_kwargs: object) -> str:
        """Return the markup."""
        return self.markup


class PageFigure(Figure):
    """The document around the map: language, title, landmarks, a viewport that can be zoomed."""

    _template = Template(
        "<!DOCTYPE html>\n"
        '<html lang="{{ this.page_language }}">\n'
        "<head>\n"
        '<meta charset="utf-8">\n'
        "{{ this.header.render() }}\n"
        "</head>\n"
        "<body>\n"
        "{{ this.html.render() }}\n"
        "{{ this.script.render() }}\n"
        "</body>\n"
        "</html>\n"
    )

    def __init__(self, page_language: str) -> None:
        """Start an empty document; branca's own head elements are left out."""
        super().__init__()
        self.page_language = page_language
        for part in (self.header, self.html, self.script):
            part._children.clear()  # noqa: SLF001  (branca gives no other way to drop its first meta element)


class OfflineMap(folium.Map):
    """A folium map without scripts and styles of other sites, without jQuery, with a fixed id."""

    default_js = []  # noqa: RUF012  (folium's own declaration: a list on the class)
    default_css = []  # noqa: RUF012
    _template = Template('{% macro html(this, kwargs) %}<div id="map" tabindex="0"></div>{% endmacro %}')

    def __init__(self, page_language: str) -> None:
        """Make the map the only child of its own document."""
        super().__init__(tiles=None, zoom_control=False)
        self._id = "overview"
        self.figure = PageFigure(page_language)
        self.figure.add_child(self, name="map")


def overview_page(content: MapContent, *, language: Language, served: bool, include_private: bool = False) -> bytes:
    """Return the page as one UTF-8 HTML document that loads nothing; same input, same bytes.

    `served` pages may ask the service they came from (`connect-src 'self'`); a page in a file may
    ask nobody. Private fields, and layers that are not public, are in it only with
    `include_private`.

    Raises
    ------
    UsageError
        The language is unknown, or a saved answer is about a layer that the board does not show.
    DefinitionError
        A layer's symbol has an unknown shape or a malformed colour.
    """
    document = page_document(content, language=language, served=served, include_private=include_private)
    page_map = OfflineMap(_PAGE_LANGUAGE[language])
    figure = page_map.figure
    styles = (_leaflet_css(), _asset_text("page.css"))
    scripts = (_leaflet_js(), _page_js())
    head = figure.header
    head.add_child(VerbatimElement(_policy(styles, scripts, served=served)), name="policy")
    head.add_child(
        VerbatimElement(
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            '<meta name="referrer" content="no-referrer">\n'
            '<link rel="icon" href="data:,">\n'
            f"<title>{_FIRST_TITLE[language]}</title>"
        ),
        name="head",
    )
    for number, style in enumerate(styles):
        head.add_child(VerbatimElement(f"<style>{style}</style>"), name=f"style_{number}")
    frame_before, frame_after = _asset_text("frame.html").split("<!-- map -->")
    figure.html.add_child(VerbatimElement(frame_before), name="before")
    page_map.render()  # type: ignore[no-untyped-call]  # folium leaves it untyped
    figure.html.add_child(VerbatimElement(f"{frame_after}<noscript><p>{_NO_SCRIPT}</p></noscript>"), name="after")
    figure.html.add_child(
        VerbatimElement(f'<script type="application/json" id="geo-ems-data">{to_json_text(document)}</script>'),
        name="data",
    )
    for number, script in enumerate(scripts):
        figure.script.add_child(VerbatimElement(f"<script>{script}</script>"), name=f"script_{number}")
    text: str = figure._template.render(this=figure)  # noqa: SLF001  (render() would render the map a second time)
    return text.encode("utf-8")


def _policy(styles: tuple[str, ...], scripts: tuple[str, ...], *, served: bool) -> str:
    """Return the content security policy; only our own styles and scripts run, by their hashes.

    Leaflet sets styles through the object model, which needs no 'unsafe-inline'.
    """
    allowed_scripts = " ".join(_hash_source(script) for script in scripts)
    allowed_styles = " ".join(_hash_source(style) for style in styles)
    connect = "'self'" if served else "'none'"
    rules = (
        "default-src 'none'",
        f"script-src {allowed_scripts}",
        f"style-src {allowed_styles}",
        "img-src data:",
        f"connect-src {connect}",
        "base-uri 'none'",
        "form-action 'none'",
    )
    return f'<meta http-equiv="Content-Security-Policy" content="{"; ".join(rules)}">'


def _hash_source(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode('utf-8')).digest()).decode()}'"


def _assets() -> Traversable:
    return files("geo_ems.cartography").joinpath("assets")


def _asset_text(*path: str) -> str:
    """Return an asset with plain line ends: a browser hashes scripts and styles that way."""
    return _assets().joinpath(*path).read_bytes().decode("utf-8").replace("\r\n", "\n")


def _leaflet_js() -> str:
    return re.sub(r"\n//# sourceMappingURL=\S*\s*$", "\n", _asset_text("leaflet", "leaflet.js"))


def _leaflet_css() -> str:
    def as_data(found: re.Match[str]) -> str:
        picture = _assets().joinpath("leaflet", "images", found[1]).read_bytes()
        return f"url(data:image/png;base64,{base64.b64encode(picture).decode()})"

    return re.sub(r"url\(images/([\w.-]+)\)", as_data, _asset_text("leaflet", "leaflet.css"))


def _page_js() -> str:
    parts = sorted(part.name for part in _assets().joinpath("page").iterdir() if part.name.endswith(".js"))
    body = "\n".join(_asset_text("page", name) for name in parts)
    return f'(function () {{\n"use strict";\n{body}\n}})();\n'
