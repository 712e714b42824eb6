"""Probable duplicates told: as JSON, as rows, as short text."""

import csv
import io
from collections.abc import Sequence

from geo_ems.formats.raw import Cell
from geo_ems.formats.spreadsheet_safety import defused_text
from geo_ems.model.labels import Label, Language
from geo_ems.services.duplicates import DuplicateReason, Duplicates, reason_counts
from geo_ems.services.words import say

REASON_LABELS = {
    DuplicateReason.SAME_NAME: Label("同名且相近", "same name, near"),
    DuplicateReason.SIMILAR_NAME: Label("名称相似且相近", "similar name, near"),
    DuplicateReason.SAME_PHONE: Label("电话相同", "same phone"),
    DuplicateReason.SAME_CODE: Label("编号仅写法不同", "same code, written differently"),
    DuplicateReason.SAME_NAME_UNPLACED: Label("同名,有一条无坐标", "same name, one without a place"),
}
ROW_HEADER = ("cluster", "id", "name", "id_2", "name_2", "distance_m", "likeness", "reasons")
_ROW_TITLES = (
    Label("组", "group"),
    Label("编号 1", "id 1"),
    Label("名称 1", "name 1"),
    Label("编号 2", "id 2"),
    Label("名称 2", "name 2"),
    Label("距离(米)", "distance (m)"),
    Label("相似度", "likeness"),
    Label("理由", "reasons"),
)


def row_titles(language: Language) -> tuple[str, ...]:
    """Return `ROW_HEADER` for people."""
    return tuple(title.text(language) for title in _ROW_TITLES)


def duplicates_mapping(found: Duplicates) -> dict[str, object]:
    """Return the clusters as JSON."""
    return {
        "layer": found.definition.name,
        "within_m": found.within_m,
        "features": found.features,
        "pairs": found.pairs,
        "reasons": {reason.value: count for reason, count in reason_counts(found).items()},
        "clusters": [
            {
                "members": [{"id": identity, "name": name} for identity, name in cluster.members],
                "pairs": [
                    {
                        "ids": [pair.first, pair.second],
                        "reasons": [reason.value for reason in pair.reasons],
                        "likeness": pair.likeness,
                        "distance_m": pair.distance_m,
                    }
                    for pair in cluster.pairs
                ],
            }
            for cluster in found.clusters
        ],
    }


def duplicate_rows(found: Duplicates, language: Language) -> list[list[Cell]]:
    """Return one row per pair, under `ROW_HEADER`; clusters are numbered from 1."""
    rows: list[list[Cell]] = []
    for number, cluster in enumerate(found.clusters, start=1):
        names = dict(cluster.members)
        for pair in cluster.pairs:
            reasons = "; ".join(REASON_LABELS[reason].text(language) for reason in pair.reasons)
            rows.append(
                [
                    number,
                    pair.first,
                    names[pair.first],
                    pair.second,
                    names[pair.second],
                    pair.distance_m,
                    pair.likeness,
                    reasons,
                ]
            )
    return rows


def rows_as_csv(header: Sequence[str], rows: Sequence[Sequence[Cell]]) -> bytes:
    """Return rows as CSV in UTF-8 with a mark, as spreadsheet programs take it; no cell is run as a formula."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([[defused_text(cell) if isinstance(cell, str) else cell for cell in row] for row in rows])
    return text.getvalue().encode("utf-8-sig")


def duplicate_lines(found: Duplicates, language: Language) -> tuple[str, ...]:
    """Return the counts in words."""
    label = found.definition.label
    counts = reason_counts(found)
    told = say(language, ",", ", ").join(f"{REASON_LABELS[r].text(language)} {n}" for r, n in counts.items())
    return (
        say(
            language,
            f"{label.zh}:{found.features} 条中有 {len(found.clusters)} 组疑似重复({found.pairs} 对;{told or '无'})",
            f"{label.en}: {len(found.clusters)} groups of probable duplicates among {found.features} "
            f"({found.pairs} pairs; {told or 'none'})",
        ),
    )
