"""Who asks: every service takes a caller from the first day."""

from dataclasses import dataclass
from enum import StrEnum


class Permission(StrEnum):
    """What a caller may do."""

    READ = "read"
    READ_PRIVATE = "read_private"
    WRITE = "write"
    IMPORT = "import"


@dataclass(frozen=True, slots=True)
class Caller:
    """A principal, its permissions, and the district ids it is limited to (empty = everywhere)."""

    principal: str
    permissions: frozenset[Permission]
    areas: tuple[str, ...] = ()

    def may(self, permission: Permission) -> bool:
        """Return whether the caller has the permission."""
        return permission in self.permissions


LOCAL = Caller("local", frozenset(Permission))
