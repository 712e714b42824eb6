"""A column that says of every row in which system its coordinates are: never passed over in silence."""

import re
from collections import Counter

from geo_ems.catalogue.place_systems import AskedSystem
from geo_ems.catalogue.record_matching import ColumnPlan
from geo_ems.catalogue.record_place_columns import datum_of_heading
from geo_ems.errors import DataError
from geo_ems.formats.column_names import fold_name
from geo_ems.formats.raw import RawFile
from geo_ems.queries.china_datums import Datum

_HEADINGS = frozenset(
    (
        *("坐标系", "坐标系统", "坐标系类型", "坐标类型", "坐标体系", "坐标系名称", "坐标基准", "大地基准", "空间参考"),
        *("crs", "srs", "datum", "coordinatesystem", "coordinate system", "coord_type", "coordtype", "coordsys"),
    )
)
_OLD = re.compile(
    r"西安-?(?:19)?80|xi'?an-?(?:19)?80|北京-?(?:19)?54|beijing-?(?:19)?54|bj-?54|^(?:epsg:)?(?:4610|4214)$"
)
_AS_WGS84 = (Datum.WGS84, Datum.CGCS2000)


def check_system_column(raw: RawFile, plan: ColumnPlan, asked: AskedSystem) -> None:
    """Refuse a table of degrees in which such a column names another system than the one that would be used.

    Nothing is said where the person who imports names the system, nor of values that are not understood.

    Raises
    ------
    DataError
        Saying how many rows are in which system.
    """
    if asked.datum is not None or asked.crs is not None or not plan.places:
        return
    used = (plan.datum,) if plan.datum is not None else _AS_WGS84
    for unused in plan.unused:
        if fold_name(unused.column) not in _HEADINGS or unused.column not in raw.columns:
            continue
        index = raw.columns.index(unused.column)
        stated = Counter(str(record.values[index]) for record in raw.records if record.values[index] is not None)
        others = {text: count for text, count in stated.items() if _is_other(text, used)}
        if others:
            named = ", ".join(f"{text} ({count})" for text, count in others.items())
            raise DataError(
                f"Column '{unused.column}' names another system for {sum(others.values())} of {len(raw.records)} "
                f"rows: {named:.200}",
                where=raw.name,
                remedy="Put the rows of each system into a file of their own and name it: --datum gcj02, bd09 or "
                "wgs84, or --crs. It then holds for the whole file.",
            )


def _is_other(text: str, used: tuple[Datum, ...]) -> bool:
    datum = datum_of_heading(text)
    return datum not in used if datum is not None else _OLD.search(fold_name(text)) is not None
