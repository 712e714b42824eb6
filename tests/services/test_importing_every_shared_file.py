"""Every real file of the shared folder: imported with these counts, or refused with this reason."""

import pytest
from import_layers import Office, field, layer

from geo_ems.errors import GeoEmsError
from geo_ems.model.definitions import GeometryKind

pytestmark = pytest.mark.shared_data
THINGS = layer(
    "things",
    [field("code", "text", "编号"), field("name", "text", "名称")],
    geometry=tuple(GeometryKind),
)

# path, layer or sheet: rows, taken, refused, without place.
TAKEN = {
    ("messy/derived/takamatsu_dirty_rows.csv", None): (63, 59, 4, 1),
    ("messy/derived/takamatsu_dms.csv", None): (195, 195, 0, 0),
    ("messy/derived/takamatsu_swapped_latlon.csv", None): (195, 0, 195, 0),
    ("messy/encodings/china_prefecture_points_gb18030.csv", None): (499, 499, 0, 27),
    ("messy/encodings/china_prefecture_points_gbk_crlf_semicolon.csv", None): (499, 499, 0, 27),
    ("messy/encodings/takamatsu_evac_cp932.csv", None): (195, 195, 0, 0),
    ("messy/encodings/takamatsu_evac_eucjp.csv", None): (195, 195, 0, 0),
    ("messy/encodings/takamatsu_evac_utf16le_tab.txt", None): (195, 195, 0, 0),
    ("messy/encodings/takamatsu_evac_utf8bom.csv", None): (195, 195, 0, 0),
    ("messy/geopandas/null_geom.geojson", None): (2, 2, 0, 1),
    ("messy/kml/altitudemode_reference.kml", None): (1, 1, 0, 0),
    ("messy/kml/complete_tour_example.kml", None): (3, 3, 0, 0),
    ("messy/kml/using_the_cdata_element.kml", None): (1, 1, 0, 0),
    # Russia reaches to 180.00000000000006 degrees.
    ("messy/pyogrio/naturalearth_lowres/naturalearth_lowres.shp", None): (177, 176, 1, 0),
    ("messy/pyogrio/poly_not_enough_points.shp.zip", None): (1, 0, 1, 0),
    ("messy/pyogrio/test_datetime.geojson", None): (2, 2, 0, 0),
    ("messy/pyogrio/test_datetime_tz.geojson", None): (2, 2, 0, 0),
    ("messy/pyogrio/test_fgdb.gdb.zip", "basetable"): (2, 2, 0, 2),
    ("messy/pyogrio/test_gpkg_nulls.gpkg", None): (4, 3, 1, 0),  # one place is at (0, 0)
    ("messy/pyogrio/test_nested.geojson", None): (1, 0, 1, 0),  # as is this one
    ("messy/pyogrio/test_ogr_types_list.geojson", None): (5, 5, 0, 0),
    ("messy/r5/cities.csv", None): (4, 4, 0, 0),
    ("messy/r5/continents.geojson", None): (3, 3, 0, 0),
    ("messy/r5/continents.gpkg", None): (3, 3, 0, 0),
    ("messy/r5/continents.shp", None): (3, 3, 0, 0),
    ("messy/r5/hkzones-extra-attribute.geojson", None): (3, 3, 0, 0),
    ("messy/r5/hkzones-mixed-geometries.geojson", None): (3, 3, 0, 0),
    ("messy/r5/hkzones-mixed-numeric.geojson", None): (3, 3, 0, 0),
    ("messy/r5/hkzones-no-collection.geojson", None): (1, 1, 0, 0),
    ("messy/r5/hkzones-type-mismatch.geojson", None): (3, 3, 0, 0),
    ("messy/r5/new-zealand-antimeridian.geojson", None): (2, 2, 0, 0),
    ("messy/r5/pdx-three-overlapping.shp", None): (3, 3, 0, 0),
    ("messy/r5/valid-polygon-wgs84.geojson", None): (3, 3, 0, 0),
    ("messy/r5/valid-polygon-wgs84.gpkg", None): (3, 3, 0, 0),
    ("messy/r5/valid-polygon-wgs84.shp", None): (3, 3, 0, 0),
    ("jakarta/building-points.shp", None): (198, 198, 0, 0),
    ("jakarta/buildings.shp", None): (181, 181, 0, 0),
    ("jakarta/district_osm_jakarta.geojson", None): (5, 4, 1, 0),
    ("jakarta/flood_multipart_polygons.shp", None): (31, 31, 0, 0),
    ("jakarta/flood_polygon_crosskabupaten.shp", None): (10, 10, 0, 0),
    ("jakarta/floods.shp", None): (4, 4, 0, 0),
    ("jakarta/grid_jakarta_4326.geojson", None): (16, 16, 0, 0),
    ("jakarta/places.geojson", None): (8, 8, 0, 0),
    ("jakarta/places_pop.shp", None): (198, 198, 0, 0),
    ("jakarta/population.geojson", None): (12, 12, 0, 0),
    ("jakarta/roads.shp", None): (185, 185, 0, 0),
    ("jakarta/roads_osm_4326.shp", None): (155, 155, 0, 0),
    ("jakarta/volcano_krb.shp", None): (3, 2, 1, 0),
    ("hazards/usgs_all_week_2018-02.geojson.gz", None): (1707, 1707, 0, 0),
    ("takamatsu/aed_location.xlsx", None): (450, 450, 0, 0),
    ("takamatsu/community_center.xlsx", None): (52, 52, 0, 0),
    ("takamatsu/evacuation_space.xlsx", None): (195, 195, 0, 0),
    ("takamatsu/evacuation_space_v1.xlsx", None): (193, 193, 0, 0),
    ("takamatsu/fire_brigade.xlsx", None): (93, 93, 0, 0),
    ("takamatsu/fire_station.xlsx", None): (13, 13, 0, 0),
    ("takamatsu/hospital.xlsx", None): (617, 617, 0, 1),
    ("takamatsu/hospital_data.csv", None): (628, 628, 0, 1),
    ("takamatsu/population_202602.xlsx", None): (235, 235, 0, 0),
    ("takamatsu/primary_school.xlsx", None): (53, 53, 0, 0),
    ("takamatsu/sandbag_creation_location.xlsx", None): (9, 9, 0, 0),
    ("takamatsu/tsunami_evacuation_building.xlsx", None): (112, 112, 0, 0),
    ("takamatsu/tsunami_evacuation_building_data.csv", None): (113, 113, 0, 0),
    ("takamatsu/water_supply_facility.xlsx", None): (9, 9, 0, 0),
    ("liechtenstein/admin.geojson", None): (14, 14, 0, 0),
    ("liechtenstein/flood_scenario_synthetic.geojson", None): (2, 2, 0, 0),
    ("liechtenstein/geonames_places.csv", None): (14, 14, 0, 0),
    ("liechtenstein/pois.geojson", None): (145, 145, 0, 0),
    # Files in other coordinate systems than WGS84.
    ("messy/pyogrio/test_multisurface.gpkg", None): (1, 1, 0, 0),
    ("roads/geodanet/crimes.shp", None): (287, 287, 0, 0),
    ("messy/r5/duplicate-fields.shp", None): (1, 1, 0, 0),
    ("messy/r5/nl-null-points.shp", None): (20, 20, 0, 3),
    ("messy/r5/valid-polygon-projected.geojson", None): (3, 3, 0, 0),
    ("messy/r5/valid-polygon-projected.gpkg", None): (3, 3, 0, 0),
    ("messy/r5/valid-polygon-projected.shp", None): (3, 3, 0, 0),
    ("gsi_shelters/gsi_emergency.csv.gz", None): (115_402, 115_402, 0, 0),
}

REFUSED = {
    "messy/derived/takamatsu_dirty_rows.truth.json": r"This is not GeoJSON: its type is null",
    "messy/kml/simple_file_with_comments.kml": r"The KML has no placemarks",
    "messy/pyogrio/sample.osm.pbf": r"an extract of OpenStreetMap \(.osm.pbf\), which is not read here",
    "messy/pyogrio/test_fgdb.gdb.zip": (
        r"has 4 layers.*: test_lines \(2\), more_test_lines \(2\), test_points \(2\), test_areas \(2\)"
    ),
    "messy/r5/new-zealand-antimeridian.gpkg": r"EPSG:27200\) to WGS84 no transformation of known accuracy",
    "messy/r5/new-zealand-antimeridian.shp": r"EPSG:27200\) to WGS84 no transformation of known accuracy",
    "messy/r5/empty.geojson": r"The file is empty",
    "messy/r5/too-small.geojson": r"This is not GeoJSON: its type is \"feature\"",
    "admin/countries-50m.json": r"This is not GeoJSON: its type is \"Topology\"",
    "cap/australia.cap": r"XML of another kind \('alert'\)",
    "cap/xee.cap": r"declares a document type",
    "porto_alegre/poa_elevation.tif": r"a TIFF picture, which is not read here",
    "porto_alegre/poa_eptc.zip": r"holds 10 files that could be meant: agency.txt",
    "liechtenstein/liechtenstein.osm.pbf": r"an extract of OpenStreetMap",
    "roads/monaco.osm.gz": r"XML of another kind \('osm'\)",
}


@pytest.fixture
def office(tmp_path):
    return Office(tmp_path, {"things": THINGS})


@pytest.mark.parametrize(("name", "sheet"), TAKEN, ids=lambda value: str(value or ""))
def test_the_rows_of_a_real_file_are_all_accounted_for(office, shared_data, name, sheet):
    report = office.import_path(shared_data / name, "things", sheet=sheet)

    counts = report.counts
    assert (counts.rows, counts.taken, counts.refused, counts.unlocated) == TAKEN[name, sheet]
    assert counts.created == len(office.features("things")) == counts.taken


@pytest.mark.parametrize("name", REFUSED)
def test_a_real_file_that_cannot_be_used_says_why(office, shared_data, name):
    with pytest.raises(GeoEmsError, match=REFUSED[name]):
        office.import_path(shared_data / name, "things")


@pytest.mark.parametrize("ending", ["gpkg", "shp", "geojson"])
def test_the_same_areas_in_metres_and_in_degrees_lie_in_the_same_place(office, shared_data, tmp_path, ending):
    office.import_path(shared_data / "messy" / "r5" / f"valid-polygon-projected.{ending}", "things")
    other = Office(tmp_path, {"things": THINGS})
    other.import_path(shared_data / "messy" / "r5" / f"valid-polygon-wgs84.{ending}", "things")

    pairs = zip(office.features("things").values(), other.features("things").values(), strict=True)
    assert max(one.geometry.hausdorff_distance(two.geometry) for one, two in pairs) < 1e-5  # about a metre


@pytest.mark.parametrize(
    ("layer_name", "kind"),
    [("test_points", "Point"), ("test_lines", "MultiLineString"), ("test_areas", "MultiPolygon")],
)
def test_layers_of_a_geodatabase_are_taken_one_by_one(office, shared_data, layer_name, kind):
    path = shared_data / "messy" / "pyogrio" / "test_fgdb.gdb.zip"

    report = office.import_path(path, "things", sheet=layer_name)

    assert (report.counts.rows, report.counts.taken) == (2, 2)
    assert {feature.geometry.geom_type for feature in office.features("things").values()} == {kind}


def test_every_shapefile_of_jakarta_is_also_read_from_an_archive(office, shared_data, tmp_path):
    import zipfile

    with zipfile.ZipFile(tmp_path / "jakarta.zip", "w") as archive:
        for path in sorted((shared_data / "jakarta").iterdir()):
            archive.write(path, path.name)

    assert office.import_path(tmp_path / "jakarta.zip", "things", sheet="floods").counts.taken == 4
    with pytest.raises(GeoEmsError, match=r"holds 9 Shapefiles"):
        office.import_path(tmp_path / "jakarta.zip", "things")
