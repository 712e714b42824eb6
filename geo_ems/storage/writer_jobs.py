"""What the writer thread is asked to do: store a batch, make a definition hold, migrate a layer."""

from geo_ems.errors import ConflictError
from geo_ems.model.definitions import LayerDefinition
from geo_ems.model.features import Commit
from geo_ems.storage.batch_applying import apply_batch
from geo_ems.storage.batch_preparing import PreparedBatch, committed_revs, prepare_batch
from geo_ems.storage.change_log import Author
from geo_ems.storage.definition_applying import apply_layer_definition
from geo_ems.storage.definition_migrating import MigrationReport, migrate_definition
from geo_ems.storage.group_writer import WriteContext


def commit_batch(context: WriteContext, prepared: PreparedBatch, key: str | None) -> Commit:
    """Store a prepared batch; the same key with the same content gives the same commit again."""
    connection, batch = context.connection, prepared.batch
    if key is not None:
        known = connection.execute("SELECT request_sha256, seq FROM ems_idempotency WHERE key = ?", (key,)).fetchall()
        if known:
            return _same_again(prepared, key, known[0])
    held = context.definitions.layer(connection, batch.layer)
    if held.seq != prepared.held.seq:
        prepared = prepare_batch(batch, held)
    author = Author(principal=batch.principal, origin=batch.origin, at=context.at)
    commit, context.head = apply_batch(connection, prepared, context.head, author=author)
    if key is not None:
        connection.execute(
            "INSERT INTO ems_idempotency VALUES (?, ?, ?, ?)", (key, prepared.request_sha256, commit.seq, context.at)
        )
    return commit


def _same_again(prepared: PreparedBatch, key: str, known: tuple[object, ...]) -> Commit:
    request_sha256, seq = known
    if request_sha256 != prepared.request_sha256 or not isinstance(seq, int):
        raise ConflictError(
            f"The idempotency key '{key}' was used for another request",
            where=prepared.batch.layer,
            remedy="Use a new key for a new request.",
        )
    return Commit(seq=seq, revs=committed_revs(prepared.batch, seq))


def apply_definition(context: WriteContext, definition: LayerDefinition) -> int:
    """Create or additively extend a layer; return the sequence number its definition holds from."""
    held = context.definitions.held(context.connection).get(definition.name)
    author = Author(principal="geo_ems", origin="definition", at=context.at)
    seq, context.head = apply_layer_definition(context.connection, definition, held, context.head, author=author)
    return seq


def migrate_layer(
    context: WriteContext, definition: LayerDefinition, *, accept_loss: bool, dry_run: bool
) -> MigrationReport:
    """Make a definition hold that retypes, removes or narrows."""
    held = context.definitions.layer(context.connection, definition.name)
    report, context.head = migrate_definition(
        context.connection,
        definition,
        held,
        context.head,
        author=Author(principal="geo_ems", origin="definition", at=context.at),
        accept_loss=accept_loss,
        dry_run=dry_run,
    )
    return report
