"""What goes out: the features of one layer that were asked for, and what is to be said of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import orjson

from geo_ems.model.answers import DataAsOf
from geo_ems.model.columns import BoolArray, IntArray, LayerColumns, ObjectArray
from geo_ems.model.definitions import FieldDefinition, LayerDefinition
from geo_ems.model.labels import Language

CodeTexts = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class TableColumn:
    """One column of a table: its heading, the field, and how each code is written."""

    heading: str
    field: FieldDefinition
    code_texts: CodeTexts


@dataclass(frozen=True, slots=True)
class ChildTableColumns:
    """The columns of a child table, and the heading under which its parent stands."""

    parent_heading: str
    columns: tuple[TableColumn, ...]


@dataclass(frozen=True, slots=True)
class ExportedLayer:
    """The features `rows`, shape (m,), of a layer; only the fields that have a column go out."""

    columns: LayerColumns
    rows: IntArray
    table: tuple[TableColumn, ...]
    children: Mapping[str, ChildTableColumns]

    @property
    def definition(self) -> LayerDefinition:
        """Return the definition of the layer."""
        return self.columns.definition

    @property
    def ids(self) -> list[str]:
        """Return the ids, in the order of the rows."""
        return [str(identity) for identity in self.columns.ids[self.rows]]

    @property
    def geometries(self) -> ObjectArray:
        """Return the geometries, lon/lat in degrees, None where a feature has no place."""
        return self.columns.geometries[self.rows]

    @property
    def is_located(self) -> BoolArray:
        """Return which features have a place, shape (m,)."""
        return np.array([geometry is not None for geometry in self.geometries], dtype=np.bool_)

    def child_lines(self, name: str) -> tuple[IntArray, list[str]]:
        """Return the rows of a child table that belong to the features, and the id of the parent of each."""
        place_of = {int(row): place for place, row in enumerate(self.rows)}
        parents = self.columns.children[name].parent_index
        lines = np.flatnonzero(np.isin(parents, self.rows))
        lines = lines[np.argsort([place_of[int(parent)] for parent in parents[lines]], kind="stable")]
        return lines, [str(self.columns.ids[parent]) for parent in parents[lines]]


@dataclass(frozen=True, slots=True)
class ExportFacts:
    """What every file says of where it comes from; `as_of` is the instant of the export."""

    snapshot_id: str
    as_of: datetime
    data_as_of: Mapping[str, DataAsOf]
    language: Language
    zone: ZoneInfo

    def mapping(self) -> dict[str, object]:
        """Return the facts for JSON."""
        return {
            "snapshot_id": self.snapshot_id,
            "as_of": self.as_of.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "data_as_of": {
                layer: {
                    "observed_min": age.observed_min,
                    "observed_max": age.observed_max,
                    "changed_at": age.changed_at,
                }
                for layer, age in self.data_as_of.items()
            },
        }

    def text(self) -> str:
        """Return the facts as one line of JSON, for formats that take a description."""
        return orjson.dumps(self.mapping()).decode()
