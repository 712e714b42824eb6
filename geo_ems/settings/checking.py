"""A project file checked key by key, with every fault in words; loaded only where there may be one."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from geo_ems.errors import FaultsError, UsageError
from geo_ems.model.labels import Label
from geo_ems.settings import LIMITS, NAME_CHARACTERS, Defaults, ProjectFile, is_zone

_STANDARD = Defaults()
_Name = Annotated[str, Field(min_length=1, max_length=NAME_CHARACTERS)]
_Cutoff = Annotated[float, Field(gt=LIMITS["shelter_cutoff_m"].least, le=LIMITS["shelter_cutoff_m"].most)]

_Turnout = Annotated[float, Field(ge=LIMITS["turnout_other_s"].least, le=LIMITS["turnout_other_s"].most)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _LabelToml(_Strict):
    zh: _Name
    en: _Name


class _DefaultsToml(_Strict):
    k: Annotated[int, Field(ge=LIMITS["k"].least, le=LIMITS["k"].most)] = _STANDARD.k
    position_stale_after_s: Annotated[
        int, Field(ge=LIMITS["position_stale_after_s"].least, le=LIMITS["position_stale_after_s"].most)
    ] = _STANDARD.position_stale_after_s
    detour_factor: Annotated[float, Field(ge=LIMITS["detour_factor"].least, le=LIMITS["detour_factor"].most)] = (
        _STANDARD.detour_factor
    )
    shelter_cutoff_m: _Cutoff = _STANDARD.shelter_cutoff_m
    depot_cutoff_m: _Cutoff = _STANDARD.depot_cutoff_m
    team_cutoff_m: _Cutoff = _STANDARD.team_cutoff_m
    access_speed_kmh: Annotated[
        float, Field(ge=LIMITS["access_speed_kmh"].least, le=LIMITS["access_speed_kmh"].most)
    ] = _STANDARD.access_speed_kmh
    turnout_fire_s: _Turnout = _STANDARD.turnout_fire_s
    turnout_militia_s: _Turnout = _STANDARD.turnout_militia_s
    turnout_village_s: _Turnout = _STANDARD.turnout_village_s
    turnout_other_s: _Turnout = _STANDARD.turnout_other_s
    closure_stale_after_s: Annotated[
        int, Field(ge=LIMITS["closure_stale_after_s"].least, le=LIMITS["closure_stale_after_s"].most)
    ] = _STANDARD.closure_stale_after_s


class _ProjectToml(_Strict):
    name: _LabelToml
    time_zone: str = "Asia/Shanghai"
    language: Literal["zh", "en"] = "zh"
    store: str = "geo_ems.gpkg"
    defaults: _DefaultsToml = _DefaultsToml()

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if not is_zone(value):
            message = f"'{value}' is no IANA time zone, such as Asia/Shanghai"
            raise ValueError(message)
        return value


def checked_project(raw: Mapping[str, object], path: Path) -> ProjectFile:
    """Return what the parsed TOML of a project file says.

    Raises
    ------
    FaultsError
        Of all wrong, missing and unknown keys.
    """
    try:
        toml = _ProjectToml.model_validate(raw)
    except ValidationError as error:
        faults = [
            UsageError(
                item["msg"],
                where=f"{path.name}, field '{'.'.join(str(part) for part in item['loc'])}'",
                remedy="See the geo-ems.toml that `geo-ems init` writes.",
            )
            for item in error.errors()
        ]
        raise FaultsError("wrong settings", faults, where=str(path)) from error
    return ProjectFile(
        name=Label(toml.name.zh, toml.name.en),
        time_zone=toml.time_zone,
        language=toml.language,
        store=toml.store,
        defaults=Defaults(**toml.defaults.model_dump()),
    )
