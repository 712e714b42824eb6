"""How the places of a file are read: what was asked for, what a list of refused rows carries, where home is."""

import json
import math
from dataclasses import replace

import numpy as np
import shapely

from geo_ems.catalogue.place_systems import AskedSystem
from geo_ems.errors import UsageError
from geo_ems.formats.column_names import OPTIONS_COLUMN, report_columns
from geo_ems.formats.planar import Box
from geo_ems.formats.raw import RawFile
from geo_ems.model.columns import BoolArray, LayerColumns, value_at
from geo_ems.queries.china_datums import Datum
from geo_ems.services.import_options import ImportOptions, accuracy_asked, datum_asked
from geo_ems.storage.protocol import LayerStore

DISTRICTS, POPULATION = "districts", "population"
_MOST_CHARACTERS = 20_000
_FEW = 3


def asked_system(options: ImportOptions, store: LayerStore) -> AskedSystem:
    """Return what is asked of the coordinates, with the place where the project lies."""
    return AskedSystem(options.crs, options.datum, options.accept_accuracy_m, project_home(store))


def project_home(store: LayerStore) -> Box | None:
    """Return west, south, east, north of the project: its districts of the commonest level, else its villages.

    None where neither is stored. The circle of a province round the county is no home.
    """
    layers = store.describe().layers
    for name in (DISTRICTS, POPULATION):
        if name not in layers or not layers[name].count:
            continue
        columns = store.read_columns(name)
        bounds = shapely.bounds(columns.geometries[_of_commonest_level(columns)])
        bounds = bounds[np.isfinite(bounds).all(axis=1)]
        if len(bounds):
            (west, south), (east, north) = bounds[:, :2].min(axis=0), bounds[:, 2:].max(axis=0)
            return float(west), float(south), float(east), float(north)
    return None


def _of_commonest_level(columns: LayerColumns) -> BoolArray:
    level = columns.columns.get("level")
    if level is None or len(columns) < _FEW:
        return np.ones(len(columns), dtype=np.bool_)
    values = [value_at(level, row) for row in range(len(columns))]
    commonest = max(dict.fromkeys(values), key=values.count)
    return np.array([value == commonest for value in values], dtype=np.bool_)


def options_text(options: ImportOptions, heading_datum: Datum | None) -> str:
    """Return the options that a list of refused rows must carry, so that it can be imported as it is; "" for none."""
    datum = options.datum or heading_datum
    accepted = options.accept_accuracy_m
    said = {
        "crs": options.crs,
        "datum": None if datum is None else datum.value,
        "accept_accuracy_m": None if accepted is None else "unknown" if accepted == math.inf else f"{accepted:g}",
        "place_by": ",".join(options.place_by) or None,
    }
    kept = {name: value for name, value in said.items() if value is not None}
    return json.dumps(kept, ensure_ascii=False) if kept else ""


def with_carried_options(options: ImportOptions, raw: RawFile) -> ImportOptions:
    """Return the options with those that a list of refused rows carries, where they are not given anew.

    Raises
    ------
    UsageError
        Where somebody changed what it carries into something that is none.
    """
    index = report_columns(raw.columns).get(OPTIONS_COLUMN)
    if index is None:
        return options
    texts = {str(record.values[index]) for record in raw.records if record.values[index] is not None}
    if len(texts) != 1:
        return options
    carried = _parsed(texts.pop(), raw.name)
    datum, accuracy, place_by = (carried.get(name) for name in ("datum", "accept_accuracy_m", "place_by"))
    is_asked_anew = options.crs is not None or options.datum is not None
    return replace(
        options,
        crs=options.crs if is_asked_anew else carried.get("crs"),
        datum=options.datum if is_asked_anew or datum is None else datum_asked(datum),
        accept_accuracy_m=accuracy_asked(accuracy)
        if options.accept_accuracy_m is None and accuracy is not None
        else options.accept_accuracy_m,
        place_by=options.place_by or (tuple(place_by.split(",")) if place_by else ()),
    )


def _parsed(text: str, where: str) -> dict[str, str]:
    try:
        carried = json.loads(text) if len(text) <= _MOST_CHARACTERS else None
    except ValueError:
        carried = None
    if not isinstance(carried, dict) or not all(isinstance(value, str) for value in carried.values()):
        raise UsageError(
            f"The column {OPTIONS_COLUMN} does not hold what it was written with",
            where=where,
            remedy="Put its text back as it was, or empty the column and give the options anew.",
        )
    return carried
