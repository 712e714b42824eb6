"""What of the layer of roads its network is made of, from a whole layer or from features on their way into it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self, cast

import numpy as np

from geo_ems.model.columns import BoolArray, Column, FloatArray, LayerColumns, ObjectArray
from geo_ems.model.definitions import FieldType
from geo_ems.model.features import Feature, Value

_TEXTS = (
    *("code", "road_class", "oneway", "oneway_walk", "drive_access", "walk_access"),
    *("from_node", "to_node", "turn_rules"),
)


@dataclass(frozen=True, slots=True)
class RoadFields:
    """r roads; every field is an array of shape (r,).

    Texts and codes are "" and numbers NaN where nothing is known, and so they are where a layer lacks the field.
    """

    ids: ObjectArray
    lines: ObjectArray
    code: ObjectArray
    road_class: ObjectArray
    oneway: ObjectArray
    oneway_walk: ObjectArray
    drive_access: ObjectArray
    walk_access: ObjectArray
    from_node: ObjectArray
    to_node: ObjectArray
    turn_rules: ObjectArray
    speed_kmh: FloatArray
    duration_s: FloatArray

    @classmethod
    def of_columns(cls, columns: LayerColumns) -> Self:
        """Return the fields of a layer."""
        size = len(columns)
        return cls(
            ids=columns.ids,
            lines=columns.geometries,
            speed_kmh=_numbers(columns.columns.get("speed_kmh"), size),
            duration_s=_numbers(columns.columns.get("duration_s"), size),
            **{name: _texts(columns.columns.get(name), size) for name in _TEXTS},
        )

    @classmethod
    def of_features(cls, features: Sequence[Feature]) -> Self:
        """Return the fields of features."""
        lines = np.empty(len(features), np.object_)
        lines[:] = [feature.geometry for feature in features]
        return cls(
            ids=_objects([feature.id for feature in features]),
            lines=lines,
            speed_kmh=np.array([_number(feature.properties.get("speed_kmh")) for feature in features], np.float64),
            duration_s=np.array([_number(feature.properties.get("duration_s")) for feature in features], np.float64),
            **{name: _objects([_text(feature.properties.get(name)) for feature in features]) for name in _TEXTS},
        )

    def kept(self, rows: BoolArray) -> Self:
        """Return some of the roads."""
        return type(self)(**{name: getattr(self, name)[rows] for name in self.__slots__})

    def joined(self, other: Self) -> Self:
        """Return these roads and others."""
        return type(self)(
            **{name: np.concatenate([getattr(self, name), getattr(other, name)]) for name in self.__slots__}
        )


def _texts(column: Column | None, size: int) -> ObjectArray:
    if column is None:
        return _objects([""] * size)
    if column.field.type is FieldType.CODE:
        words = _objects([*column.field.codes, ""])  # an unknown code is -1: the last one
        return np.asarray(words[column.values.astype(np.int64)])
    return np.where(column.known, column.values, "").astype(np.object_)


def _numbers(column: Column | None, size: int) -> FloatArray:
    if column is None:
        return np.full(size, np.nan)
    return np.where(column.known, column.values, np.nan).astype(np.float64)


def _objects(values: list[str]) -> ObjectArray:
    array = np.empty(len(values), np.object_)
    array[:] = values
    return array


def _text(value: Value) -> str:
    return "" if value is None else str(value)


def _number(value: Value) -> float:
    return float("nan") if value is None else float(cast("float", value))
