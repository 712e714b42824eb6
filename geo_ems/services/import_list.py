"""The imports of a store: when, by whom, from which file, how many rows, and whether they still stand."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from geo_ems.model.features import LoggedChange
from geo_ems.model.labels import Language
from geo_ems.services.import_memory import MERGE_ORIGIN, ORIGIN, REVERT_ORIGIN
from geo_ems.services.words import say
from geo_ems.storage.protocol import LayerHistory

COUNTS = ("rows", "created", "updated", "unchanged", "child_rows", "refused", "retired")


@dataclass(frozen=True, slots=True)
class ListedImport:
    """One import, or one merging of duplicates (`kind` "import" or "merge").

    `table` is the layer, or the child table as `layer.child`; `reverted_by` is the change that took
    it back, None where it stands. Counts are those of its report, 0 where it told none.
    """

    seq: int
    at: str
    principal: str
    kind: str
    layer: str
    table: str
    file: str
    counts: Mapping[str, int]
    reverted_by: int | None
    roads: Mapping[str, object] | None = None
    """The network that an import of roads made (`services.road_report`)."""

    def mapping(self) -> dict[str, object]:
        """Return the import as JSON."""
        return {
            "seq": self.seq,
            "at": self.at,
            "principal": self.principal,
            "kind": self.kind,
            "layer": self.table,
            "file": self.file,
            "counts": dict(self.counts),
            "reverted_by": self.reverted_by,
            **({"roads": dict(self.roads)} if self.roads is not None else {}),
        }


def listed_imports(history: LayerHistory, layer: str | None = None) -> tuple[ListedImport, ...]:
    """Return the imports and mergings of a layer, or of all, oldest first."""
    changes = history.changes_by([ORIGIN, MERGE_ORIGIN, REVERT_ORIGIN], layer)
    notes = {change.seq: _facts(change) for change in changes}
    reverted = {note.get("reverts"): seq for seq, note in notes.items() if "reverts" in note}
    return tuple(
        _listed(change, notes[change.seq], reverted.get(change.seq))
        for change in changes
        if change.origin != REVERT_ORIGIN
    )


def _listed(change: LoggedChange, note: Mapping[str, object], reverted_by: int | None) -> ListedImport:
    file = str(note.get("file", ""))
    if change.origin == MERGE_ORIGIN:
        merged = note.get("merged")
        file = f"{', '.join(map(str, merged)) if isinstance(merged, list) else ''} → {note.get('merged_into', '')}"
    counts = {name: value if isinstance(value := note.get(name), int) else 0 for name in COUNTS}
    table = str(note.get("table", change.layer))
    roads = note.get("roads")
    return ListedImport(
        change.seq,
        change.at,
        change.principal,
        change.origin,
        change.layer,
        table,
        file,
        counts,
        reverted_by,
        roads if isinstance(roads, dict) else None,
    )


def _facts(change: LoggedChange) -> Mapping[str, object]:
    found = json.loads(change.note or "{}")
    return found if isinstance(found, dict) else {}


def network_line(roads: Mapping[str, object], language: Language) -> str:
    """Return in one line what network an import of roads made, whose data it is and of which day."""
    nodes, edges, km = (roads.get(name) for name in ("nodes", "edges", "km"))
    parts = [say(language, f"路口 {nodes},路段 {edges},{km} 公里", f"{nodes} nodes, {edges} edges, {km} km")]
    parts += [str(roads[name]) for name in ("extracted_on", "attribution") if roads.get(name)]
    return say(language, ";", "; ").join(parts)
