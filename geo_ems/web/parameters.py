"""What a route may be asked: declared once, read strictly, and the source of the OpenAPI document."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar, cast
from urllib.parse import parse_qsl

from geo_ems.errors import FaultsError, GeoEmsError, UsageError
from geo_ems.web.kinds import Kind, WrongValueError

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
MAX_PARAMETERS = 100


@dataclass(frozen=True, slots=True)
class Parameter(Generic[T_co]):
    """One query parameter or one member of a JSON body; `repeatable` ones may stand several times in a query."""

    name: str
    kind: Kind[T_co]
    description: str
    required: bool = False
    repeatable: bool = False
    example: object = None


@dataclass(frozen=True, slots=True)
class Asked:
    """The values of a request, by parameter; only declared ones are in it."""

    values: Mapping[str, tuple[object, ...]] = field(default_factory=dict)

    def one(self, parameter: Parameter[T]) -> T | None:
        """Return the value, or None where it was not given."""
        found = self.values.get(parameter.name)
        return None if found is None else cast("T", found[0])

    def need(self, parameter: Parameter[T]) -> T:
        """Return the value of a required parameter."""
        return cast("T", self.values[parameter.name][0])

    def many(self, parameter: Parameter[T]) -> tuple[T, ...]:
        """Return all values of a repeatable parameter."""
        return cast("tuple[T, ...]", self.values.get(parameter.name, ()))


def read_query(query: bytes, parameters: Sequence[Parameter[object]], *, not_built: Mapping[str, str]) -> Asked:
    """Return the values of a query string; every fault of it is told at once.

    `not_built` maps parameters of parts that are not built to the reason, so that they are
    refused by name and not as a typing error.

    Raises
    ------
    FaultsError
        Where a parameter is unknown, given twice, missing or wrong.
    """
    try:
        pairs = parse_qsl(
            query.decode("ascii"), keep_blank_values=True, strict_parsing=bool(query), max_num_fields=MAX_PARAMETERS
        )
    except ValueError:
        raise UsageError("The query is not written as name=value&name=value", remedy="Correct it.") from None
    known = {parameter.name: parameter for parameter in parameters}
    faults = _unknown(dict.fromkeys(name for name, _ in pairs), known, not_built, what="parameter")
    found: dict[str, tuple[object, ...]] = {}
    for name, parameter in known.items():
        texts = [value for pair_name, value in pairs if pair_name == name]
        if len(texts) > 1 and not parameter.repeatable:
            faults.append(_fault(name, texts[1], "is given twice", "Give it once."))
        elif texts:
            _read(found, faults, parameter, texts, from_json=False)
    return _complete(found, faults, known, what="parameter")


def read_members(
    members: Mapping[str, object], parameters: Sequence[Parameter[object]], *, not_built: Mapping[str, str]
) -> Asked:
    """Return the values of a JSON object; null counts as not given."""
    known = {parameter.name: parameter for parameter in parameters}
    faults = _unknown(members, known, not_built, what="member")
    found: dict[str, tuple[object, ...]] = {}
    for name, parameter in known.items():
        value = members.get(name)
        if value is not None:
            _read(found, faults, parameter, [value], from_json=True)
    return _complete(found, faults, known, what="member")


def _read(
    found: dict[str, tuple[object, ...]],
    faults: list[GeoEmsError],
    parameter: Parameter[object],
    raws: Sequence[object],
    *,
    from_json: bool,
) -> None:
    values: list[object] = []
    for raw in raws:
        try:
            values.append(parameter.kind.of_json(raw) if from_json else parameter.kind.of_text(str(raw)))
        except WrongValueError as error:
            faults.append(_fault(parameter.name, raw, error.problem, error.remedy))
    if values:
        found[parameter.name] = tuple(values)


def _unknown(
    names: Iterable[str], known: Mapping[str, object], not_built: Mapping[str, str], *, what: str
) -> list[GeoEmsError]:
    faults: list[GeoEmsError] = []
    for name in names:
        if name in not_built:
            faults.append(_fault(name, None, "is not built yet", not_built[name]))
        elif name not in known:
            remedy = f"Known: {', '.join(known) or 'none'}."
            faults.append(UsageError(f"There is no {what} '{name}'", remedy=remedy, field=name))
    return faults


def _complete(
    found: dict[str, tuple[object, ...]],
    faults: list[GeoEmsError],
    known: Mapping[str, Parameter[object]],
    *,
    what: str,
) -> Asked:
    told = {fault.field for fault in faults if isinstance(fault, UsageError)}
    faults.extend(
        UsageError(f"The {what} '{name}' is missing", remedy=f"Give it: {parameter.description}", field=name)
        for name, parameter in known.items()
        if parameter.required and name not in found and name not in told
    )
    if faults:
        raise FaultsError("The question is not understood", faults)
    return Asked(found)


def _fault(name: str, value: object, problem: str, remedy: str) -> UsageError:
    return UsageError(f"'{name}' {problem}", remedy=remedy, field=name, value=value)
