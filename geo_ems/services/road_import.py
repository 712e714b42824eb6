"""Import of roads: an extract of OpenStreetMap or a table of lines, and what network comes of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from geo_ems.errors import UsageError
from geo_ems.formats.osm_extracts import ATTRIBUTION, OsmExtract, osm_kind, read_osm_extract
from geo_ems.formats.raw import RawFile
from geo_ems.model.caller import Caller
from geo_ems.model.definitions import LayerDefinition
from geo_ems.model.labels import Label
from geo_ems.model.speeds import SpeedTable
from geo_ems.routing.building import build_network
from geo_ems.services.collecting import without_collecting
from geo_ems.services.import_options import ImportOptions, check_importer
from geo_ems.services.import_outcome import Outcome
from geo_ems.services.import_report import ImportReport
from geo_ems.services.imports import import_file, import_records
from geo_ems.services.osm_roads import OsmDropped, osm_road_records
from geo_ems.services.road_fields import RoadFields
from geo_ems.services.road_lines import road_lines
from geo_ems.services.road_report import RoadFacts, road_facts
from geo_ems.services.roads import ROADS
from geo_ems.storage.protocol import LayerStore

_OF_TABLES = ("column_map", "given", "key", "crs", "datum", "encoding", "sheet", "place_by")

READING = Label("读取文件……", "reading the file ...")
CUTTING = Label("在路口处切开……", "cutting at junctions ...")
COMPARING = Label("与已有道路比对……", "comparing with the roads that are stored ...")
JOINING = Label("连成路网……", "joining the network ...")
STORING = Label("写入……", "storing ...")


@dataclass(frozen=True, slots=True)
class RoadImport:
    """What an import of roads did with each row, and the network that stands after it (in a dry run: would)."""

    report: ImportReport
    facts: RoadFacts


@dataclass(frozen=True, slots=True)
class RoadOptions:
    """How roads are imported: by which speed table, beside others or not; `tell` is told each step before it begins."""

    speeds: SpeedTable
    keep_others: bool = False
    tell: Callable[[Label], None] = lambda _step: None


@dataclass(slots=True)
class _Given:
    """What an extract says of itself, for the facts."""

    extract: OsmExtract | None = None
    dropped: OsmDropped | None = None


def import_roads(
    path: Path,
    *,
    definition: LayerDefinition,
    store: LayerStore,
    caller: Caller,
    options: ImportOptions,
    how: RoadOptions,
    zone: ZoneInfo,
    new_id: Callable[[], str],
) -> RoadImport:
    """Import roads into the layer `roads`.

    An extract stands for the whole network unless others are kept; of a table `options.retire_missing` says so.

    Raises
    ------
    DataError
        Where the file cannot be used as a whole, or has no roads.
    UsageError
        Where an option is wrong, does not fit an extract, or the caller may not import.
    ConflictError
        Where a road was changed by somebody else meanwhile.
    """
    check_importer(caller)
    how.tell(READING)
    kind = osm_kind(path)
    found: list[RoadFacts] = []
    given = _Given()

    def facts_of(outcome: Outcome) -> Mapping[str, object]:
        how.tell(JOINING)
        found.append(_facts(outcome, store, how.speeds, given))
        how.tell(STORING)
        return {"roads": found[0].mapping()}

    with without_collecting():
        if kind is None:
            report = import_file(
                path,
                definition=definition,
                store=store,
                caller=caller,
                options=options,
                zone=zone,
                new_id=new_id,
                facts=facts_of,
            )
        else:
            _check_options(options, path)
            raw = _extract_records(path, kind, how, given)
            report = import_records(
                raw,
                definition=definition,
                store=store,
                caller=caller,
                options=replace(options, retire_missing=not how.keep_others),
                zone=zone,
                new_id=new_id,
                facts=facts_of,
            )
    return RoadImport(report, found[0])


def _check_options(options: ImportOptions, path: Path) -> None:
    for name in _OF_TABLES:
        if getattr(options, name):
            raise UsageError(
                f"'{name}' is for tables of lines; an extract of OpenStreetMap says it itself",
                where=path.name,
                remedy="Leave it out.",
                field=name,
            )


def _extract_records(path: Path, kind: str, how: RoadOptions, given: _Given) -> RawFile:
    speeds = how.speeds
    extract = read_osm_extract(path, kind=kind, access_keys=(*speeds.drive_keys, *speeds.walk_keys))
    how.tell(CUTTING)
    raw, dropped = osm_road_records(extract, speeds)
    given.extract, given.dropped = extract, dropped
    how.tell(COMPARING)
    return raw


def _facts(outcome: Outcome, store: LayerStore, speeds: SpeedTable, given: _Given) -> RoadFacts:
    """Return the network that the layer makes once the changes are stored."""
    columns = store.read_columns(ROADS)
    # Where too many would go, nothing is stored; the facts are those of the network as the file would have it.
    touched = {change.id for change in outcome.changes} | {item.id for item in outcome.retiring.features}
    stays = np.array([str(identity) not in touched for identity in columns.ids], np.bool_)
    written = [change.feature for change in outcome.changes if change.feature is not None]
    roads = RoadFields.of_columns(columns).kept(stays).joined(RoadFields.of_features(written))
    lines, found = road_lines(roads, speeds)
    _, built = build_network(lines, key="")
    extract = given.extract
    return road_facts(
        built,
        found,
        dropped=given.dropped,
        attribution=ATTRIBUTION if extract is not None else "; ".join(_attributions(outcome)),
        extracted_on=extract.extracted_on if extract is not None else "",
        is_date_stated=extract.is_date_stated if extract is not None else True,
    )


def _attributions(outcome: Outcome) -> Sequence[str]:
    named = {change.feature.properties.get("attribution") for change in outcome.changes if change.feature is not None}
    return sorted(str(text) for text in named if text)
