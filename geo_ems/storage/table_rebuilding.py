"""The features table of a layer written anew, where its columns or its geometry type must change."""

from collections.abc import Mapping

import apsw

from geo_ems.model.definitions import LayerDefinition
from geo_ems.storage.definitions_table import columns_of, needed_columns
from geo_ems.storage.layer_tables import features_sql, geometry_type
from geo_ems.storage.statements import Fragment, render


def rebuild_features(
    connection: apsw.Connection,
    definition: LayerDefinition,
    *,
    sources: Mapping[str, str] | None = None,
    dropped: frozenset[str] = frozenset(),
) -> None:
    """Write the features table anew as the definition says, with the rows it has.

    `sources` gives, by column, the SQL that its values come from where this is not the column of
    the same name; columns that are nowhere are empty. Columns that another program added stay,
    unless they are `dropped`. Row numbers stay, so the spatial index does. The triggers of the
    table go with it and are to be created again.
    """
    layer, draft = definition.name, f"ems_draft_{definition.name}"
    present = columns_of(connection, layer)
    needed = needed_columns(definition)[layer]
    given = sources or {}
    extra = {
        name: kind for name, kind in present.items() if name not in needed and name not in dropped and name not in given
    }
    connection.execute(features_sql(draft, definition))
    for name, kind in extra.items():
        declared = Fragment("".join(part for part in kind if part.isalnum() or part in " (),_"))
        connection.execute(
            render("ALTER TABLE {draft} ADD COLUMN {name} {kind}", draft=draft, name=name, kind=declared)
        )
    expressions = {
        name: given.get(name) or render("{name}", name=name)
        for name in (*needed, *extra)
        if name in present or name in given
    }
    connection.execute(
        render(
            "INSERT INTO {draft} ({columns}) SELECT {values} FROM {layer}",
            draft=draft,
            columns=tuple(expressions),
            values=Fragment(", ".join(expressions.values())),
            layer=layer,
        )
    )
    # Numbers of deleted rows are not given out again, in the new table neither.
    connection.execute(
        "UPDATE sqlite_sequence SET seq = max(seq, coalesce((SELECT seq FROM sqlite_sequence WHERE name = ?), 0)) "
        "WHERE name = ?",
        (layer, draft),
    )
    connection.execute(render("DROP TABLE {layer}", layer=layer))
    connection.execute(render("ALTER TABLE {draft} RENAME TO {layer}", draft=draft, layer=layer))
    connection.execute(
        "UPDATE gpkg_geometry_columns SET geometry_type_name = ? WHERE table_name = ?",
        (geometry_type(definition), layer),
    )
