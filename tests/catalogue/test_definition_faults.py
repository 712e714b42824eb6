from pathlib import Path

import pytest

from geo_ems.catalogue.definitions import load_definitions, parse_definition
from geo_ems.errors import DefinitionError, FaultsError

SOUND = """\
name = "wells"
label = { zh = "水井", en = "Wells" }
geometry = ["Point"]
key = "code"
status_field = "status"
summary_fields = ["status"]

[symbol]
shape = "circle"
colour = "#0057B8"

[columns]
lon = ["经度"]

[capacity]
persons_field = "served_persons"

[fields.code]
type = "text"
label = { zh = "编号", en = "Code" }

[fields.name]
type = "text"
label = { zh = "名称", en = "Name" }
synonyms = ["井名"]

[fields.status]
type = "code"
label = { zh = "状态", en = "Status" }

[fields.status.codes]
open = { zh = "可用", en = "open", availability = "available" }
dry = { zh = "干涸", en = "dry", availability = "unavailable" }

[fields.served_persons]
type = "integer"
unit = "person"
minimum = 0
maximum = 1000
label = { zh = "供水人数", en = "People served" }

[fields.uses]
type = "codes"
label = { zh = "用途", en = "Uses" }
flags = { "饮用" = "drinking" }
flags_limited = "uses_boiled"

[fields.uses.codes]
drinking = { zh = "饮水", en = "drinking" }

[fields.uses_boiled]
type = "codes"
codes_of = "uses"
label = { zh = "煮沸后用途", en = "Uses when boiled" }
"""


def faults_in(text: str, source: str = "layers/wells.toml") -> list[str]:
    with pytest.raises(FaultsError) as caught:
        parse_definition(text, source)
    return [str(fault) for fault in caught.value.faults]


def test_the_definition_that_the_table_below_breaks_is_sound() -> None:
    assert parse_definition(SOUND, "layers/wells.toml").name == "wells"


ALL_CODES = "\n".join(f'c{i} = {{ zh = "码{i}", en = "code {i}" }}' for i in range(64))

FAULTS = {
    "name differs from the file": (
        'name = "wells"',
        'name = "springs"',
        (
            "line 1, field 'name': The layer is named 'springs', but the file wells.toml. "
            'Write name = "wells", or rename the file.'
        ),
    ),
    "unknown key": (
        "summary_fields = ",
        "sumary_fields = ",
        "line 6, field 'sumary_fields': There is no key 'sumary_fields' here. Did you mean 'summary_fields'?",
    ),
    "unknown key in a field": (
        'synonyms = ["井名"]',
        'synonym = ["井名"]',
        "line 25, field 'fields.name.synonym': There is no key 'synonym' here. Did you mean 'synonyms'?",
    ),
    "unknown key in a code": (
        'en = "dry",',
        'en = "dry", colour = "red",',
        (
            "line 33, field 'fields.status.codes.dry.colour': There is no key 'colour' here. "
            "Known: zh, en, synonyms, availability, reason, planned, unit."
        ),
    ),
    "unknown type": (
        'type = "integer"',
        'type = "intger"',
        "line 36, field 'fields.served_persons.type': There is no field type 'intger'. Did you mean 'integer'?",
    ),
    "unknown unit": (
        'unit = "person"',
        'unit = "persona"',
        "line 37, field 'fields.served_persons.unit': There is no unit 'persona'. Did you mean 'person'?",
    ),
    "unit differs from the suffix": (
        'unit = "person"',
        'unit = "wan_person"',
        (
            "line 37, field 'fields.served_persons.unit': The unit is 'wan_person', but the name does not end in "
            "'_wan_persons'. Name the field 'served_wan_persons', or correct the unit."
        ),
    ),
    "suffix without a unit": (
        'unit = "person"\n',
        "",
        (
            "line 35, field 'fields.served_persons': The name ends in '_persons', but the field declares no unit. "
            'Add unit = "person", or choose another name.'
        ),
    ),
    "unknown geometry": (
        'geometry = ["Point"]',
        'geometry = ["Points"]',
        "line 3, field 'geometry[0]': There is no geometry kind 'Points'. Did you mean 'Point'?",
    ),
    "code field without codes": (
        'flags_limited = "uses_boiled"\n',
        'flags_limited = "uses_boiled"\n[fields.depth_kind]\ntype = "code"\nlabel = { zh = "深浅", en = "Depth" }\n',
        "line 47, field 'fields.depth_kind': A field of type code needs codes. Add a table [.codes] below the field.",
    ),
    "codes on a text field": (
        'synonyms = ["井名"]',
        'codes = { a = { zh = "甲", en = "a" } }',
        "line 25, field 'fields.name.codes': A field of type text has no codes. Remove them, or set type = \"code\".",
    ),
    "code that is not snake_case": (
        "dry = {",
        "DryUp = {",
        (
            "line 33, field 'fields.status.codes.DryUp': The code 'DryUp' is not snake_case. "
            "Use lower-case English letters, digits and single underscores, such as 'dry_up'."
        ),
    ),
    "too many codes in a list": (
        "[fields.uses.codes]",
        f"[fields.uses.codes]\n{ALL_CODES}",
        (
            "line 48, field 'fields.uses.codes': A list of codes has at most 64 codes; these are 65. "
            'Split the field, or use type = "code".'
        ),
    ),
    "label without English": (
        'label = { zh = "名称", en = "Name" }',
        'label = { zh = "名称" }',
        (
            "line 24, field 'fields.name.label.en': The key 'en' is missing. "
            'Write both languages: { zh = "...", en = "..." }.'
        ),
    ),
    "label with empty Chinese": (
        'label = { zh = "名称", en = "Name" }',
        'label = { zh = " ", en = "Name" }',
        (
            "line 24, field 'fields.name.label.zh': The label has no text in 'zh'. "
            'Write both languages: { zh = "...", en = "..." }.'
        ),
    ),
    "key names no field": (
        'key = "code"',
        'key = "cod"',
        "line 4, field 'key': There is no field 'cod'. Did you mean 'code'?",
    ),
    "summary names no field": (
        'summary_fields = ["status"]',
        'summary_fields = ["status", "depth"]',
        (
            "line 6, field 'summary_fields[1]': There is no field 'depth'. "
            "Known: code, name, status, served_persons, uses, uses_boiled."
        ),
    ),
    "status field is no code": (
        'status_field = "status"\nsummary_fields',
        'observed_field = "status"\nstatus_field = "status"\nsummary_fields',
        "line 5, field 'observed_field': The field 'status' is of type code. Name a field of type date or datetime.",
    ),
    "status code without availability": (
        'en = "dry", availability = "unavailable"',
        'en = "dry"',
        (
            "line 33, field 'fields.status.codes.dry': The status code 'dry' has no availability. "
            "Add availability: available, delayed, committed, unavailable or unknown."
        ),
    ),
    "retired code that is none": (
        'status_field = "status"\n',
        'status_field = "status"\nretired_code = "dryed"\n',
        "line 6, field 'retired_code': 'status' has no code 'dryed'. Did you mean 'dry'?",
    ),
    "retired code that is still answered": (
        'status_field = "status"\n',
        'status_field = "status"\nretired_code = "open"\n',
        (
            "line 6, field 'retired_code': 'open' is available: what is retired would still be answered. "
            'Name a code with availability = "unavailable".'
        ),
    ),
    "unknown availability": (
        'availability = "available"',
        'availability = "avalable"',
        (
            "line 32, field 'fields.status.codes.open.availability': There is no availability 'avalable'. "
            "Did you mean 'available'?"
        ),
    ),
    "minimum above maximum": (
        "minimum = 0",
        "minimum = 2000",
        (
            "line 38, field 'fields.served_persons.minimum': The minimum 2000 is above the maximum 1000. "
            "Exchange or correct them."
        ),
    ),
    "minimum is text": (
        "minimum = 0",
        'minimum = "none"',
        "line 38, field 'fields.served_persons.minimum': 'none' is not a number. Write a number, without quotes.",
    ),
    "two fields claim one column": (
        'synonyms = ["井名"]',
        'synonyms = ["井名", " ＣＯＤＥ"]',
        (
            "line 25, field 'fields.name.synonyms[1]': The column name ' ＣＯＤＥ' already means the field 'code'. "
            "Remove it from one of the two."
        ),
    ),
    "a field claims a coordinate column": (
        'synonyms = ["井名"]',
        'synonyms = ["经度"]',
        (
            "line 25, field 'fields.name.synonyms[0]': The column name '经度' already means the coordinate 'lon'. "
            "Remove it from one of the two."
        ),
    ),
    "flag names no code": (
        '"饮用" = "drinking"',
        '"饮用" = "drinkin"',
        "line 45, field 'fields.uses.flags.饮用': There is no code 'drinkin'. Did you mean 'drinking'?",
    ),
    "flags_limited is no list": (
        'flags_limited = "uses_boiled"',
        'flags_limited = "name"',
        "line 46, field 'fields.uses.flags_limited': There is no list of codes 'name'. Known: uses_boiled.",
    ),
    "capacity names no field": (
        'persons_field = "served_persons"',
        'persons_field = "served"',
        "line 16, field 'capacity.persons_field': There is no field 'served'. Did you mean 'served_persons'?",
    ),
    "stock names no table": (
        "[symbol]",
        '[stock]\nchild = "stock"\nitem_field = "item"\nquantity_field = "quantity"\n\n[symbol]',
        "line 9, field 'stock.child': There is no table 'stock'. Known: none.",
    ),
    "position names a field of another type": (
        "[symbol]",
        (
            '[position]\nmode_field = "status"\nlon_field = "served_persons"\nlat_field = "name"\ntime_field = "code"\n'
            "[symbol]"
        ),
        (
            "line 10, field 'position.lon_field': The field 'served_persons' is of type integer. "
            "Name a field of type real.|"
            "line 11, field 'position.lat_field': The field 'name' is of type text. Name a field of type real.|"
            "line 12, field 'position.time_field': The field 'code' is of type text. Name a field of type datetime."
        ),
    ),
    "reserved field name": (
        "[fields.uses_boiled]",
        '[fields.geometry]\ntype = "text"\nlabel = { zh = "图形", en = "Shape" }\n[fields.uses_boiled]',
        (
            "line 51, field 'fields.geometry': The field name 'geometry' is reserved. "
            "Choose another, such as 'geometry_of_source'."
        ),
    ),
    "field name that the store keeps": (
        "[fields.uses_boiled]",
        '[fields.gpkg_x]\ntype = "text"\nlabel = { zh = "图形", en = "Shape" }\n[fields.uses_boiled]',
        "line 51, field 'fields.gpkg_x': Names that start with 'gpkg_' belong to the store. Choose another field name.",
    ),
    "field name with a quote": (
        "[fields.uses_boiled]",
        '[fields.\'x"; drop\']\ntype = "text"\nlabel = { zh = "图形", en = "Shape" }\n[fields.uses_boiled]',
        (
            "line 51, field 'fields.\"x\"; drop\"': 'x\"; drop' is not a field name. "
            "Use lower-case English letters, digits and single underscores, such as 'x_drop'."
        ),
    ),
    "colour that is none": (
        'colour = "#0057B8"',
        'colour = "blue"',
        "line 10, field 'symbol.colour': 'blue' is not a colour. Write six digits: \"#008A5E\".",
    ),
    "unknown shape": (
        'shape = "circle"',
        'shape = "cirle"',
        "line 9, field 'symbol.shape': There is no shape 'cirle'. Did you mean 'circle'?",
    ),
    "no symbol": (
        '[symbol]\nshape = "circle"\ncolour = "#0057B8"\n',
        "",
        "line 1, field 'symbol': The key 'symbol' is missing. Add the key 'symbol'.",
    ),
    "unclosed text": (
        'key = "code"',
        'key = "code',
        (
            "line 4, column 12: This is not TOML: Illegal character '\\n'. "
            "Text stands in quotes, a table head in brackets, one key per line."
        ),
    ),
    "a key given twice": (
        'key = "code"',
        'key = "code"\nkey = "name"',
        (
            "line 5, column 13: A key or table is given twice (Cannot overwrite a value). "
            "Give each key and each table once."
        ),
    ),
    "codes_of names no codes": (
        'codes_of = "uses"',
        'codes_of = "use"',
        "line 53, field 'fields.uses_boiled.codes_of': There is no field 'use' with codes. Did you mean 'uses'?",
    ),
    "two codes of one name": (
        'zh = "干涸", en = "dry"',
        'zh = "可用", en = "dry"',
        "line 33, field 'fields.status.codes.dry': '可用' names the code 'open' too. Give each code words of its own.",
    ),
    "summary of a private field": (
        'synonyms = ["井名"]',
        "private = true",
        "line 1, field 'name_field': The field 'name' is private. Name a public field: everybody sees this one.",
    ),
    "order without codes": (
        "minimum = 0",
        "ordered = true",
        (
            "line 38, field 'fields.served_persons.ordered': "
            "Only a field of type code with codes of its own has an order. Remove 'ordered'."
        ),
    ),
    "default that is no value": (
        "minimum = 0",
        'default = "many"',
        "line 38, field 'fields.served_persons.default': 'many' is not a number. Write a number in 人 (person).",
    ),
}


@pytest.mark.parametrize(("old", "new", "messages"), FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_is_told_with_file_line_field_and_remedy(old: str, new: str, messages: str) -> None:
    assert SOUND.count(old) >= 1

    found = faults_in(SOUND.replace(old, new, 1))

    assert found == [f"layers/wells.toml, {message}" for message in messages.split("|")]


def test_all_faults_of_a_file_are_told_at_once_in_the_order_of_the_lines() -> None:
    text = SOUND.replace('"Point"', '"Dot"').replace("#0057B8", "blue").replace('"饮用" = "drinking"', '"饮用" = "x"')

    with pytest.raises(FaultsError) as caught:
        parse_definition(text.replace('type = "integer"', "type = 5"), "layers/wells.toml")

    assert str(caught.value) == (
        "layers/wells.toml: The layer definition has 4 faults. Correct it there; nothing was changed.\n"
        "  layers/wells.toml, line 3, field 'geometry[0]': There is no geometry kind 'Dot'. "
        "Known: Point, LineString, MultiLineString, Polygon, MultiPolygon.\n"
        "  layers/wells.toml, line 10, field 'symbol.colour': 'blue' is not a colour. "
        'Write six digits: "#008A5E".\n'
        "  layers/wells.toml, line 36, field 'fields.served_persons.type': 5 is not text. Write it in quotes.\n"
        "  layers/wells.toml, line 45, field 'fields.uses.flags.饮用': There is no code 'x'. Known: drinking."
    )


def test_a_file_that_is_not_utf8_is_told_with_the_line_of_the_first_wrong_byte(tmp_path: Path) -> None:
    (tmp_path / "wells.toml").write_bytes(SOUND.encode("gb18030"))

    with pytest.raises(FaultsError) as caught:
        load_definitions(tmp_path)

    assert [str(fault) for fault in caught.value.faults] == [
        f"{tmp_path.name}/wells.toml, line 2: The byte 0xBE is not UTF-8. Save the file as UTF-8."
    ]


def test_two_files_of_one_layer_are_refused(tmp_path: Path) -> None:
    (tmp_path / "wells.toml").write_text(SOUND, encoding="utf-8")
    (tmp_path / "wells_copy.toml").write_text(SOUND, encoding="utf-8")

    with pytest.raises(FaultsError) as caught:
        load_definitions(tmp_path)

    folder = tmp_path.name
    assert [str(fault) for fault in caught.value.faults] == [
        (
            f"{folder}/wells_copy.toml, line 1, field 'name': "
            "The layer is named 'wells', but the file wells_copy.toml. "
            'Write name = "wells_copy", or rename the file.'
        ),
        (
            f"{folder}/wells_copy.toml, line 1, field 'name': "
            f"The layer 'wells' is declared in {folder}/wells.toml too. "
            "Remove or rename one of the two."
        ),
    ]


def test_faults_of_several_files_come_together(tmp_path: Path) -> None:
    (tmp_path / "wells.toml").write_text(SOUND.replace("circle", "round"), encoding="utf-8")
    (tmp_path / "springs.toml").write_text("name = ", encoding="utf-8")

    with pytest.raises(FaultsError) as caught:
        load_definitions(tmp_path)

    assert [fault.where for fault in caught.value.faults] == [
        f"{tmp_path.name}/springs.toml, line 1",
        f"{tmp_path.name}/wells.toml, line 9, field 'symbol.shape'",
    ]


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match="There is no folder of layer definitions"):
        load_definitions(tmp_path / "layers")


def test_the_same_file_has_the_same_hash_with_windows_line_ends_and_a_byte_order_mark() -> None:
    plain = parse_definition(SOUND, "layers/wells.toml")
    windows = parse_definition("\ufeff" + SOUND.replace("\n", "\r\n"), "layers/wells.toml")

    assert windows == plain


def test_a_text_from_the_store_needs_no_file_name() -> None:
    assert parse_definition(SOUND, "the store").name == "wells"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a = " + "[" * 5000 + "]" * 5000, id="deep nesting"),
        pytest.param("a = 1\x00", id="NUL"),
        pytest.param('a = "\ud800"', id="lone surrogate"),
        pytest.param("a = " + "9" * 5000, id="endless number"),
        pytest.param("a = 1\n" * 200_000, id="too long"),
        pytest.param("", id="empty"),
        pytest.param("fields = 3\nsymbol = 4\nchildren = []\ncapacity = 1\ncolumns = 2", id="no tables"),
        pytest.param("[fields]\na = 3\nb = {}\n[children.x]\n[stock]\n[position]\n[capacity]\n[symbol]", id="hollow"),
    ],
)
def test_hostile_or_hollow_text_ends_in_faults_and_nothing_else(text: str) -> None:
    assert faults_in(text)


def test_a_retired_code_needs_a_status_field() -> None:
    text = SOUND.replace('status_field = "status"\n', 'retired_code = "dry"\n')
    text = text.replace(', availability = "available"', "").replace(', availability = "unavailable"', "")

    with pytest.raises(FaultsError, match="Only a status can be retired"):
        parse_definition(text, "wells")


def test_the_bundled_layers_with_a_status_say_which_is_that_of_what_is_gone() -> None:
    from geo_ems.settings import bundled_folder

    definitions = load_definitions(bundled_folder() / "layers").values()

    retired = {layer.name: layer.retired_code for layer in definitions if layer.status_field is not None}
    assert retired == {
        "assignments": "cancelled",
        "barriers": "lifted",
        "facilities": "closed",
        "hazard_areas": "expired",
        "hazard_points": "struck_off",
        "incidents": "terminated",
        "response_teams": "out_of_service",
        "shelters": "closed",
        "supply_depots": "closed",
    }
