"""The child tables of a layer under a migrated definition: their rows converted, the tables written anew."""

from collections.abc import Mapping

import apsw

from geo_ems.model.definitions import LayerDefinition
from geo_ems.storage.layer_tables import child_table, create_child
from geo_ems.storage.migration_findings import (
    MigrationFindings,
    continued_fields,
    converted_cell,
    dropped_fields,
    lose,
)
from geo_ems.storage.row_fetching import fetch_table
from geo_ems.storage.statements import SqlRow, SqlValue, render


def migrated_lines(
    connection: apsw.Connection, old: LayerDefinition, new: LayerDefinition, child: str, findings: MigrationFindings
) -> list[SqlRow]:
    """Return the rows of a child table as the new definition holds them: (fid, parent_id, line, fields...)."""
    table, before, after = child_table(old.name, child), old.children[child].fields, new.children[child].fields
    continued = continued_fields(before, after)
    kept = [name for name in after if name in before and name not in continued]
    lines: list[SqlRow] = []
    for fid, parent, line, *raws in fetch_table(
        connection, table, ("fid", "parent_id", "line", *before), tail="ORDER BY fid"
    ):
        cells = dict(zip(before, raws, strict=True))
        values: dict[str, SqlValue] = {name: cells[name] for name in kept}
        for name, (source, target) in continued.items():
            values[name] = converted_cell(str(parent), source, target, cells[source.name], findings)
        for name in dropped_fields(before, after):
            if cells[name] is not None:
                lose(findings, str(parent), f"{child}.{name}", cells[name], "the field is removed")
        lines.append((fid, parent, line, *(values.get(name) for name in after)))
    return lines


def list_removed_children(
    connection: apsw.Connection, old: LayerDefinition, new: LayerDefinition, findings: MigrationFindings
) -> None:
    """Note every row of a table that the new definition does not have."""
    for child in old.children.keys() - new.children.keys():
        fields = tuple(old.children[child].fields)
        for parent, *raws in fetch_table(connection, child_table(old.name, child), ("parent_id", *fields)):
            shown = ", ".join(f"{name}={raw!r}" for name, raw in zip(fields, raws, strict=True) if raw is not None)
            lose(findings, str(parent), child, shown, "the table is removed")


def rebuild_children(
    connection: apsw.Connection,
    old: LayerDefinition,
    new: LayerDefinition,
    children: Mapping[str, list[SqlRow]],
    *,
    now: str,
) -> None:
    """Write the child tables of the new definition in place of those of the old one."""
    for child in old.children:
        table = child_table(old.name, child)
        connection.execute(render("DROP TABLE {table}", table=table))
        for register in ("gpkg_contents", "gpkg_data_columns"):
            connection.execute(render("DELETE FROM {register} WHERE table_name = ?", register=register), (table,))
    for child, definition in new.children.items():
        create_child(connection, new, child, now=now)
        columns = ("fid", "parent_id", "line", *definition.fields)
        connection.executemany(
            render(
                "INSERT INTO {table} ({columns}) VALUES ({marks})",
                table=child_table(new.name, child),
                columns=columns,
                marks=len(columns),
            ),
            children.get(child, []),
        )
