"""Supply depots and open stockpiles with their stock; the totals are one tenth of a real city's (DOMAIN 4.3)."""

from county.frame import random_stream
from county.land import Cell, Land, Row, point_at, township_name
from county.names import invent_person, invent_phone
from county.terrain import resample_line

# Item: total in the county, share of the county depot, whole units.
FLOOD_STOCK = {
    "woven_bag": (636_000, 0.45), "striped_cloth": (38_000, 0.45), "lifebuoy": (268, 0.40), "life_jacket": (1_460,
    0.40),
    "assault_boat": (3, 0.34), "rubber_boat": (8, 0.38), "wire": (26.5, 0.45), "generator": (6, 0.34),
}  # fmt: skip
RELIEF_STOCK = {
    "cotton_coat": 390,
    "quilt": 713,
    "tent": 121,
    "mask": 12_000,
    "disinfectant": 900,
    "daily_necessities": 2_000,
}
HEAPS = {"standby_stone": 23_700, "earth_heap": 2_300}
# Township of each storage point, and its share of what the county depot does not hold.
POINTS = ((15, 0.24), (2, 0.24), (13, 0.22), (19, 0.16), (1, 0.14))
EXPIRES_ON = {
    "life_jacket": "2028-12-31",
    "striped_cloth": "2027-06-30",
    "mask": "2026-03-31",
    "disinfectant": "2026-05-31",
    "daily_necessities": "2026-12-31",
}
HEAP_COUNT = 12


def depot_rows(land: Land) -> list[Row]:
    """Return the county flood depot, five storage points, the relief depot and 12 stockpiles on the banks."""
    rng = random_stream("depots")
    rows: list[Row] = []

    def add(
        code: str,
        name: tuple[str, str],
        level: str,
        kind: str,
        xy_m: tuple[float, float],
        area_m2: int | None,
        status: str,
    ) -> None:
        number = len(rows)
        place = land.township_at(xy_m)
        fields: dict[str, Cell] = {
            "code": code, "name": name[0], "name_en": name[1], "level": level, "kind": kind, "status": status,
            "address": township_name(place)[0], "manager": invent_person(rng) if area_m2 else None,
            "phone": invent_phone(3_200 + number), "floor_area_m2": area_m2,
            "source_department": "县应急管理局" if kind == "relief_depot" else "县水利局", "surveyed_on": "2026-06-12",
        }  # fmt: skip
        rows.append(Row(fields, point_at(xy_m)))

    town = land.places.seats_m[0]
    spot = land.road_spot((float(town[0]) + 1_700, float(town[1]) - 900))
    add("WZ01", ("云渡县防汛物料储备库", "Yundu County Flood Depot"), "county", "flood_depot", spot, 1_800, "open")
    for number, (township, _) in enumerate(POINTS, start=2):
        x_m, y_m = land.places.seats_m[township]
        stem, stem_en = township_name(township)[0][:-1], township_name(township)[1].split()[0]
        spot = land.road_spot((float(x_m) + 420, float(y_m) - 260))
        status = "standby" if number == 5 else "open"
        add(
            f"WZ{number:02d}",
            (f"{stem}防汛物资储备点", f"{stem_en} Flood Storage Point"),
            "township",
            "flood_depot",
            spot,
            240,
            status,
        )
    spot = land.road_spot((float(town[0]) - 1_300, float(town[1]) - 600))
    add("WZ07", ("云渡县救灾物资储备库", "Yundu County Relief Depot"), "county", "relief_depot", spot, 1_200, "open")
    for number, (xy_m, bank) in enumerate(heap_spots_m(land), start=1):
        zh, en = ("左岸", "left bank") if bank > 0 else ("右岸", "right bank")
        name = (f"云水河{zh}{number}号备料堆", f"Yunshui River stockpile {number}, {en}")
        add(f"BL{number:02d}", name, "onsite_stockpile", "stockpile", xy_m, None, "open")
    return rows


def heap_spots_m(land: Land) -> list[tuple[tuple[float, float], int]]:
    """Return places on the dykes of the lower river, left and right bank in turn."""
    line = resample_line(land.terrain.main_river.xy_m, step_m=100.0)
    line = line[(line[:, 0] > 25_500) & (line[:, 0] < 53_000)]
    spots = []
    for number in range(HEAP_COUNT):
        place = round((number + 0.5) / HEAP_COUNT * (len(line) - 10)) + 3
        ahead = line[place + 3] - line[place - 3]
        length_m = float((ahead @ ahead) ** 0.5)
        bank = 1 if number % 2 else -1
        across_m = 205.0 * bank
        x_m = float(line[place, 0]) - float(ahead[1]) / length_m * across_m
        y_m = float(line[place, 1]) + float(ahead[0]) / length_m * across_m
        spots.append(((x_m, y_m), bank))
    return spots


def split_amount(total: float, shares: list[float]) -> list[float]:
    """Return amounts in proportion to the shares, in whole units (wire in tenths), that add up to the total."""
    unit = 0.1 if isinstance(total, float) else 1
    steps = round(total / unit)
    parts = [int(steps * share / sum(shares)) for share in shares]
    parts[0] += steps - sum(parts)
    return [round(part * unit, 1) if unit < 1 else part for part in parts]


def stock_rows() -> list[dict[str, Cell]]:
    """Return the stock lines: depot, item, quantity, standard, mode, expiry."""
    lines: list[dict[str, Cell]] = []

    def add(depot: str, item: str, quantity: float, target: float, mode: str, expires_on: str | None) -> None:
        if quantity > 0 or target > 0:
            lines.append(
                {
                    "code": depot,
                    "item": item,
                    "quantity": quantity,
                    "target_quantity": target,
                    "mode": mode,
                    "expires_on": expires_on,
                }
            )

    shares_of_points = [share for _, share in POINTS]
    for number, (item, (total, county_share)) in enumerate(FLOOD_STOCK.items()):
        shares = [county_share, *((1 - county_share) * share for share in shares_of_points)]
        for place, quantity in enumerate(split_amount(total, shares)):
            short = (place + number) % 5 == 3
            target = round(quantity * 1.35, 1) if short else quantity if place else round(quantity * 0.9, 1)
            target = target if isinstance(total, float) else round(target + (0.5 if short else 0))
            expired = item == "life_jacket" and place == 3
            expires_on = "2025-12-31" if expired else EXPIRES_ON.get(item)
            add(f"WZ{place + 1:02d}", item, quantity, target, "budget" if place < 4 else "existing", expires_on)
    for item, total in RELIEF_STOCK.items():
        mode = {"mask": "donation", "daily_necessities": "contract"}.get(item, "budget")
        add("WZ07", item, total, round(total * (1.5 if item == "tent" else 1.0)), mode, EXPIRES_ON.get(item))
    weights = [1.0 + 0.35 * (number * 5 % 7) for number in range(HEAP_COUNT)]
    for item, total in HEAPS.items():
        for number, quantity in enumerate(split_amount(total, weights), start=1):
            target = round(quantity * 1.2) if number in {4, 9} else quantity
            add(f"BL{number:02d}", item, quantity, target, "existing", None)
    return sorted(lines, key=lambda line: (str(line["code"]), str(line["item"])))
