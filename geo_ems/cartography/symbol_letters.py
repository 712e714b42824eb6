"""Which letter a kind wears inside its symbol: one Latin letter, and for teams one Chinese character."""

from dataclasses import dataclass

from geo_ems.model.definitions import LayerDefinition

# Kinds that wear a letter; a glyph that the layer names is drawn where the kind has none.
_LETTERS: dict[str, str] = {
    # teams
    "fire_rescue": "F",
    "fire_brigade": "F",
    "forest_fire_team": "F",
    "police": "P",
    "swat": "P",
    "traffic_police": "P",
    "armed_police": "P",
    "health": "+",
    "medical": "+",
    "public_health_team": "+",
    "red_cross_volunteer": "+",
    "flood_rescue": "W",
    "dyke_patrol": "W",
    "flood_drought": "W",
    "flood_team_county": "W",
    "utility": "U",
    "power_repair": "U",
    "transport": "T",
    "goods_transport": "T",
    "mine_hazchem": "C",
    "militia": "M",
    "militia_township": "M",
    "village_assault": "V",
    "volunteer": "V",
    # hazards
    "flood": "~",
    "waterlogging": "~",
    "dangerous_reservoir": "~",
    "dyke_section": "~",
    "geological": "L",
    "forest_fire": "F",
    "fire": "F",
    "hazchem": "C",
    "hazchem_source": "C",
    "chemical_park": "C",
    "major_hazard_source": "C",
    "coal_mine": "M",
    "noncoal_mine": "M",
    "tailings_pond": "M",
    "power_outage": "E",
    # facilities
    "hospital": "+",
    "designated_hospital": "+",
    "backup_hospital": "+",
    "school": "S",
    "bridge": "B",
    "fire_station": "F",
    "police_station": "P",
    "government": "G",
    "command_centre": "G",
    "reservoir": "~",
}
_LETTERED_SHAPES = ("circle", "triangle", "hexagon", "diamond")
# What a duty officer calls the team; every other team is a 队.
_TEAM_CHARACTERS: dict[str, str] = {
    "flood_rescue": "汛",
    "dyke_patrol": "汛",
    "flood_drought": "汛",
    "flood_team_county": "汛",
    "village_assault": "突",
    "militia": "民",
    "militia_township": "民",
    "fire_rescue": "消",
    "fire_brigade": "消",
    "forest_fire_team": "消",
    "health": "医",
    "medical": "医",
    "public_health_team": "医",
    "red_cross_volunteer": "医",
    "power_repair": "电",
    "transport": "运",
    "goods_transport": "运",
    "expert": "专",
    "talent": "专",
    "police": "警",
    "swat": "警",
    "traffic_police": "警",
    "armed_police": "警",
}
_OTHER_TEAM = "队"


@dataclass(frozen=True, slots=True, order=True)
class SymbolLetter:
    """What stands inside a symbol on pages in English and in Chinese; empty where nothing does."""

    en: str = ""
    zh: str = ""


def letter_of(definition: LayerDefinition, *codes: str | None) -> SymbolLetter:
    """Return the letter of the first of the codes that has one: the kind, then what stands in for it.

    Both are empty for shapes that wear none. A team without a character of its own wears the one
    of teams in general.
    """
    if definition.symbol.shape not in _LETTERED_SHAPES:
        return SymbolLetter()
    latin = next((_LETTERS[code] for code in codes if code in _LETTERS), "")
    if definition.role != "team":
        return SymbolLetter(latin, latin)
    return SymbolLetter(
        latin, next((_TEAM_CHARACTERS[code] for code in codes if code in _TEAM_CHARACTERS), _OTHER_TEAM)
    )
