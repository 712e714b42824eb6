"""Response teams of all tiers; most are at home and available, some are out, of some nobody knows."""

from collections.abc import Sequence

from scipy.spatial import cKDTree

from county.flood import FloodPlain
from county.frame import Point, random_stream
from county.land import Cell, Land, Row, point_at, township_name
from county.names import TWINS, invent_person, invent_phone
from county.people import assault_team

CAPABILITIES = {
    "fire_brigade": ("fire_fighting", "water_rescue", "collapse_rescue", "hazchem", "flood_rescue", "boat", "search"),
    "police": ("cordon", "evacuation", "search"),
    "reserve": ("flood_rescue", "dyke_reinforcement", "boat", "evacuation"),
    "militia": ("flood_rescue", "dyke_reinforcement", "evacuation"),
    "militia_township": ("evacuation", "flood_rescue", "search"),
    "public_health_team": ("medical", "epidemic", "decontamination"),
    "volunteer": ("evacuation", "search"),
    "quake_volunteer": ("collapse_rescue", "search", "earthquake"),
    "dyke_patrol": ("dyke_reinforcement",),
    "flood_rescue": ("flood_rescue", "dyke_reinforcement"),
    "transport": ("transport", "evacuation"),
    "forest_fire_team": ("forest_fire", "search"),
    "mine_hazchem": ("mine_rescue", "hazchem", "search"),
    "village_assault": ("evacuation", "flood_rescue"),
    "expert": ("geological", "hazchem"),
    "armed_police": ("flood_rescue", "boat", "search", "cordon"),
}
UTILITIES = (
    ("供电抢修队", "Power Repair Team", "power_repair", ("power_repair",), 36),
    ("供水抢修队", "Water Repair Team", "utility", (), 18),
    ("燃气抢险队", "Gas Emergency Team", "utility", ("hazchem",), 16),
    ("供热抢修队", "Heating Repair Team", "utility", (), 12),
    ("公路抢通队", "Road Clearing Team", "utility", ("road_clearing", "snow_clearing"), 40),
)
ENTERPRISES = (
    (
        "云渡化工园区专职救援队",
        "Chemical Park Rescue Team",
        ("hazchem", "fire_fighting", "decontamination"),
        (37_900, 28_900),
    ),
    ("石门煤矿救护队", "Shimen Mine Rescue Team", ("mine_rescue", "medical"), (13_600, 37_600)),
    ("枫香磷矿应急队", "Fengxiang Mine Emergency Team", ("mine_rescue",), (20_300, 38_300)),
    ("云渡危化品储运应急队", "Hazchem Storage Emergency Team", ("hazchem",), (36_500, 25_200)),
)
TURNOUT_S = {"fire_brigade": 60, "armed_police": 300, "police": 300}
FLOOD_TEAMS, PATROLS, ASSAULT_TEAMS = 65, 30, 60


class _Roster:
    """Collects teams under running numbers."""

    def __init__(self, land: Land) -> None:
        self.land = land
        self.rng = random_stream("teams")
        self.rows: list[Row] = []

    def add(  # noqa: PLR0913 - a team's fields, most of them by name
        self, name: tuple[str, str], tier: str, kind: str, head_count: int, xy_m: Point | None, *,
        skills: Sequence[str] | None = None, status: str | None = "available", vehicles: tuple[int, str] | None = None,
        staffing: str = "part_time", address: str | None = None, live: tuple[float, float, str] | None = None,
    ) -> None:  # fmt: skip
        number = len(self.rows) + 1
        where = None if xy_m is None else point_at(xy_m)
        home = address or (None if xy_m is None else township_name(self.land.township_at(xy_m))[0])
        fields: dict[str, Cell] = {
            "code": f"DW{number:03d}", "name": name[0], "name_en": name[1], "tier": tier, "kind": kind,
            "capabilities": tuple(CAPABILITIES[kind] if skills is None else skills), "status": status,
            "head_count_persons": head_count, "vehicle_count": vehicles[0] if vehicles else None,
            "vehicles": vehicles[1] if vehicles else None, "leader": invent_person(self.rng),
            "phone": invent_phone(4_000 + number), "call_sign": f"云渡{number:03d}" if tier != "grassroots" else None,
            "radio_channel": "CH08" if tier in {"fire_rescue", "military"} else None, "turnout_s": TURNOUT_S.get(kind),
            "position_mode": "live" if live else "base", "position_lon_deg": live[0] if live else None,
            "position_lat_deg": live[1] if live else None, "position_time": live[2] if live else None,
            "staffing": staffing, "lon": None if where is None else where.x, "lat": None if where is None else where.y,
            "address": home, "source_department": "县应急管理局", "surveyed_on": "2026-06-20",
        }  # fmt: skip
        self.rows.append(Row(fields, where))


def team_rows(land: Land, plain: FloodPlain) -> list[Row]:
    """Return all teams."""
    roster = _Roster(land)
    _add_county_forces(roster)
    _add_township_squads(roster)
    _add_river_teams(roster)
    _add_village_teams(roster, plain)
    return roster.rows


def _add_county_forces(roster: _Roster) -> None:
    land = roster.land
    x_m, y_m = (float(v) for v in land.places.seats_m[0])

    def town(dx_m: float, dy_m: float) -> Point:
        return land.road_spot((x_m + dx_m, y_m + dy_m))

    out = point_at(land.places.villages_m[land.village_number("石桥村")])
    fire = ("云渡县消防救援大队", "Yundu Fire and Rescue Brigade")
    roster.add(
        fire,
        "fire_rescue",
        "fire_brigade",
        42,
        town(300, -900),
        vehicles=(7, "水罐车3 抢险救援车2 冲锋舟拖车2"),
        staffing="full_time",
    )
    roster.add(
        ("县公安局应急分队", "Police Emergency Detachment"),
        "department_professional",
        "police",
        100,
        town(-400, 300),
        vehicles=(12, "警车12"),
        staffing="full_time",
    )
    roster.add(
        ("县预备役应急分队", "Reserve Detachment"),
        "military",
        "reserve",
        100,
        town(-1_500, 900),
        vehicles=(6, "运兵车6"),
    )
    roster.add(
        ("县民兵应急分队", "Militia Detachment"), "military", "militia", 100, town(-1_300, 1_000), status="staged"
    )
    roster.add(
        ("武警云渡中队", "Armed Police Squadron"),
        "military",
        "armed_police",
        60,
        town(1_500, 700),
        vehicles=(5, "运兵车4 冲锋舟1"),
        staffing="full_time",
        live=(out.x, out.y, "2026-07-13T22:05:00+08:00"),
    )
    roster.add(
        ("县公共卫生应急队", "Public Health Team"),
        "department_professional",
        "public_health_team",
        30,
        town(700, 500),
        vehicles=(4, "救护车4"),
        staffing="full_time",
    )
    roster.add(("县应急志愿者队", "Emergency Volunteers"), "social", "volunteer", 50, town(-200, -500), status=None)
    roster.add(("县地震应急志愿者队", "Earthquake Volunteers"), "social", "quake_volunteer", 80, town(100, 900))
    roster.add(
        ("县应急运输队", "Rescue Transport Team"),
        "department_professional",
        "transport",
        34,
        town(1_700, -200),
        vehicles=(15, "卡车10 客车5"),
        status="ordered",
    )
    for number, (zh, en, kind, skills, persons) in enumerate(UTILITIES):
        roster.add(
            (f"云渡{zh}", f"Yundu {en}"),
            "department_professional",
            kind,
            persons,
            town(-1_600 + 700 * number, -1_100 + 300 * (number % 2)),
            skills=skills,
            vehicles=(3 + number, f"工程车{3 + number}"),
            staffing="full_time",
            status="on_scene" if number == 4 else "available",
        )
    for seat, name in (
        (9, ("枫香森林消防队", "Fengxiang Forest Fire Team")),
        (21, ("云峰森林消防队", "Yunfeng Forest Fire Team")),
    ):
        spot = land.road_spot(tuple(float(v) + 200 for v in land.places.seats_m[seat]))  # type: ignore[arg-type]
        roster.add(
            name,
            "department_professional",
            "forest_fire_team",
            25,
            spot,
            vehicles=(3, "运兵车2 水车1"),
            staffing="full_time",
        )
    for zh, en, skills, spot in ENTERPRISES:
        roster.add(
            (zh, en),
            "enterprise",
            "mine_hazchem",
            24,
            land.road_spot(spot),
            skills=skills,
            vehicles=(2, "救援车2"),
            staffing="full_time",
        )
    roster.add(("县应急专家组", "Expert Group"), "talent", "expert", 14, town(-300, 200), status="no_answer")


def _add_township_squads(roster: _Roster) -> None:
    for number, (x_m, y_m) in enumerate(roster.land.places.seats_m.tolist()):
        zh, en = township_name(number)
        status = {3: "departed", 8: None, 11: "out_of_service", 16: "returning"}.get(number, "available")
        spot = roster.land.road_spot((x_m - 150, y_m + 130))
        name = (f"{zh}民兵应急小分队", f"{en.split()[0]} Militia Squad")
        roster.add(name, "grassroots", "militia_township", 24 + number % 9, spot, status=status, vehicles=(1, "皮卡1"))


def _add_river_teams(roster: _Roster) -> None:
    """Put dyke patrols and flood rescue teams into the villages next to the river."""
    land = roster.land
    from_river = _by_river(land)
    for number in range(PATROLS):
        village = from_river[number * 2]
        x_m, y_m = (float(v) for v in land.places.villages_m[village])
        stem, stem_en = land.villages[village].zh.removesuffix("村"), land.villages[village].en.removesuffix(" Village")
        status = "on_scene" if number in {1, 2, 5} else None if number == 9 else "available"
        roster.add(
            (f"{stem}巡堤查险队", f"{stem_en} Dyke Patrol"),
            "grassroots",
            "dyke_patrol",
            129,
            (x_m + 70, y_m - 60),
            status=status,
        )
    for number in range(FLOOD_TEAMS):
        village = from_river[number]
        x_m, y_m = (float(v) for v in land.places.villages_m[village])
        stem, stem_en = land.villages[village].zh.removesuffix("村"), land.villages[village].en.removesuffix(" Village")
        boat = number % 6 == 0
        skills = (*CAPABILITIES["flood_rescue"], "boat", "water_rescue") if boat else None
        status = {2: None, 7: "staged", 13: None, 18: "on_scene", 24: "delayed", 31: "accepted"}.get(
            number, "available"
        )
        live = None
        if number == 11:
            spot = point_at((x_m + 1_200, y_m + 300))
            live = (spot.x, spot.y, "2026-07-14T00:10:00+08:00")
        roster.add(
            (f"{stem}防汛抢险队", f"{stem_en} Flood Rescue Team"),
            "grassroots",
            "flood_rescue",
            68,
            (x_m - 80, y_m + 65),
            skills=skills,
            status=status,
            vehicles=(1, "橡皮舟1") if boat else None,
            live=live,
        )


def _by_river(land: Land) -> list[int]:
    """Return the villages of the plain, those next to the main river first."""
    away_m = cKDTree(land.terrain.main_river.xy_m).query(land.places.villages_m)[0]
    return sorted(range(len(land.villages)), key=lambda village: (round(float(away_m[village]), 1), village))


def _add_village_teams(roster: _Roster, plain: FloodPlain) -> None:
    """Put assault teams into every fourth village, a few under strength; three give only the village's name."""
    land = roster.land
    chosen = [
        village
        for village in range(len(land.villages))
        if assault_team(village) is not None and village != plain.victim_village
    ]
    chosen = [village for village in chosen if land.villages[village].zh not in TWINS]
    for village in chosen[: ASSAULT_TEAMS - 4]:
        x_m, y_m = (float(v) for v in land.places.villages_m[village])
        zh, en = land.villages[village].zh, land.villages[village].en
        roster.add(
            (f"{zh}应急突击队", f"{en} Assault Team"),
            "grassroots",
            "village_assault",
            assault_team(village) or 0,
            (x_m + 40, y_m + 90),
        )
    x_m, y_m = (float(v) for v in land.places.villages_m[plain.victim_village])
    zh, en = land.villages[plain.victim_village].zh, land.villages[plain.victim_village].en
    roster.add((f"{zh}应急突击队", f"{en} Assault Team"), "grassroots", "village_assault", 31, (x_m - 60, y_m - 110))
    for twin in TWINS:
        village = land.village_number(twin)
        roster.add(
            (f"{twin}应急突击队", f"{land.villages[village].en} Assault Team"),
            "grassroots",
            "village_assault",
            30,
            None,
            address=twin,
        )
