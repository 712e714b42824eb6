"""An import of roads as JSON and as short text: what became of the rows, and the network that stands after it."""

import re

from geo_ems.formats.findings import Grade
from geo_ems.model.definitions import LayerDefinition
from geo_ems.model.labels import Language
from geo_ems.services.import_report import report_mapping, summary_lines
from geo_ems.services.road_import import RoadImport
from geo_ems.services.road_report import road_fact_lines
from geo_ems.services.words import say

_RETIRE_OPTION = re.compile(r"--retire-at-most \d+")  # of `geo-ems import`; here the option is --replace


def road_import_mapping(done: RoadImport) -> dict[str, object]:
    """Return the report as JSON; of the rows only those that were refused, warned of or repaired."""
    told = report_mapping(done.report)
    rows = told["rows"]
    if isinstance(rows, list):
        told["rows"] = [row for row in rows if row["grade"] != Grade.TAKEN.value]
    return {**told, "roads": done.facts.mapping()}


def road_import_lines(done: RoadImport, language: Language, definition: LayerDefinition) -> tuple[str, ...]:
    """Return the report as text."""
    lines = [_RETIRE_OPTION.sub("--replace", line) for line in summary_lines(done.report, language)]
    if done.report.rejected and done.report.retired:
        lines.append(
            say(
                language,
                "  确认用这个文件代替原有路网,加 --replace;原有的也要留,加 --add",
                "  If the file is to stand for the roads that are stored, add --replace; to keep them too, --add",
            )
        )
    if done.report.rejected:
        lines.append(say(language, "以下是文件里的路网,没有写入:", "the network of the file, which was not stored:"))
    labels = {name: code.label for name, code in definition.fields["road_class"].codes.items()}
    return (*lines, *road_fact_lines(done.facts, language, class_labels=labels))
