"""What is published, and within which limits: `api/publish.toml`."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from geo_ems.errors import FaultsError, UsageError, known_names
from geo_ems.model.definitions import LayerDefinition

PUBLISH_FILE = "publish.toml"
_Count = Annotated[int, Field(ge=1, le=10_000)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Limits(_Strict):
    """Limits of requests: bytes of bodies, features of a page, requests at work and waiting."""

    json_body_bytes: Annotated[int, Field(ge=1000, le=16_000_000)] = 1_000_000
    import_body_bytes: Annotated[int, Field(ge=1000, le=1_000_000_000)] = 64_000_000
    items_default: _Count = 100
    items_max: _Count = 10_000
    requests_at_work: Annotated[int, Field(ge=1, le=64)] = 16
    requests_waiting: Annotated[int, Field(ge=0, le=1000)] = 64
    writes_at_work: Annotated[int, Field(ge=1, le=16)] = 4
    writes_waiting: Annotated[int, Field(ge=0, le=1000)] = 64


class Cors(_Strict):
    """Origins whose pages may read, such as `https://map.example.org`; never write."""

    origins: tuple[Annotated[str, Field(pattern=r"^https?://[A-Za-z0-9.\-\[\]:]+$")], ...] = ()


class Publishing(_Strict):
    """What `api/publish.toml` says."""

    collections: Literal["all"] | tuple[str, ...] = "all"
    limits: Limits = Limits()
    cors: Cors = Cors()

    def published(self, definitions: Mapping[str, LayerDefinition]) -> dict[str, LayerDefinition]:
        """Return the layers that are published, in the order of the file, else of the layers.

        Raises
        ------
        NotFoundError
            Where the file names a layer that does not exist.
        """
        names = tuple(definitions) if self.collections == "all" else self.collections
        for name in names:
            if name not in definitions:
                raise known_names("layer", name, tuple(definitions))
        return {name: definitions[name] for name in names if definitions[name].published}


def load_publishing(api_folder: Path) -> Publishing:
    """Return the settings of `publish.toml`; the defaults where there is no such file.

    Raises
    ------
    FaultsError
        Where it is not TOML, or holds wrong or unknown keys.
    """
    path = api_folder / PUBLISH_FILE
    if not path.is_file():
        return Publishing()
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        return Publishing.model_validate(_tuples(raw))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise FaultsError(
            "not valid TOML", [UsageError(str(error))], where=str(path), remedy="Correct the line named."
        ) from error
    except ValidationError as error:
        faults = [
            UsageError(
                item["msg"],
                where=f"{path.name}, field '{'.'.join(str(part) for part in item['loc'])}'",
                remedy="See the README.md beside it.",
            )
            for item in error.errors()
        ]
        raise FaultsError("wrong settings", faults, where=str(path)) from error


def _tuples(value: object) -> object:
    """Return TOML values with arrays as tuples: strict models take nothing else."""
    match value:
        case dict():
            return {name: _tuples(item) for name, item in value.items()}
        case list():
            return tuple(_tuples(item) for item in value)
        case _:
            return value
