"""What the command line says of roads, as the services take it: breaks, barriers, modes."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from geo_ems.cli.arguments import Cutoff, choice_argument, input_file, measured_argument
from geo_ems.errors import UsageError
from geo_ems.model.roads import Direction, Metric, Mode

if TYPE_CHECKING:
    from geo_ems.services.barrier_question import DrawnBarrier

_BARRIER_FILES = (".geojson", ".json")


def metric_asked(text: str | None) -> Metric | None:
    """Return a metric, None where none is asked for."""
    return None if text is None else Metric(choice_argument(text, tuple(Metric), option="--metric"))


def mode_asked(text: str | None) -> Mode | None:
    """Return how one moves, None where it is not said."""
    return None if text is None else Mode(choice_argument(text, tuple(Mode), option="--mode"))


def direction_asked(text: str | None) -> Direction | None:
    """Return which way is travelled, None where it is not said."""
    return None if text is None else Direction(choice_argument(text, tuple(Direction), option="--direction"))


def breaks_argument(text: str) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return breaks in seconds and in metres from "5min,10min" or "500m,1km"."""
    found: list[Cutoff] = []
    for part in text.replace("，", ",").split(","):
        try:
            found.append(measured_argument(part))
        except UsageError as error:
            raise UsageError(
                f"'{part.strip()}' is not a break",
                where="--breaks",
                remedy="Write times or distances with their unit: 5min,10min or 500m,1km.",
                field="breaks",
                value=text,
            ) from error
    seconds = tuple(item.seconds for item in found if item.seconds is not None)
    metres = tuple(item.metres for item in found if item.metres is not None)
    return seconds, metres


def barriers_argument(texts: Sequence[str]) -> tuple["tuple[DrawnBarrier, ...]", tuple[str, ...]]:
    """Return the barriers of the GeoJSON files among the texts, and the ids that the others are."""
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
