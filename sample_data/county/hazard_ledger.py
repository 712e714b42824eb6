"""The ledger behind the hazard points: grades, states, inspection dates, contacts."""

from datetime import date, timedelta

import numpy as np
from shapely.geometry.base import BaseGeometry

from county.frame import Point, random_stream
from county.land import Cell, Land, Row, point_at, township_name
from county.names import invent_person, invent_phone

GRADES = (("general", 72), ("larger", 30), ("major", 14), ("extra_major", 4))
INTERVAL_DAYS = {"general": 180, "larger": 30, "major": 30, "extra_major": 7}
# Where the ledger stands, in the order of the rows: 8 lines are open (assigned to verified, stop-work).
STATES = ("rectifying", "assigned", "verified", "rectifying", "stop_work", "assigned", "rectifying", "verified")
NATURAL = frozenset(
    ("geological", "forest_fire", "dyke_section", "dangerous_reservoir", "flood_detention_area", "waterlogging")
)
# The day on which the demonstration plays, in the flood season.
TODAY = date(2026, 7, 14)


class Ledger:
    """Collects hazard points; grade, state and inspection dates are dealt out at the end."""

    def __init__(self, land: Land) -> None:
        self.land = land
        self.entries: list[tuple[dict[str, Cell], BaseGeometry]] = []

    def add(
        self,
        name: tuple[str, str],
        kind: str,
        spot_m: Point,
        unit: str,
        *,
        shape: BaseGeometry | None = None,
        **more: Cell,
    ) -> None:
        """Note one hazard: a point at the spot, or the shape given in lon/lat."""
        fields: dict[str, Cell] = {
            "name": name[0], "name_en": name[1], "kind": kind,
            "domain": "natural_disaster" if kind in NATURAL else "work_safety",
            "address": township_name(self.land.township_at(spot_m))[0], "responsible_unit": unit, **more,
        }  # fmt: skip
        self.entries.append((fields, shape or point_at(spot_m)))


def deal_out(ledger: Ledger) -> list[Row]:
    """Return the rows with codes, grades (60, 25, 12, 3 per cent), states, dates and contacts."""
    rng = random_stream("ledger")
    grades = [grade for grade, count in GRADES for _ in range(count)]
    if len(grades) != len(ledger.entries):
        raise ValueError(f"{len(ledger.entries)} hazard points, but {len(grades)} grades")
    shuffled = np.argsort(rng.random(len(grades)), kind="stable")
    rows = []
    for number, (fields, shape) in enumerate(ledger.entries):
        grade = grades[int(shuffled[number])]
        interval = INTERVAL_DAYS[grade]
        state, more = _state_of(number, interval)
        values: dict[str, Cell] = {
            "code": f"YH{number + 1:03d}", **fields, "grade": grade, "state": state,
            "responsible_person": invent_person(rng), "responsible_phone": invent_phone(2_000 + number),
            "prevention_unit": fields["address"], "response_unit": "县应急管理局", "inspection_interval_days": interval,
            "found_on": str(TODAY - timedelta(days=300 + number * 17 % 400)), **more,
            "source_department": "县应急管理局", "surveyed_on": "2026-05-06",
        }  # fmt: skip
        rows.append(Row(values, shape))
    return rows


def _state_of(number: int, interval_days: int) -> tuple[str, dict[str, Cell]]:
    """Return the ledger state and the dates that go with it; one entry in twelve is overdue for inspection."""
    overdue = number % 12 == 7
    ago = interval_days + 9 if overdue else number * 11 % max(interval_days - 2, 3)
    last = TODAY - timedelta(days=ago)
    dates: dict[str, Cell] = {
        "last_inspected_on": str(last),
        "next_inspection_on": str(last + timedelta(days=interval_days)),
    }
    if number % 15 == 4:
        dates["deadline_on"] = str(TODAY + timedelta(days=30 - number % 45))
        return STATES[number // 15], dates
    if number % 4 == 2:
        struck_off = TODAY - timedelta(days=20 + number)
        return "struck_off", {"last_inspected_on": str(struck_off), "struck_off_on": str(struck_off)}
    if number in {53, 81}:
        return "closed_down", {"last_inspected_on": str(last)}
    return "registered", dates
