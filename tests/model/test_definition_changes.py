from collections.abc import Callable
from dataclasses import replace

import pytest

from geo_ems.model.definition_changes import definition_changes, refused_changes
from geo_ems.model.definitions import (
    Availability,
    ChildDefinition,
    Code,
    FieldDefinition,
    FieldType,
    GeometryKind,
    LayerDefinition,
    Symbol,
    Synonym,
)
from geo_ems.model.labels import Label
from geo_ems.model.units import UNITS

LABEL = Label("名", "Name")


def code(name: str) -> Code:
    return Code(name, Label(name, name))


def field(name: str, **changes: object) -> FieldDefinition:
    return replace(FieldDefinition(name, FieldType.TEXT, LABEL), **changes)


STATUS = field("status", type=FieldType.CODE, codes={"open": code("open"), "closed": code("closed")})
PERSONS = field(
    "capacity_persons", type=FieldType.INTEGER, unit=UNITS["person"], minimum=0.0, maximum=100_000.0, max_length=20
)
STOCK = ChildDefinition("stock", LABEL, {"item": field("item"), "quantity": field("quantity", type=FieldType.REAL)})
OLD = LayerDefinition(
    name="shelters",
    label=Label("避难场所", "Shelters"),
    geometry=(GeometryKind.POINT, GeometryKind.POLYGON),
    fields={f.name: f for f in (field("code"), field("name", required=True), STATUS, PERSONS)},
    symbol=Symbol("square", "#008A5E"),
    key="code",
    children={"stock": STOCK},
)


def with_field(changed: FieldDefinition) -> LayerDefinition:
    return replace(OLD, fields={**OLD.fields, changed.name: changed})


def without_field(name: str) -> LayerDefinition:
    return replace(OLD, fields={n: f for n, f in OLD.fields.items() if n != name})


def with_stock(**fields: FieldDefinition) -> LayerDefinition:
    return replace(OLD, children={"stock": replace(STOCK, fields=fields)})


def test_the_same_definition_with_other_comments_changes_nothing() -> None:
    change = definition_changes(OLD, replace(OLD, text="# a comment", sha256="x", source="elsewhere"))

    assert change.is_empty


@pytest.mark.parametrize(
    ("new", "sentence"),
    [
        pytest.param(with_field(field("remarks")), "Field 'shelters.remarks' is new.", id="new optional field"),
        pytest.param(
            with_field(field("level", required=True, default="county")),
            "Field 'shelters.level' is new.",
            id="new required field with a default",
        ),
        pytest.param(
            with_field(
                replace(STATUS, codes={"standby": code("standby"), "open": code("open"), "closed": code("closed")})
            ),
            "Field 'shelters.status' has the new code 'standby'.",
            id="new code in first place",
        ),
        pytest.param(
            with_field(replace(STATUS, label=Label("现状", "State"))),
            "Field 'shelters.status' changes its label.",
            id="label",
        ),
        pytest.param(
            with_field(replace(STATUS, synonyms=(Synonym("当前状态"),))),
            "Field 'shelters.status' changes its synonyms.",
            id="synonyms",
        ),
        pytest.param(
            with_field(
                replace(
                    STATUS,
                    codes={**STATUS.codes, "open": replace(code("open"), availability=Availability.AVAILABLE)},
                )
            ),
            "Field 'shelters.status' changes the availability of the code 'open'.",
            id="availability of a code",
        ),
        pytest.param(
            replace(OLD, symbol=Symbol("circle", "#008A5E")), "Layer 'shelters' changes its symbol.", id="symbol"
        ),
        pytest.param(
            replace(OLD, geometry=(*OLD.geometry, GeometryKind.MULTI_POLYGON)),
            "Layer 'shelters' also allows the geometry MultiPolygon.",
            id="geometry kind added",
        ),
        pytest.param(
            with_field(replace(PERSONS, maximum=None)),
            "Field 'shelters.capacity_persons' widens its maximum from 100000 to none.",
            id="range widened",
        ),
        pytest.param(
            with_field(field("name")), "Field 'shelters.name' is optional now.", id="required field becomes optional"
        ),
        pytest.param(
            replace(OLD, children={**OLD.children, "checks": ChildDefinition("checks", LABEL, {})}),
            "Layer 'shelters' has the new table 'checks'.",
            id="new child table",
        ),
    ],
)
def test_what_stored_data_can_follow_is_additive(new: LayerDefinition, sentence: str) -> None:
    change = definition_changes(OLD, new)

    assert change.additive == (sentence,)
    assert change.refused == ()


REFUSED: list[tuple[str, Callable[[], LayerDefinition], str]] = [
    (
        "retyped",
        lambda: with_field(field("capacity_persons")),
        "Field 'shelters.capacity_persons' changes its type from integer to text",
    ),
    ("removed field", lambda: without_field("status"), "Field 'shelters.status' is removed"),
    (
        "removed code",
        lambda: with_field(replace(STATUS, codes={"open": code("open")})),
        "Field 'shelters.status' no longer has the code 'closed'",
    ),
    (
        "minimum raised",
        lambda: with_field(replace(PERSONS, minimum=1.0)),
        "Field 'shelters.capacity_persons' narrows its minimum from 0 to 1",
    ),
    (
        "maximum lowered",
        lambda: with_field(replace(PERSONS, maximum=500.0)),
        "Field 'shelters.capacity_persons' narrows its maximum from 100000 to 500",
    ),
    (
        "shorter text",
        lambda: with_field(replace(PERSONS, max_length=10)),
        "Field 'shelters.capacity_persons' narrows its max_length from 20 to 10",
    ),
    (
        "other unit",
        lambda: with_field(replace(PERSONS, unit=UNITS["wan_person"])),
        "Field 'shelters.capacity_persons' changes its unit from 'person' to 'wan_person'",
    ),
    (
        "new required field without default",
        lambda: with_field(field("level", required=True)),
        "Field 'shelters.level' is new and required, but has no default",
    ),
    (
        "optional field becomes required",
        lambda: with_field(replace(STATUS, required=True)),
        "Field 'shelters.status' is required now, but has no default",
    ),
    (
        "geometry kind removed",
        lambda: replace(OLD, geometry=(GeometryKind.POINT,)),
        "Layer 'shelters' no longer allows the geometry Polygon",
    ),
    ("key changed", lambda: replace(OLD, key=None), "Layer 'shelters' changes its key from 'code' to none"),
    ("child removed", lambda: replace(OLD, children={}), "Layer 'shelters' no longer has the table 'stock'"),
    (
        "child field removed",
        lambda: with_stock(item=field("item")),
        "Field 'shelters.stock.quantity' is removed",
    ),
    (
        "child field retyped",
        lambda: with_stock(item=field("item"), quantity=field("quantity")),
        "Field 'shelters.stock.quantity' changes its type from real to text",
    ),
]


@pytest.mark.parametrize(("make", "sentence"), [pytest.param(make, s, id=name) for name, make, s in REFUSED])
def test_what_would_lose_or_contradict_data_is_refused(make: Callable[[], LayerDefinition], sentence: str) -> None:
    refused = refused_changes(OLD, make())

    assert refused == (f"{sentence}: take it back, or look at `geo-ems layers migrate`.",)


def test_every_difference_is_told_not_only_the_first() -> None:
    new = replace(without_field("status"), key=None, symbol=Symbol("house", "#000000"))

    change = definition_changes(OLD, new)

    assert change.additive == ("Layer 'shelters' changes its symbol.",)
    assert change.refused == (
        "Layer 'shelters' changes its key from 'code' to none: take it back, or look at `geo-ems layers migrate`.",
        "Field 'shelters.status' is removed: take it back, or look at `geo-ems layers migrate`.",
    )
