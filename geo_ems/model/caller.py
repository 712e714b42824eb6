"""Who asks: every service takes a caller from the first day."""

from dataclasses import dataclass
from enum import StrEnum


class Permission(StrEnum):
    """What a caller may do."""

    READ = "read"
    READ_PRIVATE = "read_private"
    WRITE = "write"
    IMPORT = "import"
    POST_POSITION = "post_position"


@dataclass(frozen=True, slots=True)
class Caller:
    """A principal, its permissions, and the district ids it is limited to (empty = everywhere).

    A device is limited to posting the position of the team `team_id`.
    """

    principal: str
    permissions: frozenset[Permission]
    areas: tuple[str, ...] = ()
    team_id: str | None = None

    def may(self, permission: Permission) -> bool:
        """Return whether the caller has the permission."""
        return permission in self.permissions


LOCAL = Caller("local", frozenset(Permission))
