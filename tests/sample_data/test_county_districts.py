from collections import Counter
from itertools import pairwise

import shapely


def segments(shape):
    for polygon in getattr(shape, "geoms", [shape]):
        for ring in [polygon.exterior, *polygon.interiors]:
            points = list(ring.coords)
            yield from (tuple(sorted(pair)) for pair in pairwise(points))


def test_24_townships_tile_the_county_border_by_border(townships, districts):
    uses = Counter(segment for shape in townships.values() for segment in segments(shape))
    outline = set(segments(districts["990121"][1]))

    assert len(townships) == 24
    assert set(uses.values()) == {1, 2}
    assert {segment for segment, count in uses.items() if count == 1} == outline


def test_townships_do_not_overlap(townships):
    shapes = list(townships.values())

    assert all(shape.is_valid for shape in shapes)
    assert abs(sum(shape.area for shape in shapes) - shapely.union_all(shapes).area) < 1e-12


def test_three_zones_are_made_of_whole_townships(districts, townships):
    zones = [shape for values, shape in districts.values() if values["level"] == "zone"]

    assert len(zones) == 3
    for township in townships.values():
        shares = [zone.intersection(township).area / township.area for zone in zones]
        assert max(shares) > 0.999999


def test_every_district_lies_in_its_parent(districts):
    for values, shape in districts.values():
        if "parent_id" in values:
            assert districts[values["parent_id"]][1].buffer(1e-6).contains(shape), values["name"]


def test_a_township_is_compact_enough_to_be_one(townships):
    for name, shape in townships.items():
        roundness = 12.57 * shape.area / shape.length**2
        assert roundness > 0.22, name


def test_population_points_lie_in_the_township_they_name(population, townships):
    for row in population:
        point = shapely.Point(float(row["lon"]), float(row["lat"]))
        assert townships[row["address"]].covers(point), row["name"]
