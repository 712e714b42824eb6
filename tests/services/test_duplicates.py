"""Probable duplicates: which pairs, why, how far apart; and merging them."""

import random
from dataclasses import replace

import pytest
from import_layers import SHELTERS, field, found_codes, layer
from kept_office import LAYERS, KeptOffice

from geo_ems.errors import DataError, NotFoundError, UsageError
from geo_ems.model.caller import LOCAL, Caller, Permission
from geo_ems.services.duplicate_merging import merge_duplicates
from geo_ems.services.duplicates import DuplicateReason, find_duplicates, reason_counts
from geo_ems.services.duplicates_report import (
    ROW_HEADER,
    duplicate_lines,
    duplicate_rows,
    duplicates_mapping,
    rows_as_csv,
)
from geo_ems.services.names_alike import comparable_name, folded_code, likeness, phone_numbers

HEADER = "编号,名称,电话,经度,纬度\n"
METRE_DEG = 1 / 111_320  # of latitude, near enough


@pytest.fixture
def office(tmp_path):
    kept = KeptOffice(tmp_path)
    yield kept
    kept.store.close()


def pairs(office, caller=LOCAL, **options):
    found = find_duplicates(office.store.read_columns("shelters"), caller=caller, **options)
    return {
        (pair.first, pair.second): [reason.value for reason in pair.reasons]
        for cluster in found.clusters
        for pair in cluster.pairs
    }


@pytest.mark.parametrize(
    ("name", "other", "wanted"),
    [
        pytest.param("第一中学", "第一中学", 1.0, id="equal"),
        pytest.param("第一中学", "第１ 中学", 1.0, id="width, space, numeral"),
        pytest.param("高桥镇中心小学避难场所", "高桥镇中心小学", 1.0, id="word of its kind"),
        pytest.param("高桥中学（操场）", "高桥中学", 1.0, id="bracket in one"),
        pytest.param("高桥中学(操场)", "高桥中学(教学楼)", 0.0, id="other bracket"),
        pytest.param("高桥镇中心小学", "高桥中心小学", 0.0, id="two thirds of the pairs"),
        pytest.param("清江县高桥镇人民中心小学", "清江县高桥镇人民中心学校", 18 / 22, id="9 of 11 pairs shared"),
        pytest.param("清江县高桥镇第一人民中心小学校", "清江县高桥镇第一人民中心小学", 0.8, id="begins the longer"),
        pytest.param("第一中学", "高桥镇第一中学", 0.8, id="ends the longer"),
        pytest.param("第一中学", "第二中学", 0.0, id="other number"),
        pytest.param("高桥小学东校区", "高桥小学西校区", 0.0, id="other direction"),
        pytest.param("阳光花园A座", "阳光花园B座", 0.0, id="other letter"),
        pytest.param("高桥", "高桥镇", 0.0, id="too short to be contained"),
    ],
)
def test_names_are_alike_by_rules_that_can_be_checked_by_hand(name, other, wanted):
    first, second = comparable_name(name), comparable_name(other)
    assert likeness(first, second) == likeness(second, first) == pytest.approx(wanted)


def test_the_share_of_common_pairs_decides_from_eight_tenths():
    # 13 characters each, 12 pairs, one character differs inside: 10 common, 20 of 24.
    first = comparable_name("清江县高桥镇人民公园大广场")
    second = comparable_name("清江县高桥镇人民公园小广场")
    assert likeness(first, second) == pytest.approx(20 / 24)


def test_codes_and_phones_are_compared_without_their_writing():
    assert folded_code("S-01") == folded_code("ｓ 001") == ("s", "1")
    assert folded_code("1-11") != folded_code("11-1")
    assert phone_numbers("+86 138-0000-0001; 0717 123 4567, 110") == {"13800000001", "07171234567"}
    assert comparable_name("()") is None


def test_names_near_each_other_phones_and_codes_give_pairs_with_reasons(office):
    office.import_text(
        HEADER
        + "S-01,第一中学,,111.0,31.0\n"
        + f"S02,第1中学(操场),,111.0,{31.0 + 40 * METRE_DEG}\n"  # near, same name
        + f"S03,第一中学,,111.0,{31.0 + 200 * METRE_DEG}\n"  # too far
        + "S1,另一处,,112.0,31.0\n"  # the code of the first
        + "S04,城关小学,0717-1234567,113.0,31.0\n"
        + "S05,城关小学校,07171234567,113.5,31.0\n"  # alike, one phone, far
        + "S06,总机服务的楼,07171234567,114.0,31.0\n"  # a switchboard is no reason
    )

    assert pairs(office) == {
        ("S-01", "S02"): ["same_name"],
        ("S-01", "S1"): ["same_code"],
        ("S04", "S05"): ["same_phone"],
    }
    assert pairs(office, caller=Caller("x", frozenset({Permission.READ}))).keys() == {("S-01", "S02"), ("S-01", "S1")}
    assert ("S02", "S03") in pairs(office, within_m=200.0)


def test_distances_are_those_of_the_ellipsoid_and_the_limit_is_included(office):
    office.import_text(HEADER + "A,城关小学,,111.0,31.0\nB,城关小学,,111.0,31.0004\n")

    found = find_duplicates(office.store.read_columns("shelters"), within_m=45.0, caller=LOCAL)

    (cluster,) = found.clusters
    assert cluster.members == (("A", "城关小学"), ("B", "城关小学"))
    assert cluster.pairs[0].distance_m == 44.3  # 0.0004 degrees at 31 north are 44.35 m
    assert pairs(office, within_m=44.0) == {}


def test_of_one_name_without_a_place_and_of_what_is_retired(office):
    office.import_text("编号,名称,状态,经度,纬度\nA,城关小学,,111.0,31.0\nB,城关小学,,,\nC,城关小学,关闭,111.0,31.0\n")

    assert pairs(office) == {("A", "B"): ["same_name_unplaced"]}


def test_pairs_that_hang_together_are_one_cluster_and_told_in_all_forms(office):
    office.import_text(HEADER + "".join(f"S{n},=城关小学,,111.0,{31 + 40 * n * METRE_DEG}\n" for n in range(3)))

    found = find_duplicates(office.store.read_columns("shelters"), caller=LOCAL)

    assert [len(cluster.members) for cluster in found.clusters] == [3]
    assert reason_counts(found) == {DuplicateReason.SAME_NAME: 2}
    assert duplicates_mapping(found)["pairs"] == 2
    assert duplicate_lines(found, "en")[0].startswith("shelters: 1 groups of probable duplicates among 3 (2 pairs;")
    content = rows_as_csv(ROW_HEADER, duplicate_rows(found, "zh")).decode("utf-8-sig").splitlines()
    assert content[1].startswith("1,S0,'=城关小学,S1,'=城关小学,39.8,1.0")


def test_every_near_pair_is_found_as_by_comparing_all(office):
    chance = random.Random(7)  # noqa: S311 - places
    names = ["城关小学", "城关小学校", "第二中学", "人民公园"]
    rows = [
        (f"R{n:03d}x", chance.choice(names), 111 + chance.random() / 500, 31 + chance.random() / 500)
        for n in range(150)
    ]
    office.import_text(HEADER + "".join(f"{c},{name},,{lon:.6f},{lat:.6f}\n" for c, name, lon, lat in rows))

    found = pairs(office)

    columns = office.store.read_columns("shelters")
    from geo_ems.queries.areas import representative_points
    from geo_ems.queries.ellipsoid import geodesic_m

    lonlat = representative_points(columns.geometries)
    wanted = set()
    for row in range(len(columns)):
        for other in range(row + 1, len(columns)):
            first, second = (comparable_name(str(columns.columns["name"].values[i])) for i in (row, other))
            near = float(geodesic_m(lonlat[[row]], lonlat[[other]])[0]) <= 50
            if near and likeness(first, second):
                wanted.add((str(columns.ids[row]), str(columns.ids[other])))
    assert found.keys() == wanted
    assert len(wanted) > 50


def test_many_of_one_place_are_refused_in_words(office, monkeypatch):
    monkeypatch.setattr("geo_ems.services.duplicates._MOST_PAIRS", 2)
    office.import_text(HEADER + "".join(f"S{n},城关小学,,111.0,31.0\n" for n in range(3)))

    with pytest.raises(UsageError, match="3 pairs lie within 50 m"):
        pairs(office)


@pytest.fixture
def merging(tmp_path):
    districts = layer(
        "districts",
        [field("code", "text", "编号"), field("name", "text", "名称"), field("parent_id", "text", "上级")],
    )
    sites = layer(
        "sites", [field("code", "text", "编号"), field("name", "text", "名称"), field("shelter_id", "text", "场所")]
    )
    kept = KeptOffice(tmp_path, {**LAYERS, "districts": districts, "sites": sites})
    yield kept
    kept.store.close()


def merge(office, layer_name, keep, *drops, **options):
    options = {"caller": LOCAL, **options}
    return merge_duplicates(layer_name, keep, drops, definitions=office.definitions, store=office.store, **options)


def test_the_one_that_stays_takes_what_it_lacks_and_merging_is_taken_back_whole(merging):
    merging.import_text("编号,名称,容量,电话\nS1,一中,100,\nS2,第一中学,90,0717-1\n")
    merging.import_text("编号,名称\nD1,县库\nD2,县库2\n", "supply_depots")
    merging.import_text("编号,物资名称,数量\nD1,帐篷,5\nD2,帐篷,5\nD2,棉被,7\n", "supply_depots.stock")
    before = merging.state()

    done = merge(merging, "shelters", "S1", "S2")
    stock = merge(merging, "supply_depots", "D1", "D2")

    (stays,) = merging.features().values()
    assert [stays.properties[name] for name in ("name", "capacity_persons", "phone")] == ["一中", 100, "0717-1"]
    assert done.mapping()["taken"] == {"phone": "S2"}
    assert stock.added_rows == {"stock": 1}
    assert len(merging.features("supply_depots")["D1"].children["stock"]) == 2
    merging.revert(stock.seq)
    merging.revert(done.seq)
    assert merging.state() == before


def test_a_merged_one_is_not_created_again_by_its_file(merging):
    text = "编号,名称\nS1,一中\nS2,第一中学\n"
    merging.import_text(text)
    merge(merging, "shelters", "S1", "S2")

    report = merging.import_text(text, retire_missing=True)

    assert sorted(merging.features()) == ["S1"]
    assert found_codes(report)[3][-1] == "merged_before"
    assert (report.counts.unchanged, report.retired) == (2, ())
    merging.import_text(text, overwrite_corrections=True)
    assert sorted(merging.features()) == ["S1", "S2"]


def test_what_refers_to_the_dropped_one_in_the_layer_refers_to_the_other_then(merging):
    merging.import_text("编号,名称,上级\nA,甲,\nB,甲县,\nC,乙,B\n", "districts")

    dry = merge(merging, "districts", "A", "B", dry_run=True)
    assert (dry.seq, sorted(merging.features("districts"))) == (None, ["A", "B", "C"])
    done = merge(merging, "districts", "A", "B")

    assert [(ref.id, ref.field) for ref in done.moved] == [("C", "parent_id")]
    assert merging.features("districts")["C"].properties["parent_id"] == "A"


def test_what_refers_to_it_from_another_layer_stands_against_merging_and_is_listed(merging):
    merging.import_text("编号,名称\nS1,一中\nS2,第一中学\n")
    merging.import_text("编号,名称,场所\nP1,地块,S2\n", "sites")

    with pytest.raises(DataError, match=r"refer to what would be dropped: sites P1 \(shelter_id\)"):
        merge(merging, "shelters", "S1", "S2")
    assert merge(merging, "shelters", "S2", "S1").seq is not None


@pytest.mark.parametrize(
    ("ids", "error"),
    [
        pytest.param(["S1"], UsageError, id="nothing to drop"),
        pytest.param(["S1", "S1"], UsageError, id="one twice"),
        pytest.param(["S1", ""], UsageError, id="an empty id"),
        pytest.param(["S1", "S9"], NotFoundError, id="no such feature"),
    ],
)
def test_what_cannot_be_merged_is_refused(merging, ids, error):
    merging.import_text("编号,名称\nS1,一中\nS2,第一中学\n")

    with pytest.raises(error):
        merge(merging, "shelters", *ids)
    with pytest.raises(UsageError):
        merge(merging, "shelters", "S1", "S2", caller=Caller("x", frozenset({Permission.READ})))


def test_lines_of_one_name_are_no_duplicates(tmp_path):
    from geo_ems.model.definitions import GeometryKind

    roads = replace(SHELTERS, name="roads", geometry=(GeometryKind.LINE,), status_field=None)
    office = KeptOffice(tmp_path, {"roads": roads})
    line = (
        '{{"type":"Feature","properties":{{"code":"{c}","name":"国道318"}},'
        '"geometry":{{"type":"LineString","coordinates":[[111,31],[111.{c},31]]}}}}'
    )
    office.import_text("\n".join(line.format(c=c) for c in (1, 2)), "roads", name="r.geojsonl")

    assert find_duplicates(office.store.read_columns("roads"), caller=LOCAL).clusters == ()
    office.store.close()
