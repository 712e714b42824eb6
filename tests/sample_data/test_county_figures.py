import json
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import shapely

M_PER_DEG = np.array([95_306.0, 110_870.0])
PRINTED_TOTALS = {  # DOMAIN 4.3: one tenth of a real city's stock
    "woven_bag": 636_000, "striped_cloth": 38_000, "lifebuoy": 268, "life_jacket": 1_460, "assault_boat": 3,
    "rubber_boat": 8,
    "wire": 26.5, "generator": 6, "cotton_coat": 390, "quilt": 713, "tent": 121, "standby_stone": 23_700,
    "earth_heap": 2_300,
}  # fmt: skip
NOW = "2026-07-14"


def place(row):
    return np.array([float(row["lon"]), float(row["lat"])])


def test_480000_people_live_in_250_villages_and_35_communities(population):
    kinds = Counter(row["kind"] for row in population)

    assert kinds == {"village": 250, "community": 35}
    assert sum(int(row["people_persons"]) for row in population) == 480_000


def test_three_village_names_occur_twice_and_in_different_townships(population):
    villages = [row for row in population if row["kind"] == "village"]
    names = Counter(row["name"] for row in villages)
    twins = {name for name, count in names.items() if count > 1}

    assert twins == {"新庄村", "石桥村", "王家湾村"}
    assert all(names[name] == 2 for name in twins)
    assert all(len({row["address"] for row in villages if row["name"] == name}) == 2 for name in twins)


@pytest.mark.parametrize(("item", "total"), PRINTED_TOTALS.items())
def test_stock_adds_up_to_the_figure_of_the_domain_page(stock, item, total):
    assert sum(float(line["quantity"]) for line in stock if line["item"] == item) == pytest.approx(total, abs=1e-6)


def test_some_stock_is_expired_and_some_below_its_standard(stock):
    assert sum(len(line["expires_on"]) > 0 and line["expires_on"] < NOW for line in stock) >= 2
    assert sum(float(line["quantity"]) < float(line["target_quantity"]) for line in stock) >= 5


def test_twelve_stockpiles_lie_along_the_river(county_folder, water):
    river = shapely.LineString(next(w for w in water if w["properties"]["code"] == "SX01")["geometry"]["coordinates"])
    text = (county_folder / "supply_depots.csv").read_text(encoding="utf-8-sig")
    piles = [line.split(",") for line in text.splitlines() if ",stockpile," in line]

    assert len(piles) == 12
    assert all(river.distance(shapely.Point(float(p[-2]), float(p[-1]))) < 0.004 for p in piles)


def test_teams_of_every_tier_with_the_numbers_of_the_domain_page(teams):
    kinds = Counter(row["kind"] for row in teams)

    assert {row["tier"] for row in teams} == {
        "fire_rescue", "department_professional", "military", "grassroots", "enterprise", "social", "talent"
    }  # fmt: skip
    assert (kinds["dyke_patrol"], kinds["flood_rescue"], kinds["militia_township"]) == (30, 65, 24)
    assert {int(row["head_count_persons"]) for row in teams if row["kind"] == "dyke_patrol"} == {129}
    assert len({row["name"] for row in teams}) == len(teams)


def test_most_teams_are_available_and_of_some_nobody_knows(teams):
    states = Counter(row["status"] for row in teams)

    assert states["available"] > 0.85 * len(teams)
    assert states[""] >= 4
    assert states["on_scene"] >= 3


def test_two_live_teams_have_an_old_position(teams):
    live = [row for row in teams if row["position_mode"] == "live"]

    assert len(live) == 2
    assert all(row["position_time"] < "2026-07-14T02:40" and row["position_lon_deg"] for row in live)


def test_village_teams_are_sometimes_too_small_and_often_missing(teams, population):
    sizes = [int(row["head_count_persons"]) for row in teams if row["kind"] == "village_assault"]
    missing = [row for row in population if row["kind"] == "village" and not row["assault_team_persons"]]

    assert len(sizes) == 60
    assert sum(size < 30 for size in sizes) >= 5
    assert len(missing) > 150


def test_four_townships_have_no_shelter_within_five_kilometres_of_anybody(shelter_lines, population):
    spots = np.array([[line["经度"], line["纬度"]] for line in shelter_lines])
    nearest_m = {}
    for row in population:
        away_m = np.hypot(*((spots - place(row)) * M_PER_DEG).T).min()
        nearest_m[row["address"]] = min(away_m, nearest_m.get(row["address"], np.inf))

    assert {name for name, away_m in nearest_m.items() if away_m > 5_000} == {"岩屋乡", "云峰乡", "马蹄镇", "龙潭镇"}


def test_two_shelters_stand_where_the_river_floods_and_one_of_them_in_tonights_water(shelter_lines, hazard_areas):
    wet = {
        state: shapely.union_all([s for v, s in hazard_areas if v["kind"] == "flood" and v["state"] == state])
        for state in ("watch", "active")
    }
    inside = {
        state: [line["名称"] for line in shelter_lines if area.covers(shapely.Point(line["经度"], line["纬度"]))]
        for state, area in wet.items()
    }

    assert inside == {"watch": ["夏家滩小学", "官垱码头广场"], "active": ["夏家滩小学"]}


def test_shelters_have_gaps_in_state_and_capacity(shelter_lines):
    states = Counter(line["状态"] for line in shelter_lines)

    assert len(shelter_lines) == 18
    assert sum(line["类型"] == "应急疏散基地" for line in shelter_lines) == 1
    assert states == {"开放": 8, "备用": 7, "已满": 1, "损毁": 1, "": 1}
    assert sum(line["容纳人数"] == "" for line in shelter_lines) == 2


def test_flood_bands_do_not_overlap_and_tonights_water_spares_every_bridge(hazard_areas, facilities):
    bands = [shape for values, shape in hazard_areas if values["code"].startswith("HA-HS")]
    tonight = shapely.union_all([shape for values, shape in hazard_areas if values["state"] == "active"])

    assert abs(sum(band.area for band in bands) - shapely.union_all(bands).area) < 1e-12
    for row in facilities:
        if row["kind"] == "bridge":
            assert tonight.distance(shapely.Point(place(row))) * 100_000 > 150, row["name"]


def test_hazard_grades_are_60_25_12_and_3_per_cent(hazard_points):
    grades = Counter(values["grade"] for values, _ in hazard_points)

    assert grades == {"general": 72, "larger": 30, "major": 14, "extra_major": 4}


def test_the_ledger_has_eight_open_lines_and_overdue_inspections(hazard_points):
    states = Counter(values["state"] for values, _ in hazard_points)
    overdue = [
        v
        for v, _ in hazard_points
        if v.get("next_inspection_on", "9") < NOW and v["state"] not in {"struck_off", "closed_down"}
    ]

    assert states["assigned"] + states["rectifying"] + states["verified"] + states["stop_work"] == 8
    assert len(overdue) >= 8


def test_hazards_are_points_lines_and_areas(hazard_points):
    shapes = Counter(shape.geom_type for _, shape in hazard_points)

    assert shapes["LineString"] == 16
    assert shapes["Polygon"] == 1
    assert all(shape.is_valid for _, shape in hazard_points)


def test_everything_lies_in_the_county(
    districts, facilities, teams, population, incidents, shelter_lines, hazard_points
):
    county = districts["990121"][1]
    rows = [row for rows in (facilities, teams, population, incidents) for row in rows if row["lon"]]
    points = [shapely.Point(place(row)) for row in rows] + [shapely.Point(s["经度"], s["纬度"]) for s in shelter_lines]

    assert [point.wkt for point in points if not county.covers(point)] == []
    assert [values["name"] for values, shape in hazard_points if not county.covers(shape)] == []


def test_three_people_are_trapped_by_the_flood_reported_at_ten_past_three(incidents, hazard_areas):
    floods = [row for row in incidents if row["kind"] == "flood"]
    inner = next(shape for values, shape in hazard_areas if values["code"] == "HA-YM-1")

    assert [(row["trapped_persons"], row["received_at"]) for row in floods] == [("3", "2026-07-14T03:10:00+08:00")]
    assert inner.covers(shapely.Point(place(floods[0])))
    assert Counter(row["kind"] for row in incidents) == Counter(
        ("flood", "snow", "hazchem", "road_traffic", "school_facility")
    )


def test_the_closure_of_the_main_bridge_is_ready_but_lifted(county_folder, roads):
    rows = json.loads((county_folder / "barriers.geojson").read_text(encoding="utf-8"))["features"]
    ready = next(row for row in rows if row["properties"]["name"].startswith("云渡大桥"))
    deck = roads.lines[roads.named("云渡大桥")[0]]

    assert (ready["properties"]["state"], ready["properties"]["policy"]) == ("lifted", "closed")
    assert shapely.geometry.shape(ready["geometry"]).equals(deck)


def test_every_telephone_number_is_one_that_cannot_be_dialled(county_folder):
    for path in Path(county_folder).glob("*.csv"):
        encoding = "gb18030" if path.name in {"response_teams.csv", "schools_gcj02.csv"} else "utf-8-sig"
        for number in re.findall(r"\b\d{3,4}-\d{7,8}\b", path.read_text(encoding=encoding)):
            assert number.startswith("0000-555"), (path.name, number)
