"""What the log says beside a change: what was done, when it was so, who said it, and what it takes back.

A note is a small JSON object. Notes of other origins (imports, other programs) are read as far as they
have the same members, and never refused.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from geo_ems.errors import ConflictError
from geo_ems.model.features import LoggedChange
from geo_ems.storage.protocol import LayerStore


@dataclass(frozen=True, slots=True)
class ChangeNote:
    """The members of a note; `group` is shared by the changes of several layers that are one act.

    `occurred_at` is when it was so (UTC), `who` the person who said it, `channel` how it was said.
    `request` stands for what was asked under an idempotency key. `undoes` is the sequence number taken back.
    """

    action: str = ""
    occurred_at: str | None = None
    by: str | None = None
    channel: str | None = None
    who: str | None = None
    text: str | None = None
    request: str | None = None
    group: str | None = None
    undoes: int | None = None

    def members(self) -> dict[str, object]:
        """Return the members that have a value."""
        members = {name: getattr(self, name) for name in self.__slots__}
        return {name: value for name, value in members.items() if value}

    def written(self) -> str:
        """Return the JSON that the log keeps."""
        return json.dumps(self.members(), ensure_ascii=False)


def read_note(text: str) -> ChangeNote:
    """Return the members of a note; an empty one where it is no JSON object."""
    try:
        raw = json.loads(text) if text else {}
    except ValueError:
        return ChangeNote()
    if not isinstance(raw, dict):
        return ChangeNote()
    undoes = raw.get("undoes")
    return ChangeNote(
        action=_text(raw, "action") or "",
        occurred_at=_text(raw, "occurred_at"),
        by=_text(raw, "by"),
        channel=_text(raw, "channel"),
        who=_text(raw, "who"),
        text=_text(raw, "text"),
        request=_text(raw, "request"),
        group=_text(raw, "group"),
        undoes=undoes if isinstance(undoes, int) and not isinstance(undoes, bool) else None,
    )


def request_digest(*parts: object) -> str:
    """Return what stands for a request, to tell a repeat from another use of the same key."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:32]


def done_before(store: LayerStore, key: str | None, digest: str) -> LoggedChange | None:
    """Return the change that this very request made earlier; None where the key is new.

    Raises
    ------
    ConflictError
        Where the key was used for another request.
    """
    known = None if key is None else store.history.change_with_key(key)
    if known is None:
        return None
    if read_note(known.note).request != digest:
        raise ConflictError(
            f"The idempotency key '{key}' was used for another request",
            where=known.layer,
            remedy="Use a new key for a new request.",
        )
    return known


def _text(raw: Mapping[str, object], name: str) -> str | None:
    value = raw.get(name)
    return value if isinstance(value, str) and value else None
