"""Shelters, as the civil-affairs office keeps them in a workbook, with the faults of such a list."""

from county.flood import FloodPlain
from county.frame import Point, random_stream
from county.land import Cell, Land, point_at, township_name
from county.names import invent_person, invent_phone
from county.settlements import TOWN_M

TITLE = "云渡县应急避难场所登记表"
SUBTITLE = "填报单位:云渡县民政局    填报日期:2026年6月30日    (演示数据)"
HEADER = (
    "编号",
    "名称",
    "英文名称",
    "类型",
    "级别",
    "状态",
    "容纳人数",
    "有效面积",
    "适用灾种",
    "经度",
    "纬度",
    "地址",
    "管理人",
    "管理人电话",
    "联系电话",
    "维护日期",
)
UNITS = (None, None, None, None, None, None, "人", "平方米", None, "度", "度", None, None, None, None, None)
# Township, name, English name, type, class, status, capacity, area in m2, what it suits, offset from the seat in m.
SITES = (
    (0, "云渡公园", "Yundu Park", "公园广场", "中心", "开放", 6_000, 21_000, "抗震;防汛;避暑", (900, -500)),
    (
        0,
        "云渡县第一中学",
        "Yundu No. 1 Middle School",
        "学校",
        "短期固定",
        "备用",
        2_400,
        5_200,
        "防汛;抗震",
        (-1_150, 350),
    ),
    (
        14,
        "柳溪应急疏散基地",
        "Liuxi Evacuation Base",
        "应急疏散基地",
        "长期固定",
        "备用",
        8_000,
        26_000,
        "防汛;抗震;防寒;危险化学品",
        (500, -900),
    ),
    (
        1,
        "白沙中心小学",
        "Baisha Central Primary School",
        "学校",
        "短期固定",
        "开放",
        900,
        2_100,
        "防汛;抗震",
        (-2_300, 500),
    ),
    (2, "长堤文化广场", "Changdi Culture Square", "公园广场", "紧急", "开放", 700, None, "抗震", (1_300, 1_500)),
    (3, "双桥中学", "Shuangqiao Middle School", "学校", "短期固定", "备用", 1_200, 3_000, "防汛;抗震", (350, 250)),
    (4, "黄湾镇体育馆", "Huangwan Gymnasium", "体育馆", "中期固定", "开放", 800, 1_100, "防汛;防寒", (-300, 260)),
    (5, "夏家滩小学", "Xiajiatan Primary School", "学校", "紧急", "开放", 260, 520, "抗震", None),
    (6, "新集镇便民广场", "Xinji Square", "公园广场", "紧急", None, 600, 1_400, "抗震", (-420, 200)),
    (7, "莲湖中学", "Lianhu Middle School", "学校", "短期固定", "备用", None, None, "防汛;抗震", (380, -260)),
    (
        8,
        "石门镇人防地下室",
        "Shimen Civil-defence Basement",
        "人防工程",
        "短期固定",
        "备用",
        300,
        700,
        "防风;避暑;防寒",
        (220, 160),
    ),
    (
        9,
        "枫香镇社区避难点",
        "Fengxiang Community Shelter",
        "社区避难场所",
        "紧急",
        "开放",
        240,
        None,
        "滑坡泥石流;防汛",
        (260, -220),
    ),
    (
        10,
        "茶垭中心小学",
        "Chaya Central Primary School",
        "学校",
        "短期固定",
        "备用",
        500,
        1_200,
        "防汛;防寒",
        (-260, 220),
    ),
    (11, "双河镇体育馆", "Shuanghe Gymnasium", "体育馆", "中期固定", "已满", 450, 900, "防汛;抗震", (2_000, -1_200)),
    (13, "官垱码头广场", "Guandang Wharf Square", "公园广场", "紧急", "开放", 500, 1_000, "抗震;避暑", None),
    (
        15,
        "渡口镇临时安置点",
        "Dukou Placement Point",
        "临时安置点",
        "紧急",
        "备用",
        None,
        640,
        "防汛",
        (-1_400, -1_600),
    ),
    (19, "松坪中学", "Songping Middle School", "学校", "短期固定", "开放", 650, 1_600, "防汛;滑坡泥石流", (240, -240)),
    (20, "高岗镇敬老院", "Gaogang Care Home", "其他", "短期固定", "损毁", 120, 300, "防寒;避暑", (-250, 210)),
)


def site_of(land: Land, plain: FloodPlain, number: int) -> Point:
    """Return where a shelter stands, in metres; two stand where the river floods."""
    township, offset = SITES[number][0], SITES[number][9]
    if offset is None and township == 5:
        x_m, y_m = land.places.villages_m[plain.victim_village]
        return (float(x_m) - 120.0, float(y_m) - 260.0)
    if offset is None:
        x_m, y_m = land.network.bridges[5].xy_m[-1]
        return land.road_spot((float(x_m) - 900.0, float(y_m) - 350.0))
    x_m, y_m = TOWN_M if township == 0 else land.places.seats_m[township]
    return land.road_spot((float(x_m) + offset[0], float(y_m) + offset[1]))


def shelter_sheet(land: Land, plain: FloodPlain) -> list[list[Cell]]:
    """Return the rows of the sheet under the header: 18 shelters, three faulty lines, the total."""
    rng = random_stream("shelter keepers")
    rows: list[list[Cell]] = []
    for number, (township, name, name_en, kind, rank, status, places, area_m2, suits, _) in enumerate(SITES):
        spot = point_at(site_of(land, plain, number))
        rows.append(
            [
                f"BN{number + 1:03d}",
                name,
                name_en,
                kind,
                rank,
                status,
                places,
                area_m2,
                suits,
                spot.x,
                spot.y,
                township_name(township)[0] + ("夏家滩村" if township == 5 else ""),
                invent_person(rng),
                invent_phone(3_000 + 2 * number),
                invent_phone(3_001 + 2 * number),
                f"2026-0{number % 6 + 1}-{10 + number}" if number % 5 != 3 else None,
            ]
        )
    seat = point_at(land.road_spot(tuple(land.places.seats_m[18])))
    other = point_at(land.road_spot(tuple(land.places.seats_m[22])))
    third = point_at(land.road_spot(tuple(land.places.seats_m[12])))
    faulty: list[list[Cell]] = [
        ["BN019", "杨铺镇中心小学", None, "学校", "紧急", "备用", "约三百", 800, "防汛", seat.x, seat.y, "杨铺镇"],
        ["BN020", "新店镇文化站", None, "其他", "紧急", "备用", 150, 400, "防汛", other.y, other.x, "新店镇"],
        ["BN021", None, None, "学校", "紧急", "开放", 220, 500, "抗震", third.x, third.y, "龙潭镇"],
    ]
    rows[11:11] = faulty[:1]
    rows += faulty[1:]
    width = len(HEADER)
    known = sum(places for row in rows if isinstance(places := row[6], int))
    rows.append(["合计", None, None, None, None, None, known])
    return [[*row, *[None] * (width - len(row))] for row in rows]
