"""A list as the education office exports it from a web map: Chinese headings, coordinates in GCJ-02."""

import numpy as np

from county.land import Cell, Land, point_at, township_code, township_name
from county.names import invent_phone
from geo_ems.queries.china_datums import Datum, from_wgs84

_DECIMALS = 6


def school_rows(land: Land) -> list[dict[str, Cell]]:
    """Return one junior school per township seat, with the coordinates as Amap shows them."""
    rows: list[dict[str, Cell]] = []
    for number, (x_m, y_m) in enumerate(land.places.seats_m.tolist()):
        place = point_at(land.road_spot((x_m - 260, y_m + 210)))
        lon, lat = from_wgs84(np.array([[place.x, place.y]]), Datum.GCJ02)[0]
        township = township_name(number)[0]
        rows.append(
            {
                "编号": f"XX{township_code(number)[-5:]}",
                "名称": f"{township[:-1]}初级中学",
                "类别": "学校",
                "状态": "开放",
                "地址": township,
                "电话": invent_phone(3_700 + number),
                "高德经度": round(float(lon), _DECIMALS),
                "高德纬度": round(float(lat), _DECIMALS),
            }
        )
    return rows
