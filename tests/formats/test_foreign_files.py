"""GeoPackage, Shapefile, File Geodatabase and FlatGeobuf: values, layers, coordinate systems, damage."""

import datetime as dt
import gzip
import math
import shutil
import struct

import apsw
import geopandas
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from foreign_files import DAYS, PLACES, frame, write_gdal, zipped
from shapely.geometry import LineString, Point, Polygon

from geo_ems.errors import DataError, NotFoundError
from geo_ems.formats.raw import FileFormat, Limits
from geo_ems.formats.reading import read_records


def with_statements(path, *statements):
    """Run SQL in a GeoPackage without its triggers, which need functions that only GDAL has."""
    database = apsw.Connection(str(path))
    for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        database.execute(f'DROP TRIGGER "{name}"')
    for statement in statements:
        database.execute(statement)
    database.close()


AREA = Polygon([(104, 30), (105, 30), (105, 31), (104, 30)])


def cells(raw, column):
    index = raw.columns.index(column)
    return [record.values[index] for record in raw.records]


def finding_codes(raw):
    return [[finding.kind.code for finding in record.findings] for record in raw.records]


def note_codes(raw):
    return [note.kind.code for note in raw.notes]


@pytest.mark.parametrize(
    ("name", "made"),
    [("a.gpkg", FileFormat.GEOPACKAGE), ("a.fgb", FileFormat.FLATGEOBUF), ("a.shp", FileFormat.SHAPEFILE)],
)
def test_places_come_with_their_values_and_their_coordinate_system(tmp_path, name, made):
    raw = read_records(write_gdal(tmp_path / name, frame()))

    assert (raw.format, raw.crs, raw.has_geometry) == (made, "EPSG:4326", True)
    assert raw.columns == ("code", "name", "capacity")
    assert [record.values for record in raw.records] == [place[:3] for place in PLACES]
    assert [record.geometry for record in raw.records] == [Point(place[3:]) for place in PLACES]
    assert [record.line for record in raw.records] == [1, 2, 3]


def test_a_file_is_known_by_its_content_whatever_its_name(tmp_path):
    write_gdal(tmp_path / "a.gpkg", frame())

    for name in ("a.csv", "a", "a.gpkg.gz"):
        content = (tmp_path / "a.gpkg").read_bytes()
        (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        assert read_records(tmp_path / name).format is FileFormat.GEOPACKAGE


def test_a_geodatabase_is_read_from_its_archive(tmp_path):
    (tmp_path / "g").mkdir()
    write_gdal(tmp_path / "g" / "places.gdb", frame(), driver="OpenFileGDB", layer="places")
    (tmp_path / "a.gdb.zip").write_bytes(zipped(tmp_path / "g"))

    raw = read_records(tmp_path / "a.gdb.zip")

    assert (raw.format, raw.sheets, cells(raw, "name")) == (
        FileFormat.FILE_GEODATABASE,
        ("places",),
        [p[1] for p in PLACES],
    )


def test_every_type_becomes_the_cell_it_means(tmp_path):
    moments = pd.to_datetime(["2024-05-01T08:30:00.250", "2024-05-01T09:00:00", None], format="ISO8601")
    data = frame(
        is_open=np.array([True, False, None], dtype=object),
        share=[0.5, math.nan, math.inf],
        floors=pd.array([3, None, 12], dtype="Int32"),
        day=[dt.date(2024, 5, 1), None, dt.date(1999, 12, 31)],
        at=moments,
        at_utc=moments.tz_localize("UTC"),
        at_chengdu=moments.tz_localize("Asia/Shanghai"),
    )
    data["is_open"] = data["is_open"].astype("boolean")
    shanghai = dt.timezone(dt.timedelta(hours=8))

    raw = read_records(write_gdal(tmp_path / "a.gpkg", data))

    assert cells(raw, "is_open") == [True, False, None]
    assert cells(raw, "share") == [0.5, None, "inf"]
    assert cells(raw, "floors") == [3, None, 12]
    assert [str(day) if day else day for day in cells(raw, "day")] == ["2024-05-01", None, "1999-12-31"]
    assert cells(raw, "at")[1:] == [dt.datetime.fromisoformat("2024-05-01T09:00:00"), None]
    assert cells(raw, "at_utc")[0] == dt.datetime(2024, 5, 1, 8, 30, 0, 250_000, dt.UTC)
    assert cells(raw, "at_chengdu")[1] == dt.datetime(2024, 5, 1, 9, 0, tzinfo=shanghai)


def test_long_numbers_beside_empty_cells_keep_every_digit(tmp_path):
    data = frame(number=pd.array([510107199001011234, None, 9007199254740993], dtype="Int64"))

    raw = read_records(write_gdal(tmp_path / "a.gpkg", data))

    assert cells(raw, "number") == [510107199001011234, None, 9007199254740993]


def test_lists_are_joined_where_a_whole_column_holds_them(tmp_path):
    data = frame(suits=['["flood","fire"]', None, "[]"], remarks=["[1]", "see [2]", None])

    raw = read_records(write_gdal(tmp_path / "a.gpkg", data))

    assert cells(raw, "suits") == ["flood;fire", None, None]
    assert cells(raw, "remarks") == ["[1]", "see [2]", None]


def test_pictures_in_a_column_are_left_out_and_said(tmp_path):
    path = write_gdal(tmp_path / "a.gpkg", frame())
    with_statements(path, "ALTER TABLE a ADD COLUMN photo BLOB", "UPDATE a SET photo = x'89504E47' WHERE fid = 1")

    raw = read_records(path)

    assert "photo" not in raw.columns
    assert [note.value for note in raw.notes if note.kind.code == "column_left_out"] == ["photo"]


def test_a_missing_or_empty_geometry_means_no_place(tmp_path):
    data = frame()
    data.loc[0, "geometry"] = None
    data.loc[1, "geometry"] = Point()

    raw = read_records(write_gdal(tmp_path / "a.gpkg", data))

    assert [record.geometry for record in raw.records] == [None, None, Point(104.1, 30.7)]
    assert finding_codes(raw) == [[], [], []]


def test_kinds_may_be_mixed_and_heights_stay_for_the_layer_to_drop(tmp_path):
    shapes = [Point(104, 30, 500), LineString([(104, 30), (105, 31)]), AREA]
    data = geopandas.GeoDataFrame({"name": list("abc")}, geometry=shapes, crs="EPSG:4326")

    raw = read_records(write_gdal(tmp_path / "a.gpkg", data, geometry_type="Unknown"))

    assert [record.geometry.geom_type for record in raw.records] == ["Point", "LineString", "Polygon"]
    assert [record.geometry.has_z for record in raw.records] == [True, False, False]


def test_a_coordinate_that_is_no_number_refuses_its_row(tmp_path):
    data = frame()
    data["geometry"] = [Point(1e300, 30), LineString([(104, 30), (math.inf, 31)]), Point(104, 30)]

    raw = read_records(write_gdal(tmp_path / "a.gpkg", data, geometry_type="Unknown"))

    assert finding_codes(raw) == [["geometry_malformed"], ["geometry_malformed"], []]
    assert [record.geometry for record in raw.records] == [None, None, Point(104, 30)]


def test_a_geometry_of_too_many_vertices_refuses_its_row(tmp_path):
    data = frame()
    data["geometry"] = [LineString([(104 + i / 1000, 30) for i in range(50)]), Point(104, 30), Point(104, 31)]

    raw = read_records(write_gdal(tmp_path / "a.gpkg", data, geometry_type="Unknown"), limits=Limits(vertices=40))

    assert finding_codes(raw) == [["too_many_vertices"], [], []]


def overwrite_geometry(path, wkb):
    """Put other well-known binary into the first row."""
    with_statements(path)
    with apsw.Connection(str(path)) as database:
        (blob,) = database.execute("SELECT geom FROM a WHERE fid = 1").fetchone()
        flags = blob[3]
        head = 8 + {0: 0, 1: 32, 2: 48, 3: 48, 4: 64}[(flags >> 1) & 7]
        database.execute("UPDATE a SET geom = ? WHERE fid = 1", (blob[:head] + wkb,))
    database.close()


def positions(*numbers):
    return struct.pack(f"<{len(numbers)}d", *numbers)


def test_arcs_become_lines_and_other_surfaces_refuse_their_row(tmp_path):
    path = write_gdal(tmp_path / "a.gpkg", frame(), geometry_type="Unknown")
    arc = struct.pack("<BII", 1, 8, 3) + positions(104, 30, 105, 31, 106, 30)
    overwrite_geometry(path, arc)

    raw = read_records(path)

    assert raw.records[0].geometry.geom_type == "LineString"
    assert len(raw.records[0].geometry.coords) > 10
    triangle = struct.pack("<BII", 1, 17, 1) + struct.pack("<I", 4) + positions(104, 30, 105, 30, 105, 31, 104, 30)
    overwrite_geometry(path, triangle)
    refused = read_records(path).records[0]
    assert [finding.kind.code for finding in refused.findings] == ["geometry_unknown"]
    assert "Triangle" in refused.findings[0].problem("en")


# Layers.


@pytest.fixture
def two_layers(tmp_path):
    path = tmp_path / "a.gpkg"
    write_gdal(path, frame(), layer="shelters")
    write_gdal(path, frame().iloc[:2], layer="teams", append=True)
    write_gdal(path, frame().iloc[:0], layer="drafts", append=True)
    pyogrio.write_dataframe(pd.DataFrame({"a": [1, 2]}), path, layer="notes", append=True)
    return path


def test_of_several_layers_one_must_be_named(two_layers):
    with pytest.raises(
        DataError, match=r"has 2 layers.*: shelters \(3\), teams \(2\). Name the layer: --sheet shelters"
    ):
        read_records(two_layers)

    raw = read_records(two_layers, sheet="Teams")

    assert len(raw.records) == 2
    assert raw.sheets == ("shelters", "teams", "drafts", "notes")
    assert [note.value for note in raw.notes] == ["shelters", "notes"]


def test_a_name_that_no_layer_has_lists_those_that_exist(two_layers):
    with pytest.raises(NotFoundError, match=r"There is no layer 'x'. Known: drafts, notes, shelters, teams"):
        read_records(two_layers, sheet="x")


def test_tables_of_children_are_not_offered_unless_named(two_layers):
    raw = read_records(two_layers, ignored_sheets=["teams"])

    assert len(raw.records) == 3


def test_a_table_without_geometries_is_a_table(tmp_path):
    pyogrio.write_dataframe(
        pd.DataFrame({"name": ["a"], "lon": [104.0], "lat": [30.0]}), tmp_path / "a.gpkg", layer="t"
    )

    raw = read_records(tmp_path / "a.gpkg")

    assert (raw.has_geometry, raw.crs, raw.records[0].values) == (False, None, ("a", 104.0, 30.0))


def test_a_layer_without_rows_has_columns_and_no_records(tmp_path):
    raw = read_records(write_gdal(tmp_path / "a.gpkg", frame().iloc[:0]))

    assert (raw.columns, raw.records) == (("code", "name", "capacity"), ())


def test_what_another_program_has_not_yet_put_into_the_file_is_read_from_its_log(tmp_path):
    path = write_gdal(tmp_path / "a.gpkg", frame())
    with_statements(path)
    writer = apsw.Connection(str(path))
    writer.execute("PRAGMA journal_mode = wal")
    writer.execute("UPDATE a SET name = '改过' WHERE fid = 1")

    raw = read_records(path)
    writer.close()

    assert cells(raw, "name")[0] == "改过"


# Coordinate systems.


@pytest.mark.parametrize(
    ("system", "said"),
    [("EPSG:4490", "EPSG:4490"), ("EPSG:4547", "EPSG:4547"), ("EPSG:3857", "EPSG:3857")],
)
@pytest.mark.parametrize("name", ["a.gpkg", "a.fgb", "a.shp"])
def test_the_coordinate_system_is_told_and_coordinates_stay_as_they_are(tmp_path, name, system, said):
    data = frame().to_crs(system)

    raw = read_records(write_gdal(tmp_path / name, data))

    assert raw.crs == said
    assert [record.geometry for record in raw.records] == list(data.geometry)


def test_a_system_without_a_code_is_told_in_words(tmp_path):
    raw = read_records(write_gdal(tmp_path / "a.gpkg", frame().to_crs("+proj=laea +lat_0=30 +lon_0=104")))

    assert raw.crs.startswith("PROJCS[")


@pytest.mark.parametrize(
    "extension",
    [
        'EXTENSION["PROJ4","+proj=longlat +ellps=krass +nadgrids=/etc/passwd"]',
        'EXTENSION["PROJ4_GRIDS","/etc/passwd"]',
    ],
)
def test_a_system_that_names_a_file_of_its_own_is_refused(tmp_path, extension):
    path = write_gdal(tmp_path / "a.shp", frame())
    inside = "PROJ4_GRIDS" in extension
    (tmp_path / "a.prj").write_text(
        f'GEOGCS["x",DATUM["x",SPHEROID["x",6378245,298.3]{"," + extension if inside else ""}],PRIMEM["Greenwich",0],'
        f'UNIT["degree",0.0174532925199433]{"" if inside else "," + extension}]'
    )

    with pytest.raises(DataError, match=r"definition of the coordinate system in the file cannot be used"):
        read_records(path)


def test_a_shapefile_without_projection_says_nothing_of_its_system(tmp_path):
    path = write_gdal(tmp_path / "a.shp", frame())
    (tmp_path / "a.prj").unlink()

    assert read_records(path).crs is None


# Shapefiles.


def with_table(path, change):
    table = path.with_suffix(".dbf")
    table.write_bytes(change(table.read_bytes()))
    return path


@pytest.mark.parametrize(
    ("encoding", "found", "mark"),
    [
        pytest.param("GBK", "gb18030", 0, id="GBK without a word about it"),
        pytest.param("GBK", "gb18030", 0x4D, id="GBK in the header"),
        pytest.param("GBK", "gb18030", 0x03, id="GBK that says it is Western"),
        pytest.param("CP932", "cp932", 0, id="Shift-JIS without a word about it"),
        pytest.param("UTF-8", "utf-8", 0, id="UTF-8 without a word about it"),
    ],
)
def test_a_table_without_cpg_is_decoded_like_a_csv(tmp_path, encoding, found, mark):
    chinese = ["青羊区东关小学操场", "锦江区西门广场地下车库", "成华区社区服务中心"]
    japanese = ["日新小学校跡施設", "高松市コミュニティセンター", "屋島中学校体育館"]
    names = japanese if encoding == "CP932" else chinese
    path = write_gdal(tmp_path / "a.shp", frame(name=names, 名称=names), encoding=encoding)
    path.with_suffix(".cpg").unlink(missing_ok=True)
    with_table(path, lambda data: data[:29] + bytes([mark]) + data[30:])
    (tmp_path / "zip").mkdir()
    for part in tmp_path.glob("a.*"):
        shutil.copy(part, tmp_path / "zip")
    (tmp_path / "b.zip").write_bytes(zipped(tmp_path / "zip"))

    for raw in (read_records(path), read_records(tmp_path / "b.zip")):
        assert (raw.encoding, cells(raw, "名称")) == (found, names)
    assert ("encoding_differs" in note_codes(raw)) == (mark == 0x03)


def test_the_encoding_can_be_named(tmp_path):
    path = write_gdal(tmp_path / "a.shp", frame(), encoding="UTF-8")

    assert cells(read_records(path, encoding="utf-8"), "name")[0] == "东关小学"
    with pytest.raises(DataError, match=r"texts are not cp932. Name another encoding|texts are not shift_jis"):
        read_records(path, encoding="shift_jis")


def test_a_text_cut_inside_a_character_keeps_the_others_and_says_so(tmp_path):
    path = write_gdal(tmp_path / "a.shp", frame(名称=["东关小学的操场", "西门", "中心"]), encoding="UTF-8")

    def cut_last_byte(data):
        whole = "东关小学的操场".encode()
        return data.replace(whole, whole[:-1] + b" ")

    raw = read_records(with_table(path, cut_last_byte))

    assert cells(raw, "名称") == ["东关小学的操", "西门", "中心"]
    assert finding_codes(raw) == [["text_cut"], [], []]


def test_a_cpg_cannot_name_something_that_is_no_encoding(tmp_path):
    path = write_gdal(tmp_path / "a.shp", frame())
    path.with_suffix(".cpg").write_text("zlib")

    assert cells(read_records(path), "name")[0] == "东关小学"


def test_rows_marked_as_deleted_are_left_out_and_counted(tmp_path):
    path = write_gdal(tmp_path / "a.shp", frame())

    def delete_second(data):
        header, width = struct.unpack_from("<HH", data, 8)
        at = header + width
        return data[:at] + b"*" + data[at + 1 :]

    raw = read_records(with_table(path, delete_second))

    assert cells(raw, "code") == ["S1", "S3"]
    assert [note.problem("en") for note in raw.notes] == ["1 rows that are marked as deleted in the file were not read"]


@pytest.mark.parametrize("missing", [".shx", ".dbf"])
def test_a_shp_alone_says_which_part_is_missing(tmp_path, missing):
    path = write_gdal(tmp_path / "a.shp", frame())
    path.with_suffix(missing).unlink()

    with pytest.raises(DataError, match=rf"is several files, and its \{missing} is missing"):
        read_records(path)


def test_parts_in_capitals_are_found(tmp_path):
    path = write_gdal(tmp_path / "a.shp", frame())
    for suffix in (".shx", ".dbf", ".prj", ".cpg"):
        path.with_suffix(suffix).rename(path.with_suffix(suffix.upper()))

    assert len(read_records(path).records) == 3


def test_a_change_in_any_part_makes_another_file(tmp_path):
    path = write_gdal(tmp_path / "a.shp", frame())
    before = read_records(path).sha256
    with_table(path, lambda data: data.replace(b"S1", b"S9"))

    assert read_records(path).sha256 != before


@pytest.mark.parametrize(
    ("suffix", "change", "words"),
    [
        pytest.param(".shp", lambda data: data[:-10], r"its .shp has \d+ bytes of \d+", id="shapes cut off"),
        pytest.param(".shp", lambda data: data[:50], "is cut off", id="half a head"),
        pytest.param(".shx", lambda data: data[:-8], r"its .shx has \d+ bytes", id="index cut off"),
        pytest.param(".shx", lambda data: b"\x01" + data[1:], "its .shx is none", id="no index"),
        pytest.param(".dbf", lambda data: data[:-30], "is cut off, or does not have the 3 rows", id="table cut off"),
        pytest.param(
            ".dbf", lambda data: data[:4] + b"\x02" + data[5:], "3 shapes, but its table .* has 2 rows", id="a row less"
        ),
        pytest.param(".dbf", lambda data: data[:20], "table .* is cut off", id="half a table head"),
    ],
)
def test_parts_that_are_cut_off_or_do_not_fit_refuse_the_file(tmp_path, suffix, change, words):
    path = write_gdal(tmp_path / "a.shp", frame())
    part = path.with_suffix(suffix)
    part.write_bytes(change(part.read_bytes()))

    with pytest.raises(DataError, match=words):
        read_records(path)


def test_a_shape_that_cannot_be_read_refuses_its_row_instead_of_losing_its_place(tmp_path):
    path = write_gdal(tmp_path / "a.shp", frame())
    shapes = bytearray(path.read_bytes())
    struct.pack_into("<i", shapes, 100 + 8, 77)  # a kind that does not exist
    path.write_bytes(shapes)

    raw = read_records(path)

    assert raw.records[0].geometry is None
    assert finding_codes(raw) == [["geometry_malformed"], [], []]


# Files that end too early.


@pytest.mark.parametrize(
    ("name", "options"), [("a.gpkg", {}), ("a.fgb", {}), ("a.fgb", {"SPATIAL_INDEX": "YES"})]
)
def test_wherever_a_file_is_cut_off_it_is_refused_as_a_whole(tmp_path, name, options):
    whole = write_gdal(tmp_path / name, frame(day=DAYS), **options).read_bytes()
    cut = tmp_path / f"cut-{name}"

    for share in range(1, 40):
        cut.write_bytes(whole[: len(whole) * share // 40])
        with pytest.raises(DataError):
            read_records(cut)


def test_a_database_that_is_no_geopackage_says_so(tmp_path):
    database = apsw.Connection(str(tmp_path / "a.db"))
    database.execute("CREATE TABLE t (a); INSERT INTO t VALUES (1)")
    database.close()

    with pytest.raises(DataError, match=r"it is a SQLite file, but no GeoPackage"):
        read_records(tmp_path / "a.db")


def test_more_features_than_allowed_are_refused_before_they_are_read(tmp_path):
    with pytest.raises(DataError, match=r"it has 3 features, more than 2"):
        read_records(write_gdal(tmp_path / "a.gpkg", frame()), limits=Limits(rows=2))


def test_long_texts_refuse_their_row(tmp_path):
    raw = read_records(
        write_gdal(tmp_path / "a.gpkg", frame(text=["x" * 50, "y", "z"])), limits=Limits(cell_characters=40)
    )

    assert finding_codes(raw) == [["cell_too_long"], [], []]
    assert shapely.get_num_coordinates(raw.records[0].geometry) == 1
