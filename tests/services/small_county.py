"""A small county in a real store: what the service tests ask about."""

from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from zoneinfo import ZoneInfo

from shapely import Point
from shapely.geometry.base import BaseGeometry

from geo_ems.catalogue.conditions import parse_condition_text, stock_condition
from geo_ems.catalogue.snapshots import SnapshotSource
from geo_ems.catalogue.speed_table import SPEED_FILE, SpeedTableFile
from geo_ems.model.answers import CoverageAnswer, NearestAnswer
from geo_ems.model.area_answers import ServiceAreasAnswer
from geo_ems.model.caller import LOCAL, Caller
from geo_ems.model.conditions import AllOf
from geo_ems.model.definitions import LayerDefinition
from geo_ems.model.features import ChangeBatch, ChangeKind, Feature, FeatureChange, Value
from geo_ems.services.area_question import ServiceAreaQuestion
from geo_ems.services.coverage import coverage
from geo_ems.services.districts import DistrictStore
from geo_ems.services.nearest import nearest
from geo_ems.services.questions import CoverageQuestion, NearestQuestion
from geo_ems.services.roads import RoadSource
from geo_ems.services.service_areas import service_areas
from geo_ems.settings import Defaults, bundled_folder
from geo_ems.storage.geopackage_store import open_geopackage

NOON = datetime(2026, 7, 1, 4, 0, 0, tzinfo=UTC)
EQUATOR_DEGREE_M = 111_319.490793  # 2 pi 6378137 / 360


class SmallCounty:
    """Puts features into layers and asks the services."""

    def __init__(self, store: Path, definitions: Mapping[str, LayerDefinition]) -> None:
        self.definitions = definitions
        numbers = count(1)
        self.embedded = open_geopackage(store, clock=lambda: NOON, new_id=lambda: f"n{next(numbers):04d}")
        self.store = DistrictStore(self.embedded, self.definitions)
        self.snapshots = SnapshotSource(self.store, self.definitions)
        table = SpeedTableFile(bundled_folder() / "rules" / SPEED_FILE)
        self.roads = RoadSource(speeds=table.current)

    def put(
        self,
        layer: str,
        feature_id: str,
        place: tuple[float, float] | BaseGeometry | None,
        *,
        stock: tuple[Mapping[str, Value], ...] = (),
        **values: Value,
    ) -> None:
        geometry = Point(place) if isinstance(place, tuple) else place
        feature = Feature(feature_id, geometry, {"name": feature_id, **values}, {"stock": stock} if stock else {})
        self.store.commit(
            ChangeBatch(layer, (FeatureChange(ChangeKind.UPSERT, feature_id, feature),), "tester", "test")
        )

    def put_roads(self, lines: Mapping[str, BaseGeometry]) -> None:
        """Put village roads in one commit: one by one they would take most of a test's time."""
        changes = [
            FeatureChange(ChangeKind.UPSERT, name, Feature(name, line, {"name": name, "road_class": "village"}, {}))
            for name, line in lines.items()
        ]
        self.store.commit(ChangeBatch("roads", tuple(changes), "tester", "test"))

    def nearest(
        self,
        layer: str,
        at: tuple[float, float] | None = (0.0, 0.0),
        *,
        where: tuple[str, ...] = (),
        stock: tuple[str, float] | None = None,
        caller: Caller = LOCAL,
        **more: object,
    ) -> NearestAnswer:
        definition = self.definitions[layer]
        conditions = [parse_condition_text(text, definition, include_private=True) for text in where]
        if stock is not None:
            conditions.append(stock_condition(*stock, definition))
        question = NearestQuestion(
            layer=layer,
            at_lonlat_deg=at,
            where=AllOf(tuple(conditions)),
            **{"language": "en", **more},  # type: ignore[arg-type]
        )
        return nearest(
            self.snapshots, question, caller=caller, defaults=Defaults(), zone=ZoneInfo("UTC"), clock=lambda: NOON
        )

    def coverage(self, layer: str, *, where: tuple[str, ...] = (), **more: object) -> CoverageAnswer:
        definition = self.definitions[layer]
        conditions = tuple(parse_condition_text(text, definition, include_private=True) for text in where)
        question = CoverageQuestion(
            layer=layer,
            where=AllOf(conditions),
            **{"language": "en", **more},  # type: ignore[arg-type]
        )
        return coverage(
            self.snapshots,
            question,
            caller=LOCAL,
            defaults=Defaults(),
            zone=ZoneInfo("UTC"),
            clock=lambda: NOON,
            roads=self.roads,
        )

    def service_areas(self, layer: str, *, where: tuple[str, ...] = (), **more: object) -> ServiceAreasAnswer:
        definition = self.definitions[layer]
        conditions = tuple(parse_condition_text(text, definition, include_private=True) for text in where)
        question = ServiceAreaQuestion(
            layer=layer,
            where=AllOf(conditions),
            **{"language": "en", **more},  # type: ignore[arg-type]
        )
        return service_areas(
            self.snapshots,
            question,
            caller=LOCAL,
            defaults=Defaults(),
            zone=ZoneInfo("UTC"),
            clock=lambda: NOON,
            roads=self.roads,
        )
