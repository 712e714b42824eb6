"""A county of four villages for map tests: made by hand, every string replaceable by a hostile one."""

from map_layers import Row, Text, columns_of, definitions
from pyproj import Geod
from shapely.geometry import LineString, Point, box
from shapely.geometry.base import BaseGeometry

from geo_ems.cartography.boards import load_board
from geo_ems.cartography.content import BaseLine, MapContent, MapLayer
from geo_ems.model.answers import CoverageAnswer, CoverageTotal, DataAsOf, DemandCoverage, DistrictCoverage
from geo_ems.model.definitions import Availability
from geo_ems.settings import bundled_folder

OVERVIEW = bundled_folder() / "maps" / "overview.toml"
PLACE = (112.045, 28.02)
AGES = DataAsOf("2026-07-01", "2026-07-20", "2026-07-21T01:00:00Z")


def rows(text: Text = str) -> dict[str, list[tuple[str, BaseGeometry | None, Row]]]:
    """Return the features; `text` may replace names and free text by hostile ones."""
    return {
        "shelters": [
            (
                "S1",
                Point(112.03, 28.02),
                {
                    "name": text("第一中学"),
                    "name_en": text("No. 1 School"),
                    "district_id": "T1",
                    "status": "open",
                    "capacity_persons": 1200,
                    "suitable_for": ("flood", "earthquake"),
                    "key_holder": "王五",
                    "phone": "0737-111 2222",
                    "remarks": text("备注"),
                },
            ),
            (
                "S2",
                Point(112.06, 28.05),
                {
                    "name": text("文化广场"),
                    "status": "standby",
                    "suitable_for": (),
                    "key_holder": "李四",
                    "phone": "13900001111",
                },
            ),
            ("S3", Point(112.021, 28.021), {"name": text("河边小学"), "status": "full", "phone": None}),
            ("S4", Point(112.08, 28.01), {"name": None}),
            ("S5", box(112.05, 28.07, 112.055, 28.074), {"name": "体育馆", "status": "closed"}),
        ],
        "response_teams": [
            (
                "T-1",
                Point(112.05, 28.04),
                {
                    "name": text("消防大队"),
                    "name_en": text("Fire brigade"),
                    "status": "available",
                    "kind": "fire_rescue",
                    "capabilities": ("flood_rescue", "boat"),
                    "phone": "119",
                },
            ),
            (
                "T-2",
                Point(112.025, 28.03),
                {"name": "公安分队", "status": "on_scene", "kind": "police", "phone": "110"},
            ),
            ("T-3", Point(112.03, 28.06), {"name": "民兵分队", "kind": "police", "phone": text("13800138000")}),
            (
                "T-4",
                Point(112.09, 28.09),
                {"name": "后备分队", "status": "available", "kind": "police", "phone": "13712345678"},
            ),
        ],
        "supply_depots": [
            (
                "D1",
                Point(112.07, 28.03),
                {
                    "name": "县物资库",
                    "status": "open",
                    "phone": "07371234567",
                    "stock": ({"item": "life_jacket", "quantity": 300.0},),
                },
            )
        ],
        "population": [
            (
                "V1",
                Point(112.02, 28.02),
                {"name": text("河湾村"), "name_en": "Hewan", "people_persons": 800, "district_id": "T1"},
            ),
            ("V2", Point(112.04, 28.03), {"name": "石桥村", "people_persons": 600, "district_id": "T1"}),
            ("V3", Point(112.08, 28.08), {"name": "山背村", "people_persons": 300, "district_id": "T2"}),
            ("V4", Point(112.09, 28.02), {"name": "东塘村", "people_persons": None, "district_id": "T2"}),
        ],
        "districts": [
            (
                "C",
                box(112.0, 28.0, 112.1, 28.1),
                {"name": text("样例县"), "name_en": "Sample county", "level": "county"},
            ),
            ("T1", box(112.0, 28.0, 112.05, 28.1), {"name": text("西乡镇"), "name_en": "Xixiang", "level": "township"}),
            ("T2", box(112.05, 28.0, 112.1, 28.1), {"name": "东乡镇", "name_en": "Dongxiang", "level": "township"}),
        ],
        "roads": [
            ("R1", LineString([(112.0, 28.05), (112.1, 28.05)]), {"name": "主路", "road_class": "primary"}),
            (
                "R2",
                LineString([(112.06, 28.01), (112.06, 28.018)]),
                {"name": text("清河大桥"), "road_class": "primary", "bridge": True},
            ),
        ],
        "hazard_areas": [
            (
                "H1",
                box(112.015, 28.015, 112.022, 28.025),
                {"name": text("洪水淹没区"), "kind": "flood", "zone": "inner"},
            )
        ],
        "incidents": [("I1", Point(112.021, 28.018), {"name": text("河湾村洪水")})],
    }


def content(text: Text = str, **more: object) -> MapContent:
    """Return the county as page content."""
    features = rows(text)
    layers = tuple(
        MapLayer(definition, columns_of(definition, features[name]), AGES)
        for name, definition in definitions(text).items()
    )
    values = {
        "board": load_board(OVERVIEW),
        "project": text("样例县应急局"),
        "layers": layers,
        "as_of": "2026-07-20T19:10:00Z",
        "snapshot_id": "store-1:42",
        "base_lines": (BaseLine("river", text("清河"), LineString([(112.0, 28.012), (112.1, 28.016)])),),
    }
    return MapContent(**(values | more))


def coverage_answer(text: Text = str) -> CoverageAnswer:
    """Return a coverage answer worked out by hand: 800 of 1,700 people reach S1 within 2 km."""
    return CoverageAnswer(
        query={"layer": "shelters", "cutoff_m": 2000.0},
        definition={},
        snapshot_id="store-1:42",
        as_of="2026-07-20T19:10:00Z",
        data_as_of={"shelters": AGES},
        total=CoverageTotal(1700, 800, 900),
        districts=(
            DistrictCoverage("T1", text("西乡镇"), "Xixiang", "township", 1400, 800, 600, 800 / 1400, 2),
            DistrictCoverage("T2", text("东乡镇"), "Dongxiang", "township", 300, 0, 300, 0.0, 1),
        ),
        facilities=(),
        demand=(
            DemandCoverage("V1", "河湾村", "T1", 800, True, None, "S1", 984.0, 1, Point(112.02, 28.02)),
            DemandCoverage(
                "V2", text("石桥村"), "T1", 600, False, "no_shelter_in_cutoff", "S1", 2100.0, 0, Point(112.04, 28.03)
            ),
            DemandCoverage(
                "X9", text("山背村"), "T2", 300, False, "no_shelter_in_cutoff", "S1", 7000.0, 0, Point(112.08, 28.08)
            ),
        ),
        excluded_counts={},
        warnings=(text("有 1 个村人口未知"),),
    )


def nearest_json(
    layer_name: str, at_lonlat_deg: tuple[float, float], k: int, *, text: Text = str, required: str | None = None
) -> dict[str, object]:
    """Return what the service would answer for this county, worked out over its few features."""
    definition = definitions(text)[layer_name]
    geod = Geod(ellps="WGS84")
    lon, lat = at_lonlat_deg
    results, passed, confirm, opened = [], [], [], []
    ranked = []
    for identifier, geometry, values in rows(text)[layer_name]:
        at = geometry.representative_point()
        azimuth, _, metres = geod.inv(lon, lat, at.x, at.y)
        ranked.append((metres, identifier, at, azimuth % 360, values))
    for metres, identifier, at, azimuth, values in sorted(ranked, key=lambda row: row[:2]):
        status = values.get("status")
        code = definition.fields["status"].codes.get(status or "")
        row = {
            **{name: value for name, value in values.items() if name != "name_en"},
            "id": identifier,
            "name": values.get("name"),
            "straight_m": round(metres, 1),
            "bearing_deg": round(azimuth, 1),
            "geometry": {"type": "Point", "coordinates": [at.x, at.y]},
        }
        lacking = required is not None and required not in values.get("suitable_for", values.get("capabilities", ()))
        if lacking:
            passed.append({**row, "reason": "lacks_capability", "detail": text("不适用")})
        elif code is None:
            confirm.append({**row, "reason": "status_unknown", "detail": text("状态未登记")})
        elif code.availability is not Availability.AVAILABLE:
            reason = str(code.reason)
            passed.append({**row, "reason": reason, "detail": text(code.label.zh)})
            if status == "standby":
                opened.append({**row, "reason": reason, "detail": text("备用")})
        else:
            results.append(
                {
                    **row,
                    "rank": len(results) + 1,
                    "distance_m": round(metres, 1),
                    "status": status,
                    "availability": "available",
                    "tied": False,
                    "district_id": values.get("district_id"),
                    "position_source": None,
                    "position_age_s": None,
                }
            )
    counts: dict[str, int] = {}
    for row in passed + confirm:
        counts[row["reason"]] = counts.get(row["reason"], 0) + 1
    if len(results) > k:
        counts["below_rank_k"] = len(results) - k
    last = results[:k][-1]["straight_m"] if results else 0
    return {
        "query": {"layer": layer_name, "lon": lon, "lat": lat, "k": k},
        "definition": {},
        "snapshot_id": "store-1:42",
        "as_of": "2026-07-20T19:10:00Z",
        "data_as_of": {layer_name: {"observed_min": None, "observed_max": "2026-07-20", "changed_at": None}},
        "results": results[:k],
        "passed_over": [row for row in passed if row["straight_m"] < last],
        "to_confirm": confirm if len(results) < k else [],
        "to_open": opened,
        "excluded_counts": counts,
        "warnings": [text("没有道路数据")],
    }
