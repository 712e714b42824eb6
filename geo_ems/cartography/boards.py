"""Boards: which layers a map page shows, in which order and how, as `maps/*.toml` says it."""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic_core import ErrorDetails

from geo_ems.errors import DefinitionError, FaultsError
from geo_ems.model.labels import Label


class Drawing(StrEnum):
    """How a layer is drawn."""

    SYMBOLS = "symbols"
    VILLAGES = "villages"
    DISTRICTS = "districts"
    AREAS = "areas"
    ROADS = "roads"


@dataclass(frozen=True, slots=True)
class BoardLayer:
    """One layer of a board; `base` layers lie under the rest and have no table of their own.

    `fields` limits which attributes go into the page; None takes all that may be seen.
    """

    name: str
    draw: Drawing
    visible: bool = True
    base: bool = False
    fields: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Board:
    """A map page as declared: its layers from bottom to top of the list beside the map.

    `query_layers` are those one may ask the nearest of; `results_count` is the k first offered;
    `coverage_layer` and `coverage_cutoff_m` are the coverage question first offered.
    """

    name: str
    title: Label
    layers: tuple[BoardLayer, ...]
    query_layers: tuple[str, ...] = ()
    results_count: int = 5
    coverage_layer: str | None = None
    coverage_cutoff_m: float = 2000.0


_Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
_Text = Annotated[str, StringConstraints(min_length=1, max_length=120)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _Title(_Strict):
    zh: _Text
    en: _Text


class _Layer(_Strict):
    name: _Name
    draw: Annotated[Drawing, Field(strict=False)]
    visible: bool = True
    base: bool = False
    fields: list[_Name] | None = None


class _Query(_Strict):
    layers: list[_Name]
    results: Annotated[int, Field(ge=1, le=1000)] = 5


class _Coverage(_Strict):
    layer: _Name
    cutoff_m: Annotated[float, Field(gt=0, le=1_000_000, strict=False)] = 2000.0


class _BoardFile(_Strict):
    name: _Name
    title: _Title
    layers: Annotated[list[_Layer], Field(min_length=1)]
    query: _Query | None = None
    coverage: _Coverage | None = None


def load_board(path: Path) -> Board:
    """Return the board that a TOML file declares.

    Raises
    ------
    DefinitionError
        The file cannot be read or is not TOML.
    FaultsError
        Something in it is wrong; every fault names file, field and remedy.
    """
    where = path.name
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise DefinitionError(
            f"The board cannot be read ({error.strerror})", where=where, remedy="Boards lie in maps/."
        ) from error
    except UnicodeDecodeError as error:
        raise DefinitionError("The board is not UTF-8 text", where=where, remedy="Save the file as UTF-8.") from error
    except tomllib.TOMLDecodeError as error:
        raise DefinitionError(
            f"The board is not TOML: {error}",
            where=where,
            remedy="Correct that line; maps/overview.toml is an example.",
        ) from error
    try:
        parsed = _BoardFile.model_validate(document)
    except ValidationError as error:
        raise _collected([_fault(detail, where) for detail in error.errors()], where) from error
    faults = _cross_faults(parsed, where)
    if faults:
        raise _collected(faults, where)
    return _to_board(parsed)


def _to_board(parsed: _BoardFile) -> Board:
    layers = tuple(
        BoardLayer(
            layer.name, layer.draw, layer.visible, layer.base, None if layer.fields is None else tuple(layer.fields)
        )
        for layer in parsed.layers
    )
    query = parsed.query or _Query(layers=[])
    return Board(
        name=parsed.name,
        title=Label(parsed.title.zh, parsed.title.en),
        layers=layers,
        query_layers=tuple(query.layers),
        results_count=query.results,
        coverage_layer=parsed.coverage.layer if parsed.coverage else None,
        coverage_cutoff_m=parsed.coverage.cutoff_m if parsed.coverage else 2000.0,
    )


def _collected(faults: Sequence[DefinitionError], where: str) -> FaultsError:
    count = len(faults)
    return FaultsError(f"The board has {count} fault{'s' if count > 1 else ''}", faults, where=where)


def _fault(detail: ErrorDetails, where: str) -> DefinitionError:
    field = re.sub(r"\.(\d+)", lambda found: f"[{int(found[1]) + 1}]", ".".join(str(part) for part in detail["loc"]))
    remedy = {
        "extra_forbidden": "Remove it, or correct its spelling.",
        "missing": "Add it.",
        "enum": f"Write one of: {', '.join(sorted(Drawing))}.",
        "string_pattern_mismatch": "Write small letters, digits and _, beginning with a letter.",
    }.get(detail["type"], "Correct the value; maps/overview.toml is an example.")
    message = detail["msg"][:1].lower() + detail["msg"][1:]
    return DefinitionError(f"Field '{field}': {message}", where=where, remedy=remedy)


def _cross_faults(parsed: _BoardFile, where: str) -> list[DefinitionError]:
    names = [layer.name for layer in parsed.layers]
    faults = [
        DefinitionError(f"Field 'layers': {name} stands twice", where=where, remedy="Keep one of the two.")
        for name in sorted({name for name in names if names.count(name) > 1})
    ]
    known = ", ".join(names)
    asked = [("query.layers", name) for name in (parsed.query.layers if parsed.query else [])]
    if parsed.coverage:
        asked.append(("coverage.layer", parsed.coverage.layer))
    faults.extend(
        DefinitionError(f"Field '{field}': the board has no layer {name}", where=where, remedy=f"Its layers: {known}.")
        for field, name in asked
        if name not in names
    )
    return faults
