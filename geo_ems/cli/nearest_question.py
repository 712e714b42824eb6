"""The command `nearest`: its arguments as they are written, and its answer; it needs no library of the command line."""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from geo_ems.cli.arguments import (
    availability_argument,
    choice_argument,
    input_file,
    instant_argument,
    language_argument,
    lonlat_argument,
    measured_argument,
    policies_argument,
)
from geo_ems.errors import UsageError
from geo_ems.model.roads import Direction, Metric, Mode

if TYPE_CHECKING:
    from geo_ems.services.barrier_question import DrawnBarrier

_FORMATS = ("table", "json", "geojson", "csv")
_METRICS = tuple(Metric)
_BARRIER_FILES = (".geojson", ".json")


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
    metric: str | None = None
    cutoff: str | None = None
    availability: str = "available"
    as_of: str | None = None
    max_position_age: float | None = None
    include_excluded: bool = False
    ignore_hazards: bool = False
    lang: str | None = None
    output_format: str = "table"
    direction: str | None = None
    mode: str = "drive"
    barriers: tuple[str, ...] = ()
    policy: tuple[str, ...] = ()
    include_route: bool = False
    own_area_only: bool = False


def answer_question(asked: NearestArguments) -> None:
    """Print the answer to one question.

    Raises
    ------
    GeoEmsError
        Where an argument, the project or the store refuses.
    """
    choice_argument(asked.output_format, _FORMATS, option="--format")
    metric = None if asked.metric is None else Metric(choice_argument(asked.metric, _METRICS, option="--metric"))
    mode = Mode(choice_argument(asked.mode, tuple(Mode), option="--mode"))
    direction = None
    if asked.direction is not None:
        direction = Direction(choice_argument(asked.direction, tuple(Direction), option="--direction"))
    cutoff = measured_argument(asked.cutoff)
    from geo_ems.queries.light_pyproj import use_light_pyproj

    use_light_pyproj()
    from geo_ems.bootstrap import current_project, opened
    from geo_ems.catalogue.conditions import parse_condition_text, stock_condition
    from geo_ems.formats.answers import json_bytes, nearest_csv, nearest_geojson, nearest_mapping
    from geo_ems.model.caller import LOCAL
    from geo_ems.model.conditions import AllOf
    from geo_ems.services.nearest import nearest
    from geo_ems.services.questions import NearestQuestion

    project = current_project()
    drawn, barrier_ids = _barriers(asked.barriers)
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
            cutoff_m=cutoff.metres,
            cutoff_s=cutoff.seconds,
            as_of=instant_argument(asked.as_of, project.zone, option="--as-of"),
            max_position_age_s=asked.max_position_age,
            include_excluded=asked.include_excluded,
            ignore_hazards=asked.ignore_hazards,
            language=language_argument(asked.lang, project.language),
            metric=metric,
            mode=mode,
            direction=direction,
            drawn_barriers=drawn,
            barrier_ids=barrier_ids,
            policy=policies_argument(asked.policy),
            include_route=asked.include_route,
            own_area_only=asked.own_area_only,
        )
        answer = nearest(
            application.snapshots,
            question,
            caller=LOCAL,
            defaults=project.defaults,
            zone=project.zone,
            clock=application.clock,
            roads=application.roads,
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


def _barriers(texts: Sequence[str]) -> tuple["tuple[DrawnBarrier, ...]", tuple[str, ...]]:
    """Return the barriers of the files among the texts, and the ids that the others are."""
    files = [text for text in texts if text.lower().endswith(_BARRIER_FILES)]
    ids = tuple(dict.fromkeys(part.strip() for text in texts if text not in files for part in text.split(",")))
    if not files:
        return (), ids
    from geo_ems.services.drawn_barriers import drawn_barriers

    drawn: tuple[DrawnBarrier, ...] = ()
    for file in files:
        drawn += drawn_barriers(_read_json(input_file(Path(file))), first_number=len(drawn) + 1)
    return drawn, ids


def _read_json(path: Path) -> object:
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise UsageError(
            f"'{path.name}' is no JSON: {str(error)[:100]}",
            where="--barriers",
            remedy="Give a GeoJSON file with the barriers as features.",
            field="barriers",
        ) from error


def _print(content: bytes | str) -> None:
    sys.stdout.flush()
    if isinstance(content, str):
        sys.stdout.write(content)
    else:
        sys.stdout.buffer.write(content)
    sys.stdout.flush()
