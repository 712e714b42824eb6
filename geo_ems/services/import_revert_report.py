"""The taking back of an import told: as JSON, as short text, as rows of a workbook."""

from pathlib import Path

from geo_ems.formats.raw import Cell
from geo_ems.formats.xlsx_writing import SheetContents, write_workbook
from geo_ems.model.labels import Label, Language
from geo_ems.services.import_revert import RevertAction, RevertedFeature, RevertReport
from geo_ems.services.words import say

LISTED = 20
_ACTION_LABELS = {
    RevertAction.DELETED: Label("已删除(该次导入新增)", "deleted (the import had created it)"),
    RevertAction.RESTORED: Label("已还原", "restored"),
    RevertAction.RETURNED: Label("已恢复(该次导入停用)", "back (the import had retired it)"),
    RevertAction.KEPT: Label("未动(此后有人改过)", "left alone (changed since)"),
    RevertAction.GONE: Label("此前已删除", "was gone already"),
}
_HEADER = ("编号 id", "名称 name", "处理 action", "最后更改者 changed by", "时间 at", "途径 through", "序号 change")


def revert_mapping(report: RevertReport) -> dict[str, object]:
    """Return the report as JSON."""
    return {
        "reverted": report.reverted.mapping(),
        "layer": report.definition.name,
        "dry_run": report.dry_run,
        "seq": report.seq,
        "counts": {action.value: report.count(action) for action in RevertAction},
        "later_imports": [item.mapping() for item in report.later],
        "features": [
            {"id": item.id, "name": item.name, "action": item.action.value, "changed_since": _since(item)}
            for item in report.features
        ],
    }


def revert_lines(report: RevertReport, language: Language) -> tuple[str, ...]:
    """Return a short text: the counts, later imports, and what was left alone with who changed it when."""
    item, label = report.reverted, report.definition.label
    counts = {action: report.count(action) for action in RevertAction}
    lines = [
        say(
            language,
            f"撤销第 {item.seq} 次变更({item.file} → {label.zh}):删除 {counts[RevertAction.DELETED]},"
            f"还原 {counts[RevertAction.RESTORED]},恢复 {counts[RevertAction.RETURNED]},"
            f"未动 {counts[RevertAction.KEPT]},此前已删除 {counts[RevertAction.GONE]}",
            f"Change {item.seq} ({item.file} → {label.en}) taken back: {counts[RevertAction.DELETED]} deleted, "
            f"{counts[RevertAction.RESTORED]} restored, {counts[RevertAction.RETURNED]} back, "
            f"{counts[RevertAction.KEPT]} left alone, {counts[RevertAction.GONE]} gone already",
        )
    ]
    if report.dry_run:
        lines.append(say(language, "试运行,未写入", "Dry run: nothing was stored"))
    elif report.seq is None:
        lines.append(
            say(
                language,
                "每条都有人改过,未撤销;确要撤销请用 --overwrite-corrections",
                "All were changed since, so nothing was taken back; --overwrite-corrections does it",
            )
        )
    lines += [
        say(
            language,
            f"  此后还有导入 {later.seq}({later.file}):它未改动的记录也随之撤销",
            f"  Import {later.seq} ({later.file}) came later: what it found unchanged is taken back too",
        )
        for later in report.later
    ]
    kept = [feature for feature in report.features if feature.action is RevertAction.KEPT]
    for feature in kept[:LISTED]:
        who = ""
        if feature.since is not None:
            who = f"{feature.since.at} {feature.since.principal} ({feature.since.origin}, {feature.since.seq})"
        lines.append(
            f"  {_ACTION_LABELS[RevertAction.KEPT].text(language)}: {feature.id} {feature.name} {who}".rstrip()
        )
    if len(kept) > LISTED:
        more = len(kept) - LISTED
        lines.append(say(language, f"  ……还有 {more} 条", f"  ... and {more} more"))
    return tuple(lines)


def write_revert_xlsx(report: RevertReport, path: Path) -> None:
    """Write all features that the import had touched, with what became of them.

    Raises
    ------
    DataError
        Where the file cannot be written.
    """
    rows: list[list[Cell]] = []
    for item in report.features:
        since = item.since
        who: list[Cell] = [None] * 4 if since is None else [since.principal, since.at, since.origin, since.seq]
        rows.append([item.id, item.name, _ACTION_LABELS[item.action].zh, *who])
    write_workbook(path, [SheetContents(report.definition.name, _HEADER, rows)])


def _since(item: RevertedFeature) -> dict[str, object] | None:
    if item.since is None:
        return None
    return {
        "seq": item.since.seq,
        "at": item.since.at,
        "principal": item.since.principal,
        "origin": item.since.origin,
    }
