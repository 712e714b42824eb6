"""The ledger of hazard points: reservoirs, river reaches, mines, chemical stores, slopes, schools, venues."""

import numpy as np
from scipy.spatial import cKDTree

from county.facilities import RESERVOIRS
from county.frame import FloatArray, random_stream, sample_raster
from county.hazard_ledger import Ledger, deal_out
from county.land import Land, Row, area_within, line_along, point_at, township_name
from county.terrain import resample_line

FLOOD_MONTHS = ("m05", "m06", "m07", "m08", "m09")
FIRE_MONTHS = ("m01", "m02", "m03", "m04", "m11", "m12")
SLOPES = 23
SLOPE_ASIDE_M = (60.0, 35.0)


def hazard_rows(land: Land) -> list[Row]:
    """Return 120 hazard points, lines and areas."""
    ledger = Ledger(land)
    _add_slopes(ledger)
    _add_water(ledger)
    _add_industry(ledger)
    _add_public_places(ledger)
    _add_roads(ledger)
    return deal_out(ledger)


def _add_slopes(ledger: Ledger) -> None:
    """Put slopes where the ground is steep and a road or village near, and forests on the heights."""
    land = ledger.land
    rng = random_stream("slopes")
    spots = land.road_ends_m
    slope = sample_raster(land.terrain.slope, spots)
    near = cKDTree(land.places.villages_m)
    steep = np.flatnonzero(slope > 0.14)
    steep = steep[np.argsort(rng.random(len(steep)), kind="stable")]
    chosen: list[FloatArray] = []
    for index in steep.tolist():
        inside = land.shapes.county.covers(point_at(spots[index] + SLOPE_ASIDE_M))
        if inside and all(np.hypot(*(spots[index] - other)) > 1_100 for other in chosen):
            chosen.append(spots[index])
        if len(chosen) == SLOPES:
            break
    measures = (("drainage",), ("retaining_wall", "drainage"), ("protective_net",), ("anti_slide_pile", "drainage"), ())
    for number, spot in enumerate(chosen):
        village = land.villages[int(near.query(spot)[1])]
        xy_m = (float(spot[0]) + SLOPE_ASIDE_M[0], float(spot[1]) + SLOPE_ASIDE_M[1])
        stem, stem_en = village.zh.removesuffix("村"), village.en.removesuffix(" Village")
        ledger.add(
            (f"{stem}滑坡点", f"{stem_en} landslide"),
            "geological",
            xy_m,
            "县自然资源和规划局",
            measures=measures[number % 5],
            season_months=FLOOD_MONTHS,
            affected_people_persons=8 + number * 13 % 150,
            influence_radius_m=120 + 20 * (number % 6),
        )
    for seat, name, name_en in ((9, "枫香林场", "Fengxiang Forest"), (21, "云峰林区", "Yunfeng Woods"), (8, "石门林区",
        "Shimen Woods"),
                                (10, "茶垭林场", "Chaya Forest"), (23, "岩屋林区", "Yanwu Woods"), (12, "龙潭林区",
                                "Longtan Woods")):  # fmt: skip
        x_m, y_m = land.places.seats_m[seat]
        ledger.add(
            (name, name_en),
            "forest_fire",
            (float(x_m) - 1_500, float(y_m) + 1_100),
            "县林业局",
            season_months=FIRE_MONTHS,
            measures=("fire_break", "ranger_station"),
            influence_radius_m=1_500,
        )


def _add_water(ledger: Ledger) -> None:
    land = ledger.land
    river = resample_line(land.terrain.main_river.xy_m, step_m=100.0)
    ahead = np.gradient(river, axis=0)
    side = np.column_stack((-ahead[:, 1], ahead[:, 0])) / np.hypot(ahead[:, 0], ahead[:, 1])[:, None]
    banks = {"左岸": river + 190 * side, "右岸": river - 190 * side}
    for number, start_x_m in enumerate((25_600, 30_900, 34_400, 37_900, 42_200, 44_600, 47_800, 50_600)):
        bank = "左岸" if number % 2 == 0 else "右岸"
        first = int(np.argmin(np.abs(river[:, 0] - start_x_m)))
        reach = banks[bank][first : first + 9 + number % 4 * 3]
        name = (f"云水河{bank}{number + 1}号险段", f"Yunshui River dangerous reach {number + 1}")
        ledger.add(
            name,
            "dyke_section",
            (float(reach[0, 0]), float(reach[0, 1])),
            "县水利局",
            shape=line_along(smooth_reach(reach)),
            season_months=FLOOD_MONTHS,
            affected_people_persons=900 + 410 * number,
        )
    for tributary, name, name_en, share in RESERVOIRS:
        line = land.terrain.tributaries[tributary].xy_m
        x_m, y_m = line[round(share * (len(line) - 1))]
        ledger.add(
            (f"{name}大坝", f"{name_en} Dam"),
            "dangerous_reservoir",
            (float(x_m) + 90, float(y_m) - 60),
            "县水利局",
            season_months=FLOOD_MONTHS,
            affected_people_persons=2_600,
            influence_radius_m=3_000,
        )
    for number, street in enumerate(("滨河路低洼段", "码头街低洼段", "南门街下穿道", "工业路下穿道", "东门街低洼段")):
        x_m, y_m = land.network.town_corners_m[(number * 47 + 9) % len(land.network.town_corners_m)]
        ledger.add(
            (street, f"Low-lying street section {number + 1}"),
            "waterlogging",
            (float(x_m) + 20, float(y_m) + 15),
            "县住建局",
            season_months=FLOOD_MONTHS,
            influence_radius_m=150,
        )
    for x_m, name, name_en in (
        (30_500, "城关饮用水源地", "Chengguan drinking-water source"),
        (43_300, "长堤饮用水源地", "Changdi drinking-water source"),
    ):
        spot = river[int(np.argmin(np.abs(river[:, 0] - x_m)))]
        ledger.add(
            (name, name_en),
            "drinking_water",
            (float(spot[0]), float(spot[1]) + 150),
            "县生态环境局",
            influence_radius_m=1_000,
        )


def smooth_reach(reach: FloatArray) -> FloatArray:
    """Return a bank line whose bends are rounded, so that the shifted line does not loop."""
    line = reach.copy()
    for _ in range(8):
        line[1:-1] = (line[:-2] + 2 * line[1:-1] + line[2:]) / 4
    return line[::2] if len(line) % 2 else np.vstack((line[::2], line[-1:]))


def _add_industry(ledger: Ledger) -> None:
    land = ledger.land
    corner = np.array([37_600.0, 28_300.0])
    along, up = np.array([0.97, 0.24]), np.array([-0.24, 0.97])
    ring = np.array(
        [
            corner,
            corner + 1_250 * along,
            corner + 1_250 * along + 780 * up,
            corner + 420 * along + 900 * up,
            corner + 640 * up,
        ]
    )
    ledger.add(
        ("云渡化工园区", "Yundu Chemical Park"),
        "chemical_park",
        (float(corner[0]) + 500, float(corner[1]) + 400),
        "园区管委会",
        shape=area_within(ring),
        substance="甲醇、液氨",
        affected_people_persons=3_800,
        influence_radius_m=2_000,
    )
    mines = (
        ("石门煤矿", "Shimen Colliery", "coal_mine_high_gas", (13_700, 37_900)),
        ("小河煤矿", "Xiaohe Colliery", "coal_mine_outburst", (16_400, 39_500)),
        ("枫香磷矿", "Fengxiang Phosphate Mine", "noncoal_mine", (20_200, 38_600)),
        ("茶垭石料场", "Chaya Quarry", "noncoal_mine", (43_900, 43_400)),
        ("龙潭石灰石矿", "Longtan Limestone Mine", "noncoal_mine", (7_300, 21_000)),
        ("双河砖瓦用页岩矿", "Shuanghe Shale Pit", "noncoal_mine", (14_900, 12_300)),
        ("枫香磷矿尾矿库", "Fengxiang Tailings Pond", "tailings_pond", (20_900, 39_100)),
    )
    for name, name_en, kind, spot in mines:
        pit = land.road_spot((float(spot[0]), float(spot[1])), aside_m=110)
        ledger.add((name, name_en), kind, pit, name, influence_radius_m=800, affected_people_persons=160)
    stores = (
        ("云渡液氨冷库", "Yundu Ammonia Cold Store", "液氨", 0, (1_200, -1_200)),
        ("新集农药仓库", "Xinji Pesticide Store", "农药", 6, (500, 300)),
        ("黄湾化肥厂", "Huangwan Fertiliser Works", "硝酸铵", 4, (600, -400)),
        ("城关自来水厂氯库", "Chengguan Chlorine Store", "液氯", 0, (-1_900, -600)),
        ("白沙油库", "Baisha Oil Depot", "柴油", 1, (-700, 500)),
    )
    for name, name_en, substance, seat, (dx_m, dy_m) in stores:
        x_m, y_m = land.places.seats_m[seat]
        spot = land.road_spot((float(x_m) + dx_m, float(y_m) + dy_m))
        ledger.add(
            (name, name_en),
            "hazchem",
            spot,
            name,
            substance=substance,
            influence_radius_m=600,
            affected_people_persons=450,
        )
    for seat in (0, 1, 3, 4, 5, 6, 7, 9, 13, 14, 19, 20):
        stem, stem_en = township_name(seat)[0][:-1], township_name(seat)[1].split()[0]
        x_m, y_m = land.places.seats_m[seat]
        spot = land.road_spot((float(x_m) - 520, float(y_m) - 380), aside_m=30)
        ledger.add(
            (f"{stem}加油站", f"{stem_en} Petrol Station"),
            "hazchem",
            spot,
            f"{stem}加油站",
            substance="汽油",
            influence_radius_m=150,
        )
    for seat in (16, 22):
        stem, stem_en = township_name(seat)[0][:-1], township_name(seat)[1].split()[0]
        x_m, y_m = land.places.seats_m[seat]
        spot = (float(x_m) + 900, float(y_m) + 700)
        ledger.add(
            (f"{stem}烟花爆竹仓库", f"{stem_en} Fireworks Store"),
            "fireworks",
            spot,
            f"{stem}烟花爆竹公司",
            substance="黑火药",
            influence_radius_m=300,
        )


def _add_public_places(ledger: Ledger) -> None:
    land = ledger.land
    for seat in (0, 1, 2, 4, 5, 6, 7, 9, 11, 12, 13, 14, 16, 18, 19, 22):
        stem, stem_en = township_name(seat)[0][:-1], township_name(seat)[1].split()[0]
        x_m, y_m = land.places.seats_m[seat]
        spot = land.road_spot((float(x_m) + 310, float(y_m) + 240))
        ledger.add(
            (f"{stem}小学教学楼", f"{stem_en} Primary School building"),
            "school_facility",
            spot,
            "县教育局",
            affected_people_persons=320 + 35 * seat,
        )
    corners = land.network.town_corners_m
    venues = (
        ("云渡商贸城", "Yundu Market Hall"),
        ("县体育场", "County Stadium"),
        ("云渡客运站", "Yundu Bus Station"),
        ("文昌影城", "Wenchang Cinema"),
        ("府前大酒店", "Fuqian Hotel"),
        ("东门菜市场", "Dongmen Market"),
        ("县图书馆", "County Library"),
        ("桂花路网吧", "Guihua Internet Hall"),
        ("西门农贸市场", "Ximen Produce Market"),
        ("云渡影剧院", "Yundu Theatre"),
        ("迎宾酒店", "Yingbin Hotel"),
    )
    for number, name in enumerate(venues):
        x_m, y_m = corners[(number * 31 + 17) % len(corners)]
        ledger.add(
            name, "crowd_venue", (float(x_m) + 35, float(y_m) + 30), name[0], affected_people_persons=150 + 220 * number
        )
    sites = (
        ("新城安置房工地", "Xincheng housing site"),
        ("云渡二桥工地", "Second bridge site"),
        ("迎宾路改造工地", "Yingbin Road works"),
        ("滨河堤防加固工地", "Binhe dyke works"),
        ("县医院新楼工地", "Hospital wing site"),
    )
    for number, name in enumerate(sites):
        x_m, y_m = corners[(number * 53 + 5) % len(corners)]
        ledger.add(name, "construction", (float(x_m) - 40, float(y_m) + 45), name[0].removesuffix("工地"))
    for number, name in enumerate(
        (
            ("云渡热力锅炉房", "District heating boilers"),
            ("云峰索道", "Yunfeng Cableway"),
            ("商贸城电梯", "Market lifts"),
        )
    ):
        x_m, y_m = corners[(number * 71 + 40) % len(corners)]
        if number == 1:
            x_m, y_m = land.places.seats_m[21] + 900
        ledger.add(name, "special_equipment", (float(x_m) + 25, float(y_m) - 30), name[0])
    for number, name in ((2, ("云渡码头", "Yundu Wharf")), (5, ("官垱码头", "Guandang Wharf"))):
        x_m, y_m = land.network.bridges[number].xy_m[0]
        ledger.add(name, "port_wharf", (float(x_m) - 260, float(y_m) - 40), "县交通运输局")


def _add_roads(ledger: Ledger) -> None:
    """Take the steepest stretches of numbered roads as dangerous road sections."""
    land = ledger.land
    numbered = [
        road for road in land.network.roads if road.road_class in {"primary", "secondary"} and len(road.xy_m) > 4
    ]
    roads = [road for road in numbered if land.shapes.county.covers(line_along(road.xy_m))]
    steep = [float(sample_raster(land.terrain.slope, road.xy_m).mean()) for road in roads]
    order = sorted(range(len(roads)), key=lambda number: (-steep[number], roads[number].code))
    chosen: list[int] = []
    for number in order:
        if all(np.hypot(*(roads[number].xy_m[0] - roads[other].xy_m[0])) > 3_500 for other in chosen):
            chosen.append(number)
        if len(chosen) == 8:
            break
    for count, number in enumerate(chosen, start=1):
        road = roads[number]
        spot = (float(road.xy_m[0, 0]), float(road.xy_m[0, 1]))
        name = (f"{road.name}临崖急弯{count}号路段", f"{road.name_en} cliff bend {count}")
        ledger.add(name, "road_segment", spot, "县交通运输局", shape=line_along(road.xy_m))
    x_m, y_m = land.places.seats_m[13]
    ledger.add(
        ("沙洲蓄滞洪区分洪口", "Shazhou flood diversion gate"),
        "flood_detention_area",
        (float(x_m) - 1_700, float(y_m) + 300),
        "县水利局",
        season_months=FLOOD_MONTHS,
        affected_people_persons=9_400,
    )
