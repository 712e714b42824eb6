"""KML, KMZ and GPX: what becomes a row, what is said to be skipped, and that nothing is fetched."""

import datetime as dt
import gzip
import socket

import pytest
from foreign_files import GPX, KML, PLACES, archive_of

from geo_ems.errors import DataError, NotFoundError
from geo_ems.formats.raw import CountedBy, FileFormat, Limits
from geo_ems.formats.reading import read_records

POINT = "<Point><coordinates>104.1,30.6</coordinates></Point>"


@pytest.fixture
def read(tmp_path):
    def read_text(text, name="data.kml", encoding="utf-8", **options):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
        return read_records(path, **options)

    return read_text


@pytest.fixture
def no_network(monkeypatch):
    def refuse(*_args, **_more):
        pytest.fail("something was fetched")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def kml(*inside):
    return '<kml xmlns="http://www.opengis.net/kml/2.2"><Document>' + "".join(inside) + "</Document></kml>"


def placemark(name="A", inside=POINT):
    return f"<Placemark><name>{name}</name>{inside}</Placemark>"


def folder(name, *inside):
    return f"<Folder><name>{name}</name>{''.join(inside)}</Folder>"


def gpx(*inside):
    return '<gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1">' + "".join(inside) + "</gpx>"


def finding_codes(raw):
    return [[finding.kind.code for finding in record.findings] for record in raw.records]


def test_placemarks_are_rows_with_their_extended_data(read):
    raw = read(KML)

    assert (raw.format, raw.crs, raw.counted_by) == (FileFormat.KML, "OGC:CRS84", CountedBy.FEATURE)
    assert raw.columns == ("name", "code", "capacity")
    assert [record.values for record in raw.records] == [(name, code, str(n)) for code, name, n, *_ in PLACES]
    assert raw.records[0].geometry.wkt == "POINT (104.06 30.66)"


@pytest.mark.parametrize(
    ("content", "made"),
    [
        pytest.param(gzip.compress(KML.encode()), FileFormat.KML, id="gzip"),
        pytest.param(archive_of({"doc.kml": KML.encode()}), FileFormat.KMZ, id="KMZ"),
        pytest.param(b"\xef\xbb\xbf" + KML.encode(), FileFormat.KML, id="byte order mark"),
        pytest.param(KML.replace("UTF-8", "UTF-16").encode("utf-16"), FileFormat.KML, id="UTF-16"),
        pytest.param(KML.replace("UTF-8", "GB2312").encode("gb18030"), FileFormat.KML, id="GB2312"),
        pytest.param(KML.replace("UTF-8", "GBK").encode("gbk"), FileFormat.KML, id="GBK"),
        pytest.param(KML.replace(' encoding="UTF-8"', "").encode("gbk"), FileFormat.KML, id="GBK that does not say so"),
        pytest.param(
            KML.replace("<kml ", "<kml:kml ").replace("/kml>", "/kml:kml>").encode(), FileFormat.KML, id="prefix"
        ),
    ],
)
def test_the_same_places_in_other_dress(read, content, made):
    raw = read(content)

    assert (raw.format, [record.values[0] for record in raw.records]) == (made, [place[1] for place in PLACES])


def test_folders_are_read_together_and_told_apart_by_a_column(read):
    raw = read(
        kml(
            placemark("0"),
            folder("北区", placemark("1"), folder("一组", placemark("2"))),
            folder("南区", placemark("3")),
        )
    )

    assert raw.columns == ("name", "folder")
    assert [record.values for record in raw.records] == [("0", None), ("1", "北区"), ("2", "北区/一组"), ("3", "南区")]
    assert [note.problem("en") for note in raw.notes] == [
        "the placemarks of the folders 北区, 北区/一组, 南区 were read together; the column 'folder' tells them apart"
    ]
    assert raw.sheets == ("北区", "北区/一组", "南区")


@pytest.mark.parametrize(
    ("name", "names"), [("北区", ["1", "2"]), ("一组", ["2"]), ("北区/一组", ["2"]), ("南区", ["3"])]
)
def test_one_folder_can_be_named_with_what_is_in_it(read, name, names):
    text = kml(folder("北区", placemark("1"), folder("一组", placemark("2"))), folder("南区", placemark("3")))

    raw = read(text, sheet=name)

    assert [record.values[0] for record in raw.records] == names
    assert raw.notes == ()
    with pytest.raises(NotFoundError, match=r"There is no layer 'x'. Known: 北区, 北区/一组, 南区"):
        read(text, sheet="x")


def test_a_folder_may_tell_its_name_after_its_placemarks(read):
    raw = read(kml(f"<Folder>{placemark()}<name>北区</name></Folder>"))

    assert raw.records[0].values == ("A", "北区")


def test_times_descriptions_and_foreign_data_become_columns(read):
    raw = read(
        kml(
            placemark(
                "A",
                "<description><![CDATA[<b>两层</b> & 地下室]]></description><address>一环路1号</address>"
                "<TimeStamp><when>2024-05-01T08:00:00Z</when></TimeStamp>"
                '<ExtendedData><SchemaData schemaUrl="#s"><SimpleData name="容量">120</SimpleData></SchemaData>'
                '<Data name="name"><value>别名</value></Data><own:floor xmlns:own="u">3</own:floor></ExtendedData>'
                + POINT,
            ),
            placemark("B", "<TimeSpan><begin>2024-05-01</begin><end>2024</end></TimeSpan>" + POINT),
        )
    )

    first, second = map(raw.cells, raw.records)
    assert (first["name"], first["description"], first["address"]) == ("A", "<b>两层</b> & 地下室", "一环路1号")
    assert first["timestamp"] == dt.datetime(2024, 5, 1, 8, tzinfo=dt.UTC)
    assert (first["容量"], first["name (2)"], first["floor"]) == ("120", "别名", "3")
    assert (second["begin"], second["end"]) == (dt.date(2024, 5, 1), "2024")


RING = "104,30 105,30 105,31 104,30"
HOLE = "104.5,30.2 104.6,30.2 104.6,30.3 104.5,30.2"
AREA = (
    f"<Polygon><outerBoundaryIs><LinearRing><coordinates>{RING}</coordinates></LinearRing></outerBoundaryIs>"
    f"<innerBoundaryIs><LinearRing><coordinates>{HOLE}</coordinates></LinearRing></innerBoundaryIs></Polygon>"
)
LINE = "<LineString><coordinates>104,30 105,31</coordinates></LineString>"


@pytest.mark.parametrize(
    ("shape", "wkt"),
    [
        pytest.param(POINT, "POINT (104.1 30.6)", id="point"),
        pytest.param("<Point><coordinates> 104.1 , 30.6 , 0 </coordinates></Point>", "POINT (104.1 30.6)", id="blanks"),
        pytest.param(
            "<Point><coordinates>104.1,30.6,500</coordinates></Point>", "POINT Z (104.1 30.6 500)", id="height"
        ),
        pytest.param(LINE, "LINESTRING (104 30, 105 31)", id="line"),
        pytest.param(
            f"<LinearRing><coordinates>{RING}</coordinates></LinearRing>",
            "LINESTRING (104 30, 105 30, 105 31, 104 30)",
            id="ring",
        ),
        pytest.param(
            f"<MultiGeometry>{POINT}{POINT}</MultiGeometry>", "MULTIPOINT ((104.1 30.6), (104.1 30.6))", id="points"
        ),
        pytest.param(f"<MultiGeometry>{LINE}</MultiGeometry>", "LINESTRING (104 30, 105 31)", id="a multiple of one"),
        pytest.param(
            f"<MultiGeometry><MultiGeometry>{LINE}</MultiGeometry>{LINE}</MultiGeometry>",
            "MULTILINESTRING ((104 30, 105 31), (104 30, 105 31))",
            id="a multiple in a multiple",
        ),
        pytest.param(
            "<gx:Track><when>2024</when><gx:coord>104 30 5</gx:coord><gx:coord>105 31 5</gx:coord></gx:Track>",
            "LINESTRING Z (104 30 5, 105 31 5)",
            id="a track, without its namespace",
        ),
    ],
)
def test_shapes_become_geometries(read, shape, wkt):
    assert read(kml(placemark("A", shape))).records[0].geometry.wkt == wkt


def test_areas_keep_their_holes_and_mixtures_are_left_to_the_layer(read):
    raw = read(kml(placemark("A", AREA), placemark("B", f"<MultiGeometry>{AREA}{POINT}</MultiGeometry>")))

    assert len(raw.records[0].geometry.interiors) == 1
    assert raw.records[1].geometry.geom_type == "GeometryCollection"


@pytest.mark.parametrize(
    "shape", ["", "<Point/>", "<Point><coordinates> </coordinates></Point>", "<MultiGeometry/>", "<Polygon/>"]
)
def test_a_placemark_without_coordinates_has_no_place(read, shape):
    raw = read(kml(placemark("A", shape)))

    assert (raw.records[0].geometry, finding_codes(raw)) == (None, [[]])


@pytest.mark.parametrize(
    ("shape", "code"),
    [
        pytest.param("<Point><coordinates>104.1</coordinates></Point>", "geometry_malformed", id="one number"),
        pytest.param("<Point><coordinates>104,30,0,1</coordinates></Point>", "geometry_malformed", id="four numbers"),
        pytest.param("<Point><coordinates>east,north</coordinates></Point>", "geometry_malformed", id="words"),
        pytest.param("<Point><coordinates>nan,30</coordinates></Point>", "geometry_malformed", id="not a number"),
        pytest.param("<Point><coordinates>1e999,30</coordinates></Point>", "geometry_malformed", id="infinite"),
        pytest.param("<Point><coordinates>104,30 105,31</coordinates></Point>", "geometry_malformed", id="two points"),
        pytest.param(
            "<LineString><coordinates>104,30</coordinates></LineString>", "geometry_malformed", id="short line"
        ),
        pytest.param(AREA.replace(RING, "104,30 105,30 105,31"), "geometry_malformed", id="open ring"),
        pytest.param(AREA.replace("outer", "no"), "geometry_malformed", id="only holes"),
        pytest.param("<Model><Location/></Model>", "geometry_unknown", id="model"),
        pytest.param(LINE.replace("104,30", "104,30 " * 50), "too_many_vertices", id="vertices"),
    ],
)
def test_a_wrong_shape_refuses_its_placemark_only(read, shape, code):
    raw = read(kml(placemark("A", shape), placemark("B")), limits=Limits(vertices=40))

    assert finding_codes(raw) == [[code], []]
    assert raw.records[0].geometry is None


def test_what_lies_elsewhere_is_listed_and_never_fetched(read, no_network):
    href = "<Link><href>http://192.0.2.1/more.kml</href></Link>"
    raw = read(
        kml(
            f"<NetworkLink><name>更多</name>{href}</NetworkLink><NetworkLink>{href}</NetworkLink>",
            "<GroundOverlay><Icon><href>file:///etc/passwd</href></Icon></GroundOverlay>",
            "<Style><IconStyle><Icon><href>http://192.0.2.1/x.png</href></Icon></IconStyle></Style>",
            placemark(),
        )
    )

    assert len(raw.records) == 1
    assert [(note.value, dict(note.details)["count"]) for note in raw.notes] == [
        ("NetworkLink", "2"),
        ("GroundOverlay", "1"),
    ]


def test_a_file_of_links_alone_says_that_there_is_nothing_in_it(read):
    with pytest.raises(DataError, match=r"The KML has no placemarks. .* fetched and imported itself"):
        read(kml("<NetworkLink><Link><href>http://192.0.2.1/</href></Link></NetworkLink>"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param('<!DOCTYPE kml [<!ENTITY a "b">]><kml>&a;</kml>', "declares a document type", id="entity"),
        pytest.param('<!DOCTYPE kml SYSTEM "http://192.0.2.1/x.dtd"><kml/>', "declares a document type", id="DTD"),
        pytest.param("<kml>&a;</kml>", "undefined entity", id="unknown entity"),
        pytest.param("<kml>" + "<a>" * 70 + "</a>" * 70 + "</kml>", "nested deeper than 64 levels", id="depth"),
        pytest.param("<kml>" + "<a>" * 100_000, "nested deeper than 64 levels", id="endless depth"),
        pytest.param(kml(placemark("A", "<x/>" * 200)), "more than 100 elements in one 'Placemark'", id="breadth"),
        pytest.param("<kml><Document>", "not well-formed XML: no element found", id="cut off"),
        pytest.param("<kml></Document>", "mismatched tag", id="mismatched"),
        pytest.param("<gml/>", r"XML of another kind \('gml'\)", id="other XML"),
        pytest.param("<?xml version='1.0' encoding='UTF-8'?>", "no element found", id="nothing"),
    ],
)
def test_hostile_or_broken_xml_is_refused_in_words(read, no_network, text, words):
    with pytest.raises(DataError, match=words) as caught:
        read(text, limits=Limits(vertices=100))

    assert caught.value.remedy


def test_an_entity_bomb_does_not_go_off(read):
    bomb = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "x" * 100}">' for n in range(12))

    with pytest.raises(DataError, match="declares a document type"):
        read(f"<!DOCTYPE kml [{bomb}]><kml>&e11;</kml>")


def test_waypoints_are_rows(read):
    raw = read(GPX, "data.gpx")

    assert (raw.format, raw.crs, raw.sheets) == (FileFormat.GPX, "OGC:CRS84", ("waypoints",))
    assert raw.columns == ("ele", "time", "name", "cmt", "desc")
    assert raw.records[0].values == (
        "500.5",
        dt.datetime(2024, 5, 1, 8, tzinfo=dt.UTC),
        "东关小学",
        "S1",
        "120",
    )
    assert raw.records[0].geometry.wkt == "POINT (104.06 30.66)"


WAYPOINT = '<wpt lat="30.6" lon="104.1"><name>A</name></wpt>'
SEGMENT = '<trkseg><trkpt lat="30" lon="104"/><trkpt lat="31" lon="105"/></trkseg>'
SINGLE = '<trkseg><trkpt lat="30" lon="104"/></trkseg>'
ROUTE = '<rte><name>R</name><rtept lat="30" lon="104"/><rtept lat="31" lon="105"/></rte>'


def test_of_waypoints_routes_and_tracks_one_must_be_named(read):
    text = gpx(WAYPOINT, ROUTE, f"<trk><name>T</name>{SEGMENT}</trk>")

    with pytest.raises(DataError, match=r"has 3 layers.*: waypoints \(1\), routes \(1\), tracks \(1\)"):
        read(text)
    assert read(text, sheet="routes").records[0].geometry.wkt == "LINESTRING (104 30, 105 31)"
    assert [note.value for note in read(text, sheet="Tracks").notes] == ["waypoints", "routes"]
    with pytest.raises(NotFoundError, match=r"There is no layer 'x'. Known: routes, tracks, waypoints"):
        read(text, sheet="x")


@pytest.mark.parametrize(
    ("segments", "wkt", "codes"),
    [
        (SEGMENT, "LINESTRING (104 30, 105 31)", []),
        (SEGMENT * 2, "MULTILINESTRING ((104 30, 105 31), (104 30, 105 31))", []),
        (SEGMENT + SINGLE, "LINESTRING (104 30, 105 31)", ["segment_too_short"]),
        (SINGLE, None, ["geometry_malformed"]),
        ("", None, []),
    ],
)
def test_tracks_become_lines(read, segments, wkt, codes):
    (record,) = read(gpx(f"<trk>{segments}</trk>")).records

    assert (record.geometry.wkt if record.geometry else None) == wkt
    assert [finding.kind.code for finding in record.findings] == codes


@pytest.mark.parametrize("attributes", ['lat="30"', 'lat="x" lon="1"', 'lat="nan" lon="1"', 'lat="1e400" lon="1"', ""])
def test_a_waypoint_without_a_position_refuses_its_row(read, attributes):
    raw = read(gpx(f"<wpt {attributes}><name>A</name></wpt>", WAYPOINT))

    assert finding_codes(raw) == [["geometry_malformed"], []]


def test_a_gpx_without_anything_says_so(read):
    with pytest.raises(DataError, match="no waypoints, routes or tracks"):
        read(gpx("<metadata><name>x</name></metadata>"))
