"""Parameters that say in which form or language something is wanted."""

from geo_ems.model.labels import LANGUAGES
from geo_ems.web import kinds
from geo_ems.web.parameters import Parameter

F_PAGE: Parameter[str] = Parameter("f", kinds.choice(("json", "html")), "the format; else what the Accept header says")
LANG: Parameter[str] = Parameter("lang", kinds.choice(LANGUAGES), "zh or en: labels only, never codes or numbers")
SCHEMA_OF: Parameter[str] = Parameter(
    "of", kinds.choice(("fields", "feature")), "the fields alone (OGC Part 5), or a whole GeoJSON feature"
)
