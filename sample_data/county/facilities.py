"""Fixed places: command centre, emergency stations, hospitals, bridges, water intakes, reservoirs, stations."""

from county.frame import Point
from county.land import Cell, Land, Row, point_at, township_name
from county.names import invent_phone

TOWN_SITES = (
    ("云渡县应急指挥中心", "Yundu Emergency Command Centre", "command_centre", None, None, (-100, 150)),
    ("云渡县人民医院", "Yundu People's Hospital", "designated_hospital", "designated", 620, (750, 450)),
    (
        "云渡县中医医院",
        "Yundu Hospital of Traditional Medicine",
        "designated_hospital",
        "designated",
        310,
        (-900, -350),
    ),
    ("云渡县妇幼保健院", "Yundu Maternity Hospital", "backup_hospital", "backup", 180, (350, -650)),
    ("云渡县消防救援站", "Yundu Fire Station", "fire_station", None, None, (330, -880)),
    ("云渡县应急救援基地", "Yundu Rescue Base", "rescue_base", None, None, (1_650, -650)),
    ("云渡县公安局城关派出所", "Chengguan Police Station", "police_station", None, None, (-420, 320)),
    ("云渡县人民政府", "Yundu County Government", "government", None, None, (-150, 300)),
)
INTAKES = (
    ("城关水厂取水口", "Chengguan Water Intake", 30_300),
    ("长堤水厂取水口", "Changdi Water Intake", 43_100),
    ("松坪水厂取水口", "Songping Water Intake", 20_800),
)
# Tributary, name, English name, and where on its course (share of its points).
RESERVOIRS = (
    (5, "石门水库", "Shimen Reservoir", 0.30),
    (15, "枫香水库", "Fengxiang Reservoir", 0.25),
    (9, "茶垭水库", "Chaya Reservoir", 0.15),
)


def facility_rows(land: Land) -> list[Row]:
    """Return the facilities of the county; bridges stand at the middle of their road."""
    rows: list[Row] = []

    def add(
        name: str,
        name_en: str,
        kind: str,
        xy_m: Point,
        role: str | None = None,
        beds: int | None = None,
        status: str | None = "open",
    ) -> None:
        number = len(rows) + 1
        fields: dict[str, Cell] = {
            "code": f"SS{number:03d}", "name": name, "name_en": name_en, "kind": kind, "role_in_plan": role,
            "status": status,
            "beds_count": beds, "address": township_name(land.township_at(xy_m))[0],
            "phone": None if kind in {"bridge", "water_intake"} else invent_phone(3_500 + number),
            "source_department": "县应急管理局", "surveyed_on": "2026-05-30",
        }  # fmt: skip
        rows.append(Row(fields, point_at(xy_m)))

    x_m, y_m = (float(v) for v in land.places.seats_m[0])
    for name, name_en, kind, role, beds, (dx_m, dy_m) in TOWN_SITES:
        add(name, name_en, kind, land.road_spot((x_m + dx_m, y_m + dy_m)), role, beds)
    for number, (seat_x_m, seat_y_m) in enumerate(land.places.seats_m.tolist()):
        zh, en = township_name(number)
        stem_en = en.split()[0]
        add(
            f"{zh}应急管理站",
            f"{stem_en} Emergency Station",
            "emergency_station",
            land.road_spot((seat_x_m + 60, seat_y_m + 60)),
        )
        if number == 0:
            continue
        spot = land.road_spot((seat_x_m + 230, seat_y_m - 120))
        if number == 2:
            add("长堤中心卫生院", "Changdi Central Hospital", "backup_hospital", spot, "backup", 96)
        else:
            add(
                f"{zh[:-1]}卫生院",
                f"{stem_en} Township Hospital",
                "hospital",
                spot,
                None,
                18 + number * 7 % 40,
                "open" if number != 17 else None,
            )
        if number % 5 == 1:
            add(
                f"{zh[:-1]}派出所",
                f"{stem_en} Police Station",
                "police_station",
                land.road_spot((seat_x_m - 180, seat_y_m - 90)),
            )
    for road in land.network.bridges:
        (ax_m, ay_m), (bx_m, by_m) = bridge_deck_m(land, road.name)
        add(road.name, road.name_en, "bridge", ((ax_m + bx_m) / 2, (ay_m + by_m) / 2))
    for name, name_en, at_x_m in INTAKES:
        line = land.terrain.main_river.xy_m
        spot = line[abs(line[:, 0] - at_x_m).argmin()]
        add(name, name_en, "water_intake", (float(spot[0]), float(spot[1]) + 110))
    for tributary, name, name_en, share in RESERVOIRS:
        line = land.terrain.tributaries[tributary].xy_m
        spot = line[round(share * (len(line) - 1))]
        add(name, name_en, "reservoir", (float(spot[0]), float(spot[1])))
    return rows


def bridge_deck_m(land: Land, name: str) -> tuple[Point, Point]:
    """Return the two points of a bridge's line between which the river lies."""
    road = next(road for road in land.network.bridges if road.name == name)
    river = land.terrain.main_river.xy_m
    best = min(
        range(len(road.xy_m) - 1),
        key=lambda part: float(((river - (road.xy_m[part] + road.xy_m[part + 1]) / 2) ** 2).sum(axis=1).min()),
    )
    a, b = road.xy_m[best], road.xy_m[best + 1]
    return (float(a[0]), float(a[1])), (float(b[0]), float(b[1]))
