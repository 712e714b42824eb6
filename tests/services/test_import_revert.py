"""Taking an import back: all as it was before, but what somebody changed since."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kept_office import KeptOffice

from geo_ems.errors import ConflictError, DataError, UsageError
from geo_ems.model.caller import Caller, Permission
from geo_ems.services.import_list import listed_imports
from geo_ems.services.import_revert import RevertAction, revert_import
from geo_ems.services.import_revert_report import revert_lines, revert_mapping, write_revert_xlsx

HEADER = "编号,名称,容量,状态,经度,纬度\n"
FIRST = HEADER + "S1,A,100,开放,104.1,30.5\nS2,B,200,,104.2,30.5\n"
SECOND = HEADER + "S1,A,111,,104.1,30.6\nS2,B,200,,104.2,30.5\nS3,C,300,,104.3,30.5\n"


@pytest.fixture
def office(tmp_path):
    kept = KeptOffice(tmp_path)
    yield kept
    kept.store.close()


def actions(report):
    return {feature.id: feature.action.value for feature in report.features}


def test_what_an_import_created_goes_and_what_it_changed_is_as_before_also_after_a_restart(office):
    office.import_text(FIRST)
    before = office.state()
    seq = office.import_text(SECOND).seq
    office.reopen()

    report = office.revert(seq)

    assert office.state() == before
    assert actions(report) == {"S1": "restored", "S3": "deleted"}
    assert report.seq == office.store.describe().seq
    assert office.store.integrity_faults() == ()


def test_what_somebody_changed_since_is_left_alone_and_listed_with_who_and_when(office, tmp_path):
    office.import_text(FIRST)
    seq = office.import_text(SECOND).seq
    edited = office.edit("S3", capacity_persons=5, principal="duty officer")
    office.edit("S1", capacity_persons=112)

    report = office.revert(seq)

    assert actions(report) == {"S1": "kept", "S3": "kept"}
    assert report.seq is None
    (_, third) = report.features
    assert (third.since.seq, third.since.principal, third.since.origin) == (edited, "duty officer", "api")
    assert third.since.at.startswith("2026-07-01T00:0")
    assert any("duty officer" in line for line in revert_lines(report, "en"))
    assert revert_mapping(report)["counts"]["kept"] == 2
    write_revert_xlsx(report, tmp_path / "r.xlsx")

    office.revert(seq, overwrite_corrections=True)
    assert sorted(office.features()) == ["S1", "S2"]
    assert office.features()["S1"].properties["capacity_persons"] == 100


def test_a_change_that_was_undone_by_hand_is_none(office):
    office.import_text(FIRST)
    before = office.state()
    seq = office.import_text(SECOND).seq
    office.edit("S1", name="X")
    office.edit("S1", name="A")

    office.revert(seq)

    assert office.state() == before


def test_what_was_deleted_since_stays_deleted_and_is_told(office):
    office.import_text(FIRST)
    seq = office.import_text(SECOND).seq
    office.delete("S1")
    office.delete("S3")

    report = office.revert(seq)

    assert actions(report) == {"S1": "kept", "S3": "gone"}
    assert sorted(office.features()) == ["S2"]
    assert {feature.since.origin for feature in report.features} == {"api"}


def test_a_file_can_be_imported_again_once_it_was_taken_back(office):
    text = "名称,经度,纬度\nA,104.1,30.5\n"
    seq = office.import_text(text).seq
    with pytest.raises(DataError):
        office.import_text(text)

    office.revert(seq)

    assert office.import_text(text).counts.created == 1


def test_imports_are_taken_back_one_after_the_other(office):
    empty = office.state()
    first = office.import_text(FIRST).seq
    between = office.state()
    second = office.import_text(SECOND).seq

    assert [item.seq for item in office.revert(first, dry_run=True).later] == [second]
    office.revert(second)
    assert office.state() == between
    office.revert(first)
    assert office.state() == empty


def test_twice_or_what_is_no_import_or_a_taking_back_itself_is_refused_in_words(office):
    first = office.import_text(FIRST).seq
    edit = office.edit("S1", name="X")
    second = office.import_text(SECOND, overwrite_corrections=True).seq
    back = office.revert(second).seq

    with pytest.raises(ConflictError, match=f"was taken back before, by change {back}"):
        office.revert(second)
    with pytest.raises(UsageError, match="is itself a taking back"):
        office.revert(back)
    with pytest.raises(UsageError, match=f"Change {edit} is no import") as caught:
        office.revert(edit)
    assert f"{first} (shelters, data.csv)" in caught.value.remedy
    with pytest.raises(UsageError, match="is no import into supply_depots"):
        office.revert(first, layer="supply_depots")


def test_only_who_may_import_may_take_back(office):
    seq = office.import_text(FIRST).seq

    for caller in (Caller("x", frozenset({Permission.WRITE})), Caller("x", frozenset(Permission), areas=("D1",))):
        with pytest.raises(UsageError):
            revert_import(seq, definitions=office.definitions, store=office.store, caller=caller)
    assert sorted(office.features()) == ["S1", "S2"]


def test_a_dry_run_tells_and_stores_nothing(office):
    seq = office.import_text(FIRST).seq
    state = office.state()

    report = office.revert(seq, dry_run=True)

    assert report.count(RevertAction.DELETED) == 2
    assert report.seq is None
    assert office.state() == state


def test_the_imports_are_listed_with_file_counts_and_what_took_them_back(office):
    first = office.import_text(FIRST, name="一月.csv").seq
    second = office.import_text(SECOND, name="二月.csv").seq
    back = office.revert(second).seq

    listed = listed_imports(office.store.history)

    assert [
        (item.seq, item.file, item.counts["created"], item.counts["updated"], item.reverted_by) for item in listed
    ] == [
        (first, "一月.csv", 2, 0, None),
        (second, "二月.csv", 1, 1, back),
    ]
    assert listed_imports(office.store.history, "supply_depots") == ()
    assert listed[0].mapping()["layer"] == "shelters"


CODES = st.sampled_from(["1", "2", "3", "4", "5", "6"])
NAMES = st.sampled_from(["甲", "乙", "丙 丁"])
NUMBERS = st.one_of(st.just(""), st.integers(0, 9).map(str))
AREAS = st.one_of(st.just(""), st.floats(0, 1e6).map(repr), st.sampled_from(["0.1", "1e-7", "33.333333333333336"]))
SUITS = st.sampled_from(["", "防汛", "防汛;抗震", "火灾"])
TIMES = st.sampled_from(["", "2026-02-01 08:00", "2024-02-29"])
PLACES = st.one_of(
    st.just(","), st.tuples(st.floats(-180, 180), st.floats(-90, 90)).map(lambda p: f"{p[0]!r},{p[1]!r}")
)
SHELTER_ROWS = st.dictionaries(
    CODES, st.tuples(NAMES, NUMBERS, AREAS, st.sampled_from(["", "开放", "关闭"]), SUITS, TIMES, PLACES), min_size=1
)
STOCK = st.lists(st.tuples(CODES, st.sampled_from(["帐篷", "棉被"]), AREAS.filter(bool)), max_size=8)
DEPOTS = st.dictionaries(CODES, NAMES, min_size=1)
OPTIONS = st.fixed_dictionaries(
    {"overwrite_corrections": st.booleans(), "update_live": st.booleans(), "retire_missing": st.booleans()}
)
IMPORTS = st.one_of(
    st.tuples(st.just("shelters"), SHELTER_ROWS, OPTIONS),
    st.tuples(st.just("supply_depots"), DEPOTS, OPTIONS),
    st.tuples(st.just("supply_depots.stock"), STOCK, st.just({})),
)
EDITS = st.lists(st.tuples(CODES, NAMES, st.integers(0, 9)), max_size=3)


def text_of(layer, rows):
    if layer == "shelters":
        body = [f"S{code},{','.join(cells)}" for code, cells in rows.items()]
        return "编号,名称,容量,有效面积,状态,适用灾种,更新时间,经度,纬度\n" + "\n".join(body) + "\n"
    if layer == "supply_depots":
        return "编号,名称\n" + "".join(f"D{code},{name}\n" for code, name in rows.items())
    return "编号,物资名称,数量\n" + "".join(f"D{code},{item},{number}\n" for code, item, number in rows)


def import_quietly(office, layer, rows, options):
    """Import; return the sequence number, None where nothing was stored."""
    if not rows:
        return None
    retiring = {"retire_at_most": "100%"} if options.get("retire_missing") else {}
    return office.import_text(text_of(layer, rows), layer, **options, **retiring).seq


@settings(deadline=None, max_examples=30)
@given(first=st.lists(IMPORTS, max_size=3), edits=EDITS, second=IMPORTS)
def test_an_import_taken_back_leaves_everything_bit_for_bit_as_it_was(first, edits, second):
    with tempfile.TemporaryDirectory() as folder:
        office = KeptOffice(Path(folder))
        for layer, rows, options in first:
            import_quietly(office, layer, rows, options)
        for code, name, persons in edits:
            if f"S{code}" in office.features():
                office.edit(f"S{code}", name=name, capacity_persons=persons)
        before = office.state()

        seq = import_quietly(office, *second)

        if seq is None:
            assert office.state() == before
        else:
            report = office.revert(seq)
            assert office.state() == before
            assert not report.count(RevertAction.KEPT)
        assert office.store.integrity_faults() == ()
        office.store.close()


@settings(deadline=None, max_examples=25)
@given(first=SHELTER_ROWS, edits=EDITS, second=SHELTER_ROWS)
def test_a_correction_is_never_overwritten_and_always_listed(first, edits, second):
    with tempfile.TemporaryDirectory() as folder:
        office = KeptOffice(Path(folder))
        import_quietly(office, "shelters", first, {})
        stored = office.features()  # a row may be refused, for a place that is none
        corrected = {f"S{code}": (name, persons) for code, name, persons in edits if f"S{code}" in stored}
        for identity, (name, persons) in corrected.items():
            office.edit(identity, name=name, capacity_persons=persons)
        said = {f"S{code}": (cells[0], None if not cells[1] else int(cells[1])) for code, cells in first.items()}

        report = office.import_text(text_of("shelters", second))

        rows = {row.id: row for row in report.rows}
        for identity, (name, persons) in corrected.items():
            stored = office.features()[identity].properties
            if name != said[identity][0]:
                assert stored["name"] == name
            if persons != said[identity][1]:
                assert stored["capacity_persons"] == persons
            if identity in rows:
                assert rows[identity].action.value != "created"
                cells = second[identity[1:]]
                told = {finding.field for finding in rows[identity].findings if "correction" in finding.kind.code}
                if name not in {said[identity][0], cells[0]}:
                    assert "name" in told
        office.store.close()


def test_a_correction_that_was_left_alone_is_still_told_from_what_the_file_said(office):
    seq = office.import_text(FIRST).seq
    office.edit("S1", capacity_persons=120)
    assert actions(office.revert(seq)) == {"S1": "kept", "S2": "deleted"}

    again = office.import_text(FIRST)

    assert office.features()["S1"].properties["capacity_persons"] == 120
    assert again.counts.warned == 0
    assert office.import_text(FIRST.replace("A,100", "A,130")).counts.warned == 1


def test_imports_taken_back_in_any_order_leave_no_correction_behind_that_nobody_made(office):
    first = office.import_text(FIRST).seq
    second = office.import_text(SECOND).seq
    assert actions(office.revert(first)) == {"S1": "kept", "S2": "deleted"}
    assert actions(office.revert(second)) == {"S1": "restored", "S3": "deleted"}

    again = office.import_text(SECOND)

    assert (again.counts.warned, office.features()["S1"].properties["capacity_persons"]) == (0, 111)
