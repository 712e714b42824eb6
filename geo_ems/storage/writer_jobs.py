"""What the writer thread is asked to do: store a batch, make a definition hold, migrate a layer."""

import hashlib
from collections.abc import Sequence

from geo_ems.errors import ConflictError
from geo_ems.model.definitions import LayerDefinition
from geo_ems.model.features import Commit
from geo_ems.storage.batch_applying import apply_batch
from geo_ems.storage.batch_preparing import PreparedBatch, committed_revs, prepare_batch
from geo_ems.storage.change_log import Author
from geo_ems.storage.definition_applying import apply_layer_definition
from geo_ems.storage.definition_migrating import MigrationReport, migrate_definition
from geo_ems.storage.group_writer import WriteContext


def commit_batches(context: WriteContext, batches: Sequence[PreparedBatch], key: str | None) -> tuple[Commit, ...]:
    """Store prepared batches, all of them or none; the same key with the same content gives the same commits again.

    Each batch has a sequence number of its own, one after the other; a number is taken only by what changes something.
    """
    connection = context.connection
    digest = _digest_of(batches)
    if key is not None:
        known = connection.execute("SELECT request_sha256, seq FROM ems_idempotency WHERE key = ?", (key,)).fetchall()
        if known:
            return _same_again(batches, digest, key, known[0])
    commits: list[Commit] = []
    for given in batches:
        batch, prepared = given.batch, given
        held = context.definitions.layer(connection, batch.layer)
        if held.seq != prepared.held.seq:
            prepared = prepare_batch(batch, held)
        author = Author(principal=batch.principal, origin=batch.origin, at=context.at)
        commit, context.head = apply_batch(connection, prepared, context.head, author=author)
        commits.append(commit)
    if key is not None:
        connection.execute(
            "INSERT INTO ems_idempotency VALUES (?, ?, ?, ?)", (key, digest, commits[-1].seq, context.at)
        )
    return tuple(commits)


def _digest_of(batches: Sequence[PreparedBatch]) -> str:
    """Return the hash of what is asked; of one batch alone its own, as keys of earlier versions have it."""
    if len(batches) == 1:
        return batches[0].request_sha256
    return hashlib.sha256("\n".join(batch.request_sha256 for batch in batches).encode()).hexdigest()


def _same_again(
    batches: Sequence[PreparedBatch], digest: str, key: str, known: tuple[object, ...]
) -> tuple[Commit, ...]:
    request_sha256, last_seq = known
    if request_sha256 != digest or not isinstance(last_seq, int):
        raise ConflictError(
            f"The idempotency key '{key}' was used for another request",
            where=batches[0].batch.layer,
            remedy="Use a new key for a new request.",
        )
    first_seq = last_seq - len(batches) + 1
    return tuple(
        Commit(seq=seq, revs=committed_revs(prepared.batch, seq))
        for seq, prepared in enumerate(batches, start=first_seq)
    )


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
