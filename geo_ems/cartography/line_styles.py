"""How areas and lines are drawn: hatch by kind, width by class; the same on screen and paper (PRINT 5)."""

from dataclasses import dataclass

from geo_ems.model.labels import Label


@dataclass(frozen=True, slots=True)
class AreaStyle:
    """A hatched area: angle in degrees anticlockwise from east, step in pixels at screen size."""

    name: str
    label: Label
    colour: str
    angle_deg: float
    step_px: float = 9.0
    tint: float = 0.13


@dataclass(frozen=True, slots=True)
class RoadStyle:
    """A road of one class; widths in pixels at zoom 9, 12, 15 and 18, drawn from `min_zoom`."""

    road_class: str
    colour: str
    casing: str
    widths_px: tuple[float, float, float, float]
    min_zoom: int


FLOOD = AreaStyle("flood", Label("洪涝", "flood"), "#2B6CB0", 0.0)
LANDSLIDE = AreaStyle("landslide", Label("地质、地震", "landslide, earthquake"), "#8C4A00", -45.0)
CHEMICAL = AreaStyle("chemical", Label("危化、污染", "chemical, pollution"), "#B40F20", 45.0)
FIRE = AreaStyle("fire", Label("火灾", "fire"), "#C43C00", 90.0)
OTHER = AreaStyle("other", Label("其他危险区", "other hazard"), "#5A3A7A", 22.5)
AREA_STYLES: tuple[AreaStyle, ...] = (FLOOD, LANDSLIDE, CHEMICAL, FIRE, OTHER)

_AREA_STYLE_OF_KIND: dict[str, AreaStyle] = {
    **dict.fromkeys(
        (
            "flood",
            "waterlogging",
            "typhoon",
            "dangerous_reservoir",
            "dyke_section",
            "flood_detention_area",
            "storm_surge",
            "tsunami",
        ),
        FLOOD,
    ),
    **dict.fromkeys(
        ("geological", "landslide", "earthquake", "tailings_pond", "coal_mine", "noncoal_mine", "building_collapse"),
        LANDSLIDE,
    ),
    **dict.fromkeys(
        (
            "hazchem",
            "hazchem_source",
            "chemical_park",
            "pollution",
            "environmental_risk",
            "radiation",
            "major_hazard_source",
            "gas_leak",
        ),
        CHEMICAL,
    ),
    **dict.fromkeys(("fire", "forest_fire", "grassland_fire", "explosion", "fireworks", "civil_explosives"), FIRE),
}

ROAD_STYLES: tuple[RoadStyle, ...] = (
    RoadStyle("motorway", "#E8A33D", "#8A5A10", (2.4, 4.0, 7.0, 14.0), 0),
    RoadStyle("trunk", "#F0BC6B", "#8F6A28", (2.0, 3.4, 6.0, 13.0), 0),
    RoadStyle("primary", "#F7D48F", "#96783C", (1.6, 3.0, 5.4, 12.0), 0),
    RoadStyle("secondary", "#FBEBB9", "#98885A", (1.0, 2.4, 4.6, 10.0), 10),
    RoadStyle("tertiary", "#FFFFFF", "#8F8F8F", (0.7, 1.6, 3.8, 9.0), 11),
    RoadStyle("village", "#FFFFFF", "#A9A9A9", (0.5, 1.0, 2.8, 7.0), 12),
)


def area_style(kind: str | None) -> AreaStyle:
    """Return how an area of the kind is hatched; unknown kinds have a hatch of their own."""
    return _AREA_STYLE_OF_KIND.get(kind or "", OTHER)
