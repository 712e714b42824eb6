"""The roads of the sample county become a network as they are, without any extract."""

import gzip

import numpy as np
import orjson
from shapely.geometry import shape

from geo_ems.catalogue.speed_table import load_speed_table
from geo_ems.model.features import Feature
from geo_ems.model.roads import Mode
from geo_ems.routing.building import build_network
from geo_ems.services.road_fields import RoadFields
from geo_ems.services.road_lines import road_lines
from geo_ems.settings import bundled_folder

ROOT = bundled_folder()


def test_the_county_is_one_network_by_shared_vertices():
    told = orjson.loads(gzip.decompress((ROOT / "sample_data" / "roads.geojson.gz").read_bytes()))["features"]
    features = [Feature(f["properties"]["code"], shape(f["geometry"]), f["properties"]) for f in told]
    lines, report = road_lines(RoadFields.of_features(features), load_speed_table(ROOT / "rules" / "speeds.toml"))
    network, built = build_network(lines, key="county")
    assert not report.unknown_classes
    assert not any(built.dropped.values())
    assert network.edge_count >= len(features) > 8000
    drive = built.modes[Mode.DRIVE]
    assert drive.largest_component_km / drive.length_km > 0.95
    assert np.isfinite(network.modes[Mode.DRIVE].time_s).all()
    assert built.modes[Mode.WALK].length_km < drive.length_km  # nobody walks on the motorway
