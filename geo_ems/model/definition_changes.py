"""What a new definition of a layer changes, and what of it the stored data cannot follow.

A change is additive where every stored feature stays valid as it is: the store applies it in one
transaction. Retyping, removing and narrowing are refused, because they would silently lose or
contradict data that somebody entered.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from geo_ems.model.definitions import Code, FieldDefinition, LayerDefinition

MIGRATE_REMEDY = "take it back, or look at `geo-ems layers migrate`"

# Attributes that say how data are read and shown, never how they are stored.
_READING_ATTRIBUTES = (
    "label",
    "title",
    "description",
    "id_prefix",
    "name_field",
    "role",
    "status_field",
    "retired_code",
    "observed_field",
    "summary_fields",
    "contact_fields",
    "weight_field",
    "symbol",
    "stock",
    "position",
    "capacity",
    "synonyms_lon",
    "synonyms_lat",
    "synonyms_lonlat",
    "synonyms_latlon",
    "published",
)
_FIELD_READING_ATTRIBUTES = (
    "label",
    "description",
    "private",
    "synonyms",
    "flags",
    "flags_limited",
    "default",
    "reason",
    "derived",
)
_CODE_READING_ATTRIBUTES = ("label", "synonyms", "availability", "reason", "planned", "unit")


@dataclass(frozen=True, slots=True)
class DefinitionChange:
    """The differences of two definitions of one layer, one sentence each.

    `additive` can be applied to stored data as they are; `refused` cannot, and each of its
    sentences ends with the remedy.
    """

    additive: tuple[str, ...]
    refused: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Return whether the two definitions mean the same."""
        return not self.additive and not self.refused


@dataclass(frozen=True, slots=True)
class _Difference:
    sentence: str
    refused: bool = False


def definition_changes(old: LayerDefinition, new: LayerDefinition) -> DefinitionChange:
    """Return what changes from `old` to `new`, in the order in which a reader of the file meets it.

    The order of codes carries no meaning: stores keep codes as text, so a new code may stand at
    any place. Comments and layout of the TOML are no difference.
    """
    differences = tuple(_layer_differences(old, new))
    return DefinitionChange(
        additive=tuple(f"{d.sentence}." for d in differences if not d.refused),
        refused=tuple(f"{d.sentence}: {MIGRATE_REMEDY}." for d in differences if d.refused),
    )


def refused_changes(old: LayerDefinition, new: LayerDefinition) -> tuple[str, ...]:
    """Return the changes that stored data cannot follow; empty where all is additive."""
    return definition_changes(old, new).refused


def _layer_differences(old: LayerDefinition, new: LayerDefinition) -> Iterator[_Difference]:
    layer = f"Layer '{old.name}'"
    if old.name != new.name:
        yield _Difference(f"{layer} is named '{new.name}' now", refused=True)
    if old.key != new.key:
        yield _Difference(f"{layer} changes its key from {_quoted(old.key)} to {_quoted(new.key)}", refused=True)
    for kind in old.geometry:
        if kind not in new.geometry:
            yield _Difference(f"{layer} no longer allows the geometry {kind.value}", refused=True)
    for kind in new.geometry:
        if kind not in old.geometry:
            yield _Difference(f"{layer} also allows the geometry {kind.value}")
    for attribute in _READING_ATTRIBUTES:
        if getattr(old, attribute) != getattr(new, attribute):
            yield _Difference(f"{layer} changes its {attribute}")
    yield from _fields_differences(old.name, old.fields, new.fields)
    yield from _children_differences(old, new)


def _children_differences(old: LayerDefinition, new: LayerDefinition) -> Iterator[_Difference]:
    for name, child in old.children.items():
        if name not in new.children:
            yield _Difference(f"Layer '{old.name}' no longer has the table '{name}'", refused=True)
            continue
        yield from _fields_differences(f"{old.name}.{name}", child.fields, new.children[name].fields)
        if child.label != new.children[name].label:
            yield _Difference(f"Table '{old.name}.{name}' changes its label")
    for name in new.children:
        if name not in old.children:
            yield _Difference(f"Layer '{old.name}' has the new table '{name}'")


def _fields_differences(
    table: str, old: Mapping[str, FieldDefinition], new: Mapping[str, FieldDefinition]
) -> Iterator[_Difference]:
    for name, before in old.items():
        if name not in new:
            yield _Difference(f"Field '{table}.{name}' is removed", refused=True)
        else:
            yield from _field_differences(f"Field '{table}.{name}'", before, new[name])
    for name, added in new.items():
        if name in old:
            continue
        if added.required and added.default is None:
            yield _Difference(f"Field '{table}.{name}' is new and required, but has no default", refused=True)
        else:
            yield _Difference(f"Field '{table}.{name}' is new")


def _field_differences(field: str, old: FieldDefinition, new: FieldDefinition) -> Iterator[_Difference]:
    if old.type is not new.type:
        yield _Difference(f"{field} changes its type from {old.type.value} to {new.type.value}", refused=True)
        return
    if old.unit != new.unit:
        before, after = (unit.code if unit else None for unit in (old.unit, new.unit))
        yield _Difference(f"{field} changes its unit from {_quoted(before)} to {_quoted(after)}", refused=True)
    if new.required and not old.required:
        yield _Difference(
            f"{field} is required now" + ("" if new.default is not None else ", but has no default"),
            refused=new.default is None,
        )
    if old.required and not new.required:
        yield _Difference(f"{field} is optional now")
    yield from _range_differences(field, old, new)
    yield from _codes_differences(field, old.codes, new.codes)
    for attribute in _FIELD_READING_ATTRIBUTES:
        if getattr(old, attribute) != getattr(new, attribute):
            yield _Difference(f"{field} changes its {attribute}")


def _range_differences(field: str, old: FieldDefinition, new: FieldDefinition) -> Iterator[_Difference]:
    if old.minimum != new.minimum:
        narrowed = new.minimum is not None and (old.minimum is None or new.minimum > old.minimum)
        yield _bound_difference(field, "minimum", (old.minimum, new.minimum), narrowed=narrowed)
    if old.maximum != new.maximum:
        narrowed = new.maximum is not None and (old.maximum is None or new.maximum < old.maximum)
        yield _bound_difference(field, "maximum", (old.maximum, new.maximum), narrowed=narrowed)
    if old.max_length != new.max_length:
        narrowed = new.max_length < old.max_length
        yield _bound_difference(field, "max_length", (old.max_length, new.max_length), narrowed=narrowed)


def _bound_difference(
    field: str, bound: str, values: tuple[float | None, float | None], *, narrowed: bool
) -> _Difference:
    before, after = ("none" if value is None else f"{value:g}" for value in values)
    verb = "narrows" if narrowed else "widens"
    return _Difference(f"{field} {verb} its {bound} from {before} to {after}", refused=narrowed)


def _codes_differences(field: str, old: Mapping[str, Code], new: Mapping[str, Code]) -> Iterator[_Difference]:
    for code, before in old.items():
        if code not in new:
            yield _Difference(f"{field} no longer has the code '{code}'", refused=True)
            continue
        for attribute in _CODE_READING_ATTRIBUTES:
            if getattr(before, attribute) != getattr(new[code], attribute):
                yield _Difference(f"{field} changes the {attribute} of the code '{code}'")
    for code in new:
        if code not in old:
            yield _Difference(f"{field} has the new code '{code}'")


def _quoted(name: str | None) -> str:
    return "none" if name is None else f"'{name}'"
