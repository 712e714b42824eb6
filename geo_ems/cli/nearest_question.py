"""The command `nearest`: its arguments as they are written, and its answer; it needs no library of the command line."""

import sys
from dataclasses import dataclass

from geo_ems.cli.arguments import (
    availability_argument,
    choice_argument,
    cutoff_argument,
    instant_argument,
    language_argument,
    lonlat_argument,
    metric_argument,
)

_FORMATS = ("table", "json", "geojson", "csv")


@dataclass(frozen=True, slots=True)
class NearestArguments:
    """What was written after `geo-ems nearest`, with what holds where nothing was."""

    layer: str
    at: str | None = None
    incident: str | None = None
    k: int | None = None
    where: tuple[str, ...] = ()
    item: str | None = None
    quantity: float | None = None
    metric: str = "straight_line"
    cutoff: str | None = None
    availability: str = "available"
    as_of: str | None = None
    max_position_age: float | None = None
    include_excluded: bool = False
    ignore_hazards: bool = False
    lang: str | None = None
    output_format: str = "table"


def answer_question(asked: NearestArguments) -> None:
    """Print the answer to one question.

    Raises
    ------
    GeoEmsError
        Where an argument, the project or the store refuses.
    """
    choice_argument(asked.output_format, _FORMATS, option="--format")
    metric_argument(asked.metric)
    from geo_ems.queries.light_pyproj import use_light_pyproj

    use_light_pyproj()
    from geo_ems.bootstrap import current_project, opened
    from geo_ems.catalogue.conditions import parse_condition_text, stock_condition
    from geo_ems.errors import UsageError
    from geo_ems.formats.answers import json_bytes, nearest_csv, nearest_geojson, nearest_mapping
    from geo_ems.model.caller import LOCAL
    from geo_ems.model.conditions import AllOf
    from geo_ems.services.nearest import nearest
    from geo_ems.services.questions import NearestQuestion

    project = current_project()
    item, quantity = asked.item, asked.quantity
    if (item is None) != (quantity is None):
        raise UsageError("An item and a quantity go together", remedy="Write --item tent --quantity 50.", field="item")
    with opened(project, read_only=True) as application:
        definition = application.snapshots.definition(asked.layer)
        conditions = [parse_condition_text(text, definition, include_private=True) for text in asked.where]
        if item is not None and quantity is not None:
            conditions.append(stock_condition(item, quantity, definition))
        question = NearestQuestion(
            layer=asked.layer,
            at_lonlat_deg=None if asked.at is None else lonlat_argument(asked.at),
            incident_id=asked.incident,
            k=asked.k,
            where=AllOf(tuple(conditions)),
            where_text=(*asked.where, *(() if item is None else (f"stock: {item} >= {quantity:g}",))),
            availability=availability_argument(asked.availability),
            cutoff_m=cutoff_argument(asked.cutoff),
            as_of=instant_argument(asked.as_of, project.zone, option="--as-of"),
            max_position_age_s=asked.max_position_age,
            include_excluded=asked.include_excluded,
            ignore_hazards=asked.ignore_hazards,
            language=language_argument(asked.lang, project.language),
        )
        answer = nearest(
            application.snapshots,
            question,
            caller=LOCAL,
            defaults=project.defaults,
            zone=project.zone,
            clock=application.clock,
        )
    match asked.output_format:
        case "json":
            _print(json_bytes(nearest_mapping(answer)))
        case "geojson":
            _print(json_bytes(nearest_geojson(answer)))
        case "csv":
            _print(nearest_csv(answer))
        case _:
            from geo_ems.cli.tables import print_nearest

            print_nearest(answer, definition, question.language, project.zone)


def _print(content: bytes | str) -> None:
    sys.stdout.flush()
    if isinstance(content, str):
        sys.stdout.write(content)
    else:
        sys.stdout.buffer.write(content)
    sys.stdout.flush()
