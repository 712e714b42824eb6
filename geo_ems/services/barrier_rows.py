"""Barriers as the layers have them: which rows may act at an instant, and what each of them does."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import numpy as np
from shapely.geometry.base import BaseGeometry

from geo_ems.catalogue.snapshots import LayerSnapshot
from geo_ems.model.columns import BoolArray, IntArray, LayerColumns
from geo_ems.model.features import Value
from geo_ems.model.labels import Language
from geo_ems.model.roads import Mode, Policy
from geo_ems.queries.positions import unix_seconds
from geo_ems.routing.barrier_values import Barrier, Sense
from geo_ems.services.barrier_question import PolicySaid

BARRIER_LAYER, HAZARD_LAYER = "barriers", "hazard_areas"
LIFTED, EXPIRED, WATCH, ACTIVE = "lifted", "expired", "watch", "active"
_MODES = {"drive": frozenset({Mode.DRIVE}), "walk": frozenset({Mode.WALK})}


@dataclass(frozen=True, slots=True)
class BarrierRow:
    """One barrier of a layer: where it stands, and what its row says."""

    layer: str
    id: str
    rev: int
    geometry: BaseGeometry | None
    values: dict[str, Value]

    def text(self, field: str) -> str | None:
        """Return a text of the row, None where the layer or the row has none."""
        value = self.values.get(field)
        return str(value) if value is not None else None

    def number(self, field: str) -> float | None:
        """Return a number of the row, None likewise."""
        value = self.values.get(field)
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None

    def name(self, language: Language) -> str | None:
        """Return its name, in English where it has one and that is asked."""
        return (self.text("name_en") if language == "en" else None) or self.text("name")

    @property
    def said(self) -> PolicySaid:
        """Return what the row says it does: closed where it says nothing, or not by how much."""
        factor, delay_s = self.number("slow_factor"), self.number("delay_s")
        match self.text("policy"):
            case "slow" if factor is not None:
                return PolicySaid(Policy.SLOW, factor=factor)
            case "delay" if delay_s is not None:
                return PolicySaid(Policy.DELAY, delay_s=delay_s)
            case "ignore":
                return PolicySaid(Policy.IGNORE)
            case _:
                return PolicySaid(Policy.CLOSED)

    @property
    def lacks_amount(self) -> bool:
        """Return whether it slows or delays without saying by how much."""
        return self.text("policy") in {"slow", "delay"} and self.said.policy is Policy.CLOSED

    @property
    def is_nowhere(self) -> bool:
        """Return whether nobody knows where it is: it has no place and names no road."""
        return self.geometry is None and self.text("road_id") is None

    def barrier(self, said: PolicySaid) -> Barrier:
        """Return the barrier that it is to a network."""
        return Barrier(
            self.id,
            self.geometry,
            said.policy,
            factor=said.factor,
            delay_s=said.delay_s,
            sense=Sense(self.text("direction") or Sense.BOTH),
            towards_deg=self.number("towards_deg"),
            modes=_MODES.get(self.text("mode") or "", frozenset(Mode)),
            road_id=self.text("road_id"),
        )


@dataclass(frozen=True, slots=True)
class RowStates:
    """What the rows of a layer are at an instant, masks of shape (n,).

    Those that `act` are in force and within their time; of these the `stateless` do not say that they
    are. `lapsed` ones are past their time and nobody lifted them. `watched` areas may come to act; `warned` ones
    are alerts in force that do nothing to traffic.
    """

    act: BoolArray
    stateless: BoolArray
    lapsed: BoolArray
    watched: BoolArray
    warned: BoolArray


def barrier_states(columns: LayerColumns, *, at_s: float) -> RowStates:
    """Return the states of the barriers at an instant (Unix seconds); one without a state is in force."""
    started, over = _times(columns, at_s)
    stateless = ~columns.columns["state"].known
    in_force = ~_has_code(columns, "state", LIFTED)
    act = in_force & started & ~over
    none = np.zeros(len(columns), dtype=np.bool_)
    return RowStates(act, act & stateless, in_force & over, none, none)


def hazard_states(columns: LayerColumns, *, at_s: float) -> RowStates:
    """Return the states of the hazard areas at an instant; one without a state does not act, and is told.

    Warnings that came with an end of their own (alerts) lapse without a word.
    """
    started, over = _times(columns, at_s)
    stateless = ~columns.columns["state"].known
    active = _has_code(columns, "state", ACTIVE)
    own_end = columns.columns["alert_id"].known if "alert_id" in columns.columns else np.zeros_like(active)
    now = started & ~over
    return RowStates(
        act=active & now,
        stateless=stateless & now,
        lapsed=active & over & ~own_end,
        watched=_has_code(columns, "state", WATCH) & now,
        warned=active & now & own_end & _has_code(columns, "policy", "ignore"),
    )


def rows_of(snapshot: LayerSnapshot, rows: IntArray | BoolArray) -> Iterator[BarrierRow]:
    """Give some rows of a layer, in the order of their ids."""
    columns = snapshot.columns
    for row in np.flatnonzero(rows) if rows.dtype == np.bool_ else rows:
        yield BarrierRow(
            snapshot.definition.name,
            columns.id_at(int(row)),
            int(columns.revs[row]),
            cast("BaseGeometry | None", columns.geometries[row]),
            columns.row_values(int(row), include_private=False),
        )


def _times(columns: LayerColumns, at_s: float) -> tuple[BoolArray, BoolArray]:
    """Return which rows have begun by an instant and which are over; a missing end does not limit."""
    start_s = unix_seconds(columns.columns["valid_from"].values)
    end_s = unix_seconds(columns.columns["valid_to"].values)
    started: BoolArray = np.isnan(start_s) | (start_s <= at_s)
    over: BoolArray = ~np.isnan(end_s) & (end_s < at_s)
    return started, over


def _has_code(columns: LayerColumns, field: str, code: str) -> BoolArray:
    column = columns.columns[field]
    has: BoolArray = column.known & (column.values == list(column.field.codes).index(code))
    return has
