"""`geo-ems demo`: the main job on the demonstration county, each step said in Chinese and English."""

import shutil
import sys
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path

import typer

from geo_ems.bootstrap import Application, opened
from geo_ems.catalogue.conditions import parse_condition_text
from geo_ems.catalogue.record_findings import DATUM_OF_HEADINGS
from geo_ems.cli.arguments import write_output
from geo_ems.cli.demo_roads import ask, bridge_on_the_way, print_bridge_closed
from geo_ems.cli.tables import print_nearest, simple_table, terminal
from geo_ems.errors import UsageError
from geo_ems.formats.answers import coverage_csv
from geo_ems.model.answers import CoverageAnswer
from geo_ems.model.caller import LOCAL
from geo_ems.model.conditions import AllOf
from geo_ems.model.labels import Language
from geo_ems.services.coverage import coverage
from geo_ems.services.import_place_findings import PLACE_AMBIGUOUS
from geo_ems.services.import_report import RowReport
from geo_ems.services.import_workbook import write_refused_xlsx
from geo_ems.services.imports import ImportOptions, ImportReport, import_into
from geo_ems.services.maps import map_page
from geo_ems.services.projects import make_project_folder
from geo_ems.services.questions import CoverageQuestion, NearestQuestion
from geo_ems.settings import Project, bundled_folder, load_project
from geo_ems.storage.locking import StoreLock

_MARK = ".geo-ems-demo"
_STORE = "geo_ems.gpkg"
_NEEDED = "capabilities=flood_rescue+boat"  # three people are trapped by water
_BOTH: tuple[Language, ...] = ("zh", "en")


@dataclass(frozen=True, slots=True)
class _DemoFile:
    layer: str
    path: Path
    place_by: tuple[str, ...]


def run_demo(out: Path, *, language: Language | None) -> Project:
    """Import the sample county, ask, check coverage, write the map; return the project that was made."""
    languages = _BOTH if language is None else (language,)
    project = _fresh_project(out)
    if language is not None:
        project = replace(project, language=language)
    with opened(project) as application:
        _import_county(application, out, languages)
        _ask_for_teams(application, languages)
        answer = _check_coverage(application, languages)
        _write_files(application, out, answer, languages)
    return project


def _fresh_project(out: Path) -> Project:
    """Make the demonstration folder anew; a folder that is not ours, or still in use, is never touched."""
    folder = out / "project"
    if out.exists() and any(out.iterdir()) and not (out / _MARK).is_file():
        raise UsageError(
            f"'{out}' exists and is not a demonstration folder", remedy="Choose another: --out demo", field="out"
        )
    out.mkdir(parents=True, exist_ok=True)
    (out / _MARK).write_text("made by geo-ems demo; made anew each time\n", encoding="utf-8")
    if folder.exists():
        StoreLock(folder / _STORE).release()  # raises where a server or an import still works on it
        shutil.rmtree(folder)
    make_project_folder(folder)
    return load_project(folder, {})


def _import_county(application: Application, out: Path, languages: tuple[Language, ...]) -> None:
    reports: list[ImportReport] = []
    for file in _county_files():
        report = import_into(
            file.path,
            file.layer,
            definitions=application.snapshots.definitions,
            store=application.store,
            caller=LOCAL,
            options=ImportOptions(place_by=file.place_by),
            zone=application.project.zone,
            new_id=application.new_id,
        )
        if report.counts.refused:
            write_refused_xlsx(report, out / f"refused_{file.path.name.split('.')[0]}.xlsx")
        reports.append(report)
    taken = sum(report.counts.rows - report.counts.refused for report in reports)
    refused = sum(report.counts.refused for report in reports)
    unlocated = sum(report.counts.unlocated for report in reports)
    doubtful = [row for report in reports for row in report.rows if _is_ambiguous(row)]
    shifted = [report.file for report in reports if any(note.kind is DATUM_OF_HEADINGS for note in report.notes)]
    where = ", ".join(sorted(str(path) for path in out.glob("refused_*.xlsx")))
    others = unlocated - len(doubtful)
    _say(
        languages,
        f"1. 导入 {len(reports)} 个文件: 入库 {taken} 行, 拒绝 {refused} 行 → {where}; "
        f"{len(doubtful)} 处同名村待选定{f'; 另有 {others} 行没有坐标' if others else ''}; "
        f"由 GCJ-02 换算: {', '.join(shifted)}",
        f"1. Import of {len(reports)} files: {taken} rows taken, {refused} refused → {where}; "
        f"{len(doubtful)} same-name villages to decide{f'; {others} more without place' if others else ''}; "
        f"converted from GCJ-02: {', '.join(shifted)}",
    )
    for row in doubtful:
        problem = row.findings[0].problem
        _say(languages, f"   {row.id}: {problem('zh')}", f"   {row.id}: {problem('en')}")


def _is_ambiguous(row: RowReport) -> bool:
    return bool(row.findings) and row.findings[0].kind is PLACE_AMBIGUOUS


def _ask_for_teams(application: Application, languages: tuple[Language, ...]) -> None:
    project, snapshots = application.project, application.snapshots
    incident_id = _flood_incident(application)
    incident = application.store.read_rows("incidents", [incident_id])[0]
    questions = [
        NearestQuestion(
            layer="response_teams",
            incident_id=incident_id,
            k=5,
            where=parse_condition_text(_NEEDED, snapshots.definition("response_teams")),
            where_text=(_NEEDED,),
            include_route=True,
            language=language,
        )
        for language in languages
    ]
    answers = [ask(application, question) for question in questions]
    for question, answer in zip(questions, answers, strict=True):
        language = question.language
        name = incident.properties.get("name_en" if language == "en" else "name") or incident_id
        _say(
            (language,),
            f"2. {name}: 会水上救援、有船、最先到达的五支队伍(按道路); 待电话核实 {len(answer.to_confirm)}; "
            f"更近未列入 {len(answer.passed_over)}",
            f"2. {name}: the five teams with flood rescue and boat that arrive first, by road; "
            f"to confirm by phone {len(answer.to_confirm)}; "
            f"passed over {len(answer.passed_over)}",
        )
        print_nearest(answer, snapshots.definition("response_teams"), language, project.zone)
    for question, answer in zip(questions, answers, strict=True):
        bridge = bridge_on_the_way(application, answer)
        if bridge is None:
            raise UsageError(
                "No way of the sample county crosses a bridge", remedy="Run make sample-data.", field="roads"
            )
        _say(
            (question.language,),
            f"3. 假如{bridge[1]}断了: 同一个问题(* 为有变化)",
            f"3. What if {bridge[1]} is closed: the same question (* marks what changed)",
        )
        print_bridge_closed(application, question, answer, bridge)


def _check_coverage(application: Application, languages: tuple[Language, ...]) -> CoverageAnswer:
    project, snapshots = application.project, application.snapshots
    question = CoverageQuestion(layer="shelters", where=AllOf(()))
    answer = coverage(
        snapshots, question, caller=LOCAL, defaults=project.defaults, zone=project.zone, clock=application.clock
    )
    total = answer.total
    share = 100 * total.reachable / total.people if total.people else 0.0
    cutoff_m = answer.query["cutoff_m"]
    excluded = {str(reason): count for reason, count in answer.excluded_counts.items()}
    _say(
        languages,
        f"4. 覆盖: {total.people} 人中 {share:.1f} % 在 {cutoff_m:.0f} m 内有可用避难场所; "
        f"危险区内的避难场所: {excluded.get('inside_hazard', 0)}",
        f"4. Coverage: {share:.1f} % of {total.people} people have a usable shelter within {cutoff_m:.0f} m; "
        f"shelters inside a hazard area: {excluded.get('inside_hazard', 0)}",
    )
    townships = [row for row in answer.districts if row.level == "township" and row.people]
    worst = sorted(townships, key=lambda row: (row.share_reachable or 0.0, -row.people))[:5]
    for language in languages:
        heads = ("乡镇", "人口", "可达") if language == "zh" else ("worst townships", "people", "reachable")
        rows = [
            (str((row.name if language == "zh" else row.name_en) or row.id), str(row.people), str(row.reachable))
            for row in worst
        ]
        terminal().print(simple_table(heads, rows))
    return answer


def _write_files(application: Application, out: Path, answer: CoverageAnswer, languages: tuple[Language, ...]) -> None:
    project = application.project
    page = map_page(
        application.snapshots,
        project,
        "overview",
        language=languages[0],
        served=False,
        include_private=True,
        clock=application.clock,
    )
    write_output(out / "overview.html", page)
    write_output(out / "uncovered.csv", b"\xef\xbb\xbf" + coverage_csv(answer, only_uncovered=True).encode())
    files = f"{out / 'overview.html'}, {out / 'uncovered.csv'}"
    _say(languages, f"5. 文件(无需网络即可打开): {files}", f"5. Files (open without any network): {files}")
    program = Path(sys.executable).parent / "geo-ems"
    asked = f"{program} nearest response_teams --at 111.5,31.2"
    _say(
        languages,
        f"   自己提问: cd {project.folder} && {asked}",
        f"   Ask for yourself: cd {project.folder} && {asked}",
    )


def _flood_incident(application: Application) -> str:
    """Return the open flood with the most trapped people, the one the demonstration asks about."""
    columns = application.snapshots.pin(["incidents"]).layer("incidents").columns
    found: list[tuple[float, str]] = []
    for row, feature_id in enumerate(columns.ids):
        values = columns.row_values(row, include_private=False)
        if values.get("kind") == "flood" and columns.geometries[row] is not None:
            trapped = values.get("trapped_persons")
            found.append((-float(trapped) if isinstance(trapped, int) else 0.0, str(feature_id)))
    if not found:
        raise UsageError("The sample county has no flood incident", remedy="Run make sample-data.", field="incident")
    return min(found)[1]


def _county_files() -> list[_DemoFile]:
    folder = bundled_folder() / "sample_data"
    manifest = tomllib.loads((folder / "manifest.toml").read_text(encoding="utf-8"))
    return [
        _DemoFile(str(entry["layer"]), folder / str(entry["file"]), tuple(map(str, entry.get("place_by", ()))))
        for entry in manifest["files"]
    ]


def _say(languages: tuple[Language, ...], zh: str, en: str) -> None:
    for language in languages:
        typer.echo(zh if language == "zh" else en)
