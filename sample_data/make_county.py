"""Write the demonstration county: same seed, same bytes. Run: python sample_data/make_county.py [--out FOLDER]."""

import argparse
from dataclasses import dataclass
from pathlib import Path

from county.depots import depot_rows, stock_rows
from county.events import barrier_rows, incident_rows
from county.facilities import facility_rows
from county.files import located, write_csv, write_geojson, write_office_form
from county.flood import flood_plain, flood_rows
from county.hazards import hazard_rows
from county.land import Cell, Land, Row, line_along, survey_land
from county.people import district_rows, population_rows
from county.schools import school_rows
from county.shelters import HEADER, SUBTITLE, TITLE, UNITS, shelter_sheet
from county.teams import team_rows

HEAD = """\
# The files of the demonstration county, in the order of import; written by make_county.py.
# taken: rows stored; refused: rows listed in the report; unlocated: taken rows without a place.
# place_by: the columns by whose names rows without coordinates are placed (--place-by).
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of the manifest and what its import must give."""

    layer: str
    file: str
    taken: int
    refused: int = 0
    unlocated: int = 0
    note: str = ""
    place_by: tuple[str, ...] = ()


def main() -> None:
    """Write all files into the folder of this script, or another one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parent, help="folder for the files")
    out: Path = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    write_county(out)


def write_county(out: Path) -> None:
    """Write every file of the county and the manifest."""
    land = survey_land()
    plain = flood_plain(land)
    entries: list[Entry] = []

    def geojson(layer: str, file: str, rows: list[Row]) -> None:
        write_geojson(out / file, rows)
        entries.append(Entry(layer, file, len(rows)))

    def table(
        layer: str,
        file: str,
        rows: list[dict[str, Cell]],
        *,
        encoding: str = "utf-8-sig",
        unlocated: int = 0,
        note: str = "",
        place_by: tuple[str, ...] = (),
    ) -> None:
        write_csv(out / file, rows, encoding=encoding)
        entries.append(Entry(layer, file, len(rows), 0, unlocated, note, place_by))

    geojson("districts", "districts.geojson", district_rows(land))
    table("population", "population.csv", located(population_rows(land)))
    geojson("roads", "roads.geojson.gz", road_rows(land))
    geojson("hazard_areas", "hazard_areas.geojson", flood_rows(land, plain))
    geojson("hazard_points", "hazard_points.geojson", hazard_rows(land))
    sheet = shelter_sheet(land, plain)
    write_office_form(out / "shelters.xlsx", titles=(TITLE, SUBTITLE), header=HEADER, units=UNITS, rows=sheet)
    refused = 3
    note = "title rows, a row of units, a total; wrong number, swapped coordinates, no name"
    entries.append(Entry("shelters", "shelters.xlsx", len(sheet) - 1 - refused, refused, 0, note))
    table("supply_depots", "supply_depots.csv", located(depot_rows(land)))
    table("supply_depots.stock", "supply_depots.stock.csv", stock_rows())
    teams = located(team_rows(land, plain))
    lost = sum(team["lon"] is None for team in teams)
    table(
        "response_teams",
        "response_teams.csv",
        teams,
        encoding="gb18030",
        unlocated=lost,
        note="GB18030; three village teams name a village that exists twice and have no coordinates",
        place_by=("address",),
    )
    table("facilities", "facilities.csv", located(facility_rows(land)))
    table(
        "facilities",
        "schools_gcj02.csv",
        school_rows(land),
        encoding="gb18030",
        note="GB18030; coordinates from a web map, in GCJ-02 as their headings say",
    )
    table("incidents", "incidents.csv", located(incident_rows(land, plain)))
    geojson("barriers", "barriers.geojson", barrier_rows(land))
    geojson("waterways", "waterways.geojson", water_rows(land))
    (out / "manifest.toml").write_bytes(manifest(entries).encode())


def road_rows(land: Land) -> list[Row]:
    """Return the roads as features; what is no, is left out."""
    rows = []
    for road in land.network.roads:
        fields: dict[str, Cell] = {
            "code": road.code, "name": road.name, "name_en": road.name_en, "road_class": road.road_class,
            "speed_kmh": road.speed_kmh, "oneway": road.oneway, "bridge": road.bridge, "surface": road.surface,
        }  # fmt: skip
        rows.append(Row(fields, line_along(road.xy_m)))
    return rows


def water_rows(land: Land) -> list[Row]:
    """Return the main river, its tributaries and the nameless streams."""
    rivers = (land.terrain.main_river, *land.terrain.tributaries)
    return [
        Row(
            {
                "code": f"SX{number + 1:02d}",
                "name": river.name or None,
                "name_en": river.name_en or None,
                "kind": "river" if number == 0 or river.name else "stream",
                "width_m": round(2 * float(river.half_width_m[-1])),
            },
            line_along(river.xy_m),
        )
        for number, river in enumerate(rivers)
    ]


def manifest(entries: list[Entry]) -> str:
    """Return the list of files as TOML."""
    parts = [HEAD]
    for entry in entries:
        note = f'note = "{entry.note}"\n' if entry.note else ""
        names = ", ".join(f'"{name}"' for name in entry.place_by)
        place_by = f"place_by = [{names}]\n" if names else ""
        parts.append(
            f'[[files]]\nlayer = "{entry.layer}"\nfile = "{entry.file}"\ntaken = {entry.taken}\n'
            f"refused = {entry.refused}\nunlocated = {entry.unlocated}\n{place_by}{note}"
        )
    return "\n".join(parts)


if __name__ == "__main__":
    main()
