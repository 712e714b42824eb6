"""Districts with their contacts, and how many people live where."""

import numpy as np
import shapely
from scipy.spatial import cKDTree

from county.frame import COUNTY_HEIGHT_M, COUNTY_WIDTH_M, FloatArray, draw_normal, fractal_noise, random_stream
from county.land import (
    COUNTY_CODE,
    Cell,
    Land,
    Row,
    area_within,
    point_at,
    rounded_area,
    township_code,
    township_name,
    village_code,
)
from county.names import CITY, COMMUNITIES, COUNTY, PROVINCE, ZONES, invent_person, invent_phone
from county.settlements import TOWN_M

TOTAL_PERSONS = 480_000
TOWN_PERSONS = 98_000
SEATS_PERSONS = 94_000
PROVINCE_CODE, CITY_CODE = "990000", "990100"
SURVEYED_ON = "2026-05-18"


def outer_ring(radius_m: float, *, subject: str) -> FloatArray:
    """Return an uneven ring round the county, for the city and the province."""
    angle = np.linspace(0, 2 * np.pi, 96, endpoint=False)
    middle = np.array([COUNTY_WIDTH_M * 0.55, COUNTY_HEIGHT_M * 0.48])
    ring = np.column_stack((np.cos(angle), np.sin(angle)))
    uneven = fractal_noise(ring[:, 0] * 9_000, ring[:, 1] * 9_000, wavelength_m=6_000, octaves=3, subject=subject)
    return middle + ring * (radius_m * (1 + 0.16 * uneven))[:, None]


def district_rows(land: Land) -> list[Row]:
    """Return province, city, county, zones and townships; each names its parent."""
    rng = random_stream("district contacts")
    rows: list[Row] = []

    def add(
        code: str, name: tuple[str, str], level: str, parent: str | None, shape: shapely.Polygon, remarks: str = ""
    ) -> None:
        number = len(rows)
        has_officer = number % 9 != 5
        fields: dict[str, Cell] = {
            "code": code, "name": name[0], "name_en": name[1], "level": level, "parent_id": parent,
            "duty_phone": invent_phone(10 + number), "leader": invent_person(rng),
            "leader_phone": invent_phone(60 + number),
            "info_officer": invent_person(rng) if has_officer else None,
            "info_officer_phone": invent_phone(110 + number) if has_officer else None,
            "source_department": "县民政局", "surveyed_on": "2026-01-10", "remarks": remarks or None,
        }  # fmt: skip
        rows.append(Row(fields, rounded_area(shape)))

    add(PROVINCE_CODE, PROVINCE, "province", None, area_within(outer_ring(92_000, subject="province")), "示意范围")
    add(CITY_CODE, CITY, "city", PROVINCE_CODE, area_within(outer_ring(56_000, subject="city")), "示意范围")
    add(COUNTY_CODE, COUNTY, "county", CITY_CODE, land.shapes.county)
    for zone, shape in land.shapes.zones.items():
        add(f"{COUNTY_CODE}P{zone + 1}", ZONES[zone], "zone", COUNTY_CODE, shape)
    for number, shape in land.shapes.townships.items():
        zone = ZONES[land.shapes.zone_of_township[number]][0]
        add(township_code(number), township_name(number), "township", COUNTY_CODE, shape, zone)
    return rows


def share_out(weights: FloatArray, total: int) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    """Return whole persons in proportion to the weights that add up to the total."""
    persons = np.floor(weights / weights.sum() * total).astype(np.int64)
    persons[int(np.argmax(weights))] += total - int(persons.sum())
    return persons


def population_rows(land: Land) -> list[Row]:
    """Return communities of the county town, of the township seats, and villages: 480,000 people in all."""
    rng = random_stream("population")
    corners = land.network.town_corners_m
    town_shares = share_out(np.exp(0.35 * draw_normal(rng, len(COMMUNITIES))), TOWN_PERSONS)
    seat_shares = share_out(np.exp(0.40 * draw_normal(rng, 23)), SEATS_PERSONS)
    plain = np.clip(1.25 - land.village_height_m / 650, 0.45, 1.25)
    weights = plain * np.exp(0.48 * draw_normal(rng, len(land.villages)))
    village_shares = share_out(weights, TOTAL_PERSONS - TOWN_PERSONS - SEATS_PERSONS)
    rows: list[Row] = []

    def add(
        code: str, name: tuple[str, str], kind: str, persons: int, xy_m: FloatArray, township: int, team: int | None
    ) -> None:
        number = len(rows)
        day = round(persons * (1.18 if kind == "community" else 0.78))
        fields: dict[str, Cell] = {
            "code": code, "name": name[0], "name_en": name[1], "kind": kind, "people_persons": persons,
            "people_day_persons": day, "households_count": round(persons / 3.1), "address": township_name(township)[0],
            "duty_phone": invent_phone(1_000 + number), "leader": invent_person(rng),
            "info_officer": None if number % 21 == 8 else invent_person(rng), "assault_team_persons": team,
            "source_department": "县统计局", "surveyed_on": SURVEYED_ON,
        }  # fmt: skip
        rows.append(Row(fields, point_at(xy_m)))

    spots = community_spots_m(corners)
    for number, (name, persons) in enumerate(zip(COMMUNITIES, town_shares.tolist(), strict=True)):
        add(f"{township_code(0)}{number + 1:03d}", name, "community", persons, spots[number], 0, 30)
    for number, persons in enumerate(seat_shares.tolist(), start=1):
        stem, stem_en = township_name(number)[0][:-1], township_name(number)[1].split()[0]
        name = (f"{stem}街社区", f"{stem_en}jie Community")
        add(f"{township_code(number)}001", name, "community", persons, land.places.seats_m[number], number, 30)
    for number, (village, persons) in enumerate(zip(land.villages, village_shares.tolist(), strict=True)):
        township = int(land.places.village_township[number])
        name = (village.zh, village.en)
        add(
            village_code(township, number),
            name,
            "village",
            persons,
            land.places.villages_m[number],
            township,
            assault_team(number),
        )
    return rows


def community_spots_m(corners: FloatArray) -> FloatArray:
    """Return twelve street corners of the county town, spread round its centre."""
    angle = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    radius_m = np.where(np.arange(12) % 3 == 0, 450.0, np.where(np.arange(12) % 3 == 1, 1_050.0, 1_500.0))
    wanted = np.array(TOWN_M) + radius_m[:, None] * np.column_stack((np.cos(angle), 0.85 * np.sin(angle)))
    return np.asarray(corners[cKDTree(corners).query(wanted)[1]])


def assault_team(village: int) -> int | None:
    """Return the head count of a village's assault team: none for three villages in four; a few are too small."""
    if village % 4 != 1:
        return None
    return (18, 22, 26)[village % 3] if village % 28 == 1 else 30 + (village * 7) % 12
