"""Extracts of OpenStreetMap are read in a process of their own; what is damaged is said, and nothing else suffers."""

import gzip
from dataclasses import replace

import numpy as np
import osmium
import pytest
from osm_text import OsmText, crossing

from geo_ems.errors import DataError
from geo_ems.formats.osm_extracts import osm_kind, read_osm_extract
from geo_ems.formats.raw import DEFAULT_LIMITS


def read(path, **more):
    return read_osm_extract(path, kind=osm_kind(path), access_keys=("access", "foot"), **more)


def test_ways_of_roads_come_with_their_nodes_and_the_tags_that_matter(tmp_path):
    text = crossing().way(20, 1, 2, building="yes").way(21, 1, 4, route="ferry", source="a survey")
    extract = read(text.write(tmp_path / "county.osm"))
    assert extract.ids.tolist() == [1, 2, 9, 21]
    assert extract.tags[0] == {"highway": "primary", "name": "Long Street", "maxspeed": "50"}
    assert extract.tags[3] == {"route": "ferry"}
    assert extract.refs[extract.first[0] : extract.first[1]].tolist() == [1, 5, 3]
    assert extract.lonlat_deg[extract.first[0]].tolist() == [0.0, 0.01]


def test_a_node_that_the_extract_lacks_has_no_place(tmp_path):
    extract = read(OsmText().node(1, 8.0, 47.0).way(1, 1, 2, highway="path").write(tmp_path / "a.osm"))
    assert np.isnan(extract.lonlat_deg).tolist() == [[False, False], [True, True]]


def test_barriers_and_restrictions_are_told(tmp_path):
    text = crossing().node(8, 0.015, 0.01, barrier="bollard", access="no", colour="red")
    text.restriction(7, "no_left_turn", ("way", 1, "from"), ("node", 5, "via"), ("way", 2, "to"), **{"except": "bus"})
    extract = read(text.write(tmp_path / "a.osm"))
    assert extract.barriers == {8: {"barrier": "bollard", "access": "no"}}
    (restriction,) = extract.restrictions
    assert restriction.tags == {"restriction": "no_left_turn", "except": "bus"}
    assert restriction.members == (("w", 1, "from"), ("n", 5, "via"), ("w", 2, "to"))


def test_the_date_is_that_of_the_newest_way_where_the_file_states_none(tmp_path):
    extract = read(crossing().write(tmp_path / "a.osm"))
    assert (extract.extracted_on, extract.is_date_stated) == ("2026-06-30", False)
    assert not read(OsmText("").node(1, 0, 0).way(1, 1, highway="path").write(tmp_path / "b.osm")).extracted_on


def as_pbf(tmp_path, text):
    plain, packed = text.write(tmp_path / "plain.osm"), tmp_path / "county.osm.pbf"
    header = osmium.io.Header()
    header.set("osmosis_replication_timestamp", "2026-07-01T20:21:22Z")
    writer = osmium.SimpleWriter(str(packed), header=header)
    for item in osmium.FileProcessor(str(plain)):
        writer.add(item)
    writer.close()
    return packed


def test_the_same_is_read_from_xml_gzip_and_protobuf_by_content_and_not_by_name(tmp_path):
    plain = crossing().write(tmp_path / "plain.dat")
    packed = tmp_path / "packed.dat"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    binary = as_pbf(tmp_path, crossing())
    assert [osm_kind(path) for path in (plain, packed, binary)] == ["osm", "osm.gz", "pbf"]
    found = [read(path) for path in (plain, packed, binary)]
    assert all(extract.tags == found[0].tags for extract in found)
    assert all(np.array_equal(extract.lonlat_deg, found[0].lonlat_deg) for extract in found)
    assert (found[2].extracted_on, found[2].is_date_stated) == ("2026-07-01", True)


def test_what_is_no_extract_is_known_to_be_none(tmp_path):
    for name, content in (
        ("a.csv", b"name,lon,lat\n"),
        ("b.kml", b"<kml/>"),
        ("c.gz", gzip.compress(b"{}")),
        ("d", b""),
    ):
        (tmp_path / name).write_bytes(content)
        assert osm_kind(tmp_path / name) is None
    with pytest.raises(DataError, match="cannot be read"):
        osm_kind(tmp_path / "missing.osm")


def damaged_files(tmp_path):
    text = crossing().text.encode()
    pbf = as_pbf(tmp_path, crossing()).read_bytes()
    yield "broken off", text[: len(text) // 2]
    yield "gzip broken off", gzip.compress(text)[:-40]
    yield "protobuf broken off", pbf[:-30]
    yield "protobuf with other bytes", pbf[:60] + bytes(20) + pbf[80:]
    yield "entities", b'<?xml version="1.0"?><!DOCTYPE o [<!ENTITY a "b">]><osm version="0.6"><node id="1"/></osm>'
    yield "a coordinate that is none", text.replace(b'lat="0.0200000"', b'lat="north"')


def test_a_damaged_extract_is_refused_with_what_to_do(tmp_path):
    for what, content in damaged_files(tmp_path):
        path = tmp_path / "damaged.osm"
        path.write_bytes(content)
        with pytest.raises(DataError, match="fetch or copy it again") as caught:
            read(path)
        assert caught.value.where == "damaged.osm", what


def test_an_extract_beyond_the_limits_is_refused(tmp_path):
    path = crossing().write(tmp_path / "a.osm")
    with pytest.raises(DataError, match="Take a smaller extract"):
        read(path, limits=replace(DEFAULT_LIMITS, rows=2))
    with pytest.raises(DataError, match="more than 100 bytes"):
        read(path, limits=replace(DEFAULT_LIMITS, file_bytes=100))
    with pytest.raises(DataError, match="took longer than"):
        read(path, limits=replace(DEFAULT_LIMITS, foreign_wait_s=0.001))
