"""What lies in the county that the tests of the API ask about."""

from shapely import LineString, Point, Polygon
from shapely.geometry.base import BaseGeometry

from geo_ems.model.features import ChangeBatch, ChangeKind, Feature, FeatureChange, Value
from geo_ems.storage.protocol import LayerStore


def put(
    store: LayerStore,
    layer: str,
    feature_id: str,
    place: tuple[float, float] | BaseGeometry | None,
    *,
    stock: tuple[dict[str, Value], ...] = (),
    **values: Value,
) -> None:
    geometry = Point(place) if isinstance(place, tuple) else place
    feature = Feature(feature_id, geometry, {"name": feature_id, **values}, {"stock": stock} if stock else {})
    store.commit(ChangeBatch(layer, (FeatureChange(ChangeKind.UPSERT, feature_id, feature),), "tester", "test"))


def fill(store: LayerStore) -> None:
    """A county of one degree around (111.5, 31.5), with one feature on either side of the 180th meridian."""
    square = Polygon([(111, 31), (112, 31), (112, 32), (111, 32)])
    put(store, "districts", "D1", square, name="青溪县", name_en="Qingxi", level="county")
    put(store, "population", "V1", (111.50, 31.20), name="漳村", people_persons=100, kind="village")
    put(store, "population", "V2", (111.60, 31.30), name="王家湾", people_persons=50, kind="village")
    put(
        store,
        "shelters",
        "S1",
        (111.51, 31.20),
        name="青溪小学",
        name_en="Qingxi School",
        status="open",
        capacity_persons=300,
        suitable_for=("flood", "earthquake"),
        surveyed_on="2026-05-01",
        key_holder="钥匙人",
        key_holder_phone="13800000000",
    )
    put(
        store,
        "shelters",
        "S2",
        (111.55, 31.25),
        name="体育馆",
        status="standby",
        suitable_for=("flood",),
        surveyed_on="2026-06-01",
        capacity_persons=800,
    )
    put(store, "shelters", "S3", (179.9, 10.0), name="东", status="open")
    put(store, "shelters", "S4", (-179.9, 10.0), name="西", status="closed")
    put(store, "shelters", "S5", None, name="无坐标", status="open")
    put(
        store,
        "supply_depots",
        "P1",
        (111.52, 31.22),
        name="县库",
        status="open",
        level="county",
        stock=({"item": "tent", "quantity": 60.0, "expires_on": "2030-01-01"},),
    )
    put(
        store,
        "response_teams",
        "T1",
        (111.53, 31.23),
        name="救援一队",
        status="available",
        tier="grassroots",
        capabilities=("boat", "flood_rescue"),
        position_mode="base",
    )
    put(
        store,
        "incidents",
        "I1",
        (111.50, 31.21),
        name="洪水",
        kind="flood",
        state="open",
        occurred_at="2026-06-30T19:10:00Z",
    )
    put(
        store,
        "hazard_areas",
        "H1",
        Polygon([(111.7, 31.7), (111.8, 31.7), (111.8, 31.8)]),
        name="淹没区",
        kind="flood",
        state="active",
        valid_from="2026-06-30T00:00:00Z",
    )
    put(store, "roads", "R1", LineString([(111.4, 31.2), (111.6, 31.2)]), name="沿河路", road_class="secondary")
    put(store, "roads", "R2", LineString([(111.6, 31.2), (111.61, 31.2)]), name="沿河路", road_class="secondary")
