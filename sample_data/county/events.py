"""What happens in the demonstration: five incidents, and the barriers kept ready."""

import shapely

from county.facilities import bridge_deck_m
from county.flood import INCIDENT_CODE, FloodPlain
from county.frame import Point
from county.land import Cell, Land, Row, line_along, point_at, township_name
from county.names import invent_phone
from county.road_points import BRIDGES, MAIN_BRIDGE


def incident_rows(land: Land, plain: FloodPlain) -> list[Row]:
    """Return the flood of 03:10 with three people trapped, and four incidents of other kinds."""
    rows: list[Row] = []

    def add(code: str, name: tuple[str, str], xy_m: Point, **more: Cell) -> None:
        number = len(rows)
        fields: dict[str, Cell] = {
            "code": code, "name": name[0], "name_en": name[1], **more,
            "address": township_name(land.township_at(xy_m))[0],
            "reporter_phone": invent_phone(9_000 + number), "source_department": "县应急管理局",
        }  # fmt: skip
        rows.append(Row(fields, point_at(xy_m)))

    victim = land.villages[plain.victim_village]
    x_m, y_m = (float(v) for v in land.places.villages_m[plain.victim_village])
    add(
        INCIDENT_CODE,
        (f"{victim.zh}洪水被困", f"Flood at {victim.en}"),
        (x_m + 150, y_m - 130),
        kind="flood",
        grade="general",
        event_class="natural_disaster",
        state="open",
        occurred_at="2026-07-14T02:50:00+08:00",
        received_at="2026-07-14T03:10:00+08:00",
        trapped_persons=3,
        injured_persons=0,
        affected_people_persons=640,
        ongoing=True,
        description=f"{victim.zh}进水,三人被困民房二楼,水位仍在上涨。",
    )
    x_m, y_m = (float(v) for v in land.places.seats_m[21])
    add(
        "SJ-20260119-01",
        ("云峰乡雪灾道路中断", "Snow closes roads in Yunfeng"),
        (x_m, y_m),
        kind="snow",
        grade="general",
        event_class="natural_disaster",
        state="terminated",
        occurred_at="2026-01-19T06:30:00+08:00",
        received_at="2026-01-19T07:05:00+08:00",
        reported_at="2026-01-19T07:40:00+08:00",
        affected_people_persons=2_100,
        ongoing=False,
        description="四条道路因积雪中断,当日抢通。",
    )
    add(
        "SJ-20260713-02",
        ("化工园区甲醇泄漏", "Methanol leak in the chemical park"),
        (38_250.0, 28_850.0),
        kind="hazchem",
        grade="larger",
        event_class="accident",
        state="open",
        occurred_at="2026-07-13T23:20:00+08:00",
        received_at="2026-07-13T23:28:00+08:00",
        reported_at="2026-07-13T23:55:00+08:00",
        injured_persons=2,
        seriously_injured_persons=1,
        ongoing=True,
        wind_from_deg=135.0,
        wind_time="2026-07-13T23:30:00+08:00",
        description="储罐阀门泄漏,正在堵漏稀释。",
    )
    road = next(
        road for road in land.network.roads if road.name.startswith("S902") and 33_000 < road.xy_m[0, 1] < 40_000
    )
    spot = (float(road.xy_m[0, 0]), float(road.xy_m[0, 1]))
    add(
        "SJ-20260712-01",
        ("S902省道客车追尾", "Coach collision on S902"),
        spot,
        kind="road_traffic",
        grade="general",
        event_class="accident",
        state="terminated",
        occurred_at="2026-07-12T17:42:00+08:00",
        received_at="2026-07-12T17:46:00+08:00",
        reported_at="2026-07-12T18:30:00+08:00",
        injured_persons=5,
        dead_persons=0,
        ongoing=False,
        description="两车追尾,伤员已送医。",
    )
    x_m, y_m = (float(v) for v in land.places.seats_m[22])
    add(
        "SJ-20260706-01",
        ("新店小学教学楼墙体开裂", "Cracked wall at Xindian school"),
        land.road_spot((x_m + 310, y_m + 240)),
        kind="school_facility",
        grade="below_general",
        event_class="accident",
        state="open",
        received_at="2026-07-06T09:15:00+08:00",
        reported_at="2026-07-06T11:00:00+08:00",
        ongoing=True,
        description="二楼走廊墙体裂缝,教室已停用。",
    )
    return rows


def barrier_rows(land: Land) -> list[Row]:
    """Return the closure of the main bridge, prepared and lifted, four closures of last winter, and a slow stretch."""
    name, name_en = BRIDGES[MAIN_BRIDGE][1:]
    a, b = bridge_deck_m(land, name)
    deck = shapely.LineString([point_at(a), point_at(b)])
    common: dict[str, Cell] = {"direction": "both", "source_department": "县交通运输局", "surveyed_on": "2026-07-01"}
    rows = [
        Row(
            {
                "code": "ZD-01",
                "name": f"{name}封闭(预案)",
                "name_en": f"{name_en} closed (prepared)",
                "policy": "closed",
                "state": "lifted",
                "reason": "超警戒水位时封桥;演练后已解除",
                "valid_from": "2026-07-01T09:00:00+08:00",
                "valid_to": "2026-07-01T10:30:00+08:00",
                "confirmed_at": "2026-07-01T10:30:00+08:00",
                **common,
            },
            deck,
        ),
    ]
    hills = [
        road
        for road in land.network.roads
        if road.road_class == "secondary" and road.xy_m[0, 1] > 36_000 and len(road.xy_m) > 4
    ]
    for number in range(4):
        road = hills[(number * len(hills)) // 4 + 3]
        fields: dict[str, Cell] = {
            "code": f"ZD-{number + 2:02d}", "name": f"{road.name}积雪封闭{number + 1}",
            "name_en": f"{road.name_en} closed by snow {number + 1}",
            "policy": "closed", "state": "lifted", "reason": "积雪", "valid_from": "2026-01-19T06:30:00+08:00",
            "valid_to": "2026-01-19T18:00:00+08:00", "confirmed_at": "2026-01-19T18:00:00+08:00", **common,
        }  # fmt: skip
        rows.append(Row(fields, line_along(road.xy_m)))
    works = next(road for road in land.network.roads if road.name == "迎宾路")
    fields = {
        "code": "ZD-06", "name": "迎宾路改造施工", "name_en": "Yingbin Road works", "policy": "slow",
        "slow_factor": 2.0, "state": "active",
        "reason": "半幅施工", "valid_from": "2026-06-01T00:00:00+08:00", "valid_to": "2026-09-30T00:00:00+08:00",
        "confirmed_at": "2026-07-10T08:00:00+08:00", **common,
    }  # fmt: skip
    rows.append(Row(fields, line_along(works.xy_m)))
    return rows
