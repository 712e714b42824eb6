"""The eleven layers of the folder `layers/`, against the names that others rely on."""

import gzip
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from geo_ems.catalogue.definitions import load_definitions
from geo_ems.model.definitions import Availability, FieldType, LayerDefinition, Reason
from geo_ems.settings import bundled_folder

FOLDER = bundled_folder() / "layers"
SHORT = {
    "t": FieldType.TEXT,
    "i": FieldType.INTEGER,
    "r": FieldType.REAL,
    "b": FieldType.BOOLEAN,
    "d": FieldType.DATE,
    "dt": FieldType.DATETIME,
    "c": FieldType.CODE,
    "cc": FieldType.CODES,
    "p": FieldType.PHONE,
}
COMMON = "code:t name:t* name_en:t district_id:t source_department:t surveyed_on:d remarks:t"
# name:type, * required, ! private (phones are, without saying so)
FIELDS = {
    "hazard_points": "address:t kind:c* grade:c state:c domain:c responsible_unit:t responsible_person:t! "
    "responsible_phone:p prevention_unit:t response_unit:t inspection_interval_days:i last_inspected_on:d "
    "next_inspection_on:d affected_people_persons:i influence_radius_m:r season_months:cc measures:cc substance:t "
    "found_on:d deadline_on:d struck_off_on:d",
    "hazard_areas": "kind:c* grade:c state:c zone:c valid_from:dt valid_to:dt depth_m:r policy:c slow_factor:r "
    "delay_s:r mode:c alert_id:t supersedes:t incident_id:t",
    "shelters": "address:t kind:c shelter_class:c status:c capacity_persons:i usable_area_m2:r occupied_persons:i "
    "reserved_persons:i "
    "suitable_for:cc suitable_with_limits:cc open_days:i elevation_m:r key_holder:t! key_holder_phone:p phone:p "
    "last_maintained_on:d",
    "supply_depots": "address:t level:c kind:c status:c manager:t! phone:p floor_area_m2:r",
    "response_teams": "address:t tier:c kind:c capabilities:cc status:c head_count_persons:i vehicle_count:i "
    "vehicles:t leader:t! phone:p call_sign:t radio_channel:t turnout_s:r position_mode:c position_lon_deg:r! "
    "position_lat_deg:r! position_time:dt staffing:c "
    "incident_id:t status_at:dt status_by:c status_who:t! status_note:t",
    "facilities": "address:t kind:c* role_in_plan:c status:c beds_count:i beds_free_count:i phone:p",
    "districts": "level:c* parent_id:t duty_phone:p leader:t! leader_phone:p info_officer:t! info_officer_phone:p "
    "emergency_manager:t!",
    "population": "address:t people_persons:i* people_day_persons:i households_count:i kind:c duty_phone:p leader:t! "
    "info_officer:t! assault_team_persons:i",
    "roads": "name:t road_class:c* speed_kmh:r oneway:c bridge:b surface:t oneway_walk:c drive_access:c walk_access:c "
    "tunnel:b level:i duration_s:r from_node:t to_node:t turn_rules:t osm_way:i attribution:t",
    "barriers": "policy:c* slow_factor:r delay_s:r direction:c mode:c towards_deg:r road_id:t incident_id:t "
    "state:c valid_from:dt valid_to:dt confirmed_at:dt reason:t",
    "incidents": "address:t kind:c* grade:c event_class:c state:c occurred_at:dt received_at:dt reported_at:dt "
    "trapped_persons:i injured_persons:i seriously_injured_persons:i dead_persons:i missing_persons:i "
    "affected_people_persons:i ongoing:b reporter_phone:p wind_from_deg:r wind_time:dt description:t "
    "may_escalate:b casualties_unknown:b attention:b fog:b special_area:b near_miss:b near_miss_reason:t "
    "people_poisoned:b merged_into:t terminated_at:dt",
}
WITH_PRECISION = [
    "barriers",
    "facilities",
    "hazard_points",
    "incidents",
    "population",
    "response_teams",
    "shelters",
    "supply_depots",
]
KINDS = {
    "hazard_points": "Point LineString MultiLineString Polygon MultiPolygon",
    "hazard_areas": "Polygon MultiPolygon",
    "shelters": "Point Polygon MultiPolygon",
    "supply_depots": "Point Polygon",
    "response_teams": "Point",
    "facilities": "Point Polygon",
    "districts": "Polygon MultiPolygon",
    "population": "Point Polygon MultiPolygon",
    "roads": "LineString MultiLineString",
    "barriers": "Point LineString MultiLineString Polygon MultiPolygon",
    "incidents": "Point Polygon MultiPolygon",
}


@cache
def layers() -> dict[str, LayerDefinition]:
    return load_definitions(FOLDER)


def test_the_folder_declares_the_eleven_layers_the_waters_and_the_assignments_in_the_order_of_their_files() -> None:
    assert list(layers()) == sorted([*FIELDS, "assignments", "waterways"])


@pytest.mark.parametrize("name", FIELDS)
def test_a_layer_has_exactly_the_agreed_fields(name: str) -> None:
    wanted = {}
    precision = "location_precision:c" if name in WITH_PRECISION else ""
    for item in f"{COMMON} {FIELDS[name]} {precision}".split():
        field, kind = item.split(":")
        short = kind.rstrip("*!")
        wanted[field] = (SHORT[short], "*" in kind, "!" in kind or short == "p")

    found = {f.name: (f.type, f.required, f.private) for f in layers()[name].fields.values()}

    assert found == wanted


@pytest.mark.parametrize("name", KINDS)
def test_a_layer_takes_the_agreed_geometry_kinds(name: str) -> None:
    assert " ".join(kind.value for kind in layers()[name].geometry) == KINDS[name]


def test_ids_made_up_for_rows_without_a_code_say_their_layer() -> None:
    assert len({definition.id_prefix for definition in layers().values()}) == len(layers())


def status_classes(layer: str) -> dict[str, str]:
    definition = layers()[layer]
    codes = definition.fields[definition.status_field or ""].codes.values()
    return {code.code: str(code.availability) for code in codes}


def test_the_status_of_a_team_says_whether_it_can_be_sent() -> None:
    committed = ["ordered", "accepted", "departed", "staged", "on_scene", "transporting", "at_facility"]
    delayed = ["delayed", "declined", "no_answer", "recalled", "done", "returning"]

    assert status_classes("response_teams") == {
        "available": "available",
        **dict.fromkeys(committed, "committed"),
        **dict.fromkeys(delayed, "delayed"),
        "out_of_service": "unavailable",
    }


def test_planning_counts_open_and_standby_shelters_and_a_full_one_is_told_as_full() -> None:
    codes = layers()["shelters"].fields["status"].codes

    assert [code for code, c in codes.items() if c.planned] == ["open", "standby"]
    assert {code: c.reason for code, c in codes.items()} == {
        "open": None,
        "standby": Reason.UNAVAILABLE,
        "full": Reason.FULL,
        "closed": Reason.CLOSED,
        "damaged": Reason.CLOSED,
    }
    assert codes["standby"].availability is Availability.DELAYED


@pytest.mark.parametrize(
    ("layer", "field", "reason"),
    [
        ("response_teams", "kind", Reason.WRONG_KIND),
        ("hazard_points", "kind", Reason.WRONG_KIND),
        ("response_teams", "capabilities", Reason.LACKS_CAPABILITY),
        ("shelters", "suitable_for", Reason.LACKS_CAPABILITY),
        ("shelters", "shelter_class", Reason.WRONG_TYPE),
    ],
)
def test_a_failing_condition_is_counted_under_its_reason(layer: str, field: str, reason: Reason) -> None:
    assert layers()[layer].fields[field].reason is reason


def test_every_supply_item_says_what_it_is_counted_in() -> None:
    depots = layers()["supply_depots"]
    items = depots.children["stock"].fields["item"].codes

    assert depots.stock is not None
    assert len(items) == 32
    assert all(item.unit is not None for item in items.values())
    assert items["woven_bag"].unit is not None
    assert items["woven_bag"].unit.zh == "条"


def test_grades_rise_from_general_to_extra_major() -> None:
    codes = layers()["hazard_points"].fields["grade"].codes

    assert [code.order for code in codes.values()] == [0, 1, 2, 3]
    assert list(codes) == ["general", "larger", "major", "extra_major"]


def test_labels_are_written_in_simplified_chinese() -> None:
    words = [
        label.zh
        for definition in layers().values()
        for field in definition.fields.values()
        for label in (definition.label, field.label, *(code.label for code in field.codes.values()))
    ]

    # GB 2312 holds the simplified forms and not the traditional ones.
    assert [word for word in words if not _is_in_gb2312(word)] == []


def _is_in_gb2312(word: str) -> bool:
    try:
        word.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def _plain(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def _targets(definition: LayerDefinition) -> Iterator[tuple[str, str]]:
    for coordinate in ("lon", "lat", "lonlat", "latlon"):
        yield from ((name, coordinate) for name in getattr(definition, f"synonyms_{coordinate}"))
    for field in definition.fields.values():
        yield field.name, field.name
        yield from ((synonym.name, field.name) for synonym in field.synonyms)
        yield from ((column, f"{field.name}.{code}") for column, code in field.flags.items())


FILES = {
    "evacuation_space.xlsx": (
        "shelters",
        (
            "latitude=lat longitude=lon name=name address=address telephoneNumber=phone flood_L1=suitable_for.flood "
            "flood_L2=suitable_for.flood_extreme inundation=suitable_for.waterlogging "
            "sedimentDisaster=suitable_for.landslide stormSurge=suitable_for.storm_surge tunami=suitable_for.tsunami "
            "fire=suitable_for.fire earthquake=suitable_for.earthquake jurisdiction=source_department "
            "elevation=elevation_m capacity=capacity_persons"
        ),
        {"#property", "evacuationSpace", "residentsAssociation"},
    ),
    "tsunami_evacuation_building.xlsx": (
        "shelters",
        "latitude=lat longitude=lon name=name address=address capacity=capacity_persons",
        {"#property", "shelter", "district"},
    ),
    "fire_station.xlsx": (
        "response_teams",
        "latitude=lat longitude=lon name=name address=address telephoneNumber=phone note=remarks",
        {"#property", "referenceObject"},
    ),
    "fire_brigade.xlsx": (
        "response_teams",
        "latitude=lat longitude=lon name=name address=address telephoneNumber=phone note=remarks",
        {"#property", "referenceObject"},
    ),
    "population_202602.xlsx": (
        "population",
        (
            "regionCode=code surveyDate=surveyed_on regionName=name totalPopulation=people_persons "
            "numberOfHouseholds=households_count note=remarks location=latlon"
        ),
        None,
    ),
}


@pytest.mark.shared_data
@pytest.mark.parametrize("file", FILES)
def test_the_columns_of_a_japanese_citys_open_data_are_known(file: str, shared_data: Path) -> None:
    layer, wanted, unused = FILES[file]
    sheet = CalamineWorkbook.from_path(shared_data / "takamatsu" / file).get_sheet_by_index(0)
    header = [str(cell) for cell in sheet.to_python()[0]]
    targets = {_plain(name): target for name, target in _targets(layers()[layer])}

    found = {name: targets[_plain(name)] for name in header if _plain(name) in targets}

    assert found == dict(item.split("=") for item in wanted.split())
    if unused is not None:
        assert set(header) - set(found) == unused


@pytest.mark.shared_data
def test_the_columns_of_japans_national_shelter_list_are_known(shared_data: Path) -> None:
    with gzip.open(shared_data / "gsi_shelters" / "gsi_emergency.csv.gz", "rt", encoding="utf-8-sig") as file:
        header = next(file).strip().split(",")
    targets = {_plain(name): target for name, target in _targets(layers()["shelters"])}

    found = {name: targets[_plain(name)] for name in header if _plain(name) in targets}

    assert found == {
        "共通ID": "code",
        "施設・場所名": "name",
        "住所": "address",
        "洪水": "suitable_for.flood",
        "崖崩れ、土石流及び地滑り": "suitable_for.landslide",
        "高潮": "suitable_for.storm_surge",
        "地震": "suitable_for.earthquake",
        "津波": "suitable_for.tsunami",
        "大規模な火事": "suitable_for.fire",
        "内水氾濫": "suitable_for.waterlogging",
        "火山現象": "suitable_for.volcano",
        "備考": "remarks",
        "緯度": "lat",
        "経度": "lon",
    }


@pytest.mark.shared_data
def test_a_row_number_is_no_permanent_identity(shared_data: Path) -> None:
    # Why `#property` is no synonym of `code`: two editions of one file number the places differently.
    editions = []
    for file in ("evacuation_space_v1.xlsx", "evacuation_space.xlsx"):
        rows = CalamineWorkbook.from_path(shared_data / "takamatsu" / file).get_sheet_by_index(0).to_python()
        editions.append({str(row[0]): row[3] for row in rows[1:]})

    renumbered = [number for number, name in editions[0].items() if editions[1].get(number) != name]

    assert len(renumbered) > 90


HEADINGS = {
    "districts": "行政村名称=name 村名称=name 行政村代码=code 等级=level 联系人=leader 联系方式=duty_phone "
    "手机号=leader_phone 负责人=leader",
    "population": "行政村名称=name 村名称=name 行政村代码=code 常住人口=people_persons 户数=households_count "
    "联系人=leader 手机=duty_phone",
    "shelters": "开放情况=status 开放状态=status 场所类别=kind 种类=kind 联系人=key_holder 手机=phone 手机号=phone "
    "手机号码=phone 联系方式=phone 等级=shelter_class 级别=shelter_class 最近维护日期=last_maintained_on "
    "维护日期=last_maintained_on 负责人=key_holder",
    "supply_depots": "仓库编号=code 仓库名称=name 种类=kind 等级=level 级别=level 联系人=manager 手机号码=phone",
    "response_teams": "队伍名称=name 队伍类型=kind 队伍人数=head_count_persons 人数=head_count_persons 负责人=leader "
    "联系人=leader 联系方式=phone 种类=kind",
    "facilities": "开放情况=status 联系方式=phone 种类=kind",
    "hazard_points": "隐患点名称=name 隐患等级=grade 等级=grade 级别=grade 威胁人数=affected_people_persons "
    "责任单位=responsible_unit 责任人=responsible_person 联系人=responsible_person 手机=responsible_phone 种类=kind",
}


@pytest.mark.parametrize("layer", HEADINGS)
def test_headings_of_chinese_registers_are_known(layer: str) -> None:
    wanted = dict(item.split("=") for item in HEADINGS[layer].split())
    targets = dict(_targets(layers()[layer]))
    targets |= {field.label.zh: field.name for field in layers()[layer].fields.values()}

    assert {heading: targets.get(heading) for heading in wanted} == wanted


def test_headings_of_stock_lists_are_known() -> None:
    fields = layers()["supply_depots"].children["stock"].fields
    names = {n: f.name for f in fields.values() for n in (f.label.zh, *(synonym.name for synonym in f.synonyms))}

    assert [names.get(n) for n in ("物资名称", "库存数量", "标准数量")] == ["item", "quantity", "target_quantity"]


@pytest.mark.parametrize(
    ("layer", "field", "words"),
    [
        ("districts", "level", "省级=province 市级=city 县级=county 乡镇级=township 村级=village"),
        ("supply_depots", "level", "市级=city 县级=county 乡镇级=township"),
        ("supply_depots", "kind", "防汛物资储备库=flood_depot 救灾物资储备库=relief_depot"),
        ("response_teams", "capabilities", "防汛=flood_rescue 滑坡=geological 泥石流=geological 崩塌=geological"),
        ("hazard_points", "kind", "滑坡=geological 泥石流=geological 崩塌=geological"),
    ],
)
def test_words_of_chinese_registers_are_codes(layer: str, field: str, words: str) -> None:
    codes = layers()[layer].fields[field].codes
    known = {name: code.code for code in codes.values() for name in (code.label.zh, *code.synonyms)}

    assert {word: known.get(word) for word in (w.split("=")[0] for w in words.split())} == dict(
        word.split("=") for word in words.split()
    )
