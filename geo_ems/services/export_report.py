"""What an export wrote, in words."""

from zoneinfo import ZoneInfo

from geo_ems.model.labels import Language
from geo_ems.services.exports import ExportedCount, ExportReport
from geo_ems.services.words import local_instant, say

LISTED_IDS = 20


def export_lines(report: ExportReport, language: Language, *, zone: ZoneInfo) -> tuple[str, ...]:
    """Return a short text: the files, the counts, what the format could not hold, and the state of the data.

    Instants are told in `zone`.
    """
    lines = [say(language, f"已写出 {file}", f"wrote {file}") for file in report.files]
    for count in report.layers:
        lines.extend(_layer_lines(count, language, zone))
    lines.append(say(language, f"快照 {report.snapshot_id}", f"snapshot {report.snapshot_id}"))
    return tuple(lines)


def private_line(report: ExportReport, language: Language) -> str | None:
    """Return the warning that private fields went along; None where none did."""
    fields = [name for count in report.layers for name in count.private_fields]
    if not fields:
        return None
    listed = ", ".join(dict.fromkeys(fields))
    return say(
        language,
        f"! 文件含内部字段(电话、姓名等):{listed}。仅供内部使用;对外请加 --public",
        f"! The file holds private fields (phones, names): {listed}. For internal use; write --public for others",
    )


def _layer_lines(count: ExportedCount, language: Language, zone: ZoneInfo) -> list[str]:
    label, layer = count.layer.label.text(language), count.layer.name
    rows = say(language, f",明细 {count.child_rows} 行", f", {count.child_rows} child rows") if count.child_rows else ""
    age = count.data_as_of
    placeless = count.unlocated - len(count.left_out)
    observed = age.observed_max or say(language, "未知", "unknown")
    changed = local_instant(age.changed_at, zone) if age.changed_at else say(language, "从未", "never")
    lines = [
        say(
            language,
            f"  {label} {layer}:{count.features} 条(无坐标 {placeless} 条{rows});数据截至 {observed},更改于 {changed}",
            f"  {label} {layer}: {count.features} features ({placeless} without a place{rows}); "
            f"data as of {observed}, changed at {changed}",
        )
    ]
    if count.left_out:
        shown = ", ".join(count.left_out[:LISTED_IDS]) + (" …" if len(count.left_out) > LISTED_IDS else "")
        lines.append(
            say(
                language,
                f"  ! 无坐标的 {len(count.left_out)} 条不在文件里(此格式存不下):{shown}",
                f"  ! {len(count.left_out)} without a place are not in the file, the format cannot hold them: {shown}",
            )
        )
    if count.child_rows_left_out:
        lines.append(
            say(
                language,
                f"  ! {count.child_rows_left_out} 行明细不在文件里;需要时写 .xlsx 或 .gpkg",
                f"  ! {count.child_rows_left_out} child rows are not in the file; write .xlsx or .gpkg for them",
            )
        )
    return lines
