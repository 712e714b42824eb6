"""Zip archives, sound and hostile: what is taken out of them, and what is refused in words."""

import io
import os
import stat
import struct
import zipfile

import pytest
from foreign_files import CSV, GPX, KML, archive_of, every_format, frame, write_gdal, zipped

from geo_ems.errors import DataError, GeoEmsError, NotFoundError
from geo_ems.formats.raw import FileFormat, Limits
from geo_ems.formats.reading import read_records


@pytest.fixture(scope="session")
def sound(tmp_path_factory):
    return every_format(tmp_path_factory.mktemp("archives"))


@pytest.fixture
def read(tmp_path):
    def read_bytes(content, name="data.zip", **options):
        path = tmp_path / name
        path.write_bytes(content)
        return read_records(path, **options)

    return read_bytes


def shapefile(folder, name="places", **columns):
    """Write a Shapefile into a folder and return its parts by file name."""
    folder.mkdir(exist_ok=True)
    write_gdal(folder / f"{name}.shp", frame(**columns))
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name.startswith(f"{name}.")}


def members(*entries, flags=0, **options):
    """Return a zip of (name or ZipInfo, data) entries."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries:
            archive.writestr(name, data, **options)
    content = packed.getvalue()
    return content if not flags else with_flags(content, flags)


def with_flags(content, flags):
    """Return the archive with the general purpose flags of all members set."""
    changed = bytearray(content)
    for magic, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = changed.find(magic)
        while at >= 0:
            struct.pack_into("<H", changed, at + offset, flags)
            at = changed.find(magic, at + 4)
    return bytes(changed)


def renamed(content, before, after):
    """Return the archive with a member renamed in place: zipfile itself would not write such names."""
    assert len(before) == len(after)
    return content.replace(before, after)


def link(name, target):
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info, target


def test_a_zipped_shapefile_is_read_whatever_its_folder_is_called(read, tmp_path):
    shapefile(tmp_path / "parts")

    raw = read(zipped(tmp_path / "parts", prefix="县资料/避难场所 2024/"))

    assert (raw.format, raw.crs, len(raw.records)) == (FileFormat.SHAPEFILE, "EPSG:4326", 3)
    assert raw.sheets == ("places",)


def test_of_several_shapefiles_one_must_be_named(read, tmp_path):
    one, two = shapefile(tmp_path / "a", "teams"), shapefile(tmp_path / "b", "depots")
    content = archive_of({**one, **two, "readme.pdf": b"%PDF"})

    with pytest.raises(DataError, match=r"holds 2 Shapefiles.*: depots, teams. Name it: --sheet depots"):
        read(content)
    raw = read(content, sheet="TEAMS")

    assert len(raw.records) == 3
    assert [note.value for note in raw.notes if note.kind.code == "members_not_used"] == ["depots, readme.pdf"]
    with pytest.raises(NotFoundError, match=r"There is no layer 'roads'. Known: depots, teams"):
        read(content, sheet="roads")


def test_shapefiles_of_one_name_in_two_folders_are_told_apart_by_the_folder(read, tmp_path):
    parts = shapefile(tmp_path / "a")
    content = archive_of({f"{folder}/{name}": data for folder in ("north", "south") for name, data in parts.items()})

    with pytest.raises(DataError, match="north/places, south/places"):
        read(content)

    assert len(read(content, sheet="south/places").records) == 3


def test_names_packed_in_gbk_by_old_windows_are_readable(read, tmp_path):
    parts = shapefile(tmp_path / "a")
    packed = archive_of({name.replace("places", "######"): data for name, data in parts.items()})

    raw = read(renamed(packed, b"######", "避难所".encode("gb18030")))

    assert raw.sheets == ("避难所",)


def test_rubbish_of_packing_programs_is_passed_over(read, tmp_path):
    parts = shapefile(tmp_path / "a")
    litter = {"__MACOSX/._places.shp": b"x", ".DS_Store": b"x", "a/Thumbs.db": b"x"}

    raw = read(archive_of({**parts, **litter, "places.shp.xml": b"<m/>", "places.sbn": b"x"}))

    assert (len(raw.records), raw.notes) == (3, ())


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("liste.csv", FileFormat.CSV),
        ("places.geojson", FileFormat.GEOJSON),
        ("places.gpkg", FileFormat.GEOPACKAGE),
        ("places.fgb", FileFormat.FLATGEOBUF),
        ("places.gpx", FileFormat.GPX),
        ("places.kml", FileFormat.KMZ),
    ],
)
def test_a_single_file_in_an_archive_is_read_like_the_file_itself(read, sound, name, made):
    data = sound["places." + name.rpartition(".")[2]]

    raw = read(archive_of({f"folder/{name}": data}))

    assert (raw.format, len(raw.records)) == (made, 3)


def test_of_a_kmz_the_main_file_is_read_and_pictures_stay_packed(read):
    raw = read(archive_of({"doc.kml": KML.encode(), "files/icon.png": b"\x89PNG", "other.kml": b"<kml/>"}), "a.kmz")

    assert (raw.format, len(raw.records)) == (FileFormat.KMZ, 3)


@pytest.mark.parametrize("missing", [".shx", ".dbf"])
def test_a_shapefile_without_a_part_says_which(read, tmp_path, missing):
    parts = shapefile(tmp_path / "a")

    with pytest.raises(DataError, match=rf"its \{missing} is missing"):
        read(archive_of({name: data for name, data in parts.items() if not name.endswith(missing)}))


def bomb(megabytes):
    return members(("places.shp", bytes(megabytes << 20)), ("places.shx", b""), ("places.dbf", b""))


def overlapping():
    """Return an archive whose two entries of the list point at the same member, as bombs without nesting do."""
    content = bytearray(members(("a.csv", b"x" * 50_000), ("b.txt", b"x" * 50_000)))
    second = content.find(b"PK\x01\x02", content.find(b"PK\x01\x02") + 4)
    struct.pack_into("<I", content, second + 42, 0)
    return bytes(content)


SMALL = Limits(unpacked_small_bytes=1_000_000, unpacked_bytes=3_000_000, archive_members=100)
HOSTILE = {
    "a name above": (lambda: members(("../places.csv", CSV)), "leads out of the archive"),
    "a name far above": (lambda: members(("a/../../../etc/passwd", "x")), "leads out of the archive"),
    "dots of Windows": (lambda: members(("..\\..\\places.csv", CSV)), "leads out of the archive"),
    "an absolute name": (lambda: members(("/etc/cron.d/x.csv", CSV)), "leads out of the archive"),
    "an absolute name of Windows": (lambda: members(("C:\\Windows\\x.csv", CSV)), "leads out of the archive"),
    "a share of Windows": (lambda: members(("\\\\host\\share\\x.csv", CSV)), "leads out of the archive"),
    "a name with a line break": (lambda: members(("a\nb.csv", CSV)), "leads out of the archive"),
    "a name with a zero": (lambda: renamed(members(("a#b.csv", CSV)), b"a#b", b"a\x00b"), "archive"),
    "a folder above": (lambda: members(("../x/", ""), ("a.csv", CSV)), "leads out of the archive"),
    "a link to a file": (lambda: members(link("places.csv", "/etc/passwd")), "is a link to another file"),
    "a link to a folder": (lambda: members(link("a.gdb", "/etc"), ("a.csv", CSV)), "is a link to another file"),
    "a password": (lambda: members(("places.csv", CSV), flags=1), "has a password"),
    "two members of one name": (
        lambda: renamed(members(("a.csv", CSV), ("b.csv", CSV)), b"b.csv", b"a.csv"),
        "two members",
    ),
    "a thousand members": (lambda: members(*((f"{n}.csv", "x") for n in range(101))), "101 members, more than 100"),
    "a bomb": (lambda: bomb(2), "too much to read"),
    "a large bomb": (lambda: bomb(4), "unpacks to more than 3000000 bytes"),
    "a bomb that lies about its size": (lambda: lying(bomb(2)), "archive is damaged|too much to read"),
    "entries that overlap": (overlapping, "archive|2 files that could be meant"),
    "an archive in an archive": (
        lambda: members(("places.zip", members(("a.csv", CSV)))),
        "none of which is read here",
    ),
    "an archive called CSV": (lambda: members(("places.csv", members(("a.csv", CSV)))), "none of the formats"),
    "a workbook in an archive": (lambda: members(("places.xlsx", b"PK\x03\x04")), "none of which is read here"),
    "an archive in a KMZ": (lambda: members(("doc.kml", members(("doc.kml", KML)))), "not well-formed|cannot be told"),
    "gzip in an archive": (lambda: members(("places.csv.gz", b"\x1f\x8b")), "none of which is read here"),
    "programs": (lambda: members(("setup.exe", b"MZ")), "none of which is read here: setup.exe"),
    "nothing": (members, "none of which is read here: nothing"),
    "only folders": (lambda: members(("a/", ""), ("b/", "")), "none of which is read here: nothing"),
    "several files": (lambda: members(("a.csv", CSV), ("b.gpx", GPX)), "2 files that could be meant: a.csv, b.gpx"),
    "several geodatabases": (
        lambda: members(("a.gdb/a00000001.gdbtable", b"x"), ("b.gdb/a00000001.gdbtable", b"x")),
        "2 files that could be meant: a.gdb, b.gdb",
    ),
    "a geodatabase of noise": (lambda: members(("a.gdb/a00000001.gdbtable", os.urandom(500))), "cannot be read"),
    "a pointer to another dataset": (
        lambda: members(("a.csv", '<OGRVRTDataSource><OGRVRTLayer name="passwd"/></OGRVRTDataSource>')),
        "XML of another kind",
    ),
    "a document type": (
        lambda: members(("doc.kml", '<!DOCTYPE kml [<!ENTITY x SYSTEM "file:///etc/passwd">]><kml>&x;</kml>')),
        r"declares a document type",
    ),
    "cut off": (lambda: members(("a.csv", CSV * 100))[:-30], "archive is damaged"),
    "a wrong checksum": (lambda: flipped(members(("a.csv", os.urandom(200)))), "archive is damaged"),
    "an unknown packing": (lambda: packed_as(members(("a.csv", CSV)), 97), "archive is damaged"),
    "a hostile projection": (lambda: with_projection(b'PROJCS["' + b"[" * 100_000), "coordinate system|cannot be read"),
}


def lying(content):
    """Return an archive that declares its members to be ten bytes long."""
    changed = bytearray(content)
    at = changed.find(b"PK\x01\x02")
    struct.pack_into("<I", changed, at + 24, 10)
    return bytes(changed)


def flipped(content):
    changed = bytearray(content)
    changed[60] ^= 0xFF
    return bytes(changed)


def packed_as(content, method):
    changed = bytearray(content)
    for magic, offset in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        struct.pack_into("<H", changed, changed.find(magic) + offset, method)
    return bytes(changed)


def with_projection(text):
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        parts = shapefile(Path(folder) / "a")
    return archive_of({**parts, "places.prj": text})


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_or_useless_archive_is_refused_in_words(read, tmp_path, name):
    make, words = HOSTILE[name]

    with pytest.raises(GeoEmsError, match=words) as caught:
        read(make(), limits=SMALL)

    assert caught.value.where == "data.zip"
    assert caught.value.remedy
    assert [path.name for path in tmp_path.iterdir()] == ["data.zip"]
