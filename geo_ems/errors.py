"""Errors that say what is wrong, where, and the remedy; CLI and API print the same facts."""

from collections.abc import Sequence


class GeoEmsError(Exception):
    """A request that cannot be served as asked.

    Every error has three parts, so that the person who reads it can act: the problem in one
    sentence, the place where it stands, and what to do about it.
    """

    def __init__(self, problem: str, *, where: str = "", remedy: str = "") -> None:
        """Keep the three parts; `where` and `remedy` may be empty."""
        super().__init__(problem)
        self.problem = problem
        self.where = where
        self.remedy = remedy

    def __str__(self) -> str:
        """Return one line: where, problem, remedy."""
        place = f"{self.where}: " if self.where else ""
        problem = self.problem if self.problem.endswith((".", "?", "!")) else f"{self.problem}."
        return f"{place}{problem} {self.remedy}".strip()


class UsageError(GeoEmsError):
    """The question is wrongly put: an unknown name, a value out of range, a bad option."""

    def __init__(
        self, problem: str, *, where: str = "", remedy: str = "", field: str = "", value: object = None
    ) -> None:
        """Keep the parameter that is wrong and the value it had, for the API's `errors[]`."""
        super().__init__(problem, where=where, remedy=remedy)
        self.field = field
        self.value = value


class NotFoundError(UsageError):
    """A name that does not exist; the message lists those that do."""


class DataError(GeoEmsError):
    """Data that cannot be taken: a file, a row, a value."""


class DefinitionError(GeoEmsError):
    """A layer or map definition (TOML) that is wrong."""


class StoreError(GeoEmsError):
    """The store cannot do it: locked, read-only, full, damaged, newer than this program."""


class StoreFullError(StoreError):
    """The disk of the store is full: nothing is stored until there is room; what is there is read."""


class ConflictError(GeoEmsError):
    """The stored state is not the expected one: a revision differs, an id is taken."""


class FaultsError(GeoEmsError):
    """Several faults found in one pass; the first 20 are listed, the rest counted."""

    LISTED = 20

    def __init__(self, problem: str, faults: Sequence[GeoEmsError], *, where: str = "", remedy: str = "") -> None:
        """Keep all faults; the text lists at most 20 of them."""
        super().__init__(problem, where=where, remedy=remedy)
        self.faults = tuple(faults)

    def __str__(self) -> str:
        """Return the head line, then one line per fault."""
        lines = [super().__str__(), *(f"  {fault}" for fault in self.faults[: self.LISTED])]
        if len(self.faults) > self.LISTED:
            lines.append(f"  ... and {len(self.faults) - self.LISTED} more")
        return "\n".join(lines)


def known_names(kind: str, name: str, names: Sequence[str]) -> NotFoundError:
    """Return the error for a name that is not among `names`, listing those that are."""
    return NotFoundError(
        f"There is no {kind} '{name}'", remedy=f"Known: {', '.join(sorted(names)) or 'none'}.", field=kind, value=name
    )
